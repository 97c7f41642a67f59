"""A waiver for one file, tried on past mails: it is found though confidential mails keep digests only by a key."""

import sqlite3

from gateway.engine import evaluate_facts, load_policy_set, observe
from gateway.engine.cases import case_evidence
from gateway.engine.schema import CaseSection
from gateway.engine.what_if import Change
from gateway.pipeline.what_if import Summary, Wanted, changed_mails
from tests.audit.support import NOW, REFUSAL, running, transaction
from tests.support.policies import preset

WAIVER = "{id: WV-1, policy: classified, rule: %s, sha256: %s, reason: bản giấy, approved_by: TP, expires: 2126-01-01}"


async def test_a_waiver_for_a_suspected_file_admits_the_mail_that_had_it(tmp_path):
    fields = {"name": "x", "from": "an@gov.example", "to": ["b@gov.example"], "body": "TUYET MAT", "expect": {}}
    mail = case_evidence(CaseSection.model_validate(fields), NOW)
    digest = mail.message.root.sha256
    observed = observe(mail, preset().policies)
    judged = evaluate_facts(observed, preset())
    assert judged.confidential
    async with running(tmp_path) as log:
        await log.refused(transaction(1), judged, mail, REFUSAL, observed=observed)
    (rule,) = {one.finding.rule for one in judged.findings if one.effective > one.effective.TAG}

    def replay(digest: str) -> Summary:
        path = tmp_path / "policy.yaml"
        waived = WAIVER % (rule, digest)
        path.write_text(f"version: 1\nname: x\nextends: binhtan-7600\nwaivers:\n  - {waived}\n", "utf-8")
        summary = Summary()
        waived_set = load_policy_set(path)
        list(changed_mails(tmp_path, preset(), waived_set, Wanted(None), summary, tick=lambda _: None))
        return summary

    assert replay(digest).changes == {Change.ADMITTED: 1}
    assert replay("cd" * 32).changes == {Change.SAME: 1}
    with sqlite3.connect(tmp_path / "audit.db") as connection:
        assert digest.encode() not in b"".join(body for (body,) in connection.execute("SELECT body FROM record"))
