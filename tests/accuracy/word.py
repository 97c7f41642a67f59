"""Word documents: every story and property of ECMA-376, written as raw XML, and the usual places by python-docx."""

from collections.abc import Callable

from docx import Document
from docx.enum.section import WD_SECTION
from docx.oxml.ns import qn

from tests.accuracy.shapes import LETTER, Slot, Writing, attribute, one_piece, plain_letters, xml
from tests.support.octets import file_of, zipped

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_O = "http://schemas.openxmlformats.org/officeDocument/2006/"
_P = "http://schemas.openxmlformats.org/package/2006/"
NS = (
    f'xmlns:w="{_W}" xmlns:r="{_O}relationships" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_KINDS = {
    "docx": _MAIN,
    "docm": "application/vnd.ms-word.document.macroEnabled.main+xml",
    "dotx": "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
}
_CUSTOM = (
    f'<Properties xmlns="{_O}custom-properties" xmlns:vt="{_O}docPropsVTypes">'
    '<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="2" name={name}><vt:lpwstr>{value}</vt:lpwstr></property>'
    "</Properties>"
)
_CORE = (
    f'<cp:coreProperties xmlns:cp="{_P}metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<{tag}>{value}</{tag}></cp:coreProperties>"
)
_APP = f'<Properties xmlns="{_O}extended-properties"><Company>{{value}}</Company></Properties>'


def runs(writing: Writing, properties: str = "", tag: str = "w:t") -> str:
    """The runs of a mark."""
    font = ""
    if writing.font:
        name = attribute(writing.font)
        font = f"<w:rFonts w:ascii={name} w:hAnsi={name} w:cs={name}/>"
    return "".join(
        f'<w:r><w:rPr>{font}{properties}</w:rPr><{tag} xml:space="preserve">{xml(piece)}</{tag}></w:r>'
        for piece in writing.pieces
    )


def para(inner: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{inner}</w:p>"


def lines() -> str:
    """The innocent letter."""
    return "".join(para(runs(Writing((line,)))) for line in LETTER)


def package(
    body: str, parts: dict[str, tuple[str, str]] | None = None, *, kind: str = "docx", section: str = ""
) -> bytes:
    """A document; `parts` are name to (relationship kind, content), related to the document as their stem."""
    parts = parts or {}
    inner = {name: pair for name, pair in parts.items() if name.startswith("word/")}
    outer = {name: pair for name, pair in parts.items() if not name.startswith("word/")}
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": (
            f'<Types xmlns="{_P}content-types"><Default Extension="rels" '
            f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/><Default Extension="html" ContentType="text/html"/>'
            f'<Override PartName="/word/document.xml" ContentType="{_KINDS[kind]}"/></Types>'
        ),
        "_rels/.rels": _relations({"document": ("officeDocument", "word/document.xml")}, outer),
        "word/document.xml": (
            f"<w:document {NS}><w:body>{body}{lines()}<w:sectPr>{section}</w:sectPr></w:body></w:document>"
        ),
        "word/_rels/document.xml.rels": _relations({}, inner, strip="word/"),
    }
    files |= {name: content for name, (_, content) in parts.items()}
    return zipped(files)


def _relations(fixed: dict[str, tuple[str, str]], parts: dict[str, tuple[str, str]], strip: str = "") -> str:
    rows = dict(fixed)
    for name, (kind, _) in parts.items():
        rows[name.rpartition("/")[2].partition(".")[0]] = (kind, name.removeprefix(strip))
    lines_ = "".join(
        f'<Relationship Id="{name}" Type="{kind if "://" in kind else _O + "relationships/" + kind}" Target="{target}"/>'
        for name, (kind, target) in rows.items()
    )
    return f'<Relationships xmlns="{_P}relationships">{lines_}</Relationships>'


def _body(template: Callable[[Writing], str], kind: str = "docx") -> Callable[[Writing], bytes]:
    return lambda writing: package(template(writing), kind=kind)


def _margin(name: str, which: str, extra: str = "", settings: str = "") -> Callable[[Writing], bytes]:
    """A header or footer of one kind."""
    root = "hdr" if name == "header" else "ftr"
    parts = {f"word/{name}1.xml": (name, "")}
    if settings:
        parts["word/settings.xml"] = ("settings", f"<w:settings {NS}>{settings}</w:settings>")

    def make(writing: Writing) -> bytes:
        content = f"<w:{root} {NS}>{para(runs(writing))}</w:{root}>"
        return package(
            "", parts | {f"word/{name}1.xml": (name, content)},
            section=f'<w:{name}Reference w:type="{which}" r:id="{name}1"/>{extra}',
        )  # fmt: skip

    return make


