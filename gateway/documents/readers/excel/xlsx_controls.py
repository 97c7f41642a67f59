"""Form controls on sheets: boxes to tick and what is chosen from lists, as their VML states it (ECMA-376 Part 4 §19.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from gateway.documents.readers.fields import shown_value
from gateway.documents.readers.numerals import cell_name, whole
from gateway.documents.readers.ooxml.parts import Parts
from gateway.documents.readers.ooxml.xml import Element, clark, parse_loosely, text_of

_KINDS: Final = (b"Checkbox", b"Radio", b"Drop", b"List")
_BOXES: Final = {"Checkbox", "Radio"}
_DATA, _TEXT, _SPID = clark("x:ClientData"), clark("v:textbox"), clark("o:spid")
_NAMED, _LETTERS = clark("xdr:cNvPr"), clark("a:t")
_COMPATIBLE: Final = "{http://schemas.microsoft.com/office/drawing/2010/main}compatExt"
_TOP, _BOTTOM = 2, 6
"""Where the rows are among the numbers of an anchor: cell and pixels, of each corner."""
_RANGE: Final = re.compile(r"(?:'?(?P<sheet>[^'!]+)'?!)?\$?(?P<column>[A-Z]{1,3})\$?(?P<row>\d{1,7})(?::.*)?")


class Choice(NamedTuple):
    """A chosen entry of a list on a sheet, or a check box without a caption."""

    cell: str
    """Name of the cell on which the list stands."""
    entries: str
    """The cells with its entries, or their name."""
    number: int
    """The chosen entry, from 1."""
    sign: str = ""
    """The box, ticked or not."""


def tick_boxes(root: Element) -> dict[str, str]:
    """Write before the words of each box of a VML part whether it is ticked; return that by shape."""
    signs: dict[str, str] = {}
    for data in root.iter(_DATA):
        shape = data.getparent()
        if data.get("ObjectType") not in _BOXES or shape is None:
            continue
        sign = _sign(data)
        signs[shape.get(_SPID) or shape.get("id") or ""] = sign
        _write_before(sign, (node for box in shape.iterchildren(_TEXT) for node in box.iter()))
    return signs


def _sign(data: Element) -> str:
    return shown_value("FORMCHECKBOX", (), whole(_said(data, "x:Checked"))) + " "


def _said(data: Element, name: str) -> str:
    return (data.findtext(clark(name)) or "").strip()


def _write_before(sign: str, nodes: Iterator[Element]) -> None:
    first = next((node for node in nodes if node.text and node.text.strip()), None)
    if first is not None:
        first.text = sign + first.text.lstrip()


class Controls:
    """The controls of one sheet."""

    def __init__(self, parts: Parts, sheet: str) -> None:
        self._signs: dict[str, str] = {}
        self.choices: list[Choice] = []
        for name in parts.by_kind(sheet, "vmlDrawing"):
            data = parts.package.read(name)
            if any(b'"%b"' % kind in data for kind in _KINDS):
                root = parse_loosely(data)
                self._signs |= tick_boxes(root)
                self.choices += _choices(root)

    def tick(self, drawing: Element) -> None:
        """Write the same before the words of the shapes of a drawing part that stand for boxes; their names repeat the words."""
        for compatible in drawing.iter(_COMPATIBLE) if self._signs else ():
            sign = self._signs.get(compatible.get("spid") or "")
            named = next(compatible.iterancestors(_NAMED), None)
            if sign is not None and named is not None:
                named.attrib.pop("descr", None)
                named.set("name", "")
                _write_before(sign, named.getparent().getparent().iter(_LETTERS))


def _choices(root: Element) -> Iterator[Choice]:
    for data in root.iter(_DATA):
        anchor = [whole(number.strip()) for number in _said(data, "x:Anchor").split(",")]
        if len(anchor) <= _BOTTOM:
            continue
        cell = cell_name((anchor[_TOP] + anchor[_BOTTOM]) // 2, anchor[0])
        if data.get("ObjectType") not in _BOXES and (number := whole(_said(data, "x:Sel"))):
            yield Choice(cell, _said(data, "x:FmlaRange"), number)
        elif data.get("ObjectType") in _BOXES and not any(
            map(str.strip, map(text_of, data.getparent().iterchildren(_TEXT)))
        ):
            yield Choice(cell, cell, 1, _sign(data))


def entry(choice: Choice, sheet: str, names: Mapping[str, str]) -> str:
    """Return the locator of the cell with the chosen entry, empty if the range is unknown."""
    found = _RANGE.fullmatch(names.get(choice.entries, choice.entries))
    if found is None:
        return ""
    return f"cell:{found['sheet'] or sheet}!{found['column']}{int(found['row']) + choice.number - 1}"


def row_of(cell: str) -> str:
    """Return the row of a cell by its name."""
    return cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
