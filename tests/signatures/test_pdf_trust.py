"""Which authorities the signers of a PDF are believed by, and when."""

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from gateway.demo.pki import revocation_list
from gateway.documents.signatures.trust import TrustStore
from gateway.model import Indication, Integrity, Revocation, Trust
from tests.pki.signing import PdfSigning, sign_pdf
from tests.pki.tree import NOW, letter_pdf, tree
from tests.signatures.test_pdf import DAY, look, stands, trust_of


@pytest.mark.slow  # trust is also judged without PDF around it: test_trust, test_lists, test_evidence
class TestTrust:
    """G07 to G11: strangers, purposes, times, revocation, algorithms."""

    def test_an_empty_store_trusts_nobody(self, once):
        assert look(once, trust=TrustStore())[0].trust is Trust.UNTRUSTED

    def test_an_intermediate_that_came_with_the_document_bridges_to_an_anchor(self):
        data = sign_pdf(letter_pdf(), tree().person(tree().g2_sub), PdfSigning(with_chain=True))
        assert look(data, trust=trust_of(tree().g2_root))[0].trust is Trust.TRUSTED
        bare = sign_pdf(letter_pdf(), tree().person(tree().g2_sub))
        assert look(bare, trust=trust_of(tree().g2_root))[0].trust is Trust.UNTRUSTED

    @pytest.mark.parametrize(("purposes", "usage", "ok"), [
        ((ExtendedKeyUsageOID.SERVER_AUTH,), {"digital_signature"}, False),
        ((ExtendedKeyUsageOID.CODE_SIGNING,), {"digital_signature"}, False),
        ((ExtendedKeyUsageOID.TIME_STAMPING,), {"digital_signature"}, False),
        ((ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION), {"digital_signature"}, True),
        ((ObjectIdentifier("1.3.6.1.5.5.7.3.36"),), {"content_commitment"}, True),
        (None, {"digital_signature"}, True), (None, {"content_commitment"}, True), (None, {"key_encipherment"}, False),
    ])  # fmt: skip
    def test_the_purpose_of_the_certificate_decides(self, purposes, usage, ok):
        who = tree().person(tree().g2_sub, purposes=purposes, key_usage=frozenset(usage))
        (one,) = look(sign_pdf(letter_pdf(), who))
        assert (one.trust is Trust.TRUSTED) is ok
        assert one.key_usage_ok is ok

    @pytest.mark.parametrize(
        ("begins", "ends", "reason"), [(-800, -1, "EXPIRED"), (1, 400, "NOT_YET_VALID"), (-1, 1, "")]
    )
    def test_without_timestamp_the_time_is_now(self, begins, ends, reason):
        who = tree().person(tree().g2_sub, begins=NOW + begins * DAY, ends=NOW + ends * DAY)
        (one,) = look(sign_pdf(letter_pdf(), who))
        assert (one.trust is Trust.TRUSTED) is (not reason)
        assert one.sub_indication == reason

    def expired(self, **stamp):
        who = tree().person(tree().g2_sub, begins=NOW - 800 * DAY, ends=NOW - 100 * DAY)
        how = PdfSigning(tsa=stamp.pop("tsa", tree().tsa), tsa_time=stamp.pop("at", NOW - 200 * DAY), **stamp)
        return sign_pdf(letter_pdf(), who, how)

    def archived(self, *, this=-201, following=-170, revoked=()):
        der = revocation_list(tree().g2_sub, revoked, this_update=NOW + this * DAY, next_update=NOW + following * DAY)
        return trust_of(tree().g2_root, tree().g2_sub, lists=[der])

    def test_a_timestamp_with_archived_revocation_data_carries_past_expiry(self):
        (one,) = look(self.expired(), trust=self.archived())
        assert stands(one)
        assert one.revocation is Revocation.GOOD

    def test_a_timestamp_without_revocation_data_does_not_carry(self):
        (one,) = look(self.expired(), trust=trust_of(tree().g2_root, tree().g2_sub))
        assert (one.trust, one.sub_indication) == (Trust.UNTRUSTED, "EXPIRED")

    def test_revocation_data_of_another_time_does_not_carry(self):
        (one,) = look(self.expired(), trust=self.archived(this=-400, following=-370))
        assert one.sub_indication == "EXPIRED"

    def test_a_weak_timestamp_does_not_carry_and_is_noted(self):
        (one,) = look(self.expired(tsa_digest="sha1"), trust=self.archived())
        assert one.sub_indication == "EXPIRED"
        assert "weak-timestamp" in one.problems

    def test_a_weak_timestamp_on_a_good_signature_is_noted_only(self):
        (one,) = look(
            sign_pdf(letter_pdf(), tree().g2_person, PdfSigning(tsa=tree().tsa, tsa_digest="sha1", tsa_time=NOW - DAY))
        )
        assert stands(one)
        assert one.timestamp.weak
        assert "weak-timestamp" in one.problems

    @pytest.mark.parametrize(("reason", "trusted"), [
        (x509.ReasonFlags.key_compromise, False), (None, False), (x509.ReasonFlags.superseded, True),
    ])  # fmt: skip
    def test_a_timestamp_by_a_key_that_was_revoked_since_counts_by_the_reason(self, reason, trusted):
        lists = [
            revocation_list(issuer, revoked, this_update=NOW + this * DAY, next_update=NOW + ends * DAY)
            for issuer, revoked, this, ends in (
                (tree().g2_sub, (), -201, -170),
                (tree().g2_sub, [(tree().tsa, NOW - 9 * DAY, reason)], -1, 7),
            )
        ]
        (one,) = look(self.expired(), trust=trust_of(tree().g2_root, tree().g2_sub, lists=lists))
        assert (one.sub_indication, one.timestamp.trusted) == ("" if trusted else "EXPIRED", trusted)

    def test_a_timestamp_of_the_future_proves_nothing(self):
        (one,) = look(sign_pdf(letter_pdf(), tree().g2_person, PdfSigning(tsa=tree().tsa, tsa_time=NOW + 5 * DAY)))
        assert not one.timestamp.trusted

    def revoked(self, when=-10, reason=None, **options):
        who = tree().person(tree().g2_sub)
        der = tree().crl(tree().g2_sub, (who, NOW + when * DAY, reason), **options)
        return who, trust_of(tree().g2_root, tree().g2_sub, lists=[der])

    def test_a_revoked_certificate_without_distribution_point_is_caught(self):
        who, trust = self.revoked()
        (one,) = look(sign_pdf(letter_pdf(), who), trust=trust)
        assert (one.revocation, one.trust, one.sub_indication) == (Revocation.REVOKED, Trust.UNTRUSTED, "REVOKED")
        assert one.indication is Indication.TOTAL_FAILED

    def test_a_stale_list_still_revokes_and_never_clears(self):
        who, trust = self.revoked(days=-1)
        assert look(sign_pdf(letter_pdf(), who), trust=trust)[0].revocation is Revocation.REVOKED
        (other,) = look(sign_pdf(letter_pdf(), tree().g2_person), trust=trust)
        assert (other.revocation, other.trust) == (Revocation.UNKNOWN, Trust.TRUSTED)
        assert "revocation-stale" in other.problems

    def test_revoked_after_a_proven_signing_is_good(self):
        who, trust = self.revoked(when=-10, reason=x509.ReasonFlags.cessation_of_operation)
        data = sign_pdf(letter_pdf(), who, PdfSigning(tsa=tree().tsa, tsa_time=NOW - 50 * DAY))
        assert stands(look(data, trust=trust)[0])

    @pytest.mark.parametrize(
        ("when", "reason"), [(-60, x509.ReasonFlags.cessation_of_operation), (-10, x509.ReasonFlags.key_compromise)]
    )
    def test_revoked_before_a_proven_signing_or_for_a_compromised_key_is_refused(self, when, reason):
        who, trust = self.revoked(when=when, reason=reason)
        data = sign_pdf(letter_pdf(), who, PdfSigning(tsa=tree().tsa, tsa_time=NOW - 50 * DAY))
        assert look(data, trust=trust)[0].revocation is Revocation.REVOKED

    def test_a_revoked_authority_takes_its_leaves_along(self):
        der = tree().crl(tree().g2_root, (tree().g2_sub, NOW - DAY, None))
        (one,) = look(
            sign_pdf(letter_pdf(), tree().g2_person), trust=trust_of(tree().g2_root, tree().g2_sub, lists=[der])
        )
        assert one.trust is Trust.UNTRUSTED
        assert "authority-revoked" in one.problems

    def test_a_list_signed_by_a_stranger_of_the_same_name_counts_for_nothing(self):
        der = tree().crl(tree().rogue_root)
        (one,) = look(
            sign_pdf(letter_pdf(), tree().person(tree().g2_root)), trust=trust_of(tree().g2_root, lists=[der])
        )
        assert one.revocation is Revocation.UNKNOWN

    def test_without_a_list_the_status_is_unknown_and_not_good(self, once):
        (one,) = look(once, trust=trust_of(tree().g2_root, tree().g2_sub))
        assert (one.revocation, one.trust) == (Revocation.UNKNOWN, Trust.TRUSTED)
        assert (one.indication, one.sub_indication) == (Indication.INDETERMINATE, "TRY_LATER")

    @pytest.mark.parametrize("digest", ["sha1", "md5"])
    def test_a_weak_digest_is_intact_and_untrusted(self, digest):
        try:
            data = sign_pdf(letter_pdf(), tree().g2_person, PdfSigning(digest=digest))
        except Exception as error:  # the maker may no longer know MD5
            pytest.skip(f"cannot be made: {error}")
        (one,) = look(data)
        assert one.integrity is Integrity.INTACT
        assert (one.trust, one.sub_indication) == (Trust.UNTRUSTED, "CRYPTO_CONSTRAINTS_FAILURE")

    def test_a_signed_file_that_is_no_pdf_structure_is_broken_and_never_unsigned(self, once):
        reports = look(once[:400] + once[-200:] + b"/ByteRange")
        assert [one.integrity for one in reports] == [Integrity.BROKEN]
