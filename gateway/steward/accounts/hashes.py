"""Passwords: argon2id (RFC 9106) with 64 MiB and three passes, two at a time."""

from __future__ import annotations

import secrets
import threading
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from gateway.identity.passwords import meets_article_6

SHORTEST: Final = 12
LONGEST: Final = 256
_AT_A_TIME: Final = 2
_TURN: Final = threading.BoundedSemaphore(_AT_A_TIME)
_HASHER: Final = PasswordHasher(time_cost=3, memory_cost=64 << 10, parallelism=1)


def hashed(password: str) -> str:
    """Return what is kept of a password."""
    with _TURN:
        return _HASHER.hash(password)


class Verifier:
    """Compares passwords; for a name that nobody has it takes as long."""

    def __init__(self) -> None:
        self._nobodys = hashed(secrets.token_urlsafe(32))

    def holds(self, kept: str | None, password: str) -> bool:
        """Whether a password is the kept one; never when none is kept."""
        with _TURN:
            try:
                return _HASHER.verify(kept or self._nobodys, password[:LONGEST]) and kept is not None
            except (Argon2Error, InvalidHashError, UnicodeEncodeError):
                return False


def fit(password: str, name: str) -> bool:
    """Whether somebody may choose this password: the rule of Điều 6.1, at least twelve characters, not the name."""
    return (
        SHORTEST <= len(password) <= LONGEST
        and meets_article_6(password)
        and name.casefold() not in password.casefold()
        and password.isprintable()
    )
