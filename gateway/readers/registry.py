"""Which module reads which detected type.

The table is data, so that a new reader is one line here and one module beside it. Modules are imported by name: the
zygote imports them all before the first mail (`load_all`), and a child only looks up what is already there. A module
that does not exist yet makes its types UNSUPPORTED `no-reader`; a module that exists and cannot be imported is our own
fault, and `load_all` lets the ImportError through so that the gateway does not start half blind.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable

from gateway.readers.base import Budget, Reading, Source
from gateway.readers.magic import DIAGRAM, DWG, DXF
from gateway.readers.sniff_dbf import DBF, DBF_MEMO
from gateway.readers.sniff_font import FONT
from gateway.readers.sniff_pictures import ICON

_OOXML = "application/vnd.openxmlformats-officedocument."

DOCX = _OOXML + "wordprocessingml.document"
XLSX = _OOXML + "spreadsheetml.sheet"
XLSB = "application/vnd.ms-excel.sheet.binary.macroenabled.12"
PPTX = _OOXML + "presentationml.presentation"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ODP = "application/vnd.oasis.opendocument.presentation"
ODG = "application/vnd.oasis.opendocument.graphics"
SYLK = "application/x-sylk"
OOXML_ENCRYPTED = "application/x-ooxml-encrypted"
"""An OLE file that holds an encrypted OOXML package (MS-OFFCRYPTO)."""

READERS: dict[str, str] = {
    # documents
    "application/pdf": "gateway.readers.pdf.reader",
    DOCX: "gateway.readers.ooxml.reader",
    XLSX: "gateway.readers.ooxml.reader",
    PPTX: "gateway.readers.ooxml.reader",
    XLSB: "gateway.readers.ooxml.reader",
    ODT: "gateway.readers.odf.reader",
    ODS: "gateway.readers.odf.reader",
    ODP: "gateway.readers.odf.reader",
    ODG: "gateway.readers.odf.reader",
    "application/msword": "gateway.readers.word.doc",
    "application/vnd.ms-excel": "gateway.readers.excel.xls",
    SYLK: "gateway.readers.plain",
    DBF: "gateway.readers.excel.dbf",
    DBF_MEMO: "gateway.readers.excel.dbf",
    "application/vnd.ms-powerpoint": "gateway.readers.powerpoint.ppt",
    "application/rtf": "gateway.readers.word.rtf",
    "text/html": "gateway.readers.markup.html",
    "text/plain": "gateway.readers.plain",
    "text/csv": "gateway.readers.plain",
    "application/xml": "gateway.readers.markup.xml",
    # pictures
    "image/jpeg": "gateway.readers.pictures.image",
    "image/png": "gateway.readers.pictures.image",
    "image/tiff": "gateway.readers.pictures.image",
    "image/heic": "gateway.readers.pictures.image",
    "image/gif": "gateway.readers.pictures.image",
    "image/bmp": "gateway.readers.pictures.image",
    "image/webp": "gateway.readers.pictures.image",
    "image/jp2": "gateway.readers.pictures.image",
    "image/x-pcx": "gateway.readers.pictures.image",
    "image/x-portable-anymap": "gateway.readers.pictures.image",
    "image/x-xbitmap": "gateway.readers.pictures.image",
    "image/x-xpixmap": "gateway.readers.pictures.image",
    "image/sgi": "gateway.readers.pictures.image",
    "image/x-qoi": "gateway.readers.pictures.image",
    "image/icns": "gateway.readers.pictures.image",
    "image/x-tga": "gateway.readers.pictures.image",
    "image/x-sun-raster": "gateway.readers.pictures.image",
    "image/x-msp": "gateway.readers.pictures.image",
    "image/x-pixar": "gateway.readers.pictures.image",
    "image/x-photo-cd": "gateway.readers.pictures.image",
    "image/x-fli": "gateway.readers.pictures.image",
    "image/fits": "gateway.readers.pictures.image",
    "image/vnd.ms-dds": "gateway.readers.pictures.image",
    ICON: "gateway.readers.pictures.icon",
    "image/emf": "gateway.readers.pictures.metafile",
    "image/wmf": "gateway.readers.pictures.metafile",
    "image/x-svm": "gateway.readers.pictures.metafile",
    DXF: "gateway.readers.drawings.dxf",
    DWG: "gateway.readers.drawings.dwg",
    DIAGRAM: "gateway.readers.drawings.diagram",
    FONT: "gateway.readers.pictures.font",
    # messages
    "message/rfc822": "gateway.readers.mail.eml",
    "application/vnd.ms-outlook": "gateway.readers.mail.outlook_msg",
    "application/ms-tnef": "gateway.readers.mail.tnef",
    "text/calendar": "gateway.readers.mail.calendar",
    "text/vcard": "gateway.readers.mail.calendar",
    # containers
    "application/zip": "gateway.readers.archives.zip",
    "application/vnd.etsi.asic-e+zip": "gateway.readers.archives.zip",
    "application/vnd.etsi.asic-s+zip": "gateway.readers.archives.zip",
    "application/x-7z-compressed": "gateway.readers.archives.seven_zip",
    "application/vnd.rar": "gateway.readers.archives.rar",
    "application/x-tar": "gateway.readers.archives.tar",
    "application/gzip": "gateway.readers.archives.stream",
    "application/x-bzip2": "gateway.readers.archives.stream",
    "application/x-xz": "gateway.readers.archives.stream",
    "application/zstd": "gateway.readers.archives.stream",
    "application/vnd.ms-cab-compressed": "gateway.readers.archives.foreign",
    "application/x-iso9660-image": "gateway.readers.archives.foreign",
    "application/x-lzh-compressed": "gateway.readers.archives.foreign",
    "application/x-cpio": "gateway.readers.archives.foreign",
    "application/x-archive": "gateway.readers.archives.foreign",
    "application/x-xar": "gateway.readers.archives.foreign",
    "application/x-lz4": "gateway.readers.archives.foreign",
    "application/x-lzma": "gateway.readers.archives.foreign",
    "application/x-lzip": "gateway.readers.archives.foreign",
    "application/x-compress": "gateway.readers.archives.foreign",
    "application/zlib": "gateway.readers.archives.stream",
    OOXML_ENCRYPTED: "gateway.readers.encryption",
    "application/x-ole-storage": "gateway.readers.ole.embedded",
    "application/pkcs7-mime": "gateway.readers.mail.cms",
    "application/pkcs7-signature": "gateway.readers.mail.cms",
}
"""Detected type to module name. Owners of readers append their own lines."""

_FORMATS: dict[str, str] = {
    "application/pdf": "pdf",
    DOCX: "docx",
    XLSX: "xlsx",
    PPTX: "pptx",
    XLSB: "xlsb",
    ODT: "odt",
    ODS: "ods",
    ODP: "odp",
    ODG: "odg",
    OOXML_ENCRYPTED: "ooxml-encrypted",
    "application/msword": "doc",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt",
    "application/rtf": "rtf",
    DXF: "dxf",
    DWG: "dwg",
    FONT: "font",
    SYLK: "text",
    DBF: "dbf",
    DBF_MEMO: "dbf",
    "text/html": "html",
    "text/plain": "text",
    "text/csv": "text",
    "text/calendar": "calendar",
    "text/vcard": "vcard",
    "application/xml": "xml",
    "message/rfc822": "eml",
    "application/vnd.ms-outlook": "msg",
    "application/ms-tnef": "tnef",
    "application/zip": "zip",
    "application/x-7z-compressed": "7z",
    "application/vnd.rar": "rar",
    "application/x-tar": "tar",
    "application/gzip": "gzip",
    "application/x-ole-storage": "ole",
    "application/pkcs7-mime": "cms",
    "application/pkcs7-signature": "cms",
}


def format_of(detected_type: str) -> str:
    """Return the short name of a type as readers use it in `Document.format`; the type itself when it has none."""
    return _FORMATS.get(detected_type, "image" if detected_type.startswith("image/") else detected_type)


Read = Callable[[Source, Budget], Reading]

_loaded: dict[str, Read | None] = {}


def load(module: str) -> Read | None:
    """Return the `read` function of a module, None when the module does not exist; ImportError when it is broken."""
    if module not in _loaded:
        _loaded[module] = importlib.import_module(module).read if importlib.util.find_spec(module) else None
    return _loaded[module]


def reader_for(detected_type: str) -> Read | None:
    """Return the reader of a detected type, None when no reader opens it."""
    module = READERS.get(detected_type)
    return load(module) if module else None


def load_all() -> tuple[str, ...]:
    """Import every reader now and return the names of the modules that do not exist."""
    return tuple(sorted({module for module in READERS.values() if load(module) is None}))
