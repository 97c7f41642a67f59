"""The little of CSS that decides what letters look like: font, size, colour, background, visibility, border.

Inline declarations, the attributes of old HTML, and simple rules of style sheets (`tag`, `.class`, `#id` and their
combinations; of longer selectors only the last part is looked at). That over-applies a rule now and then, which shows
as a look that is too strict, never as text that is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from gateway.readers.numerals import whole

LIMIT_RULES = 5000
LIMIT_SHEET = 1 << 20

_COMMENT = re.compile(r"/\*.*?(?:\*/|$)|<!--|-->", re.DOTALL)
_RULE = re.compile(r"([^{}]{1,4000})\{([^{}]{0,20000})\}")
_SIMPLE = re.compile(r"^([a-zA-Z][\w-]*|\*)?((?:[.#][\w-]+)*)(?:::?[\w-]+(?:\([^)]*\))?)*$")
_CONTENT = re.compile(r"(?<![\w-])content\s*:", re.IGNORECASE)
_CONTENT_ITEM = re.compile(
    r"\s*(?:\"([^\"]{0,2000})\"|'([^']{0,2000})'|attr\(\s*([\w-]{1,100})[^)]{0,100}\)|[\w-]{1,40}(?:\([^()]{0,200}\))?)"
)
_CSS_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})[ \t\n]?|(.))")
_LENGTH = re.compile(r"^(-?\d{0,6}(?:\.\d{1,6})?)(pt|px|em|rem|ex|%|cm|mm|in|pc|vw|vh)?$", re.IGNORECASE)
_RGB = re.compile(
    r"^rgba?\(\s*([\d.]+%?)[\s,]+([\d.]+%?)[\s,]+([\d.]+%?)\s*(?:[,/]\s*([\d.]+%?)\s*)?\)$", re.IGNORECASE
)

_POINTS = {"pt": 1.0, "px": 0.75, "cm": 28.3465, "mm": 2.83465, "in": 72.0, "pc": 12.0}
_SIZE_WORDS = {
    "xx-small": 7.5, "x-small": 7.5, "small": 10.0, "medium": 12.0, "large": 13.5, "x-large": 18.0, "xx-large": 24.0,
}  # fmt: skip
_FONT_SIZES = {"1": 7.5, "2": 10.0, "3": 12.0, "4": 13.5, "5": 18.0, "6": 24.0, "7": 36.0}
NAMED_COLOURS = {
    "black": "000000", "white": "FFFFFF", "red": "FF0000", "blue": "0000FF", "green": "008000", "yellow": "FFFF00",
    "gray": "808080", "grey": "808080", "silver": "C0C0C0", "maroon": "800000", "navy": "000080", "purple": "800080",
    "teal": "008080", "olive": "808000", "lime": "00FF00", "aqua": "00FFFF", "cyan": "00FFFF", "fuchsia": "FF00FF",
    "magenta": "FF00FF", "orange": "FFA500", "brown": "A52A2A", "darkred": "8B0000", "crimson": "DC143C",
    "firebrick": "B22222", "tomato": "FF6347", "darkblue": "00008B", "darkgreen": "006400", "darkgray": "A9A9A9",
    "darkgrey": "A9A9A9", "dimgray": "696969", "dimgrey": "696969", "lightgray": "D3D3D3", "lightgrey": "D3D3D3",
    "whitesmoke": "F5F5F5", "snow": "FFFAFA", "ivory": "FFFFF0", "ghostwhite": "F8F8FF", "pink": "FFC0CB",
    "gold": "FFD700", "windowtext": "auto", "canvastext": "auto", "currentcolor": "", "transparent": "",
    "royalblue": "4169E1", "steelblue": "4682B4", "indigo": "4B0082", "violet": "EE82EE", "orangered": "FF4500",
    "darkorange": "FF8C00", "chocolate": "D2691E", "tan": "D2B48C", "beige": "F5F5DC", "skyblue": "87CEEB",
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
    reversed: bool = False
    """Letters are shown from right to left, whatever their script."""

    def shown(self, text: str) -> str:
        """Return the text as the eye gets it; a reversal is left to the controls that `gateway.text.normal` resolves."""
        if self.capitals:
            text = text.upper()
        return f"\u202e{text}\u202c" if self.reversed and text.strip() else text


def parse_declarations(text: str) -> dict[str, str]:
    """Return property to value of a declaration list; later ones win, `!important` ones win over the rest."""
    found: dict[str, str] = {}
    important: dict[str, str] = {}
    for item in text.split(";"):
        name, colon, value = item.partition(":")
        if not colon:
            continue
        value = value.strip()
        target = found
        if value.lower().endswith("!important"):
            value, target = value[:-10].strip(), important
        target[name.strip().lower()] = value
    return found | important


class Sheet:
    """Rules of the style sheets of a page, found by tag, class and id."""

    def __init__(self) -> None:
        self._rules: dict[str, list[tuple[frozenset[str], str, dict[str, str]]]] = {}
        self._count = 0
        self.generated: list[str] = []
        """Words that `content:` puts on the page."""
        self.shown_attributes: set[str] = set()
        """Attributes whose values `content: attr()` puts on the page."""

    def add(self, text: str) -> None:
        """Add the rules of one sheet."""
        plain = _COMMENT.sub(" ", text[:LIMIT_SHEET])
        for match in _RULE.finditer(plain):
            declarations = parse_declarations(match[2])
            self._generate(match[2])
            for selector in match[1].split(","):
                parts = selector.split()
                simple = _SIMPLE.match(parts[-1]) if parts else None
                if simple is None or self._count >= LIMIT_RULES:
                    continue
                self._count += 1
                marks = frozenset(re.findall(r"[.#][\w-]+", simple[2] or ""))
                tag = (simple[1] or "*").lower()
                key = min(marks) if marks else tag
                self._rules.setdefault(key, []).append((marks, tag, declarations))

    def _generate(self, declarations: str) -> None:
        """Take the words of `content:`, which may be several strings in a row (CSS Generated Content 3)."""
        for start in _CONTENT.finditer(declarations):
            words: list[str] = []
            position = start.end()
            while (item := _CONTENT_ITEM.match(declarations, position)) and len(words) < 200:
                position = item.end()
                words.append(_unescaped(item[1] or item[2] or ""))
                if item[3]:
                    self.shown_attributes.add(item[3].lower())
            self.generated.append("".join(words))

    def declarations(self, tag: str, attributes: Mapping[str, str]) -> Iterator[dict[str, str]]:
        """Yield what applies to an element, from weak to strong."""
        own = {f".{name}" for name in attributes.get("class", "").split()}
        if identifier := attributes.get("id"):
            own.add(f"#{identifier}")
        matches: list[tuple[int, dict[str, str]]] = []
        for key in ("*", tag, *own):
            for marks, wanted, declarations in self._rules.get(key, ()):
                if wanted in ("*", tag) and marks <= own:
                    matches.append((sum(10 if m[0] == "#" else 2 for m in marks) + (wanted != "*"), declarations))
        matches.sort(key=lambda item: item[0])
        yield from (declarations for _, declarations in matches)


def _unescaped(text: str) -> str:
    """Resolve the escapes of a CSS string (CSS Syntax 3, section 4.3.7)."""

    def letter(match: re.Match[str]) -> str:
        code = int(match[1], 16) if match[1] else 0
        return match[2] if not match[1] else chr(code) if 0 < code < 0x110000 else "\ufffd"

    return _CSS_ESCAPE.sub(letter, text) if "\\" in text else text


def apply(look: Look, declarations: Mapping[str, str]) -> Look:
    """Return the look after some declarations."""
    changes: dict[str, object] = {}
    for name, value in declarations.items():
        lower = value.lower()
        match name:
            case "color":
                if (colour := parse_colour(lower)) is not None:
                    changes["colour"] = colour or look.colour
                    if _alpha(lower) < 0.05 or lower == "transparent":
                        changes["hidden"] = True
            case "background" | "background-color" | "mso-highlight":
                for word in re.split(r"\s+(?![^(]*\))", lower):
                    if colour := parse_colour(word):
                        changes["background"] = None if colour == "auto" else colour
            case "font-family" | "mso-ascii-font-family":
                if name == "font-family" and (family := first_family(value)):
                    changes["font"] = family
            case "font-size":
                if (size := parse_size(lower, look.size_pt)) is not None:
                    changes["size_pt"] = size
            case "font":
                changes.update(_font_shorthand(value, look))
            case "font-weight":
                changes["bold"] = lower in ("bold", "bolder") or whole(lower, digits=4) >= 600
            case "display":
                if lower == "none":
                    changes["hidden"] = True
            case "visibility":
                changes["hidden"] = lower in ("hidden", "collapse")
            case "mso-hide":
                changes["hidden"] = changes.get("hidden", False) or lower == "all"
            case "opacity":
                changes["hidden"] = changes.get("hidden", look.hidden) or (_number(lower) or 0.0) < 0.05
            case "max-height" | "height" | "width" | "max-width" | "line-height":
                if (
                    declarations.get("overflow", "").lower() == "hidden"
                    and (parse_size(lower, 1.0) or 0) == 0
                    and lower[:1] == "0"
                ):
                    changes["hidden"] = True
            case "text-indent" | "left" | "top" | "margin-left" | "margin-top":
                if (size := parse_size(lower, 12.0)) is not None and size < -500:
                    changes["hidden"] = True
            case "border" | "outline":
                changes["boxed"] = _draws(lower)
            case "text-transform":
                changes["capitals"] = "uppercase" in lower
            case "font-variant" | "font-variant-caps":
                changes["capitals"] = "caps" in lower
            case "unicode-bidi":
                changes["reversed"] = "override" in lower and declarations.get("direction", "").lower() == "rtl"
            case "white-space":
                changes["keep_space"] = lower.startswith("pre") or lower == "break-spaces"
    sides = [declarations.get(f"border-{side}") for side in ("top", "right", "bottom", "left")]
    if all(sides):
        changes["boxed"] = all(_draws((side or "").lower()) for side in sides)
    result = replace(look, **changes) if changes else look  # type: ignore[arg-type]
    if look.hidden and not result.hidden and declarations.get("visibility", "").lower() != "visible":
        result = replace(result, hidden=True)
    return result


def attribute_declarations(tag: str, attributes: Mapping[str, str]) -> dict[str, str]:
    """Return what the presentational attributes of old HTML say."""
    found: dict[str, str] = {}
    if tag == "font":
        if "face" in attributes:
            found["font-family"] = attributes["face"]
        if "color" in attributes:
            found["color"] = attributes["color"]
        if (size := attributes.get("size", "").strip()) in _FONT_SIZES:
            found["font-size"] = f"{_FONT_SIZES[size]}pt"
    elif tag == "body" and "text" in attributes:
        found["color"] = attributes["text"]
    if "bgcolor" in attributes:
        found["background-color"] = attributes["bgcolor"]
    if "hidden" in attributes:
        found["display"] = "none"
    return found


def parse_colour(value: str) -> str | None:
    """Return RRGGBB, `auto`, an empty string for no colour, None for what is no colour."""
    value = value.strip().lower()
    if value in NAMED_COLOURS:
        return NAMED_COLOURS[value]
    digits = value.removeprefix("#")
    if re.fullmatch(r"[0-9a-f]{6}|[0-9a-f]{8}", digits):
        return digits[:6].upper()
    if value.startswith("#") and re.fullmatch(r"[0-9a-f]{3,4}", digits):
        return "".join(ch * 2 for ch in digits[:3]).upper()
    if match := _RGB.match(value):
        return "".join(f"{_channel(match[i]):02X}" for i in (1, 2, 3))
    return None


def _alpha(value: str) -> float:
    match = _RGB.match(value.strip())
    if match is None or match[4] is None:
        return 1.0
    number = _number(match[4].rstrip("%")) or 0.0
    return number / 100 if match[4].endswith("%") else number


def _channel(text: str) -> int:
    number = _number(text.rstrip("%")) or 0.0
    return min(255, round(number * 2.55 if text.endswith("%") else number))


def parse_size(value: str, parent: float | None) -> float | None:
    """Return a length in points, None when it is unknown."""
    if value in _SIZE_WORDS:
        return _SIZE_WORDS[value]
    match = _LENGTH.match(value.strip())
    if match is None or (number := _number(match[1])) is None:
        return None
    unit = (match[2] or "px").lower()
    if unit in _POINTS:
        return round(number * _POINTS[unit], 2)
    if unit == "rem":
        return round(number * 12.0, 2)
    base = parent if parent is not None else 12.0
    return round(number * base / 100 if unit == "%" else number * base, 2)


def first_family(value: str) -> str | None:
    """Return the first family of a list, without quotes."""
    first = value.split(",", maxsplit=1)[0].strip().strip("\"'").strip()
    return first or None


def _font_shorthand(value: str, look: Look) -> dict[str, object]:
    changes: dict[str, object] = {}
    words = value.split()
    for position, word in enumerate(words):
        size = parse_size(word.split("/")[0].lower(), look.size_pt)
        if size is not None and not word.isdigit():
            changes["size_pt"] = size
            if family := first_family(" ".join(words[position + 1 :])):
                changes["font"] = family
            break
        if word.lower() in ("bold", "bolder", "600", "700", "800", "900"):
            changes["bold"] = True
    return changes


def _draws(border: str) -> bool:
    return bool(border) and "none" not in border and not re.match(r"^0(?:px|pt)?\b", border)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
