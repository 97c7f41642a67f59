"""Signatures on Word, Excel and PowerPoint files (ECMA-376-2 §13, MS-OFFCRYPTO §2.5), with full coverage checks.

Cryptography alone proves little here: a signature covers the parts that its manifest lists, and five of the attacks published
at USENIX Security 2023 ("Every Signature is Broken") add what it does not list. A signature stands only when SignedInfo
references the package object, only Manifests in signed objects count, every part and relationship is covered but for
`_MAY_STAY_UNSIGNED` and `_FREE_RELATIONSHIPS`, content types are those that were signed, and there is one main part.
"""

from __future__ import annotations

import posixpath
import re
import urllib.parse
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from gateway.model import Changes, Coverage, Integrity, Signature
from gateway.signatures import xades, xmldsig
from gateway.signatures.package import Package, open_package
from gateway.signatures.report import Facts, Subject, assemble, unreadable
from gateway.signatures.wall import LibraryFault, wall
from gateway.signatures.xmldsig import Reference, XmlSignature, ds

_TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_RELS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_OPC = "{http://schemas.openxmlformats.org/package/2006/digital-signature}"
_RELATIONSHIP_TRANSFORM = "http://schemas.openxmlformats.org/package/2006/RelationshipTransform"
_SIGNATURE_KINDS = "application/vnd.openxmlformats-package.digital-signature-"
"""Content types of the origin, of signatures and of certificates (ECMA-376-2 §13.2)."""
_SIGNATURE_TYPE = _SIGNATURE_KINDS + "xmlsignature+xml"
_PACKAGE_OBJECT = "idPackageObject"
_OBJECT_KIND = DS_OBJECT = "http://www.w3.org/2000/09/xmldsig#Object"

_MAY_STAY_UNSIGNED = re.compile(
    r"\[content_types\]\.xml|docprops/(?:app|core|custom)\.xml|(?:.*/)?thumbnail\.\w+|ppt/(?:presprops|viewprops)\.xml"
    r"|mimetype|ppt/_rels/(?:presprops|viewprops)\.xml\.rels"
    r"|word/(?:people|comments(?:extended|ids|extensible))\.xml|docmetadata/labelinfo\.xml",
    re.IGNORECASE,
)
"""What genuine Office leaves out: properties, thumbnails, view state, and what came after the list of signed kinds was made:
who is online of a comment's authors, which comments are done, sensitivity labels. Nothing of it is content of the document."""
_PROPERTY_TYPES = frozenset(
    {
        "application/vnd.openxmlformats-package.core-properties+xml",
        "application/vnd.openxmlformats-officedocument.extended-properties+xml",
        "application/vnd.openxmlformats-officedocument.custom-properties+xml",
    }
)
"""Properties by their type: the packaging library of .NET keeps them under a name that it makes up."""
_CUSTOM_XML = re.compile(r"customxml/.*", re.IGNORECASE)
_FREE_RELATIONSHIPS = frozenset(
    {
        "core-properties",
        "extended-properties",
        "custom-properties",
        "thumbnail",
        "origin",
        "signature",
        "presProps",
        "viewProps",
        "people",
        "commentsExtended",
        "commentsIds",
        "commentsExtensible",
        "classificationlabels",
    }
)
"""Last word of relationship types that may stay unsigned."""
_MAIN_TYPE = re.compile(r"\.main\+xml$|\.main$")


@dataclass
class _Parts:
    """Content types and relationships of a package."""

    package: Package
    overrides: dict[str, str]
    defaults: dict[str, str]

    def type_of(self, name: str) -> str:
        """Content type of a part, empty when none is declared (ECMA-376-2 §7.2.3)."""
        extension = name.rpartition(".")[2].lower()
        return self.overrides.get("/" + name.lower(), self.defaults.get(extension, ""))


