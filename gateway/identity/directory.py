"""The directory of official mailboxes, loaded from YAML, JSON or CSV into an immutable snapshot (Điều 2, 5, 7, 8).

`load` reads, checks everything, and raises one `ConfigError` with every fault, each with file, line and column. A
snapshot is one mapping from normal form to mailbox, so a look-up costs a hash. Its digest is that of the file's bytes.
"""

from __future__ import annotations

import functools
import gc
import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from sys import intern

from msgspec import structs

from gateway.errors import ConfigError, Fault
from gateway.identity.directory_faults import LIMIT_FAULTS
from gateway.identity.directory_file import LIMIT_BYTES, read
from gateway.identity.directory_rows import DirectoryFile, MailboxRow
from gateway.identity.places import Places, Step
from gateway.model import Delegate, Directory, Holders, Mailbox, MailboxKind, Unit
from gateway.vietnamese.addresses import normal_form, parse_path
from gateway.vietnamese.homographs import name_keys, unit_keys
from gateway.yaml.file import read_octets


def load(path: Path, *, tick: Callable[[int], None] = lambda _more: None) -> Directory:
    """Return a file's directory, and tell `tick` of mailboxes by the thousand; ConfigError when it is unusable."""
    data = read_octets(path, limit_bytes=LIMIT_BYTES)
    return parse(path, data, tick=tick)


def parse(path: Path, data: bytes, *, tick: Callable[[int], None] = lambda _more: None) -> Directory:
    """Return the directory in the bytes of a file; the path gives the format and is named in faults."""
    with _without_collector():
        file, places = read(path, data)
        return _Checker(path, file, places).directory(hashlib.sha256(data).hexdigest(), tick)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep the cyclic collector from walking a million new objects that form no cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Checker:
    """Turns rows to mailboxes and gathers what is wrong with them."""

    def __init__(self, path: Path, file: DirectoryFile, places: Places) -> None:
        self._path = path
        self._file = file
        self._places = places
        self._faults: list[Fault] = []

    def directory(self, digest: str, tick: Callable[[int], None]) -> Directory:
        """Return the snapshot; ConfigError with all faults."""
        units = self._units()
        mailboxes: dict[str, Mailbox] = {}
        for number, row in enumerate(self._file.mailboxes):
            mailbox = self._mailbox(number, row)
            if units and row.unit and row.unit not in units:
                self._wrong(
                    f"đơn vị “{row.unit}” chưa khai báo / unit “{row.unit}” is not declared",
                    "mailboxes",
                    number,
                    "unit",
                )
            for address in (mailbox.address, *mailbox.aliases):
                if mailboxes.setdefault(address, mailbox) is not mailbox:
                    self._wrong(f"địa chỉ trùng / listed twice: {address}", "mailboxes", number, "address")
            if len(self._faults) >= LIMIT_FAULTS:
                break
            if number % 1000 == 999:
                tick(1000)
        if not self._faults:
            self._check_heads(mailboxes)
        if self._faults:
            raise ConfigError(*self._faults)
        return Directory(digest=digest, mailboxes=mailboxes, units=units, names=names_of(mailboxes, units))

    def _units(self) -> dict[str, Unit]:
        units: dict[str, Unit] = {}
        for number, row in enumerate(self._file.units):
            if row.id in units:
                self._wrong(f"đơn vị trùng / unit listed twice: {row.id}", "units", number, "id")
            self._period(row.since, row.until, "units", number)
            heads = tuple(normal_form(head) for head in row.heads)
            units[row.id] = Unit(**structs.asdict(row) | {"heads": heads})
        for number, row in enumerate(self._file.units):
            for successor in row.successors:
                if successor not in units:
                    self._wrong(f"đơn vị kế thừa không có / no such unit: {successor}", "units", number, "successors")
        return units

    def _check_heads(self, mailboxes: Mapping[str, Mailbox]) -> None:
        """Find heads without a mailbox: what they may see depends on it."""
        for number, row in enumerate(self._file.units):
            for head in row.heads:
                if normal_form(head) not in mailboxes:
                    self._wrong(f"không có hộp thư / no such mailbox: {head}", "units", number, "heads")

    def _mailbox(self, number: int, row: MailboxRow) -> Mailbox:
        self._period(row.since, row.until, "mailboxes", number)
        delegates = tuple(
            Delegate(address=self._address(one.address, number, "delegates"), since=one.since, until=one.until)
            for one in row.delegates
        )
        for one in row.delegates:
            self._period(one.since, one.until, "mailboxes", number, "delegates")
        return Mailbox(
            address=self._address(row.address, number, "address"),
            kind=row.kind,
            name=row.name,
            unit=intern(row.unit),
            status=row.status,
            left_on=row.left_on,
            since=row.since,
            until=row.until,
            aliases=row.aliases and tuple(self._address(alias, number, "aliases") for alias in row.aliases),
            delegates=delegates,
        )

    def _address(self, text: str, number: int, key: str) -> str:
        """Return the normal form; a fault when the text is no plain address."""
        normal = normal_form(text)
        # The common case is in normal form already: nothing more to check.
        if normal is not text or not text:
            reading = parse_path(text.strip())
            if not reading.mailboxes or reading.ambiguous:
                codes = ", ".join(reading.ambiguous)
                self._wrong(
                    f"địa chỉ viết sai “{text}” / malformed address “{text}” ({codes})", "mailboxes", number, key
                )
        return normal

    def _period(self, since: date | None, until: date | None, *path: Step) -> None:
        if since is not None and until is not None and until < since:
            self._wrong(f"thời hạn ngược / period ends before it begins: {since} - {until}", *path, "until")

    def _wrong(self, message: str, *path: Step) -> None:
        self._faults.append(Fault(message, str(self._path), *self._places.find(path)))


def names_of(mailboxes: Mapping[str, Mailbox], units: Mapping[str, Unit]) -> dict[str, Holders]:
    """Return the holders of each name; the name of a unit is that of all its mailboxes."""
    persons: dict[str, list[Mailbox]] = {}
    bodies: dict[str, list[Mailbox]] = {key: [] for unit in units.values() for key in unit_keys(unit.name)}
    keys = functools.cache(unit_keys)
    for address, mailbox in mailboxes.items():
        if address != mailbox.address:
            continue
        person = mailbox.kind is MailboxKind.PERSONAL
        for key in name_keys(mailbox.name) if person else keys(mailbox.name):
            (persons if person else bodies).setdefault(key, []).append(mailbox)
        for key in keys(units[mailbox.unit].name if mailbox.unit in units else mailbox.unit):
            bodies.setdefault(key, []).append(mailbox)
    return {
        key: Holders(
            addresses=tuple({form: None for one in holders for form in (one.address, *one.aliases)}),
            delegates=tuple({delegate: None for one in holders for delegate in one.delegates}),
            person=key not in bodies,
        )
        for key in persons.keys() | bodies.keys()
        for holders in [[*persons.get(key, ()), *bodies.get(key, ())]]
    }
