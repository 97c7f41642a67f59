"""RTF as written by Word, by others, and by people who hide things."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.documents.readers import plain  # noqa: F401 - plain registers the decoding error handler
from gateway.documents.readers.base import Budget, ReadError, Source
from gateway.documents.readers.word import rtf
from gateway.model import Origin, ReadStatus, Role
from tests.support.cases import examples
from tests.support.cost import least_cost
from tests.support.reading import seen, unread

HEAD = (
    r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\froman\fcharset0 Times New Roman;}"
    r"{\f1\froman\fcharset0 .VnTime;}{\f2\fnil\fcharset163 Arial;}{\f3\fnil\fcharset2 Symbol;}}"
    r"{\colortbl;\red255\green0\blue0;\red0\green0\blue0;}{\stylesheet{\s0 Normal;}{\*\cs1 Default;}}"
)


def runs(body: str, head: str = HEAD):
    source = Source(data=(head + body + "}").encode("latin-1"), part="1")
    return rtf.read(source, Budget()).document.runs


def words(body: str) -> list[str]:
    return [run.text for run in runs(body)]


WHITE = HEAD.replace("{\\colortbl;", "{\\colortbl;\\red255\\green255\\blue255;")
READ = {
    "a number beside its replacement": (r"\uc1 T\u7888?I M\u7852?T\par", "text", ["TỐI MẬT"]),
    "a number beside two octets": (r"\uc2 \u7852\'ab\'cd!\par", "text", ["Ậ!"]),
    "a number beside nothing": (r"{\uc0\u7852 X}\par", "text", ["ẬX"]),
    "octets by the charset of the font": (r"\f2 M\'c2\'f2T\par", "text", ["MÂ\u0323T"]),
    "an octet of a symbol font": (r"\f3 \'b7\par", "text", ["\uf0b7"]),
    "names of styles and fonts are no text": (r"X\par", "text", ["X"]),
    "letters of a legacy font stay one for one octet": (r"\f1 T\'e8I M\'cbT\par", "text font", [("TèI MËT", ".VnTime")]),
    "look": (r"\f0\fs26\cf1\b X\par", "font size_pt colour bold", [("Times New Roman", 13, "FF0000", True)]),
    "hidden and deleted text": (
        r"{\v an}{\deleted xoa} thay\par", "text origin", [("an", Origin.HIDDEN), ("xoa", Origin.DELETED), (" thay", Origin.TEXT)]),
    "binary data are no markup": (r"{\pict\bin6 }}{{}}} X\par", "text", [" X"]),
    "text after the end": (r"X\par} M\u7852?T", "origin", [Origin.TEXT, Origin.HIDDEN]),
    "data of Word after a brace too many": (
        r"X\par}{\*\themedata 504b0304}{\f0 Y", "text origin", [("X", Origin.TEXT), ("Y", Origin.HIDDEN)]),
    "settings of shapes are no text": (
        r"{\shp{\*\shpinst{\sp{\sn fillColor}{\sv 255}}{\sp{\sn wzDescription}{\sv M\u7852?T}}}}", "text role", [("MẬT", Role.ALT_TEXT)]),
    "capitals by format": (r"{\caps t\u7889?i}\par", "text", ["TỐI"]),
    "capitals of a legacy font": (r"{\f1\caps M\'cbt}\par", "text", ["MËT"]),
    "cells of a table are numbered": (
        r"\pard\intbl A\cell B\cell\row\pard\intbl C\cell\row\pard D\par", "locator",
        ["table:1,row:1,column:1", "table:1,row:1,column:2", "table:1,row:2,column:1", "paragraph:1"]),
    "of what is said twice for old programs Unicode is shown": (
        r"a {\upr{MAT}{\*\ud{M\u7852?T}}}\par", "text origin", [("a ", Origin.TEXT), ("MAT", Origin.HIDDEN), ("MẬT", Origin.TEXT)]),
}  # fmt: skip
"""What is written; which attributes its runs then have."""


@pytest.mark.parametrize("title", READ)
def test_what_is_written_is_read_with_its_look_and_place(title):
    body, names, expected = READ[title]
    assert seen(runs(body), names) == expected


def test_white_letters_are_hidden_and_capitals_need_no_table_of_fonts():
    assert seen(runs(r"\cf1 M\par", WHITE), "origin") == [Origin.HIDDEN]
    assert seen(runs(r"{\caps a}\par", r"{\rtf1{\fonttbl}"), "text") == ["A"]


@pytest.mark.parametrize(
    ("body", "role"),
    [
        (r"{\header M\u7852?T\par}", Role.HEADER),
        (r"{\footerf M\u7852?T\par}", Role.FOOTER),
        (r"{\footnote M\u7852?T}", Role.NOTE),
        (r"{\*\annotation M\u7852?T}", Role.COMMENT),
        (r"{\shp{\*\shpinst{\shptxt M\u7852?T\par}}}", Role.TEXTBOX),
        (r"{\shp{\*\shpinst{\sp{\sn gtextUNICODE}{\sv M\u7852?T}}}}", Role.WATERMARK),
        (r"{\info{\title M\u7852?T}}", Role.PROPERTY),
        (r"\intbl M\u7852?T\cell\row", Role.CELL),
        (r"{\*\unknowndestination M\u7852?T}", Role.FIELD),
    ],
)
def test_words_are_found_wherever_they_stand(body, role):
    assert ("MẬT", role) in [(run.text, run.role) for run in runs(body)]


def test_pictures_and_objects_become_members():
    source = Source(
        data=(
            HEAD + r"{\pict\pngblip 89504e470d0a1a0a00}{\object\objemb{\*\objdata 0105000002000000504b0304aa}}}"
        ).encode(),
        part="1",
    )
    reading = rtf.read(source, Budget())
    assert [(member.relation, member.data[:4]) for member in reading.members] == [
        ("image", b"\x89PNG"),
        ("embedded", b"PK\x03\x04"),
    ]
    assert {active.kind for active in reading.document.active_content} == {"ole-object"}


def test_addresses_in_the_data_of_a_field_are_words_and_no_object():
    """As Word writes the link of a field, whose data is no file (`\\datafield`, a URL moniker)."""
    data = bytes.fromhex("08d0c9ea79f9bace118c8200aa004ba90b0200000003000000") + "Công văn TỐI MẬT\0".encode(
        "utf-16-le"
    )
    field = r"{\field{\*\fldinst HYPERLINK {\*\datafield %s}}{\fldrslt xem}}" % data.hex()
    reading = rtf.read(Source(data=(HEAD + field + "}").encode(), part="1"), Budget())
    assert (reading.members, reading.document.active_content) == ((), ())
    found = {run.text: (run.role, run.origin) for run in reading.document.runs}
    assert found["Công văn TỐI MẬT"] == (Role.FIELD, Origin.HIDDEN)


def test_a_file_in_the_data_of_a_field_is_a_member():
    field = r"{\*\datafield 0000000000000000504b03041400000000}"
    reading = rtf.read(Source(data=(HEAD + field + "}").encode(), part="1"), Budget())
    assert [member.data[:4] for member in reading.members] == [b"PK\x03\x04"]


def test_the_drawing_for_old_programs_gives_its_letters_and_no_second_picture():
    def wmf(*records: bytes) -> str:
        body = b"".join(records) + struct.pack("<IH", 3, 0)
        return (struct.pack("<HHHIHIH", 1, 9, 0x300, 9 + len(body) // 2, 0, 0, 0) + body).hex()

    text = b"TOI MAT "
    letters = struct.pack("<H", len(text)) + text + struct.pack("<hh", 10, 0)
    drawing = wmf(struct.pack("<IH", 3 + len(letters) // 2, 0x0521) + letters)
    shown = r"{\*\shppict{\pict\pngblip 89504e470d0a1a0a00}}"
    for group in ("nonshppict", r"shprslt\par\pard"):
        both = HEAD + shown + r"{\%s{\pict\wmetafile8 %s}}}" % (group, drawing)
        reading = rtf.read(Source(data=both.encode(), part="1"), Budget())
        assert [member.data[:4] for member in reading.members] == [b"\x89PNG"]
        assert [run.text.strip() for run in reading.document.runs] == ["TOI MAT"]
    alone = rtf.read(Source(data=(HEAD + r"{\pict\wmetafile8 %s}}" % drawing).encode(), part="1"), Budget())
    assert [member.relation for member in alone.members] == ["image"]


def test_a_field_that_runs_a_program_is_active_content():
    source = Source(data=(HEAD + r"{\field{\*\fldinst DDEAUTO c:\\\\cmd.exe}{\fldrslt ok}}}").encode(), part="1")
    assert rtf.read(source, Budget()).document.active_content[0].kind == "dde"


def test_an_unclosed_file_is_read_as_far_as_it_goes():
    document = rtf.read(Source(data=(HEAD + r"{\b dang do").encode(), part="1"), Budget()).document
    assert (document.status, document.reason) == (ReadStatus.PARTIAL, "unbalanced")
    assert document.runs[-1].text == "dang do"


def test_deep_nesting_is_a_limit():
    assert unread(rtf.read, Source(data=(HEAD + "{" * 5000).encode(), part="1"), Budget())[0] is ReadStatus.LIMIT


def test_a_long_text_of_a_shape_costs_time_by_its_length():
    body = r"{\shp{\*\shpinst{\shptxt " + r"{\f3\'b7} x\par " * 20_000 + "}}}"
    assert least_cost(lambda: runs(body), 1) < 4


def test_what_is_no_rtf_is_malformed():
    with pytest.raises(ReadError):
        rtf.read(Source(data=b"hello", part="1"), Budget())


@examples(200)
@given(
    st.lists(
        st.sampled_from(["{", "}", "\\'e8", "\\u7852?", "\\bin3 ", "\\pict ", "\\par ", "\\*", "X", "\\f1 ", "\\"]),
        max_size=60,
    )
)
def test_any_order_of_tokens_is_read_or_refused(tokens):
    with suppress(ReadError):
        runs("".join(tokens))


def test_a_field_or_note_does_not_cut_the_paragraph_around_it():
    found = runs(r"T\u7888?I {\field{\*\fldinst HYPERLINK x}{\fldrslt M\u7852?}}{\footnote chu}T\par")
    body = [run for run in found if run.role is Role.BODY]
    assert "".join(run.text for run in body) == "TỐI MẬT"
    assert len({run.block for run in body}) == 1
    assert [run.link for run in body] == [False, True, False]
    assert [run.block for run in found] == sorted(run.block for run in found)


def test_letters_in_the_picture_of_a_value_are_read_whatever_its_result_is():
    code = r"""{\field{\*\fldinst DATE \\@ "'M\u7852?T' dd"}{\fldrslt 1}}\par"""
    assert {"1", "MẬT"} <= set(words(code))


@pytest.mark.parametrize(("code", "shown"), [("SET b x", "MT"), (r"EQ \\o(\u7852?)", "MẬT"), ("REF b", "MxT")])
def test_a_result_that_its_field_never_shows_is_not_shown(code, shown):
    found = runs(rf"M{{\field{{\*\fldinst {code}}}{{\fldrslt x}}}}T\par")
    assert "".join(run.text for run in found if run.origin is Origin.TEXT) == shown


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        (r"{\xe x}", ""),
        (r"{\tc {\v x}}", ""),
        (r"{\private x}", ""),
        (r"{\shp{\*\shpinst{\sp{\sn shapeType}{\sv 1}}}{\shprslt x}}", ""),
        (r"{\listtext x}", ""),
        (r"{\webhidden Ậ}", "Ậ"),
        (r"{\mmath{\*\moMath{\mr Ậ}}}", "Ậ"),
        (r"{\unknown Ậ}", "Ậ"),
    ],
)
def test_words_of_a_destination_part_those_around_it_only_where_they_are_shown(markup, shown):
    found = runs(f"M{markup}T\\par".replace("Ậ", r"\u7852?"))
    assert "".join(run.text for run in found if run.origin is Origin.TEXT) == f"M{shown}T"
    assert any("x" in run.text for run in found) is not bool(shown)


def test_the_lines_of_a_fraction_are_words_of_their_own():
    found = runs(r"a {\mmath{\*\moMath{\mf{\mnum{\mr tren}}{\mden{\mr duoi}}}}}\par")
    assert len({run.block for run in found if run.text in {"a ", "tren", "duoi"}}) == 3


def test_a_packaged_file_comes_out_under_its_own_name():
    path = b"C:\\a\\mat.txt\0"
    native = b"\2\0mat.txt\0" + path + b"\0\0\3\0" + len(path).to_bytes(4, "little") + path
    native += (4).to_bytes(4, "little") + b"noi!"
    header = b"\1\5\0\0\2\0\0\0" + (8).to_bytes(4, "little") + b"Package\0" + bytes(8)
    octets = (header + len(native).to_bytes(4, "little") + native).hex()
    source = Source(data=(HEAD + r"{\object\objemb{\*\objdata " + octets + "}}}").encode(), part="1")
    assert [(member.name, member.data) for member in rtf.read(source, Budget()).members] == [("mat.txt", b"noi!")]


def test_light_letters_on_a_dark_cell_or_paragraph_are_seen():
    head = HEAD.partition(r"{\colortbl")[0] + r"{\colortbl;\red255\green255\blue255;\red0\green0\blue128;}"
    row = r"\trowd\clcbpat2\cellx1000\cellx2000\pard\intbl\cf1 m\u7855?t\cell\cf1 unseen\cell\row"
    rest = r"\pard\cbpat2\cf0 auto\par\pard\cf1 gone\par\pard\cf0 plain\par"
    looks = {run.text: (run.colour, run.background, run.origin) for run in runs(row + rest, head)}
    assert looks["mắt"] == ("FFFFFF", "000080", Origin.TEXT)
    assert looks["unseen"][2] is Origin.HIDDEN
    assert looks["auto"] == ("FFFFFF", "000080", Origin.TEXT)
    assert looks["gone"][2] is Origin.HIDDEN
    assert looks["plain"][:2] == ("auto", None)


@pytest.mark.parametrize(
    "ground",
    [
        r"\pard\cfpat2\shading10000 %s\par",
        r"\pard\cbpat1\cfpat2\shading9000 %s\par",
        r"\pard {\chcfpat2\chshdng10000 %s}\par",
        r"\trowd\clcfpat2\clshdng10000\cellx1000\pard\intbl %s\cell\row",
    ],
)
def test_letters_on_a_pattern_are_seen_as_its_colours_mix(ground):
    head = HEAD.partition(r"{\colortbl")[0] + r"{\colortbl;\red255\green255\blue255;\red0\green0\blue0;}"
    looks = {run.text: run.origin for run in runs(ground % r"{\cf1 light}{\cf2 gone}", head)}
    gone = Origin.TEXT if "9000" in ground else Origin.HIDDEN
    assert looks == {"light": Origin.TEXT, "gone": gone}
    without = ground.replace("10000", "0").replace("9000", "0")
    assert {run.text: run.origin for run in runs(without % r"{\cf1 gone}{\cf2 dark}", head)} == {
        "gone": Origin.HIDDEN,
        "dark": Origin.TEXT,
    }


def test_cells_that_are_defined_and_not_written_are_bounded(monkeypatch):
    monkeypatch.setattr(rtf, "_LIMIT_CELLS", 2000)

    def row(cells, rows):
        data = HEAD + r"\trowd" + r"\clcbpat1\cellx1" * cells + (r"\intbl" + r"\cell" * 40 + r"\row") * rows + "}"
        return Source(data=data.encode(), part="1")

    assert rtf.read(row(40, 60), Budget()).document.status is ReadStatus.OK
    with pytest.raises(ReadError, match="table-cells"):
        rtf.read(row(200, 20), Budget())


def test_the_number_of_a_list_item_does_not_take_it_out_of_its_cell():
    body = r"\trowd\cellx1000\cellx2000\pard\intbl {\listtext\pard\plain 1.\tab}one\cell\pard\intbl two\cell\row"
    places = {run.text: run.locator for run in runs(body) if run.text in ("one", "two")}
    assert places == {"one": "table:1,row:1,column:1", "two": "table:1,row:1,column:2"}


@pytest.mark.parametrize("begun", [r"\pict", "\r\n\\pict", r"\b\pict", "\n\\*\\shppict{\n\\pict"])
def test_a_picture_is_one_wherever_its_word_is_in_the_group(begun: str) -> None:
    octets = b"\x89PNG\r\n\x1a\n0123"
    body = f"x{{{begun}\\pngblip {octets.hex()}}}{'}' * begun.count('{')} y\\par"
    found = rtf.read(Source(data=(HEAD + body + "}").encode(), part="1"), Budget())
    assert [member.data for member in found.members] == [octets]
    assert "".join(run.text for run in found.document.runs) == "x y"


def test_words_of_list_labels_and_above_footnotes_are_read() -> None:
    lists = r"{\*\listtable{\list{\listlevel{\leveltext\'05M\u7852?T\'00.;}}{\listlevel{\leveltext\'01\u8226 ?;}}}}"
    old = r"{\*\pnseclvl1\pnucrm{\pntxtb \u272?\u7896? M\u7852?T}{\pntxta .}}{\*\pn\pnlvlbody{\pntxtb (}{\pntxta HAI)}}"
    found = {run.text: run.origin for run in runs(lists + old + r"{\*\ftnsep T\u7888?I\par}x\par")}
    assert found == {
        "MẬT.;": Origin.HIDDEN, "ĐỘ MẬT": Origin.HIDDEN, "HAI)": Origin.HIDDEN, "TỐI": Origin.TEXT, "x": Origin.TEXT,
    }  # fmt: skip
