"""Issued documents carry valid digital signatures, or a paper copy is declared (Điều 9.3, 9.4b).

What: every signature in the mail must stand (intact, covering the whole, no forbidden change, a trusted chain, strong
algorithms, not revoked); an issued official document needs at least one that does, in itself, around it, beside it, or in
a signed PDF of the same base name; working files without signature are noted.
Why: Điều 9.3 gives legal value to signed files only; Điều 9.4b lets an unsigned one go when the paper is issued too and the
mail goes to the unit mailboxes under "Nơi nhận".
Fix: sign the last version again, or declare the paper copy (header, subject token or body line).
Settings: how a paper copy is declared, whether a signed PDF stands for the editable file, whose seal is one's own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from gateway.model import (
    About,
    Changes,
    Coverage,
    Directory,
    Disposition,
    Document,
    Evidence,
    Finding,
    FindingOutcome,
    HolderKind,
    Integrity,
    Message,
    Need,
    Part,
    ReadStatus,
    Revocation,
    Rule,
    Signature,
    Trust,
)
from gateway.text.addresses import normal_form
from gateway.text.official import Recognition, recognise
from policies._paper_copy import declaration, not_units
from policies._senders import DEFAULT_DOMAINS, OfficialDomain

_SIGNED: Final = "7600:9.3"
_PAPER: Final = "7600:9.4b"

RULES: Final = (
    Rule(id="broken", code="SGN-01", article=_SIGNED, disposition=Disposition.REJECT),
    Rule(id="incoming_stamp", code="SGN-02", article=_SIGNED, disposition=Disposition.REJECT),
    Rule(id="changed", code="SGN-03", article=_SIGNED, disposition=Disposition.REJECT),
    Rule(id="partial", code="SGN-04", article=_SIGNED, disposition=Disposition.REJECT),
    Rule(id="untrusted", code="SGN-05", article=_SIGNED, disposition=Disposition.REJECT),
    Rule(id="revoked", code="SGN-06", article=_SIGNED, disposition=Disposition.REJECT),
    Rule(id="weak_algorithm", code="SGN-07", article=_SIGNED, disposition=Disposition.REJECT),
    Rule(id="unsigned", code="SGN-08", article=_PAPER, disposition=Disposition.REJECT),
    Rule(id="paper_copy", code="SGN-09", article=_PAPER, disposition=Disposition.TAG),
    Rule(id="unverifiable", code="SGN-10", article=_SIGNED, disposition=Disposition.TAG),
    Rule(id="working_file", code="SGN-11", article=_SIGNED, disposition=Disposition.TAG),
    Rule(id="revocation", code="SGN-12", article=_SIGNED, disposition=Disposition.TAG),
    Rule(id="weak_timestamp", code="SGN-13", article=_SIGNED, disposition=Disposition.TAG),
    Rule(id="two_signatures", code="SGN-14", article="30:5", disposition=Disposition.TAG),
    Rule(id="other_organisation", code="SGN-15", article=_SIGNED, disposition=Disposition.TAG),
    Rule(id="view_content", code="SGN-16", article=_SIGNED, disposition=Disposition.TAG),
    Rule(id="mail_signer", code="SGN-17", article=_SIGNED, disposition=Disposition.TAG),
)

NEEDS: Final = frozenset({Need.ENVELOPE, Need.HEADERS, Need.DOCUMENTS, Need.SIGNATURES})

_DOCUMENT_FORMATS: Final = frozenset(
    {"doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "odp", "odg", "rtf", "pdf"}
)
_VIEW_PROBLEMS: Final = (
    "javascript-before-signing",
    "launch-action",
    "hidden-layer",
    "external-reference",
    "shadow-object",
    "multimedia",
    "xfa",
)
_OWN: Final = (
    "Ủy ban nhân dân quận Bình Tân",
    "UBND quận Bình Tân",
    "Văn phòng Ủy ban nhân dân quận Bình Tân",
    "Văn phòng Hội đồng nhân dân và Ủy ban nhân dân quận Bình Tân",
    "Hội đồng nhân dân quận Bình Tân",
    "Ủy ban nhân dân phường Bình Tân",
    "UBND phường Bình Tân",
)


class Settings(BaseModel):
    """Settings of the policy; what a finding costs is set by `rules` of the policy file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    paper_copy_header: str = Field(
        default="X-Paper-Copy", description="Header field whose value `yes` declares that the paper is issued too"
    )
    paper_copy_subject: tuple[str, ...] = Field(
        default=("[bản giấy]",), description="Tokens in the subject that declare it; case and diacritics do not matter"
    )
    paper_copy_line: tuple[str, ...] = Field(
        default=("Bản giấy:",), description="Beginnings of a line in the mail's text that declare it"
    )
    official_domains: tuple[OfficialDomain, ...] = Field(
        default=DEFAULT_DOMAINS, min_length=1, description="Domains of official mailboxes and their days"
    )
    personal_forms: tuple[str, ...] = Field(
        default=(r".+\.[a-z0-9]+\.bt",),
        description="Regular expressions for local parts of persons, used where no directory tells units from persons",
    )
    accept_signed_pdf_twin: bool = Field(
        default=True, description="A validly signed PDF of the same base name in the mail stands for the editable file"
    )
    require_both_signatures: bool = Field(
        default=False,
        description="An issued document needs a person's signature and an organisation's seal to be valid",
    )
    working_files_too: bool = Field(default=False, description="Working files must be signed as issued documents must")
    own_organisations: tuple[str, ...] = Field(
        default=_OWN,
        description="Names (CN, O or OU, exactly) whose seals are one's own, besides the units of the directory; "
        "empty: the issuer named in the document is compared instead",
    )
    own_tax_ids: tuple[str, ...] = Field(default=(), description="Tax or unit numbers (MST, MNS) of one's own seals")

    @field_validator("personal_forms")
    @classmethod
    def _compiles(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in value:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"biểu thức không hợp lệ / not a regular expression: {error}") from None
        return value


