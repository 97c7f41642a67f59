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
