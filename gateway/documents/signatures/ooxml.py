"""Signatures on Word, Excel and PowerPoint files (ECMA-376-2 §13, MS-OFFCRYPTO §2.5), with full coverage checks.

Cryptography alone proves little here: a signature covers the parts that its manifest lists, and five of the attacks published
at USENIX Security 2023 ("Every Signature is Broken") add what it does not list. A signature is valid only when SignedInfo
references the package object, only Manifests in signed objects count, every part and relationship is covered but for what
`ooxml_coverage` lets stay unsigned, content types are those that were signed, and there is one main part.
"""

from __future__ import annotations

import re
import urllib.parse
from typing import Any

from lxml import etree

from gateway.documents.signatures import canonical_xml, xades, xmldsig
from gateway.documents.signatures.ooxml_coverage import Covered, coverage_of
from gateway.documents.signatures.ooxml_parts import Parts, find_signatures, read_types
from gateway.documents.signatures.package import open_package
from gateway.documents.signatures.report import REMOVED, Subject, assemble, malformed, removed, unreadable
from gateway.documents.signatures.wall import LIMIT, LibraryFault, wall
from gateway.documents.signatures.xmldsig import Reference, XmlSignature, ds
from gateway.model import Changes, Integrity, Signature

_RELS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_OPC = "{http://schemas.openxmlformats.org/package/2006/digital-signature}"
_RELATIONSHIP_TRANSFORM = "http://schemas.openxmlformats.org/package/2006/RelationshipTransform"
_PACKAGE_OBJECT = re.compile(r"idPackageObject(?:_\w+)?", re.ASCII)
"""ECMA-376-2 §13.2.4.13; LibreOffice adds the Id of the signature, so that two signatures share none."""


def verify_ooxml(data: bytes, subject: Subject) -> tuple[Signature, ...]:
    """Return the reports on all signatures of an Office file, in the order of their parts; empty when unsigned."""
    try:
        package = open_package(data)
        parts = read_types(package)
        found = find_signatures(parts)
    except LibraryFault as fault:
        return (malformed(subject, fault=fault),) if _hints(data) else ()
    if not found and package.problems and _hints(data):
        # Another reading of the archive has signatures: who follows that one would not see the file that is here.
        return (unreadable(subject, problem=package.problems[0], integrity=Integrity.BROKEN),)
    reports = [_verify_part(subject, parts, name) for name in found.led_to]
    reports += [_verify_part(subject, parts, name, orphaned=True) for name in found.orphaned]
    reports += [removed(subject, field_name=name) for name in found.missing]
    return tuple(reports)


def _hints(data: bytes) -> bool:
    return b"_xmlsignatures/sig" in data


def _verify_part(subject: Subject, parts: Parts, name: str, *, orphaned: bool = False) -> Signature:
    try:
        root = canonical_xml.parse(parts.package.read(name))
    except LibraryFault as fault:
        return malformed(subject, field_name=name, fault=fault)
    if xmldsig.own_signatures(root) != [root]:
        return malformed(subject, field_name=name)
    covered = Covered()
    found = xmldsig.verify(root, lambda reference: _part_octets(parts, reference, covered))
    try:
        with wall("manifest"):
            _manifests(found, parts, covered)
    except LibraryFault:
        found.break_("FORMAT_FAILURE", "malformed")
    xades.read(found)
    coverage, changes = coverage_of(found, parts, covered)
    if parts.package.problems:
        found.break_("FORMAT_FAILURE", *parts.package.problems)
    found.problems.extend(covered.faults)
    if orphaned:
        found.problems.append(REMOVED)
        changes = Changes.FORBIDDEN
    claim = xades.signed_time(found, f"{_OPC}Value")  # ECMA-376-2 §13.2.4.16
    facts = xades.facts_of(found, place=name, coverage=coverage, changes=changes, claim=claim)
    return assemble(subject, facts)


def _manifests(found: XmlSignature, parts: Parts, covered: Covered) -> None:
    """Check the references of every Manifest that SignedInfo covers; one that it does not cover is an attack."""
    objects = found.element.findall(ds("Object"))
    if not any(_PACKAGE_OBJECT.fullmatch(one.get("Id", "")) and one in found.covered for one in objects):
        # Universal signature forgery: without the package object the signature is over nothing of the document.
        found.break_("FORMAT_FAILURE", "no-package-object")
    for manifest in found.element.iter(ds("Manifest")):
        if not found.signed([manifest]):
            found.break_("FORMAT_FAILURE", "unsigned-manifest")
            continue
        for one in manifest.findall(ds("Reference")):
            reference = xmldsig.read_reference(one)
            xmldsig.check(found, reference, lambda reference: _part_octets(parts, reference, covered))


