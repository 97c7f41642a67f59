"""The one builder of SMTP replies (RFC 5321 §4.2, RFC 3463, RFC 6531 §3.7.4.1) and their words.

Whatever a reply is made of (words of ours, an engine's, the next hop's), what leaves is lines of at most 512 bytes
that hold printable characters only; ASCII unless the listener answers in UTF-8 or the mail asked for SMTPUTF8.
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
"""RFC 5321 §4.5.3.1.5: a reply line with code and CRLF."""
LINES_LIMIT = 50

_PLAIN = re.compile(r"[ -~]*")
_ENHANCED = re.compile(r"([245])\.[0-9]{1,3}\.[0-9]{1,3}(?: |\Z)")


def render(reply: Reply, *, utf8: bool = False) -> bytes:
    """Return a reply as it goes on the wire, with code and enhanced status code on each line."""
    prefix = f"{reply.enhanced} " if reply.enhanced else ""
    room = LINE_LIMIT_BYTES - len("250 ") - len(prefix) - len("\r\n")
    lines = [piece for line in reply.lines for piece in _wrap(_clean(line, utf8=utf8), room)][:LINES_LIMIT] or [""]
    code = f"{reply.code:03d}"
    last = len(lines) - 1
    return "".join(
        f"{code}{' ' if number == last else '-'}{prefix}{line}\r\n" for number, line in enumerate(lines)
    ).encode(errors="replace")


def from_next_hop(code: int, lines: tuple[str, ...]) -> Reply:
    """Return the next hop's reply as ours, with the enhanced status code of its text, or X.0.0 (RFC 2034 asks for one)."""
    match = _ENHANCED.match(lines[0]) if lines else None
    if match is None or match[1] != str(code)[0]:
        return Reply(code=code, enhanced=f"{code // 100}.0.0", lines=lines)
    enhanced = match[0].rstrip()
    return Reply(code=code, enhanced=enhanced, lines=tuple(line.removeprefix(enhanced).lstrip(" ") for line in lines))


@lru_cache(64)
def passed_on(reply: HopReply, *, utf8: bool) -> bytes:
    """Return the next hop's reply as it goes on the wire; it says the same of nearly every command."""
    return render(from_next_hop(reply.code, reply.lines), utf8=utf8)


def mebibytes(count: int) -> str:
    """Return a size for people, in MiB."""
    return f"{count / (1 << 20):.3g}"


class Texts:
    """The front end's own words: one line a language."""

    def __init__(self, languages: tuple[Language, ...]) -> None:
        catalogue = product_texts("smtp")
        self._messages = {
            key: tuple(str(entry[language.value]["message"]) for language in languages)
            for key, entry in catalogue.items()
        }

    def reply(self, code: int, enhanced: str, key: str, **values: str | int) -> Reply:
        """Return a reply with the words of a key; KeyError when the catalogue has none."""
        return Reply(
            code=code, enhanced=enhanced, lines=tuple(message.format(**values) for message in self._messages[key])
        )

    def refusal(self, code: int, enhanced: str, key: str, *, reference: str, **values: str | int) -> Reply:
        """Return a refusal that stands in the audit: each line ends with its reference, as in the refusals of policies."""
        reply = self.reply(code, enhanced, key, **values)
        return Reply(code=code, enhanced=enhanced, lines=tuple(f"{line} [{reference}]" for line in reply.lines))


@cache
def texts_in(languages: tuple[Language, ...]) -> Texts:
    """Return the front end's words in these languages."""
    return Texts(languages)


def _clean(text: str, *, utf8: bool) -> str:
    """Return printable text without line breaks, controls or direction marks."""
    if _PLAIN.fullmatch(text):
        return text
    if not utf8:
        text = to_ascii(text)
    return visible(text)


def _wrap(line: str, room: int) -> list[str]:
    """Cut a line into pieces of at most `room` bytes, at spaces where there are some."""
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