def _notes(part: str, entry: str, mark: str) -> Callable[[Writing], bytes]:
    def make(writing: Writing) -> bytes:
        content = f'<w:{part} {NS}><w:{entry} w:id="2">{para(runs(writing))}</w:{entry}></w:{part}>'
        return package(para(f'<w:r><w:{mark} w:id="2"/></w:r>'), {f"word/{part}.xml": (part, content)})

    return make


def _outer(name: str, kind: str, template: str) -> Callable[[Writing], bytes]:
    return lambda writing: package("", {name: (kind, template.format(value=xml(writing.text)))})


def _watermark(writing: Writing) -> bytes:
    font = attribute(f'font-family:"{writing.font or "Times New Roman"}"')
    shape = para(
        '<w:r><w:pict><v:shape id="PowerPlusWaterMarkObject1" type="#_x0000_t136" fillcolor="silver">'
        f"<v:textpath style={font} string={attribute(writing.text)}/></v:shape></w:pict></w:r>"
    )
    return package(
        "", {"word/header1.xml": ("header", f"<w:hdr {NS}>{shape}</w:hdr>")},
        section='<w:headerReference w:type="default" r:id="header1"/>',
    )  # fmt: skip


def _vml_box(writing: Writing) -> str:
    return para(
        "<w:r><w:pict><v:shape><v:textbox><w:txbxContent>"
        f"{para(runs(writing))}</w:txbxContent></v:textbox></v:shape></w:pict></w:r>"
    )


def _drawing(inner: str, properties: str = "") -> str:
    return para(
        f'<w:r><w:drawing><wp:anchor><wp:extent cx="900000" cy="300000"/><wp:docPr id="1" name="Hình 1"{properties}/>'
        f"{inner}</wp:anchor></w:drawing></w:r>"
    )


def _box(writing: Writing) -> str:
    return _drawing(
        '<a:graphic><a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:wsp>'
        f"<wps:txbx><w:txbxContent>{para(runs(writing))}</w:txbxContent></wps:txbx></wps:wsp></a:graphicData></a:graphic>"
    )


def _chunk(writing: Writing) -> bytes:
    html = f"<html><meta charset=utf-8><body><p>{xml(writing.text)}</p></body></html>"
    return package('<w:altChunk r:id="chunk"/>', {"word/chunk.html": ("aFChunk", html)})


def _building_block(writing: Writing) -> bytes:
    block = f"<w:docParts><w:docPart><w:docPartBody>{para(runs(writing))}</w:docPartBody></w:docPart></w:docParts>"
    content = f"<w:glossaryDocument {NS}>{block}</w:glossaryDocument>"
    return package("", {"word/glossary.xml": ("glossaryDocument", content)})


def _lowered(writing: Writing) -> Writing:
    return Writing(tuple(piece.lower() for piece in writing.pieces), writing.font)


