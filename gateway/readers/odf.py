"""OpenDocument (ISO/IEC 26300, ODF 1.0-1.4) to Document: text, spreadsheets, presentations, drawings, zipped or flat.

Encrypted packages are opened with the passwords of the same mail where one fits, else they are ENCRYPTED. Embedded
documents (`Object 1/`) are read as part of the document around them; OLE objects, older versions and pictures become
members.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Final

from gateway.model import Document, Origin, ReadStatus, Role
from gateway.readers.base import Budget, Member, ReadError, Reading, Source
from gateway.readers.odf_package import OdfPackage, without_doctype
from gateway.readers.odf_sheets import Sheets
from gateway.readers.odf_story import Flow, Shelf, Story
from gateway.readers.odf_styles import StyleBook
from gateway.readers.ooxml_rest import read_picture
from gateway.readers.ooxml_sink import Place, Sink
from gateway.readers.ooxml_xml import NAMES, Element, clark, parse, texts

_FLAT: Final = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<(?:\?xml|!--|[\w.-]+:document\b|document\b)")
_KINDS: Final = {
    "office:text": "odt",
    "office:spreadsheet": "ods",
    "office:presentation": "odp",
    "office:drawing": "odg",
    "office:chart": "odc",
    "office:image": "odi",
}
_MASTER_NAMES: Final = (clark("style:master-page-name"), clark("draw:master-page-name"))
_CLASS: Final = clark("presentation:class")
_PICTURE: Final = re.compile(r"(?i)^(Pictures|ObjectReplacements|Thumbnails|media)/")
_SILENT: Final = {"mimetype", "layout-cache", "META-INF/manifest.xml", "manifest.rdf"}
_EMPTY_LIBRARIES: Final = ("script-lb.xml", "script-lc.xml", "dialog-lb.xml", "dialog-lc.xml")
_NOISY_META: Final = {
    "meta:creation-date",
    "dc:date",
    "meta:editing-duration",
    "meta:editing-cycles",
    "meta:print-date",
}
_LIMIT_OBJECTS: Final = 200


def read(source: Source, budget: Budget) -> Reading:
    """Read an OpenDocument file; raises `ReadError` when not even its package opens."""
    sink = Sink(budget)
    document = _Flat(source.data, sink) if _FLAT.match(source.data[:512]) else _Zipped(source, sink)
    document.read()
    failed = document.failed
    return Reading(
        Document(
            part=source.part,
            filename=source.filename,
            format=document.kind,
            status=failed.status if failed else ReadStatus.OK,
            reason=failed.reason if failed else "",
            pages=document.pages,
            runs=tuple(sink.runs),
            images=tuple(sink.images),
            active_content=tuple(sink.active),
            opened_with_password=document.opened_with_password,
        ),
        tuple(sink.members),
    )


class _Base:
    """What zipped and flat documents have in common: the order of reading, and faults kept aside."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.shelf = Shelf(sink, flat_object=self._flat_object)
        self.failed: ReadError | None = None
        self.pages: int | None = None
        self.kind = "odt"
        self.opened_with_password = False
        self._depth = 0

    def read(self) -> None:
        """Read everything; faults go to `failed`."""
        raise NotImplementedError

    def attempt(self, task: Callable[[], None]) -> bool:
        """Do one part's work, keep its fault; False when the budget is used up."""
        try:
            task()
        except ReadError as error:
            if error.status in {ReadStatus.LIMIT, ReadStatus.TIMEOUT}:
                self.failed = error
                return False
            self.failed = self.failed or error
        return True

    def body(self, root: Element, styles: StyleBook, *, origin: Origin, page: int | None, inner: bool = False) -> Story:
        """Walk the body of a content root."""
        story = Story(self.shelf, styles, page=page)
        for section in root:
            if NAMES[section.tag] == "office:scripts":
                self._scripts(section)
            if NAMES[section.tag] != "office:body":
                continue
            for content in section:
                kind = _KINDS.get(NAMES[content.tag], "odt")
                if not inner:
                    self.kind = kind
                self._content(content, kind, story, styles, origin)
        story.leftovers(root, Place("", Role.BODY, origin))
        return story

    def _content(self, content: Element, kind: str, story: Story, styles: StyleBook, origin: Origin) -> None:
        match kind:
            case "ods":
                sheets = Sheets(self.sink, styles, story)
                for element in content:
                    if NAMES[element.tag] == "table:table":
                        sheets.read(element, origin)
                    else:
                        story.block(element, Flow(Place("", Role.CELL, Origin.HIDDEN), (), None))
            case "odp" | "odg":
                self._slides(content, story, styles, origin)
            case "odt":
                story.blocks(content, Flow(Place("", Role.BODY, origin), (), None, counted=True))
            case _:
                place = Place("", Role.TEXTBOX, origin)
                story.blocks(content, Flow(place, (), None, counted=False, defaults=False))

    def _slides(self, content: Element, story: Story, styles: StyleBook, origin: Origin) -> None:
        number = 0
        for element in content:
            if NAMES[element.tag] != "draw:page":
                story.block(element, Flow(Place("", Role.BODY, Origin.HIDDEN), (), None))
                continue
            number += 1
            style = element.get(clark("draw:style-name"))
            shown = styles.attribute("drawing-page", style, "style:drawing-page-properties", "presentation:visibility")
            where = Origin.HIDDEN if shown == "hidden" else origin
            place = Place(f"slide:{number}", Role.BODY, where, None, number)
            label = element.get(clark("draw:name")) or ""
            if label and not re.match(r"^[\x20-\x7e]*\d+$", label):
                self.sink.put_line(label, place._replace(role=Role.NAME).hidden())
            for child in element:
                notes = NAMES[child.tag] == "presentation:notes"
                spot = place._replace(role=Role.NOTE) if notes else place
                story.block(child, Flow(spot, (), None, counted=False, defaults=False))
        self.pages = number or None

    def _scripts(self, section: Element) -> None:
        for element in section.iter():
            name = NAMES[element.tag]
            if name == "script:event-listener" or (name == "office:script" and any(True for _ in texts(element))):
                self.sink.warn("macro", "part:content")

    def masters(self, root: Element, styles: StyleBook, used: set[str]) -> None:
        """Walk headers, footers and the shapes of master pages."""
        story = Story(self.shelf, styles)
        number = 0
        for section in root:
            if NAMES[section.tag] != "office:master-styles":
                continue
            for master in section:
                name = master.get(clark("style:name")) or ""
                origin = Origin.TEXT if not used or name in used else Origin.HIDDEN
                number += 1
                for part in master:
                    self._master_part(part, number, origin, story)
        story.leftovers(root, Place("part:styles", Role.PROPERTY))

    def _master_part(self, part: Element, number: int, origin: Origin, story: Story) -> None:
        kind = NAMES[part.tag].partition(":")[2]
        if kind.startswith(("header", "footer")):
            word, role = ("footer", Role.FOOTER) if kind.startswith("footer") else ("header", Role.HEADER)
            if part.get(clark("style:display")) == "false":
                origin = Origin.HIDDEN
            cells = self.kind == "ods"
            place = Place(f"{word}:{number}", role, origin)
            layers = (story.styles.layer("table-cell", None, with_default=True),) if cells else ()
            story.blocks(part, Flow(place, layers, None, counted=False, defaults=not cells))
            return
        # Prompts of placeholders are not seen on slides; other shapes of a master are.
        prompt = part.get(_CLASS) is not None
        place = Place(f"master:{number}", Role.BODY, Origin.HIDDEN if prompt else origin)
        story.block(part, Flow(place, (), None, counted=False, defaults=False))

    def meta(self, root: Element) -> int | None:
        """Give the document's properties; return the number of pages that they state."""
        pages: int | None = None
        for element in root.iter():
            name = NAMES[element.tag]
            if name == "meta:document-statistic":
                count = element.get(clark("meta:page-count")) or ""
                pages = int(count) if count.isdecimal() and len(count) < 7 else None
            elif name == "meta:template":
                self.sink.put_line(element.get(clark("xlink:title")) or "", Place("property:Template", Role.PROPERTY))
            elif name == "meta:user-defined":
                label = element.get(clark("meta:name")) or ""
                place = Place(f"property:{label}", Role.PROPERTY)
                self.sink.put_line("".join(element.itertext()), place)
                self.sink.put_line(label, place._replace(role=Role.NAME, origin=Origin.HIDDEN))
                element.text = None
        for owner, text in texts(root):
            if NAMES[owner.tag] not in _NOISY_META:
                local = owner.tag.rpartition("}")[2]
                self.sink.put_line(text, Place(f"property:{local.capitalize()}", Role.PROPERTY))
        return pages

    def _flat_object(self, root: Element, place: Place) -> None:
        self.sink.budget.check_depth(self._depth + 1)
        self._depth += 1
        self.body(root, StyleBook([root]), origin=place.origin, page=None, inner=True)
        self._depth -= 1


