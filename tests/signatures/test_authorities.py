"""Certificates and authorities that may not sign what they signed (RFC 5280 §4.2, §6.1), in CMS files that bring the whole chain."""

from functools import cache

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from gateway.demo.pki import distinguished_name, revocation_list
from gateway.documents.signatures import verify
from gateway.documents.signatures.certificates import load_certificates
from gateway.documents.signatures.crl import load_list
from gateway.documents.signatures.trust import TrustStore
from gateway.model import Indication, Trust
from tests.pki import cms
from tests.pki.tree import NOW, certified, tree, usage
from tests.signatures.corpus import TYPES
from tests.signatures.samples import Sample, reports
from tests.signatures.test_pdf import DAY

PERSON = distinguished_name(("C", "VN"), ("CN", "Người Ký Thử"))
AUTHORITY = distinguished_name(("C", "VN"), ("CN", "CA con THỬ NGHIỆM"))


def purposes(*named, critical=False):
    return x509.ExtendedKeyUsage(list(named)), critical


UNKNOWN = x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
CA = usage("key_cert_sign", "crl_sign")


def certify(subject, key, issuer, *extensions, authority=False):
    return certified(subject, key, issuer, (x509.BasicConstraints(authority, None), True), *extensions)


def trust(who):
    data = cms.cms(b"noi dung", who, detached=False, with_chain=True)
    (one,) = reports(Sample("", "a.p7m", data))
    return one.trust


@cache
def authority(*extensions, above=None, is_authority=True):
    return certify(AUTHORITY, tree().seal_key, above or tree().g2_root, *extensions, authority=is_authority)


@pytest.mark.parametrize(("extensions", "trusted"), [
    ((), True),
    (((UNKNOWN, False),), True),
    ((usage("content_commitment"),), True),
    ((purposes(ExtendedKeyUsageOID.EMAIL_PROTECTION),), True),
    (((UNKNOWN, True),), False),
    ((usage("crl_sign"),), False),
    ((usage("key_encipherment"),), False),
    ((purposes(ExtendedKeyUsageOID.OCSP_SIGNING),), False),
    ((purposes(ExtendedKeyUsageOID.TIME_STAMPING, critical=True),), False),
])  # fmt: skip
def test_a_signer_may_sign_by_his_own_certificate(extensions, trusted):
    who = certify(PERSON, tree().person_key, tree().g2_sub, *extensions)
    assert (trust(who) is Trust.TRUSTED) is trusted


@pytest.mark.parametrize(("extensions", "trusted"), [
    ((), True),
    ((purposes(ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION),), True),
    ((purposes(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE),), True),
    ((purposes(ExtendedKeyUsageOID.SERVER_AUTH),), False),
    ((purposes(ExtendedKeyUsageOID.TIME_STAMPING, critical=True),), False),
    (((x509.NameConstraints([x509.DirectoryName(distinguished_name(("C", "LA")))], None), True),), False),
    (((UNKNOWN, True),), False),
    (((x509.PolicyConstraints(0, None), True),), False),
])  # fmt: skip
def test_an_authority_that_came_with_the_file_may_certify_people(extensions, trusted):
    who = certify(PERSON, tree().person_key, authority(CA, *extensions))
    assert (trust(who) is Trust.TRUSTED) is trusted


@pytest.mark.parametrize(("days", "indication"), [
    (None, Indication.INDETERMINATE),
    ((-90, -60), Indication.INDETERMINATE),
    ((-1, 30), Indication.TOTAL_PASSED),
])  # fmt: skip
def test_an_authority_that_came_with_the_file_passes_only_when_it_is_known_not_to_be_revoked(days, indication):
    """`days` are those that the list of the authority above it speaks of."""
    lists = [tree().crl(tree().g2_sub)]
    if days is not None:
        begins, ends = (NOW + day * DAY for day in days)
        lists.append(revocation_list(tree().g2_root, this_update=begins, next_update=ends))
    trust = TrustStore.of(
        load_certificates(tree().g2_root.certificate_der), lists=[load_list(one, embedded=False) for one in lists]
    )
    data = cms.cms(b"noi dung", tree().g2_person, detached=False, with_chain=True)
    (one,) = verify(data, part="1", filename="a.p7m", detected_type=TYPES[".p7m"], trust=trust, now=NOW)
    assert (one.trust, one.indication) == (Trust.TRUSTED, indication)


@pytest.mark.parametrize(("length", "trusted"), [(None, True), (2, True), (1, True), (0, False)])
def test_below_an_anchor_as_many_authorities_may_follow_as_it_permits(length, trusted):
    root = tree()._authority(tree().person_key, None, ("CN", "Gốc có giới hạn THỬ NGHIỆM"), path_length=length)
    data = cms.cms(
        b"noi dung", certify(PERSON, tree().person_key, authority(CA, above=root)), detached=False, with_chain=True
    )
    trust = TrustStore.of(load_certificates(root.certificate_der))
    (one,) = verify(data, part="1", filename="a.p7m", detected_type=TYPES[".p7m"], trust=trust, now=NOW)
    assert (one.trust is Trust.TRUSTED) is trusted


MAIL = x509.RFC822Name("tphcm.gov.vn")
HERE, THERE = (x509.DirectoryName(distinguished_name(("C", country))) for country in ("VN", "LA"))


@pytest.mark.parametrize(("permitted", "excluded", "address", "trusted"), [
    (MAIL, None, None, True), (MAIL, None, "a@tphcm.gov.vn", True), (MAIL, None, "a@x.example", False),
    (HERE, None, "a@x.example", True), (THERE, None, None, False),
    (None, THERE, "a@x.example", True), (None, HERE, None, False), (None, MAIL, "a@tphcm.gov.vn", False),
])  # fmt: skip
def test_an_anchor_constrains_only_the_kinds_of_names_that_it_names(permitted, excluded, address, trusted):
    constraints = x509.NameConstraints(permitted and [permitted], excluded and [excluded]), True
    key = tree().seal_key
    root = certify(AUTHORITY, key, tree().g2_root, CA, constraints, authority=True)
    name = [(x509.SubjectAlternativeName([x509.RFC822Name(address)]), False)] if address else []
    data = cms.cms(b"noi dung", certify(PERSON, tree().person_key, root, *name), detached=False)
    trust = TrustStore.of(load_certificates(root.certificate_der))
    (one,) = verify(data, part="1", filename="a.p7m", detected_type=TYPES[".p7m"], trust=trust, now=NOW)
    assert (one.trust is Trust.TRUSTED) is trusted
