"""Formulas of sheets (ECMA-376 Part 1 §18.17): the words in them, whether their value may show others, what they reach."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

_LITERAL: Final = re.compile(r'"((?:[^"]|"")*)"|\b(?:UNICHAR|CHAR)\s*\(\s*(\d{1,7})\s*\)', re.IGNORECASE)
_JOINED: Final = re.compile(r"\s*&\s*")
_BEGINNING: Final = re.compile(r"(?:\w+:)?=\s*")
_START: Final = re.compile(r"(?:\w+:=)?[=+\s]*")
_QUOTED: Final = re.compile(r"""("(?:[^"]|"")*+")|'(?:[^']|'')*+'|\[(?:[^\[\]']|'.){0,255}+\]""")
"""Literals, and names of sheets and columns, in which any sign may stand."""
_COMPARED: Final = re.compile(r"[=<>]\s*$")
_COMPARING: Final = re.compile(r"\s*[=<>]")
_SOUGHT: Final = re.compile(
    r"\b(?:(?:COUNT|SUM|AVERAGE)IFS?|M(?:AX|IN)IFS|X?MATCH|SEARCH|FIND|EXACT)\s*\((?:[^(){}]|\([^()]*\))*$|LOOKUP\s*\([^(){},;]*$",
    re.IGNORECASE,
)
"""What is before a literal that a function only looks for."""
_CHOOSING: Final = re.compile(r"(?:\w+:)?=?\s*(?:_xlfn\.)?(?:IFS?|CHOOSE|SWITCH|IFERROR|IFNA)\(", re.IGNORECASE)
_VOLATILE: Final = re.compile(r"\b(?:NOW|TODAY|RAND\w*|OFFSET|INDIRECT|CELL|INFO)\s*\(", re.IGNORECASE)
"""Functions for which each program that opens the file computes the formula again."""
_FAR: Final = 400
_DDE: Final = re.compile(r"(?i)^\s*[=+\-@]?\s*[\w.]+\s*\|\s*'?[^!]*!|\bDDE(?:AUTO)?\b")
_FETCH: Final = re.compile(r"(?i)\b(WEBSERVICE|RTD|REGISTER\.ID|CALL)\s*\(")
_LIMIT: Final = 1 << 16
_FUNCTION: Final = re.compile(r"(?<![\w.])([^\W\d][\w.]*+)\s*\(")
_DATE_FORMAT: Final = re.compile(r"(?!.*[mM]{5})(?=..)[dmyhs0#?.,%:/ -]+", re.IGNORECASE)
_TEXT_FORMAT: Final = re.compile(r"\bTEXT\s*\([^\"]{0,300}\"([^\"]*)\"", re.IGNORECASE)
_CASE_FUNCTIONS: Final = frozenset({"UPPER", "LOWER", "PROPER", "TRIM", "CLEAN", "T", "ASC", "DBCS"})
"""Functions that change the letters of their argument, which matters for a literal."""
_JOINING: Final = frozenset({"CONCATENATE", "CONCAT"})
_MAKING: Final = (
    _CASE_FUNCTIONS
    | _JOINING
    | frozenset(
        """BASE CHAR DOLLAR FIXED FORMULATEXT JIS LEFT LEFTB MID MIDB PHONETIC REPLACE REPLACEB REPT RIGHT RIGHTB ROMAN SUBSTITUTE
    TEXT TEXTAFTER TEXTBEFORE TEXTJOIN UNICHAR""".split()  # noqa: SIM905
    )
)
"""Functions that return text, of whatever it is."""
_MAKES: Final = re.compile(rf"&|(?:{'|'.join(sorted(_MAKING))})\s*\(", re.IGNORECASE)
_BRANCHES: Final = {
    **dict.fromkeys(("", "IFERROR", "IFNA"), slice(None)),
    **dict.fromkeys(("IF", "CHOOSE"), slice(1, None)),
    "IFS": slice(1, None, 2),
    "SWITCH": slice(2, None, 2),
    "LET": slice(0),
}
"""Functions that return one of their arguments, and which of them beside the last."""
_CLEAR_FUNCTIONS: Final = _JOINING | frozenset(
    """ABS ACCRINT ACOS ADDRESS AGGREGATE AND AREAS ASIN ATAN ATAN2 AVEDEV AVERAGE AVERAGEA AVERAGEIF AVERAGEIFS CEILING
    CEILING.MATH CHOOSE CODE COLUMN COLUMNS COMBIN CORREL COS COUNT COUNTA COUNTBLANK COUNTIF COUNTIFS CUMIPMT CUMPRINC DATE
    DATEDIF DATEVALUE DAVERAGE DAY DAYS DAYS360 DB DCOUNT DCOUNTA DDB DEGREES DGET DMAX DMIN DOLLAR DPRODUCT DSUM EDATE EOMONTH
    ERROR.TYPE EVEN EXACT EXP FACT FALSE FILTER FIND FIXED FLOOR FLOOR.MATH FORECAST FREQUENCY FV GCD GEOMEAN GETPIVOTDATA GROWTH
    HARMEAN HLOOKUP HOUR HYPERLINK IF IFERROR IFNA IFS INDEX INDIRECT INT INTERCEPT IPMT IRR ISBLANK ISERR ISERROR ISFORMULA ISEVEN
    ISLOGICAL ISNA ISNONTEXT ISNUMBER ISODD ISOWEEKNUM ISREF ISTEXT LARGE LCM LEN LINEST LN LOG LOG10 LOOKUP MATCH MAX MAXA MAXIFS
    MDETERM MEDIAN MIN MINA MINIFS MINUTE MINVERSE MIRR MMULT MOD MODE MODE.SNGL MONTH MROUND N NA NETWORKDAYS NETWORKDAYS.INTL NOT
    NOW NPER NPV ODD OFFSET OR PERCENTILE PERCENTILE.INC PERCENTRANK PERMUT PI PMT POWER PPMT PRODUCT PV QUARTILE QUARTILE.INC
    QUOTIENT RADIANS RAND RANDBETWEEN RANK RANK.AVG RANK.EQ RATE ROUND ROUNDDOWN ROUNDUP ROW ROWS RSQ SEARCH SECOND SEQUENCE
    SIGN SIN SLN SLOPE SMALL SORT SORTBY SQRT STDEV STDEV.P STDEV.S STDEVP SUBTOTAL SUM SUMIF SUMIFS SUMPRODUCT SUMSQ SWITCH SYD TAN TEXT
    TIME TIMEVALUE TODAY TRANSPOSE TREND TRUE TRUNC TYPE UNICODE UNIQUE VALUE VAR VAR.P VAR.S VARP VDB VLOOKUP WEEKDAY WEEKNUM
    WORKDAY WORKDAY.INTL XIRR XLOOKUP XMATCH XNPV XOR YEAR YEARFRAC""".split()  # noqa: SIM905
)
"""Functions that return a number, a truth value, or the whole of a cell or literal."""
_DEEPEST: Final = 8
"""Formulas within formulas that are looked at."""


