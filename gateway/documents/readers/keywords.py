"""Keywords that stand one by one in the properties of a file, as people wrote them."""

from __future__ import annotations

from collections.abc import Sequence


def keyword_line(words: Sequence[str]) -> str:
    """Return keywords in one line.

    LibreOffice and Gnumeric part the keywords of a Word or Excel file at their blanks, so that `mật` of `mật độ` stands
    alone; where no keyword has a blank, one stands between them again.
    """
    words = [word.strip() for word in words]
    return (", " if any(" " in word for word in words) else " ").join(words)
