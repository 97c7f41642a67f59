"""Compound files, property sets, drawings and embedded objects."""

import io
import struct
import zlib

import olefile
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.documents.readers.base import Budget, Reading, Source
from gateway.documents.readers.ole import embedded
from gateway.documents.readers.ole.art import read_drawing
from gateway.documents.readers.ole.compound import Compound, embedded_member
from gateway.documents.readers.ole.objects import native_member, strings, wide_strings
from gateway.documents.readers.ole.properties import read_properties
from gateway.documents.readers.ole.writer import write_compound
from gateway.documents.readers.sink import Place, Sink
from gateway.documents.readers.sniff import sniff
from gateway.model import ReadStatus, Role
from tests.readers.ole_support import atom, container
from tests.support.cases import examples
from tests.support.reading import unread

SUMMARY = bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")
CUSTOM = bytes.fromhex("05d5cdd59c2e1b10939708002b2cf9ae")


@given(
    st.dictionaries(
        st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=3).map(tuple),
        st.one_of(st.binary(max_size=200), st.integers(4000, 9000).map(bytes)),
        min_size=1,
        max_size=12,
    )
)
@examples(60)
def test_a_compound_file_gives_back_the_streams_it_was_written_with(streams):
    streams = {
        path: data
        for path, data in streams.items()
        if not any(other[: len(path)] == path for other in streams if other != path)
    }
    compound = Compound(write_compound(streams), Budget())
    assert {path: compound.read(*path) for path in compound.streams} == streams
    assert compound.faults == []


def test_a_large_compound_file_is_sound_for_another_reader():
    streams = {("a", "big"): bytes(9_000_000), ("b",): b"x" * 70}
    with olefile.OleFileIO(io.BytesIO(write_compound(streams)), raise_defects=olefile.DEFECT_POTENTIAL) as ole:
        assert ole.get_size("a/big") == 9_000_000
        assert ole.openstream("b").read() == b"x" * 70


def test_what_is_no_compound_file_is_malformed():
    assert unread(Compound, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), Budget())[0] is ReadStatus.MALFORMED


def test_a_stream_that_is_cut_short_is_said():
    whole = bytearray(write_compound({("a",): bytes(range(256)) * 40}))
    size = whole.find(b"a\0" + bytes(62)) + 120
    whole[size : size + 4] = (20_000).to_bytes(4, "little")  # more than its sectors hold
    compound = Compound(bytes(whole), Budget())
    compound.read("a")
    assert compound.faults


def test_an_object_storage_becomes_a_file_of_its_own():
    compound = Compound(write_compound({("ObjectPool", "_1", "Workbook"): b"w" * 5000, ("x",): b"y"}), Budget())
    member = embedded_member(compound, ("ObjectPool", "_1"), "here")
    assert member is not None
    assert Compound(member.data, Budget()).read("Workbook") == b"w" * 5000


def test_all_that_an_object_holds_is_handed_on_beside_its_package():
    picture = b"\xd7\xcd\xc6\x9a" + bytes(60)
    streams = {
        "Package": b"PK\x03\x04 x",
        "\x01Ole10Native": b"\4\0\0\0%PDF",
        "\x03EPRINT": picture,
        "\x03ObjInfo": b"1",
    }
    compound = Compound(write_compound({("_1", name): data for name, data in streams.items()}), Budget())
    member = embedded_member(compound, ("_1",), "here")
    assert member is not None
    reading = embedded.read(Source(data=member.data, part="1"), Budget())
    assert reading.document.status is ReadStatus.OK
    assert {one.data for one in reading.members} == {b"PK\x03\x04 x", b"%PDF", picture}


def test_a_packaged_file_comes_out_under_its_own_name():
    content = "TỐI MẬT".encode()
    path = b"C:\\tam\\mat.txt\0"
    native = b"\2\0" + b"mat.txt\0" + path + b"\0\0\3\0" + len(path).to_bytes(4, "little") + path
    native += len(content).to_bytes(4, "little") + content
    member = native_member(len(native).to_bytes(4, "little") + native, "object", "")
    assert (member.name, member.data) == ("mat.txt", content)


def _object(streams: dict[str, bytes]) -> Reading:
    return embedded.read(
        Source(data=write_compound({(name,): data for name, data in streams.items()}), part="1"), Budget()
    )


def test_the_package_of_an_object_of_libreoffice_is_handed_on_and_its_settings_are_none():
    package = b"PK\x03\x04" + b"x" * 60
    reading = _object({"package_stream": package, "properties_stream": bytes(4) + b"\xb0\x27", "\x01Ole": bytes(20)})
    assert reading.document.status is ReadStatus.OK
    assert [member.data for member in reading.members] == [package]


def test_a_file_in_a_stream_of_any_name_is_handed_on_and_other_bytes_are_reported():
    reading = _object({"SomeObject": b"%PDF-1.4 x" + b" " * 60})
    assert (reading.document.status, reading.members[0].data[:5]) == (ReadStatus.OK, b"%PDF-")
    assert _object({"SomeObject": b"\x07abc" * 20}).document.status is ReadStatus.UNSUPPORTED


