"""Facts beside records: judged again they give the recorded findings, they hold no words, and they go after their time."""

import asyncio
import functools
import hashlib
import json
import re
import socket
import sqlite3
import sys
import threading
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from msgspec import structs

from gateway.audit import committer
from gateway.audit.chain import Entry, first_since, stamp
from gateway.audit.kept import UnreadableFactsError, decode, keep, unpack
from gateway.audit.keyed import Keyed
from gateway.audit.record_fields import finding_facts
from gateway.audit.replay import kept_mails
from gateway.audit.retention import expire_facts
from gateway.audit.service import AuditService
from gateway.audit.store import connect
from gateway.engine import evaluate, evaluate_facts, evaluate_recipient, load_policy_set, observe
from gateway.engine.evaluate import evaluate_recipient_facts
from gateway.engine.what_if import Change, Comparison, Indeterminate, compare
from gateway.model import Disposition, Evidence, Language, Observed, ReadStatus
from gateway.system.zstandard import zstd
from tests.audit.support import NOW, REFUSAL, alter, rewrite, running, session, transaction, verified
from tests.policies import case_files
from tests.support.cases import first_quick
from tests.support.policies import preset

KEYED = Keyed(b"k" * 32)
PRESETS = ("binhtan-7600", "monitor", "strict")
TYPES = {policy.name: policy.observation for policy in preset().policies}


@functools.cache
def mails() -> dict[str, Evidence]:
    """Every mail of the case files of all policies."""
    return {
        f"{policy}: {name}": case_files.evidence(policy, case)
        for policy in case_files.POLICIES
        for name, case in case_files.load(policy).items()
    }


def kept_again(mail: Observed, *, guarded: bool = False) -> Observed:
    """The facts as they come back from the log."""
    kept = keep(mail, KEYED, guarded=guarded)
    assert kept is not None
    body = unpack(kept.packed)
    assert hashlib.sha256(body).hexdigest() == kept.sha256
    return decode(body, TYPES)


def recorded(verdict, *, guarded: bool) -> list:
    """Findings as the record has them, quotes aside."""
    rows = [finding_facts(judged, guarded=guarded) for judged in verdict.findings]
    return [
        (row.policy, row.rule, row.outcome, row.wanted, row.effective, row.part, row.filename, row.recipient, row.header,
         row.locator, {name: value for name, value in row.params.items() if name != "quote"})
        for row in rows
    ]  # fmt: skip


@pytest.mark.parametrize("rules", first_quick(PRESETS))
@pytest.mark.parametrize("policy", TYPES)
def test_kept_facts_are_judged_as_the_mail_was(policy, rules):
    named = [mail for name, mail in mails().items() if name.startswith(policy)]
    assert named
    for mail in named:
        check_judged_again(mail, preset(rules))


def check_judged_again(mail, policies):
    if mail.message is None:
        verdict = evaluate_recipient(mail, policies)
        again = evaluate_recipient_facts(kept_again(Observed(bare=mail, seen={})), policies)
        assert recorded(again, guarded=False) == recorded(verdict, guarded=False)
        return
    observed = observe(mail, policies.policies)
    verdict = evaluate_facts(observed, policies)
    assert verdict == evaluate(mail, policies)
    guarded = any(judged.confidential for judged in verdict.findings)
    facts = kept_again(observed, guarded=guarded)
    if guarded and mail.signatures:
        assert isinstance(compare(facts, policies, policies), Indeterminate)
        return
    again = evaluate_facts(facts, policies)
    assert again.disposition is verdict.disposition
    assert recorded(again, guarded=guarded) == recorded(verdict, guarded=guarded)


def test_of_a_confidential_mail_a_record_keeps_causes_and_other_keys_of_words_and_no_word():
    kept = set()
    for mail in mails().values():
        for judged in evaluate(mail, preset("strict")).findings:
            params = finding_facts(judged, guarded=True).params
            kept |= {(judged.policy, name, value) for name, value in params.items() if isinstance(value, str)}
    words = preset("strict").catalogue.words
    status = {one.value for one in ReadStatus} | {"unseen"}
    assert [
        one for one in kept if one[2] not in {*words.get((*one[:2], Language.VI), ()), *(status if one[1] == "status" else ())}
    ] == []  # fmt: skip
    assert {("opaque", "cause", "password"), ("classified", "status", "encrypted")} <= kept


