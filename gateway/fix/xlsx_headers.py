"""Page headers and footers of worksheets: text with codes for fonts, colours and fields (ECMA-376 Part 1 §18.3.1.39)."""

from __future__ import annotations

import re
from typing import Final
from xml.sax.saxutils import escape

from gateway.fix.letters import fixed, is_other
from gateway.fix.tally import TIMES, Tally
from gateway.fix.xml_spans import Part
from gateway.model import Run

_PARTS: Final = tuple(f"s:{page}{kind}" for page in ("odd", "even", "first") for kind in ("Header", "Footer"))
_CODE: Final = re.compile(
    r"&(?:\"(?P<font>[^\",]*)(?P<style>,[^\"]*)?\"|(?P<section>[LCR])|K(?P<colour>[0-9A-Fa-f]{6}|\d\d[+-]\d{3})|\d{1,3}|.)",
    re.DOTALL,
)


def fix_headers(part: Part, tally: Tally) -> None:
    """Change the headers and footers of a sheet whose letters or fonts are wrong."""
    for element in part.iter(*_PARTS):
        start, end, text = part.content(element)
        if (fixed := _fixed(text, tally)) != text:
            part.edits.append((start, end, escape(fixed).encode("utf-8")))


def _fixed(text: str, tally: Tally) -> str:
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
    for place, fixed_text in fixed(words, tally):
        pieces[place] = fixed_text
    return "".join(pieces)
