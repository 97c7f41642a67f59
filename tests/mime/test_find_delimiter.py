"""The quick search for a delimiter finds what a plain search finds."""

import random

import pytest

from gateway.mime.delimiters import find_delimiter


@pytest.mark.parametrize("needle", [b"--b", b"\r\n--", b"--b-b"])
@pytest.mark.parametrize("seed", range(20))
def test_a_delimiter_is_found_at_its_place(needle, seed):
    chance = random.Random(seed)
    pieces = (needle, needle[:-1], b"-", b"--", b"\r\n", b"b", b"QUJD\r\n", b"a-b" * 40)
    data = b"".join(chance.choices(pieces, weights=(1, 1, 1, 1, 3, 2, 20, 1), k=chance.randrange(1, 40)))
    for start in range(len(data) + 1):
        for end in (len(data), chance.randrange(len(data) + 1)):
            assert find_delimiter(data, needle, start, end) == data.find(needle, start, end)
