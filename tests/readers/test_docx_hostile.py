"""Word packages that lie, are damaged or cost much: read as far as they go, with the cause."""

import io
import time
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.documents.readers.base import Budget, ReadError, Reading, Source
from gateway.documents.readers.ooxml import reader as ooxml
from gateway.model import ReadStatus
from gateway.vietnamese.marks import Level, Strength, find_in_document
from tests.readers.docx_support import MARK, para, style, styles
from tests.readers.ooxml_support import NAMESPACES, package, read, relationships, word
from tests.signatures.attacks_readings import ATTACKS
from tests.support.cases import examples
from tests.support.cost import least_cost
from tests.support.octets import zipped
from tests.support.reading import find, unread


def read_raw(data: bytes, **budget: object) -> Reading:
    return ooxml.read(Source(data=data, part="1"), Budget(**budget))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("document", "status", "reason"),
    [
        (b'<!DOCTYPE x [<!ENTITY e "x">]><w:document/>', ReadStatus.MALFORMED, "doctype"),
        (b'<?xml version="1.0" encoding="UTF-7"?><w:document/>', ReadStatus.MALFORMED, "xml-encoding"),
        (b"<w:document", ReadStatus.MALFORMED, "xml"),
        (f"<w:document {NAMESPACES}><w:body>{'<w:sdt>' * 300}{'</w:sdt>' * 300}</w:body></w:document>".encode(),
         ReadStatus.LIMIT, "xml-depth"),
    ],
)  # fmt: skip
def test_hostile_xml_has_an_exact_cause(document: bytes, status: ReadStatus, reason: str) -> None:
    found = read(package({"word/document.xml": document})).document
    assert (found.status, found.reason) == (status, reason)


@pytest.mark.slow
def test_what_is_before_a_fault_is_still_read() -> None:
    text = f"<w:document {NAMESPACES}><w:body>{para(MARK)}{para('x') * 20000}<w:p></w:body>"
    reading = read(package({"word/document.xml": text}, stored=("word/document.xml",)))
    assert reading.document.status is ReadStatus.MALFORMED
    assert find(reading, MARK).text == MARK


def test_utf_16_is_read_like_utf_8() -> None:
    text = f'<?xml version="1.0" encoding="UTF-16"?><w:document {NAMESPACES}><w:body>{para(MARK)}</w:body></w:document>'
    for codec in ("utf-16", "utf-16-le", "utf-16-be"):
        assert find(read(package({"word/document.xml": text.encode(codec)})), MARK).text == MARK
    evil = text.replace("<w:document", "<!DOCTYPE x><w:document", 1).encode("utf-16")
    assert read(package({"word/document.xml": evil})).document.reason == "doctype"


@pytest.mark.slow
def test_a_million_empty_paragraphs_are_read_in_bounded_time() -> None:
    text = f"<w:document {NAMESPACES}><w:body>{'<w:p/>' * 1_000_000}{para(MARK)}</w:body></w:document>"
    began = time.process_time()
    reading = read(package({"word/document.xml": text}, stored=("word/document.xml",)))
    assert time.process_time() - began < 20
    assert reading.document.status in {ReadStatus.OK, ReadStatus.TIMEOUT}


def test_a_long_table_costs_time_by_its_rows() -> None:
    cell = f"""<w:tc><w:tcPr><w:tcW w:w="9" w:type="dxa"/></w:tcPr>{para("x", '<w:sz w:val="24"/>')}</w:tc>"""
    text = f"<w:document {NAMESPACES}><w:body><w:tbl>{f'<w:tr>{cell * 8}</w:tr>' * 2000}</w:tbl></w:body></w:document>"
    data = package({"word/document.xml": text}, stored=("word/document.xml",))
    assert least_cost(lambda: read(data), 1) < 3


def test_the_deadline_ends_reading_with_what_was_found() -> None:
    data = word(para(MARK) + para("x") * 100_000)
    assert unread(read_raw, data, part_cpu_s=0.0)[0] is ReadStatus.TIMEOUT


def zip_with(edit: object) -> bytes:
    out = io.BytesIO(word(para("x")))
    data = bytearray(out.getvalue())
    edit(data)  # type: ignore[operator]
    return bytes(data)


def test_sizes_that_lie_are_refused() -> None:
    def shrink(data: bytearray) -> None:
        at = data.rindex(b"PK\x01\x02")
        size = int.from_bytes(data[at + 24 : at + 28], "little")
        data[at + 24 : at + 28] = (size - 1).to_bytes(4, "little")

    found = read_raw(zip_with(shrink)).document
    assert (found.status, found.reason) == (ReadStatus.MALFORMED, "zip-size-mismatch")


def test_encrypted_entries_are_encrypted_not_clean() -> None:
    def flag(data: bytearray) -> None:
        at = data.index(b"PK\x01\x02")
        data[at + 8] |= 1

    assert unread(read_raw, zip_with(flag))[0] is ReadStatus.ENCRYPTED


def test_names_that_differ_only_in_case_are_refused() -> None:
    out = io.BytesIO(word(para("x")))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("WORD/document.xml", "<x/>")
    assert unread(read_raw, out.getvalue())[1] == "zip-duplicate-name"


def test_a_bomb_ends_at_the_ratio() -> None:
    data = package({"word/document.xml": b"<a>" + b" " * (40 << 20) + b"</a>"})
    found = read(data).document
    assert (found.status, found.reason) == (ReadStatus.LIMIT, "ratio")


