"""Font names: families under all their spellings, Times New Roman, legacy Vietnamese fonts, symbol fonts.

One family has many names: `ABCDEF+TimesNewRomanPS-BoldMT`, `Times New Roman,Bold`, `Times New Roman (Vietnamese)`.
Names are compared by `family_key`; nothing here looks into a font file.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from gateway.vietnamese.legacy_tables import Charset

_SUBSET: Final = re.compile(r"^(?:[A-Z]{6}\+)+")
_STYLE_WORDS: Final = [
    "boldoblique", "bolditalic", "boldita", "semibold", "demibold", "extrabold", "ultrabold", "bold", "italic",
    "oblique", "regular", "normal", "roman", "medium", "light", "thin", "black", "heavy",
]  # fmt: skip
_STYLE_TAIL: Final = re.compile(rf"[\s,\-_]*(?:{'|'.join(_STYLE_WORDS)}|psmt|ps|mt)\d*$", re.IGNORECASE)
_SCRIPT_TAIL: Final = re.compile(
    r"\s*(?:\((?:vietnamese|arabic|hebrew|thai|body|headings?|body cs|headings cs|body asian|headings asian|ttf)\)"
    r"|\s(?:ce|cyr|greek|tur|baltic))$",
    re.IGNORECASE,
)
_MAKER_TAIL: Final = re.compile(r"(?:-Identity-[HV]|-WinCharSet[0-9A-F]{4}(?:-[HV])?|-\d{1,10})$")
"""Suffixes that producers of PDF add to a font name: the character map, or a number for a second copy."""
_TIMES_ROOT: Final = "timesnewroman"


class LegacyFont(NamedTuple):
    """Decoding of the bytes of a legacy font."""

    charset: Charset
    capitals: bool = False
    """A capital font: stores small letters, shows capitals (`.VnTimeH`)."""


def base_name(font: str) -> str:
    """Return the family as people know it: without subset prefix, quotes, fallbacks, script tails and style words."""
    name = _MAKER_TAIL.sub("", _SUBSET.sub("", font.strip().lstrip("@").strip("\"' ")))
    # CSS gives a list of fallbacks, so does LibreOffice in DOCX, PDF a style after a comma: the family is first.
    name = re.split("[,;]", name, maxsplit=1)[0].strip("\"' ")
    name = _SCRIPT_TAIL.sub("", name)
    while (shorter := _STYLE_TAIL.sub("", name)) != name and shorter:
        if re.sub(r"[\s_\-]+", "", shorter.lower()) == "timesnew":
            break  # "Roman" is part of this family, not its style
        name = shorter
    return name.strip()


@lru_cache(maxsize=2048)
def family_key(font: str) -> str:
    """Return the name to compare families by: lower case, no blanks, hyphens or underscores."""
    return re.sub(r"[\s_\-]+", "", base_name(font).lower())


@lru_cache(maxsize=2048)
def is_times_new_roman(font: str, stand_ins: frozenset[str] = frozenset()) -> bool:
    """Return whether the font is Times New Roman, or one of the configured stand-ins (as `family_key`)."""
    key = family_key(font)
    return key in (_TIMES_ROOT, "timesnewromanps") or key in stand_ins


_SIGNS: Final = re.compile(
    r"wingdings|webdings|dingbat|marlett|mtextra|monotypesorts|(?:^|bookshelf|standard|euclid)symbol|msoutlook"
)
"""Fonts that show a sign for each letter of ASCII."""
_SYMBOLS: Final = re.compile(
    r"symbol|cambriamath|mathtype|emoji|fontawesome|materialicons|euclid(?:extra|math)|stixmath|xitsmath|asanamath"
    r"|msreference|cm(?:sy|mi|ex)\d|msam|msbm"
)


@lru_cache(maxsize=2048)
def is_symbol(font: str) -> bool:
    """Return whether the font holds signs, not letters: bullets, dingbats, equations."""
    return shows_signs(font) or _SYMBOLS.search(family_key(font)) is not None


@lru_cache(maxsize=2048)
def shows_signs(font: str) -> bool:
    """Return whether the letters of ASCII are signs in a font: `v` of Wingdings is a bullet."""
    return _SIGNS.search(family_key(font)) is not None


_LEGACY: Final = (
    # Dotted names are the ABC set of TCVN 5712; VNtime is Vietkey's.
    (
        re.compile(
            r"\.vn|vn(?:time|arial|avant|book|centuri|cooper|courier|exotic|gothic|helvet|lucida|monotype|teknical"
            r"|univer|vogue|aristote|bahama|bodoni|clarendon|commerc)|tcvn|abcvn"
        ),
        Charset.TCVN3,
    ),
    (re.compile(r"vni"), Charset.VNI),
    (re.compile(r"vps"), Charset.VPS),
    (re.compile(r"bkhcm|bk2"), Charset.BKHCM2),
    (re.compile(r"viscii"), Charset.VISCII),
)
_VISCII_SPACED: Final = re.compile(r"^VI[\s\-_][A-Z]", re.IGNORECASE)
_CAPITAL_LOWER: Final = frozenset(
    [".vntimeh", ".vnarialh", ".vnavanth", ".vnbookantiquah", ".vnarialnarrowh", ".vncourierh"]
)


@lru_cache(maxsize=2048)
def legacy_font(font: str) -> LegacyFont | None:
    """Return what a legacy Vietnamese font makes of its bytes, None for every other font."""
    name = base_name(font)
    key = re.sub(r"[\s_\-]+", "", name.lower())
    if _VISCII_SPACED.match(name):
        return LegacyFont(Charset.VISCII)
    for pattern, charset in _LEGACY:
        if pattern.match(key):
            capitals = charset is Charset.TCVN3 and (
                key in _CAPITAL_LOWER or re.search(r"[a-z0-9 ]H$", name) is not None
            )
            return LegacyFont(charset, capitals)
    return None