def test_kept_facts_hold_no_words_of_documents():
    for name, mail in mails().items():
        if mail.message is None:
            continue
        kept = keep(observe(mail, preset().policies), KEYED, guarded=True)
        assert kept is not None
        body = unpack(kept.packed).decode("utf-8", "replace")
        for words in (run.text.split() for document in mail.documents for run in document.runs):
            for start in range(len(words) - 3):
                assert " ".join(words[start : start + 4]) not in body, name


def test_of_the_name_of_a_sender_of_a_confidential_mail_only_domains_are_kept():
    mail = next(mail for mail in mails().values() if mail.message is not None and mail.message.address_fields)
    reading = mail.message.address_fields[0]
    address = structs.replace(reading.mailboxes[0], display_name="Kế.hoạch.A2 của Q.7 (tphcm.gov.vn)")
    fields = (structs.replace(reading, mailboxes=(address,)),)
    named = structs.replace(mail, message=structs.replace(mail.message, address_fields=fields))
    kept = kept_again(observe(named, preset().policies), guarded=True)
    assert kept.bare.message.address_fields[0].mailboxes[0].display_name == "@tphcm.gov.vn"


@pytest.mark.parametrize("guarded", [False, True])
def test_facts_of_a_session_that_names_itself_in_bytes_that_are_no_utf_8_are_kept(guarded):
    mail = next(mail for mail in mails().values() if mail.message is not None)
    strange = structs.replace(mail, session=structs.replace(mail.session, helo="may-\udc80", auth_user="a\udcff"))
    assert kept_again(observe(strange, preset("strict").policies), guarded=guarded).bare.session.helo == "may-?"


def test_a_setting_about_words_makes_it_indeterminate_and_any_other_is_answered(tmp_path):
    mail = kept_again(
        observe(next(mail for name, mail in mails().items() if "sender" in name and mail.message), preset().policies)
    )
    base = "version: 1\nname: x\nextends: binhtan-7600\npolicies: {%s}\n"

    def other(section: str):
        path = tmp_path / "other.yaml"
        path.write_text(base % section, "utf-8")
        return load_policy_set(path)

    words = compare(mail, preset(), other("classified: {settings: {extra_marks: [LƯU HÀNH NỘI BỘ]}}"))
    assert words == Indeterminate("classified", "text")
    assert isinstance(compare(mail, preset(), other("opaque: {mode: monitor}")), Comparison)
    met = compare(mail, preset(), other("sender_identity: {settings: {first_seen: [from]}}"))
    assert met == Indeterminate("sender_identity", "history")


async def filled(data, count: int = 3):
    """A log with some mails and their facts."""
    policies = preset()
    async with running(data, policy="test") as log:
        chosen = [mail for mail in mails().values() if mail.message is not None and mail.documents][:count]
        for number, mail in enumerate(chosen, 1):
            observed = observe(mail, policies.policies)
            verdict = evaluate_facts(observed, policies)
            await log.refused(transaction(number), verdict, mail, REFUSAL, observed=observed)
        rcpt = next(
            mail
            for mail in mails().values()
            if mail.message is None and evaluate_recipient(mail, policies).disposition is Disposition.REJECT
        )
        await log.recipient_refused(
            session(), "a@b.vn", "c@d.vn", evaluate_recipient(rcpt, policies), REFUSAL, "BT-R", evidence=rcpt
        )
    return chosen


def change_third(data, pattern: bytes, text: bytes) -> None:
    rewrite(data, 3, lambda body: re.sub(pattern, text, body, count=1))


def test_a_record_of_a_clock_that_was_ahead_hides_none_behind_it(tmp_path):
    asyncio.run(filled(tmp_path))
    change_third(tmp_path, rb'"time":"\d{4}', b'"time":"2099')
    found = list(kept_mails(tmp_path, TYPES, until=datetime.now(UTC) + timedelta(days=1)))
    assert [mail.record.id for mail in found] == ["BT-00000001", "BT-00000003", "BT-R"]


