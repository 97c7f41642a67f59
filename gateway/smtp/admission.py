"""Admission of large mails: how many at one time, so that memory stays bounded and nobody is refused.

A mail that outgrows its memory limit asks for a place of its expected size. While the places are taken it waits, and
TCP makes its client wait: nothing is refused and nothing is lost. Who has waited for `patience_s` goes on regardless,
within the hard limit of `ByteBudget`: slow clients that sit on their places can delay others, never stop them.
"""

from __future__ import annotations

from gateway.system.admission import Gate, Place


class LargeMailGate:
    """The places of one worker process, in bytes."""

    def __init__(self, limit_bytes: int, patience_s: float) -> None:
        self._gate = Gate(limit_bytes)
        self._patience_s = patience_s

    @property
    def taken_bytes(self) -> int:
        """Estimated size of the mails in flight."""
        return self._gate.taken

    async def enter(self, size_bytes: int) -> Place:
        """Return a place for a mail of that size, after a wait if need be."""
        try:
            return await self._gate.enter(size_bytes, self._patience_s)
        except TimeoutError:
            return self._gate.squeeze_in(size_bytes)
