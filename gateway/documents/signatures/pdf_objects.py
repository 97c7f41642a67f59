"""Access to pyHanko's dictionaries, and fast parsing of the long strings of signatures."""

from __future__ import annotations

import binascii
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice, pairwise
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from gateway.documents.readers.pdf.objects import OUTSIDE, OUTSIDE_KEYS, find_objects
from gateway.documents.signatures.wall import LIMIT, LibraryFault, wall

_LONGEST = 1 << 20
_MAX_NODES = 5000
_WHITE = b"\x00\t\n\x0c\r "
_REGULAR = re.compile(rb"[^\x00\t\n\x0c\r ()<>\[\]{}/%]*")
_PLAIN = re.compile(rb"[!\"$&'*-.0-;=?-Z\\^-z|~]*")
_read_digit_by_digit = generic.read_hex_string_from_stream
_read_octet_by_octet, _decode_octet_by_octet = generic.read_until_delimiter, generic._decode_name  # noqa: SLF001


def entry(dictionary: Any, key: str, default: Any = None) -> Any:
    """Return an entry resolved and decrypted, or `default`.

    pyHanko's own `.get` hands out encrypted strings undecrypted, so that only `[]` is safe in every file.
    """
    return dictionary[key] if key in dictionary else default  # noqa: SIM401


def references(holder: Any, key: str) -> list[Any]:
    """Return the references in an array of a dictionary."""
    held = entry(holder, key, ())
    found = [held.raw_get(index) for index in range(len(held))] if isinstance(held, generic.ArrayObject) else []
    return [one for one in found if isinstance(one, generic.IndirectObject)]


def pages(root: Any) -> Iterator[tuple[Any, Any]]:
    """Yield reference and dictionary of the pages below a node of the tree, in their order; LibraryFault beyond 5,000 nodes."""
    stack: list[Any] = [root]
    for _ in range(_MAX_NODES):
        if not stack:
            return
        node = stack.pop()
        kids = entry(node, "/Kids") if isinstance(node, generic.DictionaryObject) else None
        if isinstance(kids, generic.ArrayObject):
            stack.extend(reversed([kid.get_object() for kid in islice(kids, _MAX_NODES)]))
        elif getattr(node, "container_ref", None) is not None:
            yield node.container_ref, node
    raise LibraryFault(LIMIT, "pages")


def shows_outside(data: bytes, reader: PdfFileReader) -> bool:
    """Return whether the data of a stream, or a page that is shown, are in another file, which may say something else later."""
    if OUTSIDE.search(data) is None:
        return False
    found = list(find_objects(data))
    for (_, body, number, _), (end, *_) in pairwise((*found, (len(data), 0, 0, 0))):
        if OUTSIDE.search(data, body, end):
            with suppress(LibraryFault), wall("outside"):
                held = reader.get_object(generic.Reference(number, 0, reader))
                if isinstance(held, generic.StreamObject) and not OUTSIDE_KEYS.isdisjoint(held):
                    return True
    return False


def read_hex_string(stream: Any) -> Any:
    """Read a hexadecimal string (ISO 32000-2 §7.3.4.3) as pyHanko does, in one step where it is nothing but digits.

    A signature has 20,000 to 60,000 digits, and digit by digit they took two thirds of the time of a signed file.
    """
    if isinstance(stream, io.BytesIO):
        start = stream.tell() + 1
        data = stream.getvalue()  # shared, not copied
        end = data.find(b">", start, start + _LONGEST)
        digits = data[start : max(end, start)].translate(None, _WHITE)
        try:
            octets = binascii.unhexlify(digits + b"0" * (len(digits) % 2))
        except binascii.Error:
            end = -1
        if end >= 0:
            stream.seek(end + 1)
            return generic.pdf_string(octets)
    return _read_digit_by_digit(stream)


def read_until_delimiter(stream: Any) -> bytes:
    """Read up to the next white space or delimiter in one step; pyHanko reads byte by byte."""
    if not isinstance(stream, io.BytesIO):
        return bytes(_read_octet_by_octet(stream))
    data, start = stream.getvalue(), stream.tell()
    end = stream.seek(_REGULAR.match(data, start).end())  # type: ignore[union-attr]  # it matches nothing, too
    return data[start:end]


def decode_name(octets: bytes) -> Any:
    """Return a name as pyHanko does, one without escapes in one step."""
    return generic.NameObject("/" + octets.decode()) if _PLAIN.fullmatch(octets) else _decode_octet_by_octet(octets)


generic.read_hex_string_from_stream = read_hex_string
generic.read_until_delimiter = read_until_delimiter
generic._decode_name = decode_name  # noqa: SLF001 - pyHanko's own readers find it under no other name
