"""Words of a signed Word text that come from properties (ECMA-376-1 §17.5.2.6, §17.16.5): bound controls and fields.

Office leaves title, author, dates and the like unsigned, fills a bound control with them whenever it opens the file, and a
field when it updates it; LibreOffice fills both at once. Whoever changes the property changes what is read, by a signature
that holds. So only what is safe is accepted: a field whose source is the text itself or a clock, and a control or field whose
unsigned source is found and says what was signed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from gateway.documents.signatures import canonical_xml
from gateway.documents.signatures.ooxml_parts import Parts, property_parts
from gateway.documents.signatures.wall import LibraryFault, wall

_OF_THE_TEXT = frozenset((
    "", "=", "addin", "addressblock", "advance", "ask", "autonum", "autonumlgl", "autonumout", "autotext", "autotextlist",
    "barcode", "compare", "control", "date", "displaybarcode", "docvariable", "embed", "eq", "filename", "filesize", "fillin",
    "formcheckbox", "formdropdown", "formtext", "glossary", "gotobutton", "greetingline", "htmlcontrol", "hyperlink", "if",
    "index", "listnum", "macrobutton", "mergebarcode", "mergefield", "mergerec", "mergeseq", "next", "nextif", "noteref",
    "numpages", "page", "pageref", "print", "private", "quote", "ref", "section", "sectionpages", "seq", "set", "shape",
    "skipif", "styleref", "symbol", "ta", "tc", "time", "toa", "toc", "useraddress", "userinitials", "username", "xe",
))  # fmt: skip
"""Fields that show the text, parts that are signed, or what lies outside the file: the clock, its name, who reads it."""
_OF_SOURCES = frozenset({"citation", "bibliography"})
"""Fields that show custom XML."""
_PROPERTIES = {
    "author": "creator", "comments": "description", "createdate": "created", "createtime": "created",
    "edittime": "totaltime", "lastsavedby": "lastmodifiedby", "lastsavedtime": "modified",
    "nameofapplication": "application", "numchars": "characters", "numwords": "words", "printdate": "lastprinted",
    "revisionnumber": "revision", "revnum": "revision", "savedate": "modified", "security": "docsecurity",
    "totaleditingtime": "totaltime",
}  # fmt: skip
"""Fields and names of DOCPROPERTY for properties that have another name in the file; every other has its own."""
_SHOWING_PROPERTIES = frozenset((
    "author", "comments", "createdate", "edittime", "keywords", "lastsavedby", "numchars", "numwords", "printdate", "revnum",
    "savedate", "subject", "template", "title",
))  # fmt: skip
_STORES = frozenset({"{6c3c8bc8-f283-45ae-878a-bab7291924a1}", "{6668398d-a668-4e3e-a5eb-62b293d839f1}"})
"""Identifiers by which a binding names the core and the extended properties."""
_CODE = re.compile(r"\s*(=|[^\s\"\\]*)\s*(?:\"([^\"]*)\"|([^\s\\]\S*))?")
_PREFIX = re.compile(r"xmlns:([\w.-]+)\s*=\s*(?:'([^']*)'|\"([^\"]*)\")")
_CASE_SWITCH = re.compile(r"\\\*\s*(?:upper|lower|caps|firstcap)", re.IGNORECASE)
_DATE_SWITCH = re.compile(r"\\@\s*(?:\"([^\"]*)\"|(\S+))")
_DATE_STEP = re.compile(r"d{1,2}|M{1,2}|y{4}|yy|'[^']*'|[^A-Za-z]")
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T|\Z)")
_MAX_CONTROLS = 2000
_IN_WORD = re.compile(
    r"\{http://(?:schemas\.openxmlformats\.org|purl\.oclc\.org/ooxml)/wordprocessingml/(?:2006/)?main\}"
)
_EITHER_OR = frozenset({"Choice", "Fallback", "del", "moveFrom"})
_BLANKS = frozenset({"tab", "br", "cr", "p"})


def has_bindings(octets: bytes) -> bool:
    """Whether a part has bound controls, which may show custom XML."""
    return b"dataBinding" in octets.replace(b"\0", b"")


def may_show_properties(octets: bytes) -> bool:
    """Whether a part has fields or bound controls."""
    plain = octets.replace(b"\0", b"")
    return any(word in plain for word in (b"fldChar", b"fldSimple", b"dataBinding"))


def shows_other_than_signed(parts: Parts, texts: Iterable[str], signed: set[str]) -> bool:
    """Return whether something in one of the signed `texts` has an unsigned source that is not known to say the same.

    LibraryFault when a text or the properties cannot be read.
    """
    trees = [(name in signed, canonical_xml.parse(parts.package.read(name))) for name in property_parts(parts)]
    values = _values(tree for is_signed, tree in trees if not is_signed)
    sealed = _values(tree for is_signed, tree in trees if is_signed)
    sources = {name for name in parts.package.names if name.lower().startswith("customxml/")}
    safe = _OF_THE_TEXT | _OF_SOURCES if sources <= signed else _OF_THE_TEXT
    for name in texts:
        root = canonical_xml.parse(parts.package.read(name))
        controls = list(_named(root, "sdt"))
        if len(controls) > _MAX_CONTROLS or any(_control_differs(one, trees) for one in controls):
            return True
        for one in _fields(root):
            if one.is_torn or (_code(one)[0] not in safe and _field_differs(one, values, sealed)):
                return True
    return False


def _values(trees: Iterable[Any]) -> dict[str, set[str]]:
    """Every value of the properties by name in small letters."""
    found: dict[str, set[str]] = {}
    for one in (one for tree in trees for one in tree if isinstance(one.tag, str)):
        name = one.get("name", "") if _local(one) == "property" else _local(one)
        found.setdefault(name.lower(), set()).add("".join(one.itertext()))
    return found


def _control_differs(control: Any, trees: list[tuple[bool, Any]]) -> bool:
    """Whether a control is bound to properties that do not say what it shows, in whichever part its path leads to them."""
    settings = next((one for one in control if _local(one) == "sdtPr"), None)
    bindings = list(_named(settings, "dataBinding")) if settings is not None else []
    if not bindings:
        return False
    placeholder = next(_named(settings, "showingPlcHdr"), None)
    hides = placeholder is not None and (_attribute(placeholder, "val") or "true").lower() in {"1", "true", "on"}
    shown = "" if hides else _text(control, "sdtContent")
    for binding in bindings:
        found = [(is_signed, value) for is_signed, tree in trees for value in _resolve(binding, tree)]
        if not found and _attribute(binding, "storeItemID").lower() in _STORES:
            found = [(False, "")]
        for is_signed, value in found:
            if not is_signed and _plain(value) != _plain(shown) and not _stands_for(value, shown, settings):
                return True
    return False


def _resolve(binding: Any, tree: Any) -> list[str]:
    prefixes = {name: one or other for name, one, other in _PREFIX.findall(_attribute(binding, "prefixMappings"))}
    with wall("xpath"):
        found: Any = etree.XPath(_attribute(binding, "xpath"), namespaces=prefixes, regexp=False)(tree)
    if not isinstance(found, list):
        raise LibraryFault("xpath", "no nodes")
    return ["".join(one.itertext()) if hasattr(one, "itertext") else str(one) for one in found]


def _stands_for(value: str, shown: str, settings: Any) -> bool:
    """Whether a control of a kind shows a value in words of its own: a day, an item of a list, a tick."""
    for one in settings.iter():
        match _local(one):
            case "date" if _day(value) and _day(value) == _day(_attribute(one, "fullDate")):
                return True
            case "listItem" if _attribute(one, "value") == value:
                return _plain(_attribute(one, "displayText")) == _plain(shown)
            case "checked":
                return _is_true(value) == _is_true(_attribute(one, "val"))
    return False


def _is_true(value: str) -> bool:
    return value.strip().lower() in {"1", "true", "on"}


@dataclass
class _Field:
    """A field on its way through the text: its code, then what it shows."""

    code: str = ""
    result: str = ""
    shows: bool = False
    place: tuple[Any, ...] = ()
    """Alternatives and deletions that it begins in; one whose parts stand in others is another field to every program."""
    is_torn: bool = False


def _field_differs(one: _Field, values: dict[str, set[str]], sealed: dict[str, set[str]]) -> bool:
    keyword, argument = _code(one)
    if keyword != "docproperty" and keyword not in _SHOWING_PROPERTIES:
        return True
    name = argument if keyword == "docproperty" else keyword
    name = _PROPERTIES.get(name, name)
    return not all(_shown_as(value, one) for value in values.get(name, () if name in sealed else ("",)))


def _code(one: _Field) -> tuple[str, str]:
    """Keyword and argument of a field in small letters; INFO is the field that it names (§17.16.5.27)."""
    match = _CODE.match(one.code)
    keyword, argument = (match[1].lower(), (match[2] or match[3] or "").lower()) if match else ("", "")
    if not keyword and one.code.strip():
        keyword = "?"  # a name in quotes, say: what each program makes of it
    return (argument, "") if keyword == "info" else (keyword, argument)


def _shown_as(value: str, field: _Field) -> bool:
    """Whether a value is what a field shows, in the form that its switches give it (ECMA-376-1 §17.16.4)."""
    shown, value = _plain(field.result), _plain(value)
    if value == shown or (_CASE_SWITCH.search(field.code) and value.casefold() == shown.casefold()):
        return True
    if (picture := _DATE_SWITCH.search(field.code)) and (day := _day(value)):
        return shown == _written(day, picture[1] or picture[2])
    return "\\#" in field.code and value.isdecimal() and value == re.sub(r"[., ]", "", shown)


def _day(value: str) -> tuple[str, str, str] | None:
    match = _DAY.match(value.strip())
    return (match[1], match[2], match[3]) if match else None


def _written(day: tuple[str, str, str], picture: str) -> str | None:
    """A day in a date picture (ECMA-376-1 §17.16.4.1); None when the picture wants more than digits of day, month and year."""
    steps = _DATE_STEP.findall(picture)
    if "".join(steps) != picture:
        return None
    year, month, number = day
    forms = {"yyyy": year, "yy": year[2:], "MM": month, "M": month.lstrip("0"), "dd": number, "d": number.lstrip("0")}
    return _plain("".join(forms.get(one, one.strip("'")) for one in steps))


def _plain(text: str) -> str:
    return " ".join(text.split())


def _fields(root: Any) -> Iterator[_Field]:
    """Every field of a part, complex and simple ones, when it ends."""
    open_: list[_Field] = []
    for one in root.iter():
        match name := _local(one):
            case "fldChar" | "instrText" | "fldSimple" if not _IN_WORD.match(one.tag):
                yield _Field(is_torn=True)
            case "fldChar":
                kind = _attribute(one, "fldCharType")
                if kind == "begin":
                    open_.append(_Field(place=_alternatives(one)))
                    continue
                if not open_ or open_[-1].place != _alternatives(one) or (kind == "separate" and open_[-1].shows):
                    yield _Field(is_torn=True)
                if kind == "separate" and open_:
                    open_[-1].shows = True
                elif kind == "end" and open_:
                    done = open_.pop()
                    yield done
                    if open_ and open_[-1].shows:
                        open_[-1].result += done.result
            case "instrText" if open_:
                open_[-1].code += one.text or ""
                open_[-1].is_torn |= open_[-1].shows or open_[-1].place != _alternatives(one)
            case "t" if open_ and open_[-1].shows:
                open_[-1].result += one.text or ""
            case "fldSimple":
                yield _Field(_attribute(one, "instr"), _text(one))
            case _ if name in _BLANKS and open_ and open_[-1].shows:
                open_[-1].result += " "
    if open_:
        yield _Field(is_torn=True)


def _alternatives(element: Any) -> tuple[Any, ...]:
    return tuple(one for one in element.iterancestors() if _local(one) in _EITHER_OR)


def _text(element: Any, within: str = "") -> str:
    """The words in an element, or in its children of one name."""
    roots = [one for one in element if _local(one) == within] if within else [element]
    words = (one for root in roots for one in root.iter())
    return "".join(one.text or "" if (name := _local(one)) == "t" else " " if name in _BLANKS else "" for one in words)


def _named(root: Any, name: str) -> Iterator[Any]:
    """By local name: transitional and strict files have namespaces of their own."""
    return (one for one in root.iter() if _local(one) == name)


def _local(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _attribute(element: Any, name: str) -> str:
    """The attribute of a local name; LibraryFault when two namespaces have one, of which each program takes its own."""
    found = {str(value) for key, value in element.attrib.items() if key.rpartition("}")[2] == name}
    if len(found) > 1:
        raise LibraryFault("attribute", name)
    return next(iter(found), "")
