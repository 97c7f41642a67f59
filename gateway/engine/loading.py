"""A policy file, or a preset by name, to a policy set that has passed the file's own cases."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from gateway.engine.cases import case_faults
from gateway.engine.compiler import Compiler
from gateway.engine.layers import read_layers
from gateway.engine.policy_set import PolicySet
from gateway.engine.registry import Registry
from gateway.errors import ConfigError
from gateway.model import VIETNAM


def load_policy_set(source: Path | str, *, registry: Registry | None = None, now: datetime | None = None) -> PolicySet:
    """Return the policy set; ConfigError with all faults, those of the file's own cases included."""
    registry = registry or Registry.installed()
    layers = read_layers(source, registry)
    loaded = Compiler(layers, registry).compile()
    faults = tuple(case_faults(loaded, layers, now or datetime.now(VIETNAM)))
    if faults:
        raise ConfigError(*faults)
    return loaded
