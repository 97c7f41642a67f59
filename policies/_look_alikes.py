"""Imitations of official addresses: by domain, by letters of the local part, by display name."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.model import Address
from gateway.vietnamese.homographs import MANY_DOMAINS, one_edit_apart, shown, shown_domains, skeletons


def imitated_domain(address: Address, officials: Iterable[str], trusted: Iterable[str]) -> str | None:
    """Return the official domain that the domain of an address imitates; None when it is official or like none."""
    domain = address.normal_domain
    if domain in officials or domain in trusted:
        return None
    return next((official for official in sorted(officials) if _imitates(domain, official)), None)


def _imitates(domain: str, official: str) -> bool:
    if _is_within(domain, official):
        return False
    looks, official_looks = skeletons(domain), skeletons(official)
    return (
        bool(looks & official_looks)
        or one_edit_apart(domain, official)
        or _squeezed(official) in _squeezed(domain)
        or any(_squeezed(one) in _squeezed(other) for one in official_looks for other in looks)
        or (official.count(".") > 1 and domain.startswith(official.rpartition(".")[0] + "."))
    )


def _squeezed(domain: str) -> str:
    """Return a domain without dots and hyphens: `tphcm-gov-vn.com` holds `tphcmgovvn`."""
    return domain.replace(".", "").replace("-", "")


def imitated_mailbox(address: Address, officials: Iterable[str]) -> str | None:
    """Return the address of an official domain that the letters of the local part imitate, None when they are ASCII.

    The forms of Điều 5 are ASCII, so a letter that only looks like one makes another mailbox of the same looks.
    """
    local = address.normal.rpartition("@")[0]
    if local.isascii() or address.normal_domain not in officials:
        return None
    looks = shown(local)
    return f"{looks}@{address.normal_domain}" if looks.isascii() else None


def shows_official(address: Address, officials: Iterable[str], trusted: Iterable[str] = ()) -> bool:
    """Return whether a display name shows an official domain, or an address of one, and the real address is of another."""
    if not address.display_name:
        return False
    domains, domain = shown_domains(address.display_name), address.normal_domain
    if not domains or domain in trusted or any(_is_within(domain, official) for official in officials):
        return False
    if len(domains) > MANY_DOMAINS:
        return True
    looks = {look for official in officials for look in skeletons(official)}
    return any(_is_within(one, look) for domain in domains for one in skeletons(domain) for look in looks)


def _is_within(domain: str, official: str) -> bool:
    return domain == official or domain.endswith(f".{official}")
