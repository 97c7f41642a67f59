"""Who is told what by mail: of requests, of what waits, of accounts; the clock is set, log and book are real."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.config.notices import Notices
from gateway.config.sections import Configuration
from gateway.model import VIETNAM, Language
from gateway.notice import NoticeBook
from gateway.notice.book import NAME, Fate
from gateway.steward import questions as q
from gateway.steward.accounts import manage
from gateway.steward.notices.context import Notifier
from gateway.steward.notices.requests import concerned, notify_of_requests
from gateway.steward.notices.troubles import Troubles
from gateway.steward.notices.waiting import notify_of_waiting, slot
from gateway.steward.overview import health_lines
from gateway.steward.requests.request import OPEN_S, Request
from gateway.steward.roles import Role
from tests.steward.mail_world import digest
from tests.steward.request_world import (
    AN,
    HEAD,
    HINTED,
    LOCKED,
    UNPROVED,
    approved,
    decided,
    opened,
    with_refused_mails,
)
from tests.steward.support import Office, unsigned

OFFICER = "so@x.example"
HOLIDAY = date(2026, 11, 26)
MONDAY = datetime(2026, 11, 30, tzinfo=VIETNAM)


@pytest.fixture
def office(tmp_path):
    office = with_refused_mails(tmp_path)
    office.now = MONDAY.timestamp()
    return office


@pytest.fixture
def notifier(office):
    console = {"listen": "127.0.0.1:8443", "names": ["gw.example"]}
    configuration = Configuration(data=office.data, console=console, notices={"holidays": [HOLIDAY]})
    book = NoticeBook(office.data)
    assert book.marks("") == ()  # which makes it
    office.desk = replace(office.desk, configuration=configuration, notices=book)
    yield Notifier(office.desk, book)
    book.close()


def officer(office: Office) -> str:
    token = office.session("so", Role.SECURITY_OFFICER)
    manage.set_mail(office.people.book, "so", OFFICER, sign=unsigned)
    return token


def told(office: Office) -> list[tuple[str, str, dict]]:
    """Return kind, recipient and fields of what is to be sent."""
    with closing(sqlite3.connect(office.data / NAME)) as connection:
        rows = connection.execute("SELECT kind, recipient, fields FROM notice WHERE recipient <> '' ORDER BY at, key")
        return [(kind, recipient, json.loads(fields)) for kind, recipient, fields in rows]


def looked(office: Office, notifier: Notifier, after_s: float = 100.0) -> list[tuple[str, str]]:
    """Let time go on, look twice, and return who is told what."""
    office.now += after_s
    for _ in range(2):
        notify_of_requests(notifier)
    return [(kind, recipient) for kind, recipient, _ in told(office)]


def asked(office: Office, reference=LOCKED, **more) -> tuple[str, str]:
    clerk = office.session(AN)
    name = opened(office, clerk, reference, **more)
    return name, clerk


def test_the_sender_is_notified_that_he_may_send_again_and_that_he_may_no_more(office, notifier):
    name, _ = asked(office)
    so = officer(office)
    assert looked(office, notifier) == [], "nothing is decided"
    decided(office, office.session(HEAD), name)
    assert isinstance(approved(office, so, name), q.Done)
    assert looked(office, notifier, 10) == [], "it may be undone yet"
    assert looked(office, notifier) == [("request_approved", AN)]
    ((_, _, fields),) = told(office)
    assert (fields["id"], fields["reference"], fields["link"]) == (name, LOCKED, f"https://gw.example/t/{LOCKED}")
    assert datetime.strptime(fields["until"], "%d/%m/%Y").date() > date(2026, 11, 1)
    decided(office, so, name, "revoke")
    assert looked(office, notifier) == [("request_approved", AN), ("request_revoked", AN)]
    with closing(NoticeBook(office.data)) as another:  # the next start
        notify_of_requests(replace(notifier, book=another))
    assert len(told(office)) == 2


@pytest.mark.parametrize("step", ["refuse", "withdraw", "expire"])
def test_each_other_end_is_sent_to_those_who_did_not_cause_it(office, notifier, step):
    name, clerk = asked(office)
    if step == "expire":
        office.now += OPEN_S
    elif step == "refuse":
        decided(office, office.session(HEAD), name, "refuse")
    else:
        decided(office, clerk, name, "withdraw")
    kinds = {"refuse": [("request_refused", AN)], "withdraw": [], "expire": [("request_expired", AN)]}
    assert looked(office, notifier, 1) == kinds[step]


def test_old_news_is_not_reported(office, notifier):
    name, _ = asked(office)
    decided(office, office.session(HEAD), name, "refuse")
    assert looked(office, notifier, timedelta(days=3).total_seconds()) == []


def test_no_notice_about_a_confidential_mail_has_what_people_wrote_about_it(office, notifier):
    name, _ = asked(office, HINTED, sha256=digest("hinted.docx"))
    answer = office.ask(
        q.Decide(request=name, step="refuse", reason="tệp hinted.docx, CANARYWORD", read=True), officer(office)
    )
    assert isinstance(answer, q.Done)
    assert looked(office, notifier) == [("request_refused", AN)]
    octets = b"".join(path.read_bytes() for path in office.data.glob(f"{NAME}*"))
    assert not [word for word in (b"hinted.docx", b"CANARYWORD", b"luong") if word in octets]


@pytest.mark.parametrize(("reference", "opener", "expected"), [
    (LOCKED, AN, (AN,)),
    (LOCKED, "op", (AN,)),
    (UNPROVED, "op", ()),
    ("BT-N0NE0000", "forged@y.example", ()),
    (UNPROVED, "cu.tuphap@x.example", ()),
])  # fmt: skip
def test_only_a_login_and_who_opened_it_are_notified_never_a_reverse_path(
    office, notifier, reference, opener, expected
):
    request = Request(
        id="YC-1", reference=reference, opened_by=opener, opened=0, reason="r", owners=(AN, "forged@y.example")
    )
    assert concerned(notifier, request) == expected


def at(office: Office, day: str, hour: int, minute: int = 0) -> None:
    office.now = datetime.fromisoformat(day).replace(hour=hour, minute=minute, tzinfo=VIETNAM).timestamp()


def test_who_may_decide_is_notified_of_what_waits_at_eight_and_fourteen_on_working_days(office, notifier):
    officer(office)
    office.add("op", Role.OPERATOR)  # has no mailbox
    at(office, "2026-11-23", 7, 30)
    name = opened(office, office.session(AN))

    def recipients(day: str, hour: int, minute: int = 0) -> list[str]:
        before = len(told(office))
        at(office, day, hour, minute)
        for _ in range(2):
            notify_of_waiting(notifier)
        return [recipient for _, recipient, _ in told(office)[before:]]

    assert recipients("2026-11-23", 7, 59) == []
    assert recipients("2026-11-23", 8) == [OFFICER, HEAD]
    assert told(office)[0][2] == {"count": 1, "first": "07:30 30/11/2026", "link": "https://gw.example/requests"}
    assert recipients("2026-11-23", 11) == []
    assert recipients("2026-11-23", 15) == [OFFICER, HEAD], "the machine was off at 14"
    assert recipients("2026-11-23", 19) == []
    assert recipients("2026-11-26", 8) == [], "a holiday"
    assert recipients("2026-11-28", 8) == [], "a Saturday"
    at(office, "2026-11-27", 7)
    decided(office, office.session(HEAD), name)
    assert recipients("2026-11-27", 8) == [OFFICER], "the head has decided"
    at(office, "2026-11-27", 9)
    assert isinstance(
        approved(office, office.ask(q.Login("so", "Rất-dài-2026!x", office.code("so"))).token, name), q.Done
    )
    assert recipients("2026-11-27", 14) == [], "nothing waits"


def test_what_comes_after_the_hour_waits_for_the_next(office, notifier):
    officer(office)
    at(office, "2026-11-23", 8)
    notify_of_waiting(notifier)
    at(office, "2026-11-23", 8, 1)
    opened(office, office.session(AN))
    notify_of_waiting(notifier)
    assert told(office) == []


def test_the_hours_are_those_of_viet_nam():
    assert slot(datetime(2026, 11, 23, 1, tzinfo=UTC).astimezone(VIETNAM), Notices()) == datetime(
        2026, 11, 23, 8, tzinfo=VIETNAM
    )


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        ("2027-02-19", True),
        ("2027-02-20", True),  # a Saturday, in exchange
        ("2027-02-27", False),
        ("2027-02-05", False),  # given as a holiday
        ("2027-04-30", False),
        ("2029-05-01", False),
        ("2027-09-02", True),  # a public holiday, in exchange
        ("2027-09-03", True),
    ],
)
def test_a_digest_comes_on_days_that_are_worked(day, worked):
    days = Notices(holidays=("2027-02-05",), working_days=("2027-02-20", "2027-09-02"))
    assert (slot(datetime.fromisoformat(f"{day}T08:00+07:00"), days) is not None) is worked


def test_a_change_of_an_account_is_sent_to_it_and_to_the_other_administrators(office, notifier):
    for name, roles in {
        "ql.mot": Role.ACCOUNT_ADMIN,
        "ql.hai": Role.ACCOUNT_ADMIN,
        "an.tt": Role.AUDITOR,
        "kt": Role.AUDITOR,
    }.items():
        office.add(name, roles)
        manage.set_mail(office.people.book, name, f"{name}@x.example", sign=unsigned)
    token = office.session("ql.ba", Role.ACCOUNT_ADMIN)
    manage.set_mail(office.people.book, "ql.ba", "ql.ba@x.example", sign=unsigned)
    office.answering = type(office.answering)(office.desk)
    code = office.code("ql.ba")
    assert isinstance(
        office.ask(q.ResetSecondFactor(name="an.tt", code=code, reason="mất máy"), token), q.OneTimePassword
    )
    assert [(kind, recipient) for kind, recipient, _ in told(office)] == [
        ("account_changed", f"{name}@x.example") for name in ("an.tt", "ql.hai", "ql.mot")
    ]
    assert told(office)[0][2]["what"][1] == "given a new second factor and password"
    assert office.ask(q.SetLocked(name="kt", locked=True, code=office.code("ql.ba")), token) == q.Done()
    assert len(told(office)) == 3, "a lock lets nobody in"
    moved = q.SetMail(name="an.tt", mail="moi@x.example", code=office.code("ql.ba"))
    assert office.ask(moved, token) == q.Done()
    assert [recipient for _, recipient, _ in told(office)[3:]] == [
        f"{name}@x.example" for name in ("an.tt", "moi", "ql.hai", "ql.mot")
    ], "the previous mailbox is notified too, or a redirection would go unseen"


@pytest.mark.parametrize("language", list(Language))
def test_a_notice_that_was_refused_is_on_the_overview_for_two_days(office, notifier, language):
    notifier.notify("k", "waiting", HEAD, count=1)
    notifier.book.settle(f"k:{HEAD}", Fate.REFUSED, answer="550 5.1.1 no such mailbox")
    moment = datetime.fromtimestamp(office.now, UTC)
    (line,) = [
        line for line in health_lines(office.desk, moment, language) if "550 5.1.1 no such mailbox" in line.detail
    ]
    assert HEAD in line.detail
    assert line.state.key == "warn"
    late = moment + timedelta(days=2, seconds=1)
    assert not [line for line in health_lines(office.desk, late, language) if "550" in line.detail]


ADMIN = "quantri@x.example"


def troubled(office: Office, board: dict, **more) -> Notifier:
    configuration = Configuration(data=office.data, notices={"to": [ADMIN]})
    return Notifier(
        replace(office.desk, configuration=configuration), NoticeBook(office.data), "gw.example", lambda: board, **more
    )


def test_a_trouble_that_lasts_is_reported_once_when_it_begins_and_once_when_it_is_over(office):
    board, began = {}, office.now
    found = {"mails": 7, "reason": "Connection refused", "step": ""}
    reporter, notifier = Troubles(), troubled(office, board)

    def kinds(minutes: float, reporter=reporter) -> list[str]:
        office.now = began + 60 * minutes
        for _ in range(2):
            reporter(notifier)
        return [kind for kind, *_ in told(office)]

    assert kinds(0) == []
    board["next_hop"] = found | {"since": office.now}
    assert kinds(10) == []
    del board["next_hop"]
    assert kinds(11) == [], "nobody hears of what is over soon"
    board["next_hop"] = found | {"since": office.now}
    assert kinds(26) == ["trouble_begins"]
    assert "Connection refused" in told(office)[0][2]["words"][1]
    assert kinds(600) == ["trouble_begins"]
    another = Troubles()
    board["next_hop"]["since"] = office.now  # the gateway was started anew: it finds the trouble again, later
    assert kinds(601, another) == kinds(602, Troubles()) == ["trouble_begins"]
    del board["next_hop"]
    assert kinds(603, another) == ["trouble_begins"], "it may be found again"
    assert kinds(607, another) == ["trouble_begins", "trouble_over"]
    assert kinds(700) == ["trouble_begins", "trouble_over"]
    notifier.book.close()


def test_a_certificate_is_reported_at_once_and_with_each_step(office):
    certificate = {"since": office.now, "mails": 0, "reason": "tls.crt", "step": "tls.crt:1:30"}
    board = {"certificate": certificate}
    for step in ("tls.crt:1:30", "tls.crt:1:30", "tls.crt:1:14", "tls.crt:1:3"):
        board["certificate"] = certificate | {"step": step}
        for reporter in (Troubles(), Troubles()):
            reporter(troubled(office, board))
    assert [(kind, recipient) for kind, recipient, _ in told(office)] == [("trouble_begins", ADMIN)] * 3


def test_a_flapping_trouble_is_twenty_mails_a_day(office):
    board, reporter = {}, Troubles()
    notifier, began = troubled(office, board), office.now
    for minutes in range(0, 24 * 60, 8):
        office.now = began + 60 * minutes
        reporter(notifier)
        if "names" in board:
            del board["names"]
        else:
            board["names"] = {"since": office.now - 900, "mails": 0, "reason": "", "step": ""}
    with closing(sqlite3.connect(office.data / NAME)) as connection:
        fates = dict(connection.execute("SELECT fate, count(*) FROM notice WHERE recipient <> '' GROUP BY fate"))
    assert fates == {"waiting": 20, "too_many": 180 - 1 - 20}
    notifier.book.close()
