"""A month is counted to the digit, and what the log cannot say is said."""

import hashlib

import msgspec

from gateway.audit.record import Delivery
from gateway.model import Disposition, MailboxKind, MailboxStatus
from gateway.report.figures import COUNTING, OUTSIDE, Share
from tests.report.support import Found, Office, box, directory, monitored, noted, numbers, report, signed, unit, untold

FONT, SIGNED, LOCKED = "typography.issued_document_font", "signed_documents.unsigned", "opaque.encrypted"
DEFER, TAG = Disposition.DEFER, Disposition.TAG


async def sixty(office: Office) -> None:
    """Sixty mails of November 2026: the numbers below are counted by hand from these lines."""
    boxes = [box(f"tp{number}", "Tư pháp") for number in range(6)]
    boxes += [box(f"nv{number}", "Nội vụ") for number in range(5)]
    boxes += [box("noivu", "Nội vụ", MailboxKind.UNIT), box("nghi", "Nội vụ", status=MailboxStatus.LEFT)]
    boxes += [box("yte", "Y tế", MailboxKind.UNIT), box("yte1", "Y tế")]
    await office.lists(directory("d1", *boxes))
    # 20 mails, Tư pháp: mailboxes tp0 to tp3, two recipients each, an issued document that is signed.
    for number in range(20):
        office.at(2 + number % 10)
        await office.sends(f"tp{number % 4}", signed(f"{number}/CV"), to=("b@a.vn", "c@a.vn"), size=500)
    # 10 mails, Nội vụ: one mailbox, one recipient, no document.
    for number in range(10):
        await office.at(12, number).sends("noivu", size=2000)
    # 5 tries with one file are one violation; then it is mended (6 mails).
    file = ("cong-van.docx", "font")
    for number in range(5):
        await office.at(13, 8 + number).sends("nv0", Found(FONT, file="font"), files=[file])
    await office.at(14).sends("nv0", files=[("Cong-Van.docx", "fixed")], to=("x@a.vn", "B@a.vn"))
    # The same file from another mailbox is another violation; sent again to somebody else, it is not mended (2 mails).
    await office.at(14).sends("nv1", Found(FONT, file="font"), files=[file])
    await office.at(15).sends("nv1", files=[("cong-van.docx", "fixed")], to=("x@a.vn",))
    # Two rules broken by one file are two violations of one thing; mended after more than three days, so not (2 mails).
    two = [Found(FONT, file="both"), Found(SIGNED, file="both", number="9/QĐ")]
    await office.at(15).sends("nv2", *two, files=[("a.docx", "both")])
    await office.at(18, 8, 1).sends("nv2", files=[("a.docx", "mended")])
    # Monitor mode: relayed, only recorded; three times with one file (3 mails, 3 unsigned documents).
    for number in range(3):
        await office.at(16, number).sends("yte", monitored(SIGNED, "m", number="5/BC"), files=[("m.pdf", "m")])
    # Refused, then waived: waived. Cannot tell, twice with one file. A note, twice with two files (6 mails).
    await office.at(17).sends("yte1", Found(LOCKED, file="zip"), files=[("l.zip", "zip")])
    await office.at(18).sends("yte1", Found(LOCKED, file="zip", waiver="WV-1"), files=[("l.zip", "zip")])
    for _ in range(2):
        await office.sends("yte1", untold("opaque.partial", "p"), files=[("p.pdf", "p")])
    for content in ("n1", "n2"):
        await office.sends("yte1", noted("typography.nfd", content), files=[("n.docx", content)])
    # Delivery that did not happen, or of which nobody knows; one without an outcome (4 mails).
    await office.sends("tp5", delivery=Delivery.UPSTREAM_REFUSED)
    await office.sends("tp5", delivery=Delivery.NOT_SENT)
    await office.sends("tp5", delivery=Delivery.UNKNOWN)
    await office.sends("tp5", delivery=None)
    # From outside, without a login: relayed, and refused twice, each mail by itself (3 mails).
    await office.sends("dan@b.vn", login=None)
    for _ in range(2):
        await office.sends("dan@b.vn", Found("official_sender.unofficial"), login=None)
    # A paper copy is declared (2 mails). A mailbox of the MTA's (1 mail, passed on). Refused by 4yz is deferred: one thing (1).
    for _ in range(2):
        await office.sends("tp4", Found("signed_documents.paper_copy", outcome=signed("").outcome))
    await office.sends("noivu", delivery=Delivery.PASSED_ON)
    await office.at(30, 23, 59).sends("nv3", Found("official_sender.unproven", DEFER), login=None)
    assert office.count == 60


