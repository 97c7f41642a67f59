"""XML of any kind to Document: text and attributes, and active content of Office 2003 files.

Of unknown vocabularies all text is read, attribute values and comments that hold words too, and files in base64 (as in
edXML exchange documents) are handed on as members. No DTD is ever loaded: one that only names itself (as SVG, DocBook and AbiWord files do)
is left out, one that declares nothing but entities, words and files elsewhere (as Illustrator and DocBook do), is read, and any other is refused. The
document is PARTIAL `xml` when it refers to an entity that it does not declare. A file that is not well-formed is read by its lines, too; one of Office is PARTIAL, since nobody knows what its program fixes.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from html import unescape
from typing import Any, Final

from lxml import etree

from gateway.documents.readers.base import Budget, Member, ReadError, Reading, Source
from gateway.documents.readers.containers.zip_streams import salvaged
from gateway.documents.readers.markup import office2003, svg
from gateway.documents.readers.markup.data_address import IN_TEXT, is_data_address, member_of
from gateway.documents.readers.ooxml.xml import Element, of_octets, prepare
from gateway.documents.readers.plain import decode
from gateway.documents.readers.records import Records, is_value
from gateway.documents.readers.rows import holds_a_mark
from gateway.documents.readers.sink import Place, Sink
from gateway.model import Origin, ReadStatus, Role

_ENTITY: Final = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);|#)[A-Za-z_:]")
"""A reference whose words a document type elsewhere may give."""
_MISLABELLED: Final = re.compile(
    rb"""\A(\s*<\?xml[^>]{0,200}?)\sencoding\s*=\s*["'](?:utf-?16|utf-?32|ucs-?[24]|unicode)[bl]?e?["']""",
    re.IGNORECASE,
)
"""A declaration that bytes of one letter each belie: programs that write XML into a string and save that as UTF-8 leave it."""
_TAGS: Final = re.compile(r"<[^<>]*>")
_HTML: Final = re.compile(
    r"</?(?:(br|p|div|li|tr|h[1-6])|[bius]|em|strong|font|span|su[bp]|small|big|[ou]l|center)\b([^<>]*)>",
    re.IGNORECASE,
)
"""A tag of text in HTML; the first group are those that begin a line, the second is all behind the name."""
_ATTRIBUTE: Final = re.compile(
    r"(?<![^\s/\"'])(?:(title|alt|value)|[\w:-]++)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"']++))", re.IGNORECASE
)
"""One with its value, in a tag; those of the first group are words."""
_CAPITALS: Final = re.compile(r"[ -`]*+\s*")
_DIGIT: Final = re.compile(r"[0-9]")
_DOCTYPE: Final = re.compile(rb"<!DOCTYPE[^\[<>]{0,2000}>")
_WORDS: Final = re.compile(
    rb"<!ENTITY\s++([A-Za-z_][\w.-]{0,80}+)\s++(?:\"([^\"&%<]{0,2000}+)\"|'([^'&%<]{0,2000}+)')\s*+>"
)
_QUOTED: Final = rb"(?:\"[^\"<]{0,400}+\"|'[^'<]{0,400}+')"
_ELSEWHERE: Final = re.compile(
    rb"<!ENTITY\s++([A-Za-z_][\w.-]{0,80}+)\s++(?:SYSTEM|PUBLIC\s++" + _QUOTED + rb")\s++" + _QUOTED + rb"\s*+>"
)
_REFERENCE: Final = re.compile(rb"&([A-Za-z_][\w.-]{0,80}+);")
_DECLARING: Final = re.compile(
    rb"<!DOCTYPE[^\[<>]{0,2000}\[((?:\s++|" + _WORDS.pattern + rb"|" + _ELSEWHERE.pattern + rb"){0,400}+)\]\s*+>"
)
"""A document type of which all that it declares are entities: words, or files elsewhere, which no program fetches unasked."""
_CAPITALISED: Final = re.compile(
    rb"(?:text-transform|font-variant(?:-caps)?)\s*+[:=]\s*+[\"']?+\s*+(?!none|normal|inherit|initial|unset|lowercase|capitalize)",
    re.IGNORECASE,
)
"""A style of drawings that may show small letters as capitals; which ones is not worked out."""
_HIDING: Final = re.compile(
    rb"(?:(?:display\s*+[:=]\s*+[\"']?\s*+none)|(?:visibility\s*+[:=]\s*+[\"']?\s*+(?:hidden|collapse))"
    rb"|(?:(?:opacity|font-size)\s*+[:=]\s*+[\"']?\s*+\.?0))",
    re.IGNORECASE,
)
"""A style that hides letters of a drawing."""
_SVG: Final = "{http://www.w3.org/2000/svg}svg"
_SVG_SWITCH: Final = "{http://www.w3.org/2000/svg}switch"
_SVG_TEXT: Final = "{http://www.w3.org/2000/svg}text"
"""One line, however many `tspan` it is divided into, but those that are set at another height (SVG 1.1 §10.4, §10.5)."""
_SVG_SPAN: Final = "{http://www.w3.org/2000/svg}tspan"
_INDETERMINATE: Final = {
    "http://schemas.microsoft.com/xps/2005/06": "xps",
    "http://schemas.openxps.org/oxps/v1.0": "xps",
    "http://schemas.microsoft.com/office/2006/xmlPackage": "flat-opc",
    "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}document": "flat-odf",
}
"""Names of formats whose look is *cannot tell*, by their root or its namespace: their words are read all the same.

Not the parts of an OpenDocument package, which LibreOffice puts into PPT files for each chart."""
_LIMIT_NODES: Final = 2_000_000
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]{64,}={0,2}")
_LEAST: Final = 64
_FILES: Final = (
    b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"{\\rtf", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*",
    b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"ActiveMime", b"\x01\0\0\0", b"<?xml", b"MSCF", b"\xd7\xcd\xc6\x9a",
)  # fmt: skip
_STYLESHEET_HREF: Final = re.compile(r"""href\s*=\s*["']\s*(?:https?:|file:|ftp:|\\\\|//)""", re.IGNORECASE)


