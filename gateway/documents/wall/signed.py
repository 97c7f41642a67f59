"""`gateway.documents.signatures` for the inspector: trust store and judging time are bound once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gateway.documents import signatures
from gateway.documents.signatures.detached import verify_detached
from gateway.documents.signatures.smime import verify_smime
from gateway.documents.signatures.trust import TrustStore
from gateway.model import Part, Signature


class SignatureVerifiers:
    """Three ways in which a signature goes with a part of one message; each never raises."""

    def __init__(self, trust: TrustStore, now: datetime) -> None:
        self._trust = trust
        self._now = now

    def inside(self, data: bytes, part: Part, kind: str) -> tuple[Signature, ...]:
        """Return the reports on signatures that a file carries itself."""
        return signatures.verify(
            data, part=part.path, filename=part.filename, detected_type=kind, trust=self._trust, now=self._now
        )

    def beside(
        self, part: Part, signature: bytes, others: Sequence[tuple[Part, bytes | None]]
    ) -> tuple[Signature, ...]:
        """Return the reports of a signature file over the files beside it."""
        return verify_detached(
            signature,
            [other for other in others if other[0].path != part.path],
            part=part.path,
            filename=part.filename,
            trust=self._trust,
            now=self._now,
        )

    def entity(self, raw: bytes, part: Part) -> tuple[Signature, ...]:
        """Return the reports on an S/MIME entity, given raw with its header."""
        return verify_smime(raw, part=part.path, filename=part.filename, trust=self._trust, now=self._now)
