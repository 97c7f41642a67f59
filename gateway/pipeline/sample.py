"""Files to check as a message: the file itself when it is a mail, else a mail with the files attached."""

from __future__ import annotations

import base64
import mmap
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gateway.mime import parse, wire_form
from gateway.mime.addresses import parse_from_field
from gateway.model.formats import by_filename

_FIELD = re.compile(rb"(?:>?From [^\r\n]*\r?\n)?[!-9;-~]{1,76}[ \t]*:")
_MAIL_FIELDS = re.compile(
    rb"^(?:from|to|cc|subject|date|received|return-path|message-id|mime-version|content-type|dkim-signature|sender"
    rb"|reply-to|delivered-to|x-[a-z-]+)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_UNREAD_SUFFIXES = frozenset({"dat", "crt", "cer", "key", "crl"})
"""Further suffixes of files that are not mails."""
_SOMEBODY = "kiem.tra.binhtan@tphcm.gov.vn"
_STEP = 57 * 8192
"""Bytes encoded at once, in whole lines."""


@dataclass(frozen=True)
class SampleMessage:
    """Content in wire form with its envelope."""

    content: bytes
    reverse_path: str
    forward_paths: tuple[str, ...]


def as_message(data: bytes, name: str, *, sender: str | None, recipients: tuple[str, ...]) -> SampleMessage:
    """Return the message of a file; missing addresses come from its header fields."""
    if is_message(data, name):
        content = wire_form(data)
    else:
        content = b"".join(mail_of([(name, data)], sender=sender, recipients=recipients))
    if sender is None or not recipients:
        message = parse(content)
        from_field, to_fields = message.first("From"), (*message.all("To"), *message.all("Cc"))
        found = [
            address.normal for field in to_fields for address in parse_from_field(field.value, field.name).mailboxes
        ]
        if sender is None:
            readings = parse_from_field(from_field.value).mailboxes if from_field is not None else ()
            sender = readings[0].normal if readings else ""
        recipients = recipients or tuple(dict.fromkeys(found)) or ("",)
    return SampleMessage(content, sender, recipients)


def is_message(data: bytes, name: str) -> bool:
    """Return whether a file is a mail: it begins with header fields and has no document suffix."""
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    row = by_filename(name)
    if suffix == "eml":
        return True
    if suffix in _UNREAD_SUFFIXES or (row is not None and row.name != "eml"):
        return False
    head = data[:16384]
    block = head.partition(b"\r\n\r\n")[0].partition(b"\n\n")[0]
    return _FIELD.match(head) is not None and _MAIL_FIELDS.search(block) is not None


def mail_of(
    files: Iterable[tuple[str, bytes | mmap.mmap]], *, sender: str | None, recipients: tuple[str, ...]
) -> Iterator[bytes]:
    """Yield the pieces of a mail with these named files as attachments, in order."""
    fields = (
        f"From: {sender or _SOMEBODY}",
        f"To: {', '.join(recipients) or _SOMEBODY}",
        "Subject: Kiem tra tep",
        "Date: Mon, 02 Nov 2026 08:00:00 +0700",
        "Message-ID: <kiem-tra@localhost>",
        "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="----kiem-tra-tep"',
    )
    yield "\r\n".join(fields).encode("utf-8", "replace") + b"\r\n\r\n"
    for name, content in files:
        yield b"------kiem-tra-tep\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
        yield f"Content-Disposition: attachment; filename*=utf-8''{_encoded(name)}\r\n\r\n".encode()
        for at in range(0, len(content), _STEP):
            yield base64.encodebytes(content[at : at + _STEP]).replace(b"\n", b"\r\n")
    yield b"------kiem-tra-tep--\r\n"


def _encoded(name: str) -> str:
    """Return a file name as encoded by RFC 2231."""
    return "".join(
        character
        if character.isascii() and (character.isalnum() or character in "._-")
        else "".join(f"%{octet:02X}" for octet in character.encode("utf-8", "surrogateescape"))
        for character in name
    )