def _first_page(root: Element, stated: int | None) -> int | None:
    broken = next(root.iter(clark("text:soft-page-break")), None) is not None
    return 1 if broken or stated == 1 else None


def _used_masters(*roots: Element) -> set[str]:
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
    for _ in range(len(following)):
        more = {following[name] for name in used if following.get(name)} - used
        if not more:
            break
        used |= more
    return used


class _Flat(_Base):
    """One XML file."""

    def __init__(self, data: bytes, sink: Sink) -> None:
        super().__init__(sink)
        sink.budget.take_bytes(len(data))
        self._root = parse(data)
        if NAMES[self._root.tag] not in {"office:document", "office:document-content"}:
            raise ReadError(ReadStatus.MALFORMED, "no-main-part")

    def read(self) -> None:
        root = self._root
        for element in root:
            if NAMES[element.tag] == "office:meta":
                self.pages = self.meta(element)
                root.remove(element)
        for listener in root.iter(clark("script:library-embedded"), clark("script:module")):
            if any(text for _, text in texts(listener)):
                self.sink.warn("macro", "part:content")
        styles = StyleBook([root])

        def content() -> None:
            story = self.body(root, styles, origin=Origin.TEXT, page=_first_page(root, self.pages))
            self.pages = story.page or self.pages

        used = _used_masters(root)
        for section in root:
            if NAMES[section.tag] == "office:body":
                self.kind = _KINDS.get(NAMES[section[0].tag], "odt") if len(section) else "odt"
        self.attempt(lambda: self._masters_only(root, styles, used))
        self.attempt(content)

    def _masters_only(self, root: Element, styles: StyleBook, used: set[str]) -> None:
        story = Story(self.shelf, styles)
        for number, master in enumerate(root.iter(clark("style:master-page")), 1):
            name = master.get(clark("style:name")) or ""
            for part in master:
                self._master_part(part, number, Origin.TEXT if name in used else Origin.HIDDEN, story)


