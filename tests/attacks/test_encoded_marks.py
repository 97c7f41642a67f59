"""A text or file with a mark is found in every encoding that people undo; the same without a mark goes out."""

import pytest

from tests.attacks import encoded_marks
from tests.attacks.verdicts import missed, stopped
from tests.support.long import sample

pytestmark = pytest.mark.slow


def test_encoded_marks_are_found():
    assert not missed(sample(list(encoded_marks.marked())))


def test_encoded_innocent_words_go_out():
    assert not stopped(sample(list(encoded_marks.innocent())))
