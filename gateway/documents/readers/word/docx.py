"""Word documents (WordprocessingML, ISO/IEC 29500-1 §17) to Document: every story, with the look of every letter.

Reads DOCX, DOCM, DOTX and DOTM, Transitional and Strict. A story is read by `docx_story`, formatting is resolved by
`docx_format` and `docx_styles`. What fails in one part makes the document's status; what the other parts say is still given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gateway.documents.readers.ooxml.parts import Parts, Step
from gateway.documents.readers.ooxml.xml import NAMES, ChildStream, Element, clark
from gateway.documents.readers.sink import Place
from gateway.documents.readers.sniff_font import plain_font
from gateway.documents.readers.word.docx_flow import Flow, Kit
from gateway.documents.readers.word.docx_format import UNKNOWN, VAL, on
from gateway.documents.readers.word.docx_numbering import Numbering
from gateway.documents.readers.word.docx_palette import Palette
from gateway.documents.readers.word.docx_story import Story
from gateway.documents.readers.word.docx_styles import StyleSheet
from gateway.documents.readers.word.page_setups import of_section
from gateway.model import Origin, Role

_AUTHOR: Final = clark("w:author")
_KEY, _NAME = clark("w:fontKey"), clark("w:name")
_STYLES: Final = {"w:embedRegular", "w:embedBold", "w:embedItalic", "w:embedBoldItalic"}


def read_own_fonts(parts: Parts) -> None:
    """Pass on pictures of the lines set in embedded fonts; each style is a font."""
    styles: dict[str, dict[str, bytes]] = {}
    for main in parts.by_kind("", "officeDocument"):
        for table in parts.by_kind(main, "fontTable"):
            for font in parts.root(table):
                for style in font:
                    stored = parts.target(table, style.get(_ID)) if NAMES[style.tag] in _STYLES else None
                    if stored is not None:
                        data = parts.package.read(stored)
                        plain = plain_font(data, f"{style.get(_KEY)}.odttf") or data
                        styles.setdefault(NAMES[style.tag], {})[(font.get(_NAME) or "").lower()] = plain
    for fonts in styles.values():
        parts.sink.set_in_own_fonts(fonts)


_GROUND: Final = re.compile(rb"<\w{1,20}:background\b([^<>]{0,1000})>")
_COLOUR: Final = re.compile(rb"\bcolor=[\"']([0-9A-Fa-f]{6})[\"']")
_TYPE, _ID, _NOTE_TYPE = clark("w:type"), clark("r:id"), clark("w:type")
_PAGES: Final = re.compile(rb"<(?:\w+:)?Pages>\s*(\d{1,6})\s*</")
_NOTES: Final = {
    "footnotes": ("footnote", Role.NOTE),
    "endnotes": ("endnote", Role.NOTE),
    "comments": ("comment", Role.COMMENT),
}


def _main_parts(parts: Parts) -> None:
    for main in parts.mains("spreadsheetml", "presentationml", "ms-excel", "ms-powerpoint"):
        if main not in parts.seen:
            stated = _stated_pages(parts)
            parts.sink.pages = _Reader(parts, main, Origin.TEXT).read(stated) or parts.sink.pages


def _stated_pages(parts: Parts) -> int | None:
    for name in parts.by_kind("", "extended-properties"):
        match = _PAGES.search(parts.package.read(name))
        if match:
            return int(match.group(1)) or None
    return None


class _Reader:
    """One main part (the document, or its glossary) with the parts that belong to it."""

    def __init__(self, parts: Parts, main: str, origin: Origin) -> None:
        self._parts = parts
        self._sink = parts.sink
        self._main = main
        self._origin = origin
        root = self._first("settings")
        settings = {} if root is None else {NAMES[child.tag]: child for child in root}
        mapping = {key.rpartition("}")[2]: value for key, value in _items(settings.get("w:clrSchemeMapping"))}
        fonts = dict(_items(settings.get("w:themeFontLang")))
        self._even_headers, self._coloured = (
            name in settings and on(settings[name]) for name in ("w:evenAndOddHeaders", "w:displayBackgroundShape")
        )
        self._ground: str | None = None
        """Colour of the pages, where they have one (§17.2.1)."""
        bidi = fonts.get(clark("w:bidi")) or fonts.get(VAL) or ""
        palette = Palette(parts.theme(main), mapping, bidi=bidi)
        styles = StyleSheet(self._first("styles"), palette, parts.sink.fail)
        self._kit = Kit(parts.sink, parts, styles, palette, Numbering(self._first("numbering")))
        self._references: dict[tuple[str, str], str] = {}
        """Headers and footers of the last section, by element and kind of page."""
        self._shown_ids: set[str] = set()

    def _first(self, kind: str) -> Element | None:
        return next(map(self._parts.root, self._parts.by_kind(self._main, kind)), None)

    def read(self, stated_pages: int | None) -> int | None:
        """Walk the main story, then headers and footers, notes and comments, then the glossary; return the number of pages."""
        self._parts.seen.add(self._main)
        data = self._parts.package.read(self._main)
        broken = b"lastRenderedPageBreak" in data
        page = 1 if broken or stated_pages == 1 else None
        if self._coloured and (ground := _GROUND.search(data, 0, max(data.find(b":body"), 0))) is not None:
            colour = _COLOUR.search(ground[1]) if ground[1].endswith(b"/") else None
            self._ground = colour[1].decode() if colour is not None else UNKNOWN
        story = Story(self._kit, self._main, page=page)
        with self._sink.part():
            self._walk_body(data, story)
        story.finish()
        del data
        for task in (self._headers, self._notes, self._glossary):
            with self._sink.part():
                task()
        return story.page if broken else stated_pages

    def _walk_body(self, data: bytes, story: Story) -> None:
        flow = Flow(Place("", Role.BODY, self._origin, None), behind=self._ground)
        stream = ChildStream(data, container="w:body", budget=self._sink.budget)
        for child in stream:
            self._sections(child)
            story.child(child, flow)
        # Glossary entries, and anything outside the body.
        if stream.root is not None:
            story.child(stream.root, flow)

    def _sections(self, child: Element) -> None:
        """Note which headers and footers a section shows, its own or those of the sections before it (§17.10.1)."""
        if NAMES[child.tag] != "w:p":
            sections = child.iter(clark("w:sectPr"))
        else:
            sections = child[0].iterchildren(clark("w:sectPr")) if len(child) else ()
        for section in sections:
            if self._origin is Origin.TEXT:
                self._sink.put_setup(of_section(section))
            title = any(NAMES[each.tag] == "w:titlePg" and on(each) for each in section)
            for each in section:
                if (name := NAMES[each.tag]) in {"w:headerReference", "w:footerReference"}:
                    self._references[name, each.get(_TYPE) or "default"] = each.get(_ID) or ""
            shown = {"default": True, "first": title, "even": self._even_headers}
            self._shown_ids.update(each for (_, kind), each in self._references.items() if shown.get(kind, True))

    def _headers(self) -> None:
        for kind, role in (("header", Role.HEADER), ("footer", Role.FOOTER)):
            number = 0
            for relation in self._parts.package.relationships(self._main):
                stored = self._parts.package.find(relation.target)
                if relation.kind != kind or relation.external or stored is None or stored in self._parts.seen:
                    continue
                number += 1
                origin = self._origin if relation.id in self._shown_ids else Origin.HIDDEN
                self._whole(
                    stored, Flow(Place(f"{kind}:{number}", role, origin, None), behind=self._ground, counted=False)
                )

    def _whole(self, name: str, flow: Flow) -> None:
        story = Story(self._kit, name)
        story.child(self._parts.take(name), flow)
        story.finish()

    def _notes(self) -> None:
        for kind, (word, role) in _NOTES.items():
            ground = self._ground if role is Role.NOTE else None  # comments stand beside the page
            for name in self._parts.unread(self._main, kind):
                story = Story(self._kit, name)
                for number, note in _numbered(self._parts.root(name)):
                    place = Place(f"{word}:{number}", role, self._origin, None)
                    self._sink.put_line(note.get(_AUTHOR) or "", place._replace(role=Role.PROPERTY).hidden())
                    story.child(note, Flow(place, behind=ground, counted=False))
                story.finish()

    def _glossary(self) -> None:
        for name in self._parts.unread(self._main, "glossaryDocument"):
            _Reader(self._parts, name, Origin.HIDDEN).read(None)


def _numbered(root: Element) -> Iterator[tuple[int, Element]]:
    """Notes with the numbers a reader sees; separators count as 0."""
    number = 0
    for note in root:
        if note.get(_NOTE_TYPE) in {"separator", "continuationSeparator", "continuationNotice"}:
            yield 0, note
        else:
            number += 1
            yield number, note


def _items(element: Element | None) -> list[tuple[str, str]]:
    return [] if element is None else element.items()


STEPS: Final[tuple[Step, ...]] = (_main_parts, read_own_fonts)
"""Parts of a package that this module reads; `ooxml.rest` reads the others."""
