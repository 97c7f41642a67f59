"""The suites of SPF, ARC, DKIM and DMARC against our checks, with DNS from a server of the tests on loopback."""

from collections import Counter
from collections.abc import Callable

from tests.identity import suites
from tests.identity.dns_server import serving


def measure() -> tuple[Counter[str], Counter[str], list[str]]:
    """Return cases and agreements of each suite, and the names of those that differ."""
    total: Counter[str] = Counter()
    right: Counter[str] = Counter()
    different: list[str] = []
    with serving({}) as server:
        for case in suites.cases():
            agrees = suites.answer(case, server) in case.expected
            total[case.suite] += 1
            right[case.suite] += agrees
            if not agrees:
                different.append(case.name)
    return total, right, different


def report(progress: Callable[[str], None] = print) -> str:
    """The table as Markdown."""
    progress("suites of mail authentication ...")
    total, right, different = measure()
    rows = ["| suite | cases | as its authors expect |", "|---|---:|---:|"]
    rows += [
        f"| {suite} | {count} | {right[suite]} ({100 * right[suite] / count:.1f} %) |" for suite, count in total.items()
    ]
    rows += ["", "Otherwise, by the RFC:", ""]
    rows += [f"- {name}: {' '.join(suites.EXPLAINED.get(name, ('', 'unexplained'))).strip()}" for name in different]
    return "\n".join(["### Mail authentication", "", *rows]) + "\n"
