"""Password candidates in the text of a mail: "mật khẩu: 123456", "pass là Abc@2026", "mk 0912", "password is ...".

People send a locked file and its password together, or leave the password in the file name. Candidates follow one
of the usual words, on the same line or alone on the next. They are tried on every locked file of the same mail; none is
ever logged or put into a result.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

LIMIT: Final = 30
"""Candidates for one mail; each costs a key derivation."""
_TEXT_LIMIT: Final = 200_000
_LONGEST: Final = 64

_WORD: Final = re.compile(
    r"(?:mật\s{0,3}khẩu|mat\s{0,3}khau|m[ạa]t\s{0,3}m[ãa]|mã\s{0,3}(?:khóa|khoá|mở|bảo\s{0,3}vệ|giải\s{0,3}nén)|khóa\s{0,3}file"
    r"|pass(?:word|code|phrase)?|pwd|passwd|pw|mk|pin|key)\b",
    re.IGNORECASE,
)
_LEAD: Final = re.compile(
    r"[\s)\]]*+(?:(?:để|giải\s?nén|mở|file|tệp|tập\s?tin|zip|rar|của|cho|văn\s?bản|tài\s?liệu|đính\s?kèm|hồ\s?sơ|này|như\s?sau|to|open|for|the"
    r"|attached|document|archive|extract)\b\s*+){0,8}+(?:là|is|=|:|：|-|–|—|\()*+\s*+(?:là|is)?\s*+[:=]?\s*+",
    re.IGNORECASE,
)
_QUOTES: Final = "\"'“”‘’«»()[]{}<>`"
_TRAILING: Final = ".,;:!?"


def candidates(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the candidates of all texts, most likely first, at most `LIMIT`."""
    found: dict[str, None] = {}
    for text in texts:
        for candidate in _in_text(unicodedata.normalize("NFC", text[:_TEXT_LIMIT])):
            found[candidate] = None
            if len(found) >= LIMIT:
                return tuple(found)
    return tuple(found)


def _in_text(text: str) -> Iterator[str]:
    for word in _WORD.finditer(text):
        if word.start() and (text[word.start() - 1].isalnum() or text[word.start() - 1] == "_"):
            continue
        lead = _LEAD.match(text, word.end(), word.end() + 120)
        start = lead.end() if lead else word.end()
        line = text[start : start + 200].split("\n", 1)[0].split("\r", 1)[0].strip()
        if not line:
            # "Mật khẩu:" with the password alone on the next line
            line = text[start : start + 200].lstrip().split("\n", 1)[0].strip()
        yield from _tokens(line)


def _tokens(line: str) -> Iterator[str]:
    """Yield what the start of a line may mean: the quoted part, the first word in several trims, the short whole line."""
    if not line:
        return
    quoted = re.match(r"[\"'“‘«(\[](.{1,64}?)[\"'”’»)\]]", line)
    if quoted:
        yield quoted[1]
    first = line.split(maxsplit=1)[0][:_LONGEST]
    for form in (first, first.rstrip(_TRAILING), first.strip(_QUOTES + _TRAILING), first.strip(_QUOTES)):
        if form:
            yield form
    if " " in line and len(line) <= _LONGEST:
        yield line
        yield line.rstrip(_TRAILING)
    words = line.split()
    if len(words) > 1 and any(letter.isdigit() for letter in words[1]):
        yield words[1].strip(_QUOTES + _TRAILING)[:_LONGEST]
