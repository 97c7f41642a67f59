"""DMARC by the sentences of its RFCs, against zones on loopback (`dmarc_suite.yaml`)."""

from gateway.identity.dmarc_check import check_dmarc
from tests.identity.suites import dmarc

CASES = list(dmarc())


def test_the_suite_is_large_and_no_case_is_repeated():
    assert len({case.name for case in CASES}) == len(CASES) >= 90


def test_dmarc_is_what_the_rfc_says(server):
    for case in CASES:
        found = check_dmarc(case.author, list(case.results), server.resolver(case.zone).start())
        said = found.method, (found.result,), found.domain
        assert said == ("dmarc", case.expected, case.author), (case.name, case.rule)


def test_an_outage_is_never_pass_for_want_of_a_record(server):
    for case in CASES:
        dark = {name: [("SERVFAIL", None)] for name in case.zone}
        if case.author is None or not dark:
            continue
        found = check_dmarc(case.author, list(case.results), server.resolver(dark).start())
        assert found.result != "pass", case.name
