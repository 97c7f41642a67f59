"""Months that are not whole, and directories that change: right, or said to be incomplete."""

from datetime import datetime

import pytest

from gateway.audit.record import Delivery, Mailboxes, Outcome
from gateway.audit.retention import prune
from gateway.audit.side_tables import Closed
from gateway.errors import UserError
from gateway.model import VIETNAM, Disposition, FrontEnd, MailboxStatus, Session
from gateway.report import cases
from gateway.report.figures import OUTSIDE, Again, Share, Wanted
from gateway.report.month import Month
from gateway.report.stock import Stocks
from tests.audit.support import bodies, rewrite
from tests.report.support import NOVEMBER, Found, Office, box, directory, make, monitored, numbers, report, signed, unit

FONT = "typography.issued_document_font"
LEFT = MailboxStatus.LEFT


def gaps(made):
    return {gap.key: gap.fields for gap in made.gaps}


async def begun(data, monkeypatch, month=10) -> Office:
    """Return an office whose log began before the month."""
    office = await Office.open(data, monkeypatch, month=month)
    await office.sends("xa@b.vn", login=None)
    return office


@pytest.fixture
async def office(tmp_path, monkeypatch) -> Office:
    return await begun(tmp_path, monkeypatch)


async def test_a_month_is_that_of_viet_nam(office, tmp_path):
    await office.at(31, 23, 59, month=10).sends("an")
    await office.at(1, 0, 0).sends("an")
    await office.at(30, 23, 59).sends("an")
    await office.at(1, 0, 0, month=12).sends("an")
    assert (await office.reported()).total.sent.mails == 2
    assert report(tmp_path, Month(2026, 12), datetime(2027, 1, 9, tzinfo=VIETNAM)).total.sent.mails == 1


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-00", "2026-1", "26-11", "1999-11", "2026-11-01", "x\x1b[2J", "", "２０２６-11"]
)
def test_what_is_no_month_is_refused(text):
    with pytest.raises(UserError, match="2026-11"):
        Month.parse(text)


async def test_an_empty_month_divides_by_nothing(office):
    await office.lists(directory("d1", *(box(f"m{number}", "Nội vụ") for number in range(6))))
    made = await office.reported()
    assert numbers(made.total.sent) == {}
    assert (made.total.stock.total, made.total.stock.active) == (6, 0)
    assert [(place.rank, place.score) for place in made.league] == [(1, 0)]
    assert gaps(made) == {}


async def test_a_log_without_any_record_of_the_month_says_so(tmp_path, monkeypatch):
    office = await Office.open(tmp_path, monkeypatch, month=12)
    await office.sends("an")
    await office.close()
    assert "no_records" in gaps(report(tmp_path))


async def test_a_month_that_runs_and_one_that_may_still_be_mended_say_so(office, tmp_path):
    await office.close()
    assert gaps(report(tmp_path, now=datetime(2026, 11, 20, tzinfo=VIETNAM)))["running"] == {
        "moment": "00:00 20/11/2026"
    }
    assert gaps(report(tmp_path, now=datetime(2026, 12, 2, tzinfo=VIETNAM)))["mending_open"] == {
        "moment": "00:00 04/12/2026"
    }
    assert gaps(report(tmp_path, now=datetime(2026, 10, 2, tzinfo=VIETNAM))).keys() >= {"future"}


async def test_what_is_mended_in_the_next_month_counts_where_it_was_refused(office, tmp_path):
    await office.at(30, 9).sends("an", Found(FONT, file="bad"), files=[("a.docx", "bad")])
    await office.at(2, 9, month=12).sends("an", files=[("a.docx", "good")])
    made = await office.reported()
    assert numbers(made.total.violations) == {"prevented": 1, "mended": 1, "named": 1}
    assert made.total.sent.mails == 0
    assert report(tmp_path, Month(2026, 12), datetime(2027, 1, 9, tzinfo=VIETNAM)).total.sent.mails == 1


