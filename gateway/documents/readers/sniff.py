"""File type recognition by content: every type that applies, the most specific first.

No single answer is right for a file made to be two things, so `sniff` returns all types that some program would open it
as, and each is read. More than one is a polyglot. Names and declared types decide only between kinds of text, which
bytes alone cannot distinguish. Sources: PRONOM signatures, ISO 32000-1 annex H (PDF header within 1024 bytes),
APPNOTE.TXT, MS-CFB, MS-OFFCRYPTO, ISO/IEC 29500-2, ODF 1.3 part 2, RFC 5652.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from gateway.documents.readers.magic import (
    AR,
    ARJ,
    CPIO,
    DISK,
    EXECUTABLE,
    OLE,
    SQUASHFS,
    VIRTUAL_DISK,
    WIM,
    XAR,
    ZOO,
    magic_types,
)
from gateway.documents.readers.sniff_dbf import DBF, DBF_MEMO, is_dbf
from gateway.documents.readers.sniff_font import FONT, is_font
from gateway.documents.readers.sniff_packed import is_tar, packed_types, unknown_type
from gateway.documents.readers.sniff_pictures import media_type, named_film, named_picture, only_sound, told_picture
from gateway.documents.readers.sniff_text import text_types
from gateway.documents.readers.sniff_zip import stored_member_at, zip_types
from gateway.model import formats

OCTETS: Final = "application/octet-stream"
EMPTY: Final = "application/x-empty"
ENCODED: Final = formats.ENCODED.media_type
_ZIP: Final = "application/zip"
_PDF: Final = "application/pdf"
_TEXTS: Final = frozenset(
    {"text/plain", "text/html", "text/csv", "application/xml", "application/rtf", "message/rfc822", ENCODED}
)
_WRAPPERS: Final = frozenset({
    "application/pkcs7-mime", "application/pkcs7-signature", "application/x-7z-compressed", "application/vnd.rar",
    "application/x-tar", "application/vnd.ms-cab-compressed", "application/x-iso9660-image", "application/ms-tnef",
    "application/x-lzh-compressed", "application/x-apple-diskimage", "application/x-zpaq", CPIO, AR, XAR, ARJ, ZOO, WIM,
    SQUASHFS, VIRTUAL_DISK, DISK,
})  # fmt: skip
"""Formats that may hold a whole file unpacked, so that its marks are no disguise."""
_IN_ZIP: Final = frozenset(
    {formats.Container.ZIP, formats.Container.OPC, formats.Container.ODF, formats.Container.ASIC}
)
_LONGEST_HEAD: Final = 2000
_STREAM_HEAD: Final = re.compile(
    rb"\d\s+obj\b(?:(?!endobj|stream|\d\s+obj)[\s\S])*?/Type\s*/EmbeddedFile\b(?:(?!endobj|stream)[\s\S])*stream\r?\n\Z"
)
_STREAM_END: Final = re.compile(rb"\s*endstream\s+endobj\b")
"""Delimiters of an embedded file (ISO 32000-1 §7.11.4)."""
_ENCODED: Final = re.compile(
    rb"^(?:=ybegin [^\r\n]{0,400}?name=|\(This file must be converted with BinHex)", re.MULTILINE
)
"""The line before a file in yEnc or BinHex (RFC 1741)."""
_ENCODED_SIGNS: Final = (b"=ybegin ", b"(This file must be converted with BinHex")
"""The longer, the sooner they are searched."""
_ZIP_TAIL: Final = (1 << 16) + 300
_OPENED: Final = (
    b"PK", b"\xd0\xcf\x11\xe0", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"\0\0\1\0", b"\0\0\2\0",
)  # fmt: skip
"""First bytes of formats that only their content distinguishes."""
_SELF_EXTRACTING: Final = 2 << 20
"""Greatest offset of an archive in a program (as unrar and 7-Zip search)."""
_CARRIED: Final = (
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"MSCF\x00\x00\x00\x00", "application/vnd.ms-cab-compressed"),
)
_RIFF: Final = {
    b"WEB": "image/webp",
    b"WAV": "audio/wav",
    b"AVI": "video/x-msvideo",
    b"RMI": "audio/midi",
    b"CDR": "application/vnd.corel-draw",
    b"CMX": "application/vnd.corel-draw",
    b"cdr": "application/vnd.corel-draw",
}
"""First letters of the form of a RIFF file; the last one of CorelDRAW's is its version."""
_BZIP2: Final = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_LZH: Final = re.compile(rb"..-l[hz][0-9sd]-", re.DOTALL)
_PICTURES: Final = (
    (re.compile(rb"\x0a[\0\x02-\x05][\0\x01][\x01\x02\x04\x08]"), "image/x-pcx"),
    (re.compile(rb"P[1-6Ffy]\s(?:#[^\n]{0,200}\n)?\s{0,9}\d{1,6}\s{1,9}\d{1,6}\s"), "image/x-portable-anymap"),
    (re.compile(rb"P7\s{1,9}(?:#|WIDTH|HEIGHT|DEPTH|MAXVAL|TUPLTYPE|332\s)"), "image/x-portable-arbitrarymap"),
    (re.compile(rb"\x28\0\0\0.{8}\x01\0[\x01\x04\x08\x10\x18\x20]\0[\0-\x03]\0\0\0", re.DOTALL), "image/bmp"),
    (
        re.compile(rb"\s{0,9}#define\s+\S{1,60}_width\s+\d{1,6}\s+#define\s+\S{1,60}_height\s+\d{1,6}\s"),
        "image/x-xbitmap",
    ),
)
"""Pictures whose beginning is more than fixed bytes; a DIB is a BMP without its file header."""
_PDF_HEADER: Final = re.compile(rb"%PDF-[0-9.]")
_CMS_OID: Final = re.compile(rb"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07([\x02\x03\x05\x06])")
_CMS_OID_LONG: Final = re.compile(rb"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01[\x09\x17\x1f]")


