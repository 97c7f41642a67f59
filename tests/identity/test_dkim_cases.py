"""DKIM by the sentences of RFC 6376, RFC 8301 and RFC 8463: signatures written by hand, keys in a zone on loopback.

Each case changes one tag of a sound signature, its key record, or the mail behind it. Our own signer is not used.
"""

import base64
import hashlib
import re

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from gateway.identity.dkim_sign import public_key
from gateway.identity.dkim_verify import verify_dkim
from tests.support.cases import slow

RSA = rsa.generate_private_key(65537, 2048)
ED = ed25519.Ed25519PrivateKey.generate()
MAIL = (
    b"From: An <an.binhtan@tphcm.gov.vn>\r\nTo: b@example.vn\r\nSubject:  Bao  cao\r\n\ttuan\r\n"
    b"Date: Tue, 24 Nov 2026 10:00:00 +0700\r\nMIME-Version: 1.0\r\n\r\nKinh gui  \r\n x\ty \r\n\r\n\r\n"
)
PAST, FUTURE = "1700000000", "4000000000"
SOUND = {
    "v": "1", "a": "rsa-sha256", "c": "relaxed/relaxed", "d": "tphcm.gov.vn", "s": "s", "t": PAST,
    "h": "from:to:subject:date:mime-version:from",
}  # fmt: skip


def header_form(name: bytes, body: bytes, canon: str) -> bytes:
    if canon == "simple":
        return name + b":" + body
    return name.lower().strip() + b":" + re.sub(rb"[ \t]+", b" ", re.sub(rb"\r\n(?=[ \t])", b"", body)).strip()


def body_form(body: bytes, canon: str) -> bytes:
    if canon == "relaxed":
        body = re.sub(rb"[ \t]+(?=\r\n)", b"", re.sub(rb"[ \t]+", b" ", body))
    body = re.sub(rb"(\r\n)*\Z", b"", body)
    return body + b"\r\n" if body or canon == "simple" else body


def signature(mail: bytes, key=RSA, **changes: str | None) -> bytes:
    """The mail under a signature whose tags are the sound ones with changes; None leaves a tag out."""
    tags = {name: value for name, value in {**SOUND, **changes}.items() if value is not None}
    head, _, body = mail.partition(b"\r\n\r\n")
    canons = tags.get("c", "simple").split("/")
    header_canon, body_canon = canons[0], canons[1] if len(canons) > 1 else "simple"
    digest = hashlib.sha1 if tags.get("a", "").endswith("sha1") else hashlib.sha256
    shown = body_form(body, body_canon)[: int(tags["l"]) if tags.get("l", "").isdigit() else None]
    tags.setdefault("bh", base64.b64encode(digest(shown).digest()).decode())
    field = b" " + "; ".join(f"{name}={value}" for name, value in tags.items()).encode() + b"; b="
    fields = [one.partition(b":") for one in re.split(rb"\r\n(?![ \t])", head)]
    signed = b""
    for wanted in tags.get("h", "").split(":"):
        found = next(
            (one for one in reversed(fields) if one[0].strip().lower() == wanted.strip().lower().encode()), None
        )
        if found is not None:
            fields.remove(found)
            signed += header_form(found[0], found[2], header_canon) + b"\r\n"
    signed += header_form(b"DKIM-Signature", field, header_canon)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        raw = key.sign(hashlib.sha256(signed).digest())
    else:
        raw = key.sign(signed, padding.PKCS1v15(), hashes.SHA1() if digest is hashlib.sha1 else hashes.SHA256())
    return b"DKIM-Signature:" + field + base64.b64encode(raw) + b"\r\n" + mail


def record(key=RSA, **tags: str) -> str:
    return "; ".join(f"{name}={value}" for name, value in {"v": "DKIM1", **tags, "p": public_key(key)}.items())


def verified(server, mail: bytes, *records: str, name: str = "s._domainkey.tphcm.gov.vn") -> list[str]:
    zone = {name: [("TXT", one) for one in records or (record(),)]}
    return [one.result for one in verify_dkim(mail, server.resolver(zone).start())]


