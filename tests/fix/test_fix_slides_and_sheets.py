"""`gateway fix` on slides and OpenDocument sheets: what is fixed at its source, which colours stay, what is refused."""

import io

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE
from pptx.enum.dml import MSO_THEME_COLOR
from pptx.util import Cm

from gateway.fix import RefusedError, fix, refusal, report_lines
from gateway.fix.xml_spans import Part
from gateway.model import Language, Role
from gateway.vietnamese.legacy_tables import Charset
from gateway.vietnamese.typography import examine
from tests.fix.test_fix import LEGACY
from tests.fix.test_fix_packages import words
from tests.support.cases import examples
from tests.support.cost import least_cost
from tests.support.legacy_letters import encode
from tests.support.libreoffice import convert, needs_libreoffice
from tests.support.octets import file_of, members, zipped
from tests.support.opendocument import NS, cells, face, opendocument, style
from tests.support.reading import document_of as read
from tests.text.letters import CELLS, SENTENCES


def deck(fill) -> bytes:
    """Slides of python-pptx: the first layout's placeholders and what `fill` puts on the slide."""
    show = Presentation()
    fill(show)
    return file_of(show)


def add_text(slide, text: str, font: str | None, colour: RGBColor | None = None, *, top: float = 1):
    box = slide.shapes.add_textbox(Cm(1), Cm(top), Cm(20), Cm(1))
    run = box.text_frame.paragraphs[0].add_run()
    run.text, run.font.name = text, font
    if colour is not None:
        run.font.color.rgb = colour
    return box


@pytest.mark.parametrize(("charset", "font"), LEGACY)
def test_legacy_cells_become_unicode_times_new_roman_and_black(charset, font):
    automatic = style("c1", 'fo:color="#ff0000"', family="table-cell", parent="Default")
    old = [encode(cell, charset) for cell in CELLS]
    value = f'office:string-value="{old[0]}" table:formula="of:=[.A1]"'
    body = (
        f'<table:table table:name="Một"><table:table-column table:number-columns-repeated="2"/>'
        f"{''.join(cells(cell) for cell in old)}{cells(old[0], attributes='table:style-name=&quot;c1&quot; '.replace('&quot;', chr(34)) + value)}</table:table>"
    )
    data = opendocument(
        "spreadsheet",
        body,
        automatic=automatic,
        common=style("Default", 'style:font-name="F1"', family="table-cell"),
        faces=face("F1", font),
        Pictures__a=b"png",
    )
    fixed = fix(data)
    document = read(fixed.data, "a.ods")
    report = examine(document)
    assert words(document, Role.CELL)[: len(CELLS) + 1] == [*CELLS, CELLS[0]]
    assert f'office:string-value="{CELLS[0]}"' in members(fixed.data)["content.xml"].decode()
    assert (report.font_share, report.black_share, report.legacy_letters) == (1, 1, 0)
    before, after = members(data), members(fixed.data)
    assert list(before) == list(after)
    assert {name for name in before if before[name] != after[name]} == {"content.xml", "styles.xml"}
    assert fix(fixed.data).data == fixed.data


def test_cells_have_the_font_of_their_column_or_row():
    automatic = style("old", 'style:font-name="F1"', family="table-cell") + style(
        "new", 'style:font-name="F2"', family="table-cell"
    )
    faces = face("F1", ".VnTimeH") + face("F2", "Times New Roman")
    table = (
        '<table:table table:name="a"><table:table-column table:number-columns-repeated="2" table:default-cell-style-name="new"/>'
        '<table:table-column table:default-cell-style-name="old"/>'
        f"{cells('mµu', 'mµu', 'mµu')}"
        f"{cells('mµu').replace('<table:table-row>', '<table:table-row table:default-cell-style-name=&old&>'.replace('&', chr(34)))}</table:table>"
    )
    table = table.replace(
        "mµu</text:p></table:table-cell><table:table-cell", "à</text:p></table:table-cell><table:table-cell"
    )
    document = read(fix(opendocument("spreadsheet", table, automatic=automatic, faces=faces)).data, "a.ods")
    assert words(document, Role.CELL) == ["à", "à", "MÀU", "MÀU"]


@pytest.mark.parametrize(
    ("holder", "more"),
    [
        ('<table:table-cell table:formula="of:=IF([.A1]=&quot;{}&quot;;1;2)" office:value-type="float"/>', {}),
        ("", {"Basic__Standard__Module1.xml": b"<m/>"}),
    ],
)
def test_words_that_formulas_or_macros_compare_with_are_not_half_converted(holder, more):
    old = [encode(cell, Charset.TCVN3) for cell in CELLS]
    row = f"<table:table-row>{holder.format(encode('Họ và tên', Charset.TCVN3))}</table:table-row>" if holder else ""
    body = f'<table:table table:name="a">{"".join(cells(cell) for cell in old)}{row}</table:table>'
    styles = style("Default", 'fo:font-family=".VnTime"', family="table-cell")
    with pytest.raises(RefusedError) as refused:
        fix(opendocument("spreadsheet", body, common=styles, **more))
    assert refused.value.cause == "sheet-bound"
    assert "UniKey" in refusal(refused.value, Language.VI)


