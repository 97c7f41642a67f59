"""XML of every kind: Office 2003, exchange documents, and traps."""

import base64
import contextlib
import time
import zlib
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.documents.readers.base import Budget, ReadError, Source
from gateway.documents.readers.drawings import diagram
from gateway.documents.readers.markup import html, office2003, svg, xml
from gateway.documents.readers.registry import reader_for
from gateway.documents.readers.sniff import sniff
from gateway.model import Origin, ReadStatus, Role
from gateway.vietnamese.marks import Strength, find_in_document
from tests.support import reading
from tests.support.cases import examples
from tests.support.reading import unread

WORD = (
    '<?mso-application progid="Word.Document"?><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:aml="http://schemas.microsoft.com/aml/2001/core">{}</w:wordDocument>'
)
BOOK = (
    '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:x="urn:schemas-microsoft-com:office:excel" '
    'xmlns:html="http://www.w3.org/TR/REC-html40">{}</Workbook>'
)


def read(text: str | bytes):
    data = text if isinstance(text, bytes) else text.encode()
    return xml.read(Source(data=data, part="1"), Budget())


def word(body: str, before: str = ""):
    return read(WORD.format(f"{before}<w:body>{body}</w:body>")).document.runs


def test_text_between_elements_is_one_block_with_theirs():
    found = read("<a>TỐI <b>M</b>ẬT</a>").document.runs
    assert "".join(run.text for run in found) == "TỐI MẬT"
    assert len({run.block for run in found}) == 1


def test_words_in_attributes_and_comments_are_hidden_text():
    found = read('<a nhan="TỐI MẬT" id="x17"><!-- GHI CHÚ --><b>chữ</b></a>').document.runs
    assert [(run.text.strip(), run.origin) for run in found] == [
        ("TỐI MẬT", Origin.HIDDEN),
        ("GHI CHÚ", Origin.HIDDEN),
        ("chữ", Origin.TEXT),
    ]


def test_a_file_in_base64_is_handed_on():
    content = b"%PDF-1.4 " + bytes(90)
    reading = read(f"<edXML><AttachmentContent>{base64.b64encode(content).decode()}</AttachmentContent></edXML>")
    assert [member.data for member in reading.members] == [content]


def test_an_address_in_a_style_sheet_goes_on_behind_a_backslash():
    lines = "\\\n".join(base64.encodebytes(b"\x89PNG\r\n\x1a\n" + bytes(200)).decode().split())
    style = f'.a{{fill:url("data:image/png;base64,\\\n{lines}")}}'
    assert [len(member.data) for member in read(f"<svg><style><![CDATA[{style}]]></style></svg>").members] == [208]


def test_a_signature_value_is_no_file():
    reading = read(f"<SignatureValue>{base64.b64encode(bytes(range(250))).decode()}</SignatureValue>")
    assert reading.members == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('<!DOCTYPE a [<!ENTITY b "ẬT"><!ENTITY c "M&b;">]><a>&c;</a>', "doctype"),
        ('<!DOCTYPE a [<!ENTITY % b "x"> %b;]><a>MẬT</a>', "doctype"),
        ('<!DOCTYPE a [<!ATTLIST b c CDATA "MẬT">]><a><b/></a>', "doctype"),
        ('<!DOCTYPE a [<!-- <!ENTITY b "x"> --><!ENTITY b "MẬT">]><a>&b;</a>', "doctype"),
        ("no markup at all", "xml"),
    ],
)
def test_what_cannot_be_read_safely_is_refused(text, reason):
    assert unread(read, text) == (ReadStatus.MALFORMED, reason)


@pytest.mark.parametrize(
    ("tail", "status", "reason"),
    [
        ("", ReadStatus.OK, ""),
        ("<b>&amp;&#7852;</b>", ReadStatus.OK, ""),
        ("<b>&x;</b>", ReadStatus.PARTIAL, "xml"),
        ("<b>&lt;</c>", ReadStatus.OK, ""),
    ],
)
def test_a_document_type_without_declarations_hides_only_what_refers_to_it(tail, status, reason):
    document = read(f'<!DOCTYPE a PUBLIC "-//X" "a.dtd"><a><c>MẬT</c>{tail}</a>').document
    assert (document.status, document.reason) == (status, reason)
    assert document.runs[0].text == "MẬT"


