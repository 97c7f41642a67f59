"""Search index rows of a record: entries, tags (with their names) and words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple

from gateway.audit import record as r
from gateway.audit import tally
from gateway.mime.addresses import parse_from_field

CONFIDENTIAL: Final = "is:confidential"
"""Tag of mails with a secrecy finding."""
ACT: Final = "state:act"
CHECKED: Final = "state:checked"
EVERY: Final = "\ue000"
"""Word in every entry that no user can type; a search with exclusions only starts from it."""
_IDS: Final = re.compile(r"(?<![\w.@-])(?=[\w-]*[0-9])[\w-]{4,64}(?![\w@-]|\.\w)", re.ASCII)
"""Words of the next hop's reply that may be its queue id: with a digit, and neither host, address nor status code."""
_LIMIT_IDS: Final = 4
_D: Final = str.maketrans("đð", "dd")


@lru_cache(maxsize=4096)  # addresses and units repeat
def fold(text: str) -> str:
    """Return text without case, tone and vowel marks, đ as d; ð is what an old code page made of it."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).translate(_D)


def exact(text: str) -> str:
    """Return text without case, in composed form."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text.casefold()).replace("ð", "đ")


class Words(NamedTuple):
    """Full text of an entry, folded but for the last two."""

    subject: str = ""
    files: str = ""
    sender: str = ""
    recipients: str = ""
    unit: str = ""
    other: str = ""
    subject_exact: str = ""
    files_exact: str = ""


@dataclass
class Rows:
    """Rows of one slice, ready for `executemany`."""

    entries: list[tuple[int, str, int, str]] = field(default_factory=list)
    events: list[tuple[str, int]] = field(default_factory=list)
    tags: list[tuple[str, int]] = field(default_factory=list)
    words: dict[int, Words] = field(default_factory=dict)
    """By sequence number; an entry without any has none here."""
    outcomes: list[tuple[str, str, int]] = field(default_factory=list)
    """Tag, reference and place of the outcomes of mails; for the index of those that were judged in an earlier slice."""
    counts: tally.Counts = field(default_factory=tally.Counts)
    judged: dict[str, tuple[int, tally.Counted]] = field(default_factory=dict)
    """Place of the last intent of a reference in this slice, and for whom it counts."""
    settled: set[tuple[str, int]] = field(default_factory=set)
    """Tags of outcomes of mails of this slice, each with the place of the intent."""


def take(rows: Rows, seq: int, record: r.AnyRecord) -> None:
    """Add what the index holds of one record."""
    begin, late = len(rows.tags), len(rows.outcomes)
    take_rows(rows, seq, record)
    whose = tally.counted(record)
    if whose is not None:
        states = {name for name, _ in rows.tags[begin:] if name.startswith("state:")}
        tally.count(rows.counts, whose, record, states)
    match record:
        case r.Intent(id=reference):
            assert whose is not None
            rows.judged[reference] = seq, whose
        case r.Outcome(id=reference) if reference in rows.judged:
            judged, whose = rows.judged[reference]
            for tag, _, _ in rows.outcomes[late:]:
                if (tag, judged) not in rows.settled:
                    rows.settled.add((tag, judged))
                    rows.tags.append((tag, judged))
                    tally.add_state(rows.counts, whose, tag)
            del rows.outcomes[late:]


