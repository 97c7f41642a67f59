"""OpenDocument fields that LibreOffice recomputes, so that the page differs from the file (ODF 1.3 Part 3 §7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.documents.readers.fields import shown_value
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark

Stated = dict[tuple[str, str], str]
"""Words that a file states once for all fields that show them, by the names of the field's element and of the field."""
_SEPARATOR = clark("field:fieldmark-separator")
_NAME, _FIXED, _DISPLAY = clark("text:name"), clark("text:fixed"), clark("text:display")
_EMPTY: Final = frozenset({
    "text:database-next", "text:database-row-select", "text:change", "text:change-start", "text:change-end",
    "text:page-variable-set", "text:measure", "text:template-name", "text:chapter", "text:sheet-name", "office:annotation-end",
    "text:alphabetical-index-mark", "text:toc-mark", "text:user-index-mark", "svg:title", "svg:desc",
    "presentation:header", "presentation:footer", "presentation:date-time",
})  # fmt: skip
"""Elements of which nothing is shown, or what no file says."""
_OF_META: Final = {
    "dc:title": "text:title", "dc:subject": "text:subject", "dc:description": "text:description",
    "meta:user-defined": "text:user-defined",
}  # fmt: skip
_VARIABLES: Final = frozenset({"text:user-field-get", "text:user-field-input"})
_STATED: Final = frozenset({*_OF_META.values(), "text:user-field-get", "text:user-field-input", "text:variable-get"})
_VALUE, _KIND = clark("office:string-value"), clark("office:value-type")


def stated_by_meta(root: Element) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield what the properties of a document state."""
    for element in root.iter(*map(clark, _OF_META)):
        yield (_OF_META[NAMES[element.tag]], element.get(clark("meta:name")) or ""), "".join(element.itertext())


def stated_by_declarations(root: Element) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield what the declarations of user fields state; numbers, which a style shows, are left out."""
    for element in root.iter(clark("text:user-field-decl")):
        if (words := element.get(clark("office:string-value"))) is not None:
            for kind in ("text:user-field-get", "text:user-field-input"):
                yield (kind, element.get(_NAME) or ""), words


def shown_instead(field: Element, name: str, stated: Stated) -> str | None:
    """Return what is shown instead of the text of a field, None where that text is shown; one that sets a variable states it for those behind it."""
    if name == "text:variable-set":
        said = "".join(field.itertext())
        words = field.get(_VALUE, said)
        stated.pop(("text:variable-get", field.get(_NAME) or ""), None)
        if field.get(_KIND, "string") == "string":  # numbers are shown by a style
            stated["text:variable-get", field.get(_NAME) or ""] = words
        display = field.get(_DISPLAY)
        return "" if display == "none" else None if words == said or display == "formula" else words
    if name in _EMPTY or (field.get(_DISPLAY) == "none" and name in _VARIABLES):
        return ""
    if name == "text:page-number":
        return None if (field.text or "").isalnum() else ""  # `<number>`, as masters have it
    if name == "text:drop-down":
        chosen = (
            label.get(clark("text:value")) for label in field if label.get(clark("text:current-selected")) == "true"
        )
        return next(chosen, None)
    if name not in _STATED or field.get(_FIXED) == "true":
        return None
    said = "".join(field.itertext())
    words = stated.get((name, field.get(_NAME) or ""), "" if name in _OF_META.values() else said)
    return None if words == said else words


def has_code(start: Element) -> bool:
    """Return whether the code of a field follows its start: the text before its separator is not shown."""
    depth = 0
    for mark in start.itersiblings(clark("field:fieldmark-start"), _SEPARATOR, clark("field:fieldmark-end")):
        if mark.tag == _SEPARATOR and not depth:
            return True
        depth += {"start": 1, "end": -1}.get(mark.tag.rpartition("-")[2], 0)
        if depth < 0:
            break
    return False


def control_words(control: Element) -> str:
    """Return what a form control shows: its text, the chosen entries, its box and label (ODF 1.3 Part 3 §13.5)."""

    def said(*names: str) -> str:
        return next(filter(None, (control.get(clark(f"form:{name}")) for name in names)), "")

    label, state = said("label"), said("current-state", "current-selected", "state", "selected")
    if NAMES[control.tag] in {"form:checkbox", "form:radio"}:
        return f"{shown_value('FORMCHECKBOX', (), state in {'checked', 'true'})} {label}"
    chosen = [
        option.get(clark("form:label")) or ""
        for option in control.iterchildren(clark("form:option"))
        if "true" in {option.get(clark("form:current-selected")), option.get(clark("form:selected"))}
    ]
    return ", ".join(chosen) or said("current-value", "value") or label
