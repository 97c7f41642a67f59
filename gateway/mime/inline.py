"""What stands encoded inside a text: uuencode, xxencode, yEnc, BinHex 4.0 (RFC 1741), digits (`mime.digits`), escaped letters.

Mail clients show some of them as attachments, people and scripts decode the others. Linear in the size of the text,
bounded in what it makes of it.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass

from gateway.mime.charsets import guess
from gateway.mime.digits import as_text, is_file, octets_in, without_leads
from gateway.mime.words import header_text
from gateway.text.escapes import unescaped_lines

_UU_BEGIN = re.compile(rb"^begin(?P<base64>-base64)? [0-7]{3,4} (?P<name>[^\r\n]{0,255})\r?\n", re.MULTILINE)
_YENC_BEGIN = re.compile(rb"^=ybegin [^\r\n]{0,400}?name=(?P<name>[^\r\n]{1,255})\r?\n", re.MULTILINE)
_YENC_END = re.compile(rb"^=yend\b", re.MULTILINE)
_YENC_PART = re.compile(rb"^=ypart [^\r\n]*\r?\n", re.MULTILINE)
_BINHEX_BEGIN = re.compile(rb"\(This file must be converted with BinHex[^\r\n]{0,40}\r?\n\s*:")
_BINHEX_DIGITS = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
_XX_DIGITS = b"+-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_XX_TO_UU = bytes.maketrans(_XX_DIGITS, bytes(range(32, 96)))
_XX_SAMPLE = 100
"""Octets that hold the first line, which has at most 61 digits."""
_BASE64_DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_LIMIT_MEMBERS = 100
_LIMIT_BYTES = 64 << 20


@dataclass(frozen=True)
class InlineFile:
    """A file found in text."""

    kind: str
    """`uuencode`, `yenc`, `binhex`, `base64`, `base32`, `hex`, `numbers`, `bits`; `text` for all that is only words."""
    name: str
    """Name that the encoding gives it; empty when it gives none."""
    data: bytes
    offset: int
    """Octet of the text where it begins."""
    end: int = 0
    """Octet behind it; 0 when that is not known."""
    sound: bool = True
    """False when the end is missing or lines are damaged: what could be decoded stands in `data`."""


def find_inline_encodings(text: bytes, *, letters: bool = True) -> tuple[InlineFile, ...]:
    """Return the files in the decoded octets of a text part, at most a hundred, in order of kind.

    Words that stand in digits or escapes come together as one file of the kind `text`, the last one. `letters` is false
    for source that is full of escapes by its nature, such as that of HTML: then only digits are turned.
    """
    found: list[InlineFile] = []
    for find, sign in ((_uuencoded, b"begin"), (_yenc, b"=ybegin "), (_binhex, b"BinHex")):
        if sign not in text:
            continue
        known = {file.data for file in found}
        found += (file for file in find(text, _LIMIT_MEMBERS - len(found)) if file.data not in known)
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
    """Return the lines whose letters are escaped or stand in encoded words (RFC 2047), turned back."""
    found = []
    if any(sign in text for sign in (b"\\", b"%", b"=", b"&", b"+")):
        shown = guess(text)
        if turned := unescaped_lines(shown):
            found.append(turned)
        if "=?" in shown:
            lines = shown.splitlines()
            known = set(lines)
            found += [words for line in lines if "=?" in line and (words := header_text(line)) not in known]
    return found


def _uuencoded(text: bytes, room: int) -> list[InlineFile]:
    found: list[InlineFile] = []
    position = 0
    while len(found) < room and (begin := _UU_BEGIN.search(text, position)):
        position = begin.end()
        data = bytearray()
        sound = False
        base64 = begin["base64"] is not None
        turned = _XX_TO_UU if not base64 and _is_xx(text[position : position + _XX_SAMPLE]) else None
        while position < len(text):
            end = text.find(b"\n", position)
            end = len(text) if end < 0 else end
            line = text[position:end].rstrip(b"\r")
            position = end + 1
            if line in {b"end", b"===="}:
                sound = True
                break
            piece = _uu_line(line.translate(turned) if turned else line, base64=base64)
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


def _is_xx(body: bytes) -> bool:
    """Tell whether the lines are xxencoded, whose small letters uuencode does not have."""
    first = body.partition(b"\n")[0].rstrip(b"\r")
    return not first.translate(None, _XX_DIGITS) and first != first.upper()


def _uu_line(line: bytes, *, base64: bool) -> bytes | None:
    """Decode one line; None when it is none."""
    try:
        if base64:
            return binascii.a2b_base64(line)
        if not line:
            return b""
        # Some encoders add a check character; the length octet says how much counts.
        length = (line[0] - 32) & 63
        return binascii.a2b_uu(line[: 1 + (length + 2) // 3 * 4])
    except binascii.Error:
        return None


def _yenc(text: bytes, room: int) -> list[InlineFile]:
    found: list[InlineFile] = []
    position = 0
    while len(found) < room and (begin := _YENC_BEGIN.search(text, position)):
        following = _YENC_BEGIN.search(text, begin.end())
        stop = following.start() if following else len(text)
        end = _YENC_END.search(text, begin.end(), stop)
        position = stop
        body = text[begin.end() : end.start() if end else stop]
        part = _YENC_PART.match(body)
        body = body[part.end() :] if part else body
        body = body.translate(None, b"\r\n")
        pieces = body.split(b"=")
        # The octet behind `=` is shifted by 64 more.
        data = pieces[0].translate(_YENC_PLAIN) + b"".join(
            piece[:1].translate(_YENC_ESCAPED) + piece[1:].translate(_YENC_PLAIN) for piece in pieces[1:]
        )
        found.append(InlineFile("yenc", guess(begin["name"]).strip(), data, begin.start(), stop, end is not None))
    return found


_YENC_PLAIN = bytes((octet - 42) & 255 for octet in range(256))
_YENC_ESCAPED = bytes((octet - 42 - 64) & 255 for octet in range(256))


def _binhex(text: bytes, room: int) -> list[InlineFile]:
    found: list[InlineFile] = []
    position = 0
    while len(found) < room and (begin := _BINHEX_BEGIN.search(text, position)):
        end = text.find(b":", begin.end())
        position = end if end >= 0 else len(text)
        digits = text[begin.end() : end if end >= 0 else len(text)].translate(None, b" \t\r\n")
        if digits.translate(None, _BINHEX_DIGITS):
            continue
        digits = digits.translate(bytes.maketrans(_BINHEX_DIGITS, _BASE64_DIGITS))
        digits = digits[:-1] if len(digits) % 4 == 1 else digits
        packed = binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))
        found += _binhex_file(_expand(packed), (begin.start(), position), sound=end >= 0)
    return found


def _expand(packed: bytes) -> bytes:
    """Undo BinHex's run lengths: 0x90 n repeats the octet before it, 0x90 0 is 0x90 itself."""
    pieces = packed.split(b"\x90")
    out = bytearray(pieces[0])
    for piece in pieces[1:]:
        count = piece[0] if piece else 0
        if count == 0:
            out.append(0x90)
        elif out:
            out += out[-1:] * (count - 1)
        out += piece[1:]
        if len(out) > _LIMIT_BYTES:
            break
    return bytes(out)


def _binhex_file(plain: bytes, span: tuple[int, int], *, sound: bool) -> list[InlineFile]:
    """Take the data fork out of the BinHex header."""
    if not plain:
        return []
    length = plain[0]
    start = 1 + length + 1 + 4 + 4 + 2 + 4 + 4 + 2
    if len(plain) < start:
        return []
    size = int.from_bytes(plain[start - 10 : start - 6], "big")
    data = plain[start : start + size]
    name = guess(plain[1 : 1 + length])
    return [InlineFile("binhex", name, data, *span, sound and len(data) == size)]
