"""The trust store, the carried anchors, real chains, and NIST's path validation suite."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import pem

from gateway.documents.signatures import path as paths
from gateway.documents.signatures.certificates import describe, distinguished_name, fingerprint, load_certificates
from gateway.documents.signatures.holder import Role, kind_of, load_roles
from gateway.documents.signatures.judge import Purpose, judge
from gateway.documents.signatures.revocation import Evidence
from gateway.documents.signatures.trust import TrustStore, load_pins
from gateway.documents.signatures.warm import warm_up
from gateway.errors import ConfigError
from gateway.model import HolderKind, Signer, Trust
from tests.pki.tree import NOW, tree
from tests.support.corpus import CORPUS

ROOT = Path(__file__).resolve().parents[2]
CERTS = ROOT / "certs"


class TestCarriedAnchors:
    def test_every_carried_file_is_what_the_manifest_pins(self):
        pins = {pin.file: pin for pin in load_pins(CERTS / "manifest.yaml") if pin.file}
        files = {path.name for path in CERTS.glob("*.cer")}
        assert files == set(pins)
        for name, pin in pins.items():
            (certificate,) = load_certificates((CERTS / name).read_bytes())
            assert fingerprint(certificate) == pin.sha256
            assert distinguished_name(certificate.subject) == pin.subject
            assert certificate.not_valid_after == pin.not_after
            assert pin.origin.startswith("http")

    def test_all_carried_files_are_anchors_and_valid_today(self):
        store = TrustStore.load(CERTS)
        assert len(store.anchors) == 10
        assert not store.others
        for anchor in store.anchors:
            assert anchor.not_valid_before <= NOW <= anchor.not_valid_after

    @pytest.mark.parametrize(
        ("name", "at"), [("g2_tong_cuc_thue.der", 2023), ("g1_btc_org_mst.der", 2023), ("vnpt-ca-sha2.crt", 2025)]
    )
    def test_real_certificates_reach_the_roots_at_signing_time(self, name, at):
        file = CORPUS.parent / "domain" / "ca" / name
        if not file.exists():
            pytest.skip("real certificates are not at hand (GATEWAY_CORPUS)")
        (leaf,) = load_certificates(file.read_bytes())
        moment = datetime(at, 6, 1, tzinfo=UTC)
        store = TrustStore.load(CERTS)
        judged = judge(store, leaf, pool=(), evidence=Evidence(), purpose=Purpose.DOCUMENT, now=moment)
        assert judged.trust is Trust.TRUSTED
        if not name.startswith("vnpt"):
            assert kind_of(describe(leaf)) is HolderKind.ORGANISATION
        late = judge(
            store, leaf, pool=(), evidence=Evidence(), purpose=Purpose.DOCUMENT, now=datetime(2032, 1, 1, tzinfo=UTC)
        )
        assert late.trust is Trust.UNTRUSTED


class TestFolder:
    def test_pem_der_and_pkcs7_are_read_and_leaves_anchor_nothing(self, tmp_path):
        from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

        sub = tree().g2_sub.certificate
        (tmp_path / "root.pem").write_bytes(
            tree().g2_root.certificate.public_bytes(Encoding.PEM) + sub.public_bytes(Encoding.PEM)
        )
        (tmp_path / "public.p7b").write_bytes(
            pkcs7.serialize_certificates([tree().public_root.certificate], Encoding.DER)
        )
        (tmp_path / "leaf.cer").write_bytes(tree().g2_person.certificate_der)
        (tmp_path / "README.md").write_text("no certificate")
        store = TrustStore.load(tmp_path)
        assert (len(store.anchors), len(store.others)) == (3, 1)

    def test_a_missing_folder_and_bad_files_are_named_all_at_once(self, tmp_path):
        with pytest.raises(ConfigError, match="no such folder"):
            TrustStore.load(tmp_path / "none")
        (tmp_path / "crl").mkdir()
        (tmp_path / "bad.cer").write_bytes(b"junk")
        (tmp_path / "empty.pem").write_bytes(b"")
        (tmp_path / "crl" / "bad.crl").write_bytes(b"junk")
        with pytest.raises(ConfigError) as raised:
            TrustStore.load(tmp_path)
        assert len(raised.value.faults) == 3

    @pytest.mark.parametrize("others", [(), (CERTS / "vgca-root-g2.cer",)])
    def test_a_file_with_anything_but_what_its_pin_says_is_refused(self, tmp_path, others):
        held = [pem.armor("CERTIFICATE", one.read_bytes()) for one in others]
        held.append(pem.armor("CERTIFICATE", tree().g2_root.certificate_der))
        (tmp_path / "vgca-root-g2.cer").write_bytes(b"".join(held))
        (tmp_path / "manifest.yaml").write_bytes((CERTS / "manifest.yaml").read_bytes())
        with pytest.raises(ConfigError, match="not the certificate pinned"):
            TrustStore.load(tmp_path)

    def test_a_pinned_file_without_certificate_is_named(self, tmp_path):
        (tmp_path / "vgca-root-g2.cer").write_bytes(pem.armor("PUBLIC KEY", b"0"))
        (tmp_path / "manifest.yaml").write_bytes((CERTS / "manifest.yaml").read_bytes())
        with pytest.raises(ConfigError, match="holds no certificate"):
            TrustStore.load(tmp_path)

    def test_the_digests_of_two_stores_differ(self, tmp_path):
        first = TrustStore.load(tree().write_store(tmp_path / "a", with_lists=False))
        second = TrustStore.load(tree().write_store(tmp_path / "b"))
        assert first.digest != second.digest
        assert first.digest == TrustStore.load(tmp_path / "a").digest


class TestHolders:
    @pytest.mark.parametrize(("signer", "kind"), [
        (Signer(subject="CN=TỔNG CỤC THUẾ,O=BỘ TÀI CHÍNH", common_name="TỔNG CỤC THUẾ", organisation="BỘ TÀI CHÍNH"), "organisation"),
        (Signer(subject="", common_name="SỞ NỘI VỤ", organisation="ỦY BAN NHÂN DÂN TỈNH X"), "organisation"),
        (Signer(subject="", common_name="Uỷ ban nhân dân phường Y"), "organisation"),
        (Signer(subject="", common_name="Người Ký Thử", organisation="UBND", organisational_unit="SỞ NỘI VỤ"), "person"),
        (Signer(subject="", common_name="X", organisational_unit="x"), "organisation"),
        (Signer(subject="", common_name="CÔNG TY TNHH THỬ", tax_id="0301519977"), "organisation"),
        (Signer(subject="CN=Người Ký Thử,T=Giám đốc", common_name="Người Ký Thử", tax_id="0301519977"), "person"),
        (Signer(subject="CN=NHÀ HÁT THỬ,STREET=7 Đường Thử,ST=X", common_name="NHÀ HÁT THỬ", tax_id="0301519977"), "organisation"),
        (Signer(subject="", common_name="Bành Văn Thử"), "person"),
        (Signer(subject="", common_name="Văn Phòng Thử", citizen_id="CCCD"), "person"),
        (Signer(subject=""), "unknown"), (Signer(subject="", tax_id="1"), "organisation"),
    ])  # fmt: skip
    def test_the_shape_of_the_name_hints_at_the_holder(self, signer, kind):
        assert kind_of(signer).value == kind

    def test_the_roles_file_decides_where_it_speaks_and_compares_exactly(self, tmp_path):
        file = tmp_path / "roles.yaml"
        file.write_text(
            'roles:\n- kind: organisation\n  subject: "CN=Đội Thử,O=X"\n- kind: person\n  serial: "0A1b"\n  issuer: "CN=CA"\n'
        )
        roles = load_roles(file)
        assert kind_of(Signer(subject="CN=Đội thử,O=X", common_name="Đội Thử"), roles) is HolderKind.ORGANISATION
        assert kind_of(Signer(subject="CN=Đội Thử,O=X1", common_name="Đội Thử"), roles) is HolderKind.PERSON
        assert (
            kind_of(Signer(subject="", common_name="UBND X", serial="a1b", issuer="CN=CA"), roles) is HolderKind.PERSON
        )
        assert (
            kind_of(Signer(subject="", common_name="UBND X", serial="a1b", issuer="CN=CB"), roles)
            is HolderKind.ORGANISATION
        )

    @pytest.mark.parametrize(
        "text",
        [
            'roles:\n- kind: x\n  serial: "1"',
            "roles:\n- kind: person",
            "roles:\n- kind: person\n  tax_id: 301234567",
            "roles:\n- person",
            "roles: person",
            "junk",
            "roles: [",
            'roles:\n- kind: person\n  foo: "1"',
        ],
    )
    def test_a_bad_roles_file_is_named(self, tmp_path, text):
        (tmp_path / "roles.yaml").write_text(text)
        with pytest.raises(ConfigError, match=r"roles\.yaml"):
            load_roles(tmp_path / "roles.yaml")

    def test_a_role_without_key_matches_nobody(self):
        assert not Role(kind=HolderKind.PERSON).matches(Signer(subject=""))


def test_warming_up_needs_no_files_of_ours():
    warm_up()


def test_names_for_people_hold_no_control_characters():
    from gateway.demo.pki import Wish, issue
    from gateway.demo.pki import distinguished_name as name_of

    evil = issue(name_of(("CN", "A\r\n250 OK\u202eB\x1b[31m")), tree().person_key, None, Wish(), now=NOW)
    signer = describe(load_certificates(evil.certificate_der)[0])
    assert not re.search(r"[\x00-\x1f\u202e]", signer.subject + signer.common_name)


def test_the_bridge_to_an_anchor_is_found_behind_many_certificates():
    leaf, bridge, anchor = (
        load_certificates(one.certificate_der)[0] for one in (tree().g2_person, tree().g2_sub, tree().g2_root)
    )
    others = [load_certificates(tree().public_root.certificate_der)[0]] * 80
    (found,) = paths.candidates(leaf, [*others, bridge], lambda one: [anchor] if one is bridge else [])
    assert found == (leaf, bridge, anchor)


def test_paths_are_searched_within_bounds():
    leaf = load_certificates(tree().g2_person.certificate_der)[0]
    loop = [load_certificates(tree().g2_sub.certificate_der)[0]] * 60
    found = list(paths.candidates(leaf, loop, lambda one: []))
    assert found == []
    assert paths.check((leaf,), at=NOW + timedelta(days=9999)) == "EXPIRED"