def test_words_that_a_document_type_names_are_read():
    declared = '<!ENTITY ns_svg "http://www.w3.org/2000/svg"><!ENTITY b \'TỐI\'><!ENTITY b "x">'
    document = read(f'<!DOCTYPE svg [{declared}]><svg xmlns="&ns_svg;"><text>&b; MẬT</text></svg>').document
    assert document.status is ReadStatus.OK
    assert "TỐI MẬT" in [run.text for run in document.runs]


@pytest.mark.parametrize("tail", ["", "&b;"])
def test_an_entity_of_another_file_is_content_from_outside_where_it_is_used(tail):
    document = read(f'<!DOCTYPE a [<!ENTITY b SYSTEM "b.xml">]><a>chữ {tail}</a>').document
    assert document.status is ReadStatus.OK
    assert [content.kind for content in document.active_content] == (["external-object"] if tail else [])


def test_markup_that_no_program_fixes_is_read_by_its_lines_too():
    document = read("<a><b>T\u1ed0<i>I</i></b> &amp; M&#7852;T</a>\n</z><c d=>HỎA <q>TỐC").document
    assert document.status is ReadStatus.OK
    assert {"TỐI & MẬT", "HỎA TỐC"} <= {" ".join(run.text.split()) for run in document.runs}


def test_broken_markup_of_office_is_read_as_far_as_it_goes():
    document = read(f'<w:wordDocument xmlns:w="{office2003.WORD}"><w:body><w:p><w:r><w:t>MẬT</w:t></w:body>').document
    assert (document.status, document.reason) == (ReadStatus.PARTIAL, "xml")
    assert "MẬT" in [run.text for run in document.runs]


def test_deep_nesting_is_a_limit():
    assert unread(read, "<a>" * 5000 + "</a>" * 5000)[0] is ReadStatus.LIMIT


def test_a_style_sheet_from_elsewhere_is_an_external_object():
    document = read('<?xml-stylesheet href="http://example.invalid/x.xsl" type="text/xsl"?><a>b</a>').document
    assert [active.kind for active in document.active_content] == ["external-object"]


