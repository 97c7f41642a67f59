"""Content of a signed PDF that may change its view without breaking a signature; page of a widget.

Scripts, launch actions, hidden layers, external streams and shadow objects (Mainka et al., Shadow Attacks, NDSS 2021) can be
prepared before signing. They are reported, since no cryptography finds them. The walk is bounded: pages and annotations
beyond the limits are not looked at, and the report says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from gateway.documents.readers.pdf.objects import find_objects
from gateway.documents.signatures.pdf_objects import pages
from gateway.documents.signatures.wall import LibraryFault, wall

_MAX_PAGES = 500
_MAX_ANNOTATIONS = 4000
_MAX_ACTIONS = 1000
"""Actions behind one another."""
_MAX_OBJECTS = 200_000
_REFERENCE = re.compile(rb"(?<!\d)(\d{1,10}) 0 R\b")
_MULTIMEDIA = frozenset({"/RichMedia", "/3D", "/Movie", "/Screen", "/Sound"})


@dataclass
class Content:
    """Content seen so far."""

    problems: list[str] = field(default_factory=list)
    pages: dict[int, int] = field(default_factory=dict)
    """Page number, from 1, by object number of the page or of an annotation on it."""

    def note(self, problem: str) -> None:
        """Add a problem once."""
        if problem not in self.problems:
            self.problems.append(problem)


def inspect(reader: PdfFileReader, data: bytes) -> Content:
    """Look through the newest revision; what cannot be read is noted as `unreadable-content`."""
    content = Content()
    for look in (_catalog, _pages, _shadows):
        try:
            with wall("content"):
                look(reader, data, content)
        except LibraryFault:
            content.note("unreadable-content")
    return content


def _catalog(reader: PdfFileReader, _data: bytes, content: Content) -> None:
    root = reader.root
    _action(_get(root, "/OpenAction"), content)
    _actions(_get(root, "/AA"), content)
    names = _get(root, "/Names")
    if isinstance(names, generic.DictionaryObject) and "/JavaScript" in names:
        content.note("javascript-before-signing")
    form = _get(root, "/AcroForm")
    if isinstance(form, generic.DictionaryObject) and "/XFA" in form:
        content.note("xfa")
    layers = _get(root, "/OCProperties")
    if isinstance(layers, generic.DictionaryObject):
        default = _get(layers, "/D")
        if isinstance(default, generic.DictionaryObject) and (
            _get(default, "/OFF") or _get(default, "/AS") or _get(default, "/BaseState") == "/OFF"
        ):
            content.note("hidden-layer")


def _pages(reader: PdfFileReader, _data: bytes, content: Content) -> None:
    annotations = 0
    for number, (reference, page) in enumerate(pages(reader.root["/Pages"]), 1):
        if number > _MAX_PAGES:
            content.note("content-not-fully-read")
            return
        content.pages[reference.idnum] = number
        _actions(_get(page, "/AA"), content)
        held = _get(page, "/Annots")
        for annotation in held if isinstance(held, generic.ArrayObject) else ():
            annotations += 1
            if annotations > _MAX_ANNOTATIONS:
                content.note("content-not-fully-read")
                return
            _annotation(annotation, number, content)


def _annotation(annotation: Any, number: int, content: Content) -> None:
    # An array gives its elements resolved; only what was indirect still knows its own reference.
    reference = getattr(annotation, "container_ref", None)
    if isinstance(reference, generic.Reference):
        content.pages.setdefault(reference.idnum, number)
    annotation = annotation.get_object()
    if not isinstance(annotation, generic.DictionaryObject):
        return
    _action(_get(annotation, "/A"), content)
    _actions(_get(annotation, "/AA"), content)
    if _get(annotation, "/Subtype") in _MULTIMEDIA:
        content.note("multimedia")
    appearance = _get(annotation, "/AP")
    normal = _get(appearance, "/N") if isinstance(appearance, generic.DictionaryObject) else None
    if isinstance(normal, generic.StreamObject) and ("/F" in normal or "/Ref" in normal):
        content.note("external-reference")


def _get(dictionary: Any, key: str) -> Any:
    return dictionary[key] if isinstance(dictionary, generic.DictionaryObject) and key in dictionary else None


def _actions(triggers: Any, content: Content) -> None:
    """Additional actions (ISO 32000-2 §12.6.3)."""
    if isinstance(triggers, generic.DictionaryObject):
        for key in triggers:
            _action(triggers[key], content)


def _action(action: Any, content: Content) -> None:
    """Note what an action and those behind it do; /Next is one or an array (ISO 32000-2 §12.6.2)."""
    waiting = [action]
    for number, one in enumerate(waiting):
        if number > _MAX_ACTIONS:
            content.note("content-not-fully-read")
            return
        match _get(one, "/S"):
            case "/JavaScript" | "/Rendition":
                content.note("javascript-before-signing")
            case "/Launch" | "/ImportData" | "/SubmitForm":
                content.note("launch-action")
            case "/SetOCGState" | "/Hide":
                content.note("hidden-layer")
        following = _get(one, "/Next")
        waiting += following if isinstance(following, generic.ArrayObject) else [following] if following else []


def _shadows(reader: PdfFileReader, data: bytes, content: Content) -> None:
    """Objects prepared to be swapped in later: a body whose number is marked free, or a second document catalog."""
    xrefs = reader.xrefs
    places: dict[int, int] = {}
    for revision in range(min(xrefs.total_revisions, 200)):
        for reference in xrefs.explicit_refs_in_revision(revision):
            place = xrefs.get_historical_ref(reference, revision)
            if isinstance(place, int):
                places[place] = reference.idnum
            if len(places) > _MAX_OBJECTS:
                content.note("content-not-fully-read")
                return
    used = set(places.values())
    roots = _roots(reader)
    # Writers leave bodies behind that they freed, but no references to them.
    named = set(map(int, _REFERENCE.findall(data)))
    for offset, _, number, _ in find_objects(data):
        if number in named and number not in used and 0 < number < _size(reader) and _is_free(reader, number):
            content.note("shadow-object")
            return
        near = places.get(offset)
        if near is not None and near not in roots and b"/Catalog" in data[offset : offset + 400].split(b"endobj")[0]:
            content.note("shadow-object")
            return


def _roots(reader: PdfFileReader) -> set[int]:
    """Object numbers of the catalogs of all revisions; half of a linearised file has none of its own."""
    found = set()
    for revision in range(min(reader.xrefs.total_revisions, 200)):
        try:
            found.add(reader.get_historical_resolver(revision).root_ref.idnum)
        except KeyError:
            continue
    return found


def _size(reader: PdfFileReader) -> int:
    return int(reader.trailer["/Size"]) if "/Size" in reader.trailer else 0


def _is_free(reader: PdfFileReader, number: int) -> bool:
    """Whether the number resolves to nothing, though it lies within the table."""
    return isinstance(reader.get_object(generic.Reference(number, 0, reader)), generic.NullObject)
