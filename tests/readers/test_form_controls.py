"""Form controls of Office on sheets, pages and slides: boxes that are ticked and lists from which something is chosen."""

import struct

import pytest

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.excel import xls
from gateway.documents.readers.ole import embedded
from gateway.documents.readers.ole.controls import shown_by_octets
from gateway.documents.readers.ole.writer import write_compound
from gateway.documents.readers.word import rtf
from gateway.model import Document
from gateway.vietnamese.marks import Level, Strength, find_in_document
from tests.readers.ole_support import record, workbook
from tests.readers.ooxml_support import NAMESPACES, package, read, relationships

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
LEVELS = ("THƯỜNG", "MẬT", "TỐI MẬT")
TICKED = [(2, {Level.TOI_MAT}), (0, set()), (None, set())]
CHOSEN = [(2, {Level.TOI_MAT}), (0, set())]


def levels(document: Document) -> set[Level]:
    return {mark.level for mark in find_in_document(document) if mark.strength is not Strength.NOTED}


def sheet(vml: str, *, rows: str = "", drawing: str = "", names: str = "") -> Document:
    """A sheet `A` with such shapes, and a hidden sheet `B` whose column F has the levels."""
    space = f'xmlns="{MAIN}" xmlns:r="{NAMESPACES.partition("xmlns:r=")[2].split(chr(34))[1]}"'
    listed = "".join(
        f'<row r="{n}"><c r="F{n}" t="inlineStr"><is><t>{one}</t></is></c></row>' for n, one in enumerate(LEVELS, 5)
    )
    parts: dict[str, str | bytes] = {
        "xl/workbook.xml": f'<workbook {space}><sheets><sheet name="A" sheetId="1" r:id="rId1"/>'
        f'<sheet name="B" sheetId="2" state="hidden" r:id="rId2"/></sheets>{names}</workbook>',
        "xl/_rels/workbook.xml.rels": relationships(
            {"rId1": ("worksheet", "worksheets/sheet1.xml"), "rId2": ("worksheet", "worksheets/sheet2.xml")}
        ),
        "xl/worksheets/sheet1.xml": f"<worksheet {space}><sheetData>{rows}</sheetData></worksheet>",
        "xl/worksheets/sheet2.xml": f"<worksheet {space}><sheetData>{listed}</sheetData></worksheet>",
        "xl/worksheets/_rels/sheet1.xml.rels": relationships(
            {"rId1": ("vmlDrawing", "../drawings/vmlDrawing1.vml"), "rId2": ("drawing", "../drawings/drawing1.xml")}
        ),
        "xl/drawings/vmlDrawing1.vml": '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
        f'xmlns:x="urn:schemas-microsoft-com:office:excel">{vml}</xml>',
        "xl/drawings/drawing1.xml": f'<xdr:wsDr xmlns:xdr="{DRAWING}/spreadsheetDrawing" xmlns:a="{DRAWING}/main" '
        f'xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main">{drawing}</xdr:wsDr>',
    }
    return read(package(parts)).document


@pytest.mark.parametrize(("ticked", "found"), TICKED)
@pytest.mark.parametrize("kind", ["Checkbox", "Radio"])
def test_a_ticked_box_on_a_sheet_chooses_its_words(kind: str, ticked: int | None, found: set[Level]) -> None:
    vml = drawing = ""
    for number, words in enumerate(LEVELS):
        state = "<x:Checked>1</x:Checked>" if number == ticked else ""
        vml += (
            f'<v:shape id="_x0000_s{number}"><v:textbox><div><font>{words}</font></div></v:textbox>'
            f'<x:ClientData ObjectType="{kind}">{state}</x:ClientData></v:shape>'
        )
        drawing += (
            f'<xdr:twoCellAnchor><xdr:sp><xdr:nvSpPr><xdr:cNvPr id="{number}" name="{words}" descr="{words}"><a:extLst><a:ext uri="x">'
            f'<a14:compatExt spid="_x0000_s{number}"/></a:ext></a:extLst></xdr:cNvPr></xdr:nvSpPr><xdr:txBody><a:p><a:r>'
            f"<a:t>{words}</a:t></a:r></a:p></xdr:txBody></xdr:sp></xdr:twoCellAnchor>"
        )
    assert levels(sheet(vml, drawing=drawing)) == found
    assert levels(sheet(vml)) == found


