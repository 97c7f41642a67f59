"""Changes of a form's look that no signature permits, although nothing was filled in.

Difference analysis explains objects. It lets pass what is new and is in the right place: a signature field that is never
signed and whose appearance covers the page, and defaults of the form by which viewers redraw every field (Mainka et al., Shadow
Attacks, NDSS 2021; Rohlmann et al., Breaking the Specification: PDF Certification, IEEE S&P 2021).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader
from pyhanko.sign.diff_analysis import SuspiciousModification
from pyhanko.sign.fields import enumerate_sig_fields

from gateway.documents.signatures.pdf_objects import entry

_MAX_FIELDS = 20_000
_BLACK = re.compile(r"(?:\s*/\S+ [\d.]+ Tf(?: 0 g| 0 0 0 rg)?\s*)?")
_HIDDEN = 2
"""Annotation flag (ISO 32000-2 table 167)."""


def assert_same_form_defaults(old: HistoricalResolver, new: HistoricalResolver) -> None:
    """Raise SuspiciousModification when fields other than signatures would be drawn in another way; what none of them awaits changes nothing."""
    before, after = entry(old.root, "/AcroForm"), entry(new.root, "/AcroForm")
    if not isinstance(before, generic.DictionaryObject) or not isinstance(after, generic.DictionaryObject):
        return
    looks = _looks(before)
    if not looks:
        return
    if entry(after, "/NeedAppearances", False) and not entry(before, "/NeedAppearances", False):
        raise SuspiciousModification("viewers are to redraw all fields")
    if entry(before, "/Q", 0) != entry(after, "/Q", 0) or not _is_same_look(before, after):
        raise SuspiciousModification("the default appearance of fields was changed")
    if any(one != other for one, other in _resources(before, after, set(re.findall(r"/([^\s/]+)", " ".join(looks))))):
        raise SuspiciousModification("a default resource of fields was replaced")


def _is_same_look(before: Any, after: Any) -> bool:
    """Return whether the default appearance is the same, or black letters where there was none."""
    held = entry(after, "/DA")
    return bool("/DA" not in before and _BLACK.fullmatch(str(held or ""))) or bool(entry(before, "/DA") == held)


def _looks(form: Any) -> list[str]:
    """Default appearances of the form and of its fields that are no signatures, none when there are none; in doubt there are."""
    stack, found = list(entry(form, "/Fields", ())), [str(entry(form, "/DA", ""))]
    others = 0
    for _ in range(_MAX_FIELDS):
        if not stack:
            return found if others else []
        field = stack.pop().get_object()
        if not isinstance(field, generic.DictionaryObject):
            continue
        kind = entry(field, "/FT")
        others += kind not in (None, "/Sig")
        found.append(str(entry(field, "/DA", "")))
        stack.extend(entry(field, "/Kids", ()))
    return found


def _resources(before: Any, after: Any, awaited: set[str]) -> Iterator[tuple[Any, Any]]:
    """Pairs of what a default resource was and is; of those that were not there, the fonts that fields await."""
    old, new = entry(before, "/DR", {}), entry(after, "/DR", {})
    for category in old:
        names, later = old[category], entry(new, category, {})
        if isinstance(names, generic.DictionaryObject):
            yield from ((names[name], entry(later, name)) for name in names)
        else:
            yield names, later
    held, fonts = entry(old, "/Font", {}), entry(new, "/Font", {})
    yield from (
        (None, fonts[name])
        for name in fonts
        if name[1:] in awaited and name not in held and not _is_standard(fonts[name])
    )


def _is_standard(font: Any) -> bool:
    """Return whether a font is one that every viewer has (ISO 32000-2 §9.6.2.2) and draws letters and digits as themselves."""
    code, encoding = 0, entry(font, "/Encoding", "")
    for one in entry(encoding, "/Differences", ()) if isinstance(encoding, generic.DictionaryObject) else ():
        if isinstance(one, generic.NumberObject):
            code = int(one)
        elif code < 128 and chr(code).isalnum():
            return False
        else:
            code += 1
    return font["/Subtype"] == "/Type1" and "/FontDescriptor" not in font


def has_unsigned_field(reader: PdfFileReader, revision: int, intact: frozenset[str]) -> bool:
    """Return whether a signature field shows or does something that came after `revision` and for which no signer answers.

    A visible field must hold the signature of the person it shows, one of those that are `intact`. One that stays empty, or that
    only a document timestamp fills, which anyone can get, or that no program can verify, would be a sheet laid over the
    page, or a place for a script.
    """
    before = {name: value for name, value, _ in enumerate_sig_fields(reader.get_historical_resolver(revision))}
    for name, value, reference in enumerate_sig_fields(reader):
        empty = before.get(name) is None
        if not empty or (name in before and value is None) or (name in intact and _is_signed(value)):
            continue
        field = reference.get_object()
        if _is_visible(field) or (name not in before and (_acts(field) or not _is_widget(field))):
            return True
    return False


def signature_fields(reader: PdfFileReader) -> frozenset[str]:
    """Names of all signature fields."""
    return frozenset(name for name, _, _ in enumerate_sig_fields(reader))


def _widgets(field: Any) -> list[Any]:
    return [field, *(kid.get_object() for kid in entry(field, "/Kids", ()))]


def _is_visible(field: Any) -> bool:
    return any(map(_has_area, _widgets(field)))


def _acts(field: Any) -> bool:
    """Return whether a field or a widget of it starts an action (ISO 32000-2 §12.6)."""
    return any(key in one for one in _widgets(field) for key in ("/A", "/AA"))


def _is_widget(field: Any) -> bool:
    """Return whether a field is shown as a field: a note or a line may be drawn outside of its rectangle (ISO 32000-2 §12.5.6)."""
    return all(entry(one, "/Subtype", "/Widget") == "/Widget" for one in _widgets(field))


def _has_area(widget: Any) -> bool:
    sides = entry(widget, "/Rect", ())
    if len(sides) != 4 or int(entry(widget, "/F", 0)) & _HIDDEN:
        return False
    left, bottom, right, top = sides
    return bool(left != right and bottom != top)


def _is_signed(value: Any) -> bool:
    signature = value.get_object() if isinstance(value, generic.IndirectObject) else value
    if not isinstance(signature, generic.DictionaryObject):
        return False
    return bool(entry(signature, "/Type") != "/DocTimeStamp" and entry(signature, "/SubFilter") != "/ETSI.RFC3161")
