"""Whole files in an address: `data:` (RFC 2397), in HTML, CSS, SVG and any other XML."""

from __future__ import annotations

import base64
import binascii
import re
import urllib.parse
from typing import Final

from gateway.documents.readers.base import Member

_ADDRESS: Final = re.compile(r"^\s*data:([^,;]{0,100})((?:;[^,;]{0,100}){0,5}),", re.IGNORECASE)
IN_TEXT: Final = re.compile(r"data:[^,\"'\s)<>]{0,200},[^\"'\s)<>]*", re.IGNORECASE)
"""An address within other text; one that holds quotes or blanks of its own ends there."""
_NO_DIGITS: Final = re.compile(r"[^A-Za-z0-9+/_-]")


def is_data_address(value: str) -> bool:
    """Return whether an address is one that holds its file."""
    return _ADDRESS.match(value) is not None


def member_of(value: str, number: int) -> Member | None:
    """Return the file of a `data:` address, None when its base64 is damaged."""
    match = _ADDRESS.match(value)
    if match is None:
        return None
    body = value[match.end() :]
    if "base64" in match[2].lower():
        digits = _NO_DIGITS.sub("", urllib.parse.unquote(body)).replace("-", "+").replace("_", "/")
        try:
            data = base64.b64decode(digits + "=" * (-len(digits) % 4))
        except (binascii.Error, ValueError):
            return None
    else:
        data = urllib.parse.unquote_to_bytes(body)
    declared = match[1].strip().lower()
    relation = "image" if declared.startswith("image/") else "embedded"
    return Member(name=f"data-{number}", data=data, relation=relation, declared_type=declared, locator=f"data:{number}")
