"""Digital signatures in documents: every signature verified and reported on separate axes (ETSI EN 319 102-1).

`verify` is the one entrance for files; `detached.verify_detached` and `smime.verify_smime` serve signatures that stand
beside a file or around a mail. Everything here runs in the child process.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from gateway.model import Integrity, Signature
from gateway.signatures.trust import TrustStore

if TYPE_CHECKING:
    from gateway.signatures.report import Subject

_OFFICE = ("application/vnd.openxmlformats-officedocument.", "application/vnd.ms-excel.sheet.binary.")
_OPEN = "application/vnd.oasis.opendocument."
_ASIC = "application/vnd.etsi.asic-"
_OLE = frozenset(
    {"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/x-ole-storage"}
)
_CMS = frozenset({"application/pkcs7-mime", "application/pkcs7-signature"})
_ZIP = "application/zip"


def verify(
    data: bytes,
    *,
    part: str,
    filename: str | None,
    detected_type: str | None,
    trust: TrustStore,
    now: datetime,
) -> tuple[Signature, ...]:
    """Return the reports on all signatures that a file carries itself; empty when it is unsigned.

    Never raises on hostile input. `now` is aware; it decides validity where no trusted timestamp does.
    """
    from gateway.signatures.report import Subject, unreadable
    from gateway.signatures.wall import LibraryFault, wall

    subject = Subject(part=part, filename=filename, container=_container(detected_type), trust=trust, now=now)
    try:
        with wall("signatures"):
            return _dispatch(data, subject, detected_type or "")
    except LibraryFault:
        return (unreadable(subject, problem="malformed", integrity=Integrity.BROKEN),)


def _container(detected_type: str | None) -> str:
    kind = detected_type or ""
    if kind.startswith(_OFFICE):
        return "ooxml"
    if kind.startswith(_OPEN):
        return "odf"
    if kind.startswith(_ASIC):
        return kind.removeprefix("application/vnd.etsi.").removesuffix("+zip")
    if kind in _OLE:
        return "ole"
    return "cms" if kind in _CMS else "pdf" if kind == "application/pdf" else "asic-e"


def _dispatch(data: bytes, subject: Subject, kind: str) -> tuple[Signature, ...]:
    if kind == "application/pdf":
        from gateway.signatures.pdf import verify_pdf

        return verify_pdf(data, subject)
    if kind.startswith(_OFFICE):
        from gateway.signatures.ooxml import verify_ooxml

        return verify_ooxml(data, subject)
    if kind.startswith(_OPEN):
        from gateway.signatures.odf import verify_odf

        return verify_odf(data, subject)
    if kind.startswith(_ASIC) or kind == _ZIP:
        from gateway.signatures.asic import verify_asic

        return verify_asic(data, subject)
    if kind in _OLE:
        from gateway.signatures.ole import verify_ole

        return verify_ole(data, subject)
    if kind in _CMS:
        from gateway.signatures.detached import verify_attached

        return verify_attached(data, subject)
    return ()


def warm_up() -> None:
    """Import every verifier and run the libraries once, before a sandbox closes the file system.

    A signature is made and verified with a key of the moment, so that lazily loaded code is loaded; nothing is kept.
    """
    from gateway.signatures.warm import warm_up as run

    run()
