"""Lines of a page: what is running prose and need not be read, and what is read of all the rest, on every page alike."""

import io
import itertools
import random
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.pdf import reader as pdf
from gateway.documents.readers.pictures import frames, image, line_words, lines, ocr, page_runs, shapes, stamp_page
from gateway.model import Document, ReadStatus
from gateway.vietnamese.marks import Level, Strength, find_in_document
from tests.readers import scans
from tests.support.ocr import needs_ocr
from tests.support.octets import file_of

pytestmark = [
    pytest.mark.system,
    needs_ocr,
]
SERIF = scans.FONT_DIR / "liberation"
WORDS = [
    "Căn", "cứ", "Luật", "Tổ", "chức", "chính", "quyền", "địa", "phương", "ngày", "19", "tháng", "6", "năm", "2015",
    "đề", "nghị", "Ủy", "ban", "nhân", "dân", "các", "phường", "thực", "hiện", "nghiêm", "túc", "việc", "rà", "soát",
    "tổng", "hợp", "báo", "cáo", "kết", "quả", "nhiệm", "vụ", "được", "giao", "bảo", "đảm", "đúng", "tiến", "độ",
    "theo", "quy", "định", "của", "pháp", "luật", "hiện", "hành",
]  # fmt: skip
LEFT, RIGHT, TOP, STEP = 180, 1500, 260, 56


def font(size: int = 38, style: str = "Regular") -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(SERIF / f"LiberationSerif-{style}.ttf"), size)


def draw_line(draw: ImageDraw.ImageDraw, y: int, words: Sequence[str], size: int = 38) -> None:
    """Words from margin to margin."""
    face = font(size)
    gap = (RIGHT - LEFT - sum(face.getlength(word) for word in words)) / (len(words) - 1)
    x = float(LEFT)
    for word in words:
        draw.text((x, y), word, font=face, fill=20)
        x += face.getlength(word) + gap


def fill(seed: int, put: tuple[str, ...] = (), size: int = 38) -> list[str]:
    """Words for one line, with `put` in its middle."""
    rng, face, chosen = random.Random(seed), font(size), list(put)
    while True:
        word = rng.choice(WORDS)
        if face.getlength(" ".join([*chosen, word])) > RIGHT - LEFT:
            return chosen
        chosen.insert(0 if len(chosen) % 2 else len(chosen), word)


def page(rows: int = 30, seed: int = 1, skip: tuple[int, ...] = ()) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """A page of prose at 200 dpi; rows of `skip` are left white."""
    sheet = Image.new("L", (1654, 2339), 250)
    draw = ImageDraw.Draw(sheet)
    for row in range(rows):
        if row not in skip:
            draw_line(draw, TOP + STEP * row, fill(100 * seed + row))
    return sheet, draw


def sheet_of(picture: Image.Image, **more: float) -> lines.Sheet:
    return lines.sheet(np.asarray(picture, np.uint8), 200.0, **more)


def at(sheet: lines.Sheet, row: int) -> list[lines.Line]:
    """The lines on a row of `page`."""
    middle = (TOP + STEP * row + 22) / 2
    return [line for line in sheet.lines if line.top <= middle <= line.bottom]


def levels(document: Document) -> set[str]:
    return {mark.level.value for mark in find_in_document(document) if mark.strength.value == "marked"}


def scan_of(pages: list[Image.Image]) -> Source:
    """A PDF that shows one JPEG on each page, as office scanners write it."""
    return Source(
        data=file_of(pages[0], "PDF", save_all=True, append_images=pages[1:], resolution=200, quality=70), part="1"
    )


def test_prose_is_skipped_and_its_edges_are_read() -> None:
    sheet = sheet_of(page()[0])
    assert not at(sheet, 0)[0].prose
    assert not at(sheet, 29)[0].prose
    assert sum(all(line.prose for line in at(sheet, row)) for row in range(1, 29)) >= 26


def test_nothing_is_skipped_in_the_head_of_a_first_page() -> None:
    sheet = sheet_of(page()[0], head=stamp_page.HEAD)
    assert not any(line.prose for line in sheet.lines if line.top < stamp_page.HEAD * 2339 / 2)


