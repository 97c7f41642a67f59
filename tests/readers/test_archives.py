"""ZIP: everything that any unzip program could see is handed on, and every disagreement is named."""

import io
import random
import struct
import unicodedata
import zipfile
import zlib

import pyppmd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.documents.readers.archives import zip as archive_zip
from gateway.documents.readers.archives import zip_crypto
from gateway.documents.readers.base import Budget, ReadError, Source
from gateway.documents.readers.containers import zip_directory
from gateway.model import ReadStatus
from tests.signatures.attacks_readings import ATTACKS
from tests.support.cases import examples
from tests.support.octets import locked_zip, streamed


def problems_of(data: bytes) -> list[str]:
    return zip_directory.survey(data, Budget()).problems


def make(members, method=zipfile.ZIP_DEFLATED, comment=b""):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
        archive.comment = comment
    return buffer.getvalue()


def read(data, *passwords, budget=None):
    source = Source(data=data, part="1", detected_type="application/zip", passwords=passwords)
    return archive_zip.read(source, budget or Budget())


def names(reading):
    return [member.name for member in reading.members]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_of_every_usual_method_are_read(method):
    data = random.Random(7).randbytes(5000) + b"a" * 50_000
    reading = read(make([("thư/mật.txt", "nội dung"), ("b.bin", data)], method, comment=b"note"))
    assert reading.document.status is ReadStatus.OK
    assert names(reading) == ["thư/mật.txt", "b.bin"]
    assert reading.members[1].data == data


def renamed(name):
    """A zip whose member has these octets for a name."""
    place = "X" * len(name)
    return make([(f"{place}.txt", "a")]).replace(place.encode(), name)


def test_names_in_the_code_page_of_a_vietnamese_windows_are_read():
    octets = unicodedata.normalize("NFC", "Số liệu").replace("ố", "ô\u0301").replace("ệ", "ê\u0323").encode("cp1258")
    assert names(read(renamed(octets))) == ["Số liệu.txt"]
    assert names(read(renamed("été".encode("cp437")))) == ["été.txt"]


def test_names_in_no_known_code_page_are_given_as_bytes_too():
    reading = read(renamed(b"B\xb8o c\xb8o"))  # TCVN 5712
    assert [run.text for run in reading.document.runs] == ["B¸o c¸o.txt"]
    assert read(make([("báo cáo.txt", "a")])).document.runs == ()


def test_comments_of_members_are_given():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("a.txt")
        entry.comment = "Kính gửi".encode()
        shown = bytes(5) + "Lưu trữ".encode()  # the comment that 7-Zip shows
        entry.extra = struct.pack("<HH", 0x6375, len(shown)) + shown
        archive.writestr(entry, "a")
    assert [(run.text, run.locator) for run in read(buffer.getvalue()).document.runs] == [
        ("Kính gửi", "property:comment"),
        ("Lưu trữ", "property:comment"),
    ]


def ppmd_zip(data, *, order=8, memory_mib=1, size=None):
    """A zip of one member in PPMd, which no library of ours writes: stored octets under another method."""
    encoder = pyppmd.Ppmd8Encoder(order, memory_mib << 20, 0)
    packed = struct.pack("<H", order - 1 | memory_mib - 1 << 4) + encoder.encode(data) + encoder.flush()
    archive = bytearray(make([("a.txt", packed)], zipfile.ZIP_STORED))
    central = archive.rindex(b"PK\x01\x02")
    for at in (0, central + 2):
        struct.pack_into("<H", archive, at + 8, 98)
        struct.pack_into("<I", archive, at + 14, zlib.crc32(data))
        struct.pack_into("<I", archive, at + 22, len(data) if size is None else size)
    return bytes(archive)


def test_members_packed_by_ppmd_are_read():
    data = "Kính gửi Phòng Nội vụ. ".encode() * 3000
    reading = read(ppmd_zip(data, order=16, memory_mib=64))
    assert (reading.document.status, reading.members[0].data) == (ReadStatus.OK, data)


def test_ppmd_that_is_cut_or_wants_much_memory_is_reported():
    data = random.Random(9).randbytes(3000)
    cut = read(ppmd_zip(data, size=30_000)).document
    assert (cut.status, cut.reason) == (ReadStatus.MALFORMED, "damaged-stream")
    large = bytearray(ppmd_zip(data))
    struct.pack_into("<H", large, 30 + len("a.txt"), 7 | 255 << 4)
    assert (read(bytes(large)).document.status, read(bytes(large)).document.reason) == (ReadStatus.LIMIT, "memory")


def test_streamed_members_with_data_descriptors_are_sound():
    reading = read(streamed({"a.txt": b"a" * 1000, "b.txt": b"b" * 1000}))
    assert reading.document.status is ReadStatus.OK
    assert names(reading) == ["a.txt", "b.txt"]


