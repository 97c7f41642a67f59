"""The suites of SPF, ARC, DKIM and DMARC against our checks, with DNS from a server of the tests on loopback."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from gateway.identity.dkim_verify import verify_arc, verify_dkim
from gateway.identity.dmarc_check import check_dmarc
from gateway.identity.spf_check import check_spf
from tests.identity import suites
from tests.identity.dns_server import Server, serving


def measure() -> tuple[Counter[str], Counter[str], list[str]]:
    """Return cases and agreements of each suite, and the names of those that differ."""
    total: Counter[str] = Counter()
    right: Counter[str] = Counter()
    different: list[str] = []
    with serving({}) as server:
        for suite, name, agrees in [*_spf(server), *_mails(server), *_dmarc(server)]:
            total[suite] += 1
            right[suite] += agrees
            if not agrees:
                different.append(name)
    return total, right, different


def _spf(server: Server) -> list[tuple[str, str, bool]]:
    found = []
    for case in (*suites.openspf(), *suites.stalwart_spf()):
        lookups = server.resolver(case.zone).start()
        result = check_spf(case.client, case.reverse_path, case.helo, lookups).result
        found.append((f"SPF, {case.suite}", case.name, result in case.expected))
    return found


def _mails(server: Server) -> list[tuple[str, str, bool]]:
    found = []
    for case in (*suites.arc(), *suites.dkim()):
        lookups = server.resolver(case.zone).start()
        if case.suite.startswith("ARC"):
            chain = verify_arc(case.content, lookups)
            result = chain.result if chain else "none"
        else:
            result = verify_dkim(case.content, lookups)[0].result
        found.append((case.suite, case.name, result == case.expected))
    return found


def _dmarc(server: Server) -> list[tuple[str, str, bool]]:
    found = []
    for case in suites.dmarc():
        lookups = server.resolver(case.zone).start()
        result = check_dmarc(case.author, list(case.results), lookups).result
        found.append(("DMARC, sentences of RFC 9989", case.name, result == case.expected))
    return found


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
