"""Revocation data and certificates that a CMS signature carries besides its signers (RFC 5126 §6.3, Adobe's attribute)."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from asn1crypto import core

from gateway.documents.signatures.certificates import Certificate, readable
from gateway.documents.signatures.crl import readable_lists
from gateway.documents.signatures.revocation import Evidence
from gateway.documents.signatures.wall import LibraryFault, wall

_REVOCATION_VALUES = "1.2.840.113549.1.9.16.2.24"
_CERTIFICATE_VALUES = "1.2.840.113549.1.9.16.2.23"
_ADOBE_REVOCATION = "1.2.840.113583.1.1.8"


def evidence_of(parsed: Any, signers: list[Any]) -> tuple[Evidence, list[Certificate]]:
    """Return the CRLs and OCSP responses of a SignedData and the attributes of its signers, and the certificates of these."""
    lists: list[bytes] = []
    responses: list[bytes] = []
    certificates: list[bytes] = []
    for choice in parsed["crls"] or ():  # RFC 5652 §10.2.1, RFC 5940
        if choice.name == "certificate_list":
            lists.append(choice.chosen.dump())
        elif choice.name == "other" and choice.chosen["other_rev_info_format"].native == "ocsp_response":
            responses.append(choice.chosen["other_rev_info"].dump())
    for attribute in (
        one for signer in signers for key in ("signed_attrs", "unsigned_attrs") for one in signer[key] or ()
    ):
        oid = attribute["type"].dotted
        if oid not in {_ADOBE_REVOCATION, _REVOCATION_VALUES, _CERTIFICATE_VALUES}:
            continue
        for value in attribute["values"]:
            with suppress(LibraryFault), wall("revocation-values"):
                if oid == _CERTIFICATE_VALUES:
                    certificates += _items(value.dump())
                else:
                    _split_revocation_values(value.dump(), lists, responses)
    return Evidence(readable_lists(lists), tuple(responses)), list(readable(certificates))


def _split_revocation_values(der: bytes, lists: list[bytes], responses: list[bytes]) -> None:
    """Read [0] CRLs and [1] OCSP responses; Adobe's attribute and RFC 5126 §6.3.4 have the same shape."""
    outer = core.Sequence.load(der)
    for index in range(len(outer)):
        if outer[index].tag in {0, 1}:
            (responses if outer[index].tag else lists).extend(_items(outer[index].contents))


def _items(der: bytes) -> list[bytes]:
    sequence = core.Sequence.load(der)
    return [sequence[index].dump() for index in range(len(sequence))]
