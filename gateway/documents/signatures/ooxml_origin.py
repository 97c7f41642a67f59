"""Discovery of the signatures of an Office file (ECMA-376-2 §13.2.2): package relationships, origin part, its relationships.

Office follows this way and shows a file as unsigned where it ends, whatever parts lie about. A way that ends nowhere, and a
signature that no way leads to, are left behind by who took a signature out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gateway.documents.signatures.ooxml_parts import Parts, is_signature, targets

_ORIGIN = re.compile(r"/relationships/digital-signature/origin\Z")
_SIGNATURE = re.compile(r"/relationships/digital-signature/signature\Z")
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
    found.missing += [name for name in parts.declared_signatures() if parts.package.find(name) is None]
    found.led_to = sorted(set(found.led_to))[:_MAX_SIGNATURES]
    found.orphaned = sorted(found.orphaned)[:_MAX_SIGNATURES]
    found.missing = sorted(dict.fromkeys(name.lower() for name in found.missing))[:_MAX_SIGNATURES]
    return found
