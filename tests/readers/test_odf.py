"""OpenDocument files: text, sheets and slides, with the look of every letter."""

import pytest

from gateway.documents.readers.base import Budget, Reading, Source
from gateway.documents.readers.odf import reader as odf
from gateway.model import Origin, ReadStatus, Role
from gateway.vietnamese.marks import find_in_document
from tests.support.cost import least_cost
from tests.support.opendocument import NS, content, package, styles
from tests.support.reading import find, lines

MARK = "TUYỆT MẬT"


def read(data: bytes) -> Reading:
    return odf.read(Source(data=data, part="1"), Budget())


def read_body(body: str, automatic: str = "", *, kind: str = "text", **parts: str | bytes) -> Reading:
    named = {name.replace("__", "/").replace("_xml", ".xml"): value for name, value in parts.items()}
    return read(package({"content.xml": content(body, automatic, kind), **named}))


@pytest.mark.parametrize(
    ("body", "role", "origin"),
    [
        (f"<text:p>{MARK}</text:p>", Role.BODY, Origin.TEXT),
        (f"<text:h text:outline-level='1'>{MARK}</text:h>", Role.HEADING, Origin.TEXT),
        ("<text:p>TUYỆT<text:s/>MẬT</text:p>", Role.BODY, Origin.TEXT),
        ("<text:p>TUYỆT\n   <text:span>MẬT</text:span></text:p>", Role.BODY, Origin.TEXT),
        (f"<text:list><text:list-item><text:p>{MARK}</text:p></text:list-item></text:list>", Role.BODY, Origin.TEXT),
        (f"<text:section text:display='none'><text:p>{MARK}</text:p></text:section>", Role.BODY, Origin.HIDDEN),
        (("<text:tracked-changes><text:changed-region><text:deletion><office:change-info><dc:creator>x</dc:creator>"
         f"</office:change-info><text:p>{MARK}</text:p></text:deletion></text:changed-region></text:tracked-changes>"),
         Role.BODY, Origin.DELETED),
        (f"<text:p>a<office:annotation><dc:creator>x</dc:creator><text:p>{MARK}</text:p></office:annotation></text:p>",
         Role.COMMENT, Origin.TEXT),
        (f"<text:p>a<office:annotation><dc:creator>{MARK}</dc:creator><text:p>x</text:p></office:annotation></text:p>",
         Role.PROPERTY, Origin.HIDDEN),
        (f"<text:p><text:text-input text:description='{MARK}'>x</text:text-input></text:p>", Role.FIELD, Origin.HIDDEN),
        ((f"<text:p>a<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>{MARK}</text:p>"
         "</text:note-body></text:note></text:p>"), Role.NOTE, Origin.TEXT),
        (f"<text:p><text:ruby><text:ruby-base>x</text:ruby-base><text:ruby-text>{MARK}</text:ruby-text></text:ruby></text:p>",
         Role.BODY, Origin.TEXT),
        (f"<text:p><draw:frame><draw:text-box><text:p>{MARK}</text:p></draw:text-box></draw:frame></text:p>",
         Role.TEXTBOX, Origin.TEXT),
        (f"<text:p><draw:custom-shape><text:p>{MARK}</text:p></draw:custom-shape></text:p>", Role.TEXTBOX, Origin.TEXT),
        ((f"<text:p><draw:custom-shape draw:name='PowerPlusWaterMarkObject1'><text:p>{MARK}</text:p></draw:custom-shape>"
         "</text:p>"), Role.WATERMARK, Origin.TEXT),
        (f"<text:p><draw:frame><svg:desc>{MARK}</svg:desc></draw:frame></text:p>", Role.ALT_TEXT, Origin.HIDDEN),
        (f"<text:p><text:hidden-text text:string-value='{MARK}'/></text:p>", Role.FIELD, Origin.HIDDEN),
        (f"<text:p><text:bookmark text:name='{MARK}'/></text:p>", Role.NAME, Origin.HIDDEN),
        (f"<office:forms><form:form><form:text form:current-value='{MARK}'/></form:form></office:forms>",
         Role.FIELD, Origin.HIDDEN),
        ((f"<table:table><table:table-row><table:table-cell><text:p>{MARK}</text:p></table:table-cell></table:table-row>"
         "</table:table>"), Role.CELL, Origin.TEXT),
        (f"<presentation:date-time-decl presentation:source='fixed'>{MARK}</presentation:date-time-decl>",
         Role.BODY, Origin.HIDDEN),
        (f"<unknown>{MARK}</unknown>", Role.BODY, Origin.HIDDEN),
        (f"<text:p><unknown>{MARK}</unknown></text:p>", Role.BODY, Origin.TEXT),
    ],
)  # fmt: skip
def test_words_are_found_where_they_stand(body: str, role: Role, origin: Origin) -> None:
    reading = read_body(body)
    blocks: dict[int, str] = {}
    for run in reading.document.runs:
        blocks[run.block] = blocks.get(run.block, "") + run.text
    block = next(number for number, text in blocks.items() if MARK in text)
    run = next(run for run in reading.document.runs if run.block == block)
    assert (run.role, run.origin) == (role, origin)
    assert blocks[block].strip() == MARK


