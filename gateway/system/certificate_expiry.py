"""Certificate expiry of listeners."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path


def certificate_ends(path: Path) -> datetime:
    """Return when the first certificate of a PEM file ends; OSError or ValueError when there is none to read."""
    return validity(path)[1]


def validity(path: Path) -> tuple[datetime, datetime]:
    """Return when the first certificate of a PEM file begins and ends; OSError or ValueError as `certificate_ends`."""
    from cryptography import x509  # only who has a certificate waits for it

    certificate = x509.load_pem_x509_certificates(path.read_bytes())[0]
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc
