"""Signatures on OpenDocument files (ODF 1.3 part 2 §5, as LibreOffice and others write them).

`META-INF/documentsignatures.xml` signs the document when its references take in every file of the package but the
signatures themselves; `mimetype` and the manifest may be missing, as writers before ODF 1.2 left them out. `META-INF/macrosignatures.xml`
signs macros only and is never a signature on the document, whatever its name. OpenPGP signatures are
reported as such and not verified. The certificate reported is the one that verified (CVE-2021-25633), the time shown is
signed (CVE-2021-25634), an unknown algorithm is not valid (CVE-2021-25635).
"""

from __future__ import annotations

import posixpath
import re
import urllib.parse
from typing import Any

from lxml import etree

from gateway.documents.signatures import canonical_xml, xades, xmldsig
from gateway.documents.signatures.package import FETCHING, Package, is_linked, open_package
from gateway.documents.signatures.report import Subject, assemble, malformed, removed
from gateway.documents.signatures.wall import LIMIT, LibraryFault
from gateway.documents.signatures.xmldsig import Reference, ds
from gateway.model import Changes, Coverage, Integrity, Signature

DOCUMENT = "META-INF/documentsignatures.xml"
MACROS = "META-INF/macrosignatures.xml"
MANIFEST = "META-INF/manifest.xml"
_FREE_BEFORE_1_2 = frozenset({"mimetype", MANIFEST})
_VERSION = re.compile(rb"office:version\s*=\s*[\"'](\d)\.(\d{1,2})[\"']")
_HEAD = 16_384
"""Bytes of the content in which its version is looked for; it is in the root element."""
_ENTRY = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}"
_ENTRY_ATTRIBUTES = {f"{_ENTRY}{name}" for name in ("full-path", "media-type", "version")}
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_KINDS = {"drawing": "graphics"}
_SETTINGS = "application/vnd.sun.xml.ui.configuration"
_REPLACEMENTS, _REPLACEMENT = "ObjectReplacements/", "application/x-openoffice-"  # of embedded objects, as pictures
_LINKS = ("{http://www.w3.org/1999/xlink}href", "{urn:oasis:names:tc:opendocument:xmlns:form:1.0}image-data", "src")
_RECORDS = "{urn:oasis:names:tc:opendocument:xmlns:form:1.0}datasource"
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_LIVE = re.compile(r"dde-.*|database-(?!ranges?\Z).*")
"""Elements that show what another program or a database says."""
_COMPUTED = re.compile(r"\{urn:oasis:names:tc:opendocument:xmlns:table:1\.0\}(?:formula|expression|condition)")
_HINTS = re.compile(rb"href|src\s*=|image-data|datasource|dde-|database-|base\s*=|(?:formula|expression|condition)\s*=")
_FOLLOWED = re.compile(
    r"a|area-rectangle|area-circle|area-polygon|event-listener|hyperlink-behaviour|form|button|template"
)
"""Elements whose link is followed by a click, or leads to no words."""
_DATE = "{http://purl.org/dc/elements/1.1/}date"
"""What LibreOffice shows as the time of a signature."""


def verify_odf(data: bytes, subject: Subject) -> tuple[Signature, ...]:
    """Return the reports on all signatures of an OpenDocument file; empty when unsigned."""
    try:
        package = open_package(data)
    except LibraryFault as fault:
        # What is no package is the reader's to say, unless it holds signatures that another program may find.
        hints = b"signatures.xml" in data
        return (malformed(subject, fault=fault),) if hints else ()
    reports: list[Signature] = []
    for name in package.names:
        if name.lower() in {DOCUMENT.lower(), MACROS.lower()}:
            reports += _verify_file(subject, package, name)
    return (*reports, *(removed(subject, field_name=name) for name in _left_behind(package)))


