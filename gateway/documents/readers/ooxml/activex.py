"""Displayed text of ActiveX controls of a package, by their part and their stored data (MS-OE376 2.1.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from gateway.documents.readers.base import ReadError
from gateway.documents.readers.ole.compound import Compound
from gateway.documents.readers.ole.controls import shown_by_octets, shown_by_properties
from gateway.documents.readers.ooxml.parts import Parts
from gateway.documents.readers.ooxml.xml import NAMES, Element

_SPACE: Final = "{http://schemas.microsoft.com/office/2006/activeX}"
_KIND: Final = re.compile(r"(?i)\{8BD21D(?:[123]|([456]))0-EC42-11CE-9E0D-00AA006002F3\}")
"""Text fields and lists, or boxes to tick, option and toggle buttons (MS-OFORMS 2.5.3)."""
_OLE: Final = b"\xd0\xcf\x11\xe0"
_CLASS_ID: Final = 16
"""Bytes of a class id before what is stored in a stream."""


def shown_by_control(parts: Parts, name: str, root: Element) -> str | None:
    """Return the text that the control of a part shows, None if its kind is another or unknown."""
    kind = _KIND.fullmatch(root.get(f"{_SPACE}classid") or "")
    if kind is None:
        return None
    shown = next(_shown(parts, name, root), None)
    return shown if shown is not None or kind[1] is None else ""  # what a box offers is not what was chosen


def _shown(parts: Parts, name: str, root: Element) -> Iterator[str | None]:
    for relation in parts.package.relationships(name):
        if (stored := parts.package.find(relation.target)) is not None:
            data = parts.package.read(stored)
            yield shown_by_octets(_contents(data, parts) if data.startswith(_OLE) else data[_CLASS_ID:])
    if properties := {
        one.get(f"{_SPACE}name"): one.get(f"{_SPACE}value") for one in root if NAMES[one.tag] == "?:ocxPr"
    }:
        yield shown_by_properties(properties)


def _contents(data: bytes, parts: Parts) -> bytes:
    with suppress(ReadError):
        compound = Compound(data, parts.sink.budget)
        return compound.read("contents") if compound.has("contents") else b""
    return b""
