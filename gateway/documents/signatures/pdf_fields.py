"""The filled signature fields of a PDF, and the revision of the file that each signature covers."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields

from gateway.documents.signatures import pdf_changes, pdf_xref
from gateway.documents.signatures.pdf_objects import entry, pages, references
from gateway.documents.signatures.pdf_ranges import (
    RangeFault,
    SignedRange,
    final_startxref,
    has_foreign_tail,
    reaches_end,
    read_range,
)
from gateway.documents.signatures.wall import LIMIT, LibraryFault, wall
from gateway.model import Changes, Coverage

_MAX_FIELDS = 64
_MAX_REVISIONS = 200


@dataclass(frozen=True)
class Field:
    """A filled signature field."""

    name: str
    field: Any
    signature: Any
    revision: int
    """Revision that wrote the signature dictionary last."""
    range: SignedRange | None
    fault: str = ""

    @property
    def end(self) -> int:
        """End of its signed bytes, 0 when unknown."""
        return self.range.end if self.range else 0

    @property
    def is_timestamp(self) -> bool:
        """Return whether it is a document timestamp."""
        kind, sub_filter = entry(self.signature, "/Type"), entry(self.signature, "/SubFilter")
        return bool(kind == "/DocTimeStamp" or sub_filter == "/ETSI.RFC3161")


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Evidence in the rest of the file about the place of a signature."""

    last: bool
    """No other signature that holds is over more."""
    faults: tuple[str, ...]
    """What is wrong with the file as a whole, for every signature in it."""
    mended: bool
    """Some viewers put the file together anew."""
    intact: frozenset[str]
    """Names of the fields over more whose signatures hold."""


def open_reader(data: bytes) -> PdfFileReader:
    """Open a file as pyHanko does, with two workarounds."""
    reader = PdfFileReader(io.BytesIO(data), strict=False)
    _correct_sizes(reader)
    find = reader.xrefs.get_introducing_revision

    def introduced(reference: Any) -> int:
        # pyHanko 0.38 raises KeyError for a reference to an object that does not exist (null, ISO 32000-2 §7.3.10), as
        # writers of /DSS leave them; older than every revision, it explains nothing and needs no explanation.
        try:
            return int(find(reference))
        except KeyError:
            return -1

    reader.xrefs.get_introducing_revision = introduced
    return reader


def _correct_sizes(reader: PdfFileReader) -> None:
    """Let a number count as free for new objects only when no revision up to then lists it or could have given it away.

    pyHanko believes the /Size of each trailer: behind an update with a small one, every object of the signed revision would
    be new, and its replacement explained.
    """
    xrefs = reader.xrefs
    infos, largest = [], 0
    for revision in range(xrefs.total_revisions):
        info, section = xrefs.get_xref_container_info(revision), xrefs.get_xref_data(revision)
        held = [section] if section.hybrid is None else [section, section.hybrid.xref_data]
        listed = (max(numbers, default=-1) for one in held for numbers in (one.standard_xrefs, one.xrefs_in_objstm))
        largest = max(largest, info.size, *(number + 1 for number in listed))
        infos.append(replace(info, size=largest))
    xrefs.get_xref_container_info = infos.__getitem__


def filled_fields(reader: PdfFileReader, data: bytes) -> list[Field]:
    """Return every filled signature field in the order of what they sign; LibraryFault when there are too many."""
    found = []
    for number, (name, value, reference) in enumerate(enumerate_sig_fields(reader, filled_status=True)):
        if number >= _MAX_FIELDS:
            raise LibraryFault(LIMIT, "fields")
        signature = value.get_object() if isinstance(value, generic.IndirectObject) else value
        field = reference.get_object()
        if not isinstance(signature, generic.DictionaryObject):
            found.append(Field(name, field, generic.DictionaryObject(), 0, None, "malformed"))
            continue
        raw = field.raw_get("/V") if "/V" in field else value
        revision = 0
        if isinstance(raw, generic.IndirectObject):
            revision = reader.xrefs.get_last_change(raw.reference)
        try:
            signed = read_range(data, _numbers(signature))
            _assert_own_contents(signature, signed)
            found.append(Field(name, field, signature, revision, signed))
        except RangeFault as fault:
            found.append(Field(name, field, signature, revision, None, str(fault)))
    return sorted(found, key=lambda one: one.end)


