"""The objects of a PDF as plain values, parsed by qpdf in C++ (ISO 32000-1 §7.3): dictionaries, lists, numbers, tagged strings.

qpdf writes an object as JSON whose strings are tagged: `/Name`, `u:text`, `b:` and bytes in hexadecimal, `12 0 R`
for a reference. That is one call for an object, where pypdf's parser goes letter by letter. qpdf repairs what is broken, and
viewers repair it otherwise; `repaired` says that it did.
"""

from __future__ import annotations

import io
import re
from collections.abc import Container, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from gateway.documents.readers.base import Budget
from gateway.documents.readers.pdf.marks import unescaped
from gateway.documents.readers.pdf.objects import RawObject, Table, decoded, sections_differ

if TYPE_CHECKING:
    import pikepdf

_HEADER_WITHIN = 1024
_HEADER = re.compile(rb"\s*(\d{1,10})\s+\d+\s+obj")
_REFERENCE = re.compile(r"(?:/ref )?(\d{1,10}) \d{1,5} R")
_LITERAL = rb"\((?:[^()\\]|\\[\s\S]|\((?:[^()\\]|\\[\s\S])*\))*\)"
_LITERALS = re.compile(_LITERAL)
_REFERENCES = re.compile(_LITERAL + rb"|%[^\r\n]*|(?<![\w.+-])(\d{1,10})\s+(\d{1,5})\s+R(?!\w)")
"""References, and what is passed over on the way to them: strings and comments."""
_HARMLESS = (
    "xref entry for the xref stream itself is missing", "extraneous whitespace seen before xref", "reported number of objects",
    "Resources is missing or invalid", "treating bad indirect reference",
    "expected endstream", "attempting to recover stream length", "recovered stream length",
)  # fmt: skip
"""Warnings of what every reader takes in the same way."""


class LockedError(Exception):
    """The file is encrypted, and qpdf cannot open it with this password."""


class Stream(dict[str, Any]):
    """The dictionary of a stream, with the number of its object."""

    number = 0