PASS = ["pass"]
TAGS = {
    "sound": ({}, PASS),
    "simple/simple": ({"c": "simple/simple"}, PASS),
    "simple/relaxed": ({"c": "simple/relaxed"}, PASS),
    "relaxed/simple": ({"c": "relaxed/simple"}, PASS),
    "relaxed alone": ({"c": "relaxed"}, PASS),
    "no canonicalization named": ({"c": None}, PASS),
    "unknown canonicalization": ({"c": "nofws/simple"}, ["permerror"]),
    "another version": ({"v": "2"}, ["permerror"]),
    "no version": ({"v": None}, ["permerror"]),
    "unknown algorithm": ({"a": "rsa-md5"}, ["permerror"]),
    "SHA-1": ({"a": "rsa-sha1"}, ["policy", "permerror"]),
    "no domain": ({"d": None}, ["permerror"]),
    "no selector": ({"s": None}, ["permerror"]),
    "no body hash": ({"bh": ""}, ["permerror", "fail"]),
    "wrong body hash": ({"bh": base64.b64encode(bytes(32)).decode()}, ["fail"]),
    "From not signed": ({"h": "to:subject:date"}, ["permerror"]),
    "nothing signed": ({"h": ""}, ["permerror"]),
    "only From signed": ({"h": "from"}, PASS),
    "From in capitals and blanks": ({"h": "To : FROM : Subject"}, PASS),
    "fields that are not there": ({"h": "from:reply-to:cc:from"}, PASS),
    "expired": ({"x": "1700000001"}, ["permerror", "fail"]),
    "not yet expired": ({"x": FUTURE}, PASS),
    "expires before it was made": ({"t": PAST, "x": "1600000000"}, ["permerror", "fail"]),
    "made in the future": ({"t": FUTURE}, ["permerror", "fail"]),
    "a time that is no number": ({"t": "soon"}, ["permerror"]),
    "only ten octets of the body": ({"l": "10"}, ["policy"]),
    "no octet of the body": ({"l": "0"}, ["policy"]),
    "more octets than the body has": ({"l": "99999"}, ["permerror", "fail", "policy"]),
    "identity below the domain": ({"i": "an@mail.tphcm.gov.vn"}, PASS),
    "identity of another domain": ({"i": "an@evil.com"}, ["permerror"]),
    "identity that ends alike": ({"i": "an@xtphcm.gov.vn"}, ["permerror"]),
    "identity above the domain": ({"i": "an@gov.vn"}, ["permerror"]),
    "keys by another way": ({"q": "http/well-known"}, ["permerror"]),
    "keys by DNS": ({"q": "dns/txt"}, PASS),
    "unknown tags": ({"zz": "1", "r": "y"}, PASS),
    "copied fields": ({"z": "From:a@b|To:c@d"}, PASS),
}


@pytest.mark.parametrize("case", TAGS)
def test_a_tag_of_the_signature(server, case):
    changes, allowed = TAGS[case]
    (found,) = verified(server, signature(MAIL, **changes))
    assert found in allowed


RECORDS = {
    "without version": ([f"k=rsa; p={public_key(RSA)}"], PASS),
    "version not first": ([f"k=rsa; v=DKIM1; p={public_key(RSA)}"], ["permerror"]),
    "another version": ([record().replace("DKIM1", "DKIM2")], ["permerror"]),
    "withdrawn": (["v=DKIM1; p="], ["permerror"]),
    "another kind of key": ([record(k="ed25519")], ["permerror", "fail"]),
    "unknown kind of key": ([record(k="dsa")], ["permerror"]),
    "another hash only": ([record(h="sha1")], ["permerror"]),
    "this hash among others": ([record(h="sha1:sha256")], PASS),
    "another service only": ([record(s="tlsrpt")], ["permerror"]),
    "mail among the services": ([record(s="other:email")], PASS),
    "every service": ([record(s="*")], PASS),
    "notes and unknown tags": ([record(n="x", zz="1")], PASS),
    "blanks within the key": ([record().replace("MIIB", "MI IB\t")], PASS),
    "another key": ([record(rsa.generate_private_key(65537, 2048))], ["fail"]),
    "beside records that are no keys": (["v=spf1 -all", record()], PASS),
}


@pytest.mark.parametrize("case", RECORDS)
def test_a_tag_of_the_key_record(server, case):
    records, allowed = RECORDS[case]
    (found,) = verified(server, signature(MAIL), *records)
    assert found in allowed


@pytest.mark.parametrize(("bits", "allowed"), [(1024, PASS), (2048, PASS), slow(4096, PASS)])
def test_keys_of_these_lengths_prove(server, bits, allowed):
    key = rsa.generate_private_key(65537, bits)
    (found,) = verified(server, signature(MAIL, key), record(key))
    assert found in allowed


def test_ed25519_signs_the_digest(server):
    mail = signature(MAIL, ED, a="ed25519-sha256")
    assert verified(server, mail, record(ED, k="ed25519")) == PASS
    assert verified(server, mail.replace(b"tuan", b"TUAN"), record(ED, k="ed25519")) == ["fail"]
    assert verified(server, mail, record(RSA))[0] in {"permerror", "fail"}


