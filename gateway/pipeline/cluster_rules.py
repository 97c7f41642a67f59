"""Rule bundles of the cluster on a node, stored in `DATA/rules`; usable while the centre is unreachable.

    DATA/rules/12/policy.yaml, directory.csv, note.txt      a fetched and validated bundle
    DATA/rules/in-force -> 12                               read by `Configuration.policy_in_use`

Bundles are written atomically and the link is replaced atomically: each reload sees one bundle.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from gateway.audit.notes import VerifierKey
from gateway.cluster.rules import Bundle, BundleError
from gateway.config.sections import RULES_IN_FORCE
from gateway.engine import load_policy_set
from gateway.engine.layers import DECIDED, DECIDED_ELSEWHERE
from gateway.errors import UserError
from gateway.identity import directory as directories
from gateway.pipeline.in_force import Digests
from gateway.system.atomic_file import make_file, sync_path
from gateway.texts.catalogue import both

_KEPT: Final = 4
"""Bundles retained beside the one in force."""


class KeptBundles:
    """The bundles of one data folder; a single process changes them."""

    def __init__(self, data: Path, keys: Sequence[VerifierKey]) -> None:
        self._link = data / RULES_IN_FORCE
        self._keys = keys

    @property
    def in_force(self) -> int:
        """Number of the bundle in force; 0 for the node's own files."""
        with suppress(OSError, ValueError):
            return int(self._link.readlink().name)
        return 0

    def has(self, sequence: int) -> bool:
        """Return whether a bundle is stored."""
        return (self._link.with_name(str(sequence)) / "note.txt").exists()

    def keep(self, bundle: Bundle, files: Mapping[str, bytes]) -> None:
        """Validate and store a bundle; BundleError with all faults, OSError."""
        folder, part = self._link.with_name(str(bundle.sequence)), self._link.with_name(f".{bundle.sequence}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700, parents=True)
        try:
            for name, octets in {**files, "note.txt": bundle.note.encode()}.items():
                make_file(part / name, octets)
            try:
                load_policy_set(part / "policy.yaml")
                if bundle.directory:
                    directories.load(part / f"directory.{bundle.form}")
            except UserError as error:
                raise BundleError(both("cluster", "rules", "faulty", sequence=bundle.sequence, fault=error)) from None
            sync_path(part)
            shutil.rmtree(folder, ignore_errors=True)
            part.rename(folder)
            sync_path(folder.parent)
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def due(self, now: datetime) -> Bundle | None:
        """Return the newest stored bundle that is due and not yet in force."""
        return max((one for one in self._waiting() if one.at <= now), key=lambda one: one.sequence, default=None)

    def next_at(self, now: datetime) -> datetime | None:
        """Return when the next stored bundle is due."""
        return min((one.at for one in self._waiting() if one.at > now), default=None)

    def switch(self, sequence: int) -> None:
        """Put a stored bundle in force for the next loads of rules and prune older ones. OSError."""
        fresh = self._link.with_name(".in-force.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(str(sequence))
        fresh.replace(self._link)
        sync_path(self._link.parent)
        for old in sorted(one for one in self._numbers() if one < sequence)[:-_KEPT]:
            shutil.rmtree(self._link.with_name(str(old)), ignore_errors=True)

    def lacking(self, there: Container[int]) -> Iterator[tuple[Bundle, list[bytes]]]:
        """Yield the bundles in force or waiting whose numbers are not among these, with their files."""
        lost = [one for one in self._numbers() if one >= max(1, self.in_force) and one not in there]
        for bundle in self._parsed(lost):
            with suppress(OSError):
                folder = self._link.with_name(str(bundle.sequence))
                yield bundle, [(folder / name).read_bytes() for name in bundle.files]

    def _waiting(self) -> list[Bundle]:
        after = self.in_force
        return list(self._parsed(one for one in self._numbers() if one > after))

    def _parsed(self, numbers: Iterable[int]) -> Iterator[Bundle]:
        for sequence in numbers:
            with suppress(OSError, BundleError, UnicodeDecodeError):
                yield Bundle.parse((self._link.with_name(str(sequence)) / "note.txt").read_text(), self._keys)

    def _numbers(self) -> list[int]:
        with suppress(OSError):
            return [int(one.name) for one in self._link.parent.iterdir() if one.name.isdigit()]
        return []


class Expected:
    """Digests expected of front ends with the bundle in force; reloaded when one of its files changes."""

    def __init__(self, data: Path, load: Callable[[], Digests | None]) -> None:
        self._files = (data / RULES_IN_FORCE / "note.txt", data / DECIDED, data / DECIDED_ELSEWHERE)
        self._load = load
        self._seen: object = None
        self._digests: Digests | None = None

    @property
    def digests(self) -> Digests | None:
        """The digests, None when the files cannot be loaded now."""
        seen = tuple(_state(path) for path in self._files)
        if seen != self._seen:
            self._seen, self._digests = seen, self._load()
        return self._digests


def _state(path: Path) -> tuple[int, int] | None:
    with suppress(OSError):
        status = path.stat()
        return status.st_mtime_ns, status.st_ino
    return None
