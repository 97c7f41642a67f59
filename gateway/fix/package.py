"""ZIP packages mended part by part: what is refused before anything is read, splices of bytes, and the package written back.

Parts that need no change keep their bytes, names, order and times; only their compression is done anew.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from typing import Final

from gateway.fix.tally import RefusedError

Edit = tuple[int, int, bytes]
"""Start, end and new content of a span of bytes; edits never overlap."""

_SIGNED: Final = re.compile(r"_xmlsignatures/|.*\.sigs$|META-INF/.*signatures.*\.xml$", re.IGNORECASE)
_SIGNED_MACRO: Final = re.compile(r"(?:word|xl|ppt)/vbaProjectSignature\w*\.bin$", re.IGNORECASE)
_THEME_FONT: Final = re.compile(
    rb"<(?:\w+:)?(?P<which>major|minor)Font\b[^>]*>\s*<(?:\w+:)?latin\b[^>]*?\btypeface=\"(?P<name>[^\"]*)\""
)
_LIMIT_BYTES: Final = 256 << 20
_LIMIT_FILES: Final = 5000


def check(package: zipfile.ZipFile) -> None:
    """Raise `RefusedError` for a package that is signed, encrypted, too large or has two parts of one name."""
    entries = package.infolist()
    names = [entry.filename for entry in entries]
    if any(_SIGNED.match(name) for name in names):
        raise RefusedError("signed")
    if any(entry.flag_bits & 1 for entry in entries):
        raise RefusedError("encrypted")
    if "META-INF/manifest.xml" in names and b":encryption-data" in package.read("META-INF/manifest.xml"):
        raise RefusedError("encrypted")
    if any(_SIGNED_MACRO.match(name) for name in names):
        raise RefusedError("macro")
    if (
        len(entries) > _LIMIT_FILES
        or len(set(names)) != len(names)
        or sum(entry.file_size for entry in entries) > _LIMIT_BYTES
    ):
        raise RefusedError("damaged", "zip")


def rewritten(package: zipfile.ZipFile, parts: Mapping[str, bytes]) -> bytes:
    """Return the package with the content of some parts replaced."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as written:
        for entry in package.infolist():
            content = parts.get(entry.filename)
            written.writestr(entry, package.read(entry) if content is None else content)
    return target.getvalue()


def spliced(data: bytes, edits: Iterable[Edit]) -> bytes:
    """Return the bytes with every edit put in."""
    pieces: list[bytes] = []
    last = 0
    for start, end, content in sorted(edits, key=lambda edit: (edit[0], edit[1])):
        pieces += (data[last:start], content)
        last = end
    return b"".join((*pieces, data[last:]))


def theme_fonts(theme: bytes) -> dict[str, str]:
    """Return the Latin fonts `major` and `minor` of the theme of an Office document."""
    return {found["which"].decode(): found["name"].decode("utf-8", "replace") for found in _THEME_FONT.finditer(theme)}
