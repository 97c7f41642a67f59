"""A value and its label that are apart: in boxes beside or below one another, in rows without rules, in records of data."""

import json
from collections.abc import Sequence

import pptx
import pytest
from pptx.util import Inches

from gateway.documents.readers import plain
from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.markup import html, xml
from gateway.model import Document, Run
from gateway.vietnamese.marks import Strength, find_in_document
from tests.readers.ooxml_support import read
from tests.support.octets import file_of

Rows = Sequence[Sequence[str]]
FORM = (("Số", "Độ mật", "Độ khẩn"), ("12", "Mật", "Khẩn"))
HEAD = (("Độ mật", "Độ khẩn"), ("Tối mật", "Khẩn"), ("KẾ HOẠCH",))
FORMS: list[Rows] = [FORM, (("Độ mật", "Số"), ("Tối mật", "12")), (("Số", "12"), ("Mức độ mật:", "Mật"))]
OTHERS: list[Rows] = [
    (("Độ mật", "Số"), ("Thường", "12")),
    (("Số", "Độ mật"), ("12", "Mật"), ("13", "Thường"), ("14", "Mật")),
    (("Độ mật", "Số lượng"), ("Tuyệt mật", "1"), ("Tối mật", "2"), ("Mật", "3")),
    (("Độ mật", "Tuyệt mật", "Tối mật", "Mật"), ("Thời hạn", "30", "20", "10")),
    (("Hàng", "Giá"), ("Mật ong", "12")),
]
TABLES = [*((rows, True) for rows in FORMS), *((rows, False) for rows in OTHERS)]


def stopped(document: Document) -> bool:
    return any(mark.strength is not Strength.NOTED for mark in find_in_document(document))


@pytest.mark.parametrize(("rows", "marked"), TABLES)
def test_boxes_of_a_slide_are_a_label_and_its_value(rows: Rows, marked: bool) -> None:
    deck = pptx.Presentation()
    shapes = deck.slides.add_slide(deck.slide_layouts[6]).shapes
    for y, row in enumerate(rows):
        for x, words in enumerate(row):
            shapes.add_textbox(Inches(5 + 2 * x), Inches(4 + y / 2), Inches(1.5), Inches(0.4)).text_frame.text = words
    assert stopped(read(file_of(deck)).document) is marked


@pytest.mark.parametrize("anchor", ["start", "middle"])
@pytest.mark.parametrize(("rows", "marked"), TABLES)
def test_texts_of_a_drawing_are_a_label_and_its_value(rows: Rows, marked: bool, anchor: str) -> None:
    texts = "".join(
        f'<g transform="translate({150 * x},{30 * y})"><text x="100" y="50">{words}</text></g>'
        for y, row in enumerate(rows)
        for x, words in enumerate(row)
    )
    data = f'<svg xmlns="http://www.w3.org/2000/svg" text-anchor="{anchor}" font-size="14">{texts}</svg>'.encode()
    assert stopped(xml.read(Source(data=data, part="1"), Budget()).document) is marked


@pytest.mark.parametrize(("rows", "marked"), [(FORM, True), (HEAD, True), *((rows, False) for rows in OTHERS)])
def test_words_of_a_page_without_rules_are_a_label_and_its_value(rows: Rows, marked: bool) -> None:
    runs = [
        Run(text=words, page=2, locator="page:2", bbox_pt=(80 + 120 * x, 400 + 20 * y, 130 + 120 * x, 412 + 20 * y))
        for y, row in enumerate(rows)
        for x, words in enumerate(row)
    ]
    runs = [Run(text=run.text, page=2, locator="page:2", bbox_pt=run.bbox_pt, block=n) for n, run in enumerate(runs)]
    assert stopped(Document(part="1", format="pdf", pages=2, runs=tuple(runs))) is marked


