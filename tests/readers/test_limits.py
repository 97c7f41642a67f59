"""Limits of readers: what stands behind one is read, or the document is *cannot tell*; what honest files have is below it."""

import pytest
from PIL import Image, PngImagePlugin

from gateway.documents.readers.base import Budget, ancestry
from gateway.documents.readers.sink import Sink
from gateway.model import ReadStatus
from gateway.vietnamese.marks import Strength, find_in_document
from tests.readers.docx_support import para, style, styles
from tests.readers.ooxml_support import word
from tests.support.octets import file_of
from tests.support.opendocument import content, package
from tests.support.reading import document_of


def word_styles(depth: int) -> bytes:
    """BẢO in a character style whose root hides it, so that MẬT is shown alone."""
    chain = [style(f"S{n}", kind="character", base=f"S{n - 1}") for n in range(1, depth + 1)]
    hidden = f'<w:r><w:rPr><w:rStyle w:val="S{depth}"/></w:rPr><w:t xml:space="preserve">BẢO </w:t></w:r>'
    line = f"<w:p>{hidden}<w:r><w:t>MẬT</w:t></w:r></w:p>"
    return word(line, word__styles_xml=styles(style("S0", "<w:vanish/>", kind="character"), *chain))


def open_styles(depth: int) -> bytes:
    chain = "".join(
        f'<style:style style:name="S{n}" style:family="text" style:parent-style-name="S{n - 1}"/>'
        for n in range(1, depth + 1)
    )
    root = '<style:style style:name="S0" style:family="text"><style:text-properties text:display="none"/></style:style>'
    line = f'<text:p><text:span text:style-name="S{depth}">BẢO </text:span>MẬT</text:p>'
    return package({"content.xml": content(line, root + chain)})


def picture(chunks: int) -> bytes:
    info = PngImagePlugin.PngInfo()
    for number in range(chunks):
        info.add_text(f"k{number}", "x")
    info.add_itxt("Comment", "Công văn\n" * 20 * chunks + "TUYỆT MẬT")
    return file_of(Image.new("L", (40, 40), 255), "PNG", pnginfo=info)


def control(blanks: int) -> bytes:
    value = para(" " * blanks) + para("Tối mật")
    return word(f'<w:sdt><w:sdtPr><w:alias w:val="Độ mật"/></w:sdtPr><w:sdtContent>{value}</w:sdtContent></w:sdt>')


def appointment(letters: int) -> bytes:
    return f'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nSUMMARY;X-A="{"a:" * letters}":TUYỆT MẬT\r\nEND:VCALENDAR\r\n'.encode()


@pytest.mark.parametrize(
    ("made", "few", "many"),
    [
        (word_styles, 40, 300),
        (open_styles, 40, 300),
        (picture, 2, 400),
        (control, 2, 400),
        (appointment, 2, 4000),
    ],
)
def test_what_is_beyond_a_limit_is_read_or_cannot_tell(made, few, many):
    document = document_of(made(few))
    assert (document.status, {mark.strength for mark in find_in_document(document)} >= {Strength.MARKED}) == (
        ReadStatus.OK,
        True,
    )
    document = document_of(made(many))
    assert document.status is ReadStatus.LIMIT or find_in_document(document)


def test_styles_are_followed_to_their_root_and_a_circle_ends():
    bases = {1: 2, 2: 3, 3: 4, 7: 8, 8: 7, **{n: n + 1 for n in range(100, 163)}, **{n: n + 1 for n in range(200, 265)}}
    sink = Sink(Budget())
    assert ancestry({n: n for n in bases}, 1, bases.get, sink.fail) == [3, 2, 1]
    assert ancestry({n: n for n in bases}, 7, bases.get, sink.fail) == [8, 7]
    assert len(ancestry({n: n for n in bases}, 100, bases.get, sink.fail)) == 63
    assert sink.status is ReadStatus.OK
    assert len(ancestry({n: n for n in bases}, 200, bases.get, sink.fail)) == 64
    assert (sink.status, sink.reason) == (ReadStatus.LIMIT, "styles")


@pytest.mark.parametrize("made", [word_styles, open_styles])
def test_the_words_of_a_document_of_too_many_styles_are_read_all_the_same(made):
    document = document_of(made(300))
    assert (document.status, document.reason) == (ReadStatus.LIMIT, "styles")
    assert "".join(run.text for run in document.runs) == "BẢO MẬT"