def take_rows(rows: Rows, seq: int, record: r.AnyRecord) -> None:
    """The same without counts."""
    match record:
        case r.Intent(id=reference, mail=mail):
            _take_mail(rows, seq, record, reference, mail)
        case r.Refused(id=reference, mail=mail):
            _take_mail(rows, seq, record, reference, mail)
            rows.tags.append(("state:refused", seq))
        case r.Sending(id=reference) | r.Held(id=reference) | r.Release(id=reference):
            rows.events.append((reference, seq))
        case r.Outcome(id=reference, delivery=delivery):
            rows.events.append((reference, seq))
            rows.outcomes.append((f"state:{delivery.value}", reference, seq))
            ids = _IDS.findall(record.text)[:_LIMIT_IDS] if delivery is r.Delivery.RELAYED else ()
            rows.outcomes += [(hop_tag(one), reference, seq) for one in ids]
        case r.Duplicate(id=reference, of=of):
            rows.events += [(reference, seq), (of, seq)]
        case r.RecipientRefused():
            tags = {"is:reject", "state:recipient_refused", *_finding_tags(record.findings)}
            _take_transaction(rows, seq, record, tags, (record.recipient,))
        case r.ContentRefused():
            rule = (f"rule:content.{record.rule}", "policy:content")
            tags = {"state:content_refused", f"is:{record.disposition}", *rule}
            _take_transaction(rows, seq, record, tags, record.recipients)
        case r.Trouble():
            _take_transaction(rows, seq, record, {"state:trouble"}, ())
        case r.AuthFailed() | r.PasswordJudged():
            _take_entry(rows, seq, record, "")
            rows.tags += [(_login_state(record), seq), *_address_tags("login", record.login, seq)]
            rows.words[seq] = Words(sender=fold(record.login))
        case r.Act():
            _take_entry(rows, seq, record, "")
            rows.tags += [(ACT, seq), (f"act:{record.what}", seq), *_address_tags("login", record.who, seq)]
            rows.words[seq] = Words(
                sender=fold(record.who), other=fold(f"{record.what} {record.about} {record.reason}")
            )
        case r.Unknown():  # its owner is unknown, so only viewers of all entries see it
            _take_entry(rows, seq, record, record.id)
            rows.tags.append((CONFIDENTIAL, seq))
            rows.words[seq] = Words(other=fold(f"{record.kind} {record.id}"))
        case r.Checked():
            _take_checked(rows, seq, record)
        case r.Start() | r.Stop() | r.Reload() | r.Mailboxes() | r.Retention():
            pass


def _take_entry(rows: Rows, seq: int, record: r.AnyRecord, reference: str) -> None:
    moment = int(datetime.fromisoformat(record.time).timestamp() * 1e6)
    rows.entries.append((seq, reference, moment, r.kind_of(record)))
    if reference:
        rows.events.append((reference, seq))


def _take_mail(rows: Rows, seq: int, record: r.AnyRecord, reference: str, mail: r.MailFacts) -> None:
    _take_entry(rows, seq, record, reference)
    tags = {f"is:{mail.disposition}", f"is:{mail.would_be}"}
    tags |= {f"is:{disposition}" for disposition in mail.recipients.values()}
    tags |= _finding_tags(mail.findings)
    if mail.confidential:
        tags.add(CONFIDENTIAL)
    tags |= {f"sha:{digest[:32]}" for digest in (mail.sha256, *(part.sha256 for part in mail.parts)) if digest}
    tags |= {f"author:{address}" for address in _authors(mail)}
    rows.tags += [(tag, seq) for tag in tags]
    rows.tags += _people_tags(mail, mail.recipients, seq)
    subject = mail.subject or ""
    files = " ".join(part.filename for part in mail.parts if part.filename)
    other = (
        reference,
        mail.session.queue_id or "",
        *(found.code for found in _open_findings(mail.findings)),
        *(signature.signer or "" for signature in mail.signatures),
    )
    rows.words[seq] = Words(
        subject=fold(subject),
        files=fold(files),
        sender=fold(" ".join((mail.reverse_path, mail.header_from or "", mail.session.login or ""))),
        recipients=fold(" ".join(mail.recipients)),
        unit=fold(mail.unit or ""),
        other=fold(" ".join(other)),
        subject_exact=_only_marked(subject),
        files_exact=_only_marked(files),
    )


def _take_transaction(
    rows: Rows,
    seq: int,
    record: r.RecipientRefused | r.ContentRefused | r.Trouble,
    tags: set[str],
    recipients: tuple[str, ...],
) -> None:
    """Add a transaction that ended before its content was judged."""
    _take_entry(rows, seq, record, record.id)
    rows.tags += [(tag, seq) for tag in tags]
    rows.tags += _people_tags(record, recipients, seq)
    rows.words[seq] = Words(
        sender=fold(f"{record.reverse_path} {record.session.login or ''}"),
        recipients=fold(" ".join(recipients)),
        unit=fold((record.unit or "") if isinstance(record, r.RecipientRefused) else ""),
        other=fold(record.id if isinstance(record, r.Trouble) else f"{record.id} {record.session.queue_id or ''}"),
    )