_DECLARED = (
    '<text:user-field-decls><text:user-field-decl text:name="u" office:value-type="string" office:string-value="{}"/>'
    "</text:user-field-decls>"
)
_SET = '<text:variable-set text:name="v" office:value-type="string"{}>{}</text:variable-set>'
_GOT = '<text:variable-get text:name="v">1,0</text:variable-get>'
_MARKED = "<field:fieldmark-start/>{}<field:fieldmark-separator/>{}<field:fieldmark-end/>"


@pytest.mark.parametrize(
    ("field", "declared", "shown"),
    [
        (_MARKED.format("a", ""), "", ""),
        (_MARKED.format("a" + _MARKED.format("b", "c") + "d", "ẬT"), "", "ẬT"),
        ("<field:fieldmark-start/>ẬT<field:fieldmark-end/>", "", "ẬT"),
        ('<text:user-field-get text:name="u">a</text:user-field-get>', "", ""),
        ('<text:user-field-get text:name="u">a</text:user-field-get>', "ẬT", "ẬT"),
        ('<text:user-field-get text:name="u">ẬT</text:user-field-get>', "ẬT", "ẬT"),
        ('<text:user-field-get text:name="u" text:display="none">a</text:user-field-get>', "a", ""),
        (_SET.format(' office:string-value="ẬT"', "a"), "", "ẬT"),
        (_SET.format("", "ẬT"), "", "ẬT"),
        (_SET.format(' text:display="none"', "ẬT") + _GOT, "", "ẬT"),
        (_SET.format(' text:display="none" office:string-value="ẬT"', "") + _GOT, "", "ẬT"),
        (_SET.format(' text:display="none"', "1").replace('"string"', '"float" office:value="1"') + _GOT, "", "1,0"),
        (_GOT, "", "1,0"),
        ("<text:title>a</text:title>", "", ""),
        ('<text:title text:fixed="true">ẬT</text:title>', "", "ẬT"),
        ('<text:drop-down><text:label text:value="a"/><text:label text:value="ẬT" text:current-selected="true"/>a</text:drop-down>', "", "ẬT"),
        ("<text:change>a</text:change>", "", ""),
        ("<text:date>ẬT</text:date>", "", "ẬT"),
    ],
)  # fmt: skip
def test_of_a_field_that_is_computed_on_opening_what_is_shown_is_read(field: str, declared: str, shown: str) -> None:
    runs = read_body(f"{_DECLARED.format(declared)}<text:p>M{field}E</text:p>").document.runs
    assert "".join(run.text for run in runs if run.origin is Origin.TEXT) == f"M{shown}E"


def test_letters_inherit_through_styles_spans_and_defaults() -> None:
    common = (
        '<style:default-style style:family="paragraph"><style:text-properties style:font-name="F1" fo:font-size="12pt"/>'
        '</style:default-style><style:style style:name="Base" style:family="paragraph"><style:text-properties '
        'fo:color="#ff0000" fo:font-size="150%"/></style:style>'
    )
    automatic = (
        '<style:style style:name="P1" style:family="paragraph" style:parent-style-name="Base"><style:text-properties '
        'fo:font-weight="bold"/></style:style><style:style style:name="T1" style:family="text"><style:text-properties '
        'style:font-name="F2" style:use-window-font-color="true"/></style:style><style:style style:name="T2" '
        'style:family="text"><style:text-properties fo:background-color="#000000"/></style:style>'
    )
    body = (
        '<text:p>plain</text:p><text:p text:style-name="P1">bold<text:span text:style-name="T1">span'
        '<text:span text:style-name="T2">dark</text:span></text:span></text:p>'
    )
    reading = read_body(body, automatic, styles_xml=styles(common))
    plain, bold, span, dark = (find(reading, text) for text in ("plain", "bold", "span", "dark"))
    assert (plain.font, plain.size_pt, plain.colour, plain.bold) == ("Times New Roman", 12.0, "auto", False)
    assert (bold.font, bold.size_pt, bold.colour, bold.bold) == ("Times New Roman", 18.0, "FF0000", True)
    assert (span.font, span.size_pt, span.colour, span.block) == ("Arial", 18.0, "auto", bold.block)
    assert (dark.colour, dark.background) == ("FFFFFF", "000000")


