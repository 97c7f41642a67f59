"""7z, RAR, TAR and the single-stream formats, with the same rules as ZIP."""

import base64
import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zlib

import py7zr
import pytest
from backports import zstd

from gateway.documents.readers.archives import foreign as archive_foreign
from gateway.documents.readers.archives import rar as archive_rar
from gateway.documents.readers.archives import seven_zip as archive_7z
from gateway.documents.readers.archives import stream as archive_stream
from gateway.documents.readers.archives import tar as archive_tar
from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.sniff import sniff
from gateway.model import ReadStatus
from tests.support.octets import seven_zip, tarred

needs_libarchive = pytest.mark.skipif(
    not archive_foreign.available(), reason="libarchive.so.13 is not installed (package libarchive13t64)"
)
TEXT = "nội dung mật ".encode() * 200


def read(module, data, kind, *passwords, filename=None, budget=None):
    source = Source(data=data, part="1", detected_type=kind, passwords=passwords, filename=filename)
    return module.read(source, budget or Budget())


SEVEN = "application/x-7z-compressed"


def test_7z_members_are_read():
    reading = read(archive_7z, seven_zip({"thư mục/lên.txt": TEXT, "b.bin": bytes(100)}), SEVEN)
    assert reading.document.status is ReadStatus.OK
    assert [member.data for member in reading.members] == [TEXT, bytes(100)]


@pytest.mark.slow
@pytest.mark.parametrize("hidden", [False, True])
def test_a_locked_7z_opens_only_with_its_password(hidden):
    data = seven_zip({"a.txt": TEXT}, password="Mật khẩu 1", header_encryption=hidden)
    closed = read(archive_7z, data, SEVEN, "wrong")
    assert (closed.document.status, closed.document.reason) == (ReadStatus.ENCRYPTED, "password")
    assert [run.text for run in closed.document.runs] == ([] if hidden else ["a.txt"])
    opened = read(archive_7z, data, SEVEN, "wrong", "Mật khẩu 1")
    assert opened.document.opened_with_password
    assert opened.members[0].data == TEXT


@pytest.mark.slow
def test_a_7z_bomb_is_a_limit():
    data = seven_zip({"a": bytes(48 << 20)})
    assert read(archive_7z, data, SEVEN).document.status is ReadStatus.LIMIT


def test_what_follows_a_7z_archive_is_named():
    assert read(archive_7z, seven_zip({"a": TEXT}) + b"x", SEVEN).document.reason == "trailing-data"


def test_a_line_end_behind_an_archive_is_no_data():
    for module, data, kind in (
        (archive_7z, seven_zip({"a": TEXT}), SEVEN),
        (archive_tar, tarred({"a": TEXT}), TAR),
        (archive_stream, gzip.compress(TEXT), "application/gzip"),
    ):
        assert read(module, data + b"\r\n", kind, filename="a").document.status is ReadStatus.OK


@needs_libarchive
def test_a_7z_that_py7zr_does_not_unpack_is_unpacked_by_libarchive(monkeypatch):
    def stumble(*_, **__):
        raise EOFError  # as at the second frame of Zstandard

    monkeypatch.setattr(archive_7z, "_extract", stumble)
    data = seven_zip({"a.txt": TEXT})
    reading = read(archive_7z, data, SEVEN)
    assert (reading.document.status, reading.members[0].data) == (ReadStatus.OK, TEXT)
    damaged = read(archive_7z, data[:40] + bytes([data[40] ^ 0xFF]) + data[41:], SEVEN)
    assert damaged.document.status is not ReadStatus.OK


def test_a_volume_of_a_7z_is_unsupported():
    reading = read(archive_7z, seven_zip({"a": TEXT}), SEVEN, filename="ho-so.7z.001")
    assert reading.document.reason == "multi-volume"


