"""Signatures beside pdfsig (poppler), xmlsec1 and openssl: how many bad files each calls valid, how many good ones not, at what cost.

Two sets: the attacks of the catalogue, generated with the test PKI whose roots all are given, and the labelled files of
the corpus, of which only the cryptography and the changes after signing are asked, since their roots are nobody's here.
pdfsig judges PDF, xmlsec1 the XML signatures of OpenDocument, Office and ASiC packages, unpacked for it (it cannot resolve the parts
of an Office package, so the manifest is left out there). Times are processor time: theirs of one process a file, ours in a warm process.
"""

import io
import os
import re
import resource
import shutil
import ssl
import subprocess
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.pki.tree import tree
from tests.signatures import attacks, pkits
from tests.signatures.corpus import BAD, GOOD, is_sound, rows, verify_file
from tests.signatures.samples import is_valid, reports
from tests.support.corpus import CORPUS
from tests.support.nss import make_apart

_SIGNATURE = "http://www.w3.org/2000/09/xmldsig#:"
_XADES = "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"


@dataclass
class Tool:
    """One judge and what it said."""

    name: str
    cpu_s: float = 0.0
    files: int = 0
    counts: Counter[tuple[str, bool]] = field(default_factory=Counter)
    """By kind of file (`bad`, `good`) and whether it was called valid."""
    passed_bad: list[str] = field(default_factory=list)

    def note(self, name: str, *, bad: bool, valid: bool, cpu_s: float) -> None:
        self.cpu_s += cpu_s
        self.files += 1
        self.counts["bad" if bad else "good", valid] += 1
        if bad and valid:
            self.passed_bad.append(name)

    def cell(self, kind: str, *, valid: bool) -> str:
        total = self.counts[kind, True] + self.counts[kind, False]
        return f"{self.counts[kind, valid]} of {total}" if total else "-"


def missing() -> str:
    """Return which program is missing, empty when all are there."""
    return ", ".join(program for program in ("pdfsig", "xmlsec1", "openssl") if shutil.which(program) is None)


def report(progress: Callable[[str], None]) -> str:
    """Make the section of docs/accuracy-tables.md."""
    lines = ["### Signatures, compared with pdfsig, xmlsec1 and openssl", ""]
    if missing():
        lines += [f"Not run: {missing()} is not installed.", ""]
    else:
        lines += [*_tables(progress), ""]
    lines += ["### Certification paths: NIST PKITS", "", pkits.table() if pkits.rows() else "Not run.", ""]
    return "\n".join(lines)


def _tables(progress: Callable[[str], None]) -> list[str]:
    head = "| files | judge | bad files called valid | good files called otherwise | ms CPU a file |"
    lines = [head, "|---|---|---:|---:|---:|"]
    detail: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        roots = [tree().g2_root.certificate_der, tree().g1_root.certificate_der, tree().public_root.certificate_der]
        below = [tree().g2_sub.certificate_der, tree().g1_sub.certificate_der, tree().public_sub.certificate_der]
        judges = Programs(work, roots, below)
        for title, tools in (*_generated(judges, progress), *_corpus(judges, progress)):
            for tool in tools:
                cost = f"{1000 * tool.cpu_s / tool.files:.1f}" if tool.files else "-"
                cells = tool.cell("bad", valid=True), tool.cell("good", valid=False)
                lines.append(f"| {title} | {tool.name} | {cells[0]} | {cells[1]} | {cost} |")
                if tool.passed_bad:
                    detail.append(f"- {title}, {tool.name}: {', '.join(tool.passed_bad)}")
    return [*lines, "", "Bad files called valid:", "", *detail]


