"""Flat OPC: a whole office package in one XML file (`pkg:package`), as Word writes "Word XML Document"."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from lxml import etree

from gateway.documents.readers.base import Budget, ReadError
from gateway.documents.readers.containers.zip import LIMIT_PARTS
from gateway.documents.readers.ooxml.opc import PartIndex, Relationship
from gateway.documents.readers.ooxml.xml import NAMES, clark, parse
from gateway.model import ReadStatus

_NAME, _TYPE = clark("pkg:name"), clark("pkg:contentType")
_START: Final = re.compile(rb"<(?:\w+:)?package\b[^>]*http://schemas\.microsoft\.com/office/2006/xmlPackage", re.DOTALL)


def is_flat_opc(data: bytes) -> bool:
    """Whether bytes are a package in one XML file."""
    head = data[:8192]
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        head = head.decode("utf-16", "ignore").encode()
    return bool(_START.search(head))


class FlatPackage:
    """A package that stands in one XML file."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        budget.take_bytes(len(data))
        self._parts: dict[str, bytes] = {}
        self._types: dict[str, str] = {}
        seen: set[str] = set()
        for part in parse(data):
            if NAMES[part.tag] != "pkg:part":
                continue
            name = (part.get(_NAME) or "").lstrip("/")
            if name.casefold() in seen:
                raise ReadError(ReadStatus.MALFORMED, "zip-duplicate-name")
            if len(seen) >= LIMIT_PARTS:
                raise ReadError(ReadStatus.LIMIT, "files")
            seen.add(name.casefold())
            self._types[name.casefold()] = (part.get(_TYPE) or "").strip().lower()
            self._parts[name] = _content(part, budget)
        self._index = PartIndex(self._parts, self.read)
        self.names = self._index.names

    def read(self, name: str) -> bytes:
        """Return the bytes of a part."""
        return self._parts[name]

    def content_type(self, name: str) -> str:
        """Return the content type of a part."""
        return self._types.get(name.casefold(), "")

    def relationships(self, name: str = "") -> tuple[Relationship, ...]:
        """Return the relationships of a part or of the package."""
        return self._index.relationships(name)

    def find(self, name: str) -> str | None:
        """Return the stored spelling of a part name."""
        return self._index.find(name)


def _content(part: object, budget: Budget) -> bytes:
    for holder in part:  # type: ignore[attr-defined]
        match NAMES[holder.tag]:
            case "pkg:xmlData":
                for root in holder:
                    data: bytes = etree.tostring(root, encoding="utf-8", with_tail=False)
                    budget.take_bytes(len(data))
                    return data
            case "pkg:binaryData":
                try:
                    binary = base64.b64decode("".join("".join(holder.itertext()).split()), validate=True)
                except (binascii.Error, ValueError):
                    raise ReadError(ReadStatus.MALFORMED, "base64") from None
                budget.take_bytes(len(binary))
                return binary
            case _:
                continue
    return b""