@pytest.mark.parametrize(("chosen", "found"), CHOSEN)
@pytest.mark.parametrize("kind", ["Drop", "List"])
@pytest.mark.parametrize("entries", ["B!$F$5:$F$7", "'B'!$F$5:$F$7", "DanhMuc"])
def test_what_is_chosen_from_a_list_on_a_sheet_is_the_value_of_the_cells_below_it(
    entries: str, kind: str, chosen: int, found: set[Level]
) -> None:
    vml = (
        f'<v:shape id="_x0000_s1"><x:ClientData ObjectType="{kind}"><x:Anchor>\n 1, 0, 1, 17, 2, 60, 3, 2</x:Anchor>'
        f"<x:FmlaRange>{entries}</x:FmlaRange><x:Sel>{chosen + 1}</x:Sel></x:ClientData></v:shape>"
    )
    names = '<definedNames><definedName name="DanhMuc">B!$F$5:$F$7</definedName></definedNames>'
    rows = '<row r="3"><c r="A3" t="inlineStr"><is><t>Độ mật:</t></is></c><c r="B3"><v>3</v></c></row>'
    assert levels(sheet(vml, rows=rows, names=names)) == found


@pytest.mark.parametrize(("ticked", "found"), TICKED)
@pytest.mark.parametrize("column", [1, 2, 3])
def test_a_box_without_words_ticks_the_cell_on_which_or_beside_which_it_stands(
    column: int, ticked: int | None, found: set[Level]
) -> None:
    vml = rows = ""
    for number, words in enumerate(LEVELS):
        state = "<x:Checked>1</x:Checked>" if number == ticked else ""
        at = f"<x:Anchor>{column}, 4, {number}, 2, {column}, 40, {number}, 18</x:Anchor>"
        vml += f'<v:shape><v:textbox> <div/></v:textbox><x:ClientData ObjectType="Checkbox">{at}{state}</x:ClientData></v:shape>'
        rows += f'<row r="{number + 1}"><c r="C{number + 1}" t="inlineStr"><is><t>{words}</t></is></c></row>'
    assert levels(sheet(vml, rows=rows)) == found


@pytest.mark.parametrize("entries", ["", "B!F:F:F", "KhongCo", "B!$F$900"])
def test_a_list_whose_entries_are_not_there_says_nothing(entries: str) -> None:
    data = f"<x:Anchor>1,0,2,0,2,0,3,0</x:Anchor><x:FmlaRange>{entries}</x:FmlaRange><x:Sel>3</x:Sel>"
    assert levels(sheet(f'<v:shape><x:ClientData ObjectType="Drop">{data}</x:ClientData></v:shape>')) == set()


@pytest.mark.parametrize(("ticked", "found"), TICKED)
@pytest.mark.parametrize(("kind", "state"), [(0x0B, 0x12), (0x0C, 0x12), (0x0B, 0x0A), (0x0C, 0x0A)])
def test_a_ticked_box_on_a_sheet_before_2007_chooses_its_words(
    kind: int, state: int, ticked: int | None, found: set[Level]
) -> None:
    records: list[bytes] = []
    for number, words in enumerate(LEVELS, 1):
        is_ticked = number - 1 == ticked
        common = struct.pack("<HHHH", 0x15, 0x12, kind, number) + bytes(14)
        records += (
            record(0x5D, common + struct.pack("<HHHHHH", state, 8, is_ticked, 0, 0, 0) + bytes(4)),
            record(0x1B6, struct.pack("<HHIHHHI", 0, 0, 0, 0, len(words), 16, 0)),
            record(0x3C, b"\x01" + words.encode("utf-16-le")),
            record(0x3C, struct.pack("<HHIHHI", 0, 0, 0, len(words), 0, 0)),
        )
    document = xls.read(Source(data=workbook([("A", 0, records)]), part="1"), Budget()).document
    assert levels(document) == found


