"""Signers who are none (G07 to G11, G16): keys, purposes, chains and times turned about, and values that no key of theirs made."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from typing import Any

from asn1crypto import x509 as asn1_x509
from asn1crypto.keys import PublicKeyInfo, RSAPublicKey
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID

from gateway.demo.pki import Identity, Wish, distinguished_name, issue, new_key
from tests.pki import cms
from tests.pki.signing import PdfSigning, sign_pdf
from tests.pki.tree import NOW, certified, letter_pdf, tree, usage
from tests.signatures.attacks_cms import BODY, signed, with_signer
from tests.signatures.samples import Sample

DAY = timedelta(days=1)
_NAME = (("C", "VN"), ("O", "Ủy ban nhân dân Thành phố Hồ Chí Minh"), ("CN", "Người Ký Thử"))
_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
"""DigestInfo of SHA-256 before the digest (RFC 8017 §9.2)."""


def attacks() -> Iterator[Sample]:
    """Every file."""
    for title, make in CHAINS.items():
        yield Sample("G07", f"{title}.p7m", make())
    for title, make in PURPOSES.items():
        yield Sample("G08", f"{title}.p7m", make())
    for title, make in TIMES.items():
        yield Sample("G09", f"{title}.pdf", make())
    for title, make in VALUES.items():
        yield Sample("G11", f"{title}.p7m", make())


def _by(who: Identity) -> bytes:
    return cms.cms(BODY, who, detached=False, with_chain=True)


def _leaf(issuer: Identity, **wish: Any) -> Identity:
    return issue(distinguished_name(*_NAME), tree().person_key, issuer, Wish(**wish), now=NOW)


def _authority(
    above: Identity | None = None,
    *extensions: tuple[x509.ExtensionType, bool],
    constraints: bool | None = True,
    purposes: tuple[str, ...] = ("key_cert_sign", "crl_sign"),
    key: rsa.RSAPrivateKey | None = None,
    days: tuple[int, int] = (-400, 4000),
) -> Identity:
    """An authority below a real one, as `constraints` (cA, None for no such extension) and `purposes` say."""
    above, key = above or tree().g2_root, key or tree().seal_key
    made = [usage(*purposes)] + ([] if constraints is None else [(x509.BasicConstraints(constraints, None), True)])
    name = distinguished_name(("C", "VN"), ("CN", "CA THỬ NGHIỆM trung gian"))
    return certified(name, key, above, *made, *extensions, days=days)


def _constrained(**trees: list[x509.GeneralName]) -> bytes:
    return _by(_leaf(_authority(None, (x509.NameConstraints(trees.get("permitted"), trees.get("excluded")), True))))


def _directory(*pairs: tuple[str, str]) -> list[x509.GeneralName]:
    return [x509.DirectoryName(distinguished_name(*pairs))]


def _unknown() -> tuple[x509.ExtensionType, bool]:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\5\0"), True


def _changed_certificate(change: Callable[[Any], None]) -> bytes:
    """The signer's certificate is changed after its authority signed it, and he signs with it."""
    parsed = asn1_x509.Certificate.load(_leaf(tree().g2_sub).certificate_der)
    change(parsed)
    certificate = x509.load_der_x509_certificate(parsed.dump(force=True))
    return _by(Identity(certificate, tree().person_key, tree().g2_person.chain))


def _another_holder(parsed: Any) -> None:
    parsed["tbs_certificate"]["subject"] = asn1_x509.Name.build({"common_name": "Chủ tịch"})


def _longer(parsed: Any) -> None:
    later = asn1_x509.Time("utc_time", NOW + 2000 * DAY)
    parsed["tbs_certificate"]["validity"]["not_after"] = later


def _self_named() -> bytes:
    """A certificate in the name of the authority, by its owner's own key."""
    own = issue(tree().g2_sub.certificate.subject, tree().person_key, None, Wish(authority=True), now=NOW)
    return _by(_leaf(own))


