"""The looks of Word documents: fonts, sizes, colours, frames and styles as Word resolves them."""

import pytest

from gateway.model import Origin
from gateway.vietnamese.marks import find_in_document
from tests.readers.docx_support import MARK, fonts, look_of, para, style, styles
from tests.readers.ooxml_support import NAMESPACES, read, word
from tests.support.cost import least_cost
from tests.support.octets import members, zipped
from tests.support.reading import find


@pytest.mark.parametrize(("name", "text", "marked"), [("Dấu MẬT", "Thường", False), ("Thường", "MẬT", True)])
def test_the_name_of_a_style_is_no_text(name: str, text: str, marked: bool) -> None:
    sheet = styles(style("A").replace('w:val="A"', f'w:val="{name}"'))
    document = read(word(para(text, paragraph='<w:pStyle w:val="A"/>'), word__styles_xml=sheet)).document
    assert bool(find_in_document(document)) is marked


@pytest.mark.parametrize(
    ("paragraph", "boxed"),
    [
        (
            "<w:pBdr>" + "".join(f'<w:{s} w:val="single"/>' for s in ("top", "left", "bottom", "right")) + "</w:pBdr>",
            True,
        ),
        ('<w:pBdr><w:bottom w:val="single"/></w:pBdr>', None),
        ('<w:framePr w:w="2000"/>', True),
        ('<w:framePr w:dropCap="drop"/>', None),
    ],
)
def test_bordered_paragraphs_and_frames_are_boxed(paragraph: str, boxed: bool | None) -> None:
    assert look_of(MARK, paragraph=paragraph).boxed is boxed


def test_a_table_of_one_bordered_cell_is_a_box() -> None:
    borders = (
        "<w:tblBorders>"
        + "".join(f'<w:{s} w:val="single"/>' for s in ("top", "left", "bottom", "right"))
        + "</w:tblBorders>"
    )
    one = f"<w:tbl><w:tblPr>{borders}</w:tblPr><w:tr><w:tc>{para(MARK)}</w:tc></w:tr></w:tbl>"
    two = one.replace("</w:tr>", f"<w:tc>{para('x')}</w:tc></w:tr>")
    assert find(read(word(one)), MARK).boxed is True
    assert find(read(word(two)), MARK).boxed is None
    assert find(read(word(one.replace("single", "none"))), MARK).boxed is None


def test_vietnamese_letters_take_the_high_ansi_font() -> None:
    reading = read(word(para("Uỷ ban", fonts(ascii="Times New Roman", hAnsi="Arial"))))
    assert [(run.text, run.font) for run in reading.document.runs] == [
        ("U", "Times New Roman"),
        ("ỷ", "Arial"),
        (" ban", "Times New Roman"),
    ]


def test_a_hint_moves_vietnamese_letters_only_for_chinese() -> None:
    slots = fonts(ascii="A", hAnsi="B", eastAsia="C", hint="eastAsia")
    plain = read(word(para("ỷ°", slots + '<w:lang w:eastAsia="ja-JP"/>')))
    assert [(run.text, run.font) for run in plain.document.runs] == [("ỷ", "B"), ("°", "C")]
    chinese = read(word(para("ỷ°", slots + '<w:lang w:eastAsia="zh-CN"/>')))
    assert [(run.text, run.font) for run in chinese.document.runs] == [("ỷ°", "C")]


def test_complex_script_runs_take_their_own_font_size_and_weight() -> None:
    run = look_of("Uỷ", run=fonts(ascii="A", hAnsi="A", cs="Z") + '<w:cs/><w:b/><w:sz w:val="20"/><w:szCs w:val="40"/>')
    assert (run.font, run.size_pt, run.bold) == ("Z", 20.0, False)


THEME = (
    '<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:themeElements><a:clrScheme name="x">'
    '<a:dk1><a:sysClr val="windowText" lastClr="000000"/></a:dk1><a:lt1><a:srgbClr val="FFFFFF"/></a:lt1>'
    '<a:accent1><a:srgbClr val="4472C4"/></a:accent1></a:clrScheme><a:fontScheme name="x"><a:majorFont>'
    '<a:latin typeface="Cambria"/></a:majorFont><a:minorFont><a:latin typeface="{}"/>'
    '<a:font script="Viet" typeface="Tahoma"/></a:minorFont></a:fontScheme></a:themeElements></a:theme>'
)


