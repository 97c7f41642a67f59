"""Files and words encoded within a part: in its source if that is text, and in what its readers read.

A reader shows the text as people see it (breaks, table cells, paragraphs of a Word file), the source holds what no page
shows (scripts). Both are searched by `gateway.mime.find_inline_encodings`; what is found becomes a member of the part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from gateway.documents.readers.base import Member
from gateway.documents.readers.sniff import OCTETS, sniff
from gateway.mime import InlineFile, find_inline_encodings
from gateway.model import WORDS, Document, Origin

_PLAIN: Final = frozenset({"text/plain", "text/csv"})
_HTML: Final = "text/html"
_SCRIPT: Final = re.compile(rb"<script\b[^>]{0,2000}>(.*?)(?:</script|\Z)", re.IGNORECASE | re.DOTALL)
_DATA_ADDRESS: Final = re.compile(rb"data:[^,\"'<>\s]{0,200},[^\"'<>\s)]*", re.IGNORECASE)
"""Addresses that the reader of HTML extracts itself."""
_BY_DIGITS: Final = frozenset({"base64", "hex"})
"""Kinds without a beginning of their own, so that chance can make one."""
_ONE_LINE: Final = 57
"""Bytes of one line of base64 (RFC 2045): of a picture, an example that breaks off, in which nothing can be seen."""
_LIMIT_CHARACTERS: Final = 32 << 20


def in_source(data: bytes, kinds: tuple[str, ...]) -> Iterator[InlineFile]:
    """Yield the files and texts encoded in the bytes of a text part."""
    if not _PLAIN.isdisjoint(kinds):
        yield from find_inline_encodings(data)
    if _HTML in kinds:
        yield from find_inline_encodings(_DATA_ADDRESS.sub(b" ", data), letters=False)
        if b"<script" in data or b"<SCRIPT" in data:
            yield from find_inline_encodings(b"\n".join(_SCRIPT.findall(data)))


def in_document(document: Document) -> Iterator[InlineFile]:
    """Yield the files and texts encoded in the text that a reader returned; text of pictures is not searched."""
    if document.format in ("text", WORDS, "image"):
        return  # its source was searched, or it has none
    runs = (run for run in document.runs if run.origin is not Origin.OCR)
    lines = ("".join(run.text for run in block) for _, block in groupby(runs, key=lambda run: (run.block, run.role)))
    text = "\n".join(lines)[:_LIMIT_CHARACTERS]
    if text:
        yield from find_inline_encodings(text.encode("utf-8", "replace"))


def member(inline: InlineFile, number: int) -> Member | None:
    """Make the member that is looked at; None for bytes that only begin like a file."""
    name = inline.name or f"inline-{number}"
    if inline.kind == "text":
        return Member(name=name, data=inline.data, relation=WORDS, declared_type="text/plain")
    if inline.kind in _BY_DIGITS:
        kind = sniff(inline.data).primary
        if kind == OCTETS or (kind.startswith("image/") and len(inline.data) <= _ONE_LINE):
            return None
    return Member(name=name, data=inline.data, relation="inline")
