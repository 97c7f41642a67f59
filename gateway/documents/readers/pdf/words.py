"""Words in the objects of a PDF, not on its pages: form values, annotations, outlines, properties, XML.

Annotation texts are ISO 32000-1 §12.5, form fields §12.7, document information §14.3.3, outlines §12.3.3, layer names
§8.11.2, alternate descriptions §14.9.3. These have roles of their own; every other string that could be read by a
person (captions of buttons, thread and portfolio titles, expansions, private data of a program) counts as a property.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any

from gateway.documents.readers.base import Budget
from gateway.documents.readers.markup.html_shown import script_lines, spells
from gateway.documents.readers.pdf.qpdf import Objects, text_of
from gateway.model import Origin, Role
from gateway.vietnamese.marks import names_secrecy

_COST_BYTES = 64
"""Charged to the budget for each text, so that a million tiny ones are not free."""
_RICH = frozenset({"/RC", "/RV"})
_TECHNICAL = frozenset(
    ["/ID", "/Lang", "/DA", "/CheckSum", "/URI", "/F", "/UF", "/Registry", "/Ordering", "/O", "/U", "/OE", "/UE", "/Perms",
     "/CreationDate", "/ModDate", "/M", "/LastModified", "/Cert", "/Contents", "/CharSet", "/IDTree"]
)  # fmt: skip
"""Keys whose strings are no words for a person, or are taken with their own meaning."""
_BLOCK_TAG = re.compile(r"<\s*+/?\s*+(?:p|div|br|body|html|li|ul|ol|tr|td|h[1-6])\b[^<>]*>|<br/?>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_QUOTED = re.compile(r"""\\.|(["'])((?:\\.|(?!\1)[^\\\n])*+)\1|`((?:\\.|[^\\`])*+)`""", re.DOTALL)
"""A string literal or template of a script (ECMA-262 §12.9.4, §12.9.6)."""
_LINE_END = re.compile(r"\\(?:[nrtvf]|\n)")
_BLOCKS = frozenset(["p", "div", "body", "li", "td"])
_BINARY = re.compile("[\x00-\x08\x0e-\x17]")
_ROLES = {"/FreeText": Role.TEXTBOX, "/Stamp": Role.STAMP, "/Watermark": Role.WATERMARK}


@dataclass(frozen=True, slots=True)
class Text:
    """Words in the structure, not on a page."""

    text: str
    role: Role
    locator: str
    origin: Origin


@dataclass(slots=True)
class Words:
    """Collects the words of objects."""

    objects: Objects
    budget: Budget
    texts: list[Text] = field(default_factory=list)
    special: list[dict[str, Any]] = field(default_factory=list)
    """Dictionaries with embedded files or XFA forms, for the caller."""
    spells: bool = False
    """A script writes words that it spells by numbers."""
    info: int | None = None
    """Object number of the document information dictionary."""

    def take(self, value: dict[str, Any], number: int, origin: Origin) -> None:
        """Take the words of one object, also of dictionaries directly in it."""
        pending: list[Any] = [value]
        while pending:
            item = pending.pop()
            if isinstance(item, dict):
                self.budget.check_time()
                self._take_one(item, number if item is value else -1, origin)
                pending.extend(inner for key, inner in item.items() if key != "/Parent")
            elif isinstance(item, list):
                pending.extend(item)

    def _take_one(self, value: dict[str, Any], number: int, origin: Origin) -> None:
        """Take the words of one dictionary."""
        before = len(self.texts)
        self._take_known(value, number, origin)
        if "/ByteRange" not in value and "/FontName" not in value:
            self._take_others(value, {text.text for text in self.texts[before:]}, origin)

    def _take_others(self, value: dict[str, Any], known: set[str], origin: Origin) -> None:
        """Take strings that have no meaning of their own here."""
        for key, item in value.items():
            if key in _TECHNICAL:
                continue
            if key == "/JS":
                for script in self.objects.texts_of(self.objects.resolved(item)):
                    self._take_script(script, origin)
                continue
            for said in self.objects.texts_of(item):
                text = _plain(said) if key in _RICH else said
                if text not in known and not _BINARY.search(text):
                    self._keep(text, Role.PROPERTY, f"property:{key[1:]}", origin)

    def _take_script(self, script: str, origin: Origin) -> None:
        """Take the string literals of a script: they are what it shows (ISO 32000-1 §12.6.4.16)."""
        self.spells = self.spells or spells(script)
        for match in _QUOTED.finditer("\n".join(script_lines(script))):
            self._keep(_LINE_END.sub("\n", match[2] or match[3] or ""), Role.PROPERTY, "property:JavaScript", origin)

    def _take_known(self, value: dict[str, Any], number: int, origin: Origin) -> None:
        """Take the words whose role follows from their place."""
        get = self.objects.get
        if "/ByteRange" in value:  # a signature: its /Contents is no text
            for key in ("/Reason", "/Location", "/ContactInfo", "/Name"):
                self._add(get(value, key), Role.PROPERTY, f"property:signature-{key[1:]}", origin)
            return
        for key in ("/EF", "/XFA"):
            if key in value:
                self.special.append(value)
        if number == self.info or (
            any(key in value for key in ("/Producer", "/CreationDate")) and "/Subtype" not in value
        ):
            for key in value:
                self._add(get(value, key), Role.PROPERTY, f"property:{key[1:]}", origin)
            return
        if get(value, "/Type") == "/OCG":
            self._add(get(value, "/Name"), Role.NAME, "layer", origin)
        if "/FT" in value or ("/T" in value and "/V" in value) or ("/Parent" in value and "/V" in value):
            names = [text_of(get(value, key)) or "" for key in ("/T", "/TU")]  # the second is what viewers show
            name = next(filter(names_secrecy, names), names[0])
            place = f"field:{name}" if name else "field"
            for key in ("/V", "/RV", "/TU"):
                self._add(get(value, key), Role.FIELD, place, origin, rich=key in _RICH)
            self._take_chosen(value, place, origin)
            for key in ("/DV", "/Opt"):
                self._add(get(value, key), Role.FIELD, "option", origin)
        subtype = str(get(value, "/Subtype") or "")
        if ("/Rect" in value or "/Subtype" in value) and subtype != "/Widget" and get(value, "/Type") != "/Page":
            role = _ROLES.get(subtype, Role.COMMENT)
            for key in ("/Contents", "/RC", "/Subj", "/NM" if subtype == "/Stamp" else "/Subj", "/T"):
                self._add(get(value, key), role, "annotation", origin, rich=key in _RICH)
        if "/Title" in value and ("/Parent" in value or "/Dest" in value or "/First" in value):
            self._add(get(value, "/Title"), Role.NAME, "outline", origin)
        if text_of(get(value, "/P")) is not None and ("/S" in value or "/St" in value or len(value) == 1):
            self._add(get(value, "/P"), Role.NAME, "page-label", origin)  # §12.4.2
        for key in ("/Alt", "/ActualText", "/Desc"):
            self._add(get(value, key), Role.ALT_TEXT, "alt", origin)

    def _take_chosen(self, value: dict[str, Any], place: str, origin: Origin) -> None:
        """Take what a list shows for the values that are chosen, by their names or numbers (ISO 32000-1 §12.7.4.4)."""
        chosen = self.objects.get(value, "/V")
        values = {text_of(self.objects.resolved(one)) for one in (chosen if isinstance(chosen, list) else [chosen])}
        numbers = self.objects.array(value, "/I")
        for number, option in enumerate(self.objects.array(value, "/Opt")):
            pair = self.objects.resolved(option)
            named = isinstance(pair, list) and len(pair) == 2
            by_name = named and text_of(self.objects.resolved(pair[0])) in values - {None}
            if by_name or (values == {None} and number in numbers):
                self._add(pair[1] if named else pair, Role.FIELD, place, origin)

    def _add(self, value: Any, role: Role, locator: str, origin: Origin, *, rich: bool = False) -> None:
        for text in self.objects.texts_of(value):
            self._keep(_plain(text) if rich else text, role, locator, origin)

    def _keep(self, text: str, role: Role, locator: str, origin: Origin) -> None:
        if text.strip():
            self.budget.take_bytes(_COST_BYTES)
            self.texts.append(Text(text, role, locator, origin))

    def take_xml(self, content: bytes, role: Role, locator: str, origin: Origin) -> None:
        """Take the words of an XML stream: text and attribute values; XML that is none has none."""
        from lxml import etree

        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, recover=True)
        try:
            root = etree.fromstring(content.strip(), parser)
        except (etree.XMLSyntaxError, ValueError):
            root = None
        if root is None:
            return
        for element in root.iter():
            if not isinstance(element.tag, str):
                continue
            name = element.tag.replace(":", "}").rpartition("}")[2]  # a prefix that is not declared stays in the tag
            place = f"{locator}-{name}" if role is Role.PROPERTY else locator
            for text in (element.text, element.tail, *element.attrib.values()):
                if text and text.strip():
                    self._keep(text, role, place, origin)
            if len(element) and name.lower() in _BLOCKS:
                # Words of a paragraph may be parted by tags that only change their look.
                self._keep("".join(map(str, element.itertext())), role, place, origin)


def _plain(rich: str) -> str:
    """Return the words of rich text, XHTML by ISO 32000-1 §12.7.3.4: inline tags do not part a word, blocks do."""
    return html.unescape(_TAG.sub("", _BLOCK_TAG.sub("\n", rich)))
