"""The steward with a real log and a real next hop: codes go out by mail, acts stand in the chain, rules are followed."""

import asyncio
import re
import socket
import threading
import time
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path

from msgspec.structs import replace

from gateway.audit import record
from gateway.audit.acts import newest_acts
from gateway.audit.committer import Committer
from gateway.audit.query import AuditReader, Filter
from gateway.audit.service import AuditService
from gateway.audit.verify import verify
from gateway.config.sections import Configuration
from gateway.model import VIETNAM, NextHopTls
from gateway.nexthop.settings import NextHopSettings
from gateway.notice import NoticeBook
from gateway.pipeline.in_force import Digests, digests_in_force, write_in_force
from gateway.pipeline.rulebook import Rulebook
from gateway.steward import questions as q
from gateway.steward import service
from gateway.steward.accounts import manage
from gateway.steward.notices import rounds
from gateway.steward.requests.request import Request, State
from gateway.steward.roles import Role
from gateway.steward.service import Sources, Steward
from tests.steward.support import DIRECTORY, Line, unsigned
from tests.support.sink import Act, Sink

AN = "an.noivu@x.example"


@dataclass
class World:
    line: Line
    steward: Steward
    data: Path
    door: socket.socket
    audit_door: socket.socket


@asynccontextmanager
async def world(folder: Path, sink: Sink, policy_text: str = "version: 1\nname: mot\nextends: monitor\n"):
    data = folder / "data"
    data.mkdir(mode=0o700, exist_ok=True)
    (folder / "directory.yaml").write_text(DIRECTORY, "utf-8")
    (folder / "policy.yaml").write_text(policy_text, "utf-8")
    configuration = Configuration(
        data=data,
        directory=folder / "directory.yaml",
        policy=str(folder / "policy.yaml"),
        console={"listen": "127.0.0.1:0"},
        notices={"mail_from": "vanthu@x.example"},
    )
    audit_inner, audit_door = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    writer = threading.Thread(target=AuditService(Committer.open(data), audit_inner).run)
    writer.start()
    inner, door = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    steward = Steward(
        Sources(
            configuration=configuration,
            rulebook=await asyncio.to_thread(Rulebook, configuration),
            audit_door=audit_door,
            next_hop=NextHopSettings(host="127.0.0.1", port=sink.port, our_name="gw.example", tls=NextHopTls.NONE),
            accepts=f"127.0.0.1:{sink.port}",
        )
    )
    stop = asyncio.Event()
    running = asyncio.create_task(steward.run(inner, stop))
    line = Line(door)
    try:
        yield World(line, steward, data, door, audit_door)
    finally:
        stop.set()
        await running
        line.close()
        audit_door.close()
        await asyncio.to_thread(writer.join)
    assert verify(data).exit_code == 0


async def arrived(sink: Sink, count: int) -> list:
    async with sink.arrived:
        await sink.arrived.wait_for(lambda: len(sink.delivered) >= count)
    return sink.delivered


async def test_a_code_goes_to_the_mailbox_and_logs_in_and_both_stand_in_the_log(tmp_path):
    async with Sink() as sink, world(tmp_path, sink) as office:
        assert await office.line.ask(q.SendMailCode(AN)) == q.Done()
        assert await office.line.ask(q.SendMailCode("nobody@x.example")) == q.Done()
        (mail,) = await arrived(sink, 1)
        assert (mail.mail_line, mail.rcpt_lines) == (b"MAIL FROM:<>", [b"RCPT TO:<an.noivu@x.example>"])
        read = message_from_bytes(mail.content, policy=policy.default)
        assert (read["From"], read["To"], read["Auto-Submitted"]) == ("vanthu@x.example", AN, "auto-generated")
        codes = re.findall(r"\b\d{8}\b", read.get_content())
        assert len(set(codes)) == 1
        assert codes[0] not in str(read["Subject"])
        assert await office.line.ask(q.MailLogin(AN, "00000000")) == q.Refusal(kind="bad_login")
        answer = await office.line.ask(q.MailLogin(AN, codes[0]))
        assert isinstance(answer, q.LoggedIn)
        await office.line.ask(q.Login("Mật-khẩu-gõ-nhầm!", "x"))
        data = office.data
    with AuditReader.open(data) as reader:
        rows = reader.find(Filter(state="act"))
    assert [(row.sender, row.subject) for row in rows] == [("", "✖ login"), (AN, "mail_login"), (AN, "✖ mail_login")]
    with Committer.open(data)._connection as connection:
        assert "gõ-nhầm" not in "".join(body.decode() for (body,) in connection.execute("SELECT body FROM record"))
        assert codes[0] not in "".join(body.decode() for (body,) in connection.execute("SELECT body FROM record"))


async def test_a_next_hop_that_refuses_changes_no_answer(tmp_path):
    def script(stage, _session):
        return Act(reply=b"550 5.1.1 no such user\r\n") if stage == "rcpt" else None

    async with Sink(script) as sink, world(tmp_path, sink) as office:
        for _ in range(5):
            assert await office.line.ask(q.SendMailCode(AN)) == q.Done()
        assert isinstance(await office.line.ask(q.AskHealth()), q.Health)


