"""Styles of OpenDocument: families, parents, defaults and automatic styles resolved to the look of letters (§16, §20).

Letters in a paragraph inherit from the default style of the family, the paragraph style and its parents, and every
`text:span` around them. Font names go through the font face declarations. A layer is a plain mapping of what is set.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from gateway.documents.readers.base import Fail, ancestry, remembered
from gateway.documents.readers.numerals import column_letters, length_pt, number, numeral, signed, whole
from gateway.documents.readers.ooxml.colours import AUTO, automatic, hex_colour, named_colour
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark
from gateway.documents.readers.rows import SUPERSCRIPT
from gateway.documents.readers.sink import Face
from gateway.documents.readers.word.docx_format import NARROWEST
from gateway.vietnamese.colour import is_invisible

Layer = Mapping[str, Any]
"""`font`, `font-asian`, `font-complex`, `size`, `colour`, `bold`, `hidden`, `background`, `capitals` as far as set."""
NOTHING: Final[Layer] = {}
Label = tuple[str, Layer]
"""Letters before a paragraph, and what sets them."""
Section = tuple[str, Element]
"""The condition of a section of a number format, and the section."""
NO_LABEL: Final[Label] = ("", NOTHING)

_NAME, _FAMILY, _PARENT = clark("style:name"), clark("style:family"), clark("style:parent-style-name")
_DATA_STYLE: Final = clark("style:data-style-name")
_CONDITION, _APPLIED = clark("style:condition"), clark("style:apply-style-name")
_AUTOMATIC: Final = clark("style:use-window-font-color")
_OPACITY: Final = clark("loext:opacity")
_TEXT_STYLE: Final = clark("text:style-name")
_OUTLINE_LEVEL: Final = clark("style:default-outline-level")
_BOLD: Final = {"bold", "600", "700", "800", "900"}
_BASES: Final = {"paragraph": ("Standard",), "table-cell": ("Default",)}
"""Common styles that LibreOffice gives what names no style, one that is not there, or an automatic one without a parent."""
_LIST_FORMAT: Final = clark("loext:num-list-format")
OUTLINE: Final = "text:outline-style"
"""Name of the list style of headings."""
_UPPER: Final = re.compile(r"%\d+%")
"""Numbers of the levels above."""
_SIDES: Final = ("border-top", "border-bottom", "border-left", "border-right")


class StyleBook:
    """The styles that one part of a document sees: common ones, and its own automatic ones before them."""

    def __init__(self, roots: Iterable[Element], fail: Fail) -> None:
        self._fail = fail
        self._styles: dict[tuple[str, str], Element] = {}
        self._common: set[tuple[str, str]] = set()
        self._defaults: dict[str, Element] = {}
        self._faces: dict[str, str] = {}
        self._layers = remembered(self._layer)
        self._lists: dict[tuple[str, int], Element] = {}
        self._notes: dict[str, Element] = {}
        self._formats: dict[str, Element] = {}
        for root in roots:
            self._load(root)

    def _load(self, root: Element) -> None:
        for section in root:
            match NAMES[section.tag]:
                case "office:font-face-decls":
                    for face in section:
                        family = face.get(clark("svg:font-family")) or face.get(_NAME) or ""
                        self._faces.setdefault(face.get(_NAME) or "", first_family(family))
                case "office:styles" | "office:automatic-styles" as kind:
                    for style in section:
                        family = style.get(_FAMILY) or ""
                        if NAMES[style.tag] in {"text:list-style", OUTLINE}:
                            name = OUTLINE if NAMES[style.tag] == OUTLINE else style.get(_NAME) or ""
                            for level in style:
                                self._lists.setdefault((name, whole(level.get(clark("text:level")), 1)), level)
                        elif NAMES[style.tag] == "text:notes-configuration":
                            self._notes.setdefault(style.get(clark("text:note-class")) or "", style)
                        elif NAMES[style.tag] == "style:default-style":
                            self._defaults.setdefault(family, style)
                        elif NAMES[style.tag].startswith("number:"):
                            self._formats.setdefault(style.get(_NAME) or "", style)
                        elif NAMES[style.tag] == "style:style":
                            key = (family, style.get(_NAME) or "")
                            if self._styles.setdefault(key, style) is style and kind == "office:styles":
                                self._common.add(key)
                case _:
                    continue

    def layer(self, family: str, name: str | None, *, with_default: bool = False, level: int = 0) -> Layer:
        """Return what a style and its parents set, on top of the family's default style if asked for.

        Then what stands on no common style stands on the usual one, too, and a heading without a style on that of its
        outline level.
        """
        return self._layers(family, name, with_default, level)

    def _layer(self, family: str, name: str | None, with_default: bool, level: int) -> Layer:
        merged: dict[str, Any] = {}
        chain = self.chain(family, name)
        if with_default:
            if family in self._defaults:
                merged = self._properties(self._defaults[family], merged)
            chain = [*self._base(family, chain, level), *chain]
        for style in chain:
            merged = self._properties(style, merged)
        return merged

    def _base(self, family: str, chain: list[Element], level: int) -> list[Element]:
        if chain and (family, chain[0].get(_NAME) or "") in self._common:
            return []
        bases = (f"Heading_20_{level}", "Heading") if level and not chain else _BASES.get(family, ())
        return next(filter(None, (self.chain(family, base) for base in bases)), [])

    def attribute(self, family: str, name: str | None, holder: str, attribute: str) -> str | None:
        """Return one attribute of a properties element, from the style or the nearest parent that sets it."""
        key, holder = clark(attribute), clark(holder)
        values = (each.get(key) for style in reversed(self.chain(family, name)) for each in style.iterchildren(holder))
        return next((value for value in values if value is not None), None)

    def label(self, list_style: str, depth: int, number: int, start: int | None = None) -> Label:
        """Return the label of an item and what sets its letters; empty for a mere number or sign (ODF 1.3 Part 3 §16.31).

        `number` counts from 0 the items since the list began, or since one that has `start` as its number.
        """
        level = self._lists.get((list_style, depth))
        if level is None:
            return NO_LABEL
        prefix, suffix, sign, kind = (
            level.get(clark(name)) or ""
            for name in ("style:num-prefix", "style:num-suffix", "text:bullet-char", "style:num-format")
        )
        if (whole_label := level.get(_LIST_FORMAT)) is not None:  # as newer programs write it, `%1%` for the number
            prefix, own, suffix = whole_label.partition(f"%{depth}%")
            prefix, suffix = ("", "") if sign else (_UPPER.sub("", prefix), _UPPER.sub("", suffix))
            kind = kind if own else ""
        if not (sign.isupper() or any(letter.isalpha() for letter in prefix + suffix + kind)):
            return NO_LABEL
        number += whole(level.get(clark("text:start-value")), 1) if start is None else start
        letters = numeral(number, "upperRoman") if kind in {"I", "i"} else str(number) if kind else ""
        letters = column_letters(number - 1) if kind in {"A", "a"} else letters
        follows = (each.get(clark("text:label-followed-by")) for each in level.iter())
        own = sign or (letters.lower() if kind.islower() else letters)
        look = self._properties(level, dict(self.layer("text", level.get(_TEXT_STYLE))))
        return prefix + own + suffix + "\t" * ("nothing" not in follows), look

    def note_label(self, kind: str, number: str) -> Label:
        """Return the label of a note where it has letters besides the number: `Chú thích 1:` (ODF 1.3 Part 3 §16.29.3)."""
        found = self._notes.get(kind)
        around = (
            [found.get(clark(f"style:num-{side}")) or "" for side in ("prefix", "suffix")] if found is not None else []
        )
        return (number.join(around), NOTHING) if any(map(str.isalpha, "".join(around))) else NO_LABEL

    def maps(self, family: str, name: str | None) -> list[Element]:
        """Return the conditional styles (`style:map`) of a style or of the nearest parent that has any."""
        for style in reversed(self.chain(family, name)):
            found = [child for child in style if NAMES[child.tag] == "style:map"]
            if found:
                return found
        return []

    def sections(self, name: str | None) -> list[Section]:
        """Return the sections of the number format of a cell style, each with its condition; the last has none (§16.27, §16.3)."""
        named = (each.get(_DATA_STYLE) for each in reversed(self.chain("table-cell", name)))
        whole_format = self._formats.get(next(filter(None, named), ""))
        if whole_format is None:
            return []
        maps = [child for child in whole_format if NAMES[child.tag] == "style:map"]
        found = [(one.get(_CONDITION) or "", self._formats.get(one.get(_APPLIED) or "")) for one in maps]
        return [*((condition, one) for condition, one in found if one is not None), ("", whole_format)]

    def outline_level(self, name: str | None) -> str | None:
        """Return the level of headings of a paragraph style, or of the nearest parent that has one."""
        levels = (style.get(_OUTLINE_LEVEL) for style in reversed(self.chain("paragraph", name)))
        return next(filter(None, levels), None)

    def names(self, family: str, name: str | None) -> list[str]:
        """Return the names of a style and its parents, root first."""
        return [each.get(_NAME) or "" for each in self.chain(family, name)]

    def boxed(self, family: str, name: str | None, holder: str) -> bool:
        """Return whether a style draws borders on at least three sides."""
        if _drawn(self.attribute(family, name, holder, "fo:border")):
            return True
        return sum(_drawn(self.attribute(family, name, holder, f"fo:{side}")) for side in _SIDES) >= 3

    def chain(self, family: str, name: str | None) -> list[Element]:
        """Return a style and its parents, root first."""

        def key(name: str | None) -> tuple[str, str] | None:
            return (family, name) if name else None

        return ancestry(self._styles, key(name), lambda style: key(style.get(_PARENT)), self._fail)

    def _properties(self, style: Element, below: dict[str, Any]) -> dict[str, Any]:
        merged = dict(below)
        for properties in style:
            match NAMES[properties.tag]:
                case "style:text-properties":
                    self._text(properties, merged)
                case "style:paragraph-properties" | "style:table-cell-properties":
                    fill = _fill(properties.get(clark("fo:background-color")))
                    if fill is not None:
                        merged["behind"] = fill or None
                case "style:graphic-properties":
                    if (filled := properties.get(clark("draw:fill"))) is not None:
                        fill = hex_colour(properties.get(clark("draw:fill-color")))
                        merged["behind"] = None if filled == "none" else fill or merged.get("behind")
                    fill = _fill(properties.get(clark("fo:background-color")))
                    if fill is not None:
                        merged["behind"] = fill or None
                case _:
                    continue
        return merged

    def _text(self, properties: Element, merged: dict[str, Any]) -> None:
        for key, value in properties.items():
            match NAMES[key]:
                case "style:font-name" | "style:font-name-asian" | "style:font-name-complex" as name:
                    merged[name.replace("style:font-name", "font")] = self._faces.get(value, first_family(value))
                case "fo:font-family":
                    # A declared face wins over the plain family (§20.191).
                    if properties.get(clark("style:font-name")) is None:
                        merged["font"] = first_family(value)
                case "style:font-family-asian" | "style:font-family-complex" as name:
                    if properties.get(clark(name.replace("family", "name"))) is None:
                        merged[name.replace("style:font-family", "font")] = first_family(value)
                case "fo:font-size":
                    size = (
                        number(value[:-1]) * merged.get("size", 12.0) / 100 if value.endswith("%") else length_pt(value)
                    )
                    if size is not None:
                        merged["size"] = size
                case "fo:color":
                    # Automatic colour is written beside a plain one, for older readers (§20.385).
                    if properties.get(_AUTOMATIC) != "true":
                        merged["colour"] = hex_colour(value) or named_colour(value)
                        merged["opacity"] = whole(properties.get(_OPACITY, "").rstrip("%"), 100)
                case "style:use-window-font-color":
                    if value == "true":
                        # LibreOffice writes an opacity of 0 % beside it, which means nothing.
                        merged["colour"], merged["opacity"] = AUTO, 100
                case "fo:font-weight":
                    merged["bold"] = value in _BOLD
                case "style:text-line-through-style" | "style:text-line-through-type":
                    merged["struck"] = value != "none"
                case "style:text-position":
                    height = value.split()[0] if value.strip() else ""
                    by_name = {"super": SUPERSCRIPT, "sub": -SUPERSCRIPT}
                    merged["raised"] = by_name.get(height, signed(height.rstrip("%")) / 100)
                case "style:text-scale":
                    merged["scale"] = whole(value.rstrip("%"), 100)
                case "text:display":
                    merged["hidden"] = value == "none"
                case "fo:background-color":
                    merged["background"] = _fill(value) or None
                case "fo:text-transform":
                    merged["capitals"] = value == "uppercase"
                case "fo:font-variant":
                    if value == "small-caps":
                        merged["capitals"] = True
                case _:
                    continue

    def face(self, layers: tuple[Layer, ...], behind: str | None) -> tuple[Face, Layer]:
        """Return the look that layers, weakest first, give Latin letters, and the merged layer."""
        merged: dict[str, Any] = {}
        for layer in layers:
            merged.update(layer)
        background = merged.get("background") or merged.get("behind") or behind
        colour = merged.get("colour") or AUTO
        if colour == AUTO:
            colour = automatic(background)
        look = merged.get("bold", False), merged.get("raised", 0.0)
        return Face(merged.get("font"), merged.get("size"), colour, background, *look), merged


def is_hidden(face: Face, merged: Layer, *, on_paper: bool) -> bool:
    """Return whether letters are set as hidden, squeezed to a line, transparent, or have the colour behind them.

    What is behind is white `on_paper` where nothing else is said, and unknown on slides.
    """
    unseen = merged.get("scale", 100) <= NARROWEST or merged.get("opacity", 100) < 5
    is_known = on_paper or face.background is not None
    return bool(merged.get("hidden")) or unseen or (is_known and is_invisible(face.colour, face.background))


def first_family(value: str) -> str:
    """Return the first family of a list, without quotes."""
    value = value.strip()
    if value[:1] in {"'", '"'}:
        return value[1:].partition(value[0])[0]
    return value.partition(",")[0].strip()


def _fill(value: str | None) -> str | None:
    """RRGGBB of a background, empty for transparent, None when not set."""
    if value is None:
        return None
    return "" if value == "transparent" else hex_colour(value) or ""


def _drawn(border: str | None) -> bool:
    return bool(border) and border not in {"none", "hidden"} and not (border or "").startswith("0")
