"""Cases of the policy `opaque`, and its words for every cause."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

import gateway.mime
from gateway.model import (
    ActiveContent,
    Ambiguity,
    Disposition,
    Document,
    Envelope,
    Evidence,
    FindingOutcome,
    FrontEnd,
    Message,
    Part,
    ReadStatus,
    Session,
)
from policies import _active_content, opaque
from tests.support.cases import read_yaml
from tests.support.policies import findings

HERE = Path(__file__).parent
CASES = {case["name"]: case for case in read_yaml(HERE / "cases" / "opaque.yaml")["cases"]}
WORDS = tomllib.loads((Path(opaque.__file__).parent / "texts" / "opaque.toml").read_text("utf-8"))["words"]["cause"]


def evidence(case: dict) -> Evidence:
    root = Part(
        path="1",
        declared_type="application/x",
        detected_type=case.get("type", "application/x"),
        size_bytes=case.get("size"),
        length=case.get("length", 10),
    )
    documents = tuple(
        Document(
            part=row["part"],
            format="x",
            status=ReadStatus(row["status"]),
            reason=row.get("reason", ""),
            image_pages=tuple(row.get("image_pages", ())),
            read_pages=tuple(row.get("read_pages", ())),
            doubtful_pages=tuple(row.get("doubtful_pages", ())),
            active_content=tuple(ActiveContent(*pair) for pair in row.get("active", ())),
            opened_with_password=row.get("opened_with_password", False),
        )
        for row in case.get("documents", ())
    )
    ambiguities = tuple(Ambiguity(code, "2") for code in case.get("ambiguities", ()))
    return Evidence(
        now=datetime(2026, 11, 24, tzinfo=UTC),
        session=Session(front_end=FrontEnd.CHECK),
        envelope=Envelope(reverse_path="a@b.vn", forward_paths=("c@d.vn",)),
        message=Message(fields=(), root=root, ambiguities=ambiguities),
        documents=documents,
    )


@pytest.mark.parametrize("name", CASES)
def test_case(name):
    case = CASES[name]
    found = list(findings(opaque, evidence(case), opaque.Settings.model_validate(case.get("settings", {}))))
    assert [f"{finding.rule} {finding.outcome.value}" for finding in found] == case["expect"]
    if "cause" in case:
        assert case["cause"] in {finding.params.get("cause") for finding in found}
    if "locator" in case:
        assert found[0].locator == case["locator"]
    for finding in found:
        if finding.outcome is not FindingOutcome.PASSED and "cause" in finding.params:
            assert finding.params["cause"] in WORDS["vi"]


def test_every_rule_has_a_case():
    seen = {line.split()[0] for case in CASES.values() for line in case["expect"]}
    assert seen == {rule.id for rule in opaque.RULES}


def test_nothing_is_said_before_the_message_is_known():
    before = Evidence(
        now=datetime(2026, 11, 24, tzinfo=UTC),
        session=Session(front_end=FrontEnd.CHECK),
        envelope=Envelope(reverse_path="a@b.vn"),
    )
    assert list(findings(opaque, before, opaque.Settings())) == []


@pytest.mark.parametrize("status", ReadStatus)
@pytest.mark.parametrize("reason", ["", "password", "zip-crc", "anything new"])
def test_every_status_has_words(status, reason):
    assert opaque.cause(status, reason, "a.zip") in WORDS["vi"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.zip", "archive"),
        ("a.docx", "office"),
        ("a.XLSX", "office"),
        ("a.odp", "office"),
        (None, "archive"),
        ("a", "archive"),
    ],
)
def test_nobody_is_told_to_pack_a_document_again(name, words):
    assert opaque.cause(ReadStatus.MALFORMED, "zip-no-end-record", name) == words


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


def test_whatever_acts_or_lies_has_a_rule():
    assert set(_active_content.RULE_OF) == KINDS
    assert set(_active_content.RULE_OF.values()) <= {rule.id for rule in opaque.RULES}


def test_programs_are_refused_and_macros_are_a_warning():
    wanted = {rule.id: rule.disposition for rule in opaque.RULES}
    assert {wanted[name] for name in ("executable", "launch", "polyglot", "name_lie", "timeout")} == {
        Disposition.REJECT
    }
    assert {wanted[name] for name in ("macro", "script", "outside", "type_lie")} == {Disposition.TAG}
