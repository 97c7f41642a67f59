r"""The letters of a formula of Equation Editor and MathType: the stream `Equation Native` (MathType's MTEF 3 and 5).

A formula is a list of records, one for each line, letter, fraction and root; where a list ends is a record too, so that the
letters come out in the order of writing without building the tree. `EquationError` is raised for everything that is not
this form to its last octet, so that who asks knows that nothing was passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from gateway.readers.ole.octets import narrow, u16, u32

_HEADER_SIZE: Final = 28
"""EQNOLEFILEHDR: its own size, a version, a clipboard format, the size of the formula, four words of nothing."""
_MOVED: Final = 8
"""Option of every record that draws: a shift of two octets follows, or of two words behind the mark 128, 128."""
_FAR: Final = b"\x80\x80"
_PADDING: Final = 8
"""Octets that may follow the end of a formula; programs leave what stood in their memory there."""
_LINES: Final = frozenset({1, 4, 5})
"""Lines, piles of lines and matrices."""
_FUTURE: Final = 100
_MADE_OF: Final = {3: 3, 4: 2, 6: 1}
"""Octets behind options and shift of an embellishment, a template and a pile."""
_PRIVATE: Final = range(0xE000, 0xF900)
"""MathType's own blanks and signs, which have no other number."""
_SURROGATES: Final = range(0xD800, 0xE000)
_TABLE: Final = frozenset({132, 133, 134, 139, 150})
"""Typefaces whose letters have numbers of their own (Greek, Symbol, MT Extra) in MTEF 3: no Latin letters."""
_BLANKS: Final = 152
"""Typeface of the blanks between letters (MTEF 3)."""


class EquationError(ValueError):
    """The octets are no formula of a known version."""


def formula_lines(stream: bytes) -> list[str]:
    """Return the letters of each line of a formula, from the octets of its stream; raises `EquationError`."""
    header, size = u16(stream, 0), u32(stream, 8)
    formula = stream[header : header + size]
    if header != _HEADER_SIZE or not formula or len(formula) < size or stream[header + size :].strip(b"\0"):
        raise EquationError("header")
    reader = _Octets(formula)
    try:
        return _lines(reader, _VERSIONS[reader.octet()])
    except (IndexError, KeyError):
        raise EquationError("records") from None


def _lines(reader: _Octets, record: Callable[[_Octets], Iterator[str]]) -> list[str]:
    lines: list[list[str]] = [[]]
    reader.take(4)  # platform, product and its version
    if record is _record_5:
        reader.name()  # the program's key
        reader.take(1)  # whether the formula stands in a line of text
    while reader.lists:
        for letter in record(reader):
            if letter == "\n":
                lines.append([])
            else:
                lines[-1].append(letter)
    if reader.left() > _PADDING:
        raise EquationError("octets behind the formula")
    return [text for line in lines if (text := "".join(line).strip())]


