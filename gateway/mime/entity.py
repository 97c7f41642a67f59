"""The MIME fields of one header (RFC 2045, RFC 2183) as most readers take them, and where readers differ."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from gateway.mime import parameters
from gateway.mime.fields import HeaderBlock
from gateway.mime.limits import Limits
from gateway.mime.names import Names, names_of
from gateway.mime.parameters import Structured
from gateway.model import TransferEncoding

Note = Callable[[str, str], None]
"""Takes the code and the detail of an ambiguity of the part at hand."""

MESSAGE_TYPES: Final = frozenset({"message/rfc822", "message/global", "message/news"})
IDENTITY: Final = frozenset({TransferEncoding.SEVEN_BIT, TransferEncoding.EIGHT_BIT, TransferEncoding.BINARY})
_TYPE = re.compile(r"[!#$%&'*+.^_`|~0-9a-z{}-]+/[!#$%&'*+.^_`|~0-9a-z{}-]+")
_ENCODINGS: Final = {encoding.value: encoding for encoding in TransferEncoding}
_MISSPELT: Final = frozenset(
    {"", "7-bit", "7bits", "7 bit", "8-bit", "8bits", "8 bit", "utf-8", "us-ascii", "none", "plain"}
)
# Machine-readable reports are no composite types, so an encoding of them is in order.
_REPORTS: Final = frozenset({"message/delivery-status", "message/disposition-notification", "message/feedback-report"})


class EntityHeader(Struct, frozen=True):
    """Description of a body by its header."""

    types: list[Structured]
    """Every Content-Type, in order."""
    declared: str
    encoding: TransferEncoding
    disposition: str | None
    names: Names

    @property
    def is_multipart(self) -> bool:
        """Return whether any reader reads it as a multipart."""
        return any(one.value.startswith("multipart") for one in self.types)

    @property
    def is_message(self) -> bool:
        """Return whether any reader reads it as a message."""
        return self.declared in MESSAGE_TYPES or any(one.value in MESSAGE_TYPES for one in self.types)

    @property
    def boundaries(self) -> list[str]:
        """Every boundary that any reader could use, in order."""
        # A boundary is taken as written; a reader that decodes an encoded word in it uses the other one.
        return list(
            dict.fromkeys(
                reading
                for structured in self.types
                if structured.value.startswith("multipart")
                for one in structured.all("boundary")
                for reading in ((one.value,) if one.extended else (one.raw, one.value))
            )
        )


def read_entity(block: HeaderBlock, *, default_type: str, limits: Limits, note: Note) -> EntityHeader:
    """Return the reading of the MIME fields of a header; ambiguities go to `note`."""
    types = _structured(block, "content-type", limits, note)
    dispositions = _structured(block, "content-disposition", limits, note)
    declared = _declared_type(types, default_type, note)
    raw = [one.raw for one in (*block.all("content-type"), *block.all("content-disposition"))]
    names = names_of(types, dispositions, raw)
    if names.conflict:
        note("conflicting-names", "")
    if any(one.extended or one.raw != one.value for structured in types for one in structured.all("boundary")):
        note("encoded-boundary", "")
    return EntityHeader(types, declared, _encoding(block, declared, note), _disposition(dispositions), names)


def _structured(block: HeaderBlock, name: str, limits: Limits, note: Note) -> list[Structured]:
    """Parse every field of that name; note what is read differently."""
    found = [parameters.parse(one.value, limits) for one in block.all(name)]
    for fault in (fault for structured in found for fault in structured.faults):
        _note_fault(fault, note)
    return found


def _note_fault(fault: str, note: Note) -> None:
    """Turn a fault of a structured field into an ambiguity, when it decides how the part is read."""
    kind, _, name = fault.partition(":")
    match kind:
        case "conflict" if name in {"name", "filename"}:
            pass  # Judged by what the names mean, in `names_of`.
        case "conflict" if name in {"boundary", "charset"}:
            note(f"conflicting-{name}", "")
        case "conflict" | "order" | "gap":
            note(f"parameter-{kind}", name)
        case "unquoted" if name == "boundary":
            note("boundary-space", "")
        case "comment" if name == "charset":
            # A reader that knows no comments knows no such charset, and goes by the bytes.
            note("charset-comment", "")
        case "comment" | "unterminated":
            note(f"parameter-{kind}", "")
        case "charset":
            note("unknown-charset", "")
        case "limit":
            note("limit-parameters", "")
        case _:
            pass  # Stray words and unquoted names: read alike, or kept as a candidate name.


def _declared_type(types: list[Structured], default: str, note: Note) -> str:
    """Return the type that most readers take."""
    if not types:
        return default
    value = types[0].value
    if _TYPE.fullmatch(value):
        return value
    note("composite-type-syntax" if value.startswith(("multipart", "message")) else "type-syntax", "")
    return "multipart/mixed" if value.startswith("multipart") else "text/plain"


def _encoding(block: HeaderBlock, declared: str, note: Note) -> TransferEncoding:
    """Return the transfer encoding that most readers take (RFC 2045 §6)."""
    fields = block.all("content-transfer-encoding")
    if not fields:
        return TransferEncoding.SEVEN_BIT
    encodings = [_one_encoding(one.value, note) for one in fields]
    encoding = encodings[0]
    # RFC 2045 §6.4 forbids an encoding of a composite; some readers decode it, some do not.
    if encoding not in IDENTITY and declared not in _REPORTS and declared.startswith(("multipart/", "message/")):
        if declared.startswith("multipart/"):
            note("encoding-on-multipart", "")
        else:
            # Sound base64 holds no colon: a reader that does not decode it sees neither fields nor parts.
            base64 = set(encodings) == {TransferEncoding.BASE64}
            note("base64-message" if base64 else "encoding-on-message", "")
    return encoding


def _one_encoding(value: str, note: Note) -> TransferEncoding:
    """Read one Content-Transfer-Encoding."""
    word = value.strip().lower()
    if word in _ENCODINGS:
        return _ENCODINGS[word]
    if word in _MISSPELT:
        note("encoding-misspelt", "")
        return TransferEncoding.EIGHT_BIT
    bare = re.sub(r"\([^)]*\)?", "", word).strip("\"' ;.")
    encoding = _ENCODINGS.get(bare, TransferEncoding.BINARY)
    if bare in _ENCODINGS and encoding in IDENTITY:
        # `7bit;`: a reader that does not know the word decodes nothing either.
        note("encoding-misspelt", "")
    else:
        note("encoding-comment" if "(" in word else "unknown-encoding", "")
    return encoding


def _disposition(dispositions: list[Structured]) -> str | None:
    """Return `inline` or `attachment`; an unknown word means attachment (RFC 2183 §2.8)."""
    if not dispositions or not dispositions[0].value:
        return None
    return "inline" if dispositions[0].value == "inline" else "attachment"
