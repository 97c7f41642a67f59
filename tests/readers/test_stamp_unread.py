"""Marks without a frame in the ink of print, and boxes, captions and tables that only look like marks."""

import random
import time
from dataclasses import replace

import numpy as np
import pypdfium2
import pytest
from PIL import Image, ImageDraw, ImageFont

from gateway.documents.readers.pictures import detected, ocr, stamp, stamp_ink, stamp_unread, stamp_words
from gateway.documents.readers.pictures.detector import Word
from gateway.documents.readers.pictures.rectangles import Pixels
from gateway.documents.readers.pictures.said import OTHER
from gateway.model import Document, Origin, Role, Run
from gateway.vietnamese.marks import Strength, find_in_document
from tests.readers import hard_scans, innocent_scenes, scan_files, scans
from tests.readers.stamp_figures import outcome, read
from tests.support.cases import first_quick
from tests.support.ocr import needs_stamps
from tests.support.octets import file_of

pytestmark = needs_stamps
BLACK, RED, BLUE = (25, 25, 25), (200, 20, 30), (40, 65, 165)


def letter(seed: int, dpi: int = 150) -> Image.Image:
    return pypdfium2.PdfDocument(scans.letter_pdf(seed))[0].render(scale=dpi / 72).to_pil().convert("RGBA")


def pressed(
    page: Image.Image, words: str, place: tuple[float, float], *, ink=BLACK, framed=False, turn=0.0, seed=4, dpi=150
) -> Image.Image:
    """Put a stamp on a page; the place is in points."""
    drawn = scans.text_stamp(words, random.Random(seed), dpi / 72, ink, framed=framed)
    hard_scans.put(page, drawn, place[0] * dpi / 72, place[1] * dpi / 72, turn)
    return page


def document(page: Image.Image, dpi: int = 150) -> Document:

    return read("page.png", file_of(page.convert("RGB"), "PNG", dpi=(dpi, dpi)))


def levels(page: Image.Image) -> set[str]:
    found = find_in_document(document(page))
    return {mark.level.value for mark in found if mark.strength is Strength.MARKED}


def is_stopped(page: Image.Image) -> bool:
    read_page = document(page)
    marked = any(mark.strength is not Strength.NOTED for mark in find_in_document(read_page))
    return marked or any(picture.unread_boxes for picture in read_page.images)


def in_ink(words: str, **how: object) -> list[str | None]:
    """What is read on a piece of paper with words and no frame."""
    page = scans.piece(words, ink=BLACK, framed=False, **how)
    return [one.text for one in stamp.find(scans.bgr(page), 150)]


@pytest.mark.parametrize("mark", scans.MARKS)
def test_a_black_mark_without_a_frame_that_slants_is_found(mark: str) -> None:
    assert in_ink(mark, turn=8) == [mark]


@pytest.mark.parametrize("words", ["HỎA TỐC", "THƯỢNG KHẨN", "BẢN SAO", "BẢO MẬT", "MẶT TRƯỚC", "KHÔNG ĐẠT"])
def test_other_words_in_black_without_a_frame_are_no_marks(words: str) -> None:
    assert not {*scans.MARKS, None} & set(in_ink(words, turn=5))


@pytest.mark.slow
def test_black_marks_without_a_frame_and_at_the_foot_of_a_page_stop_the_mail() -> None:
    assert "toi_mat" in levels(pressed(letter(101), "TỐI MẬT", (330, 120), turn=8))
    assert levels(pressed(letter(102), "MẬT", (110, 705), framed=True, turn=3)) == {"mat"}


@pytest.mark.slow
@pytest.mark.parametrize("words", ["BẢO MẬT", "KHÔNG ĐẠT"])
def test_other_words_in_black_without_a_frame_do_not_stop_the_mail(words: str) -> None:
    assert not is_stopped(pressed(letter(103), words, (330, 120), turn=5))


@pytest.mark.parametrize(
    ("words", "ink"),
    [("ĐẠT", RED), ("SAO Y", BLUE), ("MẪU SỐ", BLACK), ("TỐT", RED), ("TỐT", BLACK), ("KHÁ", BLUE), ("NHẤT", RED)],
)
def test_short_words_in_frames_are_not_taken_for_the_short_mark(words: str, ink: tuple[int, int, int]) -> None:
    found = {one.text for one in stamp.find(scans.bgr(scans.piece(words, ink=ink, turn=2)), 150)}
    assert found == {words}


