"""Header fields that are prepended to a relayed mail: the trace field (RFC 5321 §4.4) and the verdict.

Everything is built as ASCII with CRLF from cleaned values, folded at white space (RFC 5322 §2.2.3); the mail
itself is never touched. A field of the same name further down is the sender's and means nothing.
"""

from __future__ import annotations

import re
from email.utils import format_datetime
from functools import lru_cache

from gateway.engine.catalogue import Wording
from gateway.engine.plain import ascii_form, cut
from gateway.engine.policy_set import PolicySet, day
from gateway.engine.reply import disclosure_of, ordered
from gateway.model import Disposition, FrontEnd, Language, Session, Transaction, Verdict
from gateway.vietnamese.printed import clean

_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253})\Z")
_LITERAL = re.compile(r"\[(?:IPv6:)?[0-9A-Fa-f.:]{2,45}\]\Z")
_ADDRESS = re.compile(r"[0-9A-Fa-f.:]{2,45}\Z")
_MAILBOX = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.@-]{1,320}\Z")
_ATOM = re.compile(r"[A-Za-z0-9._-]{1,80}")
_LIMIT_FINDINGS = 10
_LIMIT_LINE = 76


def received_field(transaction: Transaction, *, hostname: str) -> bytes:
    """Return the `Received:` field of a transaction. The login and, with several recipients, no recipient is named."""
    session, envelope = transaction.session, transaction.envelope
    helo = session.helo or ""
    name = helo if _DOMAIN.match(helo) or _LITERAL.match(helo) else "unknown"
    address = session.client_address or ""
    literal = f"[{'IPv6:' if ':' in address else ''}{address}]" if _ADDRESS.match(address) else "[unknown]"
    words = [f"from {name} ({literal})", f"by {_host(hostname)} with {_protocol(session, utf8=envelope.smtputf8)}"]
    if session.tls:
        words.append(f"({_comment(session.tls)})")
    words.append(f"id {_atom(transaction.id)}")
    if len(envelope.forward_paths) == 1 and _MAILBOX.match(envelope.forward_paths[0]):
        words.append(f"for <{envelope.forward_paths[0]}>")
    words[-1] += ";"
    words.append(_stamp(transaction.received_at.replace(microsecond=0)))
    return _fold("Received", words)


def verdict_fields(verdict: Verdict, policies: PolicySet, transaction: Transaction) -> bytes:
    """Return `X-Gateway-Verdict` and one `X-Gateway-Finding` for each finding that tags; empty when nothing does."""
    if verdict.disposition is Disposition.RELAY:
        return b""
    now = transaction.received_at
    head = [
        f"{verdict.disposition.word};",
        f"id={_atom(transaction.id)};",
        f"policy={_atom(policies.name)};",
        f"digest={verdict.policy_digest[:16]}",
    ]
    octets = _fold("X-Gateway-Verdict", head)
    wording = Wording(
        language=Language.VI,
        disclosure=disclosure_of(verdict),
        names=policies.names_on(Language.VI, day(now)),
    )
    for judged in [judged for judged in ordered(verdict) if judged.effective is not Disposition.RELAY][
        :_LIMIT_FINDINGS
    ]:
        message = ascii_form(policies.catalogue.message(judged.policy, judged.finding, wording))
        article = ascii_form(clean(judged.article))
        text = (
            f"{_atom(judged.code)} {_atom(judged.policy)}.{_atom(judged.finding.rule)}; {cut(message, 300)} ({article})"
        )
        octets += _fold("X-Gateway-Finding", text.split(" "))
    return octets


_stamp = lru_cache(maxsize=4)(format_datetime)
"""Many mails come in one second."""


def _protocol(session: Session, *, utf8: bool) -> str:
    """Return the protocol type (RFC 3848, RFC 6531 §4.3)."""
    secure, login = "S" if session.tls else "", "A" if session.auth_user else ""
    if session.front_end in {FrontEnd.MILTER, FrontEnd.CHECK}:
        secure = login = ""
    return f"UTF8SMTP{secure}{login}" if utf8 else f"ESMTP{secure}{login}"


def _host(name: str) -> str:
    return name if _DOMAIN.match(name) else "localhost"


def _comment(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9 ._/:=-]", "", ascii_form(clean(text)))


def _atom(text: str) -> str:
    if _ATOM.fullmatch(text):
        return text
    return re.sub(r"[^A-Za-z0-9._-]", "_", ascii_form(clean(text)))[:80] or "_"


def _fold(name: str, words: list[str]) -> bytes:
    """Return a field folded before words; a longer word has a line of its own, at most 998 characters (§2.1.1)."""
    lines = [f"{name}:"]
    for word in filter(None, words):
        piece = word[:900]
        if len(lines[-1]) + 1 + len(piece) > _LIMIT_LINE and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += f" {piece}"
    return "".join(f"{line}\r\n" for line in lines).encode("ascii", "replace")
