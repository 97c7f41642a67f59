"""DKIM and ARC signatures of a mail (RFC 6376, RFC 8301, RFC 8463, RFC 8617), through dkimpy.

Stricter than the library: SHA-1, keys under 1024 bits and a signed part of the body only (`l=`) never pass, and no more
signatures are verified than a mail can honestly bear.
"""

from __future__ import annotations

import logging
import re
from typing import Any

from gateway.identity.dkim_record import KeyRecord, usable_key
from gateway.identity.resolver import DnsOutage, Lookups
from gateway.model import AuthResult

_LIMIT_SIGNATURES = 5
_LIMIT_ARC_SETS = 10
_ARC_FIELD = re.compile(rb"\narc-(?:seal|message-signature|authentication-results)[ \t]*:", re.IGNORECASE)
_SILENT = logging.getLogger("gateway.identity.dkim")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False
_SILENT.setLevel(logging.CRITICAL + 1)


def verify_dkim(content: bytes, lookups: Lookups) -> list[AuthResult]:
    """Return a result for each of the first signatures, top to bottom; a single `none` when there is none."""
    import dkim

    try:
        message = dkim.DKIM(content, logger=_SILENT, minkey=1024)
    except dkim.DKIMException:
        return [AuthResult(method="dkim", result="permerror")]
    count = sum(1 for name, _ in message.headers if name.lower() == b"dkim-signature")
    if not count:
        return [AuthResult(method="dkim", result="none")]
    return [_one(message, number, lookups) for number in range(min(count, _LIMIT_SIGNATURES))]


def _one(message: Any, number: int, lookups: Lookups) -> AuthResult:
    """Verify one signature."""
    import dkim

    key = _KeySource(lookups)
    message.signature_fields, message.domain = {}, None
    try:
        good = message.verify(number, dnsfunc=key.fetch)
        result = "pass" if good else "fail"
        if not good and key.outage:
            result = "temperror"
        elif not good and key.found is None:
            result = "permerror"
    except dkim.ValidationError as error:
        result = "fail" if "body hash" in str(error) else "permerror"
    except DnsOutage:
        result = "temperror"
    except Exception:  # noqa: BLE001 - library wall: dkimpy lets ASN.1, base64 and Unicode errors of hostile keys through
        result = "permerror"
    fields = message.signature_fields
    if result == "pass" and not _is_sound(fields, key.found):
        result = "permerror"
    elif result == "pass" and (_weak(fields) or _foreign_subdomain(fields, key.found)):
        result = "policy"
    domain = message.domain
    return AuthResult(
        method="dkim", result=result, domain=domain.decode("ascii", "replace").lower() if domain else None
    )


def _is_sound(fields: dict[bytes, bytes], key: KeyRecord | None) -> bool:
    """Return whether From is signed (RFC 6376 §6.1.1) and the key is good for the hash (§6.1.2); the library asks neither."""
    signed = {name.strip().lower() for name in fields.get(b"h", b"").split(b":")}
    algorithm = fields.get(b"a", b"").decode("ascii", "replace").lower().rpartition("-")[2]
    return b"from" in signed and key is not None and (not key.hashes or algorithm in key.hashes)


def _weak(fields: dict[bytes, bytes]) -> bool:
    """Return whether a signature proves less than the whole mail, or by a broken algorithm (RFC 8301 §3.1)."""
    return fields.get(b"a", b"").lower().endswith(b"-sha1") or b"l" in fields


def _foreign_subdomain(fields: dict[bytes, bytes], key: KeyRecord | None) -> bool:
    """Return whether the key forbids sub-domains (`t=s`) and the signature speaks for one (RFC 6376 §3.6.1)."""
    identity = fields.get(b"i", b"").rpartition(b"@")[2].lower()
    forbidden = key is not None and key.forbids_subdomains
    return forbidden and bool(identity) and identity != fields.get(b"d", b"").lower()


class _KeySource:
    """Fetches keys for dkimpy and remembers whether one could be had."""

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups
        self.outage = False
        self.found: KeyRecord | None = None

    def fetch(self, name: bytes | str, timeout: float = 5) -> bytes | None:  # noqa: ARG002 - dkimpy's signature; the deadline is ours
        """Return the key record of a name, None when there is none."""
        import dkim

        text = name.decode("ascii", "replace") if isinstance(name, bytes) else name
        try:
            records = self._lookups.texts(text)
        except DnsOutage as error:
            self.outage = True
            raise dkim.DnsTimeoutError(str(error)) from None
        self.found = usable_key(records)
        return self.found.bare() if self.found is not None else None


def verify_arc(content: bytes, lookups: Lookups) -> AuthResult | None:
    """Return the state of the ARC chain, None when the mail has none."""
    import dkim

    # The header block is enough; most mails have no chain.
    end = content.find(b"\r\n\r\n")
    if not _ARC_FIELD.search(b"\n" + content[: end if end >= 0 else len(content)]):
        return None
    key = _KeySource(lookups)
    try:
        chain = dkim.ARC(content, logger=_SILENT, minkey=1024)
        if sum(1 for name, _ in chain.headers if name.lower() == b"arc-seal") > _LIMIT_ARC_SETS:
            return AuthResult(method="arc", result="policy")
        state, results, _ = chain.verify(dnsfunc=key.fetch)
    except Exception:  # noqa: BLE001 - library wall: as for DKIM
        return AuthResult(method="arc", result="temperror" if key.outage else "fail")
    result = (state or b"none").decode("ascii", "replace").lower()
    if key.outage and result != "pass":
        result = "temperror"
    domain = results[0]["ams-domain"] if results else None
    return AuthResult(method="arc", result=result, domain=domain.decode("ascii", "replace") if domain else None)
