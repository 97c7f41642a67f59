"""TNEF (winmail.dat) to runs and members (MS-OXTNEF), in memory bounded by the file's own size.

Lengths in the stream are compared with what is left, never allocated: public samples exhaust naive readers with them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from gateway.documents.readers.base import Budget, Member, ReadError, Reading, Source
from gateway.documents.readers.beside import address_of
from gateway.documents.readers.containers import Contents
from gateway.documents.readers.mail import mapi
from gateway.model import ReadStatus, Role, Run

_SIGNATURE: Final = 0x223E9F78
_ATTACHMENT_LEVEL: Final = 2
_SUBJECT: Final = 0x8004
_BODY: Final = 0x800C
_TEXTS: Final = {0x8000: "From", 0x8004: "Subject", 0x800C: "Body", 0x8008: "MessageClass"}
_FIXED: Final = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
"""Bytes of fixed-size MAPI types with their padding."""
_VARIABLE: Final = frozenset({mapi.OBJECT, mapi.STRING8, mapi.UNICODE, mapi.BINARY})
_MANY: Final = 0x1000
_MESSAGE_INTERFACE: Final = struct.pack("<IHH", 0x00020307, 0, 0) + b"\xc0\0\0\0\0\0\0F"
_ICON_BYTES: Final = 16 << 10
"""A metafile up to this size is the icon that Outlook shows for the attachment, and holds at most its file name."""


def read(source: Source, budget: Budget) -> Reading:
    """Return the text of the message, its bodies and attachments; what follows the first damage is lost and said so."""
    contents = Contents(source, "tnef", budget)
    with contents.filling():
        _Reader(contents).stream(source.data)
    return contents.reading()


class _Reader:
    """Takes attributes in their order; an attachment's attributes follow its rendering attribute."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._budget = contents.budget
        self._codepage: int | None = None
        self._name: str | None = None
        self._data: bytes | None = None
        self._address = ""
        self._is_object = False
        """The attachment is an object or a message, which was handed on."""

    def stream(self, data: bytes) -> None:
        """Read a whole TNEF stream."""
        if len(data) < 6 or struct.unpack_from("<I", data)[0] != _SIGNATURE:
            raise ReadError(ReadStatus.MALFORMED, "tnef")
        position = 6
        while position < len(data):
            if position + 11 > len(data) or data[position] not in (1, 2):
                # A last stretch of zeros is padding that some gateways add.
                if data[position:].strip(b"\0\r\n"):
                    self._contents.fault(ReadStatus.MALFORMED, "trailing-data")
                break
            level, attribute, _, length = struct.unpack_from("<BHHI", data, position)
            start = position + 9
            if start + length + 2 > len(data):
                self._attribute(level, attribute, data[start:])
                raise ReadError(ReadStatus.MALFORMED, "tnef-truncated")
            value = data[start : start + length]
            if sum(value) & 0xFFFF != struct.unpack_from("<H", data, start + length)[0]:
                self._contents.fault(ReadStatus.MALFORMED, "tnef-checksum")
            self._budget.take_bytes(length)
            self._attribute(level, attribute, value)
            position = start + length + 2
        self._close_attachment()

    def _attribute(self, level: int, attribute: int, value: bytes) -> None:
        match attribute:
            case 0x9007 if len(value) >= 4:
                self._codepage = struct.unpack_from("<I", value)[0]
            case 0x9002:
                self._close_attachment()
            case 0x800F:
                self._take_data(value)
            case 0x8010 | 0x9001:
                self._name = self._name or mapi.text_of(mapi.STRING8, value, self._codepage)
            case 0x8011 if len(value) > _ICON_BYTES:
                self._contents.add(Member(name="preview.wmf", data=value, relation="image"))
            case 0x9003:
                mapi.take(self._contents, self._property_list(value)[0], self._codepage)
            case 0x9004:
                self._recipients(value)
            case 0x9005:
                self._attachment_properties(value)
            case _:
                self._text(level, attribute, value)

    def _text(self, level: int, attribute: int, value: bytes) -> None:
        if level == _ATTACHMENT_LEVEL or attribute not in _TEXTS:
            return
        text = mapi.text_of(mapi.STRING8, value, self._codepage)
        if text and text.strip():
            role = Role.BODY if attribute == _BODY else Role.HEADING if attribute == _SUBJECT else Role.PROPERTY
            self._contents.tell((Run(text=text, role=role, locator=f"property:{_TEXTS[attribute]}"),))

    def _recipients(self, value: bytes) -> None:
        """Names of recipients: a count, then that many property lists."""
        position = 4
        for _ in range(struct.unpack_from("<I", value)[0] if len(value) >= 4 else 0):
            if position >= len(value):
                return
            self._budget.check_time()
            properties, position = self._property_list(value, position)
            mapi.take(self._contents, properties, self._codepage, "recipient/")

    def _attachment_properties(self, value: bytes) -> None:
        for identifier, kind, data in self._property_list(value)[0]:
            if identifier == mapi.ATTACH_LONG_NAME:
                self._name = mapi.text_of(kind, data, self._codepage) or self._name
            elif identifier in (mapi.ATTACH_NAME, mapi.DISPLAY_NAME):
                self._name = self._name or mapi.text_of(kind, data, self._codepage)
            elif identifier == mapi.ATTACH_CONTENT_ID:
                self._address = address_of((mapi.text_of(kind, data, self._codepage) or "").rstrip("\0"))
            elif identifier == mapi.ATTACH_DATA:
                if kind != mapi.OBJECT:
                    self._take_data(data)
                elif len(data) > 16:
                    self._is_object = True
                    # An interface id precedes the object: a message as TNEF, or a storage or stream as it is.
                    name = "message.tnef" if data.startswith(_MESSAGE_INTERFACE) else "object"
                    self._contents.add(Member(name=self._name or name, data=data[16:], relation="embedded"))

    def _take_data(self, data: bytes) -> None:
        """Take the data of the attachment; of data present twice one program shows the first, another the last."""
        if self._data not in (None, data):
            self._add_attachment()
        self._data = data

    def _close_attachment(self) -> None:
        if self._data is None and self._name is not None and not self._is_object:
            self._contents.name(self._name.rstrip("\0"))  # of a file stored elsewhere
        self._add_attachment()
        self._name, self._data, self._address, self._is_object = None, None, "", False

    def _add_attachment(self) -> None:
        if self._data is not None:
            name = (self._name or "attachment").rstrip("\0")
            member = Member(name=name, data=self._data, relation="attachment", addresses=(self._address,))
            self._contents.add(member)

    def _property_list(self, value: bytes, position: int = 0) -> tuple[list[tuple[int, int, bytes]], int]:
        """Return the string, binary and object values of a property list and where it ends."""
        found: list[tuple[int, int, bytes]] = []
        reader = _Cursor(value, position)
        try:
            for _ in range(reader.number()):
                self._budget.check_time()
                kind, identifier = reader.pair()
                if identifier >= 0x8000:
                    reader.skip_name()
                found.extend((identifier, kind & ~_MANY, data) for data in reader.values(kind))
        except EOFError:
            self._contents.fault(ReadStatus.MALFORMED, "tnef-properties")
        return found, reader.position


