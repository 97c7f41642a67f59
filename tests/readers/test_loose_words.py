"""Words in octets of no known form: found in both widths and at every place, never made out of noise, and in bounded time."""

import random
import time
import unicodedata

import pytest

from gateway.documents.readers.loose_words import FORMS, LEAST_LETTERS, loose_lines, loose_runs, stretches, text_of
from tests.support.cases import first_quick

NOISE = random.Random(7).randbytes(1 << 16)
"""The same noise in every run."""


@pytest.mark.parametrize("charset", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("before", [b"", b"\0", b"\x93\x01\xfe", b"\xff\xfe\0\0\x05"])
@pytest.mark.parametrize("words", ["TỐI MẬT", "MẬT", "Kính gửi: Phòng Nội vụ", "TUYE\u0323\u0302T MA\u0323\u0302T"])
def test_words_are_found_wherever_they_stand(words, before, charset):
    data = NOISE + b"\0\0" + before + words.encode(charset) + b"\0\0\x01\x02" + NOISE
    assert any(unicodedata.normalize("NFC", words) in line for line in loose_lines(data))


@pytest.mark.parametrize("seed", range(40))
def test_one_search_for_both_orders_of_utf_16_finds_what_a_search_for_each_finds(seed):
    chance = random.Random(seed)
    near = b"\x1e\x03\x00\xa0\xf9\x20AzM\xc0\x01\x23\x09\xe1\xcc\xba"
    pieces = [
        chance.choice(
            (
                chance.choice(("TỐI MẬT", "ệ", "Hà", "MA\u0323\u0302T")).encode(
                    chance.choice(("utf-16-le", "utf-16-be"))
                ),
                bytes(chance.choices(near, k=chance.randrange(60))),
                chance.randbytes(chance.randrange(3000)),
                bytes(chance.randrange(4)),
            )
        )
        for _ in range(60)
    ]
    data = b"".join(pieces) * chance.choice((1, 8))
    lines = [text_of(data[start:end], form) for form in FORMS for start, _, end in stretches(data, form)]
    assert loose_lines(data) == list(
        dict.fromkeys(line for line in lines if sum(map(str.isalpha, line)) >= LEAST_LETTERS)
    )


def test_noise_and_foreign_text_hold_no_words():
    foreign = "Grüße aus München, señor; Привет; 日本語 " * 50
    assert [line for line in loose_lines(NOISE * 8) if "MẬT" in line or len(line) > 12] == []
    assert loose_lines(foreign.encode()) == loose_lines(foreign.encode("utf-16-le")) == []


@pytest.mark.parametrize("charset", ["utf-8", "utf-16-le"])
def test_words_as_most_programs_write_them_are_found_in_a_large_file(charset):
    noise = NOISE * 33
    assert any("TUYỆT MẬT" in line for line in loose_lines(noise + b"\0" + "TUYỆT MẬT".encode(charset) + b"\0" + noise))


def test_each_line_is_a_run_of_its_own():
    runs = loose_runs("Số lượng\0\x07TỐI MẬT\0".encode())
    assert [run.text for run in runs] == ["Số lượng", "TỐI MẬT"]
    assert len({run.block for run in runs}) == 2


@pytest.mark.parametrize(
    "piece",
    first_quick(
        ["ệ".encode(), "ệ\x01".encode(), "xậ".encode("utf-16-le") + b"\1\7\7", b"A\0\3\1", "x" * 300 + "ậ\n", bytes(8)],
        2,
    ),
)
def test_hostile_bytes_take_linear_time(piece):
    octets = piece.encode() if isinstance(piece, str) else piece
    begun = time.process_time()
    loose_lines(octets * ((8 << 20) // len(octets)))
    assert time.process_time() - begun < 8.0
