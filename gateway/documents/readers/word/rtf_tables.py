"""Font and colour tables of RTF, and the code pages behind font charsets (RTF specification 1.9.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from gateway.documents.readers.ole.octets import code_page

CODE_PAGES: Final = {
    0: "cp1252", 2: "symbol", 77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gbk", 136: "cp950",
    161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251",
    222: "cp874", 238: "cp1250", 254: "cp437", 255: "cp850",
}  # fmt: skip
"""Charset of a font (`\\fcharset`) to codec."""
_FONT: Final = re.compile(rb"\\f(\d{1,6})(?=[^0-9])")
_CHARSET: Final = re.compile(rb"\\fcharset(\d{1,3})")
_CODE_PAGE: Final = re.compile(rb"\\cpg(\d{1,5})")
_CONTROL: Final = re.compile(rb"\\[a-z]+-?\d* ?|[\r\n]+")
_STARRED: Final = re.compile(rb"\{\\\*[^{}]*\}")
_ESCAPED: Final = re.compile(rb"\\'([0-9A-Fa-f]{2})")
_UNICODE: Final = re.compile(r"\\u(-?\d{1,6}) ?(?:\\'[0-9a-fA-F]{2}|\?)?")
_CHANNEL: Final = re.compile(rb"\\(red|green|blue)(\d{1,3})")


TOKEN: Final = re.compile(
    rb"\\([A-Za-z]{1,32})(-?\d{1,10})? ?|\\'([0-9A-Fa-f]{2})|\\([^A-Za-z])|([{}])|[\r\n\0]+|([^\\{}\r\n\0]+)|\\",
    re.DOTALL,
)
"""Control word and number, octet, control symbol, brace, text."""


@dataclass(frozen=True)
class Font:
    """One font of the document."""

    name: str
    page: str | None
    """Codec of its 8-bit letters; `symbol` for symbol fonts; None for the document's own."""


def parse_fonts(group: bytes, default_page: str) -> dict[int, Font]:
    """Return the fonts of a font table group by number; a nameless one has an empty name."""
    fonts: dict[int, Font] = {}
    starts = list(_FONT.finditer(group))
    for match, following in zip_longest(starts, starts[1:]):
        entry = _STARRED.sub(b"", group[match.start() : following.start() if following else len(group)])
        charset, page = _CHARSET.search(entry), _CODE_PAGE.search(entry)
        codec = code_page(int(page[1])) or "cp1252" if page else CODE_PAGES.get(int(charset[1])) if charset else None
        name = _name(entry, codec if codec not in (None, "symbol") else default_page)
        fonts.setdefault(int(match[1]), Font(name, codec))
    return fonts


def _name(entry: bytes, codec: str | None) -> str:
    entry = entry.partition(b";")[0]
    letters = _UNICODE.sub(lambda match: chr(int(match[1]) & 0xFFFF), entry.decode("latin-1")).encode(
        "utf-8", "replace"
    )
    if letters != entry.decode("latin-1").encode("utf-8"):
        text = letters.decode("utf-8", "replace")
        return _CONTROL.sub(b"", text.encode()).decode().strip(" {}\t")
    plain = _ESCAPED.sub(lambda match: bytes.fromhex(match[1].decode()), _CONTROL.sub(b"", entry))
    return plain.decode(codec or "cp1252", "replace").strip(" {}\t")


def parse_colours(group: bytes) -> tuple[str | None, ...]:
    """Return the colours of a colour table group as RRGGBB; None is the automatic colour."""
    colours: list[str | None] = []
    for entry in group.split(b";")[:-1]:
        channels = {name.decode(): min(255, int(value)) for name, value in _CHANNEL.findall(entry)}
        values = (channels.get("red", 0), channels.get("green", 0), channels.get("blue", 0))
        colours.append("{:02X}{:02X}{:02X}".format(*values) if channels else None)
    return tuple(colours)


def group(data: bytes, position: int) -> bytes:
    """Return the bytes of a group from just after its opening brace to its closing one."""
    depth = 1
    for match in re.compile(rb"\\.|[{}]", re.DOTALL).finditer(data, position, position + (4 << 20)):
        if match[0] == b"{":
            depth += 1
        elif match[0] == b"}":
            depth -= 1
            if depth == 0:
                return data[position : match.start()]
    return data[position : position + (4 << 20)]
