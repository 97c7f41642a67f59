"""Mails judged by a policy with `evaluate` alone, judged again: by what the record has of it, or not at all."""

import pytest

from gateway.audit.log import AuditLog
from gateway.engine import evaluate_facts, load_policy_set, observe
from gateway.engine.cases import case_evidence
from gateway.engine.schema import CaseSection
from gateway.pipeline.what_if import Summary, Wanted, changed_mails
from tests.audit.support import NOW, REFUSAL, transaction

OFF, LOUD = ", mode: 'off'", ", settings: {aloud: true}"
FOR_SOME = ", scopes: [{senders: [c@gov.example], mode: 'off'}]"


@pytest.fixture
def replay(tmp_path):
    """Log two mails under a policy, and return what another says of them than a third."""

    def policies(rest: str):
        path = tmp_path / "policy.yaml"
        own = f"old_fashioned: {{module: tests.engine.stand_ins.old_fashioned{rest}}}"
        path.write_text(f"version: 1\nname: x\nextends: binhtan-7600\npolicies: {{{own}}}\n", "utf-8")
        return load_policy_set(path)

    async def replayed(judged_by: str, old: str, new: str):
        base, log = policies(judged_by), AuditLog.open(tmp_path)
        await log.start()
        for number, words in enumerate(("CU-KY", "xin chào"), 1):
            fields = {"name": "x", "from": "an@gov.example", "to": ["b@gov.example"], "body": words, "expect": {}}
            mail = case_evidence(CaseSection.model_validate(fields), NOW)
            observed = observe(mail, base.policies)
            await log.refused(transaction(number), evaluate_facts(observed, base), mail, REFUSAL, observed=observed)
        await log.close()
        summary, compared = Summary(), (policies(old), policies(new))
        changed = changed_mails(tmp_path, *compared, Wanted(None), summary, tick=lambda _: None)
        return [one.reference for one in changed], dict(summary.indeterminate)

    return replayed


@pytest.mark.parametrize(
    ("new", "changed"), [("", []), (", rules: {word: defer}", ["BT-00000001"]), (OFF, ["BT-00000001"])]
)
async def test_findings_of_the_record_serve_where_the_settings_are_the_same(replay, new, changed):
    assert await replay("", "", new) == (changed, {})


@pytest.mark.parametrize(
    ("judged_by", "old", "new"), [("", "", LOUD), ("", LOUD, LOUD), (OFF, OFF, ""), (FOR_SOME, FOR_SOME, "")]
)
async def test_where_it_may_have_found_something_else_it_is_cannot_tell(replay, judged_by, old, new):
    assert await replay(judged_by, old, new) == ([], {"evaluate old_fashioned": 2})
