"""Digital signatures in documents: every signature verified and reported on separate axes (ETSI EN 319 102-1).

`verify` is the one entrance for files; `detached.verify_detached` and `smime.verify_smime` serve signatures that stand
beside a file or around a mail. Everything here runs in the child process.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from gateway.documents.signatures.trust import TrustStore
from gateway.model import Integrity, Signature
from gateway.model.formats import ZIP, Container, Format, by_type

if TYPE_CHECKING:
    from gateway.documents.signatures.report import Subject


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
    from gateway.documents.signatures.report import Subject, unreadable
    from gateway.documents.signatures.wall import LibraryFault, wall

    row = by_type(detected_type or "")
    subject = Subject(part=part, filename=filename, container=_container(row), trust=trust, now=now)
    try:
        with wall("signatures"):
            return _dispatch(data, subject, row)
    except LibraryFault:
        return (unreadable(subject, problem="malformed", integrity=Integrity.BROKEN),)


def _container(row: Format | None) -> str:
    """Return the name of what holds the signatures, as reports have it."""
    if row is None or row.verifier is None or row is ZIP:
        return "asic-e"
    return (
        row.name
        if row.container is Container.ASIC
        else row.container.value
        if row.container is not Container.OPC
        else "ooxml"
    )


def _dispatch(data: bytes, subject: Subject, row: Format | None) -> tuple[Signature, ...]:
    match row.verifier if row is not None else None:
        case "pdf":
            from gateway.documents.signatures.pdf import verify_pdf

            return verify_pdf(data, subject)
        case "ooxml":
            from gateway.documents.signatures.ooxml import verify_ooxml

            return verify_ooxml(data, subject)
        case "odf":
            from gateway.documents.signatures.odf import verify_odf

            return verify_odf(data, subject)
        case "asic":
            from gateway.documents.signatures.asic import verify_asic

            return verify_asic(data, subject)
        case "ole":
            from gateway.documents.signatures.ole import verify_ole

            return verify_ole(data, subject)
        case "detached":
            from gateway.documents.signatures.detached import verify_attached

            return verify_attached(data, subject)
        case _:
            return ()


def warm_up() -> None:
    """Import every verifier and run the libraries once, before a sandbox closes the file system.

    A signature is made and verified with a key of the moment, so that lazily loaded code is loaded; nothing is kept.
    """
    from gateway.documents.signatures.warm import warm_up as run

    run()