def test_a_method_that_is_not_known_in_full_is_unsupported_and_not_damaged():
    """7-Zip ZS writes Brotli in frames; the letters of a frame in place of the first octets."""
    data = bytearray(seven_zip({"a.txt": TEXT}, filters=[{"id": py7zr.FILTER_BROTLI, "level": 3}]))
    data[32:48] = struct.pack("<IIIHH", 0x184D2A50, 8, 40, 0x5242, 1)
    document = read(archive_7z, bytes(data), SEVEN).document
    assert (document.status, document.reason) == (ReadStatus.UNSUPPORTED, "7z-method")


MARK = "TỐI MẬT\n".encode()
PACKED = {  # made by lz4, lz4 -l, lzip, compress and bsdtar
    "a.txt.lz4": "BCJNGGRApwwAAIBU4buQSSBN4bqsVAoAAAAA8IZ5ww==",
    "b.txt.lz4": "AiFMGA0AAADAVOG7kEkgTeG6rFQK",
    "a.txt.lz": "TFpJUAEMACo4U2kCWsSAkQu2Lj27zouv//jxoAC4hSLdDAAAAAAAAAAxAAAAAAAAAA==",
    "a.txt.Z": "H52QVMLtgpQERJNwulhRURBwYMGDCRc2JGgQoUKGAilCvDjxoUWJGT1GxOiw4siOJi8C",
    "a.xar": "eGFyIQAcAAEAAAAAAAABLgAAAAAAAAJVAAAAAHicfZLBjsIgEIbvPgXpvQJN6xoz4s0ncC97I3TskrTQtGh0n35hsJo9rCf++eebDDADh9vQsytOs/VuX8i1KBg6"
    "41vrun3xeTqW2+KgVnDTk1oxCN7Eg4GZUIdYUQY7oKpEtSmlLKvmJMSurnf1B/C/SCo62x6ZbWOXIsUMnI4ZvQ63AJw0ueE+okoscJJkWudbVFI2jay2W+A5plSLV2vQ"
    "ebVpRFUDf8aUHRInNnVMDM+Si22VAJ6OHM84qcn7eA+SZHYZ6haom/xlfFBZk23++4Kv+AfL2+M93mDDC9NvMP3CWh00KQY9ui58K1kBf8js+/N5xpBe8FDZnu0PEkwi"
    "e8vA2RzuPe4LPY69NTQ97k3AUM4hTnMoeO7Ol/bA05zSYnDaDOC0J78/QKvJVOG7kEkgTeG6rFQK",
}


IMAGE = (  # a.txt with `hello world` in the trees of ISO 9660, Rock Ridge and Joliet, by libarchive, then xz
    "/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM5a//AuhdAABv/f//o7f/Rz5IFXI5YVG4kijmo4YH+e7kHoLTL8U6PAFLsX7JiopNL6MN2X+m44wjEVPgWRjFdYrid/dE790Ojk"
    "efKuUNdUG7Q609LBi0BT3LYTAYxkCvjKUkM9Ey+IH8A42Qb0Y2D67d4cKrEhZJ+uoXhDyUYYGrNoMCcb81UGG04zd0BNSg0ktJ4SBwBWL790DqBHYLODM4432/4wGqfEQi"
    "guW9QYODs3bQHUhhXbqWxNkrC8dw4YlL993PrajH1kUuRjnPiXn3gceNKrcoRzJp09PtmxA/d036lc9TieLDWQiE5F/sM9Y63tDuEgZHo7F8DDPrrgITXWciiBS8LcF64g"
    "vEVzTz/DRQaEgExjkhLaYgZQwYfshk9NB0tcBmFunjxJLLnYQ7a6K+sQPUJoJ4qoyMx+l3PwravKGzuY1p+r6E6qEQHOArMRPLX86tmkb8E9LjWsXsMu5eIAL+fJON9dQZ"
    "sls9nwZxzP/nRAqpP4QLcISTHm1lbPLUebLdrxl0ohp3lfN6Erny+wXcw/zSr6MyuRrNNK9aXssBJqern4maHXnWb8q84vxPl8wwo0JLcs8lvmgNcqyB8FZ++G+3P0s6YY"
    "nyV7vLN/5lTwU3Y2wJJ+2+Fejw+vGflda6eCUqMifeVneEvbXgKlwzb+1DuS+NS58xf+7UYsAb1FyhgYlkgOE6P0M7Bf2lGBBNUDCW4nHSRv1hg7e9skJxY+X2zuQd/PZ8"
    "Yh5m+ctLFqaZVpj33K/8/lwVea93PDhtQLD2zytp8sf2Vq4Pv/6oUA932WkCAl0Z4PNmsbzNfM4CJJSMgvQW7iBpQ/d54fsluQY2oqCaFbudn2u6oyQNOcQrp10rt/9ioI"
    "wY6687T79isK1ClPiNR6CFgUrGg8yZW0JEttx+UUssxtIDUKJYKZqblHZ2WgIYxzaWX+8/nQ2LGZHManTCmVjtpnDeTl53KJoKmFRu14vKiD9fMfvIT+H4ImTfAABA1j9K"
    "x3ot1QABhAaA4BYA/6QXkbHEZ/sCAAAAAARZWg=="
)


