"""Cases of the policy `sender_identity`."""

from __future__ import annotations

import pytest

from policies import sender_identity as policy
from tests.policies.mail_cases import evidence, judged, load

DIRECTORY, CASES = load("sender_identity")


@pytest.mark.parametrize("name", CASES)
def test_case(name):
    assert judged(policy, CASES[name], DIRECTORY) == sorted(CASES[name]["expect"])


def test_every_rule_has_a_case():
    seen = {line.split()[0] for case in CASES.values() for line in case["expect"]}
    assert seen == {rule.id for rule in policy.RULES}


def test_no_history_is_asked_for_unless_the_settings_say_so():
    case = CASES["first mail of two senders"]
    asked = evidence(case, DIRECTORY)
    assert set(policy.asks(asked, policy.Settings())) == set()
    assert set(policy.asks(asked, policy.Settings.model_validate(case["settings"]))) == {"x@example.vn", "y@example.vn"}
