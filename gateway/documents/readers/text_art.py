"""Letters made of many characters, line under line, which whoever looks at a text reads and no search does."""

from __future__ import annotations

import re
from typing import Final

LINES: Final = 6
"""Lines one under the other that are no more than filling and blanks."""
_LIMIT: Final = 2 << 20
_SIGN: Final = re.compile(r"(?:^|\n)[ \t\xa0\u3000]*(?P<one>\S)(?P=one)+[ \t\xa0\u3000]{2,}(?P<other>\S)(?P=other)")
_APART: Final = ("  ", "\t", "\xa0", "\u3000")
"""One of them stands wherever two of the blanks stand side by side."""
_BLANKS: Final = re.compile(r"[ \t\xa0\u3000]{2,}")


def is_text_art(text: str) -> bool:
    """Tell whether some lines of a text draw: few kinds of characters, in stretches that differ from line to line."""
    text = text[:_LIMIT]
    if not any(sign in text for sign in _APART) or _SIGN.search(text) is None:
        return False
    run: list[str] = []
    for line in (*text.splitlines(), ""):
        if _draws(line):
            run.append(line.rstrip())
            continue
        if len(run) >= LINES and len(set(run)) >= LINES - 1 and sum(_is_parted(each) for each in run) * 2 >= len(run):
            return True
        run = []
    return False


def _draws(line: str) -> bool:
    solid = "".join(line.split())
    return len(line) >= 8 and len(solid) >= 2 and len(set(solid)) <= 3 and not solid.isdigit()


def _is_parted(line: str) -> bool:
    """Tell whether a line has stretches with gaps between, as no ruler or bar has."""
    return len(_BLANKS.split(line.strip())) >= 2