@dataclass(frozen=True)
class Sniffed:
    """The types of one file."""

    types: tuple[str, ...]
    """At least one; `application/octet-stream` when nothing is known."""
    polyglot: bool = False
    """Two programs would take it for two different kinds of file."""

    @property
    def primary(self) -> str:
        """The most specific type."""
        return self.types[0]


def sniff(data: bytes, filename: str | None = None, declared_type: str = "") -> Sniffed:
    """Return the types of a file; never raises."""
    if not data:
        return Sniffed((EMPTY,))
    found: dict[str, None] = {}
    for kind in _at_start(data, filename, declared_type):
        found[kind] = None
    program = EXECUTABLE in found or "application/x-elf" in found
    wrapped = any(kind in _WRAPPERS for kind in found)
    media = any(kind.startswith(("image/", "audio/", "video/")) for kind in found)
    if _PDF not in found and not wrapped and _has_pdf(data, behind_media=media):
        found[_PDF] = None
    if program:
        found.update(dict.fromkeys(_inside_program(data)))
    if _ZIP not in found and not any("zip" in kind or "opendocument" in kind or "openxml" in kind for kind in found):
        for kind in _zip_at_end(data, found, filename, declared_type):
            found[kind] = None
    if not found:
        found = dict.fromkeys(text_types(data, filename, declared_type))
        if (
            found.keys() <= {"text/plain"}
            and any(_stands_in(data, sign) for sign in _ENCODED_SIGNS)
            and _ENCODED.search(data)
        ):
            found = {ENCODED: None, **found}
    if not found:
        # Unpackers find an archive behind anything; RAR's own self-extracting modules are not always recognised above.
        found = dict.fromkeys(_inside_program(data))
    if not found and (filename or "").lower().endswith((".fpt", ".dbt")):
        found[DBF_MEMO] = None
    if film := "image/jpeg" in found and named_film(filename):
        found[film] = None
    types = tuple(found) or (unknown_type(data, filename) or named_picture(filename, declared_type) or OCTETS,)
    texts = all(kind in _TEXTS for kind in types)
    return Sniffed(types, polyglot=len(types) > 1 and not (texts or program or _is_office(data)))


def opens(data: bytes) -> bool:
    """Return whether `sniff` opens a file to tell its types (zip, OLE, zlib, icons): only a child may do that."""
    return data.startswith(_OPENED) or b"PK\x05\x06" in data[-_ZIP_TAIL:]


def _is_office(data: bytes) -> bool:
    """One compound file may hold the streams of two Office formats; it is still one file, opened by its name."""
    return data.startswith(b"\xd0\xcf\x11\xe0") and b"PK\x05\x06" not in data[-_ZIP_TAIL:]


def _at_start(data: bytes, filename: str | None, declared_type: str) -> list[str]:
    """Types by the first bytes."""
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK00PK\x03\x04", b"PK\x07\x08PK\x03\x04")):
        return list(zip_types(data))
    kinds = [only_sound(kind, data) for kind in magic_types(data)]
    if OLE in kinds:
        return list(_ole_types(data))
    if data[:4] == b"RIFF":
        kinds.append(_RIFF.get(data[8:11], OCTETS))
    if data[4:8] == b"ftyp":
        kinds.append(media_type(data))
    if data[:2] == b"BM" and len(data) > 26 and data[6:10] == b"\0\0\0\0":
        kinds.append("image/bmp")
    if data[:1] == b"\xff" and data[1:2] in (b"\xfb", b"\xf3", b"\xf2"):
        kinds.append("audio/mpeg")
    kinds += [kind for pattern, kind in _PICTURES if pattern.match(data)]
    if not kinds and (data.endswith(b"TRUEVISION-XFILE.\0") or (filename or "").lower().endswith(".tga")):
        kinds.append("image/x-tga")
    if _BZIP2.match(data):
        kinds.append("application/x-bzip2")
    if _LZH.match(data):
        kinds.append("application/x-lzh-compressed")
    if data[:4].endswith(b"wpc") or data[:4] == b"\xffWPC":
        kinds.append("application/vnd.wordperfect")
    if data[:1] == b"0" and (cms := _cms_type(data, filename, declared_type)):
        kinds.append(cms)
    kinds += packed_types(data)
    if not kinds and (picture := told_picture(data)):
        kinds.append(picture)
    if not kinds and is_dbf(data):
        kinds.append(DBF)
    if not kinds and is_font(data, filename):
        kinds.append(FONT)
    if (not kinds and is_tar(data)) or data[257:262] == b"ustar":
        kinds.append("application/x-tar")
    return kinds


