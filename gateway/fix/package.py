"""ZIP packages fixed part by part: refusals before reading, and writing the package.

Parts that need no change keep their bytes, names, order and times, and so does the package's comment; they are only compressed again.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from typing import Final

from gateway.documents.readers.base import Budget, ReadError
from gateway.documents.readers.containers.zip import Zip
from gateway.fix.tally import RefusedError

_SIGNED: Final = re.compile(r"_xmlsignatures/|.*\.sigs$|META-INF/.*signatures.*\.xml$", re.IGNORECASE)
_SIGNATURE_TYPE: Final = b"digital-signature-xmlsignature+xml"
"""Of parts that may stand anywhere, such as `package/services/digital-signature` of .NET."""
_SIGNED_MACRO: Final = re.compile(r"(?:word|xl|ppt)/vbaProjectSignature\w*\.bin$", re.IGNORECASE)
_MANIFEST: Final = "META-INF/manifest.xml"
_LIMIT_BYTES: Final = 256 << 20
_LIMIT_FILES: Final = 5000


def opened(data: bytes) -> Zip:
    """Return a package, or raise `RefusedError`: signed, encrypted, damaged, too large, or not one list of members to all."""
    try:
        package = Zip(data, Budget(limit_bytes=_LIMIT_BYTES))
        manifest, types = (
            package.read(name) if name in package.entries else b"" for name in (_MANIFEST, "[Content_Types].xml")
        )
    except ReadError as error:
        raise RefusedError.unread(error, "zip") from None
    if _SIGNATURE_TYPE in types.replace(b"\0", b"") or any(_SIGNED.match(name) for name in package.entries):
        raise RefusedError("signed")
    if b":encryption-data" in manifest:
        raise RefusedError("encrypted")
    if any(_SIGNED_MACRO.match(name) for name in package.entries):
        raise RefusedError("macro")
    if package.problems:
        raise RefusedError("damaged", "zip")
    if sum(entry.size for entry in package.entries.values()) > _LIMIT_BYTES or len(package.entries) > _LIMIT_FILES:
        raise RefusedError("too_large")
    return package


def rewritten(data: bytes, parts: Mapping[str, bytes]) -> bytes:
    """Return a package with the content of some parts replaced; `ReadError` when another one is damaged."""
    # A copied part may be an empty picture of any size: `opened` has checked the total against the limit.
    target, members = io.BytesIO(), Zip(data, Budget(limit_bytes=_LIMIT_BYTES, limit_ratio=_LIMIT_BYTES))
    names = {entry.offset: name for name, entry in members.entries.items()}
    with zipfile.ZipFile(io.BytesIO(data)) as package, zipfile.ZipFile(target, "w") as written:
        written.comment = package.comment
        for entry in package.infolist():
            name = names.get(entry.header_offset, "")  # none of a folder
            content = parts.get(name, b"") if name in parts or not name else members.read(name)
            written.writestr(entry, content)
    return target.getvalue()
