"""The words of the policy `typography`."""

import tomllib
from pathlib import Path

import pytest

from gateway.vietnamese.legacy_tables import Charset
from policies import typography
from tests.policies.case_files import found

TEXTS = tomllib.loads((Path(typography.__file__).parent / "texts" / "typography.toml").read_text("utf-8"))


def test_words_of_a_marked_document_are_not_quoted():
    runs = [{"text": "Phương án Sao Mai gửi các đơn vị", "font": "Arial"}, {"text": "MẬT", "font": "Arial"}]
    findings = found("typography", {"documents": [{"filename": "a.docx", "runs": runs}]})
    assert findings
    assert "Sao Mai" not in repr([finding.params for finding in findings])


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_charset_has_its_name(language):
    names = TEXTS["words"]["charset"][language]
    assert set(names) == {charset.value for charset in Charset if charset not in (Charset.UNICODE, Charset.VIQR)}


@pytest.mark.parametrize("form", ["pdf", "docx"])
@pytest.mark.parametrize(
    ("rule", "document"),
    [
        ("legacy_encoding", {"letter": {"kind": "báo cáo"}, "charset": "tcvn3", "look": {"font": ".VnTime"}}),
        ("issued_document_font", {"letter": {"kind": "báo cáo"}, "look": {"font": "Arial"}}),
        ("working_file_font", {"runs": [{"text": "Phương án gửi các đơn vị", "font": "Arial"}]}),
        ("working_file_colour", {"runs": [{"text": "Phương án gửi các đơn vị", "colour": "FF0000"}]}),
    ],
)
def test_a_pdf_is_fixed_in_its_original_and_other_files_in_themselves(rule, document, form):
    fault = next(
        one
        for one in found("typography", {"documents": [document | {"filename": f"a.{form}", "format": form}]})
        if one.rule == rule
    )
    for language, original in (("vi", "bản gốc"), ("en", "the original")):
        text = TEXTS[rule][language]
        fix = text["fix_for"].get(f"format={fault.params['format']}", text["fix"])
        assert (original in fix) is (form == "pdf")
