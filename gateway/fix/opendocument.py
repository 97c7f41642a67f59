"""OpenDocument texts, sheets and slides fixed by splices in `content.xml` and `styles.xml`; all other parts stay as they are.

Fonts are changed where they are declared, so that no style has to be: each face that letters use is declared as Times New
Roman. Colours of styles become automatic, but for styles that links, stamps and signatures wear. A cell compares with
others and with the words of formulas: a workbook whose formulas, conditions, filters, pivot tables or macros hold letters of
the old code is refused, since half a conversion would change what it computes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from gateway.documents.readers.containers.zip import Zip
from gateway.documents.readers.odf.styles import StyleBook
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark
from gateway.fix.letters import fix_pieces, is_other, refuse_bound
from gateway.fix.odf_texts import pieces_of
from gateway.fix.tally import PALE, TIMES, RefusedError, Tally
from gateway.fix.xml_spans import Part
from gateway.vietnamese.colour import brightness, is_black
from gateway.vietnamese.legacy_tables import Charset

_PARTS: Final = ("content.xml", "styles.xml")
_LINKS: Final = ("Internet", "Visited")
"""Prefix of the names of link styles."""
_PICTURES: Final = frozenset({"gradient", "bitmap", "hatch"})
_NAME, _PARENT, _FACE = clark("style:name"), clark("style:parent-style-name"), clark("style:font-name")
_COLOUR, _AUTOMATIC, _FAMILY = clark("fo:color"), clark("style:use-window-font-color"), clark("fo:font-family")
_DECLARED: Final = clark("svg:font-family")
_BOUND: Final = {
    "table:table-cell": "table:formula",
    "table:covered-table-cell": "table:formula",
    "table:content-validation": "table:condition",
    "table:named-expression": "table:expression",
    "table:filter-condition": "table:value",
    "table:filter-set-item": "table:value",
    "table:data-pilot-field": "table:source-field-name",
    "table:data-pilot-member": "table:name",
    "style:map": "style:condition",
    "calcext:condition": "calcext:value",
}
"""Elements with the attribute that holds words of cells once more."""
_MACROS: Final = re.compile(r"(?:Basic|Scripts)/.*\.(?:xml|py|js|bsh)$")
_SHEET_REFERENCE: Final = re.compile(r"\$?'[^']*'\.")


def fix_open_document(package: Zip, names: Collection[str], *, computes: bool) -> tuple[dict[str, bytes], Tally]:
    """Return the parts of a document and of the objects in it as they must be, and what was changed.

    One that computes with its words is refused (`RefusedError`) where its formulas hold letters of the old code; an
    object that cannot be fixed stays as it is.
    """
    parts, tally = _fixed(package, names, "", computes=computes)
    for folder in sorted(name.removesuffix("content.xml") for name in names if name.endswith("/content.xml")):
        try:
            inner, found = _fixed(package, names, folder, computes=True)
        except RefusedError:
            continue
        parts |= inner
        tally.add(found)
    return parts, tally


def _fixed(package: Zip, names: Collection[str], folder: str, *, computes: bool) -> tuple[dict[str, bytes], Tally]:
    parts = {folder + name: Part(package.read(folder + name)) for name in _PARTS if folder + name in names}
    roots = [part.root for part in parts.values()]
    worn: set[Element] = set()
    tally = Tally()
    for number, part in enumerate(parts.values()):
        styles = StyleBook(roots[number:], lambda *_: None)  # content sees the styles of both
        fix_pieces(part, pieces_of(part, styles, worn), tally)
    if computes and tally.converted:
        _refuse_bound_words(parts, names, next(iter(tally.converted)))
    said = [(part, each) for part in parts.values() for each in part.iter("style:text-properties")]
    used = {properties.get(_FACE) for _, properties in said}
    for part in parts.values():
        for face in part.iter("style:font-face"):
            _declare(part, face, used, tally)
    bodies = (part.iter("office:presentation", "office:drawing") for part in parts.values())
    drawn = any(next(each, None) is not None for each in bodies)
    pages = (page for part in parts.values() for page in part.iter("style:drawing-page-properties"))
    picture = any(page.get(clark("draw:fill")) in _PICTURES for page in pages)
    for part, properties in said:
        style = properties.getparent()
        if NAMES[style.tag] not in {"style:style", "style:default-style"}:
            continue
        family = properties.get(_FAMILY, "").strip("'\" ")
        if is_other(family) and part.set_value(properties, "font-family", TIMES):
            tally.fonts += 1
        colour = properties.get(_COLOUR, "").removeprefix("#").upper()
        if is_black(colour) or properties.get(_AUTOMATIC) == "true" or part.attribute(properties, "color") is None:
            continue
        if drawn and (picture or (brightness(colour) or 0) >= PALE):  # light letters, and all over pictures
            tally.kept += 1
        elif style not in worn and not any(style.get(each, "").startswith(_LINKS) for each in (_NAME, _PARENT)):
            tally.colours += 1
            _blacken(part, properties)
    return {name: part.fixed() for name, part in parts.items() if part.edits}, tally


def _declare(part: Part, face: Element, used: Collection[str | None], tally: Tally) -> None:
    """Make a declared face that letters use Times New Roman; embedded font files no longer belong to it."""
    family = face.get(_DECLARED, "").strip("'\" ")
    if face.get(_NAME) not in used or not is_other(family) or not part.set_value(face, "font-family", TIMES):
        return
    tally.fonts += 1
    part.set_value(face, "font-family-generic", "roman")
    part.drop(face, "font-charset")  # a legacy font that called itself a symbol font
    span = part.span(face)
    part.edits.append((span.inner, span.close, b""))


def _blacken(part: Part, properties: Element) -> None:
    """Make the colour of a style automatic: black on paper, white on a dark ground."""
    place = part.attribute(properties, "color")
    assert place is not None
    part.drop(properties, "use-window-font-color")
    quote = part.data[place.value - 1 : place.value]
    automatic = b" %buse-window-font-color=%btrue%b" % (part.prefix(properties), quote, quote)
    part.edits.append((place.start, place.end, automatic))
    for child in properties:
        if child.tag.endswith("}char-complex-color"):  # a colour of the theme
            part.replace(child)


def _refuse_bound_words(parts: Mapping[str, Part], names: Iterable[str], charset: Charset) -> None:
    """Refuse a file whose formulas, conditions, filters or macros hold letters of the old code as well."""
    for part in parts.values():
        for element in part.iter(*_BOUND):
            words = element.get(clark(_BOUND[NAMES[element.tag]]), "")
            refuse_bound(_SHEET_REFERENCE.sub("", words), charset)  # sheets keep their names
    if (macro := next(filter(_MACROS.match, names), None)) is not None:
        raise RefusedError("sheet-bound", macro)