class Programs:
    """The other two judges."""

    def __init__(self, work: Path, roots: list[bytes], below: list[bytes]) -> None:
        self.work = work
        self.roots = self._write("root", roots)
        self.below = self._write("below", below)
        self.store = make_apart(work / "nss", self.roots, self.below)

    def _write(self, name: str, certificates: list[bytes]) -> list[Path]:
        files = [self.work / f"{name}{number}.cer" for number in range(len(certificates))]
        for file, data in zip(files, certificates, strict=True):
            file.write_bytes(data)
        return files

    def pdfsig(self, file: Path, *, trust: bool) -> tuple[bool, float]:
        """Whether every signature of a PDF is valid, and by a trusted certificate where that is asked; seconds."""
        options = ["-nssdir", str(self.store)] if trust else ["-nocert"]
        said, cost = _run(["pdfsig", *options, str(file)], self.work)
        # Document timestamps are listed and not verified by it; they are left out of account.
        wanted = said.count("Signature Validation:") - said.count("Signature has not yet been verified.")
        whole = said.count("Signature is Valid.") == wanted
        trusted = not trust or said.count("Certificate is Trusted.") == wanted
        return wanted > 0 and whole and trusted, cost

    def openssl(self, file: Path) -> tuple[bool, float]:
        """Whether the signature of a CMS file is valid under the given roots; seconds."""
        pem = self.work / "authorities.pem"
        if not pem.exists():
            pem.write_text("".join(ssl.DER_cert_to_PEM_cert(one.read_bytes()) for one in (*self.roots, *self.below)))
        options = ["-inform", "DER", "-CAfile", str(pem), "-no-CApath", "-purpose", "any", "-out", "/dev/null"]
        said, cost = _run(["openssl", "cms", "-verify", *options, "-in", str(file)], self.work)
        return "Verification successful" in said, cost

    def xmlsec1(self, data: bytes, *, trust: bool) -> tuple[bool, float]:
        """Whether every XML signature of a package is valid; seconds."""
        target = Path(tempfile.mkdtemp(dir=self.work))
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                archive.extractall(target)
                names = [name for name in archive.namelist() if _is_signature(name)]
        except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError):
            return False, 0.0
        total, valid = 0.0, bool(names)
        for name in names:
            office = name.lower().startswith("_xmlsignatures/")
            count = max(1, (target / name).read_bytes().count(b"SignedInfo>") // 2)
            for number in range(1, count + 1):
                said, cost = _run(self._command(name, number, trust=trust, office=office), target)
                total += cost
                valid = valid and "OK" in said.split()
        shutil.rmtree(target)
        return valid, total

    def _command(self, name: str, number: int, *, trust: bool, office: bool) -> list[str]:
        ids: list[str] = []
        for one in (f"{_SIGNATURE}Object", f"{_SIGNATURE}SignatureProperty", f"{_SIGNATURE}KeyInfo", _XADES):
            ids += ["--id-attr:Id", one]
        chain: list[str] = ["--insecure"]
        if trust:
            chain = [part for file in self.roots for part in ("--trusted-der", str(file))]
            chain += [part for file in self.below for part in ("--untrusted-der", str(file))]
        which = ["--node-xpath", f"(//*[local-name()='Signature' and namespace-uri()='{_SIGNATURE[:-1]}'])[{number}]"]
        manifest = ["--ignore-manifests"] if office else []
        return ["xmlsec1", "--verify", *ids, *chain, *which, *manifest, "--enabled-key-data", "x509,rsa,ec,dsa", name]


def _is_signature(name: str) -> bool:
    folded = name.lower()
    office = folded.startswith("_xmlsignatures/") and folded.endswith(".xml")
    return office or (folded.startswith("meta-inf/") and bool(re.search(r"signatures[^/]*\.xml$", folded)))


def _run(command: list[str], folder: Path) -> tuple[str, float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=300, check=False,
        env={**os.environ, "TZ": "UTC"},
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cost = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout + done.stderr, cost


def _generated(judges: Programs, progress: Callable[[str], None]) -> Iterable[tuple[str, list[Tool]]]:
    samples = [*attacks.honest(), *attacks.attacks()]
    progress(f"{len(samples)} generated files")
    pdf, packages, messages = ([Tool("gateway"), Tool(name)] for name in ("pdfsig", "xmlsec1", "openssl cms"))
    reports(samples[0])
    for sample in samples:
        bad, name = bool(sample.row), f"{sample.row} {sample.name}"
        kind = sample.name.rpartition(".")[2]
        ours, theirs = pdf if kind == "pdf" else messages if kind == "p7m" else packages
        began = time.process_time()
        valid = is_valid(reports(sample))
        ours.note(name, bad=bad, valid=valid, cpu_s=time.process_time() - began)
        file = judges.work / sample.name
        file.write_bytes(sample.data)
        if kind == "pdf":
            valid, cost = judges.pdfsig(file, trust=True)
        elif kind == "p7m":
            valid, cost = judges.openssl(file)
        else:
            valid, cost = judges.xmlsec1(sample.data, trust=True)
        theirs.note(name, bad=bad, valid=valid, cpu_s=cost)
    yield "generated PDF (G01 to G11)", pdf
    yield "generated Office, OpenDocument and ASiC (G10, G13 to G15)", packages
    yield "generated CMS (G16)", messages


def _corpus(judges: Programs, progress: Callable[[str], None]) -> Iterable[tuple[str, list[Tool]]]:
    for title, sets in (
        ("real PDF", ("pdf-signatures", "vietnam")),
        ("real packages", ("office-signatures", "asic-cms-xml")),
    ):
        pdf = title == "real PDF"
        tools = [Tool("gateway"), Tool("pdfsig" if pdf else "xmlsec1")]
        for row in rows(sets):
            label, file = row["expected"]["signature"], CORPUS / row["file"]
            if label not in GOOD | BAD | {"forged"} or (file.suffix.lower() == ".pdf") is not pdf:
                continue
            if not pdf and not _has_xml_signature(file):
                continue
            began = time.process_time()
            found = verify_file(file)
            cost = time.process_time() - began
            bad = label not in GOOD
            name = file.name.partition("__")[2]
            tools[0].note(name, bad=bad, valid=_is_ours(label, found), cpu_s=cost)
            valid, cost = judges.pdfsig(file, trust=False) if pdf else judges.xmlsec1(file.read_bytes(), trust=False)
            tools[1].note(name, bad=bad, valid=valid, cpu_s=cost)
        progress(f"{title}: {tools[0].files} files")
        yield title, tools


def _is_ours(label: str, found: Iterable[object]) -> bool:
    if label == "forged":  # intact by a stranger's key: valid would mean whole and in the name of the trusted person
        return is_sound(found) and all(
            one.coverage.value == "whole" and one.signer is not None and "trusted" in (one.signer.common_name or "").lower()
            for one in found
        )  # fmt: skip
    return is_sound(found)


def _has_xml_signature(file: Path) -> bool:
    if not zipfile.is_zipfile(file):
        return False
    with zipfile.ZipFile(file) as archive:
        return any(_is_signature(name) for name in archive.namelist())