@pytest.mark.parametrize(
    ("markup", "font"),
    [
        ("<text:p>x</text:p>", "Times New Roman"),
        ('<text:p text:style-name="Missing">x</text:p>', "Times New Roman"),
        ('<text:p text:style-name="P1">x</text:p>', "Times New Roman"),
        ('<text:p text:style-name="Other">x</text:p>', None),
        ('<text:h text:outline-level="2">x</text:h>', "Arial"),
        ('<text:h text:outline-level="3">x</text:h>', None),
    ],
)
def test_what_names_no_style_has_the_default_one(markup: str, font: str | None) -> None:
    common = (
        '<style:style style:name="Standard" style:family="paragraph"><style:text-properties style:font-name="F1"/>'
        '</style:style><style:style style:name="Heading_20_2" style:family="paragraph"><style:text-properties '
        'style:font-name="F2"/></style:style><style:style style:name="Other" style:family="paragraph"/>'
    )
    automatic = '<style:style style:name="P1" style:family="paragraph"/>'
    assert find(read_body(markup, automatic, styles_xml=styles(common)), "x").font == font


@pytest.mark.parametrize("attribute", ["", 'table:style-name="ce1"', 'table:style-name="Missing"'])
def test_cells_without_a_style_of_their_own_stand_on_the_default_one(attribute: str) -> None:
    common = (
        '<style:default-style style:family="table-cell"><style:text-properties style:font-name="F2"/></style:default-style>'
        '<style:style style:name="Default" style:family="table-cell"><style:text-properties style:font-name="F1"/></style:style>'
    )
    automatic = '<style:style style:name="ce1" style:family="table-cell"/>'
    body = f"<table:table><table:table-row><table:table-cell {attribute}><text:p>x</text:p></table:table-cell></table:table-row></table:table>"
    reading = read_body(body, automatic, kind="spreadsheet", styles_xml=styles(common))
    assert find(reading, "x").font == "Times New Roman"


@pytest.mark.parametrize("look", ['text:display="none"', 'fo:color="#ffffff"', 'fo:color="#000000" loext:opacity="0%"'])
def test_hidden_white_and_transparent_letters_are_hidden(look: str) -> None:
    automatic = f'<style:style style:name="T" style:family="text"><style:text-properties {look}/></style:style>'
    assert (
        find(read_body(f'<text:p><text:span text:style-name="T">{MARK}</text:span></text:p>', automatic), MARK).origin
        is Origin.HIDDEN
    )


@pytest.mark.parametrize("own", ["", '<style:text-properties fo:color="#000000"/>'])
def test_letters_of_an_automatic_colour_are_seen_whatever_their_opacity(own: str) -> None:
    usual = '<style:text-properties style:use-window-font-color="true" loext:opacity="0%"/>'
    common = f'<style:default-style style:family="paragraph">{usual}</style:default-style>'
    automatic = f'<style:style style:name="T" style:family="text">{own}</style:style>'
    body = f'<text:p><text:span text:style-name="T">{MARK}</text:span></text:p>'
    assert find(read_body(body, automatic, styles_xml=styles(common)), MARK).origin is Origin.TEXT


def test_masters_that_follow_one_another_cost_time_by_their_number() -> None:
    chain = "".join(f'<style:master-page style:name="m{n}" style:next-style-name="m{n + 1}"/>' for n in range(5000))
    last = f'<style:master-page style:name="m5000"><style:header><text:p>{MARK}</text:p></style:header></style:master-page>'
    used = '<style:style style:name="P" style:family="paragraph" style:master-page-name="m0"/>'
    body, whole = '<text:p text:style-name="P">x</text:p>', styles(masters=chain + last)
    assert find(read_body(body, used, styles_xml=whole), MARK).origin is Origin.TEXT
    assert least_cost(lambda: read_body(body, used, styles_xml=whole), 1) < 1


