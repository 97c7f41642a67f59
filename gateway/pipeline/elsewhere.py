"""Reply to a retry of a mail that another node of the cluster has relayed or is sending."""

from __future__ import annotations

from gateway.audit import AuditLog
from gateway.cluster.repetitions import Repetitions, StillSendingError
from gateway.model import Reply, Transaction
from gateway.smtp.replies import texts_in

_RETRY_MINUTES = 2


async def answered_elsewhere(repetitions: Repetitions, audit: AuditLog, transaction: Transaction) -> Reply | None:
    """Claim an authenticated mail for this node; None when it is ours, else the recorded reply: 250, or 451 in flight."""
    key, texts = repetitions.key_of(transaction), texts_in(transaction.session.languages)
    if key is None:
        return None
    try:
        found = await repetitions.claim(key, transaction.id)
    except StillSendingError as node:
        await audit.trouble(transaction.id, transaction.session, transaction.envelope.reverse_path, "repetition")
        fields = {"node": str(node), "reference": transaction.id}
        return texts.reply(451, "4.3.0", "still_sending", minutes=_RETRY_MINUTES, **fields)
    if found is None:
        return None
    await audit.duplicate(transaction.id, found.reference, node=found.node)
    return texts.reply(250, "2.0.0", "relayed_elsewhere", reference=found.reference, node=found.node)
