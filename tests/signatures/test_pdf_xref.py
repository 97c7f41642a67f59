"""Updates of signed PDF files whose cross-reference has a second reading: what viewers show is not what was judged."""

import pytest

from gateway.model import Changes
from tests.pki.signing import PdfSigning, sign_pdf
from tests.pki.tree import tree
from tests.signatures.pdf_updates import EMPTY, Update
from tests.signatures.test_pdf_forms import look, stand


@pytest.mark.parametrize("generation", [1, 7])
def test_the_page_s_content_does_not_come_back_in_another_generation(once, generation):
    """Most viewers look for the number alone and would show the new page."""
    update = Update(once)
    place = update.body(generation)
    assert not stand(update.finish(update.table([(update.content, place, generation)])))


@pytest.mark.parametrize("number", ["{}", "+{}"])
@pytest.mark.parametrize("new_first", [True, False])
def test_a_table_that_lists_an_object_twice_has_two_readings(once, new_first, number):
    update = Update(once)
    entries = [(number.format(update.content), update.body(), 0), (update.content, update.place, 0)]
    (one,) = look(update.finish(update.table(entries if new_first else entries[::-1])))
    assert one.changes is Changes.FORBIDDEN
    assert "two-readings" in one.problems


@pytest.mark.parametrize("new_first", [True, False])
def test_a_stream_that_lists_an_object_twice_has_two_readings(once, new_first):
    update = Update(once)
    entries = [(update.content, update.body()), (update.content, update.place)]
    (one,) = look(update.finish(update.stream(entries if new_first else entries[::-1])))
    assert one.changes is Changes.FORBIDDEN


@pytest.mark.parametrize("in_stream", [True, False])
def test_a_hybrid_file_whose_table_and_stream_disagree_has_two_readings(once, in_stream):
    update = Update(once)
    places = [update.body(), update.place]
    stream = update.stream([(update.content, places[not in_stream])])
    table = update.table([(update.content, places[in_stream], 0)], more=f"/XRefStm {stream}")
    (one,) = look(update.finish(table))
    assert one.changes is Changes.FORBIDDEN


@pytest.mark.parametrize(
    "head", ["{} 0 obj", "{} 0\nobj", "{}\r\n\0 0 \t obj", "{} % 1 0 obj\n0 %\nobj", "{} 0" + 99 * " " + "obj"]
)
def test_an_object_that_an_update_holds_and_does_not_list_has_two_readings(once, head):
    """A viewer that fixes the file finds it; nothing in an honest update is unlisted."""
    update = Update(once)
    update.add(f"{head.format(update.content)}\n{EMPTY}")
    (one,) = look(update.finish(update.table([])))
    assert one.changes is Changes.FORBIDDEN


def test_updates_that_change_nothing_have_one_reading(once):
    update = Update(once)
    assert stand(update.finish(update.table([])))
    for own in (True, False):
        update = Update(once)
        assert stand(update.finish(update.stream([(update.content, update.place)], own=own)))


def test_the_seal_does_not_heal_an_update_with_two_readings(once):
    update = Update(once)
    entries = [(update.content, update.body(), 0), (update.content, update.place, 0)]
    between = update.finish(update.table(entries))
    sealed = sign_pdf(between, tree().g2_seal, PdfSigning(field="Signature2", box=(10, 10, 40, 40)))
    assert not stand(sealed)
