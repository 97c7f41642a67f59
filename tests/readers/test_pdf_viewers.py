"""What viewers of a PDF leave out, print only, or draw each in its own way: clips, layers, annotations without a look."""

from __future__ import annotations

import io

import pytest

pytest.importorskip("numpy")
pytest.importorskip("cv2")

import pikepdf
from reportlab.pdfgen.canvas import Canvas

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.pdf import reader as pdf
from gateway.documents.readers.pictures import ocr
from tests.readers import pdfs
from tests.readers.drawn_pages import black, body
from tests.readers.test_pdf_drawn import levels, read

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(ocr.engine() is None, reason="libtesseract with Vietnamese data is not installed"),
]


def windowed(canvas: Canvas, words: str, *, left: float, wide: float) -> None:
    """Write a line of which a clip leaves a part to be seen."""
    canvas.saveState()
    window = canvas.beginPath()
    window.rect(left, 710, wide, 30)
    canvas.clipPath(window, stroke=0)
    canvas.setFont("Serif", 20)
    canvas.drawString(200, 720, words)
    canvas.restoreState()


@pytest.mark.parametrize(
    ("words", "shown", "found"),
    [
        ("giữ gìn bí mật và BẢO MẬT", "MẬT", {"mat"}),
        ("TỐI MẬT ĐỘ DÂN CƯ", "TỐI MẬT", {"toi_mat"}),
        ("BẢO MẬT", "BẢO MẬT", set()),
    ],
)
def test_of_a_line_cut_by_a_clip_the_letters_that_are_seen_are_read(words: str, shown: str, found: set[str]) -> None:
    before = words.partition(shown)[0]

    def draw(canvas: Canvas) -> None:
        left = 200 + canvas.stringWidth(before, "Serif", 20)
        windowed(canvas, words, left=left - 1, wide=canvas.stringWidth(shown, "Serif", 20) + 2)

    assert levels(read(draw)) == found


@pytest.mark.parametrize(("printed", "found"), [(b"ON", {"toi_mat"}), (b"OFF", set())])
def test_ink_of_a_layer_that_is_only_printed_is_read(printed: bytes, found: set[str]) -> None:
    def whole(canvas: Canvas) -> None:
        body(canvas)
        canvas._code.append("/OC /L0 BDC")
        black(canvas)
        canvas._code.append("EMC")

    with pikepdf.open(io.BytesIO(pdfs.page(whole))) as file:
        states = {b"/View": "OFF", b"/Print": printed.decode()}
        usage = pikepdf.Dictionary(
            {
                name.decode(): pikepdf.Dictionary({f"{name.decode()}State": pikepdf.Name(f"/{state}")})
                for name, state in states.items()
            }
        )
        layer = file.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name=pikepdf.String("Lop"), Usage=usage))
        events = [
            pikepdf.Dictionary(Event=pikepdf.Name(event), OCGs=[layer], Category=[pikepdf.Name(event)])
            for event in ("/View", "/Print")
        ]
        file.Root.OCProperties = pikepdf.Dictionary(OCGs=[layer], D=pikepdf.Dictionary(ON=[layer], AS=events))
        file.pages[0].Resources.Properties = pikepdf.Dictionary(L0=layer)
        out = io.BytesIO()
        file.save(out)
    budget = Budget(part_cpu_s=100, page_cpu_s=0.0, words_cpu_s=20.0)
    assert levels(pdf.read(Source(data=out.getvalue(), part="1"), budget).document) == found


@pytest.mark.parametrize(("count", "look", "doubtful"), [(6, False, (1,)), (6, True, ()), (2, False, ())])
def test_a_page_of_lines_that_each_viewer_draws_as_it_likes_cannot_be_told(
    count: int, look: bool, doubtful: tuple[int, ...]
) -> None:
    with pikepdf.open(io.BytesIO(pdfs.page(body))) as file:
        own = file.make_stream(
            b"0 0 m 10 10 l S", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 10, 10]
        )
        lines = [
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot,
                Subtype=pikepdf.Name.Line,
                Rect=[200, 700, 240, 740],
                L=[200 + 9 * n, 700, 200, 740],
            )
            for n in range(count)
        ]
        for line in lines if look else ():
            line.AP = pikepdf.Dictionary(N=own)
        file.pages[0].Annots = file.make_indirect(pikepdf.Array([file.make_indirect(line) for line in lines]))
        out = io.BytesIO()
        file.save(out)
    budget = Budget(part_cpu_s=100, page_cpu_s=0.0, words_cpu_s=20.0)
    assert pdf.read(Source(data=out.getvalue(), part="1"), budget).document.doubtful_pages == doubtful
