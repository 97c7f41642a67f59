"""YAML files to validated settings, with every fault at its line and column (pydantic models).

A file is read once into plain values (`gateway.yaml.values`), then validated as a whole. `ConfigError` carries all faults
of a file at once, in Vietnamese and English, with the nearest allowed word where one was misspelt.
"""

from __future__ import annotations

import difflib
import errno
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.errors import ConfigError, Fault
from gateway.files import read_file
from gateway.texts.catalogue import reasons
from gateway.yaml.values import Places, Value, has_text, pair, parse_values, printable, say

__all__ = [
    "LIMIT_BYTES", "YamlFile", "closest", "nearest", "parse_values", "parse_yaml", "printable", "read_octets",
    "read_yaml", "schema_faults",
]  # fmt: skip

Model = TypeVar("Model", bound=BaseModel)
Location: TypeAlias = tuple[str | int, ...]
"""Way from the top of a file to a value: keys and list indexes."""

LIMIT_BYTES = 4 << 20
"""Default greatest size of a file in bytes."""


@dataclass(frozen=True)
class YamlFile(Generic[Model]):
    """A file that was read and is valid."""

    value: Model
    path: str
    sha256: str
    """Of the bytes of the file, in hex."""
    raw: Value
    """The plain values before validation."""
    places: Places

    def fault(self, message: str, *location: str | int) -> Fault:
        """Return a fault about the value at a location, for checks that a model cannot make."""
        line, column = self.places.find(self.raw, location)
        return Fault(message, self.path, line, column)


def read_yaml(path: Path, model: type[Model], *, limit_bytes: int = LIMIT_BYTES) -> YamlFile[Model]:
    """Read and validate a file; ConfigError with all faults."""
    return parse_yaml(read_octets(path, limit_bytes=limit_bytes), model, path=str(path))


def parse_yaml(octets: bytes, model: type[Model], *, path: str) -> YamlFile[Model]:
    """Validate the bytes of a YAML or JSON file; `path` only names it in faults."""
    raw, places = parse_values(octets, path=path)
    if raw is None:
        raw = {}
    if not isinstance(raw, dict):
        raise ConfigError(Fault(say("file.not_mapping"), path, 1, 1))
    try:
        value = model.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(*schema_faults(error, model, raw, places, path)) from None
    return YamlFile(value, path, hashlib.sha256(octets).hexdigest(), raw, places)


@dataclass(frozen=True)
class Salvaged(Generic[Model]):
    """A file with faults, and what is left of it without them, for checks that go beyond the schema."""

    faults: tuple[Fault, ...]
    rest: YamlFile[Model] | None
    """None when too little is left."""


def parse_or_salvage(octets: bytes, model: type[Model], *, path: str, filling: dict[str, Value]) -> Salvaged[Model]:
    """Validate a file's bytes; return faults and what is valid, `filling` for what must be. ConfigError for no YAML."""
    try:
        return Salvaged((), parse_yaml(octets, model, path=path))
    except ConfigError as error:
        faults = error.faults
    raw, places = parse_values(octets, path=path)
    if not isinstance(raw, dict):
        raise ConfigError(*faults)
    for _ in range(_LIMIT_SALVAGE):
        try:
            value = model.model_validate(raw)
        except ValidationError as error:
            _take_out(raw, places, [one["loc"] for one in error.errors(include_url=False)], filling)
            continue
        return Salvaged(faults, YamlFile(value, path, hashlib.sha256(octets).hexdigest(), raw, places))
    return Salvaged(faults, None)


_LIMIT_SALVAGE = 10
"""Removing one may leave another incomplete around it, which is removed next."""


def _take_out(raw: dict[str, Value], places: Places, locations: Iterable[Location], filling: dict[str, Value]) -> None:
    """Take the values out that faults are about; the whole around one when a part of it is missing."""
    entries: dict[tuple[int, str | int], Any] = {}
    for location in locations:
        innermost: tuple[Any, str | int] | None = None
        node: Any = raw
        for step in location:
            inside = isinstance(node, list) and isinstance(step, int) and step < len(node)
            if inside or (isinstance(node, dict) and step in node):
                innermost = node, step
                node = node[step]
        if innermost is not None:
            entries[id(innermost[0]), innermost[1]] = innermost[0]
        elif location and str(location[0]) in filling:
            raw[str(location[0])] = filling[str(location[0])]
    # From the end, so that the numbers of what is still to go stay right.
    for (_, step), container in sorted(entries.items(), key=lambda entry: str(entry[0][1]).zfill(9), reverse=True):
        places.forget(container, step)


