r"""Escaped characters of languages and protocols decoded: `\u1eac`, `%E1%BA%AC`, `\d{\^A}`, `U+1EAC`.

Source code, JSON, TeX, PostScript, addresses and pasted quoted-printable text spell Vietnamese letters in these ways.
`unescape` resolves all of them at once, which serves to find marks and never to show text to people; it is linear and
fails for no input.
"""

from __future__ import annotations

import binascii
import html
import re
import unicodedata
from collections.abc import Callable
from typing import Final

_SIGN: Final = re.compile(
    r"\\[uUxXN0-7'\"`^~.=dhvcHbkra-z]|\\[0-9A-F]{4}|%[0-9A-Fa-uU]|=[0-9A-F]{2}|=\?|&[#A-Za-z+]"
    r"|(?<=[Uu])\+[0-9A-Fa-f]{4}|\+" + (_SHIFTED := r"(?=[AB]|H[g-v]|I[A-P]|[/,][w-z0-9+/,]|2[A-P])[A-Za-z0-9+/,]{3}")
)
"""Each way begins with another sign, so that the search jumps from sign to sign; `U+1EAC` is found by its plus, and what
UTF-7 shifts by how the letters that count begin (`_LETTERS`): a sixtieth of what a plus begins in keys and certificates."""
_OCTETS: Final = re.compile(
    r"(?:\\[xX][0-9A-Fa-f]{2})+"  # C, Python
    r"|(?:\\[0-7]{3})+"  # C, PostScript, PDF
    r"|(?:%[0-9A-Fa-f]{2})+"  # RFC 3986
    r"|(?:=[0-9A-F]{2})+(?:=\r?\n(?:=[0-9A-F]{2})+)*"  # RFC 2045
    r"|(?:\\'[0-9A-Fa-f]{2})+"  # RTF
)
_SOFT_BREAK: Final = re.compile(r"(?<==[0-9A-F]{2})=\r?\n|(?<=\w)=\r?\n(?==[0-9A-F]{2}|\w)")
_LINE_BREAK: Final = re.compile(r"(?<!\\)(?:\\[rn])+")
"""Breaks of lines within a literal: a whole letter can be in one string of JSON."""
_POINTS: Final = re.compile(
    r"\\u(?P<rtf>[1-9][0-9]{2,4})(?:\?|\\'[0-9a-f]{2})|\\u\{(?P<braced>[0-9A-Fa-f]{2,6})\}|\\u(?P<four>[0-9A-Fa-f]{4})|\\U(?P<eight>[0-9A-Fa-f]{8})|\\x\{(?P<perl>[0-9A-Fa-f]{1,6})\}"
    r"|%[uU](?P<percent>[0-9A-Fa-f]{4})|\\N\{(?P<name>[A-Z0-9 \-]{5,80})\}"
    r"|\\(?P<css>(?=[A-Fa-f]*[0-9])[0-9A-Fa-f]{4,6})(?![0-9A-Fa-f]) ?"
)
_NAMED_POINTS: Final = re.compile(r"(?:(?:<[Uu]\+|[Uu]\+)([0-9A-Fa-f]{4,6})>?(?:[ ,;]{1,2}(?=<?[Uu]\+))?)+")
_POINT: Final = re.compile(r"[Uu]\+([0-9A-Fa-f]{4,6})")
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});?")
_UTF7: Final = re.compile(rf"[+&](?:({_SHIFTED}[A-Za-z0-9+/,]{{0,1997}})|[A-Za-z0-9+/,]{{3,2000}})-?")
_LETTERS: Final = re.compile("[\t\r\n -\u052f\u1e00-\u1eff\u2000-\u206f\uff01-\uff5e\U0001d400-\U0001d7ff]+")
"""Latin letters with their marks, and what looks like them; any other letter comes out of certificates and keys by chance."""
_ACCENTS: Final = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "h": "\u0309", "d": "\u0323", "u": "\u0306", "v": "\u0302", ".": "\u0323",
}  # fmt: skip
_TEX_LETTERS: Final = {
    "dj": "đ", "DJ": "Đ", "acircumflex": "â", "Acircumflex": "Â", "ecircumflex": "ê", "Ecircumflex": "Ê", "ocircumflex": "ô",
    "Ocircumflex": "Ô", "abreve": "ă", "Abreve": "Ă", "ohorn": "ơ", "OHORN": "Ơ", "uhorn": "ư", "UHORN": "Ư", "i": "i", "j": "j",
}  # fmt: skip
_TEX_LETTER: Final = re.compile(
    rf"\\({'|'.join(sorted(_TEX_LETTERS, key=len, reverse=True))})(?![A-Za-z])(?:\{{\}}| )?"
)
_CLUSTER: Final = "[^\\W\\d_][\u0300-\u0323]{0,2}"
_TEX_ACCENT: Final = re.compile(
    rf"\\(?P<mark>[`'^~.]|[hduv](?=[\s{{\\]|[^\x00-\x7f]|[A-Za-z][\u0300-\u0323]))\s{{0,2}}(?:\{{\s?(?P<braced>{_CLUSTER})\s?\}}|(?P<bare>{_CLUSTER}))"
)
_GROUP: Final = re.compile(rf"(?<!\\[hduv`'^~.])\{{\s?({_CLUSTER})\s?\}}")
_ROUNDS: Final = 3
"""Nested accents of TeX: the deepest Vietnamese letter has two."""


