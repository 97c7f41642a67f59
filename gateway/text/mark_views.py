"""Other ways to read the blocks of a document: what one reader is shown, and what another view of the file brings back.

A paragraph whose letters are partly deleted, hidden or white says one thing on the screen and another in the file:
"MẬT" followed by hidden words, or a deleted "MẬT" beside the inserted "THƯỜNG". Each view is searched of its own. A field
code of Word (ECMA-376 Part 1 §17.16) is an instruction with words between: the words are what it shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from msgspec import structs

from gateway.model import Document, Origin, Role, Run

_SHOWN: Final = frozenset({Origin.TEXT, Origin.OCR})
_CODE: Final = re.compile(
    r"\s*(?:QUOTE|SET|IF|ASK|FILLIN|TITLE|SUBJECT|KEYWORDS|COMMENTS|DOCPROPERTY|DOCVARIABLE|INFO|AUTOTEXT|AUTOTEXTLIST"
    r"|MACROBUTTON|GOTOBUTTON|ADVANCE|EQ|REF|TA|TC|XE|COMPARE|NEXTIF|SKIPIF|PRINT)\s+(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_LITERAL: Final = re.compile(r"[\"“”]([^\"“”]{1,200})[\"“”]")
_LIMIT_BLOCKS: Final = 5000
_LIMIT_CODE: Final = 4000


def other_views(document: Document) -> Document | None:
    """Return a document of the blocks that read otherwise in another view, None when there are none."""
    if all(run.origin in _SHOWN for run in document.runs):
        return None
    runs: list[Run] = []
    number = 0
    for _, group in groupby(document.runs, key=lambda run: (run.block, run.role)):
        block = list(group)
        for view in _views(block):
            runs += [structs.replace(run, block=number) for run in view]
            number += 1
        if number > _LIMIT_BLOCKS:
            break
    return structs.replace(document, runs=tuple(runs), images=(), active_content=()) if runs else None


def _views(block: Sequence[Run]) -> Iterator[Sequence[Run]]:
    """Yield what a block says in its other views."""
    if len(block) > 1 and len({run.origin for run in block}) > 1:
        yield _stretches(block)
        shown = [run for run in block if run.origin in _SHOWN]
        if len(shown) > 1 or (shown and len(shown[0].text.strip()) > 1):
            yield shown
    if block[0].role is Role.FIELD and block[0].origin is Origin.HIDDEN:
        yield from _code(block)


def _stretches(block: Sequence[Run]) -> list[Run]:
    """Return a block with a line of its own for each stretch of one origin."""
    found: list[Run] = []
    for _, group in groupby(block, key=lambda run: run.origin):
        first, *rest = group
        found.append(structs.replace(first, text="\n" + first.text) if found else first)
        found += rest
    return found


def _code(block: Sequence[Run]) -> Iterator[Sequence[Run]]:
    """Yield the words of a field code: what follows the instruction, and the literals, apart and joined."""
    text = "".join(run.text for run in block)[:_LIMIT_CODE]
    code = _CODE.match(text)
    if code is None:
        return
    literals = _LITERAL.findall(code["rest"])
    lines = [code["rest"].strip(' "“”'), *literals]
    if len(literals) > 1:
        lines.append("".join(literals))
    for line in dict.fromkeys(lines):
        if line.strip():
            yield [structs.replace(block[0], text=line)]
