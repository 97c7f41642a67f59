"""Self-check at the steward: whose name, how often, how many at a time; programs with tokens; what is kept and shown of it."""

import asyncio
import gc
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from gateway.audit.keyed import Keyed
from gateway.audit.query import AuditReader
from gateway.audit.record import Checked
from gateway.model import Language
from gateway.spool import Spool
from gateway.steward import questions as q
from gateway.steward.accounts.manage import AccountFaultError
from gateway.steward.accounts.sessions import key_of
from gateway.steward.checks.answers import _senders
from gateway.steward.checks.judging import Checks
from gateway.steward.checks.uploads import AT_A_TIME, LIMIT_BYTES, UPLOAD_S, Upload, Uploads
from gateway.steward.questions.refused import Refused
from gateway.steward.roles import Role
from tests.audit.support import running
from tests.steward.support import unsigned

CLERK, HEAD, OTHER = "an.noivu@x.example", "truong.noivu@x.example", "binh.tuphap@x.example"
VI = Language.VI


def upload(who: str, token: str = "", via: str = "page") -> Upload:
    return Upload(owner=key_of(token or who), who=who, sender=who, recipients=(), via=via, client="")


def kind(work) -> str:
    with pytest.raises(Refused) as error:
        work()
    return error.value.refusal.kind


def test_two_are_checked_at_a_time_one_of_each_person_and_what_was_left_gives_way(monkeypatch):
    uploads = Uploads()
    first, second = (uploads.begin(upload(who)) for who in ("a", "b"))
    assert AT_A_TIME == 2
    assert kind(lambda: uploads.begin(upload("c"))) == "too_many"
    uploads.end(first)
    assert kind(lambda: uploads.begin(upload("b", "another session"))) == "too_many"
    third = uploads.begin(upload("c"))
    again = uploads.begin(upload("b"))  # the same session begins anew: its browser has gone
    assert kind(lambda: uploads.take(second, "b")) == "not_found"
    assert uploads.take(again, "b").judging
    clock = iter((UPLOAD_S + 1e9,) * 10)
    monkeypatch.setattr("gateway.steward.checks.uploads.time.monotonic", lambda: next(clock))
    uploads.begin(upload("d"))  # in place of the one that dawdles, not of the one that is being judged
    assert kind(lambda: uploads.take(third, "c")) == "not_found"


def test_a_program_that_asks_twice_at_once_loses_neither(monkeypatch):
    uploads = Uploads()
    ticket = uploads.begin(upload("token:x", via="api"))
    assert kind(lambda: uploads.begin(upload("token:x", via="api"))) == "too_many"
    assert uploads.take(ticket, "token:x").judging


def test_what_nobody_ends_is_forgotten_by_the_clock(monkeypatch):
    due = []
    uploads = Uploads(lambda seconds, work: due.append((seconds, work)))
    left, judged = (uploads.begin(upload(who)) for who in ("a", "b"))
    uploads.add(left, "a", 0, "x", b"MAT", VI)
    files = uploads._open[left].files
    uploads.take(judged, "b")
    monkeypatch.setattr("gateway.steward.checks.uploads.time.monotonic", lambda: 1e12)
    for seconds, work in due:
        assert UPLOAD_S < seconds < UPLOAD_S + 5
        work()
    assert files == []
    assert list(uploads._open) == [judged]


@pytest.mark.parametrize(("deadline_s", "leaves", "told"), [(0.2, False, "too_long"), (600, True, "unavailable")])
async def test_a_check_that_is_late_or_whose_person_leaves_is_cut_short_and_counts(tmp_path, deadline_s, leaves, told):
    begun, cut = threading.Event(), []

    class Slow:
        async def judge(self, *_):
            begun.set()
            try:
                await asyncio.sleep(600)
            except asyncio.CancelledError:
                cut.append("child")
                raise

    noted = []

    async def note(record):
        noted.append(record)

    front_end = SimpleNamespace(languages=(VI,), holds=False, refusal=lambda _: ("", None))
    checks = Checks(
        judge=Slow(),
        front_end=front_end,
        workers=None,
        limits=None,
        keyed=Keyed(b"k" * 32),
        note=note,
        deadline_s=deadline_s,
    )
    ticket = checks.uploads.begin(upload(CLERK))
    checks.uploads.add(ticket, CLERK, 0, "mat.docx", b"PK", VI)
    taken = checks.uploads.take(ticket, CLERK)
    gone = begun.is_set if leaves else lambda: False
    assert await asyncio.to_thread(kind, lambda: checks.judged(taken, gone)) == told
    assert cut == ["child"]
    (record,) = noted
    assert (record.who, record.disposition, record.size, len(record.digests)) == (CLERK, "defer", 2, 1)
    assert "mat.docx" not in repr(record)
    async with running(tmp_path, policy="test") as log:
        await log.checked(record)
    with AuditReader.open(tmp_path) as reader:
        assert reader.checks_since(CLERK, datetime.now(UTC) - timedelta(hours=1)) == 1


