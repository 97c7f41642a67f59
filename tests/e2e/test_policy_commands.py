"""`gateway policy test | case | explain | schema | diff --since`, as an administrator runs them."""

import itertools
import json
from datetime import UTC, datetime, timedelta

import pytest

from gateway.audit.replay import kept_mails
from gateway.commands.what_if import replay
from gateway.pipeline.what_if import Wanted
from tests.audit.test_kept_facts import filled
from tests.e2e.gateway_process import cli

POLICY = """\
version: 1
name: thu
extends: binhtan-7600
tests:
  - name: gmail gửi Văn phòng
    from: ai-do@gmail.com
    to: [vanphong.binhtan@tphcm.gov.vn]
    expect: {disposition: reject, findings: [official_sender.unofficial], not_findings: [opaque.limit], reply: hộp thư}
"""
MAIL = "From: an.binhtan@tphcm.gov.vn\nTo: b@tphcm.gov.vn\nSubject: Thu\nDate: Mon, 2 Nov 2026 10:00:00 +0700\n\nTUYỆT MẬT\n"


@pytest.fixture
def policy(tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY, "utf-8")
    folder = tmp_path / "policy.yaml.tests"
    folder.mkdir()
    return path, folder


async def test_cases_of_the_file_and_of_its_folder_are_run(policy):
    path, folder = policy
    (folder / "m.eml").write_text(MAIL, "utf-8")
    (folder / "m.expect.yaml").write_text("expect: {disposition: reject, findings: [classified.marked]}\n")
    run = await cli("policy", "test", str(path), "--coverage")
    assert run.code == 0, run.err
    assert "2 ca: 2 đạt" in run.out
    assert "  classified.marked" not in run.out
    assert "  opaque.encrypted" in run.out


async def test_all_failures_are_shown_with_their_places_and_the_others_still_run(policy):
    path, folder = policy
    (folder / "a.yaml").write_text(
        "tests:\n"
        "  - {name: một, from: an.binhtan@tphcm.gov.vn, to: [b@tphcm.gov.vn], expect: {disposition: reject, "
        "findings: [opaque.limit], recipients: {b@tphcm.gov.vn: tag}}}\n"
        "  - {name: hai, facts: {evidence: 1}, expect: {}}\n",
        "utf-8",
    )
    (folder / "b.yaml").write_text("tests: [{name: x}]\n")
    (folder / "c.eml").write_text(MAIL, "utf-8")
    run = await cli("policy", "test", str(path))
    assert run.code == 2
    assert run.err.count("a.yaml:2:") == 3
    assert "expected reject, got relay (found: " in run.err
    assert "a.yaml:3:" in run.err
    assert "b.yaml:1:" in run.err
    assert "c.expect.yaml" in run.err
    assert "3 ca: 1 đạt, 2 không đạt" in run.out
    assert "Traceback" not in run.err


async def test_a_recorded_mail_becomes_a_case_that_holds(policy, tmp_path):
    path, folder = policy
    data = tmp_path / "data"
    await filled(data)
    run = await cli("policy", "case", "BT-00000001", "--data", str(data))
    assert run.code == 0, run.err
    assert "nguoi1" in run.out
    (folder / "case.yaml").write_text(run.out, "utf-8")
    run = await cli("policy", "test", str(path))
    assert run.code == 0, run.err
    assert "2 ca: 2 đạt" in run.out
    whole = await cli("policy", "case", "BT-00000001", "--addresses", "--data", str(data))
    assert "nguoi1" not in whole.out
    missing = await cli("policy", "case", "BT-NONE", "--data", str(data))
    assert missing.code == 2


