"""Cross-references that viewers interpret differently (ISO 32000-2 §7.5.4, §7.5.8).

A table that lists one object twice shows the first to Poppler and MuPDF and the last to pyHanko, which would then judge a
revision that viewers do not show. The same is true of a hybrid file whose table and stream disagree, and of a body of a number in
use that is listed nowhere: a viewer that mends the file finds it. And of a dictionary that names one key twice (§7.3.7): pyHanko takes
the first value, others the last.
"""

from __future__ import annotations

import io
import re
from bisect import bisect
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, Final

import pikepdf
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import ObjStreamRef, XRefSectionMetaInfo, XRefSectionType

from gateway.documents.readers.pdf.api import PdfiumDocument
from gateway.documents.readers.pdf.objects import contradicts, find_objects
from gateway.documents.signatures.pdf_objects import entry
from gateway.documents.signatures.wall import LibraryFault, wall

_OBJECT = re.compile(rb"\s*\d+\s+\d+\s+obj\s*")
_REFERENCE = re.compile(rb"(?<!\d)(\d{1,10}) 0 R\b")
_BLANK = re.compile(rb"[\x00\t\n\x0c\r ]*")
_MAX_OBJECTS: Final = 200_000


def is_ambiguous(data: bytes, reader: PdfFileReader, revision: int) -> bool:
    """Return whether what follows `revision` has a second reading; LibraryFault when unreadable."""
    with wall("cross-reference"):
        later = range(revision + 1, reader.xrefs.total_revisions)
        aside = any(not _is_where_it_should(data, reader.xrefs.get_xref_container_info(one)) for one in later)
        return aside or any(_contradicts(data, reader, one) for one in later) or _has_unlisted(data, reader, revision)


def is_ambiguous_inside(data: bytes, reader: PdfFileReader, ends: Iterable[int]) -> bool:
    """Return whether a table anywhere lists one object at two places, or a dictionary names one key twice.

    Prepared so before signing, the file shows readers two documents; one that pyHanko alone makes sense of does as well. Only
    what contradicts itself counts, since these bytes are signed and may be old and sloppy. Keys are looked at in
    the revision of each signature, which ends at one of `ends`, and in the newest; also true with over 200,000 objects.
    """
    try:
        with wall("cross-reference"):
            revisions = range(reader.xrefs.total_revisions)
            return any(
                _contradicts(data, reader, one) or _holds_a_number_twice(reader, one) for one in revisions
            ) or any(_names_a_key_twice(data[:end]) for end in {*ends, len(data)})
    except LibraryFault:
        return True


def is_mended(data: bytes) -> bool:
    """Return whether qpdf or pdfium puts a file together anew, from all objects and trailers in it, listed or not.

    An update of any signed file can be written so that some viewers mend it, and then show another catalog.
    """
    try:
        with wall("cross-reference"), pikepdf.open(io.BytesIO(data)) as pdf, PdfiumDocument(data) as document:
            is_whole = document.api.FPDF_DocumentHasValidCrossReferenceTable(document.handle)
            return (
                not is_whole or len(pdf.objects) > _MAX_OBJECTS or any("damaged" in one for one in pdf.get_warnings())
            )
    except LibraryFault:
        return True


def _holds_a_number_twice(reader: PdfFileReader, revision: int) -> bool:
    """Return whether the head of an object stream names one number twice (§7.5.7)."""
    resolver = reader.get_historical_resolver(revision)
    for stream in map(resolver, reader.xrefs.object_streams_used_in(revision)):
        numbers = bytes(stream.data)[: int(stream["/First"])].split()[: 2 * int(stream["/N"]) : 2]
        if len(numbers) != len(set(numbers)):
            return True
    return False


def _names_a_key_twice(data: bytes) -> bool:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return len(pdf.objects) > _MAX_OBJECTS or any("duplicated key" in one for one in pdf.get_warnings())


