"""Fonts, colours and backgrounds that slides inherit from layouts, masters and themes (ECMA-376 Part 1 §19.3).

A placeholder inherits from the one of its index in the layout, that from the one of its kind in the master, all from the
master's text styles and the theme.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping
from typing import Final

from gateway.documents.readers.containers.zip import Zip
from gateway.fix.pptx_colours import Palette
from gateway.fix.pptx_shapes import Fill, Shape, Slide, local
from gateway.fix.xml_spans import Tag, walk

_KINDS: Final = {"ctrTitle": "title", "subTitle": "body", "obj": "body", "": "body"}
_MARGINS: Final = frozenset({"dt", "ftr", "sldNum", "hdr"})
_ABOVE: Final = ("slideLayout", "slideMaster", "notesMaster", "theme")
_COLOUR: Final = frozenset({"dk1", "lt1", "dk2", "lt2", "hlink", "folHlink"} | {f"accent{n}" for n in range(1, 7)})
_MAIN: Final = "ppt/presentation.xml"
_EXTERNAL: Final = re.compile(r"^[a-z]+:", re.IGNORECASE)


class Theme:
    """Fonts and colours of a theme."""

    def __init__(self, tags: list[Tag]) -> None:
        self.fonts: dict[str, str] = {}
        self.colours: dict[str, str] = {}
        holder = ""
        for tag in tags:
            name = local(tag)
            if not tag.opens:
                continue
            if name in _COLOUR or name in ("majorFont", "minorFont"):
                holder = name
            elif name in ("srgbClr", "sysClr") and holder in _COLOUR:
                self.colours.setdefault(holder, tag.attributes.get("lastClr") or tag.attributes.get("val", ""))
            elif name == "latin" and holder.endswith("Font"):
                self.fonts.setdefault(holder, tag.attributes.get("typeface", ""))

    def named(self, face: str) -> str | None:
        """Return the family of a name, which may refer to the theme: `+mj-lt`."""
        if not face.startswith("+"):
            return face
        return self.fonts.get("majorFont" if face.startswith("+mj") else "minorFont") or None


class Deck:
    """The parts of a presentation and what each stands on."""

    def __init__(
        self,
        package: Zip,
        names: Collection[str],
        slides: Mapping[str, Slide],
        tags: Mapping[str, list[Tag]],
    ) -> None:
        self._slides = slides
        self._above = {name: _targets(package, name, names) for name in slides}
        self._themes = {name: Theme(each) for name, each in tags.items() if name not in slides}

    def _chain(self, name: str) -> list[str]:
        """Return a part and what it stands on: layout, master."""
        chain = [name]
        for _ in range(2):
            above = self._above.get(chain[-1], {})
            found = next((above[kind] for kind in _ABOVE[:3] if above.get(kind) in self._slides), None)
            if found is None or found in chain:
                break
            chain.append(found)
        return chain

    def _theme(self, name: str) -> Theme:
        for part in (*reversed(self._chain(name)), _MAIN):
            found = self._themes.get(self._above.get(part, {}).get("theme", ""))
            if found is not None:
                return found
        return next(iter(self._themes.values()), Theme([]))

    def palette(self, name: str) -> Palette:
        """Return the colours of a part."""
        chain = self._chain(name)
        mapping = next((self._slides[part].mapping for part in chain if self._slides[part].mapping), {})
        under: Fill | None = next((self._slides[part].ground for part in chain[1:] if self._slides[part].ground), None)
        return Palette(self._theme(name).colours, mapping, under)

    def font(self, name: str, shape: Shape, face: str | None, level: int) -> str | None:
        """Return the family of letters of a shape, of which their run says a face or nothing."""
        return self._theme(name).named(
            face or shape.levels.get(level) or self._inherited(name, shape, level) or "+mn-lt"
        )

    def _inherited(self, name: str, shape: Shape, level: int) -> str | None:
        chain = self._chain(name)
        kind = shape.kind
        if kind is not None:
            for part in chain[1:]:
                held = _holder(self._slides[part], kind, shape.index if part == chain[1] else "")
                if held is not None and held.levels.get(level):
                    return held.levels[level]
                kind = held.kind if held is not None and held.kind and not kind else kind
        style = "otherStyle" if kind is None or kind in _MARGINS else f"{_KINDS.get(kind, kind)}Style"
        styles = self._slides[chain[-1]].styles
        default = self._slides[_MAIN].styles if _MAIN in self._slides else {}
        found = styles.get(style if style in styles else "bodyStyle" if kind is not None else style, {})
        return found.get(level) or (default.get("defaultTextStyle", {}).get(level) if kind is None else None)


def _holder(slide: Slide, kind: str, index: str) -> Shape | None:
    """Return the placeholder that one of that kind and index inherits from."""
    held = [shape for shape in slide.shapes if shape.kind is not None]
    same = _KINDS.get(kind, kind)
    by_index = [shape for shape in held if index and shape.index == index]
    by_kind = [shape for shape in held if _KINDS.get(shape.kind or "", shape.kind) == same]
    return next(iter(by_index + by_kind), None)


def _targets(package: Zip, name: str, names: Collection[str]) -> dict[str, str]:
    """Return the parts that a part stands on, by kind of relationship."""
    folder, _, file = name.rpartition("/")
    relations = f"{folder}/_rels/{file}.rels"
    if relations not in names:
        return {}
    found: dict[str, str] = {}
    for tag in walk(package.read(relations)):
        kind = tag.attributes.get("Type", "").rpartition("/")[2]
        target = tag.attributes.get("Target", "")
        if tag.opens and kind in _ABOVE and not _EXTERNAL.match(target):
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
            found.setdefault(kind, path)
    return found
