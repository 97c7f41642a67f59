"""Revocation lists in the folder of trust anchors: issue and next update."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

_LOG = logging.getLogger("gateway.system.revocation_lists")


@dataclass(frozen=True)
class RevocationDays:
    """Times of this and the next update of a revocation list, in seconds since 1970."""

    issuer: str
    """Name of the authority (RFC 4514)."""
    made: float
    due: float | None
    """None when the list does not say."""


class RevocationLists:
    """Reads the lists under a folder of trust anchors; each again only when its file has changed."""

    def __init__(self, certs: Path | None) -> None:
        self._lists = certs / "crl" if certs is not None else None
        self._known: dict[Path, tuple[int, RevocationDays]] = {}

    def newest(self) -> tuple[RevocationDays, ...]:
        """Return the days of the newest list of each authority, of those that can be read."""
        files = sorted(self._lists.glob("*.crl")) if self._lists is not None else []
        found = sorted((days for file in files if (days := self._days(file)) is not None), key=lambda one: one.made)
        return tuple({one.issuer: one for one in found}.values())

    def _days(self, file: Path) -> RevocationDays | None:
        try:
            changed = file.stat().st_mtime_ns
            known = self._known.get(file)
            if known is None or known[0] != changed:
                one = x509.load_der_x509_crl(file.read_bytes())
                due = one.next_update_utc
                days = RevocationDays(
                    one.issuer.rfc4514_string(), one.last_update_utc.timestamp(), due.timestamp() if due else None
                )
                known = self._known[file] = (changed, days)
        except (OSError, ValueError) as error:
            _LOG.warning("%s: %s", file, error)
            return None
        return known[1]
