"""Marks in header fields, text files, code and small letters are stopped; innocent words in the same places go out."""

import pytest

from tests.attacks import innocent_words, lone_levels, placed_marks
from tests.attacks.verdicts import answers, missed
from tests.support.long import sample

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("maker", [placed_marks, lone_levels])
def test_every_mark_in_every_place_is_found(maker):
    assert not missed(sample(list(maker.marked())))


@pytest.mark.parametrize("maker", [placed_marks, innocent_words, lone_levels])
def test_no_innocent_text_is_accused(maker):
    found = answers(sample(list(maker.innocent()), 5))
    assert not [f"{name}: {answer}" for name, answer in found.items() if answer.marked]
