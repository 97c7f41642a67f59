"""Bytes to a message with its part tree, its ambiguities, its decoded bodies and its addresses (RFC 5322, RFC 2045).

    message = parse(content)                    # never raises, bounded, copies no body
    body = decode_body(content, part)           # a leaf's bytes, their defects, other readings
    files = find_inline_encodings(body.data)    # uuencode, base64, hexadecimal and the like inside text
    reading = addresses.parse_from_field(message.first("from").value)

Content is what SMTP carries: CRLF line ends, dot-stuffing undone (`wire_form` makes it of a file with LF line ends).
"""

from gateway.mime import addresses
from gateway.mime.charsets import decode as decode_charset
from gateway.mime.inline import InlineFile, find_inline_encodings
from gateway.mime.limits import Limits
from gateway.mime.parser import parse, wire_form
from gateway.mime.transfer import DecodedBody, decode, decode_body, decoded_slices
from gateway.mime.words import header_text

__all__ = [
    "DecodedBody", "InlineFile", "Limits", "addresses", "decode", "decode_body", "decode_charset", "decoded_slices",
    "find_inline_encodings", "header_text", "parse", "wire_form",
]  # fmt: skip
