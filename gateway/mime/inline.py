"""Files and words encoded inside a text: uuencode, base64 and hexadecimal digits (`mime.digits`), escaped letters.

Mail clients show some of them as attachments, people and scripts decode the others. xxencode, yEnc, BinHex, base32 and
lists of numbers are not decoded: who writes them can encrypt as well. Linear in the size
of the text, bounded in what it makes of it.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass

from gateway.mime.charsets import guess
from gateway.mime.digits import as_text, is_file, octets_in, without_leads
from gateway.mime.words import header_text
from gateway.vietnamese.escapes import unescaped_lines

_UU_BEGIN = re.compile(rb"^begin(?P<base64>-base64)? [0-7]{3,4} (?P<name>[^\r\n]{0,255})\r?\n", re.MULTILINE)
_LIMIT_MEMBERS = 100


@dataclass(frozen=True)
class InlineFile:
    """A file found in text."""

    kind: str
    """`uuencode`, `base64`, `hex`; `text` for all that is only words."""
    name: str
    """Name that the encoding gives it; empty when it gives none."""
    data: bytes
    offset: int
    """Octet of the text where it begins."""
    end: int = 0
    """Octet behind it; 0 when that is not known."""
    sound: bool = True
    """False when the end is missing or lines are damaged: what could be decoded is in `data`."""


def find_inline_encodings(text: bytes, *, letters: bool = True) -> tuple[InlineFile, ...]:
    """Return the files in the decoded bytes of a text part, at most a hundred, in order of kind.

    Words encoded in digits or escapes are joined in one file of the kind `text`, the last one. `letters` is false
    for source that is full of escapes by its nature, such as that of HTML: then only digits are turned.
    """
    found = _uuencoded(text) if b"begin" in text else []
    words: list[str] = []
    known = {file.data for file in found}
    plain = without_leads(_between(text, found))
    for offset, kind, data in octets_in(plain):
        if data in known:
            continue
        known.add(data)
        file = is_file(data)
        # A page or message in pieces is no sound file: its words are looked at as words, too.
        if (not file or data.lstrip()[:8].startswith(_MARKUP)) and (shown := as_text(data)) is not None:
            words.append(shown)
        if not file:
            continue
        if len(found) < _LIMIT_MEMBERS:
            found.append(InlineFile(kind, "", data, offset))
        else:
            found.append(InlineFile(kind, "", data, offset, sound=False))
            break
    if letters:
        words += _letters(plain)
    if spelled := "\n".join(words).translate(_UNSEEN).strip():
        found.append(InlineFile("text", "", spelled.encode("utf-8", "replace"), 0))
    return tuple(found)


_MARKUP = (b"<", b"From", b"Content-", b"Received", b"MIME-", b"\xef\xbb\xbf")
_UNSEEN = dict.fromkeys((*range(9), 11, *range(14, 32), 127), " ")
"""Control characters, which are no words."""


def _between(text: bytes, files: list[InlineFile]) -> bytes:
    """Return the text without the files that were found in it."""
    pieces = []
    position = 0
    for file in sorted(files, key=lambda file: file.offset):
        pieces.append(text[position : file.offset])
        position = max(position, file.end)
    return b"".join((*pieces, text[position:]))


def _letters(text: bytes) -> list[str]:
    """Return the lines whose letters are escaped or are in encoded words (RFC 2047), turned back."""
    found = []
    if any(map(text.__contains__, (b"\\", b"%", b"=", b"&", b"+"))):
        shown = guess(text)
        if turned := unescaped_lines(shown):
            found.append(turned)
        if "=?" in shown:
            lines = shown.splitlines()
            known = set(lines)
            found += [words for line in lines if "=?" in line and (words := header_text(line)) not in known]
    return found


def _uuencoded(text: bytes) -> list[InlineFile]:
    found: list[InlineFile] = []
    position = 0
    while len(found) < _LIMIT_MEMBERS and (begin := _UU_BEGIN.search(text, position)):
        position = begin.end()
        data = bytearray()
        sound = False
        base64 = begin["base64"] is not None
        while position < len(text):
            end = text.find(b"\n", position)
            end = len(text) if end < 0 else end
            line = text[position:end].rstrip(b"\r")
            position = end + 1
            if line in {b"end", b"===="}:
                sound = True
                break
            piece = _uu_line(line, base64=base64)
            if piece is None:
                break
            data += piece
        if data:
            found.append(
                InlineFile(
                    "uuencode",
                    guess(begin["name"]).strip(),
                    bytes(data),
                    begin.start(),
                    min(position, len(text)),
                    sound,
                )
            )
    return found


def _uu_line(line: bytes, *, base64: bool) -> bytes | None:
    """Decode one line; None when it is none."""
    try:
        if base64:
            return binascii.a2b_base64(line)
        if not line:
            return b""
        # Some encoders add a check character; the length byte says how much counts.
        length = (line[0] - 32) & 63
        return binascii.a2b_uu(line[: 1 + (length + 2) // 3 * 4])
    except binascii.Error:
        return None
