"""The words in a parsed formula of Excel's binary files (MS-XLS 2.5.198): its string constants."""

from __future__ import annotations

from typing import Final

from gateway.documents.readers.excel.xls_records import Dialect
from gateway.documents.readers.ole.octets import u8, u16, wide

_SIZES_8: Final = {
    0x01: 4, 0x02: 4, 0x1C: 1, 0x1D: 1, 0x1E: 2, 0x1F: 8, 0x20: 7, 0x21: 2, 0x22: 3, 0x23: 4, 0x24: 4, 0x25: 8, 0x26: 6,
    0x27: 6, 0x28: 6, 0x29: 2, 0x2A: 4, 0x2B: 8, 0x2C: 4, 0x2D: 8, 0x2E: 2, 0x2F: 2, 0x39: 6, 0x3A: 6, 0x3B: 10, 0x3C: 6,
    0x3D: 10, **dict.fromkeys(range(0x03, 0x17), 0),
}  # fmt: skip
_SIZES_5: Final = _SIZES_8 | {
    0x23: 14, 0x24: 3, 0x25: 6, 0x2A: 3, 0x2B: 6, 0x2C: 3, 0x2D: 6, 0x39: 24, 0x3A: 17, 0x3B: 20, 0x3C: 17, 0x3D: 20,
}  # fmt: skip
_STRING, _ATTRIBUTES, _JOIN = 0x17, 0x19, 0x08
_COMPARISONS: Final = range(0x09, 0x0F)
_CHOOSE: Final = 4


class Words:
    """Words of a parsed formula, said as a formula in letters that `xlsx_values.formula_words` takes apart.

    Operators stand behind both of their operands, so what follows a constant tells whether it is joined to the one before
    or compared.
    """

    def __init__(self) -> None:
        self._said: list[tuple[str, str]] = []
        self._last = False

    def text(self, text: str) -> None:
        """Take a constant."""
        self.piece('"' + text.replace('"', '""') + '"')

    def piece(self, piece: str) -> None:
        """Take something that makes letters."""
        self._said.append((",", piece))
        self._last = True

    def operator(self, token: int) -> None:
        """Take the token behind a constant; blanks and jumps stand between the two."""
        if token == _ATTRIBUTES:
            return
        if self._last and (token == _JOIN or token in _COMPARISONS):
            self._said[-1] = ("&" if token == _JOIN else "<>", self._said[-1][1])
        self._last = False

    def formula(self) -> str:
        """Return the formula."""
        return "".join(f"{before}{piece}" for before, piece in self._said).lstrip(",&")


def literals(tokens: bytes, dialect: Dialect) -> str:
    """Return the string constants of a formula as `Words` says them; what stands behind an unknown token is not understood."""
    sizes = _SIZES_8 if dialect.version >= 8 else _SIZES_5
    words = Words()
    at = 0
    while at < len(tokens):
        token = tokens[at]
        at += 1
        words.operator(token)
        if token == _STRING:
            count, at = u8(tokens, at), at + 1
            if dialect.version >= 8:
                double, at = u8(tokens, at) & 1, at + 1
                octets = tokens[at : at + count * (1 + double)]
                words.text(wide(octets) if double else octets.decode("latin-1"))
            else:
                octets = tokens[at : at + count]
                words.text(dialect.old_text(octets))
            at += len(octets)
        elif token == _ATTRIBUTES:
            at += 3 + (2 * (u16(tokens, at + 1) + 1) if u8(tokens, at) & _CHOOSE else 0)
        else:
            size = sizes.get(token if token < 0x20 else token & 0x1F | 0x20)
            if size is None:
                break
            at += size
    return words.formula()
