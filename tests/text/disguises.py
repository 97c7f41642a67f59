"""Ways to write or hide a secrecy mark: every class of disguise as a function from the mark to what a file would hold.

The functions know only Unicode and the code tables; places in a document are in `mark_matrix`.
"""

import unicodedata
from collections.abc import Callable

from gateway.vietnamese.legacy_tables import CP1252_CHARACTERS, Charset
from tests.support.legacy_letters import encode

Variants = dict[str, Callable[[str], str]]

_SHOWN = {byte: shown for shown, byte in CP1252_CHARACTERS.items()}
FONTS = {
    Charset.TCVN3: ".VnTime",
    Charset.VNI: "VNI-Times",
    Charset.VPS: "VPS Times",
    Charset.VISCII: "VI Times",
    Charset.BKHCM2: "BK HCM 2 Times",
}


def _each(text: str, base: Callable[[str], str]) -> str:
    """Replace base letters, keep Vietnamese marks as combining characters behind them."""
    return "".join(base(letter) for letter in unicodedata.normalize("NFD", text))


def _mapped(table: dict[str, str]) -> Callable[[str], str]:
    return lambda text: _each(text, lambda letter: table.get(letter, letter))


def _offset(start: int) -> Callable[[str], str]:
    return lambda text: _each(text, lambda c: chr(start + ord(c) - 65) if "A" <= c <= "Z" else c)


def _between(character: str) -> Callable[[str], str]:
    return character.join


def shown(text: str) -> str:
    """What a reader shows that takes the bytes for Windows-1252."""
    return "".join(_SHOWN.get(character, character) for character in text)


def _viqr(text: str) -> str:
    marks = {"\u0302": "^", "\u0323": ".", "\u0301": "'"}
    # Base, shape, tone: NFD puts the dot below before the circumflex.
    pieces = []
    for letter in unicodedata.normalize("NFC", text):
        base, *rest = unicodedata.normalize("NFD", letter)
        pieces.append(base + "".join(sorted((marks.get(mark, "") for mark in rest), key=lambda m: m != "^")))
    return "".join(pieces)


def _tone_last(text: str) -> str:
    """Shape and base precomposed, tone behind: the order of code page 1258."""
    pieces = []
    for letter in text:
        base, *marks = unicodedata.normalize("NFD", letter)
        tones = [mark for mark in marks if mark in "\u0300\u0301\u0303\u0309\u0323"]
        shapes = [mark for mark in marks if mark not in tones]
        pieces.append(unicodedata.normalize("NFC", base + "".join(shapes)) + "".join(tones))
    return "".join(pieces)


def _reverse(text: str) -> str:
    return "".join(reversed(unicodedata.normalize("NFC", text)))


def _tcvn3_typed(text: str) -> str:
    """Capitals as people typed them in .VnTime: one code serves both cases of most letters."""
    return "".join(c if c.isascii() else encode(c.lower(), Charset.TCVN3) for c in text)


def _vps_typed(text: str) -> str:
    return "".join(
        encode(c.lower(), Charset.VPS) if c == "Ậ" else encode(c.lower() if c == "Ệ" else c, Charset.VPS) for c in text
    )


CYRILLIC = {"M": "М", "A": "А", "T": "Т", "O": "О", "I": "І", "Y": "У", "E": "Е"}
GREEK = {"M": "Μ", "A": "Α", "T": "Τ", "O": "Ο", "I": "Ι", "Y": "Υ", "E": "Ε"}
LISU = {"M": "ꓟ", "A": "ꓮ", "T": "ꓔ", "O": "ꓳ", "I": "ꓲ", "Y": "ꓬ", "E": "ꓰ", "U": "ꓴ"}
CHEROKEE = {"M": "Ꮇ", "A": "Ꭺ", "T": "Ꭲ", "Y": "Ꭹ", "E": "Ꭼ"}
SMALL_CAPITALS = {"M": "ᴍ", "A": "ᴀ", "T": "ᴛ", "O": "ᴏ", "I": "ɪ", "Y": "ʏ", "E": "ᴇ", "U": "ᴜ"}

