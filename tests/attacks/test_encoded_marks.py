"""A text or file with a mark is found in every encoding that people undo; the same without a mark goes out."""

from itertools import islice

import pytest

from tests.attacks import encoded_marks
from tests.attacks.verdicts import missed, stopped


def test_encoded_marks_are_found():
    assert not missed(islice(encoded_marks.marked(), 0, None, 9))


def test_encoded_innocent_words_go_out():
    assert not stopped(islice(encoded_marks.innocent(), 0, None, 9))


@pytest.mark.slow
def test_every_encoded_mark_is_found_and_nothing_else():
    assert not missed(encoded_marks.marked())
    assert not stopped(encoded_marks.innocent())
