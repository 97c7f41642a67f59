"""Content of a document in an OpenDocument file: bodies, master pages, page layouts, properties (ODF 1.3 Part 3).

A header takes its room from the page below the top margin, so the body begins under margin and header together (§16.5, §17.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from gateway.documents.readers.fields import keyword_line
from gateway.documents.readers.numerals import length_pt, whole
from gateway.documents.readers.odf.fields import stated_by_declarations, stated_by_meta
from gateway.documents.readers.odf.flow import Flow, Shelf
from gateway.documents.readers.odf.sheets import Sheets
from gateway.documents.readers.odf.story import Story
from gateway.documents.readers.odf.styles import StyleBook
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark, texts
from gateway.documents.readers.sink import Place, Sink
from gateway.documents.readers.word.page_setups import setup_of
from gateway.model import Origin, PageSetup, Role

KINDS: Final = {
    "office:text": "odt",
    "office:spreadsheet": "ods",
    "office:presentation": "odp",
    "office:drawing": "odg",
    "office:chart": "odc",
    "office:image": "odi",
}
_MASTER_NAMES: Final = (clark("style:master-page-name"), clark("draw:master-page-name"))
_MASTERS, _BODIES = (f"{clark(name)}/*" for name in ("office:master-styles", "office:body"))
_CLASS: Final = clark("presentation:class")
_MARGINS: Final = {None, "header", "footer", "date-time", "page-number"}
_DECLARATION: Final = clark("presentation:name")
_DECLARED_BY: Final = tuple(clark(f"presentation:use-{kind}-name") for kind in ("header", "footer", "date-time"))
"""Attributes by which slides show words that are declared before them (ODF 1.3 Part 3 §11.2)."""
_ENCODED: Final = re.compile(r"_([0-9a-fA-F]{1,5})_")
_NOISY_META: Final = {
    "meta:creation-date",
    "dc:date",
    "meta:editing-duration",
    "meta:editing-cycles",
    "meta:print-date",
}


class OdfDocument:
    """Walk over the content of a document."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.shelf = Shelf(sink)
        self.kind = "odt"

    def body(self, root: Element, styles: StyleBook, *, origin: Origin, page: int | None, inner: bool = False) -> Story:
        """Walk the body of a content root."""
        story = Story(self.shelf, styles, page=page)
        self.shelf.stated.update(stated_by_declarations(root))
        for section in root.iterchildren(clark("office:scripts")):
            self._scripts(section)
        for content in root.iterfind(_BODIES):
            kind = KINDS.get(NAMES[content.tag], "odt")
            if not inner:
                self.kind = kind
            self._content(content, kind, story, styles, origin)
        story.leftovers(root, Place("", Role.BODY, origin))
        return story

    def _content(self, content: Element, kind: str, story: Story, styles: StyleBook, origin: Origin) -> None:
        match kind:
            case "ods":
                sheets = Sheets(self.shelf, styles, story)
                for element in content:
                    if NAMES[element.tag] == "table:table":
                        sheets.read(element, origin)
                    else:
                        story.block(element, Flow(Place("", Role.CELL, Origin.HIDDEN)))
            case "odp" | "odg":
                self._slides(content, story, styles, origin)
            case "odt":
                story.blocks(content, Flow(Place("", Role.BODY, origin), counted=True))
            case _:
                place = Place("", Role.TEXTBOX, origin)
                story.blocks(content, Flow(place, defaults=False))

    def _slides(self, content: Element, story: Story, styles: StyleBook, origin: Origin) -> None:
        number = 0
        named = {page.get(attribute) for page in content for attribute in _DECLARED_BY}
        for element in content:
            if element.get(_DECLARATION) is not None and element.get(_DECLARATION) in named:
                self.sink.put_line(element.text or "", Place("slide", Role.FOOTER, origin))
                element.text = None
            if NAMES[element.tag] != "draw:page":
                story.block(element, Flow(Place("", Role.BODY, Origin.HIDDEN)))
                continue
            number += 1
            style = element.get(clark("draw:style-name"))
            shown = styles.attribute("drawing-page", style, "style:drawing-page-properties", "presentation:visibility")
            where = Origin.HIDDEN if shown == "hidden" else origin
            place = Place(f"slide:{number}", Role.BODY, where, None, number)
            label = _decoded_name(element.get(clark("draw:name")) or "")
            if label and not re.match(r"^[\x20-\x7e]*\d+$", label):
                self.sink.put_line(label, place._replace(role=Role.NAME).hidden())
            for child in element:
                notes = NAMES[child.tag] == "presentation:notes"
                spot = place._replace(role=Role.NOTE) if notes else place
                story.block(child, Flow(spot, defaults=False))
        self.sink.pages = number or None

    def _scripts(self, section: Element) -> None:
        for element in section.iter():
            name = NAMES[element.tag]
            if name == "script:event-listener" or (name == "office:script" and any(True for _ in texts(element))):
                self.sink.warn("macro", "part:content")

    def masters(self, root: Element, styles: StyleBook, used: set[str]) -> None:
        """Walk headers, footers and the shapes of master pages."""
        story = Story(self.shelf, styles)
        for number, master in enumerate(root.iterfind(_MASTERS), 1):
            name = master.get(clark("style:name")) or ""
            origin = Origin.TEXT if not used or name in used else Origin.HIDDEN
            for part in master:
                self.master_part(part, number, origin, story)
        story.leftovers(root, Place("part:styles", Role.PROPERTY))

    def master_part(self, part: Element, number: int, origin: Origin, story: Story) -> None:
        """Walk a header, a footer or a shape of one master page."""
        kind = NAMES[part.tag].partition(":")[2]
        if kind.startswith(("header", "footer")):
            word, role = ("footer", Role.FOOTER) if kind.startswith("footer") else ("header", Role.HEADER)
            if part.get(clark("style:display")) == "false":
                origin = Origin.HIDDEN
            cells = self.kind == "ods"
            place = Place(f"{word}:{number}", role, origin)
            layers = (story.styles.layer("table-cell", None, with_default=True),) if cells else ()
            story.blocks(part, Flow(place, layers, None, defaults=not cells))
            return
        # Prompts of placeholders are not seen on slides; margins and other shapes of a master are.
        prompt = part.get(_CLASS) not in _MARGINS
        place = Place(f"master:{number}", Role.BODY, Origin.HIDDEN if prompt else origin)
        story.block(part, Flow(place, defaults=False))

    def meta(self, root: Element) -> int | None:
        """Give the document's properties; return the number of pages that they state."""
        pages: int | None = None
        self.shelf.stated.update(stated_by_meta(root))
        for element in root.iter():
            name = NAMES[element.tag]
            if name == "meta:document-statistic":
                pages = whole(element.get(clark("meta:page-count")), digits=6) or None
            elif name == "meta:template":
                self.sink.put_line(element.get(clark("xlink:title")) or "", Place("property:Template", Role.PROPERTY))
            elif name == "meta:user-defined":
                label = element.get(clark("meta:name")) or ""
                place = Place(f"property:{label}", Role.PROPERTY)
                self.sink.put_line("".join(element.itertext()), place)
                self.sink.put_line(label, place._replace(role=Role.NAME, origin=Origin.HIDDEN))
                element.text = None
        self.sink.put_line(_keywords(root), Place("property:Keyword", Role.PROPERTY))
        for owner, text in texts(root):
            if NAMES[owner.tag] not in _NOISY_META:
                local = owner.tag.rpartition("}")[2]
                self.sink.put_line(text, Place(f"property:{local.capitalize()}", Role.PROPERTY))
        return pages


