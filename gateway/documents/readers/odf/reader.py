"""OpenDocument (ISO/IEC 26300, ODF 1.0-1.4) to Document: text, spreadsheets, presentations, drawings.

The package is a zip with a manifest, encrypted or not (ODF 1.3 Part 2). Embedded documents (`Object 1/`) are read as part of the
document around them; OLE objects, older versions and pictures become members. Encrypted packages stay shut, whatever passwords
the mail names.
"""

from __future__ import annotations

import hashlib
import math
import re
from contextlib import suppress
from functools import cache
from typing import Final

from gateway.documents.readers.base import Budget, Member, ReadError, Reading, Source, remembered, spoken
from gateway.documents.readers.containers.zip import Zip
from gateway.documents.readers.odf.document import OdfDocument, first_page, page_setups, used_masters
from gateway.documents.readers.odf.styles import StyleBook, first_family
from gateway.documents.readers.ooxml.rest import MAGIC, read_picture
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark, holds_words, parse, texts
from gateway.documents.readers.sink import Place, Sink
from gateway.model import Origin, ReadStatus, Role

_MANIFEST: Final = "META-INF/manifest.xml"
_PATH, _TYPE = clark("manifest:full-path"), clark("manifest:media-type")
_PLAIN_DOCTYPE: Final = re.compile(rb"^(\s*(?:<\?xml[^>]{0,200}\?>)?\s*)<!DOCTYPE[^\[<>]{1,400}>")


def _media_types(package: Zip) -> dict[str, str]:
    """Return the media types by the manifest; ENCRYPTED, `openpgp` where a package is for the holders of keys, else `password`."""
    root = parse(without_doctype(package.read(_MANIFEST))) if _MANIFEST in package.entries else parse(b"<none/>")
    if next(root.iter(clark("manifest:encryption-data")), None) is not None:
        to_keys = any(NAMES[entry.tag] != "manifest:file-entry" and entry.tag.endswith("keyinfo") for entry in root)
        raise ReadError(ReadStatus.ENCRYPTED, "openpgp" if to_keys else "password")
    entries = root.iterchildren(clark("manifest:file-entry"))
    return {entry.get(_PATH) or "": (entry.get(_TYPE) or "").lower() for entry in entries}


def without_doctype(data: bytes) -> bytes:
    """Return XML without a document type declaration that names only an external subset.

    OpenOffice writes one into manifests, macro libraries and dialogs. It declares nothing by itself and is never
    fetched; one with an internal subset stays, and is refused by the parser.
    """
    return _PLAIN_DOCTYPE.sub(rb"\1", data, count=1)


_PICTURE: Final = re.compile(r"(?i)^(Pictures|ObjectReplacements|Thumbnails|media)/")
_SILENT: Final = {"mimetype", "META-INF/manifest.xml"}
_EMPTY_LIBRARIES: Final = ("script-lb.xml", "script-lc.xml", "dialog-lb.xml", "dialog-lc.xml")
_LIMIT_OBJECTS: Final = 200
_HREF: Final = clark("xlink:href")
_DRAWN: Final = tuple(map(clark, ("draw:image", "draw:fill-image", "style:background-image")))


def read(source: Source, budget: Budget) -> Reading:
    """Read an OpenDocument file; raises `ReadError` when not even its package opens."""
    sink = Sink(budget)
    document = _Package(source, sink)
    with suppress(ReadError):  # after LIMIT and TIMEOUT there is nothing left to read the other files with
        document.read()
    with suppress(ReadError), sink.part():
        document.read_own_fonts()
    return sink.reading(source, document.kind)


