"""Text of PowerPoint 97-2003 with its looks: style runs, masters, font collection, colour schemes (MS-PPT 2.9, 2.4.17, 2.5.10)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, groupby, islice, repeat
from operator import itemgetter
from typing import Final, NamedTuple, TypeVar
from unicodedata import normalize

from gateway.documents.readers.ole.art import Record
from gateway.documents.readers.ole.octets import i16, rgb, u16, u32
from gateway.documents.readers.sink import Face
from gateway.vietnamese.fonts import shows_signs

_Value = TypeVar("_Value")
_LIMIT_RUNS: Final = 100_000
_ALIGN_BIT, _BULLET_BIT, _FONT_BIT = 11, 7, 4
_ALIGNED: Final = {0: "l", 1: "ctr", 2: "r", 3: "l"}


class CharacterLook(NamedTuple):
    """Properties of a character run; None where it sets none."""

    font: int | None = None
    size_pt: float | None = None
    colour: int | None = None
    """ColorIndexStruct: RGB and, in the highest byte, 0xFE or the number of a scheme colour."""
    bold: bool | None = None
    raised: float = 0.0
    align: str | None = None
    """Of its paragraph, as ST_TextAlignType; empty where it fills the line."""

    def over(self, below: CharacterLook) -> CharacterLook:
        """Return this look over another."""
        return CharacterLook._make(under if own is None else own for own, under in zip(self, below, strict=True))


NO_LOOK: Final = CharacterLook()


@dataclass
class Looks:
    """Fonts, and master styles by kind of text and level."""

    fonts: dict[int, str] = field(default_factory=dict)
    masters: dict[tuple[int, int], CharacterLook] = field(default_factory=dict)

    def face(self, look: CharacterLook, scheme: tuple[str, ...]) -> Face:
        """Return a look with names and colours resolved; a colour of a scheme that is not known is None."""
        colour: str | None = "auto" if scheme or look.colour is None else None
        if look.colour is not None:
            index = look.colour >> 24
            if index == 0xFE:
                colour = rgb(look.colour)
            elif index < len(scheme):
                colour = scheme[index]
        elif len(scheme) > 1:
            colour = scheme[1]  # letters without a colour have that of the scheme's text and lines
        font = self.fonts.get(look.font) if look.font is not None else None
        return Face(font, look.size_pt, colour, None, look.bold, look.raised)

    def master(self, kind: int, level: int) -> CharacterLook:
        """Return the master's look of a kind of text and level; its other levels and kinds are the fallback."""
        return (
            self.masters.get((kind, level))
            or self.masters.get((kind, 0))
            or self.masters.get((_BASE_KINDS.get(kind, 4), level))
            or self.masters.get((4, 0), NO_LOOK)
        )


_BASE_KINDS: Final = {6: 0, 5: 1, 7: 1, 8: 1}
"""Centre titles are titles; centre, half and quarter bodies are bodies (MS-PPT 2.13.33)."""


def parse_scheme(data: bytes) -> tuple[str, ...]:
    """Return the eight colours of a ColorSchemeAtom."""
    return tuple(rgb(u32(data, at)) for at in range(0, min(len(data), 32) - 3, 4))


def character_look(data: bytes, at: int) -> tuple[CharacterLook, int]:
    """Return a TextCFException and where it ends (MS-PPT 2.9.13)."""
    mask, at = u32(data, at), at + 4
    bold = font = size = colour = None
    raised = 0.0
    if mask & 0x3FFF:
        flags = u16(data, at)
        at += 2
        bold = bool(flags & 1) if mask & 1 else None
    if mask & 1 << 16:
        font, at = u16(data, at), at + 2
    at += 2 * bool(mask & 1 << 21)
    if mask & 1 << 22:
        # The font of letters that the first one is not used for: Latin text shows it where it is given.
        at += 2
    at += 2 * bool(mask & 1 << 23)
    if mask & 1 << 17:
        size, at = max(0, i16(data, at)), at + 2
    if mask & 1 << 18:
        colour, at = u32(data, at), at + 4
    if mask & 1 << 19:
        raised, at = i16(data, at) / 100, at + 2
    return CharacterLook(font, float(size) if size else None, colour, bold, raised), at


class ParagraphLook(NamedTuple):
    """Properties of a paragraph run."""

    align: str | None = None
    bullet: str = ""
    """The letter before the paragraph."""
    bullet_font: int | None = None


def paragraph_look(data: bytes, at: int) -> tuple[ParagraphLook, int]:
    """Return a TextPFException and where it ends (MS-PPT 2.9.20)."""
    mask, at = u32(data, at), at + 4
    shown = mask & 1 and u16(data, at) & 1
    at += 2 * bool(mask & 0xF)
    found: dict[int, int] = {}
    for bit, size in ((7, 2), (4, 2), (6, 2), (5, 4), (11, 2), (12, 2), (13, 2), (14, 2), (8, 2), (10, 2), (15, 2)):
        if mask & 1 << bit:
            found[bit], at = u16(data, at), at + size
    if mask & 1 << 20:
        at += 2 + 4 * u16(data, at)
    at += 2 * bool(mask & 1 << 16)
    at += 2 * bool(mask & 0xE0000)
    align = _ALIGNED.get(found[_ALIGN_BIT], "") if _ALIGN_BIT in found else None
    bullet = chr(found[_BULLET_BIT]) if shown and _BULLET_BIT in found else ""
    return ParagraphLook(align, bullet if bullet.isalpha() else "", found.get(_FONT_BIT)), at + 2 * bool(mask & 1 << 21)