async def test_what_mends_a_refusal_of_the_month_before_did_not_pass_at_once(tmp_path, monkeypatch):
    office = await Office.open(tmp_path, monkeypatch, month=10, day=29)
    await office.lists(directory("d1", *(box(f"nv{number}", "Nội vụ") for number in range(5))))
    for day, sender in ((28, "nv0"), (30, "nv1"), (30, "nv2")):
        await office.at(day, month=10).sends(sender, Found(FONT, file="f"), files=[("a.docx", "f")])
    await office.at(31, month=10).sends("nv2", files=[("a.docx", "mended")])
    for sender in ("nv0", "nv1", "nv2"):
        await office.at(1).sends(sender, files=[("a.docx", "mended")])
    made = await office.reported()
    assert (numbers(unit(made, "Nội vụ").violations), unit(made, "Nội vụ").sent.mending) == ({}, 1)
    assert made.league[0].first_pass == Share(2, 3)


async def test_a_held_mail_that_two_persons_let_go_is_waived_and_one_without_an_outcome_is_said(office):
    await office.lists(directory("d1", box("an", "Nội vụ")))
    held = Found("sender_identity.author", Disposition.HOLD, file="x")
    sent, refused, late, _ = [
        await office.at(10).sends(f"an{n}", held, files=[("a.docx", "x")], delivery=Delivery.HELD) for n in range(4)
    ]
    for delivery in (Delivery.UPSTREAM_DEFERRED, Delivery.UNKNOWN, Delivery.RELAYED):
        await office.at(11).ends(sent, delivery)
    await office.ends(refused, Delivery.HOLD_REFUSED)
    await office.at(8, month=12).ends(late, Delivery.RELAYED)
    made = await office.reported()
    assert (made.total.violations.prevented, made.total.violations.waived, made.total.sent.mails) == (3, 1, 1)
    assert {gap.key: gap.fields for gap in made.gaps}["held"] == {"count": 2}


async def test_recipients_that_the_next_hop_did_not_take_from_a_released_mail_are_none(office):
    held = Found("sender_identity.author", Disposition.HOLD, file="x")
    mail = await office.at(10).sends("an", held, to=("b@a.vn", "c@a.vn"), delivery=Delivery.HELD)
    await office.log._put(Outcome(id=mail, delivery=Delivery.RELAYED, code=250, left_out=("c@a.vn",)), Closed(mail))
    await office.at(11).sends("an", to=("b@a.vn", "c@a.vn"))
    made = await office.reported()
    assert (made.total.sent.mails, made.total.sent.recipients) == (2, 3)


def test_a_directory_of_an_older_version_says_how_many_mailboxes_there_are():
    stocks = Stocks(Mailboxes(digest="d1", mailboxes=2, counts=(("A", "personal", 2),), statuses=None))
    assert numbers(stocks.figures()["A"]) == {"total": 2, "kinds": {"personal": 2}}
    assert [gap.key for gap in stocks.gaps()] == ["no_statuses"]


async def test_the_same_fault_under_the_same_name_mends_nothing(office):
    await office.at(10).sends("an", Found(FONT, file="bad"), files=[("a.docx", "bad")])
    await office.at(11).sends("an", monitored(FONT, "bad"), files=[("a.docx", "bad")])
    assert numbers((await office.reported()).total.violations) == {"prevented": 1, "named": 1}


async def test_of_a_confidential_mail_it_is_not_claimed_whether_it_was_mended(office):
    for _ in range(3):
        await office.at(10).sends(
            "an", Found("classified.marked", file="k", confidential=True), files=[("k.docx", "k")]
        )
    await office.at(11).sends("an", files=[("k.docx", "clean")])
    made = await office.reported(persons=True)
    assert numbers(made.total.violations) == {"prevented": 1}
    assert "k.docx" not in str(made)


async def test_a_refusal_at_rcpt_is_one_violation_for_each_recipient(office):
    office.at(10)
    for recipient in ("vp@a.vn", "VP@a.vn", "x@a.vn"):
        await office.refuses_recipient("an", recipient, Found("official_sender.unofficial"))
    assert numbers((await office.reported()).total.violations) == {"prevented": 2}


