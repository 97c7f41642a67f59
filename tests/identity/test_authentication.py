"""DKIM, ARC, SPF and DMARC against a DNS server on loopback: what proves, what does not, what could not be told."""

import asyncio
from datetime import UTC, datetime

import pytest

from gateway.commands.dkim import check, keygen
from gateway.errors import UserError
from gateway.identity import results_header
from gateway.identity.authentication import authenticate
from gateway.identity.dkim_sign import Signer, load_signer, new_key, pem, public_key, sign_all
from gateway.identity.dkim_verify import verify_dkim
from gateway.identity.dmarc_walk import organisation, walk
from gateway.identity.resolver import Resolver
from gateway.mime import parse
from gateway.model import AuthenticationResults, AuthResult, Envelope, FrontEnd, Session
from gateway.pipeline.outgoing import Outgoing

NOW = datetime(2026, 11, 24, tzinfo=UTC)
MAIL = (
    b"From: =?utf-8?Q?Nguy=E1=BB=85n?=\r\n  A <a@tphcm.gov.vn>\r\nTo: b@example.vn\r\nSubject:   Hai\r\n\tdong  \r\n"
    b"Date: Tue, 24 Nov 2026 10:00:00 +0700\r\n\r\nNoi dung \t x\r\n\r\n\r\n"
)
RSA, ED = new_key("rsa-sha256"), new_key("ed25519-sha256")


@pytest.fixture(params=[RSA, ED], ids=["rsa", "ed25519"])
def signer(request):
    return Signer("tphcm.gov.vn", "s1", request.param)


def zone_of(signer: Signer, **more: list) -> dict:
    return {f"{signer.selector}._domainkey.{signer.domain}": [("TXT", signer.record())], **more}


def signed(signer: Signer, mail: bytes = MAIL) -> bytes:
    return signer.sign(mail, datetime.now(UTC)) + mail


def verify(server, content: bytes, zone: dict) -> list[str]:
    return [result.result for result in verify_dkim(content, server.resolver(zone).start())]


def test_our_signature_verifies(server, signer):
    assert verify(server, signed(signer), zone_of(signer)) == ["pass"]


@pytest.mark.parametrize("body", [b"", b"\r\n", b"x", b"x\r\n", b"\r\n\r\nx\r\n\r\n", b"x " * 50_000])
def test_a_signature_over_any_body_verifies(server, signer, body):
    mail = b"From: a@tphcm.gov.vn\r\n\r\n" + body
    assert verify(server, signed(signer, mail), zone_of(signer)) == ["pass"]


@pytest.mark.parametrize(
    ("change", "result"),
    [
        (lambda mail: mail + b"more\r\n", "fail"),
        (lambda mail: mail.replace(b"Noi dung", b"Noi dunG"), "fail"),
        (lambda mail: mail.replace(b"Hai", b"Ba"), "fail"),
        (lambda mail: b"Subject: another\r\n" + mail, "fail"),
        (lambda mail: b"From: x@evil.com\r\n" + mail, "fail"),
        (lambda mail: b"Content-Type: text/html\r\n" + mail, "fail"),
        (lambda mail: b"X-Other: y\r\n" + mail, "pass"),
        (lambda mail: mail.replace(b"Subject:   Hai", b"subject: Hai"), "pass"),
    ],
)
def test_what_is_read_is_protected(server, signer, change, result):
    assert verify(server, change(signed(signer)), zone_of(signer)) == [result]


@pytest.mark.parametrize(
    ("records", "result"),
    [
        ([], "permerror"),
        ([("TXT", "v=DKIM1; p=")], "permerror"),
        ([("TXT", "v=DKIM1; p=!!!")], "fail"),
        ([("TXT", "nonsense")], "permerror"),
        ([("TXT", f"v=DKIM1; p={public_key(new_key('rsa-sha256'))}")], "fail"),
        ([("SERVFAIL", None)], "temperror"),
        ([("TIMEOUT", None)], "temperror"),
    ],
)
def test_a_key_that_is_not_there_proves_nothing(server, records, result):
    signer = Signer("tphcm.gov.vn", "s1", RSA)
    (found,) = verify(server, signed(signer), {"s1._domainkey.tphcm.gov.vn": records, "tphcm.gov.vn": []})
    assert found == result or {found, result} == {"fail", "permerror"}


