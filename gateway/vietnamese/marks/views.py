"""Views of the blocks of a document: as one reader is shown, and as another view of the file shows it.

A paragraph whose letters are partly deleted, hidden or white says one thing on the screen and another in the file:
"MẬT" followed by hidden words, or a deleted "MẬT" beside the inserted "THƯỜNG". Each view is searched of its own. A field
code of Word (ECMA-376 Part 1 §17.16) is an instruction with words between: the words are what it shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import groupby
from typing import Final

from msgspec import structs

from gateway.model import Document, Origin, Role, Run
from gateway.vietnamese.colour import channels
from gateway.vietnamese.fonts import legacy_font, shows_signs
from gateway.vietnamese.marks.sieve import is_clear
from gateway.vietnamese.normal import sign_of

_SHOWN: Final = frozenset({Origin.TEXT, Origin.OCR})
OFF_PAGE: Final = frozenset({Role.NAME, Role.ALT_TEXT, Role.PROPERTY})
_LEGIBLE_PT: Final = 5.0
_USUAL_PT: Final = 12.0
_PALE: Final = 120
_PLAIN: Final = 300
"""Contrast of letters with their ground (sum of the differences of red, green and blue) below which they are skipped, above which read."""
_OF_SIGNS: Final = re.compile("[!-\xff\uf020-\uf0ff]")
_ALONE: Final = re.compile("(?<![\uf020-\uf0ff])[\uf020-\uf0ff](?![\uf020-\uf0ff])")
_CONCEALED: Final = frozenset(origin.value for origin in Origin) - {origin.value for origin in _SHOWN}
_CONDITION: Final = re.compile(
    r"\s*(?:IF|COMPARE|NEXTIF|SKIPIF)\s+(?:[\"“][^\"“”]*[\"”]|[^\s\"“=<>]*)\s*(?:<>|[<>]=?|=)\s*(?:[\"“][^\"“”]*[\"”]|\S+)",
    re.IGNORECASE,
)
"""The instruction and operands of a field that compares; they are never displayed."""
_CODE: Final = re.compile(
    r"\s*(?:QUOTE|SET|IF|ASK|FILLIN|TITLE|SUBJECT|KEYWORDS|COMMENTS|DOCPROPERTY|DOCVARIABLE|INFO|AUTOTEXT|AUTOTEXTLIST"
    r"|MACROBUTTON|GOTOBUTTON|ADVANCE|EQ|REF|TA|TC|XE|COMPARE|NEXTIF|SKIPIF|PRINT|AUTHOR|USERNAME|USERINITIALS|USERADDRESS"
    r"|GREETINGLINE|ADDRESSBLOCK|MERGEFIELD|HYPERLINK|INDEX|LISTNUM|DISPLAYBARCODE|MERGEBARCODE)\s+(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_LITERAL: Final = re.compile(r"[\"“”]([^\"“”]*)[\"“”]")


def as_seen(document: Document) -> Document:
    """Return the document with letters as hidden that cannot be made out beside those of their paragraph: specks, pale ones.

    Boxes to tick that are letters of a font of signs are boxes.
    """
    if any(run.font and shows_signs(run.font) for run in document.runs):
        document = structs.replace(document, runs=tuple(map(_with_box, document.runs)))
    if any(run.role is Role.FIELD and _CONDITION.match(run.text) for run in document.runs):
        document = structs.replace(document, runs=tuple(map(_without_operands, document.runs)))
    looks = {(run.colour, run.background) for run in document.runs}
    pale = any(_contrast(*look) < _PALE for look in looks)
    if not pale and all(run.size_pt is None or run.size_pt >= _LEGIBLE_PT for run in document.runs):
        return document
    runs: list[Run] = []
    for _, group in groupby(document.runs, key=lambda run: (run.block, run.role)):
        block = list(group)
        largest = max(run.size_pt or _USUAL_PT for run in block)
        plain = any(_contrast(run.colour, run.background) > _PLAIN for run in block)
        for run in block:
            speck = run.size_pt is not None and run.size_pt < _LEGIBLE_PT and largest >= 3 * run.size_pt
            faint = plain and _contrast(run.colour, run.background) < _PALE
            unseen = run.origin is Origin.TEXT and (speck or faint)
            runs.append(structs.replace(run, origin=Origin.HIDDEN) if unseen else run)
    return structs.replace(document, runs=tuple(runs))


def _without_operands(run: Run) -> Run:
    code = run.role is Role.FIELD and run.origin is Origin.HIDDEN and _CONDITION.match(run.text)
    return structs.replace(run, text="IF" + run.text[code.end() :]) if code else run


def _with_box(run: Run) -> Run:
    letter = run.text.strip()
    if len(letter) != 1 or not _OF_SIGNS.match(letter) or not (run.font and shows_signs(run.font)):
        return run
    return structs.replace(run, text=run.text.replace(letter, sign_of(letter, run.font, other=letter)))


@lru_cache(maxsize=1024)
def _contrast(colour: str | None, background: str | None) -> int:
    """Return the contrast of letters to their background, white by default."""
    letters, ground = channels(colour), channels(background) or (255, 255, 255)
    return 3 * 255 if letters is None else sum(abs(one - other) for one, other in zip(letters, ground, strict=True))


def is_simple(document: Document) -> bool:
    """Return whether everything in a document is shown as it is written, so that there are no other views."""
    return all(run.origin in _SHOWN for run in document.runs) and not _shows_signs(document)


def _shows_signs(document: Document) -> bool:
    """Return whether something in a document is shown as a sign beside what may be a mark."""
    texts = [_with_signs(run) for run in document.runs]
    changed = any(text is not run.text for text, run in zip(texts, document.runs, strict=True))
    return changed and not is_clear("\n".join(texts))


def _with_signs(run: Run) -> str:
    """Return the text of a run with a bullet for each letter that is shown as a sign, but for the boxes to tick."""
    if run.font is not None and shows_signs(run.font):
        font = run.font
        return _OF_SIGNS.sub(lambda one: sign_of(one[0], font), run.text)
    if _ALONE.search(run.text) is None or (run.font is not None and legacy_font(run.font) is not None):
        return run.text
    return _ALONE.sub(lambda one: sign_of(one[0]), run.text)


def shown_view(document: Document) -> Document:
    """Return what is shown and the words of field codes: what is concealed neither parts words nor excuses them.

    It is empty where nothing on a page is concealed, or another sign than its letter.
    """
    if all(run.origin in _SHOWN or run.role in OFF_PAGE for run in document.runs) and not _shows_signs(document):
        return structs.replace(document, runs=())
    return _view(document, _shown)


def concealed_view(document: Document) -> Document:
    """Return the same blocks with a line for each stretch of one origin; what is shown there is only surroundings."""
    return _view(document, _stretches)


def conceals(evidence: tuple[str, ...]) -> bool:
    """Return whether, by its evidence, a mark of `concealed_view` is in concealed letters."""
    return not _CONCEALED.isdisjoint(evidence)


def _view(document: Document, view: Callable[[list[Run]], Iterator[list[Run]]]) -> Document:
    runs: list[Run] = []
    number = 0
    for _, group in groupby(document.runs, key=lambda run: (run.block, run.role)):
        for block in view(list(group)):
            runs += [structs.replace(run, block=number) for run in block]
            number += 1
    return structs.replace(document, runs=tuple(runs), images=(), active_content=())


def _shown(block: list[Run]) -> Iterator[list[Run]]:
    shown = [structs.replace(run, text=_with_signs(run)) for run in block if run.origin in _SHOWN]
    if shown:
        yield shown
    elif block[0].role is Role.FIELD and block[0].origin is Origin.HIDDEN:
        yield from _code(block)


def _stretches(block: list[Run]) -> Iterator[list[Run]]:
    if len({run.origin for run in block}) < 2:
        return
    found: list[Run] = []
    for _, group in groupby(block, key=lambda run: run.origin):
        first, *rest = group
        found.append(structs.replace(first, text="\n" + first.text) if found else first)
        found += rest
    yield found


def _code(block: list[Run]) -> Iterator[list[Run]]:
    """Yield the words of a field code: what follows the instruction, and the literals, apart and joined."""
    text = "".join(run.text for run in block)
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