def test_headers_of_used_masters_are_seen() -> None:
    masters = (
        f'<style:master-page style:name="Standard"><style:header><text:p>{MARK}</text:p></style:header><style:footer-left '
        'style:display="false"><text:p>off</text:p></style:footer-left></style:master-page>'
        '<style:master-page style:name="Unused"><style:header><text:p>never</text:p></style:header></style:master-page>'
    )
    reading = read_body("<text:p>x</text:p>", styles_xml=styles(masters=masters))
    mark = find(reading, MARK)
    assert (mark.role, mark.origin, mark.locator) == (Role.HEADER, Origin.TEXT, "header:1")
    assert (find(reading, "off").origin, find(reading, "never").origin) == (Origin.HIDDEN, Origin.HIDDEN)


def test_properties_are_given_with_their_name() -> None:
    meta = (
        f"<office:document-meta {NS}><office:meta><dc:title>Tiêu đề</dc:title><meta:user-defined meta:name='MSIP_Label'>"
        f"{MARK}</meta:user-defined></office:meta></office:document-meta>"
    )
    reading = read_body("<text:p>x</text:p>", meta_xml=meta)
    assert (find(reading, MARK).role, find(reading, MARK).locator) == (Role.PROPERTY, "property:MSIP_Label")
    assert find(reading, "Tiêu đề").locator == "property:Title"


@pytest.mark.parametrize(
    "inner",
    [
        '<text:a xlink:href="https://x.vn" office:title="{}">xem</text:a>',
        '<text:variable-set text:name="b" office:value-type="string" office:string-value="{}" text:display="none"/>',
        '<field:fieldmark-start><field:param field:name="code" field:value="QUOTE &quot;{}&quot;"/></field:fieldmark-start>',
        '<field:fieldmark field:type="dropdown"><field:param field:name="ListEntry" field:value="{}"/></field:fieldmark>',
        '<loext:content-control loext:alias="{}" loext:tag="x">chữ</loext:content-control>',
        '<text:toc-mark text:string-value="{}" text:outline-level="1"/>',
        '<text:page-continuation text:select-page="next" text:string-value="{}"/>',
        '</text:p><draw:layer-set><draw:layer draw:name="{}"/></draw:layer-set><text:p>',
        '</text:p><text:section text:name="{}"><text:p>chữ</text:p></text:section><text:p>',
        '</text:p><table:help-message table:title="{}" table:display="true"/><text:p>',
    ],
)
def test_words_in_attributes_are_given_as_hidden(inner: str) -> None:
    found = find(read_body(f"<text:p>{inner.format(MARK)}</text:p>"), MARK)
    assert (found.role, found.origin) == (Role.FIELD, Origin.HIDDEN)


def test_the_value_of_a_field_is_read_in_its_place_only() -> None:
    field = (
        '<text:variable-set text:name="b" office:value-type="string" office:string-value="MẬT">MẬT</text:variable-set>'
    )
    assert [run.text for run in read_body(f"<text:p>{field} ĐỘ</text:p>").document.runs] == ["MẬT", " ĐỘ"]


def test_an_undeclared_prefix_is_no_fault_and_broken_markup_is() -> None:
    """Aspose writes settings under a prefix that it does not declare; LibreOffice opens the file."""
    body = f"<office:document-content {NS}><config:item config:name='x'>1</config:item>"
    whole = (
        body
        + f"<office:body><office:text><text:p>{MARK}</text:p></office:text></office:body></office:document-content>"
    )
    reading = odf.read(Source(data=package({"content.xml": whole}), part="1"), Budget())
    assert (reading.document.status, find(reading, MARK).role) == (ReadStatus.OK, Role.BODY)
    broken = package({"content.xml": whole.replace("</text:p>", "")})
    assert odf.read(Source(data=broken, part="1"), Budget()).document.status is ReadStatus.MALFORMED


def test_a_prefix_declared_by_words_that_are_no_address_is_no_fault() -> None:
    names = NS + " xmlns:mau='urn:mau cua don vi:1.0'"
    whole = (
        f"<office:document-content {names}><office:body><office:text><text:p mau:x='1'>{MARK}</text:p></office:text></office:body>"
        "</office:document-content>"
    )
    document = odf.read(Source(data=package({"content.xml": whole}), part="1"), Budget()).document
    assert (document.status, [run.text for run in document.runs]) == (ReadStatus.OK, [MARK])


def test_a_section_that_nobody_named_gives_no_words() -> None:
    runs = read_body('<text:section text:name="Section1"><text:p>chữ</text:p></text:section>').document.runs
    assert [run.text for run in runs] == ["chữ"]