@needs_libarchive
def test_every_tree_of_a_disc_image_is_read():
    image = bytearray(lzma.decompress(base64.b64decode(IMAGE)))
    joliet = image.index("a.txt".encode("utf-16-be"))
    image[joliet : joliet + 10] = "z.exe".encode("utf-16-be")
    renamed = read(archive_foreign, bytes(image), "application/x-iso9660-image")
    image[joliet - 23 : joliet - 15] = struct.pack("<I", 5) + struct.pack(">I", 5)
    other = read(archive_foreign, bytes(image), "application/x-iso9660-image")
    image[0x9801:0x9806] = b"NSR02"
    udf = read(archive_foreign, bytes(image), "application/x-iso9660-image")
    assert ([one.name for one in renamed.members], renamed.document.runs[0].text) == (["z.exe"], "a.txt")
    assert [(one.name, one.data) for one in other.members] == [("z.exe", b"hello"), ("a.txt", b"hello world")]
    assert (other.document.status, udf.document.status) == (ReadStatus.OK, ReadStatus.UNSUPPORTED)


@needs_libarchive
def test_the_names_of_rock_ridge_are_read_where_there_is_no_joliet():
    image = lzma.decompress(base64.b64decode(IMAGE)).replace(b"%/E", bytes(3)).replace(b"\1\0a.txt", b"\1\0o.txt")
    budget = Budget(limit_files=1)
    reading = read(archive_foreign, image, "application/x-iso9660-image", budget=budget)
    assert (budget.used_files, budget.used_bytes) == (1, 11)
    assert [(one.name, one.data) for one in reading.members] == [("A.TXT", b"hello world")]
    assert (reading.document.status, reading.document.runs[-1].text) == (ReadStatus.OK, "o.txt")


@needs_libarchive
@pytest.mark.parametrize(("name", "octets"), PACKED.items())
def test_rare_packers_are_opened(name, octets):
    data = base64.b64decode(octets)
    kind = sniff(data, name).primary
    members = read(archive_foreign, data, kind, filename=name).members
    assert [(member.name, member.data[: len(MARK)]) for member in members] == [(name[0] + ".txt", MARK)]


def cpio(*members):
    """Files in the form `newc`, all of them names of one file."""
    archive = b""
    for name, data in (*members, ("TRAILER!!!", b"")):
        octets = (name.encode() if isinstance(name, str) else name) + b"\0"
        numbers = (1, 0o100644, 0, 0, len(members), 0, len(data), 0, 0, 0, 0, len(octets), 0)
        archive += b"070701" + b"".join(b"%08x" % number for number in numbers) + octets
        archive += bytes(-len(archive) % 4) + data
        archive += bytes(-len(archive) % 4)
    return archive


