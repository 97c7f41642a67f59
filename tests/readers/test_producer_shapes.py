"""Documents in the shapes of many programs: what is Times New Roman, Unicode and black passes, one wrong run is found in its place."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.markup import html
from gateway.documents.readers.odf import reader as odf
from gateway.documents.readers.ooxml import reader as ooxml
from gateway.documents.readers.word import rtf
from gateway.model import Document
from gateway.vietnamese.typography import examine
from gateway.vietnamese.typography_report import FaultKind
from tests.readers.ooxml_support import NAMESPACES, W, package, relationships
from tests.support.opendocument import cells, face, opendocument, style

TEXT = "Thực hiện chỉ đạo của Ủy ban nhân dân phường"
QUOTE = "Thực hiện chỉ đạo của Ủy ban"
TIMES = '<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="Times New Roman" w:cs="Times New Roman"/>'
ARIAL = '<w:rFonts w:ascii="Arial" w:hAnsi="Arial"/>'
READERS = {"docx": ooxml, "xlsx": ooxml, "odt": odf, "ods": odf, "html": html, "rtf": rtf}
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


class Shape(NamedTuple):
    """A document; `fault` is `font` or `colour` where its one text is wrong, `place` the locator."""

    name: str
    kind: str
    data: bytes
    fault: str = ""
    place: str = ""


def theme(font: str, more: str = "") -> str:
    colours = "".join(
        f'<a:{name}><a:srgbClr val="{value}"/></a:{name}>'
        for name, value in (
            ("dk1", "000000"),
            ("lt1", "FFFFFF"),
            ("dk2", "1F497D"),
            ("lt2", "EEECE1"),
            ("accent1", "4F81BD"),
        )
    )
    fonts = f'<a:latin typeface="{font}"/><a:ea typeface=""/><a:cs typeface=""/>{more}'
    return (
        '<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:themeElements>'
        f'<a:clrScheme name="x">{colours}</a:clrScheme><a:fontScheme name="x"><a:majorFont><a:latin typeface="Cambria"/></a:majorFont>'
        f"<a:minorFont>{fonts}</a:minorFont></a:fontScheme></a:themeElements></a:theme>"
    )


def word(body: str, *, styles: str = "", theme_part: str = "", root: str = "") -> bytes:
    parts = {"word/document.xml": root or f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>"}
    targets = {}
    if styles:
        parts["word/styles.xml"] = f'<w:styles xmlns:w="{W}">{styles}</w:styles>'
        targets["rId1"] = ("styles", "styles.xml")
    if theme_part:
        parts["word/theme/theme1.xml"] = theme_part
        targets["rId2"] = ("theme", "theme/theme1.xml")
    return package(parts | {"word/_rels/document.xml.rels": relationships(targets)})


def run(properties: str = "", style: str = "") -> str:
    paragraph = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{paragraph}<w:r><w:rPr>{properties}</w:rPr><w:t>{TEXT}</w:t></w:r></w:p>"


def defaults(properties: str) -> str:
    return f"<w:docDefaults><w:rPrDefault><w:rPr>{properties}</w:rPr></w:rPrDefault></w:docDefaults>"


def words() -> Iterator[Shape]:
    plain = f"<w:p><w:r><w:t>{TEXT}</w:t></w:r></w:p>"
    themed = '<w:rFonts w:asciiTheme="minorHAnsi" w:hAnsiTheme="minorHAnsi"/>'
    unprefixed = f'<document xmlns="{W}"><body><p><r><rPr><rFonts xmlns:w="{W}" w:ascii="Times New Roman" w:hAnsi="Times New Roman"/></rPr><t>{TEXT}</t></r></p></body></document>'
    prefixed = plain.replace("w:", "ns2:").replace(
        "<ns2:t>", '<ns2:rPr><ns2:rFonts ns2:ascii="Times New Roman" ns2:hAnsi="Times New Roman"/></ns2:rPr><ns2:t>'
    )
    text_fill = "<w14:textFill><w14:solidFill><w14:srgbClr w14:val={!r}/></w14:solidFill></w14:textFill>"
    styled = f'<w:style w:type="paragraph" w:styleId="A"><w:name w:val="A"/><w:rPr>{TIMES}</w:rPr></w:style>'
    table = f'<w:tbl><w:tblPr><w:tblStyle w:val="T"/></w:tblPr><w:tblGrid><w:gridCol/></w:tblGrid><w:tr><w:tc>{run(TIMES)}</w:tc></w:tr></w:tbl>'
    good = {
        "no styles (Open XML SDK)": word(plain),
        "empty styles": word(plain, styles=" "),
        "defaults": word(plain, styles=defaults(TIMES)),
        "Google Docs": word(run(TIMES + '<w:color w:val="000000"/><w:rtl w:val="0"/>'), styles=defaults(ARIAL)),
        "WPS": word(run('<w:rFonts w:hint="default" w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman"/><w:color w:val="000000" w:themeColor="text1"/>'), styles=defaults(themed), theme_part=theme("Calibri")),
        "WPS, hint of East Asia": word(run('<w:rFonts w:hint="eastAsia" w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="宋体"/>')),
        "font of the theme": word(run(themed), theme_part=theme("Times New Roman")),
        "automatic colour": word(run(TIMES + '<w:color w:val="auto"/>')),
        "style over defaults": word(run("", "A"), styles=defaults(ARIAL) + styled),
        "names without prefix": word("", root=unprefixed),
        "another prefix (docx4j)": word("", root=f'<ns2:document xmlns:ns2="{W}"><ns2:body>{prefixed}</ns2:body></ns2:document>'),
        "strict": word("", root=f"<w:document {NAMESPACES.replace(W, 'http://purl.oclc.org/ooxml/wordprocessingml/main')}><w:body>{run(TIMES)}</w:body></w:document>"),
        "nearly black": word(run(TIMES + '<w:color w:val="0D0D0D"/>')),
        "grey ground": word(run(TIMES + '<w:shd w:val="clear" w:color="auto" w:fill="D9D9D9"/>')),
        "highlighted": word(run(TIMES + '<w:highlight w:val="yellow"/>')),
        "other complex font": word(run('<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Arial" w:eastAsia="Calibri"/>')),
        "link": word(f'<w:p><w:hyperlink w:anchor="x"><w:r><w:rPr>{TIMES}<w:color w:val="0563C1"/></w:rPr><w:t>{TEXT}</w:t></w:r></w:hyperlink></w:p>'),
        "alias of the family": word(run(TIMES.replace("Times New Roman", "Times New Roman (Headings)"))),
        "PostScript name": word(run(TIMES.replace("Times New Roman", "TimesNewRomanPSMT"))),
        "hidden text in another font": word(run(TIMES) + run(ARIAL + "<w:vanish/>")),
        "blanks in another font": word(run(TIMES) + run(ARIAL).replace(TEXT, "  ")),
        "black text fill": word(run(TIMES + text_fill.format("000000"))),
    }  # fmt: skip
    bad = {
        "defaults": (word(plain, styles=defaults(ARIAL)), "font"),
        "Pages": (word(run('<w:rFonts w:ascii="Helvetica Neue" w:hAnsi="Helvetica Neue"/>')), "font"),
        "theme over name": (word(run(themed.replace("/>", ' w:ascii="Times New Roman" w:hAnsi="Times New Roman"/>')), theme_part=theme("Calibri")), "font"),
        "character style": (word(run('<w:rStyle w:val="C"/>'), styles=f'<w:style w:type="character" w:styleId="C"><w:name w:val="C"/><w:rPr>{ARIAL}</w:rPr></w:style>'), "font"),
        "legacy font over Unicode": (word(run(ARIAL.replace("Arial", "VNI-Times"))), "font"),
        "red": (word(run(TIMES + '<w:color w:val="FF0000"/>')), "colour"),
        "navy": (word(run(TIMES + '<w:color w:val="000080"/>')), "colour"),
        "accent of the theme": (word(run(TIMES + '<w:color w:val="4F81BD" w:themeColor="accent1"/>'), theme_part=theme("Arial")), "colour"),
        "automatic on black": (word(run(TIMES + '<w:shd w:val="clear" w:color="auto" w:fill="000000"/>')), "colour"),
        "red text fill": (word(run(TIMES + text_fill.format("FF0000"))), "colour"),
        "table style": (word(table, styles='<w:style w:type="table" w:styleId="T"><w:name w:val="T"/><w:rPr><w:color w:val="FF0000"/></w:rPr></w:style>'), "colour"),
    }  # fmt: skip
    yield from (Shape(name, "docx", data) for name, data in good.items())
    for name, (data, fault) in bad.items():
        yield Shape(name, "docx", data, fault, "table:1,row:1,column:1" if name == "table style" else "paragraph:1")


def sheet(
    font: str = "", *, shared: str = "", style: str = ' s="1"', formats: str = "", after: str = "", styles: bool = True
) -> bytes:
    cell = '<c r="B2" t="s"{}><v>0</v></c>' if shared else f'<c r="B2" t="inlineStr"{{}}><is><t>{TEXT}</t></is></c>'
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    parts = {
        "xl/workbook.xml": f'<workbook xmlns="{SHEET}" xmlns:r="{relation}"><sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{SHEET}"><sheetData><row r="2">{cell.format(style)}</row></sheetData>{after}</worksheet>',
    }
    targets = {"rId1": ("worksheet", "worksheets/sheet1.xml")}
    if styles:
        fonts = (
            f'<fonts><font><name val="Times New Roman"/></font><font>{font}</font></fonts><fills><fill/><fill/></fills>'
        )
        parts["xl/styles.xml"] = (
            f'<styleSheet xmlns="{SHEET}">{fonts}<cellXfs><xf fontId="0"/><xf fontId="1"/></cellXfs>{formats}</styleSheet>'
        )
        targets["rId2"] = ("styles", "styles.xml")
    if shared:
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{SHEET}"><si>{shared}</si></sst>'
        targets["rId3"] = ("sharedStrings", "sharedStrings.xml")
    return package(parts | {"xl/_rels/workbook.xml.rels": relationships(targets)})


def sheets() -> Iterator[Shape]:
    times = '<name val="Times New Roman"/>'
    red = '<dxfs><dxf><font><color rgb="FFFF0000"/></font></dxf></dxfs>'
    rule = '<conditionalFormatting sqref="B2"><cfRule type="{}" dxfId="0" priority="1"><formula>{}</formula></cfRule></conditionalFormatting>'
    good = {
        "first font": sheet(style=""),
        "black": sheet(times + '<color rgb="FF000000"/>'),
        "black without alpha": sheet(times + '<color rgb="000000"/>'),
        "theme": sheet(times + '<color theme="1"/>'),
        "index": sheet(times + '<color indexed="8"/>'),
        "window text": sheet(times + '<color indexed="64"/>'),
        "run over cell": sheet('<name val="Arial"/>', shared=f'<r><rPr><rFont val="Times New Roman"/><color rgb="FF000000"/></rPr><t>{TEXT}</t></r>'),
        "condition on another cell": sheet(style="", formats=red, after=rule.format("expression", "$A$1&gt;3")),
    }  # fmt: skip
    bad = {
        "no styles": (sheet(style="", styles=False), "font"),
        "run": (sheet(times, shared=f'<r><rPr><rFont val="Arial"/></rPr><t>{TEXT}</t></r>'), "font"),
        "red": (sheet(times + '<color rgb="FFFF0000"/>'), "colour"),
        "red by index": (sheet(times + '<color indexed="10"/>'), "colour"),
    }  # fmt: skip
    yield from (Shape(name, "xlsx", data) for name, data in good.items())
    yield from (Shape(name, "xlsx", data, fault, "cell:A!B2") for name, (data, fault) in bad.items())


def open_documents() -> Iterator[Shape]:
    faces = face("T", "&apos;Times New Roman&apos;") + face("A", "Arial")
    standard = style("Standard", 'style:font-name="T" fo:color="#000000"')
    default = style("Default", 'style:font-name="T"', family="table-cell")
    paragraph = f'<text:p text:style-name="{{}}">{TEXT}</text:p>'

    def text(body: str, automatic: str = "", more: str = "") -> bytes:
        return opendocument("text", body, automatic=automatic, common=standard + more, faces=faces)

    def table(attributes: str = "", automatic: str = "") -> bytes:
        body = f'<table:table table:name="A">{cells(TEXT, attributes=attributes)}</table:table>'
        return opendocument("spreadsheet", body, automatic=automatic, common=default, faces=faces)

    red = style("c", 'fo:color="#ff0000"', family="table-cell", parent="Default")
    yield Shape("usual style", "odt", text(paragraph.format("Standard")))
    yield Shape("no style", "odt", text(f"<text:p>{TEXT}</text:p>"))
    yield Shape("automatic colour", "odt", text(paragraph.format("P1"), style("P1", 'style:use-window-font-color="true" fo:color="#ff0000"', parent="Standard")))  # fmt: skip
    yield Shape(
        "list", "odt", text(f"<text:list><text:list-item>{paragraph.format('Standard')}</text:list-item></text:list>")
    )
    yield Shape("span", "odt", text(f'<text:p text:style-name="Standard">12 <text:span text:style-name="T1">{TEXT}</text:span></text:p>', style("T1", 'style:font-name="A"', family="text")), "font", "paragraph:1")  # fmt: skip
    yield Shape("parent", "odt", text(paragraph.format("P1"), style("P1", "", parent="R"), style("R", 'fo:color="#c00000"', parent="Standard")), "colour", "paragraph:1")  # fmt: skip
    yield Shape("default cell", "ods", table())
    yield Shape("red cell", "ods", table('table:style-name="c"', red), "colour", "cell:A!A1")


def pages() -> Iterator[Shape]:
    times = "font-family:'Times New Roman',serif"
    good = (
        f'<p style="{times};color:#000">{TEXT}</p>',
        f'<font face="Times New Roman" color=black>{TEXT}</font>',
        f"<style>body{{{times}}} p{{color:#000}}</style><body><p>{TEXT}</p>",
        f'<style>p.MsoNormal{{{times}}}</style><p class=MsoNormal><span lang=VI style="mso-fareast-font-family:Calibri">{TEXT}</span></p>',
        f'<p style="font:14pt Times New Roman;color:windowtext">{TEXT}</p>',
        f'<p style="{times};color:rgb(0 0 0 / 100%)">{TEXT}</p>',
        f"<style>:root{{--f:'Times New Roman'}} p{{font-family:var(--f)}}</style><p>{TEXT}</p>",
        f'<style>p{{{times} !important}}</style><p style="font-family:Arial">{TEXT}</p>',
        f"<style>@layer a{{p{{color:red}}}} p{{{times};color:black}}</style><p>{TEXT}</p>",
    )
    bad = (
        (f'<p style="font-family:Arial">{TEXT}</p>', "font"),
        (f'<p style="{times}">12 <span style="color:red">{TEXT}</span></p>', "colour"),
        (f'<style>.c{{color:#c00}}</style><p style="{times}" class=c>{TEXT}</p>', "colour"),
        (f"<style>p{{{times}}} p:last-child{{color:#c00}}</style><div><p>1</p><p>{TEXT}</p></div>", "colour"),
    )
    head = "<html><head><meta charset=utf-8></head>"
    yield from (Shape(text[:60], "html", (head + text).encode()) for text in good)
    for text, fault in bad:
        yield Shape(text[:60], "html", (head + text).encode(), fault, "paragraph:2" if "div" in text else "paragraph:1")


def rich_texts() -> Iterator[Shape]:
    letters = "".join(letter if ord(letter) < 128 else f"\\u{ord(letter)}?" for letter in TEXT)
    fonts, colours = (
        r"{\fonttbl{\f0 Times New Roman;}{\f1 Arial;}}",
        r"{\colortbl;\red0\green0\blue0;\red255\green0\blue0;}",
    )
    bodies = {
        r"\pard ": "",
        r"\pard\plain\f0{\fs26\cf1 ": "",
        r"\f0\cf0 ": "",
        r"{\stylesheet{\s0\f0 Normal;}{\s1\f1 Old;}}\pard\s0\f0 ": "",
        r"\f1 ": "font",
        r"\f0{\cf2 ": "colour",
    }
    for body, fault in bodies.items():
        text = r"{\rtf1\ansi\deff0" + fonts + colours + body + letters
        yield Shape(body, "rtf", (text + "}" * (text.count("{") - text.count("}"))).encode(), fault, "paragraph:1")


SHAPES = [*words(), *sheets(), *open_documents(), *pages(), *rich_texts()]


def read(shape: Shape) -> Document:
    source = Source(data=shape.data, part="1", filename=f"a.{shape.kind}")
    document: Document = READERS[shape.kind].read(source, Budget()).document
    return document


@pytest.mark.parametrize(
    "shape", [shape for shape in SHAPES if not shape.fault], ids=lambda shape: f"{shape.kind} {shape.name}"
)
def test_what_is_set_as_the_decree_asks_passes(shape: Shape) -> None:
    report = examine(read(shape))
    assert report.letters >= 35
    assert (report.font_share, report.black_share, report.passages) == (1, 1, ())


@pytest.mark.parametrize(
    "shape", [shape for shape in SHAPES if shape.fault], ids=lambda shape: f"{shape.kind} {shape.name}"
)
def test_the_wrong_run_is_found_with_its_place_and_words(shape: Shape) -> None:
    (passage,) = examine(read(shape)).passages
    assert (passage.kind, passage.locator) == (FaultKind(shape.fault), shape.place)
    assert passage.quote.startswith(QUOTE)
