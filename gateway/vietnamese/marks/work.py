"""Work limit of the search for marks, so that no document occupies a processor for minutes.

The first search through a text is cheap whatever it holds. The look at a single line costs a thousand times more, so
each is charged. The rest was not judged, and counts as suspected.
"""

from __future__ import annotations

from typing import Final

LIMIT_LETTERS: Final = 4_000_000
"""About 50,000 short lines or 2 seconds; the largest honest sheets hold some thousand lines that could be a mark."""
_EACH_LINE: Final = 60
"""Cost of a judgement beside the letters of its line, in letters."""


class Work:
    """Budget of judgements that remains."""

    def __init__(self, letters: int = LIMIT_LETTERS) -> None:
        self._letters = letters

    def take(self, letters: int) -> bool:
        """Charge the judgement of one line; False when it would be too much."""
        self.spend(letters + _EACH_LINE)
        return self._letters >= 0

    def spend(self, letters: int) -> None:
        """Charge what a judgement came to cost beside."""
        self._letters -= letters
