"""A sheet taken apart as text gives what the XML parser gives, for every way of writing it, and takes nothing ill-formed."""

import random

import pytest

from gateway.documents.readers.base import Budget
from gateway.documents.readers.excel.xlsx_cells import flat_cells
from gateway.documents.readers.excel.xlsx_strings import unescape
from gateway.documents.readers.ooxml.flat import FlatPart
from gateway.model import Origin, ReadStatus, Run
from tests.readers.ooxml_support import package, read, relationships

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORDS = (
    "Hồ sơ",
    "H&#7891; s&#x1A1;",
    "R&amp;D",
    "a &lt; b",
    "x&#10;y",
    "5 &gt; 4",
    "_x004D_ẬT",
    "  hai  ",
    "&quot;z&quot;",
    "1",
)
STYLES = f"""<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="170" formatCode="&quot;Số &quot;0"/></numFmts>
<fonts><font><sz val="12"/><name val="Arial"/></font><font><color rgb="FFFFFFFF"/></font></fonts>
<cellXfs><xf fontId="0"/><xf fontId="1"/><xf fontId="0" numFmtId="170"/></cellXfs></styleSheet>"""


def book(sheet: str, strings: str = "", *, prefix: str = "", before: str = "") -> bytes:
    """A workbook of one sheet; `before` stands in front of the root elements of sheet and strings."""
    names = f'xmlns{":" + prefix[:-1] if prefix else ""}="{MAIN}"'
    return package(
        {
            "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets><sheet name="T" sheetId="1" r:id="rId1"/>'
            "</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": relationships(
                {
                    "rId1": ("worksheet", "worksheets/sheet1.xml"),
                    "rId2": ("sharedStrings", "sharedStrings.xml"),
                    "rId3": ("styles", "styles.xml"),
                }
            ),
            "xl/worksheets/sheet1.xml": f"{before}<{prefix}worksheet {names}>{sheet}</{prefix}worksheet>",
            "xl/sharedStrings.xml": f"{before}<{prefix}sst {names}>{strings}</{prefix}sst>",
            "xl/styles.xml": STYLES,
        }
    )


def runs(data: bytes) -> list[Run]:
    reading = read(data)
    assert reading.document.status is ReadStatus.OK, reading.document.reason
    return list(reading.document.runs)


def random_cell(dice: random.Random, row: int, column: int, p: str) -> str:
    place = f'r="{"ABCDEFGH"[column]}{row}"' + dice.choice(["", ' s="1"', ' s="2"', ' s="9"'])
    word = dice.choice(WORDS)
    formula = dice.choice(["", "", f"<{p}f>IF(A1&gt;0,&quot;{word}&quot;,1)</{p}f>", f'<{p}f t="shared" si="0"/>'])
    match dice.randrange(9):
        case 0:
            return f"<{p}c {place}/>"
        case 1:
            return f'<{p}c {place} t="s">{formula}<{p}v>{dice.randrange(8)}</{p}v></{p}c>'
        case 2:
            return f'<{p}c {place} t="inlineStr"><{p}is><{p}t>{word}</{p}t></{p}is></{p}c>'
        case 3:
            return f'<{p}c {place} t="inlineStr"><{p}is><{p}r><{p}t>{word}</{p}t></{p}r><{p}r><{p}t>!</{p}t></{p}r></{p}is></{p}c>'
        case 4:
            return f'<{p}c {place} t="str">{formula}<{p}v>{dice.choice([word, ""])}</{p}v></{p}c>'
        case 5:
            return f'<{p}c {place} t="b"><{p}v>1</{p}v></{p}c>'
        case 6:
            return f'<{p}c t="n" {place}><{p}v>7</{p}v></{p}c>'
        case _:
            return (
                f"<{p}c {place}>{formula}<{p}v>{dice.choice(['12', '3.5', '123456789.01234', '44000'])}</{p}v></{p}c>"
            )


