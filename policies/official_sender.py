"""Mail to the district Office comes from official mailboxes only (Điều 8.3, Điều 5).

What: for each forward-path that is a mailbox of the Office, the reverse-path, From, Sender and Reply-To must be official
addresses: a mailbox of an official domain, and of the form of Điều 5 when it claims the district.
Why: Điều 8.3, a request to the Office from any other mailbox is not accepted.
Fix: send from the official mailbox of the unit, or ask for one (Điều 8.1).
At RCPT only the reverse-path is known; the header is judged when it has been seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from enum import Enum
from itertools import chain
from typing import Annotated, Final

from msgspec import Struct
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gateway.model import (
    About,
    Address,
    AddressReading,
    Disposition,
    Document,
    Evidence,
    Facts,
    Finding,
    Looked,
    MailboxKind,
    Need,
    Role,
    Rule,
    in_force,
)
from gateway.vietnamese.addresses import destinations, listed, parse_path, without_tag
from gateway.vietnamese.homographs import shown
from gateway.vietnamese.normal import skeleton
from gateway.vietnamese.plain_text import plain_skeleton
from policies._findings import failed, passed, unknown
from policies._senders import (
    DEFAULT_DOMAINS,
    HEADER_NAMES,
    MailAddress,
    OfficialDomain,
    Pattern,
    Period,
    author_fields,
    official_domains,
    today,
)
from policies._signed_files import OFFICE_FORMATS, body_parts

RULES: Final = (
    Rule(id="unofficial", code="OFS-01", article="7600:8.3", disposition=Disposition.REJECT),
    Rule(id="form", code="OFS-02", article="7600:5", disposition=Disposition.REJECT),
    Rule(id="unknown_ward", code="OFS-03", article="7600:5", disposition=Disposition.TAG),
    Rule(id="forged", code="OFS-04", article="7600:4.3", disposition=Disposition.REJECT),
    Rule(id="unproven", code="OFS-05", article="7600:4.3", disposition=Disposition.DEFER),
    Rule(id="citizen", code="OFS-06", article="7600:8.3", disposition=Disposition.TAG),
)

NEEDS: Final = frozenset({Need.ENVELOPE, Need.HEADERS, Need.DOCUMENTS})


class Inbound(Enum):
    """Disposition of senders outside the official system, when the gateway is before the Office's own mailbox."""

    OFF = "off"
    """Everybody is taken for an agency or unit, as behind an outbound gateway."""
    ADMIT = "pass"
    """Citizens may write."""
    TAG = "tag"
    """Citizens may write, and their mail bears a mark."""


class AddressForm(Period):
    """A form of Điều 5: local parts that claim it, and how they must look."""

    claims: Pattern
    pattern: Pattern


_NAME: Final = r"[a-z0-9]+(?:[._-][a-z0-9]+)*"
_FORMS: Final = (
    AddressForm(claims=r"binhtan$", pattern=rf"{_NAME}\.binhtan"),
    AddressForm(claims=r"\.bt$", pattern=rf"{_NAME}\.(?P<ward>[a-z0-9]+)\.bt"),
)
# The wards of 2023 and of 1 July 2025 with their short forms; a short form is a guess, an unknown one is tagged only.
_WARDS: Final = {
    "anlac": ("al",), "anlaca": ("ala",), "binhhunghoa": ("bhh",), "binhhunghoaa": ("bhha",),
    "binhhunghoab": ("bhhb",), "binhtan": (), "binhtridong": ("btd",), "binhtridonga": ("btda",),
    "binhtridongb": ("btdb",), "tantao": ("tt",), "tantaoa": ("tta",),
}  # fmt: skip
# Ambiguities after which `mailboxes` still holds everything that a reader could take for the sender.
_JUDGED_APART: Final = frozenset(
    {"several-addresses", "two-addresses", "group", "display-name-address", "junk-after-address", "unquoted-comma", "local-syntax",
     "missing-brackets", "trailing-dot", "quoted-local-part", "empty"}
)  # fmt: skip
# Điều 8.1, without marks: what a request to the Office is about.
_REQUESTS: Final = (
    "cap moi", "cap doi", "cap lai", "cap hop thu", "cap tai khoan", "lay lai mat khau", "doi mat khau", "quen mat khau",
    "reset mat khau", "huy hop thu", "huy bo hop thu", "huy tai khoan", "khoa hop thu", "thay doi thong tin hop thu",
    "dang ky hop thu", "de nghi cap", "yeu cau cap", "tai khoan thu dien tu", "hop thu dien tu cong vu", "password",
)  # fmt: skip


