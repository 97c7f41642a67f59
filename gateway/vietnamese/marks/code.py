r"""Marks as literals of code and data: `"dau": "TỐI MẬT"`, `dau=[MẬT]`, `\textbf{TỐI MẬT}`, `<b>MẬT</b>`, `echo TỐI MẬT`.

Prose quotes the stamps in the same signs, so the rest of the line decides: outside its literals code has only plain
ASCII names, right beside the sign that opens the literal is another sign or a command, and a list that names two
levels is a list of options.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from gateway.vietnamese.marks.hits import Hit, Strength, most_severe
from gateway.vietnamese.marks.name_words import GOODS_AND_ORGANS
from gateway.vietnamese.marks.words import LEVEL_WORDS, URGENCY, bare, level_of, stamped_level
from gateway.vietnamese.normal import canonical, run_together

_URGENT: Final = "(?:(?:hoa toc|thuong khan|khan)[\\W_]{1,3})?"
_LITERAL: Final = re.compile(
    rf"(?P<open>[\"'`\[{{>=;])[ *_]{{0,4}}{_URGENT}{LEVEL_WORDS}[ *_]{{0,4}}(?:[\W_]{{1,3}}(?:{URGENCY}))?(?P<close>[\"'`\]}}<;,]|$)"
)
_COMMAND: Final = re.compile(
    rf"^[\W_]{{0,4}}(?:rem|echo|say|puts|print|title|msg|set)\s[\W_]{{0,4}}{LEVEL_WORDS}[\W_]{{0,4}}$"
)
_PAIRS: Final = {'"': '"', "'": "'", "`": "`", "[": "]", "{": "}", ">": "<", "=": ";,", ";": ";"}
_SIGN_BEFORE: Final = re.compile(
    r"(?:[=:(,\[{>+!|;]\s*|\\[A-Za-z]{2,24}\*?\s?|;K|(?:^|[^A-Za-z])(?:echo|puts|print|printf|say|title|msgstr|msgid|return|set)\s+|^\s*)$"
)
_NAME_BEFORE: Final = re.compile(r"[A-Za-z0-9_\])]\s?$")
_OTHERS: Final = re.compile(
    r"\"[^\"\n]{0,2000}\"|'[^'\n]{0,2000}'|`[^`\n]{0,2000}`|\{[^{}\n]{0,2000}\}|>[^<>\n]{0,2000}<|//.*|#.*"
)
_STRING: Final = re.compile(r"([\"'`>])(?P<words>[a-z ]{2,20})(?=\1|<)")
_SOLD: Final = re.compile(
    r"(?<![a-z])(?:(?:mat|sap|sua) ong|phan hoa|ten hang|don gia)(?![a-z])|^[\W\d]*gia(?: ban)?\s*:"
    r"|^\W*\d[\d.,]* ?(?:lit|ml|chai|hu|lo)\W*$"
)
_LEVELS: Final = re.compile(LEVEL_WORDS)
_AROUND: Final = 300
"""Characters on each side that tell code from prose, where a line is very long."""
_PIECE: Final = 8000
_MOST: Final = 40


def may_be_coded(plain: str) -> bool:
    """Return whether a bare line has a level in the signs of code at all."""
    return _LITERAL.search(plain) is not None or _COMMAND.match(plain) is not None


def coded_hit(line: str) -> Hit | None:
    """Return the most severe hit of a line however long it is; data in one line can be a whole export."""
    starts = range(0, len(line), _PIECE)
    pieces = (canonical(line[max(0, start - _AROUND) : start + _PIECE + _AROUND]) for start in starts)
    return most_severe(hit for piece in pieces for hit in _coded(piece))


def _coded(text: str) -> Iterator[Hit | None]:
    """Yield the levels that commands and literals of code or data hold, doubtful by their nature; none in prose."""
    plain = bare(text)
    if (command := _COMMAND.match(plain)) is not None:
        yield _capitals(text, command)
    for found in islice(_LITERAL.finditer(plain), _MOST):
        if found["close"] not in _PAIRS[found["open"]] or (not found["close"] and found["open"] != "="):
            continue
        start, end = max(0, found.start() - _AROUND), found.end() + _AROUND
        before, after = text[start : found.start()], text[found.end() : end]
        if not _is_code(before, found["open"], after):
            continue
        hit = _capitals(text, found)
        if hit is None:
            continue
        if len({level["level"][:2] for level in _LEVELS.finditer(plain[start:end])}) > 1:
            hit = hit._replace(strength=Strength.NOTED, form="options")
        yield hit


def names_goods(plains: Iterable[str]) -> bool:
    """Return whether bare lines name honey, a price, or in literals goods or organs: "mật" among them is honey or the gall."""
    return any(
        _SOLD.search(plain) or any(run_together(words) in GOODS_AND_ORGANS for _, words in _STRING.findall(plain))
        for plain in plains
    )


def other_levels(plains: Iterable[str], hit: Hit) -> bool:
    """Return whether lines beside a literal name another level: the table of a program that knows them all."""
    for plain in plains:
        for found in _LEVELS.finditer(plain):
            if level_of(run_together(found["level"])) is not hit.level:
                return True
    return False


def _is_code(before: str, opened: str, after: str) -> bool:
    outside = _OTHERS.sub(" ", before + "\n" + after)
    if not all(letter.isascii() for letter in outside if letter.isalpha()):
        return False
    if opened == "=":
        return _NAME_BEFORE.search(before) is not None and not after.strip(" ;,\"'")[:1].isalpha()
    if opened == ";":
        return True
    if opened == ">":
        return after[-1:] != "" or before != ""
    if opened == "[" and not before.strip():
        return False  # brackets at the head of a line are judged as such
    return _SIGN_BEFORE.search(before) is not None


def _capitals(text: str, found: re.Match[str]) -> Hit | None:
    level = stamped_level(text, found)
    return Hit(level, Strength.SUSPECTED, "literal", exposed=True) if level is not None else None
