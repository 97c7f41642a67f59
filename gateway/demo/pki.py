"""Certificate hierarchy modelled on Viet Nam's, with keys generated on the spot: for the demonstration and tests.

G2 has a root and a sub-CA of 2018: RSA 4096 in life, 2048 here for speed, SHA-256, path length 0. The tests have others beside.
All names end in THỬ NGHIỆM and all persons are invented. Nothing of it is ever written but where the caller says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

from asn1crypto import core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

UID = ObjectIdentifier("0.9.2342.19200300.100.1.1")
EMAIL = ObjectIdentifier("1.2.840.113549.1.9.1")
_ATTRIBUTES = {
    "C": NameOID.COUNTRY_NAME, "L": NameOID.LOCALITY_NAME, "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME, "CN": NameOID.COMMON_NAME, "T": NameOID.TITLE, "UID": UID, "E": EMAIL,
}  # fmt: skip
DOCUMENT_PURPOSES = (
    ExtendedKeyUsageOID.CLIENT_AUTH,
    ExtendedKeyUsageOID.EMAIL_PROTECTION,
    ExtendedKeyUsageOID.SMARTCARD_LOGON,
)
_CITY = "Ủy ban nhân dân Thành phố Hồ Chí Minh"
_DISTRICT = "Ủy ban nhân dân quận Bình Tân"


def distinguished_name(*pairs: tuple[str, str]) -> x509.Name:
    """Make a name; the lengths of RFC 5280 are not enforced, since names of authorities here exceed them."""
    return x509.Name([x509.NameAttribute(_ATTRIBUTES[kind], value, _validate=False) for kind, value in pairs])


@dataclass(frozen=True)
class Identity:
    """A certificate with its private key and the certificates above it."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def certificate_der(self) -> bytes:
        """The certificate in DER."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def key_der(self) -> bytes:
        """The private key in PKCS #8."""
        return self.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Differences of a certificate to be issued from an ordinary one."""

    authority: bool = False
    path_length: int | None = None
    purposes: Sequence[ObjectIdentifier] | None = DOCUMENT_PURPOSES
    key_usage: frozenset[str] = frozenset({"digital_signature", "content_commitment", "key_encipherment"})
    begins: datetime | None = None
    ends: datetime | None = None
    digest: str = "sha256"
    email: str | None = None


_CA_USAGE = frozenset({"key_cert_sign", "crl_sign"})
_ALL_USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


def new_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Make an RSA key; slow, so callers share keys where the test or sample allows."""
    return rsa.generate_private_key(65537, bits)


def issue(
    subject: x509.Name, key: rsa.RSAPrivateKey, issuer: Identity | None, wish: Wish, *, now: datetime
) -> Identity:
    """Issue a certificate for `key`; self-signed without an issuer."""
    signer = issuer.key if issuer else key
    begins = wish.begins or now - timedelta(days=400)
    ends = wish.ends or now + timedelta(days=4000 if wish.authority else 1400)
    usage = _CA_USAGE if wish.authority else wish.key_usage
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(wish.authority, wish.path_length), critical=True)
        .add_extension(x509.KeyUsage(**{name: name in usage for name in _ALL_USAGES}), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if wish.purposes is not None and not wish.authority:
        only_time = list(wish.purposes) == [ExtendedKeyUsageOID.TIME_STAMPING]
        builder = builder.add_extension(x509.ExtendedKeyUsage(list(wish.purposes)), critical=only_time)
    if wish.email:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(wish.email)]), critical=False)
    chain = (issuer.certificate, *issuer.chain) if issuer else ()
    certificate = builder.sign(signer, hashes.SHA256())
    if wish.digest != "sha256":
        certificate = _signed_again(certificate, signer, wish.digest)
    return Identity(certificate, key, chain)


