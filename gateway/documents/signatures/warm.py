"""Loads everything that verification needs before the process loses access to files."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime

from gateway.documents import signatures
from gateway.documents.signatures.trust import TrustStore
from gateway.model import Integrity

_LAZY = (
    *(f"asn1crypto.{name}" for name in ("algos", "cms", "crl", "keys", "ocsp", "parser", "pem", "tsp", "x509")),
    *(f"pyhanko.pdf_utils.{name}" for name in ("crypt", "filters", "generic", "misc", "reader", "rw_common", "xref")),
    "pyhanko.sign.diff_analysis",
    "pyhanko.sign.fields",
    "pyhanko_certvalidator.validate",
    "xml.etree.ElementTree",
)
"""Modules that the libraries import on first use, found by verifying whole corpora and looking at what was loaded."""
_SAMPLES = {
    "application/pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000052 00000 n \n"
    b"trailer<</Size 3/Root 1 0 R/ByteRange 0>>\nstartxref\n100\n%%EOF\n",
    "application/msword": "_signatures".encode("utf-16-le"),
    "application/zip": b"PK META-INF/",
    "application/pkcs7-mime": b"0\x00",
    "application/xml": b"<a><Signature xmlns='http://www.w3.org/2000/09/xmldsig#'/></a>",
}


def warm_up() -> None:
    """Import what the verifiers will; look at samples that are no valid files, and verify a path and a signature."""
    for name in _LAZY:
        importlib.import_module(name)
    now = datetime.now(UTC)
    for kind, octets in _SAMPLES.items():
        found = signatures.verify(octets, part="", filename=None, detected_type=kind, trust=TrustStore(), now=now)
        assert all(one.integrity is not Integrity.INTACT for one in found)
    _path(now)


def _path(now: datetime) -> None:
    """Verify a certificate and a CRL of the moment: asn1crypto and certvalidator import and compile on first use."""
    from datetime import timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    from gateway.documents.signatures.certificates import checked, describe
    from gateway.documents.signatures.crl import load_list
    from gateway.documents.signatures.judge import Purpose, judge
    from gateway.documents.signatures.revocation import Evidence

    key = ec.generate_private_key(ec.SECP256R1())
    day = timedelta(days=1)

    def certificate(name: str, *, authority: bool) -> bytes:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "warm CA")])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(1 + authority)
            .not_valid_before(now - day)
            .not_valid_after(now + day)
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
        )
        return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "warm CA")])
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer)
        .last_update(now - day)
        .next_update(now + day)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )
    anchor, leaf = checked(certificate("warm CA", authority=True)), checked(certificate("warm", authority=False))
    store = TrustStore.of([anchor], lists=[load_list(crl, embedded=False)])
    describe(leaf)
    judge(store, leaf, pool=(), evidence=Evidence(), purpose=Purpose.DOCUMENT, now=now)
