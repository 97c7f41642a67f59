"""Chooses the fixer of a file by its content, not by its name."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from gateway.documents.readers.base import ReadError
from gateway.documents.readers.containers.zip import Zip
from gateway.documents.readers.sniff import sniff
from gateway.fix.docx import fix_docx
from gateway.fix.drawings import fix_drawings
from gateway.fix.opendocument import fix_open_document
from gateway.fix.package import opened, rewritten
from gateway.fix.plain import fix_plain
from gateway.fix.pptx import fix_pptx
from gateway.fix.rtf import fix_rtf
from gateway.fix.tally import RefusedError, Tally
from gateway.fix.xlsx import fix_xlsx
from gateway.model.formats import TEXT, by_type

_LIMIT_BYTES: Final = 64 << 20
_ODF: Final = "application/vnd.oasis.opendocument."
_ODF_KINDS: Final = frozenset({"text", "spreadsheet", "presentation", "graphics"})
_EMBEDDED: Final = re.compile(r"(?:word|xl|ppt)/embeddings/[^/]+\.(?:docx|xlsx|pptx)$", re.IGNORECASE)
_LIMIT_DEPTH: Final = 2
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STREAMS: Final = (
    ("EncryptedPackage", "encrypted"),
    ("_xmlsignatures", "signed"),
    ("_signatures", "signed"),
    ("WordDocument", "word97"),
    ("Workbook", "sheet"),
    ("PowerPoint Document", "slides"),
)
"""Names in compound files with what they mean for a fixer: a cause of `[refused]`."""


class Fixed(NamedTuple):
    """A fixed file."""

    data: bytes
    """The input itself when nothing had to be changed."""
    tally: Tally


def fix(data: bytes) -> Fixed:
    """Return the file fixed; raise `RefusedError` when it must not or cannot be changed."""
    if len(data) > _LIMIT_BYTES:
        raise RefusedError("too_large")
    if data.startswith(b"PK"):
        return Fixed(*_package(data))
    if data.startswith(b"{\\rtf"):
        return Fixed(*fix_rtf(data))
    if data.startswith(_OLE):
        found = next((cause for name, cause in _STREAMS if name.encode("utf-16-le") in data), "unsupported")
        raise RefusedError(found)
    if data.startswith(b"%PDF-"):
        raise RefusedError("pdf")
    row = by_type(sniff(data).primary) if data else TEXT
    if row is None or row.fixer != TEXT.fixer:
        raise RefusedError("unsupported")
    return Fixed(*fix_plain(data))


def _package(data: bytes, depth: int = 0) -> tuple[bytes, Tally]:
    """Fix a ZIP package by what it holds; `RefusedError` when it is signed, encrypted, damaged or of another kind."""
    package = opened(data)
    names = list(package.entries)
    try:
        if "word/document.xml" in names:
            parts, tally = fix_docx(package, names)
            parts |= fix_drawings(package, names, tally)
        elif "xl/workbook.xml" in names:
            parts, tally = fix_xlsx(package, names)
            parts |= fix_drawings(package, names, tally)
        elif "ppt/presentation.xml" in names:
            parts, tally = fix_pptx(package, names)
        else:
            parts, tally = _open_document(package, names)
        for name in filter(_EMBEDDED.match, names if depth < _LIMIT_DEPTH else ()):
            _embedded(package, name, parts, tally, depth)
        return (rewritten(data, parts), tally) if tally.changed else (data, tally)
    except ReadError as error:
        raise RefusedError.unread(error, "zip") from None
    except UnicodeError:
        raise RefusedError("damaged", "zip") from None


def _embedded(package: Zip, name: str, parts: dict[str, bytes], tally: Tally, depth: int) -> None:
    """Fix a document inside another, such as the workbook of a chart; what cannot be fixed stays as it is."""
    try:
        inner, found = _package(package.read(name), depth + 1)
    except RefusedError:
        return
    if found.changed:
        parts[name] = inner
        tally.add(found)


def _open_document(package: Zip, names: list[str]) -> tuple[dict[str, bytes], Tally]:
    mimetype = package.read("mimetype")[:100].decode("ascii", "replace") if "mimetype" in names else ""
    kind = mimetype.removeprefix(_ODF).partition("-")[0].strip()
    if "content.xml" in names and mimetype.startswith(_ODF) and kind in _ODF_KINDS:
        return fix_open_document(package, names, computes=kind == "spreadsheet")
    if "xl/workbook.bin" in names:
        raise RefusedError("sheet")
    raise RefusedError("unsupported")
