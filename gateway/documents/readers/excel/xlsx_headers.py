"""Header and footer codes of sheets: `&C&"Times New Roman,Bold"&14TEXT` (ECMA-376 Part 1 §18.3.1.46)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gateway.documents.readers.excel.xlsx_styles import THEME_ORDER
from gateway.documents.readers.ooxml.colours import AUTO, excel_tint, hex_colour
from gateway.documents.readers.ooxml.theme import Theme
from gateway.documents.readers.sink import Face, Place, Sink

_CODE: Final = re.compile(r'&(?:"([^"]*)"|K([0-9A-Fa-f]{6})|K(\d\d)([+-]\d{3})|(\d{1,3})|(.))', re.DOTALL)


def put_header(sink: Sink, code: str, base: Face, theme: Theme, place: Place, *, sheet: str) -> None:
    """Put the sections of a header or footer, each a block of its own."""
    for section in header_lines(code, base, theme, sheet=sheet):
        block = sink.open_block()
        for text, face in section:
            sink.put(text, block, place, face)


def header_lines(code: str, base: Face, theme: Theme, *, sheet: str) -> Iterator[list[tuple[str, Face]]]:
    """Yield the left, centre and right section, each as stretches with their look; empty ones are left out."""
    base = base._replace(background=None)
    sections: dict[str, list[tuple[str, Face]]] = {}
    current, face, position = "C", base, 0
    for match in _CODE.finditer(code):
        _add(sections, current, code[position : match.start()], face)
        position = match.end()
        font, rgb, index, tint, size, letter = match.groups()
        if font is not None:
            face = _with_font(face, font, base)
        elif rgb is not None:
            face = face._replace(colour=hex_colour(rgb))
        elif index is not None:
            face = face._replace(colour=_theme_colour(theme, int(index), int(tint)))
        elif size is not None:
            face = face._replace(size_pt=float(size))
        else:
            match letter:
                case "L" | "C" | "R":
                    current, face = letter, base
                case "B":
                    face = face._replace(bold=not face.bold)
                case "A":
                    _add(sections, current, sheet, face)
                case "&":
                    _add(sections, current, "&", face)
                case _:
                    continue
    _add(sections, current, code[position:], face)
    yield from (sections[side] for side in ("L", "C", "R") if side in sections)


def _add(sections: dict[str, list[tuple[str, Face]]], side: str, text: str, face: Face) -> None:
    if text:
        sections.setdefault(side, []).append((text, face))


def _with_font(face: Face, code: str, base: Face) -> Face:
    name, _, style = code.partition(",")
    bold = any(word in style.lower() for word in ("bold", "đậm", "dam"))
    return face._replace(font=base.font if name in {"-", ""} else name, bold=bold)


def _theme_colour(theme: Theme, index: int, tint: int) -> str:
    base = theme.colours.get(THEME_ORDER[index] if index < len(THEME_ORDER) else "dk1")
    return excel_tint(base, tint / 100) if base else AUTO
