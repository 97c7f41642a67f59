"""Groups of a DXF file, code and value, written as lines of text or in binary (Autodesk DXF reference, "DXF file format")."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from gateway.model import ReadStatus
from gateway.readers.base import Budget, ReadError
from gateway.readers.plain import decode

BINARY: Final = b"AutoCAD Binary DXF\r\n\x1a\0"
_UTF8_SINCE: Final = "AC1021"
"""Version from which files are in UTF-8 (AutoCAD 2007)."""
_CHECK_EVERY: Final = 4096


class Group(NamedTuple):
    """One group; numbers come as text in text files, and not at all from binary ones."""

    code: int
    value: str


def groups(data: bytes, budget: Budget) -> Iterator[Group]:
    """Yield the groups of a file; raises `ReadError` MALFORMED `dxf` where its rhythm breaks."""
    pairs = _binary(data) if data.startswith(BINARY) else _lines(data)
    for number, group in enumerate(pairs):
        if number % _CHECK_EVERY == 0:
            budget.check_time()
        yield group


def _lines(data: bytes) -> Iterator[Group]:
    head = data[: 1 << 16]
    version = head.partition(b"$ACADVER")[2].split(None, 2)[1:2]
    declared = head.partition(b"$DWGCODEPAGE")[2].split(None, 2)[1:2]
    modern = bool(version) and version[0].decode("ascii", "replace") >= _UTF8_SINCE
    text = decode(data, "utf-8" if modern else _charset(declared)).text
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for at in range(0, len(lines) - 1, 2):
        code = lines[at].strip()
        if not code.removeprefix("-").isdecimal() or len(code) > 6:
            if not code and not any(line.strip() for line in lines[at:]):
                return
            raise ReadError(ReadStatus.MALFORMED, "dxf")
        yield Group(int(code), lines[at + 1])


def _charset(declared: list[bytes]) -> str | None:
    """Name of a code page as AutoCAD writes it, `ANSI_1258`."""
    name = declared[0].decode("ascii", "replace").lower() if declared else ""
    return f"cp{name.removeprefix('ansi_')}" if name.startswith("ansi_") else None


def _binary(data: bytes) -> Iterator[Group]:
    at = len(BINARY)
    # Before release 13 a code took one octet; `0 SECTION` begins every file.
    narrow = data[at + 1 : at + 8] == b"SECTION"
    strings: list[tuple[int, bytes]] = []
    while at < len(data):
        code = data[at] if narrow else int.from_bytes(data[at : at + 2], "little")
        at += 1 if narrow else 2
        if narrow and code == 0xFF:
            code, at = int.from_bytes(data[at : at + 2], "little"), at + 2
        size = _size(code)
        if size is None:
            end = data.find(b"\0", at)
            if end < 0:
                raise ReadError(ReadStatus.MALFORMED, "dxf")
            strings.append((code, data[at:end]))
            at = end + 1
            if code == 0 and strings[-1][1] == b"EOF":
                break
        elif size < 0:
            at += 1 + (data[at] if at < len(data) else 0)
        else:
            strings.append((code, b"%d" % int.from_bytes(data[at : at + size], "little") if size <= 2 else b""))
            at += size
    whole = b"\n".join(value.replace(b"\n", b" ") for _, value in strings)
    values = decode(whole).text.split("\n")
    for (code, _), value in zip(strings, values, strict=False):
        yield Group(code, value)


_SIZES: Final = (
    (10, 59, 8), (60, 79, 2), (90, 99, 4), (110, 149, 8), (160, 169, 8), (170, 179, 2), (210, 239, 8), (270, 289, 2),
    (290, 299, 1), (310, 319, -1), (370, 389, 2), (400, 409, 2), (420, 429, 4), (440, 459, 4), (460, 469, 8),
    (1004, 1004, -1), (1010, 1059, 8), (1060, 1070, 2), (1071, 1071, 4),
)  # fmt: skip
"""First and last code, and how many octets a value of these takes; -1 for a block that says its length."""


def _size(code: int) -> int | None:
    """Return how many octets a value takes, None for a string."""
    return next((size for first, last, size in _SIZES if first <= code <= last), None)
