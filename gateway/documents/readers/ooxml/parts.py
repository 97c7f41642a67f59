"""The parts of an Open Packaging Conventions package (ISO/IEC 29500-2) as walkers use them.

`Package` has their types and relationships, `Parts` what somebody has looked at, pictures, objects, descriptions, alternatives.
The zip below is that of `containers.zip`.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from gateway.documents.readers.base import Member, ReadError, remembered
from gateway.documents.readers.containers.opc import ContentTypes, part_name
from gateway.documents.readers.containers.zip import Zip
from gateway.documents.readers.ooxml.picture_places import (
    line_of_vml,
    outline_of,
    outline_of_vml,
    put_in_place,
    shown_inches,
    stroke_of,
)
from gateway.documents.readers.ooxml.plotted import draw_chart, ink_of
from gateway.documents.readers.ooxml.shape_looks import vml_colour, vml_style
from gateway.documents.readers.ooxml.theme import NO_THEME, Theme, parse_theme
from gateway.documents.readers.ooxml.xml import NAMES, NAMESPACES, Element, clark, parse
from gateway.documents.readers.pictures.outlines import STROKE
from gateway.documents.readers.sink import Face, Place, Sink
from gateway.model import Image, Origin, ReadStatus, Role


@dataclass(frozen=True)
class Relationship:
    """One relationship of a part or of the package (part name empty)."""

    source: str
    id: str
    kind: str
    """Last segment of the relationship type: `image`, `officeDocument`, `hyperlink` ..."""
    target: str
    """Absolute part name without leading slash, or the target as written when external."""
    external: bool


class Package:
    """The parts of a zipped package."""

    def __init__(self, parts: Zip) -> None:
        self._parts = parts
        self._spelling = {part_name(name).casefold(): name for name in parts.entries}
        if len(self._spelling) < len(parts.entries):
            raise ReadError(ReadStatus.MALFORMED, "zip-duplicate-name")
        self.names = tuple(name for name in parts.entries if not _is_plumbing(name))
        """Part names without leading slash, in the order of the container, relationships and content types left out."""
        self._relationships = remembered(self._load_relationships)
        types = self.find("[content_types].xml")
        self._types = ContentTypes(parse(parts.read(types)) if types is not None else ())

    def read(self, name: str) -> bytes:
        """Return the bytes of a part; raises `ReadError`."""
        return self._parts.read(name)

    def content_type(self, name: str) -> str:
        """Return the type by override, else by extension, in lower case, empty when none is given."""
        return self._types.of(name).lower()

    def find(self, name: str) -> str | None:
        """Return the stored spelling of a part name, None when the package has no such part."""
        return self._spelling.get(part_name(name).casefold())

    def relationships(self, name: str = "") -> tuple[Relationship, ...]:
        """Return the relationships of a part, of the package itself for the empty name."""
        return self._relationships(name)

    def _load_relationships(self, source: str) -> tuple[Relationship, ...]:
        folder, _, base = source.rpartition("/")
        stored = self.find(f"{folder}/_rels/{base}.rels" if folder else f"_rels/{base}.rels")
        return tuple(self._read_relationships(stored, folder, source)) if stored else ()

    def _read_relationships(self, stored: str, folder: str, source: str) -> Iterator[Relationship]:
        for child in parse(self._parts.read(stored)):
            if NAMES[child.tag] != "rel:Relationship":
                continue
            external = (child.get("TargetMode") or "").lower() == "external"
            target = child.get("Target") or ""
            yield Relationship(
                source=source,
                id=child.get("Id") or "",
                kind=(child.get("Type") or "").rstrip("/").rpartition("/")[2],
                target=target if external else _resolve(folder, target),
                external=external,
            )


def _is_plumbing(name: str) -> bool:
    folded = name.casefold()
    return folded == "[content_types].xml" or (folded.endswith(".rels") and "_rels/" in folded)


def _resolve(folder: str, target: str) -> str:
    """Part name of a relative reference (RFC 3986 §5.2, as OPC uses it); fragments do not count."""
    target = unquote(target.partition("#")[0].replace("\\", "/"))
    joined = target if target.startswith("/") else posixpath.join("/" + folder, target)
    return posixpath.normpath(joined).lstrip("/") if target else ""


_EMBED, _LINK, _ID = clark("r:embed"), clark("r:link"), clark("r:id")
_PICT: Final = clark("r:pict")
_OFFICE: Final = """word/2006/wordml word/2010/wordprocessingDrawing word/2010/wordprocessingInk word/2012/wordprocessingDrawing
word/2015/wordml/symex word/2016/wordml/cid word/2018/wordml word/2018/wordml/cex word/2020/wordml/sdtdatahash
word/2020/oembed word/2023/wordml/word16du word/2024/wordml/sdtformatlock drawing/2007/8/2/chart drawing/2010/main
drawing/2010/compatibility drawing/2010/chartDrawing drawing/2010/diagram drawing/2010/picture drawing/2010/slicer
drawing/2012/chart drawing/2012/main drawing/2012/timeslicer drawing/2013/main/command drawing/2014/chart
drawing/2014/chartex drawing/2014/main drawing/2015/06/chart drawing/2015/9/8/chartex drawing/2015/10/21/chartex
drawing/2016/5/9/chartex drawing/2016/5/10/chartex drawing/2016/5/11/chartex drawing/2016/5/12/chartex
drawing/2016/5/13/chartex drawing/2016/5/14/chartex drawing/2016/11/diagram drawing/2016/11/main drawing/2016/12/diagram
drawing/2016/ink drawing/2016/SVG/main drawing/2017/03/chart drawing/2017/decorative drawing/2017/model3d
drawing/2018/animation drawing/2018/animation/model3d drawing/2018/hyperlinkcolor drawing/2018/sketchyshapes
drawing/2020/classificationShape drawing/2021/livefeed drawing/2021/oembed drawing/2021/scriptlink
powerpoint/2010/main powerpoint/2012/main powerpoint/2012/roamingSettings powerpoint/2014/inkAction powerpoint/2015/10/main
powerpoint/2015/09/main powerpoint/2015/main powerpoint/2016/sectionzoom powerpoint/2016/slidezoom
powerpoint/2016/summaryzoom powerpoint/2017/10/main powerpoint/2019/9/main/command excel/2010/spreadsheetDrawing
spreadsheetml/2009/9/main spreadsheetml/2009/9/ac spreadsheetml/2010/11/main spreadsheetml/2010/11/ac
spreadsheetml/2014/11/main spreadsheetml/2014/revision spreadsheetml/2015/02/main spreadsheetml/2015/revision2
spreadsheetml/2016/revision3 spreadsheetml/2016/revision6 spreadsheetml/2016/revision10 spreadsheetml/2016/01/main
spreadsheetml/2017/dynamicarray spreadsheetml/2017/richdata spreadsheetml/2017/richdata2 spreadsheetml/2018/calcfeatures
mac/office/2008/main mac/excel/2008/main mac/drawingml/2008/main thememl/2012/main"""
_UNDERSTOOD: Final = frozenset(
    (
        *NAMESPACES.values(),
        "urn:schemas-microsoft-com:mac:vml",
        *(f"http://schemas.microsoft.com/office/{n}" for n in _OFFICE.split()),
    )
)
"""Namespaces that office programs know; of any other they show what the Fallback says."""
_DEFAULT_NAME: Final = re.compile(r"^[\x20-\x7e]*\d+$")


class Parts:
    """A package, and which of its parts were read."""

    def __init__(self, package: Package, sink: Sink) -> None:
        self.package = package
        self.sink = sink
        self._by_id = remembered(self._load_ids)
        self.media = remembered(self._load_media)
        """Returns SHA-256 and bytes of a part, read once."""
        self.seen: set[str] = set()
        """Parts read by a walker of their own; the rest is swept."""
        self.drawn: set[str] = set()
        """Parts that a shape shows as a picture, whatever their names and types say."""

    def related(self, part: str, identifier: str | None) -> Relationship | None:
        """Return the relationship of a part by id."""
        return self._by_id(part).get(identifier) if identifier else None

    def _load_ids(self, part: str) -> dict[str, Relationship]:
        return {each.id: each for each in self.package.relationships(part)}

    def target(self, part: str, identifier: str | None) -> str | None:
        """Return the stored name of the part that a relationship of another leads to, None when it is not in the package."""
        relation = self.related(part, identifier)
        return None if relation is None or relation.external else self.package.find(relation.target)

    def mains(self, *others: str) -> list[str]:
        """Return the main parts but those of other kinds, by words of their types; MALFORMED `no-main-part` without any."""
        kind_of = self.package.content_type
        mains = [
            name for name in self.by_kind("", "officeDocument") if not any(map(kind_of(name).__contains__, others))
        ]
        if not mains:
            raise ReadError(ReadStatus.MALFORMED, "no-main-part")
        return mains

    def root(self, name: str) -> Element:
        """Return the root of a part."""
        return parse(self.package.read(name))

    def take(self, name: str) -> Element:
        """Return the root of a part and mark it as read."""
        self.seen.add(name)
        return self.root(name)

    def first(self, part: str, kind: str) -> Element | None:
        """Return the root of the first part that a part refers to by a kind of relationship, and mark it as read."""
        return next(map(self.take, self.by_kind(part, kind)), None)

    def theme(self, part: str) -> Theme:
        """Return the theme of a part."""
        root = self.first(part, "theme")
        return NO_THEME if root is None else parse_theme(root)

    def unread(self, part: str, *kinds: str) -> Iterator[str]:
        """Yield the unread parts that a part refers to by kinds of relationships, and mark them as read."""
        for kind in kinds:
            for name in self.by_kind(part, kind):
                if name not in self.seen:
                    self.seen.add(name)
                    yield name

    def by_kind(self, part: str, kind: str) -> Iterator[str]:
        """Yield the stored names of the parts that a part refers to by a kind of relationship."""
        for each in self.package.relationships(part):
            if each.kind == kind and not each.external:
                stored = self.package.find(each.target)
                if stored is not None:
                    yield stored

    def _load_media(self, name: str) -> tuple[str, bytes]:
        data = self.package.read(name)
        return hashlib.sha256(data).hexdigest(), data

    def use(self, part: str, element: Element, kind: str) -> None:
        """Hand the part that `r:id` of an element names to the caller's caller, as something to look at."""
        identifier = element.get(_ID)
        stored = self._stored(part, identifier, f"{kind}:{identifier}")
        if stored is not None and stored not in self.seen:
            self.seen.add(stored)
            data = self.package.read(stored)
            kind_of = self.package.content_type(stored)
            self.sink.members.append(Member(name=stored, data=data, relation="embedded", declared_type=kind_of))

    def _stored(self, part: str, identifier: str | None, locator: str) -> str | None:
        """Return what `target` does; warn of what is outside the package."""
        relation = self.related(part, identifier)
        if relation is not None and relation.external:
            self.sink.warn("external-object", locator)
        return self.target(part, identifier)

    def node(self, part: str, element: Element, place: Place) -> None:
        """Note what a node of a drawing says: description, picture, object, control, WordArt string."""
        sink, name = self.sink, NAMES[element.tag]
        match name:
            case (
                "wp:docPr" | "pic:cNvPr" | "wps:cNvPr" | "wpg:cNvPr" | "xdr:cNvPr" | "p:cNvPr" | "c:cNvPr" | "cdr:cNvPr"
            ):
                self._described(element, place)
            case "v:textpath":
                where = place._replace(role=Role.WATERMARK, boxed=None)
                sink.put_line(element.get("string") or "", where, _textpath_face(element))
            case "a:blip" | "a14:imgLayer":
                self._picture(part, element.get(_EMBED) or element.get(_LINK), element, place)
            case "a:custGeom" if place.origin is Origin.TEXT:
                if (outline := outline_of(element)) is not None:
                    put_in_place(sink, part, element, outline)
            case "a:prstGeom" if place.origin is Origin.TEXT:
                if (outline := stroke_of(element)) is not None:
                    put_in_place(sink, part, element, outline)
            case "w14:contentPart" | "p:contentPart" | "?:contentPart" if place.origin is Origin.TEXT:
                self._ink(part, element)
            case "c:chartSpace" if place.origin is Origin.TEXT:
                draw_chart(element, sink.pictures, part)
            case "v:line" if place.origin is Origin.TEXT:
                sink.pictures.draw(STROKE, (part, element.getparent()), *line_of_vml(element))
            case "v:imagedata" | "v:fill":
                identifier = element.get(_ID) or element.get(_PICT) or element.get(clark("o:relid"))
                self._picture(part, identifier, element, place)
                self._vml(element, place)
            case "v:shape" | "v:rect" | "v:roundrect" | "v:oval" | "v:group" | "v:shapetype":
                self._vml(element, place)
                outline = outline_of_vml(element) if name == "v:shape" and place.origin is Origin.TEXT else None
                if outline is not None:
                    put_in_place(sink, part, element, outline)
            case "o:OLEObject" | "?:oleObj" | "p:oleObj" | "s:oleObject":
                linked = element.get("Type") == "Link" or element.get("link") is not None
                sink.warn("external-object" if linked else "ole-object", place.locator)
            case "w:control" | "s:control" | "p:control":
                sink.warn("activex", place.locator)
            case _:
                return

    def _ink(self, part: str, element: Element) -> None:
        """Draw what a pen has written."""
        stored = self.target(part, element.get(_ID))
        if stored is not None and (ink := ink_of(parse(self.package.read(stored)))) is not None:
            put_in_place(self.sink, part, element, ink)

    def _described(self, element: Element, place: Place) -> None:
        hidden = place._replace(role=Role.ALT_TEXT).hidden()
        for attribute in ("descr", "title"):
            self.sink.put_line(element.get(attribute) or "", hidden)
        name = element.get("name") or ""
        if name and not _DEFAULT_NAME.match(name):
            self.sink.put_line(name, hidden._replace(role=Role.NAME))

    def _vml(self, element: Element, place: Place) -> None:
        hidden = place._replace(role=Role.ALT_TEXT).hidden()
        for attribute in ("alt", "title", clark("o:title")):
            self.sink.put_line(element.get(attribute) or "", hidden)

    def _picture(self, part: str, identifier: str | None, element: Element, place: Place) -> None:
        sink = self.sink
        if (stored := self._stored(part, identifier, place.locator)) is None:
            return
        self.drawn.add(stored)
        digest, data = self.media(stored)
        widths = sink.budget.shown_inches
        widths[digest] = max(widths.get(digest, 0.0), shown_inches(element))
        if NAMES[element.tag] in {"a:blip", "v:imagedata"} and place.origin is Origin.TEXT:
            put_in_place(sink, part, element, data)
        sink.images.append(Image(locator=place.locator, page=place.page, sha256=digest))


