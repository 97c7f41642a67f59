"""Cases of the policy `typography` and its words."""

import tomllib
import unicodedata
from pathlib import Path

import pytest

from gateway.model import FindingOutcome
from gateway.vietnamese.legacy_tables import Charset
from policies import typography
from tests.text.policy_cases import judged, load

CASES = load("typography")
TEXTS = tomllib.loads((Path(typography.__file__).parent / "texts" / "typography.toml").read_text("utf-8"))


@pytest.mark.parametrize("name", CASES)
def test_case(name):
    case = CASES[name]
    if name == "decomposed letters":  # editors compose YAML files: decompose here
        case["documents"][0]["runs"][0]["text"] = unicodedata.normalize(
            "NFD", "Đề nghị các cơ quan, đơn vị báo cáo kết quả"
        )
    found = judged(typography, case)
    assert [f"{finding.rule} {finding.outcome.value}" for finding in found] == case["expect"]
    worst = [finding for finding in found if finding.outcome is not FindingOutcome.PASSED]
    for key, value in case.get("params", {}).items():
        assert worst[0].params[key] == value
    if "locator" in case:
        assert worst[0].locator == case["locator"]


def test_words_of_a_marked_document_are_not_quoted():
    runs = [{"text": "Phương án Sao Mai gửi các đơn vị", "font": "Arial"}, {"text": "MẬT", "font": "Arial"}]
    found = judged(typography, {"documents": [{"filename": "a.docx", "runs": runs}]})
    assert found
    assert "Sao Mai" not in repr([finding.params for finding in found])


@pytest.mark.parametrize("rule", [rule.id for rule in typography.RULES])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_rule_has_its_words(rule, language):
    words = TEXTS[rule][language]
    assert {"title", "message", "fix"} <= set(words)
    assert len(words["message"] + words["fix"]) < 300


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_charset_has_its_name(language):
    names = TEXTS["words"]["charset"][language]
    assert set(names) == {charset.value for charset in Charset if charset not in (Charset.UNICODE, Charset.VIQR)}
