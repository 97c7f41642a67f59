"""Mails of short plain text and files of unrecognised type, read in the front end without a child.

Most mails of a day are a few lines of text. They are decoded and cut into lines by our own bounded code; everything
else (a file of a known format, HTML, a type that does not fit, a defect of encoding, long text) goes to a child.
"""

from __future__ import annotations

import hashlib
import mmap
import re

from msgspec import structs

from gateway.documents.readers import plain
from gateway.documents.readers.base import Source
from gateway.documents.readers.sniff import opens, sniff
from gateway.documents.wall import unknown
from gateway.documents.wall.merge import rebuilt
from gateway.documents.wall.wire import Inspection
from gateway.mime import decode_body, find_inline_encodings
from gateway.model import Document, Message, Part, ReadStatus

LIMIT_BYTES = 64 << 10
"""Of a mail without its files of no known form."""
_LIMIT_LEAVES = 4
_FOREIGN_OCTETS = bytes({*range(32), *b"<{%"} - {*b"\t\n\r"})
_FOREIGN_WORDS = (b"PK", b"BEGIN", b"begin", b"BinHex")
_FOREIGN_BEGINNING = re.compile(rb"\s*[!-9;-~]+:")
"""Every other format that this product knows has one of these within, or begins like a header field."""


def inspect_inline(message: Message, content: bytes | mmap.mmap) -> Inspection | None:
    """Return the inspection of a mail of short text and files of no known form, None when a child must look."""
    root = message.root
    leaves = list(root.leaves())
    files = [leaf for leaf in leaves if not _is_body_text(leaf)]
    size = sum(leaf.length for leaf in files)
    if len(leaves) > _LIMIT_LEAVES or size > unknown.LIMIT_BYTES or len(content) - size > LIMIT_BYTES:
        return None
    if not all(map(unknown.may_be_unknown, files)):
        return None
    documents: list[Document] = []
    seen: dict[str, Part] = {}
    for leaf in leaves:
        read = unknown.look_at_unknown if leaf in files else read_text
        found = read(leaf, content)
        if found is None:
            return None
        seen[leaf.path] = found[0]
        documents.append(found[1])
    return Inspection(
        root=rebuilt(root, lambda part: seen.get(part.path, part)) if root.children else seen[root.path],
        documents=tuple(documents),
        signatures=(),
        children=0,
    )


def read_text(leaf: Part, content: bytes | mmap.mmap) -> tuple[Part, Document] | None:
    """Return what a small plain text of a mail says, None when a child must look at it."""
    if not _is_body_text(leaf) or leaf.length > LIMIT_BYTES:
        return None
    body = decode_body(content, leaf)
    if body.defects or body.alternatives or not _is_text(body.data) or find_inline_encodings(body.data):
        return None
    source = Source(data=body.data, part=leaf.path, declared_type=leaf.declared_type, charset=leaf.charset)
    document = plain.read_text(source)
    if document.status is not ReadStatus.OK:
        return None
    digest = hashlib.sha256(body.data).hexdigest()
    part = structs.replace(leaf, detected_type="text/plain", size_bytes=len(body.data), sha256=digest)
    return part, document


def _is_body_text(part: Part) -> bool:
    """Return whether a leaf is the text of the mail, not a file and not signed data."""
    return (
        part.declared_type in ("text/plain", "")
        and not part.names
        and part.filename is None
        and part.content_disposition != "attachment"
    )


def _is_text(data: bytes) -> bool:
    """Return whether bytes are plain text by content, whatever they are declared to be.

    Prose without a byte that any other format needs is text; the rest is sniffed in full.
    """
    if (
        len(data.translate(None, _FOREIGN_OCTETS)) == len(data)
        and not any(map(data.__contains__, _FOREIGN_WORDS))
        and not _FOREIGN_BEGINNING.match(data)
    ):
        return True
    return b"\0" not in data and not opens(data) and sniff(data).types == ("text/plain",)