def stored(caption: str, value: str, style: int) -> bytes:
    """A control with a colour, as it is stored: letters of its value have one byte each."""
    octets = caption.encode("utf-16-le")
    numbers = struct.pack("<IB3xII", 0xFF, style, 1 << 31 | len(value), len(octets))
    strings = (one + bytes(-len(one) % 4) for one in (value.encode(), octets))
    mask = 1 << 1 | 1 << 6 | 1 << 8 | 1 << 22 | 1 << 23
    body = struct.pack("<Q", mask) + numbers + bytes(8) + b"".join(strings)
    return b"\x00\x02" + struct.pack("<H", len(body)) + body


@pytest.mark.parametrize(
    ("control", "words"),
    [
        (stored("TỐI MẬT", "1", 4), "☒ TỐI MẬT"),
        (stored("TỐI MẬT", "0", 5), "☐ TỐI MẬT"),
        (stored("TỐI MẬT", "", 6), "☐ TỐI MẬT"),
        (stored("", "Mat", 3), "Mat"),
        (stored("Ten", "Mat", 1)[:-1], None),
        (b"\x00\x03" + bytes(40), None),
    ],
)
def test_a_stored_control_shows_its_box_and_caption_or_its_value(control: bytes, words: str | None) -> None:
    assert shown_by_octets(control) == words


@pytest.mark.parametrize(("ticked", "found"), TICKED)
@pytest.mark.parametrize("persistence", ["stream", "storage", "properties"])
def test_a_ticked_control_of_a_page_chooses_its_caption(
    persistence: str, ticked: int | None, found: set[Level]
) -> None:
    space = 'xmlns:ax="http://schemas.microsoft.com/office/2006/activeX"'
    kind = "{8BD21D40-EC42-11CE-9E0D-00AA006002F3}"
    parts: dict[str, str | bytes] = {}
    controls, targets = "", {}
    for number, words in enumerate(LEVELS):
        value = "1" if number == ticked else "0"
        octets = stored(words, value, 4)
        name, inside = f"word/activeX/activeX{number}.xml", ""
        if persistence == "properties":
            state = {"Value": value, "Caption": words, "DisplayStyle": "4"}
            inside = "".join(f'<ax:ocxPr ax:name="{key}" ax:value="{one}"/>' for key, one in state.items())
        else:
            target = {"rId1": ("activeXControlBinary", f"activeX{number}.bin")}
            parts[f"word/activeX/_rels/activeX{number}.xml.rels"] = relationships(target)
            is_stream = persistence == "stream"
            parts[f"word/activeX/activeX{number}.bin"] = (
                bytes(16) + octets if is_stream else write_compound({("contents",): octets})
            )
        parts[name] = f'<ax:ocx {space} ax:classid="{kind}">{inside}</ax:ocx>'
        targets[f"rId{number}"] = ("control", f"activeX/activeX{number}.xml")
        controls += f'<w:p><w:r><w:object><w:control r:id="rId{number}"/></w:object></w:r></w:p>'
    parts["word/document.xml"] = f"<w:document {NAMESPACES}><w:body>{controls}</w:body></w:document>"
    parts["word/_rels/document.xml.rels"] = relationships(targets)
    assert levels(read(package(parts)).document) == found


@pytest.mark.parametrize(("value", "found"), [("1", {Level.TOI_MAT}), ("0", set())])
def test_a_control_in_an_old_document_is_read_as_one(value: str, found: set[Level]) -> None:
    data = write_compound({("contents",): stored("TỐI MẬT", value, 4)})
    reading = embedded.read(Source(data=data, part="1"), Budget())
    assert levels(reading.document) == found
    assert not reading.members


@pytest.mark.parametrize(("chosen", "found"), CHOSEN)
def test_what_a_list_only_offers_is_no_mark_in_rich_text(chosen: int, found: set[Level]) -> None:
    def letters(text: str) -> str:
        return "".join(rf"\u{ord(letter)}?" for letter in text)

    entries = "".join(r"{\*\ffl %s}" % letters(one) for one in LEVELS)
    code = r"{\*\fldinst FORMDROPDOWN{\*\formfield{\fftype2\ffres%d%s}}}" % (chosen, entries)
    text = r"{\rtf1\ansi\uc1 Loai van ban: {\field%s{\fldrslt }}}" % code
    assert levels(rtf.read(Source(data=text.encode(), part="1"), Budget()).document) == found
