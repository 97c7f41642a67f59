"""Safe XML for office packages: one parser setting, no DTD, short names, streaming, a count of what was read.

Every reader of OOXML and ODF parses through this module. A document type declaration is refused before the parser sees
the bytes (no office producer writes one, and entities are how text is hidden or memory blown up), only UTF-8, UTF-16
and single byte supersets of ASCII are accepted as encodings, and libxml2's own limits stay on (depth 256, text node
10 MB). Names are shortened to `prefix:local` with one fixed prefix a namespace, Strict (ISO 29500) and Transitional
alike, so readers dispatch on the names that stand in the specification.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from lxml import etree

from gateway.documents.readers.base import Budget, ReadError
from gateway.model import ReadStatus

Element = Any
"""An lxml element; the library publishes no types."""

_TRANSITIONAL: Final = "http://schemas.openxmlformats.org/"
_PREFIXES: Final = {
    _TRANSITIONAL + "wordprocessingml/2006/main": "w",
    _TRANSITIONAL + "drawingml/2006/main": "a",
    _TRANSITIONAL + "drawingml/2006/wordprocessingDrawing": "wp",
    _TRANSITIONAL + "drawingml/2006/spreadsheetDrawing": "xdr",
    _TRANSITIONAL + "drawingml/2006/chartDrawing": "cdr",
    _TRANSITIONAL + "drawingml/2006/chart": "c",
    "http://schemas.microsoft.com/office/drawing/2014/chartex": "cx",
    _TRANSITIONAL + "drawingml/2006/diagram": "dgm",
    _TRANSITIONAL + "drawingml/2006/picture": "pic",
    _TRANSITIONAL + "presentationml/2006/main": "p",
    _TRANSITIONAL + "spreadsheetml/2006/main": "s",
    _TRANSITIONAL + "officeDocument/2006/math": "m",
    _TRANSITIONAL + "officeDocument/2006/relationships": "r",
    _TRANSITIONAL + "officeDocument/2006/extended-properties": "ep",
    _TRANSITIONAL + "officeDocument/2006/custom-properties": "cust",
    _TRANSITIONAL + "officeDocument/2006/docPropsVTypes": "vt",
    _TRANSITIONAL + "officeDocument/2006/customXml": "ds",
    _TRANSITIONAL + "package/2006/relationships": "rel",
    _TRANSITIONAL + "package/2006/content-types": "ct",
    _TRANSITIONAL + "package/2006/metadata/core-properties": "cp",
    _TRANSITIONAL + "markup-compatibility/2006": "mc",
    "http://schemas.microsoft.com/office/word/2010/wordml": "w14",
    "http://schemas.microsoft.com/office/word/2012/wordml": "w15",
    "http://schemas.microsoft.com/office/word/2010/wordprocessingShape": "wps",
    "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup": "wpg",
    "http://schemas.microsoft.com/office/word/2010/wordprocessingCanvas": "wpc",
    "http://schemas.microsoft.com/office/drawing/2008/diagram": "dsp",
    "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments": "tc",
    "http://schemas.microsoft.com/office/powerpoint/2018/8/main": "p188",
    "http://schemas.microsoft.com/office/excel/2006/main": "xm",
    "http://schemas.microsoft.com/office/2006/digsig": "digsig",
    "urn:schemas-microsoft-com:vml": "v",
    "urn:schemas-microsoft-com:office:office": "o",
    "urn:schemas-microsoft-com:office:excel": "x",
    "urn:schemas-microsoft-com:office:word": "w10",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://www.w3.org/XML/1998/namespace": "xml",
    "urn:oasis:names:tc:opendocument:xmlns:office:1.0": "office",
    "urn:oasis:names:tc:opendocument:xmlns:text:1.0": "text",
    "urn:oasis:names:tc:opendocument:xmlns:table:1.0": "table",
    "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0": "draw",
    "urn:oasis:names:tc:opendocument:xmlns:style:1.0": "style",
    "urn:oasis:names:tc:opendocument:xmlns:meta:1.0": "meta",
    "urn:oasis:names:tc:opendocument:xmlns:presentation:1.0": "presentation",
    "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0": "fo",
    "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0": "svg",
    "urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0": "number",
    "urn:oasis:names:tc:opendocument:xmlns:form:1.0": "form",
    "urn:oasis:names:tc:opendocument:xmlns:script:1.0": "script",
    "urn:oasis:names:tc:opendocument:xmlns:chart:1.0": "chart",
    "urn:oasis:names:tc:opendocument:xmlns:dr3d:1.0": "dr3d",
    "urn:oasis:names:tc:opendocument:xmlns:animation:1.0": "anim",
    "urn:oasis:names:tc:opendocument:xmlns:config:1.0": "config",
    "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0": "manifest",
    "urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0": "loext",
    "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0": "calcext",
    "urn:openoffice:names:experimental:ooo-ms-interop:xmlns:field:1.0": "field",
    "http://www.w3.org/1999/xlink": "xlink",
    "http://www.w3.org/1998/Math/MathML": "math",
}
_STRICT: Final = re.compile(rb"http://purl\.oclc\.org/ooxml/([A-Za-z]+)/([A-Za-z]+)")
_ENCODING: Final = re.compile(rb"""^<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_ASCII_SUPERSETS: Final = re.compile(rb"(?i)^(utf-?8|us-ascii|iso-8859-\d{1,2}|windows-125\d|latin1)$")
_OF_NAMES: Final = frozenset({
    etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE, etree.ErrorTypes.WAR_NS_URI, etree.ErrorTypes.WAR_NS_URI_RELATIVE
})  # fmt: skip
"""An undeclared prefix, and one declared by something other than a URI."""
_LIMIT_NAMES: Final = 20_000


