"""Field codes of Word: what they fetch or start, and text they compute from numbers (ECMA-376 Part 1 §17.16)."""

from __future__ import annotations

import re
from typing import Final

_DDE: Final = re.compile(r"(?i)\bDDE(?:AUTO)?\b")
_OUTSIDE: Final = re.compile(r"(?i)^\s*(INCLUDETEXT|INCLUDEPICTURE|INCLUDE|IMPORT|LINK|DATABASE|RD)\b")
_BUTTON: Final = re.compile(r"(?i)^\s*MACROBUTTON\b")
_QUOTE: Final = re.compile(r"(?i)\bQUOTE((?:\s+\d{1,7})+)")
_LIMIT_CODE: Final = 100_000


def active_kind(code: str) -> str | None:
    """Return the kind of active content that a field code is, None for a harmless one."""
    code = code[:_LIMIT_CODE]
    if _DDE.search(code) or _DDE.search(quoted(code) or ""):
        return "dde"
    if _OUTSIDE.match(code):
        return "external-object"
    return "macro" if _BUTTON.match(code) else None


def quoted(code: str) -> str | None:
    """Return the letters that `QUOTE 77 7852 84` spells, None when the code has no such list."""
    match = _QUOTE.search(code[:_LIMIT_CODE])
    if match is None:
        return None
    return "".join(chr(number) for number in map(int, match.group(1).split()) if 0 < number < 0x110000)
