"""Word 97-2003 files: every place, every look, and what is damaged."""

import struct

import pytest

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.ole.compound import Compound
from gateway.documents.readers.word import doc
from gateway.model import Origin, ReadStatus, Role
from gateway.vietnamese import legacy
from gateway.vietnamese.legacy_tables import Charset
from gateway.vietnamese.marks import find_in_document
from tests.readers.ole_support import sprm, word_file
from tests.support.corpus import CORPUS, needs_corpus, rows
from tests.support.legacy_letters import decode, encode
from tests.support.libreoffice import converted, needs_libreoffice
from tests.support.reading import seen, unread

SPECIAL = sprm(0x0855, b"\1")


def read(data: bytes):
    return doc.read(Source(data=data, part="1"), Budget())


def runs(*pieces, **more):
    return read(word_file(pieces, **more)).document.runs


TIMES = sprm(0x4A4F, b"\1\0") + sprm(0x4A51, b"\1\0")
READ = {
    "letters of a Unicode piece": ("TỐI MẬT\r", TIMES, "text font", [("TỐI MẬT", "Times New Roman")]),
    "look": (
        "X\r", sprm(0x4A43, b"\x1a\0") + sprm(0x6870, b"\xff\0\0\0") + sprm(0x0835, b"\1") + sprm(0x2A0C, b"\7"),
        "size_pt colour bold background", [(13, "FF0000", True, "FFFF00")]),
    "hidden": ("MẬT\r", sprm(0x083C, b"\1"), "origin", [Origin.HIDDEN]),
    "deleted": ("MẬT\r", sprm(0x0800, b"\1"), "origin", [Origin.DELETED]),
    "white": ("MẬT\r", sprm(0x6870, b"\xff\xff\xff\0"), "origin", [Origin.HIDDEN]),
    "plain": ("MẬT\r", b"", "origin", [Origin.TEXT]),
    **{f"colour {number} of old files": ("X\r", sprm(0x2A42, bytes((number,))), "colour", [colour])
       for number, colour in ((0, "auto"), (1, "000000"), (6, "FF0000"), (13, "800000"))},
    "basic and Vietnamese letters in two fonts": (
        "abc ậ\r", sprm(0x4A4F, b"\1\0") + sprm(0x4A51, b"\0\0"), "text font", [("abc ", "Times New Roman"), ("ậ", ".VnTime")]),
    "a hint for one of them": (
        "aậ\r", sprm(0x4A4F, b"\0\0") + sprm(0x4A50, b"\1\0") + sprm(0x4A51, b"\0\0") + sprm(0x286F, b"\1"), "text font", [("aậ", ".VnTime")]),
    "capitals by format": ("tối mật\r", sprm(0x083B, b"\1") + TIMES, "text", ["TỐI MẬT"]),
}  # fmt: skip
"""A piece and its look; which attributes its runs then have."""


@pytest.mark.parametrize("title", READ)
def test_letters_are_read_with_their_look(title):
    text, group, names, expected = READ[title]
    assert seen(runs((text, group)), names) == expected


def test_letters_of_an_8_bit_piece_stay_one_for_one_octet():
    octets = encode("Tối Mật", Charset.TCVN3).encode("cp1252") + b"\r"
    (run,) = runs((octets, sprm(0x4A4F, b"\0\0") + sprm(0x4A51, b"\0\0")))
    assert run.font == ".VnTime"
    assert decode(run.text, run.font).text == "Tối Mật"


def test_pieces_of_a_fast_saved_file_are_read_in_their_order():
    document = read(word_file([("MẬT\r", b""), ("TỐI ", b"")], order=(1, 0), flags=0x0204)).document
    assert "".join(run.text for run in document.runs) == "TỐI MẬT"


@pytest.mark.parametrize(
    ("pattern", "ground"),
    [(0, "FFFFFF"), (1, "000000"), (2, "F2F2F2"), (13, "191919"), (20, "808080"), (60, "0D0D0D"), (0xFFFF, "FFFFFF")],
)
def test_a_pattern_behind_letters_has_the_mix_of_its_colours(pattern, ground):
    shade = b"\x0a\0\0\0\0\xff\xff\xff\0" + pattern.to_bytes(2, "little")
    assert runs(("X\r", sprm(0xCA71, shade)))[0].background == ground


def test_a_symbol_has_its_own_font_and_code():
    (run,) = runs(("(\r", sprm(0x6A09, struct.pack("<HH", 0, 0xF0FC))), fonts=("Wingdings",))
    assert (run.text, run.font) == ("\uf0fc", "Wingdings")


