"""Binary workbooks (XLSB, MS-XLSB 2.1): a package whose parts are records, shown to the Excel reader as SpreadsheetML."""

from __future__ import annotations

from typing import Final

from gateway.documents.readers.base import Budget
from gateway.documents.readers.containers.zip import Zip
from gateway.documents.readers.excel import xlsb_xml
from gateway.documents.readers.ooxml.parts import Package

_EXCEL: Final = "application/vnd.ms-excel."
_IN_XML: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml."
"""Prefix of the media type that SheetJS gives to binary comments."""
_SHEETS: Final = ("worksheet", "macrosheet", "intlmacrosheet", "chartsheet", "dialogsheet")
_OPAQUE: Final = ("controlproperties", "attachedtoolbars", "printersettings")
_INDEX: Final = "binindex"
"""Record that begins the rows of a sheet: no words."""


class BinaryPackage(Package):
    """A package whose binary parts of Excel read as XML; all others as they are."""

    def __init__(self, parts: Zip, budget: Budget) -> None:
        super().__init__(parts)
        self._budget = budget
        self._fonts: list[str] | None = None

    def read(self, name: str) -> bytes:
        """Return the part, in XML when it was in records; MALFORMED `xlsb` when it ends within one."""
        kind = self._kind(name)
        data = super().read(name)
        if not kind or data.lstrip()[:1] == b"<":
            return data
        if kind.startswith(_INDEX):
            return b""
        written = self._written(kind, data)
        self._budget.take_bytes(len(written))
        return written

    def _written(self, kind: str, data: bytes) -> bytes:
        budget = self._budget
        if kind.startswith("sheet.binary"):
            return xlsb_xml.workbook(data, budget)
        if kind.startswith(_SHEETS):
            return xlsb_xml.sheet(data, self._known_fonts(), budget)
        match kind:
            case "sharedstrings":
                return xlsb_xml.shared_strings(data, self._known_fonts(), budget)
            case "styles":
                return xlsb_xml.styles(data, budget)[0]
            case "comments":
                return xlsb_xml.comments(data, self._known_fonts(), budget)
            case _:
                return xlsb_xml.other(data, budget)

    def _known_fonts(self) -> list[str]:
        if self._fonts is None:
            part = next((name for name in self.names if self._kind(name) == "styles"), None)
            self._fonts = xlsb_xml.styles(super().read(part), self._budget)[1] if part else []
        return self._fonts

    def _kind(self, name: str) -> str:
        """Return what Excel calls a binary part, empty for any other."""
        kind = super().content_type(name)
        if not name.casefold().endswith(".bin"):
            return ""
        if kind.startswith(_IN_XML):
            kind = kind.removeprefix(_IN_XML).removesuffix("+xml")
            return "" if kind.startswith(_OPAQUE) else kind
        if not kind.startswith(_EXCEL) or kind.endswith("xml"):
            return ""
        kind = kind.removeprefix(_EXCEL)
        return "" if kind.startswith(_OPAQUE) else kind

    def content_type(self, name: str) -> str:
        """Return the content type, that of an XML part for parts that read as one."""
        kind = super().content_type(name)
        return f"{kind.removesuffix('+xml')}+xml" if self._kind(name) else kind