def test_theme_fonts_win_over_names() -> None:
    slots = fonts(ascii="Arial", asciiTheme="minorHAnsi", hAnsi="Arial", hAnsiTheme="minorHAnsi")
    assert look_of("Uỷ", run=slots, word__theme__theme1_xml=THEME.format("Calibri")).font == "Calibri"
    assert look_of("Uỷ", run=slots, word__theme__theme1_xml=THEME.format("")).font == "Tahoma"
    assert look_of("Uỷ", run=slots).font == "Arial"
    assert look_of("Uỷ", run=fonts(asciiTheme="minorHAnsi", hAnsiTheme="minorHAnsi")).font == "Times New Roman"


def test_colours_of_a_theme_are_those_in_use_not_others_that_it_offers() -> None:
    other = '<a:clrScheme name="y"><a:accent1><a:srgbClr val="FF0000"/></a:accent1></a:clrScheme>'
    offered = f"<a:extraClrSchemeLst><a:extraClrScheme>{other}</a:extraClrScheme></a:extraClrSchemeLst></a:theme>"
    theme = THEME.format("Calibri").replace("</a:theme>", offered)
    assert look_of("Uỷ", run='<w:color w:themeColor="accent1"/>', word__theme__theme1_xml=theme).colour == "4472C4"


def test_a_plain_name_set_later_replaces_an_inherited_theme_font() -> None:
    sheet = styles(style("Normal", fonts(asciiTheme="minorHAnsi", hAnsiTheme="minorHAnsi"), default=True))
    run = look_of(
        "Uỷ",
        run=fonts(ascii="Arial", hAnsi="Arial"),
        word__styles_xml=sheet,
        word__theme__theme1_xml=THEME.format("Calibri"),
    )
    assert run.font == "Arial"


def test_layers_combine_from_defaults_to_direct_formatting() -> None:
    sheet = styles(
        style("Normal", fonts(ascii="Normal", hAnsi="Normal"), default=True),
        style("Base", '<w:color w:val="FF0000"/><w:sz w:val="30"/>', base="Normal"),
        style("Child", fonts(ascii="Child", hAnsi="Child"), base="Base"),
        style("Chars", '<w:sz w:val="40"/>', kind="character"),
        defaults=fonts(ascii="Default", hAnsi="Default") + '<w:sz w:val="24"/>',
    )
    part = {"word__styles_xml": sheet}
    assert look_of("x", **part).font == "Normal"
    child = look_of("x", paragraph='<w:pStyle w:val="Child"/>', **part)
    assert (child.font, child.size_pt, child.colour) == ("Child", 15.0, "FF0000")
    chars = look_of(
        "x", paragraph='<w:pStyle w:val="Child"/>', run='<w:rStyle w:val="Chars"/><w:color w:val="00FF00"/>', **part
    )
    assert (chars.font, chars.size_pt, chars.colour) == ("Child", 20.0, "00FF00")
    assert look_of("x", paragraph='<w:pStyle w:val="Missing"/>', **part).font == "Normal"


def test_toggles_of_styles_cancel_and_direct_ones_decide() -> None:
    sheet = styles(style("Bold", "<w:b/>"), style("Strong", "<w:b/>", kind="character"))
    bold, strong = '<w:pStyle w:val="Bold"/>', '<w:rStyle w:val="Strong"/>'
    assert look_of("x", paragraph=bold, word__styles_xml=sheet).bold is True
    assert look_of("x", paragraph=bold, run=strong, word__styles_xml=sheet).bold is False
    assert look_of("x", paragraph=bold, run=strong + "<w:b/>", word__styles_xml=sheet).bold is True
    assert look_of("x", paragraph=bold, run='<w:b w:val="0"/>', word__styles_xml=sheet).bold is False


def test_styles_based_on_each_other_end() -> None:
    sheet = styles(style("A", "<w:b/>", base="B"), style("B", '<w:sz w:val="50"/>', base="A"))
    run = look_of("x", paragraph='<w:pStyle w:val="A"/>', word__styles_xml=sheet)
    assert (run.bold, run.size_pt) == (True, 25.0)


