"""MẬT at every angle, in every ink and polarity: found by the detector, read with its neighbours; other words are none."""

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont

from gateway.documents.readers.pictures import detected, detector, ocr, stamp
from gateway.documents.readers.pictures.rectangles import Pixels
from gateway.documents.readers.pictures.said import OTHER, PARTLY, said_by
from tests.readers import glance_scans, scans
from tests.support.cases import first_quick, slow
from tests.support.long import LONG
from tests.support.ocr import needs_stamps

pytestmark = needs_stamps
RED, BLACK = (200, 20, 30), (25, 25, 25)


def said(page: Pixels, dpi: int = 150) -> list[str | None]:
    return [reading.text for _, reading in detected.read(page, detector.find(page, dpi))]


def slanting(
    words: str, turn: float, ink: tuple[int, int, int] = RED, *, framed: bool = True, dpi: int = 150
) -> Pixels:
    """A piece of paper with one stamp in its middle, room around it."""
    stamp_ = scans.text_stamp(words, random.Random(4), dpi / 72, ink, framed=framed)
    stamp_ = stamp_.rotate(turn, expand=True, resample=Image.Resampling.BICUBIC)
    paper = Image.new("RGBA", (stamp_.width + dpi, stamp_.height + dpi), "white")
    paper.alpha_composite(stamp_, (dpi // 2, dpi // 2))
    return scans.bgr(paper)


def bar(words: str, ground: tuple[int, int, int], letters: tuple[int, int, int] = (255, 255, 255)) -> Pixels:
    """Light letters on a bar across the paper."""
    paper = Image.new("RGB", (700, 260), "white")
    canvas = ImageDraw.Draw(paper)
    canvas.rectangle((0, 80, 700, 150), fill=ground)
    canvas.text((230, 92), words, letters, ImageFont.truetype(str(scans.FONT_DIR / scans.STAMP_FONTS[1]), 38))
    return scans.bgr(paper)


@pytest.mark.slow
@pytest.mark.parametrize("turn", [0, 20, 45, -60])
@pytest.mark.parametrize(("mark", "ink"), [("MẬT", RED), ("TỐI MẬT", BLACK), ("TUYỆT MẬT", RED)])
def test_a_mark_is_read_however_it_slants(mark: str, ink: tuple[int, int, int], turn: float) -> None:
    assert [one.text for one in stamp.find(slanting(mark, turn, ink), 150) if one.text in scans.MARKS] == [mark]


@pytest.mark.parametrize("ground", [(25, 25, 25), (40, 65, 165)])
def test_light_letters_on_a_bar_are_read(ground: tuple[int, int, int]) -> None:
    assert said(bar("TỐI MẬT", ground)) == ["TỐI MẬT"]


def slide(words: str, letters: tuple[int, int, int], ground: tuple[int, int, int] = (12, 10, 60)) -> Pixels:
    """Lines of light print on a dark slide, with a stamp across them."""
    paper = Image.new("RGB", (1000, 560), ground)
    canvas = ImageDraw.Draw(paper)
    print_, font = (
        ImageFont.truetype(str(scans.FONT_DIR / scans.STAMP_FONTS[n]), size) for n, size in ((0, 26), (1, 58))
    )
    for row in range(6):
        canvas.text((70, 60 + 70 * row), "giải quyết khiếu nại, tố cáo trong nội bộ cơ quan", (255, 255, 120), print_)
    canvas.rectangle((390, 330, 450 + font.getlength(words), 425), outline=letters, width=3)
    canvas.text((420, 342), words, letters, font)
    return scans.bgr(paper)


@pytest.mark.parametrize("words", first_quick(scans.MARKS))
def test_letters_as_dark_as_their_slide_in_the_weakest_colour_are_seen(words: str) -> None:
    assert {None, words} & set(said(slide(words, (240, 90, 80)), 96))


@pytest.mark.parametrize("words", first_quick(["NHẬT KÝ", "KHẨN", "MÁT"]))
def test_other_words_on_a_dark_slide_are_no_marks(words: str) -> None:
    assert said(slide(words, (240, 90, 80)), 96) == []


def test_a_mark_on_paper_on_a_dark_table_is_read() -> None:
    paper = np.pad(slanting("TỐI MẬT", 8), ((400, 500), (500, 600), (0, 0)), constant_values=25)
    assert said(paper) == ["TỐI MẬT"]


@pytest.mark.parametrize("first", ["TỐI", "TUYỆT"])
@pytest.mark.parametrize("turn", [0, 25])
def test_two_lines_are_one_mark(first: str, turn: float) -> None:
    font = ImageFont.truetype(str(scans.FONT_DIR / scans.STAMP_FONTS[0]), 44)
    stamp_ = Image.new("RGB", (300, 220), "white")
    for row, word in enumerate((first, "MẬT")):
        left = 150 - font.getlength(word) / 2
        ImageDraw.Draw(stamp_).text((left, 35 + 68 * row), word, BLACK, font)
    paper = Image.new("RGB", (900, 700), "white")
    paper.paste(stamp_.rotate(turn, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC), (200, 150))
    assert said(scans.bgr(paper), 200) == [f"{first} MẬT"]


def on_print(words: str, grey: int, turn: float = 0, down: int = 0) -> Pixels:
    """Lines of print, black, and over them a word without a frame in paler ink."""
    lines, paler = (Image.new("L", (1000, 420), 255) for _ in range(2))
    font, stamp_font = (
        ImageFont.truetype(str(scans.FONT_DIR / scans.STAMP_FONTS[n]), size) for n, size in ((0, 34), (1, 46))
    )
    print_ = (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "giải quyết khiếu nại, tố cáo trong nội bộ",
    )
    ImageDraw.Draw(lines).multiline_text((90, 120), "\n".join(print_), 15, font, spacing=18)
    ImageDraw.Draw(paler).text((380, 140 + down), words, grey, stamp_font)
    paler = paler.rotate(turn, center=(450, 170), fillcolor=255, resample=Image.Resampling.BICUBIC)
    return scans.bgr(ImageChops.darker(lines, paler))


@pytest.mark.parametrize(
    ("words", "grey", "turn", "down"),
    [("TUYỆT MẬT", 150, 12, 0), ("TUYỆT MẬT", 190, 0, 8), ("TỐI MẬT", 190, 20, 16), slow("TUYỆT MẬT", 150, 0, 0),
     slow("TUYỆT MẬT", 150, 0, 12), slow("TUYỆT MẬT", 170, 20, 24), slow("TỐI MẬT", 150, 20, 8)],
)  # fmt: skip
def test_a_mark_paler_than_the_print_below_is_read_by_its_ink_alone(
    words: str, grey: int, turn: float, down: int
) -> None:
    """Where the networks do not see it among the print, and where they are sure of it and nobody can read it: its level counts."""
    found = [one.text for one in stamp.find(on_print(words, grey, turn, down), 200)]
    assert [text for text in found if text in scans.MARKS] == [words]


def test_a_short_mark_paler_than_print_is_suspected() -> None:
    assert [one.text for one in stamp.find(on_print("MẬT", 170, 20, 24), 200)] == [None]


@pytest.mark.parametrize("words", ["", "KHẨN", "NHẬT KÝ", "MÁT", "PHÁP LUẬT", slow("HỎA TỐC"), slow("SAO Y BẢN CHÍNH")])
@pytest.mark.parametrize("grey", [150, 190])
def test_other_words_paler_than_the_print_they_lie_on_are_no_marks(words: str, grey: int) -> None:
    found = [one.text for one in stamp.find(on_print(words, grey), 200)]
    assert not {None, *scans.MARKS} & set(found)


def test_another_phrase_paler_than_print_is_what_its_ink_alone_says() -> None:
    """Among the print it is suspected."""
    assert [one.text for one in stamp.find(on_print("BẢO MẬT", 150), 200)] == ["BẢO MẬT"]


@pytest.mark.parametrize("words", ["KHẨN", "HỎA TỐC", "MẶT TRƯỚC", "NHẬT KÝ", "DỰ THẢO", "PHÁP LUẬT", "MẤT", "MÁT"])
@pytest.mark.parametrize("turn", [0, 30])
def test_other_words_are_no_marks(words: str, turn: float) -> None:
    assert said(slanting(words, turn)) == []


@pytest.mark.parametrize("words", ["BẢO MẬT", "BÍ MẬT", "MẬT ONG", "MẬT KHẨU", "LÊ THỊ MẬT"])
def test_a_longer_word_that_ends_or_begins_like_a_mark_is_given_as_it_is(words: str) -> None:
    assert not set(said(slanting(words, 20, BLACK, framed=False))) & {*scans.MARKS, None}


@pytest.mark.parametrize(
    ("read", "confidence", "sure", "text"),
    [
        ("MÁT", 61.0, False, ""),
        ("MÁT", 90.0, False, OTHER),
        ("MÁT", 90.0, True, "MẬT"),
        ("MẠT", 90.0, False, OTHER),
        ("MẠT", 61.0, False, "MẬT"),
        ("MẠT", 92.0, True, "MẬT"),
        ("MẶT", 90.0, True, OTHER),
        ("NHẬT", 90.0, False, OTHER),
        ("IẬT", 77.0, False, PARTLY),
        ("WẬT", 81.0, True, PARTLY),
        ("MIẬT", 90.0, False, PARTLY),
    ],
)
def test_a_sign_makes_another_word_where_it_is_read_well_and_the_networks_doubt(
    read: str, confidence: float, sure: bool, text: str
) -> None:
    """A letter of the print that a stamp touches is taken for the sign."""
    assert said_by([ocr.Word(read, confidence, 188, 30, 71, 31, (1, 1, 1))], 216.0, sure=sure) == text


@pytest.mark.parametrize(
    ("words", "left", "found"),
    [("BẢO MẬT", "BẢO ", [None]), ("MẬT", "", [None]), ("NHẬT", "N", []), ("LUẬT", "L", []), ("MẶT", "", [])],
)
@pytest.mark.parametrize("face", [1, 2])
def test_a_picture_that_is_cut_through_the_first_letter_of_a_mark_is_suspected(
    words: str, left: str, found: list[str | None], face: int
) -> None:
    font = ImageFont.truetype(str(scans.FONT_DIR / scans.STAMP_FONTS[face]), 56)
    paper = Image.new("RGB", (600, 180), "white")
    ImageDraw.Draw(paper).text((60, 60), words, BLACK, font)
    half = (font.getlength(left) + font.getlength(words[: len(left) + 1])) / 2
    ImageDraw.Draw(paper).rectangle((0, 0, 60 + half, 180), fill="white")
    assert said(scans.bgr(paper)) == found


def test_work_is_bounded_by_the_size_of_the_first_look(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    looks = 0
    first, second = detector.first_look, detector._sure

    def counted(view: Pixels, scale: float) -> list[detector.Word]:
        seen.append(view.shape[0] * view.shape[1])
        return first(view, scale)

    def again(*given: object) -> detector.Word:
        nonlocal looks
        looks += 1
        return second(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(detector, "first_look", counted)
    monkeypatch.setattr(detector, "_sure", again)
    monkeypatch.setattr(detector, "LIMIT_PIXELS", 90_000)
    detector.find(np.random.default_rng(1).integers(0, 256, (900, 900, 3), np.uint8), 72)
    assert max(seen) <= 91_000
    assert looks <= detector.LIMIT_WORDS


@pytest.mark.parametrize("ground", [None, 8, 40])
def test_long_straight_edges_are_not_looked_at_but_what_is_on_them_is(
    monkeypatch: pytest.MonkeyPatch, ground: int | None
) -> None:
    paper = Image.new("RGB", (900, 700), "white")
    pen, font = ImageDraw.Draw(paper), ImageFont.truetype(str(scans.FONT_DIR / scans.STAMP_FONTS[0]), 28)
    pen.rectangle((20, 20, 880, 680), outline=BLACK, width=4)
    for y in range(0, 700, ground) if ground else ():
        pen.line((0, y, 900, y), fill=(190, 190, 190))
    pen.text((400, 350), "MẬT", BLACK, font)
    seen: list[int] = []
    first = detector.first_look

    def counted(view: Pixels, scale: float) -> list[detector.Word]:
        seen.append(view.shape[0] * view.shape[1])
        return first(view, scale)

    monkeypatch.setattr(detector, "first_look", counted)
    (word,) = [one for one in detector.find(scans.bgr(paper), 100) if one.sure > 0.8]
    assert abs(word.x - 430) < 20
    assert abs(word.y - 370) < 20
    assert ground or max(seen) < 0.2 * 900 * 700


def test_a_child_needs_no_file_for_the_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    detector._weights.cache_clear()
    monkeypatch.setattr(detector, "_idle", {name: [] for name in detector._idle})
    detector.warm_up()
    monkeypatch.setattr(detector.resources, "files", None)
    assert said(slanting("MẬT", 20)) == ["MẬT"]


def test_networks_run_on_the_older_engine_of_opencv() -> None:
    """The other one takes twice as long, and calls its convolutions `Conv2`."""
    assert detector._read("detector").getLayer(1).type == "Convolution"


def test_threads_that_come_later_use_the_networks_of_those_before(monkeypatch: pytest.MonkeyPatch) -> None:
    detector.warm_up()
    monkeypatch.setattr(detector, "_read", None)
    for turn in (20, 40):
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(said, slanting("MẬT", turn)).result() == ["MẬT"]


def test_what_neither_network_believes_in_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detector, "_look", lambda _view, _scale: [detector.Word(score, 0.0, 50, 50, 0, 20)])
    monkeypatch.setattr(detector, "_logit", lambda _views, _word: logit)
    page = np.zeros((100, 100, 3), np.uint8)
    score, logit = 0.27, -0.4
    assert detector.find(page, 100) == []
    score, logit = 0.45, 2.0
    assert len(detector.find(page, 100)) == 1


def test_of_what_may_be_the_word_several_looks_are_weighed(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[detector.Word] = []

    def logit(_views: object, word: detector.Word) -> float:
        looks.append(word)
        return 5.0 if len(looks) == 1 else 0.0

    monkeypatch.setattr(detector, "_logit", logit)
    likely, unlikely = (detector.Word(score, 0.0, 50, 50, 0, 20) for score in (0.5, 0.03))
    assert 0.7 < detector._sure([], likely).sure < 0.75
    assert len(looks) == 1 + len(detector.AGAIN)
    looks.clear()
    assert detector._sure([], unlikely).sure > 0.99
    assert len(looks) == 1


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (200, 3), (17, 17)])
def test_pictures_of_any_shape_are_looked_at(shape: tuple[int, int]) -> None:
    assert detector.find(np.zeros((*shape, 3), np.uint8), 100) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ways", "share"),
    [
        (("red framed", "black framed", "coloured bar", "inverse"), 0.95),
        (("over print", "red bare", "black bare", "thin", "spaced"), 0.8),
        (("hollow", "sheared", "vertical"), 0.4),
    ],
)
def test_marks_that_anybody_sees_at_a_glance_are_found(ways: tuple[str, ...], share: float) -> None:
    pages = [one for one in glance_scans.marks(180 if LONG else 90, first=5000) if one.way in ways]
    found = [stamp.find(scans.bgr(glance_scans.draw(one)), 200) for one in pages]
    stopped = [any(item.text in scans.MARKS or item.text is None for item in items) for items in found]
    assert sum(stopped) >= share * len(pages)


@pytest.mark.slow
def test_other_words_in_the_same_ways_are_hardly_ever_marks() -> None:
    """Most of them share letters with MẬT: MÁT, MẮT, MẶT TRƯỚC, PHÁP LUẬT, BẢO MẬT."""
    pages = glance_scans.innocents(120 if LONG else 20, first=5000)
    found = [stamp.find(scans.bgr(glance_scans.draw(one)), 200) for one in pages]
    assert sum(any(item.text in scans.MARKS for item in items) for items in found) <= len(pages) / 15


@pytest.mark.slow
def test_every_level_of_a_long_list_is_read() -> None:
    paper = Image.new("RGB", (1240, 1754), "white")
    canvas = ImageDraw.Draw(paper)
    font = ImageFont.truetype(str(scans.FONT_DIR / scans.STAMP_FONTS[1]), 27)
    for row in range(16):
        canvas.text((120, 150 + 80 * row), f"Phương án {row + 1}", BLACK, font)
        canvas.text((660, 150 + 80 * row), ("MẬT", "TỐI MẬT")[row % 2], BLACK, font)
    found = [one.text for one in stamp.find(scans.bgr(paper), 150)]
    assert len(found) > 10
    assert None not in found
