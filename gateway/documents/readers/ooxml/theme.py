"""The theme of an office document: its colour scheme and its two font sets (ECMA-376 Part 1 §20.1.6).

A font set has one face for Latin, one for East Asian and one for complex scripts, and a list of faces by script. Word
takes the Latin face for Vietnamese letters; the face listed for script `Viet` serves where the Latin one is empty, and
for complex text whose language is Vietnamese.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.documents.readers.ooxml.colours import drawing_colour, hex_colour
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark

_OFFICE: Final = {
    "dk1": "000000", "lt1": "FFFFFF", "dk2": "44546A", "lt2": "E7E6E6", "accent1": "4472C4", "accent2": "ED7D31",
    "accent3": "A5A5A5", "accent4": "FFC000", "accent5": "5B9BD5", "accent6": "70AD47", "hlink": "0563C1",
    "folHlink": "954F72",
}  # fmt: skip
_SCRIPT_OF_LANGUAGE: Final = {"vi": "Viet", "ja": "Jpan", "ko": "Hang", "ar": "Arab", "he": "Hebr", "th": "Thai"}


@dataclass(frozen=True)
class FontSet:
    """Major (headings) or minor (body) fonts of a theme; empty names mean the theme does not say."""

    latin: str = ""
    east_asian: str = ""
    complex: str = ""
    scripts: Mapping[str, str] = field(default_factory=dict)

    def face(self, kind: str = "lt", language: str = "") -> str:
        """Return the face of letters: `lt` Latin, Vietnamese ones included, `ea` East Asian, `cs` of complex scripts, for a language tag."""
        if kind == "lt":
            return self.latin or self.scripts.get("Viet", "")
        return (self.east_asian if kind == "ea" else self.complex) or self.scripts.get(_script(language), "")


@dataclass(frozen=True)
class Theme:
    """A theme part."""

    colours: Mapping[str, str] = field(default_factory=lambda: _OFFICE)
    """RRGGBB by scheme name (`dk1`, `accent3`, `hlink` ...)."""
    major: FontSet = FontSet()
    minor: FontSet = FontSet()


NO_THEME: Final = Theme()
"""Default theme: Office's colours, no fonts."""


def parse_theme(root: Element) -> Theme:
    """Return the theme of a theme part's root (`a:theme`, or `a:themeOverride`)."""
    colours = dict(_OFFICE)
    for entry in next(root.iter(clark("a:clrScheme")), ()):  # alternatives follow it
        if (found := drawing_colour(entry, hex_colour)) is not None:
            colours[entry.tag.rpartition("}")[2]] = found[0]
    major, minor = (_font_set(next(root.iter(clark(name)), ())) for name in ("a:majorFont", "a:minorFont"))
    return Theme(colours, major, minor)


def _font_set(element: Element) -> FontSet:
    faces: dict[str, str] = {}
    scripts: dict[str, str] = {}
    for child in element:
        face = (child.get("typeface") or "").strip()
        if NAMES[child.tag] == "a:font":
            scripts[child.get("script") or ""] = face
        else:
            faces[NAMES[child.tag]] = face
    return FontSet(faces.get("a:latin", ""), faces.get("a:ea", ""), faces.get("a:cs", ""), scripts)


def _script(language: str) -> str:
    main, _, rest = language.lower().partition("-")
    if main == "zh":
        return "Hant" if rest in {"tw", "hk", "mo", "hant"} else "Hans"
    return _SCRIPT_OF_LANGUAGE.get(main, "Arab" if rest == "sa" else "")
