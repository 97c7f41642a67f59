"""Every trick of the espoofer paper (Chen, Paxson, Jiang, USENIX Security 2020) is refused, or read as the safest reading.

The mails are our own, after the descriptions A1 to A19 and the three cases of a mail service's own user. One half of a
trick is what a checking server proves (SPF, DKIM), the other what a mail program shows; the domain of the victim must
never be proven, and a From that any program could show as the victim's must never pass.
"""

import asyncio
from base64 import b64encode
from datetime import UTC, datetime

import pytest

from gateway.config.sections import Configuration
from gateway.engine import evaluate, evaluate_recipient
from gateway.identity.authentication import authenticate
from gateway.identity.dkim_sign import Signer
from gateway.identity.results_header import build
from gateway.mime import parse
from gateway.model import Disposition, Document, Envelope, Evidence, FrontEnd, Run, Session
from gateway.pipeline.rulebook import Rulebook
from tests.identity.test_authentication import RSA

OFFICE, OUTSIDE = "vanphong.binhtan@tphcm.gov.vn", "b@example.vn"
VICTIM, THIEF = b"an.binhtan@tphcm.gov.vn", b"any@evil.com"
ENCODED = b"=?utf-8?B?" + b64encode(b"<" + VICTIM + b">") + b"?="

HEADERS = {
    "A8 two From fields": b"From: <%(t)s>\r\nFrom: <%(v)s>\r\n",
    "A8 two From fields, the other way": b"From: <%(v)s>\r\nFrom: <%(t)s>\r\n",
    "A9 a blank before the first": b" From: <%(t)s>\r\nFrom: <%(v)s>\r\n",
    "A9 a blank before the first, the other way": b" From: <%(v)s>\r\nFrom: <%(t)s>\r\n",
    "A10 a blank behind the name": b"From: <%(t)s>\r\nFrom : <%(v)s>\r\n",
    "A10 a blank behind the name, the other way": b"From : <%(t)s>\r\nFrom: <%(v)s>\r\n",
    "A11 a fold behind the name": b"From\r\n : <%(t)s>\r\nFrom: <%(v)s>\r\n",
    "A11 a fold behind the name, the other way": b"From\r\n : <%(v)s>\r\nFrom: <%(t)s>\r\n",
    "A12 only a folded From, and Sender": b"From\r\n : <%(t)s>\r\nSender: <%(v)s>\r\n",
    "A13 only a folded From, and Resent-From": b"From\r\n : <%(t)s>\r\nResent-From: <%(v)s>\r\n",
    "A14 two addresses": b"From: <%(t)s>, <%(v)s>\r\nSender: <s@sender.tphcm.gov.vn>\r\n",
    "A14 two addresses, the other way": b"From: <%(v)s>, <%(t)s>\r\n",
    "A15 an encoded address": b"From:%(e)s,<%(t)s>\r\n",
    "A15 an encoded address alone": b"From: %(e)s\r\n",
    "A15 an encoded address as name": b"From: %(e)s <%(t)s>\r\n",
    "A16 a route": b"From: <@evil.com,@any.com:%(v)s>\r\n",
    "A16 a route to the other": b"From: <@tphcm.gov.vn:%(t)s>\r\n",
    "A17 a quoted pair": b"From: <%(v)s>\\,<%(t)s>\r\n",
    "A18 a bare address, a comma": b"From: %(v)s,<%(t)s>\r\n",
    "A19 an address behind the address": b"From: <%(t)s>%(v)s\r\n",
    "A19 an address before the address": b"From: %(v)s <%(t)s>\r\n",
    "a comment that holds the end": b"From: <%(v)s(>,%(t)s>)\r\n",
    "NUL in the address": b"From: <%(v)s\0.evil.com>\r\n",
    "no From at all": b"Sender: <%(v)s>\r\n",
}  # fmt: skip
PATHS = {
    "A1 a domain below that is not there": "any@khong-co.tphcm.gov.vn",
    "A5 a bracket in the domain": "any@tphcm.gov.vn(a.evil.com",
    "A6 a quote in the domain": "any@tphcm.gov.vn'@any.evil.com",
    "A7 a route": "@tphcm.gov.vn,@any.com:'any@evil.com",
}
DOMAINS = {
    "A3 NUL in the selector": (b"tphcm.gov.vn", b"s._domainkey.evil.com.\0.any"),
    "A4 a quote in the domain": (b"tphcm.gov.vn'a.evil.com", b"s"),
    "a bracket in the domain": (b"tphcm.gov.vn(.evil.com", b"s"),
    "an equals sign in the domain": (b'tphcm.gov.vn"=(.evil.com', b"s"),
}


@pytest.fixture(scope="module")
def rules():
    return Rulebook(Configuration()).current.policies


def content(header: bytes) -> bytes:
    values = {b"t": THIEF, b"v": VICTIM, b"e": ENCODED}
    return header % values + b"To: b@example.vn\r\nSubject: x\r\nMIME-Version: 1.0\r\n\r\nKinh gui.\r\n"


