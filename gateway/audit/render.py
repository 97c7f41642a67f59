"""Audit values to text for a terminal, Vietnamese or English; control characters of mails never reach the terminal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import repeat

from gateway.audit import record as r
from gateway.audit.query import History, WeakPassword
from gateway.audit.rows import Row, raw
from gateway.audit.verifier import Verification, Witnessed
from gateway.model import VIETNAM
from gateway.texts.catalogue import product_texts, said
from gateway.vietnamese.printed import clean

_say = partial(said, "audit")
Title = Callable[[str, str], str]
"""Policy and rule to the rule's heading, from the policy's catalogue."""


def with_content(title: Title, language: str) -> Title:
    """Return the headings of a catalogue, and those of contents refused unread."""
    texts = product_texts("audit")["content"]

    def known(policy: str, rule: str) -> str:
        words = texts.get(rule) if policy == "content" else None
        return str(words[language]) if words is not None else title(policy, rule)

    return known


_ACT = re.compile(r"(✖ )?([^ ]+) ?(.*)", re.DOTALL)
_NARROWEST = 14
"""No column of addresses or subjects becomes narrower, however narrow the terminal."""


def render_rows(rows: Iterable[Row], language: str = "vi", *, columns: int | None = None) -> str:
    """Return a list as a table, newest first as given; cut to the columns of a terminal, whole without."""
    table = [
        (
            moment(row.time),
            *([row.node] if row.node else ()),
            row.reference or "-",
            words_of("state", row.state, language),
            decided(row.disposition, row.would_be, language),
            _line(row.sender, 34) or "<>",
            _recipients(row.recipients),
            _subject(row, language),
        )
        for row in rows
    ]
    if not table:
        return _say("label", "nothing", language)
    widths = _fitted([max(len(line[column]) for line in table) for column in range(len(table[0]))], columns)
    return "\n".join(
        "  ".join(_line(cell, width).ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in table
    )


def _fitted(widths: list[int], columns: int | None) -> list[int]:
    """Return widths of which the last three (sender, recipients, subject) give way, the widest first."""
    fitted = list(widths)
    room = columns - 2 * (len(widths) - 1) if columns is not None else sum(widths)
    while sum(fitted) > room:
        widest = max(range(len(fitted) - 3, len(fitted)), key=lambda column: fitted[column])
        if fitted[widest] <= _NARROWEST:
            break
        fitted[widest] -= 1
    return fitted


def render_history(history: History, language: str = "vi", title: Title = "{}.{}".format) -> str:
    """Return everything about one reference."""
    lines = [f"{_say('label', 'reference', language)}: {_line(history.reference)}"]
    for record in history.records:
        if isinstance(record, r.ContentRefused):
            lines += _content_lines(record, language)
        elif isinstance(record, r.Intent | r.Refused):  # several only when two mails share the reference
            lines += _mail_lines(record.mail, language, title)
    lines += ["", f"{_say('label', 'events', language)}:"]
    for record, node in zip(history.records, history.nodes or repeat(""), strict=False):
        lines += [f"  {node} {line}" if node else f"  {line}" for line in _event_lines(record, language, title)]
    for act in history.acts:
        node, said = (
            f"{act.node} " if act.node else "",
            f"{_line(act.sender)} {_line(subject_words(act, language), 200)}",
        )
        why = f": {_line(act.text, 300)}" if act.text else ""
        lines.append(f"  {node}{act.seq:>8}  {moment(act.time)}  {words_of('kind', 'act', language)}: {said}{why}")
    return "\n".join(lines)


def render_weak_passwords(weak: Iterable[WeakPassword], language: str = "vi") -> str:
    """Return mailboxes with weak passwords as a table."""
    lines = [
        _say("label", "weak_password", language, since=moment(one.since), last=moment(one.last), login=_line(one.login))
        for one in weak
    ]
    return "\n".join(lines) or _say("label", "nothing", language)


def render_verification(result: Verification, language: str = "vi") -> str:
    """Return the result of `verify`, faults first."""
    if result.faults:
        certain = result.first_bad is not None
        lines = [_say("label", "tampered" if certain else "unsure", language, seq=result.first_bad)]
        lines += [f"  {fault}" for fault in result.faults]
    else:
        lines = [
            _say(
                "label",
                "whole",
                language,
                records=result.records,
                first=result.first,
                last=result.last,
                checkpoints=result.checkpoints,
            ),
            f"  {_say('label', 'head', language, last=result.last)}: {result.head}",
        ]
    lines += [render_witnessed(one, language) for one in result.witnessed]
    if result.index_fault:
        lines.append(result.index_fault)
    return "\n".join([*lines, *(f"  {note}" for note in result.notes)])


def render_witnessed(one: Witnessed, language: str = "vi") -> str:
    """Return a witness's last cosigned size and time."""
    return _say("label", "witnessed", language, name=_line(one.name), size=one.size, time=moment(one.time))