@pytest.mark.parametrize("label", ["utf-16", "UTF-16LE", "unicode"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_utf_8_that_calls_itself_utf_16_is_read(label, codec):
    reading = read(f'<?xml version="1.0" encoding="{label}" standalone="yes"?><a><b>TỐI MẬT</b></a>'.encode(codec))
    assert reading.document.status is ReadStatus.OK
    assert [run.text for run in reading.document.runs] == ["TỐI MẬT"]


def test_utf_16_is_read():
    assert [
        run.text for run in read('<?xml version="1.0" encoding="utf-16"?><a>MẬT</a>'.encode("utf-16")).document.runs
    ] == ["MẬT"]


def lines(runs) -> list[str]:
    return [line.strip() for line in reading.lines(runs)]


@pytest.mark.parametrize(
    "body",
    [
        "<w:p><w:r><w:t>M</w:t></w:r><w:r><w:t>ẬT</w:t></w:r></w:p>",
        "<w:sectPr><w:hdr><w:p><w:r><w:t>MẬT</w:t></w:r></w:p></w:hdr></w:sectPr>",
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>MẬT</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
        "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>MẬT</w:t></w:r></w:p>",
        '<w:p><aml:annotation w:type="Word.Deletion"><aml:content><w:r><w:delText>MẬT</w:delText></w:r></aml:content></aml:annotation></w:p>',
        "<w:p>a<w:r><w:pict><v:textbox><w:txbxContent><w:p><w:r><w:t>MẬT</w:t></w:r></w:p></w:txbxContent></v:textbox></w:pict></w:r></w:p>",
        '<w:p><w:r><w:pict><v:shape><v:textpath string="MẬT"/></v:shape></w:pict></w:r></w:p>',
        "<w:p><w:unknown>MẬT</w:unknown></w:p>",
    ],
)  # fmt: skip
def test_words_of_a_word_2003_file_are_lines_wherever_they_stand(body):
    assert "MẬT" in lines(word(body))


def test_a_break_in_a_word_2003_paragraph_parts_its_lines():
    (text,) = lines(word("<w:p><w:r><w:t>MẬT</w:t><w:br/><w:t>Số 1</w:t></w:r></w:p>"))
    assert text == "MẬT\nSố 1"


def test_looks_of_office_2003_files_are_not_judged():
    assert {
        run.font for run in word('<w:p><w:r><w:rPr><w:rFonts w:ascii="Arial"/></w:rPr><w:t>a</w:t></w:r></w:p>')
    } == {None}


def test_pictures_macros_and_fields_of_a_word_2003_file_are_reported():
    picture, objects = (
        b"\x89PNG" + bytes(60),
        b"ActiveMime" + bytes(40) + zlib.compress(b"\xd0\xcf\x11\xe0" + bytes(60)),
    )
    reading = read(
        WORD.format(
            f'<w:docSuppData><w:binData w:name="editdata.mso">{base64.b64encode(objects).decode()}</w:binData></w:docSuppData>'
            f'<w:body><w:p><w:r><w:pict><w:binData w:name="wordml://1.png">{base64.b64encode(picture).decode()}</w:binData>'
            "</w:pict></w:r><w:r><w:instrText>DDEAUTO c:\\x</w:instrText></w:r></w:p></w:body>"
        )
    )
    assert {active.kind for active in reading.document.active_content} == {"macro", "dde"}
    assert [(member.name, member.data[:4]) for member in reading.members] == [
        ("editdata.mso", b"\xd0\xcf\x11\xe0"),
        ("1.png", b"\x89PNG"),
    ]


@pytest.mark.parametrize(
    "sheet",
    [
        '<Table><Row><Cell><Data ss:Type="String">MẬT</Data></Cell></Row></Table>',
        '<Table><Row><Cell><ss:Data ss:Type="String"><html:B>M</html:B><html:Font>ẬT</html:Font></ss:Data></Cell></Row></Table>',
        "<Table><Row><Cell><Comment><Data>MẬT</Data></Comment></Cell></Row></Table>",
        '<x:WorksheetOptions><x:PageSetup><x:Header x:Data="&amp;C&amp;&quot;Arial&quot;MẬT"/></x:PageSetup></x:WorksheetOptions>',
        "<x:DataValidation><x:InputMessage>MẬT</x:InputMessage></x:DataValidation>",
    ],
)  # fmt: skip
def test_words_of_an_excel_2003_file_are_lines_wherever_they_stand(sheet):
    assert "MẬT" in lines(read(BOOK.format(f'<Worksheet ss:Name="a">{sheet}</Worksheet>')).document.runs)


@pytest.mark.parametrize(
    "body",
    [
        "<x:ExcelWorkbook><x:SupBook><x:Path>cmd|/c calc.exe</x:Path></x:SupBook></x:ExcelWorkbook>",
        "<Worksheet><Table><Row><Cell ss:Formula=\"=cmd|' /C calc'!A0\"/></Row></Table></Worksheet>",
    ],
)
def test_a_dde_link_of_an_excel_2003_file_is_active_content(body):
    assert [active.kind for active in read(BOOK.format(body)).document.active_content] == ["dde"]


@pytest.mark.parametrize(
    ("value", "reported"),
    [("", True), ('<Data ss:Type="Number">0</Data>', True), ('<Data ss:Type="String">abc</Data>', False)],
)
def test_a_formula_of_an_excel_2003_file_shows_the_text_that_is_saved_or_nobody_can_tell(value, reported):
    cell = f'<Worksheet><Table><Row><Cell ss:Formula="=MID(RC[1],2,3)">{value}</Cell></Row></Table></Worksheet>'
    assert bool(read(BOOK.format(cell)).document.active_content) is reported


@pytest.mark.parametrize(
    ("value", "marked"),
    [
        ('<Data ss:Type="String">Thường</Data>', False),
        ('<Data ss:Type="String"></Data>', False),
        ('<Data ss:Type="String">khác</Data>', True),
        ('<Data ss:Type="Number">1</Data>', True),
        ("", True),
    ],
)
def test_what_a_formula_of_an_excel_2003_file_did_not_choose_is_no_mark(value, marked):
    formula = "=IF(RC[1]=1,&quot;TUYỆT MẬT&quot;,IF(RC[2]=1,&quot;Thường&quot;,IF(RC[3],&quot;1&quot;,&quot;&quot;)))"
    sought = '<Cell ss:Formula="=COUNTIF(C1,&quot;TUYỆT MẬT&quot;)"><Data ss:Type="Number">0</Data></Cell>'
    cell = f'<Worksheet><Table><Row>{sought}<Cell ss:Formula="{formula}">{value}</Cell></Row></Table></Worksheet>'
    assert bool(find_in_document(read(BOOK.format(cell)).document)) is marked


def test_literals_that_a_formula_of_an_excel_2003_file_joins_are_one_word():
    cell = '<Worksheet><Table><Row><Cell ss:Formula="=&quot;TỐI M&quot;&amp;&quot;ẬT&quot;"/></Row></Table></Worksheet>'
    assert find_in_document(read(BOOK.format(cell)).document)


@examples(150)
@given(
    st.sampled_from((WORD, BOOK)),
    st.lists(
        st.sampled_from([
            "<w:p>", "</w:p>", "<w:r>", "</w:r>", "<w:t>MẬT", "</w:t>", "<w:tc>", "</w:tc>", "<w:tbl>", "</w:tbl>", "<Row>", "</Row>",
            "<Cell>", "</Cell>", "<!--", "-->", "<w:binData>AAAA", "&amp;", "<?x y?>",
            '<w:fldChar w:fldCharType="begin"/>',
        ]),
        max_size=40,
    ),
)  # fmt: skip
def test_any_order_of_elements_is_read_or_refused_in_time(frame, pieces):
    began = time.process_time()
    with contextlib.suppress(ReadError):
        read(frame.format("".join(pieces)))
    assert time.process_time() - began < 2


def test_a_root_with_an_unknown_prefix_is_read_as_far_as_it_goes():
    document = read("<w:root>MẬT</w:root>").document
    assert (document.status, document.runs[0].text) == (ReadStatus.OK, "MẬT")


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        (
            '<FixedPage xmlns="http://schemas.microsoft.com/xps/2005/06"><Glyphs UnicodeString="TỐI MẬT"/></FixedPage>',
            "xps",
        ),
        (
            '<FixedPage xmlns="http://schemas.openxps.org/oxps/v1.0"><Path Data="M 1,1 V 2 H 3 Z"/>TỐI MẬT</FixedPage>',
            "xps",
        ),
        (
            '<pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage"><pkg:part pkg:name="/word/document.xml">'
            '<pkg:xmlData><w:p xmlns:w="urn:w">TỐI MẬT</w:p></pkg:xmlData></pkg:part></pkg:package>',
            "flat-opc",
        ),
        (
            '<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"><office:body><text:p '
            'xmlns:text="urn:t">TỐI <text:span>MẬT</text:span></text:p></office:body></office:document>',
            "flat-odf",
        ),
    ],
)
@pytest.mark.parametrize("charset", ["utf-8", "utf-16"])
def test_of_pages_that_are_not_laid_out_the_words_are_read_and_the_rest_is_cannot_tell(page, kind, charset):
    data = page.encode(charset)
    assert sniff(data).primary == "application/xml"
    document = read(data).document
    assert (document.format, document.status, document.reason) == (kind, ReadStatus.UNSUPPORTED, kind)
    assert "".join(run.text for run in document.runs) == "TỐI MẬT"
    assert len({run.block for run in document.runs}) == 1


