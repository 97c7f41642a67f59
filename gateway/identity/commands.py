"""`gateway directory lint|import|find`: functions from paths to a text and an exit code.

UserError for a broken file, with line and column; lint answers 1 when the file loads and something in it deserves a look,
find when nothing was found.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import structs

from gateway.errors import UserError
from gateway.identity.directory import load
from gateway.identity.directory_rows import DelegateRow, DirectoryFile, MailboxRow, UnitRow
from gateway.model import Directory, Mailbox, MailboxKind, MailboxStatus
from gateway.system.atomic_file import replace_file
from gateway.texts.catalogue import reason
from gateway.vietnamese.addresses import normal_form
from gateway.vietnamese.normal import skeleton

_SHOWN = 50


class CommandResult(NamedTuple):
    """Output and exit code of a command."""

    text: str
    exit_code: int


def lint(path: Path, *, today: date) -> CommandResult:
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
    return CommandResult("\n".join(lines), 1 if remarks else 0)


def _remarks(directory: Directory, mailboxes: list[Mailbox], today: date) -> list[str]:
    """Return what loads and is still likely to be a mistake."""
    remarks = []
    if not any(mailbox.kind is MailboxKind.OFFICE for mailbox in mailboxes):
        remarks.append("không có hộp thư Văn phòng (kind: office) / no mailbox of kind office")
    for mailbox in mailboxes:
        unit = directory.units.get(mailbox.unit)
        if unit is not None and unit.until is not None and unit.until < today and _in_use(mailbox, today):
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
            elif not _in_use(other, today):
                remarks.append(f"{mailbox.address}: người được ủy quyền {delegate.address} không còn dùng / not in use")
    remarks += [
        f"{unit.id}: lãnh đạo {head} không còn dùng hộp thư / the mailbox of its head is not in use"
        for unit in directory.units.values()
        for head in unit.heads
        if not _in_use(directory.mailboxes[head], today)
    ]
    return remarks


def _in_use(mailbox: Mailbox, today: date) -> bool:
    return mailbox.status is MailboxStatus.ACTIVE and not (mailbox.until is not None and mailbox.until < today)


def find(path: Path, query: str) -> CommandResult:
    """Show the mailbox of an address, or every mailbox whose address, name or unit holds the words, with or without marks."""
    directory = load(path)
    exact = directory.find(normal_form(query))
    wanted = skeleton(query)
    found = [exact] if exact is not None else [
        mailbox
        for mailbox in _mailboxes(directory)
        if any(wanted in skeleton(text) for text in (mailbox.name, mailbox.unit, mailbox.address, *mailbox.aliases))
    ]  # fmt: skip
    if not found:
        return CommandResult(f"không tìm thấy “{query}” / nothing found", 1)
    lines = [line for mailbox in found[:_SHOWN] for line in _description(mailbox)]
    if len(found) > _SHOWN:
        lines.append(f"... {len(found) - _SHOWN} nữa / more")
    return CommandResult("\n".join(lines), 0)


def _description(mailbox: Mailbox) -> list[str]:
    lines = [
        f"{mailbox.address}  {mailbox.kind.value}  {mailbox.status.value}  {mailbox.name}  {mailbox.unit}".rstrip()
    ]
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
    return lines


def import_file(
    source: Path, target: Path | None = None, *, tick: Callable[[int], None] = lambda _more: None
) -> CommandResult:
    """Check a CSV, YAML or JSON directory and write it as JSON, the form that loads fastest; print it without target.

    The target is replaced in one step, so a server that watches it never sees half a file.
    """
    return write_rows(_rows(load(source, tick=tick)), target)


def write_rows(file: DirectoryFile, target: Path | None) -> CommandResult:
    """Write rows as JSON in one step, or print them when there is no target."""
    data = msgspec.json.format(msgspec.json.encode(file), indent=1)
    if target is None:
        return CommandResult(data.decode(), 0)
    try:
        replace_file(target, data, mode=0o640)
    except OSError as error:
        raise UserError(f"không ghi được {target} / cannot write {target}: {reason(error)}") from None
    return CommandResult(f"{target}: {len(file.mailboxes)} hộp thư / mailboxes", 0)


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
