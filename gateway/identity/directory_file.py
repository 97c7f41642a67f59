"""Schema of a directory file: `mailboxes` and `units` (YAML, JSON), or the rows of a CSV.

    units:
      - {id: p-noivu, name: Phòng Nội vụ, until: 2025-06-30, successors: [phuong-binhtan],
         heads: [truongphong.binhtan@tphcm.gov.vn]}
    mailboxes:
      - address: noivu.binhtan@tphcm.gov.vn
        kind: unit                       # office | unit | personal | service
        name: Phòng Nội vụ               # display name; of a person the full name
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
from functools import partial
from pathlib import Path
from typing import Any, Final
from unicodedata import normalize

import msgspec
from ruamel.yaml import YAML

from gateway.errors import ConfigError, Fault
from gateway.identity.directory_csv import read_csv
from gateway.identity.directory_faults import type_faults
from gateway.identity.directory_rows import DirectoryFile
from gateway.identity.places import JsonPlaces, Places, YamlPlaces
from gateway.yaml.values import at_offset, decoded, parse_values, printable

LIMIT_BYTES: Final = 256 << 20
LIMIT_YAML_BYTES: Final = 2 << 20


def read(path: Path, data: bytes) -> tuple[DirectoryFile, Places]:
    """Return the content of a directory file by its ending; ConfigError says what is wrong, where."""
    if len(data) > LIMIT_BYTES:
        raise ConfigError(Fault(f"tệp quá lớn / file larger than {LIMIT_BYTES >> 20} MiB", str(path)))
    text = normalize("NFC", decoded(data, path=str(path)))  # a name is one name, however its letters are composed
    match path.suffix.lower():
        case ".json":
            return _json(path, text)
        case ".csv":
            return read_csv(path, text)
        case _:
            return _yaml(path, text)


def _json(path: Path, text: str) -> tuple[DirectoryFile, Places]:
    try:
        file = msgspec.json.decode(text, type=DirectoryFile)
        json.loads(text, object_pairs_hook=partial(_unique, path, text))
        return file, JsonPlaces(text)
    except msgspec.ValidationError:
        pass  # it may have stopped before a place that is no JSON at all
    except msgspec.DecodeError as error:
        found = re.search(r"byte (\d+)", str(error))
        offset = len(text.encode()[: int(found[1])].decode("utf-8", "ignore")) if found else len(text)
        raise _no_json(path, text, offset, str(error)) from None
    except RecursionError:
        raise _no_json(path, text, 0, "nested too deeply") from None
    try:
        plain = json.loads(text)
    except json.JSONDecodeError as error:
        raise _no_json(path, text, error.pos, error.msg) from None
    except (RecursionError, ValueError) as error:  # ValueError: more digits than Python takes for a number
        raise _no_json(path, text, 0, str(error)) from None
    raise type_faults(path, plain, JsonPlaces(text))


def _unique(path: Path, text: str, pairs: list[tuple[str, Any]]) -> None:
    """Refuse an object that has a key twice: parsers keep the last and are silent about the others."""
    if len(dict(pairs)) < len(pairs):
        if len(text) <= LIMIT_YAML_BYTES:
            parse_values(text.encode(), path=str(path))  # says which key and where
        raise ConfigError(
            Fault(f"một khóa bị lặp trong / a key is given twice in: {printable(str(dict(pairs)))}", str(path))
        )


def _no_json(path: Path, text: str, offset: int, words: str) -> ConfigError:
    return ConfigError(Fault(f"JSON không hợp lệ / {words}", str(path), *at_offset(text, offset)))


def _yaml(path: Path, text: str) -> tuple[DirectoryFile, Places]:
    if len(text) > LIMIT_YAML_BYTES:
        message = (
            "tệp YAML quá lớn, hãy dùng JSON hoặc CSV (`gateway directory import`) / "
            f"YAML over {LIMIT_YAML_BYTES >> 20} MiB is too slow to load: use JSON or CSV (`gateway directory import`)"
        )
        raise ConfigError(Fault(message, str(path)))
    if anchor := re.search(r"(?m)(?:^|[\s\[{,:-])[&*][A-Za-z0-9_]", text):
        message = "không dùng neo & và * của YAML / YAML anchors and aliases are not allowed"
        raise ConfigError(Fault(message, str(path), *at_offset(text, anchor.end() - 2)))
    try:
        if "\\ud" in text.lower():  # surrogates, which the fast reader neither joins nor refuses
            raise ValueError
        plain = YAML(typ="safe").load(text)
    except Exception:  # noqa: BLE001 - library wall: odd tags raise KeyError and IndexError, depth RecursionError
        # The careful reader is slow, but it places each fault, and leaves a day that does not exist to the types below.
        plain, _ = parse_values(text.encode(), path=str(path))
    places = YamlPlaces(text)
    try:
        return msgspec.convert({} if plain is None else plain, DirectoryFile), places
    except msgspec.ValidationError:
        raise type_faults(path, {} if plain is None else plain, places) from None
