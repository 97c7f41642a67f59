"""Font and colour of every letter against LibreOffice's own rendering of the same real files.

LibreOffice exports each file as PDF with a stand-in font for every family that the file names, so that it substitutes
nothing; the words of both readings are aligned and their letters compared. What differs has to be explained here.
"""

import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from gateway.documents.readers import registry
from gateway.documents.readers.base import Budget, ReadError, Reading, Source
from gateway.documents.readers.sniff import sniff
from gateway.model import ReadStatus
from gateway.vietnamese.fonts import base_name
from tests.readers.ooxml_support import Agreement, Letter, compare, make_fonts, our_letters, pdf_letters
from tests.support.corpus import CORPUS
from tests.support.libreoffice import convert

KINDS = ("docx", "odt", "ods", "xlsx", "pptx", "doc", "rtf", "xls", "ppt")
FOLDERS = ("vietnam", "office-signatures", "active-content")
_USUAL = {"Times New Roman", "Arial", "Calibri", "Symbol", "OpenSymbol", "Liberation Serif", "Liberation Sans"}
_SPELLING = re.compile(r"[^a-z0-9]+")
_UNKNOWN = "unknown to the gateway: "
EXPLAINED: dict[tuple[str, str], str] = {
    (
        "000000",
        "00000A",
    ): "automatic letters in text boxes of one file, a step of blue off black; black in both readings",
    ("898989", "8B8B8B"): "rounding of a tinted theme colour",
    ("FF0000", "000000"): "alignment: the same words stand in a cell that LibreOffice does not print",
    ("0000FF", "000000"): "one paragraph of one file; which of the two Word shows is not settled",
    ("", "liberationserif"): _UNKNOWN + "web pages saved as .doc that name no font; LibreOffice takes its default",
    ("timesnewroman", "liberationserif"): "those web pages: a question mark for a letter in LibreOffice's reading",
    ("", "arial"): _UNKNOWN + "placeholders of slides whose font stands in a newer record",
    ("", "calibri"): _UNKNOWN + "placeholders of slides whose font stands in a newer record",
    ("vnarialh", "vntimeh"): "headings of one file; which of the two Word shows is not settled",
    ("vntimeh", "vntime"): "alignment: the same words stand in two fonts in two sheets",
    ("vnarialh", "vnarial"): "alignment: the same words stand in two fonts in two sheets",
    ("vnavant", "vntimeh"): "alignment: the same words stand in two fonts in two sheets",
    ("vntime", "timesnewroman"): "one heading of one file; which of the two Word shows is not settled",
    ("msmincho", "vnitimes"): "two words whose letters count as East Asian with us, and take that font",
}
"""Pairs of ours and theirs (colours or fonts) with what makes them differ."""

MANY = 10
"""Files of a format that say something about it."""


def measure(
    say: Callable[[str], None] = lambda _line: None, *, kinds: tuple[str, ...] = KINDS, step: int = 1
) -> dict[str, Agreement]:
    """Compare every real file that LibreOffice renders in its time, or one in `step` where there are many, by format."""
    found: dict[str, Agreement] = {}
    for kind in kinds:
        files = sorted(
            path for folder in FOLDERS for path in (CORPUS / folder).rglob(f"*.{kind}") if path.stat().st_size < 3 << 20
        )
        files = files[::step] if len(files) >= MANY * step else files
        say(f"looks: {len(files)} files of {kind}")
        if files:
            found[kind] = agreement(files)
    return found


def agreement(files: list[Path]) -> Agreement:
    """Compare our reading of these files with LibreOffice's rendering."""
    total = Agreement()
    readings = {}
    for path in files:
        try:
            readings[path] = _read(path)
        except ReadError:
            continue
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shelf = folder / "fonts"
        shelf.mkdir()
        families = {run.font for reading in readings.values() for run in reading.document.runs if run.font}
        names = make_fonts(families | _USUAL, shelf)
        for start in range(0, len(readings), 12):
            convert(list(readings)[start : start + 12], "pdf", folder, fonts=shelf)
        for path, reading in readings.items():
            pdf = folder / f"{path.stem}.pdf"
            if pdf.exists():
                ours = our_letters(run for run in reading.document.runs if run.colour is not None)
                compare(_families(ours), _families(pdf_letters(pdf, names)), total)
    return total


def _families(words: list[list[Letter]]) -> list[list[Letter]]:
    """Letters with the families as programs tell them apart: without script tails, blanks and dots."""
    for word in words:
        for letter in word:
            letter.font = _SPELLING.sub("", base_name(letter.font).lower())
    return words


def _read(path: Path) -> Reading:
    data = path.read_bytes()
    kind = sniff(data, path.name).primary
    reader = registry.reader_for(kind)
    if reader is None:
        raise ReadError(ReadStatus.UNSUPPORTED, kind)
    return reader(Source(data=data, part="1", filename=path.name, detected_type=kind), Budget())


def report(say: Callable[[str], None]) -> str:
    """The table of docs/accuracy-tables.md, with every class of difference."""
    if shutil.which("soffice") is None:
        return "LibreOffice is not installed.\n"
    lines = [
        "### Fonts and colours of real files, against LibreOffice's rendering",
        "",
        "| format | letters compared | same font | same colour |",
        "|---|---:|---:|---:|",
    ]
    notes: list[str] = []
    for kind, one in measure(say).items():
        if not one.matched:
            continue
        lines.append(
            f"| {kind} | {one.matched} | {100 * one.font / one.matched:.2f} % | {100 * one.colour / one.matched:.2f} % |"
        )
        for what, differences in (("font", one.fonts_differ), ("colour", one.colours_differ)):
            for (ours, theirs), count in differences.most_common():
                why = EXPLAINED.get((ours, theirs), "")
                notes.append(
                    f"- {kind}, {what} {ours or 'unknown'} / {theirs}: {count} letters{'; ' + why if why else ''}"
                )
    return "\n".join([*lines, "", "Differences, the gateway's value first:", "", *notes, ""])