def parse_master(data: bytes, kind: int) -> Iterator[tuple[int, CharacterLook]]:
    """Yield level and look of a TextMasterStyleAtom (MS-PPT 2.9.35)."""
    count, at = min(u16(data, 0), 5), 2
    for number in range(count):
        level = number
        if kind >= 5:
            level, at = u16(data, at), at + 2
        paragraph, at = paragraph_look(data, at)
        look, at = character_look(data, at)
        if at > len(data):
            return
        yield level, look._replace(align=paragraph.align)


def parse_styles(
    data: bytes, length: int
) -> tuple[list[tuple[int, tuple[int, ParagraphLook]]], list[tuple[int, CharacterLook]]]:
    """Return runs of a StyleTextPropAtom: (letters, (level, look)) of paragraphs, (letters, look) of characters."""
    levels: list[tuple[int, tuple[int, ParagraphLook]]] = []
    looks: list[tuple[int, CharacterLook]] = []
    at = covered = 0
    while covered <= length and at + 10 <= len(data) and len(levels) < _LIMIT_RUNS:
        count, level = u32(data, at), u16(data, at + 4)
        paragraph, at = paragraph_look(data, at + 6)
        levels.append((count, (min(level, 4), paragraph)))
        covered += max(count, 1)
    covered = 0
    while covered <= length and at + 8 <= len(data) and len(looks) < _LIMIT_RUNS:
        count = u32(data, at)
        look, at = character_look(data, at + 4)
        looks.append((count, look))
        covered += max(count, 1)
    return levels, looks


def stretches(text: str, styles: bytes, kind: int, looks: Looks) -> Iterator[tuple[str, CharacterLook]]:
    """Yield the text in stretches of one look, each paragraph on its own, a carriage return where one ends."""
    paragraphs, characters = parse_styles(styles, len(text)) if styles else ([], [])
    levels, own = _by_letter(paragraphs, (0, ParagraphLook()), len(text)), _by_letter(characters, NO_LOOK, len(text))
    ends = (at if letter == "\r" else -1 for at, letter in enumerate(text))
    alike = groupby(zip(text, ends, levels, own, strict=True), key=itemgetter(1, 2, 3))
    begins = True
    for (end, (level, paragraph), look), letters in alike:
        shown = look._replace(align=paragraph.align).over(looks.master(kind, level))
        if begins and end < 0 and paragraph.bullet and not shows_signs(looks.fonts.get(paragraph.bullet_font or 0, "")):
            yield f"{paragraph.bullet} ", shown
        begins = end >= 0
        yield "".join(letter for letter, *_ in letters), shown


_REST: Final = frozenset({"ẬT", "ỐI MẬT", "UYỆT MẬT"})
"""Levels without the letter that newer versions may number their paragraph by (MS-PPT 2.9.65), whatever they do."""


def may_be_level(line: str) -> bool:
    """Return whether a letter before a line would make it a level."""
    return normalize("NFC", line).upper() in _REST


def _by_letter(runs: list[tuple[int, _Value]], usual: _Value, length: int) -> Iterator[_Value]:
    """Yield what runs say of each letter; the last one holds for letters that none is for."""
    said = chain.from_iterable(repeat(value, count) for count, value in runs)
    return islice(chain(said, repeat(runs[-1][1] if runs else usual)), length)


def font_name(data: bytes) -> str:
    """Return the name in a FontEntityAtom (MS-PPT 2.9.8)."""
    return data[:64].decode("utf-16-le", "replace").split("\0", 1)[0]


_SCHEME, _SLIDE_ATOM, _MASTER = 0x07F0, 0x03EF, 0x03F8
_OF_MASTER: Final = 2
"""fMasterScheme among the flags of a SlideAtom."""
_LIMIT: Final = 20_000


class Schemes:
    """Colour schemes by where their slide, notes page or master begins."""

    def __init__(self) -> None:
        self._own: dict[int, tuple[str, ...]] = {}
        self._chosen: set[int] = set()
        self._following: set[int] = set()
        self._masters: set[int] = set()

    def take(self, record: Record, content: bytes) -> None:
        """Note a record of schemes or slides."""
        if record.kind not in {_SCHEME, _SLIDE_ATOM} or not record.path_starts or len(self._own) > _LIMIT:
            return
        start = record.path_starts[0] - 8
        if record.kind == _SLIDE_ATOM:
            if record.path[0] == _MASTER:
                self._masters.add(start)
            elif u16(content, 20) & _OF_MASTER:
                self._following.add(start)
        elif record.instance == 1 or start not in self._own:
            # Masters also hold the schemes that one may choose from; instance 1 is the one in use.
            if start not in self._chosen:
                self._own[start] = parse_scheme(content)
            if record.instance == 1:
                self._chosen.add(start)

    def of(self, start: int) -> tuple[str, ...]:
        """Return the scheme of what begins there, empty when it follows an unknown master."""
        if start not in self._following:
            return self._own.get(start, ())
        masters = {self._own[master] for master in self._masters if master in self._own}
        return next(iter(masters)) if len(masters) == 1 else ()