async def test_sixty_mails_are_counted_to_the_digit(tmp_path, monkeypatch):
    office = await Office.open(tmp_path, monkeypatch)
    await sixty(office)
    made = await office.reported(persons=True)
    justice, interior, health, outside = (unit(made, name) for name in ("Tư pháp", "Nội vụ", "Y tế", OUTSIDE))
    assert numbers(justice.stock) == {"total": 6, "kinds": {"personal": 6}, "active": 5}
    assert numbers(interior.stock) == {"total": 7, "kinds": {"personal": 6, "unit": 1}, "left": 1, "active": 4}
    assert numbers(health.stock) == {"total": 2, "kinds": {"unit": 1, "personal": 1}, "active": 2}
    assert numbers(justice.sent) == {
        "mails": 22,
        "recipients": 42,
        "octets": 12000,
        "documents": 20,
        "signed": 20,
        "paper": 2,
    }
    assert numbers(interior.sent) == {"mails": 14, "recipients": 15, "octets": 24000, "mending": 1}
    assert numbers(health.sent) == {"mails": 8, "recipients": 8, "octets": 8000, "documents": 3}
    assert numbers(outside.sent) == {"mails": 1, "recipients": 1, "octets": 1000}
    assert numbers(justice.violations) == {}
    assert numbers(interior.violations) == {"prevented": 5, "mended": 1, "named": 4, "unproven": 1}
    assert numbers(health.violations) == {"recorded": 1, "waived": 1, "untold": 1, "noted": 2}
    assert numbers(outside.violations) == {"prevented": 2, "unproven": 2}
    assert [one.unmended for one in (justice, interior, health, outside)] == [0, 3, 0, 2]
    assert (made.total.sent.mails, made.total.sent.recipients, made.total.stock.total) == (45, 66, 15)
    assert {day.day: day.mails for day in made.days if day.mails} == {
        2: 2, 3: 2, 4: 2, 5: 2, 6: 2, 7: 2, 8: 2, 9: 2, 10: 2, 11: 2, 12: 10, 14: 1, 15: 1, 16: 3, 18: 10,
    }  # fmt: skip
    assert {gap.key: gap.fields for gap in made.gaps} == {
        "log_began": {"moment": "08:00 01/11/2026"}, "changes_unknown": {}, "pending": {"count": 1}, "unknown": {"count": 1},
    }  # fmt: skip


async def test_a_report_of_a_unit_names_what_is_missing_of_its_own_mails(tmp_path, monkeypatch):
    office = await Office.open(tmp_path, monkeypatch)
    await sixty(office)
    await office.close()
    found = {name: {gap.key for gap in report(tmp_path, unit=name).gaps} for name in ("Tư pháp", "Nội vụ")}
    assert found["Tư pháp"] - found["Nội vụ"] == {"pending", "unknown"}


async def test_the_league_is_a_score_of_shares_and_small_units_stand_apart(tmp_path, monkeypatch):
    office = await Office.open(tmp_path, monkeypatch)
    await sixty(office)
    await office.close()
    first, second, apart = report(tmp_path).league
    assert (first.unit, first.rank, first.active, first.signed, first.first_pass) == (
        "Tư pháp", 1, Share(5, 6), Share(20, 20), Share(22, 22),
    )  # fmt: skip
    assert first.score == round(1000 * (40 * 5 / 6 + 40 + 20) / 100)
    # No issued document: its weight does not count. 14 mails, one of which mends; 3 things were refused and not mended.
    assert (second.unit, second.rank, second.active, second.signed) == ("Nội vụ", 2, Share(4, 6), Share(0, 0))
    assert second.first_pass == Share(13, 17)
    assert second.score == round(1000 * (40 * 4 / 6 + 20 * 13 / 17) / 60)
    assert (apart.unit, apart.rank, apart.small) == ("Y tế", None, True)


async def test_persons_are_named_only_on_demand(tmp_path, monkeypatch):
    office = await Office.open(tmp_path, monkeypatch)
    await sixty(office)
    await office.close()
    assert report(tmp_path).persons == ()
    persons = report(tmp_path, persons=True, unit="noi vu").persons
    assert [(one.mailbox, one.code, one.violations.prevented) for one in persons] == [
        ("nv0@a.vn", "TYP-01", 1), ("nv1@a.vn", "TYP-01", 1), ("nv2@a.vn", "SIG-01", 1), ("nv2@a.vn", "TYP-01", 1),
        ("nv3@a.vn", "OFF-01", 1),
    ]  # fmt: skip
    assert [one.logins for one in persons if one.mailbox == "nv3@a.vn"] == [()]


def test_other_figures_of_the_same_log_are_another_version_of_the_counting_rules(counted):
    made = report(counted, persons=True)
    figures = (made.units, made.total, made.days, made.league, made.rules, made.persons, made.gaps)
    digest = hashlib.sha256(msgspec.json.encode(figures)).hexdigest()[:16]
    assert {COUNTING: digest} == {2: "5c86ea63b6ec229e"}, "one more COUNTING, and its digest here"
