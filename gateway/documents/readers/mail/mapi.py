"""MAPI properties of MSG and TNEF, their text, and compressed RTF (MS-OXPROPS, MS-OXCDATA, MS-OXRTFCP)."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final

from gateway import mime
from gateway.documents.readers.base import Budget, Member, ReadError
from gateway.documents.readers.containers import Contents, caught
from gateway.model import ReadStatus, Role, Run

STRING8: Final = 0x001E
UNICODE: Final = 0x001F
BINARY: Final = 0x0102
OBJECT: Final = 0x000D

SUBJECT: Final = 0x0037
BODY: Final = 0x1000
RTF: Final = 0x1009
HTML: Final = 0x1013
ATTACH_DATA: Final = 0x3701
ATTACH_NAME: Final = 0x3704
ATTACH_LONG_NAME: Final = 0x3707
ATTACH_MIME: Final = 0x370E
ATTACH_CONTENT_ID: Final = 0x3712
DISPLAY_NAME: Final = 0x3001
INTERNET_CODEPAGE: Final = 0x3FDE
MESSAGE_CODEPAGE: Final = 0x3FFD
TRANSPORT_HEADERS: Final = 0x007D

_PLACES: Final = {
    SUBJECT: ("Subject", Role.HEADING),
    BODY: ("Body", Role.BODY),
    0x0070: ("ConversationTopic", Role.PROPERTY),
    0x0E1D: ("NormalizedSubject", Role.PROPERTY),
}
_NOT_SHOWN: Final = frozenset({TRANSPORT_HEADERS, ATTACH_DATA, ATTACH_NAME, ATTACH_LONG_NAME, ATTACH_MIME, HTML, RTF})
_CODEPAGES: Final = {65001: "utf-8", 1200: "utf-16-le", 20127: "us-ascii", 28591: "iso-8859-1", 0: "windows-1258"}

_LZFU_PRELOAD: Final = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans"
    b" SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def text_of(kind: int, data: bytes, codepage: int | None) -> str | None:
    """Return the text of a string property, None when it is no string."""
    if kind == UNICODE:
        return data[: len(data) // 2 * 2].decode("utf-16-le", "replace").rstrip("\0")
    if kind == STRING8:
        charset = _CODEPAGES.get(codepage, f"windows-{codepage}") if codepage is not None else None
        return mime.decode_charset(data.rstrip(b"\0"), charset)
    return None


def take(
    contents: Contents, properties: Iterable[tuple[int, int, bytes]], codepage: int | None, prefix: str = ""
) -> None:
    """Take the words and the formatted bodies of properties (id, type, value); ids of attachments' plumbing are left out."""
    for identifier, kind, data in properties:
        if identifier not in _NOT_SHOWN and (text := text_of(kind, data, codepage)) and text.strip():
            name, role = _PLACES.get(identifier, (f"0x{identifier:04X}", Role.PROPERTY))
            contents.tell((Run(text=text, role=role, locator=f"property:{prefix}{name}"),))
        try:
            if identifier == HTML:
                html = data if kind == BINARY else (text_of(kind, data, codepage) or "").encode()
                contents.add(Member(name=f"{prefix}body.html", data=html, declared_type="text/html"))
            elif identifier == RTF and kind == BINARY and data:
                rtf = decompress_rtf(data, contents.budget)
                contents.add(Member(name=f"{prefix}body.rtf", data=rtf, declared_type="application/rtf"))
        except ReadError as error:
            caught(contents, error)


def decompress_rtf(data: bytes, budget: Budget) -> bytes:
    """Return the RTF of a PidTagRtfCompressed value (MS-OXRTFCP §3.1.4); MALFORMED when it is none."""
    if len(data) < 16:
        raise ReadError(ReadStatus.MALFORMED, "compressed-rtf")
    _, raw_size, magic, crc = struct.unpack_from("<IIII", data)
    body = data[16:]
    if magic == 0x414C454D:  # MELA: stored
        budget.take_bytes(len(body))
        return body[:raw_size]
    if magic != 0x75465A4C or (crc and not body):  # LZFu
        raise ReadError(ReadStatus.MALFORMED, "compressed-rtf")
    return _lzfu(body, budget)


def _lzfu(body: bytes, budget: Budget) -> bytes:
    window = bytearray(4096)
    window[: len(_LZFU_PRELOAD)] = _LZFU_PRELOAD
    write = len(_LZFU_PRELOAD)
    out = bytearray()
    position = 0
    charged = 0
    while position < len(body):
        control = body[position]
        position += 1
        for bit in range(8):
            if control >> bit & 1:
                if position + 2 > len(body):
                    return bytes(out)
                reference = body[position] << 8 | body[position + 1]
                position += 2
                offset, length = reference >> 4, (reference & 15) + 2
                if offset == write:
                    budget.take_bytes(len(out) - charged)
                    return bytes(out)
                for _ in range(length):
                    octet = window[offset]
                    out.append(octet)
                    window[write] = octet
                    offset = (offset + 1) & 4095
                    write = (write + 1) & 4095
            else:
                if position >= len(body):
                    return bytes(out)
                octet = body[position]
                position += 1
                out.append(octet)
                window[write] = octet
                write = (write + 1) & 4095
        if len(out) - charged > 1 << 16:
            budget.take_bytes(len(out) - charged)
            charged = len(out)
    budget.take_bytes(len(out) - charged)
    return bytes(out)
