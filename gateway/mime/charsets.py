"""Charset labels of mail to text (RFC 2978), for honest labels, wrong labels and none.

Only codecs of a closed table are used: a label comes from a stranger, and Python knows codecs that cost quadratic time.
No function here raises for any input. Results never hold surrogates, so they can cross the process wall.
"""

from __future__ import annotations

import binascii
import codecs
import re
import string
import unicodedata

_CODECS = {
    "utf-8": ("utf-8", "utf8", "unicode-1-1-utf-8", "utf-8-mac"),
    "ascii": ("us-ascii", "ascii", "ansi_x3.4-1968", "iso646-us", "7bit"),
    "utf-16": ("utf-16", "ucs-2", "unicode"),
    "utf-16-le": ("utf-16le", "utf-16-le"),
    "utf-16-be": ("utf-16be", "utf-16-be"),
    "utf-32": ("utf-32",),
    "utf-32-le": ("utf-32le", "utf-32-le"),
    "utf-32-be": ("utf-32be", "utf-32-be"),
    "utf-7": ("utf-7", "unicode-1-1-utf-7", "utf7"),
    "cp1258": ("windows-1258", "cp1258", "x-cp1258"),
    "cp1252": ("windows-1252", "cp1252", "iso-8859-1", "iso8859-1", "latin1", "latin-1", "ansi", "x-ansi", "8bit"),
    **{f"cp125{number}": (f"windows-125{number}", f"cp125{number}") for number in (0, 1, 3, 5, 6, 7)},
    "cp1254": ("windows-1254", "cp1254", "iso-8859-9"),
    "cp874": ("windows-874", "tis-620", "iso-8859-11"),
    **{f"iso8859-{number}": (f"iso-8859-{number}",) for number in (2, 3, 4, 5, 6, 7, 10, 13, 14, 16)},
    "iso8859-8": ("iso-8859-8", "iso-8859-8-i"),
    "iso8859-15": ("iso-8859-15", "latin-9"),
    "koi8-r": ("koi8-r",),
    "koi8-u": ("koi8-u",),
    "gb18030": ("gb18030", "gb2312", "gbk", "hz-gb-2312", "x-gbk", "cp936", "euc-cn"),
    "big5": ("big5", "big5-hkscs", "cp950"),
    "cp932": ("shift_jis", "shift-jis", "sjis", "x-sjis", "cp932", "windows-31j"),
    "euc_jp": ("euc-jp", "eucjp"),
    "iso2022_jp": ("iso-2022-jp", "iso-2022-jp-1", "iso-2022-jp-2", "csiso2022jp"),
    "cp949": ("euc-kr", "ks_c_5601-1987", "ks_c_5601", "cp949", "uhc"),
    "iso2022_kr": ("iso-2022-kr",),
    "cp437": ("ibm437", "cp437"),
    "cp850": ("ibm850", "cp850"),
    "cp866": ("ibm866", "cp866"),
    "mac_roman": ("macintosh", "mac", "x-mac-roman"),
}
_BY_LABEL = {label: codec for codec, labels in _CODECS.items() for label in labels}
_SURROGATES = re.compile("[\ud800-\udfff]")
_UTF7_SHIFT = re.compile(r"\+([A-Za-z0-9+/]*)-?")
_LETTERS = string.ascii_letters.encode()
_HIGH = bytes(range(128, 256))
_FEW_HIGH = 4
_MARKS = re.compile("[̀-̣]")


for _name in _CODECS:
    codecs.lookup(_name)  # now: the children that parse messages in messages have no file access


def codec_of(label: str) -> str | None:
    """Return Python's codec for a charset label, None when the label is not known here."""
    return _BY_LABEL.get(label.strip().strip("\"'").lower())


def decode(data: bytes, label: str | None) -> str:
    """Return the text of `data` by its label when that works, else by what the bytes look like; U+FFFD where it is unknown."""
    codec = codec_of(label) if label else None
    if codec is None or codec == "ascii":
        return "\N{REPLACEMENT CHARACTER}" * len(data) if label and codec is None and is_foreign(data) else guess(data)
    try:
        text = data.decode(codec)
    except (UnicodeError, ValueError):
        if codec == "utf-7":  # all of it is ASCII, which proves nothing
            return clean(_lenient_utf7(data))
        # A wrong or cut sequence: what the label can say, unless the bytes are sound UTF-8 after all.
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode(codec, "replace")
    return clean(text)


def _lenient_utf7(data: bytes) -> str:
    """Return UTF-7 whose shifts end where their last whole letter does (RFC 2152 wants a `-` before Base64 letters)."""

    def letters(found: re.Match[str]) -> str:
        digits = found[1]
        units = len(digits) * 6 // 16
        used = -(-units * 16 // 6)
        octets = binascii.a2b_base64(digits[:used] + "A" * (-used % 4))[: 2 * units]
        return octets.decode("utf-16-be", "replace") + digits[used:] if digits else "+"

    return _UTF7_SHIFT.sub(letters, data.decode("ascii", "replace"))


# Every byte of ASCII that a text may hold, and the escapes with which ISO 2022 leaves it.
_ASCII = bytes(range(28, 127)) + b"\x1b$B%F\x1b(B"


def keeps_ascii(label: str) -> bool:
    """Return whether a known charset reads the bytes of ASCII as ASCII, so that a reader that does not know it does, too."""
    codec = codec_of(label)
    try:
        return codec is not None and _ASCII.decode(codec) == _ASCII.decode("ascii")
    except (UnicodeError, ValueError):
        return False


def is_foreign(data: bytes) -> bool:
    """Return whether bytes of a charset that is not known here are written without the letters of ASCII, as in EBCDIC."""
    high = len(data) - len(data.translate(None, _HIGH))
    letters = len(data) - len(data.translate(None, _LETTERS))
    return high >= _FEW_HIGH and high > 3 * letters and not is_utf8(data)


def is_utf8(data: bytes) -> bool:
    """Return whether bytes are sound UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def guess(data: bytes) -> str:
    """Return the text of unlabelled bytes.

    UTF-8, else Windows-1258 where its tone marks find their vowels, else Windows-1252, in which the old Vietnamese
    8-bit codes stay recognisable.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return vietnamese(data) or western(data)


def vietnamese(data: bytes) -> str | None:
    """Return `data` as Windows-1258 in NFC, None when that is not what it is."""
    try:
        text = unicodedata.normalize("NFC", data.decode("cp1258"))
    except UnicodeDecodeError:
        return None
    return None if _MARKS.search(text) else text


def western(data: bytes) -> str:
    """Return `data` as Windows-1252, its undefined bytes as the C1 controls of ISO 8859-1."""
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def clean(text: str) -> str:
    """Return `text` with lone surrogates replaced by U+FFFD."""
    return _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text) if not text.isascii() else text
