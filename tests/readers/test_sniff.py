"""What a file is decided by its octets, all answers at once."""

import io
import lzma
import random
import struct
import time
import tracemalloc
import warnings
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.documents.readers.magic import AR, CPIO, EXECUTABLE, LZ4, SEALED, XAR
from gateway.documents.readers.sniff import EMPTY, ENCODED, OCTETS, sniff
from gateway.documents.readers.sniff_packed import LZMA, UNKNOWN_ARCHIVE, VOLUME, ZLIB, ZSTD
from gateway.documents.wall import sample
from gateway.model import formats
from tests.readers.test_encryption import sealed
from tests.support.cases import slow
from tests.support.cost import least_cost
from tests.support.octets import zipped

PDF = sample._PDF


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", EMPTY),
        (PDF, "application/pdf"),
        (b"junk " * 100 + PDF, "application/pdf"),
        (zipped({"a": "b"}), "application/zip"),
        (sample._odt(), formats.ODT.media_type),
        (b"{\\rtf1 x}", "application/rtf"),
        (b"{\\rtf1 x}\0", "application/rtf"),
        (b"\n\n<!-- x --><HTML><body>x", "text/html"),
        ("Kính gửi".encode("utf-16"), "text/plain"),
        ("Kính gửi".encode("utf-16-le"), "text/plain"),
        ("Kính gửi quý cơ quan".encode("utf-16-be"), "text/plain"),
        ("Kính gửi quý cơ quan".encode("utf-32-le"), "text/plain"),
        ("Kính gửi quý cơ quan 😀".encode("utf-32-be"), "text/plain"),
        ("Kính gửi".encode(), "text/plain"),
        ("Cộng hoà xã hội chủ nghĩa".encode("cp1258", "replace"), "text/plain"),
        (b"C\xe9ng ho\xb5 x\xb7 h\xe9i ch\xf1 ngh\xdca", "text/plain"),
        (b"From: a@b.vn\r\nSubject: x\r\nMIME-Version: 1.0\r\n\r\nx", "message/rfc822"),
        (b"From a@b Thu\nReceived: x\nSubject: y\n\nbody\n", "message/rfc822"),
        (b"Ghi chu: tuan nay\nNoi dung: hop\n\nabc", "text/plain"),
        (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR", "text/calendar"),
        (b"BEGIN:VCARD\r\nEND:VCARD", "text/vcard"),
        (b"<?xml version='1.0'?><a/>", "application/xml"),
        (b"\x1f\x8b\x08\0", "application/gzip"),
        (b"BZh91AY&SY", "application/x-bzip2"),
        (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
        (b"Rar!\x1a\x07\x01\x00", "application/vnd.rar"),
        (b"MZ" + b"\0" * 200, EXECUTABLE),
        (b"\x78\x9f\x3e\x22\0\0", "application/ms-tnef"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        (zipped({"Index/Document.iwa": "x", "preview.jpg": "y"}), "application/vnd.apple.iwork"),
        (b"x" * 60 + b"BOOKMOBI" + bytes(range(256)), "application/x-mobipocket-ebook"),
        (b"HWP Document File V3.00 \x1a\1\2\3\4\5", "application/x-hwp"),
        (b"\xdb\xa5\x2d\0" + bytes(range(256)), "application/x-winword-2"),
        (b"\x09\x04\x06\0" + bytes(range(256)), "application/x-excel-4"),
        (b"\x1b%-12345X@PJL ENTER LANGUAGE=POSTSCRIPT\r\n%!PS\n(a) show", "application/x-print-job"),
        (b"\x1bE\x1b&l0OKinh gui", "application/x-print-job"),
        (b"\x04%!PS-Adobe-3.0\n(a) show\n", "application/postscript"),
        (b"ID;PWXL;N;E\r\nC;Y1;X1;K1\r\nE\r\n", "application/x-sylk"),
        (b"ID;P\r\nhello\r\n", "text/plain"),
        (b"WordPro\0" + bytes(range(256)), "application/vnd.lotus-wordpro"),
        (b"\0\0\x1a\0\x05\x10\x04\0" + bytes(range(256)), "application/vnd.lotus-1-2-3"),
        (b"\0\0\x02\0\x02\x10" + bytes(range(256)), "application/x-quattro-pro"),
        (b"\x01\xfe\x32\0" + bytes(range(256)), "application/vnd.ms-works"),
        (b"RIFF\xf4\1\0\0CDR9vrsn" + bytes(range(256)), "application/vnd.corel-draw"),
        (b"bplist00" + bytes(range(256)), "application/x-bplist"),
        (b"gimp xcf v011\0" + bytes(range(256)), "image/x-xcf"),
        (b"\x08\x09\xfe\x02" + bytes(range(256)), "image/vnd.dgn"),
        (b"P6\n# GIMP\n1240 1754\n255\n" + bytes(range(256)), "image/x-portable-anymap"),
        (b"#define a_width 8\n#define a_height 8\nstatic char a_bits[] = {0};", "image/x-xbitmap"),
        (b"P6 la phong hop so 1240 cua don vi, moi hop luc 17 gio", "text/plain"),
        (b"#define TAX 10\nint main() { return 0; }\n", "text/plain"),
        (b"FWS la ten cua du an, khong phai tep", "text/plain"),
        (b"999\nx\n  0\nSECTION\n  2\nHEADER\n", "image/vnd.dxf"),
        (b"-----BEGIN PGP MESSAGE-----\n\nabc", "application/pgp-encrypted"),
        (bytes(range(256)) * 8, OCTETS),
        ("Kính gửi anh, báo\0 cáo tháng 10".encode(), "text/plain"),
        ("Kính gửi anh, báo\0 cáo".encode("cp1258", "ignore"), OCTETS),
        (b"a" * 60 + b"\0" * 12 + b"e" * 60, OCTETS),
        # What packs or locks files is never of no known form.
        (b"\x04\x22\x4d\x18\x64\x40\xa7", LZ4),
        (b"\x50\x2a\x4d\x18\2\0\0\0ab\x28\xb5\x2f\xfd\x24\0", ZSTD),
        (b"\x5a\x2a\x4d\x18\0\0\0\0\x04\x22\x4d\x18\x64", LZ4),
        (lzma.compress(b"xin chao", lzma.FORMAT_ALONE), LZMA),
        (zlib.compress(b"xin chao"), ZLIB),
        (b"070701" + b"0" * 104 + b"a\0", CPIO),
        (struct.pack("<13H", 0o070707, *[0] * 9, 2, 0, 4) + b"a\0abcd", CPIO),
        (b"!<arch>\na.txt/          0           0     0     644     4         `\nabcd", AR),
        (b"xar!\0\x1c\0\1" + bytes(40), XAR),
        (b"MSWIM\0\0\0" + bytes(40), "application/x-ms-wim"),
        (b"hsqs" + bytes(40), "application/x-squashfs"),
        (bytes(7) + b"**ACE**" + bytes(40), "application/x-ace-compressed"),
        (
            b"\xeb\x58\x90MSDOS5.0".ljust(82, b"\1") + b"FAT32   ".ljust(428, b"\1") + b"\x55\xaa",
            "application/x-disk-image",
        ),
        (bytes(446) + b"\x80\1\1\0\6" + bytes(59) + b"\x55\xaa" + bytes(4096), "application/x-disk-image"),
        (bytes(0x438) + b"\x53\xef\1\0" + bytes(4096), "application/x-disk-image"),
        (bytes(0x400) + b"H+\0\4" + bytes(4096), "application/x-disk-image"),
        (bytes(2048) + b"koly" + bytes(508), "application/x-apple-diskimage"),
        (b"Salted__" + bytes(range(128, 200)), SEALED),
        (b"age-encryption.org/v1\n-> X25519 abc\n" + bytes(range(128, 250)), SEALED),
        (b"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n", SEALED),
        (b"\x84\x5e\x03" + bytes(range(90)), "application/pgp-encrypted"),
        (b"#!/bin/sh\n# Makeself\n" + bytes(range(256)), "application/x-shar"),
    ],
)
def test_type_by_content(data, kind):
    assert sniff(data).primary == kind


def test_names_do_not_change_what_a_binary_is():
    assert sniff(PDF, "bao-cao.docx", "application/msword").types == ("application/pdf",)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.docx.br", UNKNOWN_ARCHIVE), ("ho-so.paq8px", UNKNOWN_ARCHIVE), ("a.docx.enc", SEALED), ("a.docx.002", VOLUME)],
)
def test_an_unrecognised_file_type_is_what_the_name_of_an_archive_says(name, kind):
    assert sniff(bytes(range(256)) * 8, name).primary == kind
    assert sniff(bytes(range(256)) * 8, "so-lieu.dat").primary == OCTETS


