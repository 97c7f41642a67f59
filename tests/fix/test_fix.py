"""`gateway fix`: legacy letters, fonts and colours fixed in place; everything else as it was; what is refused."""

import contextlib
import io
import re
import unicodedata
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.commands.typography import _show
from gateway.fix import RefusedError, fix, lint_lines, refusal, report_lines
from gateway.model import Document, Language, PageSetup, ReadStatus, Run
from gateway.vietnamese.legacy_tables import Charset
from gateway.vietnamese.typography import examine
from tests.support import reading
from tests.support.cases import examples, slow
from tests.support.cost import least_cost
from tests.support.legacy_letters import encode
from tests.support.libreoffice import converted, needs_libreoffice
from tests.support.octets import members, zipped
from tests.support.reading import document_of as read
from tests.text.accuracy import CORPUS
from tests.text.letters import SENTENCES, Layout, letter

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
LEGACY = [(Charset.TCVN3, ".VnTime"), (Charset.VNI, "VNI-Times"), (Charset.VISCII, "VI Times")]
REAL = sorted((CORPUS / "vietnam").glob("viparse__*.rtf")) + sorted((CORPUS / "vietnam").glob("viparse__*.docx"))


SIGNED_BY_NET = (
    b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="psdsxs" '
    b'ContentType="application/vnd.openxmlformats-package.digital-signature-xmlsignature+xml"/></Types>'
)


def docx(body: str, *, styles: str = "", extra: dict[str, bytes] | None = None) -> bytes:
    """A minimal package around the body's XML."""
    parts = {
        "[Content_Types].xml": b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        b'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        b'<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>'
        b'<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/></Types>',
        "_rels/.rels": b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>',
        "word/styles.xml": f'<w:styles xmlns:w="{W}">{styles}</w:styles>'.encode(),
        "word/document.xml": f'<?xml version="1.0" encoding="UTF-8"?>\n<w:document xmlns:w="{W}"><w:body>{body}<w:sectPr/></w:body></w:document>'.encode(),
    } | (extra or {})
    return zipped(parts)


def paragraph(text: str, font: str | None = None, more: str = "") -> str:
    fonts = f'<w:rFonts w:ascii="{font}" w:hAnsi="{font}"/>' if font else ""
    properties = f"<w:rPr>{fonts}{more}</w:rPr>" if fonts or more else ""
    return f"<w:p><w:r>{properties}<w:t>{text}</w:t></w:r></w:p>"


def lines(document: Document) -> list[str]:
    return [text.strip() for text in reading.lines(document.runs) if text.strip()]


@pytest.mark.parametrize(("charset", "font"), LEGACY)
def test_a_legacy_document_becomes_unicode_times_new_roman_and_black(charset, font):
    body = "".join(paragraph(encode(s, charset), font, '<w:color w:val="0000FF"/>') for s in SENTENCES)
    fixed = fix(docx(body))
    document = read(fixed.data)
    report = examine(document)
    assert lines(document) == list(SENTENCES)
    assert (report.font_share, report.black_share, report.legacy_letters) == (1, 1, 0)
    assert fixed.tally.converted == Counter({charset: len(SENTENCES)})


def test_letters_in_a_capital_font_become_capitals():
    fixed = fix(docx(paragraph("qu¶n lý", ".VnTimeH")))
    assert lines(read(fixed.data)) == ["QUẢN LÝ"]


def test_a_letter_cut_over_two_runs_is_fixed():
    runs = "".join(
        f'<w:r><w:rPr><w:rFonts w:ascii="VNI-Times" w:hAnsi="VNI-Times"/></w:rPr><w:t>{t}</w:t></w:r>'
        for t in ("nha", "ø nöôùc")
    )
    assert lines(read(fix(docx(f"<w:p>{runs}</w:p>")).data)) == ["nhà nước"]


@pytest.mark.parametrize(
    "written",
    ["<![CDATA[§iÒu lÖ]]>", "§iÒu<!-- a --> lÖ", "§iÒu<?a?> <![CDATA[lÖ]]>", "&#xA7;iÒu lÖ"],
)
def test_letters_are_read_however_the_file_writes_them(written):
    assert lines(read(fix(docx(paragraph(written, ".VnTime"))).data)) == ["Điều lệ"]


