"""Words of a signed Word text that come from properties (ECMA-376-1 §17.5.2.6, §17.16.5): bound controls and fields.

Office leaves title, author, dates and the like unsigned, fills a bound control with them whenever it opens the file, and a
field when it updates it; LibreOffice fills both at once. Changing the property changes what is read, under a valid
signature. So only what is safe is accepted: a field whose source is the text itself or a clock, and a control or field whose
unsigned source is found and says what was signed, both in a form that every program reads alike.
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
"""Fields that show the text, parts that are signed, or what is outside the file: the clock, its name, who reads it."""
_OF_THE_READER = frozenset((
    "ask", "autotext", "autotextlist", "date", "filename", "filesize", "fillin", "print", "time", "useraddress", "userinitials",
    "username",
))  # fmt: skip
"""Those of them that say something else to everybody, or tomorrow: plain to whoever reads them, but not in the code of another."""
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
_CORE_STORE = "{6c3c8bc8-f283-45ae-878a-bab7291924a1}"
_STORES = frozenset({_CORE_STORE, "{6668398d-a668-4e3e-a5eb-62b293d839f1}"})
"""Identifiers by which a binding names the core and the extended properties."""
_CODE = re.compile(r"\s*(=|[^\s\"\\]*)\s*(?:\"([^\"]*)\"|([^\s\\]\S*))?")
_PREFIX = re.compile(r"xmlns(?::([\w.-]+))?=(['\"])([^'\"=\s]*)\2(?:\s+|\Z)")
_CASE_SWITCH = re.compile(r"\\\*\s*(?:upper|lower|caps|firstcap)", re.IGNORECASE)
_DATE_SWITCH = re.compile(r"\\@\s*(?:\"([^\"]*)\"|(\S+))")
_DATE_STEP = re.compile(r"d{1,2}|M{1,2}|y{4}|yy|'[^']*'|[^A-Za-z]")
_NUMBER_SWITCH = re.compile(r"\\#\s*(?:\"(?:#[., ]##)?0\"|(?:#[.,]##)?0(?!\S))")
"""A picture of whole numbers, whatever the language of the reader."""
_NUMBER = re.compile(r"\d{1,3}(?:[., ]\d{3})*|\d+")
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T(?:0\d|1[0-6]):[\d:.]+Z?)?")
"""A moment that is of one day by universal time and by that of Vietnam."""
_UNPLAIN = re.compile(rb"<!|(?<!\A)<\?")
"""Comments, CDATA and instructions: programs take the words before them, behind them or all."""
_UNREAD = "\0"
"""Stands in words for what is not plain text, and equals no value."""
_MAX_CONTROLS = 2000
_IN_WORD = re.compile(
    r"\{http://(?:schemas\.openxmlformats\.org|purl\.oclc\.org/ooxml)/wordprocessingml/(?:2006/)?main\}"
)
_THROUGH = frozenset((
    "body", "customXml", "hyperlink", "ins", "moveTo", "p", "r", "sdt", "sdtContent", "smartTag", "tbl", "tc", "tr",
))  # fmt: skip
"""Elements in which the parts of one field may be apart; by any other, an alternative or a deletion say, programs part it."""
_BLANKS = frozenset({"tab", "br", "cr", "p"})
_WITHOUT_WORDS = frozenset((
    "bookmarkEnd", "bookmarkStart", "commentRangeEnd", "commentRangeStart", "lastRenderedPageBreak", "permEnd", "permStart",
    "proofErr", "softHyphen",
))  # fmt: skip
_SETTINGS = frozenset(
    {"customXmlPr", "pPr", "rPr", "sdtEndPr", "sdtPr", "smartTagPr", "tblGrid", "tblPr", "tcPr", "trPr"}
)
_HIDING = frozenset({"specVanish", "vanish", "webHidden"})


def has_bindings(octets: bytes) -> bool:
    """Return whether a part has bound controls, which may show custom XML."""
    return b"dataBinding" in octets.replace(b"\0", b"")


def may_show_properties(octets: bytes) -> bool:
    """Return whether a part has fields or bound controls, or is written so that these words are not found in it."""
    plain = octets.replace(b"\0", b"")
    words = (b"fldChar", b"fldSimple", b"dataBinding")
    return any(word in plain for word in words) or not canonical_xml.has_plain_letters(plain)


def shows_other_than_signed(parts: Parts, texts: Iterable[str], signed: set[str]) -> bool:
    """Return whether something in one of the signed `texts` has an unsigned source that is not known to say the same.

    LibraryFault when a text or the properties cannot be read.
    """
    trees = [(name in signed, _properties(parts, name)) for name in property_parts(parts)]
    values = _values(tree for is_signed, tree in trees if not is_signed)
    sealed = _values(tree for is_signed, tree in trees if is_signed)
    sources = {name for name in parts.package.names if name.lower().startswith("customxml/")}
    safe = _OF_THE_TEXT | _OF_SOURCES if sources <= signed else _OF_THE_TEXT
    for name in texts:
        root = canonical_xml.parse_words(parts.package.read(name))
        bindings = list(root.iter("{*}dataBinding"))
        if len(bindings) > _MAX_CONTROLS or any(_control_differs(one, trees) for one in bindings):
            return True
        for one in _fields(root):
            if one.is_torn or (_code(one)[0] not in safe and _field_differs(one, values, sealed)):
                return True
    return False


def _properties(parts: Parts, name: str) -> Any:
    """The tree of a property part; LibraryFault when programs take different words out of it."""
    octets = parts.package.read(name)
    if _UNPLAIN.search(octets.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xfe\xff")):
        raise LibraryFault("properties", "not plain")
    return canonical_xml.parse_words(octets)


def _values(trees: Iterable[Any]) -> dict[str, set[str]]:
    """Every value of the properties by name in small letters."""
    found: dict[str, set[str]] = {}
    for one in (one for tree in trees for one in tree):
        name = one.get("name", "") if _local(one) == "property" else _local(one)
        value = one
        while len(value) == 1 and not (value.text or value[0].tail or "").strip():
            value = value[0]  # in the element of its type
        found.setdefault(name.lower(), set()).add(_only_text(value))
    return found


def _only_text(element: Any) -> str:
    return element.text or "" if not len(element) else _UNREAD


def _control_differs(binding: Any, trees: list[tuple[bool, Any]]) -> bool:
    """Return whether a control is bound to properties that do not say what it shows, in whichever part its path leads to them."""
    settings = binding.getparent()
    control = settings.getparent() if _local(settings) == "sdtPr" else None
    inner = [_local(one) for one in control] if control is not None else []
    if control is None or _local(control) != "sdt" or inner.count("sdtPr") != 1 or inner.count("sdtContent") > 1:
        return True
    placeholder = next(settings.iter("{*}showingPlcHdr"), None)
    hides = placeholder is not None and _is_on(placeholder)
    content = next((one for one in control if _local(one) == "sdtContent"), None)
    shown = "" if hides or content is None else _words(content)
    store = _attribute(binding, "storeItemID").lower()
    core = [(is_signed, tree) for is_signed, tree in trees if store == _CORE_STORE and _local(tree) == "coreProperties"]
    found = _resolve(binding, core) or _resolve(binding, trees) or ([(False, "")] if store in _STORES else [])
    return any(
        not is_signed and _plain(value) != _plain(shown) and not _stands_for(value, shown, settings)
        for is_signed, value in found
    )


def _resolve(binding: Any, trees: list[tuple[bool, Any]]) -> list[tuple[bool, str]]:
    with wall("xpath"):
        path = etree.XPath(_attribute(binding, "xpath"), namespaces=_prefixes(binding), regexp=False)
        found: Any = [(is_signed, path(tree)) for is_signed, tree in trees]
    if not all(isinstance(nodes, list) for _, nodes in found):
        raise LibraryFault("xpath", "no nodes")
    return [
        (is_signed, _only_text(one) if hasattr(one, "itertext") else str(one))
        for is_signed, nodes in found
        for one in nodes
    ]


def _prefixes(binding: Any) -> dict[str, str]:
    """The prefixes of a binding; LibraryFault when they are written so that a program may understand others."""
    text = _attribute(binding, "prefixMappings").strip()
    found: dict[str, str] = {}
    place = 0
    while place < len(text):
        match = _PREFIX.match(text, place)
        if match is None or found.setdefault(match[1] or "", match[3]) != match[3]:
            raise LibraryFault("xpath", "prefixes")
        place = match.end()
    return {name: namespace for name, namespace in found.items() if name}


def _stands_for(value: str, shown: str, settings: Any) -> bool:
    """Return whether a control of a kind shows a value in words of its own: a day, an item of a list, a tick."""
    for one in settings.iter():
        match _local(one):
            case "date" if value == _attribute(one, "fullDate"):
                return True
            case "date" if _day(value) and _day(value) == _day(_attribute(one, "fullDate")):
                formats = (_attribute(form, "val") for form in one.iter("{*}dateFormat"))
                return not any(re.search("[hHms]", re.sub(r"'[^']*'", "", form)) for form in formats)
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
    """Where it begins; one whose parts are in other alternatives or deletions is another field to every program."""
    is_torn: bool = False


def _field_differs(one: _Field, values: dict[str, set[str]], sealed: dict[str, set[str]]) -> bool:
    keyword, argument = _code(one)
    if keyword != "docproperty" and keyword not in _SHOWING_PROPERTIES:
        return True
    name = argument if keyword == "docproperty" else keyword
    names = {name, _PROPERTIES.get(name, name)} if keyword == "docproperty" else {_PROPERTIES.get(name, name)}
    found = set().union(*(values.get(each, ()) for each in names)) or (() if names & sealed.keys() else ("",))
    return not all(_shown_as(value, one) for value in found)


def _code(one: _Field) -> tuple[str, str]:
    """Keyword and argument of a field in small letters; INFO is the field that it names (§17.16.5.27)."""
    match = _CODE.match(one.code)
    keyword, argument = (match[1].lower(), (match[2] or match[3] or "").lower()) if match else ("", "")
    if not keyword and one.code.strip():
        keyword = "?"  # a name in quotes, say: what each program makes of it
    return (argument, "") if keyword == "info" else (keyword, argument)


def _shown_as(value: str, field: _Field) -> bool:
    """Return whether a value is what a field shows, in the form that its switches give it (ECMA-376-1 §17.16.4)."""
    shown, value = _plain(field.result), _plain(value)
    if value == shown or (_CASE_SWITCH.search(field.code) and value.casefold() == shown.casefold()):
        return True
    if (picture := _DATE_SWITCH.search(field.code)) and (day := _day(value)):
        return shown == _written(day, picture[1] or picture[2])
    is_number = _NUMBER_SWITCH.search(field.code) and value.isdecimal() and _NUMBER.fullmatch(shown)
    return bool(is_number) and value == re.sub(r"[., ]", "", shown)


def _day(value: str) -> tuple[str, str, str] | None:
    match = _DAY.fullmatch(value.strip())
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
        name = _local(one)
        if name in {"fldChar", "instrText", "fldSimple"} and not _IN_WORD.match(one.tag):
            yield _Field(is_torn=True)
        elif name == "fldSimple":
            yield _Field(_attribute(one, "instr"), _words(one))
        elif name == "fldChar":
            yield from _sign(open_, one)
        elif open_:
            inner = open_[-1]
            if name == "instrText":
                inner.code += one.text or ""
                inner.is_torn |= inner.shows or _place(one) != inner.place
            elif inner.shows and (word := _word(one)):
                inner.result += word if _place(one) == inner.place else _UNREAD
            elif not inner.shows:
                inner.is_torn |= name == "t"
    if open_:
        yield _Field(is_torn=True)


def _sign(open_: list[_Field], one: Any) -> Iterator[_Field]:
    """Begin, part or end the innermost field."""
    kind = _attribute(one, "fldCharType")
    if kind == "begin":
        open_.append(_Field(place=_place(one)))
        return
    if not open_ or open_[-1].place != _place(one) or (kind == "separate" and open_[-1].shows):
        yield _Field(is_torn=True)
    if kind == "separate" and open_:
        open_[-1].shows = True
    elif kind == "end" and open_:
        done = open_.pop()
        if open_ and open_[-1].shows:
            open_[-1].result += _UNREAD
        elif open_:
            done.is_torn |= _code(done)[0] in _OF_THE_READER
        yield done


def _place(element: Any) -> tuple[Any, ...]:
    """Ancestors of an element that are more than a way through the text; itself when it is in no run."""
    outside = (element,) if _local(element.getparent()) != "r" and _local(element) not in _BLANKS else ()
    above = (one for one in element.iterancestors() if _local(one) not in _THROUGH or not _IN_WORD.match(one.tag))
    return (*outside, *above)


def _words(element: Any) -> str:
    """The words below an element."""
    return "".join(_word(one, element) for one in element.iter() if one is not element)


def _word(one: Any, top: Any = None) -> str:
    """Return the text that one element adds to the visible words: text, a blank, nothing, or what is not known to be any of these."""
    name = _local(one)
    if not _IN_WORD.match(one.tag):
        return _UNREAD
    if name in _HIDING:
        return _UNREAD if _is_on(one) else ""
    for above in one.iterancestors():
        if _local(above) in _SETTINGS:
            return ""
        if above is top or _local(above) == "p":
            break
    if name == "t":
        return one.text or "" if _local(one.getparent()) == "r" else _UNREAD
    if name in _BLANKS:
        return " "
    return "" if name in _THROUGH | _WITHOUT_WORDS | _SETTINGS else _UNREAD


def _is_on(switch: Any) -> bool:
    return _is_true(_attribute(switch, "val") or "true")


def _local(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _attribute(element: Any, name: str) -> str:
    """The attribute of a local name; LibraryFault when two namespaces have one, of which each program takes its own."""
    found = {str(value) for key, value in element.attrib.items() if key.rpartition("}")[2] == name}
    if len(found) > 1:
        raise LibraryFault("attribute", name)
    return next(iter(found), "")
