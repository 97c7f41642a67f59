"""File signatures: the first bytes of each type. A table; checks that need more than bytes are in `sniff`.

Sources: PRONOM, file(1), libarchive, the formats' own specifications. An offset other than 0 is that of the signature.
"""

from __future__ import annotations

import re
from typing import Final

OLE: Final = "application/x-ole-storage"
EXECUTABLE: Final = "application/x-dosexec"
WORD_2: Final = "application/x-winword-2"
"""Word for Windows 1 and 2, before there were compound files."""
DXF: Final = "image/vnd.dxf"
DWG: Final = "image/vnd.dwg"
DGN: Final = "image/vnd.dgn"
DIAGRAM: Final = "application/vnd.jgraph.mxfile"
SEALED: Final = "application/x-encrypted-file"
"""A file that a program for encrypting made."""
CPIO: Final = "application/x-cpio"
AR: Final = "application/x-archive"
XAR: Final = "application/x-xar"
LZ4: Final = "application/x-lz4"
LZIP: Final = "application/x-lzip"
COMPRESS: Final = "application/x-compress"
ARJ: Final = "application/x-arj"
ZOO: Final = "application/x-zoo"
WIM: Final = "application/x-ms-wim"
SQUASHFS: Final = "application/x-squashfs"
DISK: Final = "application/x-disk-image"
VIRTUAL_DISK: Final = "application/x-virtual-disk"
_PRINT: Final = "application/x-print-job"
"""Printer data of a driver (PJL, PCL, ESC/P): pages in a form of the printer's own."""
_POSTSCRIPT: Final = "application/postscript"
_LOTUS: Final = "application/vnd.lotus-1-2-3"
_MOBI: Final = "application/x-mobipocket-ebook"
_PGP: Final = "application/pgp-encrypted"
_MAIL_STORE: Final = "application/x-mail-store"
_ISO: Final = "application/x-iso9660-image"

_Row = tuple[int, str, *tuple[bytes, ...]]
"""Offset, type, and what is there in a file of it."""

