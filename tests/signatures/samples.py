"""One generated file, honest or forged, and what the gateway says of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from cryptography import x509

from gateway.demo.pki import Identity
from gateway.documents.signatures import verify
from gateway.documents.signatures.crl import load_list
from gateway.documents.signatures.trust import TrustStore
from gateway.model import Indication, Signature
from tests.pki import xml
from tests.pki.tree import NOW, letter_docx, store, tree
from tests.signatures.corpus import TYPES


@dataclass(frozen=True)
class Sample:
    """One file."""

    row: str
    """Row of the catalogue; empty for an honest file."""
    name: str
    data: bytes
    revoked: tuple[x509.Certificate, ...] = ()
    """Certificates that stand on the authority's list."""


def trust_for(sample: Sample) -> TrustStore:
    """The test store, whose authority has listed the certificates that the sample wants revoked."""
    if not sample.revoked:
        return store()
    issuer = tree().g2_sub
    gone = [(Identity(one, tree().person_key), NOW, None) for one in sample.revoked]
    one = load_list(tree().crl(issuer, *gone), embedded=False)
    return TrustStore.of(store().anchors, lists=[*(held for held in store().lists if held.issuer != one.issuer), one])


def reports(sample: Sample) -> tuple[Signature, ...]:
    """What the gateway says of the signatures of a sample."""
    kind = TYPES["." + sample.name.rpartition(".")[2]]
    return verify(sample.data, part="1", filename=sample.name, detected_type=kind, trust=trust_for(sample), now=NOW)


def is_valid(found: Iterable[Signature]) -> bool:
    """The bottom line: signed, and every signature passed."""
    indications = {one.indication for one in found}
    return indications == {Indication.TOTAL_PASSED}


@cache
def signed_letter() -> dict[str, bytes]:
    """Members of a Word file with a good signature."""
    return xml.members(xml.sign_ooxml(letter_docx(), tree().g2_person))


@cache
def signed_text() -> dict[str, bytes]:
    """Members of an OpenDocument text with a good signature."""
    return xml.members(xml.sign_odf(xml.odt("Số tiền 1.000.000"), tree().g2_person))
