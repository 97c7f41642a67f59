"""What a reader keeps: nothing of a document that was read, since children of the zygote collect no reference cycles."""

import gc
import sys
from collections import Counter

import pptx
import pytest
import xlsxwriter
from PIL import Image

from tests.readers.docx_support import para, style, styles
from tests.readers.ole_support import word_file
from tests.readers.ooxml_support import word
from tests.support.octets import file_of, written
from tests.support.opendocument import cells, content, package
from tests.support.reading import reading_of

PICTURE = file_of(Image.new("RGB", (40, 40), "white"), "PNG")


def sheet(target):
    book = xlsxwriter.Workbook(target)
    book.add_worksheet().write(0, 0, "Công văn", book.add_format({"bold": True}))
    book.close()


def slides(target):
    deck = pptx.Presentation()
    deck.slides.add_slide(deck.slide_layouts[0]).shapes.title.text = "Công văn"
    deck.save(target)


PARAGRAPH = '<text:p text:style-name="P">Công văn</text:p>'
FRAME = '<draw:frame><draw:image xlink:href="Pictures/a.png"/></draw:frame>'
TABLE = "<table:table>" + cells("Công văn") + "</table:table>"

FILES = {
    "docx": lambda: word(para("Công văn"), word__styles_xml=styles(style("S0")), word__media__image1_png=PICTURE),
    "xlsx": lambda: written(sheet),
    "pptx": lambda: written(slides),
    "odt": lambda: package({"content.xml": content(PARAGRAPH + FRAME), "Pictures/a.png": PICTURE}),
    "ods": lambda: package({"content.xml": content(TABLE, kind="spreadsheet")}, kind="spreadsheet"),
    "doc": lambda: word_file([("Công văn\r", b"")]),
}


def held() -> Counter[str]:
    """Objects of the readers that have come since the last freeze and are alive, by class."""
    kinds = (type(each) for each in gc.get_objects())
    return Counter(kind.__qualname__ for kind in kinds if str(kind.__module__).startswith("gateway.documents.readers"))


@pytest.mark.parametrize("kind", FILES)
def test_a_document_that_was_read_is_freed_without_a_collection(kind):
    data = FILES[kind]()
    reading_of(data)  # what a process keeps for all documents
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        references = sys.getrefcount(data)
        reading_of(data)
        assert (held(), sys.getrefcount(data)) == (Counter(), references)
    finally:
        gc.enable()
