"""CMS signatures, ASiC containers and signed mails."""

import pytest
from asn1crypto import cms as asn1_cms
from asn1crypto import pem, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from gateway.documents.signatures.detached import verify_detached
from gateway.documents.signatures.smime import verify_smime
from gateway.model import Coverage, Integrity, Part
from tests.pki import cms, xml
from tests.pki.tree import NOW, store, tree
from tests.signatures.test_containers import ASICE, ASICS, P7M, good, look


class TestContainers:
    def test_a_container_signed_as_a_whole_is_good_and_names_what_it_covers(self):
        (one,) = look(xml.asic({"a.docx": b"1", "b.txt": b"2"}, tree().g2_seal), ASICE)
        assert good(one)
        assert one.covers == ("2!a.docx", "2!b.txt")

    def test_a_file_that_is_not_signed_is_uncovered(self):
        (one,) = look(xml.asic({"a.docx": b"1", "b.txt": b"2"}, tree().g2_seal, only={"a.docx"}), ASICE)
        assert one.coverage is Coverage.PARTIAL
        assert one.covers == ("2!a.docx",)

    def test_a_simple_container_has_one_object(self):
        assert good(look(xml.asic({"a.docx": b"1"}, tree().g2_seal, simple=True), ASICS)[0])
        (one,) = look(xml.asic({"a.docx": b"1", "b": b"2"}, tree().g2_seal, simple=True), ASICS)
        assert one.integrity is Integrity.BROKEN

    def test_an_ordinary_zip_has_no_signatures(self):
        assert look(xml.pack({"META-INF/MANIFEST.MF": b"x", "a": b"1"}), "application/zip") == ()

    def test_cades_over_a_manifest_is_good(self):
        manifest = xml.asic_manifest({"a.txt": b"1"})
        files = {"mimetype": ASICE.encode(), "a.txt": b"1", "META-INF/ASiCManifest1.xml": manifest,
                 "META-INF/signature1.p7s": cms.cms(manifest, tree().g2_seal)}  # fmt: skip
        assert good(look(xml.pack(files), ASICE)[0])
        (one,) = look(xml.pack({**files, "a.txt": b"2"}), ASICE)
        assert one.integrity is Integrity.BROKEN


def part(path, name):
    return Part(path=path, declared_type="application/octet-stream", filename=name)


def beside(others, signature):
    return verify_detached(signature, others, part="3", filename="a.docx.p7s", trust=store(), now=NOW)


