"""Signs PDFs in every way that tools of offices, and attackers, do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign import fields, signers, timestamps
from pyhanko_certvalidator.registry import SimpleCertificateStore

from gateway.demo.pki import Identity
from gateway.demo.sign import PERSON_BOX, SEAL_BOX, appended, frame


@dataclass(frozen=True, kw_only=True)
class PdfSigning:
    """Options of signing a PDF."""

    field: str = "Signature1"
    box: tuple[int, int, int, int] | None = PERSON_BOX
    digest: str = "sha256"
    sub_filter: fields.SigSeedSubFilter = fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED
    reason: str = "Ký số văn bản"
    tsa: Identity | None = None
    tsa_time: datetime | None = None
    tsa_digest: str = "sha256"
    with_chain: bool = False
    """Signing tools of VGCA embed the signer's certificate only."""
    certify: fields.MDPPerm | None = None
    lock: fields.FieldMDPSpec | None = None
    options: dict[str, Any] | None = None


class _Signer(signers.SimpleSigner):  # type: ignore[misc]
    """Asks for timestamps with an imprint of its own choice, as the old VGCA tool does with SHA-1."""

    imprint = "sha256"

    async def unsigned_attrs(self, _digest: str, *args: Any, **options: Any) -> Any:
        """Use the chosen imprint instead of the digest of the signature."""
        return await super().unsigned_attrs(self.imprint, *args, **options)


def simple_signer(
    identity: Identity, *, with_chain: bool = False, imprint: str = "sha256", prefer_pss: bool = False
) -> signers.SimpleSigner:
    """Turn an identity into pyHanko's signer."""
    registry = SimpleCertificateStore()
    if with_chain:
        registry.register_multiple(
            [asn1_x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in identity.chain]
        )
    signer = _Signer(
        signing_cert=asn1_x509.Certificate.load(identity.certificate_der),
        signing_key=asn1_keys.PrivateKeyInfo.load(identity.key_der),
        cert_registry=registry,
        prefer_pss=prefer_pss,
    )
    signer.imprint = imprint
    return signer


def timestamper(tsa: Identity, *, at: datetime | None = None) -> timestamps.TimeStamper:
    """A timestamp authority of our own, with any time."""
    return timestamps.DummyTimeStamper(
        asn1_x509.Certificate.load(tsa.certificate_der),
        asn1_keys.PrivateKeyInfo.load(tsa.key_der),
        fixed_dt=at,
        include_nonce=False,
    )


def sign_pdf(data: bytes, identity: Identity, how: PdfSigning | None = None) -> bytes:
    """Append one signature to a PDF."""
    how = how or PdfSigning()
    metadata = signers.PdfSignatureMetadata(
        field_name=how.field,
        md_algorithm=how.digest,
        subfilter=how.sub_filter,
        reason=how.reason,
        certify=how.certify is not None,
        docmdp_permissions=how.certify or fields.MDPPerm.FILL_FORMS,
        **(how.options or {}),
    )
    spec = fields.SigFieldSpec(how.field, box=how.box, on_page=0, field_mdp_spec=how.lock)
    stamp = timestamper(how.tsa, at=how.tsa_time) if how.tsa is not None else None
    signer = signers.PdfSigner(
        metadata,
        signer=simple_signer(identity, with_chain=how.with_chain, imprint=how.tsa_digest),
        timestamper=stamp,
        stamp_style=frame(how.box) if how.box is not None else None,
        new_field_spec=spec,
    )
    return appended(signer, data)


def sign_pdf_twice(
    data: bytes,
    person: Identity,
    seal: Identity,
    *,
    tsa: Identity | None = None,
    tsa_time: datetime | None = None,
) -> bytes:
    """Sign as an office issues a document: the leader first, then the seal (Decree 30/2020, Article 5)."""
    once = sign_pdf(data, person, PdfSigning(field="Signature1", box=PERSON_BOX, tsa=tsa, tsa_time=tsa_time))
    stamp = PdfSigning(field="Signature2", box=SEAL_BOX, reason="Đóng dấu cơ quan", tsa=tsa, tsa_time=tsa_time)
    return sign_pdf(once, seal, stamp)
