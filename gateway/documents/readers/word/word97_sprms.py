"""Single property modifiers (sprms) of Word: how a group of them changes the look of letters and paragraphs.

Word 97 codes say their own length (MS-DOC 2.6); those of Word 6 have it in a table, and are turned into the same codes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from gateway.documents.readers.ole.octets import i16, rgb, u8, u16, u32
from gateway.documents.readers.word.docx_format import NARROWEST

_SIZES: Final = (1, 1, 2, 4, 2, 2, 0, 3)
_ICO: Final = (
    None, "000000", "0000FF", "00FFFF", "00FF00", "FF00FF", "FF0000", "FFFF00", "FFFFFF", "000080", "008080", "008000",
    "800080", "800000", "808000", "808080", "C0C0C0",
)  # fmt: skip
"""The sixteen colours of Word 6 (MS-DOC 2.9.119); None is automatic."""
AUTO: Final = "auto"
_VARIABLE: Final = -1
_OLD_SIZES: Final[dict[int, int]] = {
    2: 2, 3: _VARIABLE, **dict.fromkeys(range(4, 12), 1), 12: _VARIABLE, 13: 1, 14: 1, 15: _VARIABLE, 16: 2, 17: 2, 18: 2,
    19: 2, 20: 4, 21: 2, 22: 2, 23: _VARIABLE, 24: 1, 25: 1, 26: 2, 27: 2, 28: 2, 29: 1, **dict.fromkeys(range(30, 37), 2),
    37: 1, **dict.fromkeys(range(38, 44), 2), 44: 1, 45: 2, 46: 2, 47: 2, 48: 2, 49: 2, 50: 1, 51: 1, 52: _VARIABLE,
    **dict.fromkeys(range(53, 57), _VARIABLE), 65: 1, 66: 1, 67: 1, 68: _VARIABLE, 69: 2, 70: 4, 71: 1, 72: 2, 73: 3,
    74: _VARIABLE, 75: 1, 76: 1, 77: 1, 78: 2, 79: 4, 80: 2, 81: _VARIABLE, 82: _VARIABLE, 83: 0, 84: 1,
    **dict.fromkeys(range(85, 93), 1), 93: 2, 94: 1, 95: 3, 96: 2, 97: 2, 98: 1, 99: 2, 100: 1, 101: 1, 102: 1,
    103: _VARIABLE, 104: 1, 105: _VARIABLE, 106: _VARIABLE, 107: 2, 108: _VARIABLE, 109: _VARIABLE, 110: 2,
    **dict.fromkeys(range(111, 117), 1), 117: 1, 118: 1, 119: 1, 120: _VARIABLE, 121: 2, 122: 2, 123: 2, 124: 2,
}  # fmt: skip
_ALL_FONTS: Final = 0x4AFF
"""Made up here: Word 6 has one font for all letters of a run."""
_OLD: Final = {
    2: 0x4600, 24: 0x2416, 25: 0x2417, 38: 0x6424, 39: 0x6425, 40: 0x6426, 41: 0x6427, 65: 0x0800, 66: 0x0801, 67: 0x0802,
    68: 0x6A03, 71: 0x0806, 74: 0x6A09, 80: 0x4A30, 83: 0x2A33, 85: 0x0835, 87: 0x0837, 90: 0x083A, 91: 0x083B, 92: 0x083C, 93: _ALL_FONTS,
    98: 0x2A42, 99: 0x4A43, 117: 0x0855, 118: 0x0856,
}  # fmt: skip


def sprms(group: bytes, *, old: bool) -> Iterator[tuple[int, bytes]]:
    """Yield code and operand of each sprm; a group that is cut short ends where its last whole sprm does."""
    at = 0
    while at < len(group):
        if old:
            code, size = group[at], _OLD_SIZES.get(group[at])
            at += 1
            if size is None:
                return
            if size == _VARIABLE:
                size, at = u8(group, at), at + 1
            if (known := _OLD.get(code)) is not None and at + size <= len(group):
                yield known, group[at : at + size]
            at += size
            continue
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


def character_style(group: bytes, *, old: bool) -> int | None:
    """Return the number of the character style that a group applies."""
    found = None
    for code, operand in sprms(group, old=old):
        if code == 0x4A30:
            found = u16(operand, 0)
    return found


def with_sprms(look: Look, group: bytes, style: Look, *, old: bool) -> Look:
    """Return the look after a group of sprms; `style` is what toggles and resets refer to."""
    for code, operand in sprms(group, old=old):
        change = _change(code, operand, look, style)
        if change:
            look = replace(look, **change)  # type: ignore[arg-type]
    return look


def _change(code: int, operand: bytes, look: Look, style: Look) -> dict[str, object]:
    value = int.from_bytes(operand[:4], "little")
    match code:
        case 0x4A4F:
            return {"ascii": value}
        case _ if code == _ALL_FONTS:
            return {"ascii": value, "east_asia": value, "other": value}
        case 0x4A50:
            return {"east_asia": value}
        case 0x4A51:
            return {"other": value}
        case 0x4A5E:
            return {"complex": value}
        case 0x4A43:
            return {"half_points": value or look.half_points}
        case 0x2A42:
            return {"colour": ico(value)}
        case 0x6870:
            return {"colour": AUTO if value >> 24 == 0xFF else rgb(value)}
        case 0x2A0C:
            return {"background": _ICO[value] if value < len(_ICO) else None}
        case 0x4866:
            return {"background": _old_shade(value)}
        case 0xCA71:
            return {"background": shade(operand)}
        case 0x0835:
            return {"bold": _toggle(value, style.bold)}
        case 0x083A | 0x083B:
            return {"caps": _toggle(value, style.caps)}
        case 0x083C | 0x0811:
            return {"vanish": _toggle(value, style.vanish)}
        case 0x0837 | 0x2A53:
            return {"struck": _toggle(value, style.struck)}
        case 0x4845:
            return {"raised_half_points": i16(operand, 0)}
        case 0x2A48:
            return {"script": value}
        case 0x4852:
            return {"vanish": value <= NARROWEST or look.vanish}
        case 0x0800:
            return {"deleted": bool(value)}
        case 0x0855:
            return {"special": bool(value)}
        case 0x0806 | 0x080A:
            return {"is_data": bool(value)}
        case 0x6A03:
            return {"data": value, "special": True}
        case 0x6A09:
            return {
                "symbol": (u16(operand, 0), u16(operand, 2) if len(operand) > 3 else u8(operand, 2)),
                "special": True,
            }
        case 0x286F:
            return {"east_asian_hint": value == 1}
        case 0x0882 | 0x085A:
            return {"complex_script": bool(value)}
        case 0x2A33:
            return {"bold": style.bold, "caps": style.caps, "vanish": style.vanish, "struck": style.struck, "colour": style.colour,
                    "half_points": style.half_points, "ascii": style.ascii, "other": style.other,
                    "east_asia": style.east_asia, "background": style.background}  # fmt: skip
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
    return (_ICO[value] if value < len(_ICO) else None) or AUTO


def _old_shade(value: int) -> str | None:
    fore, back, pattern = value & 0x1F, value >> 5 & 0x1F, value >> 10
    if value == 0xFFFF:
        return None
    chosen = fore if pattern == 1 else back
    if pattern == 1 and fore == 0:
        return "000000"
    return _ICO[chosen] if chosen < len(_ICO) else None


def shade(operand: bytes) -> str | None:
    """Return the colour of a Shd (MS-DOC 2.9.247), None when there is none."""
    fore, back, pattern = u32(operand, 0), u32(operand, 4), u16(operand, 8)
    if pattern == 1:
        return "000000" if fore >> 24 == 0xFF else rgb(fore)
    return None if back >> 24 == 0xFF or pattern == 0xFFFF else rgb(back)


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
        """Whether it has a line on all four sides."""
        return len(self.borders) == 4


_BORDERS: Final = {
    0x6424: 0, 0x6425: 1, 0x6426: 2, 0x6427: 3, 0xC64E: 0, 0xC64F: 1, 0xC650: 2, 0xC651: 3,
}  # fmt: skip


_MOVING: Final = frozenset({0x2403, 0x2461, 0x840F, 0x845E, 0x8411, 0x8460})
"""Alignment and indents (MS-DOC 2.6.2)."""
_GROUNDS: Final = {0xD612: 0, 0xD616: 22, 0xD60C: 44}
"""Number of the first cell that each tells the ground of."""


def with_paragraph_sprms(paragraph: Paragraph, group: bytes, *, old: bool) -> Paragraph:
    """Return the paragraph properties after a group of sprms."""
    for code, operand in sprms(group, old=old):
        value = int.from_bytes(operand[:4], "little")
        match code:
            case 0x4600:
                paragraph = replace(paragraph, style=value)
            case 0x2416:
                paragraph = replace(paragraph, in_table=bool(value))
            case 0x6649:
                paragraph = replace(paragraph, in_table=value > 0)
            case 0x2417 | 0x244C:
                paragraph = replace(paragraph, row_end=bool(value))
            case _ if code in _MOVING and value:
                paragraph = replace(paragraph, moved=True)
            case 0x460B:
                paragraph = replace(paragraph, listed=value)
            case 0x260A:
                paragraph = replace(paragraph, level=value)
            case 0x6412:
                paragraph = replace(paragraph, line_pt=max(-i16(operand, 0), 0) / 20)
            case 0x442C:
                paragraph = replace(paragraph, dropped=value & 7 != 0)
            case 0x442D:
                paragraph = replace(paragraph, background=_old_shade(value))
            case 0xC64D:
                paragraph = replace(paragraph, background=shade(operand))
            case _ if code in _GROUNDS and not old:
                before = paragraph.cell_grounds[: _GROUNDS[code]]
                before += (None,) * (_GROUNDS[code] - len(before))
                paragraph = replace(paragraph, cell_grounds=before + _grounds(operand, 10, shade))
            case 0xD609 if not old and not paragraph.cell_grounds:
                paragraph = replace(paragraph, cell_grounds=_grounds(operand, 2, lambda shd: _old_shade(u16(shd, 0))))
            case _ if code in _BORDERS:
                side = frozenset({_BORDERS[code]})
                drawn = _is_line(operand, old=old)
                paragraph = replace(paragraph, borders=paragraph.borders | side if drawn else paragraph.borders - side)
            case _:
                continue
    return paragraph


def _grounds(operand: bytes, size: int, shown: Callable[[bytes], str | None]) -> tuple[str | None, ...]:
    """Return the colours of a row's cells (sprmTDefTableShd, sprmTDefTableShd80), one Shd each."""
    return tuple(shown(operand[at : at + size]) for at in range(0, len(operand) - size + 1, size))


def _is_line(operand: bytes, *, old: bool) -> bool:
    """Whether a border code draws a line: BRC of Word 6 in two bytes, BRC80 in four, BRC in eight."""
    if old:
        return u16(operand, 0) & 0x1F != 0
    if len(operand) >= 8:
        return u8(operand, 5) not in {0, 0xFF}
    return u8(operand, 1) not in {0, 0xFF} and operand != b"\xff\xff\xff\xff"