def _assert_own_contents(signature: Any, signed: SignedRange) -> None:
    """The gap must hold the /Contents of this very dictionary: a field with the range of another would show its signer, too."""
    held = signature.raw_get("/Contents", decrypt=generic.EncryptedObjAccess.RAW) if "/Contents" in signature else None
    if isinstance(held, generic.IndirectObject):
        held = held.get_object()
    if not isinstance(held, (generic.ByteStringObject, generic.TextStringObject)):
        raise RangeFault("byte-range-gap")
    if held.original_bytes != signed.contents:
        raise RangeFault("byte-range-gap")


def _numbers(signature: Any) -> list[object]:
    if "/ByteRange" not in signature:
        return []
    return [int(n) if isinstance(n, generic.NumberObject) else n for n in signature["/ByteRange"]]


def page_numbers(reader: PdfFileReader) -> dict[int, int]:
    """Return the page, from 1, by the object number of it or of an annotation on it; empty when the pages cannot be read."""
    found: dict[int, int] = {}
    with suppress(LibraryFault), wall("pages"):
        for number, (reference, page) in enumerate(pages(reader.root["/Pages"]), 1):
            found[reference.idnum] = number
            for annotation in references(page, "/Annots"):
                found.setdefault(annotation.idnum, number)
    return found


def page_of(one: Field, numbers: dict[int, int]) -> int | None:
    """Return the page of a field's widget."""
    for widget in (one.field, *(kid.get_object() for kid in entry(one.field, "/Kids", ()))):
        page = widget.raw_get("/P") if "/P" in widget else None
        for reference in (getattr(widget, "container_ref", None), page):
            found = numbers.get(getattr(reference, "idnum", 0))
            if found is not None:
                return found
    return None


def place(
    reader: PdfFileReader, data: bytes, one: Field, signed: SignedRange, around: Surroundings
) -> tuple[Coverage, Changes, list[str]]:
    """Coverage and changes of one signature with a well-formed byte range."""
    total = reader.xrefs.total_revisions
    newest = reader.xrefs.get_xref_container_info(total - 1)
    problems = list(around.faults)
    if has_foreign_tail(data, max(_structure_ends(reader))):
        problems.append("trailing-bytes")
    if reaches_end(data, signed):
        return Coverage.PARTIAL if around.faults else Coverage.WHOLE, Changes.NONE, problems
    revision = _covered_revision(reader, data, one, signed)
    if revision is None:
        return Coverage.UNKNOWN, Changes.FORBIDDEN, [*problems, "uncovered-revision"]
    if total > _MAX_REVISIONS:
        raise LibraryFault(LIMIT, "revisions")
    if newest.end_location <= signed.end:
        # No revision follows, yet bytes do: nothing explains them.
        return Coverage.PARTIAL, Changes.NONE, [*dict.fromkeys((*problems, "trailing-bytes"))]
    try:
        if around.mended or pdf_xref.is_ambiguous(data, reader, revision):
            return Coverage.PARTIAL, Changes.FORBIDDEN, [*problems, "two-readings"]
        changes, notes = pdf_changes.since(
            reader,
            revision,
            *pdf_changes.permissions(one.signature, one.field),
            last=around.last,
            intact=around.intact,
            signed=data[: signed.end],
        )
    except LibraryFault as fault:
        if fault.what == LIMIT:
            raise
        return Coverage.PARTIAL, Changes.FORBIDDEN, [*problems, "unanalysable-changes"]
    problems += notes
    return Coverage.PARTIAL if problems else Coverage.WHOLE, changes, problems


def _structure_ends(reader: PdfFileReader) -> list[int]:
    """End of the cross-reference of each revision; a linearised file has that of its first page up front."""
    xrefs = reader.xrefs
    return [xrefs.get_xref_container_info(revision).end_location for revision in range(xrefs.total_revisions)]


def _covered_revision(reader: PdfFileReader, data: bytes, one: Field, signed: SignedRange) -> int | None:
    """Return the last revision that is within the signed bytes, None when they do not end exactly with one.

    The revision is found by the place of the bytes, not by the writer of the signature: both halves of a linearised file are
    one revision to its signer.
    """
    start = final_startxref(data, signed)
    with wall("revision"):
        inside = 0
        for end in _structure_ends(reader):
            if end > signed.end:
                break
            inside += 1
        if inside == 0 or one.revision >= inside or start != reader.xrefs.get_startxref_for_revision(inside - 1):
            return None
        return inside - 1