def formula_words(formula: str, chosen: str | None = None) -> str:
    """Return the literals of a formula, letters made by UNICHAR and CHAR among them.

    The first line has them all joined in order, as a formula that hides a word would join them. When some are arguments
    of their own, as the words that HYPERLINK shows for an address, each of these follows in a line. What the formula
    only compares or looks for never shows, nor what it did not choose, unless it is volatile: `chosen` is its saved value.
    """
    formula = _named(formula)
    lines: list[str] = []
    before, end, sought = "", 0, False
    chooses = (
        chosen is not None and "&" not in formula and _CHOOSING.match(formula) and not _VOLATILE.search(_bare(formula))
    )
    for match in _LITERAL.finditer(formula):
        literal, number = match.groups()
        word = literal.replace('""', '"') if literal is not None else chr(int(number)) if int(number) < 0x110000 else ""
        between = formula[end : match.start()]
        before = (before + between)[-_FAR:]
        if lines and _JOINED.fullmatch(between):
            lines[-1] += "" if sought else word
        else:
            compared = _COMPARED.search(between) or _COMPARING.match(formula, match.end()) or _SOUGHT.search(before)
            sought = compared is not None and not _BEGINNING.fullmatch(between)
            lines.append("" if sought else word)
        before, end = f'{before}"', match.end()
        if chooses and word == chosen and not sought:
            return ""  # the cell says it
    return "\n".join(dict.fromkeys(("".join(lines), *filter(None, lines))))


