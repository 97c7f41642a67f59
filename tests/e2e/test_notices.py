"""Mails of a running gateway without a console: reports, a certificate's last days, and what was refused; each once, over kill and restart."""

import asyncio
import os
import signal
import time
from contextlib import closing
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from gateway.model import VIETNAM
from gateway.notice import NoticeBook
from gateway.notice.book import Fate, lost
from tests.e2e.gateway_process import GatewayProcess, cli, configured, serving
from tests.e2e.test_steward import steward
from tests.support.certificates import Pki
from tests.support.sink import Act, Sink

pytestmark = pytest.mark.slow

OFFICE, HEAD, ADMIN = "vanphong@x.example", "truong@x.example", "quantri@x.example"
DIRECTORY = f"""\
units:
  - {{id: noivu, name: Phòng Nội vụ, heads: [{HEAD}]}}
mailboxes:
  - {{address: {HEAD}, kind: personal, unit: noivu, name: Lê Trưởng}}
"""


def configuration(folder, sink):
    certificate, key = Pki(folder).issue("gateway.test", days_left=5)
    (folder / "directory.yaml").write_text(DIRECTORY, "utf-8")
    return configured(
        sink,
        {"kind": "submission", "listen": "127.0.0.1:0", "certificate": str(certificate), "key": str(key)},
        workers=1,
        policy="monitor",
        directory=str(folder / "directory.yaml"),
        notices={"to": [ADMIN], "mail_from": "gw@x.example"},
        reports={"send": True, "office": OFFICE},
    )


def script(stage, session):
    if stage == "rcpt" and session.commands[-1].endswith(b"<khong.co@x.example>"):
        return Act(b"550 5.1.1 City: no such mailbox\r\n")
    if stage == "dot" and b"RCPT TO:<treo@x.example>" in session.rcpts:
        return Act(wait=asyncio.Event())  # it has the mail and never says so
    return None


def put(gateway: GatewayProcess, recipient: str) -> None:
    """Put a notice into the book, as another process does."""
    with closing(NoticeBook(gateway.data)) as book:
        fields = {"count": 1, "first": "", "link": ""}
        book.put(f"probe:{recipient}", kind="waiting", recipient=recipient, now=time.time(), fields=fields)


async def test_each_mail_is_sent_once_whatever_is_killed_and_what_is_refused_is_shown(tmp_path):
    now = datetime.now(VIETNAM)
    if (now.day, now.hour < 6) == (1, True):
        pytest.skip("reports go out at six")
    last_month = now.replace(day=1) - timedelta(days=1)
    async with Sink(script) as sink:
        config = configuration(tmp_path, sink)
        async with serving(tmp_path / "gateway", config=config) as gateway:
            await sink.wait_delivered(2)  # that of the unit is none: the log did not know it last month
            put(gateway, "treo@x.example")
            await sink.wait_delivered(3)
            first = steward(gateway)
            os.kill(first, signal.SIGKILL)
            await gateway.until(lambda: steward(gateway) not in {first, None})
            put(gateway, "mot@x.example")
            await sink.wait_delivered(4)
            assert [one.fate for one in lost(gateway.data, time.time())] == [Fate.UNKNOWN]
            put(gateway, "khong.co@x.example")
            await gateway.until(lambda: len(lost(gateway.data, time.time())) == 2)
            answers = {one.recipient: one.answer for one in lost(gateway.data, time.time())}
            running = (await cli("doctor", "--running", "--data", gateway.data)).out
            await gateway.terminate()
            await gateway.start()
            put(gateway, "hai@x.example")
            await sink.wait_delivered(5)
            acts = [record for record in await gateway.records() if record["kind"] == "act"]
    mails = [message_from_bytes(mail.content, policy=default) for mail in sink.delivered]
    assert sorted(mail["To"] for mail in mails) == sorted(
        [ADMIN, OFFICE, "treo@x.example", "mot@x.example", "hai@x.example"]
    )
    assert {mail.mail_line for mail in sink.delivered} == {b"MAIL FROM:<>"}
    told = {mail["To"]: mail for mail in mails}
    assert f"{last_month:%m/%Y}" in told[OFFICE]["Subject"]
    (report,) = told[OFFICE].iter_attachments()
    assert report.get_content()[:2] == b"PK"
    assert "chứng thư" in told[ADMIN]["Subject"]
    assert answers["khong.co@x.example"] == "550 5.1.1 City: no such mailbox"
    assert "2 thông báo của cổng thư không đến nơi" in running
    assert "FAIL  certificate" in running
    assert [act["about"].split(" ", 1)[1] for act in acts] == [f"noivu {HEAD}", f"- {OFFICE}"]