def packed_page(text):
    packer = zlib.compressobj(wbits=-15)
    page = quote(f'<mxGraphModel><root><mxCell id="2" value="{text}"/></root></mxGraphModel>').encode()
    return base64.b64encode(packer.compress(page) + packer.flush()).decode()


@pytest.mark.parametrize(
    ("label", "marked"),
    [
        ("TỐI&lt;br&gt;MẬT", True),
        ("&lt;p&gt;TỐI M&lt;b style=&quot;color:red&quot;&gt;ẬT&lt;/b&gt;&lt;/p&gt;", True),
        ("T&amp;#7888;I M&amp;#7852;T &lt;br/&gt;", True),
        ("TỐI M&lt;b x&gt;ẬT&lt;/b&gt;", True),
        ("&lt;b title=&quot;TUYỆT MẬT&quot;&gt;x&lt;/b&gt;", True),
        ("a &lt;p\nTUYỆT MẬT &gt; 5", True),
        ("a &lt;p TUYỆT MẬT &gt; 5", True),
        ("&lt;b title=&quot;Bảo mật&quot;&gt;x&lt;/b&gt;", False),
        ("BẢO&lt;br&gt;MẬT", False),
        ("&lt;b&gt;MẬT&lt;/b&gt; ONG", False),
        ("x &lt; y", False),
    ],
)
@pytest.mark.parametrize(
    "file", ['<mxfile><mxCell value="{}"/></mxfile>', "<rss><item><description>{}</description></item></rss>"]
)
def test_words_of_html_in_a_value_are_read_as_they_are_shown(label, marked, file):
    assert bool(find_in_document(read(file.format(label)).document)) is marked