@pytest.mark.parametrize(("charset", "font"), LEGACY)
def test_legacy_slides_of_opendocument_become_unicode_times_new_roman_and_black(charset, font):
    automatic = style("g1", 'style:font-name="F1" fo:color="#ff0000"', family="graphic") + style(
        "P1", 'fo:font-size="20pt"'
    )
    texts = "".join(f'<text:p text:style-name="P1">{encode(s, charset)}</text:p>' for s in SENTENCES)
    frame = f'<draw:frame draw:style-name="g1"><draw:text-box>{texts}</draw:text-box></draw:frame>'
    footer = (
        f'<presentation:footer-decl presentation:name="f1">{encode(SENTENCES[0], charset)}</presentation:footer-decl>'
    )
    data = opendocument(
        "presentation",
        f'{footer}<draw:page draw:name="1" draw:master-page-name="M">{frame}</draw:page>',
        automatic=automatic,
        faces=face("F1", font),
    )
    fixed = fix(data)
    document = read(fixed.data, "a.odp")
    report = examine(document)
    assert [text for text in words(document, Role.BODY, Role.TEXTBOX) if text in SENTENCES] == list(SENTENCES)
    assert f">{SENTENCES[0]}</presentation:footer-decl>" in members(fixed.data)["content.xml"].decode()
    assert (report.font_share, report.black_share, report.legacy_letters) == (1, 1, 0)
    assert fix(fixed.data).data == fixed.data


def test_pale_letters_and_letters_on_pictures_keep_their_colour_on_slides():
    pale = style("g1", 'fo:color="#ffff66"', family="graphic") + style("g2", 'fo:color="#ff0000"', family="graphic")
    picture = '<style:style style:name="dp1" style:family="drawing-page"><style:drawing-page-properties draw:fill="bitmap"/></style:style>'
    body = '<draw:page draw:name="1" draw:master-page-name="M"><draw:frame draw:style-name="g2"><draw:text-box><text:p>chữ</text:p></draw:text-box></draw:frame></draw:page>'
    for automatic, kept in ((pale, 1), (pale + picture, 2)):
        fixed = fix(opendocument("presentation", body, automatic=automatic + style("x", 'fo:font-family="Arial"')))
        assert (fixed.tally.kept, fixed.tally.colours) == (kept, 2 - kept)


def test_a_chart_inside_a_sheet_is_fixed_with_it():
    chart = (
        f"<office:document-content {NS}><office:automatic-styles>{style('ch1', 'fo:font-family=&.VnTime&'.replace('&', chr(34)), family='chart')}"
        f"</office:automatic-styles><office:body><office:chart><text:p>{encode(SENTENCES[0], Charset.TCVN3)}</text:p></office:chart></office:body></office:document-content>"
    )
    data = opendocument("spreadsheet", '<table:table table:name="a"/>', **{"Object 1__content.xml": chart.encode()})
    after = members(fix(data).data)["Object 1/content.xml"].decode()
    assert SENTENCES[0] in after
    assert ".VnTime" not in after


@pytest.mark.slow
@pytest.mark.parametrize(("charset", "font"), LEGACY)
def test_legacy_slides_become_unicode_times_new_roman_and_black(charset, font):
    def fill(show):
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.shapes.title.text = "Tiêu đề"
        frame = slide.placeholders[1].text_frame
        for number, sentence in enumerate(SENTENCES):
            paragraph = frame.paragraphs[0] if not number else frame.add_paragraph()
            run = paragraph.add_run()
            run.text, run.font.name = encode(sentence, charset), font
            run.font.color.rgb = RGBColor(255, 0, 0)
        slide.notes_slide.notes_text_frame.text = "ghi chú"

    data = deck(fill)
    fixed = fix(data)
    document = read(fixed.data, "a.pptx")
    report = examine(document)
    assert [text for text in words(document, Role.BODY) if text in SENTENCES] == list(SENTENCES)
    assert (report.font_share, report.black_share, report.legacy_letters) == (1, 1, 0)
    before, after = members(data), members(fixed.data)
    assert list(before) == list(after)
    changed = {name for name in before if before[name] != after[name]}
    assert {"ppt/slides/slide1.xml", "ppt/theme/theme1.xml"} <= changed
    assert not {name for name in changed if not name.startswith("ppt/")}
    assert fix(fixed.data).data == fixed.data


