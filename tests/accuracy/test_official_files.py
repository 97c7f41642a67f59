"""Official documents are recognised as such in every format, and nothing else is."""

import pytest

from gateway.vietnamese.official import State, recognise
from tests.accuracy.official_files import NONE_OF_THEM, Score, files, measure, other
from tests.accuracy.official_files import letter as make_letter
from tests.support.long import LONG, sample
from tests.support.reading import document_of


@pytest.mark.slow
def test_every_kind_and_no_counter_example_is_recognised_as_docx() -> None:
    score = Score()
    for made in sample(list(files())):
        score.count(made, recognise(document_of(made.data)))
    assert score.official >= (160 if LONG else 55)
    assert score.others >= (30 if LONG else 10)
    assert score.precision >= 0.98, score.faults
    assert score.recall >= 0.95, score.faults
    assert min(score.state, score.kind, score.number) >= 0.95 * score.official, score.faults


@pytest.mark.slow
@pytest.mark.system
def test_the_formats_that_libreoffice_saves_are_recognised_as_well() -> None:
    for kind, score in measure(step=7 if LONG else 17).items():
        assert score.precision >= 0.98, (kind, score.faults)
        assert score.recall >= 0.95, (kind, score.faults)


def test_a_contract_between_private_parties_is_no_official_document() -> None:
    assert recognise(document_of(other("hợp đồng mua bán", 0).data)).state is State.WORKING
    assert recognise(document_of(make_letter("hợp đồng", 0, drafted=False).data)).state is State.ISSUED
    assert "hợp đồng mua bán" in NONE_OF_THEM