@pytest.mark.parametrize(
    ("words", "line"),
    [(("mật", "độ", "dân", "số"), "mật độ dân số"), (("báo cáo", "MẬT"), "báo cáo, MẬT"), (("Mật",), "Mật")],
)
def test_keywords_are_one_line(words: tuple[str, ...], line: str) -> None:
    """LibreOffice and Gnumeric part the keywords of a Word file at their blanks."""
    keywords = "".join(f"<meta:keyword>{word}</meta:keyword>" for word in words)
    meta = f"<office:document-meta {NS}><office:meta>{keywords}</office:meta></office:document-meta>"
    runs = read_body("<text:p/>", meta_xml=meta).document.runs
    assert [(run.text, run.locator) for run in runs] == [(line, "property:Keyword")]


@pytest.mark.parametrize(
    ("value", "said", "words"),
    [
        (MARK, "x", ["x", MARK]),
        (MARK, MARK, [MARK]),
        (f" {MARK.replace(' ', '  ')}", "TUYỆT<text:s/> <text:span>MẬT</text:span>", ["TUYỆT  MẬT"]),
        (MARK, None, [MARK]),
    ],
)
def test_the_value_of_a_cell_is_read_where_its_text_is_another(value: str, said: str | None, words: list[str]) -> None:
    text = "" if said is None else f"<text:p>{said}</text:p>"
    cell = f'<table:table-cell office:value-type="string" office:string-value="{value}">{text}</table:table-cell>'
    body = f"<table:table table:name='Tờ'><table:table-row>{cell}</table:table-row></table:table>"
    runs = read_body(body, kind="spreadsheet").document.runs
    assert lines(runs) == ["Tờ", *words]


def test_sheets_have_cells_hidden_rows_and_formula_words() -> None:
    automatic = (
        '<style:style style:name="off" style:family="table"><style:table-properties table:display="false"/></style:style>'
        '<style:style style:name="ce1" style:family="table-cell"><style:text-properties style:font-name="F1" fo:color="#ff0000"/></style:style>'
    )
    row = "<table:table-row {}><table:table-cell table:number-columns-repeated='2'/><table:table-cell {}><text:p>{}</text:p></table:table-cell></table:table-row>"
    body = (
        "<table:table table:name='Tờ 1'><table:table-column table:number-columns-repeated='4'/>"
        + row.format("table:number-rows-repeated='3'", "", "ba dòng")
        + row.format("", "table:style-name='ce1'", MARK)
        + row.format("table:visibility='collapse'", "", "gấp")
        + row.format("", "table:formula='of:=&quot;một&quot;&amp;&quot; hai&quot;'", "khác")
        + "</table:table><table:table table:name='Ẩn' table:style-name='off'>" + row.format("", "", "trên tờ ẩn") + "</table:table>"
    )  # fmt: skip
    reading = read_body(body, automatic, kind="spreadsheet")
    mark = find(reading, MARK)
    assert (mark.locator, mark.font, mark.colour, mark.role) == ("cell:Tờ 1!C4", "Times New Roman", "FF0000", Role.CELL)
    assert find(reading, "gấp").origin is Origin.HIDDEN
    assert find(reading, "trên tờ ẩn").origin is Origin.HIDDEN
    assert find(reading, "một hai").role is Role.FIELD
    assert find(reading, "Tờ 1").role is Role.NAME


@pytest.mark.parametrize(
    ("condition", "value", "shown"),
    [
        ("value()&gt;=0", 'office:value-type="float" office:value="5"', {"TỐI MẬT"}),
        ("value()&gt;=0", 'office:value-type="float" office:value="-5"', {"thường"}),
        ("value()&gt;0", 'office:value-type="float" office:value="0"', {"thường"}),
        ("value()!=1", 'office:value-type="percentage" office:value="1"', {"thường"}),
        ("value()&gt;=0", 'office:value-type="date" office:date-value="2026-11-24"', {"TỐI MẬT", "thường"}),
        ("x", 'office:value-type="float" office:value="-5"', {"TỐI MẬT", "thường"}),
    ],
)
@pytest.mark.parametrize("common", [True, False])
def test_a_value_is_shown_by_one_section_of_its_number_format(
    condition: str, value: str, shown: set[str], common: bool
) -> None:
    formats = (
        '<number:number-style style:name="N1P0"><number:text>TỐI MẬT</number:text></number:number-style>'
        '<number:number-style style:name="N1"><number:text>thường</number:text>'
        f'<style:map style:condition="{condition}" style:apply-style-name="N1P0"/></number:number-style>'
    )
    cell = '<style:style style:name="ce1" style:family="table-cell" style:data-style-name="N1"/>'
    body = (
        f'<table:table><table:table-row><table:table-cell table:style-name="ce1" {value}><text:p>x</text:p></table:table-cell>'
        "</table:table-row></table:table>"
    )
    automatic = cell if common else formats + cell
    reading = read_body(body, automatic, kind="spreadsheet", styles_xml=styles(formats if common else ""))
    assert {run.text for run in reading.document.runs} & {"TỐI MẬT", "thường"} == shown


