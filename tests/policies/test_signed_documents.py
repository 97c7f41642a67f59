"""Cases of the policy `signed_documents`, its words, and invariants over any signatures."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mime import parse
from gateway.model import (
    ActiveContent,
    Changes,
    Coverage,
    Document,
    Envelope,
    Evidence,
    FindingOutcome,
    FrontEnd,
    HolderKind,
    Indication,
    Integrity,
    ReadStatus,
    Revocation,
    Run,
    Session,
    Signature,
    Signer,
    Trust,
)
from policies import signed_documents as policy
from tests.policies.mail_cases import directory
from tests.support.cases import read_yaml
from tests.support.policies import findings

FOLDER = Path(__file__).parent
FILE = read_yaml(FOLDER / "cases" / "signed_documents.yaml")
CASES = {case["name"]: case for case in FILE["cases"]}
NOW = datetime(2026, 11, 24, 5, tzinfo=UTC)
DISTRICT = "Ủy ban nhân dân quận Bình Tân"
LETTER = (
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "ỦY BAN NHÂN DÂN QUẬN BÌNH TÂN", "{number}",
    "V/v báo cáo công tác tháng", "Bình Tân, ngày 02 tháng 11 năm 2026", "Kính gửi: Các cơ quan, đơn vị thuộc quận.",
    "Nơi nhận:", "- Như trên;", "- Lưu: VT.", "TL. CHỦ TỊCH",
)  # fmt: skip
TEXTS = {
    "issued": [line.format(number="Số: 1215/UBND-VP") for line in LETTER],
    "draft": [line.format(number="Số:      /UBND-VP") for line in LETTER],
    "note": ["Biên bản trao đổi công việc trong tuần."],
    "": [],
}
SIGNERS = {
    "person": (HolderKind.PERSON, Signer(subject="CN=Người Ký Thử", common_name="Người Ký Thử", organisation=DISTRICT,
                                         emails=("rieng@vi.example", "nguoikythu.binhtan@tphcm.gov.vn"))),
    "seal": (HolderKind.ORGANISATION, Signer(subject=f"CN={DISTRICT}", common_name=DISTRICT)),
    "unit": (HolderKind.ORGANISATION, Signer(subject="CN=x", common_name="PHÒNG NỘI VỤ QUẬN BÌNH TÂN")),
    "other": (HolderKind.ORGANISATION, Signer(subject="CN=Sở Xây dựng", common_name="Sở Xây dựng")),
    "lookalike": (HolderKind.ORGANISATION, Signer(subject="CN=x", common_name=f"{DISTRICT} 1")),
    "company": (HolderKind.ORGANISATION, Signer(subject="CN=x", common_name="Công ty Thử", tax_id="0301519977")),
    "timestamp": (HolderKind.UNKNOWN, Signer(subject="CN=TSA", common_name="TSA")),
}  # fmt: skip


def document(row, number):
    lines = [*TEXTS[row.get("text", "note")], *row.get("more", "").splitlines()]
    return Document(
        part=row.get("part", str(number + 2)),
        filename=row.get("filename", f"tep.{row['format']}"),
        format=row["format"],
        status=ReadStatus(row.get("status", "ok")),
        runs=tuple(Run(text=line, block=block) for block, line in enumerate(lines)),
        active_content=tuple(map(ActiveContent, row.get("active", ()))),
    )


def signature(row):
    kind, signer = SIGNERS[row["by"]]
    return Signature(
        part=row.get("part", "2"),
        filename="tep.pdf",
        container=row.get("container", "pdf"),
        covers=tuple(row.get("covers", ())),
        document_timestamp=row["by"] == "timestamp",
        integrity=Integrity(row.get("integrity", "intact")),
        coverage=Coverage(row.get("coverage", "whole")),
        changes=Changes(row.get("changes", "none")),
        trust=Trust(row.get("trust", "trusted")),
        revocation=Revocation(row.get("revocation", "good")),
        signer=signer,
        holder_kind=kind,
        indication=Indication.TOTAL_PASSED,
        sub_indication=row.get("sub_indication", ""),
        problems=tuple(row.get("problems", ())),
    )


def evidence(case):
    message, documents = None, []
    if not case.get("rcpt"):
        header = case.get("header", "From: an.binhtan@tphcm.gov.vn")
        body = case.get("body", "Kính gửi.")
        content = (
            f"{header}\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
            f"--b\nContent-Type: text/plain; charset=utf-8\n\n{body}\n--b\nContent-Type: application/pdf\n"
            "Content-Disposition: attachment; filename=tep.pdf\n\nx\n--b--\n"
        )
        message = parse(content.replace("\n", "\r\n").encode())
        runs = tuple(Run(text=line, block=number) for number, line in enumerate(body.splitlines()))
        documents = [Document(part="1", format="text", runs=runs)]
        documents += [document(row, number) for number, row in enumerate(case.get("documents", []))]
    return Evidence(
        now=NOW,
        session=Session(front_end=FrontEnd.CHECK),
        envelope=Envelope(
            reverse_path="an.binhtan@tphcm.gov.vn",
            forward_paths=tuple(case.get("to", ["phongnoivu.binhtan@tphcm.gov.vn"])),
        ),
        message=message,
        documents=tuple(documents),
        signatures=tuple(signature(row) for row in case.get("signatures", [])),
        directory=directory(FILE["mailboxes"]) if case.get("directory", True) else None,
    )


@pytest.mark.parametrize("name", CASES)
def test_case(name):
    case = CASES[name]
    settings = policy.Settings.model_validate(case.get("settings", {}))
    found = sorted(f"{one.rule} {one.outcome.value}" for one in findings(policy, evidence(case), settings))
    assert found == sorted(case["expect"])


def test_every_rule_has_a_case():
    assert {line.split()[0] for case in CASES.values() for line in case["expect"]} == {r.id for r in policy.RULES}


def test_every_reason_has_words_in_both_languages():
    words = tomllib.loads((FOLDER.parents[1] / "policies" / "texts" / "signed_documents.toml").read_text("utf-8"))[
        "words"
    ]
    assert set(words["reason"]["vi"]) == set(words["reason"]["en"])
    for case in CASES.values():
        for finding in findings(policy, evidence(case), policy.Settings()):
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
    found = findings(policy, evidence(case), policy.Settings())
    assert [one.params["reason"] for one in found if "reason" in one.params] == [said]


@pytest.mark.parametrize(
    ("container", "part", "named"), [("smime", "2", False), ("smime", "1.2", True), ("pdf", "2", True)]
)
def test_a_mail_signed_as_a_whole_is_named_as_the_mail_and_not_by_its_signature_file(container, part, named):
    row = {"by": "person", "part": part, "container": container, "integrity": "broken"}
    case = {"documents": [{"format": "docx", "text": "note", "part": part}], "signatures": [row]}
    (broken,) = [one for one in findings(policy, evidence(case), policy.Settings()) if one.rule == "broken"]
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
    found = list(findings(policy, evidence(case), policy.Settings()))
    passed = any(one.rule == "unsigned" and one.outcome is FindingOutcome.PASSED for one in found)
    assert passed == (bool(stands) and all(stands))


def test_a_mail_of_words_only_is_not_looked_at(monkeypatch):
    monkeypatch.setattr(policy, "look", None)
    text = b"Subject: [b\xe1\xba\xa3n gi\xe1\xba\xa5y]\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nSo: 1215/UBND-VP\r\n"
    mail = Evidence(
        now=NOW,
        session=Session(front_end=FrontEnd.RELAY),
        envelope=Envelope(reverse_path="an@a.vn", forward_paths=("binh@b.vn",)),
        message=parse(text),
        documents=(Document(part="1", format="text", status=ReadStatus.OK, runs=(Run(text="1215/UBND-VP"),)),),
    )
    assert list(findings(policy, mail)) == []
