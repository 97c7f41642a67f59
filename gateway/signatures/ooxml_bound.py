"""Content controls of Word that show a property (ECMA-376-1 §17.5.2.6): the text is signed, what Word shows is the property.

Office leaves title, author, company and the like unsigned, and fills a bound control with them whenever it opens the file.
Whoever changes the property changes what is read, by a signature that holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gateway.signatures import xmldsig
from gateway.signatures.ooxml_parts import CORE_PROPERTIES, EXTENDED_PROPERTIES, Parts

_STORES = {
    "{6c3c8bc8-f283-45ae-878a-bab7291924a1}": CORE_PROPERTIES,
    "{6668398d-a668-4e3e-a5eb-62b293d839f1}": EXTENDED_PROPERTIES,
}
"""Where a binding leads, by its storeItemID: the content type of the part with the properties."""
_LAST_STEP = re.compile(r"([A-Za-z]+)(?:\[\d+\])?\s*\Z")
_MAX_CONTROLS = 2000


def shows_other_than_signed(parts: Parts, texts: list[str], signed: set[str]) -> bool:
    """Tell whether a control in one of the signed `texts` is bound to an unsigned property that is not what it says.

    LibraryFault when a text or the properties cannot be read.
    """
    for name in texts:
        root = xmldsig.parse(parts.package.read(name))
        for number, control in enumerate(_named(root, "sdt")):
            if number >= _MAX_CONTROLS:
                return True
            if _differs(parts, control, signed):
                return True
    return False


def _differs(parts: Parts, control: Any, signed: set[str]) -> bool:
    settings = next((one for one in control if _is(one, "sdtPr")), None)
    binding = next(_named(settings, "dataBinding"), None) if settings is not None else None
    content = next((one for one in control if _is(one, "sdtContent")), None)
    if binding is None or content is None or any(_named(settings, "date")):
        return False  # a date is written in a form of its own
    kind = _STORES.get(_attribute(binding, "storeItemID").lower())
    step = _LAST_STEP.search(_attribute(binding, "xpath"))
    if kind is None or step is None:
        return False
    holders = [name for name in parts.package.names if parts.type_of(name) == kind and name not in signed]
    if not holders:
        return False
    value = next(_named(xmldsig.parse(parts.package.read(holders[0])), step[1]), None)
    shown = "" if any(_named(settings, "showingPlcHdr")) else "".join(one.text or "" for one in _named(content, "t"))
    return "".join(shown.split()) != "".join((value.text or "" if value is not None else "").split())


def _named(root: Any, name: str) -> Iterator[Any]:
    """By local name: transitional and strict files have namespaces of their own."""
    return (one for one in root.iter() if _is(one, name))


def _is(element: Any, name: str) -> bool:
    return isinstance(element.tag, str) and element.tag.rpartition("}")[2] == name


def _attribute(element: Any, name: str) -> str:
    return next((str(value) for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")
