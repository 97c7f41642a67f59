"""Containers for a file: archives, messages and other documents, by the libraries that people's programs use."""

import bz2
import gzip
import io
import lzma
from collections.abc import Callable

import pikepdf

from tests.accuracy.portable import base
from tests.accuracy.shapes import Writing
from tests.accuracy.texts import message, tnef
from tests.accuracy.word import package, para, runs
from tests.pki import cms
from tests.pki.tree import tree
from tests.support.octets import file_of, locked_zip, members, seven_zip, tarred, zipped

Wrap = Callable[[str, bytes], tuple[str, bytes]]
"""Name and octets of a file to those of its container."""


def _zip(name: str, data: bytes) -> tuple[str, bytes]:
    return "ho-so.zip", zipped({f"ho so/{name}": data})


def _stored(name: str, data: bytes) -> tuple[str, bytes]:
    return "ho-so.zip", zipped({name: data}, stored=(name,))


def _lzma_zip(name: str, data: bytes) -> tuple[str, bytes]:
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr(name, data)
    return "ho-so.zip", out.getvalue()


def _five_deep(name: str, data: bytes) -> tuple[str, bytes]:
    for level in range(5):
        name, data = f"tang-{level}.zip", _zip(name, data)[1]
    return name, data


def _seven(name: str, data: bytes) -> tuple[str, bytes]:
    return "ho-so.7z", seven_zip({name: data})


def _tar(mode: str, suffix: str) -> Wrap:
    return lambda name, data: (f"ho-so.tar{suffix}", tarred({f"ho-so/{name}": data}, mode))


def _packed(pack: Callable[[bytes], bytes], suffix: str) -> Wrap:
    return lambda name, data: (f"{name}.{suffix}", pack(data))


def _locked(name: str, data: bytes) -> tuple[str, bytes]:
    """A locked archive and a note with its password, as people send them."""
    locked = locked_zip({name: data}, "Bt@2026x")
    return "ho-so.zip", zipped({"mat khau.txt": "Mật khẩu giải nén: Bt@2026x\r\n", "tep.zip": locked})


def _mail(name: str, data: bytes) -> tuple[str, bytes]:
    return "thu.eml", message(files=((name, data),))


def _winmail(name: str, data: bytes) -> tuple[str, bytes]:
    return "winmail.dat", tnef("subject", "Báo cáo", ((name, data),))


def _in_word(name: str, data: bytes) -> tuple[str, bytes]:
    suffix = name.rpartition(".")[2]
    made = package(para(runs(Writing(("Đính kèm",)))), {f"word/embeddings/tep.{suffix}": ("package", "")})
    return "van-ban-kem.docx", _replaced(made, f"word/embeddings/tep.{suffix}", data)


def _in_sheet(name: str, data: bytes) -> tuple[str, bytes]:
    import openpyxl

    book = openpyxl.Workbook()
    book.active["A1"] = "Xem tệp kèm"
    return "so-lieu.xlsx", _replaced(file_of(book), f"xl/embeddings/{name}", data)


def _replaced(archive: bytes, name: str, data: bytes) -> bytes:
    return zipped(members(archive) | {name: data})


def _in_pdf(name: str, data: bytes) -> tuple[str, bytes]:
    with pikepdf.open(io.BytesIO(base())) as pdf:
        pdf.attachments[name] = pikepdf.AttachedFileSpec(pdf, data, filename=name)
        out = file_of(pdf, deterministic_id=True)
    return "van-ban.pdf", out


def _ole_object(name: str, data: bytes) -> tuple[str, bytes]:
    """An OLE package in a document (MS-OLEDS §2.3.6, Ole10Native)."""
    import struct

    from gateway.documents.readers.ole.writer import write_compound

    label = name.encode("ascii") + b"\0"
    inner = (
        struct.pack("<H", 2) + label + b"C:\\" + label + struct.pack("<II", 0x30000, len(label) + 3) + b"C:\\" + label
    )
    inner += struct.pack("<I", len(data)) + data
    stored = write_compound({("\x01Ole10Native",): struct.pack("<I", len(inner)) + inner})
    made = package(para(runs(Writing(("Đính kèm",)))), {"word/embeddings/oleObject1.bin": ("oleObject", "")})
    return "van-ban-kem.docx", _replaced(made, "word/embeddings/oleObject1.bin", stored)


def _inline_base64(name: str, data: bytes) -> tuple[str, bytes]:
    import base64

    url = f"data:application/octet-stream;base64,{base64.b64encode(data).decode()}"
    return (
        "trang.html",
        f'<html><meta charset="utf-8"><body><p>Xem tệp</p><a download="{name}" href="{url}">tải</a></body></html>'.encode(),
    )


def _uuencoded(name: str, data: bytes) -> tuple[str, bytes]:
    import binascii

    rows = b"".join(binascii.b2a_uu(data[at : at + 45]) for at in range(0, len(data), 45))
    return "thu.txt", f"Kính gửi anh,\nTệp kèm theo:\n\nbegin 644 {name}\n".encode() + rows + b"`\nend\n"


def _signed(name: str, data: bytes) -> tuple[str, bytes]:
    """A file inside its signature (CMS SignedData with content)."""
    return f"{name}.p7m", cms.cms(data, tree().g2_person, detached=False)


CONTAINERS: dict[str, Wrap] = {
    "zip": _zip,
    "zip, stored": _stored,
    "zip, LZMA": _lzma_zip,
    "zip in zip": lambda name, data: _zip(*_zip(name, data)),
    "zip five deep": _five_deep,
    "7z": _seven,
    "tar": _tar("", ""),
    "tar.gz": _tar("gz", ".gz"),
    "tar.bz2": _tar("bz2", ".bz2"),
    "tar.xz": _tar("xz", ".xz"),
    "gz": _packed(gzip.compress, "gz"),
    "bz2": _packed(bz2.compress, "bz2"),
    "xz": _packed(lzma.compress, "xz"),
    "7z in zip": lambda name, data: _zip(*_seven(name, data)),
    "locked zip, password beside it": _locked,
    "message": _mail,
    "message in zip": lambda name, data: _zip(*_mail(name, data)),
    "winmail.dat": _winmail,
    "embedded in docx": _in_word,
    "OLE package in docx": _ole_object,
    "embedded in xlsx": _in_sheet,
    "embedded in docx in zip": lambda name, data: _zip(*_in_word(name, data)),
    "attached to a PDF": _in_pdf,
    "PDF in a message in 7z": lambda name, data: _seven(*_mail(*_in_pdf(name, data))),
    "data address in HTML": _inline_base64,
    "uuencoded in text": _uuencoded,
    "signed (p7m)": _signed,
}
