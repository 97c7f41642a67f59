"""PDF signatures (ISO 32000-2 §12.8, ETSI EN 319 142-1), one report for each filled signature field.

Every filled field is counted, including those that no library verifies. The signed bytes are found by our own
arithmetic (`pdf_ranges`), the CMS is verified by `cms`, later changes are judged by `pdf_changes`. A file that cannot be
parsed but that holds a signature is reported as one that cannot be read, never as unsigned.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace as replace_facts
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt import AuthStatus
from pyhanko.pdf_utils.reader import PdfFileReader

from gateway.documents.signatures import cms, crl, pdf_values, pdf_xref, timestamps
from gateway.documents.signatures.certificates import Certificate, readable
from gateway.documents.signatures.pdf_fields import (
    Field,
    Surroundings,
    filled_fields,
    open_reader,
    page_numbers,
    page_of,
    place,
)
from gateway.documents.signatures.pdf_objects import entry, shows_outside
from gateway.documents.signatures.pdf_ranges import final_startxref, reaches_end
from gateway.documents.signatures.pdf_removed import removed_signatures, report_removed
from gateway.documents.signatures.report import Facts, Subject, assemble, malformed, on_timestamp, unreadable
from gateway.documents.signatures.revocation import Evidence
from gateway.documents.signatures.timestamps import Verified
from gateway.documents.signatures.wall import LIMIT, LibraryFault, wall
from gateway.model import Integrity, Signature

_MAX_STORE_ITEMS = 400
_DETACHED = frozenset({"/adbe.pkcs7.detached", "/ETSI.CAdES.detached", "/PBAD.PAdES"})

# pyHanko logs every doubt with a traceback; our report says the same in fewer words and without content.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class _Store:
    """The document security store (/DSS)."""

    certificates: tuple[Certificate, ...] = ()
    evidence: Evidence = dataclasses.field(default_factory=Evidence)


def verify_pdf(data: bytes, subject: Subject) -> tuple[Signature, ...]:
    """Return the reports on all signatures of a PDF, in signing order; empty when it is unsigned."""
    if not any(key in data for key in (b"/Sig", b"/ByteRange", b"/ObjStm", b"/Encrypt")):
        return ()  # no signature field can be: it would say /FT /Sig, here or in an object stream
    try:
        with wall("pdf"):
            reader = open_reader(data)
            if reader.encrypted and not _open(reader):
                return _closed(subject, data, "encrypted")
            fields = filled_fields(reader, data)
    except LibraryFault as fault:
        return _closed(subject, data, LIMIT if fault.what == LIMIT else "malformed")
    removed = removed_signatures(data, [one.range for one in fields if one.range is not None])
    reports = _verify_fields(subject, data, reader, fields) if fields else ()
    # A signer of the present file answers for it, without the signature that was removed before.
    intact = (one for one, said in zip(fields, reports, strict=True) if said.integrity is Integrity.INTACT)
    answered = _answered(intact)
    gone = [one for one in removed if one.end > answered]
    if len(gone) < len(removed):
        reports = tuple(replace(one, problems=(*one.problems, "earlier-signature-removed")) for one in reports)
    return (*reports, *report_removed(subject, data, reader, gone))


def _answered(intact: Iterable[Field]) -> int:
    """Return how far in the file signatures that hold answer for it; a timestamp, which anyone can get, answers for nothing."""
    return max((one.end for one in intact if not one.is_timestamp), default=0)


def _open(reader: PdfFileReader) -> bool:
    """Try the empty user password; documents for named recipients cannot be opened."""
    try:
        with wall("decrypt"):
            return bool(reader.decrypt(b"").status != AuthStatus.FAILED)
    except LibraryFault:
        return False


def _closed(subject: Subject, data: bytes, problem: str) -> tuple[Signature, ...]:
    if b"/ByteRange" not in data:
        return ()
    integrity = Integrity.BROKEN if problem == "malformed" else Integrity.UNKNOWN
    return (unreadable(subject, problem=problem, integrity=integrity),)


def _verify_fields(subject: Subject, data: bytes, reader: PdfFileReader, fields: list[Field]) -> tuple[Signature, ...]:
    store = _security_store(reader)
    whole = {
        "two-readings": pdf_xref.is_ambiguous_inside(data, reader, (one.end for one in fields)),
        "external-reference": shows_outside(data, reader),
    }
    faults = tuple(fault for fault, found in whole.items() if found)
    updated = any(one.range is not None and not reaches_end(data, one.range) for one in fields)
    mended = updated and pdf_xref.is_mended(data)
    stamps: list[tuple[int, Verified]] = []
    reports: list[Signature] = []
    intact: list[Field] = []
    # From the last to the first: a document timestamp speaks for the signatures before it.
    for one in reversed(fields):
        last, names = one.end >= _answered(intact), frozenset(field.name for field in intact)
        try:
            with wall("signature-field"):
                later = [stamp for end, stamp in stamps if end >= one.end]
                around = Surroundings(last=last, faults=faults, mended=mended, intact=names)
                if one.is_timestamp:
                    report_, stamp = _verify_timestamp(subject, data, reader, one, store, around)
                    stamps.append((one.end, stamp))
                else:
                    report_ = _verify_one(subject, data, reader, one, store, later, around)
        except LibraryFault as fault:
            report_ = malformed(subject, field_name=one.name, fault=fault)
        reports.append(report_)
        if report_.integrity is Integrity.INTACT:
            intact.append(one)
    reports.reverse()
    marks = {
        "incoming-stamp": _is_rewritten(data, reader, fields, reports),
        "shadow-object": pdf_xref.holds_waiting(data, reader),
    }
    extra = tuple(mark for mark, found in marks.items() if found)
    numbers = page_numbers(reader)
    return tuple(
        replace(report_, page=page_of(one, numbers), problems=(*report_.problems, *extra))
        for one, report_ in zip(fields, reports, strict=True)
    )


def _is_rewritten(data: bytes, reader: PdfFileReader, fields: list[Field], reports: list[Signature]) -> bool:
    """Return whether a tool rewrote the whole file after it was signed, as stamp tools for incoming mail do.

    An honest update appends; then every earlier signature is still where its byte range says. Here no signature
    does, although all of them are still in the form.
    """
    if any(one.integrity is not Integrity.BROKEN for one in reports):
        return False
    moved = [one for one in fields if one.range is None or final_startxref(data, one.range) is None]
    return len(moved) == len(fields) and reader.xrefs.total_revisions <= len(fields)


def _security_store(reader: PdfFileReader) -> _Store:
    try:
        with wall("dss"):
            dss = entry(reader.root, "/DSS", {})
            certificates, lists, responses = (entry(dss, key) for key in ("/Certs", "/CRLs", "/OCSPs"))
    except LibraryFault:
        return _Store()  # what cannot be read from the store is simply no evidence
    evidence = Evidence(crl.readable_lists(_octets(lists)), tuple(_octets(responses)))
    return _Store(readable(_octets(certificates)), evidence)


def _octets(held: Any) -> Iterator[bytes]:
    """The contents of an array of streams, but for those that cannot be read."""
    for index in range(min(len(held), _MAX_STORE_ITEMS) if isinstance(held, generic.ArrayObject) else 0):
        with suppress(LibraryFault), wall("dss-item"):
            yield held[index].get_object().data


def _verify_one(
    subject: Subject,
    data: bytes,
    reader: PdfFileReader,
    one: Field,
    store: _Store,
    later: list[Verified],
    around: Surroundings,
) -> Signature:
    if one.range is None:
        return unreadable(subject, field_name=one.name, problem=one.fault, integrity=Integrity.BROKEN)
    content = one.range.content(data)
    sub_filter = str(entry(one.signature, "/SubFilter", ""))
    coverage, changes, problems = place(reader, data, one, one.range, around)
    common = Facts(
        field=one.name,
        integrity=Integrity.UNKNOWN,
        coverage=coverage,
        changes=changes,
        claimed_time=_claimed(one.signature),
        later=later,
        pool=store.certificates,
        evidence=store.evidence,
        problems=problems,
    )
    if sub_filter in _DETACHED or sub_filter == "/adbe.pkcs7.sha1":
        return assemble(
            subject,
            pdf_values.from_cms(common, one.range, content, sha1=sub_filter == "/adbe.pkcs7.sha1", trust=subject.trust),
        )
    if sub_filter == "/adbe.x509.rsa_sha1":
        return assemble(subject, pdf_values.from_bare_signature(common, one.signature, one.range, content))
    return assemble(subject, replace_facts(common, problems=(*problems, "unsupported-format")))


def _verify_timestamp(
    subject: Subject, data: bytes, reader: PdfFileReader, one: Field, store: _Store, around: Surroundings
) -> tuple[Signature, Verified]:
    """Verify a document timestamp (ETSI EN 319 142-1 §5.4.3)."""
    if one.range is None:
        raise LibraryFault("byte-range", one.fault)
    content = one.range.content(data)
    parsed = cms.parse(one.range.contents)
    verified = timestamps.verify_parsed(
        parsed, content, store=subject.trust, pool=store.certificates, evidence=store.evidence, now=subject.now
    )
    coverage, changes, problems = place(reader, data, one, one.range, around)
    intact = verified.integrity is Integrity.INTACT and verified.imprint_ok
    facts = Facts(
        field=one.name,
        integrity=Integrity.INTACT if intact else Integrity.BROKEN if verified.certificate else verified.integrity,
        sub_indication=verified.sub_indication,
        coverage=coverage,
        changes=changes,
        algorithms=verified.algorithms,
        claimed_time=verified.timestamp.time if verified.timestamp else None,
    )
    if verified.timestamp is not None and verified.timestamp.weak:
        problems.append("weak-timestamp")
    return on_timestamp(subject, facts, verified, problems), verified


def _claimed(signature: Any) -> datetime | None:
    """The /M entry, a claim of the signer's computer only."""
    try:
        with wall("date"):
            text = entry(signature, "/M")
            if text is None:
                return None
            parsed = generic.parse_pdf_date(text, strict=False)
            return parsed.astimezone(UTC) if parsed is not None else None
    except LibraryFault:
        return None
