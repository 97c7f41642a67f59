"""Marks in header fields, text files, code and small letters are stopped; innocent words in the same places go out."""

from itertools import islice

import pytest

from tests.attacks import innocent_words, lone_levels, placed_marks
from tests.attacks.verdicts import answers, missed


def _accused(mails):
    """The names of innocent mails in which a mark was found."""
    return [f"{name}: {answer}" for name, answer in answers(mails).items() if answer.marked]


def test_marks_in_fields_and_files_are_found():
    assert not missed(islice(placed_marks.marked(), 0, None, 7))


def test_small_letters_that_stand_as_a_mark_are_found():
    assert not missed(islice(lone_levels.marked(), 0, None, 13))


def test_words_in_the_same_places_are_not_accused():
    mails = [*islice(placed_marks.innocent(), 0, None, 17), *islice(innocent_words.innocent(), 0, None, 17)]
    assert not _accused([*mails, *islice(lone_levels.innocent(), 0, None, 9)])


@pytest.mark.slow
def test_every_mark_in_every_place_is_found():
    assert not missed(placed_marks.marked())
    assert not missed(lone_levels.marked())


@pytest.mark.slow
def test_no_innocent_text_is_accused():
    for maker in (placed_marks, innocent_words, lone_levels):
        assert not _accused(maker.innocent())
