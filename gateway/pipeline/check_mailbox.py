"""The self-check mailbox: mail to it is judged as if sent to others, explained to its sender, and not relayed.

Only authenticated mail with this single recipient comes here (`gateway.smtp.transactions`). A line of its text names
the intended recipients, `Gửi tới: a@x, b@x`; without one it is judged as if sent to its sender. The reply is 250 once
the next hop has accepted the explanation, else 451.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from gateway.audit import AuditLog
from gateway.audit.query import AuditReader
from gateway.documents.wall.inline import read_text
from gateway.engine import explain
from gateway.errors import NoticeError
from gateway.mime import parse
from gateway.model import Language, Reply, Transaction
from gateway.nexthop.failures import HopFailedError, HopRefusedError
from gateway.notice import Notices, mailbox_of
from gateway.pipeline.judge import Judge
from gateway.pipeline.self_check import PER_HOUR, Checked, check, record_of
from gateway.smtp.replies import Texts, texts_in
from gateway.spool import Spool
from gateway.texts.catalogue import pair
from gateway.vietnamese.addresses import normal_form, parse_path
from gateway.vietnamese.latin import to_ascii
from gateway.vietnamese.printed import clean

_LOG = logging.getLogger("gateway.pipeline.check_mailbox")
_LINE: Final = re.compile(r"[ \t>]*(?:gui (?:toi|den)|to)[ \t]*:[ \t]*(\S.*)", re.IGNORECASE)
_LIMIT_RECIPIENTS: Final = 100


class _BadAddressError(Exception):
    pass


class CheckMailbox:
    """Self-check mailbox of one process; made within its event loop."""

    def __init__(
        self,
        address: str,
        judge: Judge,
        audit: AuditLog,
        notices: Notices,
        *,
        data: Path,
        login_domain: str,
        holds: bool,
    ) -> None:
        self._address = normal_form(address)
        self._judge = judge
        self._audit = audit
        self._notices = notices
        self._data = data
        self._login_domain = login_domain
        self._holds = holds

    def is_for(self, transaction: Transaction) -> bool:
        """Return whether this mailbox is the mail's only recipient."""
        paths = transaction.envelope.forward_paths
        return len(paths) == 1 and normal_form(paths[0]) == self._address

    async def answer(self, transaction: Transaction, spool: Spool) -> Reply:
        """Judge a mail, send the explanation to its sender, and return the reply."""
        session, texts = transaction.session, texts_in(transaction.session.languages)
        login = session.auth_user or ""
        mailbox = mailbox_of(login, self._login_domain)
        if not mailbox:
            return texts.reply(550, "5.7.1", "check_login")
        if await asyncio.to_thread(self._had, mailbox) >= PER_HOUR:
            return texts.reply(450, "4.7.1", "check_no_more", limit=PER_HOUR)
        try:
            wanted = await asyncio.to_thread(_wanted, spool)
        except _BadAddressError as fault:
            return texts.reply(550, "5.1.3", "check_address", address=clean(str(fault), limit=60))
        checked = await check(
            self._judge,
            None,
            spool,
            reference=transaction.id,
            sender=transaction.envelope.reverse_path,
            recipients=wanted or (mailbox,),
            login=login,
            languages=session.languages,
            holds=self._holds,
        )
        root = checked.evidence.message.root if checked.evidence.message is not None else None
        digests = tuple(part.sha256 for part in root.walk() if part.sha256) if root is not None else ()
        record = record_of(
            (checked,), reference=transaction.id, via="mailbox", who=mailbox, client=session.client_address,
            size=transaction.size_bytes, digests=digests,
        )  # fmt: skip
        await self._audit.checked(record)
        return await self._explained(mailbox, checked, texts)

    async def _explained(self, mailbox: str, checked: Checked, texts: Texts) -> Reply:
        """Send the explanation; 451 when the next hop does not accept it, for the result would be lost."""
        reference = checked.transaction.id
        try:
            words = _words(checked)
            reply = await self._notices.send(
                "self_check",
                mailbox,
                sender=clean(checked.transaction.envelope.reverse_path, limit=320),
                recipients=", ".join(clean(one, limit=320) for one in checked.transaction.envelope.forward_paths),
                explanation=words.explanation,
                note=words.note,
            )
        except (HopFailedError, HopRefusedError, NoticeError) as error:
            _LOG.warning("no explanation of a self-check was sent: %s", error, extra={"mail": reference})
            return texts.reply(451, "4.3.0", "check_unanswered", reference=reference)
        if reply is None:
            return texts.reply(451, "4.7.1", "check_answers_of_the_day", reference=reference)
        if not reply.positive:
            _LOG.warning("the next hop did not take a self-check: %d", reply.code, extra={"mail": reference})
            return texts.reply(451, "4.3.0", "check_unanswered", reference=reference)
        return texts.reply(250, "2.0.0", "check_answered", reference=reference)

    def _had(self, mailbox: str) -> int:
        with AuditReader.open(self._data) as reader:
            return reader.checks_since(mailbox, datetime.now(UTC) - timedelta(hours=1))


def _wanted(spool: Spool) -> tuple[str, ...]:
    """Return the intended recipients in the mail's text; _BadAddressError for an invalid address."""
    for line in _lines(spool):
        if found := _LINE.fullmatch(to_ascii(line).strip()):
            given = list(_addresses(found[1]))
            if not any("@" in one for one in given):
                continue  # a sentence, not a list
            for address in given:
                path = parse_path(address)
                if not path.mailboxes or path.ambiguous:
                    raise _BadAddressError(address)
            return tuple(dict.fromkeys(given))[:_LIMIT_RECIPIENTS]
    return ()


def _addresses(line: str) -> Iterator[str]:
    """Yield the entries of an address list: `a@x`, or `Tên người <a@x>` as mail programs write it."""
    for piece in re.split("[,;]", line):
        name, _, address = piece.rpartition("<")
        given = [address.partition(">")[0]] if ">" in address and "@" not in name else piece.split()
        yield from filter(None, (one.strip("<>. \t") for one in given))


def _lines(spool: Spool) -> Iterator[str]:
    content = spool.content()
    for leaf in parse(content).root.leaves():
        found = read_text(leaf, content)
        if found is not None:
            for run in found[1].runs:
                yield from run.text.splitlines()


class _Words(NamedTuple):
    """Result in Vietnamese and English; with a secrecy finding no file is named."""

    explanation: tuple[str, str]
    note: tuple[str, str]


def _words(checked: Checked) -> _Words:
    def explained(language: Language) -> str:
        return explain.explanation(
            checked.verdict,
            checked.policies,
            language=language,
            now=checked.evidence.now,
            reference=checked.transaction.id,
            disclosure=explain.disclosure_of(checked.verdict),
        )

    kind = "marked" if checked.marked else "suspected" if checked.confidential else ""
    note = pair("notice", "self_check_notes", kind) if kind else ("", "")
    return _Words((explained(Language.VI), explained(Language.EN)), note)
