"""Report page and mailed reports of a node are those of its cluster, and say so when its centre is away."""

import asyncio
import json
import os
import socket
import time
from contextlib import AsyncExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from playwright.async_api import async_playwright

from gateway.audit.acts import record_at_once
from gateway.audit.record import Act
from gateway.config.sections import Configuration
from gateway.console.process import ConsoleProcess
from gateway.console.settings import ConsoleSettings
from gateway.errors import GatewayError
from gateway.report.labels import labels
from gateway.report.render import Format, render
from gateway.steward import questions as q
from gateway.steward.answering import Answering
from gateway.steward.roles import Role
from tests.cluster.support import shipped
from tests.cluster.test_report import nodes, whole  # noqa: F401 - the fixture
from tests.console.conftest import SCREENSHOTS
from tests.report.support import LATER
from tests.steward.support import CLIENT, Office, served
from tests.steward.test_monthly import OFFICE, post
from tests.support.browser import CHROMIUM, launched

pytestmark = pytest.mark.cluster
NAMES = ("one", "two", "three")


def configured(office, dsn, node="one", **more):
    """A steward of a node whose centre is there."""
    settings = Configuration(data=office.data, cluster={"node": node, "dsn": dsn}, **more)
    office.desk = replace(office.desk, configuration=settings)
    office.answering = Answering(office.desk)
    return office


@pytest.fixture
def office(nodes, cluster_dsn, connection):  # noqa: F811 - the fixture
    for name in NAMES:
        shipped(nodes[name], cluster_dsn, name)
    return configured(Office(nodes["one"], now=LATER.timestamp()), cluster_dsn)


def test_the_page_and_the_file_are_those_of_the_whole_cluster(office, cluster_dsn):
    auditor = office.session("au", Role.AUDITOR)
    view = office.ask(q.AskReport("2026-11"), auditor)
    words = "\n".join(block.text for block in view.blocks)
    assert "bản ghi của 3 máy" in words
    assert [gap for gap in view.gaps if "nhật ký bắt đầu" in gap] == [
        f"{name}: nhật ký bắt đầu trong tháng: số liệu từ 08:00 01/11/2026" for name in sorted(NAMES)
    ]
    asked = q.Asked(3, auditor, CLIENT, q.Language.VI, q.GetReport("2026-11", "", "json"))
    octets = b"".join(one.answer.octets for one in office.answering.answers(asked) if isinstance(one.answer, q.Piece))
    made = whole(cluster_dsn, now=datetime.fromtimestamp(office.now, UTC))
    names = labels(made, office.desk.policies(), office.directory)
    assert json.loads(octets) == json.loads(render(made, names, Format.JSON))


@pytest.mark.parametrize("hangs", [False, True])
def test_a_centre_that_is_away_is_said_and_no_other_figures_are_shown(office, hangs):
    auditor = office.session("au", Role.AUDITOR)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        if not hangs:
            silent.close()
        configured(office, f"postgresql://gateway@127.0.0.1:{port}/gone")
        began = time.monotonic()
        answer = office.ask(q.AskReport("2026-11"), auditor)
    assert (answer.kind, "trung tâm" in answer.words) == ("unavailable", True)
    assert "127.0.0.1" not in answer.words, "for the log of the service only"
    assert time.monotonic() - began < 30


async def test_a_centre_that_stops_within_a_report_is_left(office, connection):
    """A lock that is never given back stands for a database that hangs."""
    auditor = office.session("au", Role.AUDITOR)
    connection.execute("BEGIN")
    connection.execute("LOCK record")
    began = time.monotonic()
    answer = await asyncio.to_thread(office.ask, q.AskReport("2026-11"), auditor)
    assert (answer.kind, time.monotonic() - began < 60) == ("unavailable", True)
    connection.execute("ROLLBACK")
    assert office.ask(q.AskReport("2026-11"), auditor).month == "2026-11"