@pytest.mark.parametrize("ink", first_quick([RED, BLACK]))
@pytest.mark.parametrize(
    "words", first_quick(["VẬT", "SỎI MẬT", "TUYỆT VỜI", "MỘT", "HẠT", "MẤT", "MẶT", "TÚI MẬT", "TỐI MÀU"], 3)
)
def test_words_in_frames_that_differ_from_a_mark_in_a_letter_or_sign_are_none(
    words: str, ink: tuple[int, int, int]
) -> None:
    page = Image.new("RGB", (530, 354), "white")
    drawn = scans.text_stamp(words, random.Random(4), 150 / 72, ink)
    page.paste(drawn, (90, 110), drawn)
    assert not is_stopped(page)


@pytest.mark.parametrize(("words", "found"), [("5b", []), ("10a", []), ("ẞ&ẞ Ж&Ж", [None])])
def test_a_number_in_a_wide_frame_is_no_stamp_and_letters_that_fill_it_are_one(
    monkeypatch: pytest.MonkeyPatch, words: str, found: list[str | None]
) -> None:
    monkeypatch.setattr(detected, "is_possible", lambda *_: True)
    plan = Image.new("RGB", (900, 600), "white")
    canvas = ImageDraw.Draw(plan)
    canvas.rectangle((200, 100, 440, 152), outline="black", width=2)
    canvas.text((320, 126), words, fill="black", anchor="mm", font=innocent_scenes.font(26))
    assert [one.text for one in stamp.find(scans.bgr(plan), 150)] == found


def table(ink: tuple[int, int, int]) -> Image.Image:
    return innocent_scenes.SCENES["table"](
        letter(105), random.Random(2), np.random.RandomState(2), 150 / 72, (ink, 0.0, 0.0, 0.0)
    )


@pytest.mark.slow
def test_levels_as_values_of_a_drawn_table_are_no_marks() -> None:
    assert levels(table(BLUE)) == set()


@pytest.mark.slow
def test_cells_of_a_scanned_table_are_distinguished_from_lines_and_are_no_marks() -> None:
    page = document(table(BLACK))
    assert sum(run.role is Role.CELL for run in page.runs) >= 9
    assert any(run.role is Role.BODY and run.text.startswith("CỘNG H") for run in page.runs)
    assert not any(mark.strength is Strength.MARKED for mark in find_in_document(page))


def test_levels_in_small_letters_in_the_cells_of_a_scanned_table_are_values_of_it() -> None:
    """Under the head of a letter such a word alone on its line would be suspected."""

    def run(number: int, text: str, role: Role) -> Run:
        return Run(text=text, block=number, page=1, locator="page:1,top", role=role, origin=Origin.OCR)

    head = ["Độc lập - Tự do - Hạnh phúc", "Số: 12/UBND-VP", "Kính gửi: Các phòng, ban thuộc quận."]

    def stopped(role: Role) -> bool:
        texts = [*((line, Role.BODY) for line in head), ("120", role), ("Mật", role), ("Ghi chú", role)]
        runs = tuple(run(number, *text) for number, text in enumerate(texts))
        found = find_in_document(Document(part="1", format="image", pages=1, runs=runs))
        return any(mark.strength is not Strength.NOTED for mark in found)

    assert not stopped(Role.CELL)
    assert stopped(Role.BODY)


@pytest.mark.parametrize(("said", "confidence", "other"), [("MATA", 60.0, True), ("MAT", 60.0, False)])
def test_one_letter_more_makes_another_word_of_the_short_mark(said: str, confidence: float, other: bool) -> None:
    seen = ocr.Word(said, confidence, 0, 0, 80, 20, (1, 1, 1))
    reading = stamp_words.settle(seen, [(0.57, "ĐẾN"), (0.56, "MẬT")])
    assert (reading.text != "MẬT") is other


@pytest.mark.parametrize("seed", [10, 22])
def test_a_circle_of_the_pen_around_writing_is_no_unread_box(seed: int) -> None:
    rng = random.Random(seed)
    page = Image.new("RGB", (700, 300), "white")
    pen = ImageDraw.Draw(page)
    width, height = rng.randint(140, 500), rng.randint(56, 90)
    pen.ellipse((100, 100, 100 + width, 100 + height), outline=RED, width=rng.randint(2, 4))
    step = rng.randint(4, 9)
    middle, reach = 100 + height / 2, height / 2.6
    points = [(106 + step * n, middle + rng.uniform(-reach, reach)) for n in range(int((width - 12) / step))]
    pen.line(points, fill=RED, width=3)
    assert not any(one.framed for one in stamp.find(scans.bgr(page), 150))


def framed_word() -> Pixels:
    """Letters in a frame of 100 by 40 pixels, as a grey page shows them."""
    page = Image.new("L", (300, 240), "white")
    canvas = ImageDraw.Draw(page)
    canvas.rectangle((100, 100, 200, 140), outline=30, width=2)
    for x in range(112, 186, 12):
        canvas.line((x, 111, x, 128), fill=30, width=4)
    return np.asarray(page).copy()