class TestCms:
    def test_an_attached_signature_is_good(self):
        (one,) = look(cms.cms(b"noi dung", tree().g2_seal, detached=False), P7M)
        assert good(one)

    def test_a_detached_signature_is_paired_by_digest_whatever_the_names(self):
        signature = cms.cms(b"that", tree().g2_seal)
        others = [(part("2", "d.docx"), b"khac"), (part("4", "b.docx"), b"that"), (part("5", "c.docx"), b"that")]
        (one,) = beside(others, signature)
        assert good(one)
        assert one.covers == ("4", "5")

    def test_a_signature_without_attributes_is_paired_with_the_file_that_it_is_over(self):
        parsed = asn1_cms.ContentInfo.load(cms.cms(b"that", tree().g2_seal))
        signer = parsed["content"]["signer_infos"][0]
        del signer["signed_attrs"]
        signer["signature"] = tree().g2_seal.key.sign(b"that", padding.PKCS1v15(), hashes.SHA256())
        others = [(part("1", None), b"Kinh gui"), (part("2", "b.docx"), b"that")]
        (one,) = beside(others, parsed.dump(force=True))
        assert good(one)
        assert one.covers == ("2",)
        (one,) = beside([(part("1", "a.docx"), b"khac")], parsed.dump(force=True))
        assert one.integrity is Integrity.BROKEN

    @pytest.mark.parametrize("detached", [True, False])
    @pytest.mark.parametrize(("names", "coverage"), [
        (("b.docx", "a.pdf"), Coverage.WHOLE), (("b.docx", "a.docx"), Coverage.PARTIAL), (("A.docx", "a.docx"), Coverage.PARTIAL),
    ])  # fmt: skip
    def test_a_file_whose_name_a_signature_bears_is_what_it_signs(self, names, coverage, detached):
        signature = cms.cms(b"that", tree().g2_seal, detached=detached)
        (one,) = beside([(part("2", names[0]), b"that"), (part("4", names[1]), b"khac")], signature)
        assert (one.integrity, one.coverage) == (Integrity.INTACT, coverage)

    @pytest.mark.parametrize("label", ["PKCS7", "CMS", "SIGNED MESSAGE"])
    def test_a_signature_in_text_form_is_read_whatever_its_label(self, label):
        signature = pem.armor(label, cms.cms(b"that", tree().g2_seal))
        (one,) = beside([(part("2", "a.docx"), b"that")], signature)
        assert good(one)

    def test_a_signature_that_holds_the_file_beside_it_covers_both(self):
        signature = cms.cms(b"that", tree().g2_seal, detached=False)
        others = [(part("2", "a.docx"), b"that"), (part("4", "b.docx"), b"khac")]
        (one,) = beside(others, signature)
        assert good(one)
        assert one.covers == ("3", "2")

    @pytest.mark.parametrize(("change", "found"), [(str, True), (lambda text: text.replace("C", "D"), False)])
    def test_the_issuer_of_the_signer_may_be_encoded_twice_but_not_be_another(self, change, found):
        """node-forge encodes the letters of the issuer's name twice; the certificate of that serial number is at hand."""
        parsed = asn1_cms.ContentInfo.load(cms.cms(b"that", tree().g2_seal))
        named = parsed["content"]["signer_infos"][0]["sid"].chosen
        twice = {key: change(text).encode().decode("latin-1") for key, text in named["issuer"].native.items()}
        named["issuer"] = x509.Name.build(twice)
        (one,) = beside([(part("2", "a.docx"), b"that")], parsed.dump(force=True))
        assert good(one) is found
        assert found or one.sub_indication == "NO_SIGNING_CERTIFICATE_FOUND"

    def test_a_detached_signature_for_a_changed_file_is_broken(self):
        signature = cms.cms(b"that", tree().g2_seal)
        (one,) = beside([(part("2", "a.docx"), b"sua")], signature)
        assert (one.integrity, one.covers) == (Integrity.BROKEN, ("2",))

    @pytest.mark.parametrize("others", [
        [], [(part("1", None), b"Kinh gui")], [(part("2", "b.txt"), b"khac"), (part("4", "a.docx"), None)],
    ])  # fmt: skip
    def test_a_detached_signature_whose_file_is_not_at_hand_covers_nothing(self, others):
        (one,) = beside(others, cms.cms(b"x", tree().g2_seal))
        assert one.integrity is Integrity.UNKNOWN
        assert "signed-file-missing" in one.problems

    @pytest.mark.parametrize(
        "junk", [b"", b"0", b"\x30\x80", b"-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----", b"PK"]
    )
    def test_junk_is_no_signature(self, junk):
        assert beside([], junk) == ()


class TestMail:
    def check(self, raw, path="2"):
        return verify_smime(raw, part=path, filename="smime.p7s", trust=store(), now=NOW)

    def test_a_signed_mail_is_good_and_covers_its_first_part(self):
        (one,) = self.check(cms.multipart_signed(cms.INNER, tree().g2_person))
        assert good(one)
        assert one.covers == ("1",)
        assert one.signer.emails == ("nguoikythu.binhtan@tphcm.gov.vn",)

    def test_a_forwarded_signed_entity_covers_its_own_first_part(self):
        (one,) = self.check(cms.multipart_signed(cms.INNER, tree().g2_person), "3.2.2")
        assert one.covers == ("3.2.1",)

    def test_a_file_in_unix_form_is_verified_in_its_canonical_form(self):
        raw = cms.multipart_signed(cms.INNER, tree().g2_person).replace(b"\r\n", b"\n")
        assert self.check(raw)[0].integrity is Integrity.INTACT

    @pytest.mark.parametrize("around", ["This is an S/MIME signed message\r\n\r\n", "Thư này có chữ ký số.\r\n"])
    def test_text_before_and_behind_the_parts_is_no_part_of_the_mail(self, around):
        raw = cms.multipart_signed(cms.INNER, tree().g2_person)
        raw = raw.replace(b"\r\n\r\n--sig", b"\r\n\r\n" + around.encode() + b"--sig", 1) + around.encode()
        (one,) = self.check(raw)
        assert good(one)

    def test_an_opaque_signed_mail_is_good(self):
        (one,) = self.check(cms.pkcs7_mime(cms.INNER, tree().g2_person), "1")
        assert good(one)
        assert one.covers == ("1",)

    @pytest.mark.parametrize(
        "junk",
        [b"", b"\r\n", b"Content-Type: multipart/signed\r\n\r\n", b"Content-Type: application/pkcs7-mime\r\n\r\nAA"],
    )
    def test_junk_never_crashes_and_never_passes(self, junk):
        assert all(one.integrity is not Integrity.INTACT for one in self.check(junk))
