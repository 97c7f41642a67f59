"""Latin text without diacritics."""

import sys
import unicodedata

import pytest

from gateway.vietnamese.latin import to_ascii, unmarked


@pytest.mark.slow
def test_every_combining_mark_falls_and_nothing_else():
    for begin in range(0, sys.maxunicode, 4096):
        text = "".join(map(chr, range(begin, begin + 4096)))
        kept = [one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one)]
        assert unmarked(text) == "".join(kept)


def test_ascii_keeps_the_letters():
    assert to_ascii("Đặng Thị Ngọc, “Phòng Nội vụ” – 5 °") == 'Dang Thi Ngoc, "Phong Noi vu" - 5  do'
    assert to_ascii("官") == "?"
