"""`gateway directory lint | find | import | import-ldap`; UserError for a faulty file, with line and column.

lint answers 1 when the file loads and something in it deserves a look, find when nothing was found.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec import structs

from gateway.commands.common import Result
from gateway.commands.options import Configured, command, group, words
from gateway.commands.progress import progress
from gateway.errors import UserError
from gateway.identity.directory import load
from gateway.identity.directory_rows import DelegateRow, DirectoryFile, MailboxRow, UnitRow
from gateway.model import VIETNAM, Directory, Mailbox, MailboxKind, MailboxStatus
from gateway.system.atomic_file import replace_file
from gateway.texts.catalogue import both, reason
from gateway.vietnamese.addresses import normal_form
from gateway.vietnamese.normal import skeleton
from gateway.yaml.values import printable

_SHOWN = 50
_TARGET = Annotated[Path, typer.Argument(help=words("directory_target"))]
app = group("directory")


@command(app, "lint")
def directory_lint(file: Annotated[Path, typer.Argument(help=words("directory_file"))]) -> Result:
    """Kiểm tra danh bạ / check a directory file."""
    return lint(file, today=datetime.now(VIETNAM).date())


def lint(path: Path, *, today: date) -> Result:
    """Load a directory and say what is in it and what deserves a look."""
    directory = load(path)
    mailboxes = _mailboxes(directory)
    counts = {kind: sum(1 for mailbox in mailboxes if mailbox.kind is kind) for kind in MailboxKind}
    lines = [
        f"{path}: {len(mailboxes)} hộp thư / mailboxes, {len(directory.units)} đơn vị / units",
        "  " + ", ".join(f"{kind.value}: {count}" for kind, count in counts.items()),
        f"  sha256 {directory.digest}",
    ]
    remarks = _remarks(directory, mailboxes, today)
    lines += [f"  ! {remark}" for remark in remarks[:_SHOWN]]
    if len(remarks) > _SHOWN:
        lines.append(f"  ! ... {len(remarks) - _SHOWN} nữa / more")
    return Result("\n".join(lines), 1 if remarks else 0)


def _remarks(directory: Directory, mailboxes: list[Mailbox], today: date) -> list[str]:
    """Return what loads and is still likely to be a mistake."""
    remarks = []
    if not any(mailbox.kind is MailboxKind.OFFICE for mailbox in mailboxes):
        remarks.append("không có hộp thư Văn phòng (kind: office) / no mailbox of kind office")
    for mailbox in mailboxes:
        unit = directory.units.get(mailbox.unit)
        if unit is not None and unit.until is not None and unit.until < today and mailbox.usable(today):
            to = ", ".join(unit.successors) or "-"
            remarks.append(
                f"{mailbox.address}: đơn vị {unit.id} đã hết hiệu lực {unit.until}, kế thừa: {to} / "
                f"its unit ended on {unit.until}, successors: {to}"
            )
        if mailbox.status is MailboxStatus.LEFT and mailbox.left_on is None:
            remarks.append(f"{mailbox.address}: đã nghỉ nhưng không ghi ngày / left without a day (left_on)")
        for delegate in mailbox.delegates:
            if delegate.until is not None and delegate.until < today:
                remarks.append(
                    f"{mailbox.address}: ủy quyền cho {delegate.address} đã hết hạn {delegate.until} / expired"
                )
            elif (other := directory.find(delegate.address)) is None:
                remarks.append(
                    f"{mailbox.address}: người được ủy quyền {delegate.address} không có trong danh bạ / not listed"
                )
            elif not other.usable(today):
                remarks.append(f"{mailbox.address}: người được ủy quyền {delegate.address} không còn dùng / not in use")
    remarks += [
        f"{unit.id}: lãnh đạo {head} không còn dùng hộp thư / the mailbox of its head is not in use"
        for unit in directory.units.values()
        for head in unit.heads
        if not directory.mailboxes[head].usable(today)
    ]
    return remarks


@command(app, "find", "directory")
def directory_find(configuration: Configured, query: Annotated[str, typer.Argument(help=words("query"))]) -> Result:
    """Tra hộp thư hoặc đơn vị / look up an address or a unit."""
    return find(configuration.directory_in_use, query)


def find(path: Path | None, query: str) -> Result:
    """Show the mailbox of an address, or every mailbox whose address, name or unit holds the words, with or without marks."""
    if path is None:
        raise UserError(both("start", "directory", "which"))
    directory = load(path)
    names = directory.unit_names
    exact = directory.find(normal_form(query))
    wanted = skeleton(query)
    found = [exact] if exact is not None else [
        mailbox
        for mailbox in _mailboxes(directory)
        if any(
            wanted in skeleton(text)
            for text in (mailbox.name, mailbox.unit, names.get(mailbox.unit, ""), mailbox.address, *mailbox.aliases)
        )
    ]  # fmt: skip
    if not found:
        return Result(f"không tìm thấy “{query}” / nothing found", 1)
    lines = [
        line for mailbox in found[:_SHOWN] for line in _description(mailbox, names.get(mailbox.unit, mailbox.unit))
    ]
    if len(found) > _SHOWN:
        lines.append(f"... {len(found) - _SHOWN} nữa / more")
    return Result("\n".join(lines), 0)


def _description(mailbox: Mailbox, unit: str) -> list[str]:
    lines = [f"{mailbox.address}  {mailbox.kind.value}  {mailbox.status.value}  {mailbox.name}  {unit}".rstrip()]
    days = [
        f"{word} {day}"
        for word, day in (
            ("từ / from", mailbox.since),
            ("đến / until", mailbox.until),
            ("nghỉ / left", mailbox.left_on),
        )
        if day is not None
    ]
    if days:
        lines.append("    " + ", ".join(days))
    if mailbox.aliases:
        lines.append("    bí danh / aliases: " + ", ".join(mailbox.aliases))
    for delegate in mailbox.delegates:
        period = f"{delegate.since or '...'} - {delegate.until or '...'}"
        lines.append(f"    ủy quyền / delegate: {delegate.address} ({period})")
    return [printable(line, 1000) for line in lines]


@command(app, "import")
def convert(source: Annotated[Path, typer.Argument(help=words("csv_source"))], target: _TARGET) -> Result:
    """Kiểm tra danh bạ CSV, YAML hoặc JSON và ghi lại thành JSON / check a directory and write it as JSON."""
    with progress("directory", None) as tick:
        return write_rows(_rows(load(source, tick=tick)), target)


@command(app, "import-ldap")
def from_ldap(
    url: Annotated[str, typer.Argument(help=words("ldap_url"))],
    base: Annotated[str, typer.Option(help=words("base"))],
    user: Annotated[str, typer.Option(help=words("user"))],
    password_file: Annotated[Path, typer.Option(help=words("password_file"))],
    target: _TARGET,
    office: Annotated[list[str] | None, typer.Option(help=words("office"))] = None,
    ca_file: Annotated[Path | None, typer.Option(help=words("ca_file"))] = None,
    unit_attribute: Annotated[str, typer.Option(help=words("ldap_unit"))] = "",
) -> Result:
    """Lấy danh bạ từ LDAP / make a directory file from an LDAP server."""
    from gateway.identity.ldap_import import UNITS, LdapSource, imported

    try:
        password = password_file.read_text("utf-8").rstrip("\n")
    except UnicodeDecodeError:
        raise UserError(both("start", "directory", "password", path=password_file)) from None
    source = LdapSource(
        url=url,
        base=base,
        user=user,
        password=password,
        ca_file=ca_file,
        office=tuple(office or ()),
        units=(unit_attribute,) if unit_attribute else UNITS,
    )
    with progress("ldap", None) as tick:
        file, elsewhere = imported(source, target, tick=tick)
    remarks = (printable(both("start", "directory", "ldap_elsewhere", url=url), 1000) for url in elsewhere)
    return Result("\n".join((write_rows(file, target).text, *remarks)), 0)


def write_rows(file: DirectoryFile, target: Path) -> Result:
    """Write rows as JSON in one step, so a server that watches the file never sees half of it; UserError."""
    try:
        replace_file(target, msgspec.json.format(msgspec.json.encode(file), indent=1), mode=0o640)
    except OSError as error:
        raise UserError(f"không ghi được {target} / cannot write {target}: {reason(error)}") from None
    return Result(f"{target}: {len(file.mailboxes)} hộp thư / mailboxes", 0)


def _rows(directory: Directory) -> DirectoryFile:
    """Return a snapshot as the rows of a file."""
    return DirectoryFile(
        units=tuple(UnitRow(**structs.asdict(unit)) for unit in directory.units.values()),
        mailboxes=tuple(
            MailboxRow(
                **structs.asdict(mailbox)
                | {"delegates": tuple(DelegateRow(**structs.asdict(one)) for one in mailbox.delegates)}
            )
            for mailbox in _mailboxes(directory)
        ),
    )


def _mailboxes(directory: Directory) -> list[Mailbox]:
    """Return each mailbox once, by its own address."""
    return [mailbox for address, mailbox in directory.mailboxes.items() if address == mailbox.address]