def read(source: Source, budget: Budget) -> Reading:
    """Read an XML file; MALFORMED `xml` when not even a root is found, `doctype` when it declares more than entities."""
    budget.take_bytes(len(source.data))
    sink = Sink(budget)
    data = whole_data = _MISLABELLED.sub(rb"\1", of_octets(source.data), count=1)
    if _DOCTYPE.search(data[: 1 << 16]):
        data = _DOCTYPE.sub(b"", data, count=1)
    elif (declared := _DECLARING.search(data[: 1 << 16])) is not None:
        data = _in_words(data[: declared.start()] + data[declared.end() :], declared[1], sink)
    root, whole = _parse(prepare(data))
    budget.check_time()
    namespace = str(root.tag).rpartition("}")[0].lstrip("{")
    _instructions(root, sink)
    kind = office2003.KINDS.get(namespace) or _INDETERMINATE.get(namespace) or _INDETERMINATE.get(str(root.tag), "xml")
    if kind in _INDETERMINATE.values():
        sink.fail(ReadStatus.UNSUPPORTED, kind)
    for element in root.iter("{*}text", "{*}tspan", "{*}textPath") if _CAPITALISED.search(data) is not None else ():
        element.text, element.tail = (element.text or "").upper(), (element.tail or "").upper()
    for switch in [*root.iter(_SVG_SWITCH)]:
        shown = next((one for one in switch.iterchildren("*") if svg.is_spoken(dict(one.attrib))), None)
        root.extend(one for one in [*switch] if one is not shown)
    _generic(root, sink)
    svg.put_words(root, sink.stage)
    if root.tag == _SVG and _HIDING.search(data) is not None and holds_a_mark("".join(root.itertext())):
        page = svg.page_of(root)  # what is hidden, the reader of pages knows
        sink.members.append(
            Member(name="drawing.html", data=page, relation="embedded", declared_type="text/html", charset="utf-8")
        )
    outer = (each for each in root.iter(_SVG) if next(each.iterancestors(_SVG), None) is None)
    with sink.whole():
        for number, picture in enumerate(filter(None, map(svg.picture_of, outer)), 1):
            sink.members.append(Member(name=f"drawn-{number}.png", data=picture, relation="image"))
    if not whole:
        if kind == "xml" and (data is whole_data or _ENTITY.search(data) is None):
            _stripped(data, sink)
        else:
            sink.note("xml")
    return sink.reading(source, kind)


def _in_words(data: bytes, declared: bytes, sink: Sink) -> bytes:
    """Return a file with the words of the entities that it declares in place of references to them; entities defined elsewhere are left out."""
    words: dict[bytes, bytes | None] = dict.fromkeys(_ELSEWHERE.findall(declared))
    words |= {name: double or single for name, double, single in reversed(_WORDS.findall(declared))}

    def shown(reference: re.Match[bytes]) -> bytes:
        value = words.get(reference[1], reference[0])
        if value is None:
            sink.warn("external-object", "entity")
            return b""
        sink.budget.take_bytes(len(value))
        return value

    return _REFERENCE.sub(shown, data)


