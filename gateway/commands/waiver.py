"""`gateway waiver add | list | revoke`."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from gateway.commands.waivers import PolicyText
from gateway.config.sections import Configuration
from gateway.engine import PolicySet
from gateway.errors import UserError
from gateway.model import VIETNAM
from gateway.pipeline.reload import reload
from gateway.pipeline.rulebook import policies_of, policy_source
from gateway.pipeline.waivers import Wanted, new_entries
from gateway.texts.catalogue import both, pair


def add(configuration: Configuration, references: list[str], wanted: Wanted) -> int:
    """Write waivers for refused mails into the policy file, have them put in force, and say what to tell the senders."""
    text = PolicyText(_file(configuration))
    today = datetime.now(VIETNAM).date()
    entries = [
        entry for reference in references for entry in new_entries(configuration.data, reference, wanted, today=today)
    ]
    text.add(entries)
    policies = text.save()
    for entry in entries:
        print(_line("added", entry, until=_day(entry["expires"]), what=_what(entry)))
    _print_reload(configuration, policies)
    notes = {(entry.get("sender", ""), "tell" if "sha256" in entry else "tell_sender") for entry in entries}
    for sender, key in sorted(notes):
        if sender:
            print(both("waiver", "say", key, sender=sender, until=_day(wanted.until)))
    return 0


def show(configuration: Configuration) -> int:
    """Print the waivers of the policy in use, with the days that are left."""
    policies = policies_of(configuration)
    today = datetime.now(VIETNAM).date()
    for waiver in policies.waivers:
        left = (waiver.expires - today).days
        state = both("waiver", "say", "over") if left < 0 else both("waiver", "say", "left", days=left)
        what = _what({name: str(value) for name in _AIMS if (value := getattr(waiver, name)) is not None})
        print(f"{waiver.id}  {waiver.policy}.{waiver.rule}  {what}  {_day(waiver.expires)} ({state})")
        print(f"    {waiver.reason} ({waiver.approved_by})")
    if not policies.waivers:
        print(both("waiver", "say", "none"))
    return 0


def revoke(configuration: Configuration, waiver: str) -> int:
    """Take a waiver out of the policy file and have that put in force."""
    path = _file(configuration)
    text = PolicyText(path)
    text.remove(waiver)
    policies = text.save()
    print(both("waiver", "say", "revoked", id=waiver, path=path))
    _print_reload(configuration, policies)
    return 0


def steward() -> str:
    """Return who gives this command, for `approved_by` where nobody else is named."""
    return os.environ.get("SUDO_USER") or getpass.getuser()


_AIMS = ("sha256", "sender", "recipient")


def _file(configuration: Configuration) -> Path:
    source = policy_source(configuration.policy_in_use)
    if not isinstance(source, Path):
        raise UserError(both("waiver", "fault", "preset", policy=source))
    return source


def _print_reload(configuration: Configuration, policies: PolicySet) -> None:
    print(both("waiver", "say", reload(configuration.data, policies.digest)))


def _line(key: str, entry: Mapping[str, object], **fields: object) -> str:
    return both("waiver", "say", key, id=entry["id"], policy=entry["policy"], rule=entry["rule"], **fields)


def _what(entry: Mapping[str, object]) -> tuple[str, str]:
    """Return what a waiver is for in both languages."""
    parts = []
    for name, key in zip(_AIMS, ("file", "sender", "recipient"), strict=True):
        if name in entry:
            value = f"{str(entry[name])[:16]}…" if name == "sha256" else str(entry[name])
            parts.append(pair("waiver", "say", key, **{name: value}))
    return " ".join(one for one, _ in parts), " ".join(other for _, other in parts)


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
