"""Cases of the policy `sender_identity`."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest
from msgspec import structs

from gateway.model import Address
from policies import sender_identity as policy
from policies._look_alikes import shows_official
from tests.policies.mail_cases import evidence, judged, load
from tests.support.policies import findings

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


def test_a_name_of_a_thousand_addresses_is_misleading_without_comparing_each():
    name = " ".join(f"@x{number}.vn" for number in range(1000))
    address = Address(local="a", domain="b.vn", display_name=name, normal="a@b.vn")
    assert shows_official(address, {"tphcm.gov.vn"})
    assert not shows_official(structs.replace(address, display_name="@x1.vn"), {"tphcm.gov.vn"})


@pytest.mark.parametrize(
    ("author", "remedies"),
    [
        ("Nguyen Van A, Phong Noi vu <a@b.vn>", {"comma"}),
        ("Nguyen A a@b.vn", {"brackets"}),
        ("Nguyen A <a@b.vn> phong", {"name"}),
        ("Nguyen A <a@b..vn>", {"address"}),
        ("Nguyen\u200b A <a@b.vn>", {"name"}),
    ],
)
def test_a_malformed_address_is_told_with_what_mends_it(author: str, remedies: set[str]):
    asked = evidence({"from": "a@b.vn", "header": f"From: {author}"}, DIRECTORY)
    found = [finding for finding in findings(policy, asked, policy.Settings()) if finding.rule == "malformed"]
    assert {finding.params["remedy"] for finding in found} == remedies


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_remedy_has_its_words(language: str):
    texts = tomllib.loads((files("policies") / "texts" / "sender_identity.toml").read_text("utf-8"))
    assert set(texts["words"]["remedy"][language]) == {"address", *policy._REMEDIES.values()}
    assert set(policy._REMEDIES) <= set(texts["words"]["cause"][language])


def test_a_reverse_path_is_mended_as_an_address_whatever_is_wrong_with_it():
    found = findings(policy, evidence({"from": "a\u200b@b.vn"}, DIRECTORY), policy.Settings())
    assert {finding.params["remedy"] for finding in found if finding.rule == "malformed"} == {"address"}
