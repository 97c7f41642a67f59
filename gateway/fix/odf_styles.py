"""Styles of an OpenDocument file: what font a letter gets, and which style gives it (OpenDocument 1.3 Part 3, chapter 16).

Automatic styles belong to the part they stand in; `content.xml` and `styles.xml` both have a `P1`. A style without a font
of its own has its parent's, in the end that of the usual style, `Standard` or `Default`, or of the default style.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gateway.fix.xml_spans import Tag

_URN: Final = "urn:oasis:names:tc:opendocument:xmlns:"
OFFICE: Final = f"{_URN}office:1.0 "
STYLE: Final = f"{_URN}style:1.0 "
TEXT: Final = f"{_URN}text:1.0 "
FO: Final = f"{_URN}xsl-fo-compatible:1.0 "
DRAW: Final = f"{_URN}drawing:1.0 "
SLIDE: Final = f"{_URN}presentation:1.0 "
TABLE: Final = f"{_URN}table:1.0 "
SVG: Final = f"{_URN}svg-compatible:1.0 "
_LIMIT_CHAIN: Final = 40
_USUAL: Final = {"table-cell": "Default"}
"""Common styles under what names no common style."""


@dataclass
class Look:
    """One style."""

    family: str
    name: str
    scope: str
    """The part whose automatic style it is, empty for a style of the whole document."""
    parent: str = ""
    font: str | None = None


class Styles:
    """The styles of a document, collected part by part."""

    def __init__(self) -> None:
        self._looks: dict[tuple[str, str, str], Look] = {}
        self._faces: dict[str, str] = {}
        self._defaults: dict[str, str] = {}
        """Fonts of the default styles by family."""

    def add(self, scope: str, tags: list[Tag]) -> Iterator[tuple[Tag, Look | None]]:
        """Take the styles of a part; yield each `style:text-properties` with the style that it belongs to."""
        path: list[str] = []
        look: Look | None = None
        family = ""
        for tag in tags:
            if not tag.opens:
                path.pop()
                look = None if tag.name == f"{STYLE}style" else look
                continue
            path.append(tag.name)
            match tag.name.removeprefix(STYLE):
                case "font-face":
                    self._faces[tag.attributes.get(f"{STYLE}name", "")] = face_of(tag)
                case "style":
                    look = self._style(tag, scope if f"{OFFICE}automatic-styles" in path else "")
                case "default-style":
                    family = tag.attributes.get(f"{STYLE}family", "")
                case "text-properties" if path[-2:-1] == [f"{STYLE}default-style"]:
                    if font := self._font(tag):
                        self._defaults.setdefault(family, font)
                    yield tag, None
                case "text-properties" if look is not None and path[-2:-1] == [f"{STYLE}style"]:
                    look.font = self._font(tag)
                    yield tag, look
                case _:
                    continue

    def _style(self, tag: Tag, scope: str) -> Look:
        family, name, parent = (
            tag.attributes.get(f"{STYLE}{each}", "") for each in ("family", "name", "parent-style-name")
        )
        look = Look(family, name, scope, parent)
        self._looks[scope, family, name] = look
        return look

    def _font(self, tag: Tag) -> str | None:
        """Return the name of a font face, or of a family without one, for Latin letters."""
        named = tag.attributes.get(f"{STYLE}font-name")
        return named or tag.attributes.get(f"{FO}font-family", "").strip("'\" ") or None

    def chain(self, scope: str, family: str, name: str) -> Iterator[Look]:
        """Yield a style and its parents."""
        for _ in range(_LIMIT_CHAIN):
            look = self._looks.get((scope, family, name)) or self._looks.get(("", family, name))
            if look is None:
                return
            yield look
            scope, name = "", look.parent

    def font(self, scope: str, family: str, name: str, *, default: bool = True) -> str | None:
        """Return the family that a style gives letters, None where neither it nor a parent nor the default style says one."""
        looks = [*self.chain(scope, family, name)]
        if family in _USUAL and (not looks or looks[-1].scope):
            looks += self.chain("", family, _USUAL[family])
        named = next((look.font for look in looks if look.font), None)
        if named is None and default:
            named = self._defaults.get(family)
        return (self._faces.get(named) or named) if named else None


def face_of(tag: Tag) -> str:
    """Return the family that a `style:font-face` declares."""
    return tag.attributes.get(f"{SVG}font-family", "").strip("'\" ")
