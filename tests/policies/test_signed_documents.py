"""The words of the policy `signed_documents`, and invariants over any signatures."""

import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Changes, Coverage, FindingOutcome, Integrity, Revocation, Trust
from policies import signed_documents as policy
from tests.policies import case_files
from tests.policies.case_files import SIGNERS, found, load
from tests.support.policies import findings

CASES = load("signed_documents")


def test_every_reason_has_words_in_both_languages():
    words = tomllib.loads((files("policies") / "texts" / "signed_documents.toml").read_text("utf-8"))["words"]
    assert set(words["reason"]["vi"]) == set(words["reason"]["en"])
    for case in CASES.values():
        for finding in found("signed_documents", case):
            for key in ("reason", "how", "missing"):
                if finding.params.get(key):
                    assert finding.params[key] in words[key]["vi"], (key, finding.params[key])


@pytest.mark.parametrize(("row", "said"), [
    ({"coverage": "partial", "problems": ["external-reference"]}, "external-reference"),
    ({"coverage": "partial", "problems": ["external-reference", "uncovered-part"]}, "uncovered-part"),
    ({"trust": "untrusted", "sub_indication": "REVOKED", "revocation": "revoked"}, "revoked"),
    ({"trust": "untrusted", "sub_indication": "REVOKED", "problems": ["authority-revoked"]}, "authority-revoked"),
    ({"revocation": "unknown", "problems": ["authority-unchecked"]}, "authority-unchecked"),
    ({"revocation": "unknown", "problems": ["revocation-stale"]}, "stale"),
    ({"revocation": "unknown"}, "missing"),
])  # fmt: skip
def test_the_reason_is_the_one_that_holds(row, said):
    case = {"documents": [{"format": "odt", "text": "note"}], "signatures": [{"by": "person", **row}]}
    assert [one.params["reason"] for one in found("signed_documents", case) if "reason" in one.params] == [said]


@pytest.mark.parametrize(
    ("container", "part", "named"), [("smime", "2", False), ("smime", "1.2", True), ("pdf", "2", True)]
)
def test_a_mail_signed_as_a_whole_is_named_as_the_mail_and_not_by_its_signature_file(container, part, named):
    row = {"by": "person", "part": part, "container": container, "integrity": "broken"}
    case = {"documents": [{"format": "docx", "text": "note", "part": part}], "signatures": [row]}
    (broken,) = [one for one in found("signed_documents", case) if one.rule == "broken"]
    assert bool(broken.about.part) is named


AXES = st.fixed_dictionaries(
    {
        "by": st.sampled_from(sorted(SIGNERS)),
        "integrity": st.sampled_from([one.value for one in Integrity]),
        "coverage": st.sampled_from([one.value for one in Coverage]),
        "changes": st.sampled_from([one.value for one in Changes]),
        "trust": st.sampled_from([one.value for one in Trust]),
        "revocation": st.sampled_from([one.value for one in Revocation]),
    }
)


@given(st.lists(AXES, max_size=3))
def test_a_signature_that_does_not_stand_never_makes_an_issued_document_pass(rows):
    case = {"documents": [{"format": "pdf", "text": "issued"}], "signatures": rows}
    stands = [
        row["integrity"] == "intact"
        and row["coverage"] == "whole"
        and row["changes"] != "forbidden"
        and row["trust"] == "trusted"
        and row["revocation"] != "revoked"
        for row in rows
        if row["by"] != "timestamp"
    ]
    findings = found("signed_documents", case)
    passed = any(one.rule == "unsigned" and one.outcome is FindingOutcome.PASSED for one in findings)
    assert passed == (bool(stands) and all(stands))


def test_a_mail_of_words_only_is_not_looked_at(monkeypatch):
    monkeypatch.setattr(policy, "look", None)
    words = {"header": "Subject: [bản giấy]", "body": "Số: 1215/UBND-VP"}
    mail = case_files.evidence("sender_identity", words)
    assert list(findings(policy, mail)) == []