@pytest.mark.parametrize("step", [None, 34, 36])
def test_letters_in_cells_stand_apart_and_short_words_do_not(step: int | None) -> None:
    """Words of two or three letters that touch at low resolution are as wide and as far apart as letters in cells."""
    picture, draw = page(skip=(0, 1, 2))
    if step is None:
        words = "thu tài thu hoạt tại động các hoạt chia Quỹ đang phân hồi trình nhà sản các"
        draw_line(draw, TOP, words.split())
    else:
        for number, letter in enumerate("HỌVÀTÊNNGUYỄNVĂNTỐIMẬTHỒSƠSỐVB"):
            draw.text((LEFT + step * number, TOP), letter, font=font(28), fill=20)
    sheet = sheet_of(picture)
    (line,) = at(sheet, 0)
    assert line.width > lines.LONGEST_APART * line.height
    assert lines.is_spaced(sheet, line) is (step is not None)


@pytest.mark.parametrize("angle", [-11.0, -2.5, -0.7, 1.4, 3.0, 7.0])
def test_lines_of_a_slanting_page_are_found(angle: float) -> None:
    sheet = sheet_of(page()[0].rotate(angle, fillcolor=250, resample=Image.Resampling.BICUBIC))
    assert sum(line.prose for line in sheet.lines) >= 20


def short(draw: ImageDraw.ImageDraw, y: int) -> None:
    draw.text((LEFT, y), "TỐI MẬT", font=font(), fill=20)


def in_the_middle(draw: ImageDraw.ImageDraw, y: int) -> None:
    draw.text((760, y), "MẬT", font=font(style="Bold"), fill=20)


def full_capitals(draw: ImageDraw.ImageDraw, y: int) -> None:
    draw_line(draw, y, fill(7, ("TỐI", "MẬT")), 38)
    draw.rectangle((0, y - 4, 1654, y + 50), fill=250)
    draw_line(draw, y, ["TÀI", "LIỆU", "TỐI", "MẬT", "KHÔNG", "ĐƯỢC", "SAO", "CHỤP"], 44)


def label_that_runs_on(draw: ImageDraw.ImageDraw, y: int) -> None:
    draw.rectangle((0, y - 4, 1654, y + 50), fill=250)
    draw_line(draw, y, ["Độ", "mật:", "TỐI", "MẬT;", *fill(9)[4:]])


def letterhead_run_together(draw: ImageDraw.ImageDraw, y: int) -> None:
    draw.rectangle((0, y - 4, 1654, y + 50), fill=250)
    for x, text in ((LEFT, "Số: 12/BC-UBND"), (600, "TỐI MẬT"), (900, "Bình Tân, ngày 12 tháng 6 năm 2026")):
        draw.text((x, y), text, font=font(), fill=20)


@pytest.mark.parametrize("put", [short, in_the_middle, full_capitals, label_that_runs_on, letterhead_run_together])
def test_what_may_bear_a_mark_is_read_in_the_middle_of_a_page(put) -> None:
    picture, draw = page(skip=(15,))
    put(draw, TOP + STEP * 15)
    sheet = sheet_of(picture)
    found = at(sheet, 15)
    assert found
    assert any(shapes.suspects(sheet.grey, [line for line in found if line.prose], sheet.scale)) or not any(
        line.prose for line in found
    )


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("Hồ sơ thuộc danh mục MẬT theo quyết định", {"MẬT"}),
        ("Phân loại tài liệu: Mật; người duyệt ký tên", {"Mật;"}),
        ("THỜI HẠN VÀ MỨC ĐỘ TỐI MẬT CỦA HỒ SƠ", {"MẬT"}),
        ("quy định của Chính phủ, trợ giúp hội viên được nhận việc", set()),
        ("Quỹ hoạt động tự nguyện, hộ nghèo ở vùng bị thiệt hại", set()),
        ("NHIỆM VỤ, QUYỀN HẠN CỦA HỘI ĐỒNG QUẢN LÝ", set()),
    ],
)
@pytest.mark.parametrize("face", ["LiberationSerif-Regular", "LiberationSans-Bold", "LiberationSerif-Italic"])
def test_of_a_long_line_words_of_the_shape_of_a_mark_are_read(words: str, asked: set[str], face: str) -> None:
    picture, draw = page(rows=0)
    kind, x = ImageFont.truetype(str(SERIF / f"{face}.ttf"), 38), float(LEFT)
    places = []
    for word in words.split():
        draw.text((x, TOP), word, font=kind, fill=20)
        places.append((x + kind.getlength(word) / 2, word))
        x += kind.getlength(word + " ")
    sheet = sheet_of(picture)
    spans = [span for spans in shapes.suspects(sheet.grey, sheet.lines, sheet.scale) for span in spans]
    found = {word for first, last in spans for x, word in places if first <= x / sheet.scale <= last}
    assert asked <= found
    assert asked or len(found) <= 1