def is_uncertain(formula: str, *, saved: bool, number: bool) -> bool:
    """Return whether it is unknown what a formula shows: it may be a word that it makes, and its value is not saved.

    A number that is saved for a formula that makes text is none of its values: programs that compute nothing write 0.
    """
    if saved and not (number and _MAKES.search(formula) and _makes_text(_bare(formula), _DEEPEST)):
        return False
    return is_unclear(formula)


def _makes_text(bare: str, deep: int) -> bool:
    """Return whether a bare formula returns text regardless of the cells that it refers to."""
    top, arguments, depth = "", [""], 0
    for letter in _START.sub("", bare, count=1):
        if letter in "({":
            depth += 1
        if letter in ",;" and depth == 1:
            arguments.append("")
        elif depth > 1 or (depth and letter not in "(){}"):
            arguments[-1] += letter
        elif letter != " ":
            top += letter
        if letter in ")}":
            depth -= 1
    if "&" in top or top == '"':
        return not any(sign in top for sign in "=<>")
    name = top.upper().removeprefix("_XLFN.").removesuffix("()")
    if name in _MAKING:
        return True
    if not top.endswith("()") or name not in _BRANCHES:
        return False
    return not deep or all(_makes_text(branch, deep - 1) for branch in {*arguments[_BRANCHES[name]], arguments[-1]})


def is_unclear(formula: str) -> bool:
    """Return whether a formula may show a word that is in no cell and in none of its literals.

    Clear are numbers, dates, truth values, whole cells and whole literals, and literals that are joined in their order.
    Whoever cuts, replaces, spells or joins from elsewhere shows what only its value says.
    """
    formula = _named(formula)
    literals = [match[1] for match in _LITERAL.finditer(formula) if match[1] and not _DATE_FORMAT.fullmatch(match[1])]
    bare = _START.sub("", _bare(formula.replace("$", "")), count=1)
    names = {name.upper().removeprefix("_XLFN.").removeprefix("_XLWS.") for name in _FUNCTION.findall(bare)}
    if not names <= _CLEAR_FUNCTIONS | _CASE_FUNCTIONS:
        return True
    short = any(0 < sum(letter.isalpha() for letter in literal) < 4 for literal in literals)
    if not all(_DATE_FORMAT.fullmatch(match[1]) for match in _TEXT_FORMAT.finditer(formula)):
        return True
    if names & _CASE_FUNCTIONS and any(letter.isalpha() for literal in literals for letter in literal):
        return True
    if "&" not in bare and not names & _JOINING:
        return False
    # Joined: only literals, or cells with something between them that is no letter of a word.
    operands = [part.strip().strip("()=") for part in re.split(r"[&,;]" if names & _JOINING else "&", bare)]
    others = [part not in {'"', ""} and not part.upper().startswith("CONCAT") for part in operands]
    return any(others) and (short or any(left and right for left, right in pairwise(others)))


def _named(formula: str) -> str:
    """Return a formula as far as it is looked at, with a letter in place of each name in quotes or brackets."""
    return _QUOTED.sub(lambda found: found[1] or "A", formula[:_LIMIT])


def _bare(formula: str) -> str:
    """Return the same with a sign in place of each literal."""
    return _LITERAL.sub('"', _named(formula))


def formula_kind(formula: str) -> str | None:
    """Return the kind of active content that a formula is, None for a harmless one."""
    if ("|" in formula or "DDE" in formula.upper()) and _DDE.search(formula[:_LIMIT]):
        return "dde"
    return "external-object" if "(" in formula and _FETCH.search(formula[:_LIMIT]) else None
