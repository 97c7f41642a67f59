"""Sets of header fields that try to show another author than the one who is checked, and the honest ones beside them.

`TRICKS` hold fields that two readers read differently, so they are refused whoever sends them. `NAMES` are fields in
which a thief or a colleague writes the victim's name, or the victim's mail bears his: they are refused where the login
or the reverse-path is not the victim's. `HONEST` are what clients of the victim write.
"""

import pytest

from gateway.mime import parse
from gateway.model import Disposition
from tests.identity.test_espoofer import OFFICE, OUTSIDE, judged, rules

__all__ = ["rules"]

VICTIM, THIEF, COLLEAGUE = "an.binhtan@tphcm.gov.vn", "x@evil.com", "ke.binhtan@tphcm.gov.vn"
V, T = VICTIM.encode(), THIEF.encode()
TAIL = b"To: b@example.vn\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nKinh gui.\r\n"

TRICKS = {
    "two in other capitals": b"From: " + T + b"\r\nFROM: " + V,
    "the same twice": b"From: " + V + b"\r\nFrom: " + V,
    "a tab before the colon": b"From\t: " + V,
    "a no-break space in the name": b"From\xc2\xa0: " + T + b"\r\nFrom: " + V,
    "a Cyrillic letter in the name": "Frоm: ".encode() + T + b"\r\nFrom: " + V,
    "an invisible letter before the name": b"\xe2\x80\x8bFrom: " + T + b"\r\nFrom: " + V,
    "a NUL in the name": b"Fr\0om: " + T + b"\r\nFrom: " + V,
    "a lone CR": b"From: " + T + b"\rFrom: " + V,
    "a lone LF": b"From: " + T + b"\nFrom: " + V,
    "a vertical tab": b"From: " + T + b"\x0bFrom: " + V,
    "a form feed": b"From: " + T + b"\x0cFrom: " + V,
    "NEL": b"From: " + T + b"\xc2\x85From: " + V,
    "a line separator": b"From: " + T + b"\xe2\x80\xa8From: " + V,
    "an escape of ISO 2022": b"From: \x1b$B%F\x1b(B <" + V + b">",
    "UTF-16": b"From: \xff\xfeA\0 <" + V + b">",
    "a name of 40,000 letters": b"From: " + b"A" * 40_000 + b" <" + V + b">, " + T,
    "an address a thousand blanks away": b'From: "A"' + b" " * 900 + b"<" + V + b">" + b" " * 900 + b"," + T,
    "octets of no charset in the local part": b"From: <\xe0n.binhtan@tphcm.gov.vn>",
    "octets of no charset in the domain": b"From: <an.binhtan@tphc\xecm.gov.vn>",
    "a cut letter behind the domain": b"From: <" + V + b"\xc3>",
    "an overlong @": b"From: <an.binhtan\xc1\x80evil.com@tphcm.gov.vn>",
    "an overlong NUL": b"From: <" + V + b"\xc0\x80.evil.com>",
    "two Reply-To": b"From: " + V + b"\r\nReply-To: " + V + b"\r\nReply-To: " + T,
    "two Sender": b"From: " + V + b"\r\nSender: " + V + b"\r\nSender: " + T,
    "an encoded address in Reply-To": b"From: " + V + b"\r\nReply-To: =?utf-8?Q?x=40evil=2Ecom?=",
    "a comma in a name without quotation marks": b"From: Nguyen Van A, Phong Noi vu <" + V + b">",
    "a semicolon in a name without quotation marks": b"From: Phong Noi vu; UBND <" + V + b">",
    "a Resent-From with two readings": b"Resent-From: " + T + b" <" + V + b">\r\nFrom: " + V,
    "only X-From": b"X-From: " + V,
    "an empty From": b"From:\r\nSender: " + V,
}
NAMES = {
    "Sender of the thief": b"From: " + V + b"\r\nSender: " + T,
    "Sender of the victim": b"From: " + T + b"\r\nSender: " + V,
    "Sender of the victim first": b"Sender: " + V + b"\r\nFrom: " + T,
    "From only resent by the victim": b"From: " + T + b"\r\nResent-From: " + V,
    "the victim's mail that the thief resent": b"Resent-From: " + V + b"\r\nResent-Sender: " + T + b"\r\nFrom: " + T,
    "two in Sender": b"From: " + V + b"\r\nSender: " + V + b", " + T,
    "the original author elsewhere": b"From: " + T + b"\r\nX-Original-From: " + V + b"\r\nReply-To: " + V,
}  # fmt: skip
HONEST = {
    "folded before the value": b"From:\r\n " + V,
    "nine hundred folds": b"From:\r\n" + b" A\r\n" * 900 + b" <" + V + b">",
    "octets of Windows-1258 in the name": b"From: Nguy\xea\xfen <" + V + b">",
    "UTF-8 beside an encoded word": "From: =?utf-8?Q?A?=ễ <".encode() + V + b">",
    "an empty Reply-To": b"From: " + V + b"\r\nReply-To:",
    "an empty Sender": b"From: " + V + b"\r\nSender: ",
    "Sender and Reply-To of its own": b"From: " + V + b"\r\nSender: A <" + V + b">\r\nReply-To: <" + V + b">",
    "a receipt asked for": b"From: " + V + b"\r\nDisposition-Notification-To: " + V,
    "a comma in a quoted name": b'From: "Nguyen Van A, Phong Noi vu" <' + V + b">",
    "a comma in an encoded name": b"From: =?utf-8?Q?Nguy=E1=BB=85n_A=2C_Ph=C3=B2ng_N=E1=BB=99i_v=E1=BB=A5?= <"
    + V
    + b">",
    "a mail sent on": b"Resent-From: " + V + b"\r\nResent-To: b@example.vn\r\nFrom: " + V,
    "the mark of a mailbox file": b"From x@evil.com Tue Nov 24 10:00:00 2026\r\nFrom: " + V,
}


@pytest.mark.parametrize("case", TRICKS)
@pytest.mark.parametrize("recipient", [OFFICE, OUTSIDE])
def test_fields_with_two_readings_are_refused_even_from_the_victim(rules, case, recipient):
    mail = TRICKS[case] + b"\r\n" + TAIL
    assert judged(rules, mail, reverse_path=VICTIM, recipient=recipient) is Disposition.REJECT
    assert judged(rules, mail, reverse_path=VICTIM, recipient=recipient, login=VICTIM) is Disposition.REJECT


@pytest.mark.parametrize("case", NAMES)
def test_another_name_is_refused_from_a_colleague_and_to_the_office(rules, case):
    mail = NAMES[case] + b"\r\n" + TAIL
    for login in (COLLEAGUE, VICTIM):
        assert judged(rules, mail, reverse_path=login, recipient=OUTSIDE, login=login) is Disposition.REJECT
    for path in (THIEF, VICTIM, ""):
        assert judged(rules, mail, reverse_path=path, recipient=OFFICE) is Disposition.REJECT


@pytest.mark.parametrize("case", HONEST)
def test_what_honest_clients_write_passes_and_nobody_else_may_write_it(rules, case):
    mail = HONEST[case] + b"\r\n" + TAIL
    assert [address.normal for address in parse(mail).address_fields[0].mailboxes or ()] in ([VICTIM], [])
    assert judged(rules, mail, reverse_path=VICTIM, recipient=OFFICE) < Disposition.HOLD
    assert judged(rules, mail, reverse_path=VICTIM, recipient=OUTSIDE, login=VICTIM) < Disposition.HOLD
    assert judged(rules, mail, reverse_path=COLLEAGUE, recipient=OUTSIDE, login=COLLEAGUE) is Disposition.REJECT
