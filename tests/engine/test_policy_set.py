"""Policy files: presets, layers, faults with places, the guard of the law, digests."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.engine import Language, load_policy_set
from gateway.engine.json_schema import schema
from gateway.engine.lint import diff, lint
from gateway.errors import ConfigError
from gateway.model import Directory, Disposition, Mailbox, MailboxKind, Mode
from gateway.yaml.values import parse_values
from tests.engine.support import NOW, REGISTRY, policies

BASE = "version: 1\nname: mine\nextends: office\n"


def written(folder: Path, text: str, name: str = "policy.yaml") -> Path:
    path = folder / name
    path.write_text(BASE + text, "utf-8")
    return path


def faults(text: str, tmp_path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        policies(text, tmp_path)
    return [str(fault).replace(str(tmp_path) + "/", "") for fault in caught.value.faults]


def test_a_preset_is_loaded_by_name_from_the_package_of_its_policies():
    loaded = load_policy_set("office", registry=REGISTRY)
    assert [policy.name for policy in loaded.policies] == ["classified", "senders"]
    assert all(policy.mode is Mode.ENFORCE for policy in loaded.policies)
    assert len(loaded.digest) == 64


def test_an_unknown_preset_names_the_nearest():
    with pytest.raises(ConfigError, match="“office”"):
        load_policy_set("ofice", registry=REGISTRY)


def test_a_file_changes_only_what_it_names(tmp_path: Path):
    text = BASE + "policies:\n  senders:\n    mode: monitor\n    rules: {form: reject}\n    settings: {limit: 5}\n"
    senders = policies(text, tmp_path).policy("senders")
    assert senders is not None
    assert senders.mode is Mode.MONITOR
    assert senders.stance.actions["form"].failed is Disposition.REJECT
    assert senders.stance.actions["unofficial"].failed is Disposition.REJECT
    assert senders.settings.model_dump() == {"office": "office@gov.example", "limit": 5}


def test_failed_and_indeterminate_may_ask_for_different_things(tmp_path: Path):
    text = BASE + "policies:\n  senders:\n    rules: {form: {failed: reject, indeterminate: tag}}\n"
    action = policies(text, tmp_path).policy("senders").stance.actions["form"]  # type: ignore[union-attr]
    assert (action.failed, action.indeterminate) == (Disposition.REJECT, Disposition.TAG)


def test_all_faults_of_a_file_are_reported_at_once_with_their_places(tmp_path: Path):
    text = (
        BASE + "policies:\n  senders:\n    rules: {unoficial: reject, form: tag}\n    settings: {limt: 5, limit: 0}\n"
        "  classifed: {}\nwaivers:\n  - {id: w, policy: senders, rule: nowhere, sender: a@b, reason: abc,"
        " approved_by: me, expires: 2027-01-01}\n"
    )
    found = faults(text, tmp_path)
    joined = "\n".join(found)
    assert "policy.yaml:6:24: senders không có quy tắc “unoficial”; có phải “unofficial”?" in joined
    assert "policy.yaml:7:16: không có khóa “limt” ở đây; có phải “limit”?" in joined
    assert "policy.yaml:7:32: 0 phải từ 1 trở lên" in joined
    assert "policy.yaml:8:14: không có chính sách “classifed”; có phải “classified”?" in joined
    assert "policy.yaml:10:36: senders không có quy tắc “nowhere”" in joined
    assert len(found) == 5


def test_faults_of_the_schema_do_not_hide_names_that_do_not_exist(tmp_path: Path):
    text = (
        "version: 2\nname: a b\nextends: office\npolices: {}\npolicies:\n  senders:\n    mode: monitr\n"
        "    rules: {unoficial: reject}\n    settings: {limt: 5}\n  classifed: {}\nwaivers:\n"
        "  - {id: one, policy: senders, rule: form, sender: a@b}\n"
        "  - {id: two, policy: sender, rule: form, sender: a@b, reason: abc, approved_by: me, expires: 2027-01-01}\n"
        "  - {id: three, policy: senders, rule: form, reason: abc, approved_by: me, expires: soon}\n"
        "  - {id: four, policy: senders, rule: nowhere, sender: a@b, reason: abc, approved_by: me, expires: 2027-01-01}\n"
    )
    expected = [
        (1, "2 "), (2, "a b"), (4, "polices"), (7, "monitr"), (8, "unoficial"), (9, "limt"), (10, "classifed"),
        (12, "approved_by"), (12, "expires"), (12, "reason"), (13, "“sender”"), (14, "soon"), (15, "nowhere"),
    ]  # fmt: skip
    plain = json.dumps(parse_values(text.encode(), path="x")[0], indent=1)
    for name, content in (("policy.yaml", text), ("policy.json", plain)):
        path = tmp_path / name
        path.write_text(content, "utf-8")
        with pytest.raises(ConfigError) as caught:
            load_policy_set(path, registry=REGISTRY)
        found = caught.value.faults
        assert sorted((fault.line, fault.column) for fault in found) == [(fault.line, fault.column) for fault in found]
        assert len(found) == len(expected)
        for fault, (line, word) in zip(found, expected, strict=True):
            assert word in fault.message
            if name == "policy.yaml":
                assert fault.line == line
            else:
                assert word.strip("“” ") in content.splitlines()[fault.line - 1] or "required" in fault.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("version: true\nname: mine\nextends: office\n", "policy.yaml:1:10"),
        ("version: '1'\nname: mine\nextends: office\n", "take the quotation marks away"),
        ("version: 1\nname: của tôi\nextends: office\n", "“của tôi”: use plain letters"),
        (BASE + "waivers: [{id: w, policy: sender, rule: form, sender: a@b, %s}]\n", "did you mean “senders”"),
        (BASE + "waivers: [{id: w, policy: senders, rule: zzz, sender: a@b, %s}]\n", "there are: form, "),
        (BASE + "waivers: [{id: w, policy: senders, rule: form, sha256: ABC, %s}]\n", "64 hexadecimal digits"),
        (
            BASE + "policies: {senders: {scopes: [{from: 2026-07-01T10:00:00, mode: off}]}}\n",
            "write it like 2026-11-24",
        ),
        ("version: 1\nname: mine\n", "add the line extends: "),
        (BASE + "names: {office: Quận}\n", "must consist of “key: value” lines"),
        (BASE + "contact: Văn phòng\n", "must consist of “key: value” lines"),
        (BASE + "contact:\n", "the key “contact” has no value"),
        (BASE + "policies: {senders: }\n", "the key “senders” has no value"),
    ],
)
def test_a_fault_says_what_to_write_instead(text: str, words: str, tmp_path: Path):
    (found,) = faults(text.replace("%s", "reason: abc, approved_by: me, expires: 2027-01-01"), tmp_path)
    assert words in found


def test_a_misspelt_disposition_is_reported_once(tmp_path: Path):
    found = faults(BASE + "policies:\n  senders:\n    rules: {form: rejct}\n", tmp_path)
    assert len(found) == 1
    assert "“reject”" in found[0]


@pytest.mark.parametrize(
    "change",
    [
        "policies: {classified: {mode: monitor}}",
        "policies: {classified: {mode: 'off'}}",
        "policies: {classified: {module: tests.engine.stand_ins.senders}}",
        "policies: {classified: {rules: {marked: tag}}}",
        "policies: {classified: {rules: {marked: hold}}}",
        "policies: {classified: {rules: {marked: {failed: reject, indeterminate: relay}}}}",
        "policies: {classified: {rules: {suspected: hold}}}",
        "policies: {classified: {scopes: [{senders: ['*'], mode: monitor}]}}",
        "policies: {classified: {scopes: [{senders: ['*'], rules: {marked: tag}}]}}",
    ],
)
def test_no_file_can_weaken_the_refusal_of_classified_documents(change: str, tmp_path: Path):
    assert any("4.1" in fault or "hold" in fault for fault in faults(BASE + change + "\n", tmp_path))


def test_a_file_cannot_leave_out_the_classified_policy(tmp_path: Path):
    found = faults("version: 1\nname: x\npolicies:\n  senders: {}\n", tmp_path)
    assert "“classified”" in found[0]
    assert found[0].startswith("policy.yaml:3:1")


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("rule: marked, sha256: " + "0" * 64, "cannot be waived"),
        ("rule: suspected, sender: a@gov.example", "one exact file"),
    ],
)
def test_waivers_of_classified_findings_are_bounded_by_law(target: str, words: str, tmp_path: Path):
    text = (
        BASE + "waivers: [{id: w1, policy: classified, " + target + ", reason: abc, approved_by: me,"
        " expires: 2027-01-01}]\n"
    )
    assert words in faults(text, tmp_path)[0]


def test_extends_in_a_circle_ends(tmp_path: Path):
    (tmp_path / "a.yaml").write_text("version: 1\nname: a\nextends: b.yaml\n")
    (tmp_path / "b.yaml").write_text("version: 1\nname: b\nextends: a.yaml\n")
    with pytest.raises(ConfigError, match="circle"):
        load_policy_set(tmp_path / "a.yaml", registry=REGISTRY)


def test_a_policy_of_a_third_party_is_named_by_its_module(tmp_path: Path):
    text = BASE + "policies: {mine: {module: tests.engine.stand_ins.senders}}\n"
    found = faults(text, tmp_path)
    assert "texts/mine.toml" in found[0]
    found = faults(BASE + "policies: {mine: {module: no.such.module}}\n", tmp_path)
    assert "no.such.module" in found[0]
    found = faults(BASE + "policies: {mine: {module: json}}\n", tmp_path)
    assert "RULES" in found[0]


def test_the_digest_follows_the_content_and_not_the_layout(tmp_path: Path):
    first = policies(BASE, tmp_path)
    same = policies("# words\n" + BASE + "policies: {senders: {mode: enforce}}\n", tmp_path)
    other = policies(BASE + "policies: {senders: {mode: monitor}}\n", tmp_path)
    assert first.digest == same.digest
    assert first.digest != other.digest


def test_cases_in_the_file_are_judged_at_every_load(tmp_path: Path):
    case = (
        "tests:\n  - name: từ ngoài\n    from: x@bad.example\n    to: [office@gov.example]\n"
        "    expect: {disposition: %s, findings: [senders.%s]}\n"
    )
    assert policies(BASE + case % ("reject", "unofficial"), tmp_path).name == "mine"
    found = faults(BASE + case % ("relay", "form"), tmp_path)
    assert "policy.yaml:8:27" in found[0]
    assert "expected relay, got reject" in found[0]
    assert "senders.form" in found[1]


@pytest.mark.parametrize("key", ["findings", "not_findings"])
def test_a_case_about_a_rule_that_there_is_not_is_a_fault(key: str, tmp_path: Path):
    case = f"tests:\n  - name: t\n    from: a@gov.example\n    expect: {{{key}: [senders.unoficial]}}\n"
    (found,) = faults(BASE + case, tmp_path)
    assert "there is no rule “senders.unoficial”; did you mean “senders.unofficial”?" in found


def test_citations_are_dated(tmp_path: Path):
    loaded = policies(BASE, tmp_path)
    today = NOW.date()
    assert loaded.citation("7600:4.1", Language.VI, today) == "QĐ 7600/QĐ-UBND, Điều 4.1"
    assert loaded.citation("7600:4.1", Language.EN, today) == "Decision 7600, Art. 4.1"
    assert loaded.citation("7600:4.1", Language.VI, today.replace(year=2027, month=8)) == "QĐ mới, Điều 4.1"
    assert loaded.citation("99:1", Language.VI, today) == "99, Điều 1"


def test_expired_waivers_are_warned_of(tmp_path: Path):
    text = BASE + (
        "waivers:\n  - {id: w1, policy: senders, rule: form, sender: a@b, reason: abc, approved_by: me,"
        " expires: 2026-11-01}\n  - {id: w2, policy: senders, rule: form, sender: a@b, reason: abc, approved_by: me,"
        " expires: 2026-12-01}\n  - {id: w3, policy: senders, rule: form, sender: a@b, reason: abc, approved_by: me,"
        " expires: 2027-09-01}\n"
    )
    loaded = policies(text, tmp_path)
    warnings = loaded.warnings(NOW)
    assert len(warnings) == 2
    assert "w1" in warnings[0]
    assert "w2" in warnings[1]
    assert len(loaded.warnings(NOW - timedelta(days=60))) == 0


def test_scopes_and_waivers_that_can_never_act_are_warned_of(tmp_path: Path):
    text = BASE + (
        "waivers:\n  - {id: w1, policy: senders, rule: form, sender: an.binhtan, reason: abc, approved_by: me,"
        " expires: 2027-09-01}\n"
        "policies:\n  senders:\n    scopes:\n"
        "      - {senders: [an binh, 'an@@gov.example', '@gov.example', 'an*'], mode: monitor}\n"
        "      - {recipients: ['an@'], mode: monitor}\n"
        "      - {senders: ['@gov.example']}\n"
        "      - {from: 2026-01-01, until: 2026-11-23, mode: monitor}\n"
        "      - {from: 2026-01-01, until: 2026-11-24, rules: {form: tag}}\n"
        "      - {from: 2026-11-25, senders: ['an@gov.example,binh@gov.example'], rules: {form: tag}}\n"
    )
    warnings = [warning.partition(" / ")[2] for warning in policies(text, tmp_path).warnings(NOW)]
    assert warnings == [
        "scope 1 of senders: no address matches “an binh”; write name@domain, @domain, or use *",
        "scope 1 of senders: no address matches “an@@gov.example”; write name@domain, @domain, or use *",
        "scope 2 of senders: no address matches “an@”; write name@domain, @domain, or use *",
        "scope 3 of senders changes nothing; add mode or rules",
        "scope 4 of senders ended on 2026-11-23; remove or extend it",
        "scope 6 of senders begins on 2026-11-25; a comparison on past mails does not show what it changes",
        "scope 6 of senders: no address matches “an@gov.example,binh@gov.example”; write name@domain, @domain, or use *",
        "waiver w1: no address matches “an.binhtan”; write name@domain, @domain, or use *",
    ]


def test_braces_that_senders_would_read_are_warned_of(tmp_path: Path):
    text = BASE + "contact: {vi: 'gọi {so}, nêu {reference}', en: 'call {number}, name {reference}'}\n"
    assert [warning.partition(" / ")[2] for warning in policies(text, tmp_path).warnings(NOW)] == [
        "contact has {number}, which senders will read as it is; only {reference} is replaced",
        "contact has {so}, which senders will read as it is; only {reference} is replaced",
    ]


def test_lint_shows_what_a_file_resolves_to_or_all_its_faults(tmp_path: Path):
    path = written(tmp_path, "policies: {senders: {scopes: [{units: [Nội vụ], mode: monitor}]}}\n")
    result = lint(path, registry=REGISTRY, now=NOW)
    assert result.exit_code == 0
    assert "CLS-01" in result.text
    assert "Nội vụ -> monitor" in result.text
    path.write_text("version: 2\n")
    result = lint(path, registry=REGISTRY, now=NOW)
    assert result.exit_code == 2
    assert "policy.yaml:1:10" in result.text


def test_lint_warns_of_units_and_senders_that_the_directory_does_not_know(tmp_path: Path):
    path = written(
        tmp_path,
        "policies:\n  senders:\n    scopes:\n"
        "      - {units: [Noi vu, Phòng Nội vụ], mode: monitor}\n"
        "      - {senders: [an@gov.example, ai@gov.example, '@gov.example', 'a*@gov.example'], mode: monitor}\n",
    )
    mailbox = Mailbox(address="an@gov.example", kind=MailboxKind.UNIT, unit="Phòng Nội vụ")
    directory = Directory(digest="d" * 64, mailboxes={mailbox.address: mailbox})
    text = lint(path, registry=REGISTRY, now=NOW, directory=directory).text
    assert "scope 1 of senders: the directory has no unit “Noi vu”" in text
    assert "scope 2 of senders: the directory has no mailbox ai@gov.example" in text
    assert text.count("the directory has no") == 2
    assert "the directory has no" not in lint(path, registry=REGISTRY, now=NOW).text


def test_lint_warns_of_rules_that_hold_mail(tmp_path: Path):
    path = written(tmp_path, "policies: {senders: {rules: {form: hold}}}\n")
    assert (
        "senders.form: hold needs hold.release in gateway.yaml, or a milter"
        in lint(path, registry=REGISTRY, now=NOW).text
    )


def test_diff_shows_what_became_laxer(tmp_path: Path):
    path = written(tmp_path, "policies: {senders: {mode: monitor, rules: {form: reject}}}\n")
    result = diff("office", path, registry=REGISTRY)
    assert result.exit_code == 1
    assert '- policies.senders.mode: "enforce" -> "monitor"' in result.text
    assert '+ policies.senders.rules.form.failed: "tag" -> "reject"' in result.text
    assert diff("office", "office", registry=REGISTRY).exit_code == 0


def test_diff_says_laxer_only_of_what_is_known_to_be(tmp_path: Path):
    waiver = "{id: w1, policy: senders, rule: form, sender: an@gov.example, reason: abc, approved_by: me, expires: 2027-09-01}"
    tagged, refused = (
        written(tmp_path, f"settings: {{office: {word}}}\n", f"{word}.yaml") for word in ("tag", "reject")
    )
    assert '  policies.senders.settings.office: "tag" -> "reject"' in diff(tagged, refused, registry=REGISTRY).text
    plain, waived = written(tmp_path, ""), written(tmp_path, f"waivers: [{waiver}]\n", "waived.yaml")
    assert "\n- waivers" in diff(plain, waived, registry=REGISTRY).text
    assert "\n+ waivers" in diff(waived, plain, registry=REGISTRY).text


def test_diff_shows_words_as_words_with_their_days(tmp_path: Path):
    path = written(tmp_path, "contact: [{vi: máy lẻ 1, en: ext. 1, until: 2026-12-31}, {vi: máy lẻ 2, en: ext. 2}]\n")
    assert diff("office", path, registry=REGISTRY).text.endswith(
        "-> “máy lẻ 1” / “ext. 1” (... - 2026-12-31); “máy lẻ 2” / “ext. 2”"
    )


def test_the_schema_knows_settings_and_rules_of_every_policy():
    text = schema(registry=REGISTRY).text
    assert '"unofficial"' in text
    assert '"limit"' in text
    assert schema("senders", registry=REGISTRY).exit_code == 0
    assert schema("sender", registry=REGISTRY).exit_code == 2
