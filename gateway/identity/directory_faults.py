"""All type faults of a directory file at once, with place, message and allowed values."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final, get_args, get_origin

import msgspec

from gateway.errors import ConfigError, Fault
from gateway.identity.directory_rows import DirectoryFile
from gateway.identity.places import Places, Step
from gateway.model import MailboxKind, MailboxStatus
from gateway.yaml.file import nearest
from gateway.yaml.values import printable

LIMIT_FAULTS: Final = 50
"""Told of one file at once."""
_KINDS: Final = ", ".join(kind.value for kind in MailboxKind)
_STATES: Final = ", ".join(status.value for status in MailboxStatus)
_DAY: Final = "ngày viết dạng 2026-12-31 / write days as 2026-12-31"
_LIST: Final = "viết thành danh sách [...] / write a list [...]"
# By the key at which a value is wrong; what is wrong at no key is the file as a whole.
_REMEDIES: Final = {
    "": "tệp bắt đầu bằng `mailboxes:` / the file begins with `mailboxes:`",
    "kind": f"loại hộp thư là một trong: {_KINDS} / one of {_KINDS}",
    "status": f"trạng thái là một trong: {_STATES} / one of {_STATES}",
    **dict.fromkeys(("left_on", "from", "until"), _DAY),
    **dict.fromkeys(("mailboxes", "units", "aliases", "delegates", "successors", "heads"), _LIST),
}


def type_faults(path: Path, plain: object, places: Places) -> ConfigError:
    """Return what keeps plain values from being a directory, up to `LIMIT_FAULTS` of it, in the order of the file."""
    found = islice(_faults(plain, DirectoryFile, ()), LIMIT_FAULTS)
    faults = (_placed(path, places, steps, words, remedy) for steps, words, remedy in found)
    return ConfigError(*sorted(faults, key=lambda fault: (fault.line, fault.column)))


def _faults(
    value: object, wanted: Any, steps: tuple[Step, ...]
) -> Iterator[tuple[tuple[Step, ...], tuple[str, str], str]]:
    """Yield the innermost values that are not of the wanted type: way, words in both languages, remedy."""
    try:
        msgspec.convert(value, wanted)
    except msgspec.ValidationError:
        if isinstance(value, dict) and isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
            yield from _faults_of_row(value, wanted, steps)
        elif isinstance(value, list) and get_origin(wanted) is tuple:
            for number, item in enumerate(value):
                yield from _faults(item, get_args(wanted)[0], (*steps, number))
        else:
            key = next((step for step in reversed(steps) if isinstance(step, str)), "")
            shown = "" if isinstance(value, dict | list) else f" “{printable(str(value))}”"
            words = f"giá trị{shown} không hợp lệ", f"the value{shown} is not allowed"
            yield steps, words, _REMEDIES.get(key, "")


def _faults_of_row(
    row: dict[object, object], wanted: type[msgspec.Struct], steps: tuple[Step, ...]
) -> Iterator[tuple[tuple[Step, ...], tuple[str, str], str]]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(wanted)}
    known = ", ".join(fields)
    remedy = f"các mục được dùng: {known} / known keys: {known}"
    for name, field in fields.items():
        if name in row:
            yield from _faults(row[name], field.type, (*steps, name))
        elif field.required:
            yield steps, (f"thiếu mục “{name}”", f"the key “{name}” is required"), remedy
    for key in row:
        if key not in fields:
            shown = printable(str(key))
            vietnamese, english = nearest(str(key), list(fields)) or ("", "")
            words = f"không có mục “{shown}”{vietnamese}", f"unknown key “{shown}”{english}"
            yield (*steps, str(key)), words, remedy


def _placed(path: Path, places: Places, steps: tuple[Step, ...], words: tuple[str, str], remedy: str) -> Fault:
    way = "".join(f"[{step}]" if isinstance(step, int) else f".{printable(step)}" for step in steps)
    at = f"{way[1:]}: " if way else ""
    vietnamese, _, english = remedy.partition(" / ")
    message = f"{at}{words[0]}{', ' * bool(remedy)}{vietnamese} / {at}{words[1]}{'; ' * bool(remedy)}{english}"
    return Fault(message, str(path), *places.find(steps))
