"""`gateway policy case` of many recorded mails: without names a case holds as with them, or it is said that it does not."""

from datetime import UTC, datetime

import pytest

from gateway.audit.log import AuditLog
from gateway.commands.policy_case import case
from gateway.engine import evaluate_facts, observe
from gateway.engine.cases import run_cases
from gateway.engine.compiler import Compiler
from gateway.engine.layers import read_layers
from gateway.engine.registry import Registry
from tests.audit.support import REFUSAL, transaction
from tests.audit.test_kept_facts import mails
from tests.support.policies import preset

pytestmark = pytest.mark.slow


@pytest.fixture
async def data(tmp_path):
    """A log of mails whose verdicts rest on who sends them and by what name, and how many they are."""
    policies, log = preset(), AuditLog.open(tmp_path / "data")
    await log.start()
    chosen = [mail for name, mail in mails().items() if mail.message is not None and name.startswith("sender_identity")]
    for number, mail in enumerate(chosen, 1):
        observed = observe(mail, policies.policies)
        await log.refused(transaction(number), evaluate_facts(observed, policies), mail, REFUSAL, observed=observed)
    await log.close()
    return tmp_path / "data", len(chosen)


async def test_without_names_a_case_holds_or_it_is_said_that_it_does_not(data, tmp_path, capsys):
    folder, count = data
    path = tmp_path / "policy.yaml"
    path.write_text("version: 1\nname: x\nextends: binhtan-7600\n")
    beside = tmp_path / "policy.yaml.tests"
    beside.mkdir()
    told = set()
    for number in range(1, count + 1, 2):
        reference = f"BT-{number:08d}"
        if case(folder, reference, addresses=False):
            told.add(reference)
        out, err = capsys.readouterr()
        assert (reference in told) is ("rests on the very names" in err)
        (beside / f"{reference}.yaml").write_text(out, "utf-8")
        assert not [name for name in ("nguyen", "Nguyễn", "lan.", "vanthu", "an.binhtan") if name in out]
    registry = Registry.installed()
    layers = read_layers(path, registry)
    results, faults = run_cases(layers, Compiler(layers, registry).compile(), datetime.now(UTC))
    assert faults == []
    failed = {fault.message.partition("“")[2].partition("”")[0] for one in results for fault in one.faults}
    assert failed == told
    assert len(told) < len(results) / 20