@pytest.mark.parametrize(
    ("name", "size", "status"),
    [
        ("RichEditFlags", 12, ReadStatus.OK),
        ("CONTENTSV30", 20, ReadStatus.OK),
        ("Equation Native", 4000, ReadStatus.OK),
        ("RichEditFlags", 400, ReadStatus.UNSUPPORTED),
        ("Equation Native", 70_000, ReadStatus.UNSUPPORTED),
        ("Unknown", 12, ReadStatus.UNSUPPORTED),
    ],
)
def test_small_streams_of_known_programs_say_no_more_than_the_picture(name, size, status):
    data = write_compound({(name,): b"\x5a" * size})
    assert embedded.read(Source(data=data, part="1"), Budget()).document.status is status


def test_words_beside_the_picture_of_a_formula_are_found():
    data = write_compound({("Equation Native",): b"\x1c\0\xff\xff" + "Văn bản TỐI MẬT".encode("utf-16-le")})
    document = embedded.read(Source(data=data, part="1"), Budget()).document
    assert "TỐI MẬT" in document.runs[0].text


def test_the_picture_that_is_shown_in_place_of_an_object_is_handed_on():
    drawing = struct.pack("<HHHIHIH", 1, 9, 0x300, 12, 0, 0, 0) + struct.pack("<IH", 3, 0)
    for target in (b"", bytes(12)):
        header = struct.pack("<III", 0xFFFFFFFF, 3, 4 + len(target)) + target
        header += struct.pack("<IIIIIII", 1, 0xFFFFFFFF, 2, 0, 100, 100, len(drawing))
        reading = _object({"\x02OlePres000": header + drawing, "\x03OCXNAME": b"x\0"})
        assert [(member.relation, member.data) for member in reading.members] == [("image", drawing)]
    pixels = struct.pack("<IiiHHIIiiII", 40, 2, 2, 1, 24, 0, 16, 0, 0, 0, 0) + bytes(16)
    for kind, shown in ((8, pixels), (3, b"%PDF-1.7")):
        header = struct.pack("<III", 0xFFFFFFFF, kind, 4) + struct.pack(
            "<IIIIIII", 1, 0xFFFFFFFF, 2, 0, 1, 1, len(shown)
        )
        (member,) = _object({"\x02OlePres000": header + shown}).members
        assert sniff(member.data).primary == ("image/bmp" if kind == 8 else "application/pdf")
    empty = struct.pack("<II", 0, 4) + struct.pack("<IIIIIII", 1, 0xFFFFFFFF, 0, 0, 0, 0, 0)
    assert (_object({"\x02OlePres000": empty}).members, _object({"\x02OlePres000": b"\1"}).members) == ((), ())


def _property_set(section: bytes, kind: bytes) -> bytes:
    return struct.pack("<HHI16sI", 0xFFFE, 0, 0, b"", 1) + kind + (48).to_bytes(4, "little") + section


def _section(values: dict[int, bytes]) -> bytes:
    offset, table, body = 8 + 8 * len(values), b"", b""
    for identifier, value in values.items():
        table += struct.pack("<II", identifier, offset + len(body))
        body += value + bytes(-len(value) % 4)
    return struct.pack("<II", offset + len(body), len(values)) + table + body


def _text(text: str, codec: str = "cp1258") -> bytes:
    octets = text.encode(codec) + b"\0"
    return struct.pack("<II", 30, len(octets)) + octets


def test_summary_properties_have_names_and_pages():
    data = _property_set(
        _section({1: struct.pack("<II", 2, 65001), 2: _text("MẬT", "utf-8"), 14: struct.pack("<II", 3, 7)}), SUMMARY
    )
    sink = Sink(Budget())
    assert read_properties(data, sink) == 7
    assert [(run.text, run.locator, run.role) for run in sink.runs] == [("MẬT", "property:Title", Role.PROPERTY)]


def test_words_of_a_property_set_are_read_however_many_there_are():
    sets = [_section({number + 2: _text("a")}) for number in range(20)] + [_section({30: _text("mat")})]
    heads, body = b"", b""
    for section in sets:
        heads += SUMMARY + struct.pack("<I", 28 + 20 * len(sets) + len(body))
        body += section
    many = b"".join(struct.pack("<II", number + 2, 8 + 8 * 5000) for number in range(5000)) + _text("a")
    sink = Sink(Budget())
    read_properties(struct.pack("<HHI16sI", 0xFFFE, 0, 0, b"", len(sets)) + heads + body, sink)
    assert [run.text for run in sink.runs][-1] == "mat"
    read_properties(_property_set(struct.pack("<II", 8 + len(many), 5000) + many, SUMMARY), sink)
    assert [run.text for run in sink.runs].count("a") > 4990


def test_keywords_of_a_vector_are_one_line():
    """As Gnumeric writes them, parted at blanks."""
    words = [f"{word}\0".encode("cp1258") for word in ("mat", "do", "dan")]
    vector = struct.pack("<II", 0x101E, len(words)) + b"".join(struct.pack("<I", len(word)) + word for word in words)
    sink = Sink(Budget())
    read_properties(_property_set(_section({5: vector}), SUMMARY), sink)
    assert [run.text for run in sink.runs] == ["mat do dan"]


