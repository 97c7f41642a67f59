"""Real files of every format, place, disguise and container through the wall: what is marked stops, nothing else does."""

import tempfile
from pathlib import Path

import pytest

from tests.accuracy import matrix, old_office, tables
from tests.support.long import LONG, sample


def test_marks_are_found_in_every_place_of_every_format_and_container() -> None:
    tally = tables.measure(list(matrix.reduced()))
    assert tally.total["all", "all"] > 250
    assert tally.recall >= 0.995, tally.misses
    # A level that is read wrongly still stops the mail, but tells the clerk something untrue.
    assert tally.level["all", "all"] >= 0.995 * tally.total["all", "all"]


def test_marks_in_subjects_and_names_are_found_and_innocent_ones_pass() -> None:
    named, innocence = tables.measure_names(every=False)
    assert named.total["all", "all"] > 50
    assert not named.misses
    assert not innocence.all_stopped()


def test_innocent_files_are_not_stopped() -> None:
    innocence = tables.measure_innocents(letters=66, full=False)
    assert sum(innocence.total.values()) > 300
    assert not innocence.all_stopped()
    assert not innocence.unread


@pytest.mark.slow
def test_the_full_matrix_misses_at_most_one_in_two_hundred() -> None:
    tally = tables.measure(sample(list(matrix.full()), 11))
    assert tally.total["all", "all"] > (5000 if LONG else 450)
    assert tally.recall >= 0.995, tally.misses
    low = [
        key
        for key in tally.total
        if key[0] in ("format", "disguise", "container") and tally.stopped[key] < 0.97 * tally.total[key]
    ]
    assert not low, tally.misses


@pytest.mark.slow
@pytest.mark.system
def test_marks_in_files_saved_by_libreoffice_in_the_old_formats_are_found() -> None:
    with tempfile.TemporaryDirectory() as folder:
        cases = list(old_office.cases(Path(folder), step=1 if LONG else 3))
        if not cases:
            pytest.skip("LibreOffice is not installed")
        tally = tables.measure(cases)
    assert tally.total["all", "all"] > (100 if LONG else 35)
    assert tally.recall >= 0.995, tally.misses


@pytest.mark.slow
@pytest.mark.system
def test_no_innocent_text_or_page_is_stopped() -> None:
    innocence = tables.measure_innocents(letters=330 if LONG else 11, full=True, step=1 if LONG else 11)
    assert sum(innocence.total.values()) > (1000 if LONG else 150)
    assert not innocence.all_stopped()
