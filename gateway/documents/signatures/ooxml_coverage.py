"""Coverage of a signature on an Office file, and parts that may stay unsigned (ECMA-376-2 §13, MS-OFFCRYPTO §2.5).

Office leaves properties, thumbnails and a few parts of later making unsigned; everything else that no signature covers is
content from another author.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from gateway.documents.signatures import canonical_xml
from gateway.documents.signatures.ooxml_parts import PROPERTY_TYPES, SIGNATURE_KINDS, Parts, target_of
from gateway.documents.signatures.ooxml_shown import has_bindings, may_show_properties, shows_other_than_signed
from gateway.documents.signatures.package import FETCHING, is_linked
from gateway.documents.signatures.wall import LibraryFault
from gateway.documents.signatures.xmldsig import XmlSignature
from gateway.model import Changes, Coverage

_MAY_STAY_UNSIGNED = re.compile(
    r"\[content_types\]\.xml|docprops/(?:app|core|custom)\.xml|(?:.*/)?thumbnail\.\w+|ppt/(?:presprops|viewprops)\.xml"
    r"|mimetype|ppt/_rels/(?:presprops|viewprops)\.xml\.rels"
    r"|word/(?:people|comments(?:extended|ids|extensible))\.xml|docmetadata/labelinfo\.xml",
    re.IGNORECASE,
)
"""Parts that genuine Office does not sign: properties, thumbnails, view state, and kinds newer than its list:
who is online of a comment's authors, which comments are done, sensitivity labels. Nothing of it is content of the document."""
_QUERIES = ("spreadsheetml.connections+xml", "ms-excel.connections")
"""Ends of the types of a part with connections: what Excel fetches by one, custom XML may say (MS-QDEFF §2.6)."""
_CUSTOM_XML = re.compile(r"customxml/.*", re.IGNORECASE)
_FREE_RELATIONSHIPS = frozenset({
    "core-properties", "extended-properties", "custom-properties", "thumbnail", "origin", "signature", "presProps",
    "viewProps", "people", "commentsExtended", "commentsIds", "commentsExtensible", "classificationlabels",
})  # fmt: skip
"""Last word of relationship types that may stay unsigned."""
_FREE_OUTSIDE = frozenset({
    "hyperlink", "hlinkshowjump", "slideUpdateUrl", "attachedTemplate", "externalLinkPath", "externalLinkLong",
    "xlAlternateStartup", "xlLibrary", "xlPathMissing", "xlStartup",
})  # fmt: skip
"""Last word of types of relationships that may lead out of the file: after a click, to a template, to what cells have copies of."""
_FOLLOWED = frozenset({
    "absoluteUrl", "alternateUrls", "attachedTemplate", "externalBook", "hlinkClick", "hlinkHover", "hlinkMouseOver",
    "hyperlink", "relativeUrl",
})  # fmt: skip
"""Elements that may name a relationship of these: whatever its type says, in a picture it is a picture to programs."""
_PAGES = frozenset({"text/plain", "text/html", "application/xhtml+xml"})
"""Types of chunks of text that are looked into."""
_LIVE_PARTS = re.compile(r"spreadsheetml|ms-excel|wordprocessingml\.settings|\.chart")
_MAY_BE_LIVE = re.compile(
    rb"linkStyles|mailMerge|autoUpdate|ddeLink|refreshOnLoad|(?i:WEBSERVICE|\bRTD|IMAGE|STOCKHISTORY|\bCALL|REGISTER|'[a-z]{2,}:/)|&#|<!"
)
_LIVE_IN_BINARY = re.compile(rb"_xlfn\.(?:WEBSERVICE|IMAGE|STOCKHISTORY)")
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_MAIN_TYPE = re.compile(r"\.main\+xml$|\.main$")


@dataclass
class Covered:
    """Coverage of one signature."""

    parts: set[str] = field(default_factory=set)
    unsigned_relationships: dict[str, list[Any]] = field(default_factory=dict)
    """By relationship part: the relationships that the transform left out."""
    signed_relationships: dict[str, list[Any]] = field(default_factory=dict)
    """By relationship part: those that are signed."""
    faults: list[str] = field(default_factory=list)


