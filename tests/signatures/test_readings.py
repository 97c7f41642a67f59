"""Signed packages have one reading: what another reader would find in them, or show otherwise, is no part of a valid signature."""

from datetime import UTC, datetime

import pytest

from tests.pki import xml
from tests.pki.tree import letter_docx, tree
from tests.signatures.attacks_readings import ATTACKS, HONEST
from tests.signatures.samples import Sample, is_valid, reports


@pytest.mark.parametrize("title", ATTACKS)
def test_a_package_of_two_readings_does_not_stand(title):
    found = reports(Sample("", title, ATTACKS[title]()))
    assert found
    assert not is_valid(found)


@pytest.mark.parametrize("title", HONEST)
def test_an_honest_package_that_comes_near_passes(title):
    assert is_valid(reports(Sample("", title, HONEST[title]())))


@pytest.mark.parametrize(("name", "signed"), [
    ("a.docx", lambda: xml.sign_ooxml(letter_docx(), tree().g2_person)),
    ("a.odt", lambda: xml.sign_odf(xml.odt(), tree().g2_person)),
    ("a.asice", lambda: xml.asic({"a.txt": b"mot"}, tree().g2_person)),
])  # fmt: skip
def test_a_comment_does_not_cut_the_time_of_signing(name, signed):
    files = xml.members(signed())
    cut = {key: value.replace(b"2026-11-20T03", b"2026-11-20<!-- -->T03") for key, value in files.items()}
    (one,) = reports(Sample("", name, xml.pack(cut)))
    assert one.claimed_time == datetime(2026, 11, 20, 3, tzinfo=UTC)
