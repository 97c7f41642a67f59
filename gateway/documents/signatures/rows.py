"""YAML lists beside the certificates: a mapping with one key, whose value is a list of rows of texts.

The zygote reads them too, so they are parsed without the validation library of the configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from gateway.errors import ConfigError, Fault
from gateway.texts.catalogue import reasons
from gateway.yaml.values import parse_values, say

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Row = TypeVar("Row", bound="DataclassInstance")


def read_rows(path: Path, key: str, row: type[Row], make: Callable[[dict[str, str]], Row]) -> tuple[Row, ...]:
    """Return what `make` makes of each row of texts; ConfigError with file, line and every fault.

    `row` is the dataclass that names the keys; `make` raises ValueError for values that do not fit.
    """
    try:
        octets = path.read_bytes()
    except OSError as error:
        raise ConfigError(Fault(say("file.unreadable", reason=reasons(error)), str(path))) from error
    value, places = parse_values(octets, path=str(path))
    rows: Any = value.get(key) if isinstance(value, dict) and set(value) == {key} else None
    if not isinstance(rows, list):
        raise ConfigError(
            Fault(f"phải có đúng một khóa “{key}” với danh sách / must be “{key}:” with a list", str(path))
        )
    made: list[Row] = []
    faults: list[Fault] = []
    for number, content in enumerate(rows):
        problems = list(_problems(content, row))
        if not problems:
            try:
                made.append(make(content))
            except ValueError as error:
                problems.append(str(error))
        faults += (Fault(problem, str(path), *places.find(value, (key, number))) for problem in problems)
    if faults:
        raise ConfigError(*faults)
    return tuple(made)


def _problems(content: Any, row: type[DataclassInstance]) -> Iterator[str]:
    if not isinstance(content, dict):
        yield "phải là các cặp khóa: giá trị / must be key: value pairs"
        return
    known = {one.name: one.default is MISSING for one in fields(row)}
    for name, value in content.items():
        if name not in known:
            yield f"không có khóa “{name}”; có: {', '.join(known)} / no key “{name}”; there are: {', '.join(known)}"
        elif not isinstance(value, str):
            yield f"{name}: viết giá trị trong dấu nháy / put the value in quotes"
    for name, required in known.items():
        if required and name not in content:
            yield f"thiếu khóa “{name}” / the key “{name}” is missing"