def cabinet(name, data):
    """One stored file (MS-CAB)."""
    entry = struct.pack("<IIHHHH", len(data), 0, 0, 0, 0, 0x20) + name + b"\0"
    block = struct.pack("<IHH", 0, len(data), len(data)) + data
    start = 44 + len(entry)
    header = struct.pack("<4s5IBB5H", b"MSCF", 0, start + len(block), 0, 44, 0, 3, 1, 1, 1, 0, 1, 0)
    return header + struct.pack("<IHH", start, 1, 0) + entry + block


@needs_libarchive
def test_the_data_of_a_file_with_several_names_are_read_though_cpio_keeps_them_with_the_last():
    reading = read(archive_foreign, cpio(("a.txt", b""), ("b.txt", MARK)), "application/x-cpio")
    assert [(member.name, member.data) for member in reading.members] == [("a.txt", b""), ("b.txt", MARK)]


OLD_NAMES = {b"M\xc2\xf2T.txt": "MẬT.txt", b"M\xcbT.txt": "M╦T.txt"}  # Windows-1258, TCVN 5712


@needs_libarchive
@pytest.mark.parametrize("octets", OLD_NAMES)
def test_names_in_old_codes_are_read_and_given_as_bytes_too(octets):
    tar = tarred({octets.decode("utf-8", "surrogateescape"): b"x"})
    for module, data, kind in (
        (archive_tar, tar, TAR),
        (archive_foreign, cpio((octets, b"x")), "application/x-cpio"),
        (archive_foreign, cabinet(octets, b"x"), "application/vnd.ms-cab-compressed"),
    ):
        reading = read(module, data, kind)
        assert [member.name for member in reading.members] == [OLD_NAMES[octets]]
        assert [run.text for run in reading.document.runs] == [octets.decode("cp1252")]


@needs_libarchive
def test_what_follows_a_rare_archive_is_named_and_filling_is_none():
    packed = {name: base64.b64decode(PACKED[name]) for name in ("a.txt.lz4", "a.txt.lz")}
    for name, data in {
        "a.cpio": cpio(("a.txt", MARK)),
        "a.txt.lzma": lzma.compress(MARK, lzma.FORMAT_ALONE),
        **packed,
    }.items():
        kind = sniff(data, name).primary
        assert read(archive_foreign, data + bytes(512), kind, filename=name).document.status is ReadStatus.OK
        followed = read(archive_foreign, data + bytes(512) + MARK, kind, filename=name)
        assert (followed.document.reason, followed.members[0].data) == ("trailing-data", MARK)
    assert read(archive_foreign, b"!<arch>\n" + MARK, "application/x-archive").document.reason == "trailing-data"


@needs_libarchive
def test_cpio_ar_and_lzma_are_opened():
    newc = cpio(("a.txt", MARK))
    ar = (
        b"!<arch>\n"
        + b"a.txt/".ljust(16)
        + b"0".ljust(12)
        + b"0     0     100644  "
        + b"%-10d" % len(MARK)
        + b"`\n"
        + MARK
    )
    alone = lzma.compress(MARK, lzma.FORMAT_ALONE)
    for name, data in (("a.cpio", newc), ("a.deb", ar), ("a.txt.lzma", alone)):
        reading = read(archive_foreign, data, sniff(data, name).primary, filename=name)
        assert (reading.document.status, [(m.name, m.data) for m in reading.members]) == (
            ReadStatus.OK,
            [("a.txt", MARK)],
        )


@needs_libarchive
def test_a_rare_packer_that_unpacks_nothing_is_damaged():
    damaged = b"\x04\x22\x4d\x18" + b"\xff" * 40
    document = read(archive_foreign, damaged, sniff(damaged).primary, filename="a.lz4").document
    assert document.status is ReadStatus.MALFORMED


def test_zlib_and_frames_of_zstd_without_data_are_opened():
    for data in (zlib.compress(MARK), b"\x50\x2a\x4d\x18\2\0\0\0ab" + zstd.compress(MARK)):
        reading = read(archive_stream, data, sniff(data).primary)
        assert (reading.document.status, b"".join(m.data for m in reading.members)) == (ReadStatus.OK, MARK)


