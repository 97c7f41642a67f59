"""Plain text and CSV to Document: lines as runs, CSV cells as cells, in the most plausible Unicode decoding.

The charset is settled by byte order mark, then by validity: bytes that are valid UTF-8 are UTF-8 whatever their label
says, UTF-16 without a mark is recognised by its zero bytes. Everything else is read as Windows-1252 with the undefined
bytes kept as C1 controls, one character for one byte, which is what the text module's legacy decoders (TCVN3, VNI,
VISCII, VPS, CP1258) expect. Declared charsets of other families are honoured. Both readings are given where the label
and the bytes disagree.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, count

from msgspec.structs import replace

from gateway.documents.readers.base import Budget, Reading, Source, next_block
from gateway.documents.readers.excel.formulas import formula_kind, formula_words, is_uncertain
from gateway.documents.readers.ole.octets import narrow
from gateway.documents.readers.records import json_runs
from gateway.documents.readers.text_art import is_text_art
from gateway.mime.charsets import codec_of, is_foreign
from gateway.model import WORDS, ActiveContent, Document, Origin, ReadStatus, Role, Run
from gateway.vietnamese.plain_text import PlainText, plain_text

LIMIT_RUNS = 200_000
"""Lines or cells that become runs of their own; the rest is put into large ones, nothing is left out."""
LIMIT_LINE = 20_000
"""Characters of one run."""
_LOCATORS = tuple(f"line:{number}" for number in range(1, 1001))
_OVERLAP = 200
"""Characters that neighbouring pieces of an overlong line share, so that no word is cut."""
_REST = 100_000
_TOLERATED = 50
"""One character without a meaning among so many is a slip of the writer."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SINGLE_BYTE = frozenset({"cp1252", "iso8859-1", "latin-1", "ascii", "us-ascii", "cp1258", "utf-8"})
"""Labels that say nothing more than what the bytes show; legacy Vietnamese fonts travel under all of them."""
_LINE = re.compile(r"[^\r\n\x0b\x0c\x85\u2028\u2029]+")
_NO_LINE_ENDS = "\x1c\x1d\x1e"
"""Line boundaries of `str.splitlines` that no mail reader takes for one."""
_UNSHOWN = re.compile(r"\0|\x1b\[[\d;:]*[mK]")
"""What no reader shows: zero bytes, and the colours that terminals take from a log (ECMA-48 §8.3.117)."""
_CALL = re.compile(r"[A-Za-z_][\w.]*\(")
_OPERAND = re.compile(
    r"\"(?:[^\"]|\"\")*+\"|(?:'[^'\n]*+'|[\w\[\]]++)[.!](?=\$?[A-Za-z]{1,3}\$?\d)|(?<!\w)\$?[A-Za-z]{1,3}(?:\$?\d{1,7}|:\$?[A-Za-z]{1,3})(?!\w)"
    r"|(?<!\w)\d[\d.,]*+(?:[Ee][+-]?\d++)?(?!\w)|(?<!\w)(?:TRUE|FALSE)(?!\w)"
)
"""A literal, the name of a sheet, a cell, a column, a number or a truth value."""
_WORD = re.compile(r"[^\W\d_]")
_HEAD = 100
"""Bytes in which JSON begins."""
_UTF7 = re.compile(rb"\+([A-Za-z0-9+/])[A-Za-z0-9+/]")
_STRANGE = re.compile("[^\x00-\x7f]+")
_LATIN = re.compile("[\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A reading of bytes as text."""

    text: str
    charset: str
    """Name of the charset that was used: `utf-8`, `utf-16-le`, `cp1252` ..."""
    alternative: str = ""
    """A second reading that must be looked at too, empty when there is none."""
    lossy: bool = False
    """The text is probably not in the declared charset, or that is not known here."""


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """Decode text whose charset may be wrong, missing or a trap; never fails."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            text = data[len(mark) :].decode(name, "replace")
            return Decoded(text, name, lossy=_lossy(text))
    label = _known(declared)
    if label is not None and label not in _SINGLE_BYTE:
        return _decode_declared(data, label)
    if (wide := _wide(data)) is not None:
        return Decoded(data.decode(wide, "replace"), wide)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        alternative = data.decode("utf-8", "replace") if _mostly_utf8(data) else ""
        if label == "cp1258":
            alternative += "\n" + data.decode("cp1258", "replace")
        foreign = bool(declared) and label is None and is_foreign(data)
        return Decoded(narrow(data), "cp1252", alternative=alternative, lossy=foreign)
    if "\0" in text or "\x1b" in text:
        text = _UNSHOWN.sub("", text)
    return Decoded(text, "ascii" if text.isascii() else "utf-8", alternative=_utf7(data) if text.isascii() else "")


@lru_cache(maxsize=64)
def _known(declared: str | None) -> str | None:
    if not declared:
        return None
    label = declared.strip().strip("\"'")
    try:
        # Mail programs read by the larger charset that a label has come to mean (`gb2312` is GB 18030, `ks_c_5601` UHC).
        return codecs.lookup(codec_of(label) or label).name
    except (LookupError, ValueError):
        return None


def _decode_declared(data: bytes, label: str) -> Decoded:
    """Decode by a label of another family; the reading as if it were not there is given beside."""
    try:
        text: object = data.decode(label, "replace")
    except (UnicodeError, LookupError, ValueError, AssertionError, TypeError):
        return decode(data)  # codecs such as idna or hex are no charsets
    if not isinstance(text, str):
        return decode(data)
    plain = decode(data)
    # Sound UTF-8 under another label is read in full as the alternative.
    lossy = plain.charset != "utf-8" and _lossy(text)
    return Decoded(text, label, alternative="" if plain.text == text else plain.text, lossy=lossy)


def _lossy(text: str) -> bool:
    """Return whether the charset is not that of the text; no reader sees anything in single bytes without a meaning."""
    return text.count("\ufffd") * _TOLERATED > len(text)


def _wide(data: bytes) -> str | None:
    """Recognise UTF-16 without byte order mark by zero bytes on one side of Latin text."""
    sample = data[:4096]
    if len(sample) < 4 or b"\0" not in sample:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > half * 0.3 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.3 and odd < half * 0.05:
        return "utf-16-be"
    return None


def _mostly_utf8(data: bytes) -> bool:
    """Return whether text is UTF-8 with a few bad bytes, for example cut in the middle of a character."""
    high = sum(data[:65536].count(bytes((byte,))) for byte in (0xC3, 0xC4, 0xC6, 0xE1))
    return high > 0 and data[:65536].decode("utf-8", "replace").count("\ufffd") * 4 < high


def _utf7(data: bytes) -> str:
    """Return the UTF-7 reading where there is one that differs: no reader shows it unasked, a trap might."""
    first = b"".join(_UTF7.findall(data))
    if 2 * (first.count(b"A") + first.count(b"H")) < max(len(first), 1):
        return ""  # Latin letters with marks begin in these two ways: it is base64, or a sum
    text = data.decode("utf-7", "replace")
    strange = "".join(_STRANGE.findall(text))
    latin = len(_LATIN.findall(strange))
    return text if latin and latin * 3 >= len(strange) * 2 else ""


def read(source: Source, budget: Budget) -> Reading:
    """Read plain text or CSV within a budget."""
    budget.take_bytes(len(source.data))
    document = read_text(source)
    if source.data[:_HEAD].lstrip().startswith((b"{", b"[")):
        found = tuple(json_runs(decode(source.data, source.charset).text, next_block(document.runs), budget))
        document = replace(document, runs=document.runs + found) if found else document
    return Reading(document)


def read_text(source: Source) -> Document:
    """Return what plain text or CSV says; PARTIAL `charset` when bytes had no meaning in the declared charset."""
    decoded = decode(source.data, source.charset)
    table = source.detected_type == "text/csv" or (source.filename or "").lower().endswith((".csv", ".tsv"))
    runs = list(_cells(decoded.text) if table else _lines(decoded.text, Origin.TEXT, 0))
    plain = None
    if not (table or decoded.alternative):
        plain = PlainText("\n".join([run.text for run in runs]))
    if decoded.alternative:
        runs.extend(_lines(decoded.alternative, Origin.HIDDEN, runs[-1].block + 2 if runs else 0))
    formulas = dict.fromkeys(run.text for run in runs if table and run.text.startswith(("=", "+", "@")))
    for words in dict.fromkeys(words for one in formulas for words in formula_words(one).split("\n") if words):
        runs.append(Run(text=words, block=runs[-1].block + 1 if runs else 0, role=Role.FIELD, origin=Origin.HIDDEN))
    kinds = {kind for formula in formulas if (kind := formula_kind(formula))}
    if any(is_uncertain(one, saved=False, number=True) for one in formulas if _is_calculated(one)):
        kinds.add("look-formula")
    if is_text_art(decoded.text, plain.common if plain is not None else None):
        kinds.add("look-text-art")
    document = Document(
        part=source.part,
        filename=source.filename,
        format=WORDS if source.relation == WORDS else "text",
        status=ReadStatus.PARTIAL if decoded.lossy else ReadStatus.OK,
        reason="charset" if decoded.lossy else "",
        runs=tuple(runs),
        active_content=tuple(ActiveContent(kind) for kind in sorted(kinds)),
    )
    if plain is not None:
        plain_text.keep(document, None if plain.needs_decoding() else plain)
    return document


def _is_calculated(cell: str) -> bool:
    """Return whether a cell can be a formula: one without functions has no words but cells and literals, as no name has a value here."""
    return _CALL.search(cell) is not None or _WORD.search(_OPERAND.sub("", cell[:LIMIT_LINE])) is None


def _lines(text: str, origin: Origin, first_block: int) -> Iterable[Run]:
    """Return one run for each line that is not empty."""
    if len(text) > LIMIT_LINE or any(map(text.__contains__, _NO_LINE_ENDS)):
        return _many_lines(text, origin, first_block)
    lines = [line for line in text.splitlines() if line and not line.isspace()]
    locators = chain(_LOCATORS[first_block:], map("line:{}".format, count(max(first_block, len(_LOCATORS)) + 1)))
    return [
        Run(text=line, block=block, locator=locator, origin=origin)
        for block, line, locator in zip(count(first_block), lines, locators, strict=False)
    ]


def _many_lines(text: str, origin: Origin, first_block: int) -> Iterator[Run]:
    block = first_block
    for match in _LINE.finditer(text):
        line = match.group()
        if line.isspace():
            continue
        if block - first_block >= LIMIT_RUNS:
            yield from _rest(text[match.start() :], origin, block)
            return
        locator = f"line:{block + 1}"
        if len(line) <= LIMIT_LINE:
            yield Run(text=line, block=block, locator=locator, origin=origin)
        else:
            yield from (Run(text=one, block=block, locator=locator, origin=origin) for one in _pieces(line))
        block += 1


def _pieces(line: str) -> Iterator[str]:
    """Cut an overlong line; pieces overlap so that no mark is cut in two."""
    for start in range(0, len(line), LIMIT_LINE - _OVERLAP):
        yield line[start : start + LIMIT_LINE]


def _rest(text: str, origin: Origin, block: int) -> Iterator[Run]:
    """Yield what is left of a text with too many lines in large runs; lines stay lines inside them."""
    for number, start in enumerate(range(0, len(text), _REST)):
        piece = text[start : start + _REST + _OVERLAP].replace("\r\n", "\n").replace("\r", "\n")
        yield Run(text=piece, block=block + number, locator=f"line:{block + 1}", origin=origin)


def _cells(text: str) -> Iterator[Run]:
    """Yield one run for each cell of a CSV; text that is no CSV falls back to lines."""
    first = text[:8192]
    delimiter = max(",;\t|", key=first.count)
    if not first.count(delimiter):
        yield from _lines(text, Origin.TEXT, 0)
        return
    block = 0
    width = _usual_width(first, delimiter)
    rows = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    try:
        for number, cut in enumerate(rows, 1):
            row = [delimiter.join(cut)] if len(cut) != width and _is_sentence(cut) else cut
            for column, cell in enumerate(row, 1):
                if not cell.strip():
                    continue
                yield Run(
                    text=cell[:LIMIT_LINE],
                    block=block,
                    locator=f"row:{number},column:{column}",
                    role=Role.CELL,
                )
                block += 1
                if len(cell) > LIMIT_LINE or block >= LIMIT_RUNS:
                    yield from _lines(text, Origin.TEXT, block)
                    return
    except csv.Error:
        yield from _lines(text, Origin.TEXT, block)


def _usual_width(sample: str, delimiter: str) -> int:
    """Number of cells that most rows have; 0 when the sample is no sound CSV."""
    try:
        widths = Counter(len(row) for row in csv.reader(sample.splitlines(keepends=True), delimiter=delimiter) if row)
    except csv.Error:
        return 0
    return widths.most_common(1)[0][0] if widths else 0


def _is_sentence(row: list[str]) -> bool:
    """Return whether a row was cut at the commas of a sentence, each followed by a blank."""
    return len(row) > 1 and all(cell[:1] == " " for cell in row[1:])