@pytest.mark.parametrize(
    ("of_cell", "of_table"),
    [
        ('<style:map style:condition="cell-content()&gt;1" style:apply-style-name="ce1"/>', ""),
        (
            "",
            "<calcext:conditional-formats><calcext:conditional-format><calcext:condition "
            'calcext:value="&gt;1" calcext:apply-style-name="ce1"/></calcext:conditional-format></calcext:conditional-formats>',
        ),
    ],
)
def test_a_number_format_of_a_conditional_style_may_be_shown_elsewhere(of_cell: str, of_table: str) -> None:
    automatic = (
        '<number:number-style style:name="N1P0"><number:text>TỐI MẬT</number:text></number:number-style>'
        '<number:number-style style:name="N1"><number:text>thường</number:text>'
        '<style:map style:condition="value()&gt;=0" style:apply-style-name="N1P0"/></number:number-style>'
        '<style:style style:name="ce1" style:family="table-cell" style:data-style-name="N1"/>'
        f'<style:style style:name="ce2" style:family="table-cell">{of_cell}</style:style>'
    )
    cells = "".join(
        f'<table:table-cell table:style-name="{style}" office:value-type="float" office:value="{value}"><text:p>x</text:p></table:table-cell>'
        for style, value in (("ce2", 5), ("ce1", -5))
    )
    body = f"<table:table><table:table-row>{cells}</table:table-row>{of_table}</table:table>"
    assert find(read_body(body, automatic, kind="spreadsheet"), "TỐI MẬT")


@pytest.mark.parametrize(("fill", "ground"), [("none", None), ("solid", "729FCF")])
def test_letters_of_a_box_without_a_fill_stand_on_the_slide(fill: str, ground: str | None) -> None:
    automatic = (
        '<style:style style:name="S" style:family="graphic"><style:graphic-properties draw:fill="solid" draw:fill-color="#729fcf"/>'
        '</style:style><style:style style:name="G" style:family="graphic" style:parent-style-name="S"><style:graphic-properties '
        f'draw:fill="{fill}"/><style:text-properties fo:color="#ffffff"/></style:style>'
    )
    box = f"<draw:frame draw:style-name='G'><draw:text-box><text:p>{MARK}</text:p></draw:text-box></draw:frame>"
    seen = find(read_body(f"<draw:page>{box}</draw:page>", automatic, kind="presentation"), MARK)
    assert (seen.background, seen.origin) == (ground, Origin.TEXT)  # a slide may be dark


def test_slides_know_their_number_classes_and_notes() -> None:
    automatic = (
        '<style:style style:name="dp" style:family="drawing-page"><style:drawing-page-properties '
        'presentation:visibility="hidden"/></style:style>'
    )
    frame = "<draw:frame presentation:class='{}'><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>"
    body = (
        f"<draw:page draw:name='page1'>{frame.format('title', 'tựa')}{frame.format('outline', 'dàn bài')}"
        f"<presentation:notes>{frame.format('notes', 'ghi chú')}</presentation:notes></draw:page>"
        f"<draw:page draw:style-name='dp'>{frame.format('title', MARK)}</draw:page>"
    )
    reading = read_body(body, automatic, kind="presentation")
    assert (find(reading, "tựa").role, find(reading, "tựa").locator) == (Role.HEADING, "slide:1")
    assert (find(reading, "dàn bài").role, find(reading, "ghi chú").role) == (Role.BODY, Role.NOTE)
    assert (find(reading, MARK).origin, find(reading, MARK).page) == (Origin.HIDDEN, 2)
    assert reading.document.pages == 2