class _Package(OdfDocument):
    """The documents of a package and its other files."""

    def __init__(self, source: Source, sink: Sink) -> None:
        super().__init__(sink)
        self._package = Zip(source.data, sink.budget)
        self._types = _media_types(self._package)
        if not self._has("content.xml"):
            raise ReadError(ReadStatus.MALFORMED, "no-main-part")
        self.shelf.embedded = remembered(self._embedded)
        self.shelf.picture = remembered(self._shown)
        self._seen: set[str] = set()
        self._objects: list[str] = []
        self._picture = cache(self._package.read)
        self._previews: set[str] = set()
        """Names of pictures that stand in for a table where it cannot be shown (ODF 1.3 part 3 §10.4.2)."""
        self._drawn: set[str] = set()
        """Names of pictures that a page shows: one that stands under the name of the thumbnail is none."""

    def _has(self, name: str) -> bool:
        return name in self._package.entries

    def read(self) -> None:
        """Read the documents of the package, then its other files."""
        stated: int | None = None
        with self.sink.part():
            stated = self.meta(self._parsed("meta.xml")) if self._has("meta.xml") else None
        with self.sink.part():
            self._document("", stated)
        while self._objects:
            folder = self._objects.pop()
            with self.sink.part():
                if len(self._seen) > _LIMIT_OBJECTS * 10:
                    raise ReadError(ReadStatus.LIMIT, "files")
                self._document(folder, None)
        for name in self._package.entries:
            if name.endswith("/content.xml") and name not in self._seen:
                with self.sink.part():
                    self._document(name.removesuffix("content.xml"), None)
        for name in self._package.entries:
            if name not in self._seen and name not in _SILENT:
                with self.sink.part():
                    self._other(name)

    def read_own_fonts(self) -> None:
        """Pass on pictures of the lines set in fonts of the package (ODF 1.3 Part 3 §16.23)."""
        fonts: dict[str, bytes] = {}
        for part in ("content.xml", "styles.xml"):
            root = self._parsed(part) if self._has(part) else None
            for address in () if root is None else root.iter(clark("svg:font-face-uri")):
                target = (address.get(_HREF) or "").removeprefix("./")
                face = next(address.iterancestors(clark("style:font-face")), None)
                if face is not None and self._has(target):
                    family = first_family(face.get(clark("svg:font-family")) or face.get(clark("style:name")) or "")
                    fonts.setdefault((family or "").lower(), self._package.read(target))
        self.sink.set_in_own_fonts(fonts)

    def _parsed(self, name: str) -> Element:
        self._seen.add(name)
        return parse(without_doctype(self._package.read(name)))

    def _document(self, folder: str, stated: int | None) -> None:
        """The document in a folder of the package, its root for the empty name."""
        content = self._parsed(f"{folder}content.xml")
        roots = [content]
        common: Element | None = None
        if self._has(f"{folder}styles.xml"):
            common = self._parsed(f"{folder}styles.xml")
            # Automatic styles of styles.xml serve its master pages alone; what content.xml names comes first.
            roots.append(common)
        self._drawn.update(one.get(_HREF, "").removeprefix("./") for root in roots for one in root.iter(*_DRAWN))
        frames = (table.getparent() for table in content.iter(clark("table:table")))
        self._previews.update(
            image.get(_HREF, "").removeprefix("./")
            for frame in frames
            if frame is not None and NAMES[frame.tag] == "draw:frame"
            for image in frame.iterchildren(clark("draw:image"))
        )
        used = used_masters(*roots)
        if not folder:
            for setup in page_setups(roots[::-1], used):
                self.sink.put_setup(setup)
        styles = StyleBook(roots, self.sink.fail)
        inner = bool(folder)
        page = None if inner else first_page(content, stated)
        story = self.body(content, styles, origin=Origin.TEXT, page=page, inner=inner)
        if not inner:
            self.sink.pages = self.sink.pages or (story.page if story.page and story.page > 1 else stated)
        if common is not None:
            self.masters(common, StyleBook([common], self.sink.fail), used)

    def _shown(self, name: str) -> bytes | None:
        return self._picture(name) if self._has(name) else None

    def _embedded(self, name: str) -> None:
        folder = f"{name}/"
        if self._has(f"{folder}content.xml") and f"{folder}content.xml" not in self._seen:
            self._seen.add(f"{folder}content.xml")
            self._objects.append(folder)

    def _other(self, name: str) -> None:
        self._seen.add(name)
        if _PICTURE.match(name) or name in self._drawn:
            data = self._picture(name)
            kind = self._types.get(name, "")
            if data:
                if name in self._drawn:
                    self.sink.budget.shown_inches.setdefault(hashlib.sha256(data).hexdigest(), math.inf)
                first, said = len(self.sink.runs), f" {spoken(self.sink.runs)} " if name in self._previews else ""
                read_picture(name, data, kind, self.sink)
                self.sink.runs[first:] = [run for run in self.sink.runs[first:] if f" {spoken([run])} " not in said]
            return
        data = self._package.read(name)
        if not data or (name == "layout-cache" and not data.startswith(MAGIC)):
            return
        if name.startswith(("Basic/", "Scripts/", "Dialogs/")) and not name.endswith(_EMPTY_LIBRARIES):
            self.sink.warn("macro", f"part:{name}")
        if data.lstrip()[:1] == b"<" and not data.startswith(b"PK"):
            root = parse(without_doctype(data))
            if name.startswith("META-INF/"):
                return
            for _, text in texts(root):
                if holds_words(text) and not name.endswith("settings.xml"):
                    self.sink.put_line(text, Place(f"part:{name}", Role.PROPERTY, Origin.HIDDEN))
            if name.endswith("settings.xml"):
                self._settings(root)
            return
        if name.startswith("Scripts/"):
            return
        kind = self._types.get(name, "")
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
