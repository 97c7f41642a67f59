"""Small messages for tests."""

import base64

HEAD = b"From: a.binhtan@tphcm.gov.vn\r\nTo: b@example.vn\r\nSubject: t\r\nMIME-Version: 1.0\r\n"
PDF = b"%PDF-1.7 SECRET" * 5
ENCODED = base64.encodebytes(PDF).replace(b"\n", b"\r\n")
ATTACHMENT = (
    b'Content-Type: application/pdf; name="a.pdf"\r\n'
    b'Content-Disposition: attachment; filename="a.pdf"\r\n'
    b"Content-Transfer-Encoding: base64\r\n\r\n" + ENCODED
)


def message(header: bytes, body: bytes) -> bytes:
    """A message with these MIME fields (each with its CRLF) and this body."""
    return HEAD + header + b"\r\n" + body


def multipart(*parts: bytes, boundary: bytes = b"B", preamble: bytes = b"", epilogue: bytes = b"") -> bytes:
    """A multipart/mixed message of parts given with their headers."""
    head = b'Content-Type: multipart/mixed; boundary="' + boundary + b'"\r\n'
    inner = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    return message(head, preamble + inner + b"--" + boundary + b"--\r\n" + epilogue)


def text(body: bytes) -> bytes:
    """A plain text part."""
    return b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + body