def _parse(data: bytes) -> tuple[Element, bool]:
    """Return the root, and whether the file is well-formed."""
    try:
        return etree.fromstring(data, _parser(recover=False)), True
    except etree.XMLSyntaxError as error:
        if "depth" in str(error):
            raise ReadError(ReadStatus.LIMIT, "xml-depth") from None
        if "HUGE" in str(error) or "Resource limit" in str(error):
            raise ReadError(ReadStatus.LIMIT, "xml-size") from None
    # What a forgiving reader would make of it is better than nothing, but it is not all.
    try:
        root = etree.fromstring(data, _parser(recover=True))
    except etree.XMLSyntaxError:
        root = None
    if root is None:
        raise ReadError(ReadStatus.MALFORMED, "xml")
    return root, False


def _stripped(data: bytes, sink: Sink) -> None:
    """Add the lines without their tags, as XML appears where no program opens its vocabulary.

    Whether tags separate words or are within one is unknown, so both readings are given.
    """
    written = decode(data).text
    for between in ("", " "):
        for line in _TAGS.sub(between, written).splitlines():
            sink.put_line(unescape(line), Place("text", Role.BODY))


def _parser(*, recover: bool) -> Any:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=recover)


def _instructions(root: Element, sink: Sink) -> None:
    """Processing instructions before the root: a style sheet from elsewhere may change all that is seen."""
    node = root.getprevious()
    place = Place("instruction", Role.FIELD, Origin.HIDDEN)
    while node is not None:
        if isinstance(node, etree._ProcessingInstruction):  # noqa: SLF001 - the library has no public name for it
            if _STYLESHEET_HREF.search(node.text or ""):
                sink.warn("external-object", place.locator)
            if node.target != "mso-application":
                sink.put_line(node.text or "", place)
        elif node.text:
            sink.put_line(node.text, place)
        node = node.getprevious()


def _generic(root: Element, sink: Sink) -> None:
    """Give all text; an element with text between its children is one block together with them."""
    blocks: list[int] = []
    heights: dict[str, int] = {}
    records = Records()
    count = 0
    for event, node in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        count += 1
        if count % 4096 == 0:
            sink.budget.check_time()
        if count > _LIMIT_NODES:
            raise ReadError(ReadStatus.LIMIT, "xml-nodes")
        if event == "end":
            blocks.pop()
            _text(node.tail, blocks[-1] if blocks else 0, node.getparent(), sink)
            continue
        if event in {"comment", "pi"}:
            if node.getparent() is not None:
                sink.put_line(node.text or "", Place("comment", Role.COMMENT, Origin.HIDDEN))
                _text(node.tail, blocks[-1] if blocks else 0, node.getparent(), sink)
            continue
        outer = blocks[-1] if blocks else 0
        own = node.tag in office2003.LINES or (not outer and _is_mixed(node))
        blocks.append(sink.open_block() if own else outer)
        office2003.look_at(node, sink)
        _text(office2003.BREAKS.get(node.tag), outer, node, sink)
        if node.tag == _SVG_TEXT:
            heights = {_height(node): blocks[-1]}
        elif node.tag == _SVG_SPAN and outer:
            blocks[-1] = _svg_line(node, outer, heights, sink)
        for text in _attribute_words(node):
            sink.put_line(text, Place(f"element:{_local(node)}", Role.FIELD, Origin.HIDDEN))
        _take_records(node, records)
        _data_addresses(node, sink)
        _text(node.text, blocks[-1], node, sink)
    sink.runs += records.runs(sink.block + 1)


def _take_records(node: Element, records: Records) -> None:
    """Take the records in which an element with a level is: itself, what it is in, and the element before it."""
    for name, value in node.attrib.items():
        if is_value(value):
            records.take((name.rpartition("}")[2], value))
            records.take(_record(node))
    if node.text and is_value(node.text):
        records.take(_record(node))
        if (outer := node.getparent()) is not None:
            records.take(_record(outer))
            before = node.getprevious()
            records.take((before.text or "", node.text) if before is not None and before.tag != node.tag else ())


def _record(node: Element) -> Iterator[str]:
    """Yield the names and values of an element and its children."""
    yield _local(node)
    yield from node.attrib.values()
    yield node.text or ""
    yield from (child.text or "" for child in node.iterchildren("*"))