async def test_without_the_writer_of_the_log_nobody_logs_in_and_health_says_so(tmp_path):
    async with Sink() as sink, world(tmp_path, sink) as office:
        assert await office.line.ask(q.AskHealth()) == q.Health(good=True)
        one_time = await asyncio.to_thread(
            manage.add,
            office.steward.people.book,
            "an.tt",
            "An",
            [Role.AUDITOR],
            now=office.steward.people.clock(),
            sign=unsigned,
        )
        office.steward._acts._channel.lose("gone")
        lost, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        lost.close()
        door, office.steward._acts._channel._door = office.steward._acts._channel._door, lost
        assert await office.line.ask(q.Login("an.tt", one_time)) == q.Refusal(kind="unavailable")
        office.steward._looked = (0.0, False)
        assert await office.line.ask(q.AskHealth()) == q.Health(good=False)
        office.steward._acts._channel._door = door
        assert isinstance(await office.line.ask(q.Login("an.tt", one_time)), q.LoggedIn)


async def test_the_rules_in_force_are_followed_and_a_file_that_is_not_in_force_is_not(tmp_path):
    async with Sink() as sink, world(tmp_path, sink) as office:
        first = await asyncio.to_thread(lambda: office.steward.desk.policies().digest)
        (tmp_path / "policy.yaml").write_text("version: 1\nname: hai\nextends: strict\n", "utf-8")
        second = await asyncio.to_thread(lambda: Rulebook(office.steward.desk.configuration).current.policies.digest)
        assert second != first
        assert await asyncio.to_thread(lambda: office.steward.desk.policies().digest) == first
        write_in_force(office.data, Digests(second))
        assert await asyncio.to_thread(lambda: office.steward.desk.policies().digest) == second
        write_in_force(office.data, Digests("0" * 64))
        assert await asyncio.to_thread(lambda: office.steward.desk.policies().digest) == second
        for damaged in (b"", b"[]", b'{"policy_digest":"\xff"}', b'{"policy_digest":1}'):
            await asyncio.to_thread((office.data / "rules.json").write_bytes, damaged)
            assert digests_in_force(office.data) is None


async def test_what_another_process_put_into_the_book_goes_out_once(tmp_path, monkeypatch):
    monkeypatch.setattr(rounds, "ROUND_S", 0.05)
    async with Sink() as sink:
        for _ in range(2):
            async with world(tmp_path, sink) as office:
                with closing(NoticeBook(office.data)) as book:
                    book.put(
                        "k", kind="waiting", recipient=AN, now=time.time(), fields={"count": 3, "first": "", "link": ""}
                    )
                (mail,) = await arrived(sink, 1)
                await office.line.ask(q.AskHealth())
        read = message_from_bytes(mail.content, policy=policy.default)
        assert (read["From"], read["To"], read["Auto-Submitted"]) == ("vanthu@x.example", AN, "auto-generated")
        assert "3 yêu cầu" in str(read["Subject"])
        assert "{" not in read.get_content()


async def test_a_bug_in_one_teller_is_logged_once_and_silences_no_other(tmp_path, monkeypatch, caplog):
    def broken(_notifier):
        raise KeyError("a bug")

    monkeypatch.setattr(rounds, "ROUND_S", 0.01)
    monkeypatch.setattr(rounds, "NOTIFY_OF", (broken,))
    async with Sink() as sink, world(tmp_path, sink) as office:
        for count, key in enumerate(("a", "b"), 1):
            with closing(NoticeBook(office.data)) as book:
                fields = {"count": 3, "first": "", "link": ""}
                book.put(key, kind="waiting", recipient=AN, now=time.time(), fields=fields)
            await arrived(sink, count)
    assert len([line for line in caplog.messages if "a bug" in line]) == 1


async def test_a_waiver_that_was_revoked_while_its_file_could_not_be_changed_ends_as_soon_as_it_can(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(service, "_TEND_EVERY_S", 0.01)
    entry = {
        "id": "WR-1", "policy": "opaque", "rule": "encrypted", "sha256": "0" * 64, "sender": AN, "reason": "xem",
        "approved_by": "a, b", "expires": f"{datetime.now(VIETNAM):%Y-%m-%d}",
    }  # fmt: skip
    given = Request(
        id="YC-1",
        reference="BT-1",
        opened_by=AN,
        opened=1,
        reason="x",
        owners=(AN,),
        state=State.APPROVED,
        entries=(entry,),
    )
    async with Sink() as sink, world(tmp_path, sink) as office:
        file, book = office.data / "waivers.yaml", office.steward.people.requests
        await asyncio.to_thread(book.adopt, given)
        while not await asyncio.to_thread(file.exists):
            await asyncio.sleep(0)
        await asyncio.to_thread(book.change, given.id, lambda kept: replace(kept, state=State.REVOKED))
        while await asyncio.to_thread(file.exists):
            await asyncio.sleep(0)


async def test_an_act_that_no_request_has_is_recorded_as_not_done(tmp_path, monkeypatch):
    monkeypatch.setattr(service, "_TEND_EVERY_S", 0.01)
    async with Sink() as sink, world(tmp_path, sink) as office:
        await office.steward._acts.record(record.Act(who=AN, what="open_request", about="YC-1 BT-1"))
        acts = []
        while len(acts) < 2:
            _, acts = await asyncio.to_thread(newest_acts, office.data, 0)
    assert [(act.about, act.ok) for act in acts] == [("YC-1 BT-1", True), ("YC-1 BT-1", False)]