def coverage_of(found: XmlSignature, parts: Parts, covered: Covered) -> tuple[Coverage, Changes]:
    """Compare what the signature covers with what the package holds."""
    if not covered.parts:
        return Coverage.UNKNOWN, Changes.FORBIDDEN
    changes = Changes.NONE
    if "content-type-changed" in covered.faults:
        changes = Changes.FORBIDDEN
    texts = [name for name in covered.parts if may_show_properties(parts.package.read(name))]
    binds = any(
        has_bindings(parts.package.read(name)) or parts.types.of(name).endswith(_QUERIES) for name in covered.parts
    )
    uncovered = [
        name
        for name in parts.package.names
        if name not in covered.parts
        and not (_MAY_STAY_UNSIGNED.fullmatch(name) and not _chooses_slides(parts, name))
        and not _is_never_signed(parts, name)
        and not (_CUSTOM_XML.fullmatch(name) and not binds)
        and not _is_free_relationship_part(parts, name, binds=binds)
    ]
    uncovered += _led_to_unsigned(parts, covered, binds=binds) + found.loose()
    if uncovered:
        found.problems.append("uncovered-part")
    left = [
        (name, one)
        for name, relationships in covered.unsigned_relationships.items()
        for one in relationships
        if not _is_free(one, binds=binds) or _is_named(parts, name, one)
    ]
    if left:
        found.problems.append("unsigned-relationship")
    for name, one in left:
        same_kind = any(one.get("Type") == other.get("Type") for other in covered.signed_relationships.get(name, ()))
        if same_kind or one.get("TargetMode") == "External" or _last_word(one) == "officeDocument":
            # Added beside signed ones of its kind, or reaching outside: nothing that an application leaves unsigned.
            changes = Changes.FORBIDDEN
    if any(_holds_more_than_relationships(parts, name) for name in parts.package.names):
        found.problems.append("unsigned-relationship")
        changes = Changes.FORBIDDEN
    if _main_parts(parts) != 1:
        found.problems.append("second-main-part")
        changes = Changes.FORBIDDEN
    try:
        other = bool(texts) and shows_other_than_signed(parts, texts, covered.parts)
    except LibraryFault:
        other = True  # what cannot be read may show anything
    if other:
        found.problems.append("bound-property")
    outside = any(
        _shows_outside(parts, name, one) for name, signed in covered.signed_relationships.items() for one in signed
    )
    if outside or any(_is_taken_over(parts, name) for name in covered.parts):
        outside = True
        found.problems.append("external-reference")
    whole = not uncovered and not left and not other and not outside and changes is Changes.NONE
    return (Coverage.WHOLE if whole else Coverage.PARTIAL), changes


def _led_to_unsigned(parts: Parts, covered: Covered, *, binds: bool) -> list[str]:
    """Parts that a signed relationship makes content, a picture say, though as properties or thumbnail they may stay unsigned."""
    found = []
    for name, relationships in covered.signed_relationships.items():
        for one in relationships:
            is_free = _is_free(one, binds=binds) and not _is_named(parts, name, one)
            if is_free or one.get("TargetMode") == "External":
                continue
            part = parts.package.find(target_of(_source_of(name), one))
            if part is not None and part not in covered.parts:
                found.append(part)
    return found


def _chooses_slides(parts: Parts, name: str) -> bool:
    """Return whether properties of a presentation let its show leave slides out (ECMA-376-1 §19.2.1.30)."""
    if name.lower() != "ppt/presprops.xml":
        return False
    try:
        return any(True for _ in canonical_xml.parse(parts.package.read(name)).iter("{*}sldRg", "{*}custShow"))
    except LibraryFault:
        return True


def _source_of(name: str) -> str:
    """The part whose relationships a relationship part holds."""
    return posixpath.join(posixpath.dirname(posixpath.dirname(name)), posixpath.basename(name)[:-5])


def _is_never_signed(parts: Parts, name: str) -> bool:
    """Return whether a part holds properties, or is the origin, a signature or a certificate of one, or their relationships."""
    kind = parts.types.of(_source_of(name) if name.lower().endswith(".rels") else name)
    return kind.startswith(SIGNATURE_KINDS) or kind in PROPERTY_TYPES


