"""Memory of a process before many forks (Linux; no effect elsewhere).

A forked child shares all pages until it writes to them: even reading a Python object writes its reference count, and
then the kernel copies the page. The 2,700 faults of a child that reads one DOCX and one PDF take a third of its time, and
they are nearly the same in every child. So a first child does a rehearsal and shows which pages its work needs
(`working_set`), and a child that waits for its job has these copied already (`populate`).
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import itertools
import mmap
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_HUGE_PAGE: Final = 2 << 20
_PAGE: Final = os.sysconf("SC_PAGESIZE")
_MADV_DONTNEED: Final = 4
_MADV_POPULATE_WRITE: Final = 23
_MADV_COLLAPSE: Final = 25
_COPIED: Final = 1 << 63 | 1 << 56
"""Bits of /proc/self/pagemap: the page is mapped, and by this process alone (proc_pid_pagemap(5))."""

_libc: Final = ctypes.CDLL(None, use_errno=True)
_libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)

Stretch = tuple[int, int]
"""Address and length in bytes of a piece of memory."""


def settle() -> None:
    """Give back what warming up needed, and make what stays cheap to fork.

    The heap is trimmed and put into huge pages (Linux 6.1), so that a fork copies less of page tables: a fifth of the
    cost of a child. Pages that are in files too, such as program text, are dropped from the map: warming up touched
    each library once, and they are in the page cache when needed again; children do not inherit them anyway.
    """
    with contextlib.suppress(AttributeError):  # another C library
        _libc.malloc_trim(0)
    for mapping in _mappings():
        if mapping.rights == "rw-p" and mapping.name in ("", "[heap]"):
            first = -(-mapping.start // _HUGE_PAGE) * _HUGE_PAGE
            for page in range(first, mapping.end // _HUGE_PAGE * _HUGE_PAGE, _HUGE_PAGE):
                _libc.madvise(page, _HUGE_PAGE, _MADV_COLLAPSE)
        elif mapping.name.startswith("/") and mapping.changed_kib == 0:
            _libc.madvise(mapping.start, mapping.end - mapping.start, _MADV_DONTNEED)


def working_set(rehearse: Callable[[], object]) -> tuple[Stretch, ...]:
    """Return the memory that a child of this process writes to when it does such work; empty where it is unknown."""
    mappings = [mapping for mapping in _mappings() if mapping.rights == "rw-p"]
    if not mappings:
        return ()
    pages = itertools.chain.from_iterable(range(mapping.start, mapping.end, _PAGE) for mapping in mappings)
    pagemap = _pagemap_after(rehearse, mappings)
    return tuple(_stretches(page for page, bits in zip(pages, pagemap, strict=True) if bits & _COPIED == _COPIED))


def _pagemap_after(rehearse: Callable[[], object], mappings: list[_Mapping]) -> array.array[int]:
    """Return the page map of a child after some work, mapping by mapping; zeros when it could not be read.

    The child is a plain fork of this process, not locked in: the work must be our own, never a stranger's. It only reads
    its page map into shared memory, so that pages that the measurement touches do not count as pages of the work.
    """
    sizes = [8 * (mapping.end - mapping.start) // _PAGE for mapping in mappings]
    with mmap.mmap(-1, sum(sizes)) as shared, memoryview(shared) as whole:
        begins = itertools.accumulate(sizes, initial=0)
        parts = [whole[begin : begin + size] for begin, size in zip(begins, sizes, strict=False)]
        child = os.fork()
        if child == 0:
            try:
                rehearse()
                pagemap = os.open("/proc/self/pagemap", os.O_RDONLY)
                for mapping, part in zip(mappings, parts, strict=True):
                    os.preadv(pagemap, [part], mapping.start // _PAGE * 8)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        for part in parts:
            part.release()
        return array.array("Q", whole.tobytes())


def populate(stretches: Sequence[Stretch]) -> None:
    """Have the kernel copy those pages now (Linux 5.14); where it does not, each is copied when it is written to."""
    advise = _libc.madvise
    for start, length in stretches:
        advise(start, length, _MADV_POPULATE_WRITE)


def _stretches(pages: Iterable[int]) -> Iterator[Stretch]:
    """Yield the stretches that pages make which follow each other."""
    start = end = 0
    for page in pages:
        if page != end:
            if end:
                yield start, end - start
            start = page
        end = page + _PAGE
    if end:
        yield start, end - start


@dataclass
class _Mapping:
    start: int
    end: int
    rights: str
    name: str
    """Path of the file, `[heap]` and the like, or nothing."""
    changed_kib: int | None = None
    """KiB that are in no file: written by the process; None when the kernel does not say."""


def _mappings() -> list[_Mapping]:
    """Return the mappings of this process (proc(5), smaps)."""
    found: list[_Mapping] = []
    try:
        with open("/proc/self/smaps", encoding="utf-8") as smaps:  # noqa: PTH123
            for line in smaps:
                fields = line.split(maxsplit=5)
                if not fields[0].endswith(":"):
                    start, _, end = fields[0].partition("-")
                    name = fields[5].strip() if len(fields) > 5 else ""
                    found.append(_Mapping(int(start, 16), int(end, 16), fields[1], name))
                elif fields[0] == "Anonymous:":
                    found[-1].changed_kib = int(fields[1])
    except OSError:
        return []
    return found


def address_space() -> int:
    """Return the size of this process's address space in bytes (proc(5) statm); 0 when /proc is not there."""
    try:
        with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123
            return int(statm.read().split()[0]) * os.sysconf("SC_PAGESIZE")
    except (OSError, ValueError):
        return 0
