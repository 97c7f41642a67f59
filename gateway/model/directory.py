"""The directory of official mailboxes as policies see it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import Enum

from msgspec import Struct


def in_force(since: date | None, until: date | None, on: date) -> bool:
    """Return whether a period covers a day; an open end covers everything."""
    return (since is None or since <= on) and (until is None or on <= until)


class MailboxKind(Enum):
    """Điều 2, Điều 7 of the Decision, and service accounts."""

    OFFICE = "office"
    """Mailbox of the district Office (Điều 8.3) or its successor."""
    UNIT = "unit"
    PERSONAL = "personal"
    SERVICE = "service"


class MailboxStatus(Enum):
    """Usage status of a mailbox."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    LEFT = "left"


class Delegate(Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """A person who may send in the name of a mailbox."""

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

    def usable(self, on: date) -> bool:
        """Return whether it may be used on a day: mail in its name, login at the console; not from `left_on` on."""
        left = self.left_on <= on if self.left_on is not None else self.status is MailboxStatus.LEFT
        return not left and self.status is not MailboxStatus.SUSPENDED and in_force(self.since, self.until, on)


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
    """Holders of a display name."""

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
    """By `name_keys` of persons and offices and `unit_keys` of units (`gateway.vietnamese.homographs`)."""

    @property
    def unit_names(self) -> dict[str, str]:
        """Names of units by id, of those that have another name."""
        return {unit.id: unit.name for unit in self.units.values() if unit.name and unit.name != unit.id}

    def find(self, address: str) -> Mailbox | None:
        """Return the mailbox of a normalised address or alias, None when it is not listed."""
        return self.mailboxes.get(address)
