"""Open Packaging Conventions (ISO/IEC 29500-2): a package as parts with types and relationships, read with care.

The zip below it is that of `containers.zip`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from gateway.documents.readers.containers.opc import ContentTypes
from gateway.documents.readers.containers.zip import Zip
from gateway.documents.readers.ooxml.xml import NAMES, parse


@dataclass(frozen=True)
class Relationship:
    """One relationship of a part or of the package (part name empty)."""

    source: str
    id: str
    kind: str
    """Last segment of the relationship type: `image`, `officeDocument`, `hyperlink` ..."""
    target: str
    """Absolute part name without leading slash, or the target as written when external."""
    external: bool


class Package:
    """The parts of a zipped package."""

    def __init__(self, parts: Zip) -> None:
        self._parts = parts
        self._spelling = {name.casefold(): name for name in parts.entries}
        self.names = tuple(name for name in parts.entries if not _is_plumbing(name))
        """Part names without leading slash, in the order of the container, relationships and content types left out."""
        self._relationships: dict[str, tuple[Relationship, ...]] = {}
        types = self.find("[content_types].xml")
        self._types = ContentTypes(parse(parts.read(types)) if types is not None else ())

    def read(self, name: str) -> bytes:
        """Return the bytes of a part; raises `ReadError`."""
        return self._parts.read(name)

    def content_type(self, name: str) -> str:
        """Return the type by override, else by extension, in lower case, empty when none is given."""
        return self._types.of(name).lower()

    def find(self, name: str) -> str | None:
        """Return the stored spelling of a part name, None when the package has no such part."""
        return self._spelling.get(name.casefold())

    def relationships(self, name: str = "") -> tuple[Relationship, ...]:
        """Return the relationships of a part, of the package itself for the empty name."""
        known = self._relationships.get(name)
        if known is None:
            folder, _, base = name.rpartition("/")
            stored = self.find(f"{folder}/_rels/{base}.rels" if folder else f"_rels/{base}.rels")
            known = tuple(self._load_relationships(stored, name)) if stored else ()
            self._relationships[name] = known
        return known

    def _load_relationships(self, stored: str, source: str) -> Iterator[Relationship]:
        folder = source.rpartition("/")[0]
        for child in parse(self._parts.read(stored)):
            if NAMES[child.tag] != "rel:Relationship":
                continue
            external = (child.get("TargetMode") or "").lower() == "external"
            target = child.get("Target") or ""
            yield Relationship(
                source=source,
                id=child.get("Id") or "",
                kind=(child.get("Type") or "").rstrip("/").rpartition("/")[2],
                target=target if external else _resolve(folder, target),
                external=external,
            )


def _is_plumbing(name: str) -> bool:
    folded = name.casefold()
    return folded == "[content_types].xml" or (folded.endswith(".rels") and "_rels/" in folded)


def _resolve(folder: str, target: str) -> str:
    """Part name of a relative reference (RFC 3986 §5.2, as OPC uses it); fragments do not count."""
    target = unquote(target.partition("#")[0].replace("\\", "/"))
    joined = target if target.startswith("/") else posixpath.join("/" + folder, target)
    return posixpath.normpath(joined).lstrip("/") if target else ""
