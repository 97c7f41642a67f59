"""Policies of third parties: what they may share, and that a module that crashes is a fault of the file, never a traceback."""

import sys
from pathlib import Path

import pytest

from gateway.engine import registry
from gateway.engine.lint import lint
from tests.engine.support import NOW, REGISTRY, policies
from tests.engine.test_policy_set import BASE, faults

TEMPLATE = (Path(__file__).resolve().parents[2] / "docs/writing-a-policy.md").read_text("utf-8")
GOOD = TEMPLATE.partition("```python\n")[2].partition("```")[0]
WORDS = TEMPLATE.partition("```toml\n")[2].partition("```")[0]


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Write a policy module and its words, and return the text of a policy file that names it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(source: str) -> str:
        (tmp_path / "long_subject.py").write_text(source, "utf-8")
        (tmp_path / "texts").mkdir(exist_ok=True)
        (tmp_path / "texts/long_subject.toml").write_text(WORDS, "utf-8")
        return BASE + "policies:\n  long_subject: {module: long_subject}\n"

    yield write
    sys.modules.pop("long_subject", None)


def linted(text: str, folder: Path) -> tuple[str, int]:
    path = folder / "policy.yaml"
    path.write_text(text, "utf-8")
    result = lint(path, registry=REGISTRY, now=NOW)
    return result.text, result.exit_code


def test_malformed_words_of_a_setting_are_a_fault_of_the_file(plugin, tmp_path):
    text = plugin(GOOD)
    words = tmp_path / "texts/long_subject.toml"
    words.write_text(words.read_text("utf-8").replace("limit_characters.en", "limit_characters.english"), "utf-8")
    text, code = linted(text, tmp_path)
    assert code == 2
    assert "texts/long_subject.toml" in text


def test_the_template_of_the_guide_is_a_valid_policy(plugin, tmp_path):
    text, code = linted(plugin(GOOD), tmp_path)
    assert code == 0, text
    assert "LNG-01" in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            ("from typing", "import nothing_like_this\nfrom typing"),
            "ModuleNotFoundError: No module named 'nothing_like_this'",
        ),
        (("RULES: Final =", "1 / 0\nRULES: Final ="), "ZeroDivisionError: division by zero (long_subject.py:"),
        (("RULES: Final =", "raise SystemExit(3)\nRULES: Final ="), "SystemExit: 3"),
        (("message = evidence.message", "message = evidence.massage"), "AttributeError"),
        (('rule="long"', 'rule="lng"'), "no rule 'lng'"),
        (
            ("RULES: Final =", "while True: pass\nRULES: Final ="),
            "not at its end after 0.3 s of processor time (long_subject.py:",
        ),
        (
            ("    message = evidence.message", "    while True: pass\n    message = evidence.message"),
            "not at its end after 0.3 s",
        ),
        (("NEEDS: Final = frozenset({Need.HEADERS})", 'NEEDS: Final = {"headers"}'), "NEEDS sai kiểu"),
        (("class Settings(BaseModel)", "class Settings"), "Settings"),
        (('article="7600:9.1"', 'article="9999:1"'), "“9999:1”"),
        (("class Observation(", "class Seen("), "Observation"),
        (("    limit_characters", "    other: object = frozenset()\n    limit_characters"), "model_validate_json"),
    ],
)
def test_a_policy_that_is_broken_is_a_fault_with_its_place_and_no_traceback(
    plugin, tmp_path, monkeypatch, change, words
):
    monkeypatch.setattr(registry, "LIMIT_CODE_S", 0.3)
    assert change[0] in GOOD
    text, code = linted(plugin(GOOD.replace(*change, 1)), tmp_path)
    assert code == 2
    assert words in text
    assert "policy.yaml:5:" in text
    assert "Traceback" not in text
    assert "hợp lệ" not in text


def test_a_shared_setting_reaches_each_policy_that_has_it_and_gives_way_to_its_own(tmp_path):
    loaded = policies(BASE + "settings: {limit: 7}\n", tmp_path)
    assert loaded.policy("senders").settings.limit == 7
    own = BASE + "settings: {limit: 7}\npolicies: {senders: {settings: {limit: 9}}}\n"
    assert policies(own, tmp_path).policy("senders").settings.limit == 9


def test_a_shared_setting_of_an_upper_file_comes_before_an_own_one_below(tmp_path):
    (tmp_path / "base.yaml").write_text(BASE + "policies: {senders: {settings: {limit: 9}}}\n", "utf-8")
    upper = "version: 1\nname: upper\nextends: base.yaml\nsettings: {limit: 7}\n"
    assert policies(upper, tmp_path).policy("senders").settings.limit == 7


def test_a_fault_of_a_shared_setting_has_the_place_where_it_was_written(tmp_path):
    (fault,) = faults(BASE + "settings: {limit: 0}\n", tmp_path)
    assert fault.startswith("policy.yaml:4:19: ")
    (fault,) = faults(BASE + "settings: {limt: 7}\n", tmp_path)
    assert fault.startswith("policy.yaml:4:")
    assert "limit" in fault
