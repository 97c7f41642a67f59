"""Associated signature containers: ASiC-E, ASiC-S, BDOC (ETSI EN 319 162-1), with XAdES or CAdES signatures."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import Any

from gateway.documents.readers.base import remembered
from gateway.documents.signatures import algorithms, canonical_xml, cms, timestamps, xades, xmldsig
from gateway.documents.signatures.algorithms import Content
from gateway.documents.signatures.detached import signer_facts
from gateway.documents.signatures.odf import member_octets
from gateway.documents.signatures.package import Package, open_package
from gateway.documents.signatures.report import Facts, Subject, assemble, malformed, on_timestamp, removed
from gateway.documents.signatures.timestamps import Verified
from gateway.documents.signatures.wall import LIMIT, LibraryFault, wall
from gateway.documents.signatures.xmldsig import Reference, ds
from gateway.model import Changes, Coverage, Integrity, Signature
from gateway.model.formats import ASIC_E, ASIC_S

_MAX_SIGNATURES = 256
_METADATA = re.compile(
    r"mimetype|meta-inf/(?:|(?:manifest|container|asic\w*manifest\w*|evidencerecord\w*|.*signature.*)\.xml"
    r"|.*(?:signature|timestamp).*\.(?:p7s|tst)|evidencerecord\w*\.ers)",
    re.IGNORECASE,
)
"""Members that are no documents (EN 319 162-1 §4.3.3, §4.4.3); anything else, also below META-INF, is a file that somebody opens."""


def verify_asic(data: bytes, subject: Subject) -> tuple[Signature, ...]:
    """Return the reports on all signatures of a container; empty when it holds none, as an ordinary zip does."""
    if b"META-INF/" not in data:
        return ()
    try:
        package = open_package(data)
        names = [name for name in package.names if name.upper().startswith("META-INF/") and is_signature_file(name)]
        gone = [removed(subject, field_name=name) for name in _named_only(package)]
        if not names:
            return tuple(gone)
        stamps = [name for name in names if name.lower().endswith(".tst")]
        container = _Container(package, subject, stamps)
    except LibraryFault:
        return ()  # no zip that we can open: the reader of the archive says so
    if len(names) + len(gone) > _MAX_SIGNATURES:
        raise LibraryFault(LIMIT, "signatures")
    signatures = [name for name in names if name not in stamps]
    if not signatures and not container.declared:
        return ()  # a timestamp among the files of an ordinary archive
    reports: list[Signature] = []
    for name in signatures or stamps:
        try:
            reports += container.verify(name)
        except LibraryFault as fault:
            reports.append(malformed(container.subject, field_name=name, fault=fault))
    return (*reports, *gone)


def _named_only(package: Package) -> list[str]:
    """Signature files that a manifest names and that are not there."""
    found = []
    for manifest in package.names:
        if not _is_manifest(manifest):
            continue
        try:
            named = _elements(canonical_xml.parse(package.read(manifest)), "SigReference")
        except LibraryFault:
            continue
        uris = [one.get("URI", "") for one in named[:_MAX_SIGNATURES]]
        # Of the timestamps of a container none need be there (EN 319 162-1 §4.4.2).
        found += [uri for uri in uris if not uri.lower().endswith(".tst") and package.named_by(uri) is None]
    return list(dict.fromkeys(found))[:_MAX_SIGNATURES]


def is_signature_file(name: str) -> bool:
    """Return whether a member of META-INF is a signature by its name (EN 319 162-1 §4.3.3.2, §4.4.4.2): the type of an archive is no guide."""
    base = name[len("META-INF/") :].lower()
    xml = "signatures" in base and base.endswith(".xml")
    return xml or (("signature" in base or "timestamp" in base) and base.endswith((".p7s", ".tst")))


class _Container:
    """One container and what it asks of signatures."""

    def __init__(self, package: Package, subject: Subject, stamps: list[str]) -> None:
        self.package, self.stamps = package, stamps
        mimetype = package.find("mimetype")
        self.declared = package.read(mimetype)[:64].decode("latin-1").strip() if mimetype is not None else ""
        self.simple = self.declared == ASIC_S.media_type
        if not self.declared:
            self.simple = (subject.filename or "").lower().endswith((".asics", ".scs"))
        self.subject = replace(subject, container="asic-s" if self.simple else "asic-e")
        self._named = remembered(self._read_manifest)
        self.objects = [one for one in package.names if not _METADATA.fullmatch(one)]

    def verify(self, name: str) -> list[Signature]:
        """Verify one signature file."""
        data = self.package.read(name)
        if name.lower().endswith(".xml"):
            root = canonical_xml.parse(data)
            elements = [root] if root.tag == ds("Signature") else root.findall(ds("Signature"))
            if not elements and next(root.iter(ds("Signature")), None) is None:
                # No program leaves an empty list in a container, and the files beside it were signed.
                return [removed(self.subject, field_name=name)]
            if len(xmldsig.own_signatures(root)) != len(elements):
                raise LibraryFault("asic", "a signature inside something else")
            return [self._xades(name, element) for element in elements]
        if name.lower().endswith(".tst"):
            return [self._timestamp(name, data)]
        return self._cades(name, data)

    @cached_property
    def _proofs(self) -> list[tuple[set[str] | None, Verified | str]]:
        """Each timestamp of the container, or what is wrong with it, with the members that it covers, None when unknown."""
        proofs: list[tuple[set[str] | None, Verified | str]] = []
        for stamp in self.stamps:
            try:
                signed, covered, broken, digests = self._signed(stamp)
                content = Content((self.package.read(signed),))
                verified = timestamps.verify(
                    self.package.read(stamp), content, store=self.subject.trust, now=self.subject.now
                )
            except LibraryFault:
                proofs.append((None, "broken-timestamp"))
                continue
            if broken or not verified.imprint_ok or verified.integrity is not Integrity.INTACT:
                proofs.append((covered, "broken-timestamp"))
            else:
                proofs.append((covered, "weak-timestamp" if algorithms.weaknesses(digests) else verified))
        return proofs

    def _place(self, covered: set[str]) -> tuple[Coverage, list[str]]:
        """Coverage, and what is wrong with the container as a whole."""
        problems = list(self.package.problems)
        if self.simple and len([one for one in self.objects if "/" not in one]) != 1:
            problems.append("not-one-object")  # EN 319 162-1 §4.3.1: exactly one, at the root
        uncovered = [one for one in self.objects if one not in covered]
        if uncovered:
            problems.append("uncovered-part")
        return (Coverage.PARTIAL if uncovered else Coverage.WHOLE), problems

    def _facts(self, facts: Facts, covered: set[str], problems: list[str]) -> Signature:
        if any(one in problems for one in (*self.package.problems, "not-one-object")):
            facts = replace(facts, integrity=Integrity.BROKEN, sub_indication="FORMAT_FAILURE")
        covers = tuple(f"{self.subject.part}!{one}" for one in self.objects if one in covered)
        stamps = [one for over, one in self._proofs if over is None or facts.field in over]
        later = tuple(one for one in stamps if isinstance(one, Verified) and one.proves)
        notes = tuple(dict.fromkeys((*facts.problems, *problems, *(one for one in stamps if isinstance(one, str)))))
        return assemble(self.subject, replace(facts, covers=covers, later=later, problems=notes))

    def _xades(self, name: str, element: Any) -> Signature:
        covered: set[str] = set()
        found = xmldsig.verify(element, lambda reference: self._octets(reference, covered))
        xades.read(found)
        coverage, problems = self._place(covered)
        facts = xades.facts_of(
            found,
            place=name,
            coverage=coverage if covered else Coverage.UNKNOWN,
            changes=Changes.FORBIDDEN if found.integrity is Integrity.BROKEN else Changes.NONE,
            claim=None,
        )
        return self._facts(facts, covered, problems)

    def _octets(self, reference: Reference, covered: set[str]) -> bytes:
        """As digested; in a page for browsers, which end a comment elsewhere, no comment may stay undigested."""
        is_data = reference.uri.lower().endswith(".xml")
        return member_octets(self.package, reference, covered, may_have_comments=is_data)

    def _cades(self, name: str, data: bytes) -> list[Signature]:
        """A CAdES signature is over the one object (ASiC-S) or over a manifest that lists digests (ASiC-E)."""
        signed, covered, broken, digests = self._signed(name)
        content, parsed = Content((self.package.read(signed),)), cms.parse(data)
        trust = self.subject.trust
        reports = []
        for signer in parsed.signers:
            coverage, problems = self._place(covered)
            facts = signer_facts(parsed, signer, content, trust=trust, field_name=name, coverage=coverage)
            facts = replace(facts, algorithms=(*facts.algorithms, *digests))
            if broken:
                facts = replace(
                    facts, integrity=Integrity.BROKEN, sub_indication="HASH_FAILURE", changes=Changes.FORBIDDEN
                )
                problems.append("missing-reference")
            reports.append(self._facts(facts, covered, problems))
        if not reports:
            raise LibraryFault("cms", "no signer")
        return reports

    def _signed(self, name: str) -> tuple[str, set[str], bool, tuple[str, ...]]:
        """Return the member that a signature file is over, what that covers, whether a digest did not fit, and by what digests."""
        manifests = [one for one in self.package.names if _is_manifest(one)]
        for manifest in manifests:
            named, references = self._named(manifest)
            if named != name:
                continue
            covered: set[str] = {manifest}
            broken = False
            digests: list[str] = []
            for reference in map(xmldsig.read_reference, references):
                member = self.package.named_by(reference.uri)
                if member in covered:
                    raise LibraryFault(LIMIT, "references")  # no program writes two, and each costs the whole member
                if member is None or not reference.digest or not xmldsig.fits(self.package.read(member), reference):
                    broken = True
                else:
                    covered.add(member)
                    digests.append(reference.digest)
            return manifest, covered, broken, tuple(digests)
        if len(self.objects) == 1 and self.declared != ASIC_E.media_type:
            return self.objects[0], {self.objects[0]}, False, ()
        raise LibraryFault("asic", "nothing that it signs")

    def _read_manifest(self, name: str) -> tuple[str | None, list[Any]]:
        """The signature file that a manifest names, and its references."""
        root = canonical_xml.parse(self.package.read(name))
        references = _elements(root, "SigReference")
        named = self.package.named_by(references[0].get("URI", "")) if references else None
        return named, _elements(root, "DataObjectReference")

    def _timestamp(self, name: str, data: bytes) -> Signature:
        """A timestamp over the object or manifest proves a time and signs nothing."""
        signed, covered, broken, digests = self._signed(name)
        content = Content((self.package.read(signed),))
        verified = timestamps.verify(data, content, store=self.subject.trust, now=self.subject.now)
        coverage, problems = self._place(covered)
        intact = verified.integrity is Integrity.INTACT and verified.imprint_ok and not broken
        facts = Facts(
            field=name,
            integrity=Integrity.INTACT if intact else Integrity.BROKEN,
            sub_indication=verified.sub_indication or ("HASH_FAILURE" if broken else ""),
            coverage=coverage,
            changes=Changes.NONE,
            algorithms=(*verified.algorithms, *digests),
            covers=tuple(f"{self.subject.part}!{one}" for one in self.objects if one in covered),
        )
        with wall("names"):
            return on_timestamp(self.subject, facts, verified, problems)


def _is_manifest(name: str) -> bool:
    folded = name.lower()
    return folded.startswith("meta-inf/") and "manifest" in folded and folded.endswith(".xml") and "asic" in folded


def _elements(root: Any, name: str) -> list[Any]:
    """By local name: manifests with a namespace of their own are seen."""
    return list(islice(root.iter(f"{{*}}{name}"), 2000))