_DOCUMENTS: Final[tuple[_Row, ...]] = (
    (0, OLE, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    (0, "application/x-microsoft-rpmsg-message", b"\x76\xe8\x04\x60\xc4\x11\xe3\x86"),
    (0, "application/ms-tnef", b"\x78\x9f\x3e\x22"),
    (0, "application/vnd.ms-htmlhelp", b"ITSF"),
    (0, "application/x-ms-reader", b"ITOLITLS"),
    (0, "application/winhlp", b"\x3f\x5f\x03\x00"),
    (0, _POSTSCRIPT, b"%!PS", b"%!\n", b"%!\r"),
    (0, _POSTSCRIPT, b"\x04%!"),  # behind the end of the job before it
    (0, _POSTSCRIPT, b"\xc5\xd0\xd3\xc6"),
    (0, _PRINT, b"\x1b%-12345X", b"\x1bE", b"\x1b@", b") HP-PCL XL;"),
    (0, "application/vnd.sqlite3", b"SQLite format 3\x00"),
    (0, "application/onenote", b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3"),
    (0, "application/x-msaccess", b"\x00\x01\x00\x00Standard "),
    (0, "application/vnd.ms-outlook-pst", b"!BDN"),
    (0, _MAIL_STORE, b"\xcf\xad\x12\xfe"),  # Outlook Express
    (0, _MAIL_STORE, b"\x1a\0\0\x04\0\0"),  # Notes
    (0, _MAIL_STORE, b"\x9c\xcb\xcb\x8d\x13\x75\xd2\x11"),  # Windows address book
    (60, _MOBI, b"BOOKMOBI", b"TEXtREAd"),
    (0, _MOBI, b"TPZ0", b"\xeaDRMION\xee"),
    (0, "application/x-sony-bbeb", b"L\0R\0F\0"),
    (0, "application/x-hwp", b"HWP Document File V"),
    (0, "application/x-mspublisher", b"CHNKINK "),  # the text of a publication, as a stream of its compound file
    (0, "application/vnd.ms-works", b"CHNKWKS "),
    (0, "application/vnd.lotus-wordpro", b"WordPro\0"),
    (0, WORD_2, b"\xdb\xa5", b"\x9b\xa5"),
    (0, "application/x-macword", b"\xfe\x37\0\x1c", b"\xfe\x37\0\x23"),
    (4, "application/x-appleworks", b"BOBO"),
    (0, "application/x-mswrite", b"\x31\xbe\0\0\0\xab"),
    (0, "application/vnd.ms-works", b"\x01\xfe\x32\0", b"\xff\0\x02\0\x04\x04"),
    (0, "application/x-powerpoint-3", b"\xed\xde\xad\x0b", b"\x0b\xad\xde\xad"),
    (0, _LOTUS, b"\0\0\x02\0\x06\x04\x06\0", b"\0\0\x1a\0\0\x10\x04\0", b"\0\0\x1a\0\x02\x10\x04\0"),
    (0, _LOTUS, b"\0\0\x1a\0\x03\x10\x04\0", b"\0\0\x1a\0\x05\x10\x04\0"),
    (0, "application/x-quattro-pro", b"\0\0\x02\0\x01\x10", b"\0\0\x02\0\x02\x10", b"\0\0\x02\0\x20\x51"),
    # Excel 2 to 4: no compound file
    (0, "application/x-excel-4", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x00\x04\x00"),
    (0, "application/x-indesign", b"\x06\x06\xed\xf5\xd8\x1d\x46\xe5\xbd\x31\xef\xe7\xfe\x74\xb7\x1d"),
    (0, "application/x-bplist", b"bplist00"),
    (0, "application/vnd.adobe.flash.movie", b"FWS", b"CWS", b"ZWS"),
)
_PICTURES: Final[tuple[_Row, ...]] = (
    (0, "image/jpeg", b"\xff\xd8\xff"),
    (0, "image/png", b"\x89PNG\r\n\x1a\n"),
    (0, "image/gif", b"GIF87a", b"GIF89a"),
    (0, "image/tiff", b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
    (0, "image/vnd.ms-modi", b"EP*\x00"),
    (0, "image/jp2", b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51\0"),
    (0, "image/jxl", b"\0\0\0\x0cJXL \r\n\x87\n"),
    (0, "image/x-qoi", b"qoif"),
    (0, "image/vnd.ms-dds", b"DDS "),
    (0, "image/sgi", b"\x01\xda\0\x01", b"\x01\xda\x01\x01"),
    (0, "image/x-pcx", b"\xb1\x68\xde\x3a"),
    (0, "image/x-sun-raster", b"\x59\xa6\x6a\x95"),
    (0, "image/x-msp", b"LinS"),
    (0, "image/x-pixar", b"\x80\xe8\0\0"),
    (2048, "image/x-photo-cd", b"PCD_"),
    (0, "image/fits", b"SIMPLE  ="),
    (0, "image/x-exr", b"v/1\x01"),
    (0, "image/vnd.radiance", b"#?RADIANCE"),
    (0, "video/x-mng", b"\x8aMNG\r\n\x1a\n"),
    (0, "image/vnd.ms-photo", b"II\xbc\x01"),
    (0, "image/x-xpixmap", b"/* XPM */"),
    (0, "image/x-jbig2", b"\x97JB2\r\n\x1a\n"),
    (0, "image/vnd.djvu", b"AT&TFORM"),
    (0, "image/wmf", b"\xd7\xcd\xc6\x9a"),
    (0, "image/wmf", b"\x01\0\x09\0\0\x03"),  # without the placeable header, as RTF and OLE hold it
    (0, "image/wmf", b"\x01\0\x09\0\0\x01"),
    (40, "image/emf", b" EMF"),
    (0, "image/x-svm", b"VCLMTF"),
    (0, "image/vnd.adobe.photoshop", b"8BPS"),
    (0, "image/x-xcf", b"gimp xcf "),
    (0, "image/icns", b"icns\0"),
    (0, DWG, b"AC10"),
    (0, DXF, b"AutoCAD Binary DXF\r\n\x1a\0"),
    (0, DGN, b"\x08\x09\xfe\x02", b"\xc8\x09\xfe\x02"),
)
_PROGRAMS: Final[tuple[_Row, ...]] = (
    (0, EXECUTABLE, b"MZ"),
    (0, "application/x-elf", b"\x7fELF"),
    (0, "application/x-mach-binary", b"\xcf\xfa\xed\xfe"),
    (0, "application/java-vm", b"\xca\xfe\xba\xbe"),
    (0, "application/x-ms-shortcut", b"L\x00\x00\x00\x01\x14\x02\x00"),
    (0, "application/wasm", b"\x00asm"),
)
_DATA: Final[tuple[_Row, ...]] = (
    (0, "audio/mpeg", b"ID3"),
    (0, "application/ogg", b"OggS"),
    (0, "audio/flac", b"fLaC"),
    (0, "audio/midi", b"MThd\0\0"),
    (0, "video/x-matroska", b"\x1aE\xdf\xa3"),
    (0, "video/x-flv", b"FLV\x01"),
    (0, "video/mpeg", b"\0\0\x01\xba", b"\0\0\x01\xb3"),
    (4, "video/quicktime", b"moov", b"mdat"),
    (4, "image/x-fli", b"\x11\xaf", b"\x12\xaf"),
    (0, "video/x-ms-asf", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
    (0, "font/woff", b"wOFF"),
    (0, "font/woff2", b"wOF2"),
)
_ARCHIVES: Final[tuple[_Row, ...]] = (
    (0, "application/vnd.rar", b"Rar!\x1a\x07"),
    (0, "application/x-7z-compressed", b"7z\xbc\xaf\x27\x1c"),
    (0, "application/gzip", b"\x1f\x8b\x08"),
    (0, "application/x-xz", b"\xfd7zXZ\x00"),
    (0, "application/zstd", b"\x28\xb5\x2f\xfd"),
    (0, "application/vnd.ms-cab-compressed", b"MSCF\x00\x00\x00\x00"),
    (0x8001, _ISO, b"CD001"),
    (0x8801, _ISO, b"CD001"),
    (0x9001, _ISO, b"CD001"),
    (0x8001, _ISO, b"BEA01"),
    (0, CPIO, b"070701", b"070702", b"070707"),
    (0, AR, b"!<arch>\n"),
    (0, XAR, b"xar!"),
    (0, LZ4, b"\x04\x22\x4d\x18", b"\x02\x21\x4c\x18"),
    (0, COMPRESS, b"\x1f\x9d"),
    (0, LZIP, b"LZIP"),
    # no reader opens these
    (0, ARJ, b"\x60\xea"),
    (0, "application/x-lzop", b"\x89LZO\0\r\n\x1a\n"),
    (0, WIM, b"MSWIM\0\0\0"),
    (0, SQUASHFS, b"hsqs", b"sqsh"),
    (0, "application/x-zpaq", b"7kSt", b"zPQ"),
    (0, "application/x-lrzip", b"LRZI"),
    (0, "application/x-rzip", b"RZIP"),
    (0, "application/x-kgb", b"KGB_arch"),
    (7, "application/x-ace-compressed", b"**ACE**"),
    (20, ZOO, b"\xdc\xa7\xc4\xfd"),
    (0, "application/x-freearc", b"ArC\x01"),
    (0, "application/x-alz", b"ALZ\x01"),
    (0, "application/x-egg", b"EGGA"),
    (0, "application/x-stuffit", b"StuffIt ", b"SIT!"),
    (0, "application/x-bzip3", b"BZ3v1"),
    (0, "application/x-par2", b"PAR2\0PKT"),
    (0, "application/x-ms-compress", b"SZDD\x88\xf0\x27\x33", b"KWAJ\x88\xf0\x27\xd1"),
    (0, "application/x-installshield-cab", b"ISc("),
    (0, "application/x-snappy-framed", b"\xff\x06\0\0sNaPpY"),
    (0, "application/vnd.apache.parquet", b"PAR1"),
    (0, "application/vnd.apache.arrow", b"ARROW1\0\0"),
    (0, "application/vnd.apache.avro", b"Obj\x01"),
)
_DISKS: Final[tuple[_Row, ...]] = (
    (0, VIRTUAL_DISK, b"vhdxfile", b"conectix", b"KDMV", b"QFI\xfb", b"<<< Oracle VM VirtualBox"),
    (32, DISK, b"NXSB"),
    (0x400, DISK, b"H+\0\x04", b"HX\0\x05"),
    (0x200, DISK, b"EFI PART"),
    (0x10040, DISK, b"_BHRfS_M"),
    (0, DISK, b"XFSB"),
    (3, DISK, b"NTFS    ", b"EXFAT   "),
    (54, DISK, b"FAT1"),
    (82, DISK, b"FAT32   "),
)
_LOCKED: Final[tuple[_Row, ...]] = (
    (3, SEALED, b"-FVE-FS-"),
    (0, SEALED, b"LUKS\xba\xbe", b"Salted__", b"age-encryption.org/v1\n", b"AES\x01\0", b"AES\x02\0", b"AES\x03\0"),
    (0, SEALED, b"\xc0\xb9\x07\x2e\x4f\x93\xf1\x46\xa0\x15\x79\x2c\xa1\xd9\xe8\x21", b"\x03\xd9\xa2\x9a"),
    (0, _PGP, b"\x85\x01", b"\x85\x02", b"\x84\x8c", b"\x8c\x0d", b"\x84\x5e\x03", b"\xc1\x5e\x03"),
    (0, _PGP, b"\xc1\xc0\x4c\x03", b"\xc1\xc1\x4c\x03", b"\xc3\x0d\x04"),
)
SIGNATURES: Final = tuple(
    (offset, magic, kind)
    for table in (_DOCUMENTS, _ARCHIVES, _PICTURES, _PROGRAMS, _DATA, _DISKS, _LOCKED)
    for offset, kind, *magics in table
    for magic in magics
)
"""Offset, bytes and type of every signature."""
_SURE: Final = frozenset({"image/gif", "image/x-xpixmap", _POSTSCRIPT, "image/vnd.djvu", "image/emf", _PRINT, SEALED})
"""Types that have no zero byte near their start though their signature is letters."""
_LETTERS: Final = re.compile(rb"[ -~]+")
_WORD: Final = 7
"""Letters up to this many may also begin a text, which has no zero bytes."""


def _is_word(magic: bytes, kind: str) -> bool:
    return kind not in _SURE and len(magic) <= _WORD and _LETTERS.fullmatch(magic) is not None


_TABLE: Final = tuple((offset, magic, kind, _is_word(magic, kind)) for offset, magic, kind in SIGNATURES)


def magic_types(data: bytes) -> list[str]:
    """Return the types whose signature is at its offset; signatures that a text may begin with also need a zero byte."""
    return [
        kind
        for offset, magic, kind, word in _TABLE
        if data.startswith(magic, offset) and (not word or b"\0" in data[:512])
    ]
