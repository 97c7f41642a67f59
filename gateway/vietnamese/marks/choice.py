"""Forms that offer the levels: check boxes, and lists with nothing struck out.

`☐ Mật ☐ Tối mật` says nothing until a box is ticked, and `Độ mật (Mật/Tối mật/Tuyệt mật)` is the head of a blank form.
A round or black square is a tick only beside empty ones; elsewhere it is the bullet of a list.
"""

from __future__ import annotations

import re
from typing import Final

from gateway.vietnamese.marks.hits import Hit, Strength
from gateway.vietnamese.marks.words import LEVEL_WORDS, Level, Spelling, written_level
from gateway.vietnamese.normal import run_together

_TICKED: Final = "[xXvV*\u221a\u2022\u25cf\u2713-\u2718]"
_TICK: Final = (
    rf"[\u2611-\u2613\u2705\u2713-\u2718\u221a\u22a0\u229e\u24e5\u24e7\u274e\u2bbd\u2bbe\U0001f5f4-\U0001f5f9]"
    rf"|\[ ?{_TICKED} ?\]|\( ?{_TICKED} ?\)"
)
_BLACK: Final = r"[\u25a0\u25a3\u25c9\u25cf\u25fc\u26ab\u29bf\u2b1b\u2b24\U0001f518]"
EMPTY: Final = r"[\u2610\u25a1\u25a2\u25fb\u25ef\u25cb\u26aa\u274d\u274f-\u2752\u2b1c\u2b55\u2b58]|\[[ _\u25cb]{0,3}\]|\([ _\u25cb]{0,3}\)"
"""An empty check box."""
_BOX: Final = re.compile(f"(?P<tick>{_TICK})|(?P<black>{_BLACK})|(?P<empty>{EMPTY})")
_OPEN: Final = "(?<![a-z])(?P<open>thuong|khong mat|khong|cong khai|binh thuong)(?![a-z])"
OPTION: Final = re.compile(f"{LEVEL_WORDS}|{_OPEN}")
"""One value of a label: a level, or that there is none."""
_OFFERED: Final = re.compile(OPTION.pattern.replace("cong khai", "cong khai|noi bo"))
"""One of several levels in a list; beside a single one "nội bộ" takes nothing from it."""
_APART: Final = re.compile(r"[\s.:*_\-–]{0,4}")
_BETWEEN: Final = re.compile(
    r"[\s/,;|+\-–—()\[\]<>\u2010-\u2027\u2190-\u21ff\u2500-\u25ff\u2600-\u27bf]*(?:(?:hoac|va|hay)(?![a-z])|(?<![a-z0-9])[a-z0-9][.)\-: ])?"
    r"[\s/,;\[\]()\-\u2500-\u27bf]*"
)
_WORDS_BESIDE: Final = 60
"""Letters beside the options from which on a line is prose, not a form."""


def begins_ticked(text: str) -> bool:
    """Return whether a line begins with a tick."""
    return re.match(rf"\s*(?:{_TICK})", text) is not None


def begins_with_empty_box(text: str) -> bool:
    """Return whether a line begins with an empty box."""
    return re.match(rf"[^\w\[(]*(?:{EMPTY})", text) is not None


def begins_black(text: str) -> bool:
    """Return whether a line begins with a sign that is a tick among empty boxes and a bullet elsewhere."""
    return re.match(rf"\s*(?:{_BLACK})", text) is not None


def listed(between: str) -> bool:
    """Return whether what is between two values makes them options: a slash, a comma, "hoặc", a box, a number."""
    return len(between) <= 14 and _BETWEEN.fullmatch(between.replace("_", " ")) is not None