@pytest.mark.parametrize(
    ("table", "marked"),
    [
        (("| Số | Độ mật |", "|----|--------|", "| 12 | Mật |"), True),
        (("Số\tĐộ mật\tĐộ khẩn", "12\tMật\tKhẩn"), True),
        (("Số    Độ mật     Độ khẩn", "12    Tối mật    Khẩn"), True),
        (("| Số | Độ mật |", "|----|--------|", "| 12 | Thường |"), False),
        (("| Số | Độ mật |", "|----|--------|", "| 12 | Mật |", "| 13 | Thường |"), False),
        (("Độ mật   Số lượng", "Tuyệt mật   1", "Tối mật   2", "Mật   3"), False),
        (("Số   Độ mật", "Mật"), False),
        (("| Hàng | Loại |", "| Mật ong | Mật |"), False),
    ],
)
def test_the_columns_of_a_table_in_plain_text_are_labels_of_the_row_below(table: Sequence[str], marked: bool) -> None:
    text = "\n".join(("Kính gửi anh chị,", "", *table, "", "Trân trọng"))
    assert stopped(plain.read(Source(data=text.encode(), part="1"), Budget()).document) is marked


@pytest.mark.parametrize("level", ["Mật", "Tối mật", "Thường"])
@pytest.mark.parametrize(
    "page",
    [
        "<table><tr><td rowspan=2>Độ mật<td>a<tr><td>b<tr><td>{}<td>c</table>",
        "<table><tr><td colspan=2>Độ mật<td>{}</table>",
        "<table><tr><td>Độ mật<td><table><tr><td><table><tr><td>{}</table></table></table>",
        "<table><tr><td><table><tr><td>Độ mật</table><td><table><tr><td>{}</table></table>",
        "<table><tr><th colspan=2>Thông tin<th>Độ mật<tr><td>1<td>2<td>{}</table>",
        "<p>Số: 15/UBND-NC</p><dl><dt>Độ mật<dd>{}</dl><p>Kính gửi: Các phòng, ban thuộc quận</p>",
        '<p>Số: 15</p><div style="display:flex"><div>Độ mật</div><div>{}</div></div><p>Kính gửi: Các phòng, ban</p>',
    ],
)
def test_on_a_page_a_value_is_found_as_cells_are_displayed(page: str, level: str) -> None:
    data = f'<meta charset="utf-8">{page.format(level)}'.encode()
    assert stopped(html.read(Source(data=data, part="1"), Budget()).document) is (level != "Thường")


def test_a_table_of_several_cells_within_a_cell_stays_a_table() -> None:
    page = "<table><tr><td>Độ mật<td><table><tr><td>Mật<tr><td>Tối mật</table></table>"
    runs = html.read(Source(data=f'<meta charset="utf-8">{page}'.encode(), part="1"), Budget()).document.runs
    assert [run.locator for run in runs] == [
        "table:1,row:1,column:1", "table:2,row:1,column:1", "table:2,row:2,column:1",
    ]  # fmt: skip


@pytest.mark.parametrize("attribute", ["size=4", "multiple"])
@pytest.mark.parametrize(("chosen", "marked"), [("Mật", True), ("Tối mật", True), ("Thường", False), ("", False)])
def test_the_option_that_a_list_box_shows_as_chosen_is_a_value(chosen: str, marked: bool, attribute: str) -> None:
    options = "".join(f"<option{' selected' * (one == chosen)}>{one}" for one in ("Thường", "Mật", "Tối mật"))
    page = f'<meta charset="utf-8"><p>Số: 15</p><p>Độ mật</p><select {attribute}>{options}</select>'
    assert stopped(html.read(Source(data=page.encode(), part="1"), Budget()).document) is marked


def test_a_text_below_a_label_says_what_it_is_about() -> None:
    page = '<meta charset="utf-8"><h2>Độ mật</h2><p>Tối mật</p><p>Là độ của văn bản, theo quy định của Luật.</p>'
    assert not stopped(html.read(Source(data=page.encode(), part="1"), Budget()).document)


@pytest.mark.parametrize("wide", ["0", "-1", "99999", "9" * 5000, "x"])
def test_any_number_of_columns_and_rows_of_a_cell_is_read(wide: str) -> None:
    row = f"<tr><td colspan={wide} rowspan={wide}>a<td rowspan={wide}>b" * 200
    assert html.read(Source(data=f"<table>{row}</table>".encode(), part="1"), Budget()).document.runs


