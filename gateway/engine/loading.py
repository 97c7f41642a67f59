"""A policy file or preset to a policy set whose policies ran once and whose cases passed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from gateway.engine.cases import case_faults, trial_faults
from gateway.engine.compiler import Compiler
from gateway.engine.layers import read_layers
from gateway.engine.policy_set import PolicySet
from gateway.engine.registry import Registry
from gateway.errors import ConfigError, Fault
from gateway.model import VIETNAM


def load_policy_set(
    source: Path | str, *, registry: Registry | None = None, now: datetime | None = None, decided: Path | None = None
) -> PolicySet:
    """Return the policy set, with the waivers of `decided`; ConfigError with all faults, those of its own cases included."""
    registry = registry or Registry.installed()
    layers = read_layers(source, registry, decided)
    loaded = Compiler(layers, registry).compile()
    now = now or datetime.now(VIETNAM)
    # A policy that fails on an ordinary mail would fail its cases too.
    faults = tuple(trial_faults(loaded, layers, now)) or tuple(case_faults(loaded, layers, now))
    if faults:
        raise ConfigError(*faults)
    return loaded


def load_policy_sets(
    *sources: Path | str, registry: Registry | None = None, decided: Path | None = None
) -> list[PolicySet]:
    """Return several policy sets; ConfigError with the faults of all."""
    loaded, faults = list[PolicySet](), list[Fault]()
    for source in sources:
        try:
            loaded.append(load_policy_set(source, registry=registry, decided=decided))
        except ConfigError as error:
            faults += error.faults
    if faults:
        raise ConfigError(*faults)
    return loaded