def _bare(phrase: str) -> str:
    """Return words as the skeleton of a text has them."""
    return " ".join(skeleton(phrase).split())


_Label = Annotated[str, Field(pattern=r"^[a-z0-9]+$")]


class Settings(BaseModel):
    """Settings of the policy; what a finding costs is set by `rules` of the policy file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    official_domains: tuple[OfficialDomain, ...] = Field(default=DEFAULT_DOMAINS, min_length=1)
    office_mailboxes: tuple[MailAddress, ...] = ("vanphong.binhtan@tphcm.gov.vn",)
    forms: tuple[AddressForm, ...] = _FORMS
    wards: dict[_Label, tuple[_Label, ...]] = _WARDS
    inbound: Inbound = Inbound.OFF
    requests_only: bool = False
    request_words: tuple[Annotated[str, AfterValidator(_bare), Field(min_length=1)], ...] = _REQUESTS
    require_proof: bool = False


TEXT_SETTINGS: Final = frozenset({"request_words"})


class Look(Struct, frozen=True):
    """Observations of the words of one document, or of a mail."""

    is_request: bool
    """They ask for something of Điều 8.1."""


Observation = Look


def look(document: Document, settings: Settings) -> Look:
    """Look for the words of a request in what may be the text of a mail."""
    if document.format in OFFICE_FORMATS:
        return Look(is_request=False)
    bare = plain_skeleton(document)
    if bare is None:
        bare = skeleton(" ".join(run.text for run in document.runs if run.role is not Role.PROPERTY))
    return Look(_asks(bare, settings))


def observe(mail: Looked[Look], settings: Settings) -> Observation:
    """Look for the words of a request in the subject, and see whether the text of the mail has them."""
    bodies = body_parts(mail.message, named=True)  # a name takes no request away
    texts = zip(mail.documents, mail.looks, strict=True)
    return Observation(
        _asks(skeleton(" ".join(field.text for field in mail.message.all("subject"))), settings)
        or any(one.is_request for document, one in texts if document.part in bodies)
    )


def judge(evidence: Facts[Observation | None], settings: Settings) -> Iterator[Finding]:
    """Yield findings for each forward-path that is a mailbox of the Office; nothing when there is none."""
    offices = [path for path in evidence.envelope.forward_paths if _is_office(evidence, settings, path)]
    if not offices or (settings.requests_only and (evidence.seen is None or not evidence.seen.is_request)):
        return
    findings = list(_sender_findings(evidence, settings))
    for path in offices:
        for finding in findings:
            yield Finding(
                rule=finding.rule, outcome=finding.outcome, about=About(recipient=path), params=dict(finding.params)
            )
        if not any(finding.rule in {"unofficial", "form"} for finding in findings):
            yield passed("unofficial", About(recipient=path))


def _is_office(evidence: Evidence, settings: Settings, path: str) -> bool:
    """Return whether a forward-path leads to the Office, however it is written."""
    mailboxes = destinations(path)
    if any(
        (mailbox := listed(evidence.directory, address)) is not None and mailbox.kind is MailboxKind.OFFICE
        for address in mailboxes
    ):
        return True
    return not mailboxes.isdisjoint(settings.office_mailboxes)


def _sender_findings(evidence: Evidence, settings: Settings) -> Iterator[Finding]:
    """Yield what is wrong with the senders, once for all recipients."""
    on = today(evidence)
    if evidence.envelope.reverse_path:
        reading = parse_path(evidence.envelope.reverse_path)
        if not reading.mailboxes and not set(reading.ambiguous) - _JUDGED_APART:
            yield _unofficial(settings, evidence.envelope.reverse_path, "envelope")
        yield from _reading(evidence, settings, reading, field="envelope", on=on)
    if evidence.message is None:
        return
    readings = author_fields(evidence.message)
    if not any(reading.field == "from" and reading.mailboxes for reading in readings):
        yield _unofficial(settings, "", "From")
    for reading in readings:
        yield from _reading(evidence, settings, reading, field=HEADER_NAMES[reading.field], on=on)
    yield from _proof(evidence, settings, on)


def _reading(
    evidence: Evidence, settings: Settings, reading: AddressReading, *, field: str, on: date
) -> Iterator[Finding]:
    """Judge every mailbox that any reader finds; one that could be read as another is not known to be official."""
    if set(reading.ambiguous) - _JUDGED_APART:
        yield _unofficial(settings, reading.mailboxes[0].normal if reading.mailboxes else "", field)
        return
    for address in reading.mailboxes:
        yield from _address(evidence, settings, address, field=field, on=on)


def _address(evidence: Evidence, settings: Settings, address: Address, *, field: str, on: date) -> Iterator[Finding]:
    """Judge one address: its domain, then its form."""
    if address.normal_domain not in official_domains(settings.official_domains, on):
        yield _unofficial(settings, address.normal, field)
        return
    if listed(evidence.directory, address.normal) is not None:
        return
    local = without_tag(address.normal).rpartition("@")[0]
    for form in settings.forms:
        if not in_force(form.since, form.until, on) or not _claimed(form, local):
            continue
        match = re.fullmatch(form.pattern, local)
        if match is None:
            yield failed("form", address=address.normal, field=field)
        elif (ward := match.groupdict().get("ward")) and ward not in {
            *settings.wards,
            *chain(*settings.wards.values()),
        }:
            yield failed("unknown_ward", address=address.normal, field=field, ward=ward)


def _claimed(form: AddressForm, local: str) -> bool:
    """Return whether a local part claims a form, by its letters or by their looks."""
    return any(re.search(form.claims, text) for text in {local, shown(local)})


def _unofficial(settings: Settings, address: str, field: str) -> Finding:
    """Return the finding on an address outside the official system, as the deployment takes it."""
    params: dict[str, str | int | float] = {"address": address or "-", "field": field}
    match settings.inbound:
        case Inbound.OFF:
            return failed("unofficial", **params)
        case Inbound.ADMIT:
            return passed("citizen", **params)
        case Inbound.TAG:
            return failed("citizen", **params)


def _proof(evidence: Evidence, settings: Settings, on: date) -> Iterator[Finding]:
    """Judge an official From without login by DMARC, DKIM and SPF, when they were computed (RFC 8601)."""
    if evidence.session.auth_user is not None or evidence.message is None:
        return
    domains = official_domains(settings.official_domains, on)
    claimed = sorted(
        {
            address.normal_domain
            for reading in author_fields(evidence.message)
            if reading.field == "from"
            for address in reading.mailboxes
            if address.normal_domain in domains
        }
    )
    if not claimed:
        return
    results = evidence.authentication.results if evidence.authentication is not None else ()
    for domain in claimed:
        verdicts = {one.result for one in results if one.method == "dmarc" and one.domain == domain}
        aligned = any(
            one.result == "pass" and one.domain == domain for one in results if one.method in {"dkim", "spf", "dmarc"}
        )
        params: dict[str, str | int | float] = {"domain": domain}
        if aligned:
            yield passed("forged", **params)
        elif "fail" in verdicts:
            yield failed("forged", **params)
        elif any(one.result == "temperror" for one in results):
            yield unknown("unproven", **params)
        elif settings.require_proof:
            yield failed("forged", **params)


def _asks(bare: str, settings: Settings) -> bool:
    """Return whether the skeleton of a text asks for something of Điều 8.1."""
    words = bare.replace("\n", " ")
    if "  " in words or any(map(words.__contains__, _OTHER_BLANKS)):
        words = " ".join(words.split())
    return any(map(words.__contains__, settings.request_words))


_OTHER_BLANKS: Final = "\t\r\v\f\x1c\x1d\x1e\x1f"
"""Of ASCII, which a skeleton is."""
