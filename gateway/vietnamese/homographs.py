"""Skeletons of addresses: two domains with one skeleton are confusable (UTS 39 §4).

A letter has two looks: a domain is written in capitals as well as in small letters, and the Cyrillic `н` is a Latin
`H` only as a capital. So a domain has two skeletons, and one in common is enough.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import islice
from typing import Final

from gateway.vietnamese.addresses import u_label
from gateway.vietnamese.confusables import ignorable, seen_as
from gateway.vietnamese.latin import unmarked

# Beside the letters that `seen_as` knows: digits and letters that pass for ASCII letters in a domain name.
_ALSO: Final = str.maketrans(
    {
        **dict.fromkeys("єз", "e"), **dict.fromkeys("ӏ1|", "l"), **dict.fromkeys("пηող", "n"), **dict.fromkeys("ωѡ", "w"),
        "0": "o", "þ": "p", "ց": "g", "5": "s", "×": "x", "ґ": "r", "ʍ": "m", "ɑ": "a", "հ": "h", "ғ": "f", "ӄ": "k", "ς": "c",
    }
)  # fmt: skip
# The lunate sigma is a C; Unicode decomposes it to the other sigma.
_LUNATE: Final = str.maketrans("ϲϹ", "cC")
_PART_OF_NAME: Final = re.compile(
    r"\s[-–—]+\s|[,;:|()\[\]\"“”_•·*<>~+=#]|(?<!đ)/|\s(?:thay mặt|thừa lệnh|thừa ủy quyền|on behalf of|qua|via)\s",
    re.IGNORECASE,
)
_SHORT: Final = {
    "ubnd": "uy ban nhan dan",
    "hdnd": "hoi dong nhan dan",
    "vp": "van phong",
    "q": "quan",
    "tp": "thanh pho",
    "hcm": "ho chi minh",
    "tphcm": "thanh pho ho chi minh",
    "va": "",
}
_WORD: Final = re.compile(r"[^\W_]+")
_LOOSE_DOT: Final = re.compile(r"\s{0,3}[.。]\s{0,3}|\sdot\s|\s?[(\[]dot[)\]]\s?", re.IGNORECASE)
# `x@domain` in all the ways in which a display name writes it for people (`@`, ` @ `, `(at)`, `[a]`, ` at `), and a domain alone.
_DOMAIN: Final = re.compile(
    r"(?:@|[(\[{]\s?(?:at|a|@)\s?[)\]}]|\sat\s)\s?([^\s<>()\[\]\",;:@]{3,253})"
    r"|(?<![^\s<>()\[\]{}\"'“‘,;:/|])([^\s<>()\[\]{}\"“”,;:@/.]{1,63}(?:\.[^\s<>()\[\]{}\"“”,;:@/.]{1,63}){1,8})",
    re.IGNORECASE,
)
_TOP_LEVEL: Final = frozenset({"vn", "com", "net", "org", "info"})
"""Last labels by which words with dots are a domain, not an abbreviation."""
MANY_DOMAINS: Final = 20
"""No honest name shows so many addresses; the rest is not compared."""
_LONGEST_SYLLABLE: Final = len("nghieng")
# Titles before a name: Ông, ThS., Chánh Văn phòng. No word that is a surname too (Chu, Cao).
_TITLE: Final = re.compile(
    r"(?:(?:ong|ba|anh|chi|thay|d c|dc|dong chi|ths|ts|ks|bs|cn|cki|ckii|pgs|gs|mr|mrs|ms|tm|kt|tl|tuq|can bo|chuyen vien"
    r"|lanh dao|thu truong|truc ban|bo phan|truong(?= cong an)"
    r"|(?:pho )?(?:chanh van phong|truong phong|giam doc|chu tich|bi thu)) )+"
)
_IN_CITY: Final = re.compile(r" (?:quan|huyen|phuong|xa) ")
"""What the name of a unit has that needs no name of its city behind it."""
# A Latin letter with a stroke, a hook, a curl is the letter to the eye.
_UNIT: Final = re.compile(
    r"\s*(?:phòng|văn phòng|sở|ban|chi cục|trung tâm|trường|đội|công an|ủy ban|uỷ ban|ubnd)(?!\w)", re.IGNORECASE
)
"""Beginning of the name of a unit."""
_WITH: Final = re.compile(r"LATIN (?:SMALL|CAPITAL) LETTER (?:SCRIPT |DOTLESS |LONG |OPEN )?([A-Z])(?: WITH .*)?")


@lru_cache(maxsize=1024)
def skeletons(domain: str) -> frozenset[str]:
    """Return what a domain looks like, in small letters and in capitals."""
    letters = shown(domain)
    return frozenset(map(_merged, (letters, "".join(map(_capital, shown_labels(domain))))))


def shown(text: str) -> str:
    """Return the ASCII letters that a text looks like in small letters; what looks like none stays."""
    return "".join(map(_small, shown_labels(text)))


def name_keys(name: str) -> frozenset[str]:
    """Return what a display name and its parts (`Lan - Phòng Nội vụ`) look like, without marks, case and signs; for comparison.

    Each also without blanks, as `NguyễnVănAn` and `N g u y ễ n` are read, and without titles (`Ông Nguyễn Văn An`). A
    single syllable names no one.
    """
    plain = "".join(letter for letter in unicodedata.normalize("NFKC", name) if not ignorable(letter))
    written = [_WORD.findall(shown(part)) for part in {plain, *_PART_OF_NAME.split(plain)}]
    found = written + [" ".join(_SHORT.get(word, word) for word in words).split() for words in written]
    joined = ("".join(words) for words in found)
    whole = {" ".join(words) for words in found if len(words) > 1}
    whole |= {key.removesuffix(" ho chi minh").removesuffix(" thanh pho") for key in whole if _IN_CITY.search(key)}
    titled = ((key, _TITLE.match(key)) for key in whole)
    whole |= {rest for key, title in titled if title is not None and " " in (rest := key[title.end() :])}
    return frozenset(whole | {key for key in joined if len(key) > _LONGEST_SYLLABLE})


def unit_keys(name: str) -> frozenset[str]:
    """Return the keys of the name of a unit, of its beginning and of units within it; "Kế hoạch" behind a dash names no unit."""
    first, *rest = _PART_OF_NAME.split(name)
    parts = (_PART_OF_NAME.sub(" ", name), first, *filter(_UNIT.match, rest))
    return frozenset().union(*map(name_keys, parts))


def shown_domains(name: str) -> list[str]:
    """Return the domains that a display name shows, of addresses or alone, in their order; one more than `MANY_DOMAINS` at most."""
    plain = unicodedata.normalize("NFKC", name)
    texts = dict.fromkeys((plain, _LOOSE_DOT.sub(".", plain)))  # people read `a@b .vn` and `a at b dot vn` as `a@b.vn`
    found = (
        domain
        for text in texts
        for match in _DOMAIN.finditer(text)
        if "." in (looks := shown(domain := (match[1] or match[2]).strip(".'`’").lower()))
        and (match[1] or looks.rpartition(".")[2] in _TOP_LEVEL)
    )
    return list(islice(dict.fromkeys(found), MANY_DOMAINS + 1))


def shown_labels(text: str) -> str:
    """Return a text in small letters with its A-labels as letters."""
    labels = text.lower().split(".")
    return ".".join(u_label(label) if label.startswith("xn--") else label for label in labels).translate(_LUNATE)


def _merged(letters: str) -> str:
    """Return letters with those pairs joined that look like one."""
    return letters.replace("rn", "m").replace("vv", "w").replace("cl", "d").replace("i", "l")


@lru_cache(maxsize=4096)
def _small(letter: str) -> str:
    """Return the small letter that a letter looks like."""
    if letter.isascii():
        return letter.translate(_ALSO)
    plain = unmarked(letter)
    if plain.translate(_ALSO) != plain:
        return plain.translate(_ALSO)
    return "".join(map(_named, _seen(plain)))


@lru_cache(maxsize=4096)
def _capital(letter: str) -> str:
    """Return the capital that a letter looks like."""
    return letter.translate(_ALSO) if letter.isascii() else "".join(map(_named, _seen(letter.upper())))


def _seen(text: str) -> str:
    """Return what letters show as, without marks."""
    letters = "".join("" if ignorable(letter) else seen_as(letter) for letter in text).lower()
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).translate(_ALSO)


def _named(letter: str) -> str:
    """Return the letter in the Unicode name of a Latin letter."""
    match = None if letter.isascii() else _WITH.fullmatch(unicodedata.name(letter, ""))
    return match[1].lower() if match else letter


def one_edit_apart(one: str, other: str) -> bool:
    """Return whether one insertion, deletion, change or swap of neighbours makes one text of the other."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    shorter, longer = sorted((one, other), key=len)
    start = next((i for i, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    if len(shorter) != len(longer):
        return shorter[start:] == longer[start + 1 :]
    if shorter[start + 1 :] == longer[start + 1 :]:
        return True
    return shorter[start : start + 2] == longer[start : start + 2][::-1] and shorter[start + 2 :] == longer[start + 2 :]
