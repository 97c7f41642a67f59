"""Real public documents through the readers: official or not, encoding, no mark among them."""

import pytest

from gateway.vietnamese.marks import Strength, find_in_document
from gateway.vietnamese.official import recognise
from gateway.vietnamese.typography import examine
from tests.text import real_documents as real
from tests.text.accuracy import CORPUS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CORPUS / "vietnam").is_dir(), reason="corpus of real documents is not present"),
]


def test_official_documents_are_recognised_and_nothing_else_is():
    yes = {name: recognise(document).official for name, document in real.labelled(real.OFFICIAL)}
    no = {name: recognise(document).official for name, document in real.labelled(real.NOT_OFFICIAL)}
    assert len(yes) >= 30
    assert sum(yes.values()) >= 0.95 * len(yes), [name for name, found in yes.items() if not found]
    assert sum(yes.values()) >= 0.98 * (sum(yes.values()) + sum(no.values())), [
        name for name, found in no.items() if found
    ]


def test_legacy_files_are_found_and_unicode_files_with_legacy_style_names_are_clean():
    assert [name for name, document in real.labelled(real.LEGACY) if not examine(document).charsets] == []
    assert [name for name, document in real.labelled(real.UNICODE) if examine(document).legacy_letters >= 10] == []


def test_no_real_document_is_stopped_for_a_mark():
    stopped = {
        name: found[0].evidence
        for name, document in real.documents()
        if (found := [mark for mark in find_in_document(document) if mark.strength is not Strength.NOTED])
    }
    assert stopped == {}