def test_conditional_formatting_of_tables_follows_position() -> None:
    conditional = (
        '<w:tblStylePr w:type="firstRow"><w:rPr><w:b/><w:color w:val="FFFFFF"/></w:rPr><w:tcPr><w:shd w:val="clear" '
        'w:fill="4472C4"/></w:tcPr></w:tblStylePr><w:tblStylePr w:type="band2Horz"><w:tcPr><w:shd w:val="clear" '
        'w:fill="DDDDDD"/></w:tcPr></w:tblStylePr>'
    )
    sheet = styles(
        f'<w:style w:type="table" w:styleId="T"><w:name w:val="T"/><w:rPr>{fonts(ascii="Table", hAnsi="Table")}</w:rPr>{conditional}</w:style>'
    )
    rows = "".join(f"<w:tr><w:tc>{para(text)}</w:tc></w:tr>" for text in ("head", "one", "two"))
    look = '<w:tblLook w:firstRow="1" w:noVBand="1"/>'
    reading = read(
        word(f'<w:tbl><w:tblPr><w:tblStyle w:val="T"/>{look}</w:tblPr>{rows}</w:tbl>', word__styles_xml=sheet)
    )
    head, one, two = (find(reading, text) for text in ("head", "one", "two"))
    assert (head.font, head.bold, head.colour, head.background, head.origin) == (
        "Table",
        True,
        "FFFFFF",
        "4472C4",
        Origin.TEXT,
    )
    assert (one.bold, one.background, two.background) == (False, None, "DDDDDD")


@pytest.mark.parametrize(
    ("run", "colour", "background"),
    [
        ("", "auto", None),
        ('<w:color w:val="auto"/>', "auto", None),
        ('<w:color w:val="c00000"/>', "C00000", None),
        ('<w:color w:val="FF0000" w:themeColor="text1"/>', "000000", None),
        ('<w:color w:val="FF0000" w:themeColor="accent1"/>', "4472C4", None),
        ('<w:color w:themeColor="accent1" w:themeShade="BF"/>', "2F5496", None),
        ('<w:color w:themeColor="accent1" w:themeTint="99"/>', "8EAADB", None),
        ('<w:shd w:val="clear" w:fill="000000"/>', "FFFFFF", "000000"),
        ('<w:shd w:val="clear" w:fill="FFFF00"/>', "auto", "FFFF00"),
        ('<w:shd w:val="solid" w:color="112233" w:fill="FFFFFF"/>', "FFFFFF", "112233"),
        ('<w:shd w:val="pct50" w:color="000000" w:fill="FFFFFF"/>', "auto", "808080"),
        ('<w:shd w:val="diagCross" w:color="auto" w:fill="auto"/>', "auto", "808080"),
        ('<w:shd w:val="nil" w:color="auto" w:fill="auto"/>', "auto", None),
        ('<w:shd w:val="pct999" w:color="112233" w:fill="FFFFFF"/>', "FFFFFF", "112233"),
        (f'<w:shd w:val="{"9" * 5000}" w:color="000000" w:fill="FFFF00"/>', "auto", "FFFF00"),
        ('<w:shd w:val="50" w:color="000000" w:fill="FFFF00"/>', "auto", "FFFF00"),
        ('<w:shd w:val="" w:color="000000" w:fill="FFFF00"/>', "auto", "FFFF00"),
        ('<w:highlight w:val="yellow"/>', "auto", "FFFF00"),
        ('<w:highlight w:val="darkBlue"/><w:shd w:val="clear" w:fill="FFFFFF"/>', "FFFFFF", "00008B"),
        ('<w14:textFill><w14:solidFill><w14:srgbClr w14:val="00B0F0"/></w14:solidFill></w14:textFill>', "00B0F0", None),
        (('<w14:textFill><w14:solidFill><w14:schemeClr w14:val="accent1"><w14:lumMod w14:val="75000"/></w14:schemeClr>'
         "</w14:solidFill></w14:textFill>"), "2F5496", None),
    ],
)  # fmt: skip
def test_colours_are_resolved_as_seen(run: str, colour: str, background: str | None) -> None:
    seen = look_of("x", run=run, word__theme__theme1_xml=THEME.format("Calibri"))
    near = (
        max(abs(int(seen.colour[i : i + 2], 16) - int(colour[i : i + 2], 16)) for i in (0, 2, 4))
        if colour != "auto" and seen.colour != "auto"
        else 0
    )
    assert seen.colour == colour or near <= 1, seen.colour
    assert seen.background in {background, "000080" if background == "00008B" else background}


