"""CMS files to their content (RFC 5652, RFC 8551): signed content is a member, encrypted content stays encrypted.

Whether a signature is good is the business of `gateway.documents.signatures`; here it only matters that nothing inside goes unread.
"""

from __future__ import annotations

import base64
import re
from typing import Any, Final

from gateway.documents.readers.base import Budget, Member, ReadError, Reading, Source
from gateway.documents.readers.containers import FILLING, Contents
from gateway.documents.readers.containers.zip_streams import Zlib, collect, pieces
from gateway.model import ReadStatus
from gateway.model.formats import SIGNATURE_SUFFIXES

_PEM: Final = re.compile(rb"-----BEGIN [^-\r\n]{1,60}-----([A-Za-z0-9+/=\s]{1,67108864})-----END[^\r\n]*")
_SEQUENCE: Final = b"\x30"
_SEALED: Final = frozenset(
    {"enveloped_data", "signed_and_enveloped_data", "encrypted_data", "authenticated_enveloped_data"}
)


def read(source: Source, budget: Budget) -> Reading:
    """Return the encapsulated content as a member; nothing for a detached signature or a bag of certificates."""
    contents = Contents(source, "cms", budget)
    with contents.filling():
        kind, content, rest = _content(source.data)
        if rest.strip(FILLING):
            contents.fault(ReadStatus.MALFORMED, "trailing-data")
        if kind in _SEALED:
            contents.fault(ReadStatus.ENCRYPTED, "smime")
        elif kind == "compressed_data":
            content = collect(pieces(Zlib(15), content or b""), len(content or b""), budget)
        elif kind not in ("signed_data", "digested_data", "timestamped_data", "data"):
            contents.fault(ReadStatus.UNSUPPORTED, "cms-content-type")
        if content:
            budget.take_bytes(len(content))
            contents.add(Member(name=_inner_name(source), data=content, relation="signed"))
    return contents.reading()


def unarmoured(data: bytes) -> tuple[bytes, bytes]:
    """Return the bytes of a file in DER, BER or PEM, whatever its label, and what is around them in text form."""
    match = _PEM.search(data) if data[:1] != _SEQUENCE else None
    if match is None:
        return data, b""
    return base64.b64decode(b"".join(match[1].split())), data[: match.start()] + data[match.end() :]


def _content(data: bytes) -> tuple[str, bytes | None, bytes]:
    """Return the content type, the encapsulated bytes and those around a CMS file; MALFORMED when it is none."""
    from asn1crypto import cms, parser

    try:
        data, around = unarmoured(data)
        info = cms.ContentInfo.load(data)
        kind = str(info["content_type"].native)
        return kind, _inner(info["content"], kind), around + data[parser.peek(data) :]
    except MemoryError:
        raise
    except Exception as error:
        # Library wall: asn1crypto raises value, type, index and overflow errors while it lazily parses hostile BER.
        raise ReadError(ReadStatus.MALFORMED, "cms") from error


def _inner(content: Any, kind: str) -> bytes | None:
    match kind:
        case "signed_data" | "digested_data" | "compressed_data":
            if content["encap_content_info"]["content_type"].native == "tst_info":
                return None  # a timestamp token (RFC 3161) holds a digest and a time
            value = content["encap_content_info"]["content"]
            octets = value.native if value is not None else None
            return (
                bytes(octets) if isinstance(octets, bytes) else None if octets is None else bytes(value.parsed.contents)
            )
        case "timestamped_data" | "data":
            native = content["content"].native if kind == "timestamped_data" else content.native
            return bytes(native) if native is not None else None
        case _:
            return None


def _inner_name(source: Source) -> str:
    """Return the name without the signature's suffix; an S/MIME body is a MIME entity."""
    name = source.filename or ""
    for suffix in SIGNATURE_SUFFIXES:
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            inner = name[: -len(suffix)]
            return inner if inner.lower() != "smime" else "smime.eml"
    return "content"
