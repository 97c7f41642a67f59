"""Parts of an OOXML package beside its main story: properties, labels, custom XML, pictures, objects, links.

`read_rest` runs after a format's own walker. Whatever part nobody has read yet is read here: XML parts give their text
as hidden runs, other parts become members to be looked at on their own. Nothing in a package is passed over silently.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from gateway.documents.readers.base import Member
from gateway.documents.readers.containers.opc import part_name
from gateway.documents.readers.excel.xlsx_controls import tick_boxes
from gateway.documents.readers.loose_words import loose_lines
from gateway.documents.readers.ooxml.activex import shown_by_control
from gateway.documents.readers.ooxml.drawingml import put_plain
from gateway.documents.readers.ooxml.parts import Parts, Relationship
from gateway.documents.readers.ooxml.xml import NAMES, OWN_LETTERS, Element, holds_words, parse, parse_loosely, texts
from gateway.documents.readers.pictures import thumbnail
from gateway.documents.readers.pictures.metafile import is_metafile, read_metafile
from gateway.documents.readers.sink import Place, Sink
from gateway.model import Origin, Role

_LOADED: Final = {"attachedTemplate": "external-template", "frame": "external-object", "subDocument": "external-object"}
"""External relationships that a program loads without a click."""
_CLICKED: Final = {
    "hyperlink",
    "externalLinkPath",
    "externalLinkLong",
    "xlPathMissing",
    "hlinkshowjump",
    "slideUpdateUrl",
}
_LOCAL: Final = re.compile(r"(?i)^\s*(?:file:/{2,3}(?:localhost/)?)?[a-z]:[\\/]|^[^:/\\]+$")
_DANGEROUS: Final = re.compile(r"(?i)^\s*(file:|\\\\|//|javascript:|vbscript:|mhtml:|ms-[a-z]+:|data:|[a-z]:[\\/])")
_PICTURE: Final = re.compile(r"(?i)\.(png|jpe?g|jfif|gif|bmp|dib|tiff?|emf|wmf|emz|wmz|svg|webp|heic|ico|pcx|wdp)$")
_SETTINGS_ONLY: Final = ("printersettings", "obfuscatedfont", "x-font", "fontdata", "vnd.ms-office.vbaproject")
MAGIC: Final = (b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"{\\rtf")
_CORE_NAMES: Final = {
    "dc:title": "Title",
    "dc:subject": "Subject",
    "dc:creator": "Author",
    "dc:description": "Comments",
}
_XML_START: Final = re.compile(rb"^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*(?:<|\x00<)")


def read_rest(parts: Parts) -> None:
    """Read every part that no walker has read."""
    sink = parts.sink
    referred = _relationships(parts, sink)
    for name in parts.package.names:
        if name in parts.seen:
            continue
        sink.budget.check_time()
        with sink.part():
            _part(parts, name, sink)
        if part_name(name).casefold() not in referred and not _service_part(name):
            sink.warn("unreferenced-part", f"part:{name}")


def _service_part(name: str) -> bool:
    folded = name.casefold()
    return folded.startswith(("_xmlsignatures/", "docmetadata/", "[trash]/")) or folded == "mimetype"


def _relationships(parts: Parts, sink: Sink) -> set[str]:
    """Report what leads outside; return the folded names of all parts that something refers to."""
    referred: set[str] = set()
    addresses: set[str] = set()
    for source in ("", *parts.package.names):
        for relation in parts.package.relationships(source):
            if relation.external:
                _external(relation, sink)
                addresses.add(relation.target)
            elif relation.target:
                referred.add(relation.target.casefold())
            if relation.kind in {"vbaProject", "xlMacrosheet", "xlIntlMacrosheet"}:
                sink.warn("macro", f"part:{relation.target}")
    for words in sorted({unquote(address) for address in addresses}):
        if not words.isascii():  # an address in plain letters names a page, not a folder of an office
            sink.put_line(words, Place("link", Role.FIELD, Origin.HIDDEN))
    return referred


def _external(relation: Relationship, sink: Sink) -> None:
    place = f"part:{relation.source}"
    if relation.kind == "attachedTemplate" and _LOCAL.match(relation.target):
        sink.warn("external-link", place)  # the template on the writer's own disk, which Word names in many files
    elif relation.kind in _LOADED:
        sink.warn(_LOADED[relation.kind], place)
    elif relation.kind in _CLICKED:
        if relation.kind != "hyperlink" or _DANGEROUS.match(relation.target):
            sink.warn("external-link", place)
    else:
        sink.warn("external-object", place)


def _part(parts: Parts, name: str, sink: Sink) -> None:
    kind = parts.package.content_type(name)
    folded = name.casefold()
    if "vbaproject" in folded and folded.endswith(".bin"):
        sink.warn("macro", f"part:{name}")
    if "activex" in folded:
        sink.warn("activex", f"part:{name}")
    _, data = parts.media(name)
    if not data:
        return
    is_drawn = name in parts.drawn and not data.startswith(MAGIC)
    if kind.startswith("image/") or _PICTURE.search(folded) or is_drawn:
        read_picture(name, data, kind, sink)
        return
    if (
        kind.endswith(("xml", "/vnd.openxmlformats-officedocument.vmldrawing")) or folded.endswith((".xml", ".vml"))
    ) and (_XML_START.match(data[:64])):
        if "/embeddings/" not in folded:
            root = parse_loosely(data) if folded.endswith(".vml") else parse(data)
            tick_boxes(root)
            _xml(parts, name, kind, root, sink)
            return
    elif any(word in kind for word in _SETTINGS_ONLY) and not data.startswith(MAGIC):
        return
    if "vbaproject" in folded or ("activex" in folded and folded.endswith(".bin")):
        return  # reported above as what it is; words of a control are read with its description
    if kind.startswith(("audio/", "video/")) and not data.startswith(MAGIC):
        # Sound and film cannot be read; that they are there is said.
        sink.warn("media", f"part:{name}")
        return
    if folded.endswith(".bin") and data.startswith(MAGIC[2]):
        sink.warn("ole-object", f"part:{name}")
    sink.members.append(Member(name=name, data=data, relation="embedded", declared_type=kind, locator=f"part:{name}"))


def read_picture(name: str, data: bytes, kind: str, sink: Sink) -> None:
    """Read a metafile here, hand other pictures on."""
    place = Place(f"part:{name}", Role.TEXTBOX)
    if is_metafile(data):
        read_metafile(data, sink, place, name=name)
    elif kind == "image/vnd.ms-photo" or name.casefold().endswith(".wdp"):
        # The unedited original that Office keeps beside a picture with effects; nothing decodes JPEG XR here.
        sink.warn("unread-picture", place.locator)
    else:
        relation = thumbnail.RELATION if thumbnail.is_name(name) else "image"
        sink.members.append(Member(name=name, data=data, relation=relation, declared_type=kind, locator=place.locator))


def _xml(parts: Parts, name: str, kind: str, root: Element, sink: Sink) -> None:
    top = NAMES[root.tag]
    if top in {"cp:coreProperties", "ep:Properties"}:
        _properties(root, sink)
    elif top == "cust:Properties":
        _custom_properties(root, sink)
    elif name.casefold().startswith("_xmlsignatures/"):
        _signature_words(root, sink)
    elif top == "?:ocx":
        _control(parts, name, root, sink)
    elif top in _LISTS:
        _swept(name, root, sink)
    elif top.startswith(("c:", "dgm:", "dsp:", "a:", "cdr:", "p:", "xdr:")) or "drawing" in kind or "diagram" in kind:
        _drawn(parts, name, root, sink)
    else:
        _swept(name, root, sink)


def _properties(root: Element, sink: Sink) -> None:
    for owner, text in texts(root):
        if text.replace(".", "").isdecimal() or text.lower() in {"true", "false"}:
            continue
        name = NAMES[owner.tag]
        if name in {"dcterms:created", "dcterms:modified", "cp:lastPrinted"}:
            continue
        local = _CORE_NAMES.get(name) or owner.tag.rpartition("}")[2]
        if name.startswith("vt:"):
            local = "TitlesOfParts"
        sink.put_line(text, Place(f"property:{local}", Role.PROPERTY))


def _custom_properties(root: Element, sink: Sink) -> None:
    """Custom properties, among them the sensitivity labels `MSIP_Label_<guid>_Name`."""
    for entry in root:
        name = entry.get("name") or ""
        place = Place(f"property:{name}", Role.PROPERTY)
        sink.put_lines((text for _, text in texts(entry)), place)
        sink.put_line(name, place._replace(role=Role.NAME, origin=Origin.HIDDEN))


def _signature_words(root: Element, sink: Sink) -> None:
    """Words a signer wrote; digests and certificates are no words."""
    for owner, text in texts(root):
        local = owner.tag.rpartition("}")[2]
        if local in {"SignatureText", "SignatureComments", "ClaimedRole", "Description", "City", "StateOrProvince"}:
            sink.put_line(text, Place(f"property:{local}", Role.PROPERTY))


def _control(parts: Parts, name: str, root: Element, sink: Sink) -> None:
    """Words that a form control shows: by its state, in its description, or stored beside it (MS-OE376 2.1.1, MS-OFORMS)."""
    place = Place(f"field:{''.join(filter(str.isdecimal, name))}", Role.FIELD)
    if (shown := shown_by_control(parts, name, root)) is not None:
        sink.put_line(shown, place)
        return
    _swept(name, root, sink)
    for relation in parts.package.relationships(name):
        if (stored := parts.package.find(relation.target)) is not None:
            sink.put_lines(loose_lines(parts.package.read(stored)), place)


def _drawn(parts: Parts, name: str, root: Element, sink: Sink) -> None:
    """Charts, diagrams and drawings that no story has walked."""
    place = Place(f"part:{name}", Role.TEXTBOX)
    put_plain(root, sink, place)
    for element in root.iter():
        parts.node(name, element, place)


def _swept(name: str, root: Element, sink: Sink) -> None:
    """All text of a part, and of custom XML its attributes too, since bound controls show them."""
    custom = name.casefold().startswith(("customxml/", "docmetadata/"))
    hidden = Place(f"property:{name}" if custom else f"part:{name}", Role.PROPERTY, Origin.HIDDEN)
    sink.put_lines((text for _, text in texts(root)), hidden)
    for value in _attribute_words(root) if custom else _named_words(root):
        sink.put_line(value, hidden)


def _attribute_words(root: Element) -> Iterator[str]:
    for element in root.iter():
        for value in element.attrib.values():
            if holds_words(value) and not value.startswith(("http:", "https:", "urn:", "{")):
                yield value


_WORDY: Final = {"w:docVar", "?:ocxPr", "w:documentProtection", "w:caption"}
_LISTS: Final = {"p:tagLst", "p:cmAuthorLst"}
"""Parts of a presentation that draw nothing."""
_NOT_SHOWN: Final = {"item", "lvlText", "name"}
"""Choices of a form list and patterns of list labels, whose chosen or displayed value is elsewhere, and names of styles."""


def _named_words(root: Element) -> Iterator[str]:
    """Values of the elements that keep words in attributes, and all in letters that only a person writes."""
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        wordy = NAMES[element.tag] in _WORDY
        if wordy or element.tag.rpartition("}")[2] not in _NOT_SHOWN:
            for value in element.attrib.values():
                if holds_words(value) if wordy else OWN_LETTERS.search(value):
                    yield value