def test_a_letter_that_was_lost_before_keeps_none_of_the_others_in_the_old_code():
    assert lines(read(fix(docx(paragraph("§iÒu lÖ \ufffd", ".VnTime"))).data)) == ["Điều lệ \ufffd"]


def listed(level: str, text: str = "Nội dung") -> bytes:
    """A document of one paragraph of a list."""
    numbering = (
        f'<w:numbering xmlns:w="{W}"><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/>{level}</w:lvl>'
        '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{relation}styles" Target="styles.xml"/>'
        f'<Relationship Id="r2" Type="{relation}numbering" Target="numbering.xml"/></Relationships>'
    )
    body = paragraph(text, "Times New Roman").replace(
        "<w:p>", '<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>'
    )
    extra = {"word/numbering.xml": numbering.encode(), "word/_rels/document.xml.rels": relations.encode()}
    return docx(body, extra=extra)


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("§iÒu %1: “a”", '<w:rPr><w:rFonts w:ascii=".VnTime" w:hAnsi=".VnTime"/></w:rPr>'),
        ("§iÒu lÖ qu¶n lý %1: “a”", ""),
    ],
)
def test_labels_of_lists_are_fixed_with_their_paragraphs(text, more):
    fixed = fix(listed(f'<w:numFmt w:val="decimal"/><w:lvlText w:val="{text}"/>{more}'))
    document = read(fixed.data)
    assert lines(document)[0].startswith("Điều ")
    assert lines(document)[0].endswith("1: “a”\tNội dung")
    assert {run.font for run in document.runs} == {"Times New Roman"}
    assert fix(fixed.data).data is fixed.data


def test_a_level_without_a_format_below_one_of_bullets_is_numbered():
    look = '<w:rPr><w:rFonts w:ascii=".VnTime" w:hAnsi=".VnTime"/></w:rPr>'
    levels = (
        f'<w:numFmt w:val="bullet"/><w:lvlText w:val="o"/></w:lvl><w:lvl w:ilvl="1"><w:lvlText w:val="§iÒu %2"/>{look}'
    )
    assert "Điều %2".encode() in zipfile.ZipFile(io.BytesIO(fix(listed(levels)).data)).read("word/numbering.xml")


@pytest.mark.parametrize(
    "level",
    [
        '<w:numFmt w:val="bullet"/><w:lvlText w:val="o"/><w:rPr><w:rFonts w:ascii="Courier New" w:hAnsi="Courier New"/></w:rPr>',
        '<w:numFmt w:val="bullet"/><w:lvlText w:val="\uf0b7"/><w:rPr><w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/></w:rPr>',
        '<w:numFmt w:val="decimal"/><w:lvlText w:val="Điều %1."/>',
        '<w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1)"/>',
    ],
)
def test_bullets_and_labels_that_look_as_their_paragraphs_stay(level):
    data = listed(level)
    assert fix(data).data is data


def test_a_document_in_order_is_returned_as_it_is():
    data = docx("".join(paragraph(s, "Times New Roman") for s in SENTENCES))
    fixed = fix(data)
    assert fixed.data is data
    assert not fixed.tally.changed


def test_only_what_is_wrong_is_touched_and_every_other_byte_stays():
    good = paragraph("Độc lập &amp; tự do", "Times New Roman", '<w:b/><w:color w:val="auto"/>')
    data = docx(
        good + paragraph("chữ khác", "Arial") + good,
        extra={"word/media/image1.png": b"\x89PNG...", "customXml/item1.xml": b"<a/>"},
    )
    before, after = members(data), members(fix(data).data)
    assert list(before) == list(after)
    assert {name for name in before if before[name] != after[name]} == {"word/document.xml"}
    changed = after["word/document.xml"].replace(
        b'<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman"/>',
        b'<w:rFonts w:ascii="Arial" w:hAnsi="Arial"/>',
    )
    assert changed == before["word/document.xml"]


