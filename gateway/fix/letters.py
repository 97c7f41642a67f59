"""Letters as every mender judges them: texts of old codes, families to be replaced, paragraphs that keep their colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from gateway.fix.tally import Tally
from gateway.model import Role, Run
from gateway.vietnamese.convert import repair_runs
from gateway.vietnamese.fonts import is_symbol, is_times_new_roman
from gateway.vietnamese.typography import is_stamp

_Place = TypeVar("_Place")


def mended(placed: Iterable[tuple[_Place, Run]], tally: Tally) -> Iterator[tuple[_Place, str]]:
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
