"""The wrong changes that are tried by hand still have their places."""

import pytest

from tests.fire.mutants import MUTANTS, ROOT


@pytest.mark.parametrize("name", MUTANTS)
def test_the_line_that_a_wrong_change_is_made_in_occurs_once(name):
    assert (ROOT / MUTANTS[name]["path"]).read_text("utf-8").count(MUTANTS[name]["old"]) == 1