RAR = "application/vnd.rar"
RARS = tuple(bytes.fromhex(digits) for digits in archive_rar.SAMPLES)
LOCKED_RAR = bytes.fromhex(
    "526172211a070100c51a3332030100004a62ea394402033110040400bfe0b3b0000105612e747874300100010a73737373737373737373737373"
    "737373696969696969696969696969696969696e7ab5e89b24d62342ad3458b24cb823aaefe5df06d9d5ebdd157e8419b23a3503050000"
)
"""A stored file `a.txt` under the password `123456`."""
PACKED_RAR = bytes.fromhex(
    "526172211a0700cf907300000d0000000000000032667400802400040000000400000003bfe0b3b0000000001d330400a48100007761726d78787878"
    "c43d7b00400700"
)


@needs_libarchive
@pytest.mark.parametrize("data", RARS, ids=["rar4", "rar5"])
def test_rar_members_are_read(data):
    reading = read(archive_rar, data, RAR)
    assert reading.document.status is ReadStatus.OK
    assert [(member.name, member.data) for member in reading.members] == [("warm", b"warm")]


def old_rar_block(kind, flags, rest):
    head = struct.pack("<BHH", kind, flags, 7 + len(rest)) + rest
    return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head


@needs_libarchive
def test_a_folder_of_an_old_rar_shows_its_name():
    data = bytes.fromhex(archive_rar.SAMPLES[0])
    folder = struct.pack("<IIBIIBBHI", 0, 0, 3, 0, 0, 20, 0x30, 5, 0o40755) + b"ho so"
    reading = read(archive_rar, data[:20] + old_rar_block(0x74, 0x80E0, folder) + data[20:], "application/vnd.rar")
    assert [run.text for run in reading.document.runs] == ["ho so"]
    assert [member.name for member in reading.members] == ["warm"]


def test_a_locked_rar_is_encrypted_whatever_the_password():
    closed = read(archive_rar, LOCKED_RAR, RAR, "654321", "123456")
    assert (closed.document.status, closed.document.reason) == (ReadStatus.ENCRYPTED, "password")
    assert [run.text for run in closed.document.runs] == ["a.txt"]
    assert not closed.document.opened_with_password
    assert closed.members == ()


def test_without_libarchive_a_rar_is_cannot_tell(monkeypatch):
    monkeypatch.setattr(archive_foreign, "_library", lambda: None)
    assert read(archive_rar, PACKED_RAR, RAR).document.reason == "libarchive-missing"


@needs_libarchive
@pytest.mark.parametrize(("method", "words", "reason"), [(0x30, ["xx"], ""), (0x33, [], "rar-comment")])
def test_comments_of_an_old_rar_are_read_or_cannot_tell(method, words, reason):
    fields = struct.pack("<BHHIIBIIBBHI", 0x7A, 0x8000, 35, 2, 2, 3, zlib.crc32(b"xx"), 0, 29, method, 3, 0) + b"CMT"
    comment = struct.pack("<H", zlib.crc32(fields) & 0xFFFF) + fields + b"xx"
    data = RARS[0][:20] + comment + RARS[0][20:]
    reading = read(archive_rar, data, RAR)
    assert ([run.text for run in reading.document.runs], reading.document.reason) == (words, reason)
    assert [(member.name, member.data) for member in reading.members] == [("warm", b"warm")]


TAR = "application/x-tar"


def test_tar_members_are_read():
    reading = read(archive_tar, tarred({"a/ă.txt": TEXT, "../b": b"x"}), TAR)
    assert reading.document.status is ReadStatus.OK
    assert [member.name for member in reading.members] == ["a/ă.txt", "../b"]


