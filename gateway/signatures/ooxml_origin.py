"""How an Office file leads to its signatures (ECMA-376-2 §13.2.2): package relationships, origin part, its relationships.

Office follows this way and shows a file as unsigned where it ends, whatever parts lie about. A way that ends nowhere, and a
signature that no way leads to, are left behind by who took a signature out.
"""

from __future__ import annotations

import posixpath
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.signatures import xmldsig
from gateway.signatures.ooxml_parts import Parts, is_signature

_KIND = "/relationships/digital-signature/"
_MAX_SIGNATURES = 32


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
        """Whether there is or was any."""
        return bool(self.led_to or self.orphaned or self.missing)


def find_signatures(parts: Parts) -> Signatures:
    """Return every signature part, led to or not, and what is missing; LibraryFault when relationships cannot be read."""
    found = Signatures()
    for origin in _targets(parts, "", "origin"):
        if parts.package.find(origin) is None:
            found.missing.append(origin)
            continue
        for name in _targets(parts, origin, "signature"):
            actual = parts.package.find(name)
            if actual is None:
                found.missing.append(name)
            else:
                found.led_to.append(actual)
    found.orphaned = [name for name in parts.package.names if is_signature(parts, name) and name not in found.led_to]
    found.missing += [name for name in parts.declared_signatures() if parts.package.find(name) is None]
    found.led_to = sorted(set(found.led_to))[:_MAX_SIGNATURES]
    found.orphaned = sorted(found.orphaned)[:_MAX_SIGNATURES]
    found.missing = sorted(dict.fromkeys(name.lower() for name in found.missing))[:_MAX_SIGNATURES]
    return found


def _targets(parts: Parts, source: str, kind: str) -> Iterator[str]:
    """Names of the parts that relationships of one kind lead to from a part, or from the package when `source` is empty."""
    folder, base = posixpath.split(source)
    name = parts.package.find(posixpath.join(folder, "_rels", f"{base}.rels"))
    if name is None:
        return
    for one in xmldsig.parse(parts.package.read(name)):
        if not isinstance(one.tag, str) or not one.get("Type", "").endswith(_KIND + kind):
            continue
        target = urllib.parse.unquote(one.get("Target", ""))
        yield posixpath.normpath(posixpath.join("/", folder, target))[1:]
