"""Reply to a retry of a mail that another node of the cluster has relayed or is sending."""

from __future__ import annotations

from gateway.audit import AuditLog
from gateway.cluster.repetitions import RepeatedError
from gateway.model import Reply, Transaction
from gateway.smtp.replies import texts_in

_RETRY_MINUTES = 2


async def answered_elsewhere(found: RepeatedError, audit: AuditLog, transaction: Transaction) -> Reply:
    """Return the recorded reply: 250 when that node has relayed it, else 451."""
    texts, node = texts_in(transaction.session.languages), found.node
    if found.relayed:
        await audit.duplicate(transaction.id, found.reference, node=node)
        return texts.reply(250, "2.0.0", "relayed_elsewhere", reference=found.reference, node=node)
    await audit.trouble(transaction.id, transaction.session, transaction.envelope.reverse_path, "repetition")
    return texts.reply(451, "4.3.0", "still_sending", minutes=_RETRY_MINUTES, node=node, reference=transaction.id)
