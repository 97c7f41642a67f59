"""A header block to header fields at the level of bytes (RFC 5322 §2.2).

Everything that two readers could split differently is reported: lone CR or LF, NUL, lines without a colon, blanks
before the colon, folds of nothing but blanks.

Line ends are CRLF. A lone CR or LF is reported and read as a line end, as lenient readers do: what they see
must be seen here too.
"""

from __future__ import annotations

import re
from mmap import mmap

from msgspec import Struct

from gateway.mime import charsets
from gateway.mime.limits import Limits
from gateway.mime.words import header_text, in_unknown_charset
from gateway.model import Ambiguity, HeaderField

Buffer = bytes | mmap

_NAME = re.compile(rb"[!-9;-~]+")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_FOLD = re.compile(rb"\r\n(?=[ \t])|[\r\n]+")
_LENIENT_BLANK = re.compile(rb"(?:\r\n|\r|\n)(?:\r\n|\r|\n)")
_MBOX = re.compile(rb">?From (?![ \t]*:)")  # not the field, written with a blank before its colon

# RFC 5322 §3.6 and RFC 2045 §3: at most once in a block.
_PLAIN = frozenset({"7bit", "8bit", "binary"})
_ONCE = frozenset({
    "date", "from", "sender", "reply-to", "to", "cc", "bcc", "message-id", "in-reply-to", "references", "subject",
    "mime-version", "content-type", "content-transfer-encoding", "content-disposition", "content-id",
    "content-description",
})  # fmt: skip


class HeaderBlock(Struct, frozen=True):
    """One header block."""

    fields: tuple[HeaderField, ...]
    body_start: int
    """Offset in the message behind the empty line; the end of the region when there is no body."""
    by_name: dict[str, list[HeaderField]]
    """The same fields by lower-case name."""
    ambiguities: tuple[Ambiguity, ...] = ()

    def all(self, name: str) -> list[HeaderField]:
        """Return the fields of a name given in lower case."""
        return self.by_name.get(name, [])


def read_block(content: Buffer, start: int, end: int, *, path: str, limits: Limits) -> HeaderBlock:
    """Read the header block that begins at `start` of the region up to `end`."""
    block, body_start, codes = _cut(content, start, end)
    if len(block) > limits.header_bytes:
        codes.append(("limit-header", f"{len(block)} octets"))
        block = block[: limits.header_bytes]
    if b"\0" in block:
        codes.append(("nul", "in a header"))
    clean = not codes or block.count(b"\r\n") == block.count(b"\n") == block.count(b"\r")
    lines = block.split(b"\r\n") if clean else _LINE_END.split(block)
    fields = _fields(lines, limits, codes)
    by_name: dict[str, list[HeaderField]] = {}
    for field in fields:
        by_name.setdefault(field.name.lower(), []).append(field)
    if len(by_name) < len(fields):
        codes += _repeated(by_name)
    return HeaderBlock(
        tuple(fields), body_start, by_name, tuple(Ambiguity(code, path, detail) for code, detail in dict(codes).items())
    )


def _cut(content: Buffer, start: int, end: int) -> tuple[bytes, int, list[tuple[str, str]]]:
    """Return the block without its final line end, where the body begins, and what is wrong with the line ends."""
    codes: list[tuple[str, str]] = []
    if content[start : start + 2] == b"\r\n":
        return b"", start + 2, codes
    blank = content.find(b"\r\n\r\n", start, end)
    stop, body = (blank, blank + 4) if blank >= 0 else (end, end)
    block = bytes(content[start:stop])
    if blank < 0 and block.endswith(b"\r\n"):
        block = block[:-2]
    crlf = block.count(b"\r\n")
    bare_lf, bare_cr = block.count(b"\n") - crlf, block.count(b"\r") - crlf
    if bare_lf or bare_cr:
        if bare_lf:
            codes.append(("bare-lf", "in a header"))
        if bare_cr:
            codes.append(("bare-cr", "in a header"))
        first_is_blank = block[:1] in {b"\n", b"\r"}
        lenient = _LENIENT_BLANK.search(block)
        if first_is_blank:
            block, body = b"", start + 1
        elif lenient is not None:
            block, body = block[: lenient.start()], start + lenient.end()
    return block, body, codes


