"""Small sample documents: a Word file (ECMA-376), a PDF (ISO 32000-1) and zip archives, with known words and fonts.

They are written by hand, part by part, so that the demonstration needs no office suite and every byte has a reason.
"""

from __future__ import annotations

import io
import textwrap
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

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
class Line:
    """One paragraph of a sample document."""

    text: str
    font: str = TIMES
    colour: str = "000000"
    size_pt: int = 13
    bold: bool = False


def official_letter(number: str, subject: str) -> tuple[Line, ...]:
    """Return the lines of an issued letter with the components of Decree 30/2020 (Annex I)."""
    return (
        Line("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", bold=True),
        Line("Độc lập - Tự do - Hạnh phúc", bold=True),
        Line("ỦY BAN NHÂN DÂN QUẬN BÌNH TÂN", bold=True),
        Line(f"Số: {number}"),
        Line(f"V/v {subject}"),
        Line("Bình Tân, ngày 02 tháng 11 năm 2026"),
        Line("Kính gửi: Các cơ quan, đơn vị thuộc quận."),
        Line(
            "Thực hiện chương trình công tác năm 2026, Văn phòng Ủy ban nhân dân quận đề nghị các cơ quan, đơn vị "
            "báo cáo kết quả thực hiện nhiệm vụ trong tháng và kế hoạch tháng tới theo mẫu gửi kèm."
        ),
        Line("Báo cáo gửi về Văn phòng trước ngày 25 hằng tháng để tổng hợp, trình Thường trực Ủy ban nhân dân quận."),
        Line("Nơi nhận:", bold=True),
        Line("- Như trên;"),
        Line("- Lưu: VT."),
        Line("TL. CHỦ TỊCH", bold=True),
        Line("CHÁNH VĂN PHÒNG", bold=True),
    )


def word_file(lines: Sequence[Line]) -> bytes:
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


def encrypted_zip(name: str, data: bytes, password: bytes) -> bytes:
    """Return a zip archive whose one member is stored under traditional encryption (APPNOTE.TXT §6.1)."""
    plain = bytearray(zip_archive_stored(name, data))
    crc = zipfile.ZipFile(io.BytesIO(bytes(plain))).infolist()[0].CRC
    keys = [0x12345678, 0x23456789, 0x34567890]
    table = [_crc_byte(value) for value in range(256)]

    def update(byte: int) -> None:
        keys[0] = (keys[0] >> 8) ^ table[(keys[0] ^ byte) & 0xFF]
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = (keys[2] >> 8) ^ table[(keys[2] ^ (keys[1] >> 24)) & 0xFF]

    def encrypt(byte: int) -> int:
        mixed = keys[2] | 2
        cipher = byte ^ ((mixed * (mixed ^ 1)) >> 8) & 0xFF
        update(byte)
        return cipher

    for byte in password:
        update(byte)
    header = bytes(11) + bytes([crc >> 24])  # §6.1.5: the last byte lets a reader check the password
    sealed = bytes(encrypt(byte) for byte in header + data)
    start = 30 + len(name.encode())
    end_of_data = start + len(data)
    out = bytearray(plain[:start]) + sealed + plain[end_of_data:]
    central = out.rindex(b"PK\x01\x02")
    end = out.rindex(b"PK\x05\x06")
    for flag_at, size_at in ((6, 18), (central + 8, central + 20)):
        out[flag_at] |= 1
        out[size_at : size_at + 4] = len(sealed).to_bytes(4, "little")
    out[end + 16 : end + 20] = central.to_bytes(4, "little")
    return bytes(out)


def zip_archive_stored(name: str, data: bytes) -> bytes:
    """Return a zip archive with one uncompressed member."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


def _crc_byte(value: int) -> int:
    """Return one entry of the CRC-32 table."""
    for _ in range(8):
        value = (value >> 1) ^ (0xEDB88320 if value & 1 else 0)
    return value


def pdf_file(lines: Sequence[Line]) -> bytes:
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
