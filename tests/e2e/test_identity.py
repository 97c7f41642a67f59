"""Who may speak, over real sockets: one recipient of six refused, and a directory that changes under an open session."""

import asyncio
import time

import pytest

from tests.e2e.gateway_process import configured, four_flags, serving
from tests.support.client import RawClient
from tests.support.sink import Sink

pytestmark = pytest.mark.slow

OFFICE, STRANGER = "vanphong.binhtan@tphcm.gov.vn", "nguoi.dan@gmail.com"
CLERK = "an.binhtan@tphcm.gov.vn"


async def test_a_stranger_reaches_five_and_not_the_office(tmp_path):
    others = tuple(f"nguoi{number}@noikhac.example" for number in range(5))
    content = f"From: {STRANGER}\r\nTo: {OFFICE}, {', '.join(others)}\r\nSubject: hoi\r\n\r\nKinh gui.\r\n".encode()
    async with Sink() as sink, serving(tmp_path, *four_flags(sink.port)) as gateway:
        async with RawClient(*gateway.address()) as client:
            await client.ehlo()
            replies = await client.envelope(sender=STRANGER, recipients=(*others[:2], OFFICE, *others[2:]))
            assert [reply.code for reply in replies] == [250, 250, 250, 550, 250, 250, 250]
            assert "8.3" in replies[3]
            assert (await client.data(content)).code == 250
        (mail,) = sink.delivered
        assert mail.rcpt_lines == [f"RCPT TO:<{other}>".encode() for other in others]
        assert mail.content.endswith(content)


async def test_a_change_of_the_directory_is_live_within_a_second_for_a_session_that_stays_open(tmp_path):
    directory = tmp_path / "directory.yaml"
    entry = f"mailboxes:\n  - {{address: {CLERK}, kind: personal, status: %s}}\n"
    directory.write_text(entry % "active")
    async with Sink() as sink:
        config = configured(sink, directory=str(directory), workers=2)
        async with serving(tmp_path, config=config) as gateway:
            clients = [RawClient(*gateway.address()) for _ in range(6)]
            for client in clients:
                await client.__aenter__()
                await client.ehlo()
                assert await rcpt(client) == 250
            for status, code in (("suspended", 550), ("active", 250)):
                directory.write_text(entry % status)
                changed = time.monotonic()
                for client in clients:
                    while await rcpt(client) != code:
                        assert time.monotonic() - changed < 300
                        await asyncio.sleep(0.02)
            for client in clients:
                await client.__aexit__(None, None, None)


async def rcpt(client):
    replies = await client.envelope(sender=CLERK, recipients=("b@noikhac.example",))
    assert (await client.cmd("RSET")).code == 250
    return replies[-1].code
