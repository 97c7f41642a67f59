"""Waivers that were decided on at the console: a file beside the log, a layer of the policy set."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.engine import load_policy_set
from gateway.errors import ConfigError

UNTIL = (datetime.now(UTC) + timedelta(days=20)).date()
ENTRY = """
  - id: WV-7F3K2Q9X
    policy: {policy}
    rule: {rule}
    sha256: {sha256}
    sender: noivu.binhtan@tphcm.gov.vn
    reason: đã xem bản giấy
    approved_by: an.tt, binh.nv
    expires: {until}
"""


def decided(folder, *, head="version: 1\nname: waivers\n", policy="opaque", rule="encrypted", until=UNTIL):
    file = folder / "waivers.yaml"
    entry = ENTRY.format(policy=policy, rule=rule, until=until, sha256="0" * 64)
    file.write_text(f"{head}waivers:{entry}", "utf-8")
    return file


def test_decided_waivers_are_in_force_and_in_the_digest(tmp_path):
    without = load_policy_set("binhtan-7600", decided=tmp_path / "waivers.yaml")
    waiving = load_policy_set("binhtan-7600", decided=decided(tmp_path))
    assert [waiver.id for waiver in waiving.waivers] == ["WV-7F3K2Q9X"]
    assert waiving.name == without.name
    assert waiving.digest != without.digest


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"policy": "classified", "rule": "marked"}, "cannot be waived"),
        ({"head": "version: 1\nname: waivers\npolicies: {opaque: {mode: off}}\n"}, "decided waivers only"),
        ({"head": "version: 1\nname: waivers\nextends: strict\n"}, "decided waivers only"),
        ({"until": "morgen"}, "not a date"),
    ],
)
def test_the_file_is_guarded_as_a_policy_file_is_and_holds_nothing_else(tmp_path, change, words):
    with pytest.raises(ConfigError) as caught:
        load_policy_set("binhtan-7600", decided=decided(tmp_path, **change))
    assert words in str(caught.value)
    assert str(tmp_path / "waivers.yaml") in str(caught.value)


@pytest.mark.parametrize("gone", [{"rule": "nothing"}, {"policy": "nothing"}])
def test_a_waiver_of_a_rule_that_there_is_no_more_waives_nothing_and_stops_no_start(tmp_path, gone):
    without = load_policy_set("binhtan-7600", decided=tmp_path / "waivers.yaml")
    assert load_policy_set("binhtan-7600", decided=decided(tmp_path, **gone)).digest == without.digest