def _left_behind(package: Package) -> list[str]:
    """Evidence of a signature out of place: named by the manifest only, or a file of another name."""
    found = []
    for name in package.names:
        if not name.lower().startswith("meta-inf/") or name.lower() in {DOCUMENT.lower(), MACROS.lower()}:
            continue
        try:
            octets = package.read(name)
        except LibraryFault:
            continue
        if name.lower() == MANIFEST.lower():
            if DOCUMENT.encode() in octets and package.find(DOCUMENT) is None:
                found.append(DOCUMENT)
        elif xmldsig.DS.encode() in octets:
            found.append(name)
    return found


def _verify_file(subject: Subject, package: Package, name: str) -> list[Signature]:
    try:
        root = canonical_xml.parse(package.read(name))
    except LibraryFault as fault:
        return [malformed(subject, field_name=name, fault=fault)]
    elements = [one for one in root if isinstance(one.tag, str)]
    signatures = [one for one in elements if one.tag == ds("Signature")]
    if len(signatures) != len(xmldsig.own_signatures(root)) or len(signatures) > 32:
        # A Signature inside something else is how wrapping attacks hide the one that verifies.
        return [malformed(subject, field_name=name)]
    if not signatures and _holds_anything(root):
        # LibreOffice leaves an empty list when its user takes the last signature out; what else is in it was one.
        return [removed(subject, field_name=name)]
    return [_verify_one(subject, package, name, element) for element in signatures]


def _holds_anything(root: Any) -> bool:
    """Return whether a list holds more than blanks: other elements, words, or a signature made a comment."""
    beside = (*root.itersiblings(), *root.itersiblings(preceding=True))
    return bool(len(root) or (root.text or "").strip() or beside)


def _verify_one(subject: Subject, package: Package, name: str, element: Any) -> Signature:
    covered: set[str] = set()
    # No office program keeps comments of XML: who finds one in a signed file finds what was put there since.
    found = xmldsig.verify(
        element, lambda reference: member_octets(package, reference, covered, may_have_comments=False)
    )
    xades.read(found)
    if package.problems:
        found.break_("FORMAT_FAILURE", *package.problems)
    own = {DOCUMENT.lower(), MACROS.lower()}
    free = frozenset() if _signs_every_file(package) else _FREE_BEFORE_1_2
    wanted = [one for one in package.names if one not in free and one.lower() not in own]
    uncovered = [one for one in wanted if one not in covered] + found.loose()
    try:
        uncovered += [one for one in free if one in package and not _is_as_signed(package, one, covered)]
        if any(_shows_outside(package, one) for one in covered):
            found.problems.append("external-reference")
    except LibraryFault:
        uncovered.append(MANIFEST)
    if name.lower() == MACROS.lower():
        found.problems.append("macro-signature")
    elif uncovered:
        found.problems.append("uncovered-part")
    outside = "external-reference" in found.problems
    facts = xades.facts_of(
        found,
        place=name,
        coverage=Coverage.PARTIAL if outside or uncovered or name.lower() == MACROS.lower() else Coverage.WHOLE,
        changes=Changes.FORBIDDEN if found.integrity is Integrity.BROKEN else Changes.NONE,
        claim=xades.signed_time(found, _DATE),
        uncovered=len(uncovered),
    )
    return assemble(subject, facts)


def _shows_outside(package: Package, name: str) -> bool:
    """Return whether a file shows what is not in the package: a picture, a section, a record that may be another one later."""
    octets = package.read(name)
    if name.lower().endswith(".svg"):
        return is_linked(octets)
    if not name.lower().endswith(".xml") or not _HINTS.search(octets.replace(b"\0", b"")):
        return False
    folder = posixpath.dirname(name)
    for one in canonical_xml.parse_with_doctype(octets).iter(etree.Element):
        word = one.tag.rpartition("}")[2]
        if _BASE in one.attrib or one.get(_RECORDS) or _LIVE.fullmatch(word):
            return True
        if any(FETCHING.search(value) for key, value in one.attrib.items() if _COMPUTED.fullmatch(key)):
            return True
        if not _FOLLOWED.fullmatch(word) and any(_leads_out(one.get(key, ""), folder) for key in _LINKS):
            return True
    return False


