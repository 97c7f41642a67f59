"""Active content and false file types: the rule of `opaque` for each.

Readers record it as `ActiveContent` of a document. A program is refused wherever it is; a macro or something loaded
from outside is a warning, because offices use them; what only decorates is no finding at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.model import About, ActiveContent, Document, Finding, FindingOutcome

RULE_OF: Final = {
    "type-mismatch": "type_lie", "polyglot": "polyglot", "executable": "executable", "double-extension": "name_lie",
    "name-disguise": "name_lie", "macro": "macro", "activex": "macro", "launch": "launch", "dde": "launch",
    "external-template": "outside", "external-object": "outside", "javascript": "script", "look-clipped": "look",
    "look-drawn": "look", "look-font": "look", "look-formula": "look", "look-generated": "look",
    "look-painted": "look", "look-picture": "look", "look-script": "look", "look-text-art": "look",
}  # fmt: skip
"""Kind of active content to rule. Not named: what is read in full anyway (`ole-object`, `embedded-file`, `xfa`, `media`),
and what only shows or leads elsewhere after a click (`hidden-layer`, `external-link`, `redirect`, `open-action` ...)."""


def active_findings(document: Document) -> Iterator[Finding]:
    """Yield one finding for each rule that speaks of something in a document, with the first place of it."""
    first: dict[str, ActiveContent] = {}
    count: dict[str, int] = {}
    for active in document.active_content:
        rule = RULE_OF.get(active.kind)
        if rule is None:
            continue
        first.setdefault(rule, active)
        count[rule] = count.get(rule, 0) + 1
    for rule, active in first.items():
        yield Finding(
            rule=rule,
            outcome=FindingOutcome.INDETERMINATE if rule == "look" else FindingOutcome.FAILED,
            about=About(part=document.part, filename=document.filename),
            locator="" if rule in _ABOUT_THE_FILE else active.locator,
            params={"cause": _cause(active), "reason": active.kind, "count": count[rule], "format": document.format},
        )


_ABOUT_THE_FILE: Final = frozenset({"type_lie", "polyglot", "executable", "name_lie"})
"""Rules on a file as a whole; their locators are no places but what was compared."""


def _cause(active: ActiveContent) -> str:
    """Return the key of the words: a program by its own bytes is another thing than one by its name."""
    if active.kind == "executable":
        return "program-name" if active.locator.startswith("name:") else "program"
    return active.kind
