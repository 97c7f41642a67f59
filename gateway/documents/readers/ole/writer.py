"""Writes a compound file (MS-CFB version 3), so that an embedded object becomes a file."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

_SECTOR: Final = 512
_MINI: Final = 64
_CUTOFF: Final = 4096
_END: Final = 0xFFFFFFFE
_FREE: Final = 0xFFFFFFFF
_FAT: Final = 0xFFFFFFFD
_DIFAT: Final = 0xFFFFFFFC


@dataclass
class _Entry:
    """A stream or storage on its way into the directory."""

    name: str
    kind: int
    data: bytes = b""
    children: dict[str, _Entry] = field(default_factory=dict)
    left: int = _FREE
    right: int = _FREE
    child: int = _FREE
    start: int = _END
    size: int = 0


def write_compound(streams: dict[tuple[str, ...], bytes]) -> bytes:
    """Return a compound file with these streams; storages are made as the paths ask for them."""
    root = _Entry("Root Entry", 5)
    for path, data in streams.items():
        node = root
        for name in path[:-1]:
            node = node.children.setdefault(name, _Entry(name, 1))
        node.children[path[-1]] = _Entry(path[-1], 2, data)
    entries = _numbered(root)
    mini, mini_fat = bytearray(), list[int]()
    for entry in entries:
        if entry.kind == 2 and 0 < len(entry.data) < _CUTOFF:
            entry.start = len(mini_fat)
            _chain(mini_fat, -(-len(entry.data) // _MINI))
            mini += entry.data + bytes(-len(entry.data) % _MINI)
        entry.size = len(entry.data)
    sectors, fat = bytearray(), list[int]()

    def store(data: bytes) -> int:
        if not data:
            return _END
        start = len(fat)
        _chain(fat, -(-len(data) // _SECTOR))
        sectors.extend(data + bytes(-len(data) % _SECTOR))
        return start

    for entry in entries:
        if entry.kind == 2 and len(entry.data) >= _CUTOFF:
            entry.start = store(entry.data)
    root.start, root.size = store(bytes(mini)), len(mini)
    mini_table = b"".join(number.to_bytes(4, "little") for number in mini_fat)
    mini_table += b"\xff" * (-len(mini_table) % _SECTOR)
    mini_start = store(mini_table)
    table = b"".join(_packed(entry) for entry in entries)
    directory = store(table + _packed(_Entry("", 0)) * (-len(entries) % 4))
    return _header_and_fat(fat, directory, mini_start, len(mini_table) // _SECTOR) + bytes(sectors) + _tail(fat)


def _numbered(root: _Entry) -> list[_Entry]:
    """Return the entries in the order of their numbers, children linked as balanced trees."""
    entries = [root]
    for entry in entries:  # grows while it is walked
        ordered = sorted(entry.children.values(), key=lambda child: (len(child.name), child.name.upper()))
        first = len(entries)
        entries += ordered
        entry.child = _tree(ordered, first, 0, len(ordered))
    return entries


def _tree(ordered: list[_Entry], first: int, low: int, high: int) -> int:
    """Link a sorted slice as a binary tree and return the number of its top; depth is the logarithm of its length."""
    if low >= high:
        return _FREE
    middle = (low + high) // 2
    ordered[middle].left = _tree(ordered, first, low, middle)
    ordered[middle].right = _tree(ordered, first, middle + 1, high)
    return first + middle


def _chain(table: list[int], count: int) -> None:
    start = len(table)
    table.extend(range(start + 1, start + count))
    table.append(_END)


def _packed(entry: _Entry) -> bytes:
    name = entry.name[:31].encode("utf-16-le", "replace")
    links = (entry.left, entry.right, entry.child) if entry.name else (_FREE, _FREE, _FREE)
    head = struct.pack("<64sHBB3I", name, len(name) + 2 if name else 0, entry.kind, 1, *links)
    return head + bytes(36) + struct.pack("<IQ", entry.start if entry.name else 0, entry.size)


def _fat_sectors(length: int) -> tuple[int, int]:
    """Return how many sectors the FAT and the DIFAT take, themselves included."""
    fat = difat = 0
    while True:
        wanted = -(-(length + fat + difat) // 128)
        more = max(0, -(-(wanted - 109) // 127))
        if (wanted, more) == (fat, difat):
            return fat, difat
        fat, difat = wanted, more


def _header_and_fat(fat: list[int], directory: int, mini_start: int, mini_count: int) -> bytes:
    count, difat = _fat_sectors(len(fat))
    places = [len(fat) + number for number in range(count)]
    header = struct.pack(
        "<8s16sHHHHH6xIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6,
        0, count, directory, 0, _CUTOFF, mini_start, mini_count, len(fat) + count if difat else _END, difat,
    )  # fmt: skip
    return header + b"".join(place.to_bytes(4, "little") for place in [*places, *[_FREE] * 109][:109])


def _tail(fat: list[int]) -> bytes:
    """Return the FAT and DIFAT sectors, which are last."""
    count, difat = _fat_sectors(len(fat))
    places = [len(fat) + number for number in range(count)]
    numbers = [*fat, *[_FAT] * count, *[_DIFAT] * difat]
    numbers += [_FREE] * (-len(numbers) % 128)
    chunks = [places[start : start + 127] for start in range(109, max(count, 109), 127)]
    for index, chunk in enumerate(chunks):
        following = len(fat) + count + index + 1 if index + 1 < len(chunks) else _END
        numbers += [*chunk, *[_FREE] * (127 - len(chunk)), following]
    return b"".join(number.to_bytes(4, "little") for number in numbers)
