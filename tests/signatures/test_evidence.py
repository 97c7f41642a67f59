"""Archived revocation data: OCSP responses (RFC 6960) and the document security store; algorithms beyond RSA."""

import io
from datetime import timedelta

import pytest
from asn1crypto import cms as asn1_cms
from asn1crypto import core
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec

from gateway.demo.pki import Wish, distinguished_name, issue, revocation_list
from gateway.documents.signatures import crl, revocation
from gateway.documents.signatures.certificates import load_certificates
from gateway.documents.signatures.detached import verify_attached
from gateway.documents.signatures.report import Subject
from gateway.model import Integrity, Revocation, Trust
from tests.pki import cms
from tests.pki.signing import PdfSigning, sign_pdf
from tests.pki.tree import NOW, letter_pdf, store, tree
from tests.signatures.pdf_updates import update
from tests.signatures.test_pdf import DAY, look, stands, trust_of
from tests.support.octets import written


def parsed(identity):
    return load_certificates(identity.certificate_der)[0]


def response(who, *, issuer=None, responder=None, status=ocsp.OCSPCertStatus.GOOD, this=-1, following=7, revoked=None):
    issuer = issuer or tree().g2_sub
    responder = responder or issuer
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=who.certificate,
        issuer=issuer.certificate,
        algorithm=hashes.SHA1(),
        cert_status=status,
        this_update=NOW + this * DAY,
        next_update=NOW + following * DAY,
        revocation_time=None if revoked is None else NOW + revoked * DAY,
        revocation_reason=None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
    if responder is not issuer:
        builder = builder.certificates([responder.certificate])
    made = builder.sign(responder.key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.DER)


def ask(who, *responses, now=NOW, lists=(), **options):
    issuer = parsed(tree().g2_sub)
    return revocation.status(parsed(who), issuer, lists=lists, responses=responses, now=now, **options)