def test_a_signature_over_part_of_the_body_never_passes(server):
    import dkim
    from cryptography.hazmat.primitives import serialization

    key = RSA.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    field = dkim.sign(MAIL, b"s1", b"tphcm.gov.vn", key, length=True)
    zone = zone_of(Signer("tphcm.gov.vn", "s1", RSA))
    assert verify(server, field + MAIL, zone) == ["policy"]
    assert verify(server, dkim.sign(MAIL, b"s1", b"tphcm.gov.vn", key) + MAIL, zone) == ["pass"]
    old = dkim.sign(MAIL, b"s1", b"tphcm.gov.vn", key, signature_algorithm=b"rsa-sha1")
    assert verify(server, old + MAIL, zone) in (["policy"], ["permerror"])


def test_a_hundred_signatures_cost_no_more_than_five(server, signer):
    content = signer.sign(MAIL, NOW) * 100 + MAIL
    assert len(verify(server, content, zone_of(signer))) == 5


@pytest.mark.parametrize(
    "field",
    [b"DKIM-Signature: \r\n", b"DKIM-Signature: v=1\r\n", b"DKIM-Signature: " + b"a=b;" * 500 + b"\r\n",
     b"DKIM-Signature: v=1; a=rsa-sha256; d=x.vn; s=\xff; h=from; bh=QQ==; b=QQ==\r\n",
     b"DKIM-Signature: v=1; a=rsa-sha256; d=..; s=a; h=from; bh=QQ==; b=QQ==\r\n"],
)  # fmt: skip
def test_a_malformed_signature_is_permerror(server, field):
    assert verify(server, field + MAIL, {})[0] in {"permerror", "fail"}


def test_a_mail_with_the_authors_signature_is_not_signed_again(signer):
    passed = AuthenticationResults((AuthResult(method="dkim", result="pass", domain="tphcm.gov.vn"),))
    failed = AuthenticationResults((AuthResult(method="dkim", result="fail", domain="tphcm.gov.vn"),))
    arguments = {"author_domain": "tphcm.gov.vn", "at": NOW}
    assert sign_all(MAIL, [signer], already=passed, **arguments) == b""
    assert sign_all(MAIL, [signer], already=failed, **arguments).startswith(b"DKIM-Signature:")
    assert sign_all(MAIL, [signer], already=passed, again=True, **arguments)
    assert sign_all(MAIL, [signer], author_domain="other.vn", at=NOW) == b""


@pytest.mark.slow
def test_keys_are_made_checked_and_never_shown(server, tmp_path):
    path = tmp_path / "key.pem"
    made = keygen("tphcm.gov.vn", "s1", path)
    assert made.exit_code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert "PRIVATE" not in made.text
    for selector, other in (("tphcm.gov.vn", path), ("bad name", tmp_path / "other.pem")):
        with pytest.raises(UserError):
            keygen(selector, "s1", other)
    assert not (tmp_path / "other.pem").exists()
    signer = load_signer("tphcm.gov.vn", "s1", path)
    assert "PRIVATE" not in repr(signer)
    assert "RSAPrivateKey" not in repr(signer)
    name = "s1._domainkey.tphcm.gov.vn"
    for records, code in (
        ([("TXT", signer.record())], 0), ([], 1), ([("TXT", "v=DKIM1; p=QQ==")], 1), ([("TXT", signer.record()), ("TXT", "v=DKIM1; p=QQ==")], 1),
    ):  # fmt: skip
        assert check("tphcm.gov.vn", "s1", path, server.resolver({name: records})).exit_code == code
    with pytest.raises(UserError, match="no answer"):
        check("tphcm.gov.vn", "s1", path, server.resolver({name: [("SERVFAIL", None)]}))
    path.chmod(0o644)
    with pytest.raises(UserError, match="chmod"):
        check("tphcm.gov.vn", "s1", path, server.resolver())
    path.write_bytes(pem(RSA)[:100])
    path.chmod(0o600)
    with pytest.raises(UserError):
        check("tphcm.gov.vn", "s1", path, server.resolver())


