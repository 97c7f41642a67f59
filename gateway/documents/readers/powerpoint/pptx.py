"""Presentations (PresentationML, ISO/IEC 29500-1 §19) to Document: slides, notes, masters, layouts, charts, comments.

Letters of a slide inherit from its layout, the layout's master, the master's text styles and the theme; placeholders are
matched by index with the layout and by kind with the master. What stands on a master or layout outside placeholders is
seen on the slides and counts as text; prompts in placeholders are hidden. `Document.pages` counts the slides.
"""

from __future__ import annotations

from typing import Final

from gateway.documents.readers.ooxml.drawingml import put_pictured, put_plain
from gateway.documents.readers.ooxml.parts import Parts, Step
from gateway.documents.readers.ooxml.xml import NAMES, clark, texts
from gateway.documents.readers.powerpoint.pptx_slide import Canvas, Shapes
from gateway.documents.readers.powerpoint.pptx_tables import TableStyles
from gateway.documents.readers.powerpoint.pptx_templates import OFF, Templates
from gateway.documents.readers.sink import Place
from gateway.model import Origin, Role

_ID: Final = clark("r:id")
_COMMENT_KINDS: Final = ("comments", "comment")


def _presentations(parts: Parts) -> None:
    for main in parts.mains("wordprocessingml", "spreadsheetml", "ms-word", "ms-excel"):
        with parts.sink.part():
            _Deck(parts, main).read()


class _Deck:
    """One presentation part and all that belongs to it."""

    def __init__(self, parts: Parts, main: str) -> None:
        self._parts = parts
        self._sink = parts.sink
        self._main = main
        self._root = parts.take(main)
        self._templates = Templates(parts, main, self._root)
        self._shown_templates: set[str] = set()
        self._shapes = Shapes(parts, TableStyles(parts.first(main, "tableStyles")))

    def read(self) -> None:
        """Walk slides in order, then masters and layouts."""
        slides: list[str] = []
        for element in self._root.iter():
            match NAMES[element.tag]:
                case "p:sldId":
                    stored = self._parts.target(self._main, element.get(_ID))
                    slides += [] if stored is None else [stored]
                case "p:custShow" | "?:section":
                    place = Place("", Role.NAME, Origin.HIDDEN)
                    self._sink.put_line(element.get("name") or "", place)
                case _:
                    continue
        self._sink.put_lines((text for _, text in texts(self._root)), Place("", Role.PROPERTY, Origin.HIDDEN))
        before = self._sink.pages or 0
        for number, slide in enumerate(dict.fromkeys(one for one in slides if one not in self._parts.seen), 1):
            self._sink.pages = before + number
            with self._sink.part():
                self._slide(slide, number)
        for kind in ("slideMaster", "notesMaster", "handoutMaster"):
            for master in self._parts.by_kind(self._main, kind):
                with self._sink.part():
                    self._family(master)
        for name in list(self._templates.known):
            with self._sink.part():
                self._template_text(name)

    def _slide(self, name: str, number: int) -> None:
        root = self._parts.take(name)
        origin = Origin.HIDDEN if root.get("show") in OFF else Origin.TEXT
        template = self._templates.around(name, root)
        shows_layout = origin is Origin.TEXT and root.get("showMasterSp") not in OFF
        for layout in self._parts.by_kind(name, "slideLayout") if shows_layout else ():
            self._shown_templates.add(layout)
            if self._templates.of(layout).shows_master:
                self._shown_templates.update(self._parts.by_kind(layout, "slideMaster"))
        place = Place(f"slide:{number}", Role.BODY, origin, None, number)
        self._shapes.read(root, Canvas(name, place, template))
        put_pictured(self._parts, name, place)
        for notes in self._parts.unread(name, "notesSlide"):
            self._notes(notes, place)
        for comments in self._parts.unread(name, *_COMMENT_KINDS):
            put_plain(self._parts.root(comments), self._sink, place._replace(role=Role.COMMENT))

    def _family(self, master: str) -> None:
        """A master with all its layouts, used by slides or not."""
        self._templates.of(master)
        for layout in self._parts.by_kind(master, "slideLayout"):
            self._templates.of(layout)

    def _template_text(self, name: str) -> None:
        """Words that a master or layout puts on the slides, and its prompts."""
        if name in self._parts.seen:
            return
        root = self._parts.take(name)
        origin = Origin.TEXT if name in self._shown_templates else Origin.HIDDEN
        word = "master" if NAMES[root.tag] == "p:sldMaster" else "layout"
        place = Place(f"{word}:{name.rpartition('/')[2]}", Role.BODY, origin)
        self._shapes.read(root, Canvas(name, place, self._templates.of(name), prompts=True))
        put_pictured(self._parts, name, place)

    def _notes(self, name: str, place: Place) -> None:
        root = self._parts.root(name)
        template = self._templates.around(name, root)
        note = place._replace(role=Role.NOTE)
        self._shapes.read(root, Canvas(name, note, template, role=Role.NOTE))
        put_pictured(self._parts, name, note)


STEPS: Final[tuple[Step, ...]] = (_presentations,)
"""Parts of a package that this module reads; `ooxml.rest` reads the others."""
