"""Conditional formats of a sheet, as the file has them and as its newer extension has (ECMA-376 §18.3.1.18, MS-XLSX 2.6).

They stand behind the cells. So that cells can be given with their look as they come by, the part is read once more
without its cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gateway.documents.readers.base import ReadError
from gateway.documents.readers.conditions import UNKNOWN, Test, constant
from gateway.documents.readers.excel.overlays import NO_CHANGE, Area, Change, Rule, boxes
from gateway.documents.readers.excel.xlsx_styles import Styles
from gateway.documents.readers.numerals import whole
from gateway.documents.readers.ooxml.xml import Element, parse

_OPENS: Final = re.compile(rb"<(?:[\w.-]{1,40}:)?sheetData(?:\s[^<>]*)?>")
_TEXT_RULES: Final = {"containsText", "notContainsText", "beginsWith", "endsWith"}
_PLAIN_RULES: Final = {"containsBlanks", "notContainsBlanks", "containsErrors", "notContainsErrors"}


def conditional_areas(data: bytes, styles: Styles) -> Iterator[Area]:
    """Yield an area for each range and rule that changes letters or their ground."""
    if b"onditionalFormatting" not in data:
        return
    try:
        root = parse(_without_cells(data))
    except ReadError:
        return  # the whole part is read next, and says what is wrong with it
    for element in root.iter("{*}conditionalFormatting"):
        references = element.get("sqref") or "".join(element.itertext("{*}sqref"))
        rules = list(_rules(element, styles))
        for box in boxes(references):
            for rule in rules:
                yield Area(box, rule=rule)


def _without_cells(data: bytes) -> bytes:
    opened, closed = _OPENS.search(data), data.rfind(b"sheetData>")
    if opened is None or closed < opened.end():
        return data
    return data[: opened.end()] + data[data.rfind(b"<", opened.end() - 1, closed) :]


def _rules(holder: Element, styles: Styles) -> Iterator[Rule]:
    for element in holder.iterchildren("{*}cfRule"):
        kind = element.get("type") or ""
        inner = next(element.iterchildren("{*}dxf"), None)
        change = styles.change(element.get("dxfId")) if inner is None else styles.change_of(inner)
        if kind == "colorScale":
            change = Change(background="FFFFFF")  # some ground, nobody knows which
        if change == NO_CHANGE:
            continue
        priority = whole(element.get("priority"), 1 << 30)
        yield Rule(_test(kind, element), change, element.get("stopIfTrue") in {"1", "true"}, priority)


def _test(kind: str, element: Element) -> Test:
    formulas = ["".join(child.itertext()) for child in element.iterchildren("{*}formula", "{*}f")]
    match kind:
        case "cellIs":
            return Test(element.get("operator") or "", tuple(constant(formula) for formula in formulas))
        case "expression":
            return Test("expression", (constant(formulas[0] if formulas else None),))
        case _ if kind in _TEXT_RULES:
            return Test(kind, (element.get("text"),))
        case _ if kind in _PLAIN_RULES:
            return Test(kind)
        case _:
            return UNKNOWN
