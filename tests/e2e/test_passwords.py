"""Điều 6 at AUTH, over real sockets: yes or no in the audit, one notice, and nothing of the password anywhere."""

import asyncio
import email
import json
from datetime import UTC, datetime
from email.policy import default

import pytest

from gateway.config.sections import Passwords
from gateway.errors import AuditError
from gateway.model import FrontEnd, Session
from gateway.notice.book import DAY_S, MOST_A_DAY
from gateway.serve.password_watch import PasswordWatch
from tests.e2e.gateway_process import serving
from tests.e2e.test_secrets import files_with, process_texts, spellings, submission
from tests.notice.test_mail import hop_to
from tests.notice.test_sender import NOW, notices
from tests.support.certificates import Pki
from tests.support.client import RawClient
from tests.support.loops import Clock
from tests.support.sink import Act, Sink

pytestmark = pytest.mark.slow

WEAK, SOUND = "chu.yeu.binhtan@tphcm.gov.vn", "chu.manh.binhtan@tphcm.gov.vn"
WEAK_PASSWORD, SOUND_PASSWORD = "chimhoangyen7qzcanary", "ChimHoangYen-7Qz!canary"
OFFICE = "vanphong.binhtan@tphcm.gov.vn"


async def log_in(gateway, pki, login, password):
    async with RawClient(*gateway.address("submission")) as client:
        await client.ehlo()
        await client.starttls(pki.client())
        await client.ehlo()
        return (await client.login(login, password)).code


async def weak(gateway):
    return [one["login"] for one in (await gateway.audit("passwords", "--json")).json]


async def test_a_weak_password_is_listed_and_its_holder_notified_once(tmp_path):
    pki = Pki(tmp_path)
    users = {WEAK: WEAK_PASSWORD, SOUND: SOUND_PASSWORD}
    async with Sink(users=users, tls=pki.server("city.test")) as sink:
        config = submission(pki, sink, passwords={"check": True, "notice": True, "notice_from": OFFICE})
        async with serving(tmp_path / "gateway", config=config) as gateway:
            # Several sessions at once, so that both front ends see the login.
            codes = await asyncio.gather(*(log_in(gateway, pki, WEAK, WEAK_PASSWORD) for _ in range(8)))
            assert codes == [235] * 8
            assert await log_in(gateway, pki, SOUND, SOUND_PASSWORD) == 235
            assert await log_in(gateway, pki, WEAK, "sai-" + WEAK_PASSWORD) == 535
            await gateway.logged("auth failed")
            (line,) = [line for line in map(json.loads, gateway.log.splitlines()) if "auth failed" in line["event"]]
            assert line["login"] == WEAK
            assert "127.0.0.1" in line["event"]
            await sink.wait_delivered()
            assert await weak(gateway) == [WEAK]
            assert WEAK in (await gateway.audit("list", "--state", "weak_password")).out
            # The holder takes a better one: the list is empty, and no other notice goes out.
            sink.users[WEAK] = SOUND_PASSWORD
            codes = await asyncio.gather(*(log_in(gateway, pki, WEAK, SOUND_PASSWORD) for _ in range(8)))
            assert codes == [235] * 8
            while await weak(gateway):
                await asyncio.sleep(0.05)
            texts = process_texts([gateway.pid, *gateway.descendants()])
            await gateway.terminate()
            texts["stderr"], texts["stdout"] = gateway.stderr.read_bytes(), gateway.stdout.read_bytes()
            texts["audit"] = (await gateway.audit("export")).out.encode()
        (mail,) = sink.delivered
        texts["notice"] = mail.content
        needles = [spelling for word in (WEAK_PASSWORD, SOUND_PASSWORD) for spelling in spellings(word)]
        assert {name for name, text in texts.items() for needle in needles if needle in text} == set()
        assert files_with(gateway.folder, needles) == []
        assert mail.mail_line.startswith(b"MAIL FROM:<>")
        assert mail.rcpt_lines == [b"RCPT TO:<" + WEAK.encode() + b">"]
        told = email.message_from_bytes(mail.content, policy=default)
        assert (told["From"], told["To"], told["Auto-Submitted"]) == (OFFICE, WEAK, "auto-replied")
        assert "Điều 6" in told.get_content()
        assert "http" not in told.get_content()


async def test_no_password_is_looked_at_unless_asked_for(tmp_path):
    pki = Pki(tmp_path)
    async with (
        Sink(users={WEAK: WEAK_PASSWORD}, tls=pki.server("city.test")) as sink,
        serving(tmp_path / "gateway", config=submission(pki, sink)) as gateway,
    ):
        assert await log_in(gateway, pki, WEAK, WEAK_PASSWORD) == 235
        await gateway.terminate()
        assert not [record for record in await gateway.records() if record["kind"] == "password"]
        assert not sink.delivered


class Log:
    def __init__(self, *answers):
        self.answers = list(answers)

    async def password_judged(self, _session, _login, *, sound):
        if isinstance(answer := self.answers.pop(0), AuditError):
            raise answer


SESSION = Session(front_end=FrontEnd.SUBMISSION)


async def test_what_the_log_did_not_take_is_recorded_at_the_next_login():
    log = Log(AuditError("full"), None)
    watch = PasswordWatch(Passwords(check=True), log, None, clock=lambda: datetime.now(UTC))
    with pytest.raises(AuditError):
        await watch.judged(SESSION, "an", sound=False)
    for _ in range(2):
        await watch.judged(SESSION, "an", sound=False)
    assert not log.answers


@pytest.mark.parametrize(
    ("stage", "act", "sent"),
    [
        ("mail", Act(None, close=True), 1),
        ("rcpt", Act(b"450 4.2.1 later\r\n"), 1),
        ("dot", Act(b"451 4.3.0 later\r\n"), 1),
        ("rcpt", Act(b"550 5.1.1 unknown\r\n"), 0),
    ],
)
async def test_a_notice_that_could_not_be_sent_is_sent_at_the_next_login_and_once_by_all_processes(
    tmp_path, stage, act, sent
):
    settings, away = Passwords(check=True, notice=True, notice_from=OFFICE), [act]
    async with Sink(lambda at, _: away.pop() if at == stage and away else None) as sink:
        hop = hop_to(sink)
        first, second = (
            PasswordWatch(settings, Log(None), notices(tmp_path, hop), clock=lambda: datetime.now(UTC))
            for _ in range(2)
        )
        await first.judged(SESSION, WEAK, sound=False)
        sink.delivered.clear()  # one that was refused after its final dot
        for watch in (first, second, first):
            await watch.judged(SESSION, WEAK, sound=False)
        assert len(sink.delivered) == sent
        hop.close()


async def test_a_notice_for_which_the_mailbox_had_no_room_is_sent_once_it_has(tmp_path):
    settings, clock = Passwords(check=True, notice=True, notice_from=OFFICE), Clock(NOW)
    async with Sink() as sink:
        hop = hop_to(sink)
        sender = notices(tmp_path, hop, clock)
        watch = PasswordWatch(settings, Log(None), sender, clock=lambda: datetime.now(UTC))
        for _ in range(MOST_A_DAY):
            await sender.send("self_check", WEAK, sender="a@x", recipients="b@x", explanation="x", note="")
        told = []
        for later in (0, DAY_S + 1, 1):
            clock.now += later
            await watch.judged(SESSION, WEAK, sound=False)
            told.append(len(sink.delivered) - MOST_A_DAY)
        assert told == [0, 1, 1]
        hop.close()
