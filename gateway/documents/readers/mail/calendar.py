"""iCalendar and vCard files to runs and inline attachments (RFC 5545, RFC 6350, vCard 2.1)."""

from __future__ import annotations

import binascii
import re
from typing import Final

from gateway import mime
from gateway.documents.readers.base import Budget, Member, Reading, Source
from gateway.documents.readers.containers import Contents
from gateway.documents.readers.markup.data_address import is_data_address, member_of
from gateway.model import ReadStatus, Role, Run

_FOLD: Final = re.compile(r"\r?\n[ \t]")
_SOFT_BREAK: Final = re.compile(r"=\r?\n")
_BINARY: Final = frozenset({"ATTACH", "PHOTO", "LOGO", "SOUND", "KEY"})
_SILENT: Final = frozenset({"BEGIN", "END", "VERSION", "PRODID", "DTSTAMP", "UID", "SEQUENCE", "REV", "CALSCALE"})
_LISTS: Final = frozenset({"CATEGORIES", "RESOURCES", "ORG", "ADR"})
_NEXT: Final = re.compile(r"(?<!\\)[,;]")
"""Sign between the values of a list."""
_ESCAPES: Final = {"n": "\n", "N": "\n", ",": ",", ";": ";", "\\": "\\"}
_HEAD: Final = re.compile(r'((?:[^":]|"[^"]*+")*+):')
"""All before the first colon outside quotes."""
_PARAMETER: Final = re.compile(r'(?:[^;"]|"[^"]*")+')
_NO_TYPE: Final = re.compile(r"\s|[^\x00-\x7f]")
_LINES: Final = 200_000


def read(source: Source, budget: Budget) -> Reading:
    """Return each property's text as a run, and what is attached inline as members."""
    vcard = source.detected_type == "text/vcard"
    contents = Contents(source, "vcard" if vcard else "calendar", budget)
    text = mime.decode_charset(source.data, source.charset)
    lines = _FOLD.sub("", _SOFT_BREAK.sub("", text) if "QUOTED-PRINTABLE" in text.upper() else text).splitlines()
    if len(lines) > _LINES:
        contents.fault(ReadStatus.LIMIT, "lines")
    with contents.filling():
        for number, line in enumerate(lines[:_LINES]):
            if not number % 1024:
                budget.check_time()
            contents.runs += _property(contents, line, 2 * number)
    return contents.reading()


def _property(contents: Contents, line: str, block: int) -> list[Run]:
    """Take one unfolded content line: its value and the words of its parameters, or a member for inline binary data."""
    head = _HEAD.match(line)
    if head is None:
        return [Run(text=line, block=block)] if line.strip() else []
    value = line[head.end() :]
    name, *parameters = _PARAMETER.findall(head[1]) or [""]
    name = name.rpartition(".")[2].upper()
    settings = [parameter.upper().replace(" ", "").replace('"', "") for parameter in parameters]
    encoded = any(setting in {"ENCODING=B", "ENCODING=BASE64", "BASE64"} for setting in settings)
    said = [parameter.partition("=")[2].strip('"') for parameter in parameters]
    for address in filter(_is_file, said):  # ALTREP: the same text in another form
        _attach(contents, name, parameters, address)
    if (name in _BINARY and encoded) or _is_file(value):
        _attach(contents, name, parameters, value)
        return []
    if name in _SILENT:
        return []
    if any("QUOTED-PRINTABLE" in setting for setting in settings):
        octets = binascii.a2b_qp(value.encode("utf-8", "replace"))
        charset = next((setting.partition("=")[2] for setting in settings if setting.startswith("CHARSET=")), None)
        value = mime.decode_charset(octets, charset)
    # X-ALT-DESC is what programs show in place of DESCRIPTION, AGENT a card within the card (vCard 3.0 §3.5.4).
    kind = (
        "text/html" if "FMTTYPE=TEXT/HTML" in settings else "text/vcard" if value[:11].upper() == "BEGIN:VCARD" else ""
    )
    if kind:
        words = _unescaped(value).encode("utf-8", "replace")
        contents.budget.take_bytes(len(words))
        contents.add(Member(name=f"{name.lower()}.{kind[5:]}", data=words, declared_type=kind, charset="utf-8"))
        return []
    if name in _LISTS:
        value = _NEXT.sub("\n", value)
    contents.name(_file_name(parameters))
    role = Role.HEADING if name in {"SUMMARY", "FN"} else Role.BODY
    named = ", ".join(words for words in said if not words.isascii())
    return [
        Run(text=text, block=at, role=given, locator=f"property:{name}")
        for text, at, given in ((_unescaped(value), block, role), (named, block + 1, Role.NAME))
        if text.strip()
    ]


def _is_file(value: str) -> bool:
    """Return whether a value is an address that holds a file, no words that begin as one does."""
    return is_data_address(value) and _NO_TYPE.search(value.partition(",")[0]) is None


def _attach(contents: Contents, name: str, parameters: list[str], value: str) -> None:
    held = member_of(value if _is_file(value) else f"data:;base64,{value}", 0)
    if held is None:
        contents.fault(ReadStatus.PARTIAL, "attachment-encoding")
        return
    contents.budget.take_bytes(len(held.data))
    name = _file_name(parameters) or name.lower()
    contents.add(Member(name=name, data=held.data, relation="attachment", declared_type=held.declared_type))


def _file_name(parameters: list[str]) -> str:
    """Return the name that a property gives to a file, empty for none."""
    given = (parameter for parameter in parameters if "FILENAME=" in parameter.upper())
    return next(given, "").partition("=")[2].strip('"')


def _unescaped(value: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), value)