@dataclass
class _File:
    """A document of the mail and the signatures that count for it."""

    document: Document
    recognition: Recognition
    signatures: list[Signature] = field(default_factory=list)

    @property
    def about(self) -> About:
        """Where findings on it point."""
        return About(part=self.document.part, filename=self.document.filename)

    @property
    def issued(self) -> bool:
        """Whether it is an official document with its number."""
        return self.recognition.state.value == "issued"


def evaluate(evidence: Evidence, settings: Settings) -> Iterator[Finding]:
    """Yield findings on every signature, then on every document; nothing before the mail is seen."""
    message = evidence.message
    if message is None:
        return
    bodies = _body_parts(message)
    files = _files(evidence, bodies)
    for signature in evidence.signatures:
        yield from _signature(signature)
        yield from _mail_signer(signature, message)
    for part, signatures in _by_part(evidence.signatures).items():
        yield from _standing(part, signatures)
    declared = declaration(evidence, settings, bodies)
    misdirected = not_units(evidence, settings) if declared else ()
    twins = _twins(files, settings)
    for one in files:
        yield from _document(one, settings, twins=twins, paper=bool(declared) and not misdirected)
        yield from _holders(one, evidence, settings)
    needs_paper = any(_must_be_signed(one, settings) and not _is_satisfied(one, settings, twins) for one in files)
    if declared and needs_paper:
        yield _paper_finding(declared, misdirected)


def is_valid(signature: Signature) -> bool:
    """Tell whether a signature stands; freshness of revocation data is reported apart and does not decide."""
    return (
        signature.integrity is Integrity.INTACT
        and signature.coverage is Coverage.WHOLE
        and signature.changes is not Changes.FORBIDDEN
        and signature.trust is Trust.TRUSTED
        and signature.revocation is not Revocation.REVOKED
    )


