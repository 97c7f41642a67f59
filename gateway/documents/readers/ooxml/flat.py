"""Large parts of many equal children, rows of a sheet or shared strings, read without building elements where that is safe.

Spreadsheet programs write these children in one narrow form, so a regular expression takes them apart several times
faster than a tree is built. A part qualifies only when its text means to an XML parser what it means here: UTF-8, no
comment, CDATA section, processing instruction or second default namespace anywhere. It comes in chunks of whole
children; a chunk that holds anything but that narrow form goes to the XML parser (`FlatPart.elements`), and so does all
that stands outside the container (`FlatPart.rest`), so nothing is skipped and nothing ill-formed slips by unseen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gateway.documents.readers.base import Budget
from gateway.documents.readers.ooxml.xml import ChildStream, Element, clark, parse, prepare

_CHUNK: Final = 1 << 15
_CONTROLS: Final = bytes(code for code in range(0x20) if code not in b"\t\n")
"""Bytes that XML forbids, and the carriage return, which it turns into a line feed."""
_DECLARATION: Final = re.compile(rb"""<\?xml version=["']1\.0["'](?: encoding=["'](?i:utf-8)["'])?[^<>&]{0,40}\?>\s*""")
_ROOT: Final = re.compile(rb"<(?:([A-Za-z][\w.-]{0,30}):)?[A-Za-z]+(?:\s[^<>]*)?>")
_NUMERIC: Final = re.compile(r"&#([0-9]{2,7}|x[0-9A-Fa-f]{2,6});")
_NAMED: Final = (("&quot;", '"'), ("&apos;", "'"), ("&gt;", ">"), ("&lt;", "\ufffe"), ("&amp;", "&"))
_IN_TAG: Final = re.compile("<[^<>]*&")
LESS_THAN: Final = "\ufffe"
"""Stands for an escaped `<` in a chunk; XML has no such character, so no other can be meant."""


class _References(dict[str, str]):
    """Number of a character reference to its character; one with a part in the syntax, or none, stays a reference."""

    def __missing__(self, number: str) -> str:
        code = int(number[1:], 16) if number[0] == "x" else int(number)
        if code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000:
            shown = _SYNTAX.get(code) or chr(code)
        else:
            shown = f"&#{number};"
        if len(self) < 1 << 16:
            self[number] = shown
        return shown


_SYNTAX: Final = {34: "&quot;", 38: "&amp;", 39: "&apos;", 60: "&lt;", 62: "&gt;"}
_REFERENCES: Final = _References()


class FlatPart:
    """A part whose container can be taken apart by text."""

    def __init__(self, data: bytes, *, container: str, child: str, budget: Budget) -> None:
        self._data = prepare(data)
        self._container = container
        self._budget = budget
        self.prefix = ""
        """Prefix of the element names with its colon, empty for the default namespace."""
        self._close = b""
        self._root = self._opening = b""
        self._start = self._end = -1
        self._open(child)

    def _open(self, child: str) -> None:
        data = self._data
        declaration = _DECLARATION.match(data)
        at = declaration.end() if declaration else 0
        root = _ROOT.match(data, at)
        if root is None or b"<!" in data or data.find(b"<?", at) >= 0 or b"\xef\xbf\xbe" in data:
            return
        prefix = root[1] + b":" if root[1] else b""
        namespace, _, local = clark(self._container)[1:].partition("}")
        declared = b"xmlns:" + root[1] if root[1] else b"xmlns"
        wanted = re.compile(rb"\s" + declared + rb"=[\"']" + re.escape(namespace.encode()) + rb"[\"']")
        tag = prefix + local.encode()
        end = data.rfind(b"</" + tag + b">")
        if not wanted.search(root[0]) or data.count(declared + b"=", 0, end) != 1 or data.count(b"<" + tag) != 1:
            return
        opened = re.compile(rb"<" + re.escape(tag) + rb"(?:\s[^<>]*)?(?<!/)>").search(data, at)
        if opened is None or end < opened.end():
            return
        self._start, self._end = opened.end(), end
        self._root, self._opening = root[0], opened[0]
        self._close = b"</" + prefix + child.encode() + b">"
        self.prefix = prefix.decode()

    @property
    def is_flat(self) -> bool:
        """Return whether `chunks` may be used; else only `elements()` of the whole."""
        return self._start >= 0

    def rest(self) -> Element:
        """Return the root with the container empty; raises `ReadError` as `parse` does."""
        return parse(self._data[: self._start] + self._data[self._end :])

    def chunks(self) -> Iterator[tuple[bytes, str | None]]:
        """Yield whole children, some at a time: as written, and as text to be taken apart.

        The text has its references resolved, but for `<`, which is `LESS_THAN`; it is None where only the XML parser
        can tell what is meant.
        """
        position, data = self._start, self._data
        while position < self._end:
            self._budget.check_time()
            end = data.rfind(self._close, position, min(position + _CHUNK, self._end))
            if end < 0:
                end = data.find(self._close, position, self._end)
            end = self._end if end < 0 else end + len(self._close)
            raw = data[position:end]
            position = end
            yield raw, _readable(raw)

    def elements(self, raw: bytes) -> ChildStream:
        """Return the children in a chunk as the XML parser reads them, with words between them in the stream's root."""
        root = self._root
        name = root[1:].split(None, 1)[0].rstrip(b">")
        tag = self.prefix.encode() + self._container.partition(":")[2].encode()
        inner = raw if name == tag else self._opening + raw + b"</" + tag + b">"
        whole = root + inner + b"</" + name + b">"
        return ChildStream(whole, container=self._container, budget=self._budget)


def _readable(raw: bytes) -> str | None:
    if len(raw.translate(None, _CONTROLS)) != len(raw):
        return None
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    if "&" not in text:
        return text
    if "&#" in text:
        pieces = _NUMERIC.split(text)
        pieces[1::2] = map(_REFERENCES.__getitem__, pieces[1::2])
        text = "".join(pieces)
        if "&" not in text:
            return text
    if _IN_TAG.search(text) or text.count("&") != sum(text.count(name) for name, _ in _NAMED):
        return None
    for name, letter in _NAMED:
        text = text.replace(name, letter)
    return text