@dataclass
class _Covered:
    """What one signature covers."""

    parts: set[str] = field(default_factory=set)
    unsigned_relationships: dict[str, list[Any]] = field(default_factory=dict)
    """By relationship part: the relationships that the transform left out."""
    signed_types: dict[str, set[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def verify_ooxml(data: bytes, subject: Subject) -> tuple[Signature, ...]:
    """Return the reports on all signatures of an Office file, in the order of their parts; empty when unsigned."""
    if b"_xmlsignatures" not in data and b"digital-signature" not in data:
        return ()
    try:
        package = open_package(data)
        parts = _read_types(package)
    except LibraryFault:
        return (unreadable(subject, problem="malformed", integrity=Integrity.BROKEN),) if _hints(data) else ()
    names = [name for name in package.names if _is_signature(parts, name)]
    reports = []
    for name in sorted(names)[:32]:
        try:
            root = xmldsig.parse(package.read(name))
        except LibraryFault:
            reports.append(unreadable(subject, field_name=name, problem="malformed", integrity=Integrity.BROKEN))
            continue
        reports.append(_verify_part(subject, parts, name, root))
    return tuple(reports)


def _hints(data: bytes) -> bool:
    return b"_xmlsignatures/sig" in data


def _read_types(package: Package) -> _Parts:
    name = package.find("[Content_Types].xml")
    if name is None:
        raise LibraryFault("ooxml", "no content types")
    overrides: dict[str, str] = {}
    defaults: dict[str, str] = {}
    for one in xmldsig.parse(package.read(name)):
        kind = one.get("ContentType", "") if isinstance(one.tag, str) else ""
        if one.tag == f"{_TYPES}Override":
            _declare(overrides, one.get("PartName", ""), kind)
        elif one.tag == f"{_TYPES}Default":
            _declare(defaults, one.get("Extension", ""), kind)
    return _Parts(package, overrides, defaults)


def _declare(kinds: dict[str, str], name: str, kind: str) -> None:
    """Two types of one part would be another document to another reader (ECMA-376-2 §7.2.3)."""
    if kinds.setdefault(name.lower(), kind) != kind:
        raise LibraryFault("ooxml", "two content types")


def _is_signature(parts: _Parts, name: str) -> bool:
    declared = parts.type_of(name) == _SIGNATURE_TYPE
    placed = name.lower().startswith("_xmlsignatures/") and name.lower().endswith(".xml")
    return declared or placed


def _verify_part(subject: Subject, parts: _Parts, name: str, root: Any) -> Signature:
    signatures = [root] if root.tag == ds("Signature") else []
    if len(signatures) != 1 or next(root.iterdescendants(ds("Signature")), None) is not None:
        return unreadable(subject, field_name=name, problem="malformed", integrity=Integrity.BROKEN)
    covered = _Covered()
    found = xmldsig.verify(root, lambda reference: _part_octets(parts, reference, covered))
    try:
        with wall("manifest"):
            _manifests(found, parts, covered)
    except LibraryFault:
        found.break_("FORMAT_FAILURE", "malformed")
    properties = xades.read(found)
    coverage, changes = _coverage(found, parts, covered)
    if parts.package.problems:
        found.break_("FORMAT_FAILURE", *parts.package.problems)
    found.problems.extend(covered.faults)
    facts = Facts(
        field=name,
        integrity=found.integrity,
        sub_indication=found.sub_indication,
        coverage=coverage,
        changes=changes,
        certificate=found.certificate,
        pool=(*found.certificates, *properties.certificates),
        evidence=properties.evidence,
        algorithms=tuple(found.algorithms),
        claimed_time=properties.claimed_time or _office_time(found),
        signature=found.signature,
        tokens=properties.tokens,
        timestamped=properties.timestamped,
        problems=tuple(dict.fromkeys(found.problems)),
    )
    return assemble(subject, facts)


def _manifests(found: XmlSignature, parts: _Parts, covered: _Covered) -> None:
    """Check the references of every Manifest that SignedInfo covers; one that it does not cover is an attack."""
    if _PACKAGE_OBJECT not in found.signed_ids:
        # Universal signature forgery: without the package object the signature is over nothing of the document.
        found.break_("FORMAT_FAILURE", "no-package-object")
    for manifest in found.element.iter(ds("Manifest")):
        if not found.signed([manifest]):
            found.break_("FORMAT_FAILURE", "unsigned-manifest")
            continue
        for one in manifest.findall(ds("Reference")):
            reference = xmldsig.read_reference(one)
            xmldsig.check(found, reference, lambda reference: _part_octets(parts, reference, covered))


def _part_octets(parts: _Parts, reference: Reference, covered: _Covered) -> bytes:
    """The octets of a part as a reference digests it; records what it covers (ECMA-376-2 §13.2.4)."""
    path, _, query = reference.uri.partition("?")
    if not path.startswith("/"):
        raise LibraryFault("external", path)
    name = parts.package.find(urllib.parse.unquote(path)[1:])
    if name is None:
        raise LibraryFault("missing-reference", path)
    wanted = urllib.parse.unquote(query.partition("ContentType=")[2])
    if wanted and wanted != parts.type_of(name):
        covered.faults.append("content-type-changed")
    octets: Any = parts.package.read(name)
    left: list[Any] | None = None
    for transform in reference.transforms:
        algorithm = transform.get("Algorithm", "")
        if algorithm == _RELATIONSHIP_TRANSFORM:
            octets, left = _relationship_transform(octets, transform, name, covered)
        elif algorithm in xmldsig.CANONICAL:
            element = xmldsig.parse(octets) if isinstance(octets, bytes) else octets
            octets = xmldsig.canonical(element, algorithm, xmldsig.inclusive_prefixes(transform))
        else:
            raise LibraryFault("transform", algorithm)
    if not isinstance(octets, bytes):
        octets = xmldsig.canonical(octets, xmldsig.DEFAULT_CANONICAL)
    covered.parts.add(name)
    if left is not None:
        covered.unsigned_relationships[name] = left
    return bytes(octets)


def _relationship_transform(octets: Any, transform: Any, name: str, covered: _Covered) -> tuple[Any, list[Any]]:
    """Keep the relationships that the transform names, in the order of their ids (ECMA-376-2 §13.2.4.24)."""
    root = xmldsig.parse(octets) if isinstance(octets, bytes) else octets
    identifiers = {one.get("SourceId") for one in transform.iter(f"{_OPC}RelationshipReference")}
    kinds = {one.get("SourceType") for one in transform.iter(f"{_OPC}RelationshipsGroupReference")}
    relationships = [one for one in root if one.tag == f"{_RELS}Relationship"]
    if len({one.get("Id") for one in relationships}) != len(relationships):
        raise LibraryFault("duplicate-id", name)
    kept = [one for one in relationships if one.get("Id") in identifiers or one.get("Type") in kinds]
    default: Any = {None: _RELS[1:-1]}
    result = etree.Element(f"{_RELS}Relationships", nsmap=default)
    for one in sorted(kept, key=lambda one: one.get("Id", "")):
        copy = etree.SubElement(result, f"{_RELS}Relationship")
        for key, value in one.attrib.items():
            copy.set(key, value)
        if "TargetMode" not in copy.attrib:
            copy.set("TargetMode", "Internal")
    covered.signed_types[name] = {one.get("Type", "") for one in kept}
    return result, [one for one in relationships if one not in kept]


def _coverage(found: XmlSignature, parts: _Parts, covered: _Covered) -> tuple[Coverage, Changes]:
    """Compare what the signature covers with what the package holds."""
    if not covered.parts:
        return Coverage.UNKNOWN, Changes.FORBIDDEN
    changes = Changes.NONE
    if "content-type-changed" in covered.faults:
        changes = Changes.FORBIDDEN
    binds = any(b"dataBinding" in parts.package.read(n) for n in covered.parts if n.lower().startswith("word/"))
    uncovered = [
        name
        for name in parts.package.names
        if name not in covered.parts
        and not _MAY_STAY_UNSIGNED.fullmatch(name)
        and not _is_never_signed(parts, name)
        and not (_CUSTOM_XML.fullmatch(name) and not binds)
        and not _is_free_relationship_part(parts, name, binds=binds)
    ]
    if uncovered:
        found.problems.append("uncovered-part")
    left = [
        (name, one)
        for name, relationships in covered.unsigned_relationships.items()
        for one in relationships
        if not _is_free(one, binds=binds)
    ]
    if left:
        found.problems.append("unsigned-relationship")
    for name, one in left:
        same_kind = one.get("Type", "") in covered.signed_types.get(name, set())
        if same_kind or one.get("TargetMode") == "External" or _last_word(one) == "officeDocument":
            # Added beside signed ones of its kind, or reaching outside: nothing that an application leaves unsigned.
            changes = Changes.FORBIDDEN
    if _main_parts(parts) != 1:
        found.problems.append("second-main-part")
        changes = Changes.FORBIDDEN
    whole = not uncovered and not left and changes is Changes.NONE
    return (Coverage.WHOLE if whole else Coverage.PARTIAL), changes


def _source_of(name: str) -> str:
    """The part whose relationships a relationship part holds."""
    return posixpath.join(posixpath.dirname(posixpath.dirname(name)), posixpath.basename(name)[:-5])


def _is_never_signed(parts: _Parts, name: str) -> bool:
    """Whether a part holds properties, or is the origin, a signature or a certificate of one, or their relationships."""
    kind = parts.type_of(_source_of(name) if name.lower().endswith(".rels") else name)
    return kind.startswith(_SIGNATURE_KINDS) or kind in _PROPERTY_TYPES


def _is_free_relationship_part(parts: _Parts, name: str, *, binds: bool) -> bool:
    """A relationship part that no signature lists may hold only relationships that may stay unsigned."""
    if not name.lower().endswith(".rels"):
        return False
    source = _source_of(name)
    if _MAY_STAY_UNSIGNED.fullmatch(source) or (_CUSTOM_XML.fullmatch(source) and not binds):
        return True
    try:
        root = xmldsig.parse(parts.package.read(name))
    except LibraryFault:
        return False
    return all(_is_free(one, binds=binds) for one in root if isinstance(one.tag, str))


def _is_free(relationship: Any, *, binds: bool) -> bool:
    if relationship.get("TargetMode") == "External":
        return False
    word = _last_word(relationship)
    return word in _FREE_RELATIONSHIPS or (word in {"customXml", "customXmlProps"} and not binds)


def _last_word(relationship: Any) -> str:
    return str(relationship.get("Type", "").rstrip("/").rpartition("/")[2])


def _main_parts(parts: _Parts) -> int:
    """Number of main document parts by relationship and by content type, whichever is larger."""
    name = parts.package.find("_rels/.rels")
    by_relationship = 0
    if name is not None:
        root = xmldsig.parse(parts.package.read(name))
        by_relationship = sum(1 for one in root if isinstance(one.tag, str) and _last_word(one) == "officeDocument")
    by_type = sum(1 for one in parts.package.names if _MAIN_TYPE.search(parts.type_of(one)))
    return max(by_relationship, by_type)


def _office_time(found: XmlSignature) -> Any:
    """Office's own signature time, a claim (ECMA-376-2 §13.2.4.16)."""
    values = found.signed(found.element.iter(f"{_OPC}Value"))
    return xades.parse_time(values[0].text) if values else None