async def test_a_unit_that_ended_keeps_its_mails_and_has_no_place(office):
    await office.lists(directory("d1", *(box(f"m{number}", "p-noivu") for number in range(5))))
    await office.at(5).sends("m1", signed("1/CV"))
    await office.at(15).lists(directory("d2", *(box(f"m{number}", "phuong") for number in range(5))))
    await office.at(16).sends("m1")
    made = await office.reported()
    assert numbers(unit(made, "p-noivu").stock) == {}
    assert unit(made, "p-noivu").sent.mails == 1
    assert numbers(unit(made, "phuong").stock) == {"total": 5, "kinds": {"personal": 5}, "changed": 5, "active": 1}
    assert [(place.unit, place.rank) for place in made.league] == [("phuong", 1), ("p-noivu", None)]
    assert gaps(made) == {"directories": {"count": 2}}


async def test_a_mailbox_that_moved_counts_where_it_is_and_its_mails_where_they_were_sent(office):
    await office.lists(directory("d1", box("an", "A"), box("ba", "A"), box("cu", "B")))
    await office.at(5).sends("an")
    await office.at(20).lists(directory("d2", box("an", "B"), box("ba", "A"), box("cu", "B")))
    made = await office.reported()
    assert numbers(unit(made, "A").stock) == {"total": 1, "kinds": {"personal": 1}}
    assert numbers(unit(made, "B").stock) == {"total": 2, "kinds": {"personal": 2}, "changed": 1, "active": 1}
    assert (unit(made, "A").sent.mails, unit(made, "B").sent.mails) == (1, 0)


async def test_changes_are_counted_once_a_mailbox_and_come_and_gone_is_none(office):
    old, an = box("old", "A"), box("an", "A")
    await office.lists(directory("d1", old, an))
    await office.at(3).lists(directory("d2", old, an, box("new", "A"), box("brief", "A")))
    await office.at(4).sends("brief")
    await office.at(5).lists(directory("d3", an, box("new", "A")))
    await office.at(6).lists(directory("d4", box("an", "A", status=LEFT), box("new", "A")))
    await office.at(7).lists(directory("d5", box("an", "A", status=LEFT), box("new", "A"), box("alias", "A")))
    await office.at(1, month=12).lists(directory("d6"))
    made = await office.reported()
    assert numbers(unit(made, "A").stock) == {
        "total": 3, "kinds": {"personal": 3}, "left": 1, "added": 2, "removed": 1, "changed": 1, "now_left": 1,
    }  # fmt: skip
    assert made.basis.directories == ("d1", "d2", "d3", "d4", "d5")


async def test_an_alias_is_its_mailbox(office, tmp_path):
    await office.lists(directory("d1", box("an", "A", aliases=("a@a.vn",))))
    await office.at(3).sends("a")
    await office.at(3).sends("AN")
    await office.close()
    assert numbers(unit(report(tmp_path), "A").stock) == {"total": 1, "kinds": {"personal": 1}, "active": 1}


async def test_without_a_directory_no_number_of_mailboxes_is_claimed(office):
    await office.at(3).sends("an")
    made = await office.reported()
    assert gaps(made) == {"no_directory": {}}
    assert unit(made, OUTSIDE).stock.total is None
    assert made.league == ()


async def test_more_changes_than_a_record_lists_are_said_to_be_missing(office):
    await office.lists(directory("d1", box("an", "A")))
    await office.at(3).lists(directory("d2", *(box(f"m{number}", "A") for number in range(1200))))
    made = await office.reported()
    assert gaps(made)["changes_unlisted"] == {"count": 201}  # 1,200 came and one went
    assert unit(made, "A").stock.total == 1200


async def test_a_month_of_which_records_were_removed_says_from_when_it_counts(office, tmp_path):
    for day in range(1, 21):
        for hour in range(8):
            await office.at(day, 8 + hour).sends("an")
    await office.close()
    assert prune(
        tmp_path, before=datetime(2026, 11, 11, tzinfo=VIETNAM), reason="x", now=datetime(2026, 12, 1, tzinfo=VIETNAM)
    )
    made = report(tmp_path)
    left = sum(body["kind"] == "outcome" for body in bodies(tmp_path))
    assert gaps(made).keys() == {"pruned", "no_directory"}
    assert made.total.sent.mails in {left, left - 1}  # the first outcome may have lost its intent
    assert made.basis.broken is None
    with pytest.raises(UserError, match="bản ghi"):
        make(
            tmp_path,
            Wanted(month=NOVEMBER),
            now=datetime(2026, 12, 20, tzinfo=VIETNAM),
            again=Again(first=1, last=made.basis.last),
        )


