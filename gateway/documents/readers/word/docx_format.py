"""Character formatting of WordprocessingML: what a `w:rPr` says, and how layers of it combine (ECMA-376 Part 1 §17.7).

Layers, weakest first: document defaults, table style with its conditional parts, paragraph style chain, character
style chain, direct formatting. Toggle properties (bold, caps, hidden) of the style layers cancel each other by
exclusive or (§17.7.3); directly set they are absolute. In one `w:rFonts` a theme reference wins over a name
(§17.3.2.26).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from lxml import etree

from gateway.documents.readers.numerals import length_pt, whole
from gateway.documents.readers.ooxml.colours import AUTO, automatic, drawing_colour, named_colour
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark
from gateway.documents.readers.rows import SUPERSCRIPT
from gateway.documents.readers.word.docx_palette import Palette
from gateway.documents.readers.word.font_slots import Slots
from gateway.vietnamese.colour import is_invisible

Properties = Mapping[str, Any]
"""Settings of one layer: property name to value; absent means inherited."""

VAL: Final = clark("w:val")
_FILL, _COLOR = clark("w:fill"), clark("w:color")
_SHADED: Final = (clark("w:themeFill"), clark("w:themeFillTint"), clark("w:themeFillShade"))
_COLOURED: Final = (clark("w:themeColor"), clark("w:themeTint"), clark("w:themeShade"))
_LANG_EAST, _LANG_BIDI = clark("w:eastAsia"), clark("w:bidi")
_SLOTS: Final = tuple(
    (slot, clark(f"w:{slot}"), clark(f"w:{theme}"))
    for slot, theme in (
        ("ascii", "asciiTheme"),
        ("hAnsi", "hAnsiTheme"),
        ("eastAsia", "eastAsiaTheme"),
        ("cs", "cstheme"),
    )
)
_HINT: Final = clark("w:hint")
_TOGGLES: Final = {
    "w:b": "b", "w:bCs": "bCs", "w:vanish": "vanish", "w:caps": "caps", "w:smallCaps": "smallCaps", "w:strike": "strike",
    "w:dstrike": "dstrike",
}  # fmt: skip
_FLAGS: Final = {"w:rtl": "rtl", "w:cs": "complex", "w:specVanish": "specVanish"}
_HIGHLIGHTS: Final = {"darkYellow": "808000", "darkMagenta": "800080", "darkGreen": "006400", "lightGray": "C0C0C0"}
DEFAULT_SIZE_PT: Final = 10.0
NARROWEST: Final = 15
"""Per cent of their width at which letters are an illegible line."""
UNKNOWN: Final = ""
"""What is behind the letters has an unknown colour (a shape without fill over others)."""


class Look(NamedTuple):
    """Effective formatting of a run, before its letters choose among the four font slots."""

    slots: Slots
    size_pt: float
    size_complex_pt: float
    colour: str
    background: str | None
    bold: bool
    bold_complex: bool
    hidden: bool
    capitals: bool
    boxed: bool
    struck: bool
    raised: float = 0.0
    """Rise of the letters above their line, in parts of their size."""


def on(element: Element, attribute: str = VAL) -> bool:
    """Return whether an on/off element (ST_OnOff) is on; a bare element is."""
    return element.get(attribute, "true") not in {"0", "false", "off"}


def half_points(value: str | None) -> float | None:
    """Return points of ST_HpsMeasure: half points, or a number with unit (Strict)."""
    return length_pt(value, 0.5)


def parse_run_properties(element: Element) -> dict[str, Any]:
    """Return what a `w:rPr` sets."""
    found: dict[str, Any] = {}
    for child in element:
        name = NAMES[child.tag]
        if name in _TOGGLES:
            found[_TOGGLES[name]] = on(child)
            continue
        match name:
            case "w:rFonts":
                for slot, plain, theme in _SLOTS:
                    reference, face = child.get(theme), child.get(plain)
                    if reference or face:
                        found[slot] = (reference, face)
                hint = child.get(_HINT)
                if hint:
                    found["hint"] = hint
            case "w:sz" | "w:szCs":
                size = half_points(child.get(VAL))
                if size is not None:
                    found[name[2:]] = size
            case "w:color":
                found["colour"] = (child.get(VAL), *(child.get(each) for each in _COLOURED))
            case "w:position" | "w:vertAlign":
                found[name[2:]] = child.get(VAL)
            case "w:w":
                found["scale"] = whole((child.get(VAL) or "").rstrip("%"), 100)
            case "w:highlight":
                found["highlight"] = child.get(VAL)
            case "w:shd":
                found["shd"] = shading(child)
            case "w:bdr":
                found["bdr"] = child.get(VAL) not in {None, "nil", "none"}
            case "w:rStyle":
                found["rStyle"] = child.get(VAL)
            case "w:lang":
                for key, attribute in (("langEast", _LANG_EAST), ("langBidi", _LANG_BIDI)):
                    language = child.get(attribute)
                    if language:
                        found[key] = language
            case "w14:textFill":
                found["fill"] = child
            case _ if name in _FLAGS:
                found[_FLAGS[name]] = on(child)
            case _:
                continue
    return found


def shading(element: Element) -> tuple[str | None, ...]:
    """Return a `w:shd` as a plain value, for `Palette.shade`."""
    return (
        element.get(VAL),
        element.get(_COLOR),
        element.get(_FILL),
        *(element.get(each) for each in _SHADED),
    )


def combine(defaults: Properties, table: Properties, paragraph: Properties, character: Properties) -> dict[str, Any]:
    """Return the properties of the style layers together."""
    merged = {**defaults, **table, **paragraph, **character}
    for toggle in _TOGGLES.values():
        if toggle in merged:
            merged[toggle] = bool(defaults.get(toggle)) or (
                bool(table.get(toggle)) ^ bool(paragraph.get(toggle)) ^ bool(character.get(toggle))
            )
    return merged


def look(properties: Properties, palette: Palette, behind: str | None, ink: str | None = None) -> Look:
    """Return the effective look.

    `behind` is the colour of paragraph, cell or shape behind the letters (None for paper, `UNKNOWN`), `ink` the colour
    that a shape's style gives letters that have none of their own.
    """
    east, bidi = properties.get("langEast", ""), properties.get("langBidi", "")
    ascii_face, h_ansi, east_asia, complex_face = (
        palette.font(properties.get(slot, (None, None)), language)
        for slot, language in (("ascii", ""), ("hAnsi", ""), ("eastAsia", east), ("cs", bidi))
    )
    slots = Slots(
        ascii_face,
        h_ansi,
        east_asia,
        complex_face,
        complex_script=bool(properties.get("rtl") or properties.get("complex")),
        east_asian_hint=properties.get("hint") == "eastAsia",
        chinese=str(east).lower().startswith("zh"),
    )
    background = behind
    if "shd" in properties:
        background = palette.shade(properties["shd"]) or behind
    highlight = properties.get("highlight")
    if highlight and highlight != "none":
        background = _HIGHLIGHTS.get(highlight) or named_colour(highlight) or background
    colour = palette.colour(*properties.get("colour", ("auto", None, None, None))) or AUTO
    invisible = False
    fill = properties.get("fill")
    if fill is not None:
        drawn = drawing_colour(fill, palette.scheme)
        if drawn is not None:
            colour, invisible = drawn[0], drawn[1] < 0.05
        else:
            invisible = any(child.tag.endswith("}noFill") for child in fill if isinstance(child.tag, str))
    if colour == AUTO:
        colour = ink if ink and "colour" not in properties else automatic(background or None)
    size = properties.get("sz", DEFAULT_SIZE_PT)
    hidden = bool(properties.get("vanish") or properties.get("specVanish")) or invisible
    hidden = hidden or properties.get("scale", 100) <= NARROWEST
    return Look(
        slots,
        size,
        properties.get("szCs", DEFAULT_SIZE_PT),
        colour,
        background or None,
        bool(properties.get("b")),
        bool(properties.get("bCs")),
        hidden or (background != UNKNOWN and is_invisible(colour, background)),
        bool(properties.get("caps") or properties.get("smallCaps")),
        bool(properties.get("bdr")),
        bool(properties.get("strike") or properties.get("dstrike")),
        (half_points(properties.get("position")) or 0.0) / max(size, 1.0)
        + {"superscript": SUPERSCRIPT, "subscript": -SUPERSCRIPT}.get(properties.get("vertAlign", ""), 0.0),
    )


def properties_key(element: Element) -> object:
    """Return a hashable value that is equal for equal `w:rPr` elements."""
    parts = []
    for child in element:
        if len(child):
            return etree.tostring(element, with_tail=False)
        parts.append((child.tag, *child.items()))
    return tuple(parts)