class _Zipped(_Base):
    """A package."""

    def __init__(self, source: Source, sink: Sink) -> None:
        super().__init__(sink)
        self._package = OdfPackage(source.data, sink.budget, source.passwords)
        self.opened_with_password = self._package.opened_with_password
        self.shelf.embedded = self._embedded
        self.shelf.digest = self._digest
        self._seen: set[str] = set()
        self._objects: list[str] = []
        self._pictures: dict[str, bytes] = {}

    def read(self) -> None:
        stated: list[int | None] = [None]

        def meta() -> None:
            if self._package.has("meta.xml"):
                stated[0] = self.meta(self._parsed("meta.xml"))

        if not self._package.has("content.xml"):
            raise ReadError(ReadStatus.MALFORMED, "no-main-part")
        going = self.attempt(meta) and self.attempt(lambda: self._document("", stated[0]))
        while going and self._objects:
            folder = self._objects.pop()
            if len(self._seen) > _LIMIT_OBJECTS * 10:
                self.failed = ReadError(ReadStatus.LIMIT, "files")
                return
            going = self.attempt(lambda folder=folder: self._document(folder, None))  # type: ignore[misc]
        if going:
            self._rest()

    def _parsed(self, name: str) -> Element:
        self._seen.add(name)
        return parse(without_doctype(self._package.read(name)))

    def _document(self, folder: str, stated: int | None) -> None:
        """The document in a folder of the package, its root for the empty name."""
        content = self._parsed(f"{folder}content.xml")
        roots = [content]
        common: Element | None = None
        if self._package.has(f"{folder}styles.xml"):
            common = self._parsed(f"{folder}styles.xml")
            # Automatic styles of styles.xml serve its master pages alone; what content.xml names comes first.
            roots.append(common)
        used = _used_masters(*roots)
        styles = StyleBook(roots)
        inner = bool(folder)
        page = None if inner else _first_page(content, stated)
        story = self.body(content, styles, origin=Origin.TEXT, page=page, inner=inner)
        if not inner:
            self.pages = self.pages or (story.page if story.page and story.page > 1 else stated)
        if common is not None:
            self.masters(common, StyleBook([common]), used)

    def _digest(self, name: str) -> str | None:
        return hashlib.sha256(self._picture(name)).hexdigest() if self._package.has(name) else None

    def _picture(self, name: str) -> bytes:
        known = self._pictures.get(name)
        if known is None:
            known = self._pictures[name] = self._package.read(name)
        return known

    def _embedded(self, name: str) -> None:
        folder = f"{name}/"
        if self._package.has(f"{folder}content.xml") and f"{folder}content.xml" not in self._seen:
            self._seen.add(f"{folder}content.xml")
            self._objects.append(folder)

    def _rest(self) -> None:
        """Everything in the package that no document has read."""
        for name in self._package.names:
            if name.endswith("/content.xml") and name not in self._seen:
                folder = name.removesuffix("content.xml")
                if not self.attempt(lambda folder=folder: self._document(folder, None)):  # type: ignore[misc]
                    return
        for name in self._package.names:
            if name in self._seen or name in _SILENT:
                continue
            if not self.attempt(lambda name=name: self._other(name)):  # type: ignore[misc]
                return

    def _other(self, name: str) -> None:
        self._seen.add(name)
        if _PICTURE.match(name):
            data = self._picture(name)
            kind = self._package.media_type(name)
            if data:
                read_picture(name, data, kind, self.sink)
            return
        data = self._package.read(name)
        if not data:
            return
        if name.startswith(("Basic/", "Scripts/", "Dialogs/")) and not name.endswith(_EMPTY_LIBRARIES):
            self.sink.warn("macro", f"part:{name}")
        if data.lstrip()[:1] == b"<" and not data.startswith(b"PK"):
            root = parse(without_doctype(data))
            if name.startswith("META-INF/"):
                return
            for _, text in texts(root):
                if any(letter.isalpha() for letter in text) and not name.endswith("settings.xml"):
                    self.sink.put_line(text, Place(f"part:{name}", Role.PROPERTY, Origin.HIDDEN))
            if name.endswith("settings.xml"):
                self._settings(root)
            return
        if name.startswith("Scripts/"):
            return
        kind = self._package.media_type(name)
        if "ole" in kind or "sun.xml" in kind or data.startswith(b"\xd0\xcf\x11\xe0"):
            self.sink.warn("ole-object", f"part:{name}")
        self.sink.members.append(
            Member(name=name, data=data, relation="embedded", declared_type=kind, locator=f"part:{name}")
        )

    def _settings(self, root: Element) -> None:
        """Words that LibreOffice keeps among its settings: document variables, watermark texts."""
        for owner, text in texts(root):
            label = owner.get(clark("config:name")) or ""
            if "watermark" in label.lower() or "Description" in label:
                self.sink.put_line(text, Place(f"property:{label}", Role.PROPERTY, Origin.HIDDEN))
