"""Marks that stand encoded in the text of a mail or of a file: what a person, a script or a mail program turns back.

Each maker gives a text that holds a marked text or file in one encoding; the places put it into a plain body, a page of
HTML, a text file and a document.
"""

import base64
import binascii
import html
import quopri
import urllib.parse
from collections.abc import Callable, Iterator
from functools import cache

from docx import Document as WordDocument

from tests.attacks.check_process import mail_with, text_mail
from tests.support.octets import file_of, zipped

SECRET = "UBND QUẬN BÌNH TÂN\nTUYỆT MẬT\nSố: 15/KH-UBND\nKế hoạch bảo vệ kỳ họp thứ hai của Hội đồng nhân dân\n"
HARMLESS = "UBND QUẬN BÌNH TÂN\nSố: 15/KH-UBND\nKế hoạch bảo mật mạng, đổi mật khẩu của Hội đồng nhân dân\n"


@cache
def word(text: str) -> bytes:
    """A Word file of the lines of a text."""
    document = WordDocument()
    for line in text.splitlines():
        document.add_paragraph(line)
    return file_of(document)


@cache
def packed(text: str) -> bytes:
    """A zip with a text file."""
    return zipped({"a.txt": text})


def _wrapped(digits: str, width: int, lead: str = "") -> str:
    return "\n".join(lead + digits[start : start + width] for start in range(0, len(digits), width))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _uu(data: bytes) -> str:
    lines = [binascii.b2a_uu(data[start : start + 45]).decode() for start in range(0, len(data), 45)]
    return "begin 644 a.txt\n" + "".join(lines) + "`\nend\n"


def _hex(data: bytes) -> str:
    return data.hex()


def _quoted(text: str) -> str:
    return quopri.encodestring(text.encode(), quotetabs=False).decode()


TEXTS: dict[str, Callable[[str], str]] = {
    "base64 lines": lambda t: _wrapped(_base64(t.encode()), 76),
    "base64 in one line": lambda t: _base64(t.encode()),
    "base64 in short lines": lambda t: _wrapped(_base64(t.encode()), 32),
    "base64 quoted in a reply": lambda t: _wrapped(_base64(t.encode()), 64, "> "),
    "base64 indented": lambda t: _wrapped(_base64(t.encode()), 60, "    "),
    "base64 for addresses": lambda t: base64.urlsafe_b64encode(t.encode()).decode().rstrip("="),
    "base64 of UTF-16": lambda t: _wrapped(_base64(t.encode("utf-16")), 76),
    "base64 of one line": lambda t: "ma: " + _base64(t.splitlines()[1].encode()),
    "base64 of base64": lambda t: _wrapped(_base64(_base64(t.encode()).encode()), 76),
    "base64 within a sentence": lambda t: f"Anh giai ma chuoi nay giup em: {_base64(t.encode())} roi goi lai.",
    "hexadecimal": lambda t: _hex(t.encode()),
    "hexadecimal in lines": lambda t: _wrapped(_hex(t.encode()), 64),
    "hexadecimal in pairs": lambda t: " ".join(f"{octet:02X}" for octet in t.encode()),
    "hexadecimal with colons": lambda t: ":".join(f"{octet:02x}" for octet in t.encode()),
    "hexadecimal of C": lambda t: "".join(f"\\x{octet:02x}" for octet in t.encode()),
    "hexadecimal list of C": lambda t: ", ".join(f"0x{octet:02x}" for octet in t.encode()),
    "hex dump": lambda t: "\n".join(
        f"{start:08x}  {' '.join(f'{octet:02x}' for octet in t.encode()[start : start + 16]):<47}  |................|"
        for start in range(0, len(t.encode()), 16)
    ),
    "quoted-printable": _quoted,
    "percent signs": urllib.parse.quote,
    "percent signs, all letters": lambda t: "".join(f"%{octet:02X}" for octet in t.encode()),
    "escape of JavaScript": lambda t: "".join(
        f"%u{ord(letter):04X}" if ord(letter) > 255 else urllib.parse.quote(letter, encoding="latin-1") for letter in t
    ),
    "UTF-7": lambda t: t.encode("utf-7").decode(),
    "uuencode": lambda t: _uu(t.encode()),
    "base32": lambda t: _wrapped(base64.b32encode(t.encode()).decode(), 64),
    "base85": lambda t: base64.a85encode(t.encode(), adobe=True).decode(),
    "data address": lambda t: f"data:text/plain;charset=utf-8;base64,{_base64(t.encode())}",
    "data address in percent signs": lambda t: f"data:text/plain,{urllib.parse.quote(t)}",
    "encoded words": lambda t: "\n".join(f"=?UTF-8?B?{_base64(line.encode())}?=" for line in t.splitlines()),
    "named references": lambda t: t.encode("ascii", "xmlcharrefreplace").decode(),
    "references in hexadecimal": lambda t: "".join(
        letter if letter.isascii() else f"&#x{ord(letter):x};" for letter in t
    ),
    "escapes of JSON": lambda t: "".join(letter if letter.isascii() else f"\\u{ord(letter):04x}" for letter in t),
    "all letters as escapes": lambda t: "".join(letter if letter == "\n" else f"\\u{ord(letter):04x}" for letter in t),
    "escapes of Rust": lambda t: "".join(letter if letter.isascii() else f"\\u{{{ord(letter):x}}}" for letter in t),
    "escapes of Python": lambda t: "".join(letter if letter.isascii() else f"\\U{ord(letter):08x}" for letter in t),
    "octal escapes": lambda t: "".join(
        chr(octet) if octet < 128 else f"\\{octet:03o}" for octet in t.encode()
    ),
    "escapes of Perl": lambda t: "".join(letter if letter.isascii() else f"\\x{{{ord(letter):X}}}" for letter in t),
    "code points": lambda t: "\n".join(
        " ".join(f"U+{ord(letter):04X}" for letter in line) for line in t.splitlines()
    ),
    "octets in decimal": lambda t: " ".join(str(octet) for octet in t.encode()),
    "binary digits": lambda t: " ".join(f"{octet:08b}" for octet in t.encode()),
    "rotated letters": lambda t: t.translate(str.maketrans(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "NOPQRSTUVWXYZABCDEFGHIJKLMnopqrstuvwxyzabcdefghijklm"
    )),
    "backwards": lambda t: "\n".join(line[::-1] for line in t.splitlines()),
    "letters by TeX": lambda t: tex(t),
    "letters by VIQR": lambda t: t.replace("Ậ", "A^.").replace("Ệ", "E^.").replace("Ế", "E^'"),
}  # fmt: skip
UNDECODED = frozenset({"base85", "rotated letters", "base32", "hex dump", "octets in decimal", "binary digits"})
"""Ciphers, and digits that no mail program turns back: who writes them can encrypt. Not claimed."""
FILES: dict[str, Callable[[bytes], str]] = {
    "base64 lines": lambda d: _wrapped(_base64(d), 76),
    "base64 in one line": _base64,
    "base64 in short lines": lambda d: _wrapped(_base64(d), 32),
    "base64 quoted in a reply": lambda d: _wrapped(_base64(d), 64, "> "),
    "base64 for addresses": lambda d: base64.urlsafe_b64encode(d).decode(),
    "hexadecimal": _hex,
    "hexadecimal in lines": lambda d: _wrapped(_hex(d), 64),
    "hexadecimal in pairs": lambda d: " ".join(f"{octet:02X}" for octet in d),
    "uuencode": _uu,
    "data address": lambda d: f"data:application/octet-stream;base64,{_base64(d)}",
}
_TEX = {
    "Ậ": r"\d{\^A}", "Ệ": r"\d{\^E}", "Ố": r"\'{\^O}", "Â": r"\^A", "Ế": r"\'{\^E}", "ế": r"\'{\^e}", "ạ": r"\d a", "ả": r"\h{a}", "ố": r"\'{\^o}",
    "ộ": r"\d{\^o}", "ì": r"\`{\i}", "Ì": r"\`I", "ồ": r"\`{\^o}", "đ": r"\dj{}", "â": r"\^{a}", "ủ": r"\h{u}", "ứ": r"\'{\uhorn}", "ỳ": r"\`y", "ọ": r"\d{o}", "ệ": r"\d{\^e}",
}  # fmt: skip


