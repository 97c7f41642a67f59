"""Signatures in the old binary Office formats (MS-OFFCRYPTO §2.5.1, §2.5.2): found and reported, not verified.

The older form, `_signatures`, hashes by MD5 alone (§2.5.1.5) and could never count. The newer one, `_xmlsignatures`, digests
streams by rules that differ for each format and leave records out (in .xls the record WriteAccess, MS-XLS §2.1.7.16), so that
what a reader shows is not what was signed (USENIX Security 2023, LWA); nor is there a second verifier or a published sample
to hold one of ours against. Its integrity stays unknown: "signed in a format that cannot be verified".
"""

from __future__ import annotations

import io

import olefile

from gateway.documents.signatures.report import Subject, malformed, unreadable
from gateway.documents.signatures.wall import LibraryFault, wall
from gateway.model import Integrity, Signature

_STORAGES = frozenset({"_signatures", "_xmlsignatures"})


def verify_ole(data: bytes, subject: Subject) -> tuple[Signature, ...]:
    """Return one report for each signature storage or stream of a compound file; empty when there is none."""
    lower = data.lower() if len(data) < (64 << 20) else data
    if "_signatures".encode("utf-16-le") not in lower and "_xmlsignatures".encode("utf-16-le") not in lower:
        return ()
    try:
        with wall("ole"), io.BytesIO(data) as stream, olefile.OleFileIO(stream) as compound:
            names = ["/".join(path) for path in compound.listdir() if path and path[0].lower() in _STORAGES]
    except LibraryFault as fault:
        return (malformed(subject, fault=fault),)
    return tuple(
        unreadable(subject, field_name=name, problem="old-office-format", integrity=Integrity.UNKNOWN)
        for name in names[:32]
    )