def choice_hit(text: str, plain: str) -> Hit | None:
    """Return what the boxes beside the levels of a line say, None where not every level has its box.

    A ticked level is marked. Boxes of which none is ticked, or one for no level, are options.
    In a line with other words one of several that is ticked is suspected.
    """
    if _BOX.search(text) is None:
        return None
    options = [found for found in OPTION.finditer(plain) if _is_option(text, plain, found)]
    boxes = _boxes_of(text, options)
    levels = [number for number, option in enumerate(options) if option["level"]]
    if not levels or not any(boxes.values()):
        return None
    empty = any(box is not None and box["empty"] for box in boxes.values())
    ticked = [n for n, box in boxes.items() if box is not None and (box["tick"] or (box["black"] and empty))]
    chosen = [_chosen(text, options[number]) for number in ticked if options[number]["level"]]
    best = max(chosen, key=lambda hit: hit.level.rank, default=None)
    outside = sum(letter.isalpha() for letter in text) - sum(len(option[0]) for option in options)
    if best is not None and outside <= _WORDS_BESIDE:
        return best
    if (empty or ticked) and all(boxes[number] is not None for number in levels):
        if best is not None and any((box := boxes[number]) is not None and box["empty"] for number in levels):
            return best._replace(strength=Strength.SUSPECTED)  # one of several was chosen
        level, spelling, _ = written_level(text, options[levels[0]])
        return Hit(level, Strength.NOTED, "options", spelling)
    return None


def _is_option(text: str, plain: str, found: re.Match[str]) -> bool:
    """Return whether a word is one to tick, neither the end of a label ("độ mật") nor the beginning of a word ("mật khẩu")."""
    if found["level"] and written_level(text, found)[1] is Spelling.OTHER_WORD:
        return False
    if _LABEL_WORD.search(plain, max(0, found.start() - _LABEL_LENGTH), found.start()):
        return False
    after = plain[found.end() :].lstrip(" \xa0*_")[:1]
    return (
        not after.isalnum()
        or plain[found.end() : found.end() + 2] == "  "
        or OPTION.match(plain, found.end() + 1) is not None
    )


def _boxes_of(text: str, options: list[re.Match[str]]) -> dict[int, re.Match[str] | None]:
    """Return the box of each option: all are before their words, or all behind, where more of them and nearer ones are."""
    sides: list[tuple[int, int, dict[int, re.Match[str] | None]]] = []
    for ahead in (True, False):
        found: dict[int, re.Match[str] | None] = dict.fromkeys(range(len(options)))
        apart = 0
        for number, option in enumerate(options):
            start, end = (options[number - 1].end() if number else 0), option.start()
            if not ahead:
                start, end = option.end(), (options[number + 1].start() if number + 1 < len(options) else len(text))
            boxes = list(_BOX.finditer(text, start, end))
            if boxes:
                box = boxes[-1 if ahead else 0]
                between = text[box.end() : end] if ahead else text[start : box.start()]
                if _APART.fullmatch(between):
                    found[number] = box
                    apart += len(between)
        sides.append((sum(box is not None for box in found.values()), -apart, found))
    return max(sides, key=lambda side: side[:2])[2]


def _chosen(text: str, option: re.Match[str]) -> Hit:
    level, spelling, _ = written_level(text, option)
    strength = Strength.MARKED if spelling is Spelling.EXACT else Strength.SUSPECTED
    return Hit(level, strength, "chosen-option", spelling)


_LABEL_WORD: Final = re.compile(r"(?<![a-z])(?:do|bao|bi|muc|cap|loai|giai|van ban|tai lieu|thong tin)[ \xa0]+$")
_LABELLED: Final = re.compile(r"(?:do|muc|cap|loai|dau)[\s_]*+(?:bao[\s_]*+)?mat[\s_]*+[:=\-–]?[\s_]*+[(\[]?[\s_]*+$")
_LABEL_LENGTH: Final = 40


def offers(plain: str) -> list[tuple[int, int]]:
    """Return where a bare text lists levels to choose from: all three, or two behind a label or beside "thường"."""
    chains: list[list[re.Match[str]]] = [[]]
    for option in _OFFERED.finditer(plain):
        if chains[-1] and not listed(plain[chains[-1][-1].end() : option.start()]):
            chains.append([])
        chains[-1].append(option)
    return [(chain[0].start(), chain[-1].end()) for chain in chains if _is_offer(plain, chain)]


def _is_offer(plain: str, chain: list[re.Match[str]]) -> bool:
    levels = {run_together(option["level"]) for option in chain if option["level"]}
    if len(levels) < 2:
        return False
    start = chain[0].start()
    return (
        len(levels) == len(Level) - 1
        or any(option["open"] for option in chain)
        or _LABELLED.search(plain[max(0, start - _LABEL_LENGTH) : start]) is not None
    )