UNICODE: Variants = {
    "plain": lambda text: text,
    "no-break space": lambda text: text.replace(" ", "\u00a0"),
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "tone behind shape": _tone_last,
    "letter-spaced": lambda text: "  ".join(" ".join(word) for word in text.split(" ")),
    "letter-spaced, one blank": lambda text: " ".join(text.replace(" ", "")),
    "dotted": lambda text: " ".join(".".join(word) for word in text.split(" ")),
    "dashed letters": lambda text: " ".join("-".join(word) for word in text.split(" ")),
    "zero width": _between("\u200b"),
    "word joiner": _between("\u2060"),
    "soft hyphen": _between("\u00ad"),
    "grapheme joiner": _between("\u034f"),
    "variation selector": _between("\ufe0f"),
    "hangul filler": _between("\u3164"),
    "tag characters": _between("\U000e0041"),
    "combining underline": lambda text: "".join(c + "\u0332" for c in text),
    "enclosing keycap": lambda text: "".join(c + "\u20e3" for c in text),
    "cyrillic": _mapped(CYRILLIC),
    "greek": _mapped(GREEK),
    "lisu": _mapped(LISU),
    "cherokee": _mapped(CHEROKEE),
    "small capitals": _mapped(SMALL_CAPITALS),
    "full width": _offset(0xFF21),
    "mathematical bold": _offset(0x1D400),
    "mathematical monospace": _offset(0x1D670),
    "circled": _offset(0x24B6),
    "squared": _offset(0x1F130),
    "negative squared": _offset(0x1F170),
    "regional indicators": _offset(0x1F1E6),
    "right-to-left override": lambda text: "\u202e" + _reverse(text) + "\u202c",
    "decimal references": lambda text: "".join(f"&#{ord(c)};" if ord(c) > 127 else c for c in text),
    "hexadecimal references": lambda text: "".join(f"&#x{ord(c):X};" if ord(c) > 127 else c for c in text),
    "C escapes": lambda text: "".join(f"\\u{ord(c):04X}" if ord(c) > 127 else c for c in text),
    "in quotes": lambda text: f"“{text}”",
    "in brackets": lambda text: f"[ {text} ]",
    "between dashes": lambda text: f"--- {text} ---",
    "between stars": lambda text: f"*** {text} ***",
    "box drawn": lambda text: f"│ {text} │",
    "urgency behind": lambda text: f"{text} - KHẨN",
    "urgency before": lambda text: f"HỎA TỐC - {text}",
    "repeated": lambda text: f"{text} {text} {text}",
    "with full stop": lambda text: f"{text}.",
    "mixed case": lambda text: "".join(c.lower() if i == 1 else c for i, c in enumerate(text)),
    "UTF-8 taken for Windows-1252": lambda text: shown(text.encode().decode("latin-1")),
}
"""Disguises that need no font."""

FONTLESS_LEGACY: Variants = {
    "TCVN3 without font": lambda text: shown(encode(text, Charset.TCVN3)),
    "TCVN3 as typed, without font": _tcvn3_typed,
    "VNI without font": lambda text: encode(text, Charset.VNI),
    "VISCII without font": lambda text: shown(encode(text, Charset.VISCII)),
    "CP1258 without font": lambda text: encode(text, Charset.CP1258),
    "BK HCM 2 without font": lambda text: encode(text, Charset.BKHCM2),
    "VIQR": _viqr,
}
"""Legacy letters that no font gives away."""

WITH_FONT: dict[str, tuple[str, Callable[[str], str]]] = {
    "TCVN3, capital font": (".VnTimeH", lambda text: encode(text.lower(), Charset.TCVN3)),
    "TCVN3, symbol-font letters": (
        ".VnTimeH", lambda text: "".join(chr(0xF000 + ord(c)) if c != " " else c for c in encode(text.lower(), Charset.TCVN3)),
    ),
    "TCVN3, typed capitals": (".VnTime", _tcvn3_typed),
    "TCVN 5712 capitals": (".VnArial", lambda text: encode(text, Charset.TCVN3)),
    "VNI": ("VNI-Times", lambda text: encode(text, Charset.VNI)),
    "VNI, embedded font": ("ABCDEF+VNI-Times", lambda text: encode(text, Charset.VNI)),
    "VPS": ("VPS Times", lambda text: shown(_vps_typed(text))),
    "VISCII": ("VI Times", lambda text: shown(encode(text, Charset.VISCII))),
    "BK HCM 2": ("BK HCM 2 Times", lambda text: encode(text, Charset.BKHCM2)),
    "Unicode letters, legacy font": (".VnTimeH", lambda text: text),
}  # fmt: skip
"""Legacy letters with the font that shows them: font, bytes."""
