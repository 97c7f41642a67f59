"""The body of a multipart cut at its delimiter lines (RFC 2046 §5.1.1).

Only the lines that hold the boundary are looked at. A line that some readers take
for a delimiter and others do not is reported. Parts behind the close delimiter are parts too, and are reported.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from mmap import mmap

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BOUNDARY_CHARACTERS = re.compile(r"[ -~]*")
_LONGEST = 70
_TAIL = 256
_FEW_HYPHENS = 32
"""Those of a header of a part."""


@dataclass
class Scan:
    """Work left for the whole message: a bound on the boundary look-alikes that are examined."""

    candidates: int = 50_000


@dataclass
class Pieces:
    """Regions of one multipart body, as offsets in the message."""

    parts: list[tuple[int, int]] = field(default_factory=list)
    preamble: tuple[int, int] = (0, 0)
    epilogues: list[tuple[int, int]] = field(default_factory=list)
    codes: list[tuple[str, str]] = field(default_factory=list)
    """Ambiguity code and detail."""
    found: bool = False
    """Whether there is a delimiter line at all."""


@dataclass(frozen=True)
class _Line:
    """A delimiter line: where the text before it ends, where the text behind it begins."""

    before: int
    after: int
    closes: bool


def boundary_faults(boundary: str) -> list[str]:
    """Name what makes a boundary read differently by different readers."""
    faults = []
    if not boundary:
        faults.append("empty-boundary")
    if len(boundary) > _LONGEST:
        faults.append("long-boundary")
    if boundary != boundary.strip():
        faults.append("boundary-space")
    if not _BOUNDARY_CHARACTERS.fullmatch(boundary) or '"' in boundary or "\\" in boundary:
        faults.append("boundary-characters")
    return faults


def cut(content: bytes | mmap, start: int, end: int, *, boundary: bytes, scan: Scan, limit_parts: int) -> Pieces:
    """Cut the region at its delimiter lines."""
    pieces = Pieces(preamble=(start, end))
    open_at: int | None = None
    text_at = start
    seen_close = False
    for line in _lines(content, start, end, needle=b"--" + boundary, scan=scan, codes=pieces.codes):
        if open_at is not None:
            pieces.parts.append((open_at, max(open_at, line.before)))
        elif not pieces.found:
            pieces.preamble = (start, max(start, line.before))
        else:
            pieces.epilogues.append((text_at, max(text_at, line.before)))
        pieces.found = True
        open_at, text_at = (None, line.after) if line.closes else (line.after, line.after)
        if seen_close and not line.closes:
            pieces.codes.append(("part-after-close", ""))
        seen_close = seen_close or line.closes
        if len(pieces.parts) >= limit_parts:
            pieces.codes.append(("limit-parts", ""))
            break
    if open_at is not None:
        pieces.parts.append((open_at, end))
        pieces.codes.append(("missing-close-boundary", ""))
    elif pieces.found:
        pieces.epilogues.append((min(text_at, end), end))
    return pieces


def _lines(
    content: bytes | mmap, start: int, end: int, *, needle: bytes, scan: Scan, codes: list[tuple[str, str]]
) -> list[_Line]:
    """Find the delimiter lines of a region in order."""
    lines = []
    at = find_delimiter(content, needle, start, end)
    while at >= 0:
        scan.candidates -= 1
        if scan.candidates < 0:
            codes.append(("limit-delimiters", ""))
            break
        before = _line_start(content, at, start, codes)
        if before is not None:
            line = _delimiter(content, at, end, width=len(needle), before=before, codes=codes)
            if line is not None:
                lines.append(line)
                at = line.after - 1
        at = find_delimiter(content, needle, at + 1, end)
    return lines


def find_delimiter(content: bytes | mmap, needle: bytes, start: int, end: int) -> int:
    """Return the offset of a needle with two hyphens, as `find`: base64 has none, and one byte is found twenty times as fast."""
    lead = needle.index(b"--")
    at = start + lead
    for _ in range(_FEW_HYPHENS):
        hyphen = content.find(b"-", at, end)
        if hyphen < 0:
            return -1
        if content[hyphen + 1 : hyphen + 2] == b"-":
            return content.find(needle, hyphen - lead, end)
        at = hyphen + 1
    return content.find(needle, at - lead, end)


def _line_start(content: bytes | mmap, at: int, start: int, codes: list[tuple[str, str]]) -> int | None:
    """Return where the text before a line ends, None when `at` is not the beginning of a line."""
    if at == start:
        return at
    last = content[at - 1]
    if last == 10:
        if content[at - 2] == 13:
            return max(at - 2, start)
        codes.append(("bare-lf", "before a boundary"))
        return at - 1
    if last == 13:
        codes.append(("bare-cr", "before a boundary"))
        return at - 1
    return None


def _delimiter(
    content: bytes | mmap, at: int, end: int, *, width: int, before: int, codes: list[tuple[str, str]]
) -> _Line | None:
    """Read the line that begins with the boundary; None when more follows than a delimiter allows."""
    window = content[at + width : min(end, at + width + _TAIL)]
    line_end = _LINE_END.search(window)
    if line_end is None and len(window) == _TAIL:
        codes.append(("boundary-prefix", ""))
        return None
    tail = window[: line_end.start()] if line_end else window
    after = at + width + line_end.end() if line_end else end
    if line_end and line_end[0] != b"\r\n":
        codes.append(("bare-cr" if line_end[0] == b"\r" else "bare-lf", "behind a boundary"))
    match tail.rstrip(b" \t"):
        case b"":
            return _Line(before, after, closes=False)
        case b"--":
            return _Line(before, after, closes=True)
        case longer:
            word = (content[at + 2 : at + width] + longer).removesuffix(b"--")
            codes.append(("boundary-prefix", word.decode("utf-8", "replace")))
            return None