async def test_a_change_is_tried_on_the_mails_of_a_log(policy, tmp_path):
    path, _ = policy
    data = tmp_path / "data"
    await filled(data, 40)
    same = await cli("policy", "diff", "binhtan-7600", str(path), "--since", "30d", "--data", str(data))
    assert same.code == 0, same.err
    path.write_text(POLICY + "policies: {official_sender: {mode: 'off'}}\n", "utf-8")
    path.write_text("version: 1\nname: thu\nextends: monitor\n")
    table = tmp_path / "changed.csv"
    run = await cli("policy", "diff", "current", str(path), "--since", "30d", "--data", str(data), "--json",
                    "--csv", str(table))  # fmt: skip
    assert run.code == 1, run.err
    found = json.loads(run.out)
    assert found["replayed"] == 41
    for wrong, words in (
        ("--policy", "no policy “typografy”; did you mean “typography”"),
        ("--unit", "there is no mail"),
    ):
        run = await cli(
            "policy", "diff", "current", str(path), "--since", "30d", wrong, "typografy", "--data", str(data)
        )
        assert words in run.out + run.err
    twice = await cli("policy", "diff", "nope", str(path), "--since", "30d", "--data", str(data))
    assert (twice.code, (twice.out + twice.err).count("no preset")) == (2, 1)
    forgotten = await cli("policy", "diff", "current", str(path), "--unit", "Phòng A", "--data", str(data))
    assert (forgotten.code, "--since 30d" in forgotten.err) == (2, True)
    assert found["changes"]["admitted"] > 0
    assert found["changes"]["refused"] == 0
    assert found["mails"][0]["change"] == "admitted"
    assert len(table.read_text("utf-8-sig").splitlines()) == 1 + sum(
        count for change, count in found["changes"].items() if change != "same"
    )
    path.write_text(
        "version: 1\nname: thu\nextends: binhtan-7600\npolicies: {classified: {settings: {extra_marks: [NỘI BỘ]}}}\n"
    )
    run = await cli("policy", "diff", "current", str(path), "--since", "30d", "--data", str(data))
    assert run.code == 3, run.out
    assert "cannot tell: a setting about words differs (classified)" in run.out


async def test_a_replay_that_is_stopped_says_so_of_the_part_it_saw(tmp_path, capsys, monkeypatch):
    await filled(tmp_path, 5)

    def until_the_third(*arguments, **options):
        yield from itertools.islice(kept_mails(*arguments, **options), 2)
        raise KeyboardInterrupt

    monkeypatch.setattr("gateway.pipeline.what_if.kept_mails", until_the_third)
    wanted = Wanted(since=datetime.now(UTC) - timedelta(days=1))
    assert replay(tmp_path, "binhtan-7600", "monitor", wanted) in (0, 1)
    shown = capsys.readouterr().out
    assert "replay of 2 mails" in shown
    assert "not of their content" in shown
    assert "stopped before its end" in shown


async def test_a_rule_and_a_mail_are_explained(policy, tmp_path):
    path, _ = policy
    path.write_text(
        POLICY + "policies: {typography: {rules: {nfd: reject}, settings: {decomposed_letters: 3}}}\n", "utf-8"
    )
    data = tmp_path / "data"
    await filled(data)
    run = await cli("policy", "explain", "TYP-06", "--policy", str(path), "--data", str(data))
    assert run.code == 0, run.err
    assert f"reject  ({path}:9:" in run.out
    assert "decomposed_letters: 3" in run.out
    assert "check_sizes = false" in run.out
    assert "in 30 days" in run.out
    run = await cli("policy", "explain", "BT-00000001", "--data", str(data))
    assert "typography.issued_document_font: passed -> relay" in run.out
    run = await cli("policy", "explain", "BT-R", "--data", str(data))
    assert run.out.startswith("BT-R: c@d.vn 550")
    for folder in (data, tmp_path / "no-log"):
        run = await cli("policy", "explain", "clasified.marked", "--data", str(folder))
        assert (run.code, "“classified.marked”" in run.err) == (2, True), run.err
    run = await cli("policy", "explain", "BT-NONE", "--data", str(tmp_path / "no-log"))
    assert (run.code, "audit.db" in run.err) == (2, True)


async def test_the_schema_of_one_policy_is_printed():
    run = await cli("policy", "schema", "typography")
    assert "font_share_percent" in json.loads(run.out)["properties"]
    wrong = await cli("policy", "schema", "typografy")
    assert wrong.code == 2
    assert "typography" in wrong.err
