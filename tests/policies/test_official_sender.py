"""Cases of the policy `official_sender`."""

import pytest

from policies import official_sender as policy
from tests.policies.mail_cases import judged, load

DIRECTORY, CASES = load("official_sender")


@pytest.mark.parametrize("name", CASES)
def test_case(name):
    assert judged(policy, CASES[name], DIRECTORY) == sorted(CASES[name]["expect"])


def test_every_rule_has_a_case():
    seen = {line.split()[0] for case in CASES.values() for line in case["expect"]}
    assert seen == {rule.id for rule in policy.RULES}
