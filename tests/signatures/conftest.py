"""Signed letters that many tests change, each signed once."""

from datetime import timedelta

import pytest

from tests.pki.signing import sign_pdf, sign_pdf_twice
from tests.pki.tree import NOW, letter_pdf, tree


@pytest.fixture(scope="session")
def once() -> bytes:
    return sign_pdf(letter_pdf(), tree().g2_person)


@pytest.fixture(scope="session")
def twice() -> bytes:
    tsa_time = NOW - timedelta(days=1)
    return sign_pdf_twice(letter_pdf(), tree().g2_person, tree().g2_seal, tsa=tree().tsa, tsa_time=tsa_time)