def _signed_again(certificate: x509.Certificate, signer: rsa.RSAPrivateKey, digest: str) -> x509.Certificate:
    """Sign a certificate again with SHA-1, as the authorities of 2010 did; the library no longer makes such."""
    parsed = asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
    algorithm = {"algorithm": f"{digest}_rsa", "parameters": core.Null()}
    parsed["tbs_certificate"]["signature"] = algorithm
    parsed["signature_algorithm"] = algorithm
    octets = parsed["tbs_certificate"].dump(force=True)
    # SHA-1 here makes a certificate that must be refused unless it is pinned.
    parsed["signature_value"] = signer.sign(octets, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303
    return x509.load_der_x509_certificate(parsed.dump(force=True))


def revocation_list(
    issuer: Identity,
    revoked: Sequence[tuple[Identity, datetime, x509.ReasonFlags | None]] = (),
    *,
    this_update: datetime,
    next_update: datetime,
) -> bytes:
    """Make a CRL in DER with the given (certificate, revocation date, reason)."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(this_update)
        .next_update(next_update)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
        .add_extension(x509.CRLNumber(1), critical=False)
    )
    for identity, date, reason in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(identity.certificate.serial_number).revocation_date(date)
        if reason is not None:
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


@dataclass
class Pki:
    """The whole tree; each certificate is made when it is first asked for, keys are shared among leaves."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def _authority(
        self, key: rsa.RSAPrivateKey, issuer: Identity | None, *pairs: tuple[str, str], **wish: object
    ) -> Identity:
        begins = self.now - timedelta(days=3000)
        return issue(
            distinguished_name(("C", "VN"), *pairs),
            key,
            issuer,
            Wish(authority=True, begins=begins, **wish),  # type: ignore[arg-type]
            now=self.now,
        )

    @cached_property
    def _root_key(self) -> rsa.RSAPrivateKey:
        return new_key()

    @cached_property
    def _sub_key(self) -> rsa.RSAPrivateKey:
        return new_key()

    @cached_property
    def person_key(self) -> rsa.RSAPrivateKey:
        """Key of everybody's person certificate."""
        return new_key()

    @cached_property
    def seal_key(self) -> rsa.RSAPrivateKey:
        """Key of everybody's seal."""
        return new_key()

    @cached_property
    def g2_root(self) -> Identity:
        """Root of the second generation."""
        return self._authority(
            self._root_key,
            None,
            ("O", "Ban Cơ yếu Chính phủ THỬ NGHIỆM"),
            ("CN", "RootCA chuyên dùng Chính phủ G2 THỬ NGHIỆM"),
        )

    @cached_property
    def g2_sub(self) -> Identity:
        """Sub-CA for state agencies, second generation."""
        return self._authority(
            self._sub_key,
            self.g2_root,
            ("O", "Ban Cơ yếu Chính phủ THỬ NGHIỆM"),
            ("CN", "CA phục vụ các cơ quan Nhà nước G2 THỬ NGHIỆM"),
            path_length=0,
        )

    def leaf(
        self, issuer: Identity, *pairs: tuple[str, str], key: rsa.RSAPrivateKey | None = None, **wish: object
    ) -> Identity:
        """Issue an end-entity certificate."""
        name = distinguished_name(("C", "VN"), *pairs)
        return issue(name, key or self.person_key, issuer, Wish(**wish), now=self.now)  # type: ignore[arg-type]

    def person(self, issuer: Identity, **wish: object) -> Identity:
        """The certificate of an invented head of a unit."""
        return self.leaf(
            issuer,
            ("L", "Thành phố Hồ Chí Minh"),
            ("O", _CITY),
            ("OU", _DISTRICT),
            ("T", "Chủ tịch"),
            ("CN", "Người Ký Thử"),
            ("UID", "CCCD:079000000000"),
            ("E", "nguoikythu.binhtan@tphcm.gov.vn"),
            **wish,  # type: ignore[arg-type]
        )

    def seal(self, issuer: Identity, *, name: str = _DISTRICT, **wish: object) -> Identity:
        """The certificate of an organisation."""
        return self.leaf(issuer, ("L", "Thành phố Hồ Chí Minh"), ("O", _CITY), ("CN", name), key=self.seal_key, **wish)

    @cached_property
    def g2_person(self) -> Identity:
        """A person under G2."""
        return self.person(self.g2_sub)

    @cached_property
    def g2_seal(self) -> Identity:
        """An organisation under G2."""
        return self.seal(self.g2_sub)
