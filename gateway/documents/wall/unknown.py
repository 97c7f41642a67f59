"""Unrecognised file types, checked in the front end: signatures compared, bytes searched for words; nothing is opened.

What could be anything else (a name, type or beginning of a format that we know, an odd encoding, more than a few words) goes to a
child, and so does what takes longer than such files do. Work is in slices, so that another thread never waits long for
the interpreter.
"""

from __future__ import annotations

import hashlib
import io
import mmap
import time
from collections.abc import Callable
from typing import Final

from msgspec import structs

from gateway.documents.readers.loose_words import loose_runs
from gateway.documents.readers.sniff import OCTETS, Sniffed, opens, sniff
from gateway.documents.wall import types
from gateway.documents.wall.leaves import is_signature
from gateway.documents.wall.look import PartLook
from gateway.mime import decoded_slices, find_inline_encodings
from gateway.model import Document, Part, ReadStatus, formats

LIMIT_BYTES: Final = 16 << 20
"""Of all such files of a mail, as they are in it."""
_LIMIT_WORDS: Final = 4 << 10
"""Characters of loose words; chance makes a few dozen of a mebibyte."""
_BASE_CPU_S, _MIB_CPU_S = 0.005, 0.015
"""Processor time for a file, about four times what it takes."""


def may_be_unknown(leaf: Part) -> bool:
    """Return whether nothing that a mail declares of a leaf names a known format."""
    return (
        leaf.declared_type.startswith("application/")
        and leaf.declared_type not in formats.CMS.media_types
        and not is_signature(leaf)
        and formats.by_filename(leaf.filename) is None
    )


def look_at_unknown(leaf: Part, content: bytes | mmap.mmap) -> tuple[Part, Document] | None:
    """Return what a child would say of a file that may be of no known form, None when a child must look at it."""
    ends_s = time.thread_time() + _BASE_CPU_S + _MIB_CPU_S * leaf.length / (1 << 20)

    def check() -> None:
        if time.thread_time() > ends_s:
            raise TimeoutError

    try:
        return _look_at(leaf, content, check)
    except TimeoutError:
        return None


def _look_at(leaf: Part, content: bytes | mmap.mmap, check: Callable[[], None]) -> tuple[Part, Document] | None:
    digest, decoded = hashlib.sha256(), io.BytesIO()
    for data in decoded_slices(content, leaf):
        if data is None or not (decoded.tell() or _is_unknown(data, leaf)):
            return None
        digest.update(data)
        decoded.write(data)
        check()
    whole = decoded.getvalue()
    decoded.close()
    if not _is_unknown(whole, leaf):
        return None
    runs = loose_runs(whole, check)
    words = "\n".join(run.text for run in runs)
    if len(words) > _LIMIT_WORDS or find_inline_encodings(words.encode("utf-8", "replace")):
        return None
    part = structs.replace(leaf, detected_type=OCTETS, size_bytes=len(whole), sha256=digest.hexdigest())
    look = PartLook(part)
    look.fail(ReadStatus.UNSUPPORTED, "unknown-type", OCTETS, runs)
    look.tell(types.lies(leaf.filename, leaf.declared_type, Sniffed((OCTETS,))))
    return part, look.documents[0]


def _is_unknown(data: bytes, leaf: Part) -> bool:
    return not opens(data) and sniff(data, leaf.filename, leaf.declared_type).types == (OCTETS,)