def test_of_tags_in_a_value_only_their_words_are_read():
    value = "&lt;p class='a' style=\"color:red\"&gt;một&lt;br/&gt;&lt;img&gt;&lt;/p&gt;"
    assert "".join(run.text for run in read(f"<v>{value}</v>").document.runs).split() == ["một", "<img>"]


def test_a_uuencoded_file_in_a_value_holds_no_html():
    encoded = f"begin 644 a.gif\nM{'<B>!' * 15}\n`\nend"
    written = encoded.replace("<", "&lt;")
    document = read(f"<mail><text>&lt;p&gt;Kính gửi&lt;/p&gt;\n{written}</text></mail>").document
    assert "".join(run.text for run in document.runs).split() == ["Kính", "gửi", *encoded.split()]


@pytest.mark.parametrize(
    "page",
    [
        '<diagram id="x" name="Trang 1">{}</diagram>',
        '<diagram name="a>b">\n {} \n</diagram >',
        f'<diagram name="{"a" * 3000}">{{}}</diagram>',
        "<diagram><![CDATA[{}]]></diagram>",
        "<diagram>&#x20;<!-- a -->{}</diagram>",
    ],
)
@pytest.mark.parametrize("charset", ["utf-8", "utf-16"])
def test_packed_pages_of_a_diagram_are_unpacked(page, charset):
    pages = "".join(page.format(packed_page(words)) for words in ("một", "TỐI MẬT"))
    data = f'<?xml version="1.0" encoding="{charset}"?><mxfile host="a">{pages}</mxfile>'.encode(charset)
    assert reader_for(sniff(data).primary) is diagram.read
    reading = diagram.read(Source(data=data, part="1"), Budget())
    assert reading.document.status is ReadStatus.OK
    assert [member.name for member in reading.members] == ["page-1.xml", "page-2.xml"]
    assert 'value="TỐI MẬT"' in reading.members[1].data.decode()


def test_a_diagram_that_is_not_packed_has_no_page_to_unpack():
    data = b'<mxfile><diagram>\n <mxGraphModel><mxCell value="mot hai"/></mxGraphModel>\n</diagram></mxfile>'
    reading = diagram.read(Source(data=data, part="1"), Budget())
    assert (reading.document.status, reading.members) == (ReadStatus.OK, ())


def test_a_page_of_a_diagram_that_cannot_be_unpacked_is_reported():
    data = f"<mxfile><diagram>{packed_page('a')[:-12]}</diagram></mxfile>".encode()
    assert diagram.read(Source(data=data, part="1"), Budget()).document.status is ReadStatus.MALFORMED


@pytest.mark.parametrize(
    ("style", "text", "shown"),
    [
        ("", "<text style='text-transform:uppercase'>mật</text>", "MẬT"),
        (".a tspan{font-variant:small-caps}", "<text class='a'>x <tspan>mật</tspan> y</text>", "X MẬT Y"),
        (".b{text-transform:uppercase}", "<text class='a'>mật ong</text>", "MẬT ONG"),
        (
            "g{text-transform: none; font-variant:normal}",
            "<g><text style='font-variant-caps:normal'>mật</text></g>",
            "mật",
        ),
    ],
)
def test_letters_of_svg_are_capitals_where_its_styles_show_some_of_them_so(style, text, shown):
    document = read(f'<svg xmlns="http://www.w3.org/2000/svg"><style>{style}</style>{text}</svg>').document
    assert "".join(run.text for run in document.runs if run.role is Role.BODY and "style" not in run.locator) == shown


def test_of_a_switch_of_svg_the_child_that_is_not_shown_parts_no_words():
    texts = "<!-- x --><text systemLanguage='zz'>Ba</text><text>MẬT</text><text>ONG</text>"
    document = read(
        f'<svg xmlns="http://www.w3.org/2000/svg"><switch>{texts}</switch><text>Hà Nội</text></svg>'
    ).document
    assert [run.text for run in document.runs if run.role is Role.BODY] == ["MẬT", "Hà Nội", "Ba", "ONG"]
    assert find_in_document(document)