@pytest.mark.parametrize(
    ("said", "score", "explained"),
    [("ĐẠT", 0.6, True), ("Mật", 0.6, True), ("MẬT", 0.6, False), ("MẠT", 0.6, False), ("KẾHOẠCH", 0.95, False)],
)
def test_words_of_the_page_explain_a_doubtful_box_only(said: str, score: float, explained: bool) -> None:
    box = stamp.Stamp(100, 100, 200, 140, "MẬT", stamp.Ink.BLUE, framed=True, score=score)
    word = ocr.Word(said, 95.0, 110, 110, 80, 20, (1, 1, 1))
    page = framed_word()
    assert stamp_unread.is_explained(box, [word], page) is explained
    assert not stamp_unread.is_explained(box, [], page)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "seed", "stopped"),
    [
        ("MẬT", 101, True),
        ("MẬT", 102, True),
        ("TỐI MẬT", 103, True),
        ("TUYỆT MẬT", 102, True),
        ("THƯỢNG KHẨN", 101, False),
        ("KHẨN", 102, False),
        ("ĐÃ DUYỆT", 103, False),
    ],
)
def test_a_black_frame_on_print_far_down_is_suspected_where_it_may_hold_a_mark(
    words: str, seed: int, stopped: bool
) -> None:
    turn, place = (5, (230, 455)) if len(words) < 5 else (4, (200, 440))
    assert is_stopped(pressed(letter(seed), words, place, framed=True, turn=turn)) is stopped


@pytest.mark.slow
@pytest.mark.parametrize(("words", "stopped"), [("TỐI MẬT", True), ("HỎA TỐC", False)])
@pytest.mark.parametrize("way", [Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.FLIP_TOP_BOTTOM])
def test_a_stamp_of_a_page_in_mirror_writing_is_read(way: Image.Transpose, words: str, stopped: bool) -> None:
    page = pressed(letter(104), words, (110, 705), ink=RED, framed=True, turn=3)
    assert is_stopped(page.transpose(way)) is stopped


@pytest.mark.parametrize(
    ("mark", "before", "beside", "explained"),
    [
        ("MẬT", "", "KHẨU:", True),
        ("MẬT", "", "Các", False),
        ("MẬT", "", "ONG:", True),
        ("TUYỆT MẬT", "TUYỆT", "KHẨU:", False),
    ],
)
def test_a_sure_mark_is_judged_with_its_line_only_where_that_goes_on_in_the_same_letters(
    mark: str, before: str, beside: str, explained: bool
) -> None:
    box = stamp.Stamp(100, 100, 200, 140, mark, stamp.Ink.DARK, framed=False, score=0.98)
    words = [(before, 102, 44), ("MẬT", 150, 48), (beside, 220, 80)]
    line = [ocr.Word(text, 92.0, left, 105, wide, 30, (1, 0, 0)) for text, left, wide in words if text]
    assert stamp_unread.is_explained(box, line, framed_word()) is explained
    assert not stamp_unread.is_explained(replace(box, framed=True), line, framed_word())


@pytest.mark.parametrize("mark", ["MẬT", "TỐI MẬT"])
@pytest.mark.parametrize(
    ("line", "high", "explained"),
    [
        ("văn bản đóng dấu @ phải được quản lý", 24, True),
        ("“@” dùng cho văn bản do cơ quan ban hành", 24, True),
        ("văn bản đóng dấu @ phải được quản lý", 48, False),
        ("@ kế hoạch bảo vệ kỳ họp", 24, False),
    ],
)
def test_a_mark_in_a_sentence_is_judged_with_it_where_it_is_as_large(
    mark: str, line: str, high: int, explained: bool
) -> None:
    words, left, box = [], 100, (0, 0)
    for text in line.replace("@", mark).split():
        is_mark, wide = text.strip("“”") in mark.split(), 14 * len(text)
        box = (box[0] or left, left + wide) if is_mark else box
        words.append(ocr.Word(text, 92.0, left, 105, wide, high if is_mark else 24, (1, 0, 0)))
        left += wide + 8
    found = stamp.Stamp(box[0], 100, box[1], 140, mark, stamp.Ink.DARK, framed=False, score=0.98)
    assert stamp_unread.is_explained(found, words, framed_word()) is explained
    assert not stamp_unread.is_explained(replace(found, framed=True), words, framed_word())
    assert not stamp_unread.is_explained(replace(found, ink=stamp.Ink.RED), words, framed_word())


