"""The gateway's milter inside a real Postfix: what the MTA does with each verdict, and when the gateway is away."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import smtplib
import subprocess
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from gateway.demo.documents import Line, encrypted_zip, word_file, zip_archive
from tests.bench.contestants import MAIN_CF, MASTER_CF, free_port, wait_for_banner
from tests.e2e.gateway_process import GatewayProcess, cli
from tests.support.sink import Sink

pytestmark = [
    pytest.mark.system,
    pytest.mark.xdist_group("postfix-milter"),
    pytest.mark.skipif(os.geteuid() != 0 or shutil.which("postfix", path="/usr/sbin:/usr/bin") is None,
                       reason="needs Postfix and root (make system-test)"),
]  # fmt: skip
STAFF, COLLEAGUE = "an.binhtan@tphcm.gov.vn", "binh.binhtan@tphcm.gov.vn"
PASSWORD = "m4t-khau-thu"
OFFICE = "vanphong.binhtan@tphcm.gov.vn"
POLICY = "version: 1\nname: thu-nghiem\nextends: binhtan-7600\npolicies:\n  opaque:\n    rules: {encrypted: hold}\n"


def mail(subject="Hop", *, body="Kinh gui anh.\n", sender=STAFF, files=()) -> bytes:
    message = EmailMessage(policy=policy.SMTP)
    message["From"], message["To"], message["Subject"] = sender, COLLEAGUE, subject
    message["Date"], message["Message-ID"] = "Mon, 23 Nov 2026 08:00:00 +0700", f"<{subject.encode().hex()}@pc.example>"
    message.set_content(body)
    for name, data in files:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def send(port: int, content: bytes, *, sender=STAFF, recipients=(COLLEAGUE,), options=()) -> list[tuple[int, str]]:
    """Send one mail; return the replies to each RCPT and to the content."""
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        client.ehlo("pc.example")
        replies = [client.mail(sender, options)]
        replies += [client.rcpt(recipient) for recipient in recipients]
        if any(code == 250 for code, _ in replies[1:]) and replies[0][0] == 250:
            replies.append(client.data(content))
        return [(code, words.decode()) for code, words in replies[1:]]  # without MAIL: 503 says that it was refused


class Mta:
    """A Postfix of our own, with the gateway as its milter and a sink behind it."""

    def __init__(self, root, port, sink, gateway):
        self.root, self.port, self.sink, self.gateway = root, port, sink, gateway

    async def send(self, content, **envelope):
        return await asyncio.to_thread(send, self.port, content, **envelope)

    def add_login(self) -> None:
        """Give Postfix one login (SASL by a file of its own)."""
        folder = self.root / "sasl"
        folder.mkdir()
        database = folder / "sasldb2"
        (folder / "smtpd.conf").write_text(
            f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {database}\nmech_list: PLAIN LOGIN\n"
        )
        user, _, realm = STAFF.partition("@")
        command = ["saslpasswd2", "-p", "-c", "-f", database, "-u", realm, user]
        subprocess.run(command, input=PASSWORD.encode(), check=True, timeout=30)
        shutil.chown(database, "postfix")
        with (self.root / "conf/main.cf").open("a") as main:
            main.write(
                f"smtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = cyrus\nsmtpd_sasl_path = smtpd\n"
                f"cyrus_sasl_config_path = {folder}\nsmtpd_sasl_local_domain = {realm}\n"
            )
        subprocess.run(["postfix", "-c", self.root / "conf", "reload"], check=True, capture_output=True, timeout=30)

    def held(self) -> int:
        return sum(1 for path in (self.root / "queue" / "hold").rglob("*") if path.is_file())

    async def audit(self):
        return (await cli("audit", "list", "--data", self.gateway.data, "--json", "--limit", "1000")).json

    def queue_ids(self) -> list[str]:
        """Queue id of each mail that was delivered, from Postfix' own trace field."""
        trace = re.compile(rb"with E?SMTP[A-Z0-9]* id ([0-9A-Za-z]+)")
        return [trace.search(one.content)[1].decode() for one in self.sink.delivered]


def folder_for_socket(root):
    """The folder of deploy/postfix/README.md: a socket made in it belongs to the group of Postfix, whoever makes it."""
    folder = root / "socket"
    folder.mkdir()
    shutil.chown(folder, group="postfix")
    folder.chmod(0o2750)
    return folder