@pytest.mark.parametrize(
    ("words", "asked"), [("TUYỆT MẬT", 1), ("MẬT", 1), ("TUYỆT VỜI", 0), ("KHẨN", 0), ("MÃ SỐ", 0), ("HỎA TỐC", 0)]
)
@pytest.mark.parametrize("share", [0.42, 0.55])
def test_condensed_letters_are_looked_at_as_those_of_print(words: str, asked: int, share: float) -> None:
    picture, _ = page(rows=0)
    word = Image.new("L", (600, 60), 255)
    face = ImageFont.truetype(str(SERIF / "LiberationSans-Bold.ttf"), 36)
    ImageDraw.Draw(word).text((20, 5), words, 20, face)
    picture.paste(word.resize((int(share * 600), 60)), (LEFT, TOP))
    sheet = sheet_of(picture)
    assert [len(spans) for spans in shapes.suspects(sheet.grey, sheet.lines, sheet.scale)] == [asked]


@pytest.mark.parametrize("left", [LEFT, 600])
@pytest.mark.parametrize(
    ("words", "passed_over"),
    [
        ("quy định của pháp luật.", True),
        ("Tài liệu tối mật.", False),
        ("Độ mật: mật", False),
        ("TỐI MẬT", False),
        ("TÀI LIỆU THU HỒI", False),
    ],
)
def test_of_short_lines_after_prose_small_letters_without_a_mark_are_passed_over(words, passed_over, left) -> None:
    picture, draw = page(skip=(15,))
    draw.text((left, TOP + STEP * 15), words, font=font(), fill=20)
    sheet = sheet_of(picture)
    (line,) = at(sheet, 15)
    assert (line.last and not any(shapes.suspects(sheet.grey, [line], sheet.scale))) is passed_over


def test_a_sample_is_no_longer_than_is_needed_to_see_that_a_page_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    read = line_words.read
    monkeypatch.setattr(line_words, "read", lambda *given: asked.append(given[2]) or read(*given))
    pixels = np.asarray(page()[0].convert("RGB"), np.uint8)
    seen = stamp_page._Page(pixels, pixels, 200.0, 0.0, ocr.engine())
    seen.read_sample()
    assert seen.text.legible
    assert [one.width < 400 for one in asked] == [True]


def test_a_line_of_short_words_that_is_read_surely_shows_that_a_picture_is_upright(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turned = []
    monkeypatch.setattr(stamp_page, "_turned", lambda pixels, quarters: turned.append(quarters) or pixels)
    picture = Image.new("RGB", (700, 160), "white")
    ImageDraw.Draw(picture).text((60, 50), "Số và ký tự: có", font=font(), fill="black")
    view = page_runs.PageView(page=1, dpi=200.0, points_per_pixel=0.36)
    reading = stamp_page.examine(np.asarray(picture, np.uint8), view, Budget())
    assert [run.text for run in reading.runs] == ["Số và ký tự: có"]
    assert not turned


def test_two_columns_of_prose_are_prose() -> None:
    picture = Image.new("L", (1654, 2339), 250)
    draw, face = ImageDraw.Draw(picture), font(28)
    rng = random.Random(3)
    for row, left in itertools.product(range(40), (160, 860)):
        words = [rng.choice(WORDS) for _ in range(14)]
        while face.getlength(" ".join(words)) > 620:
            words.pop()
        gap = (620 - sum(map(face.getlength, words))) / (len(words) - 1)
        x = float(left)
        for word in words:
            draw.text((x, 250 + 42 * row), word, font=face, fill=20)
            x += face.getlength(word) + gap
    assert sum(line.prose for line in sheet_of(picture).lines) >= 60


def test_a_mark_low_on_any_page_of_a_scan_is_found_and_pages_are_alike_for_any_number_of_threads() -> None:
    pages = [page(rows=28, seed=seed)[0] for seed in range(6)]
    draw = ImageDraw.Draw(pages[4])
    draw.text((LEFT, TOP + STEP * 32), "TỐI MẬT", font=font(style="Bold"), fill=20)
    source = scan_of(pages)
    one, many = (pdf.read(source, Budget(threads=threads)).document for threads in (1, 3))
    assert levels(one) == {"toi_mat"}
    assert one == many
    assert one.read_pages == one.image_pages == tuple(range(1, 7))
    assert one.doubtful_pages == ()


def test_small_frames_do_not_hide_a_page_behind_them() -> None:
    marked, draw = page(rows=20)
    draw.text((LEFT, TOP + STEP * 24), "TUYỆT MẬT", font=font(style="Bold"), fill=20)
    small = [Image.new("L", (60, 60), 200 + number) for number in range(44)]
    out = io.BytesIO()
    small[0].save(
        out, "TIFF", save_all=True, append_images=[*small[1:], marked], compression="tiff_lzw", dpi=(200, 200)
    )
    document = image.read(Source(data=out.getvalue(), part="1"), Budget()).document
    assert document.pages == 45
    assert levels(document) == {"tuyet_mat"}


def test_frames_beyond_the_limit_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "LIMIT_FRAMES", 3)
    shown = [Image.new("L", (60, 60), 200 + number) for number in range(5)]
    out = file_of(shown[0], "TIFF", save_all=True, append_images=shown[1:])
    document = image.read(Source(data=out, part="1"), Budget()).document
    assert (document.status, document.reason) == (ReadStatus.LIMIT, "frames")