def test_concatenated_archives_are_malformed_and_both_are_read():
    reading = read(make([("a.txt", "first")]) + make([("b.txt", "second")]))
    assert reading.document.status is ReadStatus.MALFORMED
    assert sorted(names(reading)) == ["a.txt", "b.txt"]


def test_a_member_hidden_from_the_central_directory_is_read():
    hidden = make([("hidden.txt", "secret")])
    local = hidden[: hidden.index(b"PK\x01\x02")]
    reading = read(local + make([("seen.txt", "plain")]))
    assert reading.document.reason == "zip-hidden-member"
    assert sorted(names(reading)) == ["hidden.txt", "seen.txt"]


def test_two_names_for_one_member_are_both_read():
    data = make([("a.txt", "content")], zipfile.ZIP_STORED)
    reading = read(data.replace(b"a.txt", b"b.doc", 1))
    assert reading.document.reason == "zip-local-central-mismatch"
    assert sorted(names(reading)) == ["a.txt", "b.doc"]


@pytest.mark.parametrize(
    ("field", "offset", "value"),
    [("method", 8, 8), ("crc", 14, 0xFFFF), ("compressed", 18, 3), ("size", 22, 1)],
)
def test_a_false_local_header_is_a_mismatch(field, offset, value):
    data = bytearray(make([("a.txt", "content")], zipfile.ZIP_STORED))
    struct.pack_into("<H", data, offset, value)
    assert read(bytes(data)).document.status is ReadStatus.MALFORMED


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ("a.txt", "a.txt", "zip-duplicate-name"),
        ("word/document.xml", "Word/Document.xml", "zip-case-duplicate-name"),
    ],
)
def test_names_that_clash_are_named_and_all_members_read(first, second, reason):
    reading = read(make([(first, "1"), (second, "2")]))
    assert reading.document.reason == reason
    assert [member.data for member in reading.members] == [b"1", b"2"]


def test_a_nul_in_a_name_is_named():
    data = make([("aXb.txt", "1")]).replace(b"aXb.txt", b"a\0b.txt")
    assert read(data).document.reason == "zip-nul-in-name"


def test_data_before_between_and_behind_is_named():
    data = make([("a.txt", "1" * 100)], zipfile.ZIP_STORED)
    assert read(b"junk" + data).document.reason == "zip-prefix-data"
    assert read(data + b"junk").document.reason == "zip-trailing-data"


@pytest.mark.parametrize("behind", [b"\n", b"\r\n", bytes(300), b"\x1a" + bytes(100)])
def test_what_transfers_leave_behind_an_archive_is_no_data(behind):
    assert read(make([("a.txt", "1")]) + behind).document.status is ReadStatus.OK


def test_overlapping_members_are_named():
    data = bytearray(make([("a.txt", "1" * 100), ("b.txt", "1" * 100)], zipfile.ZIP_STORED))
    second = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, second + 42, 0)
    reading = read(bytes(data))
    assert reading.document.status is ReadStatus.MALFORMED


def test_a_damaged_checksum_is_malformed_and_the_others_are_read():
    data = bytearray(make([("a.txt", "1" * 100), ("b.txt", "2" * 100)], zipfile.ZIP_STORED))
    data[40] ^= 0xFF
    reading = read(bytes(data))
    assert reading.document.reason == "zip-crc"
    assert names(reading) == ["b.txt"]


def test_a_cut_archive_still_gives_its_whole_members():
    data = make([("a.txt", "1" * 1000), ("b.txt", "2" * 1000)], zipfile.ZIP_STORED)
    reading = read(data[:1300])
    assert reading.document.reason == "zip-no-central-directory"
    assert names(reading) == ["a.txt"]


def test_a_bomb_ends_at_the_ratio():
    reading = read(make([("a", bytes(64 << 20))]))
    assert (reading.document.status, reading.document.reason) == (ReadStatus.LIMIT, "ratio")
    assert reading.members == ()


def test_the_budget_counts_over_all_members_and_stops():
    budget = Budget(limit_bytes=2500)
    reading = read(make([(f"{number}.txt", "x" * 1000) for number in range(5)]), budget=budget)
    assert (reading.document.status, reading.document.reason) == (ReadStatus.LIMIT, "bytes")
    assert len(reading.members) == 2


def test_too_many_members_are_a_limit():
    reading = read(make([(f"{number}", "") for number in range(60)]), budget=Budget(limit_files=50))
    assert (reading.document.status, reading.document.reason) == (ReadStatus.LIMIT, "files")


def test_an_aes_archive_is_encrypted_until_a_password_fits():
    data = locked_zip({"bí mật.txt": b"content " * 100}, "Mậtkhẩu1")
    closed = read(data, "wrong")
    assert (closed.document.status, closed.document.reason) == (ReadStatus.ENCRYPTED, "password")
    assert [run.text for run in closed.document.runs] == ["bí mật.txt"]
    opened = read(data, "wrong", "Mậtkhẩu1")
    assert opened.document.status is ReadStatus.OK
    assert opened.document.opened_with_password
    assert opened.members[0].data == b"content " * 100


