"""A policy file with everything it extends, from the base up, with source locations of values."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from gateway.engine.registry import Registry
from gateway.engine.schema import PolicyFile
from gateway.errors import ConfigError, Fault
from gateway.texts.catalogue import both
from gateway.yaml.file import LIMIT_BYTES, Salvaged, YamlFile, nearest, parse_or_salvage, printable, read_octets

DECIDED = "waivers.yaml"
DECIDED_ELSEWHERE = "waivers-cluster"
"""Folder beside it with those of the cluster's other nodes."""
_LIMIT_LAYERS = 8


@dataclass(frozen=True)
class Layers:
    """Files of one policy set; the first is the base, the last the file that was asked for."""

    files: tuple[YamlFile[PolicyFile], ...]
    faults: tuple[Fault, ...] = ()
    """Of their schema; `files` are without what is at fault."""
    decided: tuple[YamlFile[PolicyFile], ...] = ()
    """Waivers that were decided on at a console: `DECIDED` in the data folder, and those of other nodes."""

    @property
    def waiving(self) -> tuple[YamlFile[PolicyFile], ...]:
        """All files that may hold waivers."""
        return (*self.files, *self.decided)

    @property
    def top(self) -> YamlFile[PolicyFile]:
        """The file that was asked for."""
        return self.files[-1]

    def fault(self, message: str, *location: str | int) -> Fault:
        """Return a fault placed in the uppermost file that says anything at the location."""
        best, depth = self.top, -1
        for layer in self.files:
            reached = _depth(layer.raw, location)
            if reached >= depth:
                best, depth = layer, reached
        return best.fault(message, *location)

    def set_at(self, *location: str) -> str:
        """Return where a value was set last, as file:line:column; empty when no file sets it."""
        for layer in reversed(self.files):
            here: object = layer.raw
            for key in location:
                here = here.get(key) if isinstance(here, dict) else None
            if here is not None:
                return layer.fault("", *location).place
        return ""

    def settings(self, policy: str, known: Collection[str]) -> dict[str, Any]:
        """Return the settings of a policy as the layers give them together; lists are replaced, not joined.

        Of the settings that policies share it takes those it knows; in each layer its own are put over them.
        """
        merged: dict[str, Any] = {}
        for layer in self.files:
            _merge(merged, {key: value for key, value in layer.value.settings.items() if key in known})
            section = layer.value.policies.get(policy)
            if section is not None:
                _merge(merged, section.settings)
        return merged

    def settings_place(self, policy: str, key: str) -> tuple[YamlFile[PolicyFile], tuple[str, ...]]:
        """Return the file in which a setting of a policy was given last, and its section there."""
        for layer in reversed(self.files):
            section = layer.value.policies.get(policy)
            if section is not None and key in section.settings:
                return layer, ("policies", policy, "settings")
            if key in layer.value.settings:
                return layer, ("settings",)
        return self.top, ("policies", policy, "settings")

    def policies(self) -> Iterator[str]:
        """Yield the names of all policies in the order in which the files give them."""
        yield from dict.fromkeys(name for layer in self.files for name in layer.value.policies)


def read_layers(source: Path | str, registry: Registry, decided: Path | None = None) -> Layers:
    """Read a policy file or preset, what it extends, and decided waivers if there; ConfigError with all faults."""
    wanted = find(source, registry, folder=None, asked_in=None)
    return with_decided(_below(wanted, _read(wanted), registry, None), decided)


def with_decided(layers: Layers, decided: Path | None) -> Layers:
    """Return layers with the decided waivers, if there are any; ConfigError when a file of them holds anything else."""
    if decided is None:
        return layers
    for path in (decided, *sorted(decided.with_name(DECIDED_ELSEWHERE).glob("*.yaml"))):
        if not path.exists():
            continue
        salvaged = _read(path)
        file = salvaged.rest
        if file is None:
            raise ConfigError(*layers.faults, *salvaged.faults)
        others = sorted(set(file.raw) - {"version", "name", "waivers"}) if isinstance(file.raw, dict) else []
        faults = [file.fault(both("waiver", "fault", "only_waivers", key=printable(key)), key) for key in others]
        layers = replace(layers, faults=(*layers.faults, *salvaged.faults, *faults), decided=(*layers.decided, file))
    return layers


