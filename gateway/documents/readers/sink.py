"""Output of the readers: runs in reading order, images, members, active content, and what could not be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, takewhile
from typing import NamedTuple

from msgspec.structs import replace

from gateway.documents.readers.base import GRAVITY, Budget, Member, ReadError, Reading, Source
from gateway.documents.readers.excel.formulas import formula_kind, formula_words, is_uncertain
from gateway.documents.readers.ooxml.xml import holds_words
from gateway.documents.readers.pictures.joined import Pictures
from gateway.documents.readers.pictures.own_font import set_in_own_fonts
from gateway.documents.readers.placed import Stage
from gateway.documents.readers.rows import in_rows, is_torn, stands_in_part
from gateway.model import ActiveContent, Document, Image, Origin, PageSetup, ReadStatus, Role, Run
from gateway.vietnamese.fonts import legacy_font

LIMIT_SETUPS = 200
"""Page setups of one document that are given."""
_EAST_ASIAN = re.compile(r"([\u1100-\u11ff\u2e80-\u9fff\ua000-\ud7af\uf900-\ufaff\ufe30-\ufe6f\uff00-\uffef]+)")
_BASIC_CAPITALS = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
_RUN_COST_BYTES = 64
"""Charged to the budget for each run, so that a million tiny runs are not free."""


class Face(NamedTuple):
    """Appearance of letters, as far as known."""

    font: str | None = None
    size_pt: float | None = None
    colour: str | None = None
    background: str | None = None
    bold: bool | None = None
    raised: float = 0.0
    """Rise of the letters above their line, in parts of their size."""


NO_FACE = Face()


def capitals(text: str, font: str | None) -> str:
    """Return letters that are shown as capitals; those of a legacy font have no case but their font's, but for the basic ones."""
    return text.translate(_BASIC_CAPITALS) if font and legacy_font(font) is not None else text.upper()


def by_script(text: str, face: Face, asian: str | None) -> Iterator[tuple[str, Face]]:
    """Yield text in stretches of one font: East Asian letters have one of their own, where it is given."""
    for index, piece in enumerate(_EAST_ASIAN.split(text)):
        if piece:
            yield piece, face._replace(font=asian) if index % 2 and asian else face


class Place(NamedTuple):
    """Position of letters."""

    locator: str = ""
    role: Role = Role.BODY
    origin: Origin = Origin.TEXT
    boxed: bool | None = None
    page: int | None = None
    link: bool = False

    def hidden(self) -> Place:
        """Return the same place, its letters not to be seen; a tracked deletion stays one."""
        return self.shown(hidden=True)

    def shown(self, *, hidden: bool = False, struck: bool = False) -> Place:
        """Return the place of letters that are not seen, or struck out; a tracked deletion and the like stay what they are."""
        if self.origin is not Origin.TEXT or not (hidden or struck):
            return self
        return self._replace(origin=Origin.HIDDEN if hidden else Origin.DELETED)


@dataclass
class Cell:
    """Position in a table of the next letters, rows and columns from 0."""

    table: int = 0
    row: int = 0
    column: int = 0
    open: bool = False

    @property
    def locator(self) -> str:
        """Return the position as people count."""
        return f"table:{self.table},row:{self.row + 1},column:{self.column + 1}"