@given(st.binary(max_size=300))
@examples(60)
def test_random_bytes_never_break_the_reader(data: bytes) -> None:
    with pytest.raises(ReadError):
        read_raw(data)


SAMPLE = word(para(MARK) + f"<w:tbl><w:tr><w:tc>{para('x')}</w:tc></w:tr></w:tbl>", word__styles_xml=styles(style("A")))


letters = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)


@given(st.lists(letters, min_size=1, max_size=8))
@examples(60)
def test_all_text_comes_out_in_order(texts: list[str]) -> None:
    escaped = [text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for text in texts]
    runs = read(word("".join(para(text) for text in escaped))).document.runs
    assert "".join(run.text for run in runs) == "".join(texts)


def test_alternatives_among_content_types_make_a_package_malformed():
    with pytest.raises(ReadError, match="content-types"):
        read_raw(ATTACKS["type-in-alternative.docx"]())


def test_two_types_of_one_part_make_a_package_malformed():
    once = word("<w:p/>")
    with zipfile.ZipFile(io.BytesIO(once)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    types = members["[Content_Types].xml"]
    members["[Content_Types].xml"] = types.replace(
        b"</Types>", b'<Override PartName="/WORD/document.xml" ContentType="application/xml"/></Types>'
    )
    with pytest.raises(ReadError, match="content-types"):
        read_raw(zipped(members))


def _levels(body: str) -> set[Level]:
    found = find_in_document(read(word(body)).document)
    return {mark.level for mark in found if mark.strength is not Strength.NOTED}


def _list_field(result: int) -> str:
    entries = "".join(f'<w:listEntry w:val="{one}"/>' for one in ("Thường", "Mật", "Tối mật"))
    data = f'<w:ffData><w:name w:val="DoMat"/><w:ddList><w:result w:val="{result}"/>{entries}</w:ddList></w:ffData>'
    return (
        f'<w:p><w:r><w:t>Chọn: </w:t></w:r><w:r><w:fldChar w:fldCharType="begin">{data}</w:fldChar></w:r>'
        '<w:r><w:instrText>FORMDROPDOWN</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    )


def test_the_chosen_entry_of_a_list_counts_and_none_on_offer() -> None:
    assert [_levels(_list_field(number)) for number in (0, 1, 2)] == [set(), {Level.MAT}, {Level.TOI_MAT}]


def test_the_name_of_a_control_labels_what_it_holds() -> None:
    def control(alias: str, text: str) -> str:
        items = "".join(f'<w:listItem w:displayText="{one}"/>' for one in ("Thường", "Mật", "Tối mật"))
        return (
            f'<w:p><w:r><w:t>Hồ sơ số 12, </w:t></w:r><w:sdt><w:sdtPr><w:alias w:val="{alias}"/><w:dropDownList>{items}'
            f"</w:dropDownList></w:sdtPr><w:sdtContent><w:r><w:t>{text}</w:t></w:r></w:sdtContent></w:sdt></w:p>"
        )

    assert _levels(control("Độ mật", "Tối mật")) == {Level.TOI_MAT}
    assert _levels(control("Độ mật", "Thường")) == set()
    assert _levels(control("Loại", "Thường")) == set()


@pytest.mark.parametrize(("control", "levels"), [(1, {Level.TOI_MAT}), (4, set()), (5, set())])
def test_words_that_a_control_keeps_beside_its_description_are_read(control: int, levels: set[Level]) -> None:
    """A text field shows them; a check box or an option only offers them."""
    kind = f"8bd21D{control}0-EC42-11CE-9E0D-00AA006002F3"
    described = f'<ax:ocx xmlns:ax="http://schemas.microsoft.com/office/2006/activeX" ax:classid="{{{kind}}}"/>'
    parts: dict[str, str | bytes] = {
        "word/document.xml": f'<w:document {NAMESPACES}><w:body><w:p><w:r><w:object><w:control r:id="rId1"/></w:object></w:r></w:p></w:body></w:document>',
        "word/_rels/document.xml.rels": relationships({"rId1": ("control", "activeX/activeX1.xml")}),
        "word/activeX/activeX1.xml": described,
        "word/activeX/_rels/activeX1.xml.rels": relationships({"rId1": ("activeXControlBinary", "activeX1.bin")}),
        "word/activeX/activeX1.bin": bytes(40) + "TỐI MẬT".encode("utf-16-le") + bytes(40),
    }
    assert {mark.level for mark in find_in_document(read(package(parts)).document)} == levels


@pytest.mark.parametrize(
    ("name", "kind"), [("a.dat", "application/x-fontdata"), ("a.dat", "video/mp4"), ("activeX/a.bin", "text/plain")]
)
def test_a_picture_is_read_whatever_the_name_and_type_of_its_part_say(name: str, kind: str) -> None:
    drawing = (
        '<w:r><w:drawing><pic:pic><pic:blipFill><a:blip r:embed="rId1"/></pic:blipFill></pic:pic></w:drawing></w:r>'
    )
    parts: dict[str, str | bytes] = {
        "word/document.xml": f"<w:document {NAMESPACES}><w:body><w:p>{drawing}</w:p></w:body></w:document>",
        "word/_rels/document.xml.rels": relationships({"rId1": ("image", name)}),
        f"word/{name}": b"\x89PNG\r\n\x1a\n",
    }
    members = read(package(parts, types={f"word/{name}": kind})).members
    assert [(member.name, member.relation) for member in members] == [(f"word/{name}", "image")]
