"""XML signatures (W3C XMLDSig 1.1), own verifier for OOXML, ODF, ASiC and XML files.

General libraries follow everything that a document asks for; that is how XML signatures are forged. Here only a short list is
understood: canonical XML 1.0, 1.1 and exclusive, the relationship transform of OPC, the enveloped-signature transform, digests
and signatures of `algorithms`, references to elements of one `Scope` or to members of the same package. DOCTYPE, XPath, XSLT,
base64 transforms, external URIs and HMAC are refused. The key is that of a certificate in KeyInfo wherever there is one, and
the certificate that verified is the one that is reported; a bare KeyValue proves integrity at most, and no trust.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from gateway.documents.signatures import algorithms
from gateway.documents.signatures.algorithms import Content
from gateway.documents.signatures.canonical_xml import (
    CANONICAL,
    DEFAULT_CANONICAL,
    Element,
    canonical,
    inclusive_prefixes,
)
from gateway.documents.signatures.certificates import Certificate, key_of, readable
from gateway.documents.signatures.revocation import Evidence
from gateway.documents.signatures.wall import LIMIT, LibraryFault, readings, wall
from gateway.model import Integrity

DS = "http://www.w3.org/2000/09/xmldsig#"
_XADES = "{http://uri.etsi.org/01903/"
_LIMIT_REFERENCES = 6000
_LIMIT_OWN, _LIMIT_TRANSFORMS = 64, 8
"""References into the signature itself and transforms of one reference, each of which costs all of it; programs write six and three."""
_LIMIT_WORK = 256 << 20
"""Bytes of canonical XML of one scope, of which an element costs some: two seconds, or two signatures on half a million elements."""
_LIMIT_ELEMENTS, ELEMENT = 1_000_000, 100
_MAX_CERTIFICATES = 32
_ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
_REFERENCE_PROBLEMS = {
    "transform": "unsupported-transform", "duplicate-id": "duplicate-id", "external": "external-reference",
}  # fmt: skip
_IN_FILE = {"transform": "unsupported-transform", LIMIT: LIMIT}
_MACHINERY = frozenset({f"{{{DS}}}{name}" for name in ("SignedInfo", "SignatureValue", "KeyInfo")})


def ds(name: str) -> str:
    """Return the tag of an element of XMLDSig."""
    return f"{{{DS}}}{name}"


@dataclass(frozen=True)
class Reference:
    """One ds:Reference."""

    uri: str
    digest: str
    """Name of the digest algorithm, empty when it is not on the list."""
    value: bytes
    transforms: tuple[Element, ...]


Resolve = Callable[[Reference], bytes]
"""Returns the bytes that a reference to something outside the scope digests; LibraryFault when it cannot be."""


class Scope:
    """The elements to which same-document references lead: those of a Signature in a package, or of a whole XML file.

    A file may be signed in a way that is not verified here, or be a signature over another file: then nothing is known of it.
    """

    def __init__(self, root: Element, *, is_file: bool = False) -> None:
        self.root, self.is_file = root, is_file
        self._left = _LIMIT_WORK
        self._named: dict[str, list[Element]] = {}
        for number, one in enumerate(root.iter("*")):
            if number > _LIMIT_ELEMENTS:
                raise LibraryFault(LIMIT, "elements")
            for name in {value for key, value in one.attrib.items() if key.rpartition("}")[2].lower() == "id"}:
                self._named.setdefault(name, []).append(one)

    def spend(self, work: int) -> None:
        """Count work on the scope; LibraryFault when it is too much."""
        self._left -= work
        if self._left < 0:
            raise LibraryFault(LIMIT, "work")

    def find(self, uri: str, signature: Element) -> Element:
        """Return the one element that has the Id of a reference; LibraryFault when there is none or a second.

        Those in other signatures count only when there are no others: two signatures of one file may use one Id.
        """
        self.spend(ELEMENT)
        if not uri:
            return self.root
        found = self._named.get(_identifier(uri), [])[:_LIMIT_OWN]
        self.spend(100 * ELEMENT * len(found))
        near = [one for one in found if signature_of(one) in {None, signature}] or found
        if len(near) > 1:
            raise LibraryFault("duplicate-id", uri)
        if not near or near[0] is signature:
            raise LibraryFault("missing-reference", uri)
        return near[0]


def signature_of(element: Element) -> Element | None:
    """Return the nearest Signature that an element is, or is inside of."""
    return next((one for one in (element, *element.iterancestors()) if one.tag == ds("Signature")), None)


def own_signatures(root: Element, *inner: str) -> list[Element]:
    """Return the signatures that an element is or has below it, but for those inside one that countersign it or are in `inner`.

    What countersigns is noted with what it is on (`xades.read`).
    """
    apart = ("{*}CounterSignature", *inner)
    every = root.iter(ds("Signature"))
    return [
        one
        for one in every
        if next(one.iterancestors(*apart), None) is None or next(one.iterancestors(one.tag), None) is None
    ]


@dataclass
class XmlSignature:
    """A ds:Signature after verification."""

    element: Element
    scope: Scope
    integrity: Integrity = Integrity.INTACT
    sub_indication: str = ""
    certificate: Certificate | None = None
    certificates: tuple[Certificate, ...] = ()
    """Every certificate of KeyInfo that could be read."""
    algorithms: list[str] = field(default_factory=list)
    covered: set[Element] = field(default_factory=set)
    """Elements of its scope that SignedInfo covers with a right digest."""
    own: int = 0
    """References into its scope that were followed."""
    problems: list[str] = field(default_factory=list)
    claimed_time: datetime | None = None
    """Of its properties, as all below (`xades.read`)."""
    tokens: list[tuple[bytes, Content]] = field(default_factory=list)
    """Timestamps, each over the SignatureValue element in the canonical form that it names."""
    archived: tuple[Certificate, ...] = ()
    evidence: Evidence = field(default_factory=Evidence)

    def break_(self, sub_indication: str, *problems: str) -> None:
        """Record that the signature does not hold; the first cause stays."""
        if self.integrity is not Integrity.BROKEN:
            self.integrity, self.sub_indication = Integrity.BROKEN, sub_indication
        self.problems.extend(problems)

    def unknown(self, problem: str) -> None:
        """Record that the signature cannot be verified here."""
        if self.integrity is Integrity.INTACT:
            self.integrity, self.sub_indication = Integrity.UNKNOWN, "SIG_CONSTRAINTS_FAILURE"
        self.problems.append(problem)

    def signed(self, elements: Iterable[Element]) -> list[Element]:
        """Of the elements, return those that lie inside something that SignedInfo covers."""
        return [one for one in elements if self._is_signed(one)]

    def loose(self) -> list[str]:
        """Return the tags beside its value and key that are neither signed nor of XAdES: programs show pictures from an Object."""
        tops = (top for top in self.element.iterchildren("*") if top.tag not in _MACHINERY)
        held = (one for top in tops for one in top.iter("*") if not self._is_signed(one))
        return [one.tag for one in held if not one.tag.startswith((_XADES, f"{{{DS}}}")) or _has_loose_words(one)]

    def _is_signed(self, element: Element) -> bool:
        self.scope.spend(20 * ELEMENT)
        for one in (element, *element.iterancestors()):
            if one is self.element:
                return False  # what is around the signature is unsigned, whatever its Id
            if one in self.covered:
                return True
        return False


def _has_loose_words(element: Element) -> bool:
    within = (element, *element.iterancestors())
    return bool("".join(element.xpath("text()")).strip()) and not any(one.tag.startswith(_XADES) for one in within)


def read_reference(element: Element) -> Reference:
    """Read a ds:Reference; LibraryFault when it lacks what every reference has."""
    with wall("reference"):
        method = element.find(ds("DigestMethod"))
        algorithm = algorithms.XML_DIGESTS.get(method.get("Algorithm"), "")
        value = decode(element.findtext(ds("DigestValue")))
        transforms = tuple(element.iterfind(f"{ds('Transforms')}/{ds('Transform')}"))
        if len(transforms) > _LIMIT_TRANSFORMS:
            raise LibraryFault("reference", "transforms")
        return Reference(element.get("URI", ""), algorithm, value, transforms)


def decode(text: str | None) -> bytes:
    """Decode base64 with white space; LibraryFault when it is not base64."""
    try:
        return base64.b64decode(re.sub(r"\s+", "", text or ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise LibraryFault("base64") from error


def decoded(elements: Iterable[Element]) -> Iterator[bytes]:
    """Yield what elements hold in base64, but for those that hold anything else."""
    return readings(decode, (one.text for one in elements))


def verify(element: Element, resolve: Resolve, scope: Scope | None = None) -> XmlSignature:
    """Verify a ds:Signature element: SignedInfo, its references, the signature value; raises LibraryFault beyond a limit alone."""
    found = XmlSignature(element, scope or Scope(element))
    try:
        with wall("xmldsig"):
            _verify(found, resolve)
    except LibraryFault as fault:
        if fault.what in {"signature-algorithm", "public-key"}:
            found.unknown("unsupported-algorithm")
        elif found.scope.is_file:
            found.unknown("malformed")  # a template, say, or an example in a manual
        else:
            found.break_("FORMAT_FAILURE", "malformed")
    return found


def _verify(found: XmlSignature, resolve: Resolve) -> None:
    element = found.element
    infos = element.findall(ds("SignedInfo"))
    values = element.findall(ds("SignatureValue"))
    if len(infos) != 1 or len(values) != 1 or not decode(values[0].text):
        raise LibraryFault("xmldsig", "SignedInfo")
    info = infos[0]
    elements = info.findall(ds("Reference"))
    if not elements or len(elements) > _LIMIT_REFERENCES:
        raise LibraryFault("xmldsig", "references")
    for one in elements:
        check(found, read_reference(one), resolve)
    _check_value(found, info, values[0])


def check(found: XmlSignature, reference: Reference, resolve: Resolve) -> None:
    """Check the digest of a reference and record the outcome."""
    if not reference.digest:
        if found.scope.is_file:
            found.unknown("unsupported-digest")
        else:
            found.break_("HASH_FAILURE", "unsupported-digest")
        return
    found.algorithms.append(reference.digest)
    try:
        is_own = reference.uri.startswith("#") or (found.scope.is_file and not reference.uri)
        good = _fits_own(found, reference) if is_own else fits(resolve(reference), reference)
        problem = ""
    except LibraryFault as fault:
        good, problem = False, _REFERENCE_PROBLEMS.get(fault.what, "missing-reference")
        if fault.what == LIMIT or (found.scope.is_file and fault.what != "duplicate-id"):
            found.unknown(_IN_FILE.get(fault.what, "signed-file-missing"))
            return
    if not good:
        found.break_("HASH_FAILURE", *((problem,) if problem else ()))


def fits(octets: bytes, reference: Reference) -> bool:
    """Return whether a reference digests these bytes."""
    return Content((octets,)).digest(reference.digest) == reference.value


def _identifier(uri: str) -> str:
    match = re.fullmatch(r"#xpointer\(id\(['\"]([^'\"]+)['\"]\)\)", uri)
    return match.group(1) if match else uri[1:]


def _fits_own(found: XmlSignature, reference: Reference) -> bool:
    """Return whether a reference digests the element of the scope that has its Id, and record that it is covered.

    Elements outside the scope do not matter, since nothing outside is ever believed. A signature that leaves itself out may be followed by
    others, which are left out as well: each is reported for itself.
    """
    found.own += 1
    if found.own > _LIMIT_OWN:
        raise LibraryFault(LIMIT, "references")
    element = found.scope.find(reference.uri, found.element)
    algorithm, prefixes = DEFAULT_CANONICAL, tuple[str, ...]()
    names = [one.get("Algorithm", "") for one in reference.transforms]
    is_enveloped = found.scope.is_file and names[:1] == [_ENVELOPED]
    for transform in reference.transforms[is_enveloped:]:
        algorithm, prefixes = transform.get("Algorithm", ""), inclusive_prefixes(transform)
        if algorithm not in CANONICAL:
            raise LibraryFault("transform", algorithm)
    with_comments = reference.uri.startswith("#xpointer")  # XMLDSig §4.4.3.3
    ways = dict.fromkeys([(found.element,), tuple(element.iter(ds("Signature")))] if is_enveloped else [()])
    for without in ways:
        octets = canonical(
            element,
            algorithm,
            prefixes,
            without=without,
            comments=with_comments,
            whole=not reference.uri,
            spend=lambda octets: found.scope.spend(len(octets) + ELEMENT * octets.count(b"<")),
        )
        if fits(octets, reference):
            found.covered.add(element)
            if set(without) - {found.element}:
                found.problems.append("signatures-added")
            return True
    return False


def _check_value(found: XmlSignature, info: Element, value: Element) -> None:
    method = info.find(ds("CanonicalizationMethod"))
    octets = canonical(info, method.get("Algorithm", ""), inclusive_prefixes(method))
    uri = info.find(ds("SignatureMethod")).get("Algorithm", "")
    scheme = algorithms.XML_SCHEMES.get(uri)
    signature = decode(value.text)
    found.certificates = _certificates(
        found.element.iterfind(f"{ds('KeyInfo')}/{ds('X509Data')}/{ds('X509Certificate')}")
    )
    if scheme is None:
        raise LibraryFault("signature-algorithm", uri)
    found.algorithms.insert(0, scheme.name)
    if scheme.kind in {"ecdsa", "dsa"}:
        signature = algorithms.fixed_length_to_der(signature)
    content = Content((octets,))
    if not found.certificates:
        # A KeyInfo that only names one by issuer and serial, as in XAdES-X-L: it is kept in the unsigned properties.
        archived = _certificates(found.element.iter("{*}EncapsulatedX509Certificate"))
        found.certificates = tuple(one for one in archived if _verifies(one, scheme, signature, content))
    if not found.certificates:
        _check_bare_key(found, scheme, signature, content)
        return
    for certificate in found.certificates:
        if _verifies(certificate, scheme, signature, content):
            found.certificate = certificate
            break
    if found.certificate is None:
        found.certificate = found.certificates[0]
        found.break_("SIG_CRYPTO_FAILURE")
    found.algorithms.append(algorithms.describe_key(key_of(found.certificate)))


def _check_bare_key(found: XmlSignature, scheme: algorithms.Scheme, signature: bytes, content: Content) -> None:
    """Without a certificate a bare key proves integrity at most, and no signer."""
    value = found.element.find(f"{ds('KeyInfo')}/{ds('KeyValue')}/{ds('RSAKeyValue')}")
    if value is None:
        pgp = found.element.find(f"{ds('KeyInfo')}/{ds('PGPData')}") is not None
        found.unknown("unsupported-format" if pgp else "no-certificate")
        if found.integrity is Integrity.UNKNOWN:
            found.sub_indication = "NO_SIGNING_CERTIFICATE_FOUND"
        return
    found.problems.append("no-certificate")
    key = algorithms.rsa_key(decode(value.findtext(ds("Modulus"))), decode(value.findtext(ds("Exponent"))))
    found.algorithms.append(algorithms.describe_key(key))
    if not algorithms.verify(key, scheme, signature, content):
        found.break_("SIG_CRYPTO_FAILURE")


def _verifies(certificate: Certificate, scheme: algorithms.Scheme, signature: bytes, content: Content) -> bool:
    try:
        return algorithms.verify(key_of(certificate), scheme, signature, content)
    except LibraryFault:
        return False


def _certificates(elements: Iterable[Element]) -> tuple[Certificate, ...]:
    return readable(islice(decoded(elements), _MAX_CERTIFICATES))
