"""CMS SignedData (RFC 5652) with the attributes of CAdES (ETSI EN 319 122-1): each signer verified over given content.

One implementation for PDF, detached and attached files, S/MIME, ASiC and timestamps, over asn1crypto and cryptography.
What is promised: INTACT only when the signature value is by the key of the certificate found, the messageDigest equals
the content's, content type and signing certificate are those that were signed, and every algorithm is one of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from asn1crypto import cms, core, tsp
from asn1crypto import parser as asn1_parser

from gateway.documents.signatures import algorithms
from gateway.documents.signatures.algorithms import Content
from gateway.documents.signatures.certificates import Certificate, key_of, readable, validity
from gateway.documents.signatures.cms_evidence import evidence_of
from gateway.documents.signatures.revocation import Evidence
from gateway.documents.signatures.wall import LIMIT, LibraryFault, wall
from gateway.model import Integrity

MAX_SIGNERS = 64
_MAX_CERTIFICATES = 100
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNATURE_TIMESTAMP = "1.2.840.113549.1.9.16.2.14"
_SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
_ALGORITHM_PROTECTION = "1.2.840.113549.1.9.52"
_COUNTER_SIGNATURE = "1.2.840.113549.1.9.6"


@dataclass(frozen=True)
class CmsSigner:
    """One SignerInfo, verified."""

    integrity: Integrity
    sub_indication: str = ""
    """ETSI sub-indication of what is wrong, empty when intact."""
    certificate: Certificate | None = None
    algorithms: tuple[str, ...] = ()
    claimed_time: datetime | None = None
    timestamps: tuple[tuple[bytes, Content], ...] = ()
    """Signature timestamp tokens, each a ContentInfo in DER, over the signature value."""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class SignedData:
    """A parsed SignedData."""

    parsed: Any
    content_type: str
    content: bytes | None
    """Encapsulated content, None when it is detached."""
    certificates: tuple[Certificate, ...]
    evidence: Evidence = field(default_factory=Evidence)
    has_tail: bool = False
    """Whether anything but zeros and white space follows it."""

    @property
    def signers(self) -> Sequence[Any]:
        """The SignerInfo values; LibraryFault when there are more than are verified."""
        if len(self.parsed["signer_infos"]) > MAX_SIGNERS:
            raise LibraryFault(LIMIT, "signers")
        return list(self.parsed["signer_infos"])


def parse(data: bytes) -> SignedData:
    """Read a ContentInfo of type SignedData, in BER or DER; LibraryFault when it is none."""
    with wall("cms"):
        info = cms.ContentInfo.load(data)
        if info["content_type"].native != "signed_data":
            raise LibraryFault("cms", str(info["content_type"].native))
        _, _, _, header, contents, trailer = asn1_parser.parse(data, strict=False)
        tail = data[len(header) + len(contents) + len(trailer) :]  # PDF pads with zeros
        return _from_parsed(info["content"], has_tail=bool(tail.strip(b"\0\t\r\n ")))


def _from_parsed(parsed: Any, *, has_tail: bool) -> SignedData:
    encapsulated = parsed["encap_content_info"]
    content = encapsulated["content"]
    octets = None if isinstance(content, core.Void) or content.native is None else _octets(content)
    held = (one.chosen.dump() for one in parsed["certificates"] or () if one.name == "certificate")
    evidence, more = evidence_of(parsed, list(parsed["signer_infos"])[:MAX_SIGNERS])
    certificates = (*readable(islice(held, _MAX_CERTIFICATES)), *more)
    content_type = encapsulated["content_type"]
    return SignedData(parsed, str(content_type.dotted), octets, certificates, evidence, has_tail)


def _octets(content: Any) -> bytes:
    """The value of the eContent OCTET STRING, whether or not it was parsed as something more."""
    if isinstance(content, (core.ParsableOctetString, core.OctetString)):
        return bytes(content)
    return bytes(content.contents)


def verify_signer(data: SignedData, signer: Any, content: Content, *, extra: Sequence[Certificate] = ()) -> CmsSigner:
    """Verify one SignerInfo over `content`; `extra` are certificates in which its signer may also be found.

    Never raises on hostile input: what cannot be read is UNKNOWN or BROKEN with the sub-indication.
    """
    try:
        with wall("signer-info"):
            return _verify_signer(data, signer, content, extra)
    except LibraryFault as fault:
        if fault.what in {"signature-algorithm", "digest-algorithm", "public-key"}:
            return CmsSigner(Integrity.UNKNOWN, "SIG_CRYPTO_FAILURE", problems=("unsupported-algorithm",))
        return CmsSigner(Integrity.BROKEN, "FORMAT_FAILURE", problems=("malformed",))


def _verify_signer(data: SignedData, signer: Any, content: Content, extra: Sequence[Certificate]) -> CmsSigner:
    attributes = _Attributes(signer)
    digest = algorithms.digest_name(signer["digest_algorithm"])
    announced = {algorithms.digest_name(one) for one in data.parsed["digest_algorithms"]}
    named = find_signers(signer, (*data.certificates, *extra))
    certificate = named[0] if named else None
    if len(named) > 1:
        certificate = next((one for one in named if attributes.certificate_fault(one) is None), certificate)
    claimed = attributes.time()
    signature = signer["signature"].native
    stamps = attributes.timestamps(Content((signature,)))

    def broken(sub_indication: str, *problems: str) -> CmsSigner:
        return CmsSigner(Integrity.BROKEN, sub_indication, certificate, (digest,), claimed, stamps, problems)

    if certificate is None:
        return CmsSigner(Integrity.UNKNOWN, "NO_SIGNING_CERTIFICATE_FOUND", None, (digest,), claimed, stamps)
    scheme = algorithms.scheme_of(signer["signature_algorithm"], digest=digest)
    used = (digest, scheme.name, algorithms.describe_key(key_of(certificate)))
    if digest not in announced or (scheme.digest and scheme.digest != digest):
        return broken("SIG_CRYPTO_FAILURE", "algorithm-mismatch")
    if attributes.signed is None:
        if data.content_type != "1.2.840.113549.1.7.1":
            return broken("FORMAT_FAILURE", "no-signed-attributes")  # RFC 5652 §5.3
        if _is_attributes(content):
            return broken("FORMAT_FAILURE", "attributes-as-content")
        if not algorithms.verify(key_of(certificate), scheme, signature, content):
            return broken("HASH_FAILURE")  # nothing but the content is signed: it is another one
        return CmsSigner(Integrity.INTACT, "", certificate, used, claimed, stamps)
    if data.content and Content((data.content,)).digest(digest) != content.digest(digest):
        # Some programs show the content that a signature holds, others the one beside it.
        return broken("HASH_FAILURE")
    fault = attributes.fault(data.content_type, content.digest(digest), signer, certificate)
    if fault:
        return broken(*fault)
    if not any(
        algorithms.verify(key_of(certificate), scheme, signature, Content((encoded,)))
        for encoded in attributes.encodings()
    ):
        return broken("SIG_CRYPTO_FAILURE")
    return CmsSigner(Integrity.INTACT, "", certificate, used, claimed, stamps, tuple(attributes.remarks()))


def find_signers(signer: Any, certificates: Sequence[Certificate]) -> list[Certificate]:
    """Return the certificates that the SignerInfo names by issuer and serial or by key identifier, the newest first.

    A renewed certificate keeps key and key identifier, so that several may be meant.
    """
    identifier = signer["sid"]
    if identifier.name != "issuer_and_serial_number":
        found = [one for one in certificates if one.key_identifier == identifier.chosen.native]
        return sorted(found, key=lambda one: validity(one)[1], reverse=True)
    named = identifier.chosen
    serial = named["serial_number"].native
    issuer = named["issuer"].hashable
    for one in certificates:
        if one.serial_number == serial and one.issuer.hashable == issuer:
            return [one]
    return [one for one in certificates if one.serial_number == serial and _is_named_twice_encoded(named, one)]


def _is_named_twice_encoded(named: Any, certificate: Certificate) -> bool:
    """Return whether a certificate is meant by a name whose letters were put into UTF-8 twice, as node-forge does.

    Every authority with Vietnamese letters has another name in its signatures. Nothing rests on the name, which is not
    signed: the key must verify as that of any certificate.
    """
    pairs = [_texts(name) for name in (named["issuer"], certificate.issuer)]
    try:
        return [(kind, text.encode("latin-1").decode()) for kind, text in pairs[0]] == pairs[1]
    except UnicodeError:
        return False


def _texts(name: Any) -> list[tuple[str, str]]:
    return [(pair["type"].dotted, str(pair["value"].native)) for rdn in name.chosen for pair in rdn]


def _is_attributes(content: Content) -> bool:
    """Return whether the content is the signed attributes of another signature, by which that becomes one over them.

    RFC 5652 signs the SET OF attributes as it would sign content, so that removing the attributes leaves a good signature
    over bytes that were never meant to be signed.
    """
    if bytes(content.segments[0][:1]) != b"\x31":
        return False
    try:
        with wall("attributes"):
            attributes = cms.CMSAttributes.load(content.whole(), strict=True)
            return any(one["type"].dotted == _MESSAGE_DIGEST for one in attributes)
    except LibraryFault:
        return False


def _set_of(parts: list[bytes]) -> bytes:
    """Encode a SET OF with definite length, its elements in the given order."""
    contents = b"".join(parts)
    return bytes(asn1_parser.emit(0, 1, 17, contents))


class _Attributes:
    """Signed and unsigned attributes of a SignerInfo."""

    def __init__(self, signer: Any) -> None:
        signed = signer["signed_attrs"]
        self.signed = signed if not isinstance(signed, core.Void) and len(signed) else None
        unsigned = signer["unsigned_attrs"]
        self._unsigned = list(unsigned) if not isinstance(unsigned, core.Void) else []

    def values(self, oid: str) -> list[list[Any]]:
        """The values of each signed attribute of that type."""
        if self.signed is None:
            return []
        return [list(attribute["values"]) for attribute in self.signed if attribute["type"].dotted == oid]

    def encodings(self) -> list[bytes]:
        """Encodings that may have been signed: the SET OF as written, and in DER order (RFC 5652 §5.4)."""
        if self.signed is None:
            return []
        parts = [attribute.dump() for attribute in self.signed]
        return list(dict.fromkeys((_set_of(parts), _set_of(sorted(parts)))))

    def time(self) -> datetime | None:
        """The signing time claimed, None when there is none or it cannot be read."""
        values = self.values("1.2.840.113549.1.9.5")
        if not values or not values[0]:
            return None
        try:
            with wall("signing-time"):
                native = values[0][0].native
                return native.astimezone(UTC) if isinstance(native, datetime) else None
        except LibraryFault:
            return None

    def timestamps(self, signature: Content) -> tuple[tuple[bytes, Content], ...]:
        """Signature timestamp tokens, with the signature that they are over."""
        stamps = (one["values"] for one in self._unsigned if one["type"].dotted == _SIGNATURE_TIMESTAMP)
        return tuple((value.dump(), signature) for values in stamps for value in values)

    def fault(self, content_type: str, digest: bytes, signer: Any, certificate: Certificate) -> tuple[str, ...] | None:
        """Return what is wrong with the signed attributes, or None (RFC 5652 §11.1, §11.2, RFC 5035, RFC 6211)."""
        types = self.values("1.2.840.113549.1.9.3")
        if len(types) != 1 or len(types[0]) != 1 or types[0][0].dotted != content_type:
            return ("FORMAT_FAILURE", "content-type-attribute")
        digests = self.values(_MESSAGE_DIGEST)
        if len(digests) != 1 or len(digests[0]) != 1:
            return ("FORMAT_FAILURE", "message-digest-attribute")
        if digests[0][0].native != digest:
            return ("HASH_FAILURE",)
        for values in self.values(_ALGORITHM_PROTECTION):
            for value in values:
                protection = cms.CMSAlgorithmProtection.load(value.dump())
                if protection["digest_algorithm"].native != signer["digest_algorithm"].native:
                    return ("SIG_CRYPTO_FAILURE", "algorithm-mismatch")
        return self.certificate_fault(certificate)

    def certificate_fault(self, certificate: Certificate) -> tuple[str, ...] | None:
        """The first ESSCertID must be the certificate that verifies, else another certificate was slipped in."""
        for oid, kind in (
            (_SIGNING_CERTIFICATE, tsp.SigningCertificate),
            (_SIGNING_CERTIFICATE_V2, tsp.SigningCertificateV2),
        ):
            for values in self.values(oid):
                for value in values:
                    identifiers = kind.load(value.dump())["certs"]
                    if len(identifiers) == 0:
                        return ("FORMAT_FAILURE", "signing-certificate-attribute")
                    first = identifiers[0]
                    digest = "sha1" if oid == _SIGNING_CERTIFICATE else algorithms.digest_name(first["hash_algorithm"])
                    if Content((certificate.dump(),)).digest(digest) != first["cert_hash"].native:
                        return ("SIG_CRYPTO_FAILURE", "signing-certificate-mismatch")
        return None

    def remarks(self) -> list[str]:
        """Things worth noting that do not break the signature."""
        found = []
        if any(attribute["type"].dotted == _COUNTER_SIGNATURE for attribute in self._unsigned):
            found.append("counter-signature")
        if len(self.values("1.2.840.113549.1.9.5")) > 1:
            found.append("double-signing-time")
        return found
