"""Verification of a report: it is made again from the log, read like the file, and compared.

What an office fills in (number, date, signature, whom it goes to) and words without figures may differ in a Word document; they
are listed, and are no fault. Nothing else may, in any format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from difflib import SequenceMatcher
from itertools import groupby
from urllib.parse import unquote

from msgspec import UNSET, Struct

from gateway.errors import UserError
from gateway.model import Document, Language, Origin, Role, Run
from gateway.report.figures import Again, NodeRange, Wanted, Weights
from gateway.report.month import Month
from gateway.report.page import Annex, Foot, Head, Page

_PARAMETERS = re.compile(
    r"\[month=(?P<month>20\d\d-\d\d)(?: counting=(?P<counting>\d{1,4}))? records=(?:(?P<first>\d{1,18})-(?P<last>\d{1,18})|(?P<nodes>[a-z0-9:, -]{5,20000}?)) directory=(?:none|(?:(?P<directory_node>[a-z0-9 -]{1,64}):)?(?P<directory>\d{1,18})) made=(?P<made>[0-9T:+.-]{19,32})"
    r" weights=(?P<active>\d{1,4})/(?P<signed>\d{1,4})/(?P<first_pass>\d{1,4}) least=(?P<least>\d{1,6})"
    r" persons=(?P<persons>yes|no) language=(?P<language>vi|en)(?: node=(?P<node>[a-z0-9 -]{1,64}?))? unit=(?P<unit>[A-Za-z0-9%._~ -]{0,2000})\]"
)
_NODE = re.compile(r"(?P<node>[a-z0-9-]{1,32}):(?P<first>\d{1,18})-(?P<last>\d{1,18})(?P<behind>:behind)?")
_ROW = re.compile(r".*row:\d+")
_CELL = re.compile(r"(?P<sheet>cell:.*!)[A-Z]+(?P<row>\d+)")
_BESIDE = frozenset({Role.PROPERTY, Role.HEADER, Role.FOOTER})
"""Values that a program writes by itself on saving: page numbers, dates."""
_SEEN = frozenset({Origin.TEXT, Origin.OCR})
_BETWEEN = " | "
_LIMIT_WORK = 4_000_000
"""Pairs of lines at most that are matched."""
_LIMIT_LISTED = 50


class Asked(Struct, frozen=True):
    """Sources that a file names."""

    wanted: Wanted
    again: Again
    made: datetime
    language: Language
    counting: int
    """Version of the counting rules."""


class Differences(Struct, frozen=True):
    """Difference between a file and the report that the log gives."""

    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    """Words of the file without figures, and of what is filled in."""


def asked(lines: Iterable[str]) -> Asked | None:
    """Return the parameters in a file; None when it has none that make sense."""
    found = _PARAMETERS.search(" ".join(lines))
    if found is None:
        return None
    try:
        made = datetime.fromisoformat(found["made"])
        wanted = Wanted(
            month=Month.parse(found["month"]),
            unit=unquote(_joined(found["unit"])),
            persons=found["persons"] == "yes",
            weights=Weights(
                active=int(found["active"]), signed=int(found["signed"]), first_pass=int(found["first_pass"])
            ),
            least_mailboxes=int(found["least"]),
            node=_joined(found["node"]) or UNSET,
        )
    except (ValueError, UserError):
        return None
    if made.tzinfo is None:
        return None
    nodes = tuple(_NODE.fullmatch(one) for one in _joined(found["nodes"]).split(",")) if found["nodes"] else ()
    ranges = {one["node"]: one for one in nodes if one is not None}
    directory_node = _joined(found["directory_node"])
    stray = directory_node not in ranges if ranges and found["directory"] else directory_node
    if stray or len(ranges) != len(nodes):
        return None
    again = Again(
        first=int(found["first"] or 0),
        last=int(found["last"] or 0),
        directory=int(found["directory"]) if found["directory"] else None,
        nodes=tuple(
            NodeRange(node=node, first=int(one["first"]), last=int(one["last"]), behind=bool(one["behind"]))
            for node, one in ranges.items()
        ),
        directory_node=directory_node or UNSET,
    )
    return Asked(wanted, again, made, Language(found["language"]), int(found["counting"] or 1))


def _joined(value: str | None) -> str:
    """Return a value without the breaks that the lines of a PDF put into it."""
    return (value or "").replace(" ", "")


def names_hash(lines: Iterable[str], head: bytes) -> bool:
    """Return whether a file contains a hash of the chain."""
    return head.hex() in "".join(lines)


def lines_of(document: Document) -> tuple[str, ...]:
    """Return what a reader sees in a document: its paragraphs, and the rows of its tables; of a PDF its words."""
    runs = [run for run in document.runs if run.role not in _BESIDE and run.origin in _SEEN]
    if document.format == "pdf":  # its line breaks have no meaning
        return tuple(" ".join(run.text for run in runs).split())
    if document.format == "xlsx":  # a chart repeats what it shows, or not, as the program pleases that saved it
        cells = {run.text for run in runs if _CELL.match(run.locator)}
        runs = [run for run in runs if _CELL.match(run.locator) or run.text not in cells]
    return tuple(filter(None, map(_line, _rows(runs))))


def text_lines(octets: bytes) -> tuple[str, ...]:
    """Return the lines of a CSV or JSON."""
    return tuple(octets.decode("utf-8-sig", "replace").splitlines())


def compare(
    original: Sequence[str], found: Sequence[str], *, blanks: Sequence[str] = (), strict: bool = True
) -> Differences:
    """Return how `found` differs; lines that begin with one of `blanks` are filled in by hand."""
    start = next(
        (n for n, (a, b) in enumerate(zip(original, found, strict=False)) if a != b), min(len(original), len(found))
    )
    left, right = list(original[start:]), list(found[start:])
    while left and right and left[-1] == right[-1]:
        left.pop()
        right.pop()
    if len(left) * len(right) > _LIMIT_WORK:
        # Too much to be matched: in place when nothing came or went, else the first difference alone.
        pairs = (
            [pair for pair in zip(left, right, strict=True) if pair[0] != pair[1]] if len(left) == len(right) else []
        )
        pairs = pairs or [(left[0], right[0])]
        return Differences(*(tuple(side[:_LIMIT_LISTED]) for side in zip(*pairs, strict=True)))
    missing: list[str] = []
    added: list[str] = []
    listed: list[str] = []
    for kind, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        gone, came = left[a:b], right[c:d]
        own = sum(_is_blank(line, blanks) for line in gone)
        missing += [line for line in gone if not _is_blank(line, blanks) and (strict or _counts(line))]
        for number, line in enumerate(came):
            (listed if number < own or not (strict or _counts(line)) else added).append(line)
    return Differences(tuple(missing[:_LIMIT_LISTED]), tuple(added[:_LIMIT_LISTED]), tuple(listed[:_LIMIT_LISTED]))


def blanks(page: Page) -> tuple[str, ...]:
    """Return how the lines begin that an office fills in or writes itself."""
    found: list[str] = []
    for block in page.blocks:
        match block:
            case Head(number=line) | Foot(to=line) | Annex(of=line):
                found.append(_space(line))
            case _:
                pass
    return tuple(found)


def _is_blank(line: str, blanks: Sequence[str]) -> bool:
    return any(line.startswith(blank) for blank in blanks)


def _counts(line: str) -> bool:
    """Return whether a line is a row of a table or has a figure."""
    return _BETWEEN in line or any(letter.isdigit() for letter in line)


def _rows(runs: Iterable[Run]) -> Iterator[list[Run]]:
    for _, row in groupby(runs, key=_place):
        yield list(row)


def _place(run: Run) -> tuple[str, int]:
    """Return what the runs of one line have in common: the row of a table, else the paragraph."""
    cell = _CELL.match(run.locator)
    if cell is not None:
        return f"{cell['sheet']}{cell['row']}", 0
    row = _ROW.match(run.locator)
    return (row[0], 0) if row is not None else ("", run.block)


def _line(row: Sequence[Run]) -> str:
    cells = ["".join(run.text for run in cell) for _, cell in groupby(row, key=lambda run: run.block)]
    return _BETWEEN.join(filter(None, map(_space, cells)))


def _space(text: str) -> str:
    return " ".join(text.split())