SESSION = Session(front_end=FrontEnd.RELAY, client_address="192.0.2.1", helo="mx.tphcm.gov.vn")


def results(
    server, content: bytes, zone: dict, *, reverse_path: str = "a@tphcm.gov.vn", session: Session = SESSION
) -> dict:
    found = asyncio.run(authenticate(content, session, Envelope(reverse_path=reverse_path), server.resolver(zone)))
    return {one.method: (one.result, one.domain) for one in found.results}


REJECT = {"_dmarc.tphcm.gov.vn": [("TXT", "v=DMARC1; p=reject")]}
SPF = {"tphcm.gov.vn": [("TXT", "v=spf1 ip4:192.0.2.1 -all")]}


@pytest.mark.parametrize(
    ("zone", "reverse_path", "expected"),
    [
        ({}, "a@tphcm.gov.vn", {"spf": "none", "dmarc": "none"}),
        (SPF, "a@tphcm.gov.vn", {"spf": "pass", "dmarc": "none"}),
        (SPF | REJECT, "a@tphcm.gov.vn", {"spf": "pass", "dmarc": "pass"}),
        (REJECT, "a@tphcm.gov.vn", {"spf": "none", "dmarc": "fail"}),
        (SPF | REJECT, "a@evil.com", {"spf": "none", "dmarc": "fail"}),
        ({"evil.com": [("TXT", "v=spf1 +all")]} | REJECT, "a@evil.com", {"spf": "pass", "dmarc": "fail"}),
        ({"tphcm.gov.vn": [("TXT", "v=spf1 -all")]} | REJECT, "a@tphcm.gov.vn", {"spf": "fail", "dmarc": "fail"}),
        ({"mx.tphcm.gov.vn": [("TXT", "v=spf1 ip4:192.0.2.1 -all")]} | REJECT, "", {"spf": "pass", "dmarc": "pass"}),
        ({"tphcm.gov.vn": [("TXT", "v=spf1 oops")]} | REJECT, "a@tphcm.gov.vn", {"spf": "permerror", "dmarc": "fail"}),
        ({"_dmarc.tphcm.gov.vn": [("TXT", "v=DMARC1; nonsense")]}, "a@tphcm.gov.vn", {"dmarc": "permerror"}),
        ({"_dmarc.tphcm.gov.vn": [("SERVFAIL", None)]} | SPF, "a@tphcm.gov.vn", {"dmarc": "temperror"}),
        (
            {"tphcm.gov.vn": [("SERVFAIL", "TXT")]} | REJECT,
            "a@tphcm.gov.vn",
            {"spf": "temperror", "dmarc": "temperror"},
        ),
        ({"tphcm.gov.vn": [("TIMEOUT", "TXT")]} | REJECT, "a@tphcm.gov.vn", {"spf": "temperror", "dmarc": "temperror"}),
    ],
)
def test_spf_and_dmarc(server, zone, reverse_path, expected):
    found = results(server, MAIL, zone, reverse_path=reverse_path)
    assert {method: found[method][0] for method in expected} == expected
    assert found["dmarc"][1] == "tphcm.gov.vn"


def test_a_domain_with_vietnamese_letters_is_asked_for_and_aligned_as_the_dns_knows_it(server):
    zone = {
        "xn--vitnam-jk8b.vn": [("TXT", "v=spf1 ip4:192.0.2.1 -all")],
        "_dmarc.xn--vitnam-jk8b.vn": [("TXT", "v=DMARC1; p=reject; aspf=s")],
    }
    mail = MAIL.replace(b"a@tphcm.gov.vn", "a@việtnam.vn".encode())
    found = results(server, mail, zone, reverse_path="a@Việtnam.vn")
    assert (found["spf"], found["dmarc"]) == (("pass", "xn--vitnam-jk8b.vn"), ("pass", "xn--vitnam-jk8b.vn"))


