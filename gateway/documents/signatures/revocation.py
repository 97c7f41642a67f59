"""Revocation status of one certificate from available CRLs (RFC 5280 §6.3) and OCSP responses (RFC 6960).

Nothing is fetched. Written by ourselves because pyhanko-certvalidator cannot find the issuer of a CRL when the authority
is pinned as an anchor, and lets a revoked certificate without distribution point pass. The theory: an authentic answer
"revoked" always counts, however old; an answer "good" counts only when it speaks of the time that matters and its scope
takes in the certificate. Partial CRLs clear only all together, delta CRLs only with the complete one that they add to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from gateway.documents.signatures.certificates import Certificate, validity
from gateway.documents.signatures.crl import SKEW, Answer, RevocationList, Signers, from_lists, nobody
from gateway.documents.signatures.ocsp import from_responses
from gateway.model import Revocation

_OPEN_ENDED = timedelta(days=7)
"""Validity of a response without nextUpdate."""
_HOLD = "certificate_hold"
_RETROACTIVE = frozenset({"key_compromise", "ca_compromise", "aa_compromise"})
_ALL_REASONS = frozenset(
    flag.name
    for flag in x509.ReasonFlags
    if flag not in {x509.ReasonFlags.unspecified, x509.ReasonFlags.remove_from_crl}
)


@dataclass(frozen=True)
class Evidence:
    """Revocation data that came with a document."""

    lists: tuple[RevocationList, ...] = ()
    responses: tuple[bytes, ...] = ()
    """OCSPResponse or BasicOCSPResponse in DER."""

    def __add__(self, other: Evidence) -> Evidence:
        return Evidence((*self.lists, *other.lists), (*self.responses, *other.responses))


@dataclass(frozen=True)
class Status:
    """The status drawn from all answers."""

    status: Revocation
    source: str = ""
    time: datetime | None = None
    """thisUpdate of the evidence."""
    problems: tuple[str, ...] = ()


def status(
    certificate: Certificate,
    issuer: Certificate,
    *,
    lists: Sequence[RevocationList],
    responses: Iterable[bytes] = (),
    now: datetime,
    existed_at: datetime | None = None,
    signers: Signers = nobody,
    stamps: bool = False,
) -> Status:
    """Return the status at `now`, or at `existed_at`, the time before which the signature is proven to exist.

    `signers` vouches for certificates other than `issuer` and the anchors by which lists may be signed. `stamps` says that the
    certificate makes timestamps: revoked without a reason, none that it made counts (RFC 3161 §4.1).
    """

    def is_revoked(responder: Certificate) -> bool:
        return any(one.revoked for one in from_lists(responder, issuer, lists, signers))

    answers = [*from_lists(certificate, issuer, lists, signers)]
    answers += from_responses(certificate, issuer, responses, is_revoked)
    # `now` is the time of a timestamp where its authority is judged: that its key was found out since counts.
    answers = [one for one in answers if one.revoked or one.this_update <= now + SKEW]
    if not answers:
        return Status(Revocation.UNKNOWN, problems=("revocation-unknown",))
    good = max((one.this_update for one in answers if not one.revoked and one.reasons is None), default=None)
    # A hold that was lifted since does not count.
    answers = [one for one in answers if one.reason != _HOLD or good is None or one.this_update >= good]
    for answer in answers:
        if answer.revoked and ((stamps and not answer.reason) or _is_effective(answer, existed_at)):
            problem = "certificate-on-hold" if answer.reason == _HOLD else "certificate-revoked"
            return Status(Revocation.REVOKED, answer.source, answer.this_update, (problem,))
    expires = validity(certificate)[1]
    usable = [a for a in answers if _is_fresh(a, now, existed_at) and (existed_at is None or a.this_update <= expires)]
    # Each answer "good" or "revoked later than the signature" clears; answers for some reasons only do not.
    clearing = [answer for answer in usable if answer.reasons is None]
    partial = [answer for answer in usable if answer.reasons is not None]
    if frozenset[str]().union(*(answer.reasons or () for answer in partial)) >= _ALL_REASONS:
        clearing += partial  # together they speak of every reason (RFC 5280 §6.3.3 l)
    if clearing:
        best = max(clearing, key=lambda answer: answer.this_update)
        return Status(Revocation.GOOD, best.source, best.this_update)
    oldest = max(answers, key=lambda answer: answer.this_update)
    problem = "revocation-partial" if usable else "revocation-stale"
    return Status(Revocation.UNKNOWN, oldest.source, oldest.this_update, (problem,))


def _is_effective(answer: Answer, existed_at: datetime | None) -> bool:
    if existed_at is None or answer.reason in _RETROACTIVE:
        return True
    return answer.effective is None or answer.effective <= existed_at


def _is_fresh(answer: Answer, now: datetime, existed_at: datetime | None) -> bool:
    ends = answer.next_update or answer.this_update + _OPEN_ENDED
    if ends >= now:
        return True
    return existed_at is not None and (answer.this_update >= existed_at or ends >= existed_at)
