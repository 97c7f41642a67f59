"""Style sheets of a page in order of application: in it, in `data:` addresses, or beside it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from gateway.documents.readers.base import ReadError
from gateway.documents.readers.beside import joined
from gateway.documents.readers.markup.data_address import is_data_address, member_of
from gateway.documents.readers.markup.html_declarations import COMMENT
from gateway.documents.readers.plain import decode
from gateway.model import ReadStatus

_LIMIT_NESTED: Final = 20
"""Sheets that import one another."""
_SHEET: Final = re.compile(
    r"<style\b(?P<style>[^>]{0,500})>(?P<text>.*?)(?:</style|$)"
    r"|<(?:link|(?P<instruction>\?xml-stylesheet))\b(?P<link>(?:[^<>\"']++|\"[^\"]*+\"|'[^']*+'){0,100}+)>",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE: Final = re.compile(r"([a-z-]{1,20})(?:\s*+=\s*+(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]++)))?+", re.IGNORECASE)
_CHARSET: Final = re.compile(rb"@charset \"([\w.:-]{1,40})\"")
_AHEAD: Final = re.compile(
    r"\s*+@(?:(?:charset|layer|namespace)\b[^;{}]*+;"
    r"|import\s*+(?:(?:url\(\s*+)?+(?:\"([^\"]*+)\"|'([^']*+)')|url\(\s*+([^\"')\s]++))\s*+\)?+([^;{}]*+)(?:;|$))",
    re.IGNORECASE,
)
"""What may come before the rules of a sheet (CSS Cascade 5, section 2)."""


class StyleSheet(NamedTuple):
    """Text of a sheet, and what its `media` attribute and each `@import` on the way to it say, the outermost first."""

    text: str
    conditions: tuple[str, ...]
    is_part: bool
    """It is a file beside the page, which is looked at on its own."""


class StyleSheets(NamedTuple):
    """Finds sheets; a sheet that is not there is empty."""

    beside: Callable[[str], bytes | None]
    """Gives the file at an address."""

    def of(self, page: str) -> Iterator[StyleSheet]:
        """Yield the sheets of a page; raises `ReadError` LIMIT `html-styles` where one is imported too deeply."""
        for found in _SHEET.finditer(page):
            named = {
                name.lower(): html.unescape(double or single or bare)
                for name, double, single, bare in _ATTRIBUTE.findall(found["style"] or found["link"] or "")
            }
            relations = named.get("rel", "stylesheet" if found["instruction"] else "").lower().split()
            conditions = (named.get("media", ""),)
            if found["text"] is not None:
                yield from self._with_imported(found["text"], conditions, ("",), is_part=False)
            elif "stylesheet" in relations and "alternate" not in relations and "disabled" not in named:
                yield from self._at(named.get("href", ""), conditions, ("",))

    def _at(self, address: str, conditions: tuple[str, ...], around: tuple[str, ...]) -> Iterator[StyleSheet]:
        """Yield the sheet at an address and those that it imports; `around` are the addresses of those that import it."""
        if len(around) > _LIMIT_NESTED:
            raise ReadError(ReadStatus.LIMIT, "html-styles")
        if is_part := not is_data_address(address):
            address = joined(around[-1], address)
            data = b"" if address in around else self.beside(address) or b""
        else:
            member = member_of(address, 0)
            address, data = "", member.data if member is not None else b""
        declared = _CHARSET.match(data)
        text = decode(data, declared[1].decode("ascii") if declared else None).text
        yield from self._with_imported(text, conditions, (*around, address), is_part=is_part)

    def _with_imported(
        self, text: str, conditions: tuple[str, ...], around: tuple[str, ...], *, is_part: bool
    ) -> Iterator[StyleSheet]:
        """Yield what a sheet imports, then the sheet."""
        position = 0
        ahead = COMMENT.sub(" ", text) if "@import" in text.lower() else ""
        while found := _AHEAD.match(ahead, position):
            position = found.end()
            if address := found[1] or found[2] or found[3]:
                yield from self._at(address, (*conditions, found[4]), around)
        yield StyleSheet(text, conditions, is_part)
