"""Rows of a directory file: mailboxes and units as written, before they are checked."""

from __future__ import annotations

from datetime import date
from typing import Final

from msgspec import Struct

from gateway.model import Delegate, Mailbox, Unit

_RENAMED: Final = {"since": "from"}
"""Of fields that a row defines itself."""


class DelegateRow(Delegate, frozen=True, kw_only=True, forbid_unknown_fields=True, rename=_RENAMED, gc=False):
    """A delegate as written."""

    since: date | None = None


class MailboxRow(Mailbox, frozen=True, kw_only=True, forbid_unknown_fields=True, rename=_RENAMED, gc=False):
    """A mailbox as written."""

    since: date | None = None
    delegates: tuple[DelegateRow, ...] = ()


class UnitRow(Unit, frozen=True, kw_only=True, forbid_unknown_fields=True, rename=_RENAMED, gc=False):
    """A unit as written."""

    since: date | None = None


class DirectoryFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole file."""

    mailboxes: tuple[MailboxRow, ...] = ()
    units: tuple[UnitRow, ...] = ()
