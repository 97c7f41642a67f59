"""Ranges of a sheet whose conditional formats may colour letters or their ground (ECMA-376 §18.3.1.18, MS-XLSX 2.6).

They stand behind the cells. So that cells can be given with their look as they come by, the part is read once more
without its cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gateway.documents.readers.base import ReadError
from gateway.documents.readers.excel.areas import Box, boxes
from gateway.documents.readers.ooxml.xml import Element, parse

_OPENS: Final = re.compile(rb"<(?:[\w.-]{1,40}:)?sheetData(?:\s[^<>]*)?>")


def conditional_boxes(data: bytes) -> Iterator[Box]:
    """Yield the ranges, as the file has them and as its newer extension has."""
    if b"onditionalFormatting" not in data:
        return
    try:
        root = parse(_without_cells(data))
    except ReadError:
        return  # the whole part is read next, and says what is wrong with it
    for element in root.iter("{*}conditionalFormatting"):
        if any(map(_colours, element.iterchildren("{*}cfRule"))):
            yield from boxes(element.get("sqref") or "".join(element.itertext("{*}sqref")))


def _colours(rule: Element) -> bool:
    differential = rule.get("dxfId") is not None or next(rule.iterchildren("{*}dxf"), None) is not None
    return differential or rule.get("type") == "colorScale"


def _without_cells(data: bytes) -> bytes:
    opened, closed = _OPENS.search(data), data.rfind(b"sheetData>")
    if opened is None or closed < opened.end():
        return data
    return data[: opened.end()] + data[data.rfind(b"<", opened.end() - 1, closed) :]
