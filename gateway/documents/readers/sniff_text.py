"""Recognises kinds of text in files without a binary signature."""

from __future__ import annotations

import codecs
import re
from typing import Final

from gateway.documents.readers.magic import DIAGRAM, DXF, SEALED

_HEAD: Final = 1 << 16
_HTML_START: Final = re.compile(
    rb"\s*(?><!--.{0,4000}?-->\s*){0,8}<(?:!doctype\s+html|html|head|body|title|meta|script|style|table|div|p|h[1-6]|br|font"
    rb"|span|center|a|img|iframe|form|ul|ol|b|i|pre|svg)\b",
    re.IGNORECASE | re.DOTALL,
)
_HTML_ROOT: Final = re.compile(rb"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_XML_START: Final = re.compile(
    rb"\s*(?:<\?xml\b|<!DOCTYPE\s+(?!html)|<[A-Za-z_][\w.-]*:[A-Za-z_][\w.-]*[\s>]"
    rb"|<[A-Za-z_][\w.-]*\s(?:[^<>]{0,2000}\s)?xmlns(?::[\w.-]+)?\s*=\s*[\"'])",
    re.IGNORECASE,
)
_BOOKMARKS: Final = re.compile(rb"<!DOCTYPE\s+NETSCAPE-Bookmark-file-1\b", re.IGNORECASE)
"""The bookmarks that every browser exports: a page, though its name for itself is not `html`."""
_DIAGRAM: Final = re.compile(rb"(?:<\?xml\b[^<>]{0,200}\?>)?\s{0,9}<mxfile[\s>]")
_FIELD: Final = re.compile(rb"(?:From |[A-Za-z][A-Za-z0-9-]{1,60}[ \t]*:)")
_MAIL_FIELDS: Final = frozenset({
    "received", "return-path", "delivered-to", "from", "to", "cc", "subject", "date", "message-id", "mime-version",
    "content-type", "content-transfer-encoding", "reply-to", "sender", "dkim-signature", "x-mailer", "x-originating-ip",
    "authentication-results", "envelope-to", "references", "in-reply-to", "user-agent", "thread-topic", "importance",
})  # fmt: skip
COUNT_LINE: Final = re.compile(rb"(\d{1,12})[ \t]*\r?\n(?=[A-Za-z][A-Za-z0-9-]{1,60}[ \t]*:)")
"""The size of the message, before it in files of Apple Mail (.emlx); what they know of it is behind it."""
_MAIL_TYPES: Final = frozenset({"message/rfc822", "message/global", "application/mbox"})
_HEADER_TYPES: Final = frozenset({"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"})
"""The header of a returned mail alone (RFC 3462)."""
_ENRICHED_TYPES: Final = frozenset({"text/enriched", "text/richtext"})
"""Text with commands in angle brackets (RFC 1896), which a page of HTML without known elements resembles."""
_DXF: Final = re.compile(rb"(?:999[ \t]*\r?\n[^\r\n]{0,500}\r?\n\s*){0,20}0[ \t]*\r?\nSECTION[ \t]*\r?\n")
"""Comments and the first section of a drawing."""
_SYLK: Final = re.compile(rb"ID;P[^\r\n]{0,200}\r?\n(?:[BCFOPW]|N[NELU]);")
"""The first two records of a sheet; a list that begins with a column `ID` has no such second line."""
_PEM: Final = re.compile(rb"-----BEGIN (?P<label>AGE ENCRYPTED FILE|PKCS7|CMS|PKCS #7 SIGNED DATA|PGP MESSAGE)-----")
_TEXT_SUFFIXES: Final = (".txt", ".csv", ".log", ".md", ".ini", ".json", ".tsv")
_SPACE: Final = frozenset(b"\t\n\r\f\v\x1b")
_CONTROLS: Final = bytes(octet for octet in range(32) if octet not in _SPACE)


def text_types(data: bytes, filename: str | None, declared_type: str) -> tuple[str, ...]:
    """Return the kinds of text, empty when the bytes are no text in any charset we know."""
    if data[:256].lstrip().startswith(b"{\\rt"):
        return ("application/rtf",)  # whatever bytes follow: \bin data may hold anything
    narrow = narrowed(data)
    if narrow is None:
        return ()
    name = (filename or "").lower()
    start = narrow[:_HEAD]
    head = start.lstrip()
    if head.startswith(b"{\\rt"):
        return ("application/rtf",)
    if head[:15].upper().startswith(b"BEGIN:VCALENDAR"):
        return ("text/calendar",)
    if head[:11].upper().startswith(b"BEGIN:VCARD"):
        return ("text/vcard",)
    if pem := _PEM.match(head):
        if pem["label"].startswith(b"AGE"):
            return (SEALED,)
        return ("application/pgp-encrypted",) if pem["label"].startswith(b"PGP") else ("application/pkcs7-mime",)
    if _SYLK.match(head):
        return ("application/x-sylk",)
    if _DXF.match(head):
        return (DXF,)
    if declared_type in _ENRICHED_TYPES:
        return ("text/plain", "text/html")
    if declared_type in _HEADER_TYPES and _FIELD.match(head):
        return ("message/rfc822", "text/plain")
    if _is_mail(head, name, declared_type):
        return ("message/rfc822",)
    return _markup_or_plain(head, name, declared_type)