def test_capitals_are_given_as_seen_but_letters_of_legacy_codes_stay() -> None:
    assert look_of("TUYỆT MẬT", run="") is not None
    assert find(read(word(para("tuyệt mật", "<w:caps/>"))), "TUYỆT MẬT").text == "TUYỆT MẬT"
    legacy = read(word(para("tuyÖt mËt", "<w:caps/>" + fonts(ascii=".VnTime", hAnsi=".VnTime"))))
    assert find(legacy, "TUYÖT MËT").font == ".VnTime"


def test_text_boxes_take_fill_and_ink_of_their_shape() -> None:
    shape = (
        "<w:p><w:r><w:drawing><wp:anchor><wps:wsp><wps:spPr><a:solidFill><a:srgbClr val='{}'/></a:solidFill></wps:spPr>"
        "<wps:style><a:fontRef idx='minor'><a:schemeClr val='lt1'/></a:fontRef></wps:style><wps:txbx><w:txbxContent>{}"
        "</w:txbxContent></wps:txbx></wps:wsp></wp:anchor></w:drawing></w:r></w:p>"
    )
    run = find(read(word(shape.format("4472C4", para("x")))), "x")
    assert (run.colour, run.background, run.origin, run.boxed) == ("FFFFFF", "4472C4", Origin.TEXT, True)
    assert find(read(word(shape.format("FFFFFF", para("x")))), "x").origin is Origin.HIDDEN


SHOWN = '<w:displayBackgroundShape w:val="1"/>'
PICTURE = '<w:background w:color="000080"><v:background><v:fill type="tile"/></v:background></w:background>'


@pytest.mark.parametrize(
    ("ground", "setting", "colour", "origin"),
    [
        ('<w:background w:color="000080"/>', SHOWN, "FFFFFF", Origin.TEXT),
        ('<w:background w:color="000080"/>', SHOWN, "000080", Origin.HIDDEN),
        ('<w:background w:color="000080"/>', "", "FFFFFF", Origin.HIDDEN),
        (PICTURE, SHOWN, "000080", Origin.TEXT),
        (PICTURE, SHOWN, "FFFFFF", Origin.TEXT),
        ("", SHOWN, "FFFFFF", Origin.HIDDEN),
    ],
)
def test_letters_stand_on_the_colour_of_the_page(ground: str, setting: str, colour: str, origin: Origin) -> None:
    files = members(
        word(
            para("x", f'<w:color w:val="{colour}"/>'),
            word__settings_xml=f"<w:settings {NAMESPACES}>{setting}</w:settings>",
        )
    )
    files["word/document.xml"] = files["word/document.xml"].replace(b"<w:body>", f"{ground}<w:body>".encode())
    assert find(read(zipped(files)), "x").origin is origin


@pytest.mark.parametrize(
    ("kind", "origin"), [("footnote", Origin.TEXT), ("endnote", Origin.TEXT), ("comment", Origin.HIDDEN)]
)
def test_notes_are_on_the_page_and_comments_beside_it(kind: str, origin: Origin) -> None:
    white = para("x", '<w:color w:val="FFFFFF"/>')
    note = f'<w:{kind} w:id="1">{white}</w:{kind}>'
    parts = {
        f"word__{kind}s_xml": f"<w:{kind}s {NAMESPACES}>{note}</w:{kind}s>",
        "word__settings_xml": f"<w:settings {NAMESPACES}>{SHOWN}</w:settings>",
    }
    files = members(word(para("y"), **parts))
    ground = b'<w:background w:color="000080"/><w:body>'
    files["word/document.xml"] = files["word/document.xml"].replace(b"<w:body>", ground)
    assert find(read(zipped(files)), "x").origin is origin


def test_looking_for_the_colour_of_the_page_takes_linear_time() -> None:
    files = members(word(para("x"), word__settings_xml=f"<w:settings {NAMESPACES}>{SHOWN}</w:settings>"))
    hostile = b"<!-- " + b'<w:background color="000000" ' * 20_000 + b" :body --><w:body>"
    files["word/document.xml"] = files["word/document.xml"].replace(b"<w:body>", hostile)
    assert least_cost(lambda: read(zipped(files)), 1) < 2
