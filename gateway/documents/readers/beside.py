"""References of a page to other parts of its mail or book: `cid:` (RFC 2392), Content-Location (RFC 2557), paths in an EPUB."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterable, Iterator
from contextlib import suppress

from gateway.model import Part


def addresses_of(part: Part) -> tuple[str, ...]:
    """Return the addresses by which pages of its mail may name a part."""
    named = {field.name.lower(): field.text.strip() for field in part.header}
    found = (named.get("content-id", "").strip("<>"), named.get("content-location", ""))
    return tuple(address_of(address) for address in found if address)


def address_of(address: str) -> str:
    """Return an address as it is compared, a `cid:` as the Content-ID that it names."""
    address = urllib.parse.unquote(address[:2000].strip())
    return address[4:] if address[:4].lower() == "cid:" else address


def meant(address: str, page: Iterable[str]) -> Iterator[str]:
    """Yield what an address in a page may name: what is written, and that as seen from each address of the page."""
    yield address_of(address)
    for own in page:
        with suppress(ValueError):  # an IPv6 address that is none
            yield address_of(urllib.parse.urljoin(own, address[:2000].strip()))