def _mail_lines(mail: r.MailFacts, language: str, title: Title) -> Iterator[str]:
    def entry(label: str, value: str) -> str:
        return f"{_say('label', label, language)}: {value}"

    yield entry("disposition", decided(mail.disposition, mail.would_be, language))
    yield from _session_lines(mail.reverse_path, mail.session, entry)
    if mail.unit:
        yield entry("unit", _line(mail.unit))
    yield entry("recipients", "")
    for address, disposition in mail.recipients.items():
        yield f"  {_line(address)}: {words_of('disposition', disposition, language)}"
    confidential = _say("label", "confidential", language)
    yield entry("subject", confidential if mail.confidential else _line(mail.subject or "", 200))
    yield entry("size", f"{mail.size} B")
    yield entry("keyed" if mail.confidential else "sha256", mail.sha256)
    yield entry("policy", mail.policy_digest)
    if mail.directory_digest:
        yield entry("directory", mail.directory_digest)
    if mail.parts:
        yield entry("parts", "")
        for part in mail.parts:
            name = "" if part.filename is None else f' "{_line(part.filename, 120)}"'
            size = "" if part.size is None else f" {part.size} B"
            yield f"  {_line(part.path, 120)}{name} {part.type or ''}{size} {part.sha256 or ''}".rstrip()
    if mail.findings:
        yield entry("findings", "")
        for found in mail.findings:
            yield from _finding_lines(found, language, title)
    if mail.signatures:
        yield entry("signatures", "")
        for signature in mail.signatures:
            yield (
                f"  {_line(signature.part, 80)} {signature.container} {signature.indication} "
                f"{signature.sub_indication} {_line(signature.signer or '', 160)}"
            ).rstrip()
    if mail.omitted:
        yield f"  {_say('label', 'omitted', language, count=mail.omitted)}"


def _content_lines(record: r.ContentRefused, language: str) -> Iterator[str]:
    """Yield the known facts of an uninspected content."""

    def entry(label: str, value: str) -> str:
        return f"{_say('label', label, language)}: {value}"

    yield entry("disposition", decided(record.disposition, record.disposition, language))
    yield from _session_lines(record.reverse_path, record.session, entry)
    yield entry("recipients", "")
    yield from (f"  {_line(address)}" for address in record.recipients)
    yield entry("size", f"{record.size} B")
    yield entry("findings", f"content.{_line(record.rule)}")


def _session_lines(reverse_path: str, session: r.SessionFacts, entry: Callable[[str, str], str]) -> Iterator[str]:
    yield entry("sender", _line(reverse_path) or "<>")
    if session.login:
        yield entry("login", _line(session.login))
    if session.client:
        yield entry("client", f"{_line(session.client)} {_line(session.helo or '')}".strip())
    if session.queue_id:
        yield entry("queue_id", _line(session.queue_id))


def _finding_lines(found: r.FindingFacts, language: str, title: Title) -> Iterator[str]:
    place = ", ".join(
        _line(value, 120)
        for value in (found.part, found.filename, found.recipient, found.header, found.locator)
        if value
    )
    action = "" if found.outcome == "passed" else f" -> {decided(found.effective, found.wanted, language)}"
    waiver = f" [{_line(found.waiver, 64)}]" if found.waiver else ""
    yield (
        f"  {found.code} {_line(title(found.policy, found.rule), 120)}: {words_of('outcome', found.outcome, language)}"
        f"{action}{waiver}"
    )
    details = [place] if place else []
    details += [f"{_line(name, 40)}={_line(str(value), 120)}" for name, value in found.params.items()]
    if found.article and found.outcome != "passed":
        details.append(_line(found.article, 120))
    if details:
        yield f"      {'; '.join(details)}"