class Sink:
    """Collects what one document holds; blocks are numbered as they are opened."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.runs: list[Run] = []
        self.images: list[Image] = []
        self.members: list[Member] = []
        self.active: list[ActiveContent] = []
        self.setups: list[PageSetup] = []
        self.pictures = Pictures()
        self.stage = Stage()
        self.raised: dict[int, float] = {}
        """Rise of the letters of runs above or below their line, by index."""
        self.status, self.reason = ReadStatus.OK, ""
        self.pages: int | None = None
        self.opened_with_password = False
        self._shown = self._looked_at = 0
        self._sections = 0
        self._active_seen: set[tuple[str, str]] = set()
        self._formulas: set[str] = set()
        self.block = 0
        """Number of the last block."""
        self.unended = False
        """Whether what comes next belongs to it: a drop capital is before its paragraph."""
        self._uncharged = 0

    def open_block(self) -> int:
        """Return the number of a new paragraph, cell or line."""
        self.block += not self.unended
        self.unended = False
        if not self.block & 0x3FF:
            self.budget.check_time()
        return self.block

    def put(self, text: str, block: int, place: Place, face: Face = NO_FACE) -> None:
        """Add a run; empty text is dropped."""
        if not text:
            return
        font, size_pt, colour, background, bold, raised = face
        if raised:
            self.raised[len(self.runs)] = raised
        locator, role, origin, boxed, page, link = place
        self.runs.append(
            Run(
                text=text,
                block=block,
                font=font,
                size_pt=size_pt,
                colour=colour,
                background=background,
                bold=bold,
                page=page,
                locator=locator,
                role=role,
                origin=origin,
                boxed=boxed,
                link=link,
            )
        )
        self.charge()

    def charge(self, runs: int = 1) -> None:
        """Charge runs to the budget."""
        self._uncharged += _RUN_COST_BYTES * runs
        if self._uncharged >= 1 << 16:
            self.budget.take_bytes(self._uncharged)
            self._uncharged = 0

    def put_line(self, text: str, place: Place, face: Face = NO_FACE) -> None:
        """Add a run that is a block of its own."""
        if text and not text.isspace():
            self.put(text, self.open_block(), place, face)

    def put_lines(self, lines: Iterable[str], place: Place) -> None:
        """Add runs that are a block each."""
        for line in lines:
            self.put_line(line, place)

    def put_setup(self, setup: PageSetup) -> None:
        """Add the paper and margins of a section, numbered, unless they are those of the section before."""
        self._sections += 1
        before = self.setups[-1] if self.setups else None
        if len(self.setups) < LIMIT_SETUPS and (before is None or replace(before, locator="") != setup):
            self.setups.append(replace(setup, locator=f"section:{self._sections}"))

    def last_line(self) -> str:
        """Return the words of the last block."""
        own = takewhile(lambda run: run.block == self.block, reversed(self.runs))
        return "".join(reversed([run.text for run in own]))

    def shown(self) -> int:
        """Return how many runs were given so far that a reader sees."""
        for run in self.runs[self._looked_at :]:
            self._shown += run.origin is Origin.TEXT and run.role not in (Role.ALT_TEXT, Role.NAME)
        self._looked_at = len(self.runs)
        return self._shown

    def fail(self, status: ReadStatus, reason: str) -> None:
        """Note a fault; the first of the most severe ones is the document's status."""
        if GRAVITY.index(status) < GRAVITY.index(self.status):
            self.status, self.reason = status, reason

    def note(self, *reasons: str) -> None:
        """Note what could not be read in full."""
        for reason in reasons:
            self.fail(ReadStatus.PARTIAL, reason)

    @contextmanager
    def part(self) -> Iterator[None]:
        """Note the fault of one part, and go on with the others; LIMIT and TIMEOUT end the whole reading."""
        try:
            yield
        except ReadError as error:
            self.fail(error.status, error.reason)
            if error.status in {ReadStatus.LIMIT, ReadStatus.TIMEOUT}:
                raise

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Keep what was read when a fault ends the work, and note it; it goes on up when there are no words."""
        try:
            yield
        except ReadError as error:
            if not self.runs:
                raise
            self.fail(error.status, error.reason)

    def reading(self, source: Source, kind: str) -> Reading:
        """Return what was gathered, runs of one block side by side, pictures put together as they are shown."""
        try:
            self._join_pictures()
        except ReadError as error:
            self.fail(error.status, error.reason)
        document = Document(
            part=source.part,
            filename=source.filename,
            format=kind,
            status=self.status,
            reason=self.reason,
            pages=self.pages,
            runs=tuple(sorted(self.runs, key=lambda run: run.block)),
            setups=tuple(self.setups),
            images=tuple(self.images),
            active_content=tuple(self.active),
            opened_with_password=self.opened_with_password,
        )
        return Reading(document, tuple(self.members))

    def set_in_own_fonts(self, fonts: Mapping[str, bytes]) -> None:
        """Add pictures of the lines set in fonts embedded in the document, given by their names in small letters."""
        members, whole = set_in_own_fonts(self.runs, fonts, self.budget)
        self.members += members
        if not whole:
            self.warn("look-font")

    def _join_pictures(self) -> None:
        """Emit the pictures that are displayed as one, or transformed."""
        self.members += self.pictures.members(self.budget)
        if self.pictures.incomplete or (self.pictures.any and stands_in_part(self.runs)):
            self.warn("look-picture")
        if (covered := self.stage.covered(self.runs, self.budget.check_time)) is not None:
            self.warn("look-clipped", covered)
        for word, locator in chain(self.stage.in_rows(), self.stage.labelled()):
            self.put_line(word, Place(locator, Role.TEXTBOX))
        for first, *blocks in self.stage.phrases():
            held = {first, *blocks}
            self.runs[:] = [
                replace(run, locator=f"{run.locator},textbox:{first}") if run.block in held else run
                for run in self.runs
            ]
        if self.raised:
            if is_torn(self.runs, self.raised):
                self.warn("look-clipped")
            self.runs[:] = in_rows(self.runs, self.raised)

    def formula(
        self, formula: str, place: Place, *, saved: bool = True, number: bool = False, text: str | None = None
    ) -> None:
        """Take a formula of a cell, name or rule: what it reaches, whether its value is unknown, its words once.

        `text` is what is saved as its value; `number` says that one is.
        """
        if (kind := formula_kind(formula)) is not None:
            self.warn(kind, place.locator)
        if is_uncertain(formula, saved=saved, number=number):
            self.warn("look-formula", place.locator)
        words = formula_words(formula, text) if '"' in formula or "CHAR" in formula.upper() else ""
        if words not in self._formulas and holds_words(words):
            self._formulas.add(words)
            self.put_line(words, place._replace(role=Role.FIELD).hidden())

    def warn(self, kind: str, locator: str = "") -> None:
        """Record active content once a kind and place."""
        if (kind, locator) not in self._active_seen:
            self._active_seen.add((kind, locator))
            self.active.append(ActiveContent(kind, locator))
