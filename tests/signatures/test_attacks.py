"""No generated attack of the catalogue (G01 to G16) is called valid, and every honest file is."""

from __future__ import annotations

import pytest

from gateway.signatures.smime import verify_smime
from tests.pki.tree import NOW, store
from tests.signatures.attacks import attacks, honest, mails
from tests.signatures.samples import is_valid, reports


@pytest.mark.slow
def test_no_attack_is_called_valid_nor_unsigned():
    found = {f"{sample.row} {sample.name}": reports(sample) for sample in attacks()}
    assert len(found) > 160
    assert {name[:3] for name in found} == {f"G{row:02}" for row in (*range(1, 12), *range(13, 17))}
    assert [name for name, given in found.items() if is_valid(given) or not given] == []


def test_every_honest_file_is_called_valid():
    found = {sample.name: reports(sample) for sample in honest()}
    assert len(found) > 70
    assert [name for name, given in found.items() if not is_valid(given)] == []


def test_a_signed_mail_is_called_valid_only_when_it_is():
    for name, raw, expected in mails():
        assert is_valid(verify_smime(raw, part="2", filename=None, trust=store(), now=NOW)) is expected, name
