"""Fields of Word that show a property (ECMA-376-1 §17.16.5): TITLE, AUTHOR, DOCPROPERTY and the like.

Their last result is signed, the property is not. LibreOffice shows the property whenever it opens the file, Word when it
updates fields: in headers on its own, in the text before printing. Whoever changes the property changes what is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gateway.signatures import xmldsig
from gateway.signatures.ooxml_parts import CORE_PROPERTIES, CUSTOM_PROPERTIES, EXTENDED_PROPERTIES, Parts

_CODES = re.compile(rb"DOCPROPERTY|TITLE|SUBJECT|AUTHOR|KEYWORDS|COMMENTS|INFO", re.IGNORECASE)
_CODE_TEXTS = re.compile(rb"instrText\b[^>]*>([^<]*)|:instr\s*=\s*([\"'][^<>]*)")
_FIELD = re.compile(
    r"\s*(?:(?:DOCPROPERTY|INFO)\s+(?:\"([^\"]*)\"|(\S+))|(TITLE|SUBJECT|AUTHOR|KEYWORDS|COMMENTS)\b)", re.IGNORECASE
)
_PICTURE = re.compile(r"\\[@#]")
"""A switch by which numbers and dates are written in a form of their own."""
_NAMES = {"author": "creator", "comments": "description"}
"""Names of fields for properties that have another name in the file."""
_WORDS = frozenset({"lpwstr", "lpstr", "bstr"})


@dataclass
class _Field:
    """A field on its way through the text: its code, then what it shows."""

    code: str = ""
    result: str = ""
    shows: bool = False


def fields_differ(parts: Parts, texts: list[str], signed: set[str]) -> bool:
    """Tell whether a field in one of the signed `texts` shows something else than the unsigned property that it names.

    A property that is empty or gone shows nothing else. LibraryFault when a text or the properties cannot be read.
    """
    named = [name for name in texts if _may_show_property(parts.package.read(name).replace(b"\0", b""))]
    values = _properties(parts, signed) if named else {}
    for name in named if values else ():
        if any(_differs(one, values) for one in _fields(xmldsig.parse(parts.package.read(name)))):
            return True
    return False


def _may_show_property(octets: bytes) -> bool:
    # Codes are cut into runs anywhere; a letter may be written as its number.
    codes = b"".join(one for pair in _CODE_TEXTS.findall(octets) for one in pair)
    return b"&#" in codes or _CODES.search(codes) is not None


def _properties(parts: Parts, signed: set[str]) -> dict[str, str]:
    """Words of the unsigned properties by name in small letters."""
    found: dict[str, str] = {}
    for name in parts.package.names:
        kind = parts.type_of(name)
        if name in signed or kind not in {CORE_PROPERTIES, EXTENDED_PROPERTIES, CUSTOM_PROPERTIES}:
            continue
        for one in xmldsig.parse(parts.package.read(name)):
            if not isinstance(one.tag, str):
                continue
            if kind != CUSTOM_PROPERTIES:
                found.setdefault(_local(one), one.text or "")
            elif len(one) and _local(one[0]) in _WORDS:
                found[one.get("name", "").lower()] = one[0].text or ""
    return {name: value for name, value in found.items() if value.strip()}


def _differs(one: _Field, values: dict[str, str]) -> bool:
    match = _FIELD.match(one.code)
    if match is None or _PICTURE.search(one.code):
        return False
    name = (match[1] or match[2] or match[3]).lower()
    value = values.get(_NAMES.get(name, name))
    return value is not None and _plain(value) != _plain(one.result)


def _plain(text: str) -> str:
    """Without blanks and case, which switches of fields change."""
    return "".join(text.split()).casefold()


def _fields(root: Any) -> Iterator[_Field]:
    """Every field of a part, complex and simple ones, when it ends."""
    open_: list[_Field] = []
    for one in root.iter():
        match _local(one):
            case "fldChar":
                kind = _attribute(one, "fldCharType")
                if kind == "begin":
                    open_.append(_Field())
                elif kind == "separate" and open_:
                    open_[-1].shows = True
                elif kind == "end" and open_:
                    done = open_.pop()
                    yield done
                    if open_ and open_[-1].shows:
                        open_[-1].result += done.result
            case "instrText" if open_ and not open_[-1].shows:
                open_[-1].code += one.text or ""
            case "t" if open_ and open_[-1].shows:
                open_[-1].result += one.text or ""
            case "fldSimple":
                yield _Field(_attribute(one, "instr"), "".join(t.text or "" for t in one.iter() if _local(t) == "t"))


def _local(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _attribute(element: Any, name: str) -> str:
    return next((str(value) for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")
