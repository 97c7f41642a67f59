"""OpenDocument texts, sheets and slides by odfpy."""

from __future__ import annotations

from collections.abc import Callable

from odf import dc, draw, meta, office, presentation, style, svg, table, text
from odf.namespaces import TEXTNS
from odf.opendocument import OpenDocumentPresentation, OpenDocumentSpreadsheet, OpenDocumentText
from odf.style import FontFace, PageLayout, TableProperties, TextProperties

from tests.accuracy.shapes import LETTER, Slot, Writing, one_piece
from tests.accuracy.sheets import ROWS
from tests.support.octets import written

Put = Callable[..., None]


def _saved(document) -> bytes:
    return written(document.write)


def _text_style(document, writing: Writing, **more: str) -> style.Style | None:
    """An automatic character style with the font of a writing."""
    properties = dict(more)
    if writing.font:
        document.fontfacedecls.addElement(FontFace(name=writing.font, fontfamily=f"'{writing.font}'"))
        properties["fontname"] = writing.font
    if not properties:
        return None
    made = _around(style.Style(name="D1", family="text"), TextProperties(**properties))
    document.automaticstyles.addElement(made)
    return made


def _marked(document, writing: Writing, owner, **look: str):
    """The mark in spans of an element that holds text."""
    chosen = _text_style(document, writing, **look)
    chosen = {"stylename": chosen} if chosen else {}
    return _around(owner, *(text.Span(text=piece, **chosen) for piece in writing.pieces))


def _around(holder, *inner):
    """An element with others in it."""
    for one in inner:
        holder.addElement(one)
    return holder


def _said(document, writing: Writing):
    """The mark as a paragraph."""
    return _marked(document, writing, text.P())


def _odt(put: Put) -> Callable[[Writing], bytes]:
    def make(writing: Writing) -> bytes:
        document = OpenDocumentText()
        if (made := put(document, writing)) is not None:
            document.text.addElement(made)
        for line in LETTER:
            document.text.addElement(text.P(text=line))
        return _saved(document)

    return make


def _page(document):
    layout = PageLayout(name="Trang")
    document.automaticstyles.addElement(layout)
    master = style.MasterPage(name="Standard", pagelayoutname=layout)
    document.masterstyles.addElement(master)
    return master


def _cell(document, writing):
    row = _around(table.TableRow(), _around(table.TableCell(), _said(document, writing)))
    return _around(table.Table(name="Bảng"), row)


def _margin(kind) -> Put:
    def put(document, writing):
        _page(document).addElement(_around(kind(), _said(document, writing)))

    return put


def _footnote(document, writing):
    note = text.Note(noteclass="footnote", id="n1")
    _around(note, text.NoteCitation(text="1"), _around(text.NoteBody(), _said(document, writing)))
    return _around(text.P(text="Câu có chú thích"), note)


def _annotation(document, writing):
    note = _around(office.Annotation(), dc.Creator(text="văn thư"), _said(document, writing))
    return _around(text.P(text="Câu có ghi chú"), note)


def _box(document, writing):
    frame = draw.Frame(width="4cm", height="1cm", anchortype="paragraph")
    _around(frame, _around(draw.TextBox(), _said(document, writing)))
    return _around(text.P(), frame)


def _shape(document, writing):
    shape = draw.CustomShape(width="4cm", height="1cm", anchortype="paragraph")
    return _around(text.P(), _around(shape, _said(document, writing)))


def _deletion(document, writing):
    region = text.ChangedRegion(check_grammar=False)
    region.setAttrNS(TEXTNS, "id", "c1")
    _around(region, _around(text.Deletion(), _said(document, writing)))
    document.text.addElement(_around(text.TrackedChanges(), region))
    return _around(text.P(text="Trước "), text.Change(changeid="c1"))


def _hidden_field(document, writing):
    field = text.HiddenText(condition="1==1", stringvalue=writing.text, ishidden="true")
    return _around(text.P(text="Câu "), field)


def _alternative(document, writing):
    frame = draw.Frame(width="4cm", height="1cm", anchortype="paragraph")
    _around(frame, _around(draw.TextBox(), text.P(text="Hình")), svg.Desc(text=writing.text))
    return _around(text.P(), frame)


def _field(document, writing):
    declared = text.UserFieldDecl(name="dau", valuetype="string", stringvalue=writing.text)
    _around(document.text, _around(text.UserFieldDecls(), declared), text.P(text="Câu "))


def _placeholder(document, writing):
    place = text.Placeholder(placeholdertype="text", description=writing.text, text="<chọn>")
    return _around(text.P(), place)


def _ods(put: Put) -> Callable[[Writing], bytes]:
    def make(writing: Writing) -> bytes:
        document = OpenDocumentSpreadsheet()
        sheet = table.Table(name="Số liệu")
        put(document, sheet, writing)
        for values in ROWS:
            cells = [_around(table.TableCell(valuetype="string"), text.P(text=str(value))) for value in values]
            sheet.addElement(_around(table.TableRow(), *cells))
        document.spreadsheet.addElement(sheet)
        return _saved(document)

    return make


def _put_cell(document, sheet, writing):
    cell = _around(table.TableCell(valuetype="string"), _said(document, writing))
    sheet.addElement(_around(table.TableRow(), cell))


