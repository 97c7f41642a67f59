"""The days of a listener's certificate: whether it is over, about to be, or not yet begun."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from gateway.texts.catalogue import both

_SOON_DAYS = 30


class Days(Enum):
    """State of a certificate in its period of validity; the value is the key of its words in `start.toml`."""

    GOOD = "good"
    EXPIRES = "expires"
    """In less than a month."""
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    """It begins later: it came too early, or this machine's clock is wrong."""


def certificate_days(path: Path, now: datetime | None = None) -> tuple[Days, str]:
    """Return the expiry state of the first certificate of a PEM file, and the words for it (empty when good)."""
    found, fields = certificate_state(path, now)
    return found, both("start", "doctor", found.value, **fields) if found is not Days.GOOD else ""


def certificate_state(path: Path, now: datetime | None = None) -> tuple[Days, dict[str, object]]:
    """Return the expiry state of the first certificate of a PEM file, and what its words in `start.toml` name."""
    begins, ends = _time(path)
    now = now or datetime.now(UTC)
    if now < begins:
        found, days = Days.NOT_YET, (begins - now).days
    elif now > ends:
        found, days = Days.EXPIRED, (now - ends).days
    else:
        days = (ends - now).days
        found = Days.EXPIRES if days < _SOON_DAYS else Days.GOOD
    begin, moment = f"{begins:%Y-%m-%d %H:%M}", f"{now:%Y-%m-%d %H:%M}"
    return found, {"path": path, "days": days, "begins": begin, "now": moment}


def certificate_ends(path: Path) -> datetime:
    """Return when the first certificate of a PEM file ends; OSError or ValueError when there is none to read."""
    return _time(path)[1]


def _time(path: Path) -> tuple[datetime, datetime]:
    from cryptography import x509  # only who has a certificate waits for it

    certificate = x509.load_pem_x509_certificates(path.read_bytes())[0]
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc
