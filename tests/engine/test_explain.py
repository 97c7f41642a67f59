"""Replies, header fields, explanations and the JSON of `check`."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.commands.refusals import verdicts
from gateway.engine import (
    Language,
    PolicySet,
    check_json,
    evaluate,
    explanation,
    load_policy_set,
    received_field,
    reply,
    reply_text,
    verdict_fields,
)
from gateway.engine.reply import LIMIT_LINE, LIMIT_REPLY
from gateway.model import (
    About,
    Changes,
    Coverage,
    Disposition,
    Envelope,
    FrontEnd,
    HolderKind,
    Indication,
    Integrity,
    Session,
    Signature,
    Signer,
    Timestamp,
    Transaction,
    Trust,
    Verdict,
)
from tests.engine.support import NOW, REGISTRY, evidence, policies
from tests.support.cases import examples

REF = "BT-7F3K2Q9X"


@pytest.fixture(scope="module")
def office() -> PolicySet:
    return load_policy_set("office", registry=REGISTRY)


def answer(policy_set: PolicySet, languages: tuple[Language, ...] = (Language.VI,), **mail: object) -> list[str]:
    verdict = evaluate(evidence(**mail), policy_set)  # type: ignore[arg-type]
    made = reply(verdict, policy_set, reference=REF, now=NOW, languages=languages)
    lines = [f"{made.code} {made.enhanced} {line}" for line in made.lines]
    assert all(len(line) <= LIMIT_LINE and line.isprintable() for line in lines)
    assert sum(map(len, lines)) <= LIMIT_REPLY
    return lines


def test_the_first_line_says_cause_way_out_and_reference_and_the_last_who_helps(office: PolicySet):
    assert answer(office, sender="x@bad.example") == [
        "550 5.7.1 Văn phòng không nhận thư từ x@bad.example. Gửi lại bằng hộp thư công vụ. [BT-7F3K2Q9X]",
        "550 5.7.1 Căn cứ: QĐ 7600/QĐ-UBND, Điều 8.3.",
        "550 5.7.1 Mã tra cứu BT-7F3K2Q9X. Cần hỗ trợ: CNTT 028-000.",
    ]


def test_who_helps_may_be_the_page_of_the_mail(office: PolicySet):
    page = tuple(one.model_copy(update={"vi": "https://gw.example/t/{reference}"}) for one in office.contact)
    office = replace(office, contact=page)
    assert answer(office, sender="x@bad.example")[-1].endswith("Cần hỗ trợ: https://gw.example/t/BT-7F3K2Q9X.")
    told = explanation(evaluate(evidence(sender="x@bad.example"), office), office, language=Language.VI, now=NOW)
    assert told.endswith("https://gw.example/t/BT-..."), "`check` judges what has no reference"


def test_what_was_found_twice_in_the_same_words_is_explained_once(office: PolicySet):
    once = evaluate(evidence(sender="x@bad.example"), office)
    twice = msgspec.structs.replace(once, findings=once.findings * 2)
    told = [explanation(verdict, office, language=Language.VI, now=NOW) for verdict in (once, twice)]
    count, again = (text.count("Văn phòng không nhận thư từ") for text in told)
    assert count == again == 1


def test_a_second_language_follows_the_first(office: PolicySet):
    lines = answer(office, (Language.VI, Language.EN), sender="x@bad.example")
    assert lines[0].startswith("550 5.7.1 Văn phòng không nhận")
    assert (
        "550 5.7.1 The Office does not accept mail from x@bad.example. Use your official mailbox. [BT-7F3K2Q9X]"
        in lines
    )
    assert lines[-1].startswith("550 5.7.1 Mã tra cứu BT-7F3K2Q9X.")


def test_a_secrecy_reply_names_neither_file_nor_subject_nor_words(office: PolicySet):
    text = " ".join(
        answer(
            office,
            (Language.VI, Language.EN),
            text="SECRET của Phòng A",
            filename="ke hoach X.docx",
            subject="Kế hoạch X",
            locator="cell:Kehoach!B3",
            sender="x@bad.example",
        )
    )
    assert "dấu MẬT" in text
    assert "ô B3" in text
    for word in ("ke hoach", "Kế hoạch", "Kehoach", "SECRET", "Phòng A", "docx"):
        assert word not in text


def test_what_is_waived_has_no_advice(office: PolicySet):
    verdict = evaluate(evidence(sender="x@bad.example"), office)
    waived = tuple(msgspec.structs.replace(one, waiver="WV-1") for one in verdict.findings)
    for one in (verdict, msgspec.structs.replace(verdict, findings=waived)):
        told = explanation(one, office, language=Language.VI, now=NOW)
        assert ("Cần làm" in told, "được miễn trừ WV-1" in told) == ((True, False) if one is verdict else (False, True))


def test_a_mark_comes_first_and_nothing_beside_it_is_a_way_out(office: PolicySet):
    advice = "Gửi lại bằng hộp thư công vụ"
    assert advice in answer(office, sender="x@bad.example")[0]
    lines = answer(office, (Language.VI, Language.EN), text="SECRET", sender="x@bad.example")
    assert "dấu MẬT" in lines[0]
    assert not any(advice in line or "official mailbox" in line or "CNTT" in line for line in lines)


def test_beside_a_suspicion_further_faults_are_counted_and_not_listed(office: PolicySet):
    lines = answer(office, text="MAYBE", sender="x@bad.example")
    assert lines[0].startswith("550 5.7.1 Nghi có dấu chỉ độ mật")
    assert lines[-1].startswith("550 5.7.1 Thư còn 1 lỗi khác. Mã tra cứu BT-7F3K2Q9X.")
    assert not any("Gửi lại bằng hộp thư công vụ" in line for line in lines)


def test_further_faults_are_listed_as_far_as_there_is_room_and_the_rest_is_counted():
    office = load_policy_set("binhtan-7600")
    policy = office.policy("opaque")
    assert policy is not None
    verdict = next(verdict for rule, _, verdict in verdicts(policy, office) if rule == "encrypted")
    (one,) = verdict.findings
    many = tuple(
        msgspec.structs.replace(
            one,
            finding=msgspec.structs.replace(
                one.finding, about=About(part=f"{number}", filename=f"bang-luong-{number}.xlsx", attachment=number)
            ),
        )
        for number in range(1, 9)
    )
    made = reply(msgspec.structs.replace(verdict, findings=many), office, reference=REF, now=NOW)
    told = [line for line in made.lines if "có mật khẩu" in line]
    assert "bang-luong-1.xlsx" in told[0]
    assert 2 <= len(told) < 8
    assert made.lines[-1].startswith(f"Thư còn {8 - len(told)} lỗi khác. Mã tra cứu {REF}.")
    assert sum(len(f"550 5.7.1 {line}") for line in made.lines) <= LIMIT_REPLY


@pytest.mark.parametrize(("second", "lines"), [("1", 1), ("2", 2)])
def test_two_faults_of_a_file_with_one_way_out_are_one_line(second: str, lines: int):
    office = load_policy_set("binhtan-7600")
    policy = office.policy("opaque")
    assert policy is not None
    verdict = next(verdict for rule, _, verdict in verdicts(policy, office) if rule == "encrypted")
    (one,) = verdict.findings
    both = tuple(
        msgspec.structs.replace(
            one, finding=msgspec.structs.replace(one.finding, about=About(part=part, filename=name))
        )
        for part, name in (("1", "a.zip"), (second, "a.zip, b.zip"))
    )
    made = reply(msgspec.structs.replace(verdict, findings=both), office, reference=REF, now=NOW)
    assert len([line for line in made.lines if "có mật khẩu" in line]) == lines


def test_where_a_rule_asks_for_nothing_nothing_is_to_be_done(office: PolicySet):
    verdict = evaluate(evidence(sender="x@bad.example"), office)
    assert "Cần làm: " in explanation(verdict, office, language=Language.VI, now=NOW)
    let = tuple(
        msgspec.structs.replace(one, wanted=Disposition.RELAY, effective=Disposition.RELAY) for one in verdict.findings
    )
    verdict = msgspec.structs.replace(verdict, disposition=Disposition.RELAY, findings=let)
    assert "Cần làm: " not in explanation(verdict, office, language=Language.VI, now=NOW)


def test_what_a_rule_would_have_held_says_that_this_gateway_cannot_hold(office: PolicySet):
    verdict = evaluate(evidence(sender="x@bad.example"), office)
    held = msgspec.structs.replace(
        verdict, findings=tuple(msgspec.structs.replace(one, wanted=Disposition.HOLD) for one in verdict.findings)
    )
    assert "không giữ lại chờ duyệt được" in reply(held, office, reference=REF, now=NOW).lines[1]


def test_a_deferred_mail_gets_451(tmp_path: Path):
    loaded = policies(
        "version: 1\nname: m\nextends: office\npolicies: {senders: {rules: {unofficial: defer}}}\n", tmp_path
    )
    assert answer(loaded, sender="x@bad.example")[0].startswith("451 4.3.0 Văn phòng không nhận")


def test_relayed_and_tagged_mails_get_250(office: PolicySet):
    assert answer(office) == ["250 2.0.0 Thư được chuyển [BT-7F3K2Q9X]"]
    assert answer(office, (Language.EN,), sender="odd@gov.example") == ["250 2.0.0 Accepted with remarks [BT-7F3K2Q9X]"]


@pytest.mark.slow
@examples(60)
@given(sender=st.text(max_size=400), filename=st.text(max_size=400), locator=st.text(max_size=200))
def test_no_hostile_value_breaks_a_reply_or_a_header_field(sender: str, filename: str, locator: str):
    policy_set = load_policy_set("office", registry=REGISTRY)
    address = f"odd{sender}@bad.example"
    mail = evidence(sender=address, text="MAYBE", filename=filename, locator=locator)
    verdict = evaluate(mail, policy_set)
    made = reply(verdict, policy_set, reference=REF, now=NOW)
    assert all(len(f"550 5.7.1 {line}") <= LIMIT_LINE and line.isprintable() for line in made.lines)
    octets = verdict_fields(verdict, policy_set, transaction(sender=address))
    assert_header(octets)


def assert_header(octets: bytes) -> None:
    assert octets.endswith(b"\r\n")
    text = octets.decode("ascii")
    for line in text.split("\r\n")[:-1]:
        assert line.isprintable()
        assert len(line) <= 998
        assert line.startswith((" ", "X-Gateway-", "Received:"))
        assert line.strip()


def transaction(
    *,
    sender: str = "an@gov.example",
    to: tuple[str, ...] = ("b@gov.example",),
    helo: str | None = "pc.gov.example",
    client: str | None = "192.0.2.7",
    tls: str | None = "TLSv1.3 TLS_AES_256_GCM_SHA384",
    user: str | None = "an",
    utf8: bool = False,
    reference: str = REF,
) -> Transaction:
    return Transaction(
        id=reference,
        session=Session(front_end=FrontEnd.SUBMISSION, client_address=client, helo=helo, tls=tls, auth_user=user),
        envelope=Envelope(reverse_path=sender, forward_paths=to, mail_parameters=("SMTPUTF8",) if utf8 else ()),
        received_at=datetime(2026, 11, 24, 8, 0, tzinfo=UTC),
        size_bytes=1,
        sha256="0" * 64,
    )


def test_the_trace_field_follows_rfc_5321():
    octets = received_field(transaction(), hostname="gw.gov.example")
    assert b" ".join(octets.split()) == (
        b"Received: from pc.gov.example ([192.0.2.7]) by gw.gov.example with ESMTPSA "
        b"(TLSv1.3 TLS_AES_256_GCM_SHA384) id BT-7F3K2Q9X for <b@gov.example>; Tue, 24 Nov 2026 08:00:00 +0000"
    )
    assert_header(octets)
    plain = received_field(
        transaction(tls=None, user=None, client="2001:db8::1", to=("a@b", "c@d"), utf8=True), hostname="gw"
    )
    assert b"([IPv6:2001:db8::1])" in plain
    assert b" with UTF8SMTP\r\n id BT" in plain
    assert b"for <" not in plain


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=100))
def test_a_hostile_greeting_cannot_write_header_fields(helo: str, tls: str, recipient: str):
    octets = received_field(transaction(helo=helo, tls=tls, to=(f"{recipient}@b",), client=helo), hostname="gw.example")
    assert_header(octets)


def test_verdict_fields_stand_only_on_tagged_mail(office: PolicySet):
    assert verdict_fields(evaluate(evidence(), office), office, transaction()) == b""
    octets = verdict_fields(evaluate(evidence(sender="odd@gov.example"), office), office, transaction())
    text = b" ".join(octets.split()).decode("ascii")
    assert text.startswith("X-Gateway-Verdict: tag; id=BT-7F3K2Q9X; policy=office; digest=")
    assert (
        "X-Gateway-Finding: SND-02 senders.form; Dia chi odd@gov.example khong dung mau (QD 7600/QD-UBND, Dieu 5)"
        in text
    )


def test_the_explanation_says_what_failed_what_to_do_and_what_passed(office: PolicySet):
    mail = evidence(sender="x@bad.example")
    text = explanation(evaluate(mail, office), office, language=Language.VI, now=NOW, reference=REF)
    assert text.startswith("TỪ CHỐI  (Mã tra cứu: BT-7F3K2Q9X)")
    assert "other@gov.example: CHUYỂN" in text
    assert "Cần làm: Gửi lại bằng hộp thư công vụ" in text
    assert "Căn cứ: QĐ 7600/QĐ-UBND, Điều 8.3" in text
    assert "CLS-01 Không thấy dấu chỉ độ mật" in text
    assert "Article: Decision 7600, Art. 8.3" in explanation(
        evaluate(mail, office), office, language=Language.EN, now=NOW
    )


def test_the_explanation_advises_nothing_behind_a_mark(office: PolicySet):
    verdict = evaluate(evidence(text="SECRET", sender="x@bad.example"), office)
    text = explanation(verdict, office, language=Language.VI, now=NOW)
    assert text.index("CLS-01") < text.index("SND-01")
    assert text.count("Cần làm:") == 1
    assert "Gửi lại bằng hộp thư công vụ" not in text


def test_check_json_keeps_the_command_contract(office: PolicySet):
    signature = Signature(
        part="2",
        filename="a.pdf",
        container="pdf",
        integrity=Integrity.INTACT,
        coverage=Coverage.WHOLE,
        changes=Changes.NONE,
        trust=Trust.TRUSTED,
        signer=Signer(subject="CN=A,O=B", common_name="A"),
        holder_kind=HolderKind.ORGANISATION,
        timestamp=Timestamp(time=NOW, trusted=True, weak=False),
        indication=Indication.TOTAL_PASSED,
    )
    mail = msgspec.structs.replace(evidence(text="SECRET", sender="x\udcff@bad.example"), signatures=(signature,))
    verdict = evaluate(mail, office)
    made = reply(verdict, office, reference="", now=NOW)
    line = json.loads(json.dumps(check_json(verdict, mail, made, "x.eml", policies=office)))
    assert line["file"] == "x.eml"
    assert line["disposition"] == "reject"
    assert line["reply"].startswith("550 5.7.1 ")
    assert line["recipients"] == {"office@gov.example": "reject", "other@gov.example": "reject"}
    marked = next(found for found in line["findings"] if found["rule"] == "marked")
    assert marked["outcome"] == "failed"
    assert marked["mode"] == "enforce"
    assert marked["filename"] == "công văn.docx"
    assert marked["params"]["level"] == "mat"
    assert marked["article"] == "QĐ 7600/QĐ-UBND, Điều 4.1"
    assert {
        "policy", "rule", "code", "outcome", "wanted", "mode", "part", "filename", "locator", "message", "article",
    } <= set(marked)  # fmt: skip
    signed = line["signatures"][0]
    assert {
        name: signed[name] for name in ("integrity", "changes", "coverage", "trust", "holder_kind", "indication")
    } == {
        "integrity": "intact",
        "changes": "none",
        "coverage": "whole",
        "trust": "trusted",
        "holder_kind": "organisation",
        "indication": "TOTAL-PASSED",
    }
    assert signed["signer"] == "A"
    assert signed["document_timestamp"] is False
    assert signed["timestamp"]["time"].startswith("2026-11-24T08:00:00")


def test_an_empty_verdict_is_a_plain_acceptance(office: PolicySet):
    verdict = Verdict(disposition=Disposition.RELAY, findings=(), policy_digest="0")
    assert reply_text(reply(verdict, office, reference="", now=NOW)) == "250 2.0.0 Thư được chuyển"