def _hidden_sheet(document, sheet, writing):
    look = _around(style.Style(name="ta2", family="table"), TableProperties(display="false"))
    document.automaticstyles.addElement(look)
    other = table.Table(name="Phụ lục", stylename=look)
    _put_cell(document, other, writing)
    document.spreadsheet.addElement(other)


def _cell_note(document, sheet, writing):
    note = _around(office.Annotation(), _said(document, writing))
    cell = _around(table.TableCell(valuetype="string"), note, text.P(text="125"))
    sheet.addElement(_around(table.TableRow(), cell))


def _named(document, sheet, writing):
    name = table.NamedExpression(name="ghi_chu", expression=f'of:="{writing.text}"')
    document.spreadsheet.addElement(_around(table.NamedExpressions(), name))


def _formula_value(document, sheet, writing):
    cell = table.TableCell(valuetype="string", stringvalue=writing.text)
    sheet.addElement(_around(table.TableRow(), cell))


def _odp(put: Put) -> Callable[[Writing], bytes]:
    def make(writing: Writing) -> bytes:
        document = OpenDocumentPresentation()
        master = _page(document)
        page = draw.Page(masterpagename=master, name="Trang chiếu 1")
        _framed(document, page, Writing((LETTER[10],)))
        put(document, page, master, writing)
        document.presentation.addElement(page)
        return _saved(document)

    return make


def _framed(document, owner, writing):
    frame = draw.Frame(width="10cm", height="2cm", x="1cm", y="1cm")
    owner.addElement(_around(frame, _around(draw.TextBox(), _said(document, writing))))


def _notes(document, page, master, writing):
    notes = presentation.Notes()
    _framed(document, notes, writing)
    page.addElement(notes)


def _hidden_slide(document, page, master, writing):
    hidden = style.DrawingPageProperties(visibility="hidden")
    look = _around(style.Style(name="dp2", family="drawing-page"), hidden)
    document.automaticstyles.addElement(look)
    other = draw.Page(masterpagename=master, stylename=look)
    _framed(document, other, writing)
    document.presentation.addElement(other)


def _group(document, page, master, writing):
    group = draw.G()
    _framed(document, group, writing)
    page.addElement(group)


def _writable(writing: Writing) -> bool:
    """odfpy puts a replacement character for the control characters that some legacy letters are."""
    return not any("\x7f" <= letter <= "\x9f" for letter in writing.text)


def _words(writing: Writing) -> bool:
    return one_piece(writing) and _writable(writing)


def _quotable(writing: Writing) -> bool:
    return _words(writing) and '"' not in writing.text


SLOTS: tuple[Slot, ...] = (
    *(Slot("odt", place, _odt(put), "odfpy", _writable) for place, put in (
        ("body", _said), ("table cell", _cell), ("header", _margin(style.Header)), ("footer", _margin(style.Footer)),
        ("heading", lambda document, writing: _marked(document, writing, text.H(outlinelevel=1))),
        ("header of left pages", _margin(style.HeaderLeft)), ("footnote", _footnote), ("comment", _annotation),
        ("text box", _box), ("shape", _shape), ("tracked deletion", _deletion),
        ("hidden text", lambda document, writing: _marked(document, writing, text.P(), display="none")),
        ("white text", lambda document, writing: _marked(document, writing, text.P(), color="#ffffff")),
        ("hidden section", lambda document, writing: _around(text.Section(name="Phần", display="none"), _said(document, writing))),
    )),
    *(Slot("odt", place, _odt(put), "odfpy", _words) for place, put in (
        ("hidden text field", _hidden_field), ("alternative text", _alternative), ("user field", _field), ("placeholder", _placeholder),
        ("property: title", lambda document, writing: document.meta.addElement(dc.Title(text=writing.text))),
        ("property: keywords", lambda document, writing: document.meta.addElement(meta.Keyword(text=writing.text))),
        ("property of one's own", lambda document, writing: document.meta.addElement(
            meta.UserDefined(name="Phân loại", valuetype="string", text=writing.text))),
    )),
    *(Slot("ods", place, _ods(put), "odfpy", _writable) for place, put in (
        ("cell", _put_cell), ("hidden sheet", _hidden_sheet), ("comment", _cell_note), ("header", lambda document, _, writing: _margin(style.Header)(document, writing)),
    )),
    Slot("ods", "sheet name", _ods(lambda _, sheet, writing: sheet.setAttribute("name", writing.text)), "odfpy", _words),
    Slot("ods", "defined name", _ods(_named), "odfpy", _quotable),
    Slot("ods", "value of a cell without text", _ods(_formula_value), "odfpy", _words),
    *(Slot("odp", place, _odp(put), "odfpy", _writable) for place, put in (
        ("text box", lambda document, page, _, writing: _framed(document, page, writing)), ("notes", _notes),
        ("master", lambda document, _, master, writing: _framed(document, master, writing)),
        ("hidden slide", _hidden_slide), ("shape in a group", _group),
    )),
    Slot("odp", "slide name", _odp(lambda _, page, _master, writing: page.setAttribute("name", writing.text)), "odfpy", _words),
)  # fmt: skip
