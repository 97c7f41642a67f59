"""Words in attributes of OpenDocument, outside the text (ODF 1.3 Part 3; LibreOffice's own names).

The walker gives names and values of what it passes; these belong to elements that it passes for the text in them: tips
of links, titles of the messages of a validated cell, values of variables that are not shown, codes and choices of fields
that came from Word, captions of content controls, entries of indexes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.documents.readers.excel.formulas import formula_words
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark, holds_words

_VALUES: Final = ("office:string-value",)
_ENTRY: Final = ("text:string-value", "text:key1", "text:key2")
_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "text:a": ("office:title",),
    "text:section": ("text:name",),
    "text:page-continuation": ("text:string-value",),
    "draw:layer": ("draw:name",),
    "presentation:show": ("presentation:name",),
    "text:variable-decl": _VALUES,
    "text:variable-set": _VALUES,
    "text:variable-get": _VALUES,
    "text:user-field-decl": _VALUES,
    "text:user-defined": _VALUES,
    "text:expression": _VALUES,
    "text:alphabetical-index-mark": _ENTRY,
    "text:alphabetical-index-mark-start": _ENTRY,
    "text:toc-mark": _ENTRY,
    "text:user-index-mark": _ENTRY,
    "text:bibliography-mark": ("text:title", "text:note", "text:annote", "text:custom1", "text:custom2"),
    "table:help-message": ("table:title",),
    "table:error-message": ("table:title",),
    "table:scenario": ("table:comment",),
    "loext:content-control": ("loext:alias", "loext:tag", "loext:current-date"),
    "loext:list-item": ("loext:display-text", "loext:value"),
    "field:param": ("field:value",),
}
_PARAMETER: Final = clark("field:name")
_IDLE: Final = {"Section", "Phần"}
"""Prefixes that programs give to unnamed sections, before a number."""


def attribute_words(root: Element) -> Iterator[tuple[str, bool]]:
    """Yield the words in attributes of a part, each once, and whether they are one of several to choose from; of formulas and field codes their literals."""
    seen: set[tuple[str, bool]] = set()
    names = {clark(name): name for name in _WORDS}
    for element in root.iter(*names):
        offered = NAMES[element.tag] == "loext:list-item" or "_ListEntry" in element.get(_PARAMETER, "")
        for attribute in _WORDS[NAMES[element.tag]]:
            words = element.get(clark(attribute)) or ""
            if attribute == "field:value" and '"' in words:
                words = formula_words(words)
            if (words, offered) in seen or not holds_words(words) or words.rstrip("0123456789 ") in _IDLE:
                continue
            seen.add((words, offered))
            yield words, offered