def test_an_aligned_signature_is_dmarc_pass(server, signer):
    found = results(server, signed(signer), zone_of(signer) | REJECT)
    assert (found["dkim"], found["dmarc"]) == (("pass", "tphcm.gov.vn"), ("pass", "tphcm.gov.vn"))


def test_a_foreign_signature_is_not_aligned(server):
    other = Signer("evil.com", "s1", RSA)
    found = results(server, signed(other), zone_of(other) | REJECT)
    assert (found["dkim"], found["dmarc"][0]) == (("pass", "evil.com"), "fail")


@pytest.mark.parametrize(
    ("record", "domain", "result"),
    [
        ("v=DMARC1; p=reject", "mail.tphcm.gov.vn", "pass"),
        ("v=DMARC1; p=reject; adkim=s", "mail.tphcm.gov.vn", "fail"),
        ("v=DMARC1; p=reject", "hanoi.gov.vn", "fail"),
    ],
)
def test_alignment_follows_the_organisational_domain(server, record, domain, result):
    signer = Signer(domain, "s1", RSA)
    found = results(server, signed(signer), zone_of(signer) | {"_dmarc.tphcm.gov.vn": [("TXT", record)]})
    assert found["dmarc"][0] == result


def test_two_authors_have_no_dmarc(server):
    assert results(server, MAIL.replace(b"From:", b"From: x@evil.com,"), REJECT)["dmarc"] == ("permerror", None)


@pytest.mark.parametrize(
    ("zone", "domain", "expected"),
    [
        ({}, "a.b.gov.vn", "a.b.gov.vn"),
        ({"_dmarc.b.gov.vn": [("TXT", "v=DMARC1; p=none")]}, "a.b.gov.vn", "b.gov.vn"),
        ({"_dmarc.tinh.vn": [("TXT", "v=DMARC1; p=none; psd=y")]}, "x.a.b.tinh.vn", "b.tinh.vn"),
        ({"_dmarc.gov.vn": [("TXT", "v=DMARC1; p=none")]}, "a.b.gov.vn", "a.b.gov.vn"),
        ({"_dmarc.a.b.gov.vn": [("TXT", "v=DMARC1; p=none; psd=n")], "_dmarc.b.gov.vn": [("TXT", "v=DMARC1; p=none")]},
         "x.a.b.gov.vn", "a.b.gov.vn"),
    ],
)  # fmt: skip
def test_the_organisational_domain_is_found_by_asking_upwards(server, zone, domain, expected):
    lookups = server.resolver(zone).start()
    assert organisation(domain, walk(domain, lookups)) == expected


def test_answers_are_cached_and_the_deadline_holds(server):
    resolver = server.resolver(SPF | REJECT)
    before = len(server.asked)
    for _ in range(2):
        asyncio.run(authenticate(MAIL, SESSION, Envelope(reverse_path="a@tphcm.gov.vn"), resolver))
    assert len(server.asked) - before == 2
    slow = server.resolver(timeout_s=30, zone={f"x{n}.tphcm.gov.vn": [("TIMEOUT", None)] for n in range(50)} | {
        "tphcm.gov.vn": [("TXT", "v=spf1 " + " ".join(f"include:x{n}.tphcm.gov.vn" for n in range(9)))]})  # fmt: skip
    questions = len(server.asked)
    found = asyncio.run(authenticate(MAIL, SESSION, Envelope(reverse_path="a@tphcm.gov.vn"), slow, budget_s=0.5))
    assert len(server.asked) - questions < 9, "the budget ends the wait for the first silent name"
    assert "pass" not in {one.result for one in found.results}


