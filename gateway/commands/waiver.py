"""`gateway waiver add | list | revoke`."""

from __future__ import annotations

import getpass
import io
import os
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import typer
from ruamel.yaml import YAML

from gateway.commands.options import Configured, command, group, moment, words
from gateway.config.sections import Configuration
from gateway.engine import PolicySet, load_policy_set
from gateway.errors import UserError
from gateway.files import read_file
from gateway.model import VIETNAM
from gateway.pipeline.reload import reload
from gateway.pipeline.rulebook import policies_of, policy_source
from gateway.pipeline.waivers import USUAL_DAYS, Wanted, new_entries
from gateway.system.atomic_file import replace_file
from gateway.texts.catalogue import both, pair

app = group("waiver")


@command(app, "add", "data")
def add(
    configuration: Configured,
    references: Annotated[list[str], typer.Argument(metavar="BT-...", help=words("waived"))],
    until: Annotated[str | None, typer.Option(help=words("waiver_until"))] = None,
    reason: Annotated[str, typer.Option(help=words("waiver_reason"))] = "",
    approved_by: Annotated[str, typer.Option(help=words("approved_by"))] = "",
    file: Annotated[Path | None, typer.Option(help=words("waiver_file"))] = None,
) -> int:
    """Cho qua thư đã bị từ chối / let a refused mail pass: written into the policy file, checked, and put in force.

    gateway waiver add BT-7F3K2Q9XM4D6H --until 2026-12-04 --reason "đã xem bản giấy"
    """
    last = moment(until, until=True) or datetime.now(VIETNAM) + timedelta(days=USUAL_DAYS)
    wanted = Wanted(
        until=last.astimezone(VIETNAM).date(),
        reason=reason,
        approved_by=approved_by or steward(),
        sha256=sha256(read_file(file)).hexdigest() if file is not None else "",
        file=str(file or ""),
    )
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


@command(app, "list")
def show(configuration: Configured) -> int:
    """Liệt kê miễn trừ / list the waivers of the policy in use, expired ones too."""
    policies = policies_of(configuration)
    today = datetime.now(VIETNAM).date()
    for waiver in policies.waivers:
        left = (waiver.expires - today).days
        state = both("waiver", "say", "over") if left < 0 else both("waiver", "say", "left", days=left)
        what = " / ".join(_what({one: str(value) for one in _AIMS if (value := getattr(waiver, one)) is not None}))
        print(f"{waiver.id}  {waiver.policy}.{waiver.rule}  {what}  {_day(waiver.expires)} ({state})")
        print(f"    {waiver.reason} ({waiver.approved_by})")
    if not policies.waivers:
        print(both("waiver", "say", "none"))
    return 0


@command(app, "revoke", "data")
def revoke(
    configuration: Configured, waiver: Annotated[str, typer.Argument(metavar="WV-...", help=words("waiver_id"))]
) -> int:
    """Bỏ một miễn trừ / take a waiver back at once."""
    path = _file(configuration)
    text = PolicyText(path)
    text.remove(waiver)
    policies = text.save()
    print(both("waiver", "say", "revoked", id=waiver, path=path))
    _print_reload(configuration, policies)
    return 0


def steward() -> str:
    """Return who gives this command, for `approved_by` when it is not given."""
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


class PolicyText:
    """A policy file as its author wrote it, with comments; changed only as a whole and only when it stays sound."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._yaml = YAML()
        self._yaml.preserve_quotes = True
        self._yaml.width = 4096
        self._yaml.indent(mapping=2, sequence=4, offset=2)
        load_policy_set(path)  # faults that are already in the file are reported for the file
        self._content = self._yaml.load(path.read_text("utf-8"))

    def add(self, entries: list[dict[str, Any]]) -> None:
        """Put entries behind the waivers that are there; an entry with the id of an older one takes its place."""
        new = {entry["id"] for entry in entries}
        kept = [one for one in self._content.get("waivers") or [] if one["id"] not in new]
        if "waivers" in self._content and len(kept) == len(self._content["waivers"] or []) and kept:
            self._content["waivers"].extend(entries)  # comments between the old ones stay
        else:
            self._content["waivers"] = [*kept, *entries]

    def remove(self, waiver: str) -> None:
        """Take an entry out; UserError when there is none."""
        waivers = self._content.get("waivers") or []
        for number, one in enumerate(waivers):
            if one["id"] == waiver:
                del waivers[number]
                if not waivers:
                    del self._content["waivers"]
                return
        raise UserError(both("waiver", "fault", "no_such", id=waiver, path=self.path))

    def save(self) -> PolicySet:
        """Check the new text, put it in place of the old, and return the policy set that it is; UserError keeps the old."""
        buffer = io.StringIO()
        self._yaml.dump(self._content, buffer)
        octets = buffer.getvalue().encode()
        trial = self.path.with_name(f".{self.path.stem}.{os.getpid()}{self.path.suffix}")
        try:
            replace_file(trial, octets, mode=0o600)
            policies = load_policy_set(trial)
        except UserError as error:
            fault = str(error).replace(str(trial), str(self.path))
            raise UserError(both("waiver", "fault", "unsound", path=self.path, fault=fault)) from None
        finally:
            trial.unlink(missing_ok=True)
        replace_file(self.path, octets, mode=self.path.stat().st_mode & 0o777)
        return policies