def _markup_or_plain(head: bytes, name: str, declared_type: str) -> tuple[str, ...]:
    if _DIAGRAM.match(head):
        return (DIAGRAM,)
    if _BOOKMARKS.match(head):
        return ("text/html",)
    if _XML_START.match(head):
        return ("text/html",) if _HTML_ROOT.search(head[:2048]) else ("application/xml",)
    called_xml = declared_type.endswith(("/xml", "+xml")) or name.endswith(".xml")
    if called_xml and head.startswith(b"<") and not _HTML_ROOT.search(head[:2048]):
        return ("application/xml",)
    html = _HTML_START.match(head) is not None or _HTML_ROOT.search(head[:1024]) is not None
    called_html = declared_type in {"text/html", "application/xhtml+xml"} or name.endswith((".htm", ".html", ".xhtml"))
    called_plain = declared_type == "text/plain" or name.endswith(_TEXT_SUFFIXES)
    if called_html:
        return ("text/html",)
    if html:
        # A mail client shows its source when declared plain, a browser the page when saved and opened: read both ways.
        return ("text/plain", "text/html") if called_plain else ("text/html",)
    if declared_type == "text/csv" or name.endswith((".csv", ".tsv")):
        return ("text/csv",)
    return ("text/plain",)


def narrowed(data: bytes) -> bytes | None:
    """Return text in an ASCII-compatible form for looking at its start, None when it is no text.

    UTF-16 and UTF-32 are recognised by their byte order mark or, without one, by the position of zero bytes. Control
    characters are tolerated up to one in twenty: VISCII and VPS use some of them as letters; zero bytes, which no reader
    shows, in UTF-8 alone.
    """
    if data.startswith(b"\xef\xbb\xbf"):
        return data[3 : 3 + _HEAD]
    for mark, charset in (
        (b"\xff\xfe\0\0", "utf-32"),
        (b"\0\0\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            text = data[: 4 * _HEAD].decode(charset, "replace")
            return None if _mostly_broken(text) else text.encode("utf-8", "replace")
    sample = data[:_HEAD] if len(data) > _HEAD else data.rstrip(b"\0")
    if b"\0" in sample and ((wide := _wide_without_mark(sample)) is not None or not _is_utf8(sample)):
        return wide
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if controls * 20 > len(sample):
        return None
    # Random bytes: half of them are above 127 and rarely next to letters; Vietnamese text in any charset is mostly ASCII.
    plain = sum(sample.count(octet) for octet in b" etaoinrshldcum\n\r\t,.>")
    if controls and plain * 8 < len(sample):
        return None
    return sample


def _wide_without_mark(sample: bytes) -> bytes | None:
    """UTF-32 and UTF-16 without a mark: of four bytes two are zero, of two nearly always one in Latin text."""
    for high, charset in ((3, "utf-32-le"), (0, "utf-32-be")):
        whole = sample[: len(sample) // 4 * 4]
        if whole and not any(whole[high::4]) and max(whole[high ^ 1 :: 4]) <= 0x10 and any(whole[high ^ 3 :: 4]):
            text = whole.decode(charset, "replace")
            if not _mostly_broken(text) and sum(map(str.isascii, text)) * 10 >= len(text) * 4:
                return text.encode("utf-8", "replace")
    even, odd = sample[0::2], sample[1::2]
    for zeros, others, charset in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if zeros.count(0) * 10 >= len(zeros) * 4 and others.count(0) * 50 <= len(others):
            text = sample[: len(sample) // 2 * 2].decode(charset, "replace")
            return None if _mostly_broken(text) else text.encode("utf-8", "replace")
    return None


def _is_utf8(sample: bytes) -> bool:
    """Return whether bytes are UTF-8, its last character perhaps cut."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def _mostly_broken(text: str) -> bool:
    """Return whether the decoded text is mostly replacement and control characters."""
    bad = sum(1 for letter in text[:4096] if letter == "\ufffd" or (letter < " " and letter not in "\t\r\n\f"))
    return bad * 20 > min(len(text), 4096)


def _is_mail(head: bytes, name: str, declared_type: str) -> bool:
    """Return whether it begins with a header block that has two or more fields that mails have."""
    if counted := COUNT_LINE.match(head):
        head = head[counted.end() :]
    if head.startswith(b"From ") and head.count(b"\n") > 2:
        head = head.partition(b"\n")[2]
    lines = head[:8192].splitlines()
    fields: set[str] = set()
    for line in lines[:60]:
        if not line.strip():
            break
        if line[:1] in b" \t":
            continue
        if not _FIELD.match(line):
            break
        fields.add(line.partition(b":")[0].strip().decode("ascii", "replace").lower())
    known = fields & _MAIL_FIELDS
    wanted = 1 if declared_type in _MAIL_TYPES or name.endswith((".eml", ".mht", ".mhtml", ".mbox")) else 2
    telling = known & {"mime-version", "received", "message-id", "return-path", "content-type", "date", "from"}
    return len(known) >= wanted and bool(telling)
