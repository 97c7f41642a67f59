"""Digest and signature algorithms: names in ASN.1 and XML, accepted ones, raw verification.

Accepted are SHA-256 and better, RSA of 2048 bits, elliptic curves of 256 bits (Circular 15/2025/TT-BKHCN, Annex II;
ETSI TS 119 312). Weaker digests and shorter keys are verified, so that integrity is known, and called weak.
Nothing here raises on hostile keys or values but `LibraryFault`; what does not verify is False.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa, utils

from gateway.documents.signatures.wall import LibraryFault, wall

Buffer = bytes | memoryview

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "md5": hashes.MD5(),  # noqa: S303 - verified only to tell intact from broken; never accepted
    "sha1": hashes.SHA1(),  # noqa: S303 - as above
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
    "sha3_224": hashes.SHA3_224(),
    "sha3_256": hashes.SHA3_256(),
    "sha3_384": hashes.SHA3_384(),
    "sha3_512": hashes.SHA3_512(),
}
_WEAK_DIGESTS = frozenset({"md2", "md5", "sha1", "sha224", "sha3_224", "ripemd160"})

_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_MORE_2007 = "http://www.w3.org/2007/05/xmldsig-more#"
_DSIG = "http://www.w3.org/2000/09/xmldsig#"
_ENC = "http://www.w3.org/2001/04/xmlenc#"

XML_DIGESTS: dict[str, str] = {
    _MORE + "md5": "md5",
    _DSIG + "sha1": "sha1",
    _MORE + "sha224": "sha224",
    _ENC + "sha256": "sha256",
    _MORE + "sha384": "sha384",
    _ENC + "sha512": "sha512",
    _MORE_2007 + "sha3-224": "sha3_224",
    _MORE_2007 + "sha3-256": "sha3_256",
    _MORE_2007 + "sha3-384": "sha3_384",
    _MORE_2007 + "sha3-512": "sha3_512",
}
"""RFC 9231 §2.1; anything else, `...#hmac-*` above all, is refused."""


@dataclass(frozen=True)
class Scheme:
    """A signature algorithm."""

    kind: str
    """`rsa`, `rsa-pss`, `ecdsa`, `dsa`, `ed25519` or `ed448`."""
    digest: str
    """Name of the digest, empty for Ed25519 and Ed448."""
    salt_length: int | None = None
    """Bytes of salt for `rsa-pss`, None to accept any."""
    mask_digest: str = ""
    """Digest of MGF1 for `rsa-pss`, empty for the same as `digest`."""

    @property
    def name(self) -> str:
        """Name for the report, such as `rsa-sha256`."""
        return f"{self.kind}-{self.digest}" if self.digest else self.kind


def _xml_schemes() -> dict[str, Scheme]:
    table = {
        _DSIG + "rsa-sha1": Scheme("rsa", "sha1"),
        _DSIG + "dsa-sha1": Scheme("dsa", "sha1"),
        _MORE + "rsa-md5": Scheme("rsa", "md5"),
        "http://www.w3.org/2009/xmldsig11#dsa-sha256": Scheme("dsa", "sha256"),
        "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519": Scheme("ed25519", ""),
        "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed448": Scheme("ed448", ""),
    }
    for bits in ("1", "224", "256", "384", "512"):
        table[f"{_MORE}rsa-sha{bits}"] = Scheme("rsa", f"sha{bits}")
        table[f"{_MORE}ecdsa-sha{bits}"] = Scheme("ecdsa", f"sha{bits}")
        table[f"{_MORE_2007}sha{bits}-rsa-MGF1"] = Scheme("rsa-pss", f"sha{bits}")
    for bits in ("224", "256", "384", "512"):
        table[f"{_MORE_2007}sha3-{bits}-rsa-MGF1"] = Scheme("rsa-pss", f"sha3_{bits}")
        table[f"http://www.w3.org/2021/04/xmldsig-more#ecdsa-sha3-{bits}"] = Scheme("ecdsa", f"sha3_{bits}")
    return table


XML_SCHEMES: dict[str, Scheme] = _xml_schemes()
"""RFC 9231 §2.3."""


_SHA3_RSA = {f"2.16.840.1.101.3.4.3.{13 + i}": f"sha3_{bits}" for i, bits in enumerate((224, 256, 384, 512))}
_SHA3_ECDSA = {f"2.16.840.1.101.3.4.3.{9 + i}": f"sha3_{bits}" for i, bits in enumerate((224, 256, 384, 512))}
_EC_PUBLIC_KEY = "1.2.840.10045.2.1"
"""The kind of key in place of the algorithm, as Windows writes it."""
_SHA3_DIGESTS = {f"2.16.840.1.101.3.4.2.{7 + i}": f"sha3_{bits}" for i, bits in enumerate((224, 256, 384, 512))}


# NSS, as LibreOffice used it on Windows, put sha1WithRSAEncryption where the digest belongs. Only this one mistake is
# forgiven: SHA-1 never counts anyway, so nothing that is accepted depends on it.
_MISPLACED_DIGESTS = {"1.2.840.113549.1.1.5": "sha1"}


def digest_name(identifier: Any) -> str:
    """Name of the digest in an ASN.1 DigestAlgorithm; its OID when unknown, and then nothing verifies by it."""
    oid = identifier["algorithm"]
    known = _SHA3_DIGESTS.get(oid.dotted) or _MISPLACED_DIGESTS.get(oid.dotted)
    return str(known or oid.native)


def scheme_of(identifier: Any, *, digest: str = "") -> Scheme:
    """Return the scheme of an ASN.1 AlgorithmIdentifier (RFC 3370, 5754, 4056, 8419).

    `digest` is the digest named beside it, used where the identifier says only the kind of key (`rsaEncryption`).
    LibraryFault when the algorithm is not known here.
    """
    with wall("signature-algorithm"):
        oid = identifier["algorithm"].dotted
        if oid in _SHA3_RSA:
            return Scheme("rsa", _SHA3_RSA[oid])
        if oid in _SHA3_ECDSA:
            return Scheme("ecdsa", _SHA3_ECDSA[oid])
        if oid == _EC_PUBLIC_KEY:
            return Scheme("ecdsa", digest)
        kind = identifier.signature_algo
        if kind == "rsassa_pss":
            parameters = identifier["parameters"]
            mask = parameters["mask_gen_algorithm"]["parameters"]
            return Scheme(
                "rsa-pss",
                digest_name(parameters["hash_algorithm"]),
                int(parameters["salt_length"].native),
                digest_name(mask),
            )
        if kind in {"ed25519", "ed448"}:
            return Scheme(kind, "")
        names = {"rsassa_pkcs1v15": "rsa", "ecdsa": "ecdsa", "dsa": "dsa"}
        if kind not in names:
            raise LibraryFault("signature-algorithm", oid)
        try:
            named = identifier.hash_algo
        except ValueError:
            named = digest
        return Scheme(names[kind], named)


@dataclass
class Content:
    """The signed bytes, in one or more stretches, digested at most once an algorithm and never copied for it."""

    segments: tuple[Buffer, ...]
    _digests: dict[str, bytes] = field(default_factory=dict, repr=False)

    def digest(self, name: str) -> bytes:
        """Return the digest; LibraryFault `digest-algorithm` when the algorithm is unknown."""
        if name not in _HASHES:
            raise LibraryFault("digest-algorithm", name)
        if name not in self._digests:
            state = hashlib.new(name)
            for segment in self.segments:
                state.update(segment)
            self._digests[name] = state.digest()
        return self._digests[name]

    def whole(self) -> bytes:
        """Return all bytes in one piece."""
        return b"".join(self.segments)


def verify(key: bytes, scheme: Scheme, signature: bytes, content: Content) -> bool:
    """Return whether `signature` is one by `key` (DER) over `content`; LibraryFault for an unknown algorithm."""
    with wall("public-key"):
        public = serialization.load_der_public_key(key)
    with wall("signature-algorithm"):
        try:
            return _verify(public, scheme, signature, content)
        except (InvalidSignature, ValueError):
            # ValueError: lengths and numbers outside the key's range, hence not a signature by it.
            return False
        except UnsupportedAlgorithm as error:
            raise LibraryFault("signature-algorithm", scheme.name) from error


def _verify(public: object, scheme: Scheme, signature: bytes, content: Content) -> bool:
    prehashed = utils.Prehashed(_HASHES[scheme.digest]) if scheme.digest in _HASHES else None
    if isinstance(public, rsa.RSAPublicKey) and prehashed and scheme.kind in {"rsa", "rsa-pss"}:
        padded: padding.AsymmetricPadding = padding.PKCS1v15()
        if scheme.kind == "rsa-pss":
            mask = padding.MGF1(_HASHES[scheme.mask_digest or scheme.digest])
            padded = padding.PSS(mask, padding.PSS.AUTO if scheme.salt_length is None else scheme.salt_length)
        try:
            public.verify(signature, content.digest(scheme.digest), padded, prehashed)
        except InvalidSignature:
            return scheme.kind == "rsa" and _is_without_null(public, signature, content, scheme.digest)
        return True
    if isinstance(public, ec.EllipticCurvePublicKey) and prehashed and scheme.kind == "ecdsa":
        public.verify(signature, content.digest(scheme.digest), ec.ECDSA(prehashed))
        return True
    if isinstance(public, dsa.DSAPublicKey) and prehashed and scheme.kind == "dsa":
        public.verify(signature, content.digest(scheme.digest), prehashed)
        return True
    if isinstance(public, ed25519.Ed25519PublicKey) and scheme.kind == "ed25519":
        public.verify(signature, content.whole())
        return True
    if isinstance(public, ed448.Ed448PublicKey) and scheme.kind == "ed448":
        public.verify(signature, content.whole())
        return True
    return False  # the key is of another kind than the algorithm


_DIGEST_OIDS = {
    "sha1": b"\x2b\x0e\x03\x02\x1a",
    "sha256": b"\x60\x86\x48\x01\x65\x03\x04\x02\x01",
    "sha384": b"\x60\x86\x48\x01\x65\x03\x04\x02\x02",
    "sha512": b"\x60\x86\x48\x01\x65\x03\x04\x02\x03",
}


def _is_without_null(public: rsa.RSAPublicKey, signature: bytes, content: Content, digest: str) -> bool:
    """Accept a DigestInfo that leaves out the NULL parameter, as old tools write it (RFC 8017 §9.2, note 1).

    The whole DigestInfo is built and compared byte by byte, so nothing can be hidden in it.
    """
    if digest not in _DIGEST_OIDS:
        return False
    oid = _DIGEST_OIDS[digest]
    value = content.digest(digest)
    algorithm = bytes((0x30, len(oid) + 2, 0x06, len(oid))) + oid
    expected = bytes((0x30, len(algorithm) + len(value) + 2)) + algorithm + bytes((0x04, len(value))) + value
    return public.recover_data_from_signature(signature, padding.PKCS1v15(), None) == expected


def rsa_key(modulus: bytes, exponent: bytes) -> bytes:
    """Return the SubjectPublicKeyInfo of an RSAKeyValue (XMLDSig §4.5.2.2); LibraryFault when it is no key."""
    with wall("public-key"):
        numbers = rsa.RSAPublicNumbers(int.from_bytes(exponent), int.from_bytes(modulus))
        return numbers.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )


def fixed_length_to_der(signature: bytes) -> bytes:
    """Turn the r||s form of XML-DSig (RFC 9231 §2.3.6) into the DER form of ECDSA and DSA signatures."""
    half = len(signature) // 2
    return utils.encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))


def describe_key(key: bytes) -> str:
    """Return `rsa-2048`, `ec-secp256r1` ... of a SubjectPublicKeyInfo; `unknown-key` when it cannot be read."""
    try:
        with wall("public-key"):
            public = serialization.load_der_public_key(key)
    except LibraryFault:
        return "unknown-key"
    if isinstance(public, rsa.RSAPublicKey):
        return f"rsa-{public.key_size}"
    if isinstance(public, ec.EllipticCurvePublicKey):
        return f"ec-{public.curve.name}"
    if isinstance(public, dsa.DSAPublicKey):
        return f"dsa-{public.key_size}"
    return {"Ed25519PublicKey": "ed25519", "Ed448PublicKey": "ed448"}.get(type(public).__name__, "unknown-key")


_SHORT_CURVES = frozenset({"secp192r1", "secp224r1", "sect163k1", "sect163r2", "sect233k1", "sect233r1"})


def weaknesses(names: Iterable[str]) -> tuple[str, ...]:
    """Return those of the algorithm names (`rsa-sha1`, `sha1`, `rsa-1024` ...) that no longer count."""
    return tuple(name for name in names if _is_weak(name))


def _is_weak(name: str) -> bool:
    family, _, rest = name.partition("-")
    if family == "dsa" or not _WEAK_DIGESTS.isdisjoint(name.split("-")):
        return True
    if family == "rsa" and rest.isdigit():
        return int(rest) < 2048
    return family == "ec" and rest in _SHORT_CURVES
