"""The gateway's milter inside a real Postfix: what the MTA does with each verdict, and when the gateway is away."""

import asyncio
import os
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.demo.documents import Paragraph, word_file, zip_archive
from tests.bench.contestants import MAIN_CF, MASTER_CF, free_port, wait_for_banner
from tests.e2e.gateway_process import GatewayProcess, cli
from tests.readers.zipcrypto import encrypted_zip
from tests.support.sink import Sink

pytestmark = [pytest.mark.system, pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("postfix", path="/usr/sbin:/usr/bin") is None, reason="needs Postfix and root (make system-test)",
)]  # fmt: skip
STAFF, COLLEAGUE = "an.binhtan@tphcm.gov.vn", "binh.binhtan@tphcm.gov.vn"
OFFICE, PASSWORD = "vanphong.binhtan@tphcm.gov.vn", "m4t-khau-thu"
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
    with smtplib.SMTP("127.0.0.1", port, timeout=300) as client:
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
        (folder := self.root / "sasl").mkdir()
        database = folder / "sasldb2"
        (folder / "smtpd.conf").write_text(
            f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {database}\nmech_list: PLAIN LOGIN\n"
        )
        user, _, realm = STAFF.partition("@")
        subprocess.run(["saslpasswd2", "-pcf", database, "-u", realm, user], input=PASSWORD.encode(), check=True)
        shutil.chown(database, "postfix")
        self.configure(
            "smtpd_sasl_auth_enable = yes", "smtpd_sasl_type = cyrus", "smtpd_sasl_path = smtpd",
            f"cyrus_sasl_config_path = {folder}", f"smtpd_sasl_local_domain = {realm}",
        )  # fmt: skip
        while True:  # a process from before the reload may take one more connection
            with smtplib.SMTP("127.0.0.1", self.port, timeout=300) as client:
                client.ehlo("pc.example")
                if client.has_extn("auth"):
                    return

    def configure(self, *lines: str) -> None:
        """Add settings to main.cf and have them take effect."""
        with (self.root / "conf/main.cf").open("a") as main:
            main.writelines(f"{line}\n" for line in lines)
        subprocess.run(["postfix", "-c", self.root / "conf", "reload"], check=True, capture_output=True, timeout=300)

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


@asynccontextmanager
async def running():
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
            subprocess.run, ["postfix", "-c", root / "conf", "start"], check=False, capture_output=True, timeout=300
        )
        await asyncio.to_thread(wait_for_banner, port)
        assert started.returncode == 0, started.stderr.decode() + (root / "mail.log").read_text()
        try:
            yield server
        finally:
            await asyncio.to_thread(
                subprocess.run, ["postfix", "-c", root / "conf", "stop"], check=False, capture_output=True, timeout=300
            )
            if gateway.process is not None and gateway.process.returncode is None:
                await gateway.terminate()
            shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
async def mta():
    async with running() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lasting():
    async with running() as server:
        yield server


@pytest.fixture
def shared(lasting):
    """One MTA for all tests that only send mail."""
    lasting.sink.delivered.clear()
    return lasting


in_one_loop = pytest.mark.asyncio(loop_scope="module")


@in_one_loop
async def test_what_is_clean_goes_on_byte_for_byte(shared):
    content = mail(body=".dau cham\nBao cao tuan\n" * 40)
    assert (await shared.send(content))[-1][0] == 250
    await shared.sink.wait_delivered(1)
    assert shared.sink.delivered[0].content.endswith(content)


@in_one_loop
async def test_only_the_offices_recipient_is_refused_for_a_stranger(shared):
    content = mail(sender="nguoi.dan@gmail.com")
    others = tuple(f"nguoi{number}@noikhac.example" for number in range(5))
    replies = await shared.send(content, sender="nguoi.dan@gmail.com", recipients=(*others, OFFICE))
    assert [code for code, _ in replies] == [250] * 5 + [550, 250]
    assert "8.3" in replies[5][1]


