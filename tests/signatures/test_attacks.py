"""No generated attack of the catalogue (G01 to G16) is called valid, and every honest file is."""

from __future__ import annotations

import unicodedata

import pytest
from msgspec.structs import replace

from gateway.demo.sign import sign_pdf
from gateway.documents.signatures import verify
from gateway.documents.signatures.smime import verify_smime
from policies import signed_documents
from tests.pki.tree import NOW, letter_pdf, store, tree
from tests.policies.test_signed_documents import evidence
from tests.signatures.attacks import PLAIN, attacks, honest, mails
from tests.signatures.samples import Sample, is_valid, reports
from tests.support.policies import findings


@pytest.mark.slow
def test_no_attack_is_called_valid_nor_unsigned():
    found = {f"{sample.row} {sample.name}": reports(sample) for sample in attacks()}
    assert len(found) > 210
    assert {name[:3] for name in found} == {f"G{row:02}" for row in (*range(1, 12), *range(13, 17))}
    assert [name for name, given in found.items() if is_valid(given) or not given] == []


@pytest.mark.parametrize("title", PLAIN)
def test_a_file_of_every_day_is_called_valid(title):
    assert is_valid(reports(Sample("", title, PLAIN[title]())))


@pytest.mark.slow
def test_every_honest_file_is_called_valid():
    found = {sample.name: reports(sample) for sample in honest()}
    assert len(found) > 70
    assert [name for name, given in found.items() if not is_valid(given)] == []


@pytest.mark.slow
def test_a_signed_mail_is_called_valid_only_when_it_is():
    for name, raw, expected in mails():
        assert is_valid(verify_smime(raw, part="2", filename=None, trust=store(), now=NOW)) is expected, name


OWN = "Ủy ban nhân dân quận Bình Tân"


@pytest.mark.parametrize(("holder", "own"), [
    (OWN, True),
    ("UBND Quận Bình Tân", True),
    (unicodedata.normalize("NFD", OWN), True),
    (f"{OWN} 1", False),
    (f"{OWN}, TP.HCM", False),
    (OWN.replace("a", "\u0430"), False),
    (OWN.replace("Bình", "Binh"), False),
    (f"Công ty {OWN}", False),
])  # fmt: skip
def test_a_seal_is_one_s_own_by_its_whole_name_only(holder, own):
    """G12: a valid seal of somebody whose name only looks like one's own."""
    sealed = sign_pdf(letter_pdf(), tree().seal(tree().g2_sub, name=holder))
    found = verify(sealed, part="2", filename="a.pdf", detected_type="application/pdf", trust=store(), now=NOW)
    assert is_valid(found)
    mail = replace(evidence({"documents": [{"format": "pdf", "text": "note"}]}), signatures=found)
    rules = {one.rule for one in findings(signed_documents, mail, signed_documents.Settings())}
    assert ("other_organisation" not in rules) is own
