"""The words and costs of the policy `sender_identity`."""

import tomllib
from importlib.resources import files

import pytest
from msgspec import structs

from gateway.model import Address
from policies import sender_identity as policy
from policies._look_alikes import shows_official
from tests.policies.case_files import evidence, found, load


def test_no_history_is_asked_for_unless_the_settings_say_so():
    case = load("sender_identity")["first mail of two senders"]
    asked = evidence("sender_identity", case)
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
def test_a_malformed_address_is_reported_with_what_fixes_it(author: str, remedies: set[str]):
    findings = found("sender_identity", {"from": "a@b.vn", "header": f"From: {author}"})
    assert {finding.params["remedy"] for finding in findings if finding.rule == "malformed"} == remedies


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_remedy_has_its_words(language: str):
    texts = tomllib.loads((files("policies") / "texts" / "sender_identity.toml").read_text("utf-8"))
    assert set(texts["words"]["remedy"][language]) == {"address", *policy._REMEDIES.values()}
    assert set(policy._REMEDIES) <= set(texts["words"]["cause"][language])


def test_a_reverse_path_is_fixed_as_an_address_whatever_is_wrong_with_it():
    findings = found("sender_identity", {"from": "a\u200b@b.vn"})
    assert {finding.params["remedy"] for finding in findings if finding.rule == "malformed"} == {"address"}
