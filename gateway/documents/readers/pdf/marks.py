"""Marked content of a PDF page (ISO 32000-1 §14.6): tags around objects."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from typing import Final

from gateway.documents.readers.base import ReadError
from gateway.documents.readers.pdf.api import pdfium
from gateway.model import ReadStatus

_LIMIT: Final = 64
"""Sequences around one object; those of honest structure are some ten."""


class Marks:
    """Asks for the marked-content sequences around objects."""

    def __init__(self) -> None:
        self._api = pdfium()
        self._length = ctypes.c_ulong()
        self._name = ctypes.create_string_buffer(2048)
        self._address = ctypes.addressof(self._name)

    def text(self, handle: int, name: str, key: bytes) -> str | None:
        """Return a text parameter of the sequence of that tag around an object."""
        for mark, tag in self._tags(handle):
            if tag == name:
                return self._parameter(mark, key)
        return None

    def drop_actual_text(self, handle: int) -> bool:
        """Remove the marks of an object that carry /ActualText; tell whether there was one."""
        carrying = [mark for mark in self._around(handle) if self._parameter(mark, b"ActualText") is not None]
        for mark in carrying:
            self._api.FPDFPageObj_RemoveMark(handle, mark)
        return bool(carrying)

    def _around(self, handle: int) -> list[int]:
        api = self._api
        count = max(api.FPDFPageObj_CountMarks(handle), 0)
        if count > _LIMIT:
            raise ReadError(ReadStatus.LIMIT, "pdf-marks")
        return [mark for position in range(count) if (mark := api.FPDFPageObj_GetMark(handle, position))]

    def _tags(self, handle: int) -> Iterator[tuple[int, str]]:
        for mark in self._around(handle):
            if self._api.FPDFPageObjMark_GetName(mark, self._address, len(self._name), ctypes.byref(self._length)):
                yield mark, utf16(self._name.raw, self._length.value)

    def _parameter(self, mark: int, key: bytes) -> str | None:
        done = self._api.FPDFPageObjMark_GetParamStringValue(
            mark, key, self._address, len(self._name), ctypes.byref(self._length)
        )
        return utf16(self._name.raw, min(self._length.value, len(self._name))) if done else None


def utf16(raw: bytes, length: int) -> str:
    """Return a string of pdfium: UTF-16 with a terminator, both counted in the length."""
    return raw[: max(length - 2, 0)].decode("utf-16-le", "replace")


_BACKSLASH = re.compile(rb"\\([0-7]{1,3}|\r\n|[\s\S])")
_CONTROL = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b""}


def unescaped(literal: bytes) -> bytes:
    """Return the bytes of a literal string between its brackets (ISO 32000-1 §7.3.4.2)."""
    if b"\\" not in literal:
        return literal

    def plain(match: re.Match[bytes]) -> bytes:
        code = match[1]
        return bytes((int(code, 8) & 0xFF,)) if code.isdigit() else _CONTROL.get(code, code)

    return _BACKSLASH.sub(plain, literal)
