"""Certification path building and validation (RFC 5280 §6), from store and document.

A path ends at the first certificate of the store that it meets: every authority there is an anchor, so the signature on
it, SHA-1 though it may be, is never judged. Certificates that came with a document only bridge the way to an anchor.
pyhanko-certvalidator checks signatures, validity, basic constraints, path length, key usage, policies and names; it
is given no CRL, since revocation is our own (`revocation.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import datetime
from typing import Any

from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.authority import CertTrustAnchor, TrustQualifiers
from pyhanko_certvalidator.errors import DisallowedAlgorithmError, ExpiredError, NotYetValidError, PathValidationError
from pyhanko_certvalidator.name_trees import (
    default_excluded_subtrees,
    default_permitted_subtrees,
    process_general_subtrees,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import AlgorithmUsagePolicy, DisallowWeakAlgorithmsPolicy, PKIXValidationParams
from pyhanko_certvalidator.validate import async_validate_path

from gateway.documents.signatures.certificates import Certificate, is_self_issued, validity
from gateway.documents.signatures.wall import LibraryFault, wall

_MAX_DEPTH = 8
_MAX_PATHS = 24
_MAX_STEPS = 400
_STRICT = DisallowWeakAlgorithmsPolicy()

Issuers = Callable[[Certificate], Sequence[Certificate]]
Path = tuple[Certificate, ...]
"""Certificates from the leaf to the anchor of the store that it ends at, both included; one only when the leaf itself is an anchor."""


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine of pyHanko that never really waits (nothing is fetched), without an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    raise LibraryFault("asynchronous", "waited for something")


def candidates(leaf: Certificate, pool: Sequence[Certificate], anchors: Issuers) -> Iterator[Path]:
    """Yield paths from `leaf` to anchors, those with fewest strangers first, within fixed bounds."""
    by_subject: dict[Any, list[Certificate]] = {}
    for certificate in pool:
        by_subject.setdefault(certificate.subject.hashable, []).append(certificate)
    level: list[tuple[Certificate, ...]] = [(leaf,)]
    steps = found = 0
    for _ in range(_MAX_DEPTH):
        following: list[tuple[Certificate, ...]] = []
        for chain in level:
            for anchor in _by_key_identifier(chain[-1], anchors(chain[-1])):
                yield (*chain, anchor)
                found += 1
                if found >= _MAX_PATHS:
                    return
            seen = {certificate.sha256 for certificate in chain}
            bridges = by_subject.get(chain[-1].issuer.hashable, [])
            for bridge in _by_key_identifier(chain[-1], bridges):
                steps += 1
                if steps > _MAX_STEPS:
                    return
                if bridge.sha256 not in seen:
                    following.append((*chain, bridge))
        level = following


def _by_key_identifier(child: Certificate, issuers: Sequence[Certificate]) -> list[Certificate]:
    """Those whose subjectKeyIdentifier the child names come first; none is left out, the field being only a hint."""
    wanted = child.authority_key_identifier
    return sorted(issuers, key=lambda issuer: wanted is None or issuer.key_identifier != wanted)


def check(path: Path, *, at: datetime, algorithms: AlgorithmUsagePolicy = _STRICT) -> str:
    """Return an empty string when the path holds at that time, else the ETSI sub-indication."""
    leaf = path[0]
    if len(path) == 1:
        begin, end = validity(leaf)
        return "NOT_YET_VALID" if at < begin else "EXPIRED" if at > end else ""
    try:
        with wall("path-validation"):
            anchor = CertTrustAnchor(path[-1], _qualifiers(path[-1]))
            context = ValidationContext(
                trust_roots=[anchor],
                other_certs=[],
                moment=at,
                best_signature_time=at,
                allow_fetching=False,
                revocation_mode="soft-fail",
                algorithm_usage_policy=algorithms,
            )
            certificates = list(reversed(path[:-1]))
            try:
                run(async_validate_path(context, ValidationPath(anchor, interm=certificates[:-1], leaf=leaf)))
            except ExpiredError:
                return "EXPIRED"
            except NotYetValidError:
                return "NOT_YET_VALID"
            except DisallowedAlgorithmError:
                return "CRYPTO_CONSTRAINTS_FAILURE"
            except PathValidationError:
                return "CHAIN_CONSTRAINTS_FAILURE"
    except LibraryFault:
        return "CERTIFICATE_CHAIN_GENERAL_FAILURE"
    return ""


def _qualifiers(anchor: Certificate) -> TrustQualifiers:
    """Validity, path length and name constraints of an anchor count; its policies do not (RFC 5937 leaves it to us)."""
    parameters = None
    constraints = anchor.name_constraints_value
    if constraints is not None:
        named = [
            process_general_subtrees(constraints[key] or ()) for key in ("permitted_subtrees", "excluded_subtrees")
        ]
        # Of a kind of name that is not named, every name is permitted and none excluded (RFC 5280 §4.2.1.10).
        parameters = PKIXValidationParams(
            initial_permitted_subtrees=default_permitted_subtrees() | named[0],
            initial_excluded_subtrees=default_excluded_subtrees() | named[1],
        )
    begin, end = validity(anchor)
    return TrustQualifiers(
        standard_parameters=parameters,
        max_path_length=anchor.max_path_length,
        max_aa_path_length=anchor.max_path_length,  # certvalidator counts it down, too, and ends on None
        valid_from=begin,
        valid_until=end,
    )


def upward(anchor: Certificate, anchors: Issuers) -> list[Certificate]:
    """Return the authorities of the store above an anchor, nearest first: they may have revoked it."""
    above: list[Certificate] = []
    seen = {anchor.sha256}
    current = anchor
    while not is_self_issued(current) and len(above) < _MAX_DEPTH:
        parents = [p for p in _by_key_identifier(current, anchors(current)) if p.sha256 not in seen]
        if not parents:
            break
        current = parents[0]
        seen.add(current.sha256)
        above.append(current)
    return above
