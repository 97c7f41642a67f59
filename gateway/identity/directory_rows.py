"""Rows of a directory file: mailboxes and units as written, before they are checked."""

from __future__ import annotations

from datetime import date
from typing import Final

from msgspec import Struct

from gateway.model import MailboxKind, MailboxStatus

_RENAMED: Final = {"since": "from"}


class DelegateRow(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename=_RENAMED, gc=False
):
    """A delegate as written."""

    address: str
    since: date | None = None
    until: date | None = None


class MailboxRow(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename=_RENAMED, gc=False
):
    """A mailbox as written."""

    address: str
    kind: MailboxKind
    name: str = ""
    unit: str = ""
    status: MailboxStatus = MailboxStatus.ACTIVE
    left_on: date | None = None
    since: date | None = None
    until: date | None = None
    aliases: tuple[str, ...] = ()
    delegates: tuple[DelegateRow, ...] = ()


class UnitRow(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename=_RENAMED, gc=False
):
    """A unit as written."""

    id: str
    name: str = ""
    since: date | None = None
    until: date | None = None
    successors: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()


class DirectoryFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole file."""

    mailboxes: tuple[MailboxRow, ...] = ()
    units: tuple[UnitRow, ...] = ()