def test_colours_of_table_styles_and_of_the_theme_become_automatic():
    styles = '<w:style w:type="table" w:styleId="T"><w:tblStylePr w:type="firstRow"><w:rPr><w:color w:val="365F91"/></w:rPr></w:tblStylePr></w:style>'
    cell = f'<w:tbl><w:tblPr><w:tblStyle w:val="T"/></w:tblPr><w:tr><w:tc>{paragraph("trong bảng", "Times New Roman")}</w:tc></w:tr></w:tbl>'
    themed = paragraph("theo chủ đề", "Times New Roman", '<w:color w:val="000000" w:themeColor="accent3"/>')
    fixed = fix(docx(cell + themed, styles=styles))
    after = members(fixed.data)["word/document.xml"].decode()
    assert after.count('<w:color w:val="auto"/>') == 2
    assert "themeColor" not in after
    assert fixed.tally.colours == 2
    assert fix(fixed.data).data == fixed.data


def test_fonts_and_colours_of_styles_themes_and_defaults_are_followed():
    styles = (
        '<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman"/></w:rPr></w:rPrDefault></w:docDefaults>'
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"/>'
        '<w:style w:type="paragraph" w:styleId="Old"><w:basedOn w:val="Base"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="Base"><w:rPr><w:rFonts w:ascii="VNI-Times" w:hAnsi="VNI-Times"/><w:color w:val="FF0000"/></w:rPr></w:style>'
    )
    styled = (
        f'<w:p><w:pPr><w:pStyle w:val="Old"/></w:pPr><w:r><w:t>{encode(SENTENCES[0], Charset.VNI)}</w:t></w:r></w:p>'
    )
    fixed = fix(docx(paragraph(SENTENCES[1]) + styled, styles=styles))
    report = examine(read(fixed.data))
    assert lines(read(fixed.data)) == [SENTENCES[1], SENTENCES[0]]
    assert (report.font_share, report.black_share) == (1, 1)
    assert fixed.tally.fonts == 1


@pytest.mark.parametrize("more", ["", '<w:rFonts w:ascii="Arial" w:hAnsi="Arial"/><w:color w:val="FF0000"/>'])
def test_properties_with_an_end_tag_of_their_own_are_replaced_whole(more):
    style = '<w:rStyle w:val="X"/>'
    full, short = (
        members(fix(docx(f"<w:p><w:r><w:rPr>{properties}</w:rPr><w:t>Chào</w:t></w:r></w:p>")).data)[
            "word/document.xml"
        ]
        for properties in (re.sub(r"<(w:\w+)([^>]*)/>", r"<\1\2></\1>", style + more), style + more)
    )
    assert full.replace(b"></w:rStyle>", b"/>") == short


def test_stamps_links_and_symbols_keep_their_look():
    body = (
        paragraph("HỎA TỐC", "Times New Roman", '<w:color w:val="FF0000"/>')
        + '<w:p><w:hyperlink><w:r><w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman"/><w:color w:val="0563C1"/></w:rPr><w:t>trang tin</w:t></w:r></w:hyperlink></w:p>'
        + paragraph("lll", "Wingdings")
    )
    data = docx(body)
    assert fix(data).data is data