def open_contents() -> int:
    count = 0
    for one in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # of the folder itself
            count += "memfd:spool" in str(one.readlink())
    return count


async def test_a_check_that_ends_early_leaves_no_open_file(tmp_path):
    files = (("a.eml", b"Subject: x\r\n\r\nx\r\n"), ("b.bin", b"\0" * (1 << 20)))

    class Failing:
        async def judge(self, _transaction, _spool):
            raise RuntimeError

    limits = SimpleNamespace(refusal=lambda _spool: ("", None), languages=(VI,), holds=True)
    checks = Checks(
        judge=Failing(), front_end=limits, workers=None, limits=None, keyed=None, note=None, deadline_s=60.0
    )  # fmt: skip
    begun = upload("a")
    for name, octets in files:
        begun.files.append((name, Spool.from_content(octets)))
    gc.collect()  # what earlier tests left is none of ours
    before = open_contents()
    with pytest.raises(RuntimeError):
        await checks._each("BT-00000001", begun)
    assert open_contents() == before


def test_pieces_come_in_order_from_their_own_session_and_have_a_limit():
    uploads = Uploads()

    def begun() -> str:
        return uploads.begin(upload("a"))

    ticket = begun()
    assert kind(lambda: uploads.add(ticket, "b", 0, "x", b"x", VI)) == "not_found"
    assert kind(lambda: uploads.add(ticket, "a", -1, "x", b"x", VI)) == "invalid"
    ticket = begun()
    uploads.add(ticket, "a", 0, "x", b"x", VI)
    assert kind(lambda: uploads.add(ticket, "a", 2, "x", b"x", VI)) == "invalid"
    assert kind(lambda: uploads.take(ticket, "a")) == "not_found"
    ticket = begun()
    for number in range(20):
        uploads.add(ticket, "a", number, "x", b"", VI)
    assert kind(lambda: uploads.add(ticket, "a", 20, "x", b"", VI)) == "invalid"
    ticket = begun()
    uploads.add(ticket, "a", 0, "x", b"x", VI)
    files = uploads._open[ticket].files
    assert kind(lambda: uploads.add(ticket, "a", 1, "y", b"x" * LIMIT_BYTES, VI)) == "too_large"
    assert files == []


@pytest.mark.parametrize(
    ("name", "role", "senders"),
    [(CLERK, Role.CLERK, (CLERK,)), (HEAD, Role.UNIT_HEAD, (HEAD, CLERK)), ("op", Role.OPERATOR, None), ("au", Role.AUDITOR, None)],
)  # fmt: skip
def test_in_whose_name_a_person_may_check(office, name, role, senders):
    token = office.session(name, role)
    person = office.people.person(office.people.session(token))
    assert _senders(office.desk, person) == senders


def test_a_program_has_what_its_token_says_and_nothing_else(office, tmp_path):
    tokens = office.people.tokens

    def made(name: str, **bound: str) -> str:
        return tokens.add(name, **({"mailbox": "", "unit": ""} | bound), per_hour=3, days=2, sign=unsigned)

    mailbox, unit = made("ho-so", mailbox=CLERK), made("don-vi", unit="noivu")
    assert mailbox.startswith("cvt_")
    assert mailbox.encode() not in office.people.book.path.read_bytes()
    for token, senders in ((mailbox, (CLERK,)), (unit, (CLERK, HEAD))):
        person = tokens.person(token)
        assert set(_senders(office.desk, person)) == set(senders)
        assert not person.roles
        for question in (q.Search(), q.WhoAmI(), q.Overview(), q.Logout()):
            assert office.kind(question, token) == "no_session"
    for fault, work in (
        ("taken", lambda: made("ho-so", mailbox=CLERK)),
        ("token_bound", lambda: made("x1", mailbox=CLERK, unit="noivu")),
        ("token_bound", lambda: made("x1")),
        ("name", lambda: made("Tên", mailbox=CLERK)),
        ("token_unknown", lambda: tokens.revoke("x1", sign=unsigned)),
    ):
        with pytest.raises(AccountFaultError) as error:
            work()
        assert error.value.key == fault
    tokens.revoke("don-vi", sign=unsigned)
    assert kind(lambda: tokens.person(unit)) == "no_session"
    office.now += 2 * 86400
    assert kind(lambda: tokens.person(mailbox)) == "no_session"


