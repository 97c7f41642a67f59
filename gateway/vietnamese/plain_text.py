"""Documents of visible text lines only, as most mails are: joined once for all searches."""

from __future__ import annotations

import unicodedata
from typing import Final

from gateway.model import WORDS, Document, Origin, Role
from gateway.vietnamese.legacy import needs_decoding
from gateway.vietnamese.normal import skeleton
from gateway.vietnamese.once import once
from gateway.vietnamese.repertoire import REPERTOIRE, composed, numbers, octets

_BODY: Final = Role.BODY
_TEXT: Final = Origin.TEXT
_ASCII: Final = numbers(filter(str.isascii, REPERTOIRE))
_LATIN: Final = numbers(character for character in REPERTOIRE if "\x80" <= character <= "\xff")


class PlainText:
    """Text in sound Unicode letters."""

    __slots__ = ("common", "marked", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.common = octets(text)
        """The same in bytes of the common repertoire, None when it has other characters."""
        self.marked = self.common.translate(None, _ASCII) if self.common is not None else None
        """Of these, the ones beyond ASCII."""

    def needs_decoding(self) -> bool:
        """Return the same as `legacy.needs_decoding`."""
        if self.marked is None:
            return needs_decoding((), self.text)
        return len(self.marked) > 4 * len(self.marked.translate(None, _LATIN))


@once
def plain_text(document: Document) -> PlainText | None:
    """Return the lines of a document without any look, in sound Unicode letters; None for every other."""
    if document.format not in ("text", WORDS):
        return None
    texts = []
    for run in document.runs:
        if run.role is not _BODY or run.origin is not _TEXT or run.font or run.colour or run.background:
            return None
        texts.append(run.text)
    text = PlainText("\n".join(texts))
    return None if text.needs_decoding() else text


@once
def plain_skeleton(document: Document) -> str | None:
    """Return the skeleton of such a document's lines, one a line; None for every other document."""
    plain = plain_text(document)
    if plain is None:
        return None
    text, common = plain.text, plain.common
    if plain.marked is None or not composed(plain.marked):
        text, common = unicodedata.normalize("NFC", text), None
    bare = skeleton(text, common=common)
    return bare if bare.count("\n") == text.count("\n") else None  # references to line breaks