def test_references_and_special_characters_survive():
    text = "Tr&#7847;n &lt;A&gt; &amp; B &quot;C&quot;"
    fixed = fix(docx(paragraph(text + " " + unicodedata.normalize("NFD", "đề nghị"), "Arial")))
    assert lines(read(fixed.data)) == ['Trần <A> & B "C" đề nghị']


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (docx(paragraph("a"), extra={"_xmlsignatures/sig1.xml": b"<Signature/>"}), "signed"),
        (
            docx(paragraph("a"), extra={"[Content_Types].xml": SIGNED_BY_NET, "package/services/a.psdsxs": b"<s/>"}),
            "signed",
        ),
        (docx('<!DOCTYPE a [<!ENTITY b "c">]>'), "damaged"),
        (b"PK\x03\x04 not a zip", "damaged"),
        (b"%PDF-1.7\n", "pdf"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "unsupported"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "_xmlsignatures".encode("utf-16-le"), "signed"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), "word97"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le"), "sheet"),
        (docx(paragraph("a"), extra={"word/vbaProjectSignature.bin": b"x"}), "macro"),
        (zipped({"xl/workbook.bin": b"x"}), "sheet"),
        (zipped({"xl/workbook.xml": b"<workbook/>", "_xmlsignatures/sig1.xml": b"<s/>"}), "signed"),
        (zipped({"ppt/presentation.xml": b"<p/>", "_xmlsignatures/sig1.xml": b"<s/>"}), "signed"),
        (zipped({"ppt/presentation.xml": b"<p/>", "ppt/slides/slide1.xml": b"<a><b></a>"}), "damaged"),
        (zipped({"ppt/presentation.xml": b"<p/>", "ppt/vbaProjectSignature.bin": b"x"}), "macro"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "PowerPoint Document".encode("utf-16-le"), "slides"),
        (zipped({"mimetype": b"application/vnd.oasis.opendocument.formula", "content.xml": b"<c/>"}), "unsupported"),
        (
            zipped(
                {"mimetype": b"application/vnd.oasis.opendocument.text", "META-INF/documentsignatures.xml": b"<s/>"}
            ),
            "signed",
        ),
        (zipped({"a.txt": b"a"}), "unsupported"),
        (docx(paragraph("a")) + docx(paragraph("b")), "damaged"),
        (b"{\\rtf1 {\\fonttbl {", "damaged"),
        (b'<html><head><meta charset="windows-1258"></head><body>K\xeanh g\xf9i</body></html>', "unsupported"),
        (b"From: a@b.vn\r\nSubject: x\r\nMIME-Version: 1.0\r\n\r\nK\xddnh g\xf6i", "unsupported"),
        (b"BEGIN:VCARD\r\nFN:K\xddnh\r\nEND:VCARD", "unsupported"),
        (b"\0\1\2\3" * 50, "unsupported"),
    ],
)
def test_what_cannot_be_fixed_safely_is_refused_with_a_reason(data, cause):
    with pytest.raises(RefusedError) as refused:
        fix(data)
    assert refused.value.cause == cause
    assert refusal(refused.value, Language.VI)
    assert "{" not in refusal(refused.value, Language.EN)


@pytest.mark.parametrize("charset", [Charset.TCVN3, Charset.VNI, Charset.VIQR, Charset.VPS])
def test_plain_text_becomes_utf8(charset):
    text = (
        "\r\n".join(s for s in SENTENCES if not re.search(r"[.?]\w|\w[.?'(]", s[:-1]))
        if charset is Charset.VIQR
        else "\r\n".join(SENTENCES)
    )
    fixed = fix(encode(text, charset).encode("latin-1"))
    shown = fixed.data.decode("utf-8")
    if charset is Charset.VIQR:
        assert Counter(shown.split())["Vie^.t"] == 0
    else:
        assert shown == text


def test_unicode_plain_text_stays_and_decomposed_text_is_composed():
    text = "\n".join(SENTENCES)
    assert fix(text.encode()).data == text.encode()
    assert fix(unicodedata.normalize("NFD", text).encode()).data == text.encode()
    assert fix(b"\xff\xfe" + text.encode("utf-16-le")).data == b"\xef\xbb\xbf" + text.encode()


@pytest.mark.parametrize(
    "data", ["He said “hello” – très bien".encode("cp1252"), "日本語".encode("cp932"), b"\xff\xfeA"]
)
def test_plain_text_of_unknown_encoding_is_refused(data):
    with pytest.raises(RefusedError):
        fix(data)


def test_quotation_marks_of_windows_beside_old_letters_stay():
    text = f"“{SENTENCES[0]}” – {SENTENCES[1]}"
    assert fix(encode(text, Charset.TCVN3).encode("cp1252")).data.decode() == text


def test_letters_of_two_bytes_in_rtf_stay():
    data = rb"{\rtf1\ansi{\fonttbl{\f0\fcharset128 Times New Roman;}}\f0 \'93\'fa\'96\'7b cha\u768?o ba\u803?n\par}"
    assert fix(data).data == data


