"""Single property modifiers (sprms) of Word: how a group of them changes the look of letters and paragraphs.

Their codes say their own length (MS-DOC 2.6).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from gateway.documents.readers.ole.octets import i16, rgb, u8, u16, u32
from gateway.documents.readers.ooxml.colours import mixed
from gateway.documents.readers.word.docx_format import NARROWEST

_SIZES: Final = (1, 1, 2, 4, 2, 2, 0, 3)
_ICO: Final = (
    None, "000000", "0000FF", "00FFFF", "00FF00", "FF00FF", "FF0000", "FFFF00", "FFFFFF", "000080", "008080", "008000",
    "800080", "800000", "808000", "808080", "C0C0C0",
)  # fmt: skip
"""The sixteen colours of Word 6 (MS-DOC 2.9.119); None is automatic."""
AUTO: Final = "auto"


def sprms(group: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield code and operand of each sprm; a group that is cut short ends where its last whole sprm does."""
    at = 0
    while at < len(group):
        if at + 2 > len(group):
            return
        code = u16(group, at)
        at += 2
        size = _SIZES[code >> 13]
        if code >> 13 == 6:
            size, at = u8(group, at), at + 1
            if code in {0xD608, 0xD606}:
                size, at = u16(group, at - 1) - 1, at + 1
            elif code == 0xC615 and size == 255:
                size = 2 + 4 * u8(group, at)
                size += 1 + 3 * u8(group, at + size - 1)
        if size < 0 or at + size > len(group):
            return
        yield code, group[at : at + size]
        at += size


@dataclass(frozen=True)
class Look:
    """Appearance of letters: font numbers by script, and what hides or moves them."""

    ascii: int = 0
    east_asia: int = 0
    other: int = 0
    complex: int = 0
    half_points: int = 20
    colour: str = AUTO
    background: str | None = None
    bold: bool = False
    caps: bool = False
    vanish: bool = False
    deleted: bool = False
    struck: bool = False
    east_asian_hint: bool = False
    complex_script: bool = False
    special: bool = False
    """The letter is no letter: a field mark, a picture, a reference."""
    symbol: tuple[int, int] | None = None
    """Font number and code of the symbol that stands for the letter."""
    data: int | None = None
    """Offset in the Data stream of a picture or the data of a form field."""
    is_data: bool = False
    """The data there is no picture (sprmCFData, sprmCFOle2)."""
    boxed: bool = False
    raised_half_points: int = 0
    script: int = 0
    """1 is a superscript, 2 a subscript (MS-DOC 2.6.1, sprmCIss)."""


def character_style(group: bytes) -> int | None:
    """Return the number of the character style that a group applies."""
    found = None
    for code, operand in sprms(group):
        if code == 0x4A30:
            found = u16(operand, 0)
    return found


def with_sprms(look: Look, group: bytes, style: Look) -> Look:
    """Return the look after a group of sprms; `style` is what toggles and resets refer to."""
    for code, operand in sprms(group):
        change = _change(code, operand, look, style)
        if change:
            look = replace(look, **change)  # type: ignore[arg-type]
    return look


_NUMBERS: Final = {0x4A4F: "ascii", 0x4A50: "east_asia", 0x4A51: "other", 0x4A5E: "complex", 0x2A48: "script"}
_FLAGS: Final = {
    0x0800: "deleted",
    0x0855: "special",
    0x0806: "is_data",
    0x080A: "is_data",
    0x0882: "complex_script",
    0x085A: "complex_script",
}
_TOGGLES: Final = {
    0x0835: "bold", 0x083A: "caps", 0x083B: "caps", 0x083C: "vanish", 0x0837: "struck", 0x2A53: "struck",
}  # fmt: skip
"""Set, cleared, or as the style says or the other way round (sprmCFBold and others, [MS-DOC] 2.6.1)."""
_OF_STYLE: Final = (
    "bold",
    "caps",
    "vanish",
    "struck",
    "colour",
    "half_points",
    "ascii",
    "other",
    "east_asia",
    "background",
)
"""Put back to those of the style by sprmCPlain."""


def _change(code: int, operand: bytes, look: Look, style: Look) -> dict[str, object]:
    value = int.from_bytes(operand[:4], "little")
    if (name := _NUMBERS.get(code)) is not None:
        return {name: value}
    if (name := _FLAGS.get(code)) is not None:
        return {name: bool(value)}
    if (name := _TOGGLES.get(code)) is not None:
        return {name: _toggle(value, getattr(style, name))}
    match code:
        case 0x4A43:
            return {"half_points": value or look.half_points}
        case 0x2A42:
            return {"colour": ico(value)}
        case 0x6870:
            return {"colour": AUTO if value >> 24 == 0xFF else rgb(value)}
        case 0x2A0C:
            return {"background": _painted(value)}
        case 0x4866:
            return {"background": _old_shade(value)}
        case 0xCA71:
            return {"background": shade(operand)}
        case 0x4845:
            return {"raised_half_points": i16(operand, 0)}
        case 0x4852:
            return {"vanish": value <= NARROWEST or look.vanish}
        case 0x6A03:
            return {"data": value, "special": True}
        case 0x6A09:
            character = u16(operand, 2) if len(operand) > 3 else u8(operand, 2)
            return {"symbol": (u16(operand, 0), character), "special": True}
        case 0x286F:
            return {"east_asian_hint": value == 1}
        case 0x2A33:
            return {name: getattr(style, name) for name in _OF_STYLE}
        case 0x6865 | 0xCA72:
            return {"boxed": any(operand)}
        case _:
            return {}


def _toggle(value: int, style: bool) -> bool:
    match value & 0xFF:
        case 0x80:
            return style
        case 0x81:
            return not style
        case _:
            return bool(value & 1)