def read_candidate(octets: bytes, current: Layers, registry: Registry) -> Layers:
    """Return the layers of a candidate, which may read and run nothing new; ConfigError with all faults."""
    path = candidate_path(current, registry)
    salvaged = parse_or_salvage(octets, PolicyFile, path=str(path), filling={"version": 1, "name": "-"})
    if salvaged.rest is None:
        raise ConfigError(*salvaged.faults)
    faults = list(_new_modules(salvaged.rest, current))
    if faults:
        raise ConfigError(*salvaged.faults, *faults)
    return _below(path, salvaged, registry, frozenset(layer.path for layer in current.files))


def candidate_path(current: Layers, registry: Registry) -> Path:
    """Return the path of a candidate: in the place of the current file, beside it when that is a preset."""
    path = Path(current.top.path)
    return path.with_name("candidate.yaml") if str(path) in _preset_paths(registry) else path


def _new_modules(file: YamlFile[PolicyFile], current: Layers) -> Iterator[Fault]:
    """Yield a fault for each module that the current policies do not run under that name."""
    known = {
        (name, section.module)
        for layer in current.files
        for name, section in layer.value.policies.items()
        if section.module is not None
    }
    for name, section in file.value.policies.items():
        if section.module is not None and (name, section.module) not in known:
            yield file.fault(both("start", "policy", "new_module"), "policies", name, "module")


def _below(
    wanted: Path | Traversable, salvaged: Salvaged[PolicyFile], registry: Registry, allowed: frozenset[str] | None
) -> Layers:
    """Read what a file extends, from file to file; with `allowed` files only that are among these, or presets."""
    chain: list[YamlFile[PolicyFile]] = []
    faults: list[Fault] = []
    seen: set[str] = set()
    while True:
        label = str(wanted)
        layer = salvaged.rest
        if layer is None:
            raise ConfigError(*faults, *salvaged.faults)
        if label in seen or len(chain) >= _LIMIT_LAYERS:
            raise ConfigError(*faults, layer.fault("extends đi vòng quanh / extends leads in a circle", "extends"))
        faults += salvaged.faults
        seen.add(label)
        chain.append(layer)
        if layer.value.extends is None:
            return Layers(tuple(reversed(chain)), tuple(faults))
        folder = wanted.parent if isinstance(wanted, Path) else None
        try:
            wanted = find(layer.value.extends, registry, folder=folder, asked_in=layer)
            if (
                allowed is not None
                and isinstance(wanted, Path)
                and str(wanted) not in allowed | _preset_paths(registry)
            ):
                raise ConfigError(layer.fault(both("start", "policy", "new_file"), "extends"))
        except ConfigError as error:
            raise ConfigError(*faults, *error.faults) from None
        salvaged = _read(wanted)


def _preset_paths(registry: Registry) -> frozenset[str]:
    return frozenset(map(str, registry.presets().values()))


def find(
    source: Path | str, registry: Registry, *, folder: Path | None, asked_in: YamlFile[PolicyFile] | None
) -> Path | Traversable:
    """Return the file that a path or a preset's name means; ConfigError when there is none."""
    text = str(source)
    if isinstance(source, Path) or "/" in text or text.endswith((".yaml", ".yml", ".json")):
        return folder / text if folder is not None else Path(text)
    presets = registry.presets()
    if text in presets:
        return presets[text]
    if folder is None and Path(text).is_file():
        return Path(text)
    vietnamese, english = nearest(text, sorted(presets)) or ("", "")
    known = ", ".join(sorted(presets)) or "-"
    message = (
        f"không có bộ chính sách “{printable(text)}”{vietnamese} (có: {known}) / "
        f"no preset “{printable(text)}”{english} (there are: {known})"
    )
    raise ConfigError(asked_in.fault(message, "extends") if asked_in else Fault(message, printable(text)))


def _read(source: Path | Traversable) -> Salvaged[PolicyFile]:
    octets = read_octets(source, limit_bytes=LIMIT_BYTES) if isinstance(source, Path) else source.read_bytes()
    return parse_or_salvage(octets, PolicyFile, path=str(source), filling={"version": 1, "name": "-"})


def _depth(raw: object, location: tuple[str | int, ...]) -> int:
    depth = 0
    for element in location:
        inside = (isinstance(raw, dict) and element in raw) or (
            isinstance(raw, list) and isinstance(element, int) and element < len(raw)
        )
        if not inside:
            break
        raw = raw[element]  # type: ignore[index]
        depth += 1
    return depth


def _merge(into: dict[str, Any], changes: dict[str, Any]) -> None:
    """Put changes over values; the depth is bounded by the reader of the file."""
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = deepcopy(value)