class _Names(dict[object, str]):
    """Clark names to `prefix:local`; an unknown namespace gives `?:local`, a node that is no element gives ``."""

    def __missing__(self, tag: object) -> str:
        if not isinstance(tag, str):
            return ""
        namespace, _, local = tag[1:].rpartition("}") if tag[:1] == "{" else ("", "", tag)
        name = local if not namespace else f"{_PREFIXES.get(namespace, '?')}:{local}"
        if len(self) < _LIMIT_NAMES:
            self[tag] = name
        return name


NAMES: Final = _Names()
"""`NAMES[element.tag]` is the short name."""


def holds_words(text: str) -> bool:
    """Return whether a text may hold words: letters, or signs that are drawn as letters (circled, squared and the like)."""
    return not text.isascii() or any(letter.isalpha() for letter in text)


OWN_LETTERS: Final = re.compile("[\u00c0-\u024f\u1e00-\u1eff]")
"""Latin letters beyond ASCII, which no program writes into a setting of itself."""


def clark(name: str) -> str:
    """Return the `{namespace}local` of a `prefix:local`."""
    prefix, _, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


NAMESPACES: Final = {prefix: namespace for namespace, prefix in _PREFIXES.items()}
"""Namespace of each short prefix."""


_SAFELY: Final[dict[str, Any]] = {
    "resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False,
    "remove_comments": True, "remove_pis": True,
}  # fmt: skip


def _parser(**more: Any) -> Any:
    return etree.XMLParser(**_SAFELY, **more)


def of_octets(data: bytes) -> bytes:
    """Return the XML without a byte order mark, and in UTF-8 when it was in UTF-16; MALFORMED `xml-encoding` when it is neither."""
    marked = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
    if not marked and data[:4] not in {b"<\0?\0", b"\0<\0?"}:
        return data.removeprefix(b"\xef\xbb\xbf")
    try:
        text = data.decode("utf-16" if marked else "utf-16-le" if data[:1] == b"<" else "utf-16-be")
    except UnicodeDecodeError:
        raise ReadError(ReadStatus.MALFORMED, "xml-encoding") from None
    return re.sub(r"^\s*<\?xml[^>]{0,400}\?>", "", text, count=1).encode("utf-8", "surrogatepass")


def prepare(data: bytes) -> bytes:
    """Return the XML as bytes that are safe to parse, Strict namespaces made Transitional.

    Raises `ReadError` MALFORMED: `xml-encoding` for an encoding that office programs do not write, `doctype` for any
    document type declaration.
    """
    data = of_octets(data)
    declared = _ENCODING.match(data)
    if declared and not _ASCII_SUPERSETS.match(declared.group(1)):
        raise ReadError(ReadStatus.MALFORMED, "xml-encoding")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise ReadError(ReadStatus.MALFORMED, "doctype")
    if b"//purl.oclc.org/ooxml/" in data:
        data = _STRICT.sub(_transitional, data)
    return data