@pytest.fixture
async def stewards(tmp_path, cluster_dsn, connection):
    """Stewards of nodes with one configuration, whose acts stand in their logs as those of real ones do."""
    found = []
    for name in NAMES:
        (tmp_path / name).mkdir()
        office = Office(tmp_path / name, now=datetime(2026, 12, 1, 6, tzinfo=UTC).timestamp() - 7 * 3600)
        found.append(configured(office, cluster_dsn, name))
        await recorded(office)
    return found


async def recorded(office):
    """Write what was done meanwhile into the node's log, and ship it."""
    for act in office.acts or [Act(who="a", what="b")]:
        await asyncio.to_thread(record_at_once, office.data, act)
    office.acts.clear()
    cluster = office.desk.configuration.cluster
    await asyncio.to_thread(shipped, office.data, cluster.dsn, cluster.node)


@pytest.mark.slow
async def test_one_node_mails_the_reports_and_another_one_where_it_is_off(stewards):
    async with AsyncExitStack() as stack:
        rounds = [
            await stack.enter_async_context(post(one, cluster=one.desk.configuration.cluster)) for one in stewards
        ]
        mails = [await round_() for round_ in rounds]
        assert [len(one) for one in mails] == [1, 0, 0], "each waits for those before it"
        assert "bản ghi của 3 máy" in dict(mails[0])[OFFICE]
        for minutes in (9, 2, 30):
            for one in stewards:
                one.now += minutes * 60
                await recorded(one)
            assert [len(await round_()) for round_ in rounds] == [1, 0, 0]
        for one in stewards:  # the next month, of which the first is off
            one.now += 31 * 86_400
        assert len(await rounds[2]()) == 1
        await recorded(stewards[2])
        assert [len(await round_()) for round_ in rounds] == [1, 0, 1]


@pytest.mark.slow
async def test_reports_wait_for_a_centre_that_is_away(stewards):
    (first, *_), away = stewards, "postgresql://gateway@127.0.0.1:1/gone"
    async with post(first, cluster={"node": "one", "dsn": away}) as round_:
        with pytest.raises(GatewayError):
            await round_()
        first.now += 3 * 86_400
        with pytest.raises(GatewayError):
            await round_()
    assert not first.acts
    async with post(first, cluster=first.desk.configuration.cluster) as round_:
        assert [recipient for recipient, _ in await round_()] == [OFFICE]


@pytest.mark.system
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
async def test_an_auditor_reads_it_in_a_browser_and_why_there_is_none(office):
    token = await asyncio.to_thread(office.session, "au", Role.AUDITOR)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings = ConsoleSettings(names=("127.0.0.1",), patience_s=60.0, node="one")

        def answers(asked, gone=lambda: False):
            return office.answering.answers(asked, gone)

        async with served(answers) as door, async_playwright() as playwright:
            with closing(ConsoleProcess([listener], door, settings, lambda: None)) as console:
                console.start()
                browser = await launched(playwright)
                page = await browser.new_page(viewport={"width": 1280, "height": 900})
                await page.context.add_cookies([{"name": "session", "value": token, "url": base}])
                await page.goto(f"{base}/reports?month=2026-11")
                assert "từ bản ghi của 3 máy" in await page.inner_text("main")
                await kept(page, "reports-cluster")
                await page.goto(f"{base}/mails?q=an")
                assert "máy one của cụm" in await page.inner_text("footer"), "whose mails these are"
                await kept(page, "mails-cluster")
                configured(office, "postgresql://gateway@127.0.0.1:1/gone")
                answer = await page.goto(f"{base}/reports?month=2026-11")
                assert (answer.status, "trung tâm của cụm" in await page.inner_text("main")) == (503, True)
                await kept(page, "reports-cluster-away")
                await browser.close()


async def kept(page, name):
    if "GATEWAY_SCREENSHOTS" in os.environ:
        await page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
