"""NIST's path validation suite: no invalid path is accepted, no valid one refused."""

import pytest

from tests.signatures import pkits

ROWS = pkits.rows()

pytestmark = pytest.mark.skipif(not ROWS, reason="the PKITS corpus is not at hand (GATEWAY_CORPUS)")


@pytest.mark.slow
@pytest.mark.parametrize(("file", "valid"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_path_of_pkits_is_judged_as_the_suite_says(file, valid):
    assert (pkits.outcome(file) == "valid") is valid


def test_every_test_has_its_section():
    assert not [name for name, _, _ in ROWS if pkits.section(name) == "?"]