def holds_waiting(data: bytes, reader: PdfFileReader) -> bool:
    """Return whether a body waits to be swapped in (Shadow Attacks, NDSS 2021): of a free number that something refers to, or a catalog.

    Writers leave bodies behind that they freed, but no references to them.
    """
    xrefs, places, roots = reader.xrefs, dict[int, int](), set[int]()
    with suppress(LibraryFault), wall("waiting"):
        for revision in range(xrefs.total_revisions):
            found = (
                (xrefs.get_historical_ref(one, revision), one) for one in xrefs.explicit_refs_in_revision(revision)
            )
            places.update({place: one.idnum for place, one in found if isinstance(place, int)})
            with suppress(KeyError):  # half of a linearised file has no catalog of its own
                roots.add(reader.get_historical_resolver(revision).root_ref.idnum)
        bodies = [(place, number) for place, _, number, _ in find_objects(data)]
        size = int(entry(reader.trailer, "/Size", 0))
        free = {number for _, number in bodies if 0 < number < size} - set(places.values())
        named = free & set(map(int, _REFERENCE.findall(data))) if free else free  # it takes its time in a scan
        objects = (reader.get_object(generic.Reference(one, 0, reader)) for one in named)
        catalogs = (place for place, _ in bodies if place in places and places[place] not in roots)
        return any(isinstance(one, generic.NullObject) for one in objects) or any(
            b"/Catalog" in data[place : place + 400].split(b"endobj")[0] for place in catalogs
        )
    return False


def _contradicts(data: bytes, reader: PdfFileReader, revision: int) -> bool:
    """Return whether a section lists one object at two places, or disagrees with the stream beside it."""
    info: XRefSectionMetaInfo = reader.xrefs.get_xref_container_info(revision)
    if info.xref_section_type is XRefSectionType.STREAM:
        return _overlap(_indexed(data, info))
    section = reader.xrefs.get_xref_data(revision)
    if section.hybrid is not None:
        places = {**section.hybrid.xref_data.standard_xrefs, **section.hybrid.xref_data.xrefs_in_objstm}
        differ = any(places.get(number, place) != place for number, place in section.standard_xrefs.items())
        if differ or _overlap(_indexed(data, section.hybrid.meta_info)):
            return True
    table = data[info.start_location : info.end_location].split(b"trailer")[0]
    return contradicts(table.lstrip(b"\0\t\n\f\r ").removeprefix(b"xref"))


def _is_where_it_should(data: bytes, info: XRefSectionMetaInfo) -> bool:
    """Return whether `startxref` leads to the section: pyHanko forgives a few bytes, where others look through the file for objects."""
    between = data[info.declared_startxref : info.start_location]
    return info.declared_startxref <= info.start_location and between.strip(b"\0\t\n\f\r ") in {b"", b"xref"}


def _overlap(ranges: Iterable[tuple[int, int]]) -> bool:
    position = 0
    for first, count in sorted(ranges):
        if first < position:
            return True
        position = first + count
    return False


def _indexed(data: bytes, info: XRefSectionMetaInfo) -> Iterator[tuple[int, int]]:
    """First number and count of each subsection of a stream."""
    index = [int(one) for one in entry(_stream_dictionary(data, info), "/Index", ())]
    return zip(index[::2], index[1::2], strict=True)


def _stream_dictionary(data: bytes, info: XRefSectionMetaInfo) -> Any:
    """The dictionary of a cross-reference stream, read in place: many do not list themselves."""
    header = _OBJECT.match(data, info.start_location)
    if header is None:
        raise LibraryFault("cross-reference", "no stream")
    stream = io.BytesIO(data)
    stream.seek(header.end())
    return generic.DictionaryObject.read_from_stream(stream, info.stream_ref)


def _has_unlisted(data: bytes, reader: PdfFileReader, signed: int) -> bool:
    """Return whether a number that the revision `signed` uses has a body that nothing lists, behind the one in use.

    A viewer that mends a file takes the last body of each number, but for those in streams, which are of attached files.
    """
    xrefs, listed, used = reader.xrefs, dict[int, tuple[generic.Reference, int]](), dict[int, int]()
    for revision in range(xrefs.total_revisions):
        for reference in xrefs.explicit_refs_in_revision(revision):
            place = xrefs.get_historical_ref(reference, revision)
            if isinstance(place, ObjStreamRef):
                held = xrefs.get_historical_ref(generic.Reference(place.obj_stream_id, 0, reader), revision)
            else:
                held = _BLANK.match(data, place or 0).end()  # type: ignore[union-attr]  # it matches nothing, too
                listed.setdefault(held, (reference, revision))
            if revision <= signed:
                used[reference.idnum] = held or 0
    behind = [at for at, _, number, _ in find_objects(data) if at not in listed and at > used.get(number, at)]
    places = sorted(listed)

    def is_in_stream(at: int) -> bool:
        start = places[max(bisect(places, at) - 1, 0)]
        reference, revision = listed[start]
        held = reader.get_historical_resolver(revision)(reference)
        return isinstance(held, generic.StreamObject) and at < data.find(b"stream", start) + len(held.encoded_data)

    return not all(map(is_in_stream, behind))
