"""Word documents: every place where words can stand, and the look of every letter by the rules of ECMA-376."""

import unicodedata

import pytest

from gateway.documents.readers.base import ReadError
from gateway.model import Origin, Role
from gateway.vietnamese.marks import find_in_document
from tests.readers.docx_support import MARK, fonts, para, style, styles
from tests.readers.ooxml_support import NAMESPACES, package, read, relationships, word
from tests.support.octets import members, zipped
from tests.support.reading import find, lines

# Places


@pytest.mark.parametrize(
    ("body", "role", "origin"),
    [
        (para(MARK), Role.BODY, Origin.TEXT),
        (f"<w:p><w:hyperlink><w:r><w:t>{MARK}</w:t></w:r></w:hyperlink></w:p>", Role.BODY, Origin.TEXT),
        (f"<w:p><w:ins><w:r><w:t>{MARK}</w:t></w:r></w:ins></w:p>", Role.BODY, Origin.TEXT),
        (f"<w:p><w:moveTo><w:r><w:t>{MARK}</w:t></w:r></w:moveTo></w:p>", Role.BODY, Origin.TEXT),
        (f"<w:p><w:del><w:r><w:delText>{MARK}</w:delText></w:r></w:del></w:p>", Role.BODY, Origin.DELETED),
        (f"<w:p><w:moveFrom><w:r><w:t>{MARK}</w:t></w:r></w:moveFrom></w:p>", Role.BODY, Origin.DELETED),
        (f"<w:p><w:smartTag><w:r><w:t>{MARK}</w:t></w:r></w:smartTag></w:p>", Role.BODY, Origin.TEXT),
        (f"<w:p><w:customXml><w:r><w:t>{MARK}</w:t></w:r></w:customXml></w:p>", Role.BODY, Origin.TEXT),
        (f"<w:sdt><w:sdtContent>{para(MARK)}</w:sdtContent></w:sdt>", Role.BODY, Origin.TEXT),
        (f"<w:p><w:sdt><w:sdtContent><w:r><w:t>{MARK}</w:t></w:r></w:sdtContent></w:sdt></w:p>", Role.BODY, Origin.TEXT),
        (f'<w:sdt><w:sdtPr><w:alias w:val="{MARK}"/></w:sdtPr><w:sdtContent/></w:sdt>', Role.FIELD, Origin.HIDDEN),
        (f'<w:p><w:fldSimple w:instr="QUOTE {MARK}"/></w:p>', Role.FIELD, Origin.HIDDEN),
        (f"<w:p><w:r><w:instrText>SET a {MARK}</w:instrText></w:r></w:p>", Role.FIELD, Origin.HIDDEN),
        (f"<w:p><m:oMath><m:r><m:t>{MARK}</m:t></m:r></m:oMath></w:p>", Role.BODY, Origin.TEXT),
        (f"<w:p><m:oMath><m:f><m:num><m:r><m:t>{MARK}</m:t></m:r></m:num><m:den><m:r><m:t>1</m:t></m:r></m:den></m:f></m:oMath></w:p>", Role.BODY, Origin.TEXT),
        (para(MARK, "<w:vanish/>"), Role.BODY, Origin.HIDDEN),
        (para(MARK, '<w:color w:val="FFFFFF"/>'), Role.BODY, Origin.HIDDEN),
        (para(MARK, paragraph='<w:outlineLvl w:val="0"/>'), Role.HEADING, Origin.TEXT),
        (f"<w:tbl><w:tr><w:tc>{para(MARK)}</w:tc></w:tr></w:tbl>", Role.CELL, Origin.TEXT),
        (f'<w:p><w:bookmarkStart w:id="1" w:name="{MARK}"/></w:p>', Role.NAME, Origin.HIDDEN),
        ((f"<w:p><w:r><w:pict><v:shape><v:textbox><w:txbxContent>{para(MARK)}</w:txbxContent></v:textbox></v:shape>"
         "</w:pict></w:r></w:p>"), Role.TEXTBOX, Origin.TEXT),
        (f'<w:p><w:r><w:pict><v:shape><v:textpath string="{MARK}"/></v:shape></w:pict></w:r></w:p>',
         Role.WATERMARK, Origin.TEXT),
        ((f"<w:p><w:r><w:drawing><wp:anchor><wps:wsp><wps:txbx><w:txbxContent>{para(MARK)}</w:txbxContent></wps:txbx>"
         "</wps:wsp></wp:anchor></w:drawing></w:r></w:p>"), Role.TEXTBOX, Origin.TEXT),
        ((f'<w:p><w:r><w:drawing><wp:inline><wp:docPr id="1" name="Picture 1" descr="{MARK}"/></wp:inline></w:drawing>'
         "</w:r></w:p>"), Role.ALT_TEXT, Origin.HIDDEN),
        (f'<w:tbl><w:tblPr><w:tblCaption w:val="{MARK}"/></w:tblPr><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>',
         Role.ALT_TEXT, Origin.HIDDEN),
        (f'<w:tbl><w:tblPr><w:tblDescription w:val="{MARK}"/></w:tblPr><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>',
         Role.ALT_TEXT, Origin.HIDDEN),
        # Out of place: the schema has no text there, but the letters stand in the file.
        (f"<w:p>{MARK}</w:p>", Role.BODY, Origin.HIDDEN),
        (f"<w:p><w:r>{MARK}</w:r></w:p>", Role.BODY, Origin.HIDDEN),
        (f"<w:p><w:pPr><w:t>{MARK}</w:t></w:pPr></w:p>", Role.BODY, Origin.HIDDEN),
        (f"<w:p><unknown><w:r><w:t>{MARK}</w:t></w:r></unknown></w:p>", Role.BODY, Origin.TEXT),
        (f"<w:p><w:r><w:t>{MARK[:3]}<!-- x -->{MARK[3:]}</w:t></w:r></w:p>", Role.BODY, Origin.TEXT),
        (f"<w:p><w:r><w:t>{MARK[:3]}<b/>{MARK[3:]}</w:t></w:r></w:p>", Role.BODY, Origin.TEXT),
        (f"<w:r><w:t>{MARK}</w:t></w:r>", Role.BODY, Origin.TEXT),
    ],
)  # fmt: skip
def test_words_are_found_where_they_stand(body: str, role: Role, origin: Origin) -> None:
    run = find(read(word(body)), MARK)
    assert (run.role, run.origin) == (role, origin)


