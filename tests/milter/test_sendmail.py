"""The gateway's milter inside a real Sendmail: accept, reject, one recipient refused, gateway away."""

import asyncio
import os
import platform
import subprocess

import pytest

from gateway.demo.documents import Paragraph, word_file, zip_archive
from tests.bench.contestants import free_port
from tests.e2e.gateway_process import GatewayProcess, stop_hard
from tests.milter import sendmail
from tests.milter.test_postfix import OFFICE, STAFF, mail, send
from tests.support.sink import Sink

pytestmark = [
    pytest.mark.system,
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="Sendmail can be started by root only"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="the folder of libraries is amd64's"),
]


class Mta:
    """A Sendmail of our own, with the gateway as its milter and a sink behind it."""

    def __init__(self, port, sink, gateway):
        self.port, self.sink, self.gateway = port, sink, gateway

    async def send(self, content, **envelope):
        return await asyncio.to_thread(send, self.port, content, **envelope)


async def _answers(port, process, log):
    async with asyncio.timeout(300):
        while True:
            assert process.returncode is None, log.read_text()
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                greeting = await reader.readline()
                writer.close()
                if greeting.startswith(b"220"):
                    return
            except OSError:
                await asyncio.sleep(0.05)


@pytest.fixture
def folder():
    if subprocess.run(["unshare", "--uts", "true"], capture_output=True, check=False).returncode:
        pytest.skip("a host name of its own cannot be given to Sendmail here (unshare --uts)")
    with sendmail.work_folder() as path:
        yield path


@pytest.fixture
async def mta(folder):
    root = await asyncio.to_thread(sendmail.unpacked)
    socket, port, log = folder / "milter.sock", free_port(), folder / "sendmail.log"
    config = {"listeners": [{"kind": "milter", "listen": f"unix:{socket}"}], "log_level": "warning"}
    gateway = GatewayProcess(folder, config=config)
    async with Sink() as sink:
        configuration = sendmail.configure(root, folder, port=port, sink=sink.port, socket=socket)
        await gateway.start()
        with log.open("wb") as said:
            process = await asyncio.create_subprocess_exec(
                *sendmail.command(root, configuration),
                stdout=said, stderr=said, stdin=asyncio.subprocess.DEVNULL, env=sendmail.environment(root),
            )  # fmt: skip
        try:
            await _answers(port, process, log)
            yield Mta(port, sink, gateway)
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()
            await stop_hard(gateway)


async def test_sendmail_accepts_what_is_clean_and_refuses_what_is_not(mta):
    content = mail(body="Bao cao tuan\n.dau cham\n" * 40)
    assert (await mta.send(content))[-1][0] == 250
    await mta.sink.wait_delivered(1)
    delivered = mta.sink.delivered[0].content
    assert delivered.partition(b"\r\n\r\n")[2] == content.partition(b"\r\n\r\n")[2]
    assert b"\r\nSubject: Hop\r\n" in delivered

    secret = zip_archive(("bao-cao.docx", word_file((Paragraph("TỐI MẬT", bold=True), Paragraph("Nội dung.")))))
    (_, (code, words)) = await mta.send(mail("Tai lieu", files=[("tep.zip", secret)]))
    assert code == 550
    assert words.isascii()
    assert "TOI MAT" in words
    assert len(words.splitlines()) > 1
    assert len(mta.sink.delivered) == 1

    records = await mta.gateway.records()
    kinds = [record["kind"] for record in records if record["kind"] in {"intent", "outcome", "refused"}]
    assert kinds == ["intent", "outcome", "refused"]
    (outcome,) = [record for record in records if record["kind"] == "outcome"]
    assert outcome["delivery"] == "passed_on"
    sessions = [record["mail"]["session"] for record in records if "mail" in record]
    assert all(session["queue_id"] and session["client"] == "127.0.0.1" for session in sessions)
    await mta.gateway.assert_audit_is_whole()


async def test_sendmail_refuses_one_recipient_and_takes_the_other(mta):
    content = mail(sender="nguoi.dan@gmail.com")
    replies = await mta.send(content, sender="nguoi.dan@gmail.com", recipients=(OFFICE, "ban@noikhac.example"))
    assert [code for code, _ in replies] == [550, 250, 250]
    await mta.sink.wait_delivered(1)
    (line,) = mta.sink.delivered[0].rcpt_lines
    assert line.lower() == b"rcpt to:<ban@noikhac.example>"


async def test_sendmail_delays_mail_while_the_gateway_is_away(mta):
    assert await mta.gateway.terminate() == 0
    replies = await mta.send(mail(sender=STAFF))
    assert not [code for code, _ in replies if code // 100 == 2]
    assert not mta.sink.delivered
    await mta.gateway.start()
    assert (await mta.send(mail(sender=STAFF)))[-1][0] == 250
    await mta.sink.wait_delivered(1)
