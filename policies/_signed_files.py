"""Documents of a mail with their valid signatures, and whether they suffice (Điều 9.3)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from msgspec import Struct

from gateway.model import About, Document, Evidence, Finding, HolderKind, Message, Signature
from gateway.vietnamese.official import State
from policies._findings import failed
from policies._signature_findings import is_valid, signs_macros
from policies._signing_settings import Settings

OFFICE_FORMATS: Final = frozenset(
    {"doc", "docx", "xls", "xlsx", "xlsb", "ppt", "pptx", "odt", "ods", "odp", "odg", "rtf", "pdf"}
)


class Recognised(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Class of one document by its words."""

    state: State = State.WORKING
    number: str = ""
    """Of an official document, as written."""
    issuer_is: tuple[str, ...] = ()
    """Names on the mail's signatures that are the name of its issuer, folded."""


_VIEW: Final = {
    "javascript": "javascript", "launch": "launch", "submit-form": "launch", "import-data": "launch", "rendition": "multimedia",
    "rich-media": "multimedia", "movie": "multimedia", "sound": "multimedia", "hidden-layer": "hidden-layer", "xfa": "xfa",
}  # fmt: skip
"""Active content of a PDF, and the words for it."""


@dataclass
class SignedFile:
    """A document of the mail and the signatures that count for it."""

    document: Document
    recognition: Recognised
    signatures: list[Signature] = field(default_factory=list)

    @property
    def about(self) -> About:
        """Place to which findings on it point."""
        return About(part=self.document.part, filename=self.document.filename)

    @property
    def issued(self) -> bool:
        """Return whether it is an official document with its number."""
        return self.recognition.state is State.ISSUED


def body_parts(message: Message, *, named: bool = False) -> frozenset[str]:
    """Return the paths of the parts that mail clients show as the text of the mail; `named`: also those with a file name, which some clients show."""
    return frozenset(
        part.path
        for part in message.root.leaves()
        if part.declared_type in {"text/plain", "text/html", ""}
        and part.content_disposition != "attachment"
        and "!" not in part.path
        and (named or part.filename is None)
    )


def signed_files(evidence: Evidence, bodies: frozenset[str], recognised: tuple[Recognised, ...]) -> list[SignedFile]:
    """The documents of the mail, each with the signatures in it, around it and beside it."""
    files = []
    for document, recognition in zip(evidence.documents, recognised, strict=True):
        if document.part in bodies:
            continue
        if document.format not in OFFICE_FORMATS and recognition.state is not State.ISSUED:
            continue
        signatures = [one for one in evidence.signatures if _counts_for(one, document.part)]
        files.append(SignedFile(document, recognition, signatures))
    issued = {one.document.part for one in files if one.issued}
    return [
        one for one in files if one.document.format in OFFICE_FORMATS or issued.isdisjoint(_around(one.document.part))
    ]


def _around(part: str) -> list[str]:
    """Return the parts that contain a part: a picture in an issued document (its thumbnail) is no second document."""
    pieces = part.split("!")
    return ["!".join(pieces[:count]) for count in range(1, len(pieces))]


def _counts_for(signature: Signature, part: str) -> bool:
    if signature.document_timestamp or signs_macros(signature):
        return False
    # Below a part of the mail, 1, are 1.1 and 1!a.txt; the file 2!a.txt.pdf is beside 2!a.txt.
    covered = signature.covers or (signature.part,)
    return any(
        part == path or part.startswith(f"{path}!" if "!" in path else (f"{path}.", f"{path}!")) for path in covered
    )


def must_be_signed(one: SignedFile, settings: Settings) -> bool:
    working = settings.working_files_too and one.document.format in OFFICE_FORMATS
    return one.issued or working


def is_satisfied(one: SignedFile, settings: Settings, twins: frozenset[str]) -> bool:
    return is_well_signed(one, settings) or (one.document.part in twins)


def is_well_signed(one: SignedFile, settings: Settings) -> bool:
    valid = [signature for signature in one.signatures if is_valid(signature)]
    if not valid or len(valid) != len(one.signatures):
        return False
    kinds = {signature.holder_kind for signature in valid}
    return not settings.require_both_signatures or {HolderKind.PERSON, HolderKind.ORGANISATION} <= kinds


def view_content(one: SignedFile) -> Iterator[Finding]:
    """Content of a PDF from before its signature that may change its view."""
    if one.document.format == "pdf" and any(map(is_valid, one.signatures)):
        for reason in dict.fromkeys(_VIEW.get(active.kind) for active in one.document.active_content):
            if reason is not None:
                yield failed("view_content", one.about, reason=reason)


def signed_twins(files: list[SignedFile], settings: Settings) -> frozenset[str]:
    """Parts for which a well-signed PDF of the same base name is in the mail."""
    if not settings.accept_signed_pdf_twin:
        return frozenset()
    signed = {_base(one) for one in files if one.document.format == "pdf" and is_well_signed(one, settings)}
    return frozenset(
        one.document.part for one in files if one.document.format != "pdf" and _base(one) and _base(one) in signed
    )


def _base(one: SignedFile) -> str:
    """Base name in one normal form; `bao-cao.signed.pdf` of the signing tools is the twin of `bao-cao.docx`."""
    name = unicodedata.normalize("NFC", one.document.filename or "").casefold().replace("\\", "/").rpartition("/")[2]
    stem = name.rpartition(".")[0] or name
    while stem.endswith((".signed", "_signed", "-signed")):
        stem = stem[:-7]
    return stem.strip()
