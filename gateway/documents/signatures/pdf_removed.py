"""Signatures removed by a later revision of a PDF: emptied, deleted with their field or with the form.

An update only ever appends, so the signed bytes are still there with the signature in the gap that its byte range leaves. The
objects are what the last revision made of them; so the bytes are searched. A signature taken out
and never replaced makes the file one that was signed and changed, not one that is unsigned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields

from gateway.documents.signatures import cms, pdf_values
from gateway.documents.signatures.pdf_objects import entry
from gateway.documents.signatures.pdf_ranges import RangeFault, SignedRange, read_range
from gateway.documents.signatures.report import REMOVED, Facts, Subject, assemble
from gateway.documents.signatures.timestamps import TST_INFO
from gateway.documents.signatures.wall import LibraryFault, wall
from gateway.model import Changes, Coverage, Integrity, Signature

_BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*0\s+(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s*\]")
_USAGE_RIGHTS = re.compile(rb"/TransformMethod\s*/UR3?\b")
"""Adobe's licence for extended features of its Reader: a signature that no field holds and that signs nothing for people."""
_MAX_RANGES = 256
_MAX_REVISIONS = 200


def removed_signatures(data: bytes, known: Sequence[SignedRange]) -> list[SignedRange]:
    """Return the ranges of signatures in the bytes that are not among `known`, those of the fields, in signing order."""
    found: dict[int, SignedRange] = {}
    gaps = {one.gap_start for one in known}
    for number, match in enumerate(_BYTE_RANGE.finditer(data)):
        if number >= _MAX_RANGES:
            break
        if int(match[1]) in gaps:
            continue
        try:
            signed = read_range(data, (0, *(int(one) for one in match.groups())))
        except RangeFault:
            continue
        if not _is_licence(data, match.start(), signed) and _is_signature(signed):
            found[signed.gap_start] = signed
    return sorted(found.values(), key=lambda one: one.end)


def _is_licence(data: bytes, place: int, signed: SignedRange) -> bool:
    begin, end = min(place, signed.gap_start), max(place, signed.gap_end)
    first = data.rfind(b" obj", 0, begin)
    last = data.find(b"endobj", end)
    return bool(_USAGE_RIGHTS.search(data, max(first, 0), signed.gap_start) or _USAGE_RIGHTS.search(data, end, last))


def _is_signature(signed: SignedRange) -> bool:
    """Return whether the gap holds a signature; a document timestamp is none, and room never filled is nothing."""
    try:
        return cms.parse(signed.contents).content_type != TST_INFO
    except LibraryFault:
        return False


def report_removed(
    subject: Subject, data: bytes, reader: PdfFileReader, removed: Sequence[SignedRange]
) -> list[Signature]:
    """Return a report on each signature that was taken out, with the name of the field that had held it."""
    held = dict(_former_fields(reader))
    reports = []
    for signed in removed:
        name, sub_filter = held.get(signed.gap_start, ("", ""))
        facts = Facts(
            field=name,
            integrity=Integrity.UNKNOWN,
            coverage=Coverage.PARTIAL,
            changes=Changes.FORBIDDEN,
            problems=(REMOVED,),
        )
        sha1 = sub_filter == "/adbe.pkcs7.sha1"
        reports.append(
            assemble(subject, pdf_values.from_cms(facts, signed, signed.content(data), sha1=sha1, trust=subject.trust))
        )
    return reports


def _former_fields(reader: PdfFileReader) -> Iterator[tuple[int, tuple[str, str]]]:
    """Places of the signatures of an earlier revision, with name of field and kind."""
    for revision in range(min(reader.xrefs.total_revisions, _MAX_REVISIONS)):
        try:
            with wall("revision"):
                fields = list(enumerate_sig_fields(reader.get_historical_resolver(revision), filled_status=True))
                yield from (_place(name, value.get_object()) for name, value, _ in fields[:64])
        except LibraryFault:
            continue  # the name is only shown


def _place(name: str, signature: Any) -> tuple[int, tuple[str, str]]:
    return int(entry(signature, "/ByteRange")[1]), (name, str(entry(signature, "/SubFilter", "")))