def _signature(signature: Signature) -> Iterator[Finding]:
    """What is wrong with one signature: the first cause that decides, then everything worth noting."""
    rule = _fault(signature)
    if rule is not None:
        outcome = FindingOutcome.INDETERMINATE if rule == "unverifiable" else FindingOutcome.FAILED
        yield _on(signature, rule, outcome, reason=_reason(signature, rule))
        if rule in {"broken", "incoming_stamp", "unverifiable"}:
            return
    if signature.document_timestamp:
        if "weak-timestamp" in signature.problems or signature.trust is not Trust.TRUSTED:
            yield _on(signature, "weak_timestamp", FindingOutcome.FAILED)
        return
    if rule is None and signature.revocation is Revocation.UNKNOWN:
        stale = "revocation-stale" in signature.problems
        yield _on(signature, "revocation", FindingOutcome.INDETERMINATE, reason="stale" if stale else "missing")
    if {"weak-timestamp", "untrusted-timestamp", "broken-timestamp"} & set(signature.problems):
        yield _on(signature, "weak_timestamp", FindingOutcome.FAILED)
    for problem in _VIEW_PROBLEMS:
        if problem in signature.problems:
            yield _on(signature, "view_content", FindingOutcome.FAILED, reason=problem)


def _signs_macros(signature: Signature) -> bool:
    return "macro-signature" in signature.problems


def _fault(signature: Signature) -> str | None:
    """Return the rule that a signature fails, the gravest cause first; None when it stands."""
    if signature.integrity is Integrity.UNKNOWN:
        return "unverifiable"
    if signature.integrity is Integrity.BROKEN:
        return "incoming_stamp" if "incoming-stamp" in signature.problems else "broken"
    if signature.changes is Changes.FORBIDDEN:
        return "changed"
    if _signs_macros(signature):
        return None  # it vouches for the macros, which are judged elsewhere, and not for the document
    if signature.coverage is not Coverage.WHOLE:
        return "partial"
    if signature.document_timestamp:
        return None  # it proves a time and nothing else; without trust it proves nothing, which is noted
    if signature.revocation is Revocation.REVOKED or signature.sub_indication == "REVOKED":
        return "revoked"
    if signature.trust is Trust.TRUSTED:
        return None
    weak = signature.sub_indication == "CRYPTO_CONSTRAINTS_FAILURE"
    return "weak_algorithm" if weak else "untrusted"


def _reason(signature: Signature, rule: str) -> str:
    """Key of the words that tell why (`[words.reason]`)."""
    problems = set(signature.problems)
    match rule:
        case "untrusted":
            if "wrong-key-usage" in problems:
                return "wrong-key-usage"
            return signature.sub_indication or "NO_CERTIFICATE_CHAIN_FOUND"
        case "partial":
            return next(
                (p for p in ("trailing-bytes", "uncovered-part", "unsigned-relationship") if p in problems),
                "uncovered-part",
            )
        case "unverifiable":
            return next((p for p in ("encrypted", "unsupported-format") if p in problems), "unsupported-algorithm")
        case "broken":
            return signature.sub_indication or "HASH_FAILURE"
        case _:
            return rule


def _on(signature: Signature, rule: str, outcome: FindingOutcome, *, reason: str = "") -> Finding:
    params: dict[str, str | int | float] = {"signer": _name(signature), "field": signature.field}
    if signature.signer is not None:
        params["issuer"] = _common_name(signature.signer.issuer)
    if reason:
        params["reason"] = reason
    if signature.algorithms:
        params["algorithms"] = ", ".join(signature.algorithms)
    return Finding(
        rule=rule,
        outcome=outcome,
        about=About(part=signature.part, filename=signature.filename),
        locator=f"page:{signature.page}" if signature.page else "",
        params=params,
    )


def _name(signature: Signature) -> str:
    signer = signature.signer
    return (signer.common_name or signer.organisation or signer.subject) if signer is not None else "unknown"


def _common_name(distinguished: str) -> str:
    found = re.search(r"(?:^|,)CN=((?:\\.|[^,\\])*)", distinguished)
    return re.sub(r"\\(.)", r"\1", found.group(1)) if found else distinguished


def _by_part(signatures: tuple[Signature, ...]) -> dict[str, list[Signature]]:
    grouped: dict[str, list[Signature]] = {}
    for signature in signatures:
        if not signature.document_timestamp and not _signs_macros(signature):
            grouped.setdefault(signature.part, []).append(signature)
    return grouped


