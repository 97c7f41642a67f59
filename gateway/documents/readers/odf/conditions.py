"""Conditional styles of OpenDocument cells: the maps of a cell's style, the first that holds applies (ODF 1.3 Part 3 §16.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from gateway.documents.readers.conditions import UNKNOWN, Test, Value, constant
from gateway.documents.readers.excel.overlays import Change, Rule, laid_over
from gateway.documents.readers.odf.styles import Layer, StyleBook
from gateway.documents.readers.ooxml.colours import AUTO
from gateway.documents.readers.ooxml.xml import Element, clark

_CONDITION, _APPLIED = clark("style:condition"), clark("style:apply-style-name")
_TYPE, _VALUE, _TRUTH = clark("office:value-type"), clark("office:value"), clark("office:boolean-value")
_LIMIT_RULES: Final = 200
_COMPARED: Final = re.compile(r"cell-content\(\)\s*(!=|<=|>=|=|<|>)\s*(.*)", re.DOTALL)
_BETWEEN: Final = re.compile(r"cell-content-is-(not-)?between\(([^,]*),([^,]*)\)")
_FORMULA: Final = re.compile(r"is-true-formula\((.*)\)", re.DOTALL)
_OPERATORS: Final = {
    "=": "equal", "!=": "notEqual", "<": "lessThan", "<=": "lessThanOrEqual", ">": "greaterThan", ">=": "greaterThanOrEqual",
}  # fmt: skip


class ConditionalStyles:
    """The conditional styles of one part."""

    def __init__(self, styles: StyleBook) -> None:
        self._styles = styles
        self._known: dict[str | None, list[Rule]] = {}

    def layer(self, name: str | None, cell: Element, layer: Layer) -> Layer:
        """Return the layer of a cell's style with what its conditional styles make of it."""
        rules = self._known.get(name)
        if rules is None:
            rules = self._known[name] = list(islice(self._rules(name), _LIMIT_RULES))
        if not rules:
            return layer
        face, _ = self._styles.face((layer,), layer.get("behind"))
        shown = laid_over(face._replace(colour=layer.get("colour") or AUTO), rules, _value(cell))
        if shown.colour is None:  # nobody knows: letters that nobody can find fault with
            return {**layer, "colour": AUTO, "behind": None}
        return {**layer, "colour": shown.colour, "behind": shown.background}

    def _rules(self, name: str | None) -> Iterator[Rule]:
        for number, each in enumerate(self._styles.maps("table-cell", name)):
            applied = self._styles.layer("table-cell", each.get(_APPLIED))
            change = Change(applied.get("colour"), applied.get("behind"), applied.get("bold"))
            yield Rule(_test((each.get(_CONDITION) or "").strip()), change, stop=True, priority=number)


def _test(condition: str) -> Test:
    compared = _COMPARED.fullmatch(condition)
    if compared is not None:
        return Test(_OPERATORS[compared[1]], (constant(compared[2]),))
    between = _BETWEEN.fullmatch(condition)
    if between is not None:
        return Test("notBetween" if between[1] else "between", (constant(between[2]), constant(between[3])))
    formula = _FORMULA.fullmatch(condition)
    return Test("expression", (constant(formula[1]),)) if formula is not None else UNKNOWN


def _value(cell: Element) -> Value:
    if cell.get(_TYPE) in {"float", "currency", "percentage"}:
        number = constant(cell.get(_VALUE))
        if number is not None:
            return number
    if cell.get(_TYPE) == "boolean":
        return bool(cell.get(_TRUTH) == "true")
    return "\n".join("".join(child.itertext()) for child in cell if child.tag == clark("text:p"))
