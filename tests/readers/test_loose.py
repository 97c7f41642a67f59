"""Letters that dance, wave, slant or stand on an arch are laid on one line and read; names and notes of a pen say nothing."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from gateway.documents.readers.pictures import lines, loose, ocr, phrase
from gateway.documents.readers.pictures.rectangles import Pixels
from gateway.documents.readers.pictures.stamp import Stamp
from gateway.documents.readers.pictures.stamp_ink import Ink
from gateway.model import Document, Origin, Run
from gateway.vietnamese.marks import Strength, find_in_document
from tests.readers import pen_scans, scans
from tests.readers.stamp_figures import read
from tests.support.ocr import needs_ocr
from tests.support.octets import file_of

pytestmark = needs_ocr
SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "evasion"


def said(page: Pixels, dpi: int = 150) -> list[str | None]:
    sheet = lines.sheet(np.ascontiguousarray(page[:, :, 2]), dpi)
    return [one.text for one in loose.settle(page, sheet, [], [])]


def dancing(words: str, *, rise: int = 40, apart: int = 20, tail: str = "") -> Pixels:
    """Letters that stand up and down in turn, in the middle of a page; `tail` stands level behind them."""
    paper = Image.new("RGB", (1240, 1754), "white")
    canvas, font = ImageDraw.Draw(paper), ImageFont.truetype(str(scans.FONT_DIR / scans.STAMP_FONTS[0]), 48)
    x = 300.0
    for number, letter in enumerate(words):
        canvas.text((x, 700 + rise * (number % 2)), letter, "black", font)
        x += font.getlength(letter) + apart
    canvas.text((x + 20, 700), tail, "black", font)
    return scans.bgr(paper)


@pytest.mark.slow
@pytest.mark.parametrize("mark", scans.MARKS)
@pytest.mark.parametrize("rise", [20, 60])
def test_dancing_letters_are_read_on_one_line(mark: str, rise: int) -> None:
    assert said(dancing(mark, rise=rise)) == [mark]


def unlike_print(words: str, way: str) -> bytes:
    """A page of a few lines, and below them letters twice as wide, three times as narrow, of two heights, or rising like stairs."""
    paper = Image.new("RGB", (1240, 1754), "white")
    canvas, name = ImageDraw.Draw(paper), str(scans.FONT_DIR / scans.STAMP_FONTS[0])
    for row in range(6):
        canvas.text((120, 130 + 44 * row), pen_scans.SENTENCE[:70], "black", ImageFont.truetype(name, 28))
    if way in ("uneven", "rising"):
        x = 300.0
        for number, letter in enumerate(words):
            font = ImageFont.truetype(name, 32 if way == "uneven" and number % 3 == 1 else 56)
            canvas.text((x, 900 - (number * 20 if way == "rising" else 0)), letter, "black", font, anchor="ls")
            x += font.getlength(letter) + 4
    else:
        font = ImageFont.truetype(name, 50 if way == "wide" else 90)
        word = Image.new("L", (round(font.getlength(words)) + 8, round(1.4 * font.size)), 255)
        ImageDraw.Draw(word).text((4, 4), words, 0, font)
        paper.paste(word.resize((word.width * 2 if way == "wide" else word.width // 3, word.height)), (300, 700))
    return file_of(paper, "PNG")


@pytest.mark.slow
@pytest.mark.parametrize("way", ["rising", "wide", "narrow", "uneven"])
@pytest.mark.parametrize(("words", "stopped"), [("TỐI MẬT", True), ("HỘI DIỄN", False), ("MỘT CỬA", False)])
def test_letters_unlike_print_are_read_as_print(words: str, way: str, *, stopped: bool) -> None:
    found = find_in_document(read("a.png", unlike_print(words, way)))
    assert any(mark.strength is not Strength.NOTED for mark in found) is stopped


@pytest.mark.slow
@pytest.mark.parametrize("words", ["HỘI DIỄN", "MẦM NON", "MỆT", "MẶT NẠ", "MẬN", "MẬT ONG", "TỐI NAY"])
def test_other_dancing_words_are_no_marks(words: str) -> None:
    assert said(dancing(words)) == []


def test_mat_that_goes_on_is_none() -> None:
    assert said(dancing("MẬT", tail="KHẨU")) == []


@pytest.mark.parametrize(
    ("words", "framed", "found"),
    [
        ("BẢO MẬT", False, ["BẢO\nMẬT"]),
        ("MẬT ONG", False, ["MẬT\nONG"]),
        ("BẢO MẬT", True, ["MẬT"]),
        ("TỐI MẬT", False, ["TỐI MẬT"]),
    ],
)
def test_what_the_networks_took_for_a_mark_is_a_part_of_its_phrase(
    words: str, found: list[str], *, framed: bool
) -> None:
    page = dancing(words)
    font = ImageFont.truetype(str(scans.FONT_DIR / scans.STAMP_FONTS[0]), 48)
    start = words.index("MẬT")
    left, right = (300 + font.getlength(words[:n]) + 20 * n for n in (start, start + 3))
    mark = Stamp(left, 690, right, 790, "MẬT", Ink.DARK, framed, 0.9)
    sheet = lines.sheet(np.ascontiguousarray(page[:, :, 2]), 150)
    assert [one.text for one in loose.settle(page, sheet, [mark], [])] == found


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((("3ẬT", 6), ("ONG", 92), ("RÙNG", 87)), "MẬT\nONG\nRÙNG"),
        ((("BÍ", 93), ("MẬT", 92)), "BÍ\nMẬT"),
        ((("BÍ", 60), ("MẬT", 92)), None),
        ((("TỐI", 93), ("MẬT", 92)), None),
        ((("TUYỆI", 93), ("M4T", 51)), None),
        ((("TÀI", 93), ("LIỆU", 90), ("MẬT", 91)), None),
        ((("HỎA", 91), ("TỐC", 90), ("MẬT", 90)), None),
        ((("HỘI", 93), ("NGHỊ", 92)), None),
    ],
)
def test_a_phrase_has_mat_in_it_and_another_word_that_is_read_well(
    words: tuple[tuple[str, float], ...], said: str | None
) -> None:
    assert phrase.other([ocr.Word(text, sure, 0, 0, 50, 30, (1, 1, 1)) for text, sure in words]) == said


def test_print_in_small_letters_is_no_part_of_a_stamp_in_capitals() -> None:
    words = [ocr.Word(text, sure, 0, 0, 50, 30, (1, 1, 1)) for text, sure in (("hội", 96), ("Nước", 95), ("mắm", 34))]
    assert phrase.other(words) == "hội\nNước\nMẬT"
    assert phrase.other(words, capitals=True) is None


@pytest.mark.slow
@pytest.mark.parametrize("way", ["wave", "arch", "thin", "script"])
def test_most_marks_of_each_way_are_read(way: str) -> None:
    pages = [one for one in pen_scans.marks(30, first=600) if one.way == way]
    assert sum(bool(said(scans.bgr(pen_scans.draw(one)))) for one in pages) >= 3


@pytest.mark.slow
def test_names_notes_and_signatures_say_nothing() -> None:
    pages = pen_scans.innocents(24, first=600)
    assert [one for one in pages if said(scans.bgr(pen_scans.draw(one)))] == []


def test_a_page_of_too_many_spots_is_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loose, "LIMIT_SPOTS", 5)
    assert said(dancing("TỐI MẬT")) == []


@pytest.mark.parametrize(("confidence", "texts"), [(96.0, []), (40.0, ["TỐI MẬT"])])
def test_letters_in_words_that_were_read_well_are_not_read_again(confidence: float, texts: list[str]) -> None:
    page = dancing("TỐI MẬT")
    sheet, word = lines.sheet(page[:, :, 2], 150), ocr.Word("Xã", confidence, 280, 660, 700, 150, (0, 0, 0))
    assert [one.text for one in loose.settle(page, sheet, [], [word])] == texts


@pytest.mark.parametrize("shape", [(64, 64), (700, 64), (64, 900)])
def test_pictures_of_any_shape_are_searched(shape: tuple[int, int]) -> None:
    assert said(np.zeros((*shape, 3), np.uint8), 100) == []


@pytest.mark.slow
@pytest.mark.parametrize(("words", "stopped"), [("Tối Mật", True), ("Tốt Nhất", False)])
def test_a_level_written_by_itself_below_print_is_suspected(words: str, *, stopped: bool) -> None:
    paper = Image.new("RGB", (1240, 1754), "white")
    canvas = ImageDraw.Draw(paper)
    font = ImageFont.truetype(str(scans.FONT_DIR / scans.STAMP_FONTS[4]), 28)
    for row in range(12):
        canvas.text((120, 130 + 44 * row), pen_scans.SENTENCE[:70], "black", font)
    canvas.text((420, 900), words, "black", ImageFont.truetype(str(scans.FONT_DIR / pen_scans.PRINT[0]), 75))
    found = find_in_document(read("a.png", file_of(paper, "PNG")))
    assert any(mark.strength is not Strength.NOTED for mark in found) is stopped


@pytest.mark.slow
@pytest.mark.parametrize(("words", "rows", "framed"), [
    ("Mật", 1, True), ("Tuyệt mật", 1, True), ("Mật", 3, False), ("Mặt", 1, False), ("Đã duyệt", 1, False),
])  # fmt: skip
def test_a_level_in_a_frame_of_its_own_is_boxed_and_one_in_a_table_is_not(
    words: str, rows: int, *, framed: bool
) -> None:
    paper = Image.new("RGB", (1240, 1754), "white")
    canvas = ImageDraw.Draw(paper)
    font, large = (ImageFont.truetype(str(scans.FONT_DIR / scans.STAMP_FONTS[4]), size) for size in (28, 48))
    for row in range(12):
        canvas.text((120, 130 + 44 * row), pen_scans.SENTENCE[:70], "black", font)
    for row in range(rows):
        for number, text in enumerate((words, "Số", "Ngày")[:rows] if row == 0 else ("Kế hoạch", f"{row}", "12")):
            left, top = 400 + 260 * number, 1100 + 90 * row
            canvas.rectangle((left, top, left + 260, top + 90), outline="black", width=3)
            canvas.text((left + 24, top + 14), text, "black", large)
    document = read("a.png", file_of(paper, "PNG"))
    assert any(run.boxed for run in document.runs if run.text == words) is framed
    if framed:
        assert any(mark.strength is Strength.MARKED for mark in find_in_document(document))


@pytest.mark.parametrize(("words", "gap_pt", "high_pt", "stopped"), [
    ("Tối Mật", 60, 14, True), ("Tối mật", 60, 24, True), ("Mật", 60, 24, False), ("tối mật", 60, 14, False), ("Tối Mật", 8, 24, False),
])  # fmt: skip
def test_a_level_in_small_letters_is_suspected_where_no_words_of_the_scan_are_near(
    words: str, gap_pt: float, high_pt: float, *, stopped: bool
) -> None:
    texts = (
        "Báo cáo tình hình thu chi quý ba",
        "Tổng hợp theo từng đơn vị trực thuộc",
        "Số liệu đến hết ngày cuối quý",
    )
    runs = [
        Run(text=text, block=n, page=1, bbox_pt=(330.0, 400 + 20.0 * n, 520.0, 414 + 20.0 * n), origin=Origin.OCR)
        for n, text in enumerate(texts)
    ]
    top = 454 + gap_pt
    runs.append(Run(text=words, block=9, page=1, bbox_pt=(330.0, top, 420.0, top + high_pt), origin=Origin.OCR))
    found = find_in_document(Document(part="", format="image", pages=1, runs=tuple(runs)))
    assert any(mark.strength is not Strength.NOTED for mark in found) is stopped


@pytest.mark.skipif(not SAMPLES.exists(), reason="needs ../shared/corpus/evasion")
@pytest.mark.slow
@pytest.mark.parametrize("name", ["q10_wave_baseline", "q18_handscript"])
def test_samples_of_the_corpus_are_stopped(name: str) -> None:
    import email
    import email.policy

    mail = email.message_from_bytes((SAMPLES / f"{name}.eml").read_bytes(), policy=email.policy.default)
    (scan,) = (part.get_content() for part in mail.walk() if part.get_filename())
    found = find_in_document(read("a.jpg", scan))
    assert any(mark.strength is not Strength.NOTED for mark in found)