class _Octets:
    """Octets from the first to the last; IndexError behind the last."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0
        self.lists = 1
        """Lists that are open; the formula is one."""

    def left(self) -> int:
        return len(self._data) - self._at

    def octet(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            raise IndexError
        self._at += count
        return taken

    def word(self) -> int:
        return int.from_bytes(self.take(2), "little")

    def number(self) -> int:
        """A count in one octet, or behind 255 in two more."""
        value = self.octet()
        return self.word() if value == 255 else value

    def name(self) -> bytes:
        end = self._data.find(b"\0", self._at)
        if end < 0:
            raise IndexError
        name, self._at = self._data[self._at : end], end + 1
        return name

    def nest(self, kind: int, options: int, *, embellished: int) -> None:
        """Count the list that a record opens or ends; `embellished` is the option of a letter with signs around it."""
        match kind:
            case 0:
                self.lists -= 1
            case 1:
                self.lists += not options & 1  # an empty line has no list
            case 2:
                self.lists += bool(options & embellished)
            case 3 | 4 | 5:
                self.lists += 1
            case _:
                pass

    def shift(self) -> None:
        if self.take(2) == _FAR:
            self.take(4)


def _ruler(reader: _Octets) -> None:
    reader.take(3 * reader.octet())


def _matrix(reader: _Octets) -> None:
    reader.take(3)
    rows, columns = reader.octet(), reader.octet()
    # Two bits for each line between the rows and around them, then the same for the columns.
    reader.take(rows // 4 + 1 + columns // 4 + 1)


def _size(reader: _Octets) -> None:
    match reader.octet():
        case 101:
            reader.take(2)
        case 100:
            reader.take(3)
        case _:
            reader.take(1)


def _record_3(reader: _Octets) -> Iterator[str]:
    """Read one record of MTEF 3: kind and options share an octet."""
    tag = reader.octet()
    kind, options = tag & 15, tag >> 4
    if kind in range(1, 7) and options & _MOVED:
        reader.shift()
    if kind in _LINES:
        yield "\n"
    reader.nest(kind, options, embellished=2)
    match kind:
        case 1:
            reader.take(2 if options & 4 else 0)
        case 2:
            yield _letter_3(reader.octet(), reader.word())
        case 3 | 4 | 6:
            reader.take(_MADE_OF[kind])
        case 5:
            _matrix(reader)
        case 7:
            _ruler(reader)
        case 8:
            reader.take(2)
            reader.name()
        case 9:
            _size(reader)
        case 15:
            raise KeyError(kind)
        case _:
            pass  # the end of a list, or one of the five sizes


def _letter_3(typeface: int, number: int) -> str:
    if typeface == _BLANKS:
        return " " if number > 1 else ""
    if typeface in _TABLE:
        return "\u00b7" if number > 32 else " "
    return narrow(bytes([number])) if number < 256 else _sign(number)


def _record_5(reader: _Octets) -> Iterator[str]:
    """Read one record of MTEF 5: an octet for the kind, then one for options where the kind has any."""
    kind = reader.octet()
    options = reader.octet() if kind in range(1, 7) else 0
    if options & _MOVED:
        reader.shift()
    if kind in _LINES:
        yield "\n"
    reader.nest(kind, options, embellished=1)
    match kind:
        case 1:
            reader.take(2 if options & 4 else 0)
        case 2:
            yield _letter_5(reader, options)
        case 3:
            reader.take(1)
            reader.take(1 if reader.octet() & 0x80 else 0)
            reader.take(1)
        case 4 | 6:
            reader.take(_MADE_OF[kind])
        case 5:
            _matrix(reader)
        case 7:
            _ruler(reader)
        case 8:
            reader.number()
            reader.take(1)
        case 9:
            _size(reader)
        case 15:
            reader.number()
        case 16:
            colour = reader.octet()
            reader.take(8 if colour & 1 else 6)
            yield from _named(reader) if colour & 4 else ()
        case 17:
            reader.number()
            reader.name()
        case 18:
            _preferences(reader)
        case 19:
            reader.name()
        case _ if kind >= _FUTURE:
            reader.take(reader.number())
        case _ if kind > 19:
            raise KeyError(kind)
        case _:
            pass


def _named(reader: _Octets) -> Iterator[str]:
    """A colour's name stands in a line of its own."""
    yield from ("\n", narrow(reader.name()), "\n")


def _letter_5(reader: _Octets, options: int) -> str:
    if reader.octet() == 255:
        reader.take(2)
    number = None if options & 0x20 else reader.word()
    place = reader.octet() if options & 4 else reader.word() if options & 16 else None
    if number is None:
        return "" if place is None else narrow(bytes([place & 255]))
    return _sign(number)


def _sign(number: int) -> str:
    if number in _PRIVATE:
        return " "
    return "\ufffd" if number in _SURROGATES else chr(number)


def _preferences(reader: _Octets) -> None:
    """Skip sizes and spaces, whose digits are nibbles up to a 15, and the styles' fonts."""
    reader.take(1)
    for _ in range(2):
        wanted, half = reader.octet(), 0
        octet = 0
        while wanted:
            octet, nibble = (reader.octet(), -1) if not half else (octet, octet & 15)
            if nibble < 0:
                nibble = octet >> 4
            half ^= 1
            wanted -= nibble == 15
    for _ in range(reader.octet()):
        if reader.octet():
            reader.take(1)


_VERSIONS: Final = {3: _record_3, 5: _record_5}