@in_one_loop
async def test_a_marked_document_is_refused_in_several_ascii_lines(shared):
    secret = zip_archive(("bao-cao.docx", word_file((Paragraph("TỐI MẬT", bold=True), Paragraph("Nội dung.")))))
    (_, (code, words)) = await shared.send(mail(files=[("tep.zip", secret)]))
    assert code == 550
    assert words.isascii()
    assert "TOI MAT" in words
    assert "tep.zip" not in words
    assert len(words.splitlines()) > 1


@in_one_loop
async def test_a_hold_is_the_hold_queue_of_the_mta(shared):
    locked = encrypted_zip("a.docx", word_file((Paragraph("Nội dung."),)), b"khong-ai-biet")
    assert (await shared.send(mail(files=[("tep.zip", locked)])))[-1][0] == 250
    assert shared.held() == 1
    row = (await shared.audit())[0]
    assert row["state"] == "held"
    assert f"opaque.encrypted: gateway audit show {row['reference']};" in (shared.root / "mail.log").read_text()
    assert not shared.sink.delivered


@in_one_loop
async def test_a_remark_is_put_on_top_of_the_header(shared):
    content = mail(files=[("bien-ban.docx", word_file((Paragraph("Biên bản trao đổi công việc."),)))])
    assert (await shared.send(content))[-1][0] == 250
    await shared.sink.wait_delivered(1)
    delivered = shared.sink.delivered[0].content
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
        with smtplib.SMTP("127.0.0.1", mta.port, timeout=300) as client:
            client.ehlo("pc.example")
            client.sendmail(STAFF, [recipient], mail("Quoc te"), mail_options=("SMTPUTF8", "BODY=8BITMIME"))

    await asyncio.to_thread(international)
    await mta.sink.wait_delivered(2)
    assert any(one.content.endswith(content) for one in mta.sink.delivered)


async def test_an_abort_in_the_middle_leaves_the_next_mail_alone(mta):
    def talk():
        with smtplib.SMTP("127.0.0.1", mta.port, timeout=300) as client:
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
        with smtplib.SMTP("127.0.0.1", mta.port, timeout=300) as client:
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


async def test_a_client_that_hangs_up_within_the_content_leaves_nothing_behind(mta):
    """Postfix aborts the message at the milter, or ends its connection; nothing is judged, nothing is queued."""

    def hang_up(bytes_sent: int) -> None:
        with socket.create_connection(("127.0.0.1", mta.port), 30) as client:
            replies = client.makefile("rb")
            replies.readline()
            for line in (
                b"HELO pc.example",
                f"MAIL FROM:<{STAFF}>".encode(),
                f"RCPT TO:<{COLLEAGUE}>".encode(),
                b"DATA",
            ):
                client.sendall(line + b"\r\n")
                assert replies.readline()[:1] in b"23"
            client.sendall(mail(body="dong chu\n" * 40_000)[:bytes_sent])

    for bytes_sent in (0, 10, 200, 5_000, 300_000):
        await asyncio.to_thread(hang_up, bytes_sent)
    assert (await mta.send(mail("Sau do")))[-1][0] == 250
    await mta.sink.wait_delivered(1)
    assert len(mta.sink.delivered) == 1
    records = await mta.gateway.records()
    assert [record["kind"] for record in records if "mail" in record] == ["intent"]
    assert "Traceback" not in mta.gateway.log


async def test_pipelined_messages_on_one_connection_are_judged_each_for_itself(mta):
    """Commands of RFC 2920 in one packet; every other message is refused."""
    secret = zip_archive(("bao-cao.docx", word_file((Paragraph("TỐI MẬT", bold=True), Paragraph("Nội dung.")))))

    def talk() -> list[int]:
        with socket.create_connection(("127.0.0.1", mta.port), 60) as client:
            replies = client.makefile("rb")

            def code() -> int:
                while (line := replies.readline())[3:4] == b"-":
                    pass
                return int(line[:3])

            code()
            client.sendall(b"EHLO pc.example\r\n")
            code()
            codes, ahead = [], b""
            for number in range(6):
                content = mail(f"So {number}", files=[("tep.zip", secret)] if number % 2 else ())
                lines = f"MAIL FROM:<{STAFF}>\r\nRCPT TO:<{COLLEAGUE}>\r\nDATA\r\n".encode()
                client.sendall(ahead + lines)  # with the end of the message before
                if ahead:
                    codes.append(code())
                assert [code(), code(), code()] == [250, 250, 354]
                ahead = content + b".\r\n"
            client.sendall(ahead + b"QUIT\r\n")
            return [*codes, code()]

    assert await asyncio.to_thread(talk) == [250, 550] * 3
    await mta.sink.wait_delivered(3)
    subjects = sorted(re.search(rb"\r\nSubject: (So \d)", one.content)[1] for one in mta.sink.delivered)
    assert subjects == [b"So 0", b"So 2", b"So 4"]
    kinds = [record["kind"] for record in await mta.gateway.records() if "mail" in record]
    assert kinds == ["intent", "refused"] * 3