def may_be_escaped(text: str) -> bool:
    """Return whether a text holds anything like an escape; quick, for long texts."""
    return any(sign in text for sign in ("\\", "%", "=", "&", "+")) and _SIGN.search(text) is not None


def unescaped_lines(text: str) -> str:
    """Return the lines of a text that hold escapes, turned back, each with the line before it; empty when none does."""
    if not may_be_escaped(text):
        return ""
    text = _joined(text)
    found: list[str] = []
    before = ""
    for line in text.splitlines():
        turned = unescape(line) if _SIGN.search(line) else line
        if '"' in line or "'" in line:
            turned = _LINE_BREAK.sub("\n", turned)
        if turned != line:
            found += (before, turned) if before else (turned,)
            before = ""
        else:
            before = line
    return "\n".join(found)


def unescape(text: str) -> str:
    """Return the text with its escapes decoded; the same text when it has none."""
    if not may_be_escaped(text):
        return text
    text = _joined(text)
    if "\\" in text or "%" in text:
        text = _POINTS.sub(_guarded(_point), text)
    if "\\" in text or "%" in text or "=" in text:
        text = _OCTETS.sub(_guarded(_octets), text)
    if "U+" in text or "u+" in text:
        text = _NAMED_POINTS.sub(_guarded(_points), text)
    if "&" in text:
        text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    if "+" in text or "&" in text:
        text = _UTF7.sub(_guarded(_utf7), text)
    if "\\" in text:
        text = _tex(text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", paired(text))
    return text


def _joined(text: str) -> str:
    """Return the text without the soft breaks of quoted-printable."""
    return _SOFT_BREAK.sub("", text) if "=\n" in text or "=\r" in text else text


def paired(text: str) -> str:
    """Return the text with each two surrogates that escapes made as the one letter that they are; a lone one is U+FFFD."""
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _guarded(turn: Callable[[re.Match[str]], str]) -> Callable[[re.Match[str]], str]:
    def safe(found: re.Match[str]) -> str:
        try:
            return turn(found)
        except (ValueError, KeyError, OverflowError):
            return found[0]  # no such letter: it is kept

    return safe


def _point(found: re.Match[str]) -> str:
    if found["name"]:
        return unicodedata.lookup(found["name"])
    if found["rtf"]:
        letter = chr(int(found["rtf"]))
        if letter.isalpha() and letter < "\u1f00":
            return letter
        digits = found["rtf"]  # four digits that are no such letter are those of JSON
        return chr(int(digits, 16)) + "?" if len(digits) == 4 and found[0].endswith("?") else found[0]
    digits = next(found[key] for key in ("braced", "four", "eight", "perl", "percent", "css") if found[key])
    return chr(int(digits, 16))


def _octets(found: re.Match[str]) -> str:
    written = found[0]
    if written[0] == "\\" and written[1] in "01234567":
        data = bytes(int(digits, 8) & 255 for digits in re.findall(r"[0-7]{3}", written))
    else:
        data = bytes.fromhex("".join(re.findall(r"(?:[xX%=']|\A)([0-9A-Fa-f]{2})", written)))
    if data.startswith((b"\xfe\xff", b"\xff\xfe")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return unicodedata.normalize("NFC", data.decode("cp1258", "replace"))


def _points(found: re.Match[str]) -> str:
    letters = "".join(chr(int(digits, 16)) for digits in _POINT.findall(found[0]))
    return letters if _LETTERS.fullmatch(letters) else found[0]


def _utf7(found: re.Match[str]) -> str:
    """Turn the shifted letters of UTF-7 (RFC 2152; RFC 3501 §5.1.3) back, when any letter beyond ASCII comes of it."""
    if found[1] is None:
        return found[0]
    digits = found[1].replace(",", "/")
    raw = binascii.a2b_base64(digits + "=" * (-len(digits) % 4))
    letters = raw.decode("utf-16-be")
    # RFC 2152: the bits behind the last letter are zero. Keys and certificates, which have plus signs as well, differ.
    sound = binascii.b2a_base64(raw, newline=False).rstrip(b"=") == digits.encode() and _LETTERS.fullmatch(letters)
    return letters if sound and any(letter.isalpha() and letter > "\x7f" for letter in letters) else found[0]


def _tex(text: str) -> str:
    text = _TEX_LETTER.sub(lambda found: _TEX_LETTERS[found[1]], text)
    for _ in range(_ROUNDS):
        before = text
        text = _TEX_ACCENT.sub(lambda found: f"{found['braced'] or found['bare']}{_ACCENTS[found['mark']]}", text)
        if text == before:
            break
        text = _GROUP.sub(r"\1", text)
    return text
