"""NIST's path validation suite (PKITS 1.0.1) through our own path and revocation code, section by section.

    python -m tests.signatures.pkits                 # the table of docs/accuracy-tables.md

The files are those of the corpus; PKITS.pdf, which names the expected outcome of each test, is the authority. What is asked is
path and revocation together, at the time of the suite and with its algorithms (SHA-1, RSA of 1024 bits), which the gateway
itself refuses.
"""

import re
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from pyhanko_certvalidator.policy_decl import AcceptAllAlgorithms

from gateway.documents.signatures import chain_status, crl
from gateway.documents.signatures import path as paths
from gateway.documents.signatures.certificates import distinguished_name, load_certificates
from gateway.documents.signatures.chain_status import Sources
from gateway.model import Revocation
from tests.support import corpus
from tests.support.corpus import CORPUS

FOLDER = CORPUS / "pki-pkits"
AT = datetime(2005, 1, 1, tzinfo=UTC)

# Tests whose outcome depends on the initial policies: with any-policy and no explicit policy asked, as the gateway has it.
_BY_POLICY = {
    "AllCertificatesSamePoliciesTest10": True, "AllCertificatesanyPolicyTest11": True,
    "CPSPointerQualifierTest20": True, "DifferentPoliciesTest3": True, "DifferentPoliciesTest5": False,
    "DifferentPoliciesTest8": False, "OverlappingPoliciesTest6": True, "UserNoticeQualifierTest16": True,
    "UserNoticeQualifierTest18": True, "inhibitAnyPolicyTest3": True,
}  # fmt: skip
_SECTIONS = (
    ("4.1 Signature Verification", r"CASignature|EESignature|DSA"),
    ("4.2 Validity Periods", r"not(?:Before|After)Date"),
    ("4.3 Verifying Name Chaining", r"NameChaining|NameUIDs|AttributeTypes|UTF8String|RolloverfromPrintable"),
    ("4.5 Verifying Paths with Self-Issued Certificates", r"BasicSelfIssued"),
    ("4.6 Verifying Basic Constraints", r"asicConstraints|cA(?:False|True)|pathLenConstraint"),
    ("4.7 Key Usage", r"keyUsage"),
    ("4.9 Require Explicit Policy", r"requireExplicitPolicy"),
    ("4.11 Inhibit Policy Mapping", r"inhibitPolicyMapping"),
    ("4.10 Policy Mappings", r"PolicyMapping|MappingToanyPolicy|MappingFromanyPolicy"),
    ("4.12 Inhibit Any Policy", r"inhibitAnyPolicy"),
    ("4.8 Certificate Policies", r"Policies|anyPolicy|Qualifier"),
    ("4.13 Name Constraints", r"nameConstraints|NameConstraints"),
    ("4.15 Delta-CRLs", r"deltaCRL"),
    ("4.14 Distribution Points", r"istributionPoint|CACerts|UserCerts|AttributeCerts|SomeReasons|IDP|cRLIssuer"),
    ("4.16 Private Certificate Extensions", r"CertificateExtension"),
    ("4.4 Basic Certificate Revocation Tests", r"CRL|Revoked|SerialNumber|MissingCRL"),
)


def rows() -> list[tuple[str, Path, bool]]:
    """Name, file and whether the path is valid, for every end-entity certificate of the suite at hand."""
    found = []
    for row in corpus.rows(FOLDER.name):
        file = CORPUS / row["file"]
        name = file.stem.removeprefix("bc__").removesuffix("EE")
        if row["kind"] in {"pkits-valid", "pkits-invalid"}:
            found.append((name, file, row["kind"] == "pkits-valid"))
        elif name in _BY_POLICY:
            found.append((name, file, _BY_POLICY[name]))
    return sorted(found)


def section(name: str) -> str:
    """Section of PKITS.pdf that a test stands in."""
    return next((title for title, pattern in _SECTIONS if re.search(pattern, name)), "?")


@cache
def _suite():
    everything = [load_certificates(file.read_bytes())[0] for file in sorted(FOLDER.glob("*.crt"))]
    lists = [crl.load_list(file.read_bytes(), embedded=False) for file in sorted(FOLDER.glob("*.crl"))]
    (anchor,) = [one for one in everything if distinguished_name(one.subject).startswith("CN=Trust Anchor")]
    return anchor, everything, lists


def outcome(file: Path) -> str:
    """`valid`, `unknown` (no usable revocation data) or `invalid`."""
    anchor, everything, lists = _suite()
    (leaf,) = load_certificates(file.read_bytes())
    strangers = _near(leaf, [one for one in everything if one.sha256 not in (leaf.sha256, anchor.sha256)])
    sources = Sources(
        anchors=[anchor],
        issuers_of=lambda one: [anchor] if one.issuer == anchor.subject else [],
        strangers=strangers,
        lists=lists,
        holds=_holds,
        now=AT,
    )
    best = "invalid"
    for path in paths.candidates(leaf, strangers, sources.issuers_of):
        if not _holds(path):
            continue
        states = {status.status for status in chain_status.along(path, sources)}
        if states == {Revocation.GOOD}:
            return "valid"
        if Revocation.REVOKED not in states:
            best = "unknown"
    return best


def _holds(path):
    return not paths.check(path, at=AT, algorithms=AcceptAllAlgorithms())


def _near(leaf, others):
    """The certificates that could stand above the leaf or sign lists for it: the suite is one flat folder of 400."""
    wanted, found = _named_by(leaf), []
    for _ in range(8):
        more = [one for one in others if one.subject.hashable in wanted and one not in found and _may_stand_above(one)]
        if not more:
            break
        found += more
        for one in more:
            wanted |= _named_by(one)
    return found


def _may_stand_above(certificate):
    usage = certificate.key_usage_value
    return certificate.ca is not None or (usage is not None and "crl_sign" in usage.native)


def _named_by(certificate):
    points = certificate.crl_distribution_points_value or ()
    issuers = [name.chosen.hashable for point in points for name in point["crl_issuer"] or ()]
    return {certificate.issuer.hashable, *issuers}


def table() -> str:
    """The results, as a table of Markdown."""
    counts: Counter[tuple[str, str]] = Counter()
    missed = []
    for name, file, valid in rows():
        got = outcome(file)
        right = (got == "valid") is valid
        counts[section(name), "valid" if valid else "invalid"] += 1
        counts[section(name), "right valid" if valid else "right invalid"] += right
        if not right:
            missed.append(f"{name}: {got}")
    lines = ["| section of PKITS | valid paths, accepted | invalid paths, refused |", "|---|---:|---:|"]

    def cell(title, kind):
        return f"{counts[title, f'right {kind}']} of {counts[title, kind]}" if counts[title, kind] else "-"

    titles = sorted({title for title, _ in counts}, key=lambda title: int(title.split()[0].partition(".")[2]))
    lines += [f"| {title} | {cell(title, 'valid')} | {cell(title, 'invalid')} |" for title in titles]
    for kind in ("valid", "right valid", "invalid", "right invalid"):
        counts["all", kind] = sum(n for (title, k), n in counts.items() if k == kind and title != "all")
    lines.append(f"| **all** | {cell('all', 'valid')} | {cell('all', 'invalid')} |")
    if missed:
        lines += ["", "Otherwise than PKITS says:", "", *(f"- {one}" for one in missed)]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
