"""Content of a PDF beside its pages: attachments, scripts, form values, annotations, layers, properties (ISO 32000-1).

All objects are looked at, of every revision and also those that nothing refers to; qpdf parses the dictionaries that
look interesting. Words found in superseded or unreferenced objects come as `Origin.REVISION`.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from gateway.documents.readers.base import Budget, Member, ReadError
from gateway.documents.readers.pdf.api import PdfiumDocument
from gateway.documents.readers.pdf.fonts import FontFacts, look_at_fonts
from gateway.documents.readers.pdf.objects import (
    OUTSIDE,
    OUTSIDE_KEYS,
    RawObject,
    check_image,
    inflate,
    plain_names,
    scan_objects,
)
from gateway.documents.readers.pdf.qpdf import LockedError, Objects, number_of, text_of
from gateway.documents.readers.pdf.words import Text, Words
from gateway.model import ActiveContent, Origin, ReadStatus, Role

LIMIT_FORM_CALLS = 100_000
"""Form XObjects that all pages may draw in all, nested ones counted each time."""


@dataclass(slots=True)
class Structure:
    """Result of the structural pass."""

    texts: list[Text] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    active: set[ActiveContent] = field(default_factory=set)
    off_layers: frozenset[str] = frozenset()
    """Names of layers that are not shown."""
    actual_text: bool = False
    """Content of pages may have /ActualText."""
    pages: int | None = None
    password: str | None = None
    """The password that opened an encrypted file, None when it is not encrypted."""
    damaged: bool = False
    """The structure could not be read as a whole; pages may still be readable."""
    fonts: FontFacts = field(default_factory=FontFacts)
    """Text of a font whose map is a lie, or has a gap, is unknown until the page is looked at."""
    veils: bool = False
    """There are layers (§8.11) or patterns: of a text some letters may be seen and others not, which pdfium does not tell."""
    printed: bool = False
    """Some layers are shown on paper and not on the screen (§8.11.4.4)."""
    tiles: bool = False
    """There are tiling patterns, meshes or functions of the place: a filled area may show words (§8.7), though pdfium calls its colour plain."""
    ink: bool = True
    """Whether the ink of pages is looked for that no text explains."""
    orphans: list[bytes] = field(default_factory=list)
    """Content streams of objects that no longer count or never did."""


# Keys that make an object worth parsing. `#xx` escapes are undone before the search.
_ACTIVE = {
    b"JS": "javascript", b"JavaScript": "javascript", b"Launch": "launch", b"RichMedia": "rich-media",
    b"GoToE": "embedded-goto", b"SubmitForm": "submit-form", b"ImportData": "import-data", b"Rendition": "rendition",
    b"Movie": "movie", b"Sound": "sound", b"Hide": "hidden-layer", b"SetOCGState": "hidden-layer",
}  # fmt: skip
_ACTIVE_KEYS = re.compile(rb"/(" + b"|".join(_ACTIVE) + rb")(?![A-Za-z0-9_.-])")
_AUTOMATIC = re.compile(rb"/(?:OpenAction\s*(?:<<|\d)|AA\s*(?:<<|\d))")
_TEXT_KEYS = re.compile(
    rb"/(?:V|DV|TU|RC|Title|Alt|ActualText|Subj|EF|OCG|XFA|Producer|Creator|CreationDate|Opt|Desc|Author|Subject|Keywords"
    rb"|Reason|PageLabels|JS)(?![A-Za-z0-9_.-])|/P\s*(?:\(|<(?!<))|/Contents\s*(?:[(<]|\d+\s+\d+\s+R)"
)
_STRING = re.compile(rb"\(\s*[^\s)]|<\s*(?:[Ff][Ee][Ff][Ff]|[Ee][Ff][Bb][Bb])")
"""The begin of a string that may be words; hexadecimal ones are when they name their Unicode encoding (§7.9.2.2)."""
_WORDLESS = re.compile(rb"/(?:FontName|BaseFont|Registry|ByteRange)(?![A-Za-z0-9_.-])")
_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")
_IMAGE, _PLUMBING = re.compile(rb"/Subtype\s*/Image\b"), re.compile(rb"/Type\s*/(?:ObjStm|XRef)\b")
_SHOWS = re.compile(rb" Do|T[jJ]|ActualText|#|'")
"""Operators that show something, and /ActualText, in which any letter may be written by its number."""
_FORM = re.compile(rb"/Subtype\s*/Form\b")
_EMBEDDED = re.compile(rb"/Type\s*/EmbeddedFile\b")
_PAINTS = re.compile(rb"/PatternType(?!\s*2\s*[/>])|/ShadingType(?!\s*[23]\s*[/>])")
"""Whatever is no gradient along a line or between two circles (§8.7.4.5)."""
_METADATA = re.compile(rb"/Subtype\s*/XML\b")
_FONT = re.compile(rb"/Type\s*/Font(?![A-Za-z])")
_DRAW = re.compile(rb"/([^\s/<>\[\]()]{1,127})\s+Do(?![A-Za-z])")


def read_structure(data: bytes, passwords: tuple[str, ...], budget: Budget) -> Structure:
    """Read the structure; ENCRYPTED when no password fits, LIMIT for bombs."""
    structure = Structure()
    objects = _open(data, passwords, structure, budget)
    _Walker(data, objects, structure, budget).walk()
    structure.damaged = structure.damaged or objects.is_repaired()
    return structure


def _open(data: bytes, passwords: tuple[str, ...], structure: Structure, budget: Budget) -> Objects:
    """Open a file with the first password that fits; the empty one is tried first."""
    # Candidates are looked at only when the file is locked: it is then read by the rest of its mail.
    for password in chain(("",), passwords):
        with contextlib.suppress(LockedError):
            objects = Objects(data, budget, password)
            structure.password = password if objects.encrypted else None
            return objects
    reason = "password"
    for password in chain(("",), passwords):
        try:
            with PdfiumDocument(data, password):
                structure.password = password  # pdfium knows more handlers than qpdf; then only the pages can be read
                return Objects(b"", budget)
        except ReadError as error:
            reason = error.reason if error.status is ReadStatus.ENCRYPTED else reason
    raise ReadError(ReadStatus.ENCRYPTED, reason)


class _Walker:
    """Looks at every object once."""

    def __init__(self, data: bytes, objects: Objects, structure: Structure, budget: Budget) -> None:
        self._data, self._objects, self._out, self._budget = data, objects, structure, budget
        self._names: dict[int, str] = {}
        """File names of embedded files by object number of the stream."""
        self._forms: dict[int, dict[int, int]] = {}
        """Number of times a form draws each other form."""
        self._draws = 0
        self._xfa: set[int] = set()
        self._words = Words(objects, budget)
        self._off: set[str] = set()
        self._fonts: list[int] = []
        self._listed = self._said_apart = False
        """There are property lists, and dictionaries with /ActualText."""

    def walk(self) -> None:
        """Fill the structure."""
        objects = self._objects
        pages = objects.pages()
        self._out.pages = len(pages) if pages is not None else None
        self._words.info = number_of(objects.trailer().get("/Info"))
        raws: list[RawObject] = []
        locked = self._out.password is not None
        for raw in () if locked else scan_objects(self._data, objects.table(), self._budget):
            raws.append(raw)
            self._look(raw)
        for raw in objects.written({raw.number for raw in raws if raw.current}):
            raws.append(raw)
            self._look(raw)
        self._layers()
        for raw in raws:
            if raw.stream is not None:
                self._look_at_stream(raw)
        self._check_forms()
        self._out.texts = self._words.texts
        if self._words.spells:
            self._out.active.add(ActiveContent("look-script"))
        self._out.off_layers = frozenset(self._off)
        self._out.actual_text |= self._listed and self._said_apart  # a property list of a page may have it (§14.6.2)
        self._out.fonts = look_at_fonts(objects, self._fonts, self._budget)

    def _look(self, raw: RawObject) -> None:
        names = raw.names
        self._note_active(names, raw)
        self._listed = self._listed or b"/Properties" in names
        self._said_apart = self._said_apart or b"/ActualText" in names
        self._out.veils = self._out.veils or b"/PatternType" in names
        self._out.tiles = self._out.tiles or bool(_PAINTS.search(names))
        if _has_text_key(names) and (value := self._objects.parse(raw)) is not None:
            self._take(value, raw.number, Origin.TEXT if raw.current else Origin.REVISION)
        if raw.current and _FONT.search(names):
            self._fonts.append(raw.number)

    def _note_active(self, names: bytes, raw: RawObject) -> None:
        for match in _ACTIVE_KEYS.finditer(names):
            self._out.active.add(ActiveContent(_ACTIVE[match[1]]))
        if _AUTOMATIC.search(names) and (value := self._objects.parse(raw)) is not None:
            self._note_automatic(value)

    def _note_automatic(self, value: dict[str, Any]) -> None:
        """An /OpenAction that only shows a page is a view setting; one with an action type acts."""
        get = self._objects.get
        action = get(value, "/OpenAction")
        kind = get(action, "/S")
        if isinstance(action, dict) and kind not in (None, "/GoTo"):
            self._out.active.add(ActiveContent("open-action"))
        if isinstance(get(value, "/AA"), dict):
            self._out.active.add(ActiveContent("additional-action"))

    def _take(self, value: dict[str, Any], number: int, origin: Origin) -> None:
        """Take the words of an object, and note what needs its other objects."""
        self._words.take(value, number, origin)
        while self._words.special:
            found = self._words.special.pop()
            if "/EF" in found:
                self._embedded(found)
            if "/XFA" in found:
                self._out.active.add(ActiveContent("xfa"))
                self._note_xfa(found)

    def _embedded(self, value: dict[str, Any]) -> None:
        get = self._objects.get
        name = text_of(get(value, "/UF")) or text_of(get(value, "/F")) or ""
        files = get(value, "/EF")
        for key in ("/UF", "/F", "/DOS", "/Unix", "/Mac"):
            if isinstance(files, dict) and (number := number_of(files.get(key))) is not None:
                self._names.setdefault(number, name)

    def _note_xfa(self, value: dict[str, Any]) -> None:
        for item in [value["/XFA"], *self._objects.array(value, "/XFA")]:
            if (number := number_of(item)) is not None:
                self._xfa.add(number)

    def _look_at_stream(self, raw: RawObject) -> None:
        names = raw.names
        if OUTSIDE.search(names) and not OUTSIDE_KEYS.isdisjoint(self._objects.parse(raw) or ()):
            self._out.active.add(ActiveContent("external-object"))
        attached = _EMBEDDED.search(names) or raw.number in self._names
        if self._is(raw, _IMAGE, "/Subtype") and not attached:
            check_image(raw)
            if b"/Alternates" in names:  # another picture when it is printed (§8.9.5.4)
                self._out.active.add(ActiveContent("look-picture"))
            return
        if self._is(raw, _PLUMBING, "/Type") and not attached:
            return
        content = self._objects.octets(raw.number, raw.stream or b"") if raw.current else None
        content = inflate(raw, self._budget) if content is None else content
        if attached:
            self._attach(raw, content)
            return
        if content is None:
            return
        origin = Origin.TEXT if raw.current else Origin.REVISION
        if raw.number in self._xfa:
            self._words.take_xml(content, Role.FIELD, "xfa", origin)
        elif _METADATA.search(names):
            self._words.take_xml(content, Role.PROPERTY, "property:xmp", origin)
        elif _SHOWS.search(content):
            self._note_content(raw, names, content)

    def _is(self, raw: RawObject, pattern: re.Pattern[bytes], key: str) -> bool:
        """Return whether a stream has such an entry in its own dictionary, not in a nested one."""
        if not pattern.search(raw.names):
            return False
        stated = self._objects.get(self._objects.value(raw.number), key) if raw.current else None
        return stated is None or pattern.search(f"{key} {stated}".encode()) is not None

    def _note_content(self, raw: RawObject, names: bytes, content: bytes) -> None:
        self._out.actual_text |= b"/ActualText" in plain_names(content)
        if not raw.current:
            self._out.orphans.append(content)
        if not _FORM.search(names):
            self._draws += len(_DRAW.findall(content))
            return
        drawn: dict[bytes, int] = {}
        for name in _DRAW.findall(content):
            drawn[name] = drawn.get(name, 0) + 1
        if drawn and (value := self._objects.parse(raw)) is not None:
            get = self._objects.get
            resources = get(get(value, "/Resources"), "/XObject")
            calls: dict[int, int] = {}
            for name, count in drawn.items():
                key = "/" + name.decode("latin-1")
                number = number_of(resources.get(key)) if isinstance(resources, dict) else None
                calls[number or -1] = calls.get(number or -1, 0) + count
            self._forms[raw.number] = calls

    def _check_forms(self) -> None:
        """Raise LIMIT `pdf-forms` when forms within forms multiply beyond reason; pdfium would draw them all."""
        totals: dict[int, int] = {}
        for _ in range(40):  # as many rounds as forms may be nested; the sums only grow
            changed = False
            for number, calls in self._forms.items():
                total = sum(
                    count * (1 + (totals.get(inner, 0) if inner != number else 0)) for inner, count in calls.items()
                )
                if total != totals.get(number, 0):
                    totals[number], changed = min(total, 10 * LIMIT_FORM_CALLS), True
            if not changed:
                break
        if max(totals.values(), default=0) * max(self._draws, 1) > LIMIT_FORM_CALLS and max(totals.values()) > 200:
            raise ReadError(ReadStatus.LIMIT, "pdf-forms")

    def _attach(self, raw: RawObject, content: bytes | None) -> None:
        self._budget.take_file()
        name = self._names.get(raw.number) or f"embedded-{raw.number}"
        data = content if content is not None else bytes(raw.stream or b"")
        self._out.active.add(ActiveContent("embedded-file"))
        self._out.members.append(Member(name=name, data=data, relation="attachment", locator="attachment"))

    def _layers(self) -> None:
        """Collect the names of layers that are off by default (§8.11.4.3)."""
        get, array, resolved = self._objects.get, self._objects.array, self._objects.resolved
        properties = get(self._objects.root(), "/OCProperties")
        default, every = get(properties, "/D"), array(properties, "/OCGs")
        groups = array(default, "/OFF")
        if get(default, "/BaseState") == "/OFF":
            shown = set(map(number_of, array(default, "/ON")))
            groups = [one for one in every if number_of(one) not in shown]
        self._off = {name for one in groups if (name := text_of(get(resolved(one), "/Name")))}
        self._out.veils = self._out.veils or bool(get(properties, "/OCGs"))
        usages = (get(resolved(one), "/Usage") for one in every)
        self._out.printed = any(get(get(usage, "/Print"), "/PrintState") == "/ON" for usage in usages)
        if self._off:
            self._out.active.add(ActiveContent("hidden-layer"))


def _has_text_key(names: bytes) -> bool:
    """Return whether an object may hold words; the /Contents of a page are no text."""
    if _STRING.search(names) and not _WORDLESS.search(names):
        return True
    match = _TEXT_KEYS.search(names)
    while match is not None and match[0].startswith(b"/Contents") and _PAGE.search(names):
        match = _TEXT_KEYS.search(names, match.end())
    return match is not None
