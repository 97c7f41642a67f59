"""Report as paragraphs and tables, independent of the output format.

Cells keep their numbers, so that a workbook can count with them; `shown` gives what is read. Every name in it is printable
text of one line, for any content of the directory or a mail.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from msgspec import Struct

from gateway.model import Language
from gateway.report.figures import Share


class Tenths(Struct, frozen=True, tag=True):
    """A number with one decimal."""

    value: int


class Octets(Struct, frozen=True, tag=True):
    """A size in bytes, read in MB."""

    value: int


Cell: TypeAlias = str | int | Share | Tenths | Octets | None


class Column(Struct, frozen=True):
    """One column of a table."""

    title: str
    width: int
    """In millimetres of a page of paper."""
    text: bool = False
    """Words, which stand at the left; numbers stand at the right."""


class Head(Struct, frozen=True, kw_only=True, tag=True):
    """The head of an official document (Decree 30, Annex I): number and date are filled in by hand."""

    above: str
    office: str
    nation: str
    motto: str
    number: str
    date: str
    kind: str
    subject: str


class Heading(Struct, frozen=True, tag=True):
    """A section."""

    text: str


class Paragraph(Struct, frozen=True, tag=True):
    """Words."""

    text: str
    italic: bool = False
    indent: bool = True


class Table(Struct, frozen=True, kw_only=True, tag=True):
    """Rows of cells."""

    key: str
    title: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: bool = False
    """The last row is the sum."""


class Days(Struct, frozen=True, kw_only=True, tag=True):
    """Mails by day: a chart where there are charts."""

    title: str
    day: str
    mails: str
    values: tuple[int, ...]


class Foot(Struct, frozen=True, kw_only=True, tag=True):
    """Recipients and signer of the document."""

    to: str
    recipients: tuple[str, ...]
    signer: str


class Annex(Struct, frozen=True, kw_only=True, tag=True):
    """The head of the annex, on a new page behind the signature; `of` is filled in by hand."""

    kind: str
    subject: str
    of: str


Block: TypeAlias = Head | Heading | Paragraph | Table | Days | Foot | Annex


class Page(Struct, frozen=True, kw_only=True):
    """The whole document."""

    title: str
    language: Language
    made: str
    """When, as ISO 8601 in UTC."""
    blocks: tuple[Block, ...]


def shown(cell: Cell, language: Language) -> str:
    """Return what is read in a cell; a dash for what is unknown."""
    match cell:
        case None:
            return "–"
        case str():
            return cell
        case int():
            return whole(cell, language)
        case _:
            return _tenths(tenths(cell), language, "%" if isinstance(cell, Share) else "")


def tenths(cell: Share | Tenths | Octets) -> int | None:
    """Return what is read in a cell, in tenths: of a percent, a point, a MB; None when there is nothing to share."""
    match cell:
        case Share(part=part, whole=all_of_it):
            return (2000 * part + all_of_it) // (2 * all_of_it) if all_of_it else None
        case Tenths(value=value):
            return value
        case Octets(value=value):
            return (value * 10 + 500_000) // 1_000_000


def whole(number: int, language: Language) -> str:
    """Return a number with its thousands apart."""
    return f"{number:,}".replace(",", "." if language is Language.VI else ",")


def percent(part: int, all_of_it: int, language: Language) -> str:
    """Return a share in percent with one decimal; a dash when there is nothing to share."""
    return shown(Share(part, all_of_it), language)


def plain(rows: Iterable[Iterable[Cell]], language: Language) -> tuple[tuple[str, ...], ...]:
    """Return rows as they are read."""
    return tuple(tuple(shown(cell, language) for cell in row) for row in rows)


def _tenths(value: int | None, language: Language, unit: str) -> str:
    point = "," if language is Language.VI else "."
    return f"{whole(value // 10, language)}{point}{value % 10}{unit}" if value is not None else "–"