def _instruction(writing: Writing) -> str:
    return para(
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve"> QUOTE "{xml(writing.text)}" </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def _diagram(writing: Writing) -> bytes:
    data = (
        '<dgm:dataModel xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><dgm:ptLst><dgm:pt modelId="1"><dgm:t><a:p><a:r>'
        f"<a:t>{xml(writing.text)}</a:t></a:r></a:p></dgm:t></dgm:pt></dgm:ptLst></dgm:dataModel>"
    )
    return package("", {"word/diagrams/data1.xml": ("diagramData", data)})


def _chart(writing: Writing) -> bytes:
    data = (
        '<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><c:chart><c:title><c:tx><c:rich><a:p><a:r>'
        f"<a:t>{xml(writing.text)}</a:t></a:r></a:p></c:rich></c:tx></c:title></c:chart></c:chartSpace>"
    )
    return package("", {"word/charts/chart1.xml": ("chart", data)})


def _by_python_docx(place: str) -> Callable[[Writing], bytes]:
    def make(writing: Writing) -> bytes:
        document = Document()
        target = {
            "body": document.add_paragraph,
            "heading": lambda: document.add_heading("", 1),
            "table cell": lambda: document.add_table(2, 2).cell(0, 1).paragraphs[0],
            "header": lambda: document.sections[0].header.paragraphs[0],
            "footer": lambda: document.sections[0].footer.paragraphs[0],
            "header of section 2": lambda: _second(document),
        }[place]()
        for piece in writing.pieces:
            run = target.add_run(piece)
            if writing.font:
                run.font.name = writing.font
                run._r.rPr.rFonts.set(qn("w:hAnsi"), writing.font)
        for line in LETTER:
            document.add_paragraph(line)
        return file_of(document)

    return make


def _second(document):
    section = document.add_section(WD_SECTION.NEW_PAGE)
    section.header.is_linked_to_previous = False
    return section.header.paragraphs[0]


def _title_by_python_docx(writing: Writing) -> bytes:
    document = Document()
    document.core_properties.title = writing.text
    for line in LETTER:
        document.add_paragraph(line)
    return file_of(document)


_CUSTOM_KIND = _O + "relationships/custom-properties"
_CORE_KIND = _P + "relationships/metadata/core-properties"

SLOTS: tuple[Slot, ...] = (
    Slot("docx", "body", _body(lambda m: para(runs(m)))),
    Slot("docx", "body, red and framed", _body(lambda m: para(
        runs(m, '<w:color w:val="FF0000"/>'), '<w:pBdr><w:top w:val="single"/><w:left w:val="single"/></w:pBdr>'))),
    Slot("docx", "capitals by formatting", _body(lambda m: para(runs(_lowered(m), "<w:caps/>"))),
         accepts=lambda m: m.font is None and m.text.isupper() and m.text.upper() == m.text.lower().upper()),
    Slot("docx", "table cell", _body(lambda m: f"<w:tbl><w:tr><w:tc>{para(runs(m))}</w:tc><w:tc>{para('')}</w:tc></w:tr></w:tbl>")),
    Slot("docx", "table cell in a table cell", _body(
        lambda m: f"<w:tbl><w:tr><w:tc><w:tbl><w:tr><w:tc>{para(runs(m))}</w:tc></w:tr></w:tbl>{para('')}</w:tc></w:tr></w:tbl>")),
    Slot("docx", "text box (VML)", _body(_vml_box)),
    Slot("docx", "text box (DrawingML)", _body(_box)),
    Slot("docx", "text frame", _body(lambda m: para(runs(m), '<w:framePr w:w="1200" w:hAnchor="page" w:x="900" w:y="900"/>'))),
    Slot("docx", "header", _margin("header", "default")),
    Slot("docx", "header of the first page", _margin("header", "first", "<w:titlePg/>")),
    Slot("docx", "header that no page shows", _margin("header", "first")),
    Slot("docx", "header of even pages", _margin("header", "even", settings="<w:evenAndOddHeaders/>")),
    Slot("docx", "footer", _margin("footer", "default")),
    Slot("docx", "footer of the first page", _margin("footer", "first", "<w:titlePg/>")),
    Slot("docx", "footer of even pages", _margin("footer", "even", settings="<w:evenAndOddHeaders/>")),
    Slot("docx", "footnote", _notes("footnotes", "footnote", "footnoteReference")),
    Slot("docx", "endnote", _notes("endnotes", "endnote", "endnoteReference")),
    Slot("docx", "comment", _notes("comments", "comment", "commentReference")),
    Slot("docx", "tracked insertion", _body(lambda m: para(f'<w:ins w:id="1" w:author="a">{runs(m)}</w:ins>'))),
    Slot("docx", "tracked deletion", _body(lambda m: para(f'<w:del w:id="1" w:author="a">{runs(m, tag="w:delText")}</w:del>'))),
    Slot("docx", "deleted before other words", _body(lambda m: para(
        f'<w:del w:id="1" w:author="a">{runs(m, tag="w:delText")}</w:del><w:ins w:id="2" w:author="a">{runs(Writing(("THƯỜNG",)))}</w:ins>'))),
    Slot("docx", "hidden words behind it", _body(lambda m: para(runs(m) + runs(Writing((" khẩu",)), "<w:vanish/>")))),
    Slot("docx", "moved away", _body(lambda m: para(f'<w:moveFrom w:id="1" w:author="a">{runs(m)}</w:moveFrom>'))),
    Slot("docx", "hidden text", _body(lambda m: para(runs(m, "<w:vanish/>")))),
    Slot("docx", "white text", _body(lambda m: para(runs(m, '<w:color w:val="FFFFFF"/>')))),
    Slot("docx", "text of half a point", _body(lambda m: para(runs(m, '<w:sz w:val="1"/>')))),
    Slot("docx", "watermark (VML)", _watermark),
    Slot("docx", "alternative text", _body(lambda m: _drawing("", f" descr={attribute(m.text)}")), accepts=one_piece),
    Slot("docx", "title of a picture", _body(lambda m: _drawing("", f" title={attribute(m.text)}")), accepts=one_piece),
    Slot("docx", "property: title", _outer("docProps/core.xml", _CORE_KIND, _CORE.replace("{tag}", "dc:title")), accepts=one_piece),
    Slot("docx", "property: keywords", _outer("docProps/core.xml", _CORE_KIND, _CORE.replace("{tag}", "cp:keywords")), accepts=one_piece),
    Slot("docx", "property: company", _outer("docProps/app.xml", "extended-properties", _APP), accepts=one_piece),
    Slot("docx", "property of one's own", _outer("docProps/custom.xml", _CUSTOM_KIND, _CUSTOM.replace("{name}", '"Độ mật"')), accepts=one_piece),
    Slot("docx", "MSIP label", _outer("docProps/custom.xml", _CUSTOM_KIND,
         _CUSTOM.replace("{name}", '"MSIP_Label_5b0cf1b2-3d0e-4f0a-9a39-0d6d2a4d6f10_Name"')), accepts=one_piece),
    Slot("docx", "field code", _body(_instruction), accepts=one_piece),
    Slot("docx", "simple field", _body(lambda m: para(f'<w:fldSimple w:instr=" DATE ">{runs(m)}</w:fldSimple>'))),
    Slot("docx", "form field", _body(lambda m: para(
        '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:name w:val="f"/><w:textInput>'
        f"<w:default w:val={attribute(m.text)}/></w:textInput></w:ffData></w:fldChar></w:r>")), accepts=one_piece),
    Slot("docx", "content control", _body(lambda m: f"<w:sdt><w:sdtPr/><w:sdtContent>{para(runs(m))}</w:sdtContent></w:sdt>")),
    Slot("docx", "hyperlink", _body(lambda m: para(f'<w:hyperlink w:anchor="x">{runs(m)}</w:hyperlink>'))),
    Slot("docx", "tip of a hyperlink", _body(lambda m: para(
        f'<w:hyperlink w:anchor="x" w:tooltip={attribute(m.text)}><w:r><w:t>xem</w:t></w:r></w:hyperlink>')), accepts=one_piece),
    Slot("docx", "ruby above a word", _body(lambda m: para(
        f"<w:r><w:ruby><w:rt>{runs(m)}</w:rt><w:rubyBase><w:r><w:t>chữ</w:t></w:r></w:rubyBase></w:ruby></w:r>"))),
    Slot("docx", "diagram", _diagram, accepts=one_piece),
    Slot("docx", "title of a chart", _chart, accepts=one_piece),
    Slot("docx", "HTML chunk", _chunk, accepts=one_piece),
    Slot("docx", "document variable", lambda m: package("", {"word/settings.xml": ("settings",
         f'<w:settings {NS}><w:docVars><w:docVar w:name="v" w:val={attribute(m.text)}/></w:docVars></w:settings>')}), accepts=one_piece),
    Slot("docx", "building block", _building_block, accepts=plain_letters),
    Slot("docm", "body", _body(lambda m: para(runs(m)), "docm")),
    Slot("docm", "text box (DrawingML)", _body(_box, "docm")),
    Slot("dotx", "body", _body(lambda m: para(runs(m)), "dotx")),
    Slot("dotx", "table cell", _body(lambda m: f"<w:tbl><w:tr><w:tc>{para(runs(m))}</w:tc></w:tr></w:tbl>", "dotx")),
    *(Slot("docx", place, _by_python_docx(place), "python-docx")
      for place in ("body", "heading", "table cell", "header", "footer", "header of section 2")),
    Slot("docx", "property: title", _title_by_python_docx, "python-docx", one_piece),
)  # fmt: skip
