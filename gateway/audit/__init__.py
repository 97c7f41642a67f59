"""The audit log: hash-chained records in SQLite, signed checkpoints, queries, and a verifier.

    log = AuditLog.open(data)                            # UserError when the log is damaged or was cut
    await log.start()                                    # recovery of what an earlier process left open
    await log.intent(transaction, verdict, evidence)     # durable before anything of the content goes upstream
    await log.sending(transaction.id)                    # durable before the final dot
    await log.outcome(transaction.id, answer)            # durable before our own reply
    await log.close()

No audit record, no 250: every call returns after the commit (synchronous=FULL) or raises `AuditError`.
"""

from gateway.audit.history import SenderHistory
from gateway.audit.log import AuditLog
from gateway.audit.record import Delivery
from gateway.audit.relayed import Relayed
from gateway.audit.wire import Recovery

__all__ = ["AuditLog", "Delivery", "Recovery", "Relayed", "SenderHistory"]