def test_letters_take_their_font_from_layout_master_and_theme():
    def fill(show):
        for text in ("mµu", "à"):
            slide = show.slides.add_slide(show.slide_layouts[1])
            slide.placeholders[1].text_frame.text = text

    plain = members(deck(fill))
    master = plain["ppt/slideMasters/slideMaster1.xml"]
    theme = plain["ppt/theme/theme1.xml"]
    head, body, tail = master.partition(b"<p:bodyStyle>")
    in_master = (
        head + body + tail.replace(b'<a:latin typeface="+mn-lt"/>', b'<a:latin typeface=".VnTimeH" charset="0"/>', 1)
    )
    in_theme = theme.replace(b'<a:latin typeface="Calibri"/>', b'<a:latin typeface=".VnTimeH"/>')
    assert in_master != master
    assert in_theme != theme
    for part, content in (("ppt/slideMasters/slideMaster1.xml", in_master), ("ppt/theme/theme1.xml", in_theme)):
        fixed = fix(zipped(plain | {part: content})).data
        assert "MÀU" in words(read(fixed, "a.pptx"), Role.BODY)
        assert b".VnTimeH" not in members(fixed)[part]
        assert b"charset" not in members(fixed)["ppt/slideMasters/slideMaster1.xml"].partition(b"bodyStyle")[2][:900]


def test_colours_stay_where_black_might_not_be_read():
    def fill(show):
        slide = show.slides.add_slide(show.slide_layouts[6])
        add_text(slide, "đỏ trên giấy", "Arial", RGBColor(255, 0, 0))
        add_text(slide, "vàng trên gì đó", "Arial", RGBColor(255, 255, 102), top=3)
        dark = add_text(slide, "đỏ trên nền tối", "Arial", RGBColor(255, 0, 0), top=5)
        dark.fill.solid()
        dark.fill.fore_color.rgb = RGBColor(0, 0, 128)
        light = add_text(slide, "đỏ trên nền sáng", "Arial", RGBColor(255, 0, 0), top=7)
        light.fill.solid()
        light.fill.fore_color.theme_color = MSO_THEME_COLOR.BACKGROUND_1
        add_text(slide, "HỎA TỐC", "Arial", RGBColor(255, 0, 0), top=9)
        night = show.slides.add_slide(show.slide_layouts[6])
        night.background.fill.solid()
        night.background.fill.fore_color.rgb = RGBColor(0, 0, 64)
        add_text(night, "đỏ trong đêm", "Arial", RGBColor(255, 0, 0))

    fixed = fix(deck(fill))
    looks = {run.text: (run.font, run.colour) for run in read(fixed.data, "a.pptx").runs}
    assert {
        text: colour for text, (_, colour) in looks.items() if "đỏ" in text or "vàng" in text or text == "HỎA TỐC"
    } == {
        "đỏ trên giấy": "000000",
        "vàng trên gì đó": "FFFF66",
        "đỏ trên nền tối": "FF0000",
        "đỏ trên nền sáng": "000000",
        "HỎA TỐC": "FF0000",
        "đỏ trong đêm": "FF0000",
    }
    assert {font for font, _ in looks.values() if font} == {"Times New Roman"}
    assert fixed.tally.kept == 3
    assert any("nền tối" in line for line in report_lines(fixed.tally, Language.VI))


def test_symbols_bullets_and_links_stay():
    def fill(show):
        slide = show.slides.add_slide(show.slide_layouts[6])
        add_text(slide, "", "Wingdings")
        box = add_text(slide, "liên kết", "Arial", RGBColor(0, 0, 255), top=3)
        box.text_frame.paragraphs[0].runs[0].hyperlink.address = "http://a.vn"

    after = members(fix(deck(fill)).data)["ppt/slides/slide1.xml"].decode()
    assert 'typeface="Wingdings"' in after
    assert "0000FF" in after


def test_the_workbook_of_a_chart_is_fixed_with_its_slide():
    def fill(show):
        slide = show.slides.add_slide(show.slide_layouts[6])
        data = CategoryChartData()
        data.categories = [encode(cell, Charset.TCVN3) for cell in CELLS]
        data.add_series(encode("Doanh thu quý một năm nay", Charset.TCVN3), list(range(len(CELLS))))
        slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, Cm(1), Cm(1), Cm(10), Cm(10), data)

    after = members(fix(deck(fill)).data)
    chart = next(content for name, content in after.items() if name.startswith("ppt/charts/chart"))
    inner = next(content for name, content in after.items() if name.startswith("ppt/embeddings/"))
    assert CELLS[0] in chart.decode()
    assert CELLS[0] in words(read(inner, "a.xlsx"), Role.CELL)


