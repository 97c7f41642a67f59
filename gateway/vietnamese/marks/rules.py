"""The rules of secrecy marks by name: a mark names its rule as a code of its evidence, which `gateway check --json` and the audit show.

`docs/marks.md` says of each where it comes from, what it finds, and what looks like it and is none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

IDS: Final = frozenset(
    {
        "stamp-line",
        "numbered-line",
        "bracketed",
        "merged-line",
        "titled-line",
        "misspelt-line",
        "lone-line",
        "label",
        "options",
        "chosen-option",
        "list",
        "auxiliary",
        "copying",
        "declassified",
        "circulation",
        "headed-line",
        "literal",
        "token",
        "extra-mark",
        "unjudged",
    }
)
"""Codes that name a rule; `extra-mark` is one that the policy adds, `unjudged` says that lines were too many to be judged."""


def rule_of(evidence: Iterable[str]) -> str:
    """Return the rule that codes of evidence name, empty when they name none."""
    return next((code for code in evidence if code in IDS), "")
