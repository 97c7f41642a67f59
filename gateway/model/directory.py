"""The directory of official mailboxes as policies see it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import Enum

from msgspec import Struct


class MailboxKind(Enum):
    """Điều 2, Điều 7 of the Decision, and service accounts."""

    OFFICE = "office"
    """Mailbox of the district Office (Điều 8.3) or its successor."""
    UNIT = "unit"
    PERSONAL = "personal"
    SERVICE = "service"


class MailboxStatus(Enum):
    """Whether the holder may use it."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    LEFT = "left"


class Delegate(Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """Somebody who may send in the name of a mailbox."""

    address: str
    since: date | None = None
    until: date | None = None


class Mailbox(Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """One official mailbox."""

    address: str
    """Normal form: lower case, domain as A-label."""
    kind: MailboxKind
    name: str = ""
    """Display name: of the person, or of the office or unit that it is the mailbox of."""
    unit: str = ""
    status: MailboxStatus = MailboxStatus.ACTIVE
    left_on: date | None = None
    since: date | None = None
    until: date | None = None
    aliases: tuple[str, ...] = ()
    delegates: tuple[Delegate, ...] = ()


class Unit(Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """An agency or unit and the days on which it exists (the wards of 2025 succeed those of 2023)."""

    id: str
    """Unit that mailboxes name in `unit`."""
    name: str = ""
    since: date | None = None
    until: date | None = None
    successors: tuple[str, ...] = ()
    """Ids of the units that took over."""
    heads: tuple[str, ...] = ()
    """Mailboxes of those who lead it, in normal form; at the console they see the unit's mails."""


class Holders(Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """Whose a name is."""

    addresses: tuple[str, ...] = ()
    """Of the mailboxes, with their aliases, in normal form."""
    delegates: tuple[Delegate, ...] = ()
    person: bool = False
    """It is the name of a person, which people outside may have too."""


class Directory(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A snapshot of all mailboxes."""

    digest: str
    """SHA-256 of the source, in every verdict."""
    mailboxes: Mapping[str, Mailbox]
    """By normalised address; an alias maps to the same mailbox."""
    units: Mapping[str, Unit] = {}
    """By id; empty when the source names none."""
    names: Mapping[str, Holders] = {}
    """By `gateway.vietnamese.homographs.name_keys` of the whole name: persons, offices and units."""

    def find(self, address: str) -> Mailbox | None:
        """Return the mailbox of a normalised address or alias, None when it is not listed."""
        return self.mailboxes.get(address)
