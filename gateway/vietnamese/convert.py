"""Legacy text to precomposed Unicode, piece by piece, for `gateway fix`.

Detection is that of `legacy`; here is only what a repair needs beside it: the pieces of a paragraph keep their number,
so that each goes back to its place, and what is right already is left alone to the last character.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from gateway.model import Run
from gateway.vietnamese.fonts import legacy_font
from gateway.vietnamese.legacy import decode_runs, looks_like_viqr
from gateway.vietnamese.legacy_codes import convert
from gateway.vietnamese.legacy_evidence import judge
from gateway.vietnamese.legacy_tables import Charset
from gateway.vietnamese.normal import is_decomposed


class Repaired(NamedTuple):
    """One piece after repair."""

    text: str
    charset: Charset | None
    """The legacy charset it was in; UNICODE when letters were only composed, None when nothing was changed."""


def repair_runs(runs: Sequence[Run]) -> list[Repaired]:
    """Return the runs' texts in NFC; a word cut over runs of one block is read as one."""
    repaired = []
    for run, decoded in zip(runs, decode_runs(runs), strict=True):
        legacy = legacy_font(run.font) if run.font else None
        certain = decoded.charset is not Charset.UNICODE and (decoded.confident or legacy is not None)
        capitals = legacy is not None and legacy.capitals
        if (certain or capitals) and decoded.text != run.text:
            repaired.append(Repaired(decoded.text, decoded.charset if certain else Charset.TCVN3))
        elif is_decomposed(run.text):
            repaired.append(Repaired(unicodedata.normalize("NFC", run.text), Charset.UNICODE))
        else:
            repaired.append(Repaired(run.text, None))
    return repaired


def repair_text(text: str) -> Repaired:
    """Return plain text in NFC: judged as a whole, then line by line for files that mix encodings."""
    if looks_like_viqr(text):
        return Repaired(convert(text, Charset.VIQR), Charset.VIQR)
    lines = text.split("\n")
    whole, sure = judge(text)
    pieces = []
    found: Counter[Charset] = Counter()
    for line in lines:
        charset, certain = judge(line, hint=whole if sure and whole is not Charset.UNICODE else None)
        if charset is not Charset.UNICODE and (certain or charset is whole):
            pieces.append(convert(line, charset))
            found[charset] += 1
        else:
            pieces.append(line)
    shown = "\n".join(pieces)
    if is_decomposed(shown):
        shown = unicodedata.normalize("NFC", shown)
        found[Charset.UNICODE] += 1
    return Repaired(shown, found.most_common(1)[0][0] if found else None)
