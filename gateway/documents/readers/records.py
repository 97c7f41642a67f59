"""Values of data whose label is another value of their record: `{"ten": "doMat", "giaTri": "Mật"}`, `<o ten="doMat">Mật</o>`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

import msgspec

from gateway.documents.readers.base import Budget
from gateway.model import Origin, Role, Run
from gateway.vietnamese.marks import names_secrecy
from gateway.vietnamese.marks.choice import OPTION
from gateway.vietnamese.normal import skeleton

WIDEST: Final = 12
"""Names and values of the longest record that is no list."""
_LONGEST: Final = 40
"""Letters of a name or a value."""
_NAME: Final = re.compile(r"m\w{1,2}t|level|secre|confid|class", re.IGNORECASE)
"""Necessary condition for a text to be a label."""
_LAST: Final = tuple("tTgGiI")
"""Last letters of the values of a label."""


def is_value(text: str) -> bool:
    """Return whether all that a text says is a level, or that there is none."""
    text = text.strip()
    return text.endswith(_LAST) and len(text) <= _LONGEST and OPTION.fullmatch(skeleton(text)) is not None


class Records:
    """Collects labels of secrecy with the values of their records; of several values none is chosen, for they are a list."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[str, set[str]]] = {}

    def take(self, words: Iterable[str]) -> None:
        """Take the names and values of one record, if one of them is a label."""
        short = dict.fromkeys(word.strip() for word in islice(words, WIDEST + 1) if word and len(word) <= _LONGEST)
        label = next((word for word in short if _NAME.search(word) and names_secrecy(word)), None)
        if label is not None and len(short) <= WIDEST:
            _, values = self._values.setdefault(skeleton(label), (label, set()))
            values.update(filter(is_value, short))

    def runs(self, block: int) -> Iterator[Run]:
        """Yield the chosen values as fields named by their labels, as blocks from a number on."""
        chosen = [(label, *values) for label, values in self._values.values() if len(values) == 1]
        for number, (label, value) in enumerate(chosen, block):
            yield Run(text=value, block=number, locator=f"element:{label}", role=Role.FIELD, origin=Origin.HIDDEN)


def json_runs(text: str, block: int, budget: Budget) -> Iterator[Run]:
    """Yield the values in JSON whose label is a value beside them, or the name of what they are in."""
    if not names_secrecy(text):
        return
    try:
        stack: list[tuple[str, Any]] = [("", msgspec.json.decode(text))]
    except (msgspec.DecodeError, RecursionError):
        return
    records = Records()
    while stack:
        budget.check_time()
        name, node = stack.pop()
        if isinstance(node, dict):
            records.take((name, *(value for value in node.values() if isinstance(value, str))))
        within = node.items() if isinstance(node, dict) else ((name, one) for one in node)
        stack += [(key, one) for key, one in within if isinstance(one, (dict, list))]
    yield from records.runs(block)