def _transitional(match: re.Match[bytes]) -> bytes:
    family, rest = match.group(1), match.group(2)
    return b"http://schemas.openxmlformats.org/" + family + b"/2006/" + rest


def parse(data: bytes) -> Element:
    """Return the root element of `data`; raises `ReadError` MALFORMED (`xml`, `xml-depth`, `doctype` ...).

    An undeclared prefix, or one declared by something other than a URI, is no fault below the root: LibreOffice opens such files; its
    names are read as they stand.
    """
    data = prepare(data)
    try:
        return etree.fromstring(data, _parser())
    except etree.XMLSyntaxError as error:
        if getattr(error, "code", None) not in _OF_NAMES:
            raise _syntax(error) from None
    parser = _parser(recover=True)
    root = etree.fromstring(data, parser)
    if root is None or root.tag[:1] != "{" or any(entry.type not in _OF_NAMES for entry in parser.error_log):
        raise ReadError(ReadStatus.MALFORMED, "xml")
    return root


def parse_loosely(data: bytes) -> Element:
    """Return the root of VML, which Excel writes with unclosed `<br>`; what cannot be parsed is repaired, not refused."""
    try:
        root = etree.fromstring(prepare(data), _parser(recover=True))
    except etree.XMLSyntaxError as error:
        raise _syntax(error) from None
    if root is None:
        raise ReadError(ReadStatus.MALFORMED, "xml")
    return root


def _syntax(error: Exception) -> ReadError:
    words = str(error)
    if "Excessive depth" in words:
        return ReadError(ReadStatus.LIMIT, "xml-depth")
    if "XML_PARSE_HUGE" in words or "Resource limit" in words:
        return ReadError(ReadStatus.LIMIT, "xml-size")
    return ReadError(ReadStatus.MALFORMED, "xml")


class ChildStream:
    """The children of one element of a large part, one after the other, each freed after use.

    Iterate over it, then look at `root`: the rest of the part, with the container now empty. While the first child is
    in flight, `root` holds all that stands before the container.
    """

    def __init__(self, data: bytes, *, container: str, budget: Budget, chunk: int = 1 << 15) -> None:
        self._data = prepare(data)
        self._container = clark(container)
        self._budget = budget
        self._chunk = chunk
        self.root: Element = None

    def __iter__(self) -> Iterator[Element]:
        """Yield every child; raises `ReadError` as `parse` does."""
        parser: Any = etree.XMLPullParser(events=("start",), tag=self._container, **_SAFELY)
        holder: Element = None
        data = self._data
        try:
            for start in range(0, len(data), self._chunk):
                self._budget.check_time()
                parser.feed(data[start : start + self._chunk])
                if holder is None:
                    for _event, element in parser.read_events():
                        # Only one container is streamed; what a second one holds stays in the rest.
                        holder = element
                        self.root = element.getroottree().getroot()
                        break
                if holder is not None:
                    # Only a child with a sibling behind it is complete; len() would count all of them each time.
                    child = next(iter(holder), None)
                    while child is not None and (following := child.getnext()) is not None:
                        yield child
                        _free(child)
                        child = following
            self.root = parser.close()
        except etree.XMLSyntaxError as error:
            raise _syntax(error) from None
        if holder is None:
            return
        for child in list(holder):
            yield child
            _free(child)


def _free(child: Element) -> None:
    """Take an element out of its tree, piece by piece: for lxml a whole costs the square of its nodes."""
    for part in child:
        part.clear()
    child.clear()
    child.getparent().remove(child)


def text_of(element: Element) -> str:
    """Return all text below an element, without its tail."""
    return etree.tostring(element, method="text", encoding="unicode", with_tail=False)


def take(element: Element) -> str:
    """Return the text of an element and empty it, so that the tree keeps only unread text."""
    text: str = element.text or ""
    if len(element):
        text = "".join(element.itertext())
        for child in element.iterdescendants():
            child.text = child.tail = None
    element.text = None
    return text


def solid_length(text: str) -> int:
    """Count the characters that are not white space: what must be accounted for, however the XML is indented."""
    return len("".join(text.split()))


def texts(root: Element) -> Iterator[tuple[Element, str]]:
    """Yield every text node that is not only white space, with its element, in document order."""
    for element in root.iter():
        text = element.text
        if text and not text.isspace():
            yield element, text
        tail = element.tail
        if tail and not tail.isspace() and element is not root:
            yield element.getparent(), tail