def letters(*texts: str) -> list[str]:
    return [f"<m:e><m:r><m:t>{text}</m:t></m:r></m:e>" for text in texts]


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        ("<m:acc><m:accPr><m:chr m:val='\u0302'/></m:accPr>{0}</m:acc>{1}", "Ậ"),
        ("<m:acc>{0}</m:acc>", "Ậ"),
        ("<m:d><m:dPr><m:begChr m:val='M'/><m:endChr m:val='T'/></m:dPr>{2}</m:d>", "MẬT"),
        ("<m:nary><m:naryPr><m:chr m:val='M'/></m:naryPr>{2}</m:nary>", "MẬ"),
        ("<m:d>{2}</m:d>", "Ậ"),
    ],
)
def test_signs_of_a_formula_are_letters_in_their_place(formula: str, shown: str) -> None:
    body = formula.format(*letters("Ạ", "", "Ậ"))
    document = read(word(f"<w:p><m:oMath>{body}</m:oMath></w:p>")).document
    assert (
        unicodedata.normalize("NFC", "".join(run.text for run in document.runs if run.origin is Origin.TEXT)) == shown
    )


@pytest.mark.parametrize(
    ("part", "root", "role"),
    [
        ("footnotes", "footnote", Role.NOTE),
        ("endnotes", "endnote", Role.NOTE),
        ("comments", "comment", Role.COMMENT),
    ],
)
def test_notes_and_comments_are_read_with_their_number(part: str, root: str, role: Role) -> None:
    content = (
        f'<w:{part} {NAMESPACES}><w:{root} w:type="separator">{para("")}</w:{root}>'
        f"<w:{root}>{para('one')}</w:{root}><w:{root}>{para(MARK)}</w:{root}></w:{part}>"
    )
    run = find(read(word(para("text"), **{f"word__{part}_xml": content})), MARK)
    assert (run.role, run.locator) == (role, f"{root}:2")