class TestOcsp:
    def test_a_fresh_answer_of_the_authority_clears(self):
        found = ask(tree().g2_person, response(tree().g2_person))
        assert (found.status, found.source) == (Revocation.GOOD, "embedded-ocsp")

    def test_a_delegated_responder_clears(self):
        who = tree().leaf(
            tree().g2_sub, ("CN", "OCSP"), key=tree().seal_key, purposes=(ExtendedKeyUsageOID.OCSP_SIGNING,)
        )
        answer = response(tree().g2_person, responder=who)
        assert ask(tree().g2_person, answer).status is Revocation.GOOD
        listed = crl.load_list(tree().crl(tree().g2_sub, (who, NOW - DAY, None), days=-1), embedded=False)
        assert ask(tree().g2_person, answer, lists=[listed]).status is Revocation.UNKNOWN

    def test_a_responder_without_the_purpose_counts_for_nothing(self):
        assert ask(tree().g2_person, response(tree().g2_person, responder=tree().g2_seal)).status is Revocation.UNKNOWN

    @pytest.mark.parametrize(("usage", "status"), [
        ("digital_signature", Revocation.GOOD),
        ("content_commitment", Revocation.GOOD),
        ("key_encipherment", Revocation.UNKNOWN),
    ])  # fmt: skip
    def test_a_responder_whose_key_may_sign_nothing_counts_for_nothing(self, usage, status):
        how = {"purposes": (ExtendedKeyUsageOID.OCSP_SIGNING,), "key_usage": frozenset({usage})}
        who = tree().leaf(tree().g2_sub, ("CN", "OCSP"), key=tree().seal_key, **how)
        assert ask(tree().g2_person, response(tree().g2_person, responder=who)).status is status

    @pytest.mark.parametrize(("critical", "state", "status"), [
        (False, ocsp.OCSPCertStatus.GOOD, Revocation.GOOD),
        (True, ocsp.OCSPCertStatus.GOOD, Revocation.UNKNOWN),
        (True, ocsp.OCSPCertStatus.REVOKED, Revocation.REVOKED),
    ])  # fmt: skip
    def test_an_answer_with_a_critical_extension_that_nobody_knows_clears_nothing(self, critical, state, status):
        answer = asn1_ocsp.OCSPResponse.load(
            response(tree().g2_person, status=state, revoked=-9 if status is Revocation.REVOKED else None)
        )
        basic = answer["response_bytes"]["response"].parsed
        unknown = {"extn_id": "1.2.3.4.5", "critical": critical, "extn_value": b"\x05\x00"}
        basic["tbs_response_data"]["responses"][0]["single_extensions"] = [unknown]
        octets = basic["tbs_response_data"].dump(force=True)
        basic["signature"] = tree().g2_sub.key.sign(octets, padding.PKCS1v15(), hashes.SHA256())
        assert ask(tree().g2_person, basic.dump(force=True)).status is status

    def test_a_responder_of_another_authority_counts_for_nothing(self):
        who = tree().leaf(tree().rogue_root, ("CN", "OCSP"), purposes=(ExtendedKeyUsageOID.OCSP_SIGNING,))
        assert ask(tree().g2_person, response(tree().g2_person, responder=who)).status is Revocation.UNKNOWN

    def test_an_answer_signed_by_another_key_counts_for_nothing(self):
        assert (
            ask(tree().g2_person, response(tree().g2_person, responder=tree().rogue_root)).status is Revocation.UNKNOWN
        )

    @pytest.mark.parametrize(("digest", "status"), [
        (hashes.SHA256(), Revocation.GOOD),
        (hashes.SHA1(), Revocation.GOOD),
        (hashes.MD5(), Revocation.UNKNOWN),
    ])  # fmt: skip
    def test_an_answer_signed_with_md5_counts_for_nothing(self, digest, status):
        answer = asn1_ocsp.OCSPResponse.load(response(tree().g2_person))
        basic = answer["response_bytes"]["response"].parsed
        basic["signature_algorithm"] = {"algorithm": f"{digest.name}_rsa", "parameters": core.Null()}
        octets = basic["tbs_response_data"].dump()
        basic["signature"] = tree().g2_sub.key.sign(octets, padding.PKCS1v15(), digest)
        assert ask(tree().g2_person, basic.dump(force=True)).status is status

    def test_an_answer_on_another_certificate_counts_for_nothing(self):
        assert ask(tree().g2_person, response(tree().g2_seal)).status is Revocation.UNKNOWN

    def test_revoked_is_revoked_however_old(self):
        old = response(tree().g2_person, status=ocsp.OCSPCertStatus.REVOKED, this=-90, following=-80, revoked=-95)
        assert ask(tree().g2_person, old).status is Revocation.REVOKED

    def test_an_old_answer_clears_only_the_time_it_speaks_of(self):
        old = response(tree().g2_person, this=-90, following=-80)
        assert ask(tree().g2_person, old).status is Revocation.UNKNOWN
        assert ask(tree().g2_person, old, existed_at=NOW - 85 * DAY).status is Revocation.GOOD
        assert ask(tree().g2_person, old, existed_at=NOW - 70 * DAY).status is Revocation.UNKNOWN

    def test_unknown_is_unknown(self):
        answer = response(tree().g2_person, status=ocsp.OCSPCertStatus.UNKNOWN)
        assert ask(tree().g2_person, answer).status is Revocation.UNKNOWN

    @pytest.mark.parametrize("junk", [b"", b"0", b"\x30\x03\x0a\x01\x06", b"\x30\x80\x00"])
    def test_junk_counts_for_nothing(self, junk):
        assert ask(tree().g2_person, junk).status is Revocation.UNKNOWN