def ico(value: int) -> str:
    """Return the colour of a palette number, `auto` for the automatic one and unknown ones."""
    return _painted(value) or AUTO


def _painted(value: int) -> str | None:
    return _ICO[value] if value < len(_ICO) else None


def _old_shade(value: int) -> str | None:
    fore, back, pattern = value & 0x1F, value >> 5 & 0x1F, value >> 10
    return None if value == 0xFFFF else _patterned(_painted(fore), _painted(back), pattern)


def shade(operand: bytes) -> str | None:
    """Return the colour of a Shd (MS-DOC 2.9.247), None when there is none."""
    fore, back, pattern = u32(operand, 0), u32(operand, 4), u16(operand, 8)
    front, behind = (None if value >> 24 == 0xFF else rgb(value) for value in (fore, back))
    return _patterned(front, behind, pattern)


_PER_CENT: Final = dict(enumerate((0, 100, 5, 10, 20, 25, 30, 40, 50, 60, 70, 75, 80, 90))) | dict(enumerate((
    2.5, 7.5, 12.5, 15, 17.5, 22.5, 27.5, 32.5, 35, 37.5, 42.5, 45, 47.5, 52.5, 55, 57.5, 62.5, 65, 67.5, 72.5, 77.5, 82.5,
    85, 87.5, 92.5, 95, 97.5, 98,
), 35))  # fmt: skip


def _patterned(fore: str | None, back: str | None, pattern: int) -> str | None:
    """Return the colour that a pattern makes (MS-DOC 2.9.121 Ipat); stripes are as half of each."""
    return back if pattern in {0, 0xFFFF} else mixed(fore, back, _PER_CENT.get(pattern, 50) / 100)


@dataclass(frozen=True)
class Paragraph:
    """Properties of a paragraph that matter here."""

    style: int = 0
    in_table: bool = False
    row_end: bool = False
    borders: frozenset[int] = frozenset()
    background: str | None = None
    listed: int = 0
    level: int = 0
    """The list it is an item of, counted from 1, and its level there."""
    line_pt: float = 0.0
    """Exact distance of its lines, 0 where there is none (MS-DOC 2.9.143)."""
    dropped: bool = False
    """Whether it is a drop capital, which begins the next paragraph (MS-DOC 2.9.44)."""
    moved: bool = False
    """Whether its lines begin elsewhere than its column."""
    cell_grounds: tuple[str | None, ...] = ()
    """Of the mark that ends a row: the colour behind each of its cells."""

    @property
    def boxed(self) -> bool:
        """Return whether it has a line on all four sides."""
        return len(self.borders) == 4


_BORDERS: Final = {
    0x6424: 0, 0x6425: 1, 0x6426: 2, 0x6427: 3, 0xC64E: 0, 0xC64F: 1, 0xC650: 2, 0xC651: 3,
}  # fmt: skip


_SIMPLE: Final[dict[int, tuple[str, Callable[[int], object]]]] = {
    0x4600: ("style", int), 0x2416: ("in_table", bool), 0x6649: ("in_table", bool), 0x2417: ("row_end", bool),
    0x244C: ("row_end", bool), 0x460B: ("listed", int), 0x260A: ("level", int), 0x442D: ("background", _old_shade),
    0x442C: ("dropped", lambda value: value & 7 != 0),
}  # fmt: skip
"""Properties that are what a number says."""
_MOVING: Final = frozenset({0x2403, 0x2461, 0x840F, 0x845E, 0x8411, 0x8460})
"""Alignment and indents (MS-DOC 2.6.2)."""
_GROUNDS: Final = {0xD612: 0, 0xD616: 22, 0xD60C: 44}
"""Number of the first cell whose shading each sets."""


def with_paragraph_sprms(paragraph: Paragraph, group: bytes) -> Paragraph:
    """Return the paragraph properties after a group of sprms."""
    for code, operand in sprms(group):
        value = int.from_bytes(operand[:4], "little")
        match code:
            case _ if code in _SIMPLE:
                name, read = _SIMPLE[code]
                paragraph = replace(paragraph, **{name: read(value)})  # type: ignore[arg-type]
            case _ if code in _MOVING and value:
                paragraph = replace(paragraph, moved=True)
            case 0x6412:
                paragraph = replace(paragraph, line_pt=max(-i16(operand, 0), 0) / 20)
            case 0xC64D:
                paragraph = replace(paragraph, background=shade(operand))
            case _ if code in _GROUNDS:
                before = paragraph.cell_grounds[: _GROUNDS[code]]
                before += (None,) * (_GROUNDS[code] - len(before))
                paragraph = replace(paragraph, cell_grounds=before + _grounds(operand, 10, shade))
            case 0xD609 if not paragraph.cell_grounds:
                paragraph = replace(paragraph, cell_grounds=_grounds(operand, 2, lambda shd: _old_shade(u16(shd, 0))))
            case _ if code in _BORDERS:
                side = frozenset({_BORDERS[code]})
                drawn = _is_line(operand)
                paragraph = replace(paragraph, borders=paragraph.borders | side if drawn else paragraph.borders - side)
            case _:
                continue
    return paragraph


def _grounds(operand: bytes, size: int, shown: Callable[[bytes], str | None]) -> tuple[str | None, ...]:
    """Return the colours of a row's cells (sprmTDefTableShd, sprmTDefTableShd80), one Shd each."""
    return tuple(shown(operand[at : at + size]) for at in range(0, len(operand) - size + 1, size))


def _is_line(operand: bytes) -> bool:
    """Return whether a border code draws a line: BRC80 in four bytes, BRC in eight."""
    if len(operand) >= 8:
        return u8(operand, 5) not in {0, 0xFF}
    return u8(operand, 1) not in {0, 0xFF} and operand != b"\xff\xff\xff\xff"
