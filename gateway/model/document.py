"""A document as a reader saw it: runs of text with their look and place, images, properties, active content."""

from __future__ import annotations

from enum import Enum
from typing import Final

from msgspec import Struct


class ReadStatus(Enum):
    """Outcome of reading a document. Anything but `OK` means *cannot tell*, never *clean*."""

    OK = "ok"
    PARTIAL = "partial"
    """Some of the content could not be read; what could be read is in `runs`."""
    ENCRYPTED = "encrypted"
    MALFORMED = "malformed"
    UNSUPPORTED = "unsupported"
    """A format that no reader opens."""
    LIMIT = "limit"
    """Over a limit of size, depth, number or ratio."""
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    """The child process died on it."""


class Role(Enum):
    """Role of a run in the document."""

    # Enum hashes the member's name in Python code; sets and dicts ask for every run of a text.
    __hash__ = object.__hash__

    BODY = "body"
    HEADING = "heading"
    HEADER = "header"
    FOOTER = "footer"
    NOTE = "note"
    """Footnote, endnote or speaker note."""
    TEXTBOX = "textbox"
    WATERMARK = "watermark"
    STAMP = "stamp"
    """Stamp annotation, or a box found in a scan."""
    COMMENT = "comment"
    PROPERTY = "property"
    CELL = "cell"
    """Spreadsheet cell, or cell of a table in a text document."""
    FIELD = "field"
    """Form field value or field code."""
    NAME = "name"
    """Sheet name, defined name, layer name, bookmark."""
    ALT_TEXT = "alt_text"


class Origin(Enum):
    """Source of the text of a run."""

    __hash__ = object.__hash__

    TEXT = "text"
    OCR = "ocr"
    DELETED = "deleted"
    """Tracked deletion, or struck out: still in the file, no longer said."""
    HIDDEN = "hidden"
    """Hidden text, hidden sheet, layer off, white on white, off the page, invisible render mode."""
    REVISION = "revision"
    """Only in an earlier revision of the file."""


class Run(Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """A stretch of text with one look. Runs of the same `block`, in order, make one paragraph, cell or line."""

    text: str
    """As the file says it: legacy letters are not yet decoded. A line break inside the block is `\\n`."""
    block: int = 0
    """Number of the paragraph, cell or line in reading order within the document."""
    font: str | None = None
    """Effective font family of the letters after style inheritance and theme, subset prefix removed."""
    size_pt: float | None = None
    colour: str | None = None
    """`auto`, or RRGGBB in capitals, of the letters as seen."""
    background: str | None = None
    """RRGGBB behind the letters (highlight, shading, fill), None when none or unknown."""
    bold: bool | None = None
    page: int | None = None
    """From 1."""
    bbox_pt: tuple[float, float, float, float] | None = None
    """Left, top, right, bottom from the upper left corner of the page."""
    locator: str = ""
    """Place in tokens that the catalogue puts into words: `page:1,top-left`, `paragraph:3`, `cell:Sheet2!B3`,
    `table:1,row:2,column:3`, `header:1`, `footnote:2`, `textbox:1`, `slide:4`, `property:Title`."""
    role: Role = Role.BODY
    origin: Origin = Origin.TEXT
    boxed: bool | None = None
    """Stands in a bordered paragraph, text box or frame of its own."""
    link: bool = False
    """Part of a hyperlink."""


class PageSetup(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Paper and margins of one section of a text document, or of one page of a PDF; None is unknown."""

    locator: str = ""
    """`section:2` or `page:3`."""
    width_pt: float | None = None
    height_pt: float | None = None
    top_pt: float | None = None
    """From the edge of the paper to the text of the body; a header may be in between."""
    bottom_pt: float | None = None
    left_pt: float | None = None
    """Gutter included; the inner margin where pages are mirrored."""
    right_pt: float | None = None


class Image(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A picture in a document or a picture file."""

    locator: str = ""
    page: int | None = None
    width_px: int | None = None
    height_px: int | None = None
    sha256: str | None = None
    red_boxes: int | None = None
    """Red or grey framed boxes of stamp shape that were found; None when not examined."""
    unread_boxes: int | None = None
    """Of these, the boxes whose words could not be read."""


class ActiveContent(Struct, frozen=True, omit_defaults=True):
    """Something that acts or changes the view when the document is opened."""

    kind: str
    """`macro`, `javascript`, `launch`, `external-template`, `external-object`, `dde`, `ole-object`, `embedded-file`,
    `hidden-layer`, `xfa` ..."""
    locator: str = ""


WORDS: Final = "words"
"""Format of what digits and escapes within a text spell, and relation of that part: nobody sees it so."""


class Document(Struct, frozen=True, omit_defaults=True, kw_only=True, weakref=True):
    """Result of reading one part."""

    part: str
    """Path of the part."""
    filename: str | None = None
    format: str
    """`docx`, `xlsx`, `pptx`, `doc`, `xls`, `ppt`, `odt`, `ods`, `odp`, `rtf`, `pdf`, `html`, `text`, `image`, `zip` ..."""
    status: ReadStatus = ReadStatus.OK
    reason: str = ""
    """Stable cause when the status is not OK: `password`, `zip-local-central-mismatch`, `no-text-map`, `depth` ..."""
    pages: int | None = None
    image_pages: tuple[int, ...] = ()
    """Pages that show a picture and no text: what they say is known only as far as OCR read it."""
    read_pages: tuple[int, ...] = ()
    """Of these, the pages that OCR did read."""
    doubtful_pages: tuple[int, ...] = ()
    """Pages on which something looks like the words of a document, and none of it was read."""
    runs: tuple[Run, ...] = ()
    setups: tuple[PageSetup, ...] = ()
    """Sections in order, neighbours that are alike given once; pages of a PDF, which states no margins. At most 200."""
    images: tuple[Image, ...] = ()
    active_content: tuple[ActiveContent, ...] = ()
    opened_with_password: bool = False
    """Encrypted, and opened by an empty password or one that is in the same mail."""