@pytest.mark.parametrize(
    "text", ["RZIP là tên chương trình", "SIT! nghỉ", "#!/bin/sh\necho xin chào\n", "x^2 + y^2 = 1", "AES là gì?"]
)
def test_texts_that_begin_like_an_archive_are_texts(text):
    assert sniff(text.encode(), "a.txt").types == ("text/plain",)


@pytest.mark.parametrize("name", ["a.7z.002", "a.z01", "a.r07", "a.part3.rar", "A.ZIP.003"])
def test_a_later_volume_of_an_archive_is_known_by_its_name(name):
    assert sniff(bytes(range(256)) * 8, name).primary == VOLUME


def test_ooxml_by_its_main_part_and_not_by_its_folders():
    word = sample._ooxml("any/where.xml", "wordprocessingml.document", "<x/>")
    assert sniff(word).types == (formats.DOCX.media_type,)
    assert sniff(sample._ooxml("xl/workbook.xml", "spreadsheetml.sheet", "<x/>")).types == (formats.XLSX.media_type,)


@pytest.mark.parametrize("macros", [False, True])
def test_a_default_type_that_no_member_has_is_no_second_kind_of_file(macros):
    """SheetJS declares `bin` a binary workbook in all its files; only a member that has that type makes one."""
    vba = '<Override PartName="/xl/vbaProject.bin" ContentType="application/vnd.ms-office.vbaProject"/>'
    members = {
        "xl/workbook.xml": "<workbook/>",
        "[Content_Types].xml": '<Types><Default Extension="bin" '
        'ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/><Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        f"{vba if macros else ''}</Types>",
    }
    if macros:
        members["xl/vbaProject.bin"] = "x"
    assert sniff(zipped(members)).types == (formats.XLSX.media_type,)
    both = sniff(zipped(members | {"xl/workbook.bin": "x"}))
    assert both.polyglot
    assert set(both.types) == {formats.XLSX.media_type, formats.XLSB.media_type}