def _is_free_relationship_part(parts: Parts, name: str, *, binds: bool) -> bool:
    """A relationship part that no signature lists may hold only relationships that may stay unsigned."""
    if not name.lower().endswith(".rels"):
        return False
    source = _source_of(name)
    if _MAY_STAY_UNSIGNED.fullmatch(source) or (_CUSTOM_XML.fullmatch(source) and not binds):
        return True
    try:
        root = canonical_xml.parse(parts.package.read(name))
    except LibraryFault:
        return False
    return all(
        _is_free(one, binds=binds) and not _is_named(parts, name, one) for one in root if isinstance(one.tag, str)
    )


def _is_named(parts: Parts, name: str, relationship: Any) -> bool:
    """Return whether the part names a relationship: programs then show its target, whatever type it claims."""
    return bool(_naming(parts, name, relationship))


def _naming(parts: Parts, name: str, relationship: Any) -> set[str]:
    """Names of the elements by which a part names one of its relationships."""
    source = parts.package.find(_source_of(name))
    return parts.naming(source).get(relationship.get("Id", ""), set()) if source is not None else set()


def _holds_more_than_relationships(parts: Parts, name: str) -> bool:
    """Return whether a relationship part has other elements, in which Office finds more relationships (ECMA-376-2 §6.5.3.3), or a base."""
    if not name.lower().endswith(".rels"):
        return False
    try:
        root = canonical_xml.parse(parts.package.read(name))
    except LibraryFault:
        return True
    inner = (one for one in root.iterdescendants(etree.Element))
    return _BASE in root.attrib or any(one.tag != _RELATIONSHIP or one.getparent() is not root for one in inner)


def _is_free(relationship: Any, *, binds: bool) -> bool:
    if relationship.get("TargetMode") == "External":
        return False
    word = _last_word(relationship)
    return word in _FREE_RELATIONSHIPS or (word in {"customXml", "customXmlProps"} and not binds)


def _shows_outside(parts: Parts, name: str, relationship: Any) -> bool:
    """Return whether a program shows what is not in the file, which may be another one later: a picture, a chunk of text that links one."""
    word = _last_word(relationship)
    if relationship.get("TargetMode", "Internal") != "Internal":
        named = _naming(parts, name, relationship)
        is_copied = named == {"externalData"}  # by a chart
        return not is_copied and (word not in _FREE_OUTSIDE or not named <= _FOLLOWED)
    chunk = parts.package.find(target_of(_source_of(name), relationship)) if word == "aFChunk" else None
    return chunk is not None and (parts.types.of(chunk).lower() not in _PAGES or is_linked(parts.package.read(chunk)))


def _is_taken_over(parts: Parts, name: str) -> bool:
    """Return whether a part shows, or may show, what is elsewhere: a template, persons, a server or a program."""
    kind, octets = parts.types.of(name).lower(), parts.package.read(name)
    if kind == "image/svg+xml" or name.lower().endswith(".svg"):
        return is_linked(octets)
    plain = octets.replace(b"\0", b"") if _LIVE_PARTS.search(kind) else b""
    if not kind.endswith("+xml"):
        return _LIVE_IN_BINARY.search(plain) is not None
    try:
        return _MAY_BE_LIVE.search(plain) is not None and any(
            map(_is_live, canonical_xml.parse(octets).iter(etree.Element))
        )
    except LibraryFault:
        return True


def _is_live(element: Any) -> bool:
    word, off = element.tag.rpartition("}")[2], {"0", "false", "off"}
    if word in {"f", "formula", "definedName"}:
        return FETCHING.search(canonical_xml.text_of(element)) is not None
    if word == "connection":
        return element.get("refreshOnLoad", "0") not in off
    return word in {"autoUpdate", "ddeLink", "linkStyles", "mailMerge"} and off.isdisjoint(element.attrib.values())


def _last_word(relationship: Any) -> str:
    return str(relationship.get("Type", "").rstrip("/").rpartition("/")[2])


def _main_parts(parts: Parts) -> int:
    """Number of main document parts by relationship and by content type, whichever is larger."""
    by_relationship = sum(_last_word(one) == "officeDocument" for one in parts.relationships(""))
    by_type = sum(1 for one in parts.package.names if _MAIN_TYPE.search(parts.types.of(one)))
    return max(by_relationship, by_type)
