"""No generated attack of the catalogue (G01 to G16) is called valid, and every honest file is."""

import unicodedata

import pytest
from msgspec.structs import replace

from gateway.documents.signatures import verify
from gateway.documents.signatures.detached import verify_detached
from gateway.documents.signatures.smime import verify_smime
from gateway.mime import parse
from policies import signed_documents
from tests.pki.signing import sign_pdf
from tests.pki.tree import NOW, letter_pdf, store, tree
from tests.policies.case_files import evidence
from tests.signatures import attacks_messages
from tests.signatures.attacks import PLAIN, honest, mails, sets
from tests.signatures.samples import Sample, is_valid, reports
from tests.support.policies import findings

SETS = {
    "pdf": "G01 G02 G03 G04 G05 G06", "pdf_updates": "G02 G03 G04 G05 G06", "pdf_objects": "G04", "pdf_ways": "G04", "packages": "G13 G14 G15",
    "readings": "G14", "xml": "G14", "cms": "G16", "signers": "G07 G08 G09 G11", "strangers": "G07", "purposes": "G08",
    "times": "G09 G10", "algorithms": "G11",
}  # fmt: skip
"""Rows of the catalogue by subject."""


@pytest.mark.slow
@pytest.mark.parametrize("subject", SETS)
def test_no_attack_is_called_valid_nor_unsigned(subject):
    found = {f"{sample.row} {sample.name}": reports(sample) for sample in sets()[subject]()}
    assert {name[:3] for name in found} == set(SETS[subject].split())
    assert [name for name, given in found.items() if is_valid(given) or not given] == []


def test_every_row_of_the_catalogue_has_attacks():
    assert sets().keys() == SETS.keys()
    assert {row for rows in SETS.values() for row in rows.split()} == {
        f"G{row:02}" for row in (*range(1, 12), *range(13, 17))
    }


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


@pytest.mark.slow
def test_a_signature_beside_a_file_is_over_its_bytes_and_holds_nothing_else():
    for title, signature, octets in attacks_messages.beside():
        others = [(replace(ENTITY, path="1", filename="a.txt"), octets)]
        found = verify_detached(signature, others, part="2", filename="a.txt.p7s", trust=store(), now=NOW)
        assert found, title
        assert not is_valid(found), title


ENTITY = parse(b"Content-Type: text/plain\r\n\r\n").root
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
    mail = replace(evidence("signed_documents", {"documents": [{"format": "pdf", "text": "note"}]}), signatures=found)
    rules = {one.rule for one in findings(signed_documents, mail, signed_documents.Settings())}
    assert ("other_organisation" not in rules) is own