def test_a_tar_member_of_unknown_type_is_a_file_and_a_folder_shows_its_name():
    odd, folder = tarfile.TarInfo("a.txt"), tarfile.TarInfo("x/ten thu muc")
    odd.type, odd.size, folder.type = b"Z", len(TEXT), tarfile.DIRTYPE
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(odd, io.BytesIO(TEXT))
        archive.addfile(folder)
    reading = read(archive_tar, buffer.getvalue(), TAR)
    assert [(member.name, member.data) for member in reading.members] == [("a.txt", TEXT)]
    assert [run.text for run in reading.document.runs] == ["ten thu muc"]


def test_the_name_to_which_a_link_of_a_tar_leads_is_read():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            link = tarfile.TarInfo("a.txt")
            link.type, link.linkname = kind, "x/ten khac.txt"
            archive.addfile(link)
    runs = read(archive_tar, buffer.getvalue(), TAR).document.runs
    assert [run.text for run in runs] == ["a.txt", "ten khac.txt"]


def test_a_tar_that_only_its_own_mail_leaves_no_room_for_has_met_a_shared_limit():
    budget = Budget(limit_bytes=2000, used_bytes=1500)
    assert read(archive_tar, tarred({"a": bytes(1000)}), TAR, budget=budget).document.reason == "bytes"
    assert (budget.shared_limit, budget.used_bytes) == (True, 1500)


def test_what_hides_behind_the_end_of_a_tar_is_named():
    hidden = tarred({"a": TEXT}) + tarred({"b": TEXT})
    assert read(archive_tar, hidden, TAR).document.reason == "tar-trailing-data"


def test_a_cut_tar_is_malformed():
    assert read(archive_tar, tarred({"a": TEXT})[:1500], TAR).document.status is ReadStatus.MALFORMED


STREAMS = {
    "application/gzip": gzip.compress,
    "application/x-bzip2": bz2.compress,
    "application/x-xz": lzma.compress,
    "application/zstd": zstd.compress,
}


@pytest.mark.parametrize("kind", STREAMS)
def test_a_compressed_file_is_read_with_all_its_streams(kind):
    pack = STREAMS[kind]
    reading = read(archive_stream, pack(TEXT) + pack(b"more"), kind, filename="báo cáo.tgz")
    assert reading.document.status is ReadStatus.OK
    assert reading.members[0].data == TEXT + b"more"
    assert reading.members[0].name == "báo cáo.tar"


@pytest.mark.parametrize("kind", STREAMS)
def test_a_cut_stream_is_malformed(kind):
    packed = STREAMS[kind](TEXT)
    assert read(archive_stream, packed[:-5], kind).document.status is ReadStatus.MALFORMED


@pytest.mark.slow
@pytest.mark.parametrize("kind", STREAMS)
def test_a_stream_bomb_is_a_limit(kind):
    reading = read(archive_stream, STREAMS[kind](bytes(64 << 20)), kind)
    assert (reading.document.status, reading.document.reason) == (ReadStatus.LIMIT, "ratio")


@pytest.mark.parametrize("kind", STREAMS)
def test_what_follows_a_stream_is_named_and_the_stream_is_read(kind):
    reading = read(archive_stream, STREAMS[kind](TEXT) + b"PK\3\4", kind)
    assert reading.document.reason == "trailing-data"
    assert reading.members[0].data == TEXT


@pytest.mark.parametrize("name", ["Số liệu.txt", "Số liệu " * 1000])
def test_the_name_and_comment_in_the_header_of_gzip_are_given(name):
    packed = gzip.compress(b"xin chao")
    header = b"\x1f\x8b\x08\x1c" + bytes(6) + b"\x02\0ab" + f"{name}\0Ghi chú\0".encode()
    source = Source(data=header + packed[10:], part="1", filename="a.gz", detected_type="application/gzip")
    reading = archive_stream.read(source, Budget())
    assert [(run.text, run.locator) for run in reading.document.runs] == [
        (name, "property:name"),
        ("Ghi chú", "property:comment"),
    ]
    assert reading.members[0].data == b"xin chao"
