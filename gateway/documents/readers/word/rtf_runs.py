"""Text of RTF on its way to runs: bytes decoded by the font's charset, gathered while they look alike."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from gateway.documents.readers.base import ReadError
from gateway.documents.readers.ooxml.colours import automatic, mixed
from gateway.documents.readers.sink import Cell, Face, Place, Sink, capitals
from gateway.documents.readers.word.rtf_tables import Font
from gateway.model import Origin, ReadStatus, Role
from gateway.vietnamese.colour import is_invisible

_LIMIT_RUNS: Final = 500_000
_SHAPE_NAME: Final = re.compile(r"\s*[A-Za-z][A-Za-z0-9]*\s*\Z")
_SHAPE_NUMBER: Final = re.compile(r"[-\d.,;() ]*\Z")
_UNSEEN: Final = frozenset({Role.FIELD, Role.ALT_TEXT, Role.PROPERTY, Role.NAME})
_WORD_ART: Final = "gtextUNICODE"


class Ground(NamedTuple):
    """Colours behind letters by their numbers, 0 for none: `share` hundredths of a per cent of the front on the back."""

    back: int = 0
    front: int = 0
    share: int = 0


NO_GROUND: Final = Ground()


@dataclass(frozen=True)
class State:
    """State that a group inherits from the one around it."""

    destination: str = ""
    role: Role = Role.BODY
    silent: bool = False
    font: int | None = None
    size_half_pt: int = 24
    colour: int = 0
    background: Ground = NO_GROUND
    bold: bool = False
    hidden: bool = False
    deleted: bool = False
    struck: bool = False
    narrow: bool = False
    raised_half_pt: int = 0
    caps: bool = False
    link: bool = False
    in_table: bool = False
    line_pt: float = 0.0
    """Exact distance of lines, 0 where there is none."""
    dropped: bool = False
    """Whether the paragraph is a drop capital, which begins the next one."""
    ground: Ground = NO_GROUND
    """What is behind the paragraph."""
    skip: int = 1
    """Characters that stand for a Unicode letter to old readers (`\\ucN`)."""


class Writer:
    """Takes text and changes of look in the order of the file."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.state = State()
        self.fonts: dict[int, Font] = {}
        self.colours: tuple[str | None, ...] = ()
        self.default_font: int | None = None
        self.default_page = "cp1252"
        self.octets = bytearray()
        """Letters not yet decoded."""
        self._text: list[str] = []
        self.said = 0
        """Pieces of text that were shown."""
        self.runs = sink.runs
        self.block = self.last_block = 0
        self.block_used = False
        self.cell = Cell()
        self.page = 1
        self.paragraph = 1
        self.borders: set[str] = set()
        self.cell_ground = NO_GROUND
        """What is behind the cell that is being defined."""
        self.row_grounds: list[Ground] = []
        """The same of the cells of the row, as defined so far."""
        self.to_skip = 0
        """Characters still to be passed over after a Unicode letter."""
        self._high_surrogate = 0
        self.shape_name = ""
        self.group_words: dict[int, list[str]] = {}
        """Words of open groups that are wanted as a whole, by depth."""

    def interrupt(self) -> tuple[int, bool]:
        """Begin a block of its own for a group in the middle of a paragraph; return what `resume` wants back."""
        outer = (self.block, self.block_used)
        self.last_block += 1
        self.block, self.block_used = self.last_block, False
        self.state = replace(self.state, caps=False)
        return outer

    def resume(self, outer: tuple[int, bool]) -> None:
        """Go on with the paragraph that was interrupted."""
        self.block, self.block_used = outer

    @property
    def begun(self) -> bool:
        """Return whether the paragraph has text so far."""
        return self.block_used or bool(self._text)

    def aside(self, text: str) -> None:
        """Take words of a field that are no part of the text."""
        self.last_block += 1
        place = Place(f"paragraph:{self.paragraph}", Role.FIELD, Origin.HIDDEN, page=self.page)
        self._sink.put(text, self.last_block, place)

    def unicode(self, value: int) -> None:
        r"""Take the number of a `\u`; its fallback characters are skipped."""
        self.end_octets()
        code = value & 0xFFFF
        self.to_skip = self.state.skip
        if 0xD800 <= code < 0xDC00:
            self._high_surrogate = code
            return
        if 0xDC00 <= code < 0xE000:
            if not self._high_surrogate:
                self.add("\N{REPLACEMENT CHARACTER}")
                return
            code = 0x10000 + ((self._high_surrogate - 0xD800) << 10) + (code - 0xDC00)
        self._high_surrogate = 0
        self.add(chr(code))

    def add(self, text: str) -> None:
        """Take decoded text."""
        if not text:
            return
        for words in self.group_words.values():
            words.append(text)
        if not self.state.silent:
            self._text.append(text)
            self.said += self.state.role not in _UNSEEN and not self.state.hidden

    def _font(self) -> Font | None:
        number = self.state.font if self.state.font is not None else self.default_font
        return self.fonts.get(number) if number is not None else None

    def end_octets(self) -> None:
        """Decode the bytes that have come, by the code page of their font."""
        if not self.octets:
            return
        octets, self.octets = bytes(self.octets), bytearray()
        font = self._font()
        page = font.page if font is not None and font.page else self.default_page
        if page == "symbol":
            self.add("".join(chr(0xF000 + octet) if octet >= 0x20 else chr(octet) for octet in octets))
        else:
            self.add(octets.decode(page, "c1-fallback" if page == "cp1252" else "replace"))

    def end_run(self) -> None:
        """Give what has come as a run, before the look changes."""
        self.end_octets()
        if not self._text:
            return
        text, self._text = "".join(self._text), []
        if self.state.destination == "sn" and _SHAPE_NAME.match(text):
            return
        if self.state.destination == "sv" and (_SHAPE_NUMBER.match(text) or self.shape_name == "gtextFont"):
            return
        if len(self.runs) >= _LIMIT_RUNS:
            raise ReadError(ReadStatus.LIMIT, "runs")
        state, font = self.state, self._font()
        role = state.role
        if role is Role.BODY and state.in_table:
            role = Role.CELL
            if not self.cell.open:
                self.cell = Cell(self.cell.table + 1, open=True)
        elif role is Role.BODY:
            self.cell.open = False
        name = font.name if font is not None else None
        if state.caps:
            text = capitals(text, name)
        background = self._ground(role)
        colour = self.colour(state.colour) or automatic(background)
        unseen = state.hidden or state.narrow or is_invisible(colour, background)
        self.block_used = True
        if role is Role.ALT_TEXT and self.shape_name == _WORD_ART:
            role = Role.WATERMARK
        origin = Origin.DELETED if state.deleted or state.struck else Origin.HIDDEN if unseen else Origin.TEXT
        boxed = True if len(self.borders) >= 4 or role is Role.TEXTBOX else None
        raised = state.raised_half_pt / max(state.size_half_pt, 1)
        place = Place(self._locator(role), role, origin, boxed, self.page, state.link)
        face = Face(name, state.size_half_pt / 2, colour, background, state.bold, raised)
        self._sink.put(text, self.block, place, face)

    def _ground(self, role: Role) -> str | None:
        """Return the colour behind the letters: their own, the paragraph's or the cell's."""
        grounds = [self.state.background, self.state.ground]
        grounds += self.row_grounds[self.cell.column : self.cell.column + 1] if role is Role.CELL else ()
        return next((colour for ground in grounds if (colour := self.shown(ground)) is not None), None)

    def shown(self, ground: Ground) -> str | None:
        """Return the colour that a ground shows, None for paper."""
        back = self.colour(ground.back) if ground.back else None
        if ground.share <= 0:
            return back
        return mixed(self.colour(ground.front) if ground.front else None, back, min(ground.share / 10_000, 1.0))

    def colour(self, index: int) -> str | None:
        """Return a colour of the table as RRGGBB, None for the automatic one."""
        return self.colours[index] if 0 <= index < len(self.colours) else None

    def _locator(self, role: Role) -> str:
        match role:
            case Role.CELL:
                return self.cell.locator
            case Role.BODY:
                return f"paragraph:{self.paragraph}"
            case Role.FIELD if self.state.destination == "ffl":
                return "option"
            case Role.PROPERTY:
                return f"property:{self.state.destination}"
            case _:
                return f"{role.value}:{self.paragraph}"

    def end_block(self) -> None:
        """End the paragraph, cell or line."""
        self.end_run()
        if self.block_used and not self.state.dropped:
            self.last_block += 1
            self.block, self.block_used = self.last_block, False