def _leads_out(link: str, folder: str) -> bool:
    path = posixpath.normpath(posixpath.join(folder, urllib.parse.unquote(link)))
    return bool(link) and bool(urllib.parse.urlsplit(link).scheme or path.startswith(("/", "..", "\\")))


def _signs_every_file(package: Package) -> bool:
    """Return whether the content, which is signed, is of ODF 1.2 or later: since then type and manifest are signed (part 3 §5.2)."""
    name = package.find("content.xml")
    found = _VERSION.search(package.read(name)[:_HEAD]) if name is not None else None
    return found is not None and (int(found[1]), int(found[2])) >= (1, 2)


def _is_as_signed(package: Package, name: str, covered: set[str]) -> bool:
    """Return whether an unsigned type or manifest says no more than follows from the signed files (ODF 1.1 §17.7): it decides what they show."""
    if name in covered:
        return True
    kind = _kind(package, "")
    if name != MANIFEST:
        return package.read(name).strip().decode("latin-1") == kind
    wanted = {"/": {kind}} | {one: _types_of(one) for one in covered}
    paths = set()
    for entry in canonical_xml.parse_with_doctype(package.read(name)):
        path, media_type = entry.get(f"{_ENTRY}full-path", ""), entry.get(f"{_ENTRY}media-type", "")
        if entry.tag != f"{_ENTRY}file-entry" or len(entry) or set(entry.attrib) - _ENTRY_ATTRIBUTES or path in paths:
            return False
        paths.add(path)
        expected = wanted.pop(path, {"", _SETTINGS})
        if path.endswith("/") and package.find(f"{path}content.xml") is not None:
            expected = {_kind(package, path)}  # an embedded document
        if media_type not in expected and not (path.startswith(_REPLACEMENTS) and media_type.startswith(_REPLACEMENT)):
            return False
    return not wanted.keys() - _FREE_BEFORE_1_2


def _kind(package: Package, folder: str) -> str:
    """Media type of a document by its content: no template, no web page, which only the manifest could say."""
    body = canonical_xml.parse(package.read(f"{folder}content.xml")).find(f"{_OFFICE}body")
    first = next((one for one in body if isinstance(one.tag, str)), None) if body is not None else None
    word = first.tag.removeprefix(_OFFICE) if first is not None else ""
    return f"application/vnd.oasis.opendocument.{_KINDS.get(word, word)}"


def _types_of(name: str) -> set[str]:
    """Media types that a manifest may give to a file."""
    if name.endswith(".xml"):
        return {"text/xml", "application/rdf+xml"} if name.endswith("manifest.rdf") else {"text/xml"}
    extension = name.rpartition(".")[2].lower()
    extension = {"jpg": "jpeg", "svg": "svg+xml"}.get(extension, extension)
    return {"", f"image/{extension}", f"image/x-{extension}", "application/binary"}


def member_octets(
    package: Package, reference: Reference, covered: set[str], *, may_have_comments: bool = True
) -> bytes:
    """The bytes of a member as a reference digests it: as they are, or canonical XML."""
    if "://" in reference.uri or (reference.uri.startswith("/") and not package.find(reference.uri[1:])):
        raise LibraryFault("external", reference.uri)
    name = package.named_by(reference.uri)
    if name is None:
        raise LibraryFault("missing-reference", reference.uri)
    if name in covered:
        raise LibraryFault(LIMIT, "references")  # no program writes two, and each costs the whole member
    octets: Any = package.read(name)
    for transform in reference.transforms:
        algorithm = transform.get("Algorithm", "")
        if algorithm not in canonical_xml.CANONICAL:
            raise LibraryFault("transform", algorithm)
        prefixes = canonical_xml.inclusive_prefixes(transform)
        octets = canonical_xml.canonical_document(octets, algorithm, prefixes, may_have_comments=may_have_comments)
    covered.add(name)
    return bytes(octets)