@pytest.mark.parametrize("seed", range(12))
def test_text_and_tree_agree(seed: int) -> None:
    dice = random.Random(seed)
    p = "x:" if seed % 3 == 2 else ""
    rows = []
    for number in range(1, 200):
        look = dice.choice(["", "", ' hidden="1"', ' hidden="false"', ' ht="0"', ' spans="1:8"'])
        cells = "".join(random_cell(dice, number, column, p) for column in range(8) if dice.random() < 0.8)
        rows.append(dice.choice([f'<{p}row r="{number}"{look}>{cells}</{p}row>', f'<{p}row r="{number}"/>']))
    columns = f'<{p}cols><{p}col min="3" max="3" hidden="1"/></{p}cols>' if seed % 2 else ""
    sheet = f"{columns}<{p}sheetData>{''.join(rows)}</{p}sheetData>"
    strings = "".join(f"<{p}si><{p}t>{word}</{p}t></{p}si>" for word in WORDS[:7])
    strings += f"<{p}si><{p}r><{p}rPr><{p}b/></{p}rPr><{p}t>đậm</{p}t></{p}r></{p}si>"
    by_text = runs(book(sheet, strings, prefix=p))
    by_tree = runs(book(sheet, strings, prefix=p, before="<!-- -->"))
    assert by_text == by_tree
    assert any(run.origin is Origin.HIDDEN for run in by_text)


def test_usual_sheets_do_go_as_text() -> None:
    rows = '<row r="1"><c r="A1" s="1" t="inlineStr"><is><t>H&#7891; s&#417;</t></is></c><c r="B1"><v>2</v></c></row>'
    part = FlatPart(
        f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode(),
        container="s:sheetData",
        child="row",
        budget=Budget(),
    )
    ((_, text),) = part.chunks()
    assert text is not None
    cells = flat_cells(text, part.prefix)
    assert cells is not None
    assert cells[1] == ("A1", "1", "inlineStr", "", "", "Hồ sơ", "")
    assert cells[2] == ("B1", "", "", "", "2", "", "")


@pytest.mark.parametrize(
    "cell",
    [
        "<c r='A1'><v>1</c></v>",
        '<c r="A1"><v>1</v>',
        '<c r="A1" t="inlineStr"><is><t>a & b</t></is></c>',
        '<c r="A1" t="inlineStr"><is><t>a &nbsp; b</t></is></c>',
        '<c r="A1" t="inlineStr"><is><t>&#0;</t></is></c>',
        '<c r="A1" t="inlineStr"><is><t>&#xD800;</t></is></c>',
        '<c r="A1" t="inlineStr"><is><t>\x01</t></is></c>',
        '<c r="A1" t="inlineStr"><is><t>\ufffe</t></is></c>',
    ],
)
def test_ill_formed_cells_are_never_taken(cell: str) -> None:
    document = read(book(f'<sheetData><row r="1">{cell}</row></sheetData>')).document
    assert (document.status, document.reason) == (ReadStatus.MALFORMED, "xml")


@pytest.mark.parametrize(
    "rows",
    [
        "MẬT",
        "<row r='1'>MẬT</row>",
        '<row r="1"><c r="A1"><v>1</v></c>MẬT</row>',
        '<row r="1"><c r="A1">MẬT<v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c></row>MẬT<row r="2"><c r="A2"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><is><t><![CDATA[MẬT]]></t></is></c></row>',
        '<row r="1"><extra>MẬT</extra></row>',
    ],
)
def test_words_out_of_place_are_found(rows: str) -> None:
    assert any("MẬT" in run.text for run in runs(book(f"<sheetData>{rows}</sheetData>")))


def test_escaped_characters_are_what_excel_shows() -> None:
    assert unescape("_x004D__x1EAC_T") == "MẬT"
    assert unescape("_x005F_x004D_") == "_x004D_"
    assert unescape("_xD83D__xDE00_") == "\U0001f600"
    cell = '<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>_x004D__x1EAC_T</t></is></c></row></sheetData>'
    assert any(run.text == "MẬT" for run in runs(book(cell)))