async def test_a_record_that_was_changed_is_named(office, tmp_path):
    for day in range(3, 9):
        await office.at(day).sends("an")
    await office.close()
    rewrite(tmp_path, 8, lambda body: body.replace(b'"size":1000', b'"size":1001'))
    made = report(tmp_path)
    assert made.basis.broken == 8
    assert gaps(made)["broken"] == {"seq": 8}


async def test_kinds_of_records_that_are_not_known_are_passed_over(office):
    await office.at(3).sends("an")
    await office.log.trouble("BT-X", Session(front_end=FrontEnd.SUBMISSION), "an@a.vn", "timeout")
    await office.log.password_judged(Session(front_end=FrontEnd.SUBMISSION), "an", sound=False)
    assert (await office.reported()).total.sent.mails == 1


async def test_a_unit_is_found_without_diacritics_and_another_is_refused_with_a_guess(office, tmp_path):
    await office.lists(directory("d1", box("an", "Phòng Nội vụ"), box("ba", "Phòng Y tế")))
    await office.at(3).sends("an")
    await office.at(3).sends("ba")
    made = await office.reported(unit="phong noi  vu")
    assert (made.wanted.unit, [one.unit for one in made.units], made.total.sent.mails) == (
        "Phòng Nội vụ",
        ["Phòng Nội vụ"],
        1,
    )
    assert sum(day.mails for day in made.days) == 1
    with pytest.raises(UserError, match="Phòng Nội vụ"):
        report(tmp_path, unit="Phòng Nội")
    with pytest.raises(UserError):
        report(tmp_path, unit=" ")


async def test_a_directory_that_only_reads_otherwise_changes_nothing(office):
    await office.lists(directory("d1", box("an", "A")))
    await office.at(3).lists(directory("d1 with a comment", box("an", "A")))
    assert gaps(await office.reported()) == {"directories": {"count": 2}}


async def test_a_directory_recorded_again_says_that_changes_are_unknown(office, tmp_path):
    await office.lists(directory("d1", box("an", "A")))
    (tmp_path / "mailboxes").unlink()
    await office.at(3).lists(directory("d2", box("an", "A"), box("ba", "A")))
    assert gaps(await office.reported()).keys() == {"directories", "changes_unknown"}


@pytest.mark.parametrize(
    "change",
    [lambda body: body[:-1], lambda body: body.replace(b'"mail":{', b'"mail":[{'), lambda _: b"", lambda body: body.replace(b"T0", b"X0"),
     lambda body: body.replace(b'"size":1000', b'"size":"\xff"'), lambda body: body.replace(b'"id":"', b'"id":7,"x":"')],
)  # fmt: skip
async def test_a_record_that_cannot_be_read_is_said_and_ends_nothing(office, tmp_path, change):
    for day in range(3, 9):
        await office.at(day).sends("an")
    await office.close()
    rewrite(tmp_path, 8, change)
    made = report(tmp_path)
    assert made.basis.broken == 8
    assert made.total.sent.mails in {5, 6}


@pytest.mark.parametrize("number", [2, 3], ids=["directory", "mail"])
@pytest.mark.parametrize("change", [(b"-11-", b"-xx-"), (b"+00:00", b"")], ids=["none", "without zone"])
async def test_a_record_whose_time_cannot_be_read_is_said_too(tmp_path, monkeypatch, number, change):
    office = await Office.open(tmp_path, monkeypatch)
    await office.lists(directory("d1", box("an", "A")))
    await office.at(3).sends("an")
    await office.close()
    rewrite(tmp_path, number, lambda body: body.replace(*change, 1))
    assert "unreadable" in gaps(report(tmp_path))


async def test_the_first_record_of_a_log_is_held_against_the_chain_too(tmp_path, monkeypatch):
    office = await Office.open(tmp_path, monkeypatch)
    await office.at(3).sends("an")
    await office.close()
    rewrite(tmp_path, 1, lambda body: body.replace(b'"test"', b'"tent"'))
    assert report(tmp_path).basis.broken == 1


