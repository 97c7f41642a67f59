"""Fonts that a document brings: lines in a font that lies are read as it shows them, lines in an honest one stay what they are."""

import base64
import functools
import re

import pytest
from fontTools.ttLib import TTFont

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.markup import html
from gateway.documents.readers.pictures.own_font import LIMIT_LINES, set_in_own_fonts
from gateway.model import Run
from tests.readers.ooxml_support import package, relationships
from tests.readers.scans import FONT_DIR
from tests.readers.test_joined_pictures import found
from tests.support import opendocument
from tests.support.ocr import needs_ocr
from tests.support.octets import file_of

WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
GUID = "{1A2B3C4D-0000-1111-2222-333344445555}"


@functools.cache
def font(*, lies: bool) -> bytes:
    """A font in which T, ổ and n have the shapes of M, Ậ and T, or an honest one."""
    made = TTFont(FONT_DIR / "liberation/LiberationSerif-Bold.ttf")
    if lies:
        shapes = dict(made.getBestCmap())
        for table in made["cmap"].tables:
            for said, shown in zip("Tổn", "MẬT", strict=True):
                if ord(said) in table.cmap:
                    table.cmap[ord(said)] = shapes[ord(shown)]
    return file_of(made)


def page(*, lies: bool) -> bytes:
    data = base64.b64encode(font(lies=lies)).decode()
    style = f"@font-face{{font-family:'Own';src:url(data:font/ttf;base64,{data})}} h1{{font-family:Own}}"
    return f"<html><head><meta charset=utf-8><style>{style}</style></head><body><p>Kính gửi</p><h1>Tổn</h1></body></html>".encode()


def word(*, lies: bool) -> bytes:
    key = bytes.fromhex(GUID.strip("{}").replace("-", ""))[::-1] * 2
    data = font(lies=lies)
    changed = bytes(one ^ other for one, other in zip(data[:32], key, strict=True)) + data[32:]
    body = '<w:p><w:r><w:rPr><w:rFonts w:ascii="Own" w:hAnsi="Own"/></w:rPr><w:t>Tổn</w:t></w:r></w:p>'
    return package(
        {
            "word/document.xml": f"<w:document {WORD}><w:body>{body}</w:body></w:document>",
            "word/_rels/document.xml.rels": relationships({"rId1": ("fontTable", "fontTable.xml")}),
            "word/fontTable.xml": f'<w:fonts {WORD}><w:font w:name="Own"><w:embedRegular r:id="rId1" w:fontKey="{GUID}"/></w:font></w:fonts>',
            "word/_rels/fontTable.xml.rels": relationships({"rId1": ("font", "fonts/font1.odttf")}),
            "word/fonts/font1.odttf": changed,
        }
    )


def text(*, lies: bool) -> bytes:
    own = '<svg:font-face-src><svg:font-face-uri xlink:href="Fonts/own.ttf"/></svg:font-face-src></style:font-face>'
    faces = opendocument.face("Own", "Own").replace("/>", f">{own}")
    automatic = opendocument.style("P1", 'style:font-name="Own"')
    body = opendocument.content('<text:p text:style-name="P1">Tổn</text:p>', automatic, faces=faces)
    return opendocument.package({"content.xml": body, "Fonts/own.ttf": font(lies=lies)})


@pytest.mark.slow
@needs_ocr
@pytest.mark.parametrize("made", [page, word, text], ids=lambda made: made.__name__)
@pytest.mark.parametrize("lies", [True, False])
def test_lines_are_read_as_the_font_shows_them(made, lies):
    assert found(made(lies=lies)) is lies


def test_only_lines_as_long_as_a_level_are_set():
    runs = [Run(text="Ủy ban nhân dân quận", block=1, font="Own"), Run(text="Tổn", block=2, font="Other")]
    assert set_in_own_fonts(runs, {"own": font(lies=False)}, Budget()) == ([], True)


def test_a_line_of_pieces_is_one_line():
    runs = [Run(text="T", block=1, font="Own"), Run(text="ổn", block=1, font="own")]
    members, whole = set_in_own_fonts(runs, {"own": font(lies=False)}, Budget())
    assert (len(members), whole) == (1, True)


@pytest.mark.parametrize("number", [1, LIMIT_LINES, LIMIT_LINES + 1])
def test_too_many_lines_are_reported(number):
    letters = [f"{chr(97 + n % 26)}{chr(97 + n // 26)}x" for n in range(number)]
    runs = [Run(text=one, block=n, font="Own") for n, one in enumerate(letters)]
    members, whole = set_in_own_fonts(runs, {"own": font(lies=False)}, Budget())
    assert (len(members), whole) == (1, number <= LIMIT_LINES)


def test_a_font_that_does_not_open_is_cannot_tell():
    assert set_in_own_fonts([Run(text="Tổn", font="Own")], {"own": b"\0\1\0\0 broken"}, Budget()) == ([], False)
    data = re.sub(rb"base64,AAEA[^)]+", b"base64,AAEAAAAT", page(lies=True))
    document = html.read(Source(data=data, part="1"), Budget()).document
    assert "look-font" in {one.kind for one in document.active_content}