def rtf(texts: list[bytes], font: bytes = b".VnTime") -> bytes:
    table = (
        b"{\\fonttbl{\\f0\\fnil\\fcharset0 "
        + font
        + b";}{\\f1\\fcharset2 Symbol;}}{\\colortbl;\\red0\\green0\\blue255;\\red0\\green0\\blue0;}"
    )
    body = b"".join(b"\\pard\\f0\\cf1 " + text + b"\\par\n" for text in texts)
    return b"{\\rtf1\\ansi\\ansicpg1252\\deff0" + table + b"{\\pict\\pngblip 89504e47}" + body + b"}"


@pytest.mark.parametrize(("charset", "font"), LEGACY)
def test_a_legacy_rtf_becomes_unicode_times_new_roman_and_black(charset, font):
    texts = [
        b"".join(
            b"\\'%02x" % b if b > 127 or b < 32 or b in b"{}\\" else bytes([b])
            for b in encode(s, charset).encode("latin-1")
        )
        for s in SENTENCES
    ]
    data = rtf(texts, font.encode())
    fixed = fix(data)
    document = read(fixed.data)
    report = examine(document)
    assert lines(document) == list(SENTENCES)
    assert (report.font_share, report.black_share, report.legacy_letters) == (1, 1, 0)
    assert b"{\\pict\\pngblip 89504e47}" in fixed.data
    assert b"Symbol;" in fixed.data


@pytest.mark.parametrize(
    "around",
    [
        rb"a {\shp{\*\shpinst{\sp{\sn shapeType}{\sv 202}}{\shptxt \pard\f0 %b\par}}}",
        rb"a {\*\do\dobxpage{\dptxbx{\dptxbxtext \pard\f0 %b\par}}}",
        rb"a {\*\annotation \pard\plain \f0 %b}",
        rb"a {\footnote \pard\plain \f0 %b}",
        rb"{\*\listtable{\list{\listlevel{\leveltext\'0c%b \'00.;}{\levelnumbers\'0b;}\f0}}}a",
        rb"{\*\pn\pnlvlbody\pnf0{\pntxtb %b}}a",
    ],
)
@pytest.mark.parametrize(
    ("written", "font"), [(rb"\'a7i\'d2u l\'d6", b".VnTime"), (rb"\'d1ie\'e0u le\'e4", b"VNI-Times")]
)
def test_text_boxes_comments_and_labels_of_an_rtf_change_with_their_font(around, written, font):
    fixed = fix(rtf([around % written], font))
    assert written not in fixed.data
    assert rb"\u272?i\u7873?u l\u7879?" in fixed.data
    assert rb"\leveltext" not in around or rb"\'0a\u272?i\u7873?u l\u7879? \'00.;}{\levelnumbers\'09;}" in fixed.data


@pytest.mark.parametrize("font", [b".VnTime", b"VNI-Times", b"VPS Times", b"VISCII"])
@pytest.mark.parametrize(
    "level",
    [
        rb"{\leveltext\'05\'00.\'01.\'02;}{\levelnumbers\'01\'03\'05;}",
        rb"{\leveltext\'09Ch\u432? \'00.\'05.\'06;}{\levelnumbers\'05\'07\'09;}",
    ],
)
def test_numbers_in_labels_of_an_rtf_stay(level, font):
    assert level in fix(rtf([rb"{\*\listtable{\list{\listlevel%b\f0}}}a" % level], font)).data


def test_a_bullet_of_an_rtf_in_a_font_of_signs_stays():
    data = rtf([rb"{\*\pn\pnlvlblt\pnf1{\pntxtb\'B7}}\'a7i\'d2u"])
    assert rb"\pnf1{\pntxtb\'B7}" in fix(data).data


def test_an_rtf_in_order_is_returned_as_it_is():
    data = rtf([b"Van ban"], b"Times New Roman").replace(b"\\cf1", b"\\cf2")
    assert fix(data).data is data