def judged(rules, mail: bytes, *, reverse_path: str, recipient: str, login: str | None = None) -> Disposition:
    evidence = Evidence(
        now=datetime(2026, 11, 24, 3, tzinfo=UTC),
        session=Session(front_end=FrontEnd.SUBMISSION if login else FrontEnd.RELAY, auth_user=login),
        envelope=Envelope(reverse_path=reverse_path, forward_paths=(recipient,)),
        message=parse(mail),
        documents=(Document(part="1", format="text", runs=(Run(text="Kinh gui."),)),),
    )
    return evaluate(evidence, rules).disposition


@pytest.mark.parametrize("case", HEADERS)
def test_a_trick_in_the_header_is_refused_whatever_the_envelope_names(rules, case):
    mail = content(HEADERS[case])
    for recipient in (OFFICE, OUTSIDE):
        for reverse_path in (VICTIM.decode(), THIEF.decode(), ""):
            assert judged(rules, mail, reverse_path=reverse_path, recipient=recipient) is Disposition.REJECT


@pytest.mark.parametrize("case", [*HEADERS, "another's address"])
def test_a_user_of_the_service_cannot_use_it_either(rules, case):
    mail = content(HEADERS.get(case, b"From: <%(v)s>\r\n")).replace(THIEF, b"ke.binhtan@tphcm.gov.vn")
    login = "ke.binhtan@tphcm.gov.vn"
    assert judged(rules, mail, reverse_path=login, recipient=OUTSIDE, login=login) is Disposition.REJECT


def test_the_same_mails_without_a_trick_pass(rules):
    mail = content(b"From: An <%(v)s>\r\n")
    for recipient in (OFFICE, OUTSIDE):
        assert judged(rules, mail, reverse_path=VICTIM.decode(), recipient=recipient) < Disposition.HOLD
    login = VICTIM.decode()
    assert judged(rules, mail, reverse_path=login, recipient=OUTSIDE, login=login) < Disposition.HOLD


@pytest.mark.parametrize("path", PATHS.values(), ids=list(PATHS))
def test_a_trick_in_the_envelope_is_refused_at_rcpt_of_the_office(rules, path):
    evidence = Evidence(
        now=datetime(2026, 11, 24, 3, tzinfo=UTC),
        session=Session(front_end=FrontEnd.RELAY),
        envelope=Envelope(reverse_path=path, forward_paths=(OFFICE,)),
    )
    assert evaluate_recipient(evidence, rules).disposition is Disposition.REJECT


@pytest.mark.parametrize("path", [*PATHS.values(), "(any@tphcm.gov.vn", ""], ids=[*PATHS, "A2 a bracket", "A2 null"])
def test_no_envelope_proves_the_domain_of_the_victim(server, path):
    """The thief's server and all domains of the thief say yes to everything."""
    yes = [("TXT", "v=spf1 +all")]
    zone = dict.fromkeys(("evil.com", "a.evil.com", "any.evil.com", "any.com", "helo.evil.com"), yes)
    zone |= {"_dmarc.tphcm.gov.vn": [("TXT", "v=DMARC1; p=reject")], "tphcm.gov.vn": [("TXT", "v=spf1 -all")]}
    session = Session(front_end=FrontEnd.RELAY, client_address="192.0.2.66", helo="helo.evil.com")
    mail = content(b"From: <%(v)s>\r\n")
    envelope = Envelope(reverse_path=path, forward_paths=(OUTSIDE,))
    assert_unproven(asyncio.run(authenticate(mail, session, envelope, server.resolver(zone))))


@pytest.mark.parametrize("case", DOMAINS)
def test_no_signature_of_the_thief_proves_the_domain_of_the_victim(server, case):
    thief = Signer("evil.com", "s", RSA)
    mail = content(b"From: <%(v)s>\r\n")
    domain, selector = DOMAINS[case]
    signature = thief.sign(mail, datetime.now(UTC))
    forged = signature.replace(b"d=evil.com", b"d=" + domain).replace(b"s=s;", b"s=" + selector + b";")
    assert forged != signature
    record = [("TXT", thief.record())]
    zone = {"s._domainkey.evil.com": record, "s._domainkey.a.evil.com": record, "s._domainkey.tphcm.gov.vn(.evil.com": record,
            "_dmarc.tphcm.gov.vn": [("TXT", "v=DMARC1; p=reject")]}  # fmt: skip
    session = Session(front_end=FrontEnd.RELAY, client_address="192.0.2.66", helo="helo.evil.com")
    envelope = Envelope(reverse_path="any@evil.com", forward_paths=(OUTSIDE,))
    assert_unproven(asyncio.run(authenticate(forged + mail, session, envelope, server.resolver(zone))))


def assert_unproven(found):
    passed = {(one.method, one.domain) for one in found.results if one.result == "pass"}
    assert not {domain for _, domain in passed if domain and "tphcm" in domain}
    assert "dmarc" not in {method for method, _ in passed}
    written = build("gw.example", found)
    assert b"\0" not in written
    assert written.count(b"\r\n") == written.count(b"\r\n\t") + written.count(b"\r\n ") + 1, "one field"