def test_a_text_of_svg_is_one_line_of_its_pieces():
    drawing = '<svg xmlns="http://www.w3.org/2000/svg"><text><tspan>TUYỆT </tspan><tspan>MẬT</tspan></text></svg>'
    runs = read(drawing).document.runs
    assert "".join(run.text for run in runs) == "TUYỆT MẬT"
    assert len({run.block for run in runs}) == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<text>M<tspan class='z'>áy</tspan>ẬT</text>", "MẬT"),
        ("<text>BẢ<tspan>O MẬT</tspan></text>", "BẢO MẬT"),
    ],
)
def test_what_the_style_sheet_of_an_svg_hides_parts_no_words(text, shown):
    style = "<style>.z{display:none}</style>"
    (member,) = read(f'<svg xmlns="http://www.w3.org/2000/svg">{style}{text}</svg>').members
    page = html.read(Source(data=member.data, part="1", detected_type=member.declared_type), Budget()).document
    assert "".join(run.text for run in page.runs if run.origin is Origin.TEXT) == shown


@pytest.mark.parametrize(
    "spans",
    [
        # LibreOffice, Inkscape, hand-written
        '<tspan class="TextParagraph"><tspan x="2" y="18"><tspan>Số: 12/BC-VP</tspan></tspan></tspan>'
        '<tspan class="TextParagraph"><tspan x="2" y="24"><tspan>TỐI </tspan></tspan><tspan x="9" y="24">MẬT</tspan></tspan>',
        '<tspan x="2" y="18">Số: 12/BC-VP</tspan><tspan x="2 3 4" y="24 24 24">TỐI <tspan>MẬT</tspan></tspan>',
        'Số: 12/BC-VP<tspan x="0" dy="1.2em">TỐI <tspan dy="-2">MẬT</tspan></tspan>',
    ],
)
def test_a_text_of_svg_breaks_where_its_spans_change_height(spans):
    document = read(f'<svg xmlns="http://www.w3.org/2000/svg"><text x="1" y="18">{spans}</text></svg>').document
    assert lines(document.runs) == ["Số: 12/BC-VP", "TỐI MẬT"]


def test_parts_of_an_opendocument_package_are_read_as_any_xml():
    office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
    document = read(
        f'<office:document-content xmlns:office="{office}"><p>Biểu đồ</p></office:document-content>'.encode()
    ).document
    assert (document.format, document.status, [run.text for run in document.runs]) == (
        "xml",
        ReadStatus.OK,
        ["Biểu đồ"],
    )


def test_what_the_data_of_a_paper_say_that_it_is_about_is_judged_as_a_subject():
    assert find_in_document(read("<m><so>12</so><Subject>KH phòng thủ (Mật)</Subject></m>").document)
    assert not find_in_document(read("<m><so>12</so><Subject>KH tập huấn bảo mật</Subject></m>").document)


@pytest.mark.parametrize(
    ("name", "value", "marked"),
    [
        ("doMat", "Tối mật", True),
        ("do_mat", "Mật", True),
        ("securityLevel", "Mật", True),
        ("doMat", "Thường", False),
        ("ghiChu", "Mật", False),
    ],
)
def test_the_name_of_an_element_is_the_label_of_its_value(name: str, value: str, marked: bool):
    document = read(f"<vanBan><so>12</so><{name}>{value}</{name}></vanBan>").document
    assert any(mark.strength is Strength.MARKED for mark in find_in_document(document)) is marked


def test_all_shapes_of_a_symbol_are_drawn_and_too_many_shapes_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(svg, "LIMIT_SHAPES", 500)
    tiny = '<path d="M0 0L9 0L9 30Z"/>'
    symbol = f'<symbol id="a">{tiny * 200}%s</symbol><use href="#a"/>'
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg"><text>x</text>{symbol}</svg>'
    (short,), (long,) = (read(drawing % last).members for last in ("", '<path d="M90 0L99 0L99 30Z"/>'))
    assert short.data != long.data
    document = read(f'<svg xmlns="http://www.w3.org/2000/svg"><text>x</text>{tiny * 501}</svg>').document
    assert (document.status, document.reason) == (ReadStatus.LIMIT, "svg-shapes")


def test_entities_are_read_in_utf16_as_in_utf8() -> None:
    text = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x [<!ENTITY a "MẬT">]><x>TỐI &a;</x>'
    assert [run.text for run in read(text.encode("utf-16")).document.runs] == ["TỐI MẬT"]