def test_a_key_may_forbid_its_use_below_the_domain(server):
    below = signature(MAIL, i="an@mail.tphcm.gov.vn")
    assert verified(server, below, record(t="s")) == ["policy"]
    assert verified(server, signature(MAIL, i="an@tphcm.gov.vn"), record(t="y:s")) == PASS


CHANGES = {
    "another field above": (lambda mail: b"X-Note: 1\r\n" + mail, "relaxed/relaxed", PASS),
    "a second Subject above, signed once": (lambda mail: b"Subject: other\r\n" + mail, "relaxed/relaxed", PASS),
    "a second From above, signed once more": (lambda mail: b"From: x@evil.com\r\n" + mail, "relaxed/relaxed", ["fail"]),
    "names in other capitals": (lambda mail: mail.replace(b"\r\nTo:", b"\r\nTO:"), "relaxed/relaxed", PASS),
    "names in other capitals, simple": (lambda mail: mail.replace(b"\r\nTo:", b"\r\nTO:"), "simple/simple", ["fail"]),
    "a field folded anew": (lambda mail: mail.replace(b"An <an", b"An\r\n  <an"), "relaxed/relaxed", PASS),
    "a field folded anew, simple": (lambda mail: mail.replace(b"An <an", b"An\r\n  <an"), "simple/simple", ["fail"]),
    "blanks in the body": (lambda mail: mail.replace(b"Kinh gui  \r\n x\ty", b"Kinh \t gui\r\n x y"), "relaxed/relaxed", PASS),
    "blanks in the body, simple": (lambda mail: mail.replace(b"x\ty", b"x y"), "relaxed/simple", ["fail"]),
    "a blank where none was": (lambda mail: mail.replace(b"Kinh", b"Ki nh"), "relaxed/relaxed", ["fail"]),
    "empty lines at the end": (lambda mail: mail + b"\r\n\r\n", "simple/simple", PASS),
    "no empty lines at the end": (lambda mail: mail.rstrip(b"\r\n") + b"\r\n", "relaxed/relaxed", PASS),
    "an empty line in the middle": (lambda mail: mail.replace(b" x\t", b"\r\n x\t"), "relaxed/relaxed", ["fail"]),
    "a word behind the end": (lambda mail: mail + b"x\r\n", "relaxed/relaxed", ["fail"]),
    "a field taken away": (lambda mail: mail.replace(b"To: b@example.vn\r\n", b""), "relaxed/relaxed", ["fail"]),
    "fields in another order": (
        lambda mail: mail.replace(b"To: b@example.vn\r\n", b"").replace(b"MIME-V", b"To: b@example.vn\r\nMIME-V"),
        "relaxed/relaxed",
        PASS,
    ),
    "a tag of the signature changed": (lambda mail: mail.replace(b"d=tphcm.gov.vn", b"d=TPHCM.gov.vn"), "relaxed/relaxed", ["fail"]),
    "the signature cut": (lambda mail: re.sub(rb"; b=.{20}", b"; b=", mail, count=1), "relaxed/relaxed", ["permerror", "fail"]),
    "the signature folded": (lambda mail: re.sub(rb"(; b=.{40})", rb"\1\r\n\t ", mail, count=1), "relaxed/relaxed", PASS),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGES)
def test_a_change_behind_the_signature(server, case):
    change, canon, allowed = CHANGES[case]
    mail = change(signature(MAIL, c=canon))
    assert mail != signature(MAIL, c=canon)
    (found,) = verified(server, mail)
    assert found in allowed


def test_each_of_several_signatures_has_its_own_result(server):
    stale = signature(MAIL, x="1700000001")
    both = signature(MAIL)[: -len(MAIL)] + stale
    first, second = verified(server, both)
    assert first == "pass"
    assert second != "pass"
    assert verified(server, stale[: -len(MAIL)] + signature(MAIL))[1] == "pass"


@pytest.mark.parametrize("tag", ["d=evil.com; ", "h=to; ", "bh=QQ==; ", "l=1; "])
def test_a_repeated_tag_spoils_the_signature(server, tag):
    mail = signature(MAIL).replace(b"DKIM-Signature: ", b"DKIM-Signature: " + tag.encode())
    assert "pass" not in verified(server, mail)
    twice = signature(MAIL).replace(b"d=tphcm.gov.vn", b"d=tphcm.gov.vn; d=tphcm.gov.vn")
    assert "pass" not in verified(server, twice)