def read_octets(path: Path, *, limit_bytes: int = LIMIT_BYTES) -> bytes:
    """Return the bytes of a file; ConfigError when it cannot be read or is too large."""
    try:
        return read_file(path, limit_bytes=limit_bytes)
    except OSError as error:
        too_large = error.errno == errno.EFBIG
        words = say("file.too_large", limit=limit_bytes) if too_large else say("file.unreadable", reason=reasons(error))
        raise ConfigError(Fault(words, str(path))) from None


# --- faults of the schema ------------------------------------------------------------------------------------------


def schema_faults(
    error: ValidationError,
    model: type[BaseModel],
    raw: Value,
    places: Places,
    path: str,
    *,
    prefix: Location = (),
    only: str | int | None = None,
) -> tuple[Fault, ...]:
    """Return the faults of a validation, in the order of the file; `prefix` leads from `raw` to what was validated.

    With `only` those of one key: the keys of what was validated may come from several places. A default that is refused is
    not reported beside an unknown key, which may be the one that was meant, nor a list as too short beside its faulty entries.
    """
    schema = model.model_json_schema()
    faults: dict[tuple[int, int, str], Fault] = {}
    errors = error.errors(include_url=False)
    unknown = any(one["type"] == "extra_forbidden" and len(one["loc"]) == 1 for one in errors)
    for details in errors:
        if only is not None and details["loc"][:1] != (only,):
            continue
        if details["type"] == "value_error" and unknown and isinstance(raw, dict) and details["loc"][0] not in raw:
            continue
        if details["type"] == "too_short" and any(_within(one["loc"], details["loc"]) for one in errors):
            continue
        element = getattr(details.get("ctx", {}).get("error"), "at", ())
        location = prefix + tuple(details["loc"]) + element
        of_key = details["type"] == "extra_forbidden"
        line, column = places.find(raw, location, of_key=of_key)
        message = _schema_message(details, schema)
        faults.setdefault((line, column, message), Fault(message, path, line, column))
    return tuple(faults[key] for key in sorted(faults))


def _within(location: Location, container: Location) -> bool:
    return len(location) > len(container) and location[: len(container)] == container


def _schema_message(details: ErrorDetails, schema: dict[str, Any]) -> str:
    kind = details["type"]
    location = details["loc"]
    named = next((step for step in reversed(location) if isinstance(step, str)), "")
    key = printable(named)
    value = _shown(details["input"])
    context = {name: _number(content) for name, content in (details.get("ctx") or {}).items()}
    if details["input"] is None and kind.endswith("_type"):
        kind = "string_missing"
    elif kind == "string_type" and isinstance(details["input"], list | dict):
        kind = "string_of_many"
    if kind == "value_error":
        return context.get("error", details["msg"])
    if kind == "string_pattern_mismatch":
        form = _PATTERNS.get(context.get("pattern", ""), f"form_{named}")
        kind = form if has_text(f"schema.{form}") else kind
    name = f"schema.{kind}" if has_text(f"schema.{kind}") else "schema.other"
    if "expected" in context:
        context["expected"] = context["expected"].replace(" or ", ", ").replace("'", "")
    fields = {"key": key, "value": value, "message": details["msg"]} | context
    hint: tuple[str, str] | None = None
    if kind == "extra_forbidden":
        hint = nearest(str(location[-1]), sorted(_keys_at(schema, location[:-1])), otherwise="allowed")
    elif kind in {"literal_error", "enum"} and isinstance(details["input"], str):
        expected = context.get("expected", "").split(", ")
        # Of what was meant as it is, only the kind is wrong: 1 is a number, "1" a string.
        hint = pair("hint.unquoted") if details["input"] in expected else nearest(details["input"], expected)
    elif kind in {"int_parsing", "float_parsing"}:
        guess = without_unit(key, str(details["input"]))
        if guess is not None:
            hint = pair("hint.unit", guess=guess, unit=key.rpartition("_")[2])
    vietnamese, english = pair(name, **fields)
    if hint is not None:
        vietnamese, english = vietnamese + hint[0], english + hint[1]
    return f"{vietnamese} / {english}"