@pytest.fixture
async def mta():
    root = Path(tempfile.mkdtemp(prefix="gateway-milter-"))
    root.chmod(0o755)  # Postfix's own user looks for the socket
    socket = folder_for_socket(root) / "milter.sock"
    (root / "policy.yaml").write_text(POLICY, "utf-8")
    gateway = GatewayProcess(
        root,
        config={
            "listeners": [{"kind": "milter", "listen": f"unix:{socket}"}],
            "policy": str(root / "policy.yaml"),
            "log_level": "warning",
        },
    )
    port = free_port()
    async with Sink() as sink:
        for name in ("conf", "queue"):
            (root / name).mkdir()
        (root / "pdata").mkdir()
        shutil.chown(root / "pdata", "postfix")
        main = MAIN_CF.replace("{work}/data", "{work}/pdata").format(work=root, sink=sink.port)
        (root / "conf/main.cf").write_text(main + "smtputf8_enable = yes\nsmtp_discard_ehlo_keywords = pipelining\n")
        options = f"\n  -o smtpd_milters=unix:{socket}\n  -o milter_default_action=tempfail"
        (root / "conf/master.cf").write_text(MASTER_CF.format(port=port, options=options))
        server = Mta(root, port, sink, gateway)
        await gateway.start()
        started = await asyncio.to_thread(
            subprocess.run, ["postfix", "-c", root / "conf", "start"], check=False, capture_output=True, timeout=60
        )
        await asyncio.to_thread(wait_for_banner, port)
        assert started.returncode == 0, started.stderr.decode() + (root / "mail.log").read_text()
        try:
            yield server
        finally:
            await asyncio.to_thread(
                subprocess.run, ["postfix", "-c", root / "conf", "stop"], check=False, capture_output=True, timeout=60
            )
            if gateway.process is not None and gateway.process.returncode is None:
                await gateway.terminate()
            shutil.rmtree(root, ignore_errors=True)


async def test_what_is_clean_goes_on_byte_for_byte(mta):
    content = mail(body=".dau cham\nBao cao tuan\n" * 40)
    assert (await mta.send(content))[-1][0] == 250
    await mta.sink.wait_delivered(1, timeout=30)
    assert mta.sink.delivered[0].content.endswith(content)


async def test_only_the_offices_recipient_is_refused_for_a_stranger(mta):
    content = mail(sender="nguoi.dan@gmail.com")
    others = tuple(f"nguoi{number}@noikhac.example" for number in range(5))
    replies = await mta.send(content, sender="nguoi.dan@gmail.com", recipients=(*others, OFFICE))
    assert [code for code, _ in replies] == [250] * 5 + [550, 250]
    assert "8.3" in replies[5][1]


async def test_a_marked_document_is_refused_in_several_ascii_lines(mta):
    secret = zip_archive(("bao-cao.docx", word_file((Line("TỐI MẬT", bold=True), Line("Nội dung.")))))
    (_, (code, words)) = await mta.send(mail(files=[("tep.zip", secret)]))
    assert code == 550
    assert words.isascii()
    assert "TOI MAT" in words
    assert "tep.zip" not in words
    assert len(words.splitlines()) > 1


async def test_a_hold_is_the_hold_queue_of_the_mta(mta):
    locked = encrypted_zip("a.docx", word_file((Line("Nội dung."),)), b"khong-ai-biet")
    assert (await mta.send(mail(files=[("tep.zip", locked)])))[-1][0] == 250
    assert mta.held() == 1
    assert (await mta.audit())[0]["state"] == "held"
    assert not mta.sink.delivered


async def test_a_remark_stands_on_top_of_the_header(mta):
    content = mail(files=[("bien-ban.docx", word_file((Line("Biên bản trao đổi công việc."),)))])
    assert (await mta.send(content))[-1][0] == 250
    await mta.sink.wait_delivered(1, timeout=30)
    delivered = mta.sink.delivered[0].content
    assert b"X-Gateway-Verdict: tag" in delivered.partition(b"\r\nFrom:")[0]
    assert delivered.endswith(content)


