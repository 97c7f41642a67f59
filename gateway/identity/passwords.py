"""Password strength of Điều 6.1: at least 8 characters with capitals, small letters and a special character.

The rule is checked on a password that the next hop has accepted, and only yes or no is kept: no function here logs,
stores or returns the password or anything derived from it.
"""

from __future__ import annotations

_SHORTEST = 8


def meets_article_6(password: str) -> bool:
    """Return whether a password is what Điều 6.1 asks for."""
    return (
        len(password) >= _SHORTEST
        and any(letter.isupper() for letter in password)
        and any(letter.islower() for letter in password)
        and any(not letter.isalnum() and not letter.isspace() and letter.isprintable() for letter in password)
    )
