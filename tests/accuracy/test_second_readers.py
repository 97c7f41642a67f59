"""Nothing that poppler or LibreOffice read in real files is missing from what we read."""

import shutil

import pytest

from tests.accuracy import second_readers
from tests.accuracy.second_readers import Recall, compare
from tests.support.corpus import CORPUS
from tests.support.long import LONG


def test_a_word_that_we_do_not_have_counts_as_missing() -> None:
    recall = Recall()
    compare("Quyết định số 15 về việc, việc", "Quyết đị nh về việc", recall, "a")
    assert (recall.words, recall.found, recall.cut, recall.missing) == (6, 3, 2, ["a: SỐ"])


@pytest.mark.slow
@pytest.mark.system
@pytest.mark.skipif(not (CORPUS / "vietnam").is_dir(), reason=f"no corpus at {CORPUS}; set GATEWAY_CORPUS")
def test_every_word_of_the_second_readers_is_ours_or_explained() -> None:
    if shutil.which("soffice") is None or shutil.which("pdftotext") is None:
        pytest.skip("LibreOffice or poppler is not installed")
    result = second_readers.measure(step=1 if LONG else 5)
    assert sum(one.words for one in result.values()) > (200_000 if LONG else 36_000)
    for kind, one in result.items():
        assert one.share > 0.999 or one.words < 2000, (kind, one.missing[:20])
    unexplained = [word for one in result.values() for word in one.missing if second_readers.explanation(word) is None]
    assert not unexplained