@pytest.mark.parametrize(
    ("boxes", "marked"),
    [
        (("MẬT</text:p><text:p>ONG",), False),
        (("BẢO</text:p><text:p>MẬT",), False),
        (("TỐI</text:p><text:p>MẬT",), True),
        (("BẢO", "MẬT"), True),
    ],
)
@pytest.mark.parametrize(
    "shape", ["<draw:frame><draw:text-box>{}</draw:text-box></draw:frame>", "<draw:custom-shape>{}</draw:custom-shape>"]
)
def test_lines_of_one_box_of_a_slide_are_one_phrase(boxes: tuple[str, ...], marked: bool, shape: str) -> None:
    page = "".join(shape.format(f"<text:p>{words}</text:p>") for words in boxes)
    assert bool(find_in_document(read_body(f"<draw:page>{page}</draw:page>", kind="presentation").document)) is marked


@pytest.mark.parametrize(("name", "shown"), [("f", True), ("g", False)])
def test_a_footer_that_a_slide_names_is_shown_on_it(name: str, shown: bool) -> None:
    body = (
        f'<presentation:footer-decl presentation:name="f">{MARK}</presentation:footer-decl>'
        f'<draw:page presentation:use-footer-name="{name}"/>'
    )
    run = find(read_body(body, kind="presentation"), MARK)
    assert (run.origin is Origin.TEXT, run.role is Role.FOOTER) == (shown, shown)


def test_placeholders_of_numbers_and_footers_on_a_master_are_not_shown() -> None:
    words = (
        "<text:page-number>&lt;number&gt;</text:page-number><presentation:footer>&lt;footer&gt;</presentation:footer>"
    )
    frame = (
        f'<draw:frame presentation:class="footer"><draw:text-box><text:p>{words}</text:p></draw:text-box></draw:frame>'
    )
    master = f'<style:master-page style:name="Default">{frame}</style:master-page>'
    reading = read_body("<draw:page/>", kind="presentation", styles_xml=styles(masters=master))
    assert {find(reading, words).origin for words in ("<number>", "<footer>")} == {Origin.HIDDEN}


@pytest.mark.parametrize(("kind", "origin"), [("footer", Origin.TEXT), ("title", Origin.HIDDEN)])
def test_the_margins_of_a_master_are_seen_and_its_prompts_are_not(kind: str, origin: Origin) -> None:
    frame = (
        f'<draw:frame presentation:class="{kind}"><draw:text-box><text:p>{MARK}</text:p></draw:text-box></draw:frame>'
    )
    master = f'<style:master-page style:name="Default">{frame}</style:master-page>'
    reading = read_body("<draw:page/>", kind="presentation", styles_xml=styles(masters=master))
    assert find(reading, MARK).origin is origin


@pytest.mark.parametrize(
    ("level", "shown"),
    [
        ('number text:level="1" style:num-prefix="TỐI MẬT " style:num-format=""', ["TỐI MẬT \tmột", "TỐI MẬT \thai"]),
        ('number text:level="1" style:num-suffix="ẬT" style:num-format="A" text:start-value="13"', ["MẬT\tmột", "NẬT\thai"]),
        ('number text:level="1" style:num-format="A" text:start-value="13"', ["M\tmột", "N\thai"]),
        ('number text:level="1" style:num-suffix="." style:num-format="i"', ["i.\tmột", "ii.\thai"]),
        ('bullet text:level="1" text:bullet-char="M" style:num-suffix="ẬT"', ["MẬT\tmột", "MẬT\thai"]),
        ('number text:level="1" style:num-prefix="Điều " style:num-suffix="." style:num-format="1"', ["Điều 1.\tmột", "Điều 2.\thai"]),
        ('number text:level="1" style:num-suffix="." style:num-format="1"', ["một", "hai"]),
        ('bullet text:level="1" text:bullet-char="•"', ["một", "hai"]),
        ('bullet text:level="1" text:bullet-char="M"', ["M\tmột", "M\thai"]),
        ('bullet text:level="1" text:bullet-char="M" loext:num-list-format="M" style:num-suffix="M"', ["M\tmột", "M\thai"]),
        ('number text:level="1" style:num-prefix="mật" text:style-name="C"', ["MẬT\tmột", "MẬT\thai"]),
        ('bullet text:level="1" text:bullet-char="o"', ["một", "hai"]),
        ('number text:level="2" style:num-prefix="MẬT"', ["một", "hai"]),
        ('number text:level="1" loext:num-list-format="MẬT" style:num-suffix="MẬT" style:num-format="1"', ["MẬT\tmột", "MẬT\thai"]),
        ('number text:level="1" loext:num-list-format="Mục %1%)" style:num-suffix=")" style:num-format="1"', ["Mục 1)\tmột", "Mục 2)\thai"]),
    ],
)  # fmt: skip
def test_labels_of_lists_that_have_words_stand_before_their_items(level: str, shown: list[str]) -> None:
    automatic = f'<text:list-style style:name="L"><text:list-level-style-{level}/></text:list-style>'
    automatic += '<style:style style:name="C" style:family="text"><style:text-properties fo:text-transform="uppercase"/></style:style>'
    items = "".join(
        f"<text:list-item><text:p>{word}</text:p><text:p>x</text:p></text:list-item>" for word in ("một", "hai")
    )
    reading = read_body(f'<text:list text:style-name="L">{items}</text:list>', automatic)
    assert [line for line in lines(reading.document.runs) if line != "x"] == shown