def test_a_field_gives_its_result_in_place_and_its_code_beside():
    found = runs(
        ("A ", b""),
        ("\x13", SPECIAL),
        ("DDEAUTO cmd", b""),
        ("\x14", SPECIAL),
        ("B", b""),
        ("\x15", SPECIAL),
        (" C\r", b""),
    )
    assert "".join(run.text for run in found if run.role is Role.BODY) == "A B C"
    assert [(run.text, run.origin) for run in found if run.role is Role.FIELD] == [("DDEAUTO cmd", Origin.HIDDEN)]


@pytest.mark.parametrize(("code", "shown"), [("SET b x", "MT"), ("EQ \\o(Ậ)", "MẬT"), ("REF b", "MxT")])
def test_a_result_that_its_field_never_shows_is_not_shown(code, shown):
    marks = [("\x13", SPECIAL), (code, b""), ("\x14", SPECIAL), ("x", b""), ("\x15", SPECIAL)]
    found = runs(("M", b""), *marks, ("T\r", b""))
    assert "".join(run.text for run in found if run.origin is Origin.TEXT) == shown


def test_a_field_that_fetches_is_active_content():
    data = word_file([("\x13", SPECIAL), ("DDEAUTO cmd", b""), ("\x14", SPECIAL), ("\x15", SPECIAL), ("\r", b"")])
    assert [active.kind for active in read(data).document.active_content] == ["dde"]


def test_a_field_without_an_end_hides_nothing():
    found = runs(("\x13", SPECIAL), ("y" * 5000, sprm(0x0835, b"\1")), ("TỐI MẬT\r", b""))
    assert [(run.text[-7:], run.role) for run in found] == [("TỐI MẬT", Role.BODY), ("yyyyyyy", Role.FIELD)]


def test_cells_of_a_table_are_numbered():
    found = runs(("một\x07hai\x07", b""), papx=b"\0\0" + sprm(0x2416, b"\1"))
    assert [(run.text, run.role, run.locator) for run in found] == [
        ("một", Role.CELL, "table:1,row:1,column:1"),
        ("hai", Role.CELL, "table:1,row:1,column:2"),
    ]


def test_a_paragraph_with_four_lines_is_boxed():
    border = struct.pack("<BBBB", 8, 1, 6, 0)
    papx = b"\0\0" + b"".join(sprm(code, border) for code in (0x6424, 0x6425, 0x6426, 0x6427))
    assert runs(("MẬT\r", b""), papx=papx)[0].boxed is True


def test_headers_and_footnotes_are_read_with_their_places():
    header = struct.pack("<13I", *[0] * 8, 4, 8, 8, 8, 8)
    found = runs(
        ("thân\rchú\rđầu\rcuối\r", b""),
        counts=(5, 4, 9),
        tables={
            "header": struct.pack("<14I", *[0] * 8, 4, 4, 9, 9, 9, 9) or header,
            "footnote": struct.pack("<3I", 0, 4, 4),
        },
    )
    assert [(run.text, run.role, run.locator) for run in found] == [
        ("thân", Role.BODY, "paragraph:1"),
        ("chú", Role.NOTE, "footnote:1"),
        ("đầu", Role.HEADER, "header:1"),
        ("cuối", Role.FOOTER, "footer:1"),
    ]


def test_text_that_no_sub_document_counts_is_still_read():
    found = runs(("thân\rMẬT giấu\r", b""), counts=(5,))
    assert [(run.text, run.origin) for run in found] == [("thân", Origin.TEXT), ("MẬT giấu", Origin.HIDDEN)]


def test_a_lost_piece_table_leaves_the_text_and_says_partial():
    document = read(word_file([(b"TOI MAT\r", b"")], tables={"pieces": b"\x07"})).document
    assert (document.status, document.reason) == (ReadStatus.PARTIAL, "pieces")
    assert "TOI MAT" in "".join(run.text for run in document.runs)


def test_macros_and_objects_are_reported_and_handed_on():
    extra = {("Macros", "VBA", "dir"): b"x", ("ObjectPool", "_7", "Package"): b"PK\x03\x04" + bytes(30)}
    reading = read(word_file([("a\r", b"")], streams=extra))
    assert {active.kind for active in reading.document.active_content} == {"macro", "ole-object"}
    package = Compound(reading.members[0].data, Budget()).read("Package")
    assert (len(reading.members), package[:4]) == (1, b"PK\x03\x04")


