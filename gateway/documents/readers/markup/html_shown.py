"""Displayed content beside text: transformed pictures, paint that may be letters, own fonts and scripts.

What is resolved (flips, turns, recolouring) goes to the pictures; what is not is reported as its construct, so that
the page is *cannot tell*. Thresholds are those that the mails and pages of real programs stay below.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from unicodedata import normalize

from gateway.documents.readers.pictures.joined import Turn

UNSEEN: Final = frozenset({
    "audio", "canvas", "meter", "progress", "video", "iframe", "noembed", "noframes", "noscript", "template", "datalist",
    "annotation", "annotation-xml", "mphantom", "desc", "metadata",
})  # fmt: skip
"""Elements of which only old browsers show what is in them, or none."""
DRAWN: Final = frozenset({"svg", "g", "defs", "symbol"})
"""Elements of drawings whose own text is not shown."""
MOST_PAINTED: Final = 60
"""Boxes without words that have a colour of their own, and shadows and colour stops of one box, below which nothing is a letter."""
_LAYERED: Final = frozenset({
    "box-shadow", "text-shadow", "background", "background-image", "filter", "border-image", "mask-image",
})  # fmt: skip
_MOST_LAYERS: Final = 16
TURNING: Final = frozenset({"transform", "-webkit-transform", "scale", "rotate", "filter", "-webkit-filter"})
_STEP: Final = re.compile(r"([a-z0-9]+)\(([^()]{0,120})\)")
_NUMBER: Final = re.compile(r"(-?\d{0,9}\.?\d{1,9})(deg|grad|rad|turn)?")
_DEGREES: Final = {"deg": 1.0, "grad": 0.9, "rad": 57.29578, "turn": 360.0, "": 1.0}
_RECOLOURING: Final = re.compile(r"\b(?:invert|contrast|brightness|hue-rotate|saturate|grayscale|sepia|url)\(")
_STRING: Final = re.compile(r"\"([^\"]{0,400})\"|'([^']{0,400})'")
_OUTERMOST: Final = re.compile(rf"^\s*(?:(?:{_STRING.pattern})\s*){{2}}")
_WITH_STRINGS: Final = re.compile(
    r"content|font(?:-family)?|src|-?-?[\w-]*filter|grid(?:-[\w-]+)?|behavior|--[\w-]+|mso-[\w-]+|cursor|background(?:-image)?"
    r"|-(?!webkit-|moz-|ms-|o-)[a-z][\w-]*|panose-1|voice-family|font-feature-settings|font-variation-settings|will-change|-webkit-locale|mask(?:-image)?|border-image(?:-source)?|list-style-image"
)
"""Properties whose strings are no words on the page, or are read as such."""
CUT: Final = "-cut"
"""Property of elements of which a rule that is not resolved may hide a part."""
_CLIPPING: Final = frozenset(
    {CUT, "clip", "clip-path", "-webkit-clip-path", "mask", "mask-image", "-webkit-mask", "-webkit-mask-image"}
)
_SHIFTING: Final = frozenset(
    {"text-indent", "margin", "margin-left", "margin-top", "margin-right", "left", "top", "right"}
)
_MOVING: Final = frozenset({
    "order", "grid-auto-flow", "grid-column", "grid-column-start", "grid-row", "grid-row-start", "grid-area", "columns",
    "column-count", "translate", "transform",
})  # fmt: skip
_IN_ORDER: Final = frozenset({"0", "1", "row", "auto", "none", "normal", "inherit", "initial", "unset"})
"""Values that move nothing."""
_SPACING: Final = frozenset({"letter-spacing", "word-spacing"})
_BLENDS: Final = frozenset({"screen", "lighten", "color-dodge", "plus-lighter", "difference", "exclusion"})
"""Those of which dark letters on white may be gone."""
_NO_CLIP: Final = frozenset({"none", "auto", "inherit", "initial", "unset"})
_AWAY: Final = re.compile(
    r"-(?:(?:2[7-9]|[3-9]\d|\d{3,4})(?:\.\d+)?px|(?:2\d|[3-9]\d|\d{3,4})(?:\.\d+)?pt|(?:[1-9]|\d\d)(?:\.\d+)?r?em)"
)
"""A shift by more than two letters to the left or upwards, where honest pages set a margin right."""
_PALE: Final = re.compile(r"transparent|white|#fff|rgba?\([^()]*[, /]0?\.?0+%?\s*\)")
_ADDED: Final = re.compile(r"[\"'`]\s*\+\s*[\"'`]")
_LISTED: Final = re.compile(r"[\"'`]\s*,\s*[\"'`]")
"""Signs between pieces of a word that a script puts together."""
_WRITING: Final = re.compile(
    r"document\.write|innerHTML|outerHTML|innerText|textContent|insertAdjacent|appendChild|createTextNode|fillText|\.append\("
)
_SPELLING: Final = re.compile(
    r"fromCharCode|fromCodePoint|\\u\{?1E[A-F]|%u1E|%E1%BA|#78\d\d;|&#x1E|\.reverse\(\)\.join|\batob\s*\(",
    re.IGNORECASE,
)
_PART_OF_LEVEL: Final = re.compile(r"(?<![^\W\d_])m?ật?(?![^\W\d_])")
_DECLARED: Final = re.compile(r"<!DOCTYPE[^>\[]{0,400}\[", re.IGNORECASE)
_BODY: Final = re.compile(r"[^{]*\{((?:\"[^\"]*\"|'[^']*'|[^}\"'])*+)")
_LIBRARY: Final = 30_000
"""Letters of a script that is no longer one that somebody wrote for a page."""


def turn_of(declarations: Mapping[str, str], outer: Turn) -> Turn:
    """Return what an element makes of the pictures in it, on top of what those around it do."""
    mirrored, upside_down, degrees, _, recoloured = outer
    steps = declarations.get("transform") or declarations.get("-webkit-transform") or ""
    if scale := declarations.get("scale"):
        steps += f" scale({scale.replace(' ', ',')})"
    if turned := declarations.get("rotate"):
        about = turned.lower().rpartition(" ")
        axis = {"x": "x", "1 0 0": "x", "y": "y", "0 1 0": "y"}.get(about[0].strip(), "")
        steps += f" rotate{axis}({about[2]})"
    for kind, arguments in _STEP.findall(steps.lower()):
        numbers = [float(number) * _DEGREES[unit] for number, unit in _NUMBER.findall(arguments)] or [0.0]
        axis = ""
        if kind == "rotate3d" and len(numbers) > 3:
            axis, numbers = max(zip(map(abs, numbers), "xyz", strict=False))[1], numbers[3:]
        half = 90 < abs(numbers[0]) % 360 < 270
        match kind.replace("3d", axis) if axis else kind:
            case "scale" | "scale3d" | "scalex" | "matrix" | "matrix3d":
                down = numbers[min({"matrix": 3, "matrix3d": 5}.get(kind, 1), len(numbers) - 1)] < 0
                mirrored ^= numbers[0] < 0
                upside_down ^= down and kind != "scalex"
            case "scaley" | "rotatex":
                upside_down ^= numbers[0] < 0 if kind == "scaley" else half
            case "rotatey":
                mirrored ^= half
            case "rotate" | "rotatez":
                degrees += numbers[0]
            case _:
                continue
    filters = declarations.get("filter") or declarations.get("-webkit-filter") or ""
    return Turn(mirrored, upside_down, degrees % 360, None, recoloured or bool(_RECOLOURING.search(filters.lower())))


def cuts(declarations: Mapping[str, str], *, in_window: bool) -> bool:
    """Return whether an element shows some letters of its words and not others: a clip, a mask, a shift out of a window."""
    for name, value in declarations.items():
        if name in _CLIPPING and value.lower() not in _NO_CLIP:
            return True
        if name.endswith("background-clip") and "text" in value:
            return any(
                _PALE.search(declarations.get(ground, "").lower()) for ground in ("background", "background-image")
            )
        if name == "mix-blend-mode" and value.lower() in _BLENDS:
            return True
        if in_window and name == "direction" and value.lower() == "rtl":
            return True  # the window then shows the end of a line
        if (in_window or name in _SPACING) and name in _SHIFTING | _SPACING and _AWAY.search(value):
            return True
    return False


def is_placed(declarations: Mapping[str, str]) -> bool:
    """Return whether an element is placed over others."""
    return declarations.get("position", "").lower() in ("absolute", "fixed") or any(
        name.startswith("margin") and _AWAY.search(value) for name, value in declarations.items()
    )


def is_moved(declarations: Mapping[str, str]) -> bool:
    """Return whether an element, or what is in it, is shown elsewhere than in the order of the text."""
    return any(name in _MOVING and value.lower() not in _IN_ORDER for name, value in declarations.items())


@dataclass
class Paint:
    """Counts what may be letters made of boxes, and notes what else cannot be read."""

    kinds: set[str] = field(default_factory=set)
    _boxes: int = 0

    def element(self, declarations: Mapping[str, str]) -> None:
        """Look at what one element has: shadows, colour stops, strings that are words."""
        for name, value in declarations.items():
            layers = value.count(",") - value.count("rgb") * 3 if name in _LAYERED and len(value) > 200 else 0
            if layers > _MOST_LAYERS and "data:" not in value:
                self.kinds.add("look-painted")
            if name == "quotes":
                self._strings(_OUTERMOST.sub("", value))  # quotes in quotes
            elif ('"' in value or "'" in value) and _WITH_STRINGS.fullmatch(name) is None:
                self._strings(value)

    def sheet(self, text: str) -> None:
        """Look at a style sheet for what no element has: counters that are words."""
        for style in text.split("@counter-style")[1:]:
            self._strings(body[1] if (body := _BODY.match(style)) else "")

    def _strings(self, value: str) -> None:
        if any(letter.isalpha() for found in _STRING.findall(value) for letter in "".join(found)):
            self.kinds.add("look-generated")

    def empty_box(self) -> None:
        """Count a box without words, pictures or boxes in it whose colour is another than that around it."""
        self._boxes += 1
        if self._boxes > MOST_PAINTED:
            self.kinds.add("look-painted")

    def entities(self, text: str) -> None:
        """Look at a page for entities that it declares itself, which browsers put in where they read it as XML."""
        if "<!ENTITY" in text and (found := _DECLARED.search(text)) and text.find("<!ENTITY", found.end()) >= 0:
            self.kinds.add("look-generated")

    def script(self, text: str) -> None:
        """Look at a script: one that spells words by numbers or draws them writes what cannot be read here."""
        if _WRITING.search(text) and spells(text):
            self.kinds.add("look-script")


def spells(script: str) -> bool:
    """Return whether a script written for a page spells words by numbers or backwards."""
    if len(script) >= _LIBRARY:
        return False
    return _SPELLING.search(script) is not None or _is_split(normalize("NFC", script).lower())


def _is_split(script: str) -> bool:
    """Return whether a script has an Ậ outside of any word and of any table of letters."""
    return "ẫ" not in script and any(found[0] != "mật" for found in _PART_OF_LEVEL.finditer(script))


def script_lines(script: str) -> list[str]:
    """Return the lines of a script, of a short one with its words put together, and its lists too."""
    if len(script) >= _LIBRARY:
        return script.splitlines()
    added = _ADDED.sub("", script)
    joined = _LISTED.sub("", added)
    return [*added.splitlines(), *(joined.splitlines() if joined != added else ())]
