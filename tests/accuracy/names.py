"""Subjects and file names that carry a mark, in every way that a mail or an archive can write a name."""

import base64
import quopri
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

from tests.support.octets import seven_zip, tarred, zipped
from tests.text.disguises import FONTLESS_LEGACY, UNICODE
from tests.text.mark_matrix import FILENAMES, INNOCENT_FILENAMES, INNOCENT_SUBJECTS, LEVELS, SUBJECTS

_DISGUISES = (
    "plain", "decomposed", "no-break space", "zero width", "soft hyphen", "cyrillic", "greek", "full width", "mathematical bold", "small capitals",
    "tone behind shape", "VNI without font", "TCVN3 without font",
)  # fmt: skip
_TEXT = "Kính gửi anh,\r\nEm gửi báo cáo.\r\n"


@dataclass(frozen=True)
class Named:
    """A mail whose subject or file name carries a mark, or does not."""

    place: str
    disguise: str
    level: str | None
    text: str
    mail: Callable[[], bytes]


def _word(text: str, code: str) -> str:
    octets = text.encode()
    body = (
        base64.b64encode(octets).decode()
        if code == "B"
        else quopri.encodestring(octets, header=True).decode().replace("=\n", "").replace("?", "=3F")
    )
    return f"=?UTF-8?{code}?{body}?="


def _pieces(text: str) -> str:
    """An encoded word for each letter; blanks between them do not count (RFC 2047 §6.2)."""
    return "\r\n ".join(_word(letter, "B") for letter in text)


SUBJECT_FORMS: dict[str, Callable[[str], bytes]] = {
    "base64 words": lambda text: _word(text, "B").encode(),
    "quoted words": lambda text: _word(text, "Q").encode(),
    "a word each letter": lambda text: _pieces(text).encode(),
    "UTF-8 as it is": lambda text: text.encode(),
    "UTF-16 word": lambda text: b"=?UTF-16BE?B?" + base64.b64encode(text.encode("utf-16-be")) + b"?=",
}
NAME_FORMS: dict[str, Callable[[str], str]] = {
    "quoted": lambda name: f'Content-Disposition: attachment; filename="{name}"',
    "encoded word": lambda name: f'Content-Disposition: attachment; filename="{_word(name, "B")}"',
    "RFC 2231": lambda name: f"Content-Disposition: attachment; filename*=UTF-8''{quote(name, safe='')}",
    "RFC 2231 in pieces": lambda name: "Content-Disposition: attachment" + "".join(
        f";\r\n filename*{n}*={chr(39) * 2 if n else 'UTF-8' + chr(39) * 2}".replace("*=''", "*=") + quote(name[n * 9 : n * 9 + 9], safe="")
        for n in range((len(name) + 8) // 9)
    ),
    "name of the type": lambda name: f'Content-Disposition: attachment\r\nContent-Type: text/plain; name="{_word(name, "Q")}"',
}  # fmt: skip


def with_subject(subject: bytes) -> bytes:
    """A plain mail with a raw subject."""
    return (
        b"From: a@example.gov.vn\r\nTo: b@example.gov.vn\r\nDate: Tue, 24 Nov 2026 10:00:00 +0700\r\nMessage-ID: <2@example.gov.vn>\r\n"
        b"Subject: " + subject + b"\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        + _TEXT.encode()
    )  # fmt: skip


def with_file(head: str, data: bytes = b"1;2;3\r\n") -> bytes:
    """A mail with one file whose head fields are given."""
    return (
        "From: a@example.gov.vn\r\nTo: b@example.gov.vn\r\nDate: Tue, 24 Nov 2026 10:00:00 +0700\r\nMessage-ID: <3@example.gov.vn>\r\n"
        'Subject: Bao cao\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n'
        f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{_TEXT}--b\r\n{head}\r\n"
        f"Content-Transfer-Encoding: base64\r\n\r\n{base64.b64encode(data).decode()}\r\n--b--\r\n"
    ).encode()


def _in_zip(name: str, encoding: str = "") -> bytes:
    """A zip with a member of that name; in another charset without the UTF-8 flag where one is given (APPNOTE 4.4.4)."""
    data = zipped({name: b"1;2;3\r\n"})
    if not encoding:
        return data
    utf8, other = name.encode(), name.encode(encoding)
    other += b" " * (len(utf8) - len(other))
    data = bytearray(data.replace(utf8, other))
    for magic, at in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        start = data.find(magic)
        data[start + at] &= ~0x08
    return bytes(data)


_ARCHIVED: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "member of a zip": ("ho-so.zip", _in_zip),
    "member of a tar.gz": ("ho-so.tar.gz", lambda name: tarred({name: b"1;2"}, "gz")),
    "member of a 7z": ("ho-so.7z", lambda name: seven_zip({name: b"1;2"})),
}


_KINDS = (("subject", SUBJECTS, SUBJECT_FORMS, with_subject), ("file name", FILENAMES, NAME_FORMS, with_file))


def cases(*, every: bool = True) -> Iterator[Named]:
    """Names with marks; with `every`, each pattern and disguise, else a selection."""
    written = {**UNICODE, **FONTLESS_LEGACY}
    turn = 0
    for disguise in _DISGUISES:
        for mark, level in LEVELS.items():
            text = written[disguise](mark)
            for kind, patterns, forms, mail in _KINDS:
                for pattern in patterns:
                    turn += 1
                    if not every and turn % 12:
                        continue
                    form = list(forms)[turn % len(forms)]
                    name = pattern.format(m=text)
                    made = partial(lambda write, name, mail: mail(write(name)), forms[form], name, mail)
                    yield Named(f"{kind}, {form}", disguise, level, name, made)
    for place, (archive, make) in _ARCHIVED.items():
        for number, (mark, level) in enumerate(LEVELS.items()):
            for pattern in FILENAMES[:: 1 if every else 4]:
                name = pattern.format(m=mark)
                head = f'Content-Disposition: attachment; filename="{archive}"'
                yield Named(
                    place, "plain", level, name, lambda make=make, name=name, head=head: with_file(head, make(name))
                )
            if place == "member of a zip" and (every or number == 0):
                name = unicodedata.normalize("NFD", "Kế hoạch").encode("ascii", "ignore").decode() + f" - {mark}.txt"
                name = unicodedata.normalize("NFC", name)
                head = f'Content-Disposition: attachment; filename="{archive}"'
                made = partial(lambda head, name: with_file(head, _in_zip(name, "utf-8")), head, name)
                yield Named("member of a zip, no UTF-8 flag", "utf-8", level, name, made)


def innocent() -> Iterator[Named]:
    """Subjects and names that speak of secrecy and carry no mark."""
    for number, subject in enumerate(INNOCENT_SUBJECTS):
        form = list(SUBJECT_FORMS)[number % len(SUBJECT_FORMS)]
        yield Named(
            "subject",
            "innocent",
            None,
            subject,
            lambda form=form, subject=subject: with_subject(SUBJECT_FORMS[form](subject)),
        )
    for number, name in enumerate(INNOCENT_FILENAMES):
        form = list(NAME_FORMS)[number % len(NAME_FORMS)]
        yield Named("file name", "innocent", None, name, lambda form=form, name=name: with_file(NAME_FORMS[form](name)))
