"""Form fields of word processors show a ticked box and a chosen entry in their place, whatever program saved them."""

import struct
from dataclasses import replace

import pytest

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.sink import Place, Sink
from gateway.documents.readers.word import rtf
from gateway.documents.readers.word.word97_drawings import Pictures
from gateway.documents.readers.word.word97_sprms import Look
from gateway.model import Origin, Role, Run
from gateway.vietnamese.marks import Level, Strength, find_in_document
from tests.readers import ooxml_support, test_odf

ENTRIES = ("Thuong", "Mat", "Toi mat")
FORM = "☐ A ☒ B ☒ C "


def shown(runs: tuple[Run, ...]) -> str:
    return "".join(run.text for run in runs if run.origin is Origin.TEXT and run.role is Role.BODY)


def of_docx(code: str, data: str) -> str:
    return (
        f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{data}</w:ffData></w:fldChar></w:r>'
        f'<w:r><w:instrText>{code}</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def test_boxes_of_a_document_of_word_stand_among_its_words() -> None:
    boxes = ('<w:default w:val="0"/>', "<w:checked/>", '<w:default w:val="1"/>')
    fields = (of_docx("FORMCHECKBOX", f"<w:checkBox><w:sizeAuto/>{box}</w:checkBox>") for box in boxes)
    line = "".join(f"{field}<w:r><w:t> {name} </w:t></w:r>" for field, name in zip(fields, "ABC", strict=True))
    entries = "".join(f'<w:listEntry w:val="{entry}"/>' for entry in ENTRIES)
    chosen = of_docx("FORMDROPDOWN", f'<w:ddList><w:result w:val="2"/><w:default w:val="1"/>{entries}</w:ddList>')
    found = shown(ooxml_support.read(ooxml_support.word(f"<w:p>{line}{chosen}</w:p>")).document.runs)
    assert found == FORM + "Toi mat"


def test_boxes_of_rich_text_stand_among_its_words() -> None:
    def field(code: str, data: str) -> str:
        return r"{\field{\*\fldinst %s{\*\formfield{%s}}}{\fldrslt }}" % (code, data)

    boxes = (r"\fftype1\ffres0\ffdefres1", r"\fftype1\ffres1\ffdefres0", r"\fftype1\ffres25\ffdefres1")
    line = "".join(f" {field('FORMCHECKBOX', box)} {name}" for box, name in zip(boxes, "ABC", strict=True))
    chosen = field("FORMDROPDOWN", r"\fftype2\ffres2" + "".join(r"{\*\ffl %s}" % entry for entry in ENTRIES))
    runs = rtf.read(Source(data=(r"{\rtf1\ansi" + f"{line} {chosen}}}").encode(), part="1"), Budget()).document.runs
    assert shown(runs).split() == [*FORM.split(), "Toi", "mat"]


def test_boxes_of_an_opendocument_text_stand_among_its_words() -> None:
    def field(kind: str, **parameters: str) -> str:
        params = "".join(
            f'<field:param field:name="{name[:-1]}" field:value="{value}"/>' for name, value in parameters.items()
        )
        return f'<field:fieldmark field:type="vnd.oasis.opendocument.field.{kind}">{params}</field:fieldmark>'

    boxes: tuple[dict[str, str], ...] = ({}, {"Checkbox_Checked_": "true"}, {"Checkbox_Checked_": "true"})
    line = "".join(f"{field('FORMCHECKBOX', **box)} {name} " for box, name in zip(boxes, "ABC", strict=True))
    entries = {f"Dropdown_ListEntry{number}": entry for number, entry in enumerate(ENTRIES)}
    chosen = field("FORMDROPDOWN", **entries, Dropdown_Selected_="2")
    runs = test_odf.read_body(f"<text:p>{line}{chosen}</text:p>").document.runs
    assert shown(runs) == FORM + "Toi mat"


@pytest.mark.parametrize(
    ("control", "line"),
    [
        ('textbox form:id="a" form:current-value="Toi mat" form:value="Mat"', "x: Toi mat"),
        ('fixed-text form:id="a" form:label="Toi mat"', "x: Toi mat"),
        ('checkbox form:id="a" form:label="Mat" form:current-state="checked"', "x: ☒ Mat"),
        ('radio form:id="a" form:label="Mat" form:current-selected="false" form:selected="true"', "x: ☐ Mat"),
        ('textbox form:id="b" form:current-value="Toi mat"', "x: "),
    ],
)
def test_controls_of_an_opendocument_text_show_their_values_where_they_stand(control: str, line: str) -> None:
    forms = f"<office:forms><form:form><form:{control}/></form:form></office:forms>"
    stands = '<text:p>x: <draw:control text:anchor-type="as-char" draw:control="a"/></text:p>'
    assert shown(test_odf.read_body(forms + stands).document.runs) == line


@pytest.mark.parametrize(("name", "said"), [("Tối mật", ["Tối mật"]), ("Control 1", [])])
def test_a_control_in_a_line_has_its_name_and_descriptions_and_shows_its_value_once(name: str, said: list[str]) -> None:
    forms = (
        '<office:forms><form:form><form:textbox form:id="a" form:current-value="Thường"/></form:form></office:forms>'
    )
    inside = "<svg:title>tên</svg:title><svg:desc>lời tả</svg:desc><text:p>trong</text:p>"
    stands = f'<text:p>x: <draw:control draw:name="{name}" draw:control="a">{inside}</draw:control>.</text:p>'
    runs = test_odf.read_body(forms + stands).document.runs
    assert shown(runs) == "x: Thường.trong"
    assert [run.text for run in runs if run.role is Role.NAME] == said
    assert [run.text for run in runs if run.role is Role.ALT_TEXT] == ["tên", "lời tả"]
    assert {run.locator for run in runs if run.text == "trong"} == {"paragraph:1"}


@pytest.mark.parametrize(("level", "chosen"), [({Level.TOI_MAT}, 2), (set(), 0)])
def test_what_a_list_only_offers_is_no_mark_in_an_opendocument_text(level: set[Level], chosen: int) -> None:
    entries = "".join(
        f'<form:option form:label="{entry}" form:current-selected="{str(number == chosen).lower()}"/>'
        for number, entry in enumerate(("Thường", "Mật", "Tối mật"))
    )
    forms = f'<office:forms><form:form><form:listbox form:id="a">{entries}</form:listbox></form:form></office:forms>'
    stands = '<text:p>Độ mật: <draw:control text:anchor-type="as-char" draw:control="a"/></text:p>'
    offered = '<text:p><loext:content-control><loext:list-item loext:display-text="Mật"/>Không</loext:content-control></text:p>'
    found = find_in_document(test_odf.read_body(forms + stands + offered).document)
    assert {mark.level for mark in found if mark.strength is not Strength.NOTED} == level


@pytest.mark.parametrize(("result", "default", "chosen"), [(0, 1, 0), (2, 0, 2), (25, 1, 1)])
def test_an_old_document_of_word_says_what_is_chosen(result: int, default: int, chosen: int) -> None:
    def words(text: str) -> bytes:
        return struct.pack("<H", len(text)) + text.encode("utf-16-le")

    body = struct.pack("<IHHH", 0xFFFFFFFF, 2 | result << 2, 0, 20) + words("DoMat") + b"\0\0"
    body += struct.pack("<H", default) + b"".join(words("") + b"\0\0" for _ in range(5))
    body += struct.pack("<HI", 0xFFFF, len(ENTRIES)) + b"".join(map(words, ENTRIES))
    sink = Sink(Budget())
    pictures = Pictures(struct.pack("<IH", 68 + len(body), 68) + bytes(62) + body, sink)
    pictures.inline(replace(Look(), data=0, is_data=True), Place(), 1)
    assert (pictures.choices, pictures.chosen) == (list(ENTRIES), chosen)
    assert [run.text for run in sink.runs if run.locator == "option"] == list(ENTRIES)