class Objects:
    """The objects of the newest revision of a file, and values of other objects by what is written of them."""

    def __init__(self, data: bytes, budget: Budget, password: str = "") -> None:
        """Open a file; LockedError when it is locked. What qpdf cannot open at all has no objects and counts as repaired."""
        import pikepdf

        self.pdf: pikepdf.Pdf | None = None
        self._budget = budget
        self._broken = False
        self._data = data
        self._shift = max(data.find(b"%PDF-", 0, _HEADER_WITHIN), 0)
        try:
            self.pdf = pikepdf.open(io.BytesIO(data), password=password, inherit_page_attributes=False)
            self._places = self.pdf.get_xref_table()
        except pikepdf.PasswordError:
            raise LockedError from None
        except (pikepdf.PdfError, RuntimeError, ValueError, OverflowError) as error:
            if "encrypt" in str(error):
                raise LockedError from None
            self._broken = True
            self._places = {}
        self._generations = dict(self._places.keys())

    @property
    def encrypted(self) -> bool:
        """Whether the file is encrypted."""
        return self.pdf is not None and self.pdf.is_encrypted

    def is_repaired(self) -> bool:
        """Return whether qpdf had to guess: what a viewer shows of such a file may be something else."""
        warnings = self.pdf.get_warnings() if self.pdf is not None else []
        self._broken = self._broken or sections_differ(self._data)
        self._broken = self._broken or not all(any(one in warning for one in _HARMLESS) for warning in warnings)
        return self._broken

    def table(self) -> Table | None:
        """Return where the cross-reference says that the objects are; None when there is none that could be read."""
        if not self._places:
            return None
        offsets: dict[int, int] = {}
        containers: dict[int, int] = {}
        for (number, _), place in self._places.items():
            if place.offset is not None:
                offsets[number] = place.offset + self._shift
                header = _HEADER.match(self._data, offsets[number])
                self._broken = self._broken or header is None or int(header[1]) != number
            elif place.obj_stream_number is not None:
                containers[number] = place.obj_stream_number
        return Table(offsets, containers)

    def pages(self) -> list[int] | None:
        """Return the object numbers of the pages in their order, None when there is no sound page tree."""
        if self.pdf is None:
            return None
        import pikepdf

        try:
            return [page.obj.objgen[0] for page in self.pdf.pages]
        except (pikepdf.PdfError, RuntimeError, ValueError, TypeError, AttributeError):
            self._broken = True
            return None

    def object(self, number: int) -> Any:
        """Return qpdf's own object, None when there is none."""
        generation = self._generations.get(number)
        return self.pdf.get_object(number, generation) if self.pdf is not None and generation is not None else None

    def value(self, number: int) -> Any:
        """Return the plain value of an object, a `Stream` for one that has data; None when it cannot be read."""
        import pikepdf

        try:
            found = self.object(number)
            if isinstance(found, pikepdf.Stream):
                stream = Stream(_plain(found.stream_dict.to_json()))
                stream.number = number
                return stream
            return _plain(found.to_json(dereference=True)) if isinstance(found, pikepdf.Object) else found
        except (pikepdf.PdfError, RuntimeError, ValueError, TypeError):
            self._broken = True
            return None

    def octets(self, number: int, found_there: bytes | memoryview = b"") -> bytes | None:
        """Return the decoded data of a stream within the budget; None when it has none, or a filter that is not for text.

        Length and filters may be separate objects; a stream found with the right length is not taken
        from the file again. qpdf undoes predictors, once it is known how much there is.
        """
        import pikepdf

        try:
            found = self.object(number)
            if not isinstance(found, pikepdf.Stream):
                return None
            stated = found.get("/Filter", ())
            names = [str(one)[1:].encode() for one in ([stated] if isinstance(stated, pikepdf.Name) else stated)]
            whole = len(found_there) == found.get("/Length")
            data = decoded(bytes(found_there) if whole else found.read_raw_bytes(), names, self._budget)
            return found.read_bytes() if data is not None and "/DecodeParms" in found else data
        except (pikepdf.PdfError, RuntimeError, ValueError, TypeError):
            return None

    def root(self) -> Any:
        """Return the catalog."""
        return self.get(self.trailer(), "/Root")

    def trailer(self) -> dict[str, Any]:
        """Return the trailer, empty when there is none."""
        found = _plain(self.pdf.trailer.to_json()) if self.pdf is not None else None
        return found if isinstance(found, dict) else {}

    def get(self, value: Any, key: str) -> Any:
        """Return the value of a key, of the object it refers to; None when it is absent or cannot be read."""
        return self.resolved(value.get(key)) if isinstance(value, dict) else None

    def array(self, value: Any, key: str) -> list[Any]:
        """Return the array of a key, empty for anything else."""
        found = self.get(value, key)
        return found if isinstance(found, list) else []

    def resolved(self, value: Any) -> Any:
        """Return a value, or what it refers to."""
        number = number_of(value)
        return value if number is None else self.value(number)

    def texts_of(self, value: Any) -> Iterator[str]:
        """Yield the strings of a value: a string, an array of strings, a stream of text (rich values)."""
        if (text := text_of(value)) is not None:
            yield text
        elif isinstance(value, list):
            for item in value:
                for inner in item if isinstance(item, list) else [item]:
                    if (text := text_of(inner)) is not None:
                        yield text
        elif isinstance(value, Stream):
            data = self.octets(value.number) or b""
            yield data.decode("utf-16" if data[:2] in (b"\xfe\xff", b"\xff\xfe") else "latin-1", "replace")

    def parse(self, raw: RawObject) -> dict[str, Any] | None:
        """Return the dictionary of an object, None when it is something else.

        The strings of a dictionary that cannot be parsed are in it under a name of ours.
        """
        if raw.current and isinstance(value := self.value(raw.number), dict):
            return value
        import pikepdf

        try:
            written = _REFERENCES.sub(_as_name, raw.head).strip()
            value = _plain(pikepdf.Object.parse(written).to_json())
        except (pikepdf.PdfError, RuntimeError, ValueError, TypeError, AttributeError):
            self._broken = self._broken or raw.current
            value = {"/Unparsed": ["b:" + unescaped(one[1:-1]).hex() for one in _LITERALS.findall(raw.head)]}
        return value if isinstance(value, dict) else None

    def written(self, known: Container[int] = ()) -> Iterator[RawObject]:
        """Yield the dictionaries and streams that are not `known` as they would be in a file that is not encrypted."""
        import pikepdf

        for number, generation in self._places:
            if number in known:
                continue
            self._budget.check_time()
            try:
                found = self.object(number)
                if isinstance(found, pikepdf.Stream):
                    yield RawObject(number, generation, found.stream_dict.unparse(), found.read_raw_bytes(), True, -1)
                elif isinstance(found, pikepdf.Dictionary):
                    yield RawObject(number, generation, found.unparse(resolved=True), None, True, -1)
            except (pikepdf.PdfError, RuntimeError, ValueError):
                self._broken = True


def _as_name(match: re.Match[bytes]) -> bytes:
    return b"/ref#20%b#20%b#20R" % match.groups() if match[1] else match[0]


def _plain(written: bytes) -> Any:
    try:
        return msgspec.json.decode(written)
    except (msgspec.DecodeError, RecursionError):
        return None


def number_of(value: Any) -> int | None:
    """Return the number of the object that a value refers to, None when it is no reference."""
    match = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return int(match[1]) if match else None


def text_of(value: Any) -> str | None:
    """Return the text of a string, None for names and everything else.

    Some producers write UTF-8 without the byte order mark that would say so (PDF 2.0 §7.9.2.2); PDFDocEncoding, which a
    string without one is in, makes no such sequences of Vietnamese or any other words.
    """
    if not isinstance(value, str):
        return None
    if value[:2] == "u:":
        return value[2:]
    if value[:2] != "b:":
        return None
    raw = bytes.fromhex(value[2:])
    if raw[:2] in (b"\xfe\xff", b"\xff\xfe"):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("pdfdoc", "replace")
