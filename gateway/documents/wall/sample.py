"""A small message that the zygote inspects once, so that everything a child will need is loaded."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Collection
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Final

from gateway import mime
from gateway.documents.wall.wire import InspectionRequest
from gateway.model import Envelope, Evidence, FrontEnd, Observer, Session

_PDF: Final = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n"
    b"4 0 obj<</Length 41>>stream\nBT /F1 12 Tf 20 100 Td (mau) Tj ET         \nendstream endobj\n"
    b"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R/Size 6>>\nstartxref\n0\n%%EOF\n"
)
_TYPES: Final = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
_WORD: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_MAIN: Final = "application/vnd.openxmlformats-officedocument"


def _zip(members: dict[str, str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def _ooxml(part: str, kind: str, content: str) -> bytes:
    return _zip(
        {
            "[Content_Types].xml": f'<Types xmlns="{_TYPES}"><Default Extension="rels" ContentType="application/vnd.'
            'openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/{part}" ContentType="{_MAIN}.{kind}.main+xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1" Type="{_OFFICE}" Target="{part}"/>'
            "</Relationships>",
            part: content,
        }
    )


def _odt() -> bytes:
    content = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text><text:p>mẫu</text:p>'
        "</office:text></office:body></office:document-content>"
    )
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry '
        'manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.text"/></manifest:manifest>'
    )
    return _zip(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": content,
            "META-INF/manifest.xml": manifest,
        },
        zipfile.ZIP_STORED,
    )


def _png() -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xff" * 48) * 16)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def files() -> dict[str, bytes]:
    """Return a small file of each kind, by name."""
    word = f'<w:document xmlns:w="{_WORD}"><w:body><w:p><w:r><w:t>mẫu</w:t></w:r></w:p></w:body></w:document>'
    sheet = f'<workbook xmlns="{_SHEET}"><sheets/></workbook>'
    return {
        "mau.pdf": _PDF,
        "mau.docx": _ooxml("word/document.xml", "wordprocessingml.document", word),
        "mau.xlsx": _ooxml("xl/workbook.xml", "spreadsheetml.sheet", sheet),
        "mau.odt": _odt(),
        "mau.rtf": b"{\\rtf1\\ansi{\\fonttbl{\\f0 Times New Roman;}}\\f0 m\\u7851?u\\par}",
        "mau.png": _png(),
        "mau.csv": b"a;b\n1;2\n",
        "mau.zip": _zip({"trong/mau.txt": "mẫu"}),
        "mau.ics": b"BEGIN:VCALENDAR\r\nSUMMARY:m\r\nEND:VCALENDAR\r\n",
        "mau.bin": bytes(range(256)),
    }


def content(names: Collection[str] = ()) -> bytes:
    """Return the message as it would come through SMTP, with the files of those names, or all."""
    message = EmailMessage()
    message["Subject"] = "Bản mẫu"
    message["From"] = "mau@example.invalid"
    message.set_content("Kính gửi,\nmật khẩu: 123456\n", charset="utf-8")
    message.add_alternative("<html><body><p style='color:red'>mẫu</p></body></html>", subtype="html", charset="utf-8")
    for name, data in files().items():
        if names and name not in names:
            continue
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def request(names: Collection[str] = (), observers: tuple[Observer, ...] = ()) -> InspectionRequest:
    """Return the request about this message, with its content inside."""
    octets = content(names)
    message, now = mime.parse(octets), datetime.now(UTC)
    envelope = Envelope(reverse_path="mau@example.invalid", forward_paths=("mau@example.invalid",))
    return InspectionRequest(
        id="warm-up",
        root=message.root,
        content=octets,
        now=now,
        evidence=Evidence(now=now, session=Session(front_end=FrontEnd.CHECK), envelope=envelope, message=message),
        observers=observers,
    )
