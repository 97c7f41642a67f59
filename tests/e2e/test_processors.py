"""People who ask the console and mail keep to processors of their own."""

import asyncio
import os

import pytest

from gateway.steward.roles import Role
from gateway.system.processors import peoples
from tests.bench.visitors import Browser, Doors
from tests.e2e.gateway_process import configured, serving
from tests.support.processes import children, cmdline, name
from tests.support.sink import Sink

EVERY = os.sched_getaffinity(0)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(len(EVERY) < 2, reason="needs two processors"),
]


async def test_front_ends_and_writer_keep_off_the_processors_of_people_during_heavy_work(tmp_path):
    config_of = {"workers": 2, "console": {"listen": "127.0.0.1:0"}}
    async with Sink() as sink, serving(tmp_path, config=configured(sink, **config_of)) as gateway:
        mail = [*gateway.frontends(), gateway.audit_writer()]
        people = [
            pid
            for pid in children(gateway.pid)
            if name(pid) == "gateway-steward" or b"gateway.console.begun" in cmdline(pid)
        ]
        assert len(people) == 2
        assert [os.sched_getaffinity(pid) for pid in people] == [peoples(EVERY)] * 2
        assert [os.sched_getaffinity(pid) for pid in mail] == [EVERY] * 3
        doors = Doors(gateway.data)
        browser = Browser(gateway.address("console"), doors.account("an.tt", Role.AUDITOR))

        async def all_at(expected):
            while any(os.sched_getaffinity(pid) != expected for pid in mail):
                yield

        async for _ in all_at(EVERY - peoples(EVERY)):
            await asyncio.to_thread(browser.get, "/reports")
            await asyncio.sleep(0.4)  # as often as one person may
        async for _ in all_at(EVERY):
            await asyncio.sleep(0.05)
        browser.close()
        doors.close()
