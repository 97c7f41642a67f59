"""What stands in a directory file, as types: `mailboxes` and `units` (YAML, JSON), or the rows of a CSV.

    units:
      - {id: p-noivu, name: Phòng Nội vụ, until: 2025-06-30, successors: [phuong-binhtan]}
    mailboxes:
      - address: noivu.binhtan@tphcm.gov.vn
        kind: unit                       # office | unit | personal | service
        unit: p-noivu
        status: active                   # active | suspended | left
        aliases: [phongnoivu.binhtan@tphcm.gov.vn]
        delegates: [{address: a.binhtan@tphcm.gov.vn, from: 2026-01-01, until: 2026-12-31}]
        left_on: 2027-01-31
        from: 2023-10-23
        until: 2027-12-31

YAML is read up to a size that its parser can take in a second; JSON and CSV carry 200,000 mailboxes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from gateway.errors import ConfigError, Fault
from gateway.identity.directory_csv import read_csv
from gateway.identity.directory_rows import DelegateRow, DirectoryFile, MailboxRow, UnitRow
from gateway.identity.places import JsonPlaces, Places, Step, YamlPlaces, at_offset, path_of
from gateway.model import MailboxKind, MailboxStatus
from gateway.yaml_values import parse_values

LIMIT_BYTES: Final = 256 << 20
LIMIT_YAML_BYTES: Final = 2 << 20
LIMIT_FAULTS: Final = 50
"""Told of one file at once."""
_KINDS: Final = ", ".join(kind.value for kind in MailboxKind)
_STATES: Final = ", ".join(status.value for status in MailboxStatus)
_DAY: Final = "ngày viết dạng 2026-12-31 / write days as 2026-12-31"
_LIST: Final = "viết thành danh sách [...] / write a list [...]"
_KNOWN: Final = {
    "": DirectoryFile.__struct_encode_fields__,
    "mailboxes": MailboxRow.__struct_encode_fields__,
    "units": UnitRow.__struct_encode_fields__,
    "delegates": DelegateRow.__struct_encode_fields__,
}
# By the key at which a value is wrong; what is wrong at no key is the file as a whole.
_REMEDIES: Final = {
    "": "tệp bắt đầu bằng `mailboxes:` / the file begins with `mailboxes:`",
    "kind": f"loại hộp thư là một trong: {_KINDS} / one of {_KINDS}",
    "status": f"trạng thái là một trong: {_STATES} / one of {_STATES}",
    **dict.fromkeys(("left_on", "from", "until"), _DAY),
    **dict.fromkeys(("mailboxes", "units", "aliases", "delegates", "successors"), _LIST),
}


def read(path: Path, data: bytes) -> tuple[DirectoryFile, Places]:
    """Return the content of a directory file by its ending; ConfigError says what is wrong, where."""
    if len(data) > LIMIT_BYTES:
        raise ConfigError(Fault(f"tệp quá lớn / file larger than {LIMIT_BYTES >> 20} MiB", str(path)))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = "tệp không phải UTF-8, hãy lưu lại ở dạng UTF-8 / not UTF-8: save the file as UTF-8"
        raise ConfigError(Fault(message, str(path), line, 1)) from None
    match path.suffix.lower():
        case ".json":
            return _json(path, text)
        case ".csv":
            return read_csv(path, text)
        case _:
            return _yaml(path, text)


def _json(path: Path, text: str) -> tuple[DirectoryFile, Places]:
    try:
        return msgspec.json.decode(text, type=DirectoryFile), JsonPlaces(text)
    except msgspec.ValidationError as error:
        raise _all_invalid(path, json.loads(text), error, JsonPlaces(text)) from None
    except msgspec.DecodeError as error:
        found = re.search(r"byte (\d+)", str(error))
        offset = len(text.encode()[: int(found[1])].decode("utf-8", "ignore")) if found else len(text)
        raise ConfigError(Fault(f"JSON không hợp lệ / {error}", str(path), *at_offset(text, offset))) from None


def _yaml(path: Path, text: str) -> tuple[DirectoryFile, Places]:
    if len(text) > LIMIT_YAML_BYTES:
        message = (
            "tệp YAML quá lớn, hãy dùng JSON hoặc CSV (`gateway directory import`) / "
            f"YAML over {LIMIT_YAML_BYTES >> 20} MiB is too slow to load: use JSON or CSV (`gateway directory import`)"
        )
        raise ConfigError(Fault(message, str(path)))
    if re.search(r"(?m)(?:^|[\s\[{,:-])[&*][A-Za-z0-9_]", text):
        raise ConfigError(Fault("không dùng neo & và * của YAML / YAML anchors and aliases are not allowed", str(path)))
    try:
        plain = YAML(typ="safe").load(text)
    except (YAMLError, ValueError):
        # The careful reader is slow, but it places each fault, and leaves a day that does not exist to the types below.
        plain, _ = parse_values(text.encode(), path=str(path))
    places = _LazyYaml(text)
    try:
        return msgspec.convert({} if plain is None else plain, DirectoryFile), places
    except msgspec.ValidationError as error:
        raise _all_invalid(path, plain, error, places) from None


def _all_invalid(path: Path, plain: object, first: msgspec.ValidationError, places: Places) -> ConfigError:
    """Return the first fault of each row, or of the file as a whole when no row is wrong by itself."""
    faults: list[Fault] = []
    for table in ("units", "mailboxes"):
        rows = plain.get(table) if isinstance(plain, dict) else None
        for number, row in enumerate(rows if isinstance(rows, list) else ()):
            try:
                msgspec.convert({table: [row]}, DirectoryFile)
            except msgspec.ValidationError as error:
                words = re.sub(rf"(?<=`\$\.{table}\[)(?:0|\.\.\.)(?=\])", str(number), str(error), count=1)
                faults += _invalid(path, msgspec.ValidationError(words), places).faults
                if len(faults) >= LIMIT_FAULTS:
                    break
    return ConfigError(*faults) if faults else _invalid(path, first, places)


class _LazyYaml:
    """Composes the nodes of a YAML file when the first fault asks for a place."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._places: YamlPlaces | None = None

    def find(self, path: tuple[Step, ...]) -> tuple[int, int]:
        """Return the place of a value, or of the nearest thing around it."""
        self._places = self._places or YamlPlaces(self._text)
        return self._places.find(path)


def _invalid(path: Path, error: msgspec.ValidationError, places: Places) -> ConfigError:
    """Return a validation error with its place and what may stand there."""
    words = str(error)
    steps = path_of(words)
    keys = [step for step in steps if isinstance(step, str)]
    if "unknown field" in words or "missing required field" in words:
        known = ", ".join(_KNOWN[next((key for key in reversed(keys) if key in _KNOWN), "")])
        remedy = f"các mục được dùng: {known} / known keys: {known}"
    else:
        remedy = _REMEDIES.get(keys[-1] if keys else "", "")
    vietnamese, _, english = remedy.partition(" / ")
    return ConfigError(
        Fault(
            f"giá trị không hợp lệ{', ' * bool(remedy)}{vietnamese} / {words}{'; ' * bool(remedy)}{english}",
            str(path),
            *places.find(steps),
        )
    )
