"""SMTP replies (RFC 5321 §4.2, RFC 3463, RFC 6531 §3.7.4.1) and their texts.

From any source (our texts, the engine, the next hop), reply lines have at most 512 bytes and printable characters
only; ASCII unless the listener replies in UTF-8 or the mail has SMTPUTF8.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from gateway.model import Language, Reply
from gateway.nexthop.replies import HopReply
from gateway.texts.catalogue import product_texts
from gateway.vietnamese.latin import to_ascii
from gateway.vietnamese.printed import visible

LINE_LIMIT_BYTES = 512
"""Reply line with code and CRLF (RFC 5321 §4.5.3.1.5)."""
LINES_LIMIT = 50

_PLAIN = re.compile(r"[ -~]*")
_ENHANCED = re.compile(r"([245])\.[0-9]{1,3}\.[0-9]{1,3}(?: |\Z)")


def render(reply: Reply, *, utf8: bool = False) -> bytes:
    """Return a reply in wire form, with code and enhanced status code on each line."""
    prefix = f"{reply.enhanced} " if reply.enhanced else ""
    room = LINE_LIMIT_BYTES - len("250 ") - len(prefix) - len("\r\n")
    lines = [piece for line in reply.lines for piece in _wrap(_clean(line, utf8=utf8), room)][:LINES_LIMIT] or [""]
    code = f"{reply.code:03d}"
    last = len(lines) - 1
    return "".join(
        f"{code}{' ' if number == last else '-'}{prefix}{line}\r\n" for number, line in enumerate(lines)
    ).encode(errors="replace")


def from_next_hop(code: int, lines: tuple[str, ...]) -> Reply:
    """Return the next hop's reply as ours, with the enhanced status code in its text, else X.0.0 (RFC 2034)."""
    match = _ENHANCED.match(lines[0]) if lines else None
    if match is None or match[1] != str(code)[0]:
        return Reply(code=code, enhanced=f"{code // 100}.0.0", lines=lines)
    enhanced = match[0].rstrip()
    return Reply(code=code, enhanced=enhanced, lines=tuple(line.removeprefix(enhanced).lstrip(" ") for line in lines))


@lru_cache(64)
def passed_on(reply: HopReply, *, utf8: bool) -> bytes:
    """Return the next hop's reply in wire form; cached, for most replies are the same."""
    return render(from_next_hop(reply.code, reply.lines), utf8=utf8)


def mebibytes(count: int) -> str:
    """Return a size in MiB for display."""
    return f"{count / (1 << 20):.3g}"


class Texts:
    """The front end's own texts: one line per language."""

    def __init__(self, languages: tuple[Language, ...]) -> None:
        catalogue = product_texts("smtp")
        self._messages = {
            key: tuple(str(entry[language]["message"]) for language in languages) for key, entry in catalogue.items()
        }

    def reply(self, code: int, enhanced: str, key: str, **values: str | int) -> Reply:
        """Return a reply with the text of a key; KeyError when the catalogue has none."""
        return Reply(
            code=code, enhanced=enhanced, lines=tuple(message.format(**values) for message in self._messages[key])
        )

    def refusal(self, code: int, enhanced: str, key: str, *, reference: str, **values: str | int) -> Reply:
        """Return a refusal that is in the audit log: each line ends with the reference, as in refusals by policies."""
        reply = self.reply(code, enhanced, key, **values)
        return Reply(code=code, enhanced=enhanced, lines=tuple(f"{line} [{reference}]" for line in reply.lines))


@cache
def texts_in(languages: tuple[Language, ...]) -> Texts:
    """Return the front end's texts in these languages."""
    return Texts(languages)


def _clean(text: str, *, utf8: bool) -> str:
    """Return printable text without line breaks, control characters or direction marks."""
    if _PLAIN.fullmatch(text):
        return text
    if not utf8:
        text = to_ascii(text)
    return visible(text)


def _wrap(line: str, room: int) -> list[str]:
    """Split a line into pieces of at most `room` bytes, at spaces where possible."""
    pieces: list[str] = []
    while len(line.encode(errors="replace")) > room:
        cut = room
        while len(line[:cut].encode(errors="replace")) > room:
            cut -= 1
        space = line.rfind(" ", 1, cut)
        cut = space if space > cut // 2 else cut
        pieces.append(line[:cut])
        line = line[cut:].lstrip(" ")
    return [*pieces, line] if line or not pieces else pieces
