"""Small sample documents: a Word file (ECMA-376), a PDF (ISO 32000-1) and archives, with known words and fonts.

They are written by hand, part by part, so that the demonstration needs no office suite and every byte has a reason.
"""

from __future__ import annotations

import io
import textwrap
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from py7zr import SevenZipFile

TIMES = "Times New Roman"

_CONTENT_TYPES = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>
</Types>"""

_RELATIONSHIPS = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>
</Relationships>"""

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


@dataclass(frozen=True)
class Paragraph:
    """One paragraph of a sample document."""

    text: str
    font: str = TIMES
    colour: str = "000000"
    size_pt: int = 13
    bold: bool = False


def official_letter(number: str, subject: str) -> tuple[Paragraph, ...]:
    """Return the lines of an issued letter with the components of Decree 30/2020 (Annex I)."""
    return (
        Paragraph("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", bold=True),
        Paragraph("Độc lập - Tự do - Hạnh phúc", bold=True),
        Paragraph("ỦY BAN NHÂN DÂN QUẬN BÌNH TÂN", bold=True),
        Paragraph(f"Số: {number}"),
        Paragraph(f"V/v {subject}"),
        Paragraph("Bình Tân, ngày 02 tháng 11 năm 2026"),
        Paragraph("Kính gửi: Các cơ quan, đơn vị thuộc quận."),
        Paragraph(
            "Thực hiện chương trình công tác năm 2026, Văn phòng Ủy ban nhân dân quận đề nghị các cơ quan, đơn vị "
            "báo cáo kết quả thực hiện nhiệm vụ trong tháng và kế hoạch tháng tới theo mẫu gửi kèm."
        ),
        Paragraph(
            "Báo cáo gửi về Văn phòng trước ngày 25 hằng tháng để tổng hợp, trình Thường trực Ủy ban nhân dân quận."
        ),
        Paragraph("Nơi nhận:", bold=True),
        Paragraph("- Như trên;"),
        Paragraph("- Lưu: VT."),
        Paragraph("TL. CHỦ TỊCH", bold=True),
        Paragraph("CHÁNH VĂN PHÒNG", bold=True),
    )


def word_file(lines: Sequence[Paragraph]) -> bytes:
    """Return a DOCX with one paragraph a line."""
    body = "".join(
        f'<w:p><w:r><w:rPr><w:rFonts w:ascii="{escape(line.font)}" w:hAnsi="{escape(line.font)}" '
        f'w:cs="{escape(line.font)}"/>{"<w:b/>" if line.bold else ""}<w:color w:val="{line.colour}"/>'
        f'<w:sz w:val="{line.size_pt * 2}"/></w:rPr><w:t xml:space="preserve">{escape(line.text)}</w:t></w:r></w:p>'
        for line in lines
    )
    document = (
        f'<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>'
    )
    return zip_archive(
        ("[Content_Types].xml", _CONTENT_TYPES.encode()),
        ("_rels/.rels", _RELATIONSHIPS.encode()),
        ("word/document.xml", document.encode()),
    )


def zip_archive(*members: tuple[str, bytes]) -> bytes:
    """Return a deflated zip archive of named members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def encrypted_archive(name: str, data: bytes, password: str) -> bytes:
    """Return a 7z archive whose one member is encrypted."""
    buffer = io.BytesIO()
    with SevenZipFile(buffer, "w", password=password) as archive:
        archive.writestr(data, name)
    return buffer.getvalue()


def pdf_file(lines: Sequence[Paragraph]) -> bytes:
    """Return a one-page PDF whose text is Unicode in a font named as the lines say (first line's font for all)."""
    font = (lines[0].font if lines else TIMES).replace(" ", "")
    commands = ["BT"]
    wrapped = [(line, piece) for line in lines for piece in textwrap.wrap(line.text, 80) or [""]]
    for number, (line, piece) in enumerate(wrapped):
        red, green, blue = (int(line.colour[at : at + 2], 16) / 255 for at in (0, 2, 4))
        codes = piece.encode("utf-16-be").hex().upper()
        commands.append(
            f"{red:.3f} {green:.3f} {blue:.3f} rg /F1 {line.size_pt} Tf 1 0 0 1 72 {780 - 20 * number} Tm <{codes}> Tj"
        )
    commands.append("ET")
    content = "\n".join(commands).encode()
    to_unicode = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
        b"1 begincodespacerange <0000> <FFFF> endcodespacerange\n1 beginbfrange <0000> <FFFF> <0000> endbfrange\n"
        b"endcmap CMapName currentdict /CMap defineresource pop end end"
    )
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        f"<< /Type /Font /Subtype /Type0 /BaseFont /{font} /Encoding /Identity-H "
        f"/DescendantFonts [6 0 R] /ToUnicode 8 0 R >>".encode(),
        f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{font} /CIDSystemInfo << /Registry (Adobe) "
        f"/Ordering (Identity) /Supplement 0 >> /FontDescriptor 7 0 R /DW 500 >>".encode(),
        f"<< /Type /FontDescriptor /FontName /{font} /Flags 6 /FontBBox [0 -200 1000 900] /ItalicAngle 0 "
        f"/Ascent 891 /Descent -216 /CapHeight 662 /StemV 80 >>".encode(),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(to_unicode), to_unicode),
    ]
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, item in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, item)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