async def recorded(data, *records: Checked) -> None:
    async with running(data, policy="test") as log:
        for record in records:
            await log.checked(record)


def of(who: str, number: int = 1, *, marked: bool = False) -> Checked:
    return Checked(
        id=f"BT-CHECK{number:03}", via="page", who=who, reverse_path=CLERK, size=8, digests=("ab" * 32,), disposition="reject",
        rules=("classified.marked",) if marked else ("opaque.encrypted",), codes=("CLS-01",) if marked else ("OPQ-01",),
        confidential=marked, marked=marked,
    )  # fmt: skip


class _Ready(Checks):
    """One that takes files and judges none."""

    def __init__(self) -> None:
        self.uploads = Uploads()


def test_ten_an_hour_are_counted_from_the_log_and_a_program_has_its_own_number(office, tmp_path):
    asyncio.run(
        recorded(tmp_path, *(of(CLERK, number) for number in range(9)), *(of("token:ho-so", n + 20) for n in range(3)))
    )
    office.desk = office.desk.__class__(**(vars(office.desk) | {"checks": _Ready()}))
    office.answering = office.answering.__class__(office.desk)
    token = office.session(CLERK)
    program = office.people.tokens.add("ho-so", mailbox=CLERK, unit="", per_hour=3, days=2, sign=unsigned)
    assert (office.ask(q.AskCheck(), token).left, office.ask(q.AskCheck(), program).left) == (1, 0)
    begun = office.ask(q.BeginCheck(), token)
    assert isinstance(begun, q.CheckBegun), begun
    asyncio.run(recorded(tmp_path, of(CLERK, 50)))
    office.ask(q.EndCheck(ticket=begun.ticket, drop=True), token)
    for whose in (token, program):
        answer = office.ask(q.BeginCheck(), whose)
        assert (answer.kind, "một giờ" in answer.words) == ("invalid", True)
    assert office.kind(q.BeginCheck(sender=HEAD), office.session(HEAD)) == ""
    assert office.kind(q.BeginCheck(sender=OTHER), office.session(HEAD)) == "forbidden"
    assert office.kind(q.BeginCheck(recipients=("không",)), office.session(HEAD)) == "invalid"


def test_the_security_officer_sees_that_a_mark_was_found_and_the_auditor_who_tries_variants(office, tmp_path):
    asyncio.run(recorded(tmp_path, of(CLERK, 1, marked=True), of(CLERK, 2), of(CLERK, 3)))
    seen = {}
    for role in (Role.SECURITY_OFFICER, Role.AUDITOR, Role.OPERATOR):
        token = office.session(role.value, role)
        overview = office.ask(q.Overview(), token)
        seen[role] = [(one.who, one.reference) for one in overview.marked]
        assert (overview.mails, overview.refused) == (0, 0)
        rows = office.ask(q.Search(state="checked"), token).rows
        assert {row.sender for row in rows} == {CLERK}
        assert [row.codes for row in rows] == [("OPQ-01",), ("OPQ-01",), ("CLS-01",)][
            : 2 if role is Role.OPERATOR else 3
        ]
        assert office.ask(q.Search(), token).rows == ()
        view = office.ask(q.Explain("BT-CHECK002"), token)
        assert isinstance(view, q.CheckedView)
        assert (view.who, view.own, view.marked, view.codes) == (CLERK, False, False, ("OPQ-01",))
        assert office.acts[-1].what == "open_mail"
        assert len(office.ask(q.Search(sha256=view.digests[0]), token).rows) == len(rows), "the same file each time"
        marked = office.ask(q.Explain("BT-CHECK001"), token)
        assert marked.kind == "not_found" if role is Role.OPERATOR else marked.marked
    assert seen == {
        Role.SECURITY_OFFICER: [(CLERK, "BT-CHECK001")],
        Role.AUDITOR: [(CLERK, "BT-CHECK001")],
        Role.OPERATOR: [],
    }
    clerk = office.session(CLERK)
    assert len(office.ask(q.Search(state="checked"), clerk).rows) == 3
    assert office.ask(q.Explain("BT-CHECK001"), clerk).own
    assert office.kind(q.Explain("BT-CHECK001"), office.session(HEAD)) == "not_found"
    assert office.ask(q.Search(state="checked"), office.session(HEAD)).rows == ()
