"""The case files of all policies."""

import unicodedata

import pytest

from gateway.engine import Registry
from gateway.model import FindingOutcome
from tests.policies import case_files

ORDERED = ("classified", "opaque", "typography")
"""Policies whose findings come in the order that the case says."""
CASES = [(policy, name) for policy in case_files.POLICIES for name in case_files.load(policy)]


@pytest.mark.parametrize(("policy", "name"), CASES)
def test_a_case_has_the_findings_that_it_expects(policy, name):
    case = case_files.load(policy)[name]
    if name == "decomposed letters":  # editors compose YAML files: decompose here
        case["documents"][0]["runs"][0]["text"] = unicodedata.normalize(
            "NFD", "Đề nghị các cơ quan, đơn vị báo cáo kết quả"
        )
    found = case_files.found(policy, case)
    lines = [f"{finding.rule} {finding.outcome.value}" for finding in found]
    assert (lines if policy in ORDERED else sorted(lines)) == (
        case["expect"] if policy in ORDERED else sorted(case["expect"])
    )
    assert all(one.about.recipient is None or one.about.header is None for one in found)
    worst = [finding for finding in found if finding.outcome is not FindingOutcome.PASSED]
    said = {key: case[key] for key in ("level", "where", "count", "evidence", "pages", "cause") if key in case}
    for key, value in (said | case.get("params", {})).items():
        assert value in [finding.params.get(key) for finding in (worst if policy == "opaque" else worst[:1])]
    if "locator" in case:
        assert worst[0].locator == case["locator"]


@pytest.mark.parametrize("policy", case_files.POLICIES)
def test_every_rule_of_a_policy_has_a_case_and_no_case_another_rule(policy):
    rules = {line.split()[0] for case in case_files.load(policy).values() for line in case["expect"]}
    assert rules == set(Registry.installed().load(policy).rules)
