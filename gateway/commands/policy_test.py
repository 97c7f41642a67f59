"""`gateway policy test FILE`: runs the cases of the file, of `FILE.tests/*.yaml`, and mails `FILE.tests/*.eml`."""

from __future__ import annotations

import asyncio
import sys
from contextlib import closing
from datetime import datetime, time
from pathlib import Path

from gateway.commands.common import EXIT_CANNOT_RUN, EXIT_REFUSED
from gateway.config.sections import Configuration
from gateway.engine.cases import CaseResult, expected, run_cases, trial_faults, unmet
from gateway.engine.compiler import Compiler
from gateway.engine.layers import read_layers
from gateway.engine.policy_set import PolicySet
from gateway.engine.registry import Registry
from gateway.engine.schema import MailExpectation
from gateway.errors import ConfigError, Fault
from gateway.files import read_file
from gateway.model import VIETNAM
from gateway.pipeline.judge import Judge
from gateway.pipeline.rulebook import Rulebook, Rules, policy_source
from gateway.pipeline.sample import as_message
from gateway.pipeline.self_check import check
from gateway.serve.app import inspection_limits, start_workers
from gateway.spool import Spool
from gateway.texts.catalogue import both, reason
from gateway.yaml.file import read_yaml


def run(name: str, configuration: Configuration, *, coverage: bool) -> int:
    """Run every case and print all failures with their places; 0 all hold, 1 some fail, 2 some could not be run."""
    registry, now = Registry.installed(), datetime.now(VIETNAM)
    layers = read_layers(policy_source(name), registry)
    policies = Compiler(layers, registry).compile()
    broken = tuple(trial_faults(policies, layers, now))
    if broken:
        raise ConfigError(*broken)
    results, faults = run_cases(layers, policies, now)
    folder = Path(f"{layers.top.path}.tests")
    mails = sorted(folder.glob("*.eml")) if folder.is_dir() else []
    if mails:
        asyncio.run(_mails(mails, policies, configuration, results, faults))
    return _report(policies, results, faults, coverage=coverage)


class _Fixed(Rulebook):
    """Given rules, whose own cases are ignored."""

    def __init__(self, rules: Rules) -> None:
        self.current = rules


async def _mails(
    mails: list[Path],
    policies: PolicySet,
    configuration: Configuration,
    results: list[CaseResult],
    faults: list[Fault],
) -> None:
    """Judge mails in child processes as the relay would."""
    rulebook = _Fixed(Rules(policies, None))
    with closing(start_workers(configuration, policies)) as workers:
        for path in mails:
            try:
                file = read_yaml(path.with_suffix(".expect.yaml"), MailExpectation)
                content = await asyncio.to_thread(read_file, path)
            except ConfigError as error:
                faults += error.faults
                continue
            except OSError as error:
                faults.append(Fault(reason(error), str(path)))
                continue
            wanted = file.value
            now = datetime.combine(wanted.now, time(12), tzinfo=VIETNAM) if wanted.now else datetime.now(VIETNAM)

            def clock(moment: datetime = now) -> datetime:
                return moment

            judge = Judge(rulebook=rulebook, workers=workers, limits=inspection_limits(configuration), clock=clock)
            mail = as_message(content, path.name, sender=wanted.reverse_path, recipients=wanted.forward_paths)
            spool = Spool.from_content(mail.content)
            try:
                with spool:
                    checked = await check(
                        judge,
                        None,
                        spool,
                        reference=path.name,
                        sender=mail.reverse_path,
                        recipients=mail.forward_paths,
                        login=wanted.auth_user,
                    )
            except Exception as error:  # noqa: BLE001 - one mail that cannot be judged must not hide the others
                faults.append(file.fault(f"{path.name}: {type(error).__name__}", "expect"))
                continue
            results.append(expected(path.name, wanted.expect, checked.verdict, policies, now, file, ("expect",)))


def _report(policies: PolicySet, results: list[CaseResult], faults: list[Fault], *, coverage: bool) -> int:
    failed = [result for result in results if result.faults]
    for fault in (*(fault for result in failed for fault in result.faults), *faults):
        print(fault, file=sys.stderr)
    print(both("start", "policy", "cases", count=len(results), passed=len(results) - len(failed), failed=len(failed)))
    if coverage:
        lacking = list(unmet(policies, results))
        print(both("start", "policy", "coverage", count=len(lacking)))
        for rule in lacking:
            print(f"  {rule}")
    if faults:
        return EXIT_CANNOT_RUN
    return EXIT_REFUSED if failed else 0
