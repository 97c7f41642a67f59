"""One way to look into pyHanko's dictionaries."""

from __future__ import annotations

from typing import Any


def entry(dictionary: Any, key: str, default: Any = None) -> Any:
    """Return an entry resolved and decrypted, or `default`.

    pyHanko's own `.get` hands out encrypted strings undecrypted, so that only `[]` is safe in every file.
    """
    return dictionary[key] if key in dictionary else default  # noqa: SIM401
