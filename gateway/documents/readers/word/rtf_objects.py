"""Pictures and objects in RTF: hexadecimal or binary groups, OLE 1.0 objects (MS-OLEDS 2.2.4)."""

from __future__ import annotations

import binascii
import re
from typing import Final

from gateway.documents.readers.base import Member
from gateway.documents.readers.ole.objects import inner_file, is_file, native_member
from gateway.documents.readers.ole.octets import u32

_HEX: Final = re.compile(rb"[^0-9A-Fa-f]+")


def octets_of(raw: bytes) -> bytes:
    """Return what a group of a picture or an object holds: hexadecimal is decoded, binary taken as it is."""
    digits = _HEX.sub(b"", raw)
    return raw if len(digits) < len(raw.strip()) * 0.9 else binascii.unhexlify(digits[: len(digits) // 2 * 2])


def field_member(data: bytes, place: str) -> Member | None:
    r"""Return the file that the data of a field hold (`\datafield`), None when they are its settings and addresses."""
    inner = inner_file(data)
    return Member(name="object", data=inner, relation="embedded", locator=place) if is_file(inner) else None


def object_member(data: bytes, place: str) -> Member:
    """Return what an OLE 1.0 object holds (MS-OLEDS 2.2.4): a packaged file, else the first document inside."""
    if u32(data, 4) == 2:
        at = 8
        for _ in range(3):  # class, topic, item
            at += 4 + u32(data, at)
        if at + 4 < len(data):
            return native_member(data[at:], "object", place)
    return Member(name="object", data=inner_file(data), relation="embedded", locator=place)
