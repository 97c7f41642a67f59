"""Page of a self-check, from its record, without names and text."""

from __future__ import annotations

from gateway.audit import record as r
from gateway.audit.query import AuditReader
from gateway.engine import PolicySet
from gateway.model import Language
from gateway.steward import questions as q
from gateway.steward.mails import result_badge, titles
from gateway.steward.words import say
from gateway.vietnamese.printed import clean


def recorded(
    reader: AuditReader, record: r.Checked, policies: PolicySet, language: Language, *, own: bool
) -> q.CheckedView:
    """Return what the log has of a self-check."""
    title = titles(policies, language)
    return q.CheckedView(
        reference=clean(record.id),
        time=record.time,
        seq=record.seq,
        hash=reader.link(record.seq).hex(),
        result=result_badge(record.disposition, record.would_be, language),
        via=say("check_via", record.via, language) if record.via in ("page", "api", "mailbox") else clean(record.via),
        who=clean(record.who, limit=320),
        sender=clean(record.reverse_path, limit=320),
        client=clean(record.client or "", limit=64),
        size=record.size,
        digests=tuple(clean(one) for one in record.digests),
        codes=tuple(clean(code) for code in record.codes),
        reasons=tuple(clean(title(*rule.split(".", 1)), limit=200) for rule in record.rules),
        confidential=record.confidential,
        marked=record.marked,
        policy_digest=clean(record.policy_digest),
        directory_digest=clean(record.directory_digest or ""),
        own=own,
    )
