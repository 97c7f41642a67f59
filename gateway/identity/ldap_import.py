"""Mailboxes from an LDAP directory such as Active Directory with Exchange (RFC 4511), for `gateway directory import`.

Needs the extra `ldap`. The connection is verified TLS from the first byte (`ldaps://`) or after StartTLS; a password is
never sent before, never shown, never kept. What comes back is checked like any directory file before it is written.
"""

from __future__ import annotations

import ssl
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from gateway.errors import UserError
from gateway.identity.directory import parse
from gateway.identity.directory_rows import DirectoryFile, MailboxRow
from gateway.model import MailboxKind, MailboxStatus
from gateway.texts.catalogue import both
from gateway.vietnamese.addresses import normal_form

_ATTRIBUTES: Final = ("mail", "proxyAddresses", "displayName", "userAccountControl", "msExchRecipientTypeDetails")
_PEOPLE: Final = "(&(mail=*)(objectClass=person))"
UNITS: Final = ("department", "ou")
"""Attributes that hold the unit where none is named; the first that an entry has counts."""
_DISABLED: Final = 0x2
"""ACCOUNTDISABLE of userAccountControl."""
_SHARED: Final = frozenset({4, 16, 32})
"""Shared, room and equipment mailboxes of Exchange: no person logs in to them."""
_PAGE: Final = 500
_TIMEOUT_S: Final = 20
_LIMIT_ENTRIES: Final = 500_000


@dataclass(frozen=True, kw_only=True)
class LdapSource:
    """Server, base and credentials of the search for mailboxes."""

    url: str
    """`ldaps://host[:port]`, or `ldap://host[:port]` with StartTLS."""
    base: str
    user: str
    password: str = field(repr=False)
    ca_file: Path | None = None
    office: tuple[str, ...] = ()
    """Addresses of the Office's mailboxes, which LDAP does not mark."""
    units: tuple[str, ...] = UNITS
    """Attributes that may hold the name of the unit, in order."""


def imported(
    source: LdapSource, target: Path, *, tick: Callable[[int], None] = lambda _: None
) -> tuple[DirectoryFile, list[str]]:
    """Return the mailboxes, checked as the file `target`, and the addresses of branches that other servers have.

    `tick` is called for each entry. UserError, ConfigError.
    """
    entries, elsewhere = _entries(source, tick)
    file = rows(entries, office=source.office, units=source.units)
    parse(target, msgspec.json.encode(file))
    return file, elsewhere


def rows(
    entries: Iterable[Mapping[str, Any]], *, office: tuple[str, ...] = (), units: tuple[str, ...] = UNITS
) -> DirectoryFile:
    """Return the mailboxes of entries given as attributes; entries without address are left out.

    Of several addresses in `mail` the first is the mailbox, the others are aliases where no other entry has them.
    """
    offices = {normal_form(one) for one in office}
    addressed = [(entry, [normal_form(one.strip()) for one in _all(entry, "mail")]) for entry in entries]
    holders = Counter(chain.from_iterable(addresses for _, addresses in addressed))
    found: dict[str, MailboxRow] = {}
    for entry, addresses in addressed:
        address = next(iter(addresses), "")
        if not address or address in found:
            continue
        others = [one for one in addresses if holders[one] == 1]
        others += (normal_form(one[5:]) for one in _all(entry, "proxyAddresses") if one[:5].lower() == "smtp:")
        found[address] = MailboxRow(
            address=address,
            kind=MailboxKind.OFFICE if address in offices else _kind(entry),
            name=_first(entry, "displayName"),
            unit=next(filter(None, (_first(entry, name) for name in units)), ""),
            status=MailboxStatus.SUSPENDED
            if _number(entry, "userAccountControl") & _DISABLED
            else MailboxStatus.ACTIVE,
            aliases=tuple(alias for alias in dict.fromkeys(others) if alias != address),
        )
    return DirectoryFile(mailboxes=tuple(found.values()))


def _kind(entry: Mapping[str, Any]) -> MailboxKind:
    return MailboxKind.UNIT if _number(entry, "msExchRecipientTypeDetails") in _SHARED else MailboxKind.PERSONAL


def _all(entry: Mapping[str, Any], name: str) -> list[str]:
    value = entry.get(name)
    if value is None:
        return []
    values = value if isinstance(value, list | tuple) else [value]
    return [one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in values]


def _first(entry: Mapping[str, Any], name: str) -> str:
    return next(iter(_all(entry, name)), "").strip()


def _number(entry: Mapping[str, Any], name: str) -> int:
    word = _first(entry, name)
    return int(word) if word.isdigit() else 0


def _entries(source: LdapSource, tick: Callable[[int], None]) -> tuple[list[Mapping[str, Any]], list[str]]:
    """Return what `fetch` does; UserError says why there is nothing."""
    try:
        import ldap3
        from ldap3.core.exceptions import LDAPException
    except ImportError:
        raise UserError(
            "cần cài phần mở rộng: pip install 'congvu-gateway[ldap]' / the extra `ldap` is needed"
        ) from None
    parts = urlsplit(source.url)
    if parts.scheme not in {"ldaps", "ldap"} or not parts.hostname:
        raise UserError(f"địa chỉ LDAP viết sai / write ldaps://host: {source.url}")
    try:
        tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=str(source.ca_file) if source.ca_file else None)
        server = ldap3.Server(
            parts.hostname,
            port=parts.port,
            use_ssl=parts.scheme == "ldaps",
            tls=tls,
            connect_timeout=_TIMEOUT_S,
            get_info=ldap3.NONE,
        )
        bind = ldap3.AUTO_BIND_NO_TLS if parts.scheme == "ldaps" else ldap3.AUTO_BIND_TLS_BEFORE_BIND
        with ldap3.Connection(
            server, source.user, source.password,
            auto_bind=bind, receive_timeout=_TIMEOUT_S, read_only=True,
            auto_referrals=False,  # the password is for this server, under TLS
        ) as connection:  # fmt: skip
            return fetch(connection, source.base, _PEOPLE, units=source.units, tick=tick)
    except (LDAPException, OSError, ssl.SSLError) as error:
        raise UserError(f"{source.url}: không đọc được LDAP / cannot be read: {error}") from None


def fetch(
    connection: Any,
    base: str,
    search_filter: str,
    *,
    units: tuple[str, ...] = UNITS,
    tick: Callable[[int], None] = lambda _: None,
) -> tuple[list[Mapping[str, Any]], list[str]]:
    """Return the attributes of all that a bound connection finds, page by page, and references to other servers.

    UserError for an answer that is empty or not whole.
    """
    found = connection.extend.standard.paged_search(
        base, search_filter, attributes=[*_ATTRIBUTES, *units], paged_size=_PAGE, generator=True
    )
    entries: list[Mapping[str, Any]] = []
    elsewhere: list[str] = []
    for entry in found:
        if entry.get("type") == "searchResEntry":
            entries.append(entry["attributes"])
            tick(1)
        else:
            elsewhere += entry.get("uri", ())
        if len(entries) > _LIMIT_ENTRIES:
            raise UserError(f"LDAP trả về quá nhiều mục / more than {_LIMIT_ENTRIES} entries")
    if (said := connection.result["description"]) != "success" or not entries:
        raise UserError(both("start", "directory", "ldap_not_whole", base=base, said=said, count=len(entries)))
    return entries, elsewhere
