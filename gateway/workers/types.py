"""What a name or a declared type promises, against what the octets are: lies become active content of a document.

Only contradictions between families count (a PDF called `.docx`, a program called `.pdf`); `application/msword` for a
DOCX, or `text/plain` for CSV, are habits of mail programs and no lies.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from gateway.model import ActiveContent
from gateway.readers.sniff import EMPTY, OCTETS, Sniffed

_FAMILY_OF_SUFFIX: Final[dict[str, str]] = {
    suffix: family
    for family, suffixes in {
        "pdf": "pdf",
        "word": "doc docx docm dot dotx dotm odt ott rtf wps",
        "sheet": "xls xlsx xlsm xlsb xlt xltx xltm xlam xla ods ots",
        "slides": "ppt pptx pptm pps ppsx ppsm pot potx potm odp otp",
        "image": "jpg jpeg jpe png gif bmp tif tiff heic heif webp",
        "text": "txt csv tsv log md ini json htm html xhtml mht mhtml xml yml yaml ics vcf eml",
        "archive": "zip rar 7z tar gz tgz bz2 tbz2 xz txz zst cab iso asice asics sce",
        "mail": "msg",
    }.items()
    for suffix in suffixes.split()
}
_FAMILY_OF_TYPE: Final = {
    "application/pdf": "pdf",
    "application/msword": "word",
    "application/rtf": "word",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "word",
    "application/vnd.oasis.opendocument.text": "word",
    "application/vnd.ms-excel": "sheet",
    "application/vnd.ms-excel.sheet.binary.macroenabled.12": "sheet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "sheet",
    "application/vnd.oasis.opendocument.spreadsheet": "sheet",
    "application/vnd.ms-powerpoint": "slides",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "slides",
    "application/vnd.oasis.opendocument.presentation": "slides",
    "application/vnd.ms-outlook": "mail",
    "application/x-dosexec": "program",
    "application/x-elf": "program",
    "application/x-mach-binary": "program",
    "application/java-vm": "program",
    "application/x-ms-shortcut": "program",
    "application/zip": "archive",
    "application/x-7z-compressed": "archive",
    "application/vnd.rar": "archive",
    "application/x-tar": "archive",
    "application/gzip": "archive",
    "application/x-bzip2": "archive",
    "application/x-xz": "archive",
    "application/zstd": "archive",
    "application/vnd.ms-cab-compressed": "archive",
    "application/x-iso9660-image": "archive",
    "application/vnd.etsi.asic-e+zip": "archive",
    "application/vnd.etsi.asic-s+zip": "archive",
}
_TEXT_TYPES: Final = frozenset({"application/xml", "message/rfc822", "application/json"})
_PROGRAMS: Final = frozenset(
    [
        "exe",
        "scr",
        "pif",
        "com",
        "bat",
        "cmd",
        "vbs",
        "vbe",
        "js",
        "jse",
        "wsf",
        "wsh",
        "hta",
        "msi",
        "msp",
        "lnk",
        "cpl",
        "ps1",
        "jar",
        "reg",
        "dll",
        "sys",
        "chm",
        "iqy",
        "url",
        "application",
        "sct",
        "scf",
        "inf",
        "xll",
        "wll",
        "psm1",
        "desktop",
        "apk",
        "appx",
        "msix",
    ]
)
_ONLY_UNREADABLE: Final = frozenset({"com", "application", "inf"})
"""Of these, endings that names of hosts and of people's files have too: a program only when it is no document."""
_HABITS: Final = frozenset({
    # (what the name or label says, what it is) that real programs produce
    ("word", "text"), ("sheet", "text"), ("text", "word"), ("archive", "word"), ("archive", "sheet"),
    ("archive", "slides"), ("word", "mail"),
})  # fmt: skip
_REVERSING: Final = frozenset("\u202a\u202b\u202d\u202e\u2066\u2067\u2068")


def family(kind: str) -> str | None:
    """Return the family of a detected or declared type, None when it has none."""
    if kind.startswith("image/"):
        return "image"
    if kind.startswith("text/") or kind in _TEXT_TYPES:
        return "text"
    return _FAMILY_OF_TYPE.get(kind)


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
        if len(suffixes) > 1 and suffixes[-2] in _FAMILY_OF_SUFFIX:
            found.append(ActiveContent("double-extension", f"name:{suffixes[-2]}.{suffixes[-1]}"))
    if filename and not _REVERSING.isdisjoint(filename):
        found.append(ActiveContent("name-disguise", "bidi"))
    if sniffed.primary in (EMPTY, OCTETS):
        return tuple(found)
    promised = _FAMILY_OF_SUFFIX.get(suffixes[-1]) if suffixes else None
    for source, claim in (("name", promised), ("declared", family(declared_type))):
        if claim is not None and families and claim not in families and not _habitual(claim, families):
            found.append(ActiveContent("type-mismatch", f"{source}:{claim},is:{sniffed.primary}"))
    return tuple(found)


def _is_readable(sniffed: Sniffed) -> bool:
    return family(sniffed.primary) not in (None, "program")


def _habitual(claim: str, families: set[str | None]) -> bool:
    return any((claim, real) in _HABITS for real in families)


def _plain_name(filename: str | None) -> str:
    """Return the name without invisible characters, trailing dots and spaces, in lower case."""
    name = "".join(letter for letter in filename or "" if unicodedata.category(letter) != "Cf")
    return name.lower().rstrip(". ")