class TestLists:
    def status(self, der, who=None, **options):
        one = crl.load_list(der, embedded=False)
        return revocation.status(
            parsed(who or tree().g2_person), parsed(tree().g2_sub), lists=[one], now=NOW, **options
        )

    def scoped(self, **scope):
        point = {
            "full_name": None, "relative_name": None, "only_contains_user_certs": False, "only_contains_ca_certs": False,
            "only_some_reasons": None, "indirect_crl": False, "only_contains_attribute_certs": False, **scope,
        }  # fmt: skip
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(tree().g2_sub.certificate.subject)
            .last_update(NOW - DAY)
            .next_update(NOW + DAY)
            .add_extension(x509.IssuingDistributionPoint(**point), critical=True)
        )
        return builder.sign(tree().g2_sub.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def test_a_list_for_users_clears_a_user(self):
        assert self.status(self.scoped(only_contains_user_certs=True)).status is Revocation.GOOD

    @pytest.mark.parametrize("scope", [
        {"only_contains_ca_certs": True}, {"only_contains_attribute_certs": True},
        {"only_some_reasons": frozenset({x509.ReasonFlags.key_compromise})},
        {"full_name": [x509.UniformResourceIdentifier("http://elsewhere.example/x.crl")]},
    ])  # fmt: skip
    def test_a_list_of_another_scope_clears_nothing(self, scope):
        assert self.status(self.scoped(**scope)).status is Revocation.UNKNOWN

    def test_a_list_of_the_future_counts_for_nothing(self):
        der = revocation_list(tree().g2_sub, this_update=NOW + DAY, next_update=NOW + 9 * DAY)
        assert self.status(der).status is Revocation.UNKNOWN

    def test_a_lifted_hold_clears_and_a_standing_one_does_not(self):
        hold = [(tree().g2_person, NOW - 9 * DAY, x509.ReasonFlags.certificate_hold)]
        old = revocation_list(tree().g2_sub, hold, this_update=NOW - 8 * DAY, next_update=NOW + 9 * DAY)
        new = revocation_list(tree().g2_sub, this_update=NOW - DAY, next_update=NOW + 9 * DAY)
        assert self.status(old).status is Revocation.REVOKED
        both = [crl.load_list(one, embedded=False) for one in (old, new)]
        found = revocation.status(parsed(tree().g2_person), parsed(tree().g2_sub), lists=both, now=NOW)
        assert found.status is Revocation.GOOD

    def test_a_hold_is_lifted_by_an_answer_for_all_reasons_only_and_never_clears_itself(self):
        hold = [(tree().g2_person, NOW - 9 * DAY, x509.ReasonFlags.certificate_hold)]
        old = revocation_list(tree().g2_sub, hold, this_update=NOW - 8 * DAY, next_update=NOW + 9 * DAY)
        stale = revocation_list(tree().g2_sub, this_update=NOW - 4 * DAY, next_update=NOW - 3 * DAY)
        some = self.scoped(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise}))
        for newer, expected in ((stale, Revocation.UNKNOWN), (some, Revocation.REVOKED)):
            lists = [crl.load_list(one, embedded=False) for one in (old, newer)]
            found = revocation.status(parsed(tree().g2_person), parsed(tree().g2_sub), lists=lists, now=NOW)
            assert found.status is expected