IDENTIFIER = r"^[A-Za-z0-9._-]+$"
SHA256_HEX = r"^[0-9a-f]{64}$"
_PATTERNS = {IDENTIFIER: "no_identifier", SHA256_HEX: "no_digest"}
"""Patterns of values that have words of their own; others may have them by their key, `schema.form_KEY`."""

_UNITS = {
    "bytes": {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30},
    "s": {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600},
}
_WITH_UNIT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*([a-z]*)\Z")


def without_unit(key: str, text: str) -> str | None:
    """Return what a number with a unit (`35 MiB`, `10s`) is in the unit that its key is named for, None when unclear."""
    match = _WITH_UNIT.match(text.strip().lower())
    units = _UNITS.get(key.rpartition("_")[2])
    if match is None or units is None:
        return None
    unit = match[2].removesuffix("ib").removesuffix("b") if "b" in units else match[2]
    return str(int(float(match[1]) * units[unit])) if unit in units else None


def _number(content: object) -> str:
    """Return what a fault's context holds as text: `10`, not `10.0`."""
    return f"{content:g}" if isinstance(content, float) else str(content)


def nearest(word: str, candidates: Sequence[str], *, otherwise: str | None = None) -> tuple[str, str] | None:
    """Return what to add about a word that is none of the candidates: the nearest one, or all of them.

    Both languages. `otherwise` names the words for all of them (of `hint`); without it only a near word is suggested.
    """
    guess = closest(word, candidates)
    if guess is not None:
        return pair("hint.did_you_mean", guess=guess)
    return pair(f"hint.{otherwise}", keys=", ".join(candidates[:20])) if otherwise and candidates else None


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that a misspelt word most likely means, None when none is near."""
    by_fold = {candidate.casefold().replace("-", "_"): candidate for candidate in candidates}
    near = difflib.get_close_matches(word[:100].casefold().replace("-", "_"), list(by_fold), n=1, cutoff=0.6)
    return by_fold[near[0]] if near else None


def _keys_at(schema: dict[str, Any], location: Sequence[str | int]) -> set[str]:
    """Return the keys that a JSON Schema allows at a location."""
    nodes = [schema]
    for element in location:
        nodes = [below for node in nodes for below in _below(schema, node, element)]
    return {key for node in _resolved(schema, nodes) for key in node.get("properties", {})}


def _below(schema: dict[str, Any], node: dict[str, Any], element: str | int) -> Iterator[dict[str, Any]]:
    for resolved in _resolved(schema, [node]):
        properties = resolved.get("properties", {})
        if isinstance(element, str) and element in properties:
            yield properties[element]
        elif isinstance(element, int) and isinstance(resolved.get("items"), dict):
            yield resolved["items"]
        elif isinstance(resolved.get("additionalProperties"), dict):
            yield resolved["additionalProperties"]


def _resolved(schema: dict[str, Any], nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield nodes with `$ref`, `anyOf`, `oneOf` and `allOf` followed; references are bounded by the schema itself."""
    seen: set[str] = set()
    stack = list(nodes)
    while stack:
        node = stack.pop()
        reference = node.get("$ref")
        if isinstance(reference, str):
            if reference not in seen:
                seen.add(reference)
                stack.append(schema.get("$defs", {}).get(reference.rsplit("/", 1)[-1], {}))
            continue
        yield node
        for word in ("anyOf", "oneOf", "allOf"):
            stack.extend(node.get(word, ()))


def _shown(value: object) -> str:
    match value:
        case str():
            return f"“{printable(value)}”"
        case dict() | list() | tuple():
            return "{…}" if isinstance(value, dict) else "[…]"
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case _:
            return printable(str(value))
