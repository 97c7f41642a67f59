"""Saves of a PowerPoint 97-2003 stream: which of its objects the last one points to (MS-PPT 2.1.2, 2.3.2 to 2.3.5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from gateway.documents.readers.base import Budget, ReadError
from gateway.documents.readers.ole.art import records
from gateway.documents.readers.ole.octets import u16, u32
from gateway.model import ReadStatus

_USER_EDIT, _PERSIST = 0x0FF5, 0x1772
_LIST, _SLIDE_PERSIST = 0x0FF0, 0x03F3
_LIMIT_EDITS: Final = 1000


@dataclass
class Saved:
    """Objects of the stream that the last save points to."""

    live: set[int] = field(default_factory=set)
    """Their offset."""
    slides: dict[int, int] = field(default_factory=dict)
    """Offset of a slide, to its number."""


def with_saves(stream: bytes, locked: bytes, at: int) -> bytes:
    """Return a decrypted stream with its saves, which are never encrypted, put back: msoffcrypto-tool garbles them."""
    whole = bytearray(stream)
    for _ in range(_LIMIT_EDITS):
        if u16(locked, at + 2) != _USER_EDIT:
            break
        for start in (at, u32(locked, at + 20)):
            end = start + 8 + u32(locked, start + 4)
            if end <= len(whole) and u16(locked, start + 2) in {_USER_EDIT, _PERSIST}:
                whole[start:end] = locked[start:end]
        at = u32(locked, at + 16)
        if at == 0:
            break
    return bytes(whole)


def last_save(stream: bytes, at: int, budget: Budget) -> Saved:
    """Follow the chain of saves from the last one, at a place; the newest place of an object is the live one."""
    seen: set[int] = set()
    places: dict[int, int] = {}
    document = None
    while at not in seen and u16(stream, at + 2) == _USER_EDIT:
        seen.add(at)
        if len(seen) > _LIMIT_EDITS:
            raise ReadError(ReadStatus.LIMIT, "saves")
        if document is None:
            document = u32(stream, at + 8 + 16)
        for number, place in _directory(stream, u32(stream, at + 8 + 12), budget):
            places.setdefault(number, place)
        at = u32(stream, at + 8 + 8)
        if at == 0:
            break
    saved = Saved(live=set(places.values()))
    start = places.get(document) if document is not None else None
    if start is not None:
        _number_slides(stream, start, saved, places, budget)
    return saved


def _directory(stream: bytes, at: int, budget: Budget) -> list[tuple[int, int]]:
    if u16(stream, at + 2) != _PERSIST:
        return []
    end = min(at + 8 + u32(stream, at + 4), len(stream))
    at += 8
    found: list[tuple[int, int]] = []
    while at + 4 <= end:
        head = u32(stream, at)
        first, count = head & 0xFFFFF, head >> 20
        at += 4
        for number in range(count):
            if at + 4 > end:
                break
            found.append((first + number, u32(stream, at)))
            at += 4
        budget.check_time()
    return found


def _number_slides(stream: bytes, document: int, saved: Saved, places: dict[int, int], budget: Budget) -> None:
    """Number the slides, whose places are known, in the order of the document's list (instance 0; 1 is masters, 2 notes)."""
    end = document + 8 + u32(stream, document + 4)
    within = -1
    number = 0
    for record in records(stream, budget, start=document, end=end):
        if record.kind == _LIST:
            within = record.instance
        elif record.kind == _SLIDE_PERSIST and within == 0:
            number += 1
            place = places.get(u32(stream, record.start))
            if place is not None:
                saved.slides.setdefault(place, number)