def _event_lines(record: r.AnyRecord, language: str, title: Title) -> Iterator[str]:
    what, detail = event_words(record, language)
    yield f"{record.seq:>8}  {moment(datetime.fromisoformat(record.time))}  {what}{': ' if detail else ''}{detail}"
    match record:
        case r.Outcome(delivery=r.Delivery.UNKNOWN, text=text):
            why = _line(text, 300) or _say("label", "stopped", language)
            yield f"          {_say('label', 'unknown_note', language, why=why)}"
        case r.RecipientRefused():
            for found in record.findings:
                yield from _finding_lines(found, language, title)
        case _:
            pass


def event_words(record: r.AnyRecord, language: str) -> tuple[str, str]:
    """Return the event of a record and its details, one line each."""
    detail = ""
    match record:
        case r.Outcome():
            reply = f"{record.code} {record.enhanced} {_line(record.text, 300)}" if record.code else ""
            left_out = f"(✖ {', '.join(_line(one) for one in record.left_out[:20])})" if record.left_out else ""
            detail = " ".join(filter(None, (words_of("state", record.delivery.value, language), reply, left_out)))
        case r.Refused() | r.ContentRefused():
            detail = f"{record.code} {record.enhanced} {_line(record.text, 600)}"
        case r.RecipientRefused():
            sender, recipient = _line(record.reverse_path), _line(record.recipient)
            detail = f"{sender} -> {recipient}: {' '.join(filter(None, (str(record.code), record.enhanced, _line(record.text, 300))))}"
        case r.Duplicate():
            detail = f"{_line(record.of)} ({_line(record.node)})" if record.node else _line(record.of)
        case r.Trouble():
            detail = _line(record.fault, 200)
        case r.AuthFailed() | r.PasswordJudged():
            detail = _line(record.login)
        case r.Held():
            until = f"{datetime.fromisoformat(record.until).astimezone(VIETNAM):%d/%m/%Y %H:%M}"
            detail = _say("label", "held_until", language, until=until, size=record.size, digest=record.sealed[:16])
        case r.Release():
            detail = _line(record.by)
        case r.Retention():
            detail = f"{record.first}-{record.last}"
        case r.Checked():
            said = (record.via, decided(record.disposition, record.would_be, language), *record.codes)
            detail = f"{_line(record.who)} {' '.join(_line(one) for one in said)}"
        case r.Act():
            about = _line(about_words(record.what, record.about, language), 200)
            detail = f"{_line(record.who) or '?'} {words_of('act', record.what, language)} {about}".rstrip()
        case r.Unknown():
            detail = _line(raw(record), 600)
        case r.Start() | r.Stop() | r.Reload() | r.Mailboxes() | r.Intent() | r.Sending():
            pass
    return words_of("kind", r.kind_of(record), language), detail


def decided(disposition: str, would_be: str, language: str) -> str:
    """Return the disposition, and the one without monitor mode and waivers."""
    if not disposition:
        return "-"
    decided = words_of("disposition", disposition, language)
    if would_be in {"", disposition, "relay"}:
        return decided
    return f"{decided} ({_say('label', 'would_be', language, disposition=words_of('disposition', would_be, language))})"


def _recipients(recipients: tuple[str, ...]) -> str:
    if not recipients:
        return "-"
    more = f" +{len(recipients) - 1}" if len(recipients) > 1 else ""
    return _line(recipients[0], 34) + more


def _subject(row: Row, language: str) -> str:
    if row.confidential:
        return _say("label", "confidential", language)
    return _line(subject_words(row, language), 70)


def subject_words(row: Row, language: str) -> str:
    """Return a subject as it is shown: of an act what was done, in words, and about what."""
    text = row.subject or ""
    if row.kind != "act" or (found := _ACT.fullmatch(text)) is None:
        return text
    return f"{found[1] or ''}{words_of('act', found[2], language)} {about_words(found[2], found[3], language)}".rstrip()


def about_words(what: str, about: str, language: str) -> str:
    """Return what an act is about; of a login, which names no one, in words."""
    words = product_texts("audit")["about"] if "login" in what or what == "recovery_code" else {}
    return (", " if "login" in what else " ").join(
        words[one][language] if one in words else one for one in about.split(" ")
    )


def moment(time: datetime) -> str:
    """Return a time as it is in Viet Nam."""
    return time.astimezone(VIETNAM).strftime("%Y-%m-%d %H:%M:%S")


def _line(text: str, limit: int = 100) -> str:
    """Return text in one printable line of at most `limit` characters."""
    return clean(text, limit=limit)


def words_of(table: str, key: str, language: str) -> str:
    """Return the word for an enumerated value; the value itself when there is none."""
    words = product_texts("audit")[table].get(key)
    return words[language] if words is not None else _line(key, 40)
