"""Builders of PDF files for the reader's tests: reportlab for ordinary pages, raw objects for the rest."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

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
           resources: bytes = b"", info: int | None = None) -> bytes:  # fmt: skip
    """One page with Helvetica as /F1; `more` objects from number 10 on."""
    return assemble(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R " + catalog_extra + b" >>",
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> "
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