def _standing(part: str, signatures: list[Signature]) -> Iterator[Finding]:
    """Say who signed, when every signature of a part stands."""
    valid = [signature for signature in signatures if is_valid(signature)]
    if len(valid) == len(signatures):
        names = list(dict.fromkeys(_name(signature) for signature in valid))
        yield Finding(
            rule="broken",
            outcome=FindingOutcome.PASSED,
            about=About(part=part, filename=valid[0].filename),
            params={"count": len(valid), "total": len(signatures), "signers": ", ".join(names)},
        )


def _mail_signer(signature: Signature, message: Message) -> Iterator[Finding]:
    """The address in an S/MIME certificate is the author's (RFC 8550 §4.4.3)."""
    if signature.container != "smime" or signature.integrity is not Integrity.INTACT or signature.signer is None:
        return
    authors = {
        address.normal for reading in message.address_fields if reading.field == "from" for address in reading.mailboxes
    }
    email = signature.signer.email
    if not authors:
        return
    matches = email is not None and normal_form(email) in authors
    outcome = FindingOutcome.PASSED if matches else FindingOutcome.FAILED
    finding = _on(signature, "mail_signer", outcome)
    yield Finding(
        rule=finding.rule,
        outcome=outcome,
        about=finding.about,
        params={**finding.params, "address": email or "-", "author": ", ".join(sorted(authors))},
    )


def _files(evidence: Evidence, bodies: frozenset[str]) -> list[_File]:
    """The documents of the mail, each with the signatures in it, around it and beside it."""
    files = []
    for document in evidence.documents:
        if document.part in bodies:
            continue
        recognition = recognise(document)
        if document.format not in _DOCUMENT_FORMATS and recognition.state.value != "issued":
            continue
        signatures = [one for one in evidence.signatures if _counts_for(one, document.part)]
        files.append(_File(document, recognition, signatures))
    return files


def _counts_for(signature: Signature, part: str) -> bool:
    if signature.document_timestamp or _signs_macros(signature):
        return False
    covered = signature.covers or (signature.part,)
    return any(part == path or part.startswith((f"{path}.", f"{path}!")) for path in covered)


def _must_be_signed(one: _File, settings: Settings) -> bool:
    working = settings.working_files_too and one.document.format in _DOCUMENT_FORMATS
    return one.issued or working


def _is_satisfied(one: _File, settings: Settings, twins: frozenset[str]) -> bool:
    return _is_well_signed(one, settings) or (one.document.part in twins)


def _is_well_signed(one: _File, settings: Settings) -> bool:
    valid = [signature for signature in one.signatures if is_valid(signature)]
    if not valid or len(valid) != len(one.signatures):
        return False
    kinds = {signature.holder_kind for signature in valid}
    return not settings.require_both_signatures or {HolderKind.PERSON, HolderKind.ORGANISATION} <= kinds


def _twins(files: list[_File], settings: Settings) -> frozenset[str]:
    """Parts for which a well-signed PDF of the same base name is in the mail."""
    if not settings.accept_signed_pdf_twin:
        return frozenset()
    signed = {_base(one) for one in files if one.document.format == "pdf" and _is_well_signed(one, settings)}
    return frozenset(
        one.document.part for one in files if one.document.format != "pdf" and _base(one) and _base(one) in signed
    )


def _base(one: _File) -> str:
    """Base name in one normal form; `bao-cao.signed.pdf` of the signing tools is the twin of `bao-cao.docx`."""
    name = unicodedata.normalize("NFC", one.document.filename or "").casefold().replace("\\", "/").rpartition("/")[2]
    stem = name.rpartition(".")[0] or name
    while stem.endswith((".signed", "_signed", "-signed")):
        stem = stem[:-7]
    return stem.strip()


