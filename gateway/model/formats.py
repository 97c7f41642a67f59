"""Table of file formats, one row each: names, and the modules that read, verify and fix it.

The only table of media types and file name suffixes; each is in it once. The content decides what a file is
(`gateway.documents.readers.sniff`); the row then names its reader. A row without a reader is a format that is recognised and
refused as unsupported, since its content is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Family(StrEnum):
    """Kind of program that a format belongs to; a name or type of another kind is false."""

    PDF = "pdf"
    WORD = "word"
    SHEET = "sheet"
    SLIDES = "slides"
    IMAGE = "image"
    TEXT = "text"
    MAIL = "mail"
    ARCHIVE = "archive"
    PROGRAM = "program"
    SIGNATURE = "signature"
    LOCKED = "locked"
    """Encrypted by its nature."""
    DRAWING = "drawing"
    MEDIA = "media"
    """Sound and film."""
    OTHER = "other"


class Container(StrEnum):
    """The container of the content, surveyed for a second story that another program would read."""

    NONE = "none"
    PDF = "pdf"
    OPC = "opc"
    """A zip with parts and relationships (ISO/IEC 29500-2)."""
    ODF = "odf"
    """A zip with a manifest (ODF 1.3 part 2)."""
    ASIC = "asic"
    """A zip with signatures over its members (ETSI EN 319 162)."""
    ZIP = "zip"
    OLE = "ole"
    """A compound file (MS-CFB)."""
    CMS = "cms"
    ARCHIVE = "archive"
    """Any other form that packs files."""
    MESSAGE = "message"


@dataclass(frozen=True, kw_only=True)
class Format:
    """One format."""

    name: str
    """Short name, as `Document.format` has it."""
    media_types: tuple[str, ...] = ()
    """The type that `sniff` gives, then other labels for the same; none when only the reader can detect it."""
    suffixes: tuple[str, ...] = ()
    """Endings of file names, without the dot."""
    family: Family
    container: Container = Container.NONE
    reader: str | None = None
    """Module below `gateway.documents.readers` with `read(source, budget)`; None when nothing reads it."""
    verifier: str | None = None
    """Module below `gateway.documents.signatures` that verifies the signatures that a file carries itself."""
    fixer: str | None = None
    """Module below `gateway.fix` that fixes it in place."""
    official: bool = True
    """It may be an official document; sheets, slides and calendars are working files."""

    @property
    def media_type(self) -> str:
        """Its canonical media type."""
        return self.media_types[0]

    @property
    def takes_passwords(self) -> bool:
        """Return whether a file of it may be locked by a password that its reader can try."""
        return self.container in _LOCKABLE

    @property
    def is_surveyed_zip(self) -> bool:
        """Return whether its zip is surveyed beside its reader, which opens only the parts that it knows."""
        return self.container in {Container.OPC, Container.ODF}


_LOCKABLE: Final = frozenset(
    {Container.PDF, Container.OPC, Container.ASIC, Container.ZIP, Container.OLE, Container.ARCHIVE}
)
_OOXML: Final = "application/vnd.openxmlformats-officedocument."
_ODF: Final = "application/vnd.oasis.opendocument."


def _split(words: str) -> tuple[str, ...]:
    return tuple(words.split())


def _opc(name: str, kind: str, suffixes: str, family: Family, *, fixer: str | None) -> Format:
    return Format(
        name=name, media_types=(kind,), suffixes=_split(suffixes), family=family, container=Container.OPC,
        reader="ooxml.reader", verifier="ooxml", fixer=fixer, official=family is Family.WORD,
    )  # fmt: skip


def _odf(name: str, kind: str, others: str, suffixes: str, family: Family) -> Format:
    return Format(
        name=name, media_types=tuple(_ODF + one for one in (kind, *_split(others))), suffixes=_split(suffixes),
        family=family, container=Container.ODF, reader="odf.reader", verifier="odf", fixer="opendocument",
        official=family not in {Family.SHEET, Family.SLIDES},
    )  # fmt: skip


def _ole(name: str, kind: str, suffixes: str, family: Family, reader: str) -> Format:
    return Format(
        name=name, media_types=(kind,), suffixes=_split(suffixes), family=family, container=Container.OLE,
        reader=reader, verifier="ole", official=family not in {Family.SHEET, Family.SLIDES},
    )  # fmt: skip


def _text(
    name: str, kinds: str, suffixes: str, reader: str, *, fixer: str | None = None, official: bool = True
) -> Format:
    return Format(
        name=name, media_types=_split(kinds), suffixes=_split(suffixes), family=Family.TEXT, reader=reader,
        fixer=fixer, official=official,
    )  # fmt: skip


def _archive(name: str, kind: str, suffixes: str, reader: str) -> Format:
    return Format(
        name=name, media_types=(kind,), suffixes=_split(suffixes), family=Family.ARCHIVE, container=Container.ARCHIVE,
        reader=f"archives.{reader}",
    )  # fmt: skip


def _image(kinds: str, suffixes: str, reader: str) -> Format:
    return Format(
        name="image", media_types=tuple(f"image/{kind}" for kind in _split(kinds)), suffixes=_split(suffixes),
        family=Family.IMAGE, reader=f"pictures.{reader}",
    )  # fmt: skip


def _unread(family: Family, prefix: str, kinds: str) -> tuple[Format, ...]:
    """Rows of formats that are recognised and that nothing reads; their type is their name."""
    return tuple(Format(name=prefix + kind, media_types=(prefix + kind,), family=family) for kind in _split(kinds))


DOCX: Final = _opc("docx", _OOXML + "wordprocessingml.document", "docx docm dotx dotm", Family.WORD, fixer="docx")
XLSX: Final = _opc("xlsx", _OOXML + "spreadsheetml.sheet", "xlsx xlsm xltx xltm xlam", Family.SHEET, fixer="xlsx")
PPTX: Final = _opc(
    "pptx", _OOXML + "presentationml.presentation", "pptx pptm ppsx ppsm potx potm", Family.SLIDES, fixer="pptx"
)
XLSB: Final = _opc("xlsb", "application/vnd.ms-excel.sheet.binary.macroenabled.12", "xlsb", Family.SHEET, fixer=None)
ODT: Final = _odf("odt", "text", "text-template text-master text-web", "odt ott odm oth", Family.WORD)
ODS: Final = _odf("ods", "spreadsheet", "spreadsheet-template", "ods ots", Family.SHEET)
ODP: Final = _odf("odp", "presentation", "presentation-template", "odp otp", Family.SLIDES)
ODG: Final = _odf("odg", "graphics", "graphics-template", "odg otg", Family.DRAWING)
DOC: Final = _ole("doc", "application/msword", "doc dot wps", Family.WORD, "word.doc")
XLS: Final = _ole("xls", "application/vnd.ms-excel", "xls xlt xla", Family.SHEET, "excel.xls")
PPT: Final = _ole("ppt", "application/vnd.ms-powerpoint", "ppt pps pot", Family.SLIDES, "powerpoint.ppt")
OLE: Final = _ole("ole", "application/x-ole-storage", "", Family.OTHER, "ole.embedded")
OOXML_ENCRYPTED: Final = Format(
    name="ooxml-encrypted", media_types=("application/x-ooxml-encrypted",), family=Family.OTHER,
    container=Container.OLE, reader="encryption",
)  # fmt: skip
"""An OLE file that holds an encrypted OOXML package (MS-OFFCRYPTO)."""
PDF: Final = Format(
    name="pdf", media_types=("application/pdf",), suffixes=("pdf",), family=Family.PDF, container=Container.PDF,
    reader="pdf.reader", verifier="pdf",
)  # fmt: skip
TEXT: Final = _text("text", "text/plain application/json", "txt log md ini json yml yaml", "plain", fixer="plain")
ZIP: Final = Format(
    name="zip", media_types=("application/zip",), suffixes=("zip",), family=Family.ARCHIVE, container=Container.ZIP,
    reader="archives.zip", verifier="asic",
)  # fmt: skip
ASIC_E, ASIC_S = (
    Format(
        name=f"asic-{kind}", media_types=(f"application/vnd.etsi.asic-{kind}+zip",), suffixes=_split(suffixes),
        family=Family.ARCHIVE, container=Container.ASIC, reader="archives.zip", verifier="asic",
    )
    for kind, suffixes in (("e", "asice sce bdoc"), ("s", "asics scs"))
)  # fmt: skip
"""Signatures over many members, or over one (ETSI EN 319 162)."""
CMS_SIGNATURE: Final = Format(
    name="cms", media_types=("application/pkcs7-signature", "application/x-pkcs7-signature"),
    suffixes=("p7s", "sig", "sign", "p7b", "p7c", "pkcs7"), family=Family.SIGNATURE, container=Container.CMS,
    reader="mail.cms", verifier="detached",
)  # fmt: skip
"""A signature beside what it signs, or certificates."""
CMS: Final = Format(
    name="cms", media_types=("application/pkcs7-mime", "application/x-pkcs7-mime"), suffixes=("p7m", "p7", "tsd", "p7z"),
    family=Family.SIGNATURE, container=Container.CMS, reader="mail.cms", verifier="detached",
)  # fmt: skip
"""A signature around what it signs, or something encrypted."""
ENCODED: Final = Format(name="encoded-file", media_types=("application/x-encoded-file",), family=Family.OTHER)
"""A text that holds a file in an encoding that no reader undoes (yEnc, BinHex)."""

FORMATS: Final[tuple[Format, ...]] = (
    # documents
    PDF, DOCX, XLSX, PPTX, XLSB, ODT, ODS, ODP, ODG, DOC, XLS, PPT, OLE, OOXML_ENCRYPTED,
    Format(
        name="rtf", media_types=("application/rtf",), suffixes=("rtf",), family=Family.WORD, reader="word.rtf", fixer="rtf"
    ),
    Format(
        name="dbf", media_types=("application/vnd.dbf", "application/x-dbf-memo"), suffixes=("dbf", "dbt", "fpt"),
        family=Family.SHEET, reader="excel.dbf", official=False,
    ),
    TEXT,
    _text("text", "text/csv", "csv tsv", "plain", fixer="plain"),
    _text("html", "text/html application/xhtml+xml", "html htm xhtml", "markup.html"),
    Format(
        name="xml", media_types=("application/xml", "text/xml"), suffixes=("xml",), family=Family.TEXT,
        reader="markup.xml", verifier="enveloped",
    ),
    _text("calendar", "text/calendar", "ics", "mail.calendar", official=False),
    _text("vcard", "text/vcard", "vcf", "mail.calendar", official=False),
    _text("eml", "message/rfc822 message/global", "eml mht mhtml mbox emlx", "mail.eml"),
    Format(name="word2003-xml", family=Family.WORD, reader="markup.xml"),
    Format(name="excel2003-xml", family=Family.SHEET, reader="markup.xml", official=False),
    Format(name="xps", family=Family.WORD, reader="markup.xml"),
    Format(name="flat-opc", family=Family.WORD, reader="markup.xml"),
    Format(name="flat-odf", family=Family.WORD, reader="markup.xml"),
    Format(
        name="dxf", media_types=("image/vnd.dxf",), suffixes=("dxf",), family=Family.DRAWING, reader="drawings.dxf"
    ),
    Format(
        name="dwg", media_types=("image/vnd.dwg",), suffixes=("dwg",), family=Family.DRAWING, reader="drawings.dwg"
    ),
    Format(
        name="diagram", media_types=("application/vnd.jgraph.mxfile",), suffixes=("drawio",), family=Family.DRAWING,
        reader="drawings.diagram",
    ),
    Format(
        name="font", media_types=("font/sfnt",), suffixes=("ttf", "otf", "ttc"), family=Family.OTHER,
        reader="pictures.font",
    ),
    # pictures
    _image("jpeg", "jpg jpeg jpe", "image"),
    _image("png", "png", "image"),
    _image("tiff", "tif tiff", "image"),
    _image("heic", "heic heif avif", "image"),
    _image("gif", "gif", "image"),
    _image("bmp", "bmp dib", "image"),
    _image("webp", "webp", "image"),
    _image("jp2", "jp2 jpx j2k", "image"),
    _image("x-pcx", "pcx", "image"),
    _image("x-portable-anymap", "pbm pgm ppm pnm", "image"),
    _image("x-xbitmap", "xbm", "image"),
    _image("x-xpixmap", "xpm", "image"),
    _image("sgi", "sgi", "image"),
    _image("x-qoi", "qoi", "image"),
    _image("icns", "icns", "image"),
    _image("x-tga", "tga", "image"),
    _image("x-icon", "ico", "icon"),
    _image("x-sun-raster x-msp x-pixar x-photo-cd x-fli fits vnd.ms-dds", "ras pcd fli flc fits dds", "image"),
    _image("emf", "emf", "metafile"),
    _image("wmf", "wmf", "metafile"),
    _image("x-svm", "svm", "metafile"),
    # messages, signatures
    Format(
        name="msg", media_types=("application/vnd.ms-outlook",), suffixes=("msg",), family=Family.MAIL,
        container=Container.OLE, reader="mail.outlook_msg",
    ),
    Format(
        name="tnef", media_types=("application/ms-tnef",), suffixes=("tnef",), family=Family.OTHER,
        container=Container.MESSAGE, reader="mail.tnef",
    ),
    CMS, CMS_SIGNATURE,
    Format(
        name="pgp-signature", media_types=("application/pgp-signature",), family=Family.SIGNATURE
    ),
    Format(name="xml-signature", suffixes=("xsig",), family=Family.SIGNATURE, reader="markup.xml"),
    # archives
    ZIP,
    ASIC_E, ASIC_S,
    _archive("7z", "application/x-7z-compressed", "7z", "seven_zip"),
    _archive("rar", "application/vnd.rar", "rar", "rar"),
    _archive("tar", "application/x-tar", "tar", "tar"),
    _archive("gzip", "application/gzip", "gz tgz taz", "stream"),
    _archive("bzip2", "application/x-bzip2", "bz2 tbz2 tbz", "stream"),
    _archive("xz", "application/x-xz", "xz txz", "stream"),
    _archive("zstd", "application/zstd", "zst tzst", "stream"),
    _archive("zlib", "application/zlib", "zz", "stream"),
    _archive("cab", "application/vnd.ms-cab-compressed", "cab", "foreign"),
    _archive("iso", "application/x-iso9660-image", "iso", "foreign"),
    _archive("lha", "application/x-lzh-compressed", "lzh lha", "foreign"),
    _archive("cpio", "application/x-cpio", "cpio", "foreign"),
    _archive("ar", "application/x-archive", "", "foreign"),
    _archive("xar", "application/x-xar", "xar", "foreign"),
    _archive("lz4", "application/x-lz4", "lz4", "foreign"),
    _archive("lzma", "application/x-lzma", "lzma tlz", "foreign"),
    _archive("lzip", "application/x-lzip", "lz", "foreign"),
    _archive("compress", "application/x-compress", "z", "foreign"),
    # encrypted
    Format(name="pgp", media_types=("application/pgp-encrypted",), family=Family.LOCKED),
    Format(name="rights-protected", media_types=("application/x-microsoft-rpmsg-message",), family=Family.LOCKED),
    Format(name="encrypted-file", media_types=("application/x-encrypted-file",), family=Family.LOCKED),
    # recognised, and read by nothing
    ENCODED,
    *_unread(
        Family.PROGRAM, "application/", "x-dosexec x-elf x-mach-binary java-vm x-ms-shortcut"
    ),
    *_unread(Family.ARCHIVE, "application/",
        "x-archive-volume x-unknown-archive x-arj x-zoo x-ms-wim x-squashfs x-disk-image x-virtual-disk x-apple-diskimage x-zpaq "
        "x-lzop x-lrzip x-rzip x-kgb x-ace-compressed x-freearc x-alz x-egg x-stuffit x-bzip3 x-par2 x-ms-compress "
        "x-installshield-cab x-snappy-framed x-shar"),
    *_unread(Family.OTHER, "application/",
        "postscript x-print-job vnd.ms-htmlhelp x-ms-reader winhlp vnd.sqlite3 onenote x-msaccess vnd.ms-outlook-pst x-mail-store "
        "x-mobipocket-ebook x-sony-bbeb x-hwp x-mspublisher vnd.ms-works vnd.lotus-wordpro x-winword-2 x-macword x-appleworks "
        "x-mswrite x-sylk x-excel-4 x-powerpoint-3 vnd.lotus-1-2-3 x-quattro-pro x-indesign vnd.adobe.flash.movie vnd.wordperfect vnd.corel-draw "
        "vnd.apple.iwork x-bplist vnd.apache.parquet vnd.apache.arrow vnd.apache.avro wasm"),
    *_unread(Family.OTHER, "font/", "woff woff2"),
    *_unread(Family.IMAGE, "image/",
        "jxl vnd.adobe.photoshop vnd.dgn vnd.djvu vnd.ms-modi vnd.ms-photo vnd.radiance vnd.wap.wbmp x-exr x-jbig2 "
        "x-portable-arbitrarymap x-unknown x-xcf"),
    *_unread(Family.MEDIA, "audio/", "flac midi mp4 mpeg wav x-ms-wma"),
    *_unread(Family.MEDIA, "video/", "mp4 mpeg ogg quicktime x-flv x-matroska x-mjpeg x-mng x-ms-asf x-msvideo x-unknown"),
    *_unread(Family.MEDIA, "application/", "ogg"),
)  # fmt: skip

BY_TYPE: Final = {kind: one for one in FORMATS for kind in one.media_types}
BY_SUFFIX: Final = {suffix: one for one in FORMATS for suffix in one.suffixes}
_BY_NAME: Final = {one.name: one for one in reversed(FORMATS)}
SIGNATURE_SUFFIXES: Final = tuple(
    f".{one}" for row in FORMATS if row.family is Family.SIGNATURE for one in row.suffixes
)
"""Endings of signature files, with the dot."""
SIGNATURE_TYPES: Final = frozenset({*CMS_SIGNATURE.media_types, "application/pgp-signature"})
"""Labels of signatures that are beside what they sign."""


def by_type(media_type: str) -> Format | None:
    """Return the format of a media type, None when it is not known."""
    return BY_TYPE.get(media_type)


def by_name(name: str) -> Format | None:
    """Return the format that a reader called so, None when it is not known."""
    return _BY_NAME.get(name)


def by_filename(filename: str | None) -> Format | None:
    """Return the format that the suffix of a file name promises, None when it promises none."""
    stem, _, suffix = (filename or "").lower().rpartition(".")
    return BY_SUFFIX.get(suffix) if stem else None