def test_text_boxes_and_charts_of_a_workbook_are_fixed_with_its_cells():
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    sheet = book.add_worksheet("Một")
    old = book.add_format({"font_name": ".VnTime"})
    for row, cell in enumerate(CELLS):
        sheet.write(row, 0, encode(cell, Charset.TCVN3), old)
    look = {"name": ".VnTimeH", "color": "red"}
    sheet.insert_textbox("D1", encode("quản lý", Charset.TCVN3), {"font": look, "width": 300, "height": 60})
    chart = book.add_chart({"type": "column"})
    chart.add_series({"categories": "=Một!$A$1:$A$3", "values": "=Một!$B$1:$B$3"})
    chart.set_title({"name": encode("Doanh thu quý một năm nay", Charset.TCVN3), "name_font": {"name": ".VnTime"}})
    sheet.insert_chart("D9", chart)
    book.close()
    fixed = fix(target.getvalue())
    after = members(fixed.data)
    document = read(fixed.data, "a.xlsx")
    assert "QUẢN LÝ" in words(document, Role.TEXTBOX)
    assert "Doanh thu quý một năm nay" in after["xl/charts/chart1.xml"].decode()
    assert not [name for name, content in after.items() if b'latin typeface=".VnTime' in content]
    assert (examine(document).font_share, examine(document).black_share) == (1, 1)
    assert fix(fixed.data).data == fixed.data


@examples(60)
@given(
    st.text(alphabet="<>/=\"'& abcrtsvix:0123\u00b5\u00e9", max_size=60),
    st.sampled_from(["sheet", "slide", "theme", "shape"]),
)
def test_any_content_is_fixed_or_refused(text, where):
    names = (
        'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    )
    if where == "sheet":
        data = opendocument("spreadsheet", f"<table:table>{text}</table:table>")
    else:
        parts = {
            "ppt/presentation.xml": f"<p:presentation {names}/>",
            "ppt/slides/slide1.xml": f"<p:sld {names}>{text if where == 'slide' else ''}<p:sp><a:p><a:r>{text if where == 'shape' else ''}</a:r></a:p></p:sp></p:sld>",
            "ppt/theme/theme1.xml": f"<a:theme {names}>{text if where == 'theme' else ''}</a:theme>",
        }
        data = zipped({name: content.encode() for name, content in parts.items()})
    try:
        fix(data)
    except RefusedError:
        return


@pytest.mark.system
@needs_libreoffice
def test_libreoffice_reads_what_was_fixed(tmp_path):
    old = [encode(cell, Charset.VNI) for cell in CELLS]
    sheet = opendocument(
        "spreadsheet",
        f'<table:table table:name="a">{"".join(cells(cell) for cell in old)}</table:table>',
        common=style("Default", 'fo:font-family="VNI-Times"', family="table-cell"),
    )

    def fill(show):
        slide = show.slides.add_slide(show.slide_layouts[6])
        for number, sentence in enumerate(SENTENCES):
            add_text(slide, encode(sentence, Charset.TCVN3), ".VnTime", top=number + 1)

    texts = "".join(f"<text:p>{encode(s, Charset.TCVN3)}</text:p>" for s in SENTENCES)
    slides = opendocument(
        "presentation",
        f'<draw:page draw:name="1" draw:master-page-name="M"><draw:frame draw:style-name="g" svg:width="20cm" svg:height="9cm" svg:x="1cm" svg:y="1cm"><draw:text-box>{texts}</draw:text-box></draw:frame></draw:page>',
        automatic=style("g", 'fo:font-family=".VnTime"', family="graphic"),
    )
    for name, data in (("a.ods", sheet), ("b.pptx", deck(fill)), ("c.odp", slides)):
        (tmp_path / name).write_bytes(fix(data).data)
    convert([tmp_path / "a.ods"], "csv:Text - txt - csv (StarCalc):44,34,76", tmp_path)
    assert (tmp_path / "a.csv").read_text("utf-8").split("\n")[: len(CELLS)] == list(CELLS)
    for name in ("b.pptx", "c.odp"):
        convert([tmp_path / name], "fodp", tmp_path)
        shown = (tmp_path / name).with_suffix(".fodp").read_text("utf-8")
        assert all(sentence in shown for sentence in SENTENCES)


def test_a_slide_whose_layout_leads_back_to_it_is_fixed():
    data = deck(
        lambda show: add_text(show.slides.add_slide(show.slide_layouts[6]), "Chào", "Arial", RGBColor(255, 0, 0))
    )
    name = "ppt/slides/_rels/slide1.xml.rels"
    looped = members(data)[name].replace(b"../slideLayouts/slideLayout7.xml", b"slide1.xml")
    assert fix(zipped(members(data) | {name: looped})).tally == fix(data).tally


def test_blanks_in_a_tag_cost_time_by_their_number():
    part = Part(b"<a" + b" " * 300_000 + b"/>")
    assert least_cost(lambda: part.attribute(part.root, "val"), 1) < 1
