"""What checking a signed PDF costs, and a second opinion on what is called intact."""

import os
import shutil
import subprocess

import pikepdf
import pytest

from tests.pki.signing import sign_pdf_twice
from tests.pki.tree import tree
from tests.signatures.test_pdf import look, stands
from tests.support.cost import least_cost
from tests.support.octets import file_of


def test_a_two_signature_file_costs_under_80_ms(twice):
    look(twice)
    best = least_cost(lambda: look(twice), 5)
    assert best < 0.080, f"{best * 1000:.0f} ms"


@pytest.mark.slow
def test_a_27_mb_scan_costs_under_half_a_second():
    with pikepdf.new() as pdf:
        for _ in range(9):
            page = pdf.add_blank_page(page_size=(595, 842))
            image = pikepdf.Stream(pdf, os.urandom(3_000_000), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image)
            page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=image))
        out = file_of(pdf)
    data = sign_pdf_twice(out, tree().g2_person, tree().g2_seal)
    assert [stands(one) for one in look(data)] == [True, True]
    assert least_cost(lambda: look(data)) < 0.5


@pytest.mark.system
@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="pdfsig (poppler-utils) is not installed")
def test_poppler_also_verifies_what_we_call_intact(twice, tmp_path):
    (tmp_path / "hai.pdf").write_bytes(twice)
    said = subprocess.run(["pdfsig", "-nocert", tmp_path / "hai.pdf"], capture_output=True, text=True, check=False)
    assert said.stdout.count("Signature is Valid") == 2
    assert "Total document signed" in said.stdout