@pytest.mark.slow
async def test_progress_keeps_the_mta_waiting_for_a_slow_inspection(mta):
    """The wall is stopped for longer than Postfix waits without a word."""
    await asyncio.to_thread(mta.configure, "milter_content_timeout = 5s")
    content = mail(files=[("bien-ban.docx", word_file((Paragraph("Biên bản trao đổi công việc."),)))])
    zygote = mta.gateway.zygote()
    os.kill(zygote, signal.SIGSTOP)
    begin = time.monotonic()
    sending = asyncio.ensure_future(mta.send(content))
    try:
        await asyncio.sleep(8)
        assert not sending.done(), sending.result()
    finally:
        os.kill(zygote, signal.SIGCONT)
    assert (await sending)[-1][0] == 250
    assert time.monotonic() - begin >= 8
    await mta.sink.wait_delivered(1)
    assert b"X-Gateway-Verdict: tag" in mta.sink.delivered[0].content


@in_one_loop
async def test_results_that_claim_to_be_ours_are_taken_out_and_those_of_others_stay(shared):
    """RFC 8601 §5: also when a login sent them."""
    ours = socket.gethostname() or "localhost"
    forged = f"Authentication-Results: {ours}; dkim=pass header.d=tphcm.gov.vn\r\n"
    foreign = "Authentication-Results: mx.noikhac.example; spf=pass smtp.mailfrom=noikhac.example\r\n"
    folded = f"authentication-results:\r\n\t{ours};\r\n\tspf=pass smtp.mailfrom=tphcm.gov.vn\r\n"
    content = (forged + foreign + folded + foreign).encode() + mail()
    assert (await shared.send(content))[-1][0] == 250
    await shared.sink.wait_delivered(1)
    delivered = shared.sink.delivered[0].content
    assert b"dkim=pass" not in delivered
    assert b"smtp.mailfrom=tphcm.gov.vn" not in delivered
    assert delivered.endswith((foreign + foreign).encode() + mail())


@in_one_loop
async def test_a_percent_sign_reaches_the_client_as_it_is(shared):
    """Postfix expands what follows a percent sign in a milter's reply, so each is doubled."""
    sender = "100%25s%i.la@gmail.com"
    replies = await shared.send(mail(sender="nguoi.dan@gmail.com"), sender=sender, recipients=(OFFICE,))
    assert replies[0][0] == 550
    assert sender in replies[0][1]


@pytest.mark.slow
async def test_a_hundred_senders_at_once_and_restarts_lose_nothing_and_pass_nothing_unseen(mta):
    """The gateway goes once in order and once by SIGKILL, while a hundred connections are open."""

    def persistent(number: int) -> bytes:
        content = mail(f"Thu {number:03d}")
        end = time.monotonic() + 600
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
            await mta.sink.wait_delivered(count)
            await restart()
            await mta.gateway.start()
        contents = await asyncio.gather(*sent)
    await mta.sink.wait_delivered(len(contents))
    delivered = [one.content for one in mta.sink.delivered]
    subjects = Counter(re.search(rb"\r\nSubject: (Thu \d+)", content)[1] for content in delivered)
    for content in contents:
        assert subjects[re.search(rb"\r\nSubject: (Thu \d+)", content)[1]] >= 1, "acknowledged, but not delivered"
    judged = [
        record["mail"]["session"]["queue_id"] for record in await mta.gateway.records() if record["kind"] == "intent"
    ]
    assert set(mta.queue_ids()) <= set(judged), "delivered unseen"
    await mta.gateway.assert_audit_is_whole()