def test_a_record_whose_time_has_no_zone_stops_neither_the_writer_nor_a_reader(tmp_path):
    asyncio.run(filled(tmp_path))
    change_third(tmp_path, rb"[+]00:00\"", b'"')
    since = datetime.now(UTC) - timedelta(days=1)
    found = list(kept_mails(tmp_path, TYPES, since=since))
    assert [mail.record.id for mail in found] == ["BT-00000001", "BT-00000003", "BT-R"]
    with closing(committer.Committer.open(tmp_path, facts_days=1)) as writer:
        writer.tidy()
        assert writer.commit([]) == 7


def test_a_log_is_replayed_and_stays_whole(tmp_path):
    asyncio.run(filled(tmp_path))
    found = list(kept_mails(tmp_path, TYPES))
    assert [mail.record.id for mail in found] == ["BT-00000001", "BT-00000002", "BT-00000003", "BT-R"]
    for mail in found:
        compared = compare(mail.observed, preset(), preset())
        assert isinstance(compared, Comparison)
        assert compared.change is Change.SAME
    assert list(kept_mails(tmp_path, TYPES, since=datetime.now(UTC) + timedelta(days=1))) == []
    assert list(kept_mails(tmp_path, TYPES, until=NOW)) == []
    assert verified(tmp_path).exit_code == 0


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("binhtan-7600", "strict", Change.SAME), ("binhtan-7600", "monitor", "content"), ("monitor", "strict", "content"),
        ("monitor", "monitor", "content"),
    ],
)  # fmt: skip
def test_a_recipient_refused_at_rcpt_is_the_same_only_where_both_refuse_it(tmp_path, old, new, told):
    asyncio.run(filled(tmp_path, 0))
    (mail,) = kept_mails(tmp_path, TYPES)
    found = compare(mail.observed, preset(old), preset(new))
    assert told == (found.reason if isinstance(found, Indeterminate) else found.change)


def test_changed_facts_are_a_fault_and_removed_ones_a_note(tmp_path):
    asyncio.run(filled(tmp_path))
    alter(tmp_path, "UPDATE facts SET body = (SELECT body FROM facts ORDER BY seq DESC LIMIT 1) WHERE seq = 2")
    result = verified_ours(tmp_path)
    assert result.exit_code == 1
    assert "2" in result.faults[0]
    assert [mail.reason for mail in kept_mails(tmp_path, TYPES)] == ["damaged", "", "", ""]
    with closing(connect(tmp_path / "audit.db")) as writing:
        assert expire_facts(writing, before=datetime.now(UTC) + timedelta(days=1)) == 4
    result = verified(tmp_path)
    assert result.exit_code == 0
    assert any("4" in note and "facts" in note for note in result.notes)
    assert {mail.reason for mail in kept_mails(tmp_path, TYPES)} == {"none"}


def test_the_process_that_writes_removes_expired_facts_a_few_at_a_time(tmp_path, monkeypatch):
    asyncio.run(filled(tmp_path))
    removed = []

    def expire(connection, *, before):
        removed.append(expire_facts(connection, before=before, limit=3))
        return removed[-1]

    monkeypatch.setattr(committer, "expire_facts", expire)
    monkeypatch.setattr(committer, "LIMIT_EXPIRED", 3)
    monkeypatch.setattr(committer, "_EXPIRE_ON_S", 0.0)
    monkeypatch.setattr("gateway.audit.service._IDLE_S", 0.01)
    inner, door = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    serving = threading.Thread(target=AuditService(committer.Committer.open(tmp_path, facts_days=0), inner).run)
    serving.start()
    end = time.monotonic() + 300
    while len(removed) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    door.close()
    serving.join(300)
    assert removed == [3, 1]
    assert {mail.reason for mail in kept_mails(tmp_path, TYPES)} == {"none"}
    assert verified(tmp_path).exit_code == 0


def verified_ours(data):
    from gateway.audit.verify import verify

    return verify(data)


def test_facts_packed_without_a_dictionary_are_read_and_those_of_an_unknown_one_are_not():
    body = b"facts" * 50
    assert unpack(zstd.compress(body)) == body
    other = zstd.train_dict([bytes([n]) * 90 + b"evidence session envelope" for n in range(200)], 1024)
    with pytest.raises(UnreadableFactsError):
        unpack(zstd.compress(body, zstd_dict=other))


def test_the_dictionary_in_use_is_never_replaced():
    dictionary = Path(sys.modules[keep.__module__].__file__).with_name("facts.zdict").read_bytes()
    assert hashlib.sha256(dictionary).hexdigest() == "4b77071629f211309c18c5dd1b609f381e7dc06cfe9201dc4585b0730bfa2f79"


