"""What browsers send: fields of a form, and files that are hashed while they come and never kept."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from email.message import Message
from typing import Final
from urllib.parse import parse_qsl

from msgspec import Struct
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

_MOST_FIELDS: Final = 100
_MOST_FIELD_BYTES: Final = 1 << 20
_MOST_HEADER_BYTES: Final = 4096


class BadForm(Exception):  # noqa: N818
    """What came is no form."""


class Form(Struct, frozen=True):
    """The fields of a form; of a field that comes twice all values."""

    fields: dict[str, list[str]]
    digests: dict[str, str] = {}
    """SHA-256 of the files that were to be hashed, by field."""

    def get(self, name: str) -> str:
        """Return the first value of a field, empty without one."""
        return self.fields.get(name, [""])[0]

    def all(self, name: str) -> list[str]:
        """Return all values of a field."""
        return self.fields.get(name, [])


async def read_form(content_type: str, body: AsyncIterator[bytes], *, hashed: str = "") -> Form:
    """Read a form; the file of field `hashed` becomes a digest. BadForm when it is none."""
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
    parts = _Parts(hashed)
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
        parser.finalize()
        return parts.form()
    except (MultipartParseError, UnicodeDecodeError, ValueError):
        raise BadForm from None


class _Parts:
    """Callbacks of the parser."""

    def __init__(self, hashed: str) -> None:
        self._hashed = hashed
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
            self._file = message.get_param("filename", None, "content-disposition") is not None

    def headers_end(self) -> None:
        if not self._name:
            raise BadForm

    def data(self, data: bytes, start: int, end: int) -> None:
        self._size += end - start
        if self._file and self._name == self._hashed:
            self._digest.update(data[start:end])
            return
        self._held += end - start
        if self._held > _MOST_FIELD_BYTES:
            raise BadForm
        self._octets += data[start:end]

    def end(self) -> None:
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