class _Cursor:
    """Reads numbers and values and never beyond the end; EOFError when it would have to."""

    def __init__(self, data: bytes, position: int) -> None:
        self._data = data
        self.position = position

    def take(self, count: int) -> bytes:
        """Return the next bytes."""
        if count < 0 or self.position + count > len(self._data):
            raise EOFError
        self.position += count
        return self._data[self.position - count : self.position]

    def number(self) -> int:
        """Return a 32-bit number."""
        return int.from_bytes(self.take(4), "little")

    def pair(self) -> tuple[int, int]:
        """Return two 16-bit numbers."""
        word = self.number()
        return word & 0xFFFF, word >> 16

    def skip_name(self) -> None:
        """Pass over the name of a named property."""
        self.take(16)
        if self.number() == 0:
            self.take(4)
        else:
            self.padded(self.number())

    def padded(self, length: int) -> bytes:
        """Return a value that is padded to four bytes."""
        value = self.take(length)
        self.position = min(self.position + -length % 4, len(self._data))
        return value

    def values(self, kind: int) -> Iterator[bytes]:
        """Yield the variable-size values of a property; fixed ones are passed over."""
        base = kind & ~_MANY
        many = bool(kind & _MANY)
        if base in _VARIABLE:
            for _ in range(self.number()):
                yield self.padded(self.number())
        elif base in _FIXED:
            for _ in range(self.number() if many else 1):
                self.take(_FIXED[base])
        elif base not in (0, 1):
            raise EOFError
