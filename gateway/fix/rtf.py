r"""Rich Text Format fixed in place: letters as `\uN?`, fonts and colours renamed in their tables and uses.

Only text that was legacy is rewritten, inside a group of its own so that the number of fallback characters (`\uc`) of
the surrounding text does not change. Pictures, objects and binary data are passed over, text boxes and comments are not.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Final

from gateway.documents.readers.word.rtf_controls import TEXT_DESTINATIONS
from gateway.documents.readers.word.rtf_tables import TOKEN, Font, group, parse_colours, parse_fonts
from gateway.documents.readers.word.word97_fib import joined
from gateway.fix.letters import fixed, is_other, stamps
from gateway.fix.tally import TIMES, RefusedError, Tally
from gateway.fix.xml_spans import spliced
from gateway.model import Role, Run
from gateway.vietnamese.colour import is_black

_SILENT: Final = frozenset([
    "fonttbl", "colortbl", "stylesheet", "listtable", "listoverridetable", "rsidtbl", "generator", "info", "pict",
    "object", "objdata", "themedata", "datastore", "colorschememapping", "latentstyles", "fldinst", "xmlnstbl",
    "bkmkstart", "bkmkend", "pgptbl", "revtbl", "filetbl", "fontemb",
])  # fmt: skip
_SHOWN: Final = frozenset({"pntxta", "pntxtb"}).union(
    word for word, role in TEXT_DESTINATIONS.items() if role in (Role.NOTE, Role.COMMENT, Role.TEXTBOX, Role.BODY)
)
"""Groups of text inside those of none."""
_LABEL: Final = re.compile(
    rb"\{\\leveltext(?:\\leveltemplateid-?\d+)? ?(?P<text>(?:\\'[0-9A-Fa-f]{2}|\\u-?\d+ ?\?|[^{}\\;])*);\}"
    rb"\s*\{\\levelnumbers ?(?P<numbers>(?:\\'[0-9A-Fa-f]{2})*);\}(?P<look>[^{}]*)"
)
"""What stands before the paragraphs of a list: its length, then its letters, with control characters for numbers."""
_NUMBERS: Final = {number: chr(0xE000 + number) for number in range(9)}
"""Those control characters, which old codes have letters at, and what stands for them while letters are converted."""
_BREAKS: Final = frozenset(["par", "cell", "row", "sect", "page", "line", "tab", "nestcell", "nestrow"])
_FONT_NAME: Final = re.compile(
    rb"\\f\d{1,6}(?=[^0-9])(?:\\(?!f\d)[a-z]+-?\d* ?|\{\\\*[^{}]*\}|[\r\n])*+([^\\{};]++)(?=[;\\{])"
)
_LIMIT_DEPTH: Final = 2000
_LIMIT_TOKENS: Final = 5_000_000


@dataclass(frozen=True)
class _State:
    silent: bool = False
    font: int | None = None
    skip: int = 1


@dataclass
class _Piece:
    """Neighbouring letters of one font: their bytes and their text."""

    start: int
    end: int
    letters: list[str]
    font: int | None
    block: int

    @cached_property
    def text(self) -> str:
        """Return the letters; half a pair of surrogates is U+FFFD."""
        return joined("".join(self.letters))


def fix_rtf(data: bytes) -> tuple[bytes, Tally]:
    """Return the document fixed; `RefusedError` when its groups are broken."""
    tally = Tally()
    table = _group(data, b"\\fonttbl")
    fonts = parse_fonts(table, "cp1252") if re.search(rb"\\f\d", table) else {}
    walk = _walked(data, fonts)
    pieces = [piece for piece in walk.pieces if "\ufffd" not in piece.text]  # letters that cannot be read stay
    runs = [Run(text=p.text, block=p.block, font=fonts[p.font].name if p.font in fonts else None) for p in pieces]
    found = fixed(zip(pieces, runs, strict=True), tally)
    edits = [(p.start, p.end, b"{\\uc1 %b}" % _escaped(text)) for p, text in found]
    edits += _label_edits(data, fonts, tally)
    edits += _font_edits(data, tally)
    edits += _colour_edits(data, walk, tally)
    if not tally.changed:
        return data, tally
    if any(start < end for (_, end, _), (start, _, _) in pairwise(sorted(edits))):
        raise RefusedError("damaged", "rtf")
    return spliced(data, edits), tally


def _group(data: bytes, word: bytes) -> bytes:
    """Return the first group that begins with a control word, empty when there is none."""
    start = data.find(b"{" + word)
    if start < 0:
        return b""
    end = start + 1 + len(group(data, start + 1))
    if data[end : end + 1] != b"}":
        raise RefusedError("damaged", "rtf")
    return data[start : end + 1]


def _walked(data: bytes, fonts: dict[int, Font]) -> _Walk:
    """Walk the tokens; the visible text by font and the uses of colours are known then."""
    walk = _Walk(data, fonts)
    position = tokens = 0
    while position < len(data):
        match = TOKEN.match(data, position)
        tokens += 1
        if match is None or tokens > _LIMIT_TOKENS:
            raise RefusedError("damaged", "rtf")
        brace = match[5]
        if brace == b"}" and not walk.stack:
            break
        position = walk.brace(match) if brace is not None else walk.token(match)
    return walk


class _Walk:
    """Position of a walk through the tokens; each method takes one and returns where the next begins."""

    def __init__(self, data: bytes, fonts: dict[int, Font]) -> None:
        self.pieces: list[_Piece] = []
        self.colours: list[re.Match[bytes]] = []
        self.stack: list[_State] = []
        self._data = data
        self._fonts = fonts
        self._default = _default_font(data)
        self._state = _State(font=self._default)
        self._block = 0
        self._starred = self._fresh = False

    def brace(self, match: re.Match[bytes]) -> int:
        """Begin a group, or end the one that is open."""
        self._fresh = match[5] == b"{"
        if self._fresh:
            self.stack.append(self._state)
            if len(self.stack) > _LIMIT_DEPTH:
                raise RefusedError("damaged", "rtf")
            self._starred = False
        else:
            self._state = self.stack.pop()
        return match.end()

    def token(self, match: re.Match[bytes]) -> int:
        """Take a control word, a sign or letters."""
        word, _, octet, sign, _, plain = match.groups()
        if sign == b"*":
            self._starred = True
            return match.end()
        if word is not None:
            end = self._word(word.decode("ascii"), match)
            self._fresh = False
            return end
        self._fresh = False
        text = ""
        if octet is not None:
            page = self._fonts[self._state.font].page if self._state.font in self._fonts else None
            text = _letter(int(octet, 16), page)
        elif plain is not None:
            text = plain.decode("latin-1")
        elif sign == b"~":
            text = "\u00a0"
        if text:
            _add(self.pieces, match.start(), match.end(), text, self._state, self._block)
        return match.end()

    def _word(self, name: str, match: re.Match[bytes]) -> int:
        number, state = match[2], self._state
        if name == "bin":
            return match.end() + max(0, int(number or 0))
        if name == "cf" and number is not None:
            self.colours.append(match)
        if self._fresh and name in _SHOWN:
            self._state = replace(state, silent=False)
            self._block += 1
        elif self._fresh and (name in _SILENT or self._starred):
            self._state = replace(state, silent=True)
        elif name in ("f", "pnf") and number is not None:
            self._state = replace(state, font=int(number))
        elif name == "plain" and self._default is not None:
            self._state = replace(state, font=self._default)
        elif name == "uc":
            self._state = replace(state, skip=max(0, int(number or 1)))
        elif name == "u" and number is not None:
            end = _skip(self._data, match.end(), state.skip)
            _add(self.pieces, match.start(), end, chr(int(number) & 0xFFFF), state, self._block)
            return end
        elif name in _BREAKS:
            self._block += 1
        return match.end()


def _default_font(data: bytes) -> int | None:
    found = re.search(rb"\\deff(\d+)", data[:2000])
    return int(found[1]) if found is not None else None


def _letter(octet: int, page: str | None) -> str:
    """Return what a byte shows: by the code page of its font, byte for byte where that is Western or a symbol font."""
    if page in (None, "symbol", "cp1252"):
        return chr(octet)
    return bytes([octet]).decode(page or "latin-1", "replace")


def _skip(data: bytes, position: int, count: int) -> int:
    r"""Return the position behind the fallback characters of a `\u`."""
    while count > 0:
        match = TOKEN.match(data, position)
        if match is None or match[5] is not None or (match[1] is not None and match[3] is None):
            break
        letters = min(count, len(match[6] or b"")) or 1
        position = position + letters if match[6] is not None else match.end()
        count -= letters
    return position


def _add(pieces: list[_Piece], start: int, end: int, text: str, state: _State, block: int) -> None:
    if state.silent:
        return
    last = pieces[-1] if pieces else None
    if last is not None and last.end == start and last.font == state.font and last.block == block:
        last.end = end
        last.letters.append(text)
    else:
        pieces.append(_Piece(start, end, [text], state.font, block))


def _escaped(text: str) -> bytes:
    r"""Return letters for RTF: ASCII as it is, the rest as `\uN?` with one fallback character."""
    written = []
    for letter in text:
        if letter in "\\{}":
            written.append("\\" + letter)
        elif letter < " ":
            written.append(f"\\'{ord(letter):02x}")
        elif letter.isascii():
            written.append(letter)
        else:
            written += [f"\\u{unit}?" for (unit,) in struct.iter_unpack("<h", letter.encode("utf-16-le"))]
    return "".join(written).encode("ascii")


def _label_edits(data: bytes, fonts: dict[int, Font], tally: Tally) -> Iterator[tuple[int, int, bytes]]:
    """Yield the labels of lists that were legacy, with their length and the places of the numbers in them."""
    table = _group(data, b"\\*\\listtable")
    offset, default = data.find(table), _default_font(data)
    labels: list[tuple[re.Match[bytes], Run]] = []
    for block, match in enumerate(_LABEL.finditer(table)):
        font = re.search(rb"\\f(\d{1,6})(?!\d)", match["look"])
        number = int(font[1]) if font is not None else default
        pieces = _walked(b"{\\f%d %b}" % (number or 0, match["text"]), fonts).pieces
        text = "".join(piece.text for piece in pieces)[1:].translate(_NUMBERS)
        labels.append((match, Run(text=text, block=block, font=fonts[number].name if number in fonts else None)))
    for match, text in fixed(labels, tally):
        places = b"".join(b"\\'%02x" % place for place, letter in enumerate(text, 1) if letter in _NUMBERS.values())
        written = b"\\'%02x%b" % (len(text), _escaped(text.translate({ord(v): k for k, v in _NUMBERS.items()})))
        yield offset + match.start("text"), offset + match.end("text"), written
        yield offset + match.start("numbers"), offset + match.end("numbers"), places


def _font_edits(data: bytes, tally: Tally) -> Iterator[tuple[int, int, bytes]]:
    """Yield the names in the font table that are not Times New Roman; symbol fonts keep theirs."""
    table = _group(data, b"\\fonttbl")
    offset = data.find(table) if table else 0
    for match in _FONT_NAME.finditer(table):
        if is_other(match[1].decode("latin-1").strip()):
            tally.fonts += 1
            yield offset + match.start(1), offset + match.end(1), TIMES.encode()


def _colour_edits(data: bytes, walk: _Walk, tally: Tally) -> Iterator[tuple[int, int, bytes]]:
    r"""Yield the uses of `\cfN` whose colour is not black, but for those before a stamp or a signature."""
    coloured = {
        index for index, colour in enumerate(parse_colours(_group(data, b"\\colortbl"))) if not is_black(colour)
    }
    if not coloured:
        return
    stamped = stamps((piece.block, piece.text) for piece in walk.pieces)
    starts = [piece.start for piece in walk.pieces]
    for match in walk.colours:
        following = bisect_left(starts, match.end())
        stamp = following < len(starts) and walk.pieces[following].block in stamped
        if int(match[2]) in coloured and not stamp:
            tally.colours += 1
            yield match.start(), match.end(2), b"\\cf0"
