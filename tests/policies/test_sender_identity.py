"""Cases of the policy `sender_identity`."""

from __future__ import annotations

import pytest

from policies import sender_identity as policy
from tests.policies.mail_cases import judged, load

DIRECTORY, CASES = load("sender_identity")


@pytest.mark.parametrize("name", CASES)
def test_case(name):
    assert judged(policy, CASES[name], DIRECTORY) == sorted(CASES[name]["expect"])


def test_every_rule_has_a_case():
    seen = {line.split()[0] for case in CASES.values() for line in case["expect"]}
    assert seen == {rule.id for rule in policy.RULES}
