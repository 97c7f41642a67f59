"""References of a page to files beside it: `cid:` (RFC 2392), Content-Location (RFC 2557), names in a mail or archive."""

from __future__ import annotations

import posixpath
import re
import urllib.parse
from collections.abc import Iterable, Iterator

from gateway.model import Part

_ABOVE = re.compile(r"^(?:\.\./)+")
"""A way above the root, which there is none."""


def addresses_of(part: Part) -> tuple[str, ...]:
    """Return the addresses by which pages of its mail may name a part."""
    named = {field.name.lower(): field.text.strip() for field in part.header}
    found = (part.filename, named.get("content-id", "").strip("<>"), named.get("content-location", ""))
    return tuple(address_of(address) for address in found if address)


def address_of(address: str) -> str:
    """Return an address as it is compared, a `cid:` as the Content-ID that it names."""
    address = urllib.parse.unquote(address[:2000].strip())
    return address[4:] if address[:4].lower() == "cid:" else address


def joined(base: str, address: str) -> str:
    """Return an address as seen from another; as seen from a relative path it is one, too."""
    address = address[:2000].strip()
    if ":" not in base + address:
        return posixpath.normpath(posixpath.join(posixpath.dirname(base), address))
    try:
        return urllib.parse.urljoin(base, address)
    except ValueError:  # an IPv6 address that is none
        return address


def meant(address: str, page: Iterable[str]) -> Iterator[str]:
    """Yield what an address in a page, with or without its query, may name: as written, and as seen from each of the page's."""
    whole = address[:2000].strip()
    for one in dict.fromkeys((whole, re.split("[?#]", whole)[0])):
        yield address_of(one)
        for own in page:
            yield _ABOVE.sub("", address_of(joined(own, one)))
