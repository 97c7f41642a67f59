"""A directory as CSV, as a spreadsheet in an office exports it: Vietnamese or English headings, `,` `;` or tab.

Columns: address, kind (both needed), name, unit, status, left_on, from, until, aliases (divided by blanks or `;`), delegates
(`address from 2026-01-01 until 2026-12-31; address ...`). Days are written 2026-12-31 or 31/12/2026.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from pathlib import Path
from typing import Final

from gateway.errors import ConfigError, Fault
from gateway.identity.directory_faults import LIMIT_FAULTS
from gateway.identity.directory_rows import DelegateRow, DirectoryFile, MailboxRow
from gateway.identity.places import Places, Step
from gateway.model import MailboxKind, MailboxStatus

# Names of columns, as a person in an office would write them too.
_COLUMNS: Final = {
    "address": ("address", "email", "e-mail", "địa chỉ", "địa chỉ thư", "hộp thư"),
    "kind": ("kind", "loại"),
    "name": ("name", "họ tên", "họ và tên", "tên"),
    "unit": ("unit", "đơn vị"),
    "status": ("status", "trạng thái"),
    "left_on": ("left_on", "ngày nghỉ"),
    "from": ("from", "từ ngày"),
    "until": ("until", "đến ngày"),
    "aliases": ("aliases", "bí danh"),
    "delegates": ("delegates", "ủy quyền"),
}
_KNOWN: Final = ", ".join(headings[-1] for headings in _COLUMNS.values())
_BY_HEADING: Final = {heading: name for name, headings in _COLUMNS.items() for heading in headings}
_VIETNAMESE: Final = {
    "văn phòng": "office", "đơn vị": "unit", "cá nhân": "personal", "dịch vụ": "service",
    "hoạt động": "active", "tạm khóa": "suspended", "đã nghỉ": "left",
}  # fmt: skip
_KINDS: Final = {kind.value: kind for kind in MailboxKind}
_STATES: Final = {status.value: status for status in MailboxStatus}
_DELEGATE: Final = re.compile(r"(\S+)(?:\s+from\s+(\S+))?(?:\s+until\s+(\S+))?")


class CsvPlaces:
    """Places in a CSV: the line on which each row ends, the number of each column."""

    def __init__(self, lines: list[int], columns: dict[str, int]) -> None:
        self._lines = lines
        self._columns = columns

    def find(self, path: tuple[Step, ...]) -> tuple[int, int]:
        """Return line and number of the cell."""
        row = path[1] if len(path) > 1 and isinstance(path[1], int) else 0
        line = self._lines[row] if row < len(self._lines) else 1
        return line, self._columns.get(str(path[2]), 0) + 1 if len(path) > 2 else 1


def read_csv(path: Path, text: str) -> tuple[DirectoryFile, Places]:
    """Return the mailboxes in the text of a CSV; ConfigError with every fault and its line and column."""
    first = re.search(r"^(?!sep=).*\S", text, re.MULTILINE)
    delimiter = max(",;\t", key=(first[0] if first is not None else "").count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    faults: list[Fault] = []

    def wrong(message: str, column: int = 1) -> None:
        faults.append(Fault(message, str(path), max(reader.line_num, 1), column))

    try:
        # Spreadsheets write `sep=;` before the headings, and empty columns behind them.
        cells = next((row for row in reader if "".join(row).strip() and not row[0].startswith("sep=")), [])
    except csv.Error as error:
        wrong(f"CSV không hợp lệ / {error}")
        raise ConfigError(*faults) from None
    headings = [heading.strip().lower() for heading in cells]
    while headings and not headings[-1]:
        headings.pop()
    columns = {_BY_HEADING[heading]: number for number, heading in enumerate(headings) if heading in _BY_HEADING}
    for number, heading in enumerate(headings):
        if heading not in _BY_HEADING:
            wrong(
                f"không biết cột “{heading}”, hãy bỏ cột này hoặc dùng: {_KNOWN} / "
                f"unknown column “{heading}”: remove it, or use {', '.join(_COLUMNS)}",
                number + 1,
            )
        elif columns[_BY_HEADING[heading]] != number:
            wrong(f"cột “{heading}” bị lặp / the column “{heading}” is given twice", number + 1)
    for name in [name for name in ("address", "kind") if name not in columns]:
        wrong(f"thiếu cột {name} / column {name} is missing")
    if faults:
        raise ConfigError(*faults)
    rows: list[MailboxRow] = []
    lines: list[int] = []
    try:
        for cells in reader:
            if not "".join(cells).strip():
                continue
            if any(cells[len(headings) :]):
                wrong(
                    f"dòng có {len(cells)} ô, tiêu đề có {len(headings)}: đặt ô có dấu “{delimiter}” trong dấu nháy kép / "
                    f"{len(cells)} cells under {len(headings)} headings: a cell that holds “{delimiter}” needs double quotes",
                    len(headings) + 1,
                )
                continue
            row = _csv_row(cells, columns, path, reader.line_num, faults)
            if row is not None:
                rows.append(row)
                lines.append(reader.line_num)
    except csv.Error as error:
        wrong(f"CSV không hợp lệ / {error}")
    if faults:
        raise ConfigError(*faults[:LIMIT_FAULTS])
    return DirectoryFile(mailboxes=tuple(rows)), CsvPlaces(lines, columns)


def _csv_row(
    cells: list[str], columns: dict[str, int], path: Path, line: int, faults: list[Fault]
) -> MailboxRow | None:
    """Return the mailbox of a row; None, and faults, when a cell says nothing that can be meant."""
    values = {name: cells[number].strip() for name, number in columns.items() if number < len(cells)}

    def wrong(name: str, message: str) -> None:
        faults.append(Fault(message, str(path), line, columns[name] + 1))

    def day(name: str) -> date | None:
        word = values.get(name, "")
        if not word:
            return None
        try:
            return _day(word)
        except ValueError:
            wrong(name, f"ngày không hợp lệ “{word}” / not a date (2026-12-31 or 31/12/2026): “{word}”")
            return None

    before = len(faults)
    kind = _KINDS.get(_english(values.get("kind", "")))
    if kind is None:
        wrong("kind", f"loại hộp thư không rõ “{values.get('kind', '')}” / kind must be one of {', '.join(_KINDS)}")
    status = _STATES.get(_english(values.get("status", "")) or "active")
    if status is None:
        wrong("status", f"trạng thái không rõ “{values['status']}” / status must be one of {', '.join(_STATES)}")
    delegates = []
    for entry in filter(None, (piece.strip() for piece in values.get("delegates", "").split(";"))):
        delegate = _delegate(entry)
        if delegate is not None:
            delegates.append(delegate)
        else:
            wrong(
                "delegates",
                f"ủy quyền viết sai “{entry}” / write `address from 2026-01-01 until 2026-12-31`: “{entry}”",
            )
    left_on, since, until = day("left_on"), day("from"), day("until")
    if len(faults) > before or kind is None or status is None:
        return None
    return MailboxRow(
        address=values.get("address", ""),
        kind=kind,
        name=values.get("name", ""),
        unit=values.get("unit", ""),
        status=status,
        left_on=left_on,
        since=since,
        until=until,
        aliases=tuple(filter(None, re.split(r"[;\s]+", values.get("aliases", "")))),
        delegates=tuple(delegates),
    )


def _english(word: str) -> str:
    return _VIETNAMESE.get(word.lower(), word.lower())


def _day(word: str) -> date:
    """Read 2026-12-31 or 31/12/2026."""
    local = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", word)
    return date(int(local[3]), int(local[2]), int(local[1])) if local else date.fromisoformat(word)


def _delegate(entry: str) -> DelegateRow | None:
    """Read `address from 2026-01-01 until 2026-12-31`; None when it is written otherwise."""
    match = _DELEGATE.fullmatch(entry)
    if match is None:
        return None
    try:
        since, until = (_day(word) if word else None for word in match.group(2, 3))
    except ValueError:
        return None
    return DelegateRow(address=match[1], since=since, until=until)