async def test_without_the_gateway_mail_is_delayed_never_passed(mta):
    await mta.gateway.terminate()
    replies = await mta.send(mail())
    assert {code // 100 for code, _ in replies} != {2}
    assert not mta.sink.delivered
    await mta.gateway.start()
    assert (await mta.send(mail()))[-1][0] == 250


async def test_twenty_five_megabytes_and_international_addresses(mta):
    data = os.urandom(25 << 20)
    content = mail(files=[("so-lieu.bin", data)])
    assert (await mta.send(content))[-1][0] == 250
    recipient = "nguyễn@ví-dụ.example"

    def international():
        with smtplib.SMTP("127.0.0.1", mta.port, timeout=60) as client:
            client.ehlo("pc.example")
            client.sendmail(STAFF, [recipient], mail("Quoc te"), mail_options=("SMTPUTF8", "BODY=8BITMIME"))

    await asyncio.to_thread(international)
    await mta.sink.wait_delivered(2, timeout=60)
    assert any(one.content.endswith(content) for one in mta.sink.delivered)


async def test_an_abort_in_the_middle_leaves_the_next_mail_alone(mta):
    def talk():
        with smtplib.SMTP("127.0.0.1", mta.port, timeout=60) as client:
            client.ehlo("pc.example")
            codes = []
            for number in range(5):
                client.mail("bo.do@noikhac.example")
                client.rcpt(COLLEAGUE)
                client.rset()
                client.mail(STAFF)
                client.rcpt(COLLEAGUE)
                codes.append(client.data(mail(f"So {number}"))[0])
            return codes

    assert await asyncio.to_thread(talk) == [250] * 5
    rows = await mta.audit()
    assert [row["sender"] for row in rows if row["kind"] == "intent"] == [STAFF] * 5


async def test_a_login_at_the_mta_is_the_login_that_is_judged(mta):
    """`{auth_authen}` and the client's address come through the macros."""

    def talk(sender):
        with smtplib.SMTP("127.0.0.1", mta.port, timeout=60) as client:
            client.ehlo("pc.example")
            client.login(STAFF, PASSWORD)
            client.mail(sender)
            code, words = client.rcpt(COLLEAGUE)
            return (code, words.decode()) if code != 250 else client.data(mail(sender=sender))

    await asyncio.to_thread(mta.add_login)
    assert (await asyncio.to_thread(talk, STAFF))[0] == 250
    code, words = await asyncio.to_thread(talk, "chi.binhtan@tphcm.gov.vn")
    assert (code, STAFF in words) == (550, True)
    records = await mta.gateway.records()
    sessions = [record["mail"]["session"] if "mail" in record else record.get("session") for record in records]
    sessions = [session for session in sessions if session]
    assert {session["login"] for session in sessions} == {STAFF}
    assert {session["client"] for session in sessions} == {"127.0.0.1"}


@pytest.mark.slow
async def test_a_hundred_senders_at_once_and_restarts_lose_nothing_and_pass_nothing_unseen(mta):
    """The gateway goes once in order and once by SIGKILL, while a hundred connections are open."""

    def persistent(number: int) -> bytes:
        content = mail(f"Thu {number:03d}")
        end = time.monotonic() + 90
        while time.monotonic() < end:
            try:
                if send(mta.port, content)[-1][0] == 250:
                    return content
            except (OSError, smtplib.SMTPException):
                pass
            time.sleep(0.05)  # as a client waits before it tries again
        raise AssertionError(number)

    with ThreadPoolExecutor(100) as senders:
        sent = [asyncio.get_running_loop().run_in_executor(senders, persistent, number) for number in range(300)]
        for count, restart in ((10, mta.gateway.terminate), (60, mta.gateway.kill)):
            await mta.sink.wait_delivered(count, timeout=60)
            await restart()
            await mta.gateway.start()
        contents = await asyncio.gather(*sent)
    await mta.sink.wait_delivered(len(contents), timeout=60)
    delivered = [one.content for one in mta.sink.delivered]
    subjects = Counter(re.search(rb"\r\nSubject: (Thu \d+)", content)[1] for content in delivered)
    for content in contents:
        assert subjects[re.search(rb"\r\nSubject: (Thu \d+)", content)[1]] >= 1, "acknowledged, but not delivered"
    judged = [
        record["mail"]["session"]["queue_id"] for record in await mta.gateway.records() if record["kind"] == "intent"
    ]
    assert set(mta.queue_ids()) <= set(judged), "delivered unseen"
    await mta.gateway.assert_audit_is_whole()