Step = Callable[[Parts], None]
"""Reads some parts of a package; raises `ReadError` after doing what it could."""


def _textpath_face(element: Element) -> Face:
    shape, font = element.getparent(), vml_style(element).get("font-family")
    colour = vml_colour(shape.get("fillcolor")) if shape is not None else None
    return Face(font=font.strip('"').replace("&quot;", "") if font is not None else None, colour=colour)


def shown_branch(element: Element) -> tuple[Element | None, list[Element]]:
    """Return the branch of an `mc:AlternateContent` that office programs show, and the others.

    The first Choice whose required namespaces Office knows is shown, else the Fallback (ECMA-376 Part 3 §7.6).
    """
    shown: Element | None = None
    fallback: Element | None = None
    others: list[Element] = []
    for branch in element:
        name = NAMES[branch.tag]
        if name == "mc:Choice" and shown is None and _understood(branch):
            shown = branch
        elif name == "mc:Fallback" and fallback is None:
            fallback = branch
        else:
            others.append(branch)
    if shown is None:
        return fallback, others
    return shown, others if fallback is None else [*others, fallback]


def _understood(branch: Element) -> bool:
    spaces = branch.nsmap
    required = (branch.get("Requires") or "").split()
    return all(spaces.get(prefix) in _UNDERSTOOD for prefix in required)
