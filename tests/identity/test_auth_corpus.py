"""The public suites of SPF (RFC 7208), ARC (draft 12/16) and DKIM messages, with their own DNS served on loopback."""

import pytest

from gateway.identity.dkim_verify import verify_arc, verify_dkim
from tests.identity import suites
from tests.identity.suites import FOLDER

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the corpus of mail authentication is not here (GATEWAY_CORPUS)"
)


SUITES = [
    pytest.param(case, id=f"{case.suite}-{case.name}")
    for case in suites.cases()
    if not isinstance(case, suites.DmarcCase)
]


@pytest.mark.parametrize("case", SUITES)
def test_suites_are_answered_as_their_authors_expect_or_by_the_rfc(server, case):
    ours, _ = suites.EXPLAINED.get(case.name, (None, ""))
    assert suites.answer(case, server) in (case.expected if ours is None else {ours})
    assert ours not in case.expected, "the explanation is needed no more"


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in suites.dkim()])
def test_a_changed_octet_breaks_a_signature_that_verifies(server, case):
    resolver = server.resolver(case.zone)
    assert "pass" not in {one.result for one in verify_dkim(case.content.rstrip() + b"x\r\n", resolver.start())}
    assert {one.result for one in verify_dkim(case.content, server.resolver({}).start())} == {"permerror"}


def test_an_arc_chain_with_ed25519_is_not_called_good(server):
    # RFC 8617 §4.1.1 defines rsa-sha256 only; the file's author extends it, dkimpy and we do not.
    (case,) = (case for case in suites.dkim() if case.name == "stala__resources_arc_002.txt")
    assert verify_arc(case.content, server.resolver(case.zone).start()).result == "fail"


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.eml")) if FOLDER.is_dir() else [])
def test_without_an_answering_dns_no_mail_passes(server, name):
    content = (FOLDER / name).read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    lookups = server.resolver({}).start()
    results = {one.result for one in verify_dkim(content, lookups)}
    arc = verify_arc(content, lookups)
    assert "pass" not in results | ({arc.result} if arc else set())
