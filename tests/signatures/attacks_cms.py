"""Forged CMS files (G16): what is signed, by whom and with what, turned about inside one SignedData (RFC 5652)."""

from collections.abc import Callable, Iterator
from typing import Any

from asn1crypto import cms as asn1_cms
from asn1crypto import core
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from gateway.demo.pki import Identity
from tests.pki import cms
from tests.pki.tree import tree
from tests.signatures.samples import Sample

BODY = b"noi dung"
_CERTIFICATE_ATTRIBUTES = ("1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47", "1.2.840.113549.1.9.52")
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"


def signed(who: Identity | None = None) -> Any:
    """A parsed file with the content inside, signed by a person."""
    return asn1_cms.ContentInfo.load(cms.cms(BODY, who or tree().g2_person, detached=False))


def _first(info: Any) -> Any:
    return info["content"]["signer_infos"][0]


def _sign_again(info: Any, who: Identity | None = None) -> Any:
    key = (who or tree().g2_person).key
    octets = _first(info)["signed_attrs"].untag().dump()
    _first(info)["signature"] = key.sign(octets, padding.PKCS1v15(), hashes.SHA256())
    return info


def with_signer(info: Any, certificate: Any) -> Any:
    """Put another certificate in the place of the signer's, named as the signer."""
    info["content"]["certificates"] = asn1_cms.CertificateSet([asn1_cms.CertificateChoices("certificate", certificate)])
    _first(info)["sid"] = asn1_cms.SignerIdentifier({"issuer_and_serial_number": asn1_cms.IssuerAndSerialNumber(
        {"issuer": certificate.issuer, "serial_number": certificate.serial_number})})  # fmt: skip
    return _without(info, *_CERTIFICATE_ATTRIBUTES)


def _without(info: Any, *kinds: str) -> Any:
    kept = [one for one in _first(info)["signed_attrs"] if one["type"].dotted not in kinds]
    _first(info)["signed_attrs"] = asn1_cms.CMSAttributes(kept)
    return info


def _with(change: Callable[[list[Any]], list[Any]]) -> Any:
    info = signed()
    _first(info)["signed_attrs"] = asn1_cms.CMSAttributes(change(list(_first(info)["signed_attrs"])))
    return _sign_again(info)


def _of(kind: str) -> Callable[[Any], bool]:
    return lambda attribute: attribute["type"].dotted == kind


def _double_value(attributes: list[Any]) -> list[Any]:
    digest = next(one for one in attributes if _of(MESSAGE_DIGEST)(one))
    digest["values"].append(core.OctetString(bytes(32)))
    return attributes


def _attributes_as_content(more: int = 0) -> Any:
    """The signed attributes become the content, and nothing about the signature value changes."""
    info = _with(lambda all_: [*all_, _attribute("1.2.3.4", core.OctetString(bytes(more)))])
    octets = _first(info)["signed_attrs"].untag().dump()
    inner = {"content_type": "data", "content": core.OctetString(octets)}
    info["content"]["encap_content_info"] = asn1_cms.ContentInfo(inner)
    del _first(info)["signed_attrs"]
    return info


def _joined(other: Any) -> Any:
    info = signed()
    info["content"]["signer_infos"].append(_first(other))
    info["content"]["certificates"].append(other["content"]["certificates"][0])
    return info


def _spoiled(octets: bytes) -> Any:
    info = signed()
    _first(info)["signature"] = octets
    return info


def _attribute(kind: str, value: Any) -> Any:
    return asn1_cms.CMSAttribute({"type": kind, "values": [value]})


def _unsigned(info: Any, *kinds: str) -> Any:
    """Move attributes to those that nobody signs, and sign the others."""
    moved = [one.copy() for one in _first(info)["signed_attrs"] if one["type"].dotted in kinds]
    _without(info, *kinds)
    _first(info)["unsigned_attrs"] = asn1_cms.CMSAttributes(moved)
    return _sign_again(info)


def _digest_of_nothing(info: Any) -> Any:
    _without(info, MESSAGE_DIGEST)
    digest = _attribute("message_digest", core.OctetString(b""))
    _first(info)["signed_attrs"] = asn1_cms.CMSAttributes([*_first(info)["signed_attrs"], digest])
    return info


def _set(info: Any, path: tuple[str, ...], value: Any) -> Any:
    place = _first(info)
    for one in path[:-1]:
        place = place[one]
    place[path[-1]] = value
    return info


def _named_by_key(info: Any) -> Any:
    """The signer is named by the key identifier of somebody else, whose certificate lies beside."""
    seal = asn1_cms.ContentInfo.load(cms.cms(BODY, tree().g2_seal))["content"]["certificates"][0]
    info["content"]["certificates"].append(seal)
    _first(info)["sid"] = asn1_cms.SignerIdentifier({"subject_key_identifier": seal.chosen.key_identifier})
    return _sign_again(info)


