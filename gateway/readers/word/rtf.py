"""Rich Text Format to Document (RTF specification 1.9.1): every destination that holds words, with font and colour.

RTF writes the whole look of a run beside it, so a style sheet need not be followed. Text of 8-bit letters is decoded by
the charset of its font; fonts of legacy Vietnamese encodings declare ANSI, so their letters come out one for one octet,
as the legacy decoders want them. Groups that no reader shows are read as hidden text rather than skipped; only those
known to hold tables or numbers are left out.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from gateway.model import ActiveContent, Document, Image, Origin, ReadStatus, Role, Run
from gateway.readers.base import Budget, Member, ReadError, Reading, Source
from gateway.readers.ole.objects import inner_file, native_member
from gateway.readers.ole.octets import u32
from gateway.readers.ooxml.sink import Sink
from gateway.readers.word.rtf_pages import PAGE_WORDS, Pages
from gateway.readers.word.rtf_tables import CODE_PAGES, Font, code_page, parse_colours, parse_fonts
from gateway.text.colour import is_invisible
from gateway.text.fonts import legacy_font

_TOKEN: Final = re.compile(
    rb"\\([A-Za-z]{1,32})(-?\d{1,10})? ?|\\'([0-9A-Fa-f]{2})|\\([^A-Za-z])|([{}])|[\r\n\0]+|([^\\{}\r\n\0]+)|\\",
    re.DOTALL,
)
_HEX: Final = re.compile(rb"[^0-9A-Fa-f]+")
_LIMIT_DEPTH: Final = 1000
_LIMIT_RUNS: Final = 500_000
_CHECK_EVERY: Final = 4096

_TEXT_DESTINATIONS: Final = {
    "header": Role.HEADER, "headerl": Role.HEADER, "headerr": Role.HEADER, "headerf": Role.HEADER,
    "footer": Role.FOOTER, "footerl": Role.FOOTER, "footerr": Role.FOOTER, "footerf": Role.FOOTER,
    "footnote": Role.NOTE, "annotation": Role.COMMENT, "shptxt": Role.TEXTBOX, "dptxbxtext": Role.TEXTBOX,
    "fldinst": Role.FIELD, "formfield": Role.FIELD, "ffdeftext": Role.FIELD, "ffhelptext": Role.FIELD,
    "bkmkstart": Role.NAME, "title": Role.PROPERTY, "subject": Role.PROPERTY, "author": Role.PROPERTY,
    "manager": Role.PROPERTY, "company": Role.PROPERTY, "operator": Role.PROPERTY, "category": Role.PROPERTY,
    "keywords": Role.PROPERTY, "comment": Role.PROPERTY, "doccomm": Role.PROPERTY, "hlinkbase": Role.PROPERTY,
    "propname": Role.PROPERTY, "staticval": Role.PROPERTY, "atnid": Role.PROPERTY, "atnauthor": Role.PROPERTY,
    "template": Role.PROPERTY, "docvar": Role.PROPERTY, "sn": Role.PROPERTY, "sv": Role.ALT_TEXT,
}  # fmt: skip
_SILENT: Final = frozenset({
    "stylesheet", "listtable", "listoverridetable", "rsidtbl", "generator", "themedata", "colorschememapping",
    "latentstyles", "datastore", "xmlnstbl", "mmathPr", "pgptbl", "revtbl", "filetbl", "fchars", "lchars", "wgrffmtfilter",
    "listname", "panose", "nonshppict", "blipuid", "picprop", "bkmkend", "atrfstart", "atrfend", "atnref", "atndate",
    "creatim", "revtim", "printim", "buptim", "expandedcolortbl", "defchp", "defpap", "oldcprops", "oldpprops",
    "passwordhash", "protusertbl", "writereservhash", "userprops", "factoidname", "objclass", "objname", "objtime",
    "leveltext", "levelnumbers", "pntext", "pnseclvl", "ftnsep", "ftnsepc", "ftncn", "aftnsep", "aftnsepc", "aftncn",
    "fontemb", "fontfile", "background", "info", "pict", "shppict", "shpinst", "sp", "shp", "shprslt", "field", "object",
    "result", "fldrslt", "userpropsentry", "listtext", "do", "upr", "ud", "objalias", "objsect",
})  # fmt: skip
"""Destinations whose own text is no words; those in the second half carry words only in groups inside them."""
_CARRIERS: Final = frozenset({"background", "shppict", "shpinst", "shp", "shprslt", "field", "object", "result", "fldrslt",
                              "do", "upr", "ud", "listtext", "pntext"})  # fmt: skip
"""Groups that pass the surrounding destination on to what they hold."""
_SYMBOLS: Final = {
    "tab": "\t", "line": "\n", "lbr": "\n", "emdash": "—", "endash": "–", "emspace": " ", "enspace": " ", "qmspace": " ",
    "bullet": "•", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "softline": "\n", "zwj": "", "zwnj": "",
}  # fmt: skip
_SPECIALS: Final = {b"~": "\u00a0", b"_": "-", b"-": "", b"{": "{", b"}": "}", b"\\": "\\", b"\t": "\t"}
_EXTERNAL_FIELDS: Final = (("DDEAUTO", "dde"), ("DDE", "dde"), ("INCLUDETEXT", "external-object"),
                           ("INCLUDEPICTURE", "external-object"), ("LINK", "external-object"))  # fmt: skip
_CAPITALS: Final = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
_SHAPE_NAME: Final = re.compile(r"\s*[A-Za-z][A-Za-z0-9]*\s*\Z")
_SHAPE_NUMBER: Final = re.compile(r"[-\d.,;() ]*\Z")
_WORD_ART: Final = "gtextUNICODE"


@dataclass
class _Cell:
    """Where in a table the next letters stand."""

    table: int = 0
    row: int = 0
    column: int = 0
    open: bool = False


@dataclass(frozen=True)
class _State:
    """What a group inherits from the one around it."""

    destination: str = ""
    role: Role = Role.BODY
    silent: bool = False
    font: int | None = None
    size_half_pt: int = 24
    colour: int = 0
    background: int = 0
    bold: bool = False
    hidden: bool = False
    deleted: bool = False
    caps: bool = False
    link: bool = False
    skip: int = 1
    """Characters that stand for a Unicode letter to old readers (`\\ucN`)."""


def read(source: Source, budget: Budget) -> Reading:
    """Read an RTF file; MALFORMED when it has no header, PARTIAL `unbalanced` when its groups do not close."""
    start = source.data.find(b"{\\rt", 0, 1024)
    if start < 0:
        raise ReadError(ReadStatus.MALFORMED, "no-rtf-header")
    budget.take_bytes(len(source.data))
    return _Reader(source, budget).read(start)


class _Reader:
    def __init__(self, source: Source, budget: Budget) -> None:
        self._source = source
        self._budget = budget
        self._fonts: dict[int, Font] = {}
        self._colours: tuple[str | None, ...] = ()
        self._default_font: int | None = None
        self._default_page = "cp1252"
        self._state = _State()
        self._stack: list[_State] = []
        self._octets = bytearray()
        self._text: list[str] = []
        self._runs: list[Run] = []
        self._members: list[Member] = []
        self._images: list[Image] = []
        self._active: list[ActiveContent] = []
        self._block = self._last_block = 0
        self._block_used = False
        self._outer: dict[int, tuple[int, bool]] = {}
        """By depth of the group that interrupts a paragraph: the paragraph's block, and whether it has runs."""
        self._cell = _Cell()
        self._code = ""
        self._page = 1
        self._paragraph = 1
        self._in_table = False
        self._borders: set[str] = set()
        self._to_skip = 0
        self._high_surrogate = 0
        self._shape_name = ""
        self._raw: dict[int, bytearray] = {}
        self._group_words: dict[int, list[str]] = {}
        self._sink = Sink(budget)
        self._pages = Pages(self._sink)

    def read(self, start: int) -> Reading:
        """Walk all tokens and return the document with its pictures and objects."""
        data, position, count = self._source.data, start, 0
        after_end = False
        while (match := _TOKEN.match(data, position)) is not None:
            position = match.end()
            count += 1
            if count % _CHECK_EVERY == 0:
                self._budget.check_time()
            word, number, octet, special, brace, text = match.groups()
            if brace:
                if brace == b"{":
                    self._open(data, match.end())
                elif self._stack:
                    self._close()
                    after_end = not self._stack
                continue
            if after_end and text and text.strip():
                self._state = replace(_State(), hidden=True)
                after_end = False
            if word:
                position = self._control(word.decode("ascii"), number, data, position)
            elif octet:
                self._octet(bytes.fromhex(octet.decode("ascii")))
            elif special:
                self._special(special)
            elif text:
                self._plain(text)
        balanced = not self._stack
        while self._stack:
            self._close()
        self._end_block()
        self._pages.end_section()
        document = Document(
            part=self._source.part,
            filename=self._source.filename,
            format="rtf",
            status=ReadStatus.OK if balanced else ReadStatus.PARTIAL,
            reason="" if balanced else "unbalanced",
            pages=self._page,
            runs=tuple(sorted(self._runs, key=lambda run: run.block)),
            setups=tuple(self._sink.setups),
            images=tuple(self._images),
            active_content=tuple(dict.fromkeys(self._active)),
        )
        return Reading(document, tuple(self._members))

    def _open(self, data: bytes, position: int) -> None:
        self._end_run()
        if len(self._stack) >= _LIMIT_DEPTH:
            raise ReadError(ReadStatus.LIMIT, "depth")
        self._stack.append(self._state)
        ignorable = data[position : position + 2] == b"\\*"
        name = re.match(rb"(?:\\\*\s*)?\\([A-Za-z]{1,32})", data[position : position + 64])
        word = name[1].decode("ascii") if name else ""
        if word in ("fonttbl", "colortbl"):
            self._budget.check_time()  # each looks for its end
        if word == "fonttbl":
            self._end_run()
            self._fonts |= parse_fonts(_group(data, position), self._default_page)
        elif word == "colortbl":
            self._colours = parse_colours(_group(data, position))
        if word in ("fonttbl", "colortbl"):
            self._state = replace(self._state, destination=word, silent=True)
        elif word in _TEXT_DESTINATIONS:
            self._interrupt()
            self._state = replace(
                self._state, destination=word, role=_TEXT_DESTINATIONS[word], silent=False, hidden=word == "fldinst"
            )
        elif word in ("pict", "objdata", "datafield"):
            self._raw[len(self._stack)] = bytearray()
            self._state = replace(self._state, destination=word, silent=True)
        elif word in _CARRIERS:
            if word == "shp":
                self._shape_name = ""
            elif word == "fldrslt":
                self._state = replace(self._state, link=self._code.startswith("HYPERLINK"))
        elif word in _SILENT:
            self._state = replace(self._state, destination=word, silent=True)
        elif not word and self._state.destination == "docvar":
            self._interrupt()  # name and value are groups of their own
        elif ignorable and word and not self._state.silent:
            self._interrupt()
            self._state = replace(self._state, destination=word, role=Role.FIELD, silent=False, hidden=True)
        if self._state.destination in ("fldinst", "sn", "sv", "template") and word:
            self._group_words[len(self._stack)] = []

    def _close(self) -> None:
        self._end_run()
        depth = len(self._stack)
        ended, self._state = self._state, self._stack.pop()
        if depth in self._raw:
            self._keep_raw(ended.destination, bytes(self._raw.pop(depth)))
        if depth in self._group_words:
            self._note_words(ended.destination, "".join(self._group_words.pop(depth)))
        if depth in self._outer:
            self._block, self._block_used = self._outer.pop(depth)
        self._to_skip = 0

    def _interrupt(self) -> None:
        """Begin a block of its own for a group that stands in the middle of a paragraph, which goes on after it."""
        self._outer[len(self._stack)] = (self._block, self._block_used)
        self._last_block += 1
        self._block, self._block_used = self._last_block, False
        self._state = replace(self._state, caps=False)

    def _control(self, word: str, number: bytes | None, data: bytes, position: int) -> int:
        value = int(number) if number is not None else None
        if word == "bin":
            length = max(0, value or 0)
            if raw := self._raw_here():
                raw += data[position : position + length]
            return min(len(data), position + length)
        if word == "u":
            self._unicode(value or 0)
            return position
        if self._to_skip and word not in ("uc", "ud"):
            self._to_skip -= 1
            return position
        self._end_octets()
        handler = _CONTROLS.get(word)
        if handler is not None:
            self._end_run()
            handler(self, value)
        elif word in _SYMBOLS:
            self._add(_SYMBOLS[word])
        elif word in ("par", "sect", "row", "nestrow", "cell", "nestcell", "page", "pagebb"):
            self._break(word)
        elif word in PAGE_WORDS:
            self._pages.take(word, value)
        elif word.startswith("brdr") and len(word) == 5 and not self._state.silent:
            self._borders.add(word)
        elif word in ("objautlink", "objlink", "objupdate"):
            self._active.append(ActiveContent("external-object"))
        elif word in ("objemb", "objocx", "objhtml"):
            self._active.append(ActiveContent("ole-object"))
        return position

    def _break(self, word: str) -> None:
        self._end_block()
        match word:
            case "page" | "pagebb":
                self._page += word == "page"
            case "par" | "sect":
                self._paragraph += 1
                if word == "sect":
                    self._pages.end_section()
            case "cell" | "nestcell":
                self._cell.column += 1
            case "row" | "nestrow":
                self._cell.row, self._cell.column = self._cell.row + 1, 0

    def _special(self, special: bytes) -> None:
        if self._to_skip:
            self._to_skip -= 1
        elif special in b"\r\n":
            self._break("par")
        elif special != b"*":
            self._end_octets()
            self._add(_SPECIALS.get(special, ""))

    def _octet(self, octet: bytes) -> None:
        if self._to_skip:
            self._to_skip -= 1
        elif raw := self._raw_here():
            raw += octet.hex().encode()
        else:
            self._octets += octet

    def _plain(self, text: bytes) -> None:
        raw = self._raw_here()
        if raw is not None:
            raw += text
            return
        if self._to_skip:
            skipped = min(self._to_skip, len(text))
            self._to_skip -= skipped
            text = text[skipped:]
        self._octets += text

    def _raw_here(self) -> bytearray | None:
        return self._raw.get(len(self._stack)) if self._raw else None

    def _unicode(self, value: int) -> None:
        self._end_octets()
        code = value & 0xFFFF
        self._to_skip = self._state.skip
        if 0xD800 <= code < 0xDC00:
            self._high_surrogate = code
            return
        if 0xDC00 <= code < 0xE000:
            if not self._high_surrogate:
                self._add("\N{REPLACEMENT CHARACTER}")
                return
            code = 0x10000 + ((self._high_surrogate - 0xD800) << 10) + (code - 0xDC00)
        self._high_surrogate = 0
        self._add(chr(code))

    def _add(self, text: str) -> None:
        if not text:
            return
        for words in self._group_words.values():
            words.append(text)
        if not self._state.silent:
            self._text.append(text)

    def _font(self) -> Font | None:
        number = self._state.font if self._state.font is not None else self._default_font
        return self._fonts.get(number) if number is not None else None

    def _end_octets(self) -> None:
        if not self._octets:
            return
        octets, self._octets = bytes(self._octets), bytearray()
        font = self._font()
        page = font.page if font is not None and font.page else self._default_page
        if page == "symbol":
            self._add("".join(chr(0xF000 + octet) if octet >= 0x20 else chr(octet) for octet in octets))
        else:
            self._add(octets.decode(page, "c1-fallback" if page == "cp1252" else "replace"))

    def _end_run(self) -> None:
        self._end_octets()
        if not self._text:
            return
        text, self._text = "".join(self._text), []
        if self._state.destination == "sn" and _SHAPE_NAME.match(text):
            return
        if self._state.destination == "sv" and (_SHAPE_NUMBER.match(text) or self._shape_name == "gtextFont"):
            return
        if len(self._runs) >= _LIMIT_RUNS:
            raise ReadError(ReadStatus.LIMIT, "runs")
        state, font = self._state, self._font()
        role = state.role
        if role is Role.BODY and self._in_table:
            role = Role.CELL
            if not self._cell.open:
                self._cell = _Cell(self._cell.table + 1, open=True)
        elif role is Role.BODY:
            self._cell.open = False
        name = font.name if font is not None else None
        if state.caps:
            # Letters of a legacy font have no case but their font's: only the basic ones are raised.
            text = text.translate(_CAPITALS) if name is not None and legacy_font(name) is not None else text.upper()
        colour = self._colour(state.colour) or "auto"
        background = self._colour(state.background) if state.background else None
        unseen = state.hidden or is_invisible(colour, background)
        self._block_used = True
        if role is Role.ALT_TEXT and self._shape_name == _WORD_ART:
            role = Role.WATERMARK
        self._runs.append(
            Run(
                text=text,
                block=self._block,
                font=name,
                size_pt=state.size_half_pt / 2,
                colour=colour,
                background=background,
                bold=state.bold,
                page=self._page,
                locator=self._locator(role),
                role=role,
                origin=Origin.DELETED if state.deleted else Origin.HIDDEN if unseen else Origin.TEXT,
                link=state.link,
                boxed=True if len(self._borders) >= 4 or role is Role.TEXTBOX else None,
            )
        )

    def _colour(self, index: int) -> str | None:
        return self._colours[index] if 0 <= index < len(self._colours) else None

    def _locator(self, role: Role) -> str:
        match role:
            case Role.CELL:
                return f"table:{self._cell.table},row:{self._cell.row + 1},column:{self._cell.column + 1}"
            case Role.BODY:
                return f"paragraph:{self._paragraph}"
            case Role.PROPERTY:
                return f"property:{self._state.destination}"
            case _:
                return f"{role.value}:{self._paragraph}"

    def _end_block(self) -> None:
        self._end_run()
        if self._block_used:
            self._last_block += 1
            self._block, self._block_used = self._last_block, False

    def _note_words(self, destination: str, words: str) -> None:
        match destination:
            case "sn":
                self._shape_name = words.strip()
            case "fldinst":
                self._code = code = words.strip().upper()
                kind = next((kind for prefix, kind in _EXTERNAL_FIELDS if code.startswith(prefix)), None)
                if kind is not None:
                    self._active.append(ActiveContent(kind, f"paragraph:{self._paragraph}"))
            case "template" if re.match(r"\s*(?:https?:|file:|ftp:|\\\\)", words, re.IGNORECASE):
                self._active.append(ActiveContent("external-template"))
            case _:
                pass

    def _keep_raw(self, destination: str, raw: bytes) -> None:
        """Keep a picture or an object as a member; hexadecimal is decoded, binary taken as it is."""
        digits = _HEX.sub(b"", raw)
        data = raw if len(digits) < len(raw.strip()) * 0.9 else binascii.unhexlify(digits[: len(digits) // 2 * 2])
        if len(data) < 8:
            return
        self._budget.take_bytes(len(data))
        self._budget.take_file()
        place = f"paragraph:{self._paragraph}"
        if destination == "pict":
            self._images.append(Image(locator=place, page=self._page))
            self._members.append(Member(name="picture", data=data, relation="image", locator=place))
            return
        self._active.append(ActiveContent("ole-object", place))
        self._members.append(_native(data, place))


def _native(data: bytes, place: str) -> Member:
    """Return what an OLE 1.0 object holds (MS-OLEDS 2.2.4): a packaged file, else the first document inside."""
    if u32(data, 4) == 2:
        at = 8
        for _ in range(3):  # class, topic, item
            at += 4 + u32(data, at)
        if at + 4 < len(data):
            return native_member(data[at:], "object", place)
    return Member(name="object", data=inner_file(data), relation="embedded", locator=place)


def _group(data: bytes, position: int) -> bytes:
    """Return the octets of a group from just after its opening brace to its closing one."""
    depth = 1
    for match in re.compile(rb"\\.|[{}]", re.DOTALL).finditer(data, position, position + (4 << 20)):
        if match[0] == b"{":
            depth += 1
        elif match[0] == b"}":
            depth -= 1
            if depth == 0:
                return data[position : match.start()]
    return data[position : position + (4 << 20)]


def _set(**changes: object) -> Callable[[_Reader, int | None], None]:
    """Return a handler that changes fields of the state; a callable takes the number."""

    def handler(reader: _Reader, value: int | None) -> None:
        values = {name: change(value) if callable(change) else change for name, change in changes.items()}
        reader._state = replace(reader._state, **values)  # type: ignore[arg-type]  # noqa: SLF001

    return handler


def _switch(value: int | None) -> bool:
    return value != 0


def _number(value: int | None) -> int:
    return value or 0


def _reset_paragraph(reader: _Reader, _value: int | None) -> None:
    reader._in_table = False  # noqa: SLF001
    reader._borders.clear()  # noqa: SLF001


def _enter_table(reader: _Reader, _value: int | None) -> None:
    reader._in_table = True  # noqa: SLF001


def _box(reader: _Reader, _value: int | None) -> None:
    reader._borders |= {"brdrt", "brdrb", "brdrl", "brdrr"}  # noqa: SLF001


def _default_font(reader: _Reader, value: int | None) -> None:
    reader._default_font = value  # noqa: SLF001


def _default_page(reader: _Reader, value: int | None) -> None:
    reader._default_page = code_page(value or 1252)  # noqa: SLF001


def _mac(page: str) -> Callable[[_Reader, int | None], None]:
    def handler(reader: _Reader, _value: int | None) -> None:
        reader._default_page = page  # noqa: SLF001

    return handler


_CONTROLS: Final[dict[str, Callable[[_Reader, int | None], None]]] = {
    "f": _set(font=_number),
    "fs": _set(size_half_pt=lambda value: value or 24),
    "cf": _set(colour=_number),
    "cb": _set(background=_number),
    "highlight": _set(background=_number),
    "chcbpat": _set(background=_number),
    "b": _set(bold=_switch),
    "v": _set(hidden=_switch),
    "webhidden": _set(hidden=_switch),
    "caps": _set(caps=_switch),
    "scaps": _set(caps=_switch),
    "deleted": _set(deleted=_switch),
    "uc": _set(skip=_number),
    "plain": _set(
        font=None, size_half_pt=24, colour=0, background=0, bold=False, hidden=False, deleted=False, caps=False
    ),
    "pard": _reset_paragraph,
    "intbl": _enter_table,
    "box": _box,
    "deff": _default_font,
    "ansicpg": _default_page,
    "mac": _mac("mac_roman"),
    "pc": _mac("cp437"),
    "pca": _mac("cp850"),
}
assert CODE_PAGES[163] == "cp1258"
