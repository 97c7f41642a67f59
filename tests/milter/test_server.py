"""The server over real sockets, with a raw MTA side and small engines."""

import asyncio
import itertools
import struct

import pytest

from gateway.milter import connection
from gateway.milter.connection import MilterSettings
from gateway.milter.engine import MilterAnswer
from gateway.milter.protocol import packet
from gateway.milter.server import MilterServer
from gateway.model import Disposition, Reply, Verdict
from gateway.pipeline.judge import without_hold, without_tag
from gateway.spool import ByteBudget, Spool, SpoolSettings
from gateway.system.listening import listen_unix
from tests.milter.conversations import hold
from tests.support.garbage import kept_by_each_other

RELAY = MilterAnswer(disposition=Disposition.RELAY)
EVERYTHING = packet(b"O", struct.pack(">III", 6, 0x1FF, 0x1FFFFF))
REFUSAL = Reply(code=550, enhanced="5.7.1", lines=("[BT-1] Tu choi", "Rejected"))


class RecordingEngine:
    """Answers as it was told and keeps what it saw."""

    def __init__(self, answer: MilterAnswer | BaseException = RELAY):
        self.answer = answer
        self.seen = []
        self.able = []
        self.errors = []
        self.overflows = []
        self.release = None

    async def judge_recipient(self, session, envelope):
        return REFUSAL if envelope.forward_paths[0].startswith("vanphong") else None

    async def judge_message(self, transaction, spool, *, holds, tags):
        self.able.append((holds, tags))
        self.seen.append((transaction, bytes(spool.content())))
        if self.release is not None:
            await self.release.wait()
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer

    async def refuse_overflow(self, reference, session, envelope, *, size_bytes, limit_bytes, parts):
        self.overflows.append((session, envelope, size_bytes))
        if limit_bytes is not None:
            return Reply(code=552, enhanced="5.3.4", lines=(f"[{reference}] qua lon",))
        return Reply(code=452, enhanced="4.3.1", lines=(f"[{reference}] het cho",))

    def deadline_passed(self, transaction):
        return Reply(code=451, enhanced="4.4.7", lines=(f"[{transaction.id}] het gio",))

    def internal_error(self, reference, error):
        self.errors.append(error)
        return Reply(code=451, enhanced="4.3.0", lines=(f"[{reference}] loi tam thoi",))


