"""Any XML that no other reader knows, to runs: element text, attribute values, comments (XML 1.0, fifth edition).

Among them are the Word and Excel XML of 2003, SVG and drawing formats: their words stand in text nodes like everybody
else's. A document type is read over, entities are refused, nothing is fetched, libxml2's own limits stay on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

from lxml import etree

from gateway.model import ActiveContent, Document, ReadStatus, Role, Run
from gateway.readers.base import Budget, ReadError, Reading, Source

_RUN_LIMIT: Final = 200_000
_ENTITY: Final = re.compile(rb"<!ENTITY\b", re.IGNORECASE)
_PARAGRAPHS: Final = frozenset({"p", "para", "paragraph", "h", "text", "title", "cell", "td", "th", "li"})
_WORDS: Final = re.compile(r"[^\W\d_]{2}")
_DDE: Final = re.compile(r"\s*DDE(?:AUTO)?\b", re.IGNORECASE)
_ACTIVE: Final = {
    "oleobject": "ole-object",
    "docoledata": "ole-object",
    "docsuppdata": "macro",
    "script": "javascript",
    "foreignobject": "embedded-file",
}


def read(source: Source, budget: Budget) -> Reading:
    """Return the words of an XML file; what stands before a fault of well-formedness is kept and the fault reported."""
    budget.take_bytes(len(source.data))
    if _ENTITY.search(source.data):
        raise ReadError(ReadStatus.MALFORMED, "entities")
    reader = _Reader(budget)
    status, reason = ReadStatus.OK, ""
    try:
        for event, element in _events(source.data):
            reader.take(event, element)
    except etree.XMLSyntaxError:
        status, reason = ReadStatus.MALFORMED, "xml"
    except ReadError as error:
        status, reason = error.status, error.reason
    document = Document(
        part=source.part,
        filename=source.filename,
        format="xml",
        status=status,
        reason=reason,
        runs=tuple(reader.runs),
        active_content=tuple(ActiveContent(kind) for kind in reader.active),
    )
    return Reading(document)


def _events(data: bytes) -> Iterator[tuple[str, Any]]:
    events: Iterator[tuple[str, Any]] = etree.iterparse(
        BytesIO(data),
        events=("start", "end", "comment"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_pis=True,
    )
    return events


class _Reader:
    """Turns parser events into runs, with one block a paragraph or lone text node."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._block = 0
        self._inside = 0
        self._count = 0
        self.runs: list[Run] = []
        self.active: dict[str, None] = {}

    def take(self, event: str, element: Any) -> None:
        """Take one event; an element that is complete gives its memory back."""
        self._count += 1
        if not self._count % 4096:
            self._budget.check_time()
        if event == "comment":
            self._add(element.text, Role.COMMENT)
            return
        name = etree.QName(element).localname.lower()
        if event == "start":
            if name in _PARAGRAPHS:
                self._block += 1
                self._inside += 1
            if name in _ACTIVE:
                self.active[_ACTIVE[name]] = None
            for key, value in element.attrib.items():
                if _WORDS.search(value) and (" " in value or not value.isascii()):
                    self._add(value, Role.ALT_TEXT, f"property:{etree.QName(key).localname}")
            return
        self._text(element, name)
        if name in _PARAGRAPHS:
            self._inside -= 1
        element.clear(keep_tail=True)

    def _text(self, element: Any, name: str) -> None:
        if name == "bindata":
            # Base64 of pictures and objects; files in it are found by the walk over encoded text.
            return
        if name == "instrtext" and element.text and _DDE.match(element.text):
            self.active["dde"] = None
        self._add(element.text, Role.BODY)
        for child in element:
            self._add(child.tail, Role.BODY)

    def _add(self, text: str | None, role: Role, locator: str = "") -> None:
        if not text or not text.strip():
            return
        if len(self.runs) >= _RUN_LIMIT:
            raise ReadError(ReadStatus.LIMIT, "runs")
        if not self._inside:
            self._block += 1
        self.runs.append(Run(text=text, block=self._block, role=role, locator=locator))