def test_a_resolver_that_is_not_there_gives_temperror_and_never_pass(signer):
    resolver = Resolver(["127.0.0.1"], port=1, timeout_s=0.1, lifetime_s=0.1)
    found = asyncio.run(authenticate(signed(signer), SESSION, Envelope(reverse_path="a@tphcm.gov.vn"), resolver))
    assert {one.method: one.result for one in found.results} == {
        "dkim": "temperror",
        "spf": "temperror",
        "dmarc": "temperror",
    }


async def test_the_event_loop_is_not_held_up(server):
    turns = 0
    task = asyncio.create_task(
        authenticate(MAIL + b"x\r\n" * 500_000, SESSION, Envelope(reverse_path="a@tphcm.gov.vn"),
                     server.resolver({"tphcm.gov.vn": [("TIMEOUT", None)]}, timeout_s=1.0))
    )  # fmt: skip
    while not task.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 2


def test_the_field_of_rfc_8601_is_written_in_lines_that_fit():
    found = AuthenticationResults(
        (
            AuthResult(method="dkim", result="pass", domain="tphcm.gov.vn"),
            AuthResult(method="spf", result="softfail", domain="x.vn"),
            AuthResult(method="dmarc", result="pass", domain="tphcm.gov.vn"),
        )
    )
    raw = results_header.build("gw.tphcm.gov.vn", found)
    assert raw.endswith(b"\r\n")
    assert all(len(line) < 78 for line in raw.split(b"\r\n"))
    (field,) = parse(raw + b"\r\n").fields
    assert results_header.is_own(field, "GW.tphcm.gov.vn")
    assert not results_header.is_own(field, "other.vn")
    assert field.value.replace("\t", " ").split("; ") == [
        "gw.tphcm.gov.vn", "dkim=pass header.d=tphcm.gov.vn", "spf=softfail smtp.mailfrom=x.vn", "dmarc=pass header.from=tphcm.gov.vn",
    ]  # fmt: skip
    assert b"none" in results_header.build("gw.vn", AuthenticationResults())


def test_nothing_of_a_hostile_domain_reaches_the_field():
    found = AuthenticationResults((AuthResult(method="spf", result="none", domain="x.vn\r\nBcc: evil@x; dmarc=pass"),))
    assert results_header.build("gw.vn", found) == b"Authentication-Results: gw.vn;\r\n\tspf=none\r\n"
    with pytest.raises(ValueError, match="host name"):
        results_header.build("gw.vn\r\nX: y", found)


@pytest.mark.parametrize(
    ("value", "own"),
    [
        ("gw.vn; dmarc=pass", True), ("GW.vn ; none", True), ("gw.vn. 1; none", True), ("gw.vn\t1; none", True), ("gw.vn/1; none", True), ("gw.vn", True),
        ('"gw.vn"; dmarc=pass', True), ('"g\\w.vn"; dmarc=pass', True), ("(x) gw.vn; none", True), ("(a(b)c)gw.vn(x); none", True),
        ("(\\)) gw.vn; none", True), ("(\\() gw.vn; none", True), ("gw.vn(x); none", True),
        ("mx.vn; gw.vn", False), ("xgw.vn; none", False), ("gw.vn.evil.com; none", False), ("mx.vn (gw.vn); none", False), ("", False),
    ],
)  # fmt: skip
def test_a_forged_field_of_ours_is_known_however_it_is_written(value, own):
    (field,) = parse(f"Authentication-Results: {value}\r\n\r\n".encode()).fields
    assert results_header.is_own(field, "gw.vn") is own


def test_of_equal_forged_fields_each_is_taken_out():
    ours, theirs = (f"Authentication-Results: {name}; dkim=pass\r\n" for name in ("gw.vn", "mx.vn"))
    message = parse(f"{ours}{theirs}{ours}\r\n".encode())
    taken = Outgoing(hostname="gw.vn", authserv_id="gw.vn").forged(message)
    assert taken == (("Authentication-Results", 1), ("Authentication-Results", 3))