@pytest.mark.parametrize(
    ("magic", "reason"), [(b"\xdb\xa5", "word-2"), (b"\xdc\xa5e\0", "word-6"), (b"\xec\xa5h\0", "word-6")]
)
def test_files_of_word_before_97_are_unsupported(magic, reason):
    for data in (magic + bytes(600), word_file([("a\r", b"")], streams={("WordDocument",): magic + bytes(600)})):
        assert unread(read, data) == (ReadStatus.UNSUPPORTED, reason)


SMALL = word_file([("TỐI MẬT\x13", SPECIAL), (b"abc\r\x07", sprm(0x4A4F, b"\0\0"))], streams={("Data",): bytes(300)})


def _labelled():
    every = rows("vietnam")
    return [row for row in every if row["file"].lower().endswith(".doc") and row["expected"].get("transcript")]


@needs_corpus
@pytest.mark.parametrize("line", _labelled(), ids=lambda line: line["file"])
def test_a_legacy_file_reads_like_its_transcript(line):
    import re
    import unicodedata
    from collections import Counter

    def words(text):
        return Counter(re.findall(r"\w+", unicodedata.normalize("NFC", text).casefold()))

    document = read((CORPUS / line["file"]).read_bytes()).document
    blocks: dict[int, list[str]] = {}
    for run, decoded in zip(document.runs, legacy.decode_runs(document.runs), strict=True):
        blocks.setdefault(run.block, []).append(decoded.text)
    expected = words((CORPUS / line["expected"]["transcript"]).read_text("utf-8"))
    missing = expected - words("\n".join("".join(pieces) for pieces in blocks.values()))
    assert document.status is ReadStatus.OK
    assert missing.total() <= expected.total() * 0.006


@needs_libreoffice
@pytest.mark.system
@pytest.mark.slow
def test_marks_in_every_place_of_a_file_by_libreoffice_are_found(tmp_path):
    from docx import Document
    from docx.shared import Pt, RGBColor

    source = Document()
    section = source.sections[0]
    section.header.paragraphs[0].text = "dấu-header"
    section.footer.paragraphs[0].text = "dấu-footer"
    run = source.add_paragraph().add_run("dấu-body")
    run.font.name, run.font.size, run.font.color.rgb = "Times New Roman", Pt(13), RGBColor(255, 0, 0)
    source.paragraphs[0].add_run("dấu-hidden").font.hidden = True
    source.styles.add_style("Riêng", 1).font.name = "Arial"
    source.add_paragraph("dấu-style", "Riêng")
    source.add_table(2, 2).cell(1, 1).text = "dấu-cell"
    source.core_properties.title = "dấu-property"
    source.add_comment(source.paragraphs[0].runs, text="dấu-comment", author="ai", initials="a")
    source.save(str(tmp_path / "a.docx"))
    found = {run.text: run for run in read(converted(tmp_path / "a.docx", "doc")).document.runs}
    roles = {text: (run.role, run.origin) for text, run in found.items()}
    assert roles["dấu-header"] == (Role.HEADER, Origin.TEXT)
    assert roles["dấu-footer"] == (Role.FOOTER, Origin.TEXT)
    assert roles["dấu-hidden"] == (Role.BODY, Origin.HIDDEN)
    assert roles["dấu-cell"] == (Role.CELL, Origin.TEXT)
    assert roles["dấu-comment"] == (Role.COMMENT, Origin.TEXT)
    assert roles["dấu-property"] == (Role.PROPERTY, Origin.TEXT)
    assert (found["dấu-body"].font, found["dấu-body"].size_pt, found["dấu-body"].colour) == (
        "Times New Roman",
        13,
        "FF0000",
    )
    assert found["dấu-style"].font == "Arial"


@needs_libreoffice
@pytest.mark.system
def test_light_letters_on_the_dark_cells_of_a_table_are_seen(tmp_path):
    rich = tmp_path / "a.rtf"
    rich.write_text(
        r"{\rtf1\ansi\deff0{\fonttbl{\f0 Arial;}}{\colortbl;\red255\green255\blue255;\red0\green0\blue128;}"
        r"\trowd\cellx2000\clcbpat2\cellx4000\pard\intbl one\par second\cell\pard\intbl\cf1 light\cell\row"
        r"\trowd\clcbpat2\cellx2000\cellx4000\pard\intbl\cf0 auto\cell\pard\intbl\cf1 gone\cell\row\pard\cf0 end\par}"
    )
    document = read(converted(rich, "doc")).document
    looks = {run.text: (run.colour, run.background, run.origin) for run in document.runs}
    assert looks["light"] == ("FFFFFF", "000080", Origin.TEXT)
    assert looks["auto"] == ("FFFFFF", "000080", Origin.TEXT)
    assert looks["gone"][2] is Origin.HIDDEN
    assert looks["second"][1] is None


