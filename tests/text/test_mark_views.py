"""Paragraphs that say one thing on the screen and another in the file, and field codes that hold words."""

import pytest
from msgspec.structs import replace

from gateway.model import Document, Origin, Role, Run
from gateway.vietnamese.marks import Strength, find_in_document


def found(*runs, format_="docx"):
    document = Document(part="2", format=format_, runs=tuple(runs))
    return [mark.level.value for mark in find_in_document(document) if mark.strength is not Strength.NOTED]


def run(text, origin=Origin.TEXT, block=0, **look):
    return Run(text=text, origin=origin, block=block, **look)


@pytest.mark.parametrize("hidden", [Origin.DELETED, Origin.HIDDEN, Origin.REVISION])
def test_a_mark_beside_words_of_another_view_is_found_in_its_own(hidden):
    assert found(run("MẬT", hidden), run("THƯỜNG")) == ["mat"]
    assert found(run("TUYỆT MẬT"), run(" khẩu của hệ thống", hidden)) == ["tuyet_mat"]
    assert found(run("TỐI "), run("không ", hidden), run("MẬT")) == ["toi_mat"]


def test_prose_and_titles_whose_letters_are_partly_deleted_are_no_marks():
    assert not found(run("CÔNG TÁC BẢO VỆ BÍ "), run("MẬT", Origin.DELETED), run(" NHÀ NƯỚC"))
    assert not found(run("BẢO "), run("vệ ", Origin.DELETED), run("MẬT"))
    assert not found(run("Đổi "), run("mật", Origin.DELETED), run(" khẩu hộp thư"))
    assert not found(run("THƯỜNG", Origin.DELETED), run("KHẨN"))


SPECK, SMALL, WHITE, PALE = {"size_pt": 1.0}, {"size_pt": 4.0}, {"colour": "FFFFFF"}, {"colour": "D9D9D9"}


@pytest.mark.parametrize("look", [SPECK, SMALL, WHITE, PALE], ids=["specks", "small", "white", "pale"])
def test_letters_that_nobody_makes_out_are_left_out_of_what_is_shown(look):
    assert found(run("BẢO ", **look), run("MẬT", size_pt=14.0)) == ["mat"]
    assert found(run("M"), run("in", **look), run("Ậ"), run("g", **look), run("T")) == ["mat"]
    assert found(run("Kế hoạch phòng thủ "), run("TỐI MẬT", **look)) == ["toi_mat"]  # it stands there all the same


@pytest.mark.parametrize(
    ("bullet", "font"), [("v", "Wingdings"), ("\uf076", "Wingdings"), ("\uf076", None), ("Þ", "Symbol")]
)
def test_a_letter_that_its_font_shows_as_a_sign_is_a_bullet(bullet, font):
    assert found(run(f"{bullet} ", font=font), run("TỐI MẬT")) == ["toi_mat"]
    assert found(run(bullet, font=font), run("MẬT")) == ["mat"]
    assert not found(run(f"{bullet} ", font=font), run("BẢO MẬT"))
    assert not found(run("BẢO "), run(bullet, font=font), run(" MẬT"))


def test_letters_and_boxes_to_tick_keep_their_meaning_in_fonts_of_signs():
    assert not found(run("BẢO ", font="Segoe UI Symbol"), run("MẬT"))
    assert not found(run("BẢO ", font="Cambria Math"), run("MẬT"))
    assert found(run("\uf042\uf041\uf04f\uf020", font=".VnTimeH"), run("MẬT")) == []
    assert found(run("TỐI MẬT", font="Wingdings")) == ["toi_mat"]  # where the font is missing


@pytest.mark.parametrize(
    ("empty", "tick", "font"), [("o", "x", "Wingdings"), ("¨", "þ", "Wingdings"), ("£", "R", "Wingdings 2")]
)
@pytest.mark.parametrize("label", ["", "Độ mật: "])
def test_boxes_to_tick_may_be_letters_of_wingdings(empty, tick, font, label):
    def form(chosen):
        levels = ("Tuyệt mật", "Tối mật", "Mật", "Thường")
        pairs = ((run(f"{tick if one == chosen else empty} ", font=font), run(f"{one}   ")) for one in levels)
        return found(run(label), *(piece for pair in pairs for piece in pair))

    assert form("Tối mật") == ["toi_mat"]
    assert not form("Thường")
    assert not form("")


def test_a_struck_line_of_a_cell_does_not_go_on_in_the_next_one():
    def lines(origin):
        place = {"role": Role.CELL, "locator": "table:1,row:1,column:1"}
        return found(run("BẢO", origin, **place), run("MẬT", block=1, **place))

    assert lines(Origin.DELETED) == ["mat"]
    assert not lines(Origin.TEXT)