def test_a_mark_has_the_lines_around_it_read() -> None:
    """The end of a sentence alone on its line is none, which only the line above can tell."""
    picture, draw = page(rows=24)
    draw_line(draw, TOP + STEP * 24, [*fill(5)[:-2], "bảo", "vệ", "bí"])
    draw.text((LEFT, TOP + STEP * 25), "mật.", font=font(), fill=20)
    reading = stamp_page.examine(
        np.repeat(np.asarray(picture)[:, :, None], 3, axis=2),
        page_runs.PageView(page=2, dpi=200.0, points_per_pixel=0.36),
        Budget(),
    )
    document = Document(part="1", format="image", pages=2, runs=reading.runs)
    assert not [mark for mark in find_in_document(document) if mark.strength.value != "noted"]


def boxes() -> Image.Image:
    picture = Image.new("L", (1654, 2339), 250)
    draw = ImageDraw.Draw(picture)
    for x, y in itertools.product(range(20, 1620, 40), range(20, 2300, 30)):
        draw.rectangle((x, y, x + 34, y + 24), outline=0)
        draw.text((x + 6, y + 2), "M", font=font(20), fill=0)
    return picture


def specks() -> Image.Image:
    grain = np.random.default_rng(1).integers(0, 256, (2339, 1654), np.uint8)
    return Image.fromarray(grain)


def short_lines() -> Image.Image:
    picture = Image.new("L", (1654, 2339), 250)
    draw = ImageDraw.Draw(picture)
    for x, y in itertools.product(range(20, 1620, 90), range(20, 2300, 26)):
        draw.text((x, y), random.Random(x * y).choice(WORDS)[:6], font=font(20), fill=0)
    return picture


@pytest.mark.slow
@pytest.mark.parametrize("make", [boxes, specks, short_lines])
def test_hostile_pages_are_read_or_cannot_tell_within_the_time_of_a_page(make) -> None:
    import time

    began = time.process_time()
    document = pdf.read(scan_of([make()]), Budget()).document
    assert time.process_time() - began < 12.0
    read = set(document.read_pages)
    assert document.doubtful_pages or document.status is not ReadStatus.OK or read == {1} or not read


@pytest.mark.parametrize("size", [36, 48, 60, 70])
@pytest.mark.parametrize(("words", "level"), [("BẢO MẬT", None), ("MẬT KHẨU", None), ("TỐI MẬT", Level.TOI_MAT)])
def test_accents_of_large_letters_part_no_line(words: str, level: Level | None, size: int) -> None:
    kind = ImageFont.truetype(str(SERIF / "LiberationSerif-Bold.ttf"), size)
    picture = Image.new("RGB", (round(kind.getlength(words)) + 80, 3 * size), "white")
    ImageDraw.Draw(picture).text((40, size // 2), words, font=kind, fill="black")
    found = find_in_document(image.read(Source(data=file_of(picture, "PNG"), part="1"), Budget()).document)
    assert {mark.level for mark in found if mark.strength is Strength.MARKED} == ({level} if level else set())