def test_a_traditionally_encrypted_archive_opens_with_the_right_password_only():
    from tests.readers.zipcrypto import encrypted_zip

    for is_streamed in (False, True):
        data = encrypted_zip("a.txt", b"content " * 50, b"123456", is_streamed)
        assert read(data, "654321").document.status is ReadStatus.ENCRYPTED
        opened = read(data, "654321", "123456")
        assert opened.document.opened_with_password
        assert opened.members[0].data == b"content " * 50


def test_a_wrong_password_of_a_streamed_member_costs_no_decryption(monkeypatch):
    from tests.readers.zipcrypto import encrypted_zip

    data = encrypted_zip("a.txt", random.Random(1).randbytes(1000), b"123456", streamed=True)
    run, sizes = zip_crypto._run, []
    monkeypatch.setattr(zip_crypto, "_run", lambda keys, octets: sizes.append(len(octets)) or run(keys, octets))
    opened = read(data, "654321", "dung", "123456")
    assert opened.document.opened_with_password
    assert [size for size in sizes if size > 12] == [sizes[-1]]


SOUND = make([("a.txt", "nội dung " * 50), ("dir/", ""), ("dir/b.bin", bytes(300))])


@examples(150)
@given(st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), max_size=8), st.integers(0, len(SOUND)))
def test_damage_of_any_kind_is_a_status_and_never_an_exception(flips, cut):
    data = bytearray(SOUND)
    for position, value in flips:
        data[position] = value
    try:
        reading = read(bytes(data[:cut]))
    except ReadError:
        return
    if bytes(data[:cut]) != SOUND and reading.document.status is ReadStatus.OK:
        # Only what no checksum protects (times, attributes) may change without notice.
        assert {member.data for member in reading.members} <= {"nội dung ".encode() * 50, bytes(300)}


@pytest.mark.parametrize("bits", [8, 15])
def test_every_single_damaged_octet_is_noticed_or_harmless(bits):
    for position in range(0, len(SOUND), 3):
        data = bytearray(SOUND)
        data[position] ^= bits
        try:
            reading = read(bytes(data))
        except ReadError:
            continue
        if reading.document.status is ReadStatus.OK:
            assert {member.data for member in reading.members} == {"nội dung ".encode() * 50, bytes(300)}


@pytest.mark.parametrize(
    "name",
    ["two-directories.docx", "fewer-members-counted.docx", "directory-elsewhere.docx", "member-in-slack.docx"],
)
def test_what_two_programs_read_as_two_packages_is_a_problem_of_any_zip(name):
    assert problems_of(ATTACKS[name]())


def test_a_second_name_of_a_member_is_a_problem_unless_the_first_is_in_an_old_code():
    old = "M\u00e9.txt".encode("cp437")
    for raw, changed, problems in (
        (b"cong-khai.txt", 0, ["zip-second-name"]),
        ("công-khai.txt".encode(), 0, ["zip-second-name"]),
        (old, 1, ["zip-second-name"]),
        (old, 0, []),
    ):
        path = b"\1" + struct.pack("<I", zlib.crc32(raw) ^ changed) + "M\u1eacT.txt".encode()
        info = zipfile.ZipInfo("x" * len(raw))
        info.extra = struct.pack("<HH", 0x7075, len(path)) + path
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(info, b"a")
        assert problems_of(buffer.getvalue().replace(b"x" * len(raw), raw)) == problems


def test_members_that_overlap_are_not_unpacked_to_look_behind_their_streams(monkeypatch):
    data = make([("a.txt", b"PK\3\4" + random.Random(1).randbytes(4000))])
    start, end = data.index(b"PK\1\2"), data.index(b"PK\5\6")
    count, entry = 50, data[start:end]
    changed = (
        data[:start]
        + entry * count
        + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(entry) * count, start, 0)
    )
    monkeypatch.setattr(zip_directory, "_stream_end", None)
    assert "zip-overlap" in problems_of(changed)


def test_looking_behind_streams_unpacks_no_more_than_is_ever_unpacked(monkeypatch):
    made = []
    whole = zip_directory._stream_end
    monkeypatch.setattr(zip_directory, "_UNPACKED", 3 << 20)
    monkeypatch.setattr(zip_directory, "_stream_end", lambda *asked: made.append(whole(*asked)) or made[-1])
    stored = b"\0" + struct.pack("<HH", 4, 0xFFFF ^ 4) + b"PK\3\4"
    packer = zlib.compressobj(wbits=-15)
    stream = stored + packer.compress(bytes(40 << 20)) + packer.flush()
    info = zipfile.ZipInfo("a")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, stream)
    data = bytearray(buffer.getvalue())
    data[8:10] = struct.pack("<H", 8)  # the method, in both headers
    place = data.index(b"PK\1\2")
    data[place + 10 : place + 12] = struct.pack("<H", 8)
    assert problems_of(bytes(data)) == []
    assert [end for end, _ in made] == [None]
    assert made[0][1] < 5 << 20
