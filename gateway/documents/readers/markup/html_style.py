"""Text properties of CSS declarations: font, size, colour, background, visibility, border; `html_cascade` decides which apply."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from gateway.documents.readers.markup.html_shown import TURNING, cuts, is_moved, is_placed, turn_of
from gateway.documents.readers.numerals import POINTS, number, whole
from gateway.documents.readers.ooxml.colours import PRESETS
from gateway.documents.readers.pictures.joined import AS_IT_IS, Turn

_LENGTH = re.compile(r"^(-?(?:\d{1,6}(?:\.\d{0,6})?|\.\d{1,6}))(pt|px|em|rem|ex|%|cm|mm|in|pc|vw|vh)?$", re.IGNORECASE)
_RGB = re.compile(
    r"^rgba?\(\s*([\d.]+%?)[\s,]+([\d.]+%?)[\s,]+([\d.]+%?)\s*(?:[,/]\s*([\d.]+%?)\s*)?\)$", re.IGNORECASE
)
_HSL = re.compile(
    r"^hsla?\(\s*(-?\d{0,9}(?:\.\d{1,9})?)(deg|grad|rad|turn)?[\s,]+([\d.]{1,9})%[\s,]+([\d.]{1,9})%\s*(?:[,/]\s*([\d.]{1,9}%?)\s*)?\)$",
    re.IGNORECASE,
)
_LINE_HEIGHT = re.compile(r"\s{0,9}/\s{0,9}[^\s,]{1,20}")
"""Rest of the `font` shorthand after the size: `12pt / 1.5 Arial`."""
_TURNS = {"": 1 / 360, "deg": 1 / 360, "grad": 1 / 400, "rad": 0.15915494309, "turn": 1.0}

_SIZE_WORDS = {
    "xx-small": 7.5, "x-small": 7.5, "small": 10.0, "medium": 12.0, "large": 13.5, "x-large": 18.0, "xx-large": 24.0,
}  # fmt: skip
INHERITED = frozenset({"inherit", "initial", "unset", "revert", "revert-layer"})
"""Words that every property knows."""
_DEFAULT_FAMILIES = frozenset({"initial", "serif", "ui-serif"})
"""Generic families, displayed in the font that the user chose: unknown to us."""
_TYPEWRITER = frozenset({"code", "kbd", "samp", "tt", "pre", "listing", "xmp", "plaintext"})
"""Elements that browsers set in their typewriter font, Courier New on the desks of an office."""
_TYPES = {"a": "lower-alpha", "A": "upper-alpha", "i": "lower-roman", "I": "upper-roman"}
_LETTERED = {
    "lower-alpha": "lowerLetter", "lower-latin": "lowerLetter", "upper-alpha": "upperLetter", "upper-latin": "upperLetter",
    "lower-roman": "lowerRoman", "upper-roman": "upperRoman",
}  # fmt: skip
_CUT_OFF = frozenset({"hidden", "clip"})
_NOWHERE = re.compile(
    r"(?:scale|zoom):(?=[.0])0?(?:\.0\d*)?(?![.\d])|scale(?:x|y|3d)?\(\s*0(?:\.0\d*)?\s*[,)]|translate(?:(?:x|y|3d)?\([^()]*|:)-\d{3}"
    r"|opacity\(\s*0(?:\.0\d*)?%?\s*\)|inset\(\s*(?:50|100)%|rect\(\s*[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01](?:px)?[\s,]"
)
"""Values that leave nothing of an element to be seen."""
_UNKNOWN = re.compile(r"(?!var\()[a-z-]+\(")
"""A value that is computed by the browser; an unset variable counts as absent."""
_FAR = re.compile(r"(?<![\w.#])[1-9]\d{2,}(?:\.\d+)?(?:[sld]?v(?:[hwib]|min|max)|%)|(?<![\w.#])\d{4}")
"""A way beyond the edge of a window."""
_PLACING = ("top", "left", "right", "bottom", "inset", "margin", "transform", "translate")
_BLOCKS = frozenset({"block", "flex", "grid", "list-item", "flow-root"})
_BESIDE = ("margin", "margin-left", "margin-right", "padding", "padding-left", "padding-right")
_ACROSS = frozenset({"direction", "float", "flex-direction", "flex-flow"})
_SHIFTING = frozenset({"margin", "margin-left", "transform", "translate"})
_COLUMN = 45.0
"""Points of the width of a box that is a column, no word of a line."""
_PIXEL_POINTS = 9.0
_LEAST_LEGIBLE = 3.0
_FONT_SIZES = {"1": 7.5, "2": 10.0, "3": 12.0, "4": 13.5, "5": 18.0, "6": 24.0, "7": 36.0}
_NAMED_COLOURS = PRESETS | {
    "canvas": "FFFFFF", "field": "FFFFFF", "windowtext": "auto", "canvastext": "auto", "currentcolor": "", "transparent": "",
    "initial": "auto",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """The inherited look of text; None is unknown, as no style said anything."""

    font: str | None = None
    size_pt: float | None = None
    colour: str = "auto"
    background: str | None = None
    bold: bool = False
    hidden: bool = False
    boxed: bool = False
    link: bool = False
    keep_space: bool = False
    capitals: bool = False
    """Letters are shown as capitals, whatever they are in the text."""
    pixel: bool = False
    """So small that many of them are a picture; of the element itself, not of what is in it."""
    placed: bool = False
    """Placed over other elements; of the element itself, too."""
    parted: str = ""
    """Its words stand apart from those around it: `block`, `box`, `space`; of the element itself, too."""
    lays_out: bool = False
    """The elements in it are boxes; of the element itself, too."""
    window: bool = False
    """Content that overflows a box around it is not seen."""
    moved: bool = False
    """It may be displayed elsewhere than its text."""
    cut: bool = False
    """Some of its letters may not be seen; which ones is unknown."""
    turn: Turn = AS_IT_IS
    """Transformations of pictures."""
    collapsed: bool = False
    """Takes its place away with it, as a column does whose cells are no part of it."""
    leftwards: bool = False
    """Pictures are placed to the left of those before them."""
    floats: bool = False
    """Stands at the right of what does not, and of what does so later; of the element itself, too."""
    at: tuple[float, ...] | None = None
    """Pixels from the left and top edge of the positioned element around it, none where they are not known; of the element itself, too."""
    reversed: bool = False
    """Letters are shown from right to left, whatever their script."""
    struck: bool = False
    numbered: str = ""
    """Format of the letters before the items of a list."""

    def shown(self, text: str) -> str:
        """Return the text as the eye gets it; a reversal is left to the controls that `gateway.vietnamese.normal` resolves."""
        if self.capitals:
            text = text.upper()
        return f"\u202e{text}\u202c" if self.reversed and text.strip() else text


def apply(look: Look, declarations: Mapping[str, str]) -> Look:
    """Return the look of an element with these declarations inside one of that look."""
    changes = _changes(look, declarations)
    pixel = any(_is_pixel(declarations.get(name, "")) for name in ("width", "height", "font-size"))
    if pixel is not look.pixel:
        changes["pixel"] = pixel
    if parted := _parted(declarations):
        changes["parted"] = parted
    if declarations.get("display", "").lower().endswith(("flex", "grid")):
        changes["lays_out"] = True
    placed = is_placed(declarations)
    if placed is not look.placed or (is_moved(declarations) and not look.moved):
        changes |= {"placed": placed, "moved": look.moved or placed or is_moved(declarations)}
    if (position := declarations.get("position", "").lower()) in ("absolute", "fixed"):
        left, top = (declarations.get(name, "").lower() for name in ("left", "top"))
        is_known = parse_size(left, None) is not None and "%" not in left + top
        is_known = is_known and declarations.keys().isdisjoint(_SHIFTING)
        changes["at"] = tuple((parse_size(edge, None) or 0.0) / POINTS["px"] for edge in (left, top) if is_known)
        if position == "fixed" and any(
            _FAR.search(declarations[one]) for one in declarations if one.startswith(_PLACING)
        ):
            changes["hidden"] = True
    elif position in ("relative", "sticky"):
        changes["at"] = ()
    if across := [value.lower() for name, value in declarations.items() if name in _ACROSS]:
        changes["leftwards"] = any(one == "rtl" or one.startswith("row-reverse") for one in across)
    if declarations.get("float", "").lower() == "right":
        changes["floats"] = True
    window = look.window or any(declarations.get(name, "").lower() in _CUT_OFF for name in ("overflow", "overflow-x"))
    if window is not look.window or cuts(declarations, in_window=window):
        changes |= {"window": window, "cut": "cut" in changes or look.cut or cuts(declarations, in_window=window)}
    if not declarations.keys().isdisjoint(TURNING):
        changes["turn"] = turn_of(declarations, look.turn)
    sides = [declarations.get(f"border-{side}") for side in ("top", "right", "bottom", "left")]
    if all(sides):
        changes["boxed"] = all(_draws((side or "").lower()) for side in sides)
    result = replace(look, **changes) if changes else look  # type: ignore[arg-type]
    if look.hidden and not result.hidden and declarations.get("visibility", "").lower() != "visible":
        result = replace(result, hidden=True)
    return result


def _changes(look: Look, declarations: Mapping[str, str]) -> dict[str, object]:
    """Effect of each single declaration."""
    changes: dict[str, object] = {}
    for name, value in declarations.items():
        lower = value.lower()
        match name:
            case "color" | "-webkit-text-fill-color":
                changes.update(_ink(name, lower, look, declarations))
            case "background" | "background-color" | "mso-highlight":
                for word in re.split(r"\s+(?![^(]*\))", lower):
                    if colour := parse_colour(word):
                        changes["background"] = None if colour == "auto" else colour
            case "font-family" | "mso-ascii-font-family":
                if name == "font-family" and (family := first_family(value)):
                    changes["font"] = None if family.lower() in _DEFAULT_FAMILIES else family
            case "font-size":
                if (size := parse_size(lower, look.size_pt)) is not None:
                    changes["size_pt"] = size
                elif _UNKNOWN.match(lower) and not _is_legible(lower):
                    changes["cut"] = True
            case "font":
                changes.update(_font_shorthand(value, look))
            case "font-weight":
                changes["bold"] = lower in ("bold", "bolder") or whole(lower, digits=4) >= 600
            case "display":
                if lower in ("none", "table-column", "table-column-group"):
                    changes["hidden"] = True
            case "visibility":
                changes["hidden"] = lower in ("hidden", "collapse")
                changes["collapsed"] = lower == "collapse"
            case "mso-hide":
                changes["hidden"] = changes.get("hidden", False) or lower == "all"
            case "content-visibility":
                changes["hidden"] = changes.get("hidden", look.hidden) or lower == "hidden"
            case "opacity":
                changes["hidden"] = changes.get("hidden", look.hidden) or _of(lower, 1.0) < 0.05
            case "max-height" | "height" | "width" | "max-width" | "line-height":
                if _is_cut_off(lower, declarations):
                    changes["hidden"] = True
            case "text-indent" | "left" | "top" | "margin-left" | "margin-top":
                if (size := parse_size(lower, 12.0)) is not None and size < -500:
                    changes["hidden"] = True
            case "transform" | "translate" | "scale" | "zoom" | "filter" | "clip" | "clip-path":
                if _NOWHERE.search(f"{name}:{lower}"):
                    changes["hidden"] = True
            case "border" | "outline":
                changes["boxed"] = _draws(lower)
            case "text-transform":
                changes["capitals"] = "uppercase" in lower
            case "font-variant" | "font-variant-caps":
                changes["capitals"] = "caps" in lower
            case "text-decoration" | "text-decoration-line":
                changes["struck"] = look.struck or "line-through" in lower
            case "list-style" | "list-style-type":
                changes["numbered"] = next((kind for word, kind in _LETTERED.items() if word in lower), "")
            case "unicode-bidi":
                changes["reversed"] = "override" in lower and declarations.get("direction", "").lower() == "rtl"
            case "white-space":
                changes["keep_space"] = lower.startswith("pre") or lower == "break-spaces"
    return changes


def _ink(name: str, value: str, look: Look, declarations: Mapping[str, str]) -> dict[str, object]:
    """Effect of a colour of letters; `-webkit-text-fill-color` goes before `color`."""
    if name == "color" and "-webkit-text-fill-color" in declarations:
        return {}
    if (colour := parse_colour(value)) is None:
        return {"cut": True} if _UNKNOWN.match(value) else {}
    changes: dict[str, object] = {"colour": colour or look.colour}
    filled = "text" in (declarations.get("background-clip"), declarations.get("-webkit-background-clip"))
    if not filled and (_alpha(value) < 0.05 or value == "transparent"):
        changes["hidden"] = True
    return changes


def _is_cut_off(extent: str, declarations: Mapping[str, str]) -> bool:
    """Return whether nothing is left of what does not fit into an extent."""
    cuts = declarations.get("overflow", "").lower() in _CUT_OFF
    return cuts and (parse_size(extent, 1.0) or 0) == 0 and extent[:1] == "0"


def _parted(declarations: Mapping[str, str]) -> str:
    """Return how an inline element is separated from the words around it."""
    display = declarations.get("display", "").lower()
    if display in _BLOCKS or display.startswith("table"):
        return "block"
    if display.startswith("inline-"):
        width = parse_size(declarations.get("width", "").lower(), None) or 0.0
        return "box" if width >= _COLUMN else "space"
    spaces = (declarations.get(name, "").lower() for name in _BESIDE)
    return "space" if any((parse_size(length, 12.0) or 0.0) > 1 for one in spaces for length in one.split()) else ""


def _is_pixel(length: str) -> bool:
    size = parse_size(length.lower(), None) if length[:1].isdigit() and "%" not in length else None
    return size is not None and 0 < size <= _PIXEL_POINTS


def _is_legible(value: str) -> bool:
    """Return whether a size that is worked out is of lengths none of which is too small to be read."""
    sizes = [parse_size(length, 12.0) or 0.0 for length in re.findall(r"[\d.]{1,12}(?:[a-z]{2,3}|%)", value)]
    return " - " not in value and min(sizes, default=0.0) >= _LEAST_LEGIBLE


def attribute_declarations(tag: str, attributes: Mapping[str, str]) -> dict[str, str]:
    """Return what the element means by itself and what the presentational attributes of old HTML say."""
    found: dict[str, str] = {}
    if tag in _TYPEWRITER:
        found["font-family"] = "Courier New"
    elif tag == "mark":
        found |= {"background-color": "yellow", "color": "black"}
    elif tag in ("ol", "ul"):
        found["list-style-type"] = _TYPES.get(attributes.get("type", ""), "decimal")
    elif tag in ("del", "s", "strike"):
        found["text-decoration"] = "line-through"
    if tag == "font":
        if "face" in attributes:
            found["font-family"] = attributes["face"]
        if "color" in attributes:
            found["color"] = attributes["color"]
        if (size := attributes.get("size", "").strip()) in _FONT_SIZES:
            found["font-size"] = f"{_FONT_SIZES[size]}pt"
    elif tag == "body" and "text" in attributes:
        found["color"] = attributes["text"]
    if tag in ("td", "th", "tr", "table"):
        found |= {name: attributes[name] for name in ("width", "height") if name in attributes}
    if "bgcolor" in attributes:
        found["background-color"] = attributes["bgcolor"]
    if "hidden" in attributes:
        found["display"] = "none"
    if "dir" in attributes:
        found["direction"] = attributes["dir"]
    return found


def parse_colour(value: str) -> str | None:
    """Return RRGGBB, `auto`, an empty string for no colour, None for what is no colour."""
    value = value.strip().lower()
    if value in _NAMED_COLOURS:
        return _NAMED_COLOURS[value]
    digits = value.removeprefix("#")
    if re.fullmatch(r"[0-9a-f]{6}|[0-9a-f]{8}", digits):
        return digits[:6].upper()
    if value.startswith("#") and re.fullmatch(r"[0-9a-f]{3,4}", digits):
        return "".join(ch * 2 for ch in digits[:3]).upper()
    if match := _RGB.match(value):
        return "".join(f"{min(255, int(_of(match[i], 255) + 0.5)):02X}" for i in (1, 2, 3))
    if match := _HSL.match(value):
        turns = number(match[1]) * _TURNS[match[2] or ""]
        saturation, lightness = (number(match[i]) / 100 for i in (3, 4))
        rgb = colorsys.hls_to_rgb(turns % 1, min(1.0, lightness), min(1.0, saturation))
        return "".join(f"{round(part * 255):02X}" for part in rgb)
    return None


def _alpha(value: str) -> float:
    match = _RGB.match(value.strip()) or _HSL.match(value.strip())
    share = match[match.re.groups] if match is not None else None
    if not share:
        return 1.0
    return _of(share, 1.0)


def _of(text: str, whole_value: float) -> float:
    """Return a number, or a percentage of a whole."""
    return number(text.rstrip("%")) * (whole_value / 100 if text.endswith("%") else 1.0)


def parse_size(value: str, parent: float | None) -> float | None:
    """Return a length in points, None when it is unknown."""
    if value in _SIZE_WORDS:
        return _SIZE_WORDS[value]
    match = _LENGTH.match(value.strip())
    if match is None:
        return None
    size, unit = float(match[1]), (match[2] or "px").lower()
    base = parent if parent is not None else 12.0
    return round(size * {**POINTS, "rem": 12.0, "%": base / 100}.get(unit, base), 2)


def first_family(value: str) -> str | None:
    """Return the first family of a list, without quotes."""
    first = value.split(",", maxsplit=1)[0].strip().strip("\"'").strip()
    return None if first.lower() in INHERITED - _DEFAULT_FAMILIES else first or None


def _font_shorthand(value: str, look: Look) -> dict[str, object]:
    changes: dict[str, object] = {}
    words = _LINE_HEIGHT.sub("", value).split()
    for position, word in enumerate(words):
        size = parse_size(word.lower(), look.size_pt)
        if size is not None and (not word.isdigit() or not size):  # a weight has no unit, as 0 may
            changes["size_pt"] = size
            if family := first_family(" ".join(words[position + 1 :])):
                changes["font"] = None if family.lower() in _DEFAULT_FAMILIES else family
            break
        if word.lower() in ("bold", "bolder", "600", "700", "800", "900"):
            changes["bold"] = True
    return changes


def _draws(border: str) -> bool:
    return bool(border) and "none" not in border and not re.match(r"^0(?:px|pt)?\b", border)
