"""Indirect and delta revocation lists, and lists signed by another key than the authority's (RFC 5280 §5.2.4, §5.2.5, §6.3.3)."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from gateway.demo.pki import distinguished_name
from gateway.documents.signatures.certificates import load_certificates
from gateway.documents.signatures.crl import load_list
from gateway.documents.signatures.judge import Purpose, judge
from gateway.documents.signatures.revocation import Evidence
from gateway.documents.signatures.trust import TrustStore
from gateway.model import Revocation, Trust
from tests.pki.tree import NOW, certified, tree, usage

DAY = timedelta(days=1)
LIST_ISSUER = distinguished_name(("C", "VN"), ("CN", "Nơi ký danh sách THỬ NGHIỆM"))
REASONS = x509.ReasonFlags


def parsed(certificate):
    return load_certificates(certificate.public_bytes(serialization.Encoding.DER))[0]


def certify(subject, issuer, *, key, names=None, crl_sign=False, reasons=None):
    """A certificate whose only distribution point hands revocation to the issuer `names`."""
    extensions = [usage("digital_signature", *["crl_sign"] * crl_sign)]
    if names is not None:
        point = x509.DistributionPoint(None, None, reasons, [x509.DirectoryName(names)])
        extensions.append((x509.CRLDistributionPoints([point]), False))
    return certified(subject, key, issuer, *extensions).certificate


def entry(certificate, *, reason=None, issuer=None):
    made = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(NOW - 9 * DAY)
    if issuer is not None:
        made = made.add_extension(x509.CertificateIssuer([x509.DirectoryName(issuer)]), critical=True)
    return (made.add_extension(x509.CRLReason(reason), critical=False) if reason else made).build()


def crl(issuer, key, *entries, number=7, base=None, days=1, indirect=False):
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer)
        .last_update(NOW - days * DAY)
        .next_update(NOW + DAY)
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    if base is not None:
        builder = builder.add_extension(x509.DeltaCRLIndicator(base), critical=True)
    if indirect:
        point = x509.IssuingDistributionPoint(None, None, False, False, None, True, False)
        builder = builder.add_extension(point, critical=True)
    for one in entries:
        builder = builder.add_revoked_certificate(one)
    return load_list(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER), embedded=False)


def ask(certificate, *lists, pool=(), anchors=None):
    anchors = anchors or (tree().g2_root, tree().g2_sub)
    store = TrustStore.of([parsed(one.certificate) for one in anchors], lists=lists)
    return judge(
        store,
        parsed(certificate),
        pool=[parsed(one) for one in pool],
        evidence=Evidence(),
        purpose=Purpose.DOCUMENT,
        now=NOW,
    )


@pytest.mark.parametrize("unread", [x509.ObjectIdentifier("2.5.29.21"), x509.ObjectIdentifier("2.5.29.24")])
def test_a_certificate_that_is_listed_for_a_reason_that_nobody_can_read_is_revoked(unread):
    who = tree().g2_person.certificate
    row = x509.RevokedCertificateBuilder().serial_number(who.serial_number).revocation_date(NOW - 9 * DAY)
    row = row.add_extension(x509.UnrecognizedExtension(unread, b"\x0a\x01\x07"), critical=False).build()
    listing = crl(tree().g2_sub.certificate.subject, tree().g2_sub.key, row)
    assert ask(who, listing).status.status is Revocation.REVOKED
    assert ask(tree().g2_seal.certificate, listing).status.status is Revocation.UNKNOWN


class TestIndirect:
    def named(self, **options):
        subject = distinguished_name(("CN", "Người Ký Thử"))
        return certify(subject, tree().g2_sub, key=tree().person_key, names=LIST_ISSUER, **options)

    def signer(self, issuer=None, *, crl_sign=True):
        return certify(LIST_ISSUER, issuer or tree().g2_sub, key=tree().seal_key, crl_sign=crl_sign)

    def listing(self, *entries):
        return crl(LIST_ISSUER, tree().seal_key, *entries, indirect=True)

    def test_the_issuer_that_the_certificate_names_clears_and_revokes_it(self):
        who, signer = self.named(), self.signer()
        assert ask(who, self.listing(), pool=[signer]).status.status is Revocation.GOOD
        revoked = self.listing(entry(who, issuer=tree().g2_sub.certificate.subject))
        judged = ask(who, revoked, pool=[signer])
        assert (judged.status.status, judged.trust) == (Revocation.REVOKED, Trust.UNTRUSTED)

    def test_an_entry_is_of_the_issuer_of_the_entry_before_it(self):
        who, signer, other = self.named(), self.signer(), self.named()
        first = entry(other, issuer=tree().g2_sub.certificate.subject)
        assert ask(who, self.listing(first, entry(who)), pool=[signer]).status.status is Revocation.REVOKED
        foreign = entry(other, issuer=tree().g1_sub.certificate.subject)
        assert ask(who, self.listing(foreign, entry(who)), pool=[signer]).status.status is Revocation.GOOD

    def test_without_the_certificate_of_the_list_issuer_nothing_is_known(self):
        assert ask(self.named(), self.listing()).status.status is Revocation.UNKNOWN

    def test_a_list_issuer_under_another_root_counts_for_nothing(self):
        anchors = (tree().g2_root, tree().g2_sub, tree().public_root, tree().public_sub)
        judged = ask(self.named(), self.listing(), pool=[self.signer(tree().public_sub)], anchors=anchors)
        assert judged.status.status is Revocation.UNKNOWN

    def test_a_list_issuer_that_may_not_sign_lists_or_is_a_stranger_counts_for_nothing(self):
        assert ask(self.named(), self.listing(), pool=[self.signer(crl_sign=False)]).status.status is Revocation.UNKNOWN
        stranger = self.signer(tree().rogue_root)
        assert ask(self.named(), self.listing(), pool=[stranger]).status.status is Revocation.UNKNOWN

    def test_a_revoked_list_issuer_counts_for_nothing(self):
        who, signer = self.named(), self.signer()
        listing = self.listing(entry(who, issuer=tree().g2_sub.certificate.subject))
        assert ask(who, listing, pool=[signer]).status.status is Revocation.REVOKED
        own = crl(tree().g2_sub.certificate.subject, tree().g2_sub.key, entry(signer))
        assert ask(who, listing, own, pool=[signer]).status.status is Revocation.GOOD

    def test_a_list_for_some_reasons_by_the_words_of_the_certificate_clears_nothing(self):
        who = self.named(reasons=frozenset({REASONS.key_compromise}))
        assert ask(who, self.listing(), pool=[self.signer()]).status.problems == ("revocation-partial",)

    def test_a_certificate_that_names_no_list_issuer_is_not_cleared_by_one(self):
        judged = ask(tree().g2_person.certificate, self.listing(), pool=[self.signer()])
        assert judged.status.status is Revocation.UNKNOWN


class TestDelta:
    def lists(self, complete=(), delta=(), **options):
        name, key = tree().g2_sub.certificate.subject, tree().g2_sub.key
        how = {"number": 8, "base": 7, **options}
        return crl(name, key, *complete, number=7, days=5), crl(name, key, *delta, **how)

    def status(self, *lists):
        return ask(tree().g2_person.certificate, *lists).status

    def test_a_delta_list_revokes_what_the_complete_list_did_not(self):
        who = tree().g2_person.certificate
        assert self.status(*self.lists(delta=[entry(who)])).status is Revocation.REVOKED

    def test_a_hold_is_lifted_by_a_delta_list(self):
        who = tree().g2_person.certificate
        base = [entry(who, reason=REASONS.certificate_hold)]
        assert self.status(*self.lists(base)).status is Revocation.REVOKED
        lifted = self.lists(base, [entry(who, reason=REASONS.remove_from_crl)])
        assert self.status(*lifted).status is Revocation.GOOD

    def test_what_the_complete_list_revokes_stays_revoked(self):
        base = [entry(tree().g2_person.certificate, reason=REASONS.superseded)]
        assert self.status(*self.lists(base)).status is Revocation.REVOKED

    def test_both_together_speak_of_the_time_of_the_delta_list(self):
        found = self.status(*self.lists())
        assert (found.status, found.time) == (Revocation.GOOD, NOW - DAY)

    def test_a_delta_list_alone_clears_nothing(self):
        assert self.status(self.lists()[1]).status is Revocation.UNKNOWN

    @pytest.mark.parametrize("options", [{"base": 8, "number": 9}, {"number": 7}, {"indirect": True}])
    def test_a_delta_list_to_another_base_or_scope_is_not_joined(self, options):
        assert self.status(*self.lists(**options)).time == NOW - 5 * DAY


def test_a_key_kept_for_lists_alone_signs_for_the_authority_of_its_name():
    name = tree().g2_sub.certificate.subject
    signer = certify(name, tree().g2_root, key=tree().seal_key, crl_sign=True)
    listing = crl(name, tree().seal_key)
    assert ask(tree().g2_person.certificate, listing).status.status is Revocation.UNKNOWN
    assert ask(tree().g2_person.certificate, listing, pool=[signer]).status.status is Revocation.GOOD
