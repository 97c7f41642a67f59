"""Builders of PDF files for the reader's tests: reportlab for ordinary pages, raw objects for the rest."""

import io
import zlib
from collections.abc import Callable
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from gateway.documents.readers.pdf.fonts import truetype_meanings

LIBERATION = Path("/usr/share/fonts/truetype/liberation")


def page(draw: Callable[[Canvas], None], *, size: tuple[float, float] = (595, 842)) -> bytes:
    """One page drawn by reportlab with a Vietnamese font registered as `Serif` and `Serif-Bold`."""
    for name, file in (("Serif", "LiberationSerif-Regular.ttf"), ("Serif-Bold", "LiberationSerif-Bold.ttf")):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(LIBERATION / file)))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size, invariant=True)
    canvas.setFont("Serif", 14)
    draw(canvas)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def assemble(objects: dict[int, bytes], *, root: int = 1, info: int | None = None) -> bytes:
    """A file of raw objects with a correct cross-reference table."""
    out = bytearray(b"%PDF-1.7\n")
    offsets = {}
    for number, body in sorted(objects.items()):
        offsets[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    return bytes(out + _table(offsets, len(out), max(objects) + 1, root, info))


def append_revision(data: bytes, objects: dict[int, bytes], *, root: int = 1) -> bytes:
    """An incremental update (ISO 32000-1 §7.5.6)."""
    previous = int(data[data.rindex(b"startxref") + 9 :].split()[0])
    out = bytearray(data)
    if not out.endswith(b"\n"):
        out += b"\n"
    offsets = {}
    for number, body in sorted(objects.items()):
        offsets[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    position = len(out)
    out += b"xref\n"
    for number, offset in sorted(offsets.items()):
        out += b"%d 1\n%010d 00000 n \n" % (number, offset)
    out += b"trailer\n<< /Size 100 /Root %d 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (root, previous, position)
    return bytes(out)


def _table(offsets: dict[int, int], position: int, size: int, root: int, info: int | None) -> bytes:
    rows = [b"%010d 00000 n \n" % offsets[n] if n in offsets else b"0000000000 65535 f \n" for n in range(size)]
    extra = b" /Info %d 0 R" % info if info else b""
    return b"xref\n0 %d\n%s" % (size, b"".join(rows)) + (
        b"trailer\n<< /Size %d /Root %d 0 R%s >>\nstartxref\n%d\n%%%%EOF\n" % (size, root, extra, position)
    )


def stream(data: bytes, extra: bytes = b"", *, compress: bool = False) -> bytes:
    """A stream object's body."""
    if compress:
        data = zlib.compress(data, 9)
        extra += b" /Filter /FlateDecode"
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), extra, data)


def simple(content: bytes, *, page_extra: bytes = b"", catalog_extra: bytes = b"", more: dict[int, bytes] | None = None,
           resources: bytes = b"", fonts: bytes = b"", info: int | None = None) -> bytes:  # fmt: skip
    """One page with Helvetica as /F1; `more` objects from number 10 on, more `fonts` by name."""
    return assemble(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R " + catalog_extra + b" >>",
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R "
            + fonts
            + b" >> "
            + resources
            + b" >> "
            + page_extra
            + b" >>",
            4: stream(content),
            5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
            **(more or {}),
        },
        info=info,
    )


def glyph_numbers(lines: list[str], *, unmapped: str, font: bytes = b"", embedded: bytes = b"") -> bytes:
    """A page in a font whose codes are glyph numbers, and whose /ToUnicode leaves out some letters (§9.7.5.2, §9.10.3).

    Printer drivers leave letters out that they put together themselves; with all of them left out there is no map. The
    numbers are those of `font`, what the file brings may be another one.
    """
    font = font or (LIBERATION / "LiberationSerif-Bold.ttf").read_bytes()
    glyphs = {letter: number for number, letters in truetype_meanings(font).items() for letter in letters}
    used = sorted(set("".join(lines)))
    mapped = [letter for letter in used if letter not in unmapped]
    rows = b"".join(b"<%04X> <%s>\n" % (glyphs[ch], ch.encode("utf-16-be").hex().encode()) for ch in mapped)
    cmap = b"1 begincodespacerange <0000> <FFFF> endcodespacerange\n%d beginbfchar\n%sendbfchar" % (len(mapped), rows)
    shown = [b"".join(b"%04X" % glyphs[ch] for ch in line) for line in lines]
    content = b"BT /F2 14 Tf 80 720 Td " + b" 0 -24 Td ".join(b"<%s> Tj" % codes for codes in shown) + b" ET"
    widths = b" ".join(b"%d [%d]" % (glyphs[ch], 667 if ch != " " else 250) for ch in used)
    to_unicode = b"/ToUnicode 14 0 R" if mapped else b""
    return simple(
        content,
        fonts=b"/F2 10 0 R",
        more={
            10: b"<< /Type /Font /Subtype /Type0 /BaseFont /AAAAAA+Serif /Encoding /Identity-H /DescendantFonts [11 0 R] "
            + to_unicode
            + b" >>",
            11: b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /AAAAAA+Serif /CIDToGIDMap /Identity /FontDescriptor 12 0 R"
            b" /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /W [" + widths + b"] >>",
            12: b"<< /Type /FontDescriptor /FontName /AAAAAA+Serif /Flags 4 /FontBBox [0 -300 1000 1000] /ItalicAngle 0"
            b" /Ascent 900 /Descent -200 /CapHeight 700 /StemV 100 /FontFile2 13 0 R >>",
            13: stream(embedded or font, compress=True),
            14: stream(cmap),
        },
    )
