"""Parts of an Office package with their content types (ECMA-376-2 §7.2.3), and its signatures (§13.2.2).

Office goes from the relationships of the package to the origin part and its relationships, and shows a file as unsigned where
that way ends, whatever other parts there are. A way that ends nowhere, and a signature that no way leads to, are left behind when a
signature is removed.
"""

from __future__ import annotations

import posixpath
import re
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from gateway.documents.readers.containers.opc import ContentTypes
from gateway.documents.signatures import canonical_xml
from gateway.documents.signatures.package import Package
from gateway.documents.signatures.wall import LIMIT, LibraryFault, wall

SIGNATURE_KINDS = "application/vnd.openxmlformats-package.digital-signature-"
"""Content types of the origin, of signatures and of certificates (ECMA-376-2 §13.2)."""
PROPERTY_TYPES = frozenset(
    {
        "application/vnd.openxmlformats-package.core-properties+xml",
        "application/vnd.openxmlformats-officedocument.extended-properties+xml",
        "application/vnd.openxmlformats-officedocument.custom-properties+xml",
    }
)
"""Properties by their type: the packaging library of .NET keeps them under a name that it makes up."""
_PROPERTY_PATH = re.compile(r"docprops/(?:app|core|custom)\.xml", re.IGNORECASE)
_PROPERTY_RELATIONSHIP = re.compile(r"/(?:core|extended|custom)-?properties/?\Z", re.IGNORECASE)
_SIGNATURE_TYPE = SIGNATURE_KINDS + "xmlsignature+xml"


@dataclass
class Parts:
    """A package with the content types of its parts."""

    package: Package
    types: ContentTypes
    _naming: dict[str, dict[str, set[str]]] = field(default_factory=dict)

    def relationships(self, source: str) -> list[Any]:
        """Children of the relationship part of a part, of the package when `source` is empty."""
        folder, base = posixpath.split(source)
        name = self.package.find(posixpath.join(folder, "_rels", f"{base}.rels"))
        root = canonical_xml.parse(self.package.read(name)) if name is not None else ()
        return [one for one in root if isinstance(one.tag, str)]

    def naming(self, source: str) -> dict[str, set[str]]:
        """Elements that name each relationship of a part, by its Id; `?` is one of a part that is no XML we read."""
        if source not in self._naming:
            found: dict[str, set[str]] = {one.get("Id", ""): set() for one in self.relationships(source)}
            octets = self.package.read(source)
            try:
                for one in canonical_xml.parse(octets).iter(etree.Element):
                    for value in found.keys() & one.attrib.values():
                        found[value].add(one.tag.rpartition("}")[2])
            except LibraryFault:
                for value in found:
                    found[value] |= {"?" for codec in ("utf-8", "utf-16-le") if value.encode(codec) in octets}
            self._naming[source] = found
        return self._naming[source]


def read_types(package: Package) -> Parts:
    """Read `[Content_Types].xml`; LibraryFault when it is missing, no XML, or gives two types for one part."""
    name = package.find("[Content_Types].xml")
    if name is None:
        raise LibraryFault("ooxml", "no content types")
    with wall("ooxml"):
        return Parts(package, ContentTypes(canonical_xml.parse(package.read(name))))


def is_signature(parts: Parts, name: str) -> bool:
    """Return whether a part is a signature, by its type or by the place where Office keeps them."""
    declared = parts.types.of(name) == _SIGNATURE_TYPE
    placed = name.lower().startswith("_xmlsignatures/") and name.lower().endswith(".xml")
    return declared or placed


def property_parts(parts: Parts) -> list[str]:
    """Names of the parts that hold properties to any reader: by relationship of the package, by type or by path."""
    related = set(targets(parts, "", _PROPERTY_RELATIONSHIP))
    return [
        name
        for name in parts.package.names
        if name.lower() in related or parts.types.of(name) in PROPERTY_TYPES or _PROPERTY_PATH.fullmatch(name)
    ]


def targets(parts: Parts, source: str, kind: re.Pattern[str]) -> Iterator[str]:
    """Names, in small letters, of what relationships of one kind lead to from a part, from the package when `source` is empty."""
    for one in parts.relationships(source):
        if kind.search(one.get("Type", "")):
            yield target_of(source, one).lower()


def target_of(source: str, relationship: Any) -> str:
    """Name of the part that a relationship of a part leads to, within the package."""
    path = urllib.parse.unquote(relationship.get("Target", "")).partition("#")[0]
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(source), path))[1:]


_ORIGIN = re.compile(r"/relationships/digital-signature/origin\Z")
_SIGNATURE = re.compile(r"/relationships/digital-signature/signature\Z")
_MAX_SIGNATURES = 64


@dataclass
class Signatures:
    """The signature parts of a package."""

    led_to: list[str] = field(default_factory=list)
    """Those that the origin leads to."""
    orphaned: list[str] = field(default_factory=list)
    """Those that nothing leads to."""
    missing: list[str] = field(default_factory=list)
    """Names of an origin or signature that something leads to, or that has a content type, and that is not there."""

    def __bool__(self) -> bool:
        """Return whether there is or was any signature."""
        return bool(self.led_to or self.orphaned or self.missing)


def find_signatures(parts: Parts) -> Signatures:
    """Return every signature part, led to or not, and what is missing; LibraryFault when relationships cannot be read, or there are over 64."""
    found = Signatures()
    for origin in targets(parts, "", _ORIGIN):
        if parts.package.find(origin) is None:
            found.missing.append(origin)
            continue
        for name in targets(parts, origin, _SIGNATURE):
            actual = parts.package.find(name)
            if actual is None:
                found.missing.append(name)
            else:
                found.led_to.append(actual)
    found.orphaned = [name for name in parts.package.names if is_signature(parts, name) and name not in found.led_to]
    declared = (name for name, kind in parts.types.overrides.items() if kind.startswith(SIGNATURE_KINDS))
    found.missing += [name for name in declared if parts.package.find(name) is None]
    found.led_to = sorted(set(found.led_to))
    found.missing = sorted({name.lower() for name in found.missing})
    if len(found.led_to) + len(found.orphaned) + len(found.missing) > _MAX_SIGNATURES:
        raise LibraryFault(LIMIT, "signatures")
    return found