def test_words_of_an_rtf_that_look_like_a_colour_stay_words():
    data = rtf([b"Viet \\\\cf1 va {\\pict\\bin6 \\cf1xy}"], b"Times New Roman")
    fixed = fix(data)
    assert fixed.tally.colours == 1
    assert fixed.data == data.replace(b"\\f0\\cf1 ", b"\\f0\\cf0 ")


@pytest.mark.parametrize(
    "text",
    [
        b"{\\rtf1\\uc20000\\u7852 " + b"a" * 500_000 + b"}",
        b"{\\rtf1{\\fonttbl\\f1" + b"\r\n" * 30_000 + b"}x}",
        b"{\\rtf1{\\fonttbl" + b"\\f1" * 30_000 + b"}x}",
        slow(b"{\\rtf1 " + b"\\'e1" * 200_000 + b"}"),
        b"{\\rtf1{\\*\\listtable{\\leveltext .;}{\\levelnumbers;}\\f" + b"1" * 5000 + b"}x}",
    ],
    ids=["fallback", "blanks", "fonts", "letters", "number"],
)
def test_a_hostile_rtf_costs_time_by_its_length(text):
    assert least_cost(lambda: fix(text), 1) < 2


def test_letters_beyond_the_first_65536_stay_beside_legacy_ones():
    fixed = fix(rtf([b"C\\'e9ng ho\\'b5 x\\'b7 h\\'e9i \\u-10179?\\u-8704? ch\\'f1 ngh\\'dca"]))
    assert fixed.tally.converted == {Charset.TCVN3: 1}
    assert "xã hội 😀 chủ nghĩa" in "".join(run.text for run in read(fixed.data).runs)


@given(st.binary(max_size=400), st.sampled_from([b"", b"PK\x03\x04", b"{\\rtf1 ", b"\xef\xbb\xbf"]))
@examples(200)
def test_any_bytes_are_fixed_or_refused(data, head):
    with contextlib.suppress(RefusedError):
        fix(head + data)


