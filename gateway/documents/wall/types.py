"""Names and declared types against the detected type: mismatches become active content of a document.

Only contradictions between families count (a PDF called `.docx`, a program called `.pdf`); `application/msword` for a
DOCX, or `text/plain` for CSV, are habits of mail programs, not false types.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from gateway.documents.readers.sniff import EMPTY, OCTETS, Sniffed
from gateway.model import ActiveContent
from gateway.model.formats import BY_SUFFIX, Family, Format, by_type

_PROMISING: Final = frozenset({
    Family.PDF, Family.WORD, Family.SHEET, Family.SLIDES, Family.IMAGE, Family.TEXT, Family.MAIL, Family.ARCHIVE, Family.PROGRAM,
})  # fmt: skip
"""Families that people know by name: only these can be lied about."""
_PROGRAMS: Final = frozenset({
    "exe", "scr", "pif", "com", "bat", "cmd", "vbs", "vbe", "js", "jse", "wsf", "wsh", "hta", "msi", "msp", "lnk",
    "cpl", "ps1", "jar", "reg", "dll", "sys", "chm", "iqy", "url", "application", "sct", "scf", "inf", "xll", "wll",
    "psm1", "desktop", "apk", "appx", "msix",
})  # fmt: skip
"""Endings of files that a double click runs."""
_ONLY_UNREADABLE: Final = frozenset({"com", "application", "inf"})
"""Of these, endings that names of hosts and of people's files have too: a program only when it is no document."""
_HABITS: Final = frozenset({
    # (what the name or label says, what it is) that real programs produce
    ("word", "text"), ("sheet", "text"), ("text", "word"), ("archive", "word"), ("archive", "sheet"),
    ("archive", "slides"), ("word", "mail"),
})  # fmt: skip
_REVERSING: Final = frozenset("\u202a\u202b\u202d\u202e\u2066\u2067\u2068")


def family(kind: str) -> Family | None:
    """Return the family of a detected or declared type, None when it has none that people know."""
    if kind.startswith("image/") and not kind.endswith("+xml"):
        return Family.IMAGE
    return Family.TEXT if kind.startswith("text/") else _known(by_type(kind))


def _known(row: Format | None) -> Family | None:
    return row.family if row is not None and row.family in _PROMISING else None


def lies(filename: str | None, declared_type: str, sniffed: Sniffed) -> tuple[ActiveContent, ...]:
    """Return what name and declared type say wrongly about a part."""
    found: list[ActiveContent] = []
    if sniffed.polyglot:
        found.append(ActiveContent("polyglot", ",".join(sniffed.types)))
    families = {family(kind) for kind in sniffed.types} - {None}
    if "program" in families:
        found.append(ActiveContent("executable", sniffed.primary))
    name = _plain_name(filename)
    suffixes = name.split(".")[1:]
    if suffixes and suffixes[-1] in _PROGRAMS and not (suffixes[-1] in _ONLY_UNREADABLE and _is_readable(sniffed)):
        found.append(ActiveContent("executable", f"name:{suffixes[-1]}"))
        if len(suffixes) > 1 and _known(BY_SUFFIX.get(suffixes[-2])):
            found.append(ActiveContent("double-extension", f"name:{suffixes[-2]}.{suffixes[-1]}"))
    if filename and not _REVERSING.isdisjoint(filename):
        found.append(ActiveContent("name-disguise", "bidi"))
    if sniffed.primary in (EMPTY, OCTETS):
        return tuple(found)
    promised = _known(BY_SUFFIX.get(suffixes[-1])) if suffixes else None
    for source, claim in (("name", promised), ("declared", family(declared_type))):
        if claim is not None and families and claim not in families and not _habitual(claim, families):
            found.append(ActiveContent("type-mismatch", f"{source}:{claim},is:{sniffed.primary}"))
    return tuple(found)


def _is_readable(sniffed: Sniffed) -> bool:
    return family(sniffed.primary) not in (None, "program")


def _habitual(claim: Family, families: set[Family | None]) -> bool:
    return any((claim, real) in _HABITS for real in families)


def _plain_name(filename: str | None) -> str:
    """Return the name without invisible characters, trailing dots and spaces, in lower case."""
    name = "".join(letter for letter in filename or "" if unicodedata.category(letter) != "Cf")
    return name.lower().rstrip(". ")