def _declared(defaults: int, tables: int, others: int) -> bytes:
    """A package of empty members that declares extensions of none, in one table or more."""
    table = "".join(f'<Default Extension="q{number}" ContentType="x"/>' for number in range(defaults))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        for number in range(others):
            package.writestr(f"{number}.x", "")
        with warnings.catch_warnings(action="ignore"):
            for _ in range(tables):
                package.writestr("[Content_Types].xml", f"<Types>{table}</Types>")
    return packed.getvalue()


_STREAMED = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 8, 8, 0, 0, 0, 0, 0, 1, 0) + b"a" + b"x" * 1000
_SHARED = (bytes(8) + struct.pack("<II", 100_000, 6 + 16 * 2000)) * 2000 + b"\x89PNG" + bytes(99_996)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        slow(lambda: _declared(10_000, 1, 5000), "application/zip"),
        slow(lambda: _declared(1, 4000, 4000), "application/zip"),
        (lambda: _STREAMED * 5000, "application/zip"),
        (lambda: b"\0\0\1\0" + struct.pack("<H", 2000) + _SHARED, OCTETS),
    ],
    ids=["defaults", "tables", "streamed", "icon"],
)
def test_a_hostile_directory_costs_time_by_its_length(make, kind):
    data = make()
    tracemalloc.start()
    assert sniff(data).primary == kind
    assert tracemalloc.get_traced_memory()[1] < 100 << 20
    tracemalloc.stop()
    assert least_cost(lambda: sniff(data + b"\0"), 1) < 1


