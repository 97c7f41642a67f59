"""Form parsing: fields, and files that are hashed or forwarded while they arrive, never stored."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import Final, Protocol
from urllib.parse import parse_qsl

from msgspec import Struct
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

_MOST_FIELDS: Final = 100
_MOST_FIELD_BYTES: Final = 1 << 20
_MOST_HEADER_BYTES: Final = 4096
_PIECE_BYTES: Final = 256 << 10
"""Chunk size in bytes for forwarded files."""


class BadForm(Exception):  # noqa: N818
    """The body is not a valid form."""


class Form(Struct, frozen=True):
    """Fields of a form, with all values of repeated ones."""

    fields: dict[str, list[str]]
    digests: dict[str, str] = {}
    """SHA-256 of hashed files, by field."""

    def get(self, name: str) -> str:
        """Return the first value of a field; empty without one."""
        return self.fields.get(name, [""])[0]

    def all(self, name: str) -> list[str]:
        """Return all values of a field."""
        return self.fields.get(name, [])


class Receiver(Protocol):
    """Receives the files of field `file` while they arrive."""

    async def begin(self, fields: dict[str, list[str]]) -> None:
        """Called with the fields before the first file."""
        ...

    async def piece(self, number: int, name: str, octets: bytes) -> None:
        """Take a chunk of a file, numbered from 0; an empty file has one empty chunk."""
        ...


async def read_form(
    content_type: str, body: AsyncIterator[bytes], *, hashed: str = "", receiver: Receiver | None = None
) -> Form:
    """Parse a form; the file of field `hashed` becomes a digest, other files go to the receiver. BadForm."""
    kind, options = parse_options_header(content_type)
    if kind == b"application/x-www-form-urlencoded":
        octets = b"".join([part async for part in body])
        try:
            pairs = parse_qsl(octets.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
        except ValueError:
            raise BadForm from None
        fields: dict[str, list[str]] = {}
        for name, value in pairs:
            fields.setdefault(name, []).append(value)
        return Form(fields)
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise BadForm
    parts = _Parts(hashed, streams=receiver is not None)
    try:
        parser = MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": parts.begin,
                "on_header_field": parts.header_name,
                "on_header_value": parts.header_value,
                "on_header_end": parts.header_end,
                "on_headers_finished": parts.headers_end,
                "on_part_data": parts.data,
                "on_part_end": parts.end,
                "on_end": parts.finish,
            },
        )
        async for part in body:
            parser.write(part)
            if receiver is not None:
                await parts.hand_on(receiver)
        parser.finalize()
        if receiver is not None:
            await parts.hand_on(receiver, all_of_it=True)
        return parts.form()
    except (MultipartParseError, UnicodeDecodeError, ValueError):
        raise BadForm from None


class _Parts:
    """Parser callbacks."""

    def __init__(self, hashed: str, *, streams: bool) -> None:
        self._hashed = hashed
        self._streams = streams
        self._handed: list[tuple[int, str, bytearray]] = []
        """Buffered chunks for the receiver, each with file number and name."""
        self._files = 0
        self._begun = False
        self._sent: set[int] = set()
        self._fields: dict[str, list[str]] = {}
        self._digests: dict[str, str] = {}
        self._held = 0
        self._whole = False
        self._parts = 0
        self.begin()

    def begin(self) -> None:
        self._parts += 1
        self._header_bytes = 0
        self._header = [b"", b""]
        self._name = ""
        self._file = False
        self._filename = ""
        self._octets = bytearray()
        self._digest = hashlib.sha256()
        self._size = 0

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._count(end - start)
        self._header[0] += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._count(end - start)
        self._header[1] += data[start:end]

    def _count(self, octets: int) -> None:
        self._header_bytes += octets
        if self._header_bytes > _MOST_HEADER_BYTES or self._parts > _MOST_FIELDS:
            raise BadForm

    def header_end(self) -> None:
        name, value = self._header
        self._header = [b"", b""]
        if name.lower() == b"content-disposition":
            message = Message()
            message["Content-Disposition"] = value.decode()
            self._name = str(message.get_param("name", "", "content-disposition"))
            filename = message.get_param("filename", None, "content-disposition")
            self._file = filename is not None
            self._filename = collapse_rfc2231_value(filename or "").replace("\\", "/").rpartition("/")[2]

    def headers_end(self) -> None:
        if not self._name:
            raise BadForm
        if self._streamed and self._filename:  # browsers send an empty part when no file was chosen
            self._handed.append((self._files, self._filename, bytearray()))
            self._files += 1

    @property
    def _streamed(self) -> bool:
        return self._streams and self._file and self._name == "file"

    async def hand_on(self, receiver: Receiver, *, all_of_it: bool = False) -> None:
        """Forward buffered chunks, full ones only unless `all_of_it`."""
        while self._handed:
            number, name, octets = self._handed[0]
            last = len(self._handed) == 1
            if last and not all_of_it and len(octets) < _PIECE_BYTES:
                return
            if not self._begun:
                self._begun = True
                await receiver.begin(self._fields)
            if not (last and not octets and number in self._sent):
                await receiver.piece(number, name, bytes(octets))
            self._sent.add(number)
            if last and not all_of_it:
                octets.clear()
                return
            del self._handed[0]

    def data(self, data: bytes, start: int, end: int) -> None:
        self._size += end - start
        if self._streamed:
            if self._filename:
                self._handed[-1][2].extend(data[start:end])
            return
        if self._file and self._name == self._hashed:
            self._digest.update(data[start:end])
            return
        self._held += end - start
        if self._held > _MOST_FIELD_BYTES:
            raise BadForm
        self._octets += data[start:end]

    def end(self) -> None:
        if self._streamed:
            return
        if self._file and self._name == self._hashed:
            if self._size:
                self._digests[self._name] = self._digest.hexdigest()
            return
        self._fields.setdefault(self._name, []).append(self._octets.decode())

    def finish(self) -> None:
        self._whole = True

    def form(self) -> Form:
        if not self._whole:
            raise BadForm
        return Form(self._fields, self._digests)
