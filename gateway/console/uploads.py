"""Forwards uploaded files to the steward in chunks; nothing is stored here."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from gateway.console import guard
from gateway.console.client import StewardAway
from gateway.console.forms import BadForm, Form, read_form
from gateway.steward.questions import PIECE_BYTES, BeginCheck, CheckBegun, CheckPiece, CheckResult, EndCheck
from gateway.steward.questions.refused import Refused
from gateway.system.uninterrupted import uninterrupted

if TYPE_CHECKING:
    from gateway.console.visit import Visit

_ROOM_S: Final = 20.0
"""Deadline in seconds for retries while all places are taken."""
_AGAIN_S: Final = 1.0


class NotOursError(Exception):
    """Missing or wrong CSRF token."""


class TooSlowError(Exception):
    """The upload exceeded its deadline."""


class Uploading:
    """One form with files; `fault` is the reason of a failed upload."""

    def __init__(self, visit: Visit, *, guarded: bool) -> None:
        """With `guarded` files are forwarded only after a valid CSRF token."""
        self._visit = visit
        self._guarded = guarded
        self._ticket = ""
        self._fields: dict[str, list[str]] = {}
        self.fault: Exception | None = None

    async def read(self) -> None:
        """Read the whole body; after a fault discard the rest, so that the client reads the response."""
        visit, settings = self._visit, self._visit.settings
        stream = visit.request.stream()
        try:
            async with asyncio.timeout(settings.upload_s):
                try:
                    content_type = visit.request.headers.get("content-type", "")
                    body = guard.counted(stream, settings.check_bytes)
                    visit.form = await read_form(content_type, body, receiver=self)
                    if self._ticket and visit.form.fields != self._fields:
                        raise BadForm
                except (Refused, guard.TooLarge, BadForm, NotOursError) as fault:
                    self.fault = fault
                    await guard.drained(stream, settings.drain_bytes)
        except TimeoutError:
            self.fault = self.fault or TooSlowError()
        except BaseException:
            await self.drop()
            raise
        if self.fault is not None:
            await self.drop()

    async def begin(self, fields: dict[str, list[str]]) -> None:
        """Take a place at the steward, with retries, before the first file."""
        visit = self._visit
        visit.form = Form(fields)
        self._fields = {name: list(values) for name, values in fields.items()}
        if self._guarded and not visit.form_is_ours():
            raise NotOursError
        question = BeginCheck(sender=visit.form.get("from")[:400], recipients=tuple(visit.form.all("to")))
        end = asyncio.get_running_loop().time() + _ROOM_S
        while True:
            try:
                begun = await uninterrupted(visit.ask(question))  # a place whose ticket was not taken would stay taken
                assert isinstance(begun, CheckBegun)
                self._ticket = begun.ticket
            except Refused as error:
                if error.refusal.kind != "too_many" or asyncio.get_running_loop().time() > end:
                    raise
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise asyncio.CancelledError
            if self._ticket:
                return
            await asyncio.sleep(_AGAIN_S)

    async def piece(self, number: int, name: str, octets: bytes) -> None:
        """Forward a chunk."""
        for at in range(0, len(octets) or 1, PIECE_BYTES):
            part = octets[at : at + PIECE_BYTES]
            await self._visit.ask(CheckPiece(ticket=self._ticket, file=number, name=name, octets=part))

    async def result(self) -> tuple[CheckResult | None, Exception | None]:
        """Have the files judged: a result, or a fault, or neither without files."""
        if self.fault is not None:
            return None, self.fault
        ticket, self._ticket = self._ticket, ""
        if not ticket:
            return None, None
        try:
            answer = await self._visit.ask(EndCheck(ticket=ticket))
        except Refused as error:
            return None, error
        assert isinstance(answer, CheckResult)
        return answer, None

    async def drop(self) -> None:
        """Drop the files at the steward."""
        ticket, self._ticket = self._ticket, ""
        if ticket:
            with suppress(Refused, StewardAway):
                await self._visit.ask(EndCheck(ticket=ticket, drop=True))
