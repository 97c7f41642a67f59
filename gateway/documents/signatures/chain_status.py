"""Revocation along a certification path: of the signer, of every authority above it, and of those who sign their lists.

A list may be signed by another certificate than the authority's own: by an older or newer key of the same name, by a key
kept for lists alone, or by the CRL issuer that the certificate names (RFC 5280 §5, §6.3.3 f). Such a certificate must reach an
anchor itself, share an authority with the path that it speaks of, and not be revoked by a list of the plain kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from gateway.documents.signatures import crl, revocation
from gateway.documents.signatures import path as paths
from gateway.documents.signatures.certificates import Certificate, fingerprint
from gateway.documents.signatures.crl import RevocationList, Signers
from gateway.documents.signatures.path import Issuers, Path
from gateway.documents.signatures.revocation import Status
from gateway.model import Revocation

_MAX_CANDIDATES = 8


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Everything known about the revocation of certificates."""

    anchors: Sequence[Certificate]
    issuers_of: Issuers
    """The anchors that may have issued a certificate."""
    strangers: Sequence[Certificate] = ()
    """Certificates of the document and of the store that anchor nothing."""
    lists: Sequence[RevocationList] = ()
    responses: Sequence[bytes] = ()
    holds: Callable[[Path], bool]
    """Whether a path is valid at the time that counts."""
    now: datetime
    existed_at: datetime | None = None
    stamps: bool = False
    """The leaf is that of a timestamp authority."""

    def line(self, path: Path) -> list[Certificate]:
        """Return the path with the authorities of the store above its anchor."""
        return [*path, *paths.upward(path[-1], self.issuers_of)]

    def statuses(self, line: Sequence[Certificate], signers: Signers = crl.nobody) -> tuple[Status, ...]:
        """Return the status of each certificate of a line but the last."""
        return tuple(
            revocation.status(
                certificate,
                issuer,
                lists=self.lists,
                responses=self.responses,
                now=self.now,
                existed_at=self.existed_at,
                signers=signers,
                stamps=self.stamps and certificate is line[0],
            )
            for certificate, issuer in pairwise(line)
        )


def along(path: Path, sources: Sources) -> tuple[Status, ...]:
    """Return the status of each certificate from the leaf up to the last one below the topmost available CA."""
    line = sources.line(path)
    return sources.statuses(line, _ListSigners(sources, fingerprint(line[-1])))


class _ListSigners:
    """Finds the signer of a revocation list among the available certificates; each candidate is judged once."""

    def __init__(self, sources: Sources, top: str) -> None:
        self._sources = sources
        self._top = top
        """Fingerprint of the topmost authority of the path that the lists speak of."""
        self._judged: dict[str, bool] = {}

    def __call__(self, one: RevocationList) -> Sequence[Certificate]:
        held = (*self._sources.anchors, *self._sources.strangers)
        named = [candidate for candidate in held if candidate.subject.hashable == one.issuer]
        for candidate in named[:_MAX_CANDIDATES]:
            if crl.is_signed_by(one, candidate) and self._may_sign(candidate):
                return (candidate,)
        return ()

    def _may_sign(self, candidate: Certificate) -> bool:
        key = fingerprint(candidate)
        if key not in self._judged:
            self._judged[key] = any(self._vouches(path) for path in self._paths(candidate))
        return self._judged[key]

    def _paths(self, candidate: Certificate) -> Sequence[Path]:
        usage = candidate.key_usage_value
        if usage is None or "crl_sign" not in usage.native:
            return ()
        if any(anchor.sha256 == candidate.sha256 for anchor in self._sources.anchors):
            return ((candidate,),)
        return tuple(paths.candidates(candidate, self._sources.strangers, self._sources.issuers_of))

    def _vouches(self, path: Path) -> bool:
        line = self._sources.line(path)
        if fingerprint(line[-1]) != self._top or not self._sources.holds(path):
            return False
        # Only lists by the authorities' own keys are asked here: two delegates could otherwise vouch for each other.
        return all(status.status is not Revocation.REVOKED for status in self._sources.statuses(line))