def _part_octets(parts: Parts, reference: Reference, covered: Covered) -> bytes:
    """The bytes of a part as a reference digests it; records what it covers (ECMA-376-2 §13.2.4)."""
    path, _, query = reference.uri.partition("?")
    if not path.startswith("/"):
        raise LibraryFault("external", path)
    name = parts.package.find(urllib.parse.unquote(path)[1:])
    if name is None:
        raise LibraryFault("missing-reference", path)
    if name in covered.parts:
        raise LibraryFault(LIMIT, "references")  # no program writes two, and each costs the whole part
    wanted = urllib.parse.unquote(query.partition("ContentType=")[2])
    if wanted != parts.types.of(name):
        covered.faults.append("content-type-changed")
    octets: Any = parts.package.read(name)
    left: list[Any] | None = None
    for transform in reference.transforms:
        algorithm = transform.get("Algorithm", "")
        if algorithm == _RELATIONSHIP_TRANSFORM and name.lower().endswith(".rels") and left is None:
            octets, left = _relationship_transform(octets, transform, name, covered)
        elif algorithm in canonical_xml.CANONICAL:
            prefixes = canonical_xml.inclusive_prefixes(transform)
            canonical: Any = canonical_xml.canonical_document if isinstance(octets, bytes) else canonical_xml.canonical
            octets = canonical(octets, algorithm, prefixes)
        else:
            raise LibraryFault("transform", algorithm)
    if not isinstance(octets, bytes):
        octets = canonical_xml.canonical(octets, canonical_xml.DEFAULT_CANONICAL)
    if left is not None and not xmldsig.fits(octets, reference):
        digested_otherwise = _with_blanks(octets, parts.package.read(name))
        if xmldsig.fits(digested_otherwise, reference):
            octets = digested_otherwise
            covered.faults.append("relationships-of-xmlsec")
    covered.parts.add(name)
    if left is None and name.lower().endswith(".rels"):
        covered.signed_relationships[name] = list(canonical_xml.parse(octets).iterchildren(f"{_RELS}Relationship"))
    if left is not None:
        covered.unsigned_relationships[name] = left
    return bytes(octets)


def _relationship_transform(octets: Any, transform: Any, name: str, covered: Covered) -> tuple[Any, list[Any]]:
    """Keep the relationships that the transform names, in the order of their ids (ECMA-376-2 §13.2.4.24)."""
    root = canonical_xml.parse(octets) if isinstance(octets, bytes) else octets
    identifiers = {one.get("SourceId") for one in transform.iter(f"{_OPC}RelationshipReference")}
    kinds = {one.get("SourceType") for one in transform.iter(f"{_OPC}RelationshipsGroupReference")}
    relationships = [one for one in root if one.tag == f"{_RELS}Relationship"]
    if len({one.get("Id") for one in relationships}) != len(relationships):
        raise LibraryFault("duplicate-id", name)
    kept: list[Any] = []
    left: list[Any] = []
    for one in relationships:
        (kept if one.get("Id") in identifiers or one.get("Type") in kinds else left).append(one)
    default: Any = {None: _RELS[1:-1]}
    result = etree.Element(f"{_RELS}Relationships", nsmap=default)
    for one in sorted(kept, key=lambda one: one.get("Id", "")):
        copy = etree.SubElement(result, f"{_RELS}Relationship")
        for key, value in one.attrib.items():
            copy.set(key, value)
        if "TargetMode" not in copy.attrib:
            copy.set("TargetMode", "Internal")
    covered.signed_relationships[name] = kept
    return result, left


def _with_blanks(octets: bytes, part: bytes) -> bytes:
    """The same as xmlsec 1.2, and so LibreOffice, digests it: each blank between relationships is an element `text`, in front.

    Nothing but the number of blanks is added, so that a signature on these bytes is one on the relationships.
    """
    root = canonical_xml.parse(part)
    blanks = sum(bool(text) for text in (root.text, *(one.tail for one in root)))
    start, end, rest = octets.partition(b">")
    return start + end + b"<text></text>" * blanks + rest
