"""Which lines are marks at all, class by class and place by place, in both directions."""

import pytest

from tests.text.accuracy import stops
from tests.text.mark_forms import EVERYWHERE, as_documents, cases, is_stopped
from tests.text.marked_forms import MARKED
from tests.text.passing_forms import PASSING
from tests.text.passing_lines import FILES, LINES, SUBJECTS
from tests.text.passing_texts import TEXTS


@pytest.mark.parametrize("form", MARKED, ids=lambda form: form.name)
def test_every_marked_line_is_stopped(form):
    missed = [(place, line) for _, place, line in cases((form,)) if not is_stopped(place, line)]
    assert not missed


@pytest.mark.parametrize("form", PASSING, ids=lambda form: form.name)
def test_no_other_line_is_stopped(form):
    stopped = [(place, line) for _, place, line in cases((form,)) if is_stopped(place, line)]
    assert not stopped


@pytest.mark.parametrize("name", TEXTS)
def test_no_text_of_an_office_is_stopped(name):
    stopped = [form for form, document in as_documents(TEXTS[name]) if stops(document)]
    assert not stopped


@pytest.mark.slow
@pytest.mark.parametrize("place", EVERYWHERE)
def test_no_line_of_an_office_is_stopped_anywhere(place):
    """Headers and text boxes are left to their classes: in capitals these hold what stamps do."""
    lines = {"subject": SUBJECTS, "file name": (*SUBJECTS, *FILES), "text box": ()}.get(place, LINES)
    assert [line for line in lines if is_stopped(place, line)] == []
