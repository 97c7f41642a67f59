"""The first octets of files: which type each signature tells. A table; what needs more than octets stands in `sniff`.

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
"""What a driver made for a printer (PJL, PCL, ESC/P): pages, in a form of the printer's own."""
_POSTSCRIPT: Final = "application/postscript"
_LOTUS: Final = "application/vnd.lotus-1-2-3"
_EXCEL: Final = "application/vnd.ms-excel"
_MOBI: Final = "application/x-mobipocket-ebook"
_PGP: Final = "application/pgp-encrypted"
_MAIL_STORE: Final = "application/x-mail-store"
_ISO: Final = "application/x-iso9660-image"

_Row = tuple[int, bytes, str]

_DOCUMENTS: Final[tuple[_Row, ...]] = (
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (0, b"\x76\xe8\x04\x60\xc4\x11\xe3\x86", "application/x-microsoft-rpmsg-message"),
    (0, b"\x78\x9f\x3e\x22", "application/ms-tnef"),
    (0, b"ITSF", "application/vnd.ms-htmlhelp"),
    (0, b"ITOLITLS", "application/x-ms-reader"),
    (0, b"\x3f\x5f\x03\x00", "application/winhlp"),
    (0, b"%!PS", _POSTSCRIPT),
    (0, b"%!\n", _POSTSCRIPT),
    (0, b"%!\r", _POSTSCRIPT),
    (0, b"\x04%!", _POSTSCRIPT),  # behind the end of the job before it
    (0, b"\xc5\xd0\xd3\xc6", _POSTSCRIPT),
    (0, b"\x1b%-12345X", _PRINT),
    (0, b"\x1bE", _PRINT),
    (0, b"\x1b@", _PRINT),
    (0, b") HP-PCL XL;", _PRINT),
    (0, b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (0, b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", "application/onenote"),
    (0, b"\x00\x01\x00\x00Standard ", "application/x-msaccess"),
    (0, b"!BDN", "application/vnd.ms-outlook-pst"),
    (0, b"\xcf\xad\x12\xfe", _MAIL_STORE),  # Outlook Express
    (0, b"\x1a\0\0\x04\0\0", _MAIL_STORE),  # Notes
    (0, b"\x9c\xcb\xcb\x8d\x13\x75\xd2\x11", _MAIL_STORE),  # Windows address book
    (60, b"BOOKMOBI", _MOBI),
    (60, b"TEXtREAd", _MOBI),
    (0, b"TPZ0", _MOBI),
    (0, b"\xeaDRMION\xee", _MOBI),
    (0, b"L\0R\0F\0", "application/x-sony-bbeb"),
    (0, b"HWP Document File V", "application/x-hwp"),
    (0, b"CHNKINK ", "application/x-mspublisher"),  # the text of a publication, as a stream of its compound file
    (0, b"CHNKWKS ", "application/vnd.ms-works"),
    (0, b"WordPro\0", "application/vnd.lotus-wordpro"),
    (0, b"\xdb\xa5", WORD_2),
    (0, b"\x9b\xa5", WORD_2),
    (0, b"\xfe\x37\0\x1c", "application/x-macword"),
    (0, b"\xfe\x37\0\x23", "application/x-macword"),
    (4, b"BOBO", "application/x-appleworks"),
    (0, b"\x31\xbe\0\0\0\xab", "application/x-mswrite"),
    (0, b"\x01\xfe\x32\0", "application/vnd.ms-works"),
    (0, b"\xff\0\x02\0\x04\x04", "application/vnd.ms-works"),
    (0, b"\xed\xde\xad\x0b", "application/x-powerpoint-3"),
    (0, b"\x0b\xad\xde\xad", "application/x-powerpoint-3"),
    (0, b"\0\0\x02\0\x06\x04\x06\0", _LOTUS),
    (0, b"\0\0\x1a\0\0\x10\x04\0", _LOTUS),
    (0, b"\0\0\x1a\0\x02\x10\x04\0", _LOTUS),
    (0, b"\0\0\x1a\0\x03\x10\x04\0", _LOTUS),
    (0, b"\0\0\x1a\0\x05\x10\x04\0", _LOTUS),
    (0, b"\0\0\x02\0\x01\x10", "application/x-quattro-pro"),
    (0, b"\0\0\x02\0\x02\x10", "application/x-quattro-pro"),
    (0, b"\0\0\x02\0\x20\x51", "application/x-quattro-pro"),
    (0, b"\x09\x02\x06\x00", _EXCEL),  # BIFF2-4 without an OLE file around it
    (0, b"\x09\x04\x06\x00", _EXCEL),
    (0, b"\x09\x00\x04\x00", _EXCEL),
    (0, b"\x06\x06\xed\xf5\xd8\x1d\x46\xe5\xbd\x31\xef\xe7\xfe\x74\xb7\x1d", "application/x-indesign"),
    (0, b"bplist00", "application/x-bplist"),
    (0, b"FWS", "application/vnd.adobe.flash.movie"),
    (0, b"CWS", "application/vnd.adobe.flash.movie"),
    (0, b"ZWS", "application/vnd.adobe.flash.movie"),
)
_PICTURES: Final[tuple[_Row, ...]] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"II+\x00", "image/tiff"),
    (0, b"MM\x00+", "image/tiff"),
    (0, b"EP*\x00", "image/vnd.ms-modi"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
    (0, b"\xff\x4f\xff\x51\0", "image/jp2"),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    (0, b"qoif", "image/x-qoi"),
    (0, b"DDS ", "image/vnd.ms-dds"),
    (0, b"\x01\xda\0\x01", "image/sgi"),
    (0, b"\x01\xda\x01\x01", "image/sgi"),
    (0, b"\xb1\x68\xde\x3a", "image/x-pcx"),
    (0, b"\x59\xa6\x6a\x95", "image/x-sun-raster"),
    (0, b"LinS", "image/x-msp"),
    (0, b"\x80\xe8\0\0", "image/x-pixar"),
    (2048, b"PCD_", "image/x-photo-cd"),
    (0, b"SIMPLE  =", "image/fits"),
    (0, b"v/1\x01", "image/x-exr"),
    (0, b"#?RADIANCE", "image/vnd.radiance"),
    (0, b"\x8aMNG\r\n\x1a\n", "video/x-mng"),
    (0, b"II\xbc\x01", "image/vnd.ms-photo"),
    (0, b"/* XPM */", "image/x-xpixmap"),
    (0, b"\x97JB2\r\n\x1a\n", "image/x-jbig2"),
    (0, b"AT&TFORM", "image/vnd.djvu"),
    (0, b"\xd7\xcd\xc6\x9a", "image/wmf"),
    (0, b"\x01\0\x09\0\0\x03", "image/wmf"),  # without the placeable header, as RTF and OLE hold it
    (0, b"\x01\0\x09\0\0\x01", "image/wmf"),
    (40, b" EMF", "image/emf"),
    (0, b"VCLMTF", "image/x-svm"),
    (0, b"8BPS", "image/vnd.adobe.photoshop"),
    (0, b"gimp xcf ", "image/x-xcf"),
    (0, b"icns\0", "image/icns"),
    (0, b"AC10", DWG),
    (0, b"AutoCAD Binary DXF\r\n\x1a\0", DXF),
    (0, b"\x08\x09\xfe\x02", DGN),
    (0, b"\xc8\x09\xfe\x02", DGN),
)
_PROGRAMS: Final[tuple[_Row, ...]] = (
    (0, b"MZ", EXECUTABLE),
    (0, b"\x7fELF", "application/x-elf"),
    (0, b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (0, b"\xca\xfe\xba\xbe", "application/java-vm"),
    (0, b"L\x00\x00\x00\x01\x14\x02\x00", "application/x-ms-shortcut"),
    (0, b"\x00asm", "application/wasm"),
)
_DATA: Final[tuple[_Row, ...]] = (
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS", "application/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"MThd\0\0", "audio/midi"),
    (0, b"\x1aE\xdf\xa3", "video/x-matroska"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b"\0\0\x01\xba", "video/mpeg"),
    (0, b"\0\0\x01\xb3", "video/mpeg"),
    (4, b"moov", "video/quicktime"),
    (4, b"mdat", "video/quicktime"),
    (4, b"\x11\xaf", "image/x-fli"),
    (4, b"\x12\xaf", "image/x-fli"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (0, b"wOFF", "font/woff"),
    (0, b"wOF2", "font/woff2"),
)
_ARCHIVES: Final[tuple[_Row, ...]] = (
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\x1f\x8b\x08", "application/gzip"),
    (0, b"\xfd7zXZ\x00", "application/x-xz"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (0, b"MSCF\x00\x00\x00\x00", "application/vnd.ms-cab-compressed"),
    (0x8001, b"CD001", _ISO),
    (0x8801, b"CD001", _ISO),
    (0x9001, b"CD001", _ISO),
    (0x8001, b"BEA01", _ISO),
    (0, b"070701", CPIO),
    (0, b"070702", CPIO),
    (0, b"070707", CPIO),
    (0, b"!<arch>\n", AR),
    (0, b"xar!", XAR),
    (0, b"\x04\x22\x4d\x18", LZ4),
    (0, b"\x02\x21\x4c\x18", LZ4),
    (0, b"\x1f\x9d", COMPRESS),
    (0, b"LZIP", LZIP),
    # no reader opens these
    (0, b"\x60\xea", ARJ),
    (0, b"\x89LZO\0\r\n\x1a\n", "application/x-lzop"),
    (0, b"MSWIM\0\0\0", WIM),
    (0, b"hsqs", SQUASHFS),
    (0, b"sqsh", SQUASHFS),
    (0, b"7kSt", "application/x-zpaq"),
    (0, b"zPQ", "application/x-zpaq"),
    (0, b"LRZI", "application/x-lrzip"),
    (0, b"RZIP", "application/x-rzip"),
    (0, b"KGB_arch", "application/x-kgb"),
    (7, b"**ACE**", "application/x-ace-compressed"),
    (20, b"\xdc\xa7\xc4\xfd", ZOO),
    (0, b"ArC\x01", "application/x-freearc"),
    (0, b"ALZ\x01", "application/x-alz"),
    (0, b"EGGA", "application/x-egg"),
    (0, b"StuffIt ", "application/x-stuffit"),
    (0, b"SIT!", "application/x-stuffit"),
    (0, b"BZ3v1", "application/x-bzip3"),
    (0, b"PAR2\0PKT", "application/x-par2"),
    (0, b"SZDD\x88\xf0\x27\x33", "application/x-ms-compress"),
    (0, b"KWAJ\x88\xf0\x27\xd1", "application/x-ms-compress"),
    (0, b"ISc(", "application/x-installshield-cab"),
    (0, b"\xff\x06\0\0sNaPpY", "application/x-snappy-framed"),
    (0, b"PAR1", "application/vnd.apache.parquet"),
    (0, b"ARROW1\0\0", "application/vnd.apache.arrow"),
    (0, b"Obj\x01", "application/vnd.apache.avro"),
)
_DISKS: Final[tuple[_Row, ...]] = (
    (0, b"vhdxfile", VIRTUAL_DISK),
    (0, b"conectix", VIRTUAL_DISK),
    (0, b"KDMV", VIRTUAL_DISK),
    (0, b"QFI\xfb", VIRTUAL_DISK),
    (0, b"<<< Oracle VM VirtualBox", VIRTUAL_DISK),
    (32, b"NXSB", DISK),
    (0x400, b"H+\0\x04", DISK),
    (0x400, b"HX\0\x05", DISK),
    (0x200, b"EFI PART", DISK),
    (0x10040, b"_BHRfS_M", DISK),
    (0, b"XFSB", DISK),
    (3, b"NTFS    ", DISK),
    (3, b"EXFAT   ", DISK),
    (54, b"FAT1", DISK),
    (82, b"FAT32   ", DISK),
)
_LOCKED: Final[tuple[_Row, ...]] = (
    (3, b"-FVE-FS-", SEALED),
    (0, b"LUKS\xba\xbe", SEALED),
    (0, b"Salted__", SEALED),
    (0, b"age-encryption.org/v1\n", SEALED),
    (0, b"AES\x01\0", SEALED),
    (0, b"AES\x02\0", SEALED),
    (0, b"AES\x03\0", SEALED),
    (0, b"\xc0\xb9\x07\x2e\x4f\x93\xf1\x46\xa0\x15\x79\x2c\xa1\xd9\xe8\x21", SEALED),
    (0, b"\x03\xd9\xa2\x9a", SEALED),
    (0, b"\x85\x01", _PGP),
    (0, b"\x85\x02", _PGP),
    (0, b"\x84\x8c", _PGP),
    (0, b"\x8c\x0d", _PGP),
    (0, b"\x84\x5e\x03", _PGP),
    (0, b"\xc1\x5e\x03", _PGP),
    (0, b"\xc1\xc0\x4c\x03", _PGP),
    (0, b"\xc1\xc1\x4c\x03", _PGP),
    (0, b"\xc3\x0d\x04", _PGP),
)
SIGNATURES: Final = (*_DOCUMENTS, *_ARCHIVES, *_PICTURES, *_PROGRAMS, *_DATA, *_DISKS, *_LOCKED)
"""Offset, octets and type of every signature."""
_SURE: Final = frozenset({"image/gif", "image/x-xpixmap", _POSTSCRIPT, "image/vnd.djvu", "image/emf", _PRINT, SEALED})
"""Types that have no zero octet near their start though their signature is letters."""
_LETTERS: Final = re.compile(rb"[ -~]+")
_WORD: Final = 7
"""Letters up to this many may also begin a text, which has no zero octets."""


def _is_word(magic: bytes, kind: str) -> bool:
    return kind not in _SURE and len(magic) <= _WORD and _LETTERS.fullmatch(magic) is not None


_TABLE: Final = tuple((offset, magic, kind, _is_word(magic, kind)) for offset, magic, kind in SIGNATURES)


def magic_types(data: bytes) -> list[str]:
    """Return the types whose signature stands where it must; words that a text may begin with ask for a zero octet, too."""
    return [
        kind
        for offset, magic, kind, word in _TABLE
        if data.startswith(magic, offset) and (not word or b"\0" in data[:512])
    ]