@pytest.mark.parametrize("author", [MARK, "Phòng Bảo mật"])
def test_the_author_of_a_comment_is_read_beside_it(author: str) -> None:
    content = f'<w:comments {NAMESPACES}><w:comment w:author="{author}">{para("xem lại")}</w:comment></w:comments>'
    reading = read(word(para("text"), word__comments_xml=content))
    assert [(run.role, run.origin) for run in reading.document.runs if run.text == author] == [
        (Role.PROPERTY, Origin.HIDDEN)
    ]
    assert bool(find_in_document(reading.document)) is (author == MARK)


def test_headers_count_as_seen_only_when_a_section_shows_them() -> None:
    header = f"<w:hdr {NAMESPACES}>{para(MARK)}</w:hdr>"
    section = '<w:sectPr><w:headerReference w:type="{}" r:id="header1"/>{}</w:sectPr>'
    seen = find(read(word(para("x") + section.format("default", ""), word__header1_xml=header)), MARK)
    assert (seen.role, seen.origin, seen.locator) == (Role.HEADER, Origin.TEXT, "header:1")
    first = section.format("first", "")
    assert find(read(word(para("x") + first, word__header1_xml=header)), MARK).origin is Origin.HIDDEN
    title = section.format("first", "<w:titlePg/>")
    assert find(read(word(para("x") + title, word__header1_xml=header)), MARK).origin is Origin.TEXT


def test_word_art_in_a_header_is_a_watermark() -> None:
    shape = (
        '<w:p><w:r><w:pict><v:shape id="PowerPlusWaterMarkObject1" fillcolor="silver">'
        f'<v:textpath style=\'font-family:"Times New Roman"\' string="{MARK}"/></v:shape></w:pict></w:r></w:p>'
    )
    run = find(read(word(para("x"), word__header1_xml=f"<w:hdr {NAMESPACES}>{shape}</w:hdr>")), MARK)
    assert (run.role, run.font, run.colour) == (Role.WATERMARK, "Times New Roman", "C0C0C0")


