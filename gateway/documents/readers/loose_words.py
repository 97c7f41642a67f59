"""Vietnamese words found uncompressed in files of unrecognised type, in UTF-8 or UTF-16.

A film, a drawing or the file of a foreign program is not read by this, so callers keep the status they have; but
a mark that is visible in a hex viewer is found. Only stretches with a letter that no other language writes (U+1EA0 to
U+1EF9) or a combining tone count: they are as good as never there by chance. Linear in the number of bytes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from gateway.model import Run

_LIMIT_LINES: Final = 2000
_LIMIT_SEEDS: Final = 100_000
"""Telling letters that are looked at, of each kind; a book of 500 pages has as many."""
_BEFORE, _BEHIND = 256, 4000
"""Bytes around a telling letter that may belong to its line."""
LEAST_LETTERS: Final = 3
"""Letters of a line; `MẬT` has three."""


@dataclass(frozen=True)
class Form:
    """Encoding of letters in bytes."""

    charset: str
    seeds: tuple[re.Pattern[bytes], ...]
    """Telling letters; each pattern begins with one byte, which is what makes the search fast."""
    line: re.Pattern[bytes]
    """Letters, digits, signs and blanks side by side."""
    width: int = 1
    shift: int = 0
    """Offset in its unit of the byte that a seed begins with."""


def _wide(charset: str, *, low_first: bool) -> Form:
    def unit(low: bytes, high: bytes) -> bytes:
        return low + high if low_first else high + low

    plain, letter = unit(rb"[\x20-\x7e]", rb"\x00"), unit(rb"[A-Za-z\xc0-\xff]", rb"\x00")
    toned, tone = unit(rb"[\xa0-\xf9]", rb"\x1e"), unit(rb"[\x00\x01\x03\x09\x23]", rb"\x03")
    units = (
        unit(rb"[\x20-\x7e\xa0-\xff]", rb"\x00"), unit(rb"[\x00-\xff]", rb"\x01"), toned,
        unit(rb"[\x00-\x6f]", rb"\x03"), unit(rb"[\x10-\x3f]", rb"\x20"),
    )  # fmt: skip
    if low_first:
        seeds = (
            rb"\x1e(?<=" + toned + rb")(?:" + plain + rb"|(?<=" + plain + toned + rb"))",
            rb"\x03(?<=" + letter + tone + rb")",
        )
    else:
        seeds = (
            rb"\x1e[\xa0-\xf9](?:" + plain + rb"|(?<=" + plain + toned + rb"))",
            rb"\x03(?<=" + letter + rb"\x03)[\x00\x01\x03\x09\x23]",
        )
    return Form(
        charset,
        tuple(re.compile(seed, re.DOTALL) for seed in seeds),
        re.compile(rb"(?:" + rb"|".join(units) + rb")+", re.DOTALL),
        width=2,
        shift=1 if low_first else 0,
    )


FORMS: Final = (
    Form(
        "utf-8",
        (re.compile(rb"\xe1[\xba\xbb][\x80-\xbf]"), re.compile(rb"\xcc(?<=[A-Za-z]\xcc)[\x80\x81\x83\x89\xa3]")),
        re.compile(rb"(?:[\x20-\x7e]|[\xc2-\xc6\xcc][\x80-\xbf]|\xe1[\xba\xbb][\x80-\xbf]|\xe2\x80[\x80-\xbf])+"),
    ),
    _wide("utf-16-le", low_first=True),
    _wide("utf-16-be", low_first=False),
)

ESCAPED: Final = Form("latin-1", (re.compile(rb"\\U\+[0-9A-Fa-f]{4}"),), re.compile(rb"[\x20-\x7e\x80-\xff]+"))
r"""Letters that a drawing writes as `\U+1EAC`."""

_SLICE_BYTES: Final = 64 << 10
_LONGEST_SEED: Final = 6
_LARGE_BYTES: Final = 4 << 20
_USUAL: Final = tuple(replace(form, seeds=form.seeds[:1]) for form in FORMS[:2])
"""Encodings of nearly all programs, the only ones searched in large files: composed letters, UTF-8 and UTF-16-LE."""


def loose_lines(data: bytes, on_slice: Callable[[], None] | None = None) -> list[str]:
    """Return the lines with Vietnamese letters, each once, in the order of the bytes of each form; at most 2000.

    `on_slice` is called between slices of the search, and ends it by raising.
    """
    found: dict[str, None] = {}
    for form in _USUAL if len(data) > _LARGE_BYTES else FORMS:
        for start, _, end in stretches(data, form, on_slice):
            line = text_of(data[start:end], form)
            if sum(map(str.isalpha, line)) >= LEAST_LETTERS:
                found[line] = None
            if len(found) >= _LIMIT_LINES:
                return list(found)
    return list(found)


def loose_runs(data: bytes, on_slice: Callable[[], None] | None = None) -> tuple[Run, ...]:
    """Return the lines as runs, each a block of its own."""
    return tuple(
        Run(text=line, block=2 * number, locator=f"text:{number + 1}")
        for number, line in enumerate(loose_lines(data, on_slice))
    )


def stretches(data: bytes, form: Form, on_slice: Callable[[], None] | None = None) -> Iterator[tuple[int, int, int]]:
    """Yield where stretches of letters begin, where their first Vietnamese letter is, and where they end."""
    for pattern in form.seeds:
        end = 0
        for seed in islice(_seeds(pattern, data, on_slice), _LIMIT_SEEDS):
            letter = seed.start() - form.shift
            if letter < end:
                continue
            # Whole units before the letter, none that was looked at before: so every byte is looked at once.
            start = letter - min(_BEFORE, letter - end) // form.width * form.width
            end = seed.end()
            for line in form.line.finditer(data, start, min(len(data), letter + _BEHIND)):
                if line.end() > letter:
                    end = max(line.end(), end)
                    yield line.start(), letter, line.end()
                    break


def _seeds(pattern: re.Pattern[bytes], data: bytes, on_slice: Callable[[], None] | None) -> Iterator[re.Match[bytes]]:
    for begin in range(0, len(data), _SLICE_BYTES):
        end = begin + _SLICE_BYTES
        yield from (seed for seed in pattern.finditer(data, begin, end + _LONGEST_SEED) if seed.start() < end)
        if on_slice is not None:
            on_slice()


def text_of(octets: bytes, form: Form) -> str:
    """Return the letters of a stretch."""
    return unicodedata.normalize("NFC", octets.decode(form.charset, "replace")).strip()