def _take_checked(rows: Rows, seq: int, record: r.Checked) -> None:
    _take_entry(rows, seq, record, record.id)
    tags = {CHECKED, f"is:{record.disposition}", f"is:{record.would_be}"}
    tags |= {f"rule:{rule}" for rule in record.rules} | {f"policy:{rule.partition('.')[0]}" for rule in record.rules}
    tags |= {f"code:{code.upper()}" for code in record.codes} | {f"sha:{digest[:32]}" for digest in record.digests}
    if record.confidential:
        tags.add(CONFIDENTIAL)
    rows.tags += [(tag, seq) for tag in tags]
    rows.tags += _address_tags("login", record.who, seq) + _address_tags("from", record.reverse_path, seq)
    rows.words[seq] = Words(
        sender=fold(f"{record.who} {record.reverse_path}"), other=fold(" ".join((record.id, *record.codes)))
    )


def _finding_tags(findings: tuple[r.FindingFacts, ...]) -> set[str]:
    found = _open_findings(findings)
    tags = {f"rule:{one.policy}.{one.rule}" for one in found} | {f"policy:{one.policy}" for one in found}
    tags |= {waiver_tag(one.waiver) for one in found if one.waiver}
    return tags | {f"code:{one.code.upper()}" for one in found}


def waiver_tag(waiver: str) -> str:
    """Return the tag of mails of which a waiver let something pass."""
    return f"waiver:{waiver.strip().upper()}"


def hop_tag(queue_id: str) -> str:
    """Return the tag of mails that the next hop took under a queue id."""
    return f"hop:{queue_id.casefold()}"


def unit_tag(unit: str) -> str:
    """Return the tag of a unit's mails; case, diacritics and blanks do not matter."""
    return f"unit:{' '.join(fold(unit).split())}"


def senders_of(mail: r.MailFacts) -> set[str]:
    """Return the addresses that a mail came from, case folded: its reverse-path and its authors."""
    return {address for address in (mail.reverse_path.casefold(), *_authors(mail)) if address}


def _authors(mail: r.MailFacts) -> set[str]:
    """Return the addresses of From; none of a confidential mail, whose From is not kept."""
    if not mail.header_from:
        return set()
    # The text is decoded, so what looks like a mailbox before the last may be a display name.
    return {address.normal.casefold() for address in parse_from_field(mail.header_from).mailboxes[-1:]}


def _only_marked(text: str) -> str:
    """Return the exact form of a text that has any letter beyond ASCII; others are found by their folded form."""
    return "" if text.isascii() else exact(text)


def _open_findings(findings: tuple[r.FindingFacts, ...]) -> list[r.FindingFacts]:
    return [found for found in findings if found.outcome != "passed"]


def _address_tags(name: str, address: str, seq: int) -> list[tuple[str, int]]:
    folded = address.casefold()
    _, at, domain = folded.rpartition("@")
    return [(f"{name}:{folded}", seq), (f"{name}:@{domain}", seq)] if at else [(f"{name}:{folded}", seq)]


def _people_tags(
    mail: r.MailFacts | r.RecipientRefused | r.ContentRefused | r.Trouble, recipients: Iterable[str], seq: int
) -> list[tuple[str, int]]:
    """Return the tags of sender, login, unit and recipients; the sender also by the mailbox that it is another form of."""
    tags = _address_tags("from", mail.reverse_path, seq)
    if mail.session.login:
        tags += _address_tags("login", mail.session.login, seq)
    if isinstance(mail, r.MailFacts | r.RecipientRefused):
        tags += _address_tags("from", mail.mailbox, seq) if mail.mailbox is not None else []
        tags += [(unit_tag(mail.unit), seq)] if mail.unit else []
    for address in recipients:
        tags += _address_tags("to", address, seq)
    return tags


def _login_state(record: r.AuthFailed | r.PasswordJudged) -> str:
    if isinstance(record, r.AuthFailed):
        return "state:auth_failed"
    return "state:sound_password" if record.sound else "state:weak_password"