def _countersigned(info: Any) -> Any:
    """A stranger's signature with a good one over its value."""
    stranger = signed(tree().person(tree().rogue_root))
    counter = _attribute("counter_signature", _first(info).copy())
    _first(stranger)["unsigned_attrs"] = asn1_cms.CMSAttributes([counter])
    stranger["content"]["certificates"].append(info["content"]["certificates"][0])
    return stranger


CHANGES: dict[str, Callable[[Any], Any]] = {
    "digest-unsigned": lambda info: _unsigned(info, MESSAGE_DIGEST),
    "content-type-unsigned": lambda info: _unsigned(info, CONTENT_TYPE),
    "attributes-unsigned": lambda info: _unsigned(info, MESSAGE_DIGEST, CONTENT_TYPE),
    "digest-of-nothing": lambda info: _sign_again(_digest_of_nothing(info)),
    "digest-algorithm-sha1": lambda info: _set(info, ("digest_algorithm",), {"algorithm": "sha1"}),
    "digest-algorithm-sha512": lambda info: _set(info, ("digest_algorithm",), {"algorithm": "sha512"}),
    "digest-algorithm-unknown": lambda info: _set(info, ("digest_algorithm",), {"algorithm": "1.2.3.4"}),
    "signature-algorithm-sha1": lambda info: _set(info, ("signature_algorithm",), {"algorithm": "sha1_rsa"}),
    "signature-algorithm-ecdsa": lambda info: _set(info, ("signature_algorithm",), {"algorithm": "sha256_ecdsa"}),
    "signature-algorithm-pss": lambda info: _set(info, ("signature_algorithm",), {"algorithm": "rsassa_pss"}),
    "named-by-another-key": _named_by_key,
    "countersigned-stranger": _countersigned,
    "signature-reversed": lambda info: _set(info, ("signature",), _first(info)["signature"].native[::-1]),
    "signature-longer": lambda info: _set(info, ("signature",), b"\0" + _first(info)["signature"].native),
    "signature-shorter": lambda info: _set(info, ("signature",), _first(info)["signature"].native[1:]),
}  # fmt: skip
"""What is done to a good file, by name."""


def attacks() -> Iterator[Sample]:
    """Every file."""
    person = tree().g2_person
    info: Any
    made: dict[str, Any] = {
        "no-message-digest": _with(lambda all_: [one for one in all_ if not _of(MESSAGE_DIGEST)(one)]),
        "no-content-type": _with(lambda all_: [one for one in all_ if not _of(CONTENT_TYPE)(one)]),
        "two-digests": _with(lambda all_: [*all_, *(one.copy() for one in all_ if _of(MESSAGE_DIGEST)(one))]),
        "digest-of-two-values": _with(_double_value),
        "attributes-as-content": _attributes_as_content(),
        "long-attributes-as-content": _attributes_as_content(1 << 17),
        "signature-empty": _spoiled(b""),
        "signature-zero": _spoiled(bytes(256)),
        "signature-over-content": _spoiled(person.key.sign(BODY, padding.PKCS1v15(), hashes.SHA256())),
        "second-signer-stranger": _joined(signed(tree().person(tree().rogue_root, key=tree().seal_key))),
    }
    for title, change in CHANGES.items():
        made[title] = change(signed())
    info = made["content-swapped"] = signed()
    info["content"]["encap_content_info"]["content"] = core.OctetString(b"noi khac")
    info = made["other-content-type"] = signed()
    info["content"]["encap_content_info"]["content_type"] = "1.2.3.4"
    info = made["no-digest-announced"] = signed()
    info["content"]["digest_algorithms"] = asn1_cms.DigestAlgorithms([])
    info = made["second-signer-broken"] = signed()
    twin = _first(info).copy()
    twin["signature"] = bytes(255) + b"\1"
    info["content"]["signer_infos"].append(twin)
    for count in (17, 90):
        info = made[f"last-of-{count}-signers-broken"] = signed()
        last = _set(signed(), ("signature",), b"\xff" * 256)  # the greatest comes last (X.690 §11.6)
        info["content"]["signer_infos"] = asn1_cms.SignerInfos(
            [*(_first(signed()) for _ in range(count - 1)), _first(last)]
        )
    # Another certificate of the same issuer and number, with the attacker's key, who then signs.
    info = made["same-issuer-and-number"] = signed()
    twin_of = tree().person(tree().rogue_root, key=tree().seal_key)
    other = signed(twin_of)
    fake = other["content"]["certificates"][0].chosen
    fake["tbs_certificate"]["issuer"] = info["content"]["certificates"][0].chosen["tbs_certificate"]["issuer"]
    fake["tbs_certificate"]["serial_number"] = info["content"]["certificates"][0].chosen["tbs_certificate"][
        "serial_number"
    ]
    held = [asn1_cms.CertificateChoices("certificate", fake), info["content"]["certificates"][0]]
    info["content"]["certificates"] = asn1_cms.CertificateSet(held)
    _sign_again(info, twin_of)
    for name, file in made.items():
        yield Sample("G16", f"{name}.p7m", file.dump(force=True))
    yield Sample("G16", "octets-behind.p7m", signed().dump() + b"noi khac")