def _svg_line(span: Element, outer: int, heights: dict[str, int], sink: Sink) -> int:
    """Block of a `tspan`: that of its height, a new one where it goes back to the margin and down, else the outer one."""
    if height := _height(span):
        if height not in heights:
            heights[height] = sink.open_block()
        return heights[height]
    if span.get("x") is not None and span.get("dy", "0").strip() not in {"", "0"}:
        return sink.open_block()
    return outer


def _height(node: Element) -> str:
    """First of the `y` of an SVG text, empty when it gives none."""
    return next(iter(re.split(r"[\s,]+", (node.get("y") or "").strip(), maxsplit=1)), "")


def _data_addresses(node: Element, sink: Sink) -> None:
    """Emit the files in `data:` addresses of attributes and style sheets."""
    for value in (*node.attrib.values(), (node.text or "") if _local(node) == "style" else ""):
        if "data:" not in value:
            continue
        # A string of CSS goes on behind a backslash at the end of its line (CSS Syntax §4.3.5), as Illustrator writes it.
        addresses = [value] if is_data_address(value) else IN_TEXT.findall(value.replace("\\\n", ""))
        for address in addresses:
            member = member_of(address, len(sink.members) + 1)
            if member is not None:
                sink.budget.take_bytes(len(member.data))
                sink.members.append(member)


def _is_mixed(node: Element) -> bool:
    if not len(node):
        return False
    if node.tag == _SVG_TEXT:
        return True
    return bool(node.text and not node.text.isspace()) or any(child.tail and not child.tail.isspace() for child in node)


def _text(text: str | None, block: int, owner: Element, sink: Sink) -> None:
    if not text or (text.isspace() and owner.tag not in office2003.BREAKS):
        return
    place = Place(f"element:{_local(owner)}", Role.BODY)
    name = office2003.name_of(owner) if owner.tag == office2003.BINARY else _local(owner)
    if len(text) >= _LEAST and _put_base64(text, name, sink, place.locator):
        return
    text = _of_html(text) if "<" in text else text
    sink.put(text if block else text.strip(), block or sink.open_block(), place)


def _local(node: Element) -> str:
    return str(node.tag).rpartition("}")[2]


def _put_base64(text: str, name: str, sink: Sink, locator: str) -> bool:
    """Add a file in base64 as a member; False when it is of no known type."""
    text = "".join(text.split())
    if not _BASE64.fullmatch(text):
        return False
    try:
        data = base64.b64decode(text)
    except (binascii.Error, ValueError):
        return False
    if not data.startswith(_FILES):
        try:
            words = data.decode("utf-8")
        except UnicodeDecodeError:
            return False
        if not words.isprintable() and sum(letter.isprintable() or letter.isspace() for letter in words) < len(words):
            return False
    sink.budget.take_bytes(len(data))
    if data.startswith(b"ActiveMime"):
        # An OLE file behind 50 bytes of header, packed by zlib.
        data = salvaged(data[data.find(b"\x78", 0x30) :], sink.budget) or data
    sink.members.append(Member(name=name or "base64", data=data, relation="embedded", locator=locator))
    return True


def _attribute_words(node: Element) -> Iterator[str]:
    """Yield the attribute values that hold words: letters beyond ASCII, written or referred to, or several words."""
    for name, value in node.attrib.items():
        if name == office2003.FORMULA:
            continue  # its literals are read
        several = " " in value and sum(letter.isalpha() or letter == " " for letter in value) * 5 >= len(value) * 4
        capitals = len(value) > 2 and value.isupper() and not _DIGIT.search(value)
        if not value.isascii() or several or capitals or "&#" in value:
            yield _of_html(value) if "<" in value else value


def _of_html(text: str) -> str:
    """Return a value as programs that take it for HTML show it: labels of draw.io, news; lines in capitals may be uuencode.

    Words within the tags follow behind: others see them, where it is none.
    """
    inside: list[str] = []

    def removed(tag: re.Match[str]) -> str:
        words = _ATTRIBUTE.sub(lambda one: (one[2] or one[3] or one[4] or "") if one[1] else "", tag[2]).strip("/ ")
        inside.extend(["\n", unescape(words)] if words else [])
        return "\n" if tag[1] else ""

    lines = [(line, _CAPITALS.fullmatch(line) is None) for line in text.splitlines(keepends=True)]
    shown = [_HTML.sub(removed, line) if read else line for line, read in lines]
    if "".join(shown) == text:
        return text
    read_lines = (unescape(line) if read else line for line, (_, read) in zip(shown, lines, strict=True))
    return "".join((*read_lines, *inside))
