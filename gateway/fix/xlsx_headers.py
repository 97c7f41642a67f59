"""Page headers and footers of worksheets: text with codes for fonts, colours and fields (ECMA-376 Part 1 §18.3.1.39)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape

from gateway.fix.letters import is_other, mended
from gateway.fix.package import Edit
from gateway.fix.tally import TIMES, Tally
from gateway.fix.xlsx_strings import local
from gateway.fix.xml_spans import Tag, text_of
from gateway.model import Run

_PARTS: Final = frozenset({"oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"})
_CODE: Final = re.compile(
    r"&(?:\"(?P<font>[^\",]*)(?P<style>,[^\"]*)?\"|(?P<section>[LCR])|K(?P<colour>[0-9A-Fa-f]{6}|\d\d[+-]\d{3})|\d{1,3}|.)",
    re.DOTALL,
)


def header_edits(data: bytes, tags: list[Tag], tally: Tally) -> Iterator[Edit]:
    """Yield the headers and footers of a sheet whose letters or fonts are wrong."""
    opened: Tag | None = None
    for tag in tags:
        if tag.opens:
            opened = tag if local(tag) in _PARTS else None
        elif opened is not None and tag.start >= opened.end:
            text = text_of(data, opened.end, tag.start)
            fixed = _mended(text, tally)
            if fixed != text:
                yield opened.end, tag.start, escape(fixed).encode("utf-8")
            opened = None


def _mended(text: str, tally: Tally) -> str:
    pieces: list[str] = []
    words: list[tuple[int, Run]] = []
    font: str | None = None
    last = section = 0
    for code in (*_CODE.finditer(text), None):
        between = text[last : code.start() if code is not None else len(text)]
        if between:
            words.append((len(pieces), Run(text=between, block=section, font=font)))
            pieces.append(between)
        if code is None:
            break
        last = code.end()
        if code["section"]:
            font, section = None, section + 1
        shown = code[0]
        if code["font"]:
            font = code["font"] if code["font"] != "-" else None
            if is_other(font):
                tally.fonts += 1
                shown = f'&"{TIMES}{code["style"] or ""}"'
        elif code["colour"] and code["colour"].strip("0") and code["colour"] != "01+000":
            tally.colours += 1
            shown = "&K000000"
        pieces.append(shown)
    for place, mended_text in mended(words, tally):
        pieces[place] = mended_text
    return "".join(pieces)