@pytest.mark.skipif(not REAL, reason="corpus of real documents is not present")
@pytest.mark.parametrize("path", REAL, ids=lambda p: p.name[9:])
def test_real_legacy_files_become_their_transcripts_and_pass_the_check(path):
    fixed = fix(path.read_bytes())
    document = read(fixed.data)
    report = examine(document)
    assert report.legacy_letters == 0
    assert report.font_share >= 0.99
    transcript = path.with_name(path.name + ".transcript.txt")
    if transcript.is_file():
        wanted = Counter(re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", transcript.read_text("utf-8")).lower()))
        got = Counter(re.findall(r"[^\W\d_]+", "\n".join(lines(document)).lower()))
        assert sum((wanted - got).values()) <= sum(wanted.values()) // 1000


@pytest.mark.system
@pytest.mark.slow
@needs_libreoffice
def test_libreoffice_opens_what_was_fixed(tmp_path):
    body = "".join(paragraph(encode(s, Charset.VNI), "VNI-Times", '<w:color w:val="FF0000"/>') for s in SENTENCES)
    (tmp_path / "a.docx").write_bytes(fix(docx(body)).data)
    assert converted(tmp_path / "a.docx", "txt:Text (encoded):UTF8").decode("utf-8-sig").split("\n")[
        : len(SENTENCES)
    ] == list(SENTENCES)


def test_the_report_says_what_was_done():
    fixed = fix(docx(paragraph(encode(SENTENCES[0], Charset.TCVN3), ".VnTime")))
    shown = list(report_lines(fixed.tally, Language.VI))
    assert "TCVN3" in shown[0]
    assert len(shown) == 2
    assert list(report_lines(fix(b"abc").tally, Language.EN)) == ["There was nothing to fix"]


def test_lint_shows_kind_number_and_faults_with_their_place():
    made = letter(1, "báo cáo", Layout.TABLE, font="Arial")
    shown = "\n".join(lint_lines(made.document, Language.VI))
    assert "báo cáo" in shown
    assert f"{made.number}/{made.symbol}" in shown
    assert "Arial" in shown
    assert "Cách sửa: Word: Ctrl+A" in shown
    assert "đúng quy định" in "\n".join(lint_lines(letter(1, "báo cáo", Layout.TABLE).document, Language.VI))


def test_lint_speaks_of_colours_margins_and_programs_as_a_clerk_does():
    made = letter(2, "thông báo", Layout.TABLE, drafted=True).document
    setup = PageSetup(locator="section:1", width_pt=595, height_pt=842, left_pt=72, right_pt=50)
    blue = tuple(replace(run, colour="0000FF", page=2) for run in made.runs)
    shown = "\n".join(lint_lines(replace(made, runs=blue, setups=(setup,)), Language.VI))
    assert "dự thảo" in shown
    assert "số: chưa có" in shown
    assert "xanh dương (0000FF)" in shown
    assert "trang 2" in shown
    assert "lề trái 25,4 mm, Nghị định 30/2020 quy định 30-35 mm (phần 1)" in shown
    sheet = Document(part="1", format="xlsx", runs=(Run(text="Tổng hợp", font="Calibri", locator="cell:Sheet1!A1"),))
    told = "\n".join(lint_lines(sheet, Language.VI))
    assert "Tệp làm việc" in told
    assert "Cách sửa: Excel" in told
    assert "ô A1" in told


@pytest.mark.parametrize("family", ["writer", "sheet", "slides", "pdf"])
@pytest.mark.parametrize("language", list(Language))
def test_every_family_of_programs_has_its_remedies(family, language):
    kinds = {"writer": "docx", "sheet": "xlsx", "slides": "pptx", "pdf": "pdf"}
    texts = encode(SENTENCES[0], Charset.VNI), unicodedata.normalize("NFD", SENTENCES[1])
    more = (Run(text=text, block=900 + block) for block, text in enumerate(texts))
    runs = letter(2, "thông báo", Layout.TABLE).document.runs
    setup = PageSetup(locator="section:1", width_pt=612, height_pt=792, left_pt=10)
    faulty = tuple(replace(run, font="Arial", colour="C00000") for run in (*runs, *more))
    told = list(lint_lines(Document(part="1", format=kinds[family], runs=faulty, setups=(setup,)), language))
    assert not [line for line in told if "{" in line]
    assert len([line for line in told if line.startswith(("  Cách sửa", "  Remedy"))]) >= 3


def test_lint_advises_to_convert_legacy_letters_before_their_font_is_set():
    text = encode(SENTENCES[0], Charset.TCVN3)
    told = list(lint_lines(Document(part="1", format="docx", runs=(Run(text=text, font=".VnTime"),)), Language.EN))
    remedies = [line for line in told if line.startswith("  Remedy")]
    assert len(remedies) == 1
    assert "convert to Unicode" in remedies[0]
    assert told.index(remedies[0]) < next(i for i, line in enumerate(told) if line.startswith("Font:"))


def test_lint_writes_numbers_as_the_language_does():
    runs = (Run(text=SENTENCES[0] * 7, font="Times New Roman"), Run(text="Tổng hợp", font="Arial"))
    told = Document(part="1", format="docx", runs=runs)
    assert re.search(r"\d,\d% chữ", "\n".join(lint_lines(told, Language.VI)))
    assert re.search(r"\d\.\d% of the letters", "\n".join(lint_lines(told, Language.EN)))


@pytest.mark.parametrize(("status", "judged"), [(ReadStatus.ENCRYPTED, False), (ReadStatus.PARTIAL, True)])
def test_lint_says_what_a_file_is_only_when_more_than_names_could_be_read(capsys, status, judged):
    _show(Path("a.zip"), Document(part="1", format="zip", status=status, runs=(Run(text="ke-hoach.docx"),)))
    assert ("Tệp làm việc" in capsys.readouterr().out) is judged


def test_lint_says_nothing_of_fonts_and_colours_of_plain_text():
    told = list(lint_lines(Document(part="1", format="text", runs=(Run(text=SENTENCES[0]),)), Language.EN))
    assert not [line for line in told if line.startswith(("Font:", "Colour:"))]