def _keywords(root: Element) -> str:
    """Return the keywords in one line and take them away."""
    found = [element for element in root.iter(clark("meta:keyword")) if element.text]
    line = keyword_line([element.text for element in found])
    for element in found:
        element.text = None
    return line


def _decoded_name(name: str) -> str:
    """Return a name whose blanks and the like some producers write as `_20_` (ODF 1.3 part 3 §19.498)."""
    return _ENCODED.sub(lambda match: chr(min(int(match[1], 16), 0x10FFFF)), name)


def first_page(root: Element, stated: int | None) -> int | None:
    """Return 1 where the file knows its page breaks, or has one page only; None where pages are unknown."""
    broken = next(root.iter(clark("text:soft-page-break")), None) is not None
    return 1 if broken or stated == 1 else None


def used_masters(*roots: Element) -> set[str]:
    """Return the names of the master pages that styles and slides refer to, and of those that follow them."""
    used = {"Standard", "Default"}
    following: dict[str, str] = {}
    for root in roots:
        for element in root.iter():
            for attribute in _MASTER_NAMES:
                name = element.get(attribute)
                if name:
                    used.add(name)
            if NAMES[element.tag] == "style:master-page":
                following[element.get(clark("style:name")) or ""] = element.get(clark("style:next-style-name")) or ""
    waiting = [*used]
    while waiting:
        name = following.get(waiting.pop(), "")
        if name and name not in used:
            used.add(name)
            waiting.append(name)
    return used


_NAME, _LAYOUT = clark("style:name"), clark("style:page-layout-name")


def page_setups(roots: Iterable[Element], used: set[str]) -> Iterator[PageSetup]:
    """Yield the setups of the master pages in use, in the order of the file."""
    layouts: dict[str, Element] = {}
    masters: list[Element] = []
    for root in roots:
        for element in root.iter(clark("style:page-layout")):
            layouts.setdefault(element.get(_NAME) or "", element)
        masters += root.iter(clark("style:master-page"))
    for master in masters:
        layout = layouts.get(master.get(_LAYOUT) or "")
        if layout is not None and (master.get(_NAME) or "") in used:
            yield _setup(layout, {NAMES[part.tag] for part in master if part.get(clark("style:display")) != "false"})


def _setup(layout: Element, shown: set[str]) -> PageSetup:
    points: dict[str, float | None] = {}
    room: dict[str, float] = {}
    for part in layout:
        match NAMES[part.tag]:
            case "style:page-layout-properties":
                common = _length(part, "fo:margin")
                for side in ("top", "bottom", "left", "right"):
                    own = _length(part, f"fo:margin-{side}")
                    points[side] = own if own is not None else common
                points |= {name: _length(part, f"fo:page-{name}") for name in ("width", "height")}
            case "style:header-style" if "style:header" in shown:
                room["top"] = _room(part)
            case "style:footer-style" if "style:footer" in shown:
                room["bottom"] = _room(part)
            case _:
                continue
    return setup_of(
        {side: length if length is None else length + room.get(side, 0.0) for side, length in points.items()}
    )


def _room(style: Element) -> float:
    """Return the height that a header or footer takes, its distance from the body included."""
    for part in style:
        return _length(part, "svg:height") or _length(part, "fo:min-height") or 0.0
    return 0.0


def _length(element: Element, attribute: str) -> float | None:
    return length_pt(element.get(clark(attribute)))
