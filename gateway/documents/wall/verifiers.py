"""The signature checks as the inspector needs them, bound to a trust store and the time of judgement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gateway.model import Part, Signature


class Verifiers(Protocol):
    """Three ways in which a signature goes with a part; each never raises."""

    def inside(self, data: bytes, part: Part, kind: str) -> tuple[Signature, ...]:
        """Return the reports on signatures that a file carries itself."""
        ...

    def beside(self, part: Part, signature: bytes, others: Sequence[tuple[Part, bytes]]) -> tuple[Signature, ...]:
        """Return the reports of a signature file over the files beside it."""
        ...

    def entity(self, raw: bytes, part: Part) -> tuple[Signature, ...]:
        """Return the reports on an S/MIME entity, given raw with its header."""
        ...
