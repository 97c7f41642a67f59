"""XML as signatures digest it: parsed without entities; Canonical XML 1.0, 1.1 and exclusive."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from lxml import etree

from gateway.documents.signatures.wall import LIMIT, LibraryFault, wall

_XML = "http://www.w3.org/XML/1998/namespace"
_C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
CANONICAL: dict[str, tuple[bool, bool]] = {
    _C14N: (False, False),
    _C14N + "#WithComments": (False, True),
    "http://www.w3.org/2006/12/xml-c14n11": (False, False),
    "http://www.w3.org/2006/12/xml-c14n11#WithComments": (False, True),
    "http://www.w3.org/2001/10/xml-exc-c14n#": (True, False),
    "http://www.w3.org/2001/10/xml-exc-c14n#WithComments": (True, True),
}
"""Exclusive, with comments."""
DEFAULT_CANONICAL = _C14N
_PLAIN_ENCODINGS = frozenset({"UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "US-ASCII", "ASCII", "ISO-8859-1"})
"""In which a declaration is found by its letters, but for bytes of zero."""
_ENCODING = re.compile(rb"<\?xml[^>]*\sencoding\s*=\s*[\"']([\w.:-]+)", re.ASCII)
_EBCDIC = b"\x4c\x6f\xa7\x94"
"""`<?xm` in all of them."""
_DECLARATION = re.compile(rb"<!(?:ATTLIST|ELEMENT|ENTITY|NOTATION)")
_WITH_DOCTYPE = (
    "{http://openoffice.org/2000/",
    "{http://openoffice.org/2001/manifest",
    "{urn:oasis:names:tc:opendocument:xmlns:manifest:",
)
_LIMIT_XML = 32 << 20
Element = Any
"""lxml.etree._Element; the library publishes no types that fit."""


def parse(data: bytes) -> Element:
    """Parse XML without entities, DTD or network; LibraryFault on a DOCTYPE or when it is not well-formed."""
    root = parse_with_doctype(data)
    if root.getroottree().docinfo.doctype:
        raise LibraryFault("xml", "doctype")
    return root


def parse_with_doctype(data: bytes) -> Element:
    """Parse XML; only the Basic modules and manifests of OpenOffice may have a DOCTYPE, that names a DTD and declares nothing.

    Anything declared, an entity or the default of an attribute, is in the document for readers that follow it and is
    not in the canonical form that was digested.
    """
    if len(data) > _LIMIT_XML:
        raise LibraryFault(LIMIT, "xml")
    with wall("xml"):
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        root = etree.fromstring(data, parser)
        prolog: Any = root.getroottree().docinfo
        if prolog.internalDTD is not None and (
            not root.tag.startswith(_WITH_DOCTYPE)
            or not _has_plain_encoding(root)
            or _DECLARATION.search(data.replace(b"\0", b""))
        ):
            raise LibraryFault("xml", "doctype")
        return root


def has_plain_letters(data: bytes) -> bool:
    """Return whether the text of XML is found by its letters; False for the encodings of mainframes and the like."""
    declared = _ENCODING.match(data[:200].lstrip(b"\xef\xbb\xbf\xfe\xff"))
    return not data.startswith(_EBCDIC) and (declared is None or declared[1].decode().upper() in _PLAIN_ENCODINGS)


def parse_words(data: bytes) -> Element:
    """Parse XML for its words, without comments and instructions; LibraryFault when the letters are a matter of tables."""
    root = parse(data)
    if not _has_plain_encoding(root):
        raise LibraryFault("xml", "encoding")
    etree.strip_tags(root, etree.Comment, etree.ProcessingInstruction)
    return root


def _has_plain_encoding(root: Element) -> bool:
    return str(root.getroottree().docinfo.encoding or "UTF-8").upper() in _PLAIN_ENCODINGS


def canonical_document(
    data: bytes, algorithm: str, prefixes: Sequence[str] = (), *, may_have_comments: bool = True
) -> bytes:
    """Canonicalise an XML document; LibraryFault when readers may see more in it than was digested.

    Instructions beside the root (a style sheet) belong to the canonical form. The letters of a rare encoding are a matter of
    each reader's tables, and most algorithms leave comments out: `may_have_comments` says whether an honest writer puts any.
    """
    if algorithm not in CANONICAL:
        raise LibraryFault("transform", algorithm)
    exclusive, comments = CANONICAL[algorithm]
    root = parse_with_doctype(data)
    with wall("canonical"):
        whole = root.getroottree()
        if not _has_plain_encoding(root) or not (comments or may_have_comments or not _has_comments(whole)):
            raise LibraryFault("xml", "not digested")
        return _written(whole, prefixes, exclusive=exclusive, comments=comments)


def _has_comments(whole: Any) -> bool:
    root = whole.getroot()
    beside = (*root.itersiblings(etree.Comment), *root.itersiblings(etree.Comment, preceding=True))
    return bool(beside) or next(root.iter(etree.Comment), None) is not None


def text_of(element: Element) -> str:
    """The text of an element that has no others inside; a comment ends `.text`, and is not signed."""
    return "".join(element.xpath("text()"))


def canonical(
    element: Element,
    algorithm: str,
    prefixes: Sequence[str] = (),
    *,
    without: Sequence[Element] = (),
    comments: bool = True,
    whole: bool = False,
    spend: Callable[[bytes], None] | None = None,
) -> bytes:
    """Canonicalise an element as an apex of its own, or the `whole` document; LibraryFault for an algorithm that is not on the list.

    `without` are elements of one tag that are left out, as a signature in what it signs; `comments` stay only if the algorithm has them;
    `spend` gets what is canonicalised, and may refuse it.
    """
    if algorithm not in CANONICAL:
        raise LibraryFault("transform", algorithm)
    exclusive, with_comments = CANONICAL[algorithm]
    with wall("canonical"):
        # lxml emits stray xmlns="" when it canonicalises an inner element: serialise it with its namespaces first.
        source = element.getroottree() if whole else element
        octets = etree.tostring(source, with_tail=False, encoding="UTF-8")
        if spend is not None:
            spend(octets)
        apex = parse(octets)
        if not exclusive:
            _inherit_xml_attributes(element, apex)
        for tag in {one.tag for one in without}:
            twins = [twin for one, twin in zip(element.iter(tag), apex.iter(tag), strict=True) if one in without]
            for twin in [twin for twin in twins if not set(twins) & set(twin.iterancestors(tag))]:
                _leave_out(twin)
        tree = apex.getroottree() if whole else apex
        return _written(tree, prefixes, exclusive=exclusive, comments=comments and with_comments)


def _leave_out(element: Element) -> None:
    """Take an element out, but not the text behind it."""
    before, above = element.getprevious(), element.getparent()
    if before is not None:
        before.tail = (before.tail or "") + (element.tail or "")
    else:
        above.text = (above.text or "") + (element.tail or "")
    above.remove(element)


def _written(tree: Any, prefixes: Sequence[str], *, exclusive: bool, comments: bool) -> bytes:
    namespaces = list(prefixes) or None
    return bytes(
        etree.tostring(
            tree, method="c14n", exclusive=exclusive, with_comments=comments, inclusive_ns_prefixes=namespaces
        )
    )


def _inherit_xml_attributes(element: Element, apex: Element) -> None:
    """xml:lang and xml:space of ancestors belong to an apex (Canonical XML 1.0 §2.4)."""
    for ancestor in element.iterancestors():
        for name, value in ancestor.attrib.items():
            if name.startswith(f"{{{_XML}}}") and name not in apex.attrib:
                apex.set(name, value)


def inclusive_prefixes(transform: Element) -> tuple[str, ...]:
    """The PrefixList of exclusive canonicalisation."""
    for child in transform:
        if isinstance(child.tag, str) and child.tag.endswith("}InclusiveNamespaces"):
            return tuple(child.get("PrefixList", "").split())
    return ()
