"""Marked content of a PDF page (ISO 32000-1 §14.6): tags around objects, and words of /ActualText that pdfium does not give (§14.9.4)."""

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


_SAID = re.compile(
    rb"/ActualText\s*(?:<(?P<digits>[0-9A-Fa-f\s]{8,})>|\((?P<literal>(?:\xfe\xff|\\376\\377)(?:[^\\()]++|\\[\s\S])+)\))"
)
_BACKSLASH = re.compile(rb"\\([0-7]{1,3}|\r\n|[\s\S])")
_CONTROL = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b""}
_BASIC_PLANE = "\uffff"


def said_beyond_basic_plane(content: bytes) -> Iterator[str]:
    """Yield the /ActualText strings of a content stream that have letters beyond the basic plane."""
    for found in _SAID.finditer(content):
        digits = found["digits"]
        raw = _from_digits(digits) if digits is not None else unescaped(found["literal"])
        if raw[:2] != b"\xfe\xff":
            continue
        text = raw[2:].decode("utf-16-be", "replace")
        if max(text, default="") > _BASIC_PLANE:
            yield text


def unescaped(literal: bytes) -> bytes:
    """Return the bytes of a literal string between its brackets (ISO 32000-1 §7.3.4.2)."""
    if b"\\" not in literal:
        return literal

    def plain(match: re.Match[bytes]) -> bytes:
        code = match[1]
        return bytes((int(code, 8) & 0xFF,)) if code.isdigit() else _CONTROL.get(code, code)

    return _BACKSLASH.sub(plain, literal)


def _from_digits(digits: bytes) -> bytes:
    """Return the bytes of a hexadecimal string; a missing last digit is 0 (§7.3.4.3)."""
    digits = b"".join(digits.split())
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
