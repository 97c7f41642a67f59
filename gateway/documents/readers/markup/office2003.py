"""Word 2003 XML and Excel 2003 XML: line breaks and active content, which generic XML does not show.

Their words are read as those of any XML; their looks are not, so that typography stays unjudged.
"""

from __future__ import annotations

from typing import Final

from gateway.documents.readers.excel.xlsx_headers import header_lines
from gateway.documents.readers.ooxml.theme import NO_THEME
from gateway.documents.readers.ooxml.xml import Element
from gateway.documents.readers.sink import NO_FACE, Place, Sink
from gateway.documents.readers.word.docx_fields import active_kind
from gateway.model import Origin, Role

WORD: Final = "http://schemas.microsoft.com/office/word/2003/wordml"
SPREADSHEET: Final = "urn:schemas-microsoft-com:office:spreadsheet"
_W: Final = f"{{{WORD}}}"
_S: Final = f"{{{SPREADSHEET}}}"
FORMULA: Final = _S + "Formula"
_X: Final = "{urn:schemas-microsoft-com:office:excel}"
_OBJECT: Final = "{urn:schemas-microsoft-com:office:office}OLEObject"
KINDS: Final = {WORD: "word2003-xml", SPREADSHEET: "excel2003-xml"}
"""Short name of a format by the namespace of its root."""
LINES: Final = frozenset({_W + "p", _S + "Data"})
"""Paragraphs and values of cells: each begins a line, also within another one."""
BREAKS: Final = {_W + "tab": "\t", _W + "br": "\n", _W + "cr": "\n", _W + "noBreakHyphen": "-"}
BINARY: Final = _W + "binData"
_ELSEWHERE: Final = ("http:", "https:", "file:", "ftp:", "\\\\")


def name_of(binary: Element) -> str:
    """Return the file name of a `w:binData`."""
    return (binary.get(_W + "name") or "data").rpartition("/")[2]


def look_at(node: Element, sink: Sink) -> None:
    """Report what an element does when its file is opened; give headers of sheets without their codes."""
    match node.tag:
        case tag if tag == BINARY and name_of(node).lower() == "editdata.mso":
            sink.warn("macro", "")
        case tag if tag in {_W + "fldSimple", _W + "instrText"}:
            if (kind := active_kind(node.get(_W + "instr") or node.text or "")) is not None:
                sink.warn(kind, "field")
        case tag if tag == _W + "attachedTemplate" and (node.get(_W + "val") or "").lower().startswith(_ELSEWHERE):
            sink.warn("external-template")
        case tag if tag == _OBJECT:
            sink.warn("external-object" if node.get("Type") == "Link" else "ole-object", "object")
        case tag if tag == _X + "SupBook":
            path = node.findtext(_X + "Path") or ""
            sink.warn("dde" if "|" in path or node.find(f".//{_X}DDE") is not None else "external-object", "link")
        case tag if tag in {_X + "OLELink", _X + "DDELink"}:
            sink.warn("dde", "link")
        case tag if tag in {_X + "Header", _X + "Footer"}:
            for section in header_lines(node.get(_X + "Data") or "", NO_FACE, NO_THEME, sheet=""):
                place = Place("header", Role.HEADER, Origin.TEXT)
                sink.put_line("".join(text for text, _ in section), place)
        case _ if (formula := node.get(FORMULA)) is not None:
            text, number = (node.findtext(f"{_S}Data[@{_S}Type='{kind}']") for kind in ("String", "Number"))
            saved = node.find(_S + "Data") is not None
            sink.formula(formula, Place("cell", Role.FIELD), saved=saved, number=number is not None, text=text)
        case _:
            return
