"""The settings and words of the policy `classified`, and that it never tells what it found."""

import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.model import Disposition
from policies import classified
from tests.policies.case_files import found

TEXTS = tomllib.loads((Path(classified.__file__).parent / "texts" / "classified.toml").read_text("utf-8"))
SECRET = "Phương án Sao Mai 2027"


def test_a_finding_never_holds_words_subject_or_file_name():
    case = {
        "subject": f"[MẬT] {SECRET}",
        "documents": [
            {
                "filename": f"(TỐI MẬT) {SECRET}.docx",
                "names": [f"TUYỆT MẬT {SECRET}.docx"],
                "lines": [f"MẬT: {SECRET}", "MẬT", SECRET],
            }
        ],
    }
    findings = found("classified", case)
    assert len(findings) >= 3
    for finding in findings:
        assert "Sao Mai" not in repr(finding)
        assert finding.about.filename is None


@pytest.mark.parametrize("phrase", ["MẬT", "tối mật", "[TUYỆT MẬT]", "Độ mật: Tối mật", "a", " "])
def test_a_phrase_that_would_hide_marks_is_no_exemption(phrase):
    with pytest.raises(ValidationError, match="would hide a mark"):
        classified.Settings(exempt_phrases=(phrase,))
    assert classified.Settings(exempt_phrases=("Trò chơi MẬT", "Đề án bảo mật thông tin"))


@pytest.mark.parametrize("mark", ["", "123", "A.2"])
def test_an_extra_mark_without_letters_is_a_fault(mark):
    with pytest.raises(ValidationError, match="has no three letters"):
        classified.Settings(extra_marks=(mark,))
    assert classified.Settings(extra_marks=("LƯU HÀNH NỘI BỘ", "VIP"))


def test_marked_and_suspected_are_refused_and_the_rest_is_not():
    wanted = {rule.id: rule.disposition for rule in classified.RULES}
    assert wanted["marked"] is Disposition.REJECT
    assert wanted["suspected"] is Disposition.REJECT
    assert max(wanted[name] for name in ("unread_image", "unread_content", "noted")) is Disposition.TAG


@pytest.mark.parametrize("rule", [rule.id for rule in classified.RULES])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_words_of_a_rule_quote_the_file(rule, language):
    assert "{file}" not in "".join(TEXTS[rule][language].values())
