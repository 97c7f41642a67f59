"""Forged CMS files (G16): what is signed, by whom and with what, turned about inside one SignedData (RFC 5652)."""

from __future__ import annotations

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


def _attributes_as_content() -> Any:
    """The signed attributes become the content, and nothing about the signature value changes."""
    info = signed()
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
        "signature-empty": _spoiled(b""),
        "signature-zero": _spoiled(bytes(256)),
        "signature-over-content": _spoiled(person.key.sign(BODY, padding.PKCS1v15(), hashes.SHA256())),
        "second-signer-stranger": _joined(signed(tree().person(tree().rogue_root, key=tree().seal_key))),
    }
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
