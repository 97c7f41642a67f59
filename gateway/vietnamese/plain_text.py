"""Documents that are lines of visible text and nothing else, as most mails are: joined once for all who search them."""

from __future__ import annotations

import unicodedata
from typing import Final

from gateway.model import Document, Origin, Role
from gateway.vietnamese.legacy import needs_decoding
from gateway.vietnamese.normal import skeleton
from gateway.vietnamese.once import once
from gateway.vietnamese.repertoire import composed, octets

_BODY: Final = Role.BODY
_TEXT: Final = Origin.TEXT


@once
def plain_text(document: Document) -> str | None:
    """Return the lines of a document without any look, in sound Unicode letters; None for every other."""
    if document.format != "text":
        return None
    texts = []
    for run in document.runs:
        if run.role is not _BODY or run.origin is not _TEXT or run.font or run.colour or run.background:
            return None
        texts.append(run.text)
    text = "\n".join(texts)
    return None if needs_decoding((), text) else text


@once
def plain_octets(document: Document) -> bytes | None:
    """Return those lines in bytes of the common repertoire; None for other documents and other characters."""
    text = plain_text(document)
    return octets(text) if text is not None else None


@once
def plain_skeleton(document: Document) -> str | None:
    """Return the skeleton of such a document's lines, one a line; None for every other document."""
    text = plain_text(document)
    if text is None:
        return None
    common = plain_octets(document)
    if common is None or not composed(common):
        text, common = unicodedata.normalize("NFC", text), None
    bare = skeleton(text, common=common)
    return bare if bare.count("\n") == text.count("\n") else None  # references to line breaks