def _fields(lines: list[bytes], limits: Limits, codes: list[tuple[str, str]]) -> list[HeaderField]:
    """Gather lines with their folds to fields; what is no field is reported and left out."""
    fields: list[HeaderField] = []
    name: bytes | None = None
    raw: list[bytes] = []
    size = 0
    before_blank = 0
    if lines == [b""]:
        return fields
    for number, line in enumerate(lines):
        if len(line) > limits.line_bytes:
            codes.append(("long-header-line", f"{len(line)} octets"))
        if line[:1] in b" \t" and line:
            if not line.strip():
                codes.append(("blank-fold", ""))
                before_blank = len(fields) + 1
            if name is None:
                codes.append(("fold-first", ""))
            elif size <= limits.field_bytes:
                raw.append(line)
                size += len(line) + 2
            elif codes[-1:] != [("limit-field", "")]:
                codes.append(("limit-field", ""))
            continue
        if name is not None:
            fields.append(_field(name, raw, limits, codes))
            if len(fields) >= limits.fields:
                codes.append(("limit-fields", ""))
                return fields
        if len(codes) > limits.fields:
            codes.append(("limit-fields", ""))
            return fields
        name, raw, size = _start(line, number, codes), [line], len(line) + 2
    if name is not None:
        fields.append(_field(name, raw, limits, codes))
    if _encodes(fields[:before_blank]):
        codes.append(("blank-fold-encoded", ""))
    return fields


def _encodes(fields: list[HeaderField]) -> bool:
    """Return whether the fields before a line of blanks encode the body.

    A reader that takes such a line for the end of the header shows the fields behind it as words of the body; where a
    transfer encoding is before it, they are words that only this reader decodes.
    """
    return any(
        field.name.lower() == "content-transfer-encoding" and field.value.lower() not in _PLAIN for field in fields
    )


def _start(line: bytes, number: int, codes: list[tuple[str, str]]) -> bytes | None:
    """Return the name of the field that begins with this line, None when it begins none."""
    head, colon, _ = line.partition(b":")
    if colon and _NAME.fullmatch(head):
        return head
    if number == 0 and _MBOX.match(line):
        return None  # The separator of a mailbox file; no reader takes it for a field.
    if not colon:
        codes.append(("header-without-colon", f"line {number + 1}"))
        return None
    bare = head.rstrip(b" \t")
    if bare != head and _NAME.fullmatch(bare):
        codes.append(("space-before-colon", f"line {number + 1}"))
        return bare
    codes.append(("header-name", f"line {number + 1}"))
    return None


def _field(name: bytes, raw: list[bytes], limits: Limits, codes: list[tuple[str, str]]) -> HeaderField:
    """Make the field of its lines."""
    whole = raw[0] if len(raw) == 1 else b"\r\n".join(raw)
    if len(whole) > limits.field_bytes:
        codes.append(("limit-field", f"{len(whole)} octets"))
        whole = whole[: limits.field_bytes]
    body = whole.partition(b":")[2]
    if len(raw) > 1:
        body = _FOLD.sub(b"", body)
    # Bytes above 127 are of RFC 6532, or of an old client.
    value = (body.decode("ascii") if body.isascii() else charsets.guess(body)).strip(" \t")
    text = header_text(value) if "=?" in value else value
    if "\ufffd" in text and in_unknown_charset(value):
        codes.append(("unknown-charset", ""))
    return HeaderField(name.decode("ascii"), whole + b"\r\n", value, text)


def _repeated(by_name: dict[str, list[HeaderField]]) -> list[tuple[str, str]]:
    """Return the names of fields that occur twice with different values; equal ones are read alike by every program."""
    return [
        (f"duplicate-{name}", "")
        for name, fields in by_name.items()
        if len(fields) > 1 and name in _ONCE and len({field.value for field in fields}) > 1
    ]