def tex(text: str) -> str:
    """A text with the accents of TeX."""
    return "".join(_TEX.get(letter, letter) for letter in text)


PLACES: dict[str, Callable[[str], bytes]] = {
    "plain body": lambda t: text_mail("text/plain", f"Kính gửi anh Toàn,\n\n{t}\n\nEm cảm ơn anh.\n"),
    "HTML body": lambda t: text_mail(
        "text/html",
        f"<p>Kính gửi anh Toàn,</p><p>{'<br>'.join(html.escape(line) for line in t.splitlines())}</p><p>Em.</p>",
    ),
    "text file": lambda t: mail_with("ghi-chu.txt", f"Ghi chú\n{t}\n".encode()),
    "Word file": lambda t: mail_with("ghi-chu.docx", word(f"Ghi chú\n{t}\n")),
}
DAMAGED = frozenset({("uuencode", "HTML body")})
"""What the place itself breaks: HTML folds the blanks that uuencode needs, so nobody decodes the file."""


def marked() -> Iterator[tuple[str, bytes]]:
    """Mails that carry an encoded text or file with a mark."""
    for name, make in TEXTS.items():
        if name in UNDECODED:
            continue
        for place, put in PLACES.items():
            yield f"text / {name} / {place}", put(make(SECRET))
    for name, put_file in FILES.items():
        for what, data in (("docx", word(SECRET)), ("zip", packed(SECRET))):
            for place, put in PLACES.items():
                if (name, place) not in DAMAGED:
                    yield f"{what} / {name} / {place}", put(put_file(data))


def innocent() -> Iterator[tuple[str, bytes]]:
    """The same with a text that speaks of passwords: it is decoded, looked at and let go."""
    for name, make in TEXTS.items():
        for place, put in PLACES.items():
            yield f"text / {name} / {place}", put(make(HARMLESS))
    for name, put_file in FILES.items():
        yield f"docx / {name}", PLACES["plain body"](put_file(word(HARMLESS)))
