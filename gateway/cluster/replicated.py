"""Audit log that waits briefly for replication to the centre before the reply (`cluster.replicate: wait`)."""

from __future__ import annotations

import logging
import socket
from pathlib import Path
from typing import Any

from gateway.audit import AuditLog, Delivery
from gateway.cluster.shipping import Shipping
from gateway.model import Evidence, Reply, Transaction, Verdict

_LOG = logging.getLogger("gateway.cluster")


class ReplicatedLog(AuditLog):
    """Each call returns once the centre has the record, or after 50 ms; a missed record is noted in the service log."""

    def __init__(self, data: Path, door: socket.socket, shipping: Shipping, **options: Any) -> None:
        """See `AuditLog`; `shipping` is the shipper's shared progress."""
        super().__init__(data, door, **options)
        self._shipping = shipping

    async def outcome(self, reference: str, reply: Reply | None, delivery: Delivery | None = None) -> int:
        """See `AuditLog.outcome`."""
        return await self._shipped(reference, await super().outcome(reference, reply, delivery))

    async def is_held(self, reference: str, reply: Reply) -> int:
        """See `AuditLog.is_held`."""
        return await self._shipped(reference, await super().is_held(reference, reply))

    async def refused(
        self, transaction: Transaction, verdict: Verdict, evidence: Evidence | None, reply: Reply, **options: Any
    ) -> int:
        """See `AuditLog.refused`."""
        written = await super().refused(transaction, verdict, evidence, reply, **options)
        return await self._shipped(transaction.id, written)

    async def intent_and_outcome(
        self,
        transaction: Transaction,
        verdict: Verdict,
        evidence: Evidence | None,
        reply: Reply,
        delivery: Delivery,
        **options: Any,
    ) -> int:
        """See `AuditLog.intent_and_outcome`."""
        written = await super().intent_and_outcome(transaction, verdict, evidence, reply, delivery, **options)
        return await self._shipped(transaction.id, written)

    async def _shipped(self, reference: str, seq: int) -> int:
        if not await self._shipping.has(seq):
            _LOG.info("answered before the centre had record %d", seq, extra={"mail": reference})
        return seq
