"""Counts of the changes made in a file, and reasons to refuse one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from gateway.documents.readers.base import ReadError
from gateway.errors import UserError
from gateway.model import ReadStatus
from gateway.vietnamese.legacy_tables import Charset

TIMES: Final = "Times New Roman"

PALE: Final = 185
"""Brightness from which on letters cannot have been read on white: on a slide something dark is behind them."""


@dataclass
class Tally:
    """Counts of changes."""

    converted: Counter[Charset] = field(default_factory=Counter)
    """Pieces by the legacy charset they were in."""
    composed: int = 0
    """Pieces that were only brought from NFD to NFC."""
    fonts: int = 0
    colours: int = 0
    kept: int = 0
    """Colours of letters on slides that were left, since black might not be read there."""

    def count(self, charset: Charset | None) -> None:
        """Record one piece as `convert.Repaired` reports it."""
        if charset is Charset.UNICODE:
            self.composed += 1
        elif charset is not None:
            self.converted[charset] += 1

    def add(self, other: Tally) -> None:
        """Count what was changed in a file inside this one."""
        self.converted.update(other.converted)
        self.composed += other.composed
        self.fonts += other.fonts
        self.colours += other.colours
        self.kept += other.kept

    @property
    def changed(self) -> bool:
        """Return whether anything was changed."""
        return bool(self.converted or self.composed or self.fonts or self.colours)


_CAUSES: Final = {ReadStatus.ENCRYPTED: "encrypted", ReadStatus.LIMIT: "too_large", ReadStatus.TIMEOUT: "too_large"}


class RefusedError(UserError):
    """A file that is not fixed; `cause` is a key of `[refused]` in `gateway/texts/fix.toml`."""

    def __init__(self, cause: str, reason: str = "") -> None:
        super().__init__(f"{cause}: {reason}" if reason else cause)
        self.cause = cause
        self.reason = reason

    @classmethod
    def unread(cls, error: ReadError, reason: str) -> RefusedError:
        """Return the refusal of a file that cannot be read."""
        return cls(_CAUSES.get(error.status, "damaged"), reason)