def test_small_white_and_coloured_letters_that_can_be_read_belong_to_their_words():
    assert not found(run("BẢO ", size_pt=8.0), run("MẬT", size_pt=14.0))
    assert not found(run("BẢO ", colour="FFFFFF", background="C00000"), run("MẬT", colour="202020"))
    assert not found(run("BẢO ", colour="FFFFFF"), run("MẬT", colour="FFFF00"))
    assert not found(run("BẢO ", colour="7F7F7F"), run("MẬT", colour="000000"))
    assert not found(run("BẢO ", colour="D9D9D9", background="404040"), run("MẬT", colour="000000"))
    assert not found(run("BẢO ", size_pt=4.0), run("MẬT", size_pt=8.0))
    assert not found(run("BẢO MẬT", **WHITE))
    assert not found(run("BẢO MẬT", size_pt=2.0))


def test_what_nobody_sees_excuses_no_mark_beside_it():
    honey = {"role": Role.CELL, "locator": "cell:Sổ!A1"}
    stamp = run("MẬT", block=1, role=Role.CELL, locator="cell:Sổ!B1")
    assert found(run("MẬT ONG", Origin.HIDDEN, **honey), stamp, format_="xlsx") == ["mat"]
    assert not found(run("MẬT ONG", **honey), stamp, format_="xlsx")
    assert found(run("BẢO", Origin.HIDDEN), run("MẬT", block=1), format_="txt") == ["mat"]


def test_letters_in_cells_are_joined_without_the_cells_that_are_not_shown():
    def row(between):
        words = (("M", "A"), ("in", "B"), ("Ậ", "C"), ("ghi", "D"), ("T", "E"))
        cells = [cell(text, f"{column}2", n) for n, (text, column) in enumerate(words)]
        return [replace(one, origin=between) if n % 2 else one for n, one in enumerate(cells)]

    assert found(*row(Origin.HIDDEN), format_="xlsx") == ["mat"]
    assert not found(*row(Origin.TEXT), format_="xlsx")


@pytest.mark.parametrize(
    ("code", "levels"),
    [
        ('QUOTE "MẬT"', ["mat"]),
        ("SET a TỐI MẬT", []),
        ('IF 1 = 1 "TUYỆT MẬT" ""', ["tuyet_mat"]),
        ('IF "Thường" = "TUYỆT MẬT" "Có" "Không"', []),
        ('IF  <> "MẬT" "Gửi qua mạng" "TỐI MẬT"', ["toi_mat"]),
        ("IF Thường = MẬT TUYỆT MẬT", ["tuyet_mat"]),
        ('COMPARE "Thường" = "MẬT"', []),
        ('QUOTE "TỐI " "MẬT"', ["toi_mat"]),
        ("TITLE MẬT", ["mat"]),
        (r'HYPERLINK "https://example.invalid/" \o "TỐI MẬT"', ["toi_mat"]),
        (r'HYPERLINK "https://example.invalid/" \o "Mật ong rừng"', []),
        (r'MERGEFIELD Loai \b "TỐI MẬT"', ["toi_mat"]),
        (r'GREETINGLINE \e "Kính gửi phòng Bảo mật"', []),
        ('USERNAME "TỐI MẬT"', ["toi_mat"]),
        ('QUOTE "' + "một hai " * 700 + '" "" "MẬT"', ["mat"]),
        ('HYPERLINK "https://example.invalid/mat-khau"', []),
        ('QUOTE "BẢO MẬT THÔNG TIN"', []),
    ],
)
def test_the_words_of_a_field_code_are_read(code, levels):
    assert sorted(set(found(run(code, Origin.HIDDEN, role=Role.FIELD)))) == levels


def test_a_value_that_a_person_wrote_is_no_field_code():
    assert not found(run('Đóng dấu "MẬT" ở góc trái', role=Role.FIELD))


def cell(text, place, block):
    return Run(text=text, block=block, role=Role.CELL, locator=f"cell:Sổ!{place}")


def test_the_heads_of_a_table_below_a_mark_do_not_make_it_one_of_them():
    heads = ("STT", "Tổng cộng", "Thường", "Ghi chú")
    rows = [cell(text, f"{column}2", 1 + n) for n, (column, text) in enumerate(zip("ABCD", heads, strict=True))]
    assert found(cell("MẬT", "A1", 0), *rows, format_="xlsx") == ["mat"]


def test_levels_in_a_row_or_a_column_are_heads_and_lists():
    for places in (("A1", "B1", "C1", "D1"), ("A1", "A2", "A3", "A4")):
        words = ("THƯỜNG", "MẬT", "TỐI MẬT", "TUYỆT MẬT")
        assert not found(
            *(cell(text, place, n) for n, (text, place) in enumerate(zip(words, places, strict=True))), format_="xlsx"
        )