CHAINS: dict[str, Callable[[], bytes]] = {
    "authority-false": lambda: _by(_leaf(_authority(constraints=False))),
    "authority-unsaid": lambda: _by(_leaf(_authority(constraints=None))),
    "authority-may-not-sign-certificates": lambda: _by(_leaf(_authority(purposes=("crl_sign", "digital_signature")))),
    "authority-below-path-length": lambda: _by(_leaf(_authority(tree().g2_sub))),
    "authority-expired": lambda: _by(_leaf(_authority(days=(-400, -1)))),
    "authority-not-yet": lambda: _by(_leaf(_authority(days=(1, 4000)))),
    "authority-unknown-critical": lambda: _by(_leaf(_authority(None, _unknown()))),
    "authority-for-servers": lambda: _by(_leaf(_authority(
        None, (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)))),
    "authority-by-sha1": lambda: _by(_leaf(issue(
        distinguished_name(("CN", "CA")), tree().seal_key, tree().g2_root, Wish(authority=True, digest="sha1"), now=NOW))),
    "authority-of-short-key": lambda: _by(_leaf(_authority(key=new_key(1024)))),
    "authority-by-stranger": lambda: _by(_leaf(_authority(tree().rogue_root))),
    "authority-named-by-itself": _self_named,
    "leaf-by-sha1": lambda: _by(_leaf(tree().g2_sub, digest="sha1")),
    "names-permitted-others": lambda: _constrained(permitted=_directory(("C", "VN"), ("O", "Khác"))),
    "names-excluded": lambda: _constrained(excluded=_directory(*_NAME[:2])),
    "holder-changed": lambda: _changed_certificate(_another_holder),
    "validity-changed": lambda: _changed_certificate(_longer),
}  # fmt: skip
"""Makers of files whose chain leads nowhere."""


def _for(purposes: tuple[x509.ObjectIdentifier, ...] | None, *usage: str) -> Callable[[], bytes]:
    wanted = frozenset(usage or ("digital_signature",))
    return lambda: _by(_leaf(tree().g2_sub, purposes=purposes, key_usage=wanted))


PURPOSES: dict[str, Callable[[], bytes]] = {
    "timestamps-only": _for((ExtendedKeyUsageOID.TIME_STAMPING,)),
    "responses-only": _for((ExtendedKeyUsageOID.OCSP_SIGNING,)),
    "code-only": _for((ExtendedKeyUsageOID.CODE_SIGNING,)),
    "servers-only": _for((ExtendedKeyUsageOID.SERVER_AUTH,)),
    "unknown-only": _for((x509.ObjectIdentifier("1.3.6.1.4.1.99999.2"),)),
    "usage-agreement": _for(None, "key_agreement"),
    "usage-encipherment": _for(None, "key_encipherment", "data_encipherment"),
    "usage-certificates": _for(None, "key_cert_sign"),
    "usage-lists": _for(None, "crl_sign"),
}
"""Makers of files whose signer has a certificate for something else."""


def _expired() -> Identity:
    return tree().person(tree().g2_sub, begins=NOW - 800 * DAY, ends=NOW - 100 * DAY)


def _authority_of_time(issuer: Identity | None = None, **wish: Any) -> Identity:
    given = {"purposes": (ExtendedKeyUsageOID.TIME_STAMPING,), "key_usage": frozenset({"digital_signature"}), **wish}
    return tree().leaf(issuer or tree().g2_sub, ("CN", "TSA THỬ NGHIỆM"), key=tree().seal_key, **given)


def _stamped(tsa: Identity | None = None, at: int = -200, who: Identity | None = None, digest: str = "sha256") -> bytes:
    how = PdfSigning(tsa=tsa or tree().tsa, tsa_time=NOW + at * DAY, tsa_digest=digest)
    return sign_pdf(letter_pdf(), who or _expired(), how)


TIMES: dict[str, Callable[[], bytes]] = {
    "stamped-after-expiry": lambda: _stamped(at=-50),
    "stamped-before-birth": lambda: _stamped(at=-900),
    "stamped-by-expired-authority": lambda: _stamped(_authority_of_time(begins=NOW - 900 * DAY, ends=NOW - 300 * DAY)),
    "stamped-by-unborn-authority": lambda: _stamped(_authority_of_time(begins=NOW - 20 * DAY)),
    "stamped-by-authority-of-two-purposes": lambda: _stamped(_authority_of_time(
        purposes=(ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING))),
    "stamped-by-person": lambda: _stamped(tree().g2_person),
    "stamped-by-encipherer": lambda: _stamped(_authority_of_time(key_usage=frozenset({"key_encipherment"}))),
    "stamped-below-false-authority": lambda: _stamped(_authority_of_time(tree().g2_person)),
    "stamped-by-sha1": lambda: _stamped(digest="sha1"),
    "future-signer-stamped-now": lambda: _stamped(at=0, who=tree().person(tree().g2_sub, begins=NOW + 5 * DAY)),
}  # fmt: skip
"""Makers of files whose time proves nothing."""


