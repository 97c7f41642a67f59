"""Text as every fixer judges it: legacy encodings, fonts to replace, paragraphs that keep their colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, TypeVar
from xml.sax.saxutils import escape

from gateway.fix.tally import RefusedError, Tally
from gateway.fix.xml_spans import Part
from gateway.model import Role, Run
from gateway.vietnamese.convert import repair_runs
from gateway.vietnamese.fonts import is_symbol, is_times_new_roman
from gateway.vietnamese.legacy_evidence import judge
from gateway.vietnamese.legacy_tables import Charset
from gateway.vietnamese.typography import is_stamp

_Place = TypeVar("_Place")
_QUOTES: Final = {'"': "&quot;", "'": "&apos;"}


class Piece(NamedTuple):
    """A stretch of text in a part of XML, as a span of bytes."""

    start: int
    end: int
    text: str
    block: int
    font: str | None
    quoted: bool = False
    """Whether it is in an attribute."""


def fix_pieces(part: Part, pieces: Iterable[Piece], tally: Tally) -> set[Piece]:
    """Change the texts that were legacy or decomposed, those of one block judged together; return their pieces."""
    runs = ((piece, Run(text=piece.text, block=piece.block, font=piece.font)) for piece in pieces)
    changed = dict(fixed(runs, tally))
    for piece, text in changed.items():
        part.edits.append((piece.start, piece.end, escape(text, _QUOTES if piece.quoted else {}).encode()))
    return set(changed)


def refuse_bound(words: str, charset: Charset) -> None:
    """Raise `RefusedError` for words that a sheet computes with when they are of the old code as well."""
    if not words.isascii() and judge(words, hint=charset)[0] is not Charset.UNICODE:
        raise RefusedError("sheet-bound", words[:60])


def fixed(placed: Iterable[tuple[_Place, Run]], tally: Tally) -> Iterator[tuple[_Place, str]]:
    """Yield the places of texts that were legacy or decomposed, with the new text; runs of one block are judged together."""
    placed = list(placed)
    for (place, run), after in zip(placed, repair_runs([run for _, run in placed]), strict=True):
        if after.charset is not None and not (run.font and is_symbol(run.font)):
            tally.count(after.charset)
            yield place, after.text


def is_other(family: str | None) -> bool:
    """Return whether a family is named that is neither Times New Roman nor one of symbols."""
    return bool(family) and not is_times_new_roman(family or "") and not is_symbol(family or "")


def stamps(words: Iterable[tuple[int, str]], role: Role = Role.BODY) -> set[int]:
    """Return the blocks whose words are a stamp or a signature."""
    texts: dict[int, list[str]] = {}
    for block, text in words:
        texts.setdefault(block, []).append(text)
    return {block for block, pieces in texts.items() if is_stamp("".join(pieces), role)}