@pytest.mark.parametrize(
    ("label", "kind", "text", "shown"),
    [
        ("M", 23, "Kế hoạch", "M\tKế hoạch"),
        ("TỐI MẬT:", 0, "Kế hoạch", "TỐI MẬT:\tKế hoạch"),
        ("Điều \0.", 0, "Kế hoạch", "Điều 1.\tKế hoạch"),
        ("MẬT", 0, "Kế hoạch", "MẬT\tKế hoạch"),
        ("MẬT", 0, "", "MẬT\t"),
        ("MẮT", 0, "Kế hoạch", "MẮT\tKế hoạch"),
        ("o", 23, "Kế hoạch", "Kế hoạch"),
        ("\0)", 0, "Kế hoạch", "Kế hoạch"),
        ("MẬT\0", 255, "Kế hoạch", "MẬT\tKế hoạch"),
        ("\0", 255, "Kế hoạch", "Kế hoạch"),
        ("\uf0b7", 23, "Kế hoạch", "Kế hoạch"),
        ("\0", 3, "ẬT", "MẬT"),
        ("\0", 3, "ức độ", "Mức độ"),
    ],
)
def test_words_and_letters_that_a_list_puts_before_its_items_are_read(label, kind, text, shown):
    """The levels stand behind what the file information block counts of the lists."""
    start = struct.pack("<IB", 13 if kind == 3 else 1, kind) + bytes(10) + (b"\2" if kind == 3 else b"\0")
    level = start.ljust(28, b"\0") + struct.pack("<H", len(label)) + label.encode("utf-16-le")
    tables = {
        "lists": struct.pack("<HI", 1, 77) + bytes(22) + b"\1\0",
        "levels": level,
        "list-overrides": struct.pack("<II", 1, 77) + bytes(12),
    }
    data = word_file([(f"{text}\r", b"")], papx=b"\0\0" + sprm(0x460B, b"\1\0") + sprm(0x260A, b"\0"), tables=tables)
    document = doc.read(Source(data=data, part="1"), Budget()).document
    assert "".join(run.text for run in document.runs) == shown
    assert bool(find_in_document(document)) is ("MẬT" in shown)


@pytest.mark.parametrize(("look", "shown"), [(b"", "mật\t"), (sprm(0x083B, b"\1"), "MẬT\t")])
def test_the_words_of_a_list_have_the_look_of_their_level(look, shown):
    level = (struct.pack("<IB", 1, 0).ljust(24, b"\0") + bytes([len(look)])).ljust(28, b"\0") + look
    tables = {
        "lists": struct.pack("<HI", 1, 77) + bytes(22) + b"\1\0",
        "levels": level + struct.pack("<H", 3) + "mật".encode("utf-16-le"),
        "list-overrides": struct.pack("<II", 1, 77) + bytes(12),
    }
    data = word_file([("\r", b"")], papx=b"\0\0" + sprm(0x460B, b"\1\0") + sprm(0x260A, b"\0"), tables=tables)
    assert [run.text for run in read(data).document.runs] == [shown]


@pytest.mark.parametrize(("flags", "shown"), [(0x20, "TỐI MẬT\tx"), (0x10, "Mục\tx"), (0x21, "Mục\tx")])
def test_words_of_a_level_that_an_item_has_of_its_own_are_read(flags, shown):
    """Formatting of the level 0 is behind the list override that says so."""

    def level(label):
        return struct.pack("<IB", 1, 0).ljust(28, b"\0") + struct.pack("<H", len(label)) + label.encode("utf-16-le")

    tables = {
        "lists": struct.pack("<HI", 1, 77) + bytes(22) + b"\1\0",
        "levels": level("Mục"),
        "list-overrides": struct.pack("<II8xB3x", 1, 77, 1)
        + struct.pack("<III", 0xFFFFFFFF, 1, flags)
        + level("TỐI MẬT" if flags & 0x20 else ""),
    }
    data = word_file([("x\r", b"")], papx=b"\0\0" + sprm(0x460B, b"\1\0") + sprm(0x260A, b"\0"), tables=tables)
    assert "".join(run.text for run in read(data).document.runs) == shown
