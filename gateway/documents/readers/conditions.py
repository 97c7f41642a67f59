"""Conditions of conditional formats, judged where a cell alone decides: true, false, or not to be told from here.

Excel's and OpenDocument's rules come down to the same few tests of a cell's value against constants. What refers to
other cells, to the date or to a function is not computed: such a test is *unknown*, and a look that depends on it is too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

Value = float | str | bool
"""What a cell holds; an error value counts as its text with kind `error` asked apart."""

_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,300}(?:\.\d{0,300})?|\.\d{1,300})(?:[eE][+-]?\d{1,3})?%?")
_STRING: Final = re.compile(r'"((?:[^"]|"")*)"')
_ERROR: Final = re.compile(r"#[A-Z0-9/]{2,12}[!?]?")


class Test(NamedTuple):
    """One test: the name of its kind (SpreadsheetML §18.18.12, §18.18.15) and its constant operands, None where unknown."""

    kind: str
    operands: tuple[Value | None, ...] = ()


UNKNOWN: Final = Test("unknown")
_BY_TEXT: Final[dict[str, Callable[[str, str], bool]]] = {
    "containsText": lambda text, part: part in text,
    "notContainsText": lambda text, part: part not in text,
    "beginsWith": str.startswith,
    "endsWith": str.endswith,
}
_ORDERS: Final[dict[str, Callable[[int], bool]]] = {
    "lessThan": lambda order: order < 0,
    "lessThanOrEqual": lambda order: order <= 0,
    "greaterThan": lambda order: order > 0,
    "greaterThanOrEqual": lambda order: order >= 0,
}


def constant(formula: str | None) -> Value | None:
    """Return the number, text or truth value that a formula is, None when it is anything to be computed."""
    text = (formula or "").strip().removeprefix("=").strip()
    quoted = _STRING.fullmatch(text)
    if quoted is not None:
        return quoted[1].replace('""', '"')
    if _NUMBER.fullmatch(text):
        return float(text.rstrip("%")) / (100 if text.endswith("%") else 1)
    return {"TRUE": True, "FALSE": False, "TRUE()": True, "FALSE()": False}.get(text.upper())


def holds(test: Test, value: Value) -> bool | None:
    """Return whether a test holds for a cell that is not empty; None when that cannot be told.

    Programs order values of different types differently, so those comparisons are left open.
    """
    kind, operands = test
    if kind in {"notContainsBlanks", "containsBlanks"}:
        filled = not isinstance(value, str) or bool(value.strip())
        return filled is (kind == "notContainsBlanks")
    if kind in {"containsErrors", "notContainsErrors"}:
        wrong = isinstance(value, str) and _ERROR.fullmatch(value.strip()) is not None
        return wrong is (kind == "containsErrors")
    if any(operand is None for operand in operands) or not operands:
        return None
    if kind == "expression":
        outcome = operands[0]
        return None if isinstance(outcome, str) else bool(outcome)
    if kind in _BY_TEXT:
        return _BY_TEXT[kind](_shown(value), _shown(operands[0]))
    return _compared(kind, value, operands)


def _compared(kind: str, value: Value, operands: tuple[Value | None, ...]) -> bool | None:
    orders = [_order(value, operand) for operand in operands]
    first = orders[0]
    if kind in {"equal", "notEqual"}:
        different = _family(value) != _family(operands[0])
        return (different or first != 0) is (kind == "notEqual")
    if first is None:
        return None
    if kind in _ORDERS:
        return _ORDERS[kind](first)
    if kind in {"between", "notBetween"} and len(orders) > 1 and orders[1] is not None:
        return (first * orders[1] <= 0) is (kind == "between")
    return None


def _order(value: Value, operand: Value | None) -> int | None:
    """Return -1, 0 or 1; None across types."""
    if operand is None or _family(value) != _family(operand):
        return None
    if isinstance(value, str) and isinstance(operand, str):
        mine, other = value.casefold(), operand.casefold()
        return (mine > other) - (mine < other)
    return (float(value) > float(operand)) - (float(value) < float(operand))


def _family(value: Value | None) -> str:
    return "text" if isinstance(value, str) else "truth" if isinstance(value, bool) else "number"


def _shown(value: Value | None) -> str:
    """Text as a text rule sees it: without regard to case; whole numbers without a point."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value).casefold()
