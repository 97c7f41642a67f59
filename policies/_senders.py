"""Shared parts of the policies on senders: official domains with their dates, the day of judgement, the directory."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import date
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from gateway.model import VIETNAM, AddressReading, Evidence, Message, in_force
from gateway.vietnamese.addresses import parse_path


def _mailbox(text: str) -> str:
    """Return the normal form of an address of the settings; ValueError when it is none."""
    reading = parse_path(text.strip())
    if not reading.mailboxes or set(reading.ambiguous) - {"trailing-dot"}:
        raise ValueError(f"“{text}” không phải địa chỉ thư / “{text}” is no mail address")
    return reading.mailboxes[0].normal


def _domain(text: str) -> str:
    """Return a domain of the settings as it is compared, in A-labels; ValueError when it is none."""
    reading = parse_path(f"x@{text.strip()}")
    if "@" in text or "." not in text or not reading.mailboxes or set(reading.ambiguous) - {"trailing-dot"}:
        raise ValueError(
            f"“{text}” không phải tên miền, ví dụ tphcm.gov.vn / “{text}” is no domain such as tphcm.gov.vn"
        )
    return reading.mailboxes[0].normal_domain


def _pattern(text: str) -> str:
    """Return a regular expression of the settings; ValueError when it is none."""
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"biểu thức không hợp lệ / not a regular expression: {error}") from None
    return text


Pattern = Annotated[str, AfterValidator(_pattern)]
MailAddress = Annotated[str, AfterValidator(_mailbox)]
Domain = Annotated[str, AfterValidator(_domain)]


class Period(BaseModel):
    """Days between which something holds, both included."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    since: date | None = Field(default=None, alias="from")
    until: date | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.since is not None and self.until is not None and self.until < self.since:
            raise ValueError("“until” trước “from” / “until” is before “from”")
        return self


class OfficialDomain(Period):
    """A domain of official mailboxes and the days on which it is one."""

    domain: Domain


DEFAULT_DOMAINS: Final = (OfficialDomain(domain="tphcm.gov.vn"),)


def today(evidence: Evidence) -> date:
    """Return the day of judgement in Viet Nam."""
    return evidence.now.astimezone(VIETNAM).date()


def official_domains(domains: Iterable[OfficialDomain], on: date) -> frozenset[str]:
    """Return the domains that are official on a day."""
    return frozenset(one.domain for one in domains if in_force(one.since, one.until, on))


def author_fields(message: Message) -> tuple[AddressReading, ...]:
    """Return the readings of From, Sender and Reply-To; one without mailbox for a field that was not read."""
    return readings_of(message, HEADER_NAMES) or tuple(
        AddressReading(field=field.name.lower(), ambiguous=("no-domain",))
        for field in message.fields
        if field.name.lower() in HEADER_NAMES
    )


def readings_of(message: Message, names: Collection[str]) -> tuple[AddressReading, ...]:
    """Return the readings of the fields of those names."""
    return tuple(reading for reading in message.address_fields if reading.field in names)


def is_absent(reading: AddressReading) -> bool:
    """Return whether a field says nothing, as `Reply-To:` with nothing behind it, which every reader takes for no field.

    From must say something.
    """
    return reading.field != "from" and not reading.mailboxes and set(reading.ambiguous) <= {"empty"}


HEADER_NAMES: Final = {"from": "From", "sender": "Sender", "reply-to": "Reply-To"}
RESENT_NAMES: Final = {"resent-from": "Resent-From", "resent-sender": "Resent-Sender"}
"""Of every time that the mail was resent (RFC 5322 §3.6.6)."""
OTHER_NAMES: Final = {"author": "Author", "x-sender": "X-Sender"}
"""Fields that some readers show for the author (RFC 9057)."""
