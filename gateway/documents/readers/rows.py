"""Raised and lowered letters in the visible rows: `MKẬHT` with K and H a line higher shows MẬT."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from msgspec.structs import replace

from gateway.model import Origin, Run

SUPERSCRIPT: Final = 0.33
"""Rise of a superscript, in sizes of its letters."""
_ROW: Final = 0.45
"""The same of letters in a row of their own."""
_TORN: Final = re.compile("(?<![^\\W\\d_])(?:mậ|ật?)(?![^\\W\\d_])", re.IGNORECASE)
"""Parts of MẬT that are no word."""
_LONGEST_PART: Final = 8


def in_rows(runs: Sequence[Run], raised: Mapping[int, float]) -> Iterator[Run]:
    """Yield runs; the letters of a line with an Ậ row by row from the top where they are in several rows.

    `raised` has the rise of a run by its index, in parts of its size. Less than that counts only where it parts a word.
    """
    for _, block in groupby(sorted(enumerate(runs), key=lambda item: item[1].block), lambda item: item[1].block):
        pieces = [(raised.get(number, 0.0), run) for number, run in block]
        if len({height for height, _ in pieces}) == 1 or not holds_a_mark("".join(run.text for _, run in pieces)):
            yield from (run for _, run in pieces)
            continue
        cut = any(
            height and before.text[-1:].isalpha() and after.text[:1].isalpha()
            for (_, before), (height, _), (_, after) in zip(pieces, pieces[1:], pieces[2:], strict=False)
        )
        rows: dict[int, list[Run]] = {}
        for height, run in pieces:
            row = round(height / (2 * _ROW)) or (height > 0) - (height < 0) if cut else round(height / (2 * _ROW))
            rows.setdefault(row, []).append(run)
        for number, row in enumerate(sorted(rows, reverse=True), 1):
            *before, last = rows[row]
            yield from before
            yield last if number == len(rows) else replace(last, text=last.text + "\n")


def is_torn(runs: Sequence[Run], raised: Mapping[int, float]) -> bool:
    """Return whether parts of MẬT are alone where letters of one line may belong to another."""
    moved = any(abs(height) > _ROW for height in raised.values())
    return moved and any(_TORN.search(unicodedata.normalize("NFC", run.text)) for run in runs)


def is_part(text: str, *, beside_picture: bool) -> bool:
    """Return whether separate letters are a part of MẬT whose rest a picture may show, a lone M or T only beside one."""
    letters = unicodedata.normalize("NFC", text.strip()).casefold()
    return letters in ({"m", "t", "mt", "ậ", "mậ", "ật"} if beside_picture else {"mậ", "ật"})


def stands_in_part(runs: Sequence[Run]) -> bool:
    """Return whether a block of a document is no more than a part of MẬT with its Ậ."""
    shown = (run for run in runs if run.origin is Origin.TEXT and len(run.text) < _LONGEST_PART)
    blocks = groupby(shown, key=lambda run: run.block)
    return any(is_part("".join(run.text for run in block), beside_picture=False) for _, block in blocks)


def holds_a_mark(text: str) -> bool:
    """Return whether letters have the one without which there is no mark."""
    return "ậ" in unicodedata.normalize("NFC", text).casefold()