def test_custom_properties_give_name_and_value():
    name = "Độ mật".encode()
    dictionary = struct.pack("<III", 1, 2, len(name) + 1) + name + b"\0"
    data = _property_set(
        _section({0: dictionary, 1: struct.pack("<II", 2, 65001), 2: _text("TỐI MẬT", "utf-8")}), CUSTOM
    )
    sink = Sink(Budget())
    read_properties(data, sink)
    assert [run.text for run in sink.runs] == ["TỐI MẬT", "Độ mật"]


@examples(200)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_property_set_or_nothing(data):
    read_properties(b"\xfe\xff" + data, Sink(Budget()))


def test_word_art_is_a_watermark_with_its_font_and_colour():
    text, font = "MẬT\0".encode("utf-16-le"), "Arial\0".encode("utf-16-le")
    head = struct.pack("<HIHIHI", 0x80C0, len(text), 0x80C5, len(font), 0x181, 0x0000FF)
    sink = Sink(Budget())
    read_drawing(container(0xF004, atom(0xF00B, head + text + font, instance=3)), sink, Place("header:1"))
    (run,) = sink.runs
    assert (run.text, run.role, run.font, run.colour) == ("MẬT", Role.WATERMARK, "Arial", "FF0000")


def test_pictures_are_handed_on_and_metafiles_unpacked():
    png = b"\x89PNG\r\n\x1a\n" + bytes(20)
    meta = zlib.compress(b"\x01\0\0\0" + bytes(60))
    emf = bytes(16) + struct.pack("<I16s8sIBB", 64, b"", b"", len(meta), 0, 0xFE) + meta
    sink = Sink(Budget())
    read_drawing(atom(0xF01E, bytes(17) + png, instance=0x6E0) + atom(0xF01A, emf, instance=0x3D4), sink, Place())
    assert [(member.relation, member.data[:4]) for member in sink.members] == [
        ("image", b"\x89PNG"),
        ("image", b"\1\0\0\0"),
    ]


@pytest.mark.slow
def test_a_metafile_bomb_ends_at_the_limit():
    meta = zlib.compress(bytes(80 << 20))
    emf = bytes(16) + struct.pack("<I16s8sIBB", 64, b"", b"", len(meta), 0, 0xFE) + meta
    assert unread(read_drawing, atom(0xF01A, emf, instance=0x3D4), Sink(Budget()), Place())[0] is ReadStatus.LIMIT


@examples(200)
@given(st.binary(max_size=400))
def test_any_bytes_are_walked_as_a_drawing(data):
    read_drawing(data, Sink(Budget()), Place(), delayed=data)


def test_a_stream_that_runs_in_a_ring_is_read_no_further_than_its_file_is_long():
    data = bytearray(write_compound({("Big",): b"x" * 9000}))
    with olefile.OleFileIO(io.BytesIO(bytes(data))) as ole:
        number = ole._find("Big")
        start, table = ole.direntries[number].isectStart, list(ole.fat)
        size_at = 512 * (ole.first_dir_sector + 1) + 128 * number + 120
    end = start
    while table[end] != olefile.ENDOFCHAIN:
        end = table[end]
    (table_sector,) = struct.unpack_from("<I", data, 0x4C)
    struct.pack_into("<I", data, 512 * (table_sector + 1) + 4 * end, start)
    struct.pack_into("<I", data, size_at, 0x7FFFFFF0)
    compound = Compound(bytes(data), Budget())
    assert 9000 <= len(compound.read("Big")) <= len(data)
    assert compound.faults == ["ole-truncated"]


@pytest.mark.parametrize("name", [b"", b"a\0"], ids=["nameless", "named"])
def test_a_picture_within_its_entry_of_the_store_is_handed_on(name):
    picture = b"\x89PNG\r\n\x1a\n" + bytes(64)
    blip = atom(0xF01E, bytes(17) + picture, instance=0x6E0)
    entry = bytes(33) + bytes([len(name)]) + bytes(2) + name + blip
    sink = Sink(Budget())
    read_drawing(atom(0xF007, entry, instance=6), sink, Place("body"), delayed=bytes(64))
    assert [member.data for member in sink.members] == [picture]


def test_words_of_an_unknown_stream_are_read_however_many_there_are():
    assert sum(1 for _ in strings(b"TOI MAT\0" * 25_000)) == 25_000


@pytest.mark.parametrize("before", [b"\x09\0\1", b"\0\x09\1\4\1", b"\x09\1"])
def test_the_length_before_words_is_none_of_their_letters(before):
    assert "TUYỆT MẬT" in list(wide_strings(b"\0\0" + before + "TUYỆT MẬT".encode("utf-16-le")))


@pytest.mark.parametrize("words", ["Đà Nẵng", "Ăn uống", "Ưu tiên"])
def test_words_that_begin_with_a_letter_beyond_latin_1_stay_whole(words):
    assert words in list(wide_strings(b"\0\0" + words.encode("utf-16-le")))