def _padded(digest: bytes, size: int, behind: bytes = b"") -> bytes:
    filled = b"\xff" * (size - 3 - len(_INFO) - len(digest) - len(behind))
    return b"\0\1" + filled + b"\0" + _INFO + digest + behind


def _attributes(info: Any) -> bytes:
    return bytes(info["content"]["signer_infos"][0]["signed_attrs"].untag().dump())


def _hashed(octets: bytes) -> bytes:
    state = hashes.Hash(hashes.SHA256())
    state.update(octets)
    return state.finalize()


def _with_key(key: bytes, value: Callable[[Any, int], bytes], algorithm: str = "sha256_rsa") -> bytes:
    """Signed in the name of a certificate, which the authority issued, for another key, by a value made up."""
    parsed = asn1_x509.Certificate.load(_leaf(tree().g2_sub).certificate_der)
    parsed["tbs_certificate"]["subject_public_key_info"] = asn1_x509.PublicKeyInfo.load(key)
    octets = parsed["tbs_certificate"].dump(force=True)
    parsed["signature_value"] = tree().g2_sub.key.sign(octets, padding.PKCS1v15(), hashes.SHA256())
    info = with_signer(signed(), asn1_x509.Certificate.load(parsed.dump(force=True)))
    signer = info["content"]["signer_infos"][0]
    signer["signature_algorithm"] = {"algorithm": algorithm}
    signer["signature"] = value(info, 256)
    return bytes(info.dump(force=True))


def _rsa_public(modulus: int, exponent: int) -> bytes:
    numbers = RSAPublicKey({"modulus": modulus, "public_exponent": exponent})
    return bytes(PublicKeyInfo.wrap(numbers, "rsa").dump())


@cache
def _curve() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _curve_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _pair(first: int, second: int) -> Callable[[Any, int], bytes]:
    return lambda *_: encode_dss_signature(first, second)


def _root_of(info: Any, size: int) -> bytes:
    """A cube root of a block that begins as it should, with what is left of it behind the digest (Bleichenbacher 2006)."""
    digest = _hashed(_attributes(info))
    block = b"\0\1" + b"\xff" * 8 + b"\0" + _INFO + digest
    wanted = int.from_bytes(block + b"\xff" * (size - len(block)))
    low, high = 0, 1 << (8 * size // 3 + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= wanted else (low, middle - 1)
    return low.to_bytes(size)


_MODULUS = (1 << 2047) + 1
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ECDSA = "sha256_ecdsa"
VALUES: dict[str, Callable[[], bytes]] = {
    "exponent-one": lambda: _with_key(_rsa_public(_MODULUS, 1), lambda info, size: _padded(_hashed(_attributes(info)), size)),
    "exponent-three-root": lambda: _with_key(_rsa_public(_MODULUS, 3), _root_of),
    "exponent-two": lambda: _with_key(_rsa_public(_MODULUS, 2), lambda *_: bytes(256)),
    "value-of-padding-alone": lambda: _with_key(_rsa_public(_MODULUS, 65537), lambda info, size: _padded(
        _hashed(_attributes(info)), size)),
    "curve-zero-zero": lambda: _with_key(_curve_key(_curve()), _pair(0, 0), _ECDSA),
    "curve-order-order": lambda: _with_key(_curve_key(_curve()), _pair(_ORDER, _ORDER), _ECDSA),
    "curve-one-one": lambda: _with_key(_curve_key(_curve()), _pair(1, 1), _ECDSA),
    "curve-empty": lambda: _with_key(_curve_key(_curve()), lambda *_: b"", _ECDSA),
    "curve-of-another-message": lambda: _with_key(
        _curve_key(_curve()), lambda *_: _curve().sign(b"khac", ec.ECDSA(hashes.SHA256())), _ECDSA),
    "curve-short": lambda: _with_key(_curve_key(_short()), lambda info, _: _short().sign(
        _attributes(info), ec.ECDSA(hashes.SHA256())), _ECDSA),
    "key-of-1024-bits": lambda: _by(tree().person(tree().g2_sub, key=new_key(1024))),
    "key-of-1536-bits": lambda: _by(tree().person(tree().g2_sub, key=new_key(1536))),
    "digest-sha1": lambda: cms.cms(BODY, tree().g2_person, detached=False, digest="sha1"),
    "digest-md5": lambda: cms.cms(BODY, tree().g2_person, detached=False, digest="md5"),
}  # fmt: skip
"""Makers of files whose value is made up, or by a key that no longer counts."""


@cache
def _short() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP192R1())