@pytest.mark.slow
@pytest.mark.parametrize(("words", "found"), [("MẬT KHẨU: 88888888", set()), ("MẬT", {"mat"})])
def test_a_receipt_in_letters_all_as_wide_is_read_to_the_end_of_its_lines(words: str, found: set[str]) -> None:
    slip = Image.new("RGB", (700, 900), "white")
    font = ImageFont.truetype(str(scans.FONT_DIR / "liberation/LiberationMono-Bold.ttf"), 30)
    lines = [
        "HÓA ĐƠN BÁN LẺ",
        "Cà phê sữa 2 x 25.000",
        "Bánh mì   1 x 20.000",
        "TỔNG CỘNG    70.000",
        "Wifi: quanmat",
        words,
    ]
    for number, text in enumerate(lines):
        ImageDraw.Draw(slip).text((60, 80 + 60 * number), text, "black", font)
    assert levels(slip.rotate(-2, Image.Resampling.BICUBIC, fillcolor="white")) == found


def test_print_under_a_stamp_does_not_explain_it() -> None:
    """A line that was read well, and the letters of the stamp above and below it."""
    box = stamp.Stamp(100, 100, 200, 140, "TỐI MẬT", stamp.Ink.DARK, framed=True, score=0.72)
    line = ocr.Word("khai", 95.0, 105, 110, 90, 9, (1, 1, 1))
    assert not stamp_unread.is_explained(box, [line], framed_word())


def test_lines_of_print_across_a_slanting_mark_do_not_explain_it() -> None:
    box = stamp.Stamp(100, 100, 400, 300, "TUYỆT MẬT", stamp.Ink.BLUE, framed=True, score=0.7)
    lines = [
        ocr.Word("công", 95.0, left, 110 + 40 * row, 70, 24, (row, 0, 0))
        for row in range(5)
        for left in (60, 150, 240, 330, 420)
    ]
    assert not stamp_unread.is_explained(box, lines, framed_word())
    assert stamp_unread.is_explained(replace(box, text=None), lines, framed_word())


def test_a_line_that_runs_through_a_box_makes_a_weak_reading_of_it_doubtful() -> None:
    box = stamp.Stamp(100, 100, 200, 140, "KHẨN", stamp.Ink.DARK, framed=True, score=0.57)
    inside, beyond = (
        ocr.Word("tác", 95.0, 120, 110, 75, 20, (1, 1, 1)),
        ocr.Word("văn", 95.0, 203, 110, 40, 20, (1, 1, 1)),
    )
    assert stamp_unread.is_doubtful(box, [inside, beyond])
    assert not stamp_unread.is_doubtful(box, [inside])
    assert not stamp_unread.is_doubtful(replace(box, score=0.9), [inside, beyond])


@pytest.mark.slow
def test_looking_for_marks_in_noise_is_bounded() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (2300, 1650, 3), np.uint8)
    began = time.process_time()
    assert stamp.find(noise, 200) == []
    assert time.process_time() - began < 3.0


@pytest.mark.slow
@pytest.mark.parametrize("trouble", ["CMYK TIFF", "PDF in layers", "PDF JBIG2", "two pages on one", "coarse fax"])
def test_files_of_scanners_are_read_whatever_their_codec(trouble: str) -> None:
    if trouble == "PDF JBIG2" and not scan_files.JBIG2:
        pytest.skip("needs jbig2")
    assert outcome(hard_scans.Hard(3, trouble, mark="TỐI MẬT")) == "right"
    assert outcome(hard_scans.Hard(4, trouble, scene="urgency")) == "passed"


@pytest.mark.parametrize(("print_share", "grain", "expected"), [(0.72, 0, True), (0.72, 90, False), (0.95, 0, False)])
def test_a_box_that_print_fills_to_three_quarters_is_on_paper(print_share: float, grain: int, expected: bool) -> None:
    page = np.full((140, 400), 220, np.uint8)
    page -= np.random.default_rng(3).integers(0, grain + 1, page.shape).astype(np.uint8)
    letters = np.arange(300) % 50 < 50 * print_share
    page[40:100, 50:350][:, letters] = 60
    assert stamp_ink.on_paper(page, ((200.0, 70.0), (300.0, 60.0), 0.0), 200.0) is expected


@pytest.mark.parametrize(("beneath", "is_another"), [("TUYỆT MẬT", False), (OTHER, True)])
def test_of_a_frame_over_print_the_view_in_which_the_word_is_likeliest_decides(
    monkeypatch: pytest.MonkeyPatch, beneath: str, is_another: bool
) -> None:
    page, ink = np.zeros((9, 9, 3), np.uint8), np.ones((9, 9, 3), np.uint8)
    odds = {0: 0.4, 1: 0.9}
    monkeypatch.setattr(detected, "within", lambda view, _: [Word(odds[view.max()], odds[view.max()], 4, 4, 0, 5)])
    monkeypatch.setattr(detected, "_line", lambda view, *_, **__: beneath if view.max() else OTHER)
    assert detected.is_another([page, ink], ((4, 4), (8, 8), 0.0)) is is_another