def test_both_branches_of_an_alternative_are_read_but_counted_once() -> None:
    box = "<w:txbxContent>{}</w:txbxContent>"
    body = (
        '<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:anchor><wp:positionH>'
        "<wp:posOffset>12</wp:posOffset></wp:positionH><wps:wsp><wps:txbx>{}</wps:txbx></wps:wsp></wp:anchor>"
        "</w:drawing></mc:Choice><mc:Fallback><w:pict><v:shape><v:textbox>{}</v:textbox></v:shape></w:pict>"
        "</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    same = read(word(body.format(box.format(para("chữ")), box.format(para("chữ")))))
    assert [run.text for run in same.document.runs] == ["chữ"]
    differ = read(word(body.format(box.format(para("chữ")), box.format(para(MARK)))))
    assert find(differ, MARK).origin is Origin.HIDDEN
    for space in ("urn:else", "http://schemas.microsoft.com/office/word/2013/wordml"):
        unknown = body.replace('Requires="wps"', 'Requires="zz"').replace("<w:p>", f'<w:p xmlns:zz="{space}">', 1)
        flipped = read(word(unknown.format(box.format(para("chữ")), box.format(para(MARK)))))
        assert find(flipped, MARK).origin is Origin.TEXT
        assert find(flipped, "chữ").origin is Origin.HIDDEN


def test_a_mark_split_across_runs_is_one_block() -> None:
    pieces = "".join(f'<w:r w:rsidR="{i}"><w:t>{letter}</w:t></w:r>' for i, letter in enumerate(MARK))
    runs = read(word(f"<w:p>{pieces}</w:p>")).document.runs
    assert [run.text for run in runs] == [MARK]


def test_symbols_breaks_and_hyphens_become_letters() -> None:
    body = (
        '<w:p><w:r><w:t>a</w:t><w:br/><w:t>b</w:t><w:tab/><w:noBreakHyphen/><w:sym w:font="Symbol" w:char="F061"/>'
        "</w:r></w:p>"
    )
    runs = read(word(body)).document.runs
    assert "".join(run.text for run in runs) == "a\nb\t\u2011\uf061"
    assert runs[-1].font == "Symbol"


def test_locators_name_paragraph_and_cell() -> None:
    row = f"<w:tr><w:tc>{para('a')}</w:tc><w:tc><w:tcPr><w:gridSpan w:val='2'/></w:tcPr>{para('b')}</w:tc><w:tc>{para('c')}</w:tc></w:tr>"
    reading = read(word(para("one") + f"<w:tbl>{row}</w:tbl>" + para("two")))
    assert [run.locator for run in reading.document.runs] == [
        "paragraph:1",
        "table:1,row:1,column:1",
        "table:1,row:1,column:2",
        "table:1,row:1,column:4",
        "paragraph:2",
    ]
    assert len({run.block for run in reading.document.runs}) == 5


def test_pages_follow_the_breaks_word_saw() -> None:
    body = para("one") + "<w:p><w:r><w:t>a</w:t><w:lastRenderedPageBreak/><w:t>b</w:t></w:r></w:p>"
    reading = read(word(body))
    assert [(run.text, run.page) for run in reading.document.runs] == [("one", 1), ("a", 1), ("b", 2)]
    assert reading.document.pages == 2
    assert find(read(word(para("x"))), "x").page is None


def test_list_labels_are_counted_as_word_counts_them() -> None:
    level = '<w:lvl w:ilvl="{0}"><w:start w:val="1"/><w:numFmt w:val="{1}"/><w:suff w:val="space"/><w:lvlText w:val="{2}"/></w:lvl>'
    numbering = (
        f'<w:numbering {NAMESPACES}><w:abstractNum w:abstractNumId="0">{level.format(0, "decimal", "Điều %1.")}'
        f"{level.format(1, 'lowerLetter', '%2)')}{level.format(2, 'bullet', '•')}</w:abstractNum>"
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )
    item = '<w:numPr><w:ilvl w:val="{}"/><w:numId w:val="1"/></w:numPr>'
    body = "".join(para("x", paragraph=item.format(depth)) for depth in (0, 1, 1, 2, 0, 1))
    runs = read(word(body, word__numbering_xml=numbering)).document.runs
    assert lines(runs) == ["Điều 1. x", "a) x", "b) x", "x", "Điều 2. x", "a) x"]


@pytest.mark.parametrize(("sign", "shown"), [("M", "MẬT"), ("o", "ẬT"), ("-", "ẬT"), ("\uf04d", "ẬT")])
def test_a_bullet_that_is_a_capital_begins_the_word_behind_it(sign: str, shown: str) -> None:
    level = f'<w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:suff w:val="nothing"/><w:lvlText w:val="{sign}"/></w:lvl>'
    numbering = (
        f'<w:numbering {NAMESPACES}><w:abstractNum w:abstractNumId="0">{level}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )
    item = para("ẬT", paragraph='<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>')
    assert "".join(run.text for run in read(word(item, word__numbering_xml=numbering)).document.runs) == shown


# Look


# Other content of the package


def test_properties_and_labels_are_given_with_their_name() -> None:
    parts = {
        "word/document.xml": f"<w:document {NAMESPACES}><w:body>{para('x')}</w:body></w:document>",
        "docProps/custom.xml": (
            '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
            'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"><property pid="2" '
            f'name="MSIP_Label_1_Name"><vt:lpwstr>{MARK}</vt:lpwstr></property></Properties>'
        ),
        "docProps/core.xml": (
            '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Tiêu đề</dc:title></cp:coreProperties>'
        ),
        "customXml/item1.xml": f'<root label="nhãn {MARK}">giá trị</root>',
    }
    reading = read(package(parts))
    label = find(reading, MARK)
    assert (label.role, label.locator) == (Role.PROPERTY, "property:MSIP_Label_1_Name")
    assert find(reading, "Tiêu đề").locator == "property:Title"
    assert find(reading, "giá trị").role is Role.PROPERTY
    assert find(reading, "nhãn").origin is Origin.HIDDEN


def test_attributes_of_any_part_speak_when_no_program_would_write_them_so() -> None:
    people = f'<people xmlns="urn:x"><person author="{MARK}" id="Person_One"/><item val="Tối mật"/></people>'
    texts = [run.text for run in read(word(para("x"), word__people_xml=people)).document.runs]
    assert MARK in texts
    assert not {"Person_One", "Tối mật"} & set(texts)


def test_parts_that_nothing_refers_to_are_read_and_reported() -> None:
    data = word(para("x"), word__stray_xml=f"<w:hdr {NAMESPACES}>{para(MARK)}</w:hdr>")
    reading = read(data)
    assert find(reading, MARK).origin is Origin.HIDDEN
    assert ("unreferenced-part", "part:word/stray.xml") in {
        (a.kind, a.locator) for a in reading.document.active_content
    }


def test_the_result_of_a_hyperlink_field_is_a_link() -> None:
    def field(code: str) -> str:
        begin, separate, end = (
            f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end")
        )
        code = f"<w:r><w:instrText>{code}</w:instrText></w:r>"
        return f"{begin}{code}{separate}<w:r><w:t>{MARK}</w:t></w:r>{end}<w:r><w:t>x</w:t></w:r>"

    for code, is_link in ((" HYPERLINK &quot;mailto:a@b.vn&quot; ", True), (" REF a ", False)):
        reading = read(word(f"<w:p>{field(code)}</w:p>"))
        assert (find(reading, MARK).link, find(reading, "x").link) == (is_link, False)


def test_the_address_of_a_link_gives_its_words() -> None:
    target = "file:///%5C%5Cmay-chu%5CV%C4%82N%20B%E1%BA%A2N%20T%E1%BB%90I%20M%E1%BA%ACT%5Ca.docx"
    links = relationships(
        {"rId1": ("hyperlink", target), "rId2": ("hyperlink", "https://x.test/a")}, external=["rId1", "rId2"]
    )
    parts = {
        "word/document.xml": f"<w:document {NAMESPACES}><w:body>{para('x')}</w:body></w:document>",
        "word/_rels/document.xml.rels": links,
    }
    runs = read(package(parts)).document.runs
    found = [(run.text, run.origin) for run in runs if run.locator == "link"]
    assert found == [("file:///\\\\may-chu\\VĂN BẢN TỐI MẬT\\a.docx", Origin.HIDDEN)]


@pytest.mark.parametrize(
    ("kind", "target", "active"),
    [
        ("attachedTemplate", "https://x.test/a.dotm", "external-template"),
        ("image", "https://x.test/a.png", "external-object"),
        ("oleObject", "file:///c:/a.doc", "external-object"),
        ("frame", "https://x.test/", "external-object"),
        ("hyperlink", "file://server/share", "external-link"),
        ("hyperlink", "https://x.test/", None),
    ],
)
def test_what_leads_outside_is_reported(kind: str, target: str, active: str | None) -> None:
    links = relationships({"rId1": (kind, target)}, external=["rId1"])
    parts = {
        "word/document.xml": f"<w:document {NAMESPACES}><w:body>{para('x')}</w:body></w:document>",
        "word/_rels/document.xml.rels": links,
    }
    assert [each.kind for each in read(package(parts)).document.active_content] == ([active] if active else [])


@pytest.mark.parametrize(
    ("title", "even", "shown"),
    [("", "", {"usual"}), ("<w:titlePg/>", "", {"usual", "first"}), ("", "<w:evenAndOddHeaders/>", {"usual", "even"})],
)
def test_a_section_shows_the_headers_of_the_one_before_it(title: str, even: str, shown: set[str]) -> None:
    kinds = {"header1": "default", "header2": "first", "header3": "even"}
    references = "".join(f'<w:headerReference w:type="{kind}" r:id="{name}"/>' for name, kind in kinds.items())
    body = f"{para('a', paragraph=f'<w:sectPr>{references}</w:sectPr>')}{para('b')}<w:sectPr>{title}</w:sectPr>"
    headers = {
        f"word__{name}_xml": f"<w:hdr {NAMESPACES}>{para(words)}</w:hdr>"
        for name, words in zip(kinds, ("usual", "first", "even"), strict=True)
    }
    reading = read(word(body, word__settings_xml=f"<w:settings {NAMESPACES}>{even}</w:settings>", **headers))
    runs = [run for run in reading.document.runs if run.role is Role.HEADER and run.origin is Origin.TEXT]
    assert {run.text for run in runs} == shown


def test_a_style_of_another_level_keeps_the_list_that_it_is_based_on() -> None:
    levels = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:lvlText w:val="{words}"/></w:lvl>'
        for level, words in enumerate(("Phần %1", "Mục %2"))
    )
    numbering = (
        f'<w:numbering {NAMESPACES}><w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )
    listed = ('<w:numId w:val="1"/>', '<w:ilvl w:val="1"/>', '<w:numId w:val="0"/>')
    sheet = styles(
        *(
            style(name, base=base, more=f"<w:pPr><w:numPr>{setting}</w:numPr></w:pPr>")
            for name, base, setting in zip("ABC", ("", "A", "B"), listed, strict=True)
        )
    )
    body = "".join(para("x", paragraph=f'<w:pStyle w:val="{name}"/>') for name in "ABC")
    runs = read(word(body, word__styles_xml=sheet, word__numbering_xml=numbering)).document.runs
    assert "".join(run.text for run in runs) == "Phần 1\txMục 1\txx"


@pytest.mark.parametrize("stored", ["header%201.xml", "header 1.xml", "HEADER%201.xml"])
def test_a_part_is_found_by_its_name_however_it_is_written(stored: str) -> None:
    body = f'{para("a")}<w:sectPr><w:headerReference w:type="default" r:id="h"/></w:sectPr>'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"
    parts = {
        "word/document.xml": f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": relationships({"h": ("header", "header%201.xml")}),
        f"word/{stored}": f"<w:hdr {NAMESPACES}>{para(MARK)}</w:hdr>",
    }
    reading = read(package(parts, types={"word/header%201.xml": kind}))
    assert (find(reading, MARK).role, reading.document.active_content) == (Role.HEADER, ())


def test_two_parts_of_one_name_are_no_package() -> None:
    with pytest.raises(ReadError, match="zip-duplicate-name"):
        read(word(para("a"), **{"word/a%20b.xml": "<a/>", "word/a b.xml": "<a/>"}))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("DDEAUTO c:\\\\windows cmd", "dde"),
        ("QUOTE 68 68 69", "dde"),
        ("INCLUDEPICTURE http://x.test", "external-object"),
        ("MACROBUTTON Run x", "macro"),
        ("PAGE", None),
    ],
)
def test_field_codes_that_act_are_reported_even_when_split(code: str, kind: str | None) -> None:
    pieces = "".join(f"<w:r><w:instrText xml:space='preserve'>{letter}</w:instrText></w:r>" for letter in code)
    begin, end = ('<w:r><w:fldChar w:fldCharType="begin"/></w:r>', '<w:r><w:fldChar w:fldCharType="end"/></w:r>')
    reading = read(word(f"<w:p>{begin}{pieces}{end}</w:p>"))
    assert [each.kind for each in reading.document.active_content] == ([kind] if kind else [])


