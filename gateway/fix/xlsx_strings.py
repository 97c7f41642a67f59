"""Rich strings of SpreadsheetML and the cells that show them, with the bytes of everything a mender may change.

A string stands once in `xl/sharedStrings.xml`, in a cell (`is`, or `v` of a formula) or in a comment (`text`); a shared one looks as the cells
look that show it, each of its runs may say a font of its own (ECMA-376 Part 1 §18.4).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from gateway.fix.xml_spans import Piece, Tag, text_of

_SPACES: Final = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main ",
    "http://purl.oclc.org/ooxml/spreadsheetml/main ",
)
_HOLDERS: Final = (["si"], ["is"], ["text"])


@dataclass
class RichString:
    """One string."""

    pieces: list[Piece] = field(default_factory=list)
    styles: set[int] = field(default_factory=set)
    """Cell formats (indexes of `cellXfs`) of the cells that show it; -1 is a comment, which has no format."""
    looks: list[int] = field(default_factory=list)
    """Offsets of the `rPr` of its runs."""


@dataclass
class RunFont:
    """The `rPr` of a run, or a `font` of the style sheet."""

    tag: Tag
    name: Tag | None = None
    """`rFont` or `name`."""
    scheme: tuple[int, int] | None = None
    colour: tuple[int, int] | None = None
    colour_attributes: dict[str, str] = field(default_factory=dict)

    @property
    def face(self) -> str | None:
        """The name it says."""
        return self.name.attributes.get("val") if self.name is not None else None


def local(tag: Tag) -> str:
    """Return the local name of an element of SpreadsheetML, empty for every other."""
    return tag.name.rpartition(" ")[2] if tag.name.startswith(_SPACES) else ""


def fonts(tags: list[Tag], holder: str) -> Iterator[RunFont]:
    """Yield what each `rPr` or `font` says, once it is closed."""
    font: RunFont | None = None
    opened: Tag | None = None
    for tag in tags:
        name = local(tag)
        if name == holder and tag.opens:
            font = RunFont(tag)
        elif name == holder and font is not None:
            yield font
            font = None
        elif font is not None and tag.opens:
            opened = tag
            if name in ("rFont", "name"):
                font.name = tag
            elif name == "color":
                font.colour_attributes = tag.attributes
        elif font is not None and opened is not None:
            span = opened.start, max(opened.end, tag.end)
            if name == "scheme":
                font.scheme = span
            elif name == "color":
                font.colour = span


def strings(data: bytes, tags: list[Tag]) -> list[RichString]:
    """Return the strings of a part in document order; phonetic guides are none."""
    found: list[RichString] = []
    path: list[str] = []
    run_font: str | None = None
    opened: Tag | None = None
    style, kind = -1, ""
    for tag in tags:
        name = local(tag)
        if tag.opens:
            path.append(name)
            opened = tag
            match name:
                case "c":
                    style, kind = int(tag.attributes.get("s", "0") or 0), tag.attributes.get("t", "")
                case "v" if kind == "str":
                    found.append(RichString(styles={style}))
                case "rPr" if found:
                    found[-1].looks.append(tag.start)
                case "si" | "is" | "text":
                    found.append(RichString(styles=set() if name == "si" else {style if name == "is" else -1}))
                    run_font = None
                case "r":
                    run_font = None
                case "rFont":
                    run_font = tag.attributes.get("val")
                case _:
                    continue
            continue
        path.pop()
        if opened is None or not found or tag.start < opened.end:
            continue
        in_run = path[-1:] == ["r"]
        if (name == "t" and (path[-2:-1] if in_run else path[-1:]) in _HOLDERS) or (name == "v" and kind == "str"):
            text = text_of(data, opened.end, tag.start)
            if text:
                found[-1].pieces.append(Piece(opened.end, tag.start, text, run_font if in_run else None))
    return found


def shown(data: bytes, tags: list[Tag]) -> Iterator[tuple[int, int]]:
    """Yield the number of a shared string and the format of a cell that shows it."""
    style, kind = 0, ""
    opened: Tag | None = None
    for tag in tags:
        name = local(tag)
        if tag.opens:
            opened = tag
            if name == "c":
                style, kind = int(tag.attributes.get("s", "0") or 0), tag.attributes.get("t", "")
        elif name == "v" and kind == "s" and opened is not None:
            number = text_of(data, opened.end, tag.start).strip()
            if number.isascii() and number.isdigit():
                yield int(number[:9]), style
