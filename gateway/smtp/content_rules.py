"""Rules for a content that is refused unread, their reply codes (RFC 3463) and words.

`gateway.smtp.reception` applies them as the bytes come in, the milter those of size, and `gateway check` to a file:
so what a dry run says of a content is what the wire would have said.
"""

from __future__ import annotations

from gateway.mime.largest import Parts
from gateway.model import Reply
from gateway.smtp.content import ContentDefect, DataReader
from gateway.smtp.replies import Texts, mebibytes
from gateway.smtp.settings import SmtpLimits
from gateway.spool import Spool

CODES = {
    "too_big": (552, "5.3.4"),
    "full": (452, "4.3.1"),
    "bare_newline": (550, "5.6.0"),
    "nul": (550, "5.6.0"),
    "long_line": (550, "5.6.0"),
    "no_8bitmime": (554, "5.6.3"),
    "loop": (554, "5.4.6"),
}
"""Reply code and enhanced status code by rule; the rule is also the key of the words."""

_HEAD_BYTES = 256 << 10


def broken_rule(reader: DataReader, spool: Spool, limits: SmtpLimits, *, eight_bit_allowed: bool) -> str:
    """Return the rule that a content which was read to its end breaks, or an empty text."""
    match reader.defect:
        case ContentDefect.BARE_NEWLINE:
            return "bare_newline"
        case ContentDefect.NUL:
            return "nul"
        case ContentDefect.LONG_LINE:
            return "long_line"
        case None if reader.eight_bit and not eight_bit_allowed:
            return "no_8bitmime"
        case None if count_received(spool) > limits.received_fields:
            return "loop"
        case None:
            return ""


def refused_unread(spool: Spool, limits: SmtpLimits) -> str:
    """Return the rule by which the relay would refuse a content at its final dot, or an empty text.

    What depends on the moment is left out: room for mail in flight, and whether the next hop takes 8 bit or less than
    `message_bytes`.
    """
    reader = DataReader(limits.line_bytes)
    size = sum(len(reader.feed(chunk)[0]) for chunk in (*spool.wire_chunks(), b".\r\n"))
    if size > limits.message_bytes:
        return "too_big"
    return broken_rule(reader, spool, limits, eight_bit_allowed=True)


def refusal(
    texts: Texts,
    rule: str,
    *,
    reference: str,
    limit_bytes: int,
    size_bytes: int = 0,
    parts: Parts | None = None,
) -> Reply:
    """Return the reply for a broken rule; `limit_bytes` is the limit that was broken, if any. No reference, no tag.

    `size_bytes` is the size of what is too big, as it was declared or came in; `parts` have its largest file.
    """
    code, enhanced = CODES[rule]
    fields: dict[str, str | int] = {"limit": limit_bytes, "size": mebibytes(size_bytes)}
    if rule == "too_big":
        fields["limit"] = mebibytes(limit_bytes)
        if parts is not None and (file := parts.largest_file()) is not None:
            rule, fields["ending"], fields["file"] = "too_big_file", file.ending, mebibytes(file.size_bytes)
    if not reference:
        return texts.reply(code, enhanced, rule, **fields)
    return texts.refusal(code, enhanced, rule, reference=reference, **fields)


def count_received(spool: Spool) -> int:
    """Return how many Received fields a content begins with (RFC 5321 §6.3), looking at its first 256 KiB."""
    content = spool.content()
    end = content.find(b"\r\n\r\n", 0, _HEAD_BYTES)
    head = b"\r\n" + content[: end if end >= 0 else _HEAD_BYTES]
    return head.lower().count(b"\r\nreceived:")
