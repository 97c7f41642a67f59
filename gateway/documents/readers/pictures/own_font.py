"""Lines of a document drawn in its embedded font, which may show other letters than the file states.

Only lines of as many letters as a level has are set: a font puts one shape for one letter.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import Final

from gateway.documents.readers.base import Budget, Member
from gateway.documents.readers.pictures.specimen import as_png
from gateway.model import Origin, Role, Run

LIMIT_LINES: Final = 100
_COUNTS: Final = frozenset({3, 6, 8})
"""Letters of MẬT, TỐI MẬT and TUYỆT MẬT."""
_SIZE: Final = 36
_ROW: Final = 66
_ROWS: Final = 25
_COLUMN: Final = 420


def set_in_own_fonts(runs: Iterable[Run], fonts: Mapping[str, bytes], budget: Budget) -> tuple[list[Member], bool]:
    """Return pictures of what fonts, by family in small letters, show; and whether all of it is in them."""
    lines: dict[str, dict[int, str]] = {}
    for run in runs:
        family = (run.font or "").lower()
        if family in fonts and run.origin is Origin.TEXT and run.role is not Role.ALT_TEXT:
            blocks = lines.setdefault(family, {})
            blocks[run.block] = blocks.get(run.block, "") + run.text
    members: list[Member] = []
    whole = True
    for number, (family, blocks) in enumerate(lines.items(), 1):
        texts = {line.strip() for text in blocks.values() for line in text.split("\n")}
        short = sorted(
            text for text in texts if sum(letter.isalpha() for letter in text) in _COUNTS and len(text) <= 24
        )
        if not short:
            continue
        picture = _page(fonts[family], short[:LIMIT_LINES], budget)
        whole = whole and picture is not None and len(short) <= LIMIT_LINES
        if picture is not None:
            members.append(Member(name=f"font-{number}.png", data=picture, relation="image"))
    return members, whole


def _page(font: bytes, lines: list[str], budget: Budget) -> bytes | None:
    """Return a page of lines in columns as a PNG; None when the font does not open."""
    from PIL import Image, ImageDraw, ImageFont

    columns = -(-len(lines) // _ROWS)
    page = Image.new("L", (columns * _COLUMN + 40, min(len(lines), _ROWS) * _ROW + 40), 255)
    budget.take_bytes(page.width * page.height)
    try:
        opened = ImageFont.truetype(io.BytesIO(font), _SIZE, layout_engine=ImageFont.Layout.BASIC)
        draw = ImageDraw.Draw(page)
        for number, line in enumerate(lines):
            column, row = divmod(number, _ROWS)
            draw.text((column * _COLUMN + 20, row * _ROW + 20), line, 0, opened)
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, EOFError, MemoryError):
        return None
    return as_png(page)
