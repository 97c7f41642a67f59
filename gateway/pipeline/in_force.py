"""Rules in force: each front end reports them to the supervisor, which publishes them in `DATA/rules.json`."""

from __future__ import annotations

import os
import select
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from gateway.pipeline.rulebook import Rules
from gateway.system.atomic_file import replace_file

_LINE_BYTES = 512
"""Writes up to PIPE_BUF (POSIX) are atomic: lines of several writers do not mix."""


@dataclass(frozen=True)
class Digests:
    """Digests of the rules that a front end judges by."""

    policies: str
    directory: str = ""
    """Empty without one."""

    @classmethod
    def of(cls, rules: Rules) -> Digests:
        """Return the digests of rules."""
        return cls(rules.policies.digest, rules.directory.digest if rules.directory is not None else "")


class RuleReports:
    """Pipe on which front ends report their rules; made before the first fork."""

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)

    def send(self, rules: Rules, *, reloaded: bool = False) -> None:
        """Report, as a front end, the rules now in use; `reloaded` at the end of a reload, successful or failed."""
        digests = Digests.of(rules)
        line = f"{os.getpid()} {int(reloaded)} {digests.policies} {digests.directory}"
        os.write(self._writer, line.ljust(_LINE_BYTES - 1).encode() + b"\n")

    def received(self) -> list[tuple[int, bool, Digests]]:
        """Return, as the supervisor, the new reports: process id, whether its reload has ended, digests."""
        found = []
        while select.select([self._reader], [], [], 0)[0]:
            pid, reloaded, policies, *directory = os.read(self._reader, _LINE_BYTES).decode().split()
            found.append((int(pid), reloaded == "1", Digests(policies, directory[0] if directory else "")))
        return found


class InForce(Struct, frozen=True):
    """The file."""

    policy_digest: str = ""
    directory_digest: str | None = None
    since: str = ""
    """ISO 8601 in UTC."""


def write_in_force(data: Path, digests: Digests) -> None:
    """Publish the rules that every front end judges by; OSError."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    content = InForce(digests.policies, digests.directory or None, now)
    replace_file(data / "rules.json", msgspec.json.encode(content) + b"\n", mode=0o600)


def read_in_force(data: Path) -> InForce:
    """Return what was published; empty when nothing was."""
    try:
        return msgspec.json.decode((data / "rules.json").read_bytes(), type=InForce)
    except (OSError, ValueError):
        return InForce()


def digests_in_force(data: Path) -> Digests | None:
    """Return the rules that every front end judges by, None when none were published."""
    found = read_in_force(data)
    return Digests(found.policy_digest, found.directory_digest or "") if found.policy_digest else None
