"""Issued documents carry valid digital signatures, or a paper copy is declared (Điều 9.3, 9.4b).

What: every signature in the mail must be valid (intact, covering the whole, no forbidden change, a trusted chain, strong
algorithms, not revoked); an issued official document needs at least one that does, in itself, around it, beside it, or in
a signed PDF of the same base name; working files without signature are noted.
Why: Điều 9.3 gives legal value to signed files only; Điều 9.4b lets an unsigned one go when the paper is issued too and the
mail goes to the unit mailboxes under "Nơi nhận".
Fix: sign the last version again, or declare the paper copy (header, subject token or body line).
Settings: how a paper copy is declared, whether a signed PDF replaces the editable file, and which seals are one's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from gateway.model import (
    Disposition,
    Document,
    Facts,
    Finding,
    Looked,
    Need,
    ReadStatus,
    Rule,
)
from gateway.vietnamese.official import State, has_no_form, recognise
from policies._findings import failed, passed, unknown
from policies._paper_copy import MEANT, declaration, has_line, not_units
from policies._seals import are_issuer, holders, issuer_digest
from policies._signature_findings import by_part, mail_signers, name_of, on_signature, standing
from policies._signed_files import (
    OFFICE_FORMATS,
    Recognised,
    SignedFile,
    body_parts,
    is_satisfied,
    is_well_signed,
    must_be_signed,
    signed_files,
    signed_twins,
    view_content,
)
from policies._signing_settings import Settings

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
    Rule(id="removed", code="SGN-18", article=_SIGNED, disposition=Disposition.REJECT),
    Rule(id="signed_data", code="SGN-19", article=_SIGNED, disposition=Disposition.TAG),
)

NEEDS: Final = frozenset({Need.ENVELOPE, Need.HEADERS, Need.DOCUMENTS, Need.SIGNATURES})

TEXT_SETTINGS: Final = frozenset({"paper_copy_header", "paper_copy_subject", "paper_copy_line"})


class Look(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Class of one document by its words."""

    state: State = State.WORKING
    number: str = ""
    issuer: str = ""
    """`issuer_digest` of the name in its head, for comparison with the holders of signatures."""
    has_line: bool = False
    """Would declare a paper copy if it were the text of the mail."""


class Observation(Struct, frozen=True, kw_only=True):
    """Observations of the documents of a mail by their words."""

    documents: tuple[Recognised, ...] = ()
    """In the order of the documents."""
    paper_copy: str = ""
    """Form in which a paper copy is declared: `header`, `subject`, `line`, only `meant`, or none."""


def look(document: Document, settings: Settings) -> Look:
    """Recognise an official document, and look for a line that declares a paper copy where it may be the mail's text."""
    may_be_text = document.filename is None and "!" not in document.part
    declares = may_be_text and has_line(document, settings)
    if may_be_text and document.format not in OFFICE_FORMATS and has_no_form(document):
        return Look(has_line=declares)
    found = recognise(document)
    return Look(state=found.state, number=found.number, issuer=issuer_digest(found.issuer), has_line=declares)


def observe(mail: Looked[Look], settings: Settings) -> Observation:
    """Compare issuers with signatures and look for the declaration of a paper copy."""
    bodies = body_parts(mail.message)
    if all(document.part in bodies for document in mail.documents):  # a mail of words only
        return Observation(documents=(Recognised(),) * len(mail.documents))
    looks = tuple(zip(mail.documents, mail.looks, strict=True))
    documents = tuple(
        Recognised()
        if document.part in bodies
        else Recognised(state=one.state, number=one.number, issuer_is=are_issuer(mail.signatures, one.issuer))
        for document, one in looks
    )
    line = any(one.has_line for document, one in looks if document.part in bodies)
    return Observation(documents=documents, paper_copy=declaration(mail.message, settings, line=line))


def judge(evidence: Facts[Observation], settings: Settings) -> Iterator[Finding]:
    """Yield findings on every signature, then on every document; nothing before the mail is seen."""
    message = evidence.message
    if message is None:
        return
    bodies = body_parts(message)
    files = signed_files(evidence, bodies, evidence.seen.documents)
    for signature in evidence.signatures:
        yield from on_signature(signature)
    yield from mail_signers(evidence.signatures, message)
    for signatures in by_part(evidence.signatures).values():
        yield from standing(signatures)
    twins = signed_twins(files, settings)
    needs_paper = any(must_be_signed(one, settings) and not is_satisfied(one, settings, twins) for one in files)
    how = evidence.seen.paper_copy if needs_paper else ""
    declared = "" if how == MEANT else how
    misdirected = not_units(evidence, settings) if declared else ()
    paper: dict[str, str | int | float] | None = {}
    if misdirected:
        paper = _misdirected(misdirected)
    elif declared:
        paper = None
    elif how == MEANT:
        paper = {"paper": "unmarked"}
    for one in files:
        yield from _document(one, settings, twins=twins, paper=paper)
        yield from holders(one, evidence, settings)
        yield from view_content(one)
    if declared:
        yield _paper_finding(declared, misdirected)


def _document(
    one: SignedFile, settings: Settings, *, twins: frozenset[str], paper: dict[str, str | int | float] | None
) -> Iterator[Finding]:
    """Return whether one document is signed as it must be; `paper` says why no paper copy counts, None that one does."""
    number = one.recognition.number
    params: dict[str, str | int | float] = {"number": number or "-"}
    if is_satisfied(one, settings, twins):
        if one.issued:
            how = "twin" if one.document.part in twins and not is_well_signed(one, settings) else "signed"
            names = ", ".join(dict.fromkeys(name_of(signature) for signature in one.signatures)) or "-"
            yield passed("unsigned", one.about, **params, how=how, signers=names)
        return
    if must_be_signed(one, settings):
        if paper is not None:
            reason = "faulty" if one.signatures else "none"
            yield failed("unsigned", one.about, **params, reason=reason, **paper)
        return
    if one.document.status not in {ReadStatus.OK, ReadStatus.PARTIAL}:
        yield unknown("working_file", one.about, **params)
    elif not one.signatures:
        yield failed("working_file", one.about, **params)


def _misdirected(misdirected: tuple[tuple[str, str], ...]) -> dict[str, str | int | float]:
    """Return the parameters that name the recipients in the way of a paper copy, and why the first of them is."""
    addresses = [address for address, _ in misdirected]
    named = ", ".join(addresses[:3]) + (f" (+{len(addresses) - 3})" if len(addresses) > 3 else "")
    return {"paper": "misdirected", "first": addresses[0], "recipients": named, "misfit": misdirected[0][1]}


def _paper_finding(declared: str, misdirected: tuple[tuple[str, str], ...]) -> Finding:
    params: dict[str, str | int | float] = {"how": declared}
    if misdirected:
        return failed("paper_copy", **params, **_misdirected(misdirected))
    return passed("paper_copy", **params)
