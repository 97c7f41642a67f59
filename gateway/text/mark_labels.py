"""Labels of secrecy and their values: "Độ mật: Tối mật", in any case; a list of options is none (S5)."""

from __future__ import annotations

import re
from typing import Final

from gateway.text.mark_hits import Hit, Look, Place, Strength
from gateway.text.mark_words import LEVEL_WORDS, Level, Spelling, written_level

CHECKED: Final = r"[\u2611\u2612\u2713\u2714\u2717\u2718\u25a0\u25cf\u25c9\u2b1b\uf0fe\uf052\uf0fc]|\[[xXvV\u2713]\]|\([xXvV\u2713]\)"
"""A box that somebody ticked."""
_LABEL: Final = re.compile(
    r"(?:(?:dau )?chi )?(?:muc |cap )?(?<![a-z])do (?:bao )?mat(?![a-z])|(?<![a-z])muc (?:do )?(?:bao )?mat(?![a-z])"
    r"|phan loai (?:do )?(?:bao )?mat(?![a-z])|(?P<open>phan loai(?: tai lieu| van ban| thong tin)?|(?:security )?classification)(?![a-z])|(?<![a-z])do[_-]mat(?![a-z])|(?<![a-z])domat(?![a-z])"
)
_LABEL_TAIL: Final = re.compile(
    r"(?:\s*\([^)\n]{0,60}\)|\s+(?:cua|van ban|tai lieu|ho so)(?: [a-z]+){0,4})?[\"'”’\])}>]{0,2}[ \xa0]*(?P<mark>[:=\uff1a]+|->|\bla\b|\t| [-–] |\.{2,}|…+|\|)?"
)
_OPTION: Final = re.compile(rf"{LEVEL_WORDS}|(?<![a-z])(?P<open>thuong|khong mat|khong|cong khai|binh thuong)(?![a-z])")
_AFTER_VALUE: Final = re.compile(
    r"\s*(?:$|[\n\t;,.)\]|}\"'”’»!?<]|\s[-–]|\s\s|\s*\(|\s*do (?:khan|bao mat)|\s*(?:thoi han|muc do|so (?:ky hieu|van ban|ban)?:|ngay|do khan|han ))"
)


def has_label(plain: str) -> bool:
    """Tell whether a bare line has a label of secrecy, filled in or not."""
    return _LABEL.search(plain) is not None


def label_line(text: str, plain: str, look: Look) -> Hit | None:
    """Find "Độ mật: Tối mật" in any case, and tell a filled label from one that lists its options (S5)."""
    best: Hit | None = None
    for label in _LABEL.finditer(plain):
        tail = _LABEL_TAIL.match(plain, label.end())
        if tail is None or tail["mark"] is None:
            continue
        if tail["mark"] == "la" and plain[: label.start()].strip(' \t-–•*+"“') and look.place is not Place.PROPERTY:
            continue  # prose: "... có độ mật là Mật"
        hit = _label_value(text, plain, tail.end())
        if hit is None:
            continue
        if label["open"] and (hit.level is Level.MAT or hit.strength is not Strength.MARKED):
            continue  # "phân loại: mật ong" sorts honey
        if best is None or hit.strength.rank > best.strength.rank:
            best = hit
    return best


def _label_value(text: str, plain: str, start: int) -> Hit | None:
    end = min((position for position in (plain.find("\n", start),) if position >= 0), default=len(plain))
    # The value may stand on the next line of the same block when nothing else is on this one.
    if not plain[start:end].strip(" \t.:"):
        start = end
        end = plain.find("\n", end + 1) if plain.find("\n", end + 1) >= 0 else len(plain)
    end = min(end, start + 160)
    window = plain[start:end]
    options = list(_OPTION.finditer(window))
    if not options:
        return None
    checked = [
        found
        for found in options
        if found["level"] and re.search(rf"(?:{CHECKED})\s*$", text[start : start + found.start()])
    ]
    if checked:
        found = checked[0]
        level, spelling, _ = written_level(text[start + found.start("level") : start + found.end("level")])
        return Hit(level, Strength.MARKED, "label", spelling) if spelling is Spelling.EXACT else None
    first = options[0]
    lead = window[: first.start()]
    if first["level"] is None or re.search(r"[a-z0-9]", lead):
        return None
    level, spelling, _ = written_level(text[start + first.start("level") : start + first.end("level")])
    if spelling is Spelling.OTHER_WORD:
        return None
    if len(options) > 1 and _listed(window[first.end() : options[1].start()]):
        return Hit(level, Strength.NOTED, "options", spelling)
    if re.search(
        r"[\u2610\u25a1\u25a2\u25fb\u25ef\u25cb\u2b1c\uf06f\uf0a8]|\[ ?\]", text[start : start + first.end() + 4]
    ):
        return Hit(level, Strength.NOTED, "options", spelling)
    if not _AFTER_VALUE.match(window, first.end()):
        return None
    if spelling is Spelling.EXACT:
        return Hit(level, Strength.MARKED, "label", spelling)
    return Hit(level, Strength.SUSPECTED, "label", spelling)


def _listed(between: str) -> bool:
    """Tell whether what stands between two values makes them options: a slash, a comma, "hoặc", a box."""
    return (
        len(between) <= 12
        and re.fullmatch(
            r"[\s/,;|+\-–()\[\]\u2010-\u2027\u2500-\u25ff\u2600-\u27bf\uf000-\uf0ff]*(?:hoac|va|hay)?[\s\[\]()\u2500-\u27bf\uf000-\uf0ff]*",
            between,
        )
        is not None
    )
