"""Warnings at a sender met for the first time, over real sockets and two front ends that share one log."""

import asyncio

import pytest

from tests.e2e.gateway_process import four_flags, serving
from tests.support.client import RawClient
from tests.support.sink import Sink

pytestmark = pytest.mark.slow

POLICY = """version: 1
name: lan-dau
extends: binhtan-7600
policies:
  sender_identity:
    settings: {first_seen: [reverse_path, from], first_seen_after_days: 0}
"""
KNOWN, NEW = "cu@example.vn", "moi@example.vn"


async def send(gateway, sender, number):
    content = f"From: {sender}\r\nTo: b@example.vn\r\nSubject: thu {number}\r\n\r\nKinh gui.\r\n".encode()
    async with RawClient(*gateway.address()) as client:
        await client.ehlo()
        return (await client.mail(content, sender=sender, recipients=("b@example.vn",))).code


def warned(record):
    return any(found["rule"] == "first_seen" and found["outcome"] == "failed" for found in record["mail"]["findings"])


async def test_the_first_mail_of_a_sender_is_tagged_and_the_later_ones_are_not_by_either_front_end(tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY, "utf-8")
    async with Sink() as sink, serving(tmp_path, *four_flags(sink.port, policy=policy)) as gateway:
        assert len(gateway.frontends()) == 2
        assert await send(gateway, KNOWN, 0) == 250  # the log is empty: everybody would be new
        assert await send(gateway, NEW, 1) == 250
        intents = []
        async with asyncio.timeout(100):
            while len({record["process"] for record in intents[2:]}) < 2:  # who wakes first takes all that wait
                later = await asyncio.gather(
                    *(send(gateway, sender, n) for n in range(2, 8) for sender in (KNOWN, NEW))
                )
                assert later == [250] * 12
                intents = [record for record in await gateway.records() if record["kind"] == "intent"]
        first, second, *rest = intents
        assert not warned(first)
        assert warned(second)
        assert second["mail"]["disposition"] == "tag"
        assert not [record for record in rest if warned(record)]
        found = await gateway.audit("list", "--rule", "sender_identity.first_seen", "--json")
        assert [row["sender"] for row in found.json] == [NEW]
