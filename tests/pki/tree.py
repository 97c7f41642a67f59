"""The test PKI of a session: one tree, its store on disk, and a few documents, made once."""

import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from gateway.demo.documents import official_letter, pdf_file, word_file
from gateway.demo.pki import Identity, Pki, Wish, issue, new_key, revocation_list
from gateway.documents.signatures.trust import TrustStore

serialization.load_der_private_key = cache(serialization.load_der_private_key)
"""pyHanko loads and checks the key of a signer anew for each signature, which takes four times as long as to sign."""
NOW = datetime(2026, 11, 24, 5, tzinfo=UTC)


class Tree(Pki):
    """The authorities of the demonstration (G2) and others, and the store as an administrator keeps it.

    G1      root and sub-CA of 2010: RSA 2048, the sub-CA certified with SHA-1, leaves with SHA-256
    public  a national root and a licensed public authority; subjects with UID=MST:... or UID=CCCD:...
    TSA     a timestamp authority under G2
    rogue   a root with the very name of the G2 root, that nobody trusts
    """

    @cached_property
    def g1_root(self) -> Identity:
        """Root of the first generation, self-signed with SHA-1."""
        return self._authority(
            self._root_key,
            None,
            ("O", "Ban Co yeu Chinh phu THU NGHIEM"),
            ("CN", "Co quan chung thuc so chuyen dung Chinh phu (RootCA) THU NGHIEM"),
            digest="sha1",
        )

    @cached_property
    def g1_sub(self) -> Identity:
        """Sub-CA of the first generation, certified with SHA-1."""
        return self._authority(
            self._sub_key,
            self.g1_root,
            ("O", "Ban Co yeu Chinh phu THU NGHIEM"),
            ("CN", "Co quan chung thuc so Chinh phu THU NGHIEM"),
            digest="sha1",
        )

    @cached_property
    def public_root(self) -> Identity:
        """National root."""
        return self._authority(
            self._root_key,
            None,
            ("O", "Trung tâm Chứng thực điện tử quốc gia THỬ NGHIỆM"),
            ("CN", "Vietnam National Root CA THU NGHIEM"),
        )

    @cached_property
    def public_sub(self) -> Identity:
        """A licensed public authority."""
        return self._authority(
            self._sub_key, self.public_root, ("O", "Công ty chứng thực THỬ NGHIỆM"), ("CN", "CA công cộng THỬ NGHIỆM")
        )

    @cached_property
    def rogue_root(self) -> Identity:
        """A stranger with the name of the G2 root."""
        return issue(self.g2_root.certificate.subject, new_key(), None, Wish(authority=True), now=self.now)

    @cached_property
    def tsa(self) -> Identity:
        """A timestamp authority under G2."""
        return self.leaf(
            self.g2_sub,
            ("O", "Ban Cơ yếu Chính phủ THỬ NGHIỆM"),
            ("CN", "Máy chủ cấp dấu thời gian THỬ NGHIỆM"),
            key=self.seal_key,
            purposes=(ExtendedKeyUsageOID.TIME_STAMPING,),
            key_usage=frozenset({"digital_signature"}),
            begins=self.now - timedelta(days=2900),
        )

    def crl(
        self, issuer: Identity, *revoked: tuple[Identity, datetime, x509.ReasonFlags | None], days: int = 30
    ) -> bytes:
        """A CRL of yesterday, good for `days` days."""
        day = timedelta(days=1)
        return revocation_list(issuer, revoked, this_update=self.now - day, next_update=self.now + days * day)

    def write_store(self, folder: Path, *, with_lists: bool = True) -> Path:
        """Write the trust anchors of all three trees, and their CRLs, as the administrator would; return the folder."""
        (folder / "crl").mkdir(parents=True, exist_ok=True)
        trees = {
            "g1": (self.g1_root, self.g1_sub),
            "g2": (self.g2_root, self.g2_sub),
            "public": (self.public_root, self.public_sub),
        }
        for name, authorities in trees.items():
            for number, authority in enumerate(authorities):
                (folder / f"{name}-{number}.cer").write_bytes(authority.certificate_der)
                if with_lists:
                    (folder / "crl" / f"{name}-{number}.crl").write_bytes(self.crl(authority))
        return folder


_USAGES = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
           "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip


def usage(*names: str) -> tuple[x509.ExtensionType, bool]:
    """The purposes of a key, as a critical extension."""
    return x509.KeyUsage(**{one: one in names for one in _USAGES}), True


def certified(
    subject: x509.Name,
    key: rsa.RSAPrivateKey,
    issuer: Identity,
    *extensions: tuple[x509.ExtensionType, bool],
    days: tuple[int, int] = (-90, 90),
) -> Identity:
    """A certificate with just these extensions, each with whether it is critical."""
    begins, ends = (NOW + timedelta(days=day) for day in days)
    builder = x509.CertificateBuilder(
        issuer.certificate.subject, subject, key.public_key(), x509.random_serial_number(), begins, ends
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    made = builder.sign(issuer.key, hashes.SHA256())
    return Identity(made, key, (issuer.certificate, *issuer.chain))


@cache
def tree() -> Tree:
    """The tree of authorities and holders."""
    return Tree(now=NOW)


@cache
def store() -> TrustStore:
    """Anchors and CRLs of all three trees, loaded from files as the gateway loads them."""
    with tempfile.TemporaryDirectory() as folder:
        return TrustStore.load(tree().write_store(Path(folder)))


@cache
def letter_pdf() -> bytes:
    """An issued letter, unsigned."""
    return pdf_file(official_letter("1215/UBND-VP", "báo cáo công tác tháng"))


@cache
def letter_docx() -> bytes:
    """The same as a Word file."""
    return word_file(official_letter("1215/UBND-VP", "báo cáo công tác tháng"))