def with_store(data, *, crls=(), ocsps=()):
    """Append a document security store, as tools for long-term validation do."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))

    def streams(items):
        return generic.ArrayObject([writer.add_object(generic.StreamObject(stream_data=one)) for one in items])

    dss = generic.DictionaryObject(
        {generic.pdf_name("/CRLs"): streams(crls), generic.pdf_name("/OCSPs"): streams(ocsps)}
    )
    writer.root["/DSS"] = writer.add_object(dss)
    writer.update_root()
    return written(writer.write)


class TestDocumentSecurityStore:
    def expired(self):
        who = tree().person(tree().g2_sub, begins=NOW - 800 * DAY, ends=NOW - 100 * DAY)
        stamp = PdfSigning(tsa=tree().tsa, tsa_time=NOW - 200 * DAY)
        return who, sign_pdf(letter_pdf(), who, stamp)

    def test_a_list_in_the_store_carries_past_expiry(self):
        _, data = self.expired()
        bare = trust_of(tree().g2_root, tree().g2_sub)
        assert look(data, trust=bare)[0].sub_indication == "EXPIRED"
        der = revocation_list(tree().g2_sub, this_update=NOW - 199 * DAY, next_update=NOW - 170 * DAY)
        (one,) = look(with_store(data, crls=[der]), trust=bare)
        assert stands(one)
        assert one.revocation_source == "embedded-crl"

    def test_an_ocsp_response_in_the_store_carries_past_expiry(self):
        who, data = self.expired()
        answer = response(who, this=-200, following=-190)
        (one,) = look(with_store(data, ocsps=[answer]), trust=trust_of(tree().g2_root, tree().g2_sub))
        assert stands(one)
        assert one.revocation_source == "embedded-ocsp"

    @pytest.mark.parametrize("known", [False, True])
    def test_the_signer_is_carried_past_expiry_below_an_authority_out_of_the_file(self, known):
        who, stamp = self.expired()[0], PdfSigning(tsa=tree().tsa, tsa_time=NOW - 200 * DAY, with_chain=True)
        above = revocation_list(tree().g2_root, this_update=NOW - 199 * DAY, next_update=NOW - 170 * DAY)
        answer = response(who, this=-200, following=-190)
        data = with_store(sign_pdf(letter_pdf(), who, stamp), ocsps=[answer], crls=[above] * known)
        (one,) = look(data, trust=trust_of(tree().g2_root))
        assert (one.trust, one.revocation) == (Trust.TRUSTED, Revocation.GOOD if known else Revocation.UNKNOWN)
        assert one.problems == (() if known else ("authority-unchecked",))

    @pytest.mark.parametrize("replaced", [False, True])
    def test_the_store_is_rewritten_after_a_signature_that_locks_fields_and_replaces_no_page(self, replaced):
        lock = FieldMDPSpec(FieldMDPAction.INCLUDE, fields=["a"])
        der = revocation_list(tree().g2_sub, this_update=NOW, next_update=NOW + DAY)
        first = with_store(sign_pdf(letter_pdf(), tree().g2_person, PdfSigning(lock=lock)), crls=[der])

        def again(writer):
            store, page = writer.root.raw_get("/DSS"), writer.root["/Pages"]["/Kids"][0]
            if replaced:
                content = page.raw_get("/Contents")
                store.get_object()["/CRLs"].append(content)
                writer.objects[0, content.idnum] = generic.StreamObject(stream_data=b"0 0 99 99 re f")
            writer.mark_update(store)

        data = update(sign_pdf(first, tree().g2_seal, PdfSigning(field="Signature2")), again)
        assert [stands(one) for one in look(data)] == [not replaced] * 2

    def test_forged_evidence_in_the_store_carries_nothing(self):
        _, data = self.expired()
        der = revocation_list(tree().rogue_root, this_update=NOW - 199 * DAY, next_update=NOW - 170 * DAY)
        (one,) = look(
            with_store(data, crls=[der, b"junk"], ocsps=[b"junk"]), trust=trust_of(tree().g2_root, tree().g2_sub)
        )
        assert one.sub_indication == "EXPIRED"


EC = ec.generate_private_key(ec.SECP256R1())


def attached(data):
    return verify_attached(data, Subject(part="1", filename="a.p7m", container="cms", trust=store(), now=NOW))


def other_key(key, **wish):
    return issue(distinguished_name(("CN", "Người Ký Thử")), key, tree().g2_sub, Wish(**wish), now=NOW)


@pytest.mark.parametrize(("key", "trust"), [
    (EC, Trust.TRUSTED),
    (ec.generate_private_key(ec.SECP384R1()), Trust.TRUSTED),
    (ed25519.Ed25519PrivateKey.generate(), Trust.TRUSTED),
], ids=["p256", "p384", "ed25519"])  # fmt: skip
def test_other_keys_than_rsa_are_verified(key, trust):
    digest = "sha512" if isinstance(key, ed25519.Ed25519PrivateKey) else "sha256"
    (one,) = look(sign_pdf(letter_pdf(), other_key(key), PdfSigning(digest=digest)))
    assert (one.integrity, one.trust) == (Integrity.INTACT, trust)
    damaged = sign_pdf(letter_pdf(), other_key(key), PdfSigning(digest=digest)).replace(b"Helvetica", b"Helveticb")
    assert not any(stands(two) for two in look(damaged + b"x"))


@pytest.mark.parametrize(("digest", "stands_"), [("sha256", True), ("sha1", False)])
def test_a_signature_that_names_the_kind_of_key_for_its_algorithm_is_verified(digest, stands_):
    info = asn1_cms.ContentInfo.load(cms.cms(b"noi dung", other_key(EC), detached=False, digest=digest))
    info["content"]["signer_infos"][0]["signature_algorithm"] = {"algorithm": "1.2.840.10045.2.1"}
    (one,) = attached(info.dump(force=True))
    assert one.integrity is Integrity.INTACT
    assert stands(one) is stands_


def test_pss_is_verified():
    data = cms.cms(b"noi dung", tree().g2_person, detached=False, prefer_pss=True)
    (one,) = attached(data)
    assert "rsa-pss-sha256" in one.algorithms
    assert stands(one)


def test_a_week_is_how_long_an_answer_without_end_is_fresh():
    assert timedelta(hours=1) > crl.SKEW
