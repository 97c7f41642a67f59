"""A new directory is recorded with what changed, also across restarts; the same one is not recorded twice."""

import pytest
from msgspec import structs

from gateway.audit.mailboxes import LIMIT_LISTED, changes, remember
from gateway.engine import evaluate_facts, observe
from gateway.engine.cases import case_evidence
from gateway.engine.schema import CaseSection
from gateway.engine.what_if import Change
from gateway.model import Directory, Envelope, Mailbox, MailboxKind, MailboxStatus
from gateway.pipeline.what_if import Summary, Wanted, changed_mails
from tests.audit.support import NOW, REFUSAL, bodies, evidence, running, transaction, verdict, verified
from tests.support.policies import preset


def directory(digest: str, **mailboxes: MailboxStatus) -> Directory:
    found = {
        f"{name}@a.vn": Mailbox(address=f"{name}@a.vn", kind=MailboxKind.PERSONAL, unit="Phòng A", status=status)
        for name, status in mailboxes.items()
    }
    return Directory(digest=digest, mailboxes=found)


ACTIVE, LEFT = MailboxStatus.ACTIVE, MailboxStatus.LEFT


async def test_changes_are_recorded_once_and_across_restarts(tmp_path):
    for digest, mailboxes in (("1", {"an": ACTIVE, "binh": ACTIVE}), ("1", {"an": ACTIVE, "binh": ACTIVE}),
                              ("2", {"an": LEFT, "cuc": ACTIVE})):  # fmt: skip
        async with running(tmp_path) as log:
            await log.mailboxes(directory(digest, **mailboxes))
    first, second = (body for body in bodies(tmp_path) if body["kind"] == "directory")
    assert (first["mailboxes"], first["counts"]) == (2, [["Phòng A", "personal", 2]])
    assert "added" not in first
    assert (first["statuses"], second["statuses"]) == ([], [["Phòng A", "left", 1]])
    assert second["added"] == [["cuc@a.vn", "personal", "Phòng A", "active"]]
    assert second["removed"] == [["binh@a.vn", "personal", "Phòng A", "active"]]
    assert second["changed"] == [["an@a.vn", "personal", "Phòng A", "left"]]
    assert verified(tmp_path).exit_code == 0


def test_many_changes_are_counted_and_an_unreadable_snapshot_starts_over(tmp_path):
    remember(tmp_path, directory("1", an=ACTIVE))
    many = directory("2", **{f"m{number}": ACTIVE for number in range(LIMIT_LISTED + 500)})
    record = changes(tmp_path, many)
    assert record is not None
    assert (len(record.added), record.added_count, record.removed_count) == (LIMIT_LISTED, LIMIT_LISTED + 500, 1)
    kept = (tmp_path / "mailboxes").read_bytes()
    for damaged in (b"damaged", kept.replace(b"an@", b"\xffn@")):
        (tmp_path / "mailboxes").write_bytes(damaged)
        fresh = changes(tmp_path, many)
        assert fresh is not None
        assert (fresh.added, fresh.mailboxes) == ((), LIMIT_LISTED + 500)


async def test_a_mail_from_an_alias_names_the_mailbox_that_it_belongs_to(tmp_path):
    box = Mailbox(address="an@gov.example", kind=MailboxKind.PERSONAL, unit="Phòng A", aliases=("a@gov.example",))
    listed = Directory(digest="1", mailboxes={"an@gov.example": box, "a@gov.example": box})
    async with running(tmp_path) as log:
        for number, path in enumerate(("an@gov.example", "A+x@gov.example", "la@gov.example"), 1):
            sent = structs.replace(
                transaction(number), envelope=Envelope(reverse_path=path, forward_paths=("b@gov.example",))
            )
            await log.intent(sent, verdict(), structs.replace(evidence(), directory=listed))
    mails = [body["mail"] for body in bodies(tmp_path) if body["kind"] == "intent"]
    assert [(mail.get("unit"), mail.get("mailbox")) for mail in mails] == [
        ("Phòng A", None), ("Phòng A", "an@gov.example"), (None, None),
    ]  # fmt: skip
    summary = Summary()
    list(changed_mails(tmp_path, preset(), preset(), Wanted(None, unit="phòng a"), summary, tick=lambda _: None))
    assert summary.indeterminate == {
        "none": 2
    }  # a replay for one unit does not leave out the mails whose facts are gone


@pytest.mark.parametrize("address", ["an.binhtan@tphcm.gov.vn", "Binh.binhtan+x@tphcm.gov.vn"])
async def test_another_directory_is_tried_on_the_mails_that_were_judged_by_the_one_of_then(
    tmp_path, monkeypatch, address
):
    def of(digest: str, **statuses: MailboxStatus) -> Directory:
        addresses = ((f"{name}.binhtan@tphcm.gov.vn", status) for name, status in statuses.items())
        return Directory(
            digest=digest,
            mailboxes={
                one: Mailbox(address=one, kind=MailboxKind.PERSONAL, status=status) for one, status in addresses
            },
        )

    fields = {
        "name": "x",
        "from": address,
        "to": ["c@gov.example"],
        "auth_user": address,
        "body": "xin chào",
        "expect": {},
    }
    mail = case_evidence(CaseSection.model_validate(fields), NOW)
    mail = structs.replace(mail, directory=of("1", an=ACTIVE, binh=ACTIVE))
    async with running(tmp_path) as log:
        observed = observe(mail, preset().policies)
        judged = evaluate_facts(observed, preset())
        await log.refused(
            structs.replace(transaction(1), envelope=mail.envelope), judged, mail, REFUSAL, observed=observed
        )
    for tried, change in (
        (of("2", an=LEFT, binh=LEFT), Change.REFUSED),
        (of("3", an=ACTIVE, binh=ACTIVE), Change.SAME),
    ):
        summary = Summary()
        wanted = Wanted(None, directory=tried)
        list(changed_mails(tmp_path, preset(), preset(), wanted, summary, tick=lambda _: None))
        assert summary.changes == {change: 1}, summary
    monkeypatch.setattr("gateway.pipeline.what_if._confidential", lambda _: True)
    list(changed_mails(tmp_path, preset(), preset(), Wanted(None, directory=tried), summary, tick=lambda _: None))
    assert summary.indeterminate == {"directory": 1}
