"""Word documents mended by splicing bytes into the parts that hold text; all other parts are copied as they are."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import Final
from xml.sax.saxutils import escape

from gateway.fix.docx_runs import WordRun, scan
from gateway.fix.docx_styles import Inherited, Styles, colour_of
from gateway.fix.tally import TIMES, RefusedError, Tally
from gateway.model import Role, Run
from gateway.text.colour import is_black
from gateway.text.convert import repair_runs
from gateway.text.fonts import is_symbol, is_times_new_roman
from gateway.text.typography import is_stamp

_TEXT_PARTS: Final = re.compile(r"word/(?:document|header\d*|footer\d*|footnotes|endnotes|comments)\.xml")
_SIGNED: Final = re.compile(r"_xmlsignatures/|.*\.sigs$|META-INF/.*signatures.*\.xml$", re.IGNORECASE)
_SIGNED_MACRO: Final = re.compile(r"word/vbaProjectSignature\w*\.bin$", re.IGNORECASE)
_LIMIT_BYTES: Final = 256 << 20
_LIMIT_FILES: Final = 5000

Edit = tuple[int, int, bytes]


def mend_docx(data: bytes) -> tuple[bytes, Tally]:
    """Return the package with its text parts mended; `RefusedError` when it is signed, encrypted, damaged or no document."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            return _mend(data, package)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, UnicodeError):
        raise RefusedError("damaged", "zip") from None


def _mend(data: bytes, package: zipfile.ZipFile) -> tuple[bytes, Tally]:
    entries = package.infolist()
    names = [entry.filename for entry in entries]
    if any(_SIGNED.match(name) for name in names):
        raise RefusedError("signed")
    if any(entry.flag_bits & 1 for entry in entries):
        raise RefusedError("encrypted")
    if "word/document.xml" not in names:
        raise RefusedError(_other_kind(package, names))
    if any(_SIGNED_MACRO.match(name) for name in names):
        raise RefusedError("macro")
    if (
        len(entries) > _LIMIT_FILES
        or len(set(names)) != len(names)
        or sum(entry.file_size for entry in entries) > _LIMIT_BYTES
    ):
        raise RefusedError("damaged", "zip")
    styles = Styles(
        *(package.read(name) if name in names else b"" for name in ("word/styles.xml", "word/theme/theme1.xml"))
    )
    tally = Tally()
    parts = {name: mend_part(package.read(name), styles, tally) for name in names if _TEXT_PARTS.fullmatch(name)}
    if not tally.changed:
        return data, tally
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as written:
        for entry in entries:
            content = parts.get(entry.filename)
            written.writestr(entry, package.read(entry) if content is None else content)
    return target.getvalue(), tally


def _other_kind(package: zipfile.ZipFile, names: Sequence[str]) -> str:
    """Return the cause of refusal that names the program which mends this package: a key of `[refused]`."""
    if "xl/workbook.xml" in names:
        return "sheet"
    if "ppt/presentation.xml" in names:
        return "slides"
    kind = package.open("mimetype").read(100) if "mimetype" in names else b""
    if kind.startswith(b"application/vnd.oasis.opendocument."):
        known = ((b".text", "writer"), (b".spreadsheet", "sheet"), (b".presentation", "slides"))
        return next((cause for part, cause in known if part in kind), "unsupported")
    return "unsupported"


def mend_part(data: bytes, styles: Styles, tally: Tally) -> bytes:
    """Return one part with letters in Unicode, Times New Roman and automatic colour."""
    runs = scan(data)
    looks = [
        styles.look(
            direct=Inherited(styles.font_of(run.font_attributes), colour_of(run.colour_attributes)),
            character=run.style,
            paragraph=run.paragraph_style,
        )
        for run in runs
    ]
    edits = [*_text_edits(runs, looks, tally)]
    stamps = _stamp_paragraphs(runs)
    for run, look in zip(runs, looks, strict=True):
        edits.extend(_look_edits(run, look, tally, stamp=run.paragraph in stamps, tables=styles.tables_set_fonts))
    return _spliced(data, edits)


def _text_edits(runs: Sequence[WordRun], looks: Sequence[Inherited], tally: Tally) -> Iterator[Edit]:
    """Yield the texts that were legacy or decomposed; runs of one paragraph are judged together."""
    pieces = [(piece, run, look) for run, look in zip(runs, looks, strict=True) for piece in run.pieces]
    repaired = repair_runs([Run(text=piece.text, block=run.paragraph, font=look.font) for piece, run, look in pieces])
    for (piece, _, look), after in zip(pieces, repaired, strict=True):
        if after.charset is None or (look.font and is_symbol(look.font)):
            continue
        tally.count(after.charset)
        yield piece.start, piece.end, escape(after.text).encode("utf-8")


def _stamp_paragraphs(runs: Sequence[WordRun]) -> set[int]:
    """Return the paragraphs that are stamps or signatures, which keep their colour."""
    texts: dict[int, list[str]] = {}
    for run in runs:
        texts.setdefault(run.paragraph, []).append(run.text)
    return {paragraph for paragraph, words in texts.items() if is_stamp("".join(words), Role.BODY)}


def _look_edits(run: WordRun, look: Inherited, tally: Tally, *, stamp: bool, tables: bool) -> Iterator[Edit]:
    if not any(map(str.isalpha, run.text)) or (look.font is not None and is_symbol(look.font)):
        return
    font = _needs_font(run, look, tables=tables)
    colour = not stamp and not run.link and not is_black(look.colour)
    tally.fonts += font
    tally.colours += colour
    prefix = run.prefix
    fonts = b'<%brFonts %bascii="%b" %bhAnsi="%b" %bcs="%b"/>' % (
        prefix,
        prefix,
        TIMES.encode(),
        prefix,
        TIMES.encode(),
        prefix,
        TIMES.encode(),
    )
    black = b'<%bcolor %bval="auto"/>' % (prefix, prefix)
    inserted = b""
    if font and run.fonts is not None:
        yield *run.fonts, fonts
    elif font:
        inserted += fonts
    if colour and run.colour is not None:
        yield *run.colour, black
    elif colour:
        inserted += black
    if not inserted:
        return
    if run.properties is None:
        yield run.tag_end, run.tag_end, b"<%brPr>%b</%brPr>" % (prefix, inserted, prefix)
    elif run.properties_empty:
        yield *run.properties, b"<%brPr>%b</%brPr>" % (prefix, inserted, prefix)
    else:
        place = run.style_end if run.style_end is not None else run.properties[1]
        yield place, place, inserted


def _needs_font(run: WordRun, look: Inherited, *, tables: bool) -> bool:
    """Tell whether a run must be given the font: another one, an unknown one, or what a table may give it."""
    if look.font is None or not is_times_new_roman(look.font):
        return True
    ascii_font = run.font_attributes.get("ascii")
    if ascii_font is not None and not is_times_new_roman(ascii_font):
        return True
    return tables and run.in_table and run.fonts is None


def _spliced(data: bytes, edits: list[Edit]) -> bytes:
    """Return the bytes with every edit put in; edits never overlap."""
    pieces: list[bytes] = []
    last = 0
    for start, end, content in sorted(edits, key=lambda edit: (edit[0], edit[1])):
        pieces += (data[last:start], content)
        last = end
    return b"".join((*pieces, data[last:]))
