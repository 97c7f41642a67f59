"""Code tables of the Vietnamese 8-bit and seven-bit encodings that came before Unicode (TCVN 6909:2001).

Each table maps a *legacy form*, written as the Latin-1 characters of its bytes, to the precomposed Unicode letter it
stands for. Single-byte charsets have one character in a form, VNI, BK HCM 2, CP1258 and VIQR one to three.

Sources: TCVN 5712:1993 VN1/VN3, RFC 1456 (VISCII, VIQR), Microsoft code page 1258; VNI, VPS and BK HCM 2 from the
letter charts of their fonts. The tests compare TCVN 5712-1, VISCII and CP1258 with iconv byte by byte.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

GRAVE: Final = "\u0300"
ACUTE: Final = "\u0301"
CIRCUMFLEX: Final = "\u0302"
TILDE: Final = "\u0303"
HOOK: Final = "\u0309"
DOT: Final = "\u0323"
TONES: Final = (GRAVE, ACUTE, HOOK, TILDE, DOT)
"""In the order huyền, sắc, hỏi, ngã, nặng."""


class Charset(Enum):
    """An encoding of Vietnamese letters."""

    UNICODE = "unicode"
    TCVN3 = "tcvn3"
    """TCVN 5712 (ABC), fonts `.VnTime`; capital fonts `.VnTimeH` store lower case."""
    VNI = "vni"
    """VNI Windows, fonts `VNI-Times`: base letter and mark are two characters."""
    VPS = "vps"
    VISCII = "viscii"
    CP1258 = "cp1258"
    """Windows code page 1258 shown as 1252: tones are characters of their own."""
    BKHCM2 = "bkhcm2"
    """Đại học Bách khoa TP. HCM, two-byte variant."""
    VIQR = "viqr"
    """RFC 1456 mnemonics in ASCII."""


def _compose(letters: str) -> str:
    return unicodedata.normalize("NFC", letters)


def _single(high: str, low: str = "") -> dict[str, str]:
    """Read a chart: `high` holds the letters of 0x80-0xFF in order (`·` = not a letter), `low` pairs like `02Ẳ`."""
    cells = high.split()
    table = {chr(0x80 + offset): letter for offset, letter in enumerate(cells) if letter != "·"}
    table.update({chr(int(item[:2], 16)): item[2:] for item in low.split()})
    return table


# Rows of sixteen, 0x80 to 0xFF. The tones of VN1 that combine (0xB0-0xB4) are in no font and stay out.
_TCVN3 = _single(
    """À Ả Ã Á Ạ Ặ Ậ È Ẻ Ẽ É Ẹ Ệ Ì Ỉ Ĩ
       Í Ị Ò Ỏ Õ Ó Ọ Ộ Ờ Ở Ỡ Ớ Ợ Ù Ủ Ũ
       · Ă Â Ê Ô Ơ Ư Đ ă â ê ô ơ ư đ Ằ
       · · · · · à ả ã á ạ Ẳ ằ ẳ ẵ ắ Ẵ
       Ắ Ầ Ẩ Ẫ Ấ Ề ặ ầ ẩ ẫ ấ ậ è Ể ẻ ẽ
       é ẹ ề ể ễ ế ệ ì ỉ Ễ Ế Ồ ĩ í ị ò
       Ổ ỏ õ ó ọ ồ ổ ỗ ố ộ ờ ở ỡ ớ ợ ù
       Ỗ ủ ũ ú ụ ừ ử ữ ứ ự ỳ ỷ ỹ ý ỵ Ố""",
    "01Ú 02Ụ 04Ừ 05Ử 06Ữ 11Ứ 12Ự 13Ỳ 14Ỷ 15Ỹ 16Ý 17Ỵ",
)
_VISCII = _single(
    """Ạ Ắ Ằ Ặ Ấ Ầ Ẩ Ậ Ẽ Ẹ Ế Ề Ể Ễ Ệ Ố
       Ồ Ổ Ỗ Ộ Ợ Ớ Ờ Ở Ị Ỏ Ọ Ỉ Ủ Ũ Ụ Ỳ
       Õ ắ ằ ặ ấ ầ ẩ ậ ẽ ẹ ế ề ể ễ ệ ố
       ồ ổ ỗ Ỡ Ơ ộ ờ ở ị Ự Ứ Ừ Ử ơ ớ Ư
       À Á Â Ã Ả Ă ẳ ẵ È É Ê Ẻ Ì Í Ĩ ỳ
       Đ ứ Ò Ó Ô ạ ỷ ừ ử Ù Ú ỹ ỵ Ý ỡ ư
       à á â ã ả ă ữ ẫ è é ê ẻ ì í ĩ ỉ
       đ ự ò ó ô õ ỏ ọ ụ ù ú ũ ủ ý ợ Ữ""",
    "02Ẳ 05Ẵ 06Ẫ 14Ỷ 19Ỹ 1EỴ",
)
_VPS = _single(
    """À Ả Ã Ấ Ầ Ẩ ọ ỗ Ă ế ề ể ệ Ắ Ằ Ẳ
       Ế · · Ề Ể Ễ Ố Ồ Ổ Ỗ ý ỷ ỵ Ớ Ờ Ở
       · ắ ằ ẳ ẵ ặ Ỡ ớ Ù ờ ở ỡ Ũ Ứ ợ Ừ
       ổ Ử Ỳ Ỹ Í Ì ộ Ỉ Ĩ Ó ử ữ Ò Ỏ Õ ự
       ầ Á Â ấ ẩ ẫ ậ đ ẻ É Ê ẹ ỉ ễ ị ỹ
       Ư Ủ ồ ố Ô ỏ ơ È ừ ứ Ú ũ ư Ý Ẻ ·
       à á â ã ả ạ ă · è é ê ẽ ì í · ĩ
       Ẵ Đ ò ó ô õ · Ơ ụ ù ú ủ · Ỷ Ẽ ỳ""",
    "02Ạ 03Ậ 04Ặ 05Ẹ 06Ệ 10Ị 11Ọ 12Ộ 13Ợ 14Ụ 15Ự 19Ỵ 1CẪ 1DỮ",
)


def _toned(base: str, form: str, marks: str) -> Iterator[tuple[str, str]]:
    """Yield the toned letters of `base`; `marks` are the characters of the tones in the order of `TONES`, the last may lack."""
    for tone, mark in zip(TONES, marks, strict=False):
        yield form + mark, _compose(base + tone)


def _both_cases(pairs: Iterator[tuple[str, str]]) -> dict[str, str]:
    """Add the capital of every small letter; a capital base may carry a small mark, as typists leave it."""
    table: dict[str, str] = {}
    for form, letter in pairs:
        table[form] = letter
        table[form.upper()] = letter.upper()
        if len(form) == 2 and form[0].isascii():
            table[form[0].upper() + form[1]] = letter.upper()
            table.setdefault(form[0] + form[1].upper(), letter)
    return table


def _vni_pairs() -> Iterator[tuple[str, str]]:
    plain, circumflex, breve = "øùûõï", "àáåãä", "èéúüë"
    for vowel in "aeou":
        yield from _toned(vowel, vowel, plain)
    yield from _toned("y", "y", plain[:4])
    for vowel in "aeo":
        yield vowel + "â", _compose(vowel + CIRCUMFLEX)
        yield from _toned(vowel + CIRCUMFLEX, vowel, circumflex)
    yield "aê", "ă"
    yield from _toned("ă", "a", breve)
    for form, letter in (("ô", "ơ"), ("ö", "ư")):
        yield form, letter
        yield from _toned(letter, form, plain)
    yield from zip("ìíæóòîñ", "ìíỉĩịỵđ", strict=True)
    yield from (("iø", "ì"), ("iù", "í"), ("yï", "ỵ"))  # typed so where the own letter was not known


def _bkhcm2_pairs() -> Iterator[tuple[str, str]]:
    plain, circumflex, breve = "âáãäå", "ìëíîå", "çæèéå"
    for vowel in "aeouy":
        yield from _toned(vowel, vowel, plain)
    for form, letter in (("ê", "â"), ("ï", "ê"), ("ö", "ô")):
        yield form, letter
        yield from _toned(letter, form, circumflex)
    yield "ù", "ă"
    yield from _toned("ă", "ù", breve)
    for form, letter in (("ú", "ơ"), ("û", "ư")):
        yield form, letter
        yield from _toned(letter, form, plain)
    yield from zip("òñóôõà", "ìíỉĩịđ", strict=True)


def _cp1258_pairs() -> Iterator[tuple[str, str]]:
    """The tones are Ì ì Ò Þ ò whatever the case; Ă Â Ê Ô Ơ Ư Đ are at ã â ê ô õ ý ð."""
    forms = {"a": "a", "e": "e", "i": "i", "o": "o", "u": "u", "y": "y"}
    forms |= {"ă": "ã", "â": "â", "ê": "ê", "ô": "ô", "ơ": "õ", "ư": "ý"}
    for letter, form in forms.items():
        for base, shown in ((letter, form), (letter.upper(), form.upper())):
            if base != shown:
                yield shown, base
            yield from _toned(base, shown, "ÌìÒÞò")
    yield from (("ð", "đ"), ("Ð", "Đ"))


def _viqr_pairs() -> Iterator[tuple[str, str]]:
    vowels = {"a": "a", "e": "e", "i": "i", "o": "o", "u": "u", "y": "y"}
    vowels |= {"ă": "a(", "â": "a^", "ê": "e^", "ô": "o^", "ơ": "o+", "ư": "u+"}
    for letter, form in vowels.items():
        if letter != form:
            yield form, letter
        yield from _toned(letter, form, "`'?~.")
    yield "dd", "đ"


TABLES: Final[Mapping[Charset, Mapping[str, str]]] = MappingProxyType(
    {
        Charset.TCVN3: MappingProxyType(_TCVN3),
        Charset.VNI: MappingProxyType(_both_cases(_vni_pairs())),
        Charset.VPS: MappingProxyType(_VPS),
        Charset.VISCII: MappingProxyType(_VISCII),
        Charset.CP1258: MappingProxyType(dict(_cp1258_pairs())),
        Charset.BKHCM2: MappingProxyType(_both_cases(_bkhcm2_pairs())),
        Charset.VIQR: MappingProxyType(_both_cases(_viqr_pairs())),
    }
)
"""Legacy form (Latin-1 characters of its bytes) to letter, for every charset but Unicode."""


CP1252_CHARACTERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        bytes([byte]).decode("cp1252"): chr(byte)
        for byte in range(0x80, 0xA0)
        if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
    }
)
"""Characters of Windows-1252 for 0x80-0x9F to those of Latin-1, for bytes that a reader decoded as Windows-1252."""