async def test_a_thing_is_mended_once(office):
    await office.at(10).sends("an", Found(FONT, file="bad"), files=[("a.docx", "bad")])
    for hour in range(9, 12):
        await office.at(10, hour).sends("an", files=[("a.docx", "good")])
    total = (await office.reported()).total
    assert (total.violations.mended, total.sent.mails, total.sent.mending, total.unmended) == (1, 3, 1, 0)


async def test_people_outside_are_not_named_where_a_directory_says_who_is_inside(office):
    await office.lists(directory("d1", box("an", "A")))
    await office.at(3).sends("an", Found(FONT))
    await office.at(3).sends("dan@b.vn", Found(FONT), login=None)
    made = await office.reported(persons=True)
    assert [one.mailbox for one in made.persons] == ["an@a.vn"]
    assert made.total.violations.prevented == 2


async def test_more_violations_than_are_listed_are_counted(office, monkeypatch):
    monkeypatch.setattr(cases, "LIMIT_CASES", 3)
    for number in range(5):
        await office.at(3).sends("an", Found(FONT, file=f"f{number}"), files=[("a.docx", f"f{number}")])
    made = await office.reported()
    assert (made.total.violations.prevented, gaps(made)["cases_beyond"]) == (3, {"count": 2})


async def test_more_recipients_than_are_kept_are_said(office, monkeypatch):
    monkeypatch.setattr(cases, "LIMIT_RECIPIENTS", 2)
    for number in range(3):
        await office.at(3).sends("an", Found(FONT, file=f"f{number}"), files=[("a.docx", f"f{number}")])
    await office.at(4).sends("an", files=[("a.docx", "good")])
    made = await office.reported()
    assert (made.total.violations.prevented, made.total.violations.mended) == (3, 2)
    assert gaps(made)["cases_beyond"] == {"count": 1}


async def test_a_range_that_leaves_records_out_is_reported(office, tmp_path):
    for day in range(3, 29):
        await office.at(day).sends("an", Found(FONT, file="f"), files=[("a.docx", "f")])
    basis = (await office.reported()).basis
    assert gaps(_again(tmp_path, basis.first, basis.last)).keys() == {"no_directory"}
    assert "cut" in gaps(_again(tmp_path, basis.first, basis.last - 17))
    assert "cut" in gaps(_again(tmp_path, basis.first + 3, basis.last))
    for first, last in ((0, basis.last), (basis.first, basis.last + 1), (5, 3)):
        with pytest.raises(UserError):
            _again(tmp_path, first, last)


def _again(data, first: int, last: int):
    return make(
        data, Wanted(month=NOVEMBER), now=datetime(2026, 12, 20, tzinfo=VIETNAM), again=Again(first=first, last=last)
    )


async def test_a_report_whose_directory_was_removed_cannot_be_made_again(tmp_path, monkeypatch):
    office = await begun(tmp_path, monkeypatch, month=9)
    await office.lists(directory("d1", box("an", "A")))
    for day in range(1, 11):
        for hour in range(8):
            await office.at(day, 8 + hour, month=10).sends("an")
    await office.at(3).sends("an")
    await office.close()
    basis = report(tmp_path).basis
    assert basis.directory_record == 5
    assert prune(
        tmp_path, before=datetime(2026, 10, 9, tzinfo=VIETNAM), reason="x", now=datetime(2026, 12, 1, tzinfo=VIETNAM)
    )
    with pytest.raises(UserError, match="bản ghi 5"):
        make(
            tmp_path,
            Wanted(month=NOVEMBER),
            now=datetime(2026, 12, 20, tzinfo=VIETNAM),
            again=Again(first=basis.first, last=basis.last, directory=5),
        )


@pytest.mark.parametrize(
    ("change", "told"),
    [(lambda body: body[:-1], {"unreadable", "no_directory"}), (lambda body: body.replace(b"-10-", b"-xx-", 1), set())],
)
async def test_a_directory_before_the_month_that_cannot_be_read_is_said(tmp_path, monkeypatch, change, told):
    office = await Office.open(tmp_path, monkeypatch, month=10)
    await office.lists(directory("d1", box("an", "A")))
    await office.at(3).sends("an")
    await office.close()
    rewrite(tmp_path, 2, change)
    assert gaps(report(tmp_path)).keys() == told
