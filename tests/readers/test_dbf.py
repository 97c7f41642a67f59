"""Tables in DBF: fields, deleted records, letters of any charset, memos beside them."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.documents.readers.base import Budget, ReadError, Reading, Source
from gateway.documents.readers.excel import dbf
from gateway.documents.readers.sniff import sniff
from gateway.documents.readers.sniff_dbf import DBF, DBF_MEMO
from gateway.model import Origin, ReadStatus


def table(*rows: tuple[bytes, bytes], count: int | None = None, version: int = 3, back: bytes = b"") -> bytes:
    """A table of two text fields; a row is its flag with the first text, and the second text."""
    fields = b"".join(
        name.ljust(11, b"\0") + b"C" + bytes(4) + bytes((length, 0)) + bytes(14)
        for name, length in ((b"SO", 10), (b"TRICHYEU", 40))
    )
    start = 32 + len(fields) + 1 + len(back)
    number = len(rows) if count is None else count
    header = bytes((version, 124, 5, 20)) + struct.pack("<IHH", number, start, 51) + bytes(20)
    return (
        header
        + fields
        + b"\r"
        + back
        + b"".join(first.ljust(11) + second.ljust(40) for first, second in rows)
        + b"\x1a"
    )


def read(data: bytes, name: str = "a.dbf") -> Reading:
    kind = sniff(data, name).primary
    return dbf.read(Source(data=data, part="1", detected_type=kind), Budget())


def words(data: bytes) -> dict[str, tuple[str, Origin]]:
    return {run.locator: (run.text, run.origin) for run in read(data).document.runs}


@pytest.mark.parametrize(("version", "back"), [(3, b""), (0x30, bytes(263)), (0xF5, b""), (0x83, b"")])
def test_records_are_rows_below_the_names_of_their_fields(version: int, back: bytes) -> None:
    data = table((b" 12", "TỐI MẬT".encode()), (b"*13", "Đã xoá".encode()), version=version, back=back)
    assert sniff(data).types == (DBF,)
    assert words(data) == {
        "cell:A1": ("SO", Origin.TEXT),
        "cell:B1": ("TRICHYEU", Origin.TEXT),
        "cell:A2": ("12", Origin.TEXT),
        "cell:B2": ("TỐI MẬT", Origin.TEXT),
        "cell:A3": ("13", Origin.HIDDEN),
        "cell:B3": ("Đã xoá", Origin.HIDDEN),
    }


def test_letters_of_a_legacy_font_stay_one_for_one_octet() -> None:
    octets = b"C\xab ng v\xa8n"
    assert words(table((b" 1", octets)))["cell:B2"][0] == "C\xab ng v\xa8n"


def test_records_behind_the_last_one_are_read_as_hidden() -> None:
    assert words(table((b" 1", b"a"), (b" 2", "MẬT".encode()), count=1))["cell:B3"] == ("MẬT", Origin.HIDDEN)


def test_a_cut_table_says_so() -> None:
    document = read(table((b" 1", b"a"), count=9)).document
    assert (document.status, document.reason) == (ReadStatus.PARTIAL, "dbf-cut")


def test_memos_are_known_by_their_name_and_read() -> None:
    memo = bytes(6) + struct.pack(">H", 64) + bytes(504) + struct.pack(">II", 1, 9) + "TỐI MẬT".encode() + bytes(60)
    assert sniff(memo, "a.FPT").primary == DBF_MEMO
    assert [run.text for run in read(memo, "a.fpt").document.runs] == ["TỐI MẬT"]


def test_digits_and_texts_are_no_table() -> None:
    for data in (b"0" * 200, b"0\r\n" * 90, b"\x03" + bytes(200)):
        assert DBF not in sniff(data, "a.txt").types


@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_malformed(data: bytes) -> None:
    with suppress(ReadError):
        dbf.read(Source(data=table((b" 1", b"a"))[:40] + data, part="1", detected_type=DBF), Budget())