def test_only_facts_before_the_time_are_removed(tmp_path):
    asyncio.run(filled(tmp_path))
    with closing(connect(tmp_path / "audit.db")) as connection:
        (stamp,) = connection.execute("SELECT body FROM record WHERE seq = 3").fetchone()
        moment = datetime.fromisoformat(json.loads(stamp)["time"])
        assert expire_facts(connection, before=moment) == 1
        assert [seq for (seq,) in connection.execute("SELECT seq FROM facts ORDER BY seq")] == [3, 4, 5]


@pytest.mark.parametrize("damage", [b"", b"\x28\xb5\x2f\xfd", b"x" * 50])
def test_damaged_facts_are_reported_and_cost_nothing_else(tmp_path, damage):
    with pytest.raises(UnreadableFactsError):
        unpack(damage)
    with pytest.raises(UnreadableFactsError):
        decode(damage or b"\xc1", TYPES)
    mail = next(mail for mail in mails().values() if mail.message is not None)
    whole = unpack(keep(observe(mail, preset().policies), KEYED, guarded=False).packed)
    with pytest.raises(UnreadableFactsError):
        decode(whole.replace(b"@", b"\xff"), TYPES)
    asyncio.run(filled(tmp_path))
    alter(tmp_path, "UPDATE facts SET body = ? WHERE seq = 3", damage)
    assert [mail.reason for mail in kept_mails(tmp_path, TYPES)] == ["", "damaged", "", ""]


def test_a_log_of_before_is_extended_in_place(tmp_path):
    asyncio.run(filled(tmp_path))
    alter(tmp_path, "DROP TABLE facts")
    assert {mail.reason for mail in kept_mails(tmp_path, TYPES)} == {"none"}
    assert verified(tmp_path).exit_code == 0
    asyncio.run(filled(tmp_path, 1))
    assert [mail.reason for mail in kept_mails(tmp_path, TYPES)] == ["none"] * 4 + ["", ""]
    assert verified(tmp_path).exit_code == 0


CHANGES = {
    "classified.unread_boxes": "classified: {settings: {unread_boxes: recorded}}",
    "classified.unaccented_marks": "classified: {settings: {unaccented_marks: ignored}}",
    "opaque.untidy": "opaque: {settings: {untidy: []}}",
    "opaque.ignored": "opaque: {settings: {ignored: [two-types, epilogue-text]}}",
    "opaque.no_documents": "opaque: {settings: {no_documents: []}}",
    "opaque.unopened_formats": "opaque: {settings: {unopened_formats: [application/x]}}",
    "opaque mode": "opaque: {mode: monitor}",
    "official_sender.office_mailboxes": "official_sender: {settings: {office_mailboxes: [b@tphcm.gov.vn]}}",
    "official_sender.inbound": "official_sender: {settings: {inbound: tag}}",
    "official_sender.requests_only": "official_sender: {settings: {requests_only: true}}",
    "official_sender.require_proof": "official_sender: {settings: {require_proof: true}}",
    "sender_identity.sub_addresses": "sender_identity: {settings: {sub_addresses: false}}",
    "sender_identity.resent_fields": "sender_identity: {settings: {resent_fields: false}}",
    "sender_identity.own_domain_needs_login": "sender_identity: {settings: {own_domain_needs_login: true}}",
    "signed_documents.require_both_signatures": "signed_documents: {settings: {require_both_signatures: true}}",
    "signed_documents.working_files_too": "signed_documents: {settings: {working_files_too: true}}",
    "signed_documents.accept_signed_pdf_twin": "signed_documents: {settings: {accept_signed_pdf_twin: false}}",
    "signed_documents.own_organisations": "signed_documents: {settings: {own_organisations: []}}",
    "typography.stand_in_fonts": "typography: {settings: {stand_in_fonts: [Arial, Liberation Serif]}}",
    "typography.font_share_percent": "typography: {settings: {font_share_percent: 50}}",
    "typography.check_sizes": "typography: {settings: {check_sizes: true}}",
    "typography.size_range_pt": "typography: {settings: {check_sizes: true, size_range_pt: [13, 13]}}",
    "typography.check_margins": "typography: {settings: {check_margins: true}}",
    "typography.legacy_letters": "typography: {settings: {legacy_letters: 50}}",
}


