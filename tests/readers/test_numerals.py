"""Numbers in files: hostile ones raise nothing, in whatever reader."""

import pytest

from gateway.documents.readers.numerals import whole


@pytest.mark.parametrize(
    ("value", "wanted"),
    [("12", 12), ("007", 7), ("00000012", 12), ("0", 0), (None, 5), ("", 5), ("-1", 5), ("1.5", 5), ("²", 5), (" 1", 5), ("9" * 9, 5), ("9" * 5000, 5)],
)  # fmt: skip
def test_only_short_decimal_numbers_count(value: str | None, wanted: int) -> None:
    assert whole(value, 5) == wanted


def test_the_limit_is_in_digits() -> None:
    assert (whole("999", digits=3), whole("1000", digits=3)) == (999, 0)
