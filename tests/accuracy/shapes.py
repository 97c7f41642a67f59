"""Shared parts of the makers of test files: marks as written, and places of a format for them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from xml.sax.saxutils import escape, quoteattr

from gateway.vietnamese.legacy_tables import CP1252_CHARACTERS
from tests.support.octets import file_of
from tests.text.letters import Layout, letter


@dataclass(frozen=True)
class Writing:
    """A mark as a file would hold it."""

    pieces: tuple[str, ...]
    """Text of each run; more than one where the disguise is to split it."""
    font: str | None = None
    """Font that a legacy encoding needs."""

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def everything(writing: Writing) -> bool:
    """Accept every writing."""
    return True


def plain_letters(writing: Writing) -> bool:
    """Accept what needs no font: for places that have none."""
    return writing.font is None


def one_piece(writing: Writing) -> bool:
    """Accept what is one string without a font."""
    return writing.font is None and len(writing.pieces) == 1


@dataclass(frozen=True)
class Slot:
    """A place of a format, with one producer that can put words there."""

    format: str
    """As the tables name it; mostly the file name's extension."""
    place: str
    make: Callable[[Writing], bytes]
    producer: str = "raw"
    accepts: Callable[[Writing], bool] = everything
    extension: str = ""

    @property
    def filename(self) -> str:
        return f"van-ban.{self.extension or self.format}"


LETTER = tuple(run.text for run in letter(11, "báo cáo", Layout.PLAIN).document.runs)
"""The innocent lines around every mark: an official letter of one page."""


def around(line: str, at: int = 4) -> list[str]:
    """The letter with a line put in."""
    return [*LETTER[:at], line, *LETTER[at:]]


def xml(text: str) -> str:
    """Text for XML, with every character beyond ASCII as it is."""
    return escape(text)


def attribute(text: str) -> str:
    """A quoted attribute value for XML."""
    return quoteattr(text)


def octet(letter: str) -> int:
    """The code of a letter that stands for an octet of a legacy charset; beyond 255 where it stands for none."""
    return ord(CP1252_CHARACTERS.get(letter, letter))


@cache
def picture() -> bytes:
    """A small blank PNG."""
    from PIL import Image

    return file_of(Image.new("RGB", (40, 30), "white"), "PNG")