@functools.cache
def kept_of(name):
    return kept_again(observe(mails()[name], preset().policies))


@pytest.mark.slow
@pytest.mark.parametrize("change", ["strict", "monitor", *CHANGES])
def test_a_replay_agrees_with_judging_the_mails_again(change, tmp_path):
    path = tmp_path / "other.yaml"
    changed = f"extends: binhtan-7600\npolicies: {{{CHANGES[change]}}}" if change in CHANGES else f"extends: {change}"
    path.write_text(f"version: 1\nname: x\n{changed}\n", "utf-8")
    base, other = preset(), load_policy_set(path)
    answered = 0
    for number, (name, mail) in enumerate(mails().items()):
        # What a setting touches are the mails that its policy is about; of the others every eighth.
        if mail.message is None or (number % 8 and change in CHANGES and not change.startswith(name.partition(":")[0])):
            continue
        facts = kept_of(name)
        found = compare(facts, base, other)
        if isinstance(found, Indeterminate):
            assert found.reason == "history", f"{name}: {found}"
            continue
        answered += 1
        seen = observe(mail, other.policies)
        assert kept_again(seen) == facts, f"{name}: what is kept rests on this setting"
        anew = evaluate_facts(seen, other)
        assert found.after is anew.disposition, name
        assert recorded(evaluate_facts(facts, other), guarded=False) == recorded(anew, guarded=False), name
    assert answered > 60


@pytest.mark.slow
def test_beside_a_marked_document_a_mail_is_judged_again_as_it_was():
    """Of a confidential mail less is kept: no other finding may rest on what is left out."""
    policies = preset("strict")
    marked = next(
        mail
        for name, mail in mails().items()
        if name.startswith("classified") and mail.documents
        if any(one.confidential for one in evaluate(mail, policies).findings)
    )
    for name, mail in mails().items():
        if mail.message is None:
            continue
        both = structs.replace(mail, documents=(*mail.documents, *marked.documents), signatures=())
        observed = observe(both, policies.policies)
        verdict = evaluate_facts(observed, policies)
        assert any(judged.confidential for judged in verdict.findings), name
        again = evaluate_facts(kept_again(observed, guarded=True), policies)
        assert recorded(again, guarded=True) == recorded(verdict, guarded=True), name


class Heeded:
    """Settings that note which of them are asked for."""

    def __init__(self, settings, names):
        self._settings, self._names = settings, names

    def __getattr__(self, name):
        self._names.add(name)
        return getattr(self._settings, name)


@pytest.mark.parametrize("policy", preset("strict").policies, ids=lambda policy: policy.name)
def test_what_is_kept_rests_on_no_setting_but_those_about_words(policy):
    """A setting that `look` or `observe` heeds and `TEXT_SETTINGS` does not name would make a replay say "the same" wrongly."""
    names: set[str] = set()
    for name, mail in mails().items():
        if mail.message is not None and policy.observe is not None:
            assert observe(mail, (replace(policy, settings=Heeded(policy.settings, names)),)).faults == {}, name
    for_quotes = {"stand_in_fonts", "check_sizes", "size_range_pt"} if policy.name == "typography" else set()
    assert names - for_quotes == set(getattr(import_module(policy.module), "TEXT_SETTINGS", ()))


@pytest.mark.parametrize("wrong", [datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)])
def test_a_clock_that_was_wrong_for_a_time_hides_no_record_of_the_right_time(tmp_path, wrong):
    """The clock of a machine without a battery begins in 2000; young facts were removed with the old ones."""
    now, count = datetime.now(UTC), 4000
    times = [wrong if abs(n - count // 2) < 100 else now - timedelta(minutes=count - n) for n in range(count)]
    entries = [Entry(b'{"time":"%s","kind":"stop"}' % stamp(moment).encode(), None, b"x") for moment in times]
    with closing(committer.Committer.open(tmp_path)) as writer:
        writer.commit(entries)
    with closing(sqlite3.connect(tmp_path / "audit.db", isolation_level=None)) as connection:
        for n in (1, 700, 1800, 2200, 3999):
            assert first_since(connection, times[n]) == n + 1
        assert expire_facts(connection, before=now - timedelta(days=90)) == 0
