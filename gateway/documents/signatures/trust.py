"""Trust store: the CAs, revocation lists and roles in the administrator's folder.

    certs/*.cer *.crt *.pem *.der *.p7b *.p7c   every CA certificate is an anchor; others only help to find signers
    certs/crl/*.crl *.pem *.der                 revocation lists, newest used
    certs/manifest.yaml                         pins: what each file must be (optional)
    certs/roles.yaml                            which certificates are seals and which persons (optional)

The system's own store is never used and nothing is fetched: an empty folder trusts no signer. A store never changes after
it is loaded; a new folder state means a new store. What cannot be read, or does not fit its pin, raises ConfigError with
all faults at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path as FilePath
from typing import Any

from gateway.documents.signatures import crl
from gateway.documents.signatures.certificates import Certificate, fingerprint, is_authority, key_of, load_certificates
from gateway.documents.signatures.crl import RevocationList
from gateway.documents.signatures.holder import Role, load_roles
from gateway.documents.signatures.rows import read_rows
from gateway.documents.signatures.wall import LibraryFault
from gateway.errors import ConfigError, Fault

CERTIFICATE_SUFFIXES = frozenset({".cer", ".crt", ".pem", ".der", ".p7b", ".p7c"})
LIST_SUFFIXES = frozenset({".crl", ".pem", ".der"})
LIMIT_BYTES = 64 << 20
"""Size of a file beyond which it is not loaded."""


@dataclass(frozen=True)
class Pin:
    """One entry of the manifest: an authority known by its fingerprint."""

    sha256: str
    subject: str
    origin: str
    """Address at which its publisher offers it."""
    not_before: datetime
    not_after: datetime
    file: str = ""
    """Name in the folder, empty when the file is not carried."""
    crl: str = ""
    """Address of its revocation list."""
    note: str = ""


@dataclass(frozen=True)
class TrustStore:
    """Anchors, revocation lists and roles."""

    anchors: tuple[Certificate, ...] = ()
    others: tuple[Certificate, ...] = ()
    """Certificates of the folder that are no authorities; they anchor nothing."""
    lists: tuple[RevocationList, ...] = ()
    roles: tuple[Role, ...] = ()
    pins: tuple[Pin, ...] = ()
    digest: str = hashlib.sha256(b"").hexdigest()
    """SHA-256 over all that was loaded; recorded in the audit beside the verdict."""

    @classmethod
    def load(cls, folder: FilePath) -> TrustStore:
        """Read a folder; ConfigError when it is missing or anything in it cannot be read or does not fit its pin."""
        folder = FilePath(folder)
        if not folder.is_dir():
            raise ConfigError(
                Fault(
                    "không có thư mục này; nêu thư mục chứa chứng thư CA / no such folder; give the folder of CA certificates",
                    str(folder),
                )
            )
        faults: list[Fault] = []
        pins = load_pins(folder / "manifest.yaml") if (folder / "manifest.yaml").exists() else ()
        certificates = _read_certificates(folder, pins, faults)
        lists = _read_lists(folder / "crl", faults)
        roles: tuple[Role, ...] = ()
        if (folder / "roles.yaml").exists():
            try:
                roles = load_roles(folder / "roles.yaml")
            except ConfigError as error:
                faults.extend(error.faults)
        if faults:
            raise ConfigError(*faults)
        return cls.of(certificates, lists=lists, roles=roles, pins=pins)

    @classmethod
    def of(
        cls,
        certificates: Iterable[Certificate],
        *,
        lists: Iterable[RevocationList] = (),
        roles: tuple[Role, ...] = (),
        pins: tuple[Pin, ...] = (),
    ) -> TrustStore:
        """Make a store of given certificates and lists; duplicates are dropped, lists are checked against the anchors."""
        unique = {certificate.sha256: certificate for certificate in certificates}
        anchors = tuple(certificate for certificate in unique.values() if is_authority(certificate))
        others = tuple(certificate for certificate in unique.values() if not is_authority(certificate))
        by_name: dict[Any, list[Certificate]] = {}
        for anchor in anchors:
            by_name.setdefault(anchor.subject.hashable, []).append(anchor)
        checked_lists = tuple(_with_trusted_keys(one, by_name.get(one.issuer, ())) for one in lists)
        digest = hashlib.sha256()
        for fact in sorted([*unique, *(hashlib.sha256(one.parsed.signature).digest() for one in checked_lists)]):
            digest.update(fact)
        digest.update(repr(roles).encode())
        return cls(anchors, others, checked_lists, roles, pins, digest.hexdigest())

    def issuers_of(self, certificate: Certificate) -> Sequence[Certificate]:
        """Return the anchors whose subject is the issuer of this certificate."""
        wanted = certificate.issuer.hashable
        return [anchor for anchor in self.anchors if anchor.subject.hashable == wanted]

    def is_anchor(self, certificate: Certificate) -> bool:
        """Return whether exactly this certificate is an anchor."""
        return any(anchor.sha256 == certificate.sha256 for anchor in self.anchors)


def _with_trusted_keys(one: RevocationList, anchors: Sequence[Certificate]) -> RevocationList:
    keys = frozenset(key_of(anchor) for anchor in anchors if crl.is_signed_by(one, anchor))
    return replace(one, trusted_keys=keys)


def _read_certificates(folder: FilePath, pins: tuple[Pin, ...], faults: list[Fault]) -> list[Certificate]:
    expected = {pin.file: pin for pin in pins if pin.file}
    found: list[Certificate] = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in CERTIFICATE_SUFFIXES or not path.is_file():
            continue
        try:
            certificates = load_certificates(_read(path))
        except (LibraryFault, OSError) as error:
            faults.append(Fault(f"no certificate in DER, PEM or PKCS #7 ({error}); remove or replace it", str(path)))
            continue
        if not certificates:
            faults.append(Fault("holds no certificate; remove or replace it", str(path)))
        pin = expected.get(path.name)
        strange = [one for one in map(fingerprint, certificates) if pin is not None and one != pin.sha256]
        if strange:
            faults.append(Fault(f"is not the certificate pinned in manifest.yaml: SHA-256 {strange[0]}", str(path)))
        found.extend(certificates)
    return found


def _read_lists(folder: FilePath, faults: list[Fault]) -> list[RevocationList]:
    if not folder.is_dir():
        return []
    found: list[RevocationList] = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in LIST_SUFFIXES or not path.is_file():
            continue
        try:
            found.append(crl.load_list(_read(path), embedded=False))
        except (LibraryFault, OSError) as error:
            faults.append(Fault(f"no revocation list in DER or PEM ({error}); fetch it again", str(path)))
    return found


def _read(path: FilePath) -> bytes:
    if path.stat().st_size > LIMIT_BYTES:
        raise LibraryFault("size", f"over {LIMIT_BYTES >> 20} MiB")
    return path.read_bytes()


def load_pins(path: FilePath) -> tuple[Pin, ...]:
    """Read the `authorities:` of a manifest; ConfigError when the file is not one."""
    return read_rows(path, "authorities", Pin, _pin)


def _pin(row: dict[str, str]) -> Pin:
    values: dict[str, Any] = dict(row)
    for name in ("not_before", "not_after"):
        values[name] = datetime.fromisoformat(row[name])
    return Pin(**values)