def test_a_pdf_with_a_zip_behind_it_is_both_and_a_polyglot():
    found = sniff(PDF + zipped({"a": "b"}))
    assert set(found.types) == {"application/pdf", "application/zip"}
    assert found.polyglot


def test_a_pdf_with_an_unpacked_attachment_at_its_end_is_a_pdf():
    def around(head: bytes) -> bytes:
        return (
            PDF
            + head
            + b"\nstream\n"
            + zipped({"a": "b"})
            + b"\nendstream\nendobj\nxref\n0 1\ntrailer\nstartxref\n9\n%%EOF\n"
        )

    attached = sniff(around(b"14 0 obj\n<< /Type /EmbeddedFile /Length 99 >>"))
    assert (attached.types, attached.polyglot) == (("application/pdf",), False)
    for nothing in (
        b"14 0 obj\n<< /Length 99 >>",
        b"<< /Type /EmbeddedFile >>",
        b"4 0 obj << /Type /EmbeddedFile >> endobj",
    ):
        assert sniff(around(nothing)).polyglot


def test_an_archive_with_a_stored_pdf_or_zip_is_no_polyglot():
    found = sniff(zipped({"a.pdf": PDF}, stored=("a.pdf",)))
    assert found.types == ("application/zip",) or not found.polyglot


def test_a_program_that_carries_an_archive_is_read_as_both():
    found = sniff(b"MZ" + b"\0" * 5000 + b"7z\xbc\xaf\x27\x1c" + b"\0" * 50)
    assert found.types == (EXECUTABLE, "application/x-7z-compressed")
    assert not found.polyglot


@pytest.mark.parametrize("name", ["bookmarks.html", "dau-trang.xml", None])
def test_exported_bookmarks_are_a_page(name):
    data = b"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Bookmarks</TITLE>\n<DL><p>\n<DT><A HREF='https://example.vn'>x</A>"
    assert sniff(data, name).types == ("text/html",)


def test_html_in_a_plain_text_part_is_read_both_ways_without_alarm():
    found = sniff(b"<html><body>x</body></html>", None, "text/plain")
    assert set(found.types) == {"text/plain", "text/html"}
    assert not found.polyglot


@pytest.mark.parametrize("at", [1000, 28_995, 28_999, 29_000, 57_998])
def test_an_archive_is_found_anywhere_in_bytes(at):
    octets = random.Random(at).randbytes(70_000)
    assert sniff(octets).types == (OCTETS,)
    assert sniff(octets[:at] + b"Rar!\x1a\x07" + octets[at:]).types == ("application/vnd.rar",)


def test_comments_without_a_page_are_reported_in_time():
    began = time.process_time()
    assert sniff(b"<!-- -->" * 36, None, "text/plain").types == ("text/plain",)
    assert time.process_time() - began < 0.5
    assert sniff(b"<!-- a --> <!-- b --><p>x").types == ("text/html",)


def test_an_encrypted_office_package_is_distinguished_from_other_ole_files():

    assert sniff(sealed("secret")).types == (formats.OOXML_ENCRYPTED.media_type,)


@given(st.binary(max_size=4000), st.sampled_from([None, "a.txt", "b.zip", "c.p7s", "d.eml"]))
def test_any_bytes_have_at_least_one_type(data, name):
    assert sniff(data, name).types


@pytest.mark.parametrize("at", [10, 28_990, 28_996, 28_999, 57_996])
def test_an_encoded_file_is_found_anywhere_in_a_text(at):
    encoded = b"\r\n=ybegin line=128 size=26 name=a.txt\r\n" + bytes(range(128, 256)) + b"\r\n=yend size=26\r\n"
    assert ENCODED in sniff(b"x" * at + encoded).types
