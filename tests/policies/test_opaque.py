"""The policy `opaque` has words for every cause, and a rule for whatever acts or lies."""

import re
import tomllib
from pathlib import Path

import pytest

import gateway.mime
from gateway.model import Disposition, FindingOutcome, ReadStatus
from policies import _active_content, opaque
from tests.policies.case_files import found, load

CASES = load("opaque")
WORDS = tomllib.loads((Path(opaque.__file__).parent / "texts" / "opaque.toml").read_text("utf-8"))["words"]["cause"]


@pytest.mark.parametrize("name", CASES)
def test_every_cause_that_is_reported_has_words(name):
    for finding in found("opaque", CASES[name]):
        if finding.outcome is not FindingOutcome.PASSED and "cause" in finding.params:
            assert finding.params["cause"] in WORDS["vi"]


def test_nothing_is_said_before_the_message_is_known():
    assert found("opaque", {"rcpt": True}) == []


@pytest.mark.parametrize("status", ReadStatus)
@pytest.mark.parametrize("reason", ["", "password", "zip-crc", "anything new"])
def test_every_status_has_words(status, reason):
    assert opaque.cause(status, reason, "a.zip") in WORDS["vi"]


@pytest.mark.parametrize(
    ("reason", "name", "form", "words"),
    [
        ("zip-no-end-record", "a.zip", "zip", "archive"),
        ("zip-no-end-record", None, "zip", "archive"),
        ("zip-no-end-record", "a", "zip", "archive"),
        ("damaged-stream", "a.gz", "gzip", "archive"),
        ("zip-no-end-record", "a.docx", "zip", "office"),
        ("zip", "a.XLSX", "xlsx", "office"),
        ("zip", None, "odp", "office"),
        ("ole", "a.doc", "ole", "office"),
        ("zip", "a.asice", "asic-e", "signature"),
        ("cms", "a.p7s", "cms", "signature"),
        ("image-data", "a.jpg", "image", "picture"),
        ("image", None, "image", "picture"),
        ("pdf-syntax", "a.pdf", "pdf", "pdf"),
        ("base64", "a.jpg", "image", "transfer"),
        ("ole", "a.msg", "ole", "damaged"),
        ("ole", None, "ole", "damaged"),
    ],
)
def test_the_remedy_for_a_damaged_file_fits_its_kind(reason, name, form, words):
    assert opaque.cause(ReadStatus.MALFORMED, reason, name, form) == words


def test_every_code_that_the_parser_gives_has_words():
    source = "".join(path.read_text("utf-8") for path in Path(gateway.mime.__file__).parent.glob("*.py"))
    noted = set(re.findall(r'(?:note|append)\(\(?"([a-z0-9-]+)"', source)) & set(
        re.findall(r'"([a-z0-9]+(?:-[a-z0-9]+)+)"', source)
    )
    # The codes of address fields belong to `sender_identity`.
    address_source = (Path(gateway.mime.__file__).parent / "addresses.py").read_text("utf-8")
    codes = noted - set(re.findall(r'append\("([a-z-]+)"\)', address_source))
    assert len(codes) > 30
    assert codes - set(WORDS["vi"]) == set()
    assert set(WORDS["vi"]) == set(WORDS["en"])


KINDS = {
    "javascript", "launch", "dde", "macro", "activex", "external-template", "external-object", "executable",
    "double-extension", "name-disguise", "type-mismatch", "polyglot", "look-clipped", "look-drawn",
    "look-font", "look-formula", "look-generated", "look-painted", "look-picture", "look-script", "look-text-art",
}  # fmt: skip
"""What acts by itself, or lies: each has its rule and its words."""


def test_whatever_is_active_or_misnamed_has_a_rule():
    assert set(_active_content.RULE_OF) == KINDS
    assert set(_active_content.RULE_OF.values()) <= {rule.id for rule in opaque.RULES}


def test_programs_are_refused_and_macros_are_a_warning():
    wanted = {rule.id: rule.disposition for rule in opaque.RULES}
    assert {wanted[name] for name in ("executable", "launch", "polyglot", "name_lie", "timeout")} == {
        Disposition.REJECT
    }
    assert {wanted[name] for name in ("macro", "script", "outside", "type_lie")} == {Disposition.TAG}
