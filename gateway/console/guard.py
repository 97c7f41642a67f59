"""Checks before every handler: host, origin, size, rate; and the header fields of every response."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

from gateway.console.settings import ConsoleSettings
from gateway.system.levels import network_of

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
FOR_FILES: Final = frozenset({"X-Content-Type-Options", "Cross-Origin-Resource-Policy", "Strict-Transport-Security"})
"""Header fields of static files."""
_HSTS: Final = "max-age=31536000"
_BURST_S: Final = 3.0
_MOST_RATES: Final = 10_000


class TooLarge(Exception):  # noqa: N818
    """The body exceeds the limit of its route."""


def headers(settings: ConsoleSettings) -> dict[str, str]:
    """Return the header fields of every response."""
    return _HEADERS | ({"Strict-Transport-Security": _HSTS} if settings.tls else {})


def host_is_ours(request: Request, settings: ConsoleSettings) -> bool:
    """Return whether Host is one of our names."""
    fields = request.headers.getlist("host")
    if len(fields) != 1:
        return False
    try:
        name = urlsplit(f"//{fields[0]}").hostname
    except ValueError:
        return False
    return name is not None and name in settings.names


def same_origin(request: Request, settings: ConsoleSettings) -> bool:
    """Return whether a form comes from our own page, by the browser's header fields; False without them."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None and site != "same-origin":
        return False
    if origin not in (None, "null"):  # pages with Referrer-Policy no-referrer send null
        scheme, _, host = origin.partition("://")
        # Without TLS of our own it may end at a proxy, whose scheme browsers name.
        return host == request.headers.get("host") and scheme in ("https", *(() if settings.tls else ("http",)))
    return site is not None


def from_elsewhere(request: Request) -> bool:
    """Return whether a request, no reload, comes by a foreign link: browsers then omit the session cookie."""
    fields = request.headers
    return fields.get("sec-fetch-site") in ("cross-site", "same-site") and fields.get("sec-fetch-mode") == "navigate"


async def body(request: Request, most: int) -> AsyncIterator[bytes]:
    """Yield the body; TooLarge as soon as it is known to exceed `most` bytes."""
    declared = request.headers.get("content-length", "0")
    if not (declared.isascii() and declared.isdigit()) or int(declared) > most:
        raise TooLarge
    async for part in counted(request.stream(), most):
        yield part


async def counted(stream: AsyncIterator[bytes], most: int) -> AsyncIterator[bytes]:
    """Yield a stream; TooLarge once it exceeds `most` bytes."""
    size = 0
    async for part in stream:
        size += len(part)
        if size > most:
            raise TooLarge
        yield part


async def drained(stream: AsyncIterator[bytes], most: int) -> None:
    """Discard the rest of a body, up to `most` bytes: a browser reads no response while it sends."""
    size = 0
    async for part in stream:
        size += len(part)
        if size > most:
            return


class Rates:
    """Rate limiter by session or client address."""

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._buckets: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def admit(self, who: str) -> bool:
        """Count a request; False beyond the rate limit."""
        key = hashlib.blake2b(network_of(who).encode("utf-8", "surrogateescape"), digest_size=16).digest()
        now = time.monotonic()
        full = self._per_s * _BURST_S
        level, then = self._buckets.pop(key, (full, now))
        level = min(full, level + (now - then) * self._per_s)
        admitted = level >= 1
        self._buckets[key] = (level - 1 if admitted else level, now)
        while len(self._buckets) > _MOST_RATES:
            self._buckets.popitem(last=False)
        return admitted
