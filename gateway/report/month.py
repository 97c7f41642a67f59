"""A month in Vietnamese time."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime
from typing import Self

from msgspec import Struct

from gateway.errors import UserError
from gateway.model import VIETNAM
from gateway.texts.catalogue import both
from gateway.yaml.values import printable

_FORM = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])\Z")


class Month(Struct, frozen=True):
    """A calendar month."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the month of `2026-11`; UserError for anything else."""
        found = _FORM.match(text)
        if found is None:
            raise UserError(both("report", "fault", "month", value=printable(text)))
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02}"

    @property
    def begin(self) -> datetime:
        """Its first moment."""
        return datetime(self.year, self.number, 1, tzinfo=VIETNAM)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        years, month = divmod(self.number, 12)
        return datetime(self.year + years, month + 1, 1, tzinfo=VIETNAM)

    @property
    def days(self) -> int:
        """Its number of days."""
        return monthrange(self.year, self.number)[1]

    @property
    def last_day(self) -> date:
        """Its last day."""
        return date(self.year, self.number, self.days)
