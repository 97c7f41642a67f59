"""Cross-references that two viewers read as two documents (ISO 32000-2 §7.5.4, §7.5.8).

A table that lists one object twice shows the first to Poppler and MuPDF and the last to pyHanko, which would then judge a
revision that nobody sees. The same is true of a hybrid file whose table and stream disagree, and of an object that lies in
an update and is listed nowhere: a viewer that fixes the file finds it. And of dictionaries that name one key twice (`pdf_doubles`).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import XRefSectionMetaInfo, XRefSectionType

from gateway.documents.readers.pdf.objects import find_objects
from gateway.documents.signatures.pdf_doubles import is_doubled
from gateway.documents.signatures.pdf_objects import entry
from gateway.documents.signatures.wall import LibraryFault, wall

_OBJECT = re.compile(rb"\s*\d+\s+\d+\s+obj\s*")
_BLANK = re.compile(rb"[\x00\t\n\x0c\r ]*")


def is_ambiguous(data: bytes, reader: PdfFileReader, revision: int, end: int) -> bool:
    """Return whether what follows `revision`, which ends at the byte `end`, has a second reading; LibraryFault when unreadable."""
    with wall("cross-reference"):
        later = range(revision + 1, reader.xrefs.total_revisions)
        return any(_is_section_ambiguous(data, reader, one) for one in later) or _has_unlisted(data, reader, later, end)


def is_ambiguous_inside(data: bytes, reader: PdfFileReader) -> bool:
    """Return whether a table anywhere lists one object at two places, or a dictionary has two values of one key.

    Prepared so before signing, the file shows readers two documents; one that pyHanko alone makes sense of does as well. Only
    what contradicts itself counts, since these bytes are signed and may be old and sloppy.
    """
    try:
        with wall("cross-reference"):
            return any(
                _contradicts(data, reader, one) or is_doubled(data, reader, one)
                for one in range(reader.xrefs.total_revisions)
            )
    except LibraryFault:
        return True


def _contradicts(data: bytes, reader: PdfFileReader, revision: int) -> bool:
    info: XRefSectionMetaInfo = reader.xrefs.get_xref_container_info(revision)
    if info.xref_section_type is XRefSectionType.STREAM:
        return _overlap(_indexed(data, info))
    hybrid = reader.xrefs.get_xref_data(revision).hybrid
    if hybrid is not None:
        places = {**hybrid.xref_data.standard_xrefs, **hybrid.xref_data.xrefs_in_objstm}
        listed = reader.xrefs.get_xref_data(revision).standard_xrefs
        if any(places.get(number, place) != place for number, place in listed.items()):
            return True
    return _overlap(_subsections(data, info)) and not _agrees(data, info)


def _agrees(data: bytes, info: XRefSectionMetaInfo) -> bool:
    """Whether an object that a table lists twice is at one place all the same."""
    seen: dict[int, list[bytes]] = {}
    for first, rows in _listed(data, info):
        for number in range(len(rows) // 3):
            place = rows[3 * number : 3 * number + 3]
            if seen.setdefault(first + number, place) != place:
                return False
    return True


def _is_section_ambiguous(data: bytes, reader: PdfFileReader, revision: int) -> bool:
    info: XRefSectionMetaInfo = reader.xrefs.get_xref_container_info(revision)
    if not _is_where_it_should(data, info):
        return True
    if info.xref_section_type is XRefSectionType.STREAM:
        return _overlap(_indexed(data, info))
    section = reader.xrefs.get_xref_data(revision)
    hybrid = section.hybrid
    if hybrid is not None:
        places = {**hybrid.xref_data.standard_xrefs, **hybrid.xref_data.xrefs_in_objstm}
        differ = any(places.get(number, place) != place for number, place in section.standard_xrefs.items())
        if differ or _overlap(_indexed(data, hybrid.meta_info)):
            return True
    return _overlap(_subsections(data, info))


def _is_where_it_should(data: bytes, info: XRefSectionMetaInfo) -> bool:
    """Whether `startxref` leads to the section: pyHanko forgives a few bytes, where others look through the file for objects."""
    between = data[info.declared_startxref : info.start_location]
    return info.declared_startxref <= info.start_location and between.strip(b"\0\t\n\f\r ") in {b"", b"xref"}


def _overlap(ranges: Iterable[tuple[int, int]]) -> bool:
    position = 0
    for first, count in sorted(ranges):
        if first < position:
            return True
        position = first + count
    return False


def _subsections(data: bytes, info: XRefSectionMetaInfo) -> Iterator[tuple[int, int]]:
    """First number and count of each subsection of a table, as they stand in the file."""
    return ((first, len(rows) // 3) for first, rows in _listed(data, info))


def _listed(data: bytes, info: XRefSectionMetaInfo) -> Iterator[tuple[int, list[bytes]]]:
    """First number and words of each subsection of a table: place, generation and kind of each object."""
    tokens = data[info.start_location : info.end_location].split(b"trailer")[0].split()
    position = 1 if tokens[:1] == [b"xref"] else 0
    while position + 1 < len(tokens):
        first, count = int(tokens[position]), int(tokens[position + 1])
        if count:
            yield first, tokens[position + 2 : position + 2 + 3 * count]
        position += 2 + 3 * count


def _indexed(data: bytes, info: XRefSectionMetaInfo) -> Iterator[tuple[int, int]]:
    """The same of a stream."""
    index = [int(one) for one in entry(_stream_dictionary(data, info), "/Index", ())]
    return zip(index[::2], index[1::2], strict=True)


def _stream_dictionary(data: bytes, info: XRefSectionMetaInfo) -> Any:
    """The dictionary of a cross-reference stream, read where it stands: many do not list themselves."""
    header = _OBJECT.match(data, info.start_location)
    if header is None:
        raise LibraryFault("cross-reference", "no stream")
    stream = io.BytesIO(data)
    stream.seek(header.end())
    return generic.DictionaryObject.read_from_stream(stream, info.stream_ref)


def _has_unlisted(data: bytes, reader: PdfFileReader, later: range, end: int) -> bool:
    xrefs = reader.xrefs
    listed = {
        _BLANK.match(data, place).end()  # type: ignore[union-attr]  # it matches nothing, too
        for revision in later
        for reference in xrefs.explicit_refs_in_revision(revision)
        if isinstance(place := xrefs.get_historical_ref(reference, revision), int)
    }
    known = {reference.idnum for one in range(later.start) for reference in xrefs.explicit_refs_in_revision(one)}
    return any(place not in listed and number in known for place, _, number, _ in find_objects(data, end))