def field(code: str, result: str | None = None) -> str:
    marks = {kind: f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end")}
    shown = "" if result is None else f"{marks['separate']}{result}"
    return f"{marks['begin']}{code}{shown}{marks['end']}"


@pytest.mark.parametrize("outer", ["", "<w:r><w:t>THƯỜNG</w:t></w:r>"])
def test_the_result_of_a_field_in_the_code_of_another_is_not_shown(outer: str) -> None:
    code, result = "<w:r><w:instrText>PAGE</w:instrText></w:r>", "<w:r><w:t>1</w:t></w:r>"
    inner = field(code, result)
    shown = [
        "".join(run.text for run in read(word(f"<w:p>{markup}</w:p>")).document.runs if run.origin is Origin.TEXT)
        for markup in (field(f"{code}{inner}", outer), field(code, inner))
    ]
    assert shown == ["THƯỜNG" if outer else "", "1"]


@pytest.mark.parametrize(
    ("code", "shown"),
    [("SET b x", ""), ("EQ \\o(Ậ)", "Ậ"), ("SYMBOL 7852 \\u", "Ậ"), ("MACROBUTTON x Ậ", "Ậ"), ("REF b", "x")],
)
def test_a_result_that_its_field_never_shows_is_not_shown(code: str, shown: str) -> None:
    result = "<w:r><w:t>x</w:t></w:r>"
    marked = field(f"<w:r><w:instrText>{code}</w:instrText></w:r>", result)
    for markup in (marked, f'<w:fldSimple w:instr="{code}">{result}</w:fldSimple>'):
        runs = read(word(f"<w:p><w:r><w:t>M</w:t></w:r>{markup}<w:r><w:t>T</w:t></w:r></w:p>")).document.runs
        assert "".join(run.text for run in runs if run.origin is Origin.TEXT) == f"M{shown}T"


def test_letters_spelled_by_numbers_in_a_field_are_read() -> None:
    code = "QUOTE " + " ".join(str(ord(letter)) for letter in "MẬT")
    assert find(read(word(f'<w:p><w:fldSimple w:instr="{code}"/></w:p>')), "MẬT").role is Role.FIELD


@pytest.mark.parametrize("code", ["DATE \\@ &quot;'MẬT' dd&quot;", "PAGE \\# &quot;'MẬT'&quot;"])
def test_letters_in_the_picture_of_a_value_are_read_whatever_its_result_is(code: str) -> None:
    runs = read(word(f'<w:p><w:fldSimple w:instr="{code}"><w:r><w:t>1</w:t></w:r></w:fldSimple></w:p>')).document.runs
    assert {"1", "MẬT"} <= {run.text for run in runs}


def test_pictures_and_embedded_files_become_members() -> None:
    picture = (
        '<w:p><w:r><w:drawing><wp:inline><wp:extent cx="7560310" cy="10692130"/><a:graphic><a:graphicData><pic:pic>'
        '<pic:blipFill><a:blip r:embed="rId1"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline>'
        "</w:drawing></w:r></w:p>"
    )
    parts: dict[str, str | bytes] = {
        "word/document.xml": f"<w:document {NAMESPACES}><w:body>{picture}<w:altChunk r:id='rId3'/></w:body></w:document>",
        "word/_rels/document.xml.rels": relationships(
            {"rId1": ("image", "media/a.png"), "rId2": ("package", "embeddings/b.xlsx"), "rId3": ("aFChunk", "c.html")}
        ),
        "word/media/a.png": b"\x89PNG picture",
        "word/embeddings/b.xlsx": b"PK\x03\x04 inner",
        "word/c.html": b"<p>chunk</p>",
    }
    reading = read(package(parts))
    assert {(m.name, m.relation) for m in reading.members} == {
        ("word/media/a.png", "image"),
        ("word/embeddings/b.xlsx", "embedded"),
        ("word/c.html", "embedded"),
    }
    assert reading.document.images[0].sha256 is not None


def test_strict_documents_are_read_like_transitional_ones() -> None:
    data = word(para("Uỷ", '<w:sz w:val="14pt"/>' + fonts(ascii="Arial", hAnsi="Arial")))
    strict = {
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main": b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/": b"http://purl.oclc.org/ooxml/officeDocument/relationships/",
    }
    parts = members(data)
    for name in parts:
        for usual, other in strict.items():
            parts[name] = parts[name] if name.startswith("[") else parts[name].replace(usual, other)
    run = find(read(zipped(parts)), "Uỷ")
    assert (run.font, run.size_pt) == ("Arial", 14.0)


def test_a_package_with_two_main_parts_is_read_as_both() -> None:
    parts = {
        "word/document.xml": f"<w:document {NAMESPACES}><w:body>{para('một')}</w:body></w:document>",
        "xl/workbook.xml": f'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheets><sheet name="{MARK}"/></sheets></workbook>',
        "_rels/.rels": relationships(
            {"rId1": ("officeDocument", "word/document.xml"), "rId2": ("officeDocument", "xl/workbook.xml")}
        ),
    }
    reading = read(package(parts))
    assert find(reading, "một").role is Role.BODY
    assert find(reading, MARK).role is Role.NAME


# Hostile input