def _document(one: _File, settings: Settings, *, twins: frozenset[str], paper: bool) -> Iterator[Finding]:
    """Whether one document is signed as it must be."""
    number = one.recognition.number
    params: dict[str, str | int | float] = {"number": number or "-"}
    if _is_satisfied(one, settings, twins):
        if one.issued:
            how = "twin" if one.document.part in twins and not _is_well_signed(one, settings) else "signed"
            names = ", ".join(dict.fromkeys(_name(signature) for signature in one.signatures)) or "-"
            yield Finding(
                rule="unsigned",
                outcome=FindingOutcome.PASSED,
                about=one.about,
                params={**params, "how": how, "signers": names},
            )
        return
    if _must_be_signed(one, settings):
        if not paper:
            reason = "faulty" if one.signatures else "none"
            yield Finding(
                rule="unsigned", outcome=FindingOutcome.FAILED, about=one.about, params={**params, "reason": reason}
            )
        return
    if one.document.status not in {ReadStatus.OK, ReadStatus.PARTIAL}:
        yield Finding(rule="working_file", outcome=FindingOutcome.INDETERMINATE, about=one.about, params=params)
    elif not one.signatures:
        yield Finding(rule="working_file", outcome=FindingOutcome.FAILED, about=one.about, params=params)


def _holders(one: _File, evidence: Evidence, settings: Settings) -> Iterator[Finding]:
    """Person and seal on an issued document (Decree 30/2020, Article 5.1), and whose seal it is."""
    valid = [signature for signature in one.signatures if is_valid(signature)]
    if not valid:
        return
    kinds = {signature.holder_kind for signature in valid}
    if one.issued:
        missing = [
            word
            for kind, word in ((HolderKind.PERSON, "person"), (HolderKind.ORGANISATION, "seal"))
            if kind not in kinds
        ]
        for word in missing:
            yield Finding(
                rule="two_signatures", outcome=FindingOutcome.FAILED, about=one.about, params={"missing": word}
            )
        if not missing:
            yield Finding(rule="two_signatures", outcome=FindingOutcome.PASSED, about=one.about)
    for signature in valid:
        if signature.holder_kind is HolderKind.ORGANISATION and not _is_own(signature, one, evidence, settings):
            yield _on(signature, "other_organisation", FindingOutcome.FAILED)


def _is_own(signature: Signature, one: _File, evidence: Evidence, settings: Settings) -> bool:
    """Compare whole names, never parts of them: look-alikes are how impostors come in."""
    signer = signature.signer
    if signer is None:
        return False
    if signer.tax_id is not None and signer.tax_id in settings.own_tax_ids:
        return True
    own = {_fold_name(name) for name in settings.own_organisations}
    if evidence.directory is not None:
        own |= _unit_names(evidence.directory)
    if not settings.own_organisations:
        own |= {_fold_name(one.recognition.issuer)} if one.recognition.issuer else set()
    names = (signer.common_name, signer.organisation, signer.organisational_unit)
    return any(_fold_name(name) in own for name in names if name)


_UNIT_NAMES: Final[dict[str, frozenset[str]]] = {}
"""Folded unit names by the digest of their directory: hundreds of thousands of mailboxes are gone through once."""


def _unit_names(directory: Directory) -> frozenset[str]:
    names = _UNIT_NAMES.get(directory.digest)
    if names is None:
        units = {unit.name for unit in directory.units.values()} | {box.unit for box in directory.mailboxes.values()}
        names = frozenset(_fold_name(unit) for unit in units if unit)
        _UNIT_NAMES.clear()
        _UNIT_NAMES[directory.digest] = names
    return names


def _fold_name(name: str) -> str:
    upper = " ".join(unicodedata.normalize("NFC", name).upper().replace("UỶ", "ỦY").split())
    return upper.replace("UBND ", "ỦY BAN NHÂN DÂN ", 1) if upper.startswith("UBND ") else upper


def _body_parts(message: Message) -> frozenset[str]:
    """Paths of the parts that a mail client shows as the text of the mail."""
    return frozenset(part.path for part in message.root.leaves() if _is_body(part))


def _is_body(part: Part) -> bool:
    shown = part.declared_type in {"text/plain", "text/html", ""} and "!" not in part.path
    return shown and part.content_disposition != "attachment" and part.filename is None


def _paper_finding(declared: str, misdirected: tuple[str, ...]) -> Finding:
    params: dict[str, str | int | float] = {"how": declared}
    if misdirected:
        params["recipients"] = ", ".join(misdirected[:5])
        return Finding(rule="paper_copy", outcome=FindingOutcome.FAILED, params=params)
    return Finding(rule="paper_copy", outcome=FindingOutcome.PASSED, params=params)
