"""Cases of the policy `official_sender`."""

import pytest

from gateway.model import Document, Run
from policies import official_sender as policy
from tests.policies.mail_cases import judged, load

DIRECTORY, CASES = load("official_sender")


@pytest.mark.parametrize("name", CASES)
def test_case(name):
    assert judged(policy, CASES[name], DIRECTORY) == sorted(CASES[name]["expect"])


def test_every_rule_has_a_case():
    seen = {line.split()[0] for case in CASES.values() for line in case["expect"]}
    assert seen == {rule.id for rule in policy.RULES}


@pytest.mark.parametrize("phrase", policy.Settings().request_words)
def test_each_of_the_words_makes_a_request_also_over_two_lines(phrase):
    lines = ("Kính gửi", *phrase.split(" ", 1), "cho đơn vị")
    text = Document(part="1", format="text", runs=tuple(Run(text=line, block=n) for n, line in enumerate(lines)))
    assert policy.look(text, policy.Settings()).is_request


def test_what_only_shares_words_with_them_makes_none():
    text = Document(part="1", format="text", runs=(Run(text="nghi cap, cau cap, hop thu, mat khau, tai khoan"),))
    assert not policy.look(text, policy.Settings()).is_request
