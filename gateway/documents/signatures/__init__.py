"""Digital signatures in documents: every signature verified and reported on separate axes (ETSI EN 319 102-1).

`verify` is the one entry point for files; `detached.verify_detached` and `smime.verify_smime` verify signatures beside a
file or around a mail. Everything here runs in the child process.
"""

from __future__ import annotations

from datetime import datetime
from importlib import import_module
from typing import Final

from gateway.documents.signatures.trust import TrustStore
from gateway.model import Signature
from gateway.model.formats import ZIP, Container, Format, by_type

_VERIFIERS: Final = {
    "pdf": ("pdf", "verify_pdf"),
    "ooxml": ("ooxml", "verify_ooxml"),
    "odf": ("odf", "verify_odf"),
    "asic": ("asic", "verify_asic"),
    "ole": ("ole", "verify_ole"),
    "detached": ("detached", "verify_attached"),
    "enveloped": ("enveloped", "verify_enveloped"),
}
"""Module and function by `Format.verifier`."""


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
    from gateway.documents.signatures.report import Subject, malformed
    from gateway.documents.signatures.wall import LibraryFault, wall

    row = by_type(detected_type or "")
    if row is None or row.verifier is None:
        return ()
    subject = Subject(part=part, filename=filename, container=_container(row), trust=trust, now=now)
    module, name = _VERIFIERS[row.verifier]
    try:
        with wall("signatures"):
            return tuple(getattr(import_module(f"{__name__}.{module}"), name)(data, subject))
    except LibraryFault as fault:
        return (malformed(subject, fault=fault),)


def _container(row: Format) -> str:
    """Return the name of what holds the signatures, as reports have it."""
    if row is ZIP:
        return "asic-e"
    if row.container in {Container.ASIC, Container.NONE}:
        return row.name
    return "ooxml" if row.container is Container.OPC else row.container.value
