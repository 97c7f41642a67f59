"""Revocation data and certificates that a CMS signature carries besides its signers (RFC 5126 §6.3, Adobe's attribute)."""

from __future__ import annotations

from typing import Any

from asn1crypto import core
from asn1crypto import x509 as asn1_x509

from gateway.documents.signatures import revocation
from gateway.documents.signatures.certificates import Certificate, checked
from gateway.documents.signatures.revocation import RevocationList
from gateway.documents.signatures.wall import LibraryFault, wall

_REVOCATION_VALUES = "1.2.840.113549.1.9.16.2.24"


_CERTIFICATE_VALUES = "1.2.840.113549.1.9.16.2.23"


_ADOBE_REVOCATION = "1.2.840.113583.1.1.8"


def from_crls(parsed: Any) -> tuple[list[RevocationList], list[bytes]]:
    """Return the CRLs and OCSP responses of the `crls` field (RFC 5652 §10.2.1, RFC 5940)."""
    lists: list[RevocationList] = []
    responses: list[bytes] = []
    crls = parsed["crls"]
    for choice in crls or ():
        if choice.name == "certificate_list":
            _add_list(lists, choice.chosen.dump())
        elif choice.name == "other" and choice.chosen["other_rev_info_format"].native == "ocsp_response":
            responses.append(choice.chosen["other_rev_info"].dump())
    return lists, responses


def _add_list(lists: list[RevocationList], der: bytes) -> None:
    try:
        lists.append(revocation.load_list(der, embedded=True))
    except LibraryFault:
        return  # unreadable evidence is no evidence


def from_attributes(signer: Any) -> tuple[list[RevocationList], list[bytes], list[Certificate]]:
    """Collect archived revocation data of Adobe and CAdES, and CAdES certificate values."""
    lists: list[RevocationList] = []
    responses: list[bytes] = []
    certificates: list[Certificate] = []
    for group in ("signed_attrs", "unsigned_attrs"):
        attributes = signer[group]
        for attribute in attributes or ():
            oid = attribute["type"].dotted
            if oid not in {_ADOBE_REVOCATION, _REVOCATION_VALUES, _CERTIFICATE_VALUES}:
                continue
            for value in attribute["values"]:
                try:
                    with wall("revocation-values"):
                        if oid == _CERTIFICATE_VALUES:
                            sequence = core.SequenceOf.load(value.dump(), spec=asn1_x509.Certificate)
                            certificates += [checked(one.dump()) for one in sequence]
                        else:
                            _split_revocation_values(value.dump(), lists, responses)
                except LibraryFault:
                    continue
    return lists, responses, certificates


def _split_revocation_values(der: bytes, lists: list[RevocationList], responses: list[bytes]) -> None:
    """Read [0] CRLs and [1] OCSP responses; Adobe's attribute and RFC 5126 §6.3.4 have the same shape."""
    outer = core.Sequence.load(der)
    for index in range(len(outer)):
        tagged = outer[index]
        if tagged.tag not in {0, 1}:
            continue
        inner = core.Sequence.load(tagged.contents)
        for position in range(len(inner)):
            encoded = inner[position].dump()
            if tagged.tag == 0:
                _add_list(lists, encoded)
            else:
                responses.append(encoded)