_LEVELS = "".join(
    f'<text:{{}} text:level="{level}" style:num-format="{kind}" style:num-prefix="{{}} "/>'
    for level, kind in enumerate("1A", 1)
)


@pytest.mark.parametrize(
    ("prefix", "shown"),
    [
        ("Mục", ["Mục 1\ta", "Mục A\tb", "Mục B\tc", "Mục 2\td", "Mục A\te"]),
        ("", ["a", " A\tb", " B\tc", "d", " A\te"]),
    ],
)
def test_labels_of_headings_and_numbered_paragraphs_stand_before_them(prefix: str, shown: list[str]) -> None:
    levels = (1, 2, 2, 1, 2)
    heads = "".join(
        f'<text:h text:outline-level="{level}">{word}</text:h>' for level, word in zip(levels, "abcde", strict=True)
    )
    kinds = ("outline-level-style", prefix) * 2
    outline = f'<text:outline-style style:name="Outline">{_LEVELS.format(*kinds)}</text:outline-style>'
    numbered = "".join(
        f'<text:numbered-paragraph text:style-name="L" text:level="{level}"><text:p>{word}</text:p></text:numbered-paragraph>'
        for level, word in zip(levels, "abcde", strict=True)
    )
    kinds = ("list-level-style-number", prefix) * 2
    listed = f'<text:list-style style:name="L">{_LEVELS.format(*kinds)}</text:list-style>'
    for body, style in ((heads, outline), (numbered, listed)):
        assert lines(read_body(body, styles_xml=styles(style)).document.runs) == shown


@pytest.mark.parametrize(("prefix", "shown"), [("Chú thích ", "Chú thích 1"), ("(", "")])
def test_words_before_the_number_of_a_note_are_read(prefix: str, shown: str) -> None:
    note = "<text:note-citation>1</text:note-citation><text:note-body><text:p>xem</text:p></text:note-body>"
    setting = f'<text:notes-configuration text:note-class="footnote" style:num-prefix="{prefix}"/>'
    reading = read_body(
        f'<text:p>a<text:note text:note-class="footnote">{note}</text:note></text:p>', styles_xml=styles(setting)
    )
    assert "".join(run.text for run in reading.document.runs if run.role is Role.NOTE) == f"{shown}xem"


def test_an_item_of_a_list_may_begin_at_a_number_of_its_own() -> None:
    automatic = '<text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-format="A"/></text:list-style>'
    items = "".join(
        f"<text:list-item{start}><text:p>ẬT</text:p></text:list-item>" for start in ("", ' text:start-value="13"')
    )
    lists = f'<text:list text:style-name="L">{items}</text:list>'
    assert [run.text.strip() for run in read_body(lists, automatic).document.runs] == ["A", "ẬT", "M", "ẬT"]


@pytest.mark.parametrize("holder", ["draw:fill-image", "style:background-image", "text:list-level-style-image"])
def test_a_picture_in_base64_in_a_style_is_handed_on(holder: str) -> None:
    automatic = f"<{holder}><office:binary-data>iVBORw0KGgo=</office:binary-data></{holder}>"
    assert [member.data for member in read_body("<text:p>x</text:p>", automatic).members] == [b"\x89PNG\r\n\x1a\n"]


@pytest.mark.parametrize("folder", ["META-INF", "Scripts", "x"])
def test_a_picture_is_read_in_whatever_folder_it_lies(folder: str) -> None:
    frame = f'<text:p><draw:frame><draw:image xlink:href="{folder}/a.svg"/></draw:frame></text:p>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><text>{MARK}</text></svg>'
    members = read_body(frame, **{f"{folder}/a.svg": svg}).members
    assert [(member.name, member.data.decode()) for member in members] == [(f"{folder}/a.svg", svg)]