def _has_pdf(data: bytes, *, behind_media: bool) -> bool:
    """Return whether a PDF reader would open it: the header within 1024 bytes, and something of a PDF behind it."""
    header = _PDF_HEADER.search(data, 0, 1024 + 8)
    if header is None:
        # After a picture or sound that fills the first 1024 bytes a document may still follow, for recipients who know of it.
        return behind_media and b"startxref" in data[-4096:] and _PDF_HEADER.search(data) is not None
    if header.start() == 0:
        return True
    if data.startswith(b"PK\x03\x04") and stored_member_at(data, header.start()):
        return False  # the first member of an archive, which is read as such
    return b"startxref" in data[-4096:] or b" obj" in data[header.start() : header.start() + 4096]


def _inside_program(data: bytes) -> list[str]:
    """Archives that a self-extracting program carries."""
    head = data[:_SELF_EXTRACTING]
    return [kind for magic, kind in _CARRIED if _stands_in(head, magic)]


def _stands_in(data: bytes, magic: bytes) -> bool:
    """Return whether bytes are anywhere in a file; four times as fast as `in`, which CPython searches otherwise from 30,000 on."""
    step, more = 29_000, len(magic) - 1
    return any(data.find(magic, at, at + step + more) >= 0 for at in range(0, len(data), step))


def _zip_at_end(data: bytes, found: dict[str, None], filename: str | None, declared_type: str) -> tuple[str, ...]:
    """Types of a zip behind something else; old Office files often end in an embedded zip, which is no disguise."""
    if b"PK\x05\x06" not in data[-_ZIP_TAIL:]:
        return ()
    office = any(
        kind.startswith(("application/vnd.ms-", "application/msword", OLE)) or kind in _WRAPPERS for kind in found
    )
    promised = formats.by_filename(filename)
    named = (promised is not None and promised.container in _IN_ZIP) or "zip" in declared_type
    if office and not named:
        return ()
    from gateway.documents.readers.containers.zip_headers import find_end

    end = find_end(data)
    if end is None or (_PDF in found and _is_attachment(data, end.shift, end.finish)):
        return ()
    return zip_types(data)


def _is_attachment(data: bytes, start: int, finish: int) -> bool:
    """Return whether a range of a PDF is the whole uncompressed stream of an embedded file, which its reader emits."""
    head = _STREAM_HEAD.search(data, max(0, start - _LONGEST_HEAD), max(0, start))
    return head is not None and head.end() == start and _STREAM_END.match(data, finish) is not None


def _cms_type(data: bytes, filename: str | None, declared_type: str) -> str | None:
    """CMS by the content type at its start (RFC 5652 §3)."""
    head = data[:40]
    match = _CMS_OID.search(head)
    if match is None:
        return "application/pkcs7-mime" if _CMS_OID_LONG.search(head) else None
    if match[1] != b"\x02":
        return "application/pkcs7-mime"
    name = (filename or "").lower()
    detached = formats.by_filename(name) is formats.CMS_SIGNATURE or "signature" in declared_type
    return "application/pkcs7-signature" if detached else "application/pkcs7-mime"


_OLE_STREAMS: Final[tuple[tuple[str, str], ...]] = (
    ("encryptedpackage", formats.OOXML_ENCRYPTED.media_type),
    ("worddocument", "application/msword"),
    ("workbook", "application/vnd.ms-excel"),
    ("book", "application/vnd.ms-excel"),
    ("powerpoint document", "application/vnd.ms-powerpoint"),
    ("pp97_dualstorage", "application/vnd.ms-powerpoint"),
    ("__properties_version1.0", "application/vnd.ms-outlook"),
    ("__nameid_version1.0", "application/vnd.ms-outlook"),
)


def _ole_types(data: bytes) -> tuple[str, ...]:
    """Types by the streams at the root of a compound file (MS-CFB)."""
    import olefile

    try:
        with BytesIO(data) as stream, olefile.OleFileIO(stream, raise_defects=olefile.DEFECT_INCORRECT) as ole:
            names = {entry[0].lower() for entry in ole.listdir(streams=True, storages=True)}
    except (OSError, ValueError, IndexError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
        # olefile raises any exception of its arithmetic on damaged tables; the reader will report MALFORMED.
        return (OLE,)
    kinds = tuple(dict.fromkeys(kind for stream, kind in _OLE_STREAMS if stream in names))
    return kinds or (OLE,)
