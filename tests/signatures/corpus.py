"""The signed files of the corpus: how each is labelled, and verified as the gateway would."""

import zipfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import msgspec

from gateway.documents.signatures import verify
from gateway.documents.signatures.trust import TrustStore
from gateway.model import Signature
from tests.support import corpus
from tests.support.corpus import CORPUS

SETS = ("pdf-signatures", "office-signatures", "asic-cms-xml", "vietnam")
GOOD = {"valid", "valid-with-form-fill"}
BAD = {"modified", "broken", "malformed", "spoofed", "modified-annotations"}
NOW = datetime(2026, 11, 24, tzinfo=UTC)
OOXML = "application/vnd.openxmlformats-officedocument."
ODF = "application/vnd.oasis.opendocument."
TYPES = {
    ".pdf": "application/pdf",
    ".docx": OOXML + "wordprocessingml.document",
    ".xlsx": OOXML + "spreadsheetml.sheet",
    ".xlsb": "application/vnd.ms-excel.sheet.binary.macroenabled.12",
    ".pptx": OOXML + "presentationml.presentation",
    ".odt": ODF + "text",
    ".ods": ODF + "spreadsheet",
    ".odp": ODF + "presentation",
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".asice": "application/vnd.etsi.asic-e+zip",
    ".asics": "application/vnd.etsi.asic-s+zip",
    ".p7m": "application/pkcs7-mime",
    ".p7s": "application/pkcs7-signature",
    ".xml": "application/xml",
}


def sent(reports):
    """The reports as they come out of the child: a value of a library in them would not cross the wall."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(reports), type=tuple[Signature, ...])


def detect(path):
    """A stand-in for the sniffer of the workers: by name, and by the mimetype member of a zip."""
    if path.suffix.lower() in TYPES:
        return TYPES[path.suffix.lower()]
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if "mimetype" in archive.namelist():
                return archive.read("mimetype")[:100].decode("latin-1").strip()
        return "application/zip"
    return "application/octet-stream"


@cache
def store():
    return TrustStore.load(Path(__file__).resolve().parents[2] / "certs")


def verify_file(path):
    return sent(
        verify(path.read_bytes(), part="1", filename=path.name, detected_type=detect(path), trust=store(), now=NOW)
    )


def rows(sets=SETS):
    for name in sets:
        for row in corpus.rows(name):
            if (CORPUS / row["file"]).exists() and "signature" in row["expected"]:
                yield row


def is_sound(signatures):
    """The rule that the corpus is scored by."""
    return bool(signatures) and all(
        s.integrity.value == "intact" and s.changes.value in ("none", "allowed") and s.coverage.value != "unknown"
        for s in signatures
    )


def judge(row):
    """Return whether the label is met, None when it asks nothing, and the signatures."""
    signatures = verify_file(CORPUS / row["file"])
    label = row["expected"]["signature"]
    if label in GOOD:
        return is_sound(signatures), signatures
    if label in BAD:
        return not is_sound(signatures), signatures
    if label == "none":
        return not signatures, signatures
    return None, signatures