@pytest.mark.parametrize(
    ("data", "marked"),
    [
        ('<f><o name="soKyHieu">12</o><o name="doMat">Mật</o></f>', True),
        ('<f><o name="doMat" value="Mật"/></f>', True),
        ("<f><o><name>doMat</name><value>Mật</value></o></f>", True),
        ("<f><DoMat><Ma>M</Ma><Ten>Mật</Ten></DoMat></f>", True),
        ('<f so="12" DoMat="Toi mat"/>', True),
        ("<f><key>so</key><string>12</string><key>doMat</key><string>Mật</string></f>", True),
        ('<f><entry key="do_mat">Mật</entry></f>', True),
        ('<f><o name="doMat">Thường</o><o name="hang">Mật</o></f>', False),
        ('<f><o name="doMat"><v>Thường</v><v>Mật</v><v>Tối mật</v></o></f>', False),
        ('<f><o name="doMat"><e value="Thường"/><e value="Mật"/></o></f>', False),
        ('<f><o loai="doMat">Mật</o><o loai="doMat">Thường</o></f>', False),
        ("<f><doMat>Độ mật</doMat><mat>Mật</mat><thuong>Thường</thuong></f>", False),
        ("<f><ten>Mật</ten><gia>12</gia></f>", False),
    ],
)
def test_in_elements_a_name_beside_a_value_is_its_label(data: str, marked: bool) -> None:
    assert stopped(xml.read(Source(data=data.encode(), part="1"), Budget()).document) is marked


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize(
    ("data", "marked"),
    [
        ([{"name": "doMat", "value": "Mật"}], True),
        ({"doMat": {"ma": "M", "ten": "Mật"}}, True),
        ({"doMat": [{"ten": "Mật"}]}, True),
        ([{"name": "doMat", "value": "Thường"}, {"name": "hang", "value": "Mật"}], False),
        ([{"loai": "doMat", "ten": "Mật"}, {"loai": "doMat", "ten": "Thường"}], False),
        ({"doMat": [{"ten": "Mật"}, {"ten": "Tối mật"}]}, False),
        ({"doMat": {"enum": ["Thường", "Mật", "Tối mật"]}}, False),
    ],
)
def test_in_json_a_name_beside_a_value_is_its_label(data: object, indent: int | None, marked: bool) -> None:
    source = Source(data=json.dumps(data, ensure_ascii=False, indent=indent).encode(), part="1", filename="a.json")
    assert stopped(plain.read(source, Budget()).document) is marked


@pytest.mark.parametrize("text", ["do.mat=Mật", "vanban.doMat=Mật", "so,do_mat\n12,Mat"])
def test_the_name_of_a_key_or_a_column_is_a_label_without_signs_too(text: str) -> None:
    source = Source(data=text.encode(), part="1", filename="a.csv" if "," in text else "a.properties")
    assert stopped(plain.read(source, Budget()).document)
    other = Source(
        data=text.replace("Mật", "Thường").replace("Mat", "Thuong").encode(), part="1", filename=source.filename
    )
    assert not stopped(plain.read(other, Budget()).document)


@pytest.mark.parametrize(
    "code",
    [
        "THUONG = 'Thường',\nMAT = 'Mật',\nTOI_MAT = 'Tối mật',\nTUYET_MAT = 'Tuyệt mật',",
        '{\n "doMat": "Độ mật",\n "mat": "Mật",\n "toiMat": "Tối mật",\n "thuong": "Thường"\n}',
        '{"toiMat": "Tối mật"}',
        "domat.mat=Mật\ndomat.toimat=Tối mật\n",
    ],
)
def test_names_of_levels_in_code_say_how_these_are_shown(code: str) -> None:
    assert not stopped(plain.read(Source(data=code.encode(), part="1"), Budget()).document)
    for mark in ("Độ mật: Tối mật", "TỐI MẬT", "doMat = 'Tối mật'"):
        assert stopped(plain.read(Source(data=mark.encode(), part="1"), Budget()).document)


@pytest.mark.parametrize("data", ["[" * 5000, '{"doMat": "Mật"', '["Mật", {]', "{}", "[1e400]"])
def test_what_is_no_json_is_read_as_text(data: str) -> None:
    assert plain.read(Source(data=data.encode(), part="1"), Budget()).document.runs