class Mta:
    """The MTA's side of one connection."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    def send(self, *packets: bytes) -> None:
        self.writer.write(b"".join(packets))

    async def receive(self) -> tuple[bytes, bytes]:
        (length,) = struct.unpack(">I", await asyncio.wait_for(self.reader.readexactly(4), 300))
        data = await self.reader.readexactly(length)
        return data[:1], data[1:]

    async def closed(self) -> bool:
        return await asyncio.wait_for(self.reader.read(1), 300) == b""


@pytest.fixture
async def connect(tmp_path):
    servers, writers = [], []

    async def start(engine, *, limit_bytes=1 << 30, message_bytes=1 << 30, deadline_s=45.0, budget=None, **more) -> Mta:
        numbers = itertools.count(1)
        milter = MilterServer(
            MilterSettings(
                engine=engine,
                new_spool=lambda: Spool(SpoolSettings(), budget or ByteBudget(limit_bytes)),
                new_reference=lambda: f"BT-{next(numbers)}",
                message_bytes=message_bytes,
                deadline_s=deadline_s,
                **more,
            )
        )
        path = tmp_path / f"milter{len(servers)}.sock"
        await milter.start_socket(listen_unix(path))
        servers.append(milter)
        reader, writer = await asyncio.open_unix_connection(path)
        writers.append(writer)
        return Mta(reader, writer)

    yield start
    for writer in writers:
        writer.close()
    for milter in servers:
        await milter.drain(5)


def envelope(*recipients: bytes) -> bytes:
    return b"".join(
        (
            packet(b"D", b"C{client_addr}\x00192.0.2.7\x00"),
            packet(b"C", b"pc.example\x004\x00\x19192.0.2.7\x00"),
            packet(b"H", b"pc.example\x00"),
            packet(b"D", b"M{auth_authen}\x00an.binhtan@tphcm.gov.vn\x00i\x004XYZ\x00{tls_version}\x00TLSv1.3\x00"),
            packet(b"M", b"<an.binhtan@tphcm.gov.vn>\x00SMTPUTF8\x00"),
            *(packet(b"R", b"<" + recipient + b">\x00") for recipient in recipients),
        )
    )


CONTENT = b"".join(
    (
        packet(b"T"),
        packet(b"L", b"From\x00 an.binhtan@tphcm.gov.vn\x00"),
        packet(b"L", b"Subject\x00 dai\n\tnoi tiep\x00"),
        packet(b"N"),
        packet(b"B", b"dong mot\r\n"),
        packet(b"B", b".dong hai\r\n"),
        packet(b"E"),
    )
)
EXPECTED = b"From: an.binhtan@tphcm.gov.vn\r\nSubject: dai\r\n\tnoi tiep\r\n\r\ndong mot\r\n.dong hai\r\n"


async def answers_to(mta: Mta, count: int) -> list[tuple[bytes, bytes]]:
    """Send one message to one recipient."""
    mta.send(EVERYTHING, envelope(b"binh@tphcm.gov.vn"), CONTENT)
    return [await mta.receive() for _ in range(count)]


async def test_the_engine_sees_the_message_byte_for_byte_with_its_session(connect):
    engine = RecordingEngine()
    mta = await connect(engine)
    mta.send(EVERYTHING, envelope(b"binh@tphcm.gov.vn"), CONTENT)
    assert [(await mta.receive())[0] for _ in range(3)] == [b"O", b"c", b"c"]
    ((transaction, content),) = engine.seen
    assert content == EXPECTED
    assert transaction.session.queue_id == "4XYZ"
    assert transaction.session.auth_user == "an.binhtan@tphcm.gov.vn"
    assert transaction.session.client_address == "192.0.2.7"
    assert transaction.session.tls == "TLSv1.3"
    assert transaction.envelope.smtputf8
    assert transaction.size_bytes == len(EXPECTED)


async def test_one_recipient_is_refused_and_the_others_stay(connect):
    engine = RecordingEngine()
    mta = await connect(engine)
    mta.send(EVERYTHING, envelope(b"vanphong.binhtan@tphcm.gov.vn", b"binh@tphcm.gov.vn"), CONTENT)
    answers = [await mta.receive() for _ in range(4)]
    assert answers[1] == (b"y", b"550-5.7.1 [BT-1] Tu choi\r\n550 5.7.1 Rejected\x00")
    assert [code for code, _ in answers] == [b"O", b"y", b"c", b"c"]
    assert engine.seen[0][0].envelope.forward_paths == ("binh@tphcm.gov.vn",)


async def test_what_cannot_be_taken_now_is_put_off_before_its_content(connect):
    engine, late = RecordingEngine(), [Reply(code=452, enhanced="4.3.1", lines=("no room",))]
    mta = await connect(engine, refused_now=lambda envelope: late[0] if envelope.declared_bytes == 7 else None)
    mail = packet(b"M", b"<an@binhtan.example>\0SIZE=7\0")
    mta.send(EVERYTHING, mail, packet(b"R", b"<vanphong.binhtan@tphcm.gov.vn>\0"))
    assert [(await mta.receive())[1] for _ in range(2)][1] == b"452 4.3.1 no room\0"
    mta.send(packet(b"M", b"<an@binhtan.example>\0"), packet(b"R", b"<binh@tphcm.gov.vn>\0"))
    assert await mta.receive() == (b"c", b"")


async def test_a_rejection_carries_every_line(connect):
    answers = await answers_to(
        await connect(RecordingEngine(MilterAnswer(disposition=Disposition.REJECT, reply=REFUSAL))), 3
    )
    assert answers[-1] == (b"y", b"550-5.7.1 [BT-1] Tu choi\r\n550 5.7.1 Rejected\x00")


async def test_a_hold_goes_to_the_quarantine_of_the_mta(connect):
    engine = RecordingEngine(MilterAnswer(disposition=Disposition.HOLD, quarantine="cho duyet"))
    answers = await answers_to(await connect(engine), 4)
    assert answers[-2:] == [(b"q", b"cho duyet\x00"), (b"c", b"")]
    assert engine.able == [(True, True)]


@pytest.mark.parametrize(("actions", "able"), [(0x1, (False, True)), (0x20, (True, False))])
async def test_the_judge_knows_what_an_mta_cannot_do(connect, actions, able):
    engine = RecordingEngine(MilterAnswer(disposition=Disposition.REJECT, reply=REFUSAL))
    mta = await connect(engine)
    mta.send(packet(b"O", struct.pack(">III", 6, actions, 0x1FFFFF)), envelope(b"binh@tphcm.gov.vn"), CONTENT)
    assert [(await mta.receive())[0] for _ in range(3)][-1] == b"y"
    assert engine.able == [able]


@pytest.mark.parametrize(
    ("change", "unable", "done"),
    [(without_hold, Disposition.HOLD, Disposition.REJECT), (without_tag, Disposition.TAG, Disposition.RELAY)],
)
def test_the_verdict_of_what_cannot_be_done_is_what_is_done_instead(change, unable, done):
    verdict = Verdict(disposition=unable, findings=(), policy_digest="", recipients={"a@x": unable})
    other = Verdict(disposition=Disposition.DEFER, findings=(), policy_digest="", recipients={"a@x": unable})
    changed = change(verdict)
    assert (changed.disposition, changed.recipients) == (done, {"a@x": done})
    assert change(other) is other


async def test_header_fields_go_on_top_and_foreign_ones_come_out(connect):
    answer = MilterAnswer(
        disposition=Disposition.TAG, insert=(("X-One", "1"), ("X-Two", "2")), remove=(("Authentication-Results", 1),)
    )
    answers = await answers_to(await connect(RecordingEngine(answer)), 6)
    assert answers[2] == (b"m", b"\0\0\0\x01Authentication-Results\0\0")
    assert answers[3:5] == [(b"i", b"\0\0\0\0X-Two\0 2\0"), (b"i", b"\0\0\0\0X-One\0 1\0")]


async def test_a_fault_of_ours_is_a_temporary_failure_without_its_text(connect):
    engine = RecordingEngine(RuntimeError("secret"))
    answers = await answers_to(await connect(engine), 3)
    assert answers[-1] == (b"y", b"451 4.3.0 [BT-1] loi tam thoi\x00")
    assert str(engine.errors[0]) == "secret"


async def test_a_message_over_the_budget_is_a_temporary_failure(connect):
    engine = RecordingEngine()
    budget = ByteBudget(40)
    answers = await answers_to(await connect(engine, budget=budget), 3)
    assert answers[-1][1].startswith(b"452 4.3.1")
    assert not engine.seen
    assert not engine.errors, "a full store is no bug of ours"
    (overflow,) = engine.overflows
    assert overflow[1].forward_paths == ("binh@tphcm.gov.vn",)
    assert overflow[2] == len(EXPECTED)
    assert budget.used_bytes == 0


async def test_a_message_over_the_size_limit_is_refused_for_good_and_takes_no_room(connect):
    engine = RecordingEngine()
    budget = ByteBudget(1 << 20)
    answers = await answers_to(await connect(engine, budget=budget, message_bytes=len(EXPECTED) - 1), 3)
    assert answers[-1][1].startswith(b"552 5.3.4")
    assert not engine.seen
    assert [overflow[2] for overflow in engine.overflows] == [len(EXPECTED)]
    assert budget.used_bytes == 0


async def test_a_message_of_just_the_size_limit_is_judged(connect):
    engine = RecordingEngine()
    answers = await answers_to(await connect(engine, message_bytes=len(EXPECTED)), 3)
    assert answers[-1][0] == b"c"
    assert [content for _, content in engine.seen] == [EXPECTED]


async def test_an_abort_forgets_the_message_and_keeps_the_connection(connect):
    engine = RecordingEngine()
    mta = await connect(engine)
    mta.send(EVERYTHING, envelope(b"binh@tphcm.gov.vn"), packet(b"L", b"X-Old\x00 1\x00"), packet(b"A"))
    mail = packet(b"M", b"<an.binhtan@tphcm.gov.vn>\x00") + packet(b"R", b"<chi@tphcm.gov.vn>\x00")
    mta.send(mail, CONTENT)
    assert [(await mta.receive())[0] for _ in range(4)] == [b"O", b"c", b"c", b"c"]
    ((transaction, content),) = engine.seen
    assert content == EXPECTED
    assert transaction.envelope.forward_paths == ("chi@tphcm.gov.vn",)
    assert transaction.session.client_address == "192.0.2.7"
    assert transaction.session.auth_user is None


async def test_a_new_connection_on_the_same_socket_forgets_the_client(connect):
    engine = RecordingEngine()
    mta = await connect(engine)
    mta.send(EVERYTHING, envelope(b"binh@tphcm.gov.vn"), CONTENT, packet(b"K"))
    mail = packet(b"M", b"<>\x00") + packet(b"R", b"<chi@tphcm.gov.vn>\x00")
    mta.send(mail, CONTENT)
    for _ in range(5):
        await mta.receive()
    assert engine.seen[1][0].session.client_address is None
    assert engine.seen[1][0].envelope.reverse_path == ""


async def test_progress_is_reported_while_the_engine_works(connect, monkeypatch):
    monkeypatch.setattr(connection, "PROGRESS_INTERVAL_S", 0.01)
    engine = RecordingEngine()
    engine.release = asyncio.Event()
    mta = await connect(engine)
    mta.send(EVERYTHING, envelope(b"binh@tphcm.gov.vn"), CONTENT)
    assert [(await mta.receive())[0] for _ in range(3)] == [b"O", b"c", b"p"]
    engine.release.set()
    while (answer := await mta.receive())[0] == b"p":
        pass
    assert answer[0] == b"c"


@pytest.mark.parametrize(
    "garbage", [packet(b"B", b"outside"), packet(b"?"), b"\xff\xff\xff\xff", packet(b"E"), packet(b"R", b"<a@b>\x00")]
)
async def test_a_breach_of_the_protocol_closes_the_connection(connect, garbage):
    engine = RecordingEngine()
    mta = await connect(engine)
    mta.send(EVERYTHING, garbage)
    await mta.receive()
    assert await mta.closed()
    assert not engine.seen


async def test_without_silent_steps_every_command_is_answered(connect):
    engine = RecordingEngine()
    mta = await connect(engine)
    mta.send(packet(b"O", struct.pack(">III", 6, 0x1FF, 0)), envelope(b"binh@tphcm.gov.vn"), CONTENT)
    answers = [(await mta.receive())[0] for _ in range(12)]
    assert answers == [b"O", *[b"c"] * 11]
    assert engine.seen[0][1].startswith(b"From:  an.binhtan")


async def test_pipelined_messages_are_judged_one_after_the_other(connect):
    """All of them in one packet of the network, as an MTA that did not wait would send them."""
    engine = RecordingEngine()
    mta = await connect(engine)
    mail = packet(b"M", b"<an.binhtan@tphcm.gov.vn>\x00")
    messages = [mail + packet(b"R", b"<so%d@tphcm.gov.vn>\x00" % number) + CONTENT for number in range(20)]
    mta.send(EVERYTHING, *messages, packet(b"Q"))
    assert [(await mta.receive())[0] for _ in range(41)] == [b"O", *[b"c"] * 40]
    assert await mta.closed()
    assert [seen.envelope.forward_paths[0] for seen, _ in engine.seen] == [f"so{n}@tphcm.gov.vn" for n in range(20)]
    assert {content for _, content in engine.seen} == {EXPECTED}


async def test_a_judgement_past_the_deadline_is_a_temporary_failure_and_the_connection_goes_on(connect):
    engine = RecordingEngine()
    engine.release = asyncio.Event()
    mta = await connect(engine, deadline_s=0.05)
    mta.send(EVERYTHING, envelope(b"binh@tphcm.gov.vn"), CONTENT)
    answers = [await mta.receive() for _ in range(3)]
    assert answers[-1] == (b"y", b"451 4.4.7 [BT-1] het gio\x00")
    engine.release.set()
    mta.send(packet(b"M", b"<>\x00"), packet(b"R", b"<binh@tphcm.gov.vn>\x00"), CONTENT)
    assert [(await mta.receive())[0] for _ in range(2)] == [b"c", b"c"]


async def test_an_mta_that_goes_away_ends_the_judgement_and_frees_the_content(connect):
    budget = ByteBudget(1 << 20)
    cancelled = asyncio.get_running_loop().create_future()

    class Hanging(RecordingEngine):
        async def judge_message(self, transaction, spool, *, holds, tags):
            self.seen.append(transaction)
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError as error:
                cancelled.set_result(str(error))
                raise

    engine = Hanging()
    mta = await connect(engine, budget=budget)
    mta.send(EVERYTHING, envelope(b"binh@tphcm.gov.vn"), CONTENT)
    for _ in range(2):
        await mta.receive()
    while not engine.seen:
        await asyncio.sleep(0.01)
    assert budget.used_bytes == len(EXPECTED)
    mta.writer.transport.abort()
    assert await asyncio.wait_for(cancelled, 300) == connection.MTA_GONE
    async with asyncio.timeout(300):
        while budget.used_bytes:
            await asyncio.sleep(0.01)


async def test_an_mta_that_goes_away_within_the_content_leaves_nothing(connect):
    budget, engine = ByteBudget(1 << 20), RecordingEngine()
    mta = await connect(engine, budget=budget)
    mta.send(EVERYTHING, envelope(b"binh@tphcm.gov.vn"), packet(b"L", b"X\x00 1\x00"), packet(b"B", b"half"))
    for _ in range(2):
        await mta.receive()
    async with asyncio.timeout(300):
        while not budget.used_bytes:
            await asyncio.sleep(0.01)
        mta.writer.transport.abort()
        while budget.used_bytes:
            await asyncio.sleep(0.01)
    assert not engine.seen


async def test_past_the_limits_the_rest_of_the_body_need_not_be_sent(connect):
    engine = RecordingEngine()
    mta = await connect(engine, limit_bytes=40)
    steps = 0x1FFFFF & ~0x80000  # all but SILENT_BODY, with SKIP
    mta.send(packet(b"O", struct.pack(">III", 6, 0x1FF, steps)), envelope(b"binh@tphcm.gov.vn"), CONTENT)
    answers = [await mta.receive() for _ in range(5)]
    assert [code for code, _ in answers] == [b"O", b"c", b"s", b"s", b"y"]
    assert answers[-1][1].startswith(b"452")


@pytest.mark.slow
async def test_an_mta_that_takes_no_answers_is_not_read_without_end(connect):
    engine = RecordingEngine()
    mta = await connect(engine)
    mta.writer.transport.pause_reading()
    mta.send(packet(b"O", struct.pack(">III", 6, 0x1FF, 0)), packet(b"M", b"<>\x00"))
    header = packet(b"L", b"X\x00 1\x00") * 10_000

    async def send_all():
        for _ in range(500):  # 45 MB, each header field with an answer to wait for
            mta.send(header)
            await asyncio.wait_for(mta.writer.drain(), 1)

    with pytest.raises(TimeoutError):
        await send_all()
    mta.writer.transport.abort()


async def test_a_message_and_its_connection_leave_nothing_to_the_collector():
    with kept_by_each_other() as found:
        for _ in range(3):
            _, engine, _ = await hold(EVERYTHING + envelope(b"binh@tphcm.gov.vn") + CONTENT + packet(b"Q"), 1 << 16)
            assert engine.passed == 1
    assert found == []


async def test_what_the_mta_does_not_offer_is_reported_once(connect, caplog):
    connection._warn_missing.cache_clear()
    for _ in range(2):
        mta = await connect(RecordingEngine())
        mta.send(packet(b"O", struct.pack(">III", 6, 0x1FF & ~0x10, 0x1FFFFF)))
        assert (await mta.receive())[0] == b"O"
    (told,) = caplog.records
    assert told.levelname == "WARNING"
    assert "Authentication-Results" in told.getMessage()


async def test_an_mta_that_offers_everything_has_no_warning(connect, caplog):
    connection._warn_missing.cache_clear()
    mta = await connect(RecordingEngine())
    mta.send(EVERYTHING)
    assert (await mta.receive())[0] == b"O"
    assert not caplog.records
