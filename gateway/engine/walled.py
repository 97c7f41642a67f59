"""Policies in the child that reads a mail: `look`, `observe` and `judge` run there.

Loaded in the zygote by name (`PoolSettings.observing`), so that `documents` need not know the engine. Policies of third
parties judge here, too.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from gateway.engine.observing import Looks, observe
from gateway.engine.policy import Observing
from gateway.engine.registry import Registry
from gateway.model import Document, Evidence, Observations, Observer
from gateway.model.scrub import packed


def warm_up(modules: Iterable[str]) -> None:
    """Import the installed policies and those modules: nothing can be imported in the sandbox."""
    for module in {*Registry.installed().modules.values(), *modules}:
        with suppress(Exception):  # third-party code: the judging process has reported the fault
            importlib.import_module(module)


@lru_cache(maxsize=4)
def observers(descriptions: tuple[Observer, ...]) -> Observers:
    """Return the policies that a request names."""
    return Observers(descriptions)


class Observers:
    """The policies that read words of one mail."""

    def __init__(self, descriptions: tuple[Observer, ...]) -> None:
        self._policies: list[Observing] = []
        self._missing: dict[str, str] = {}
        self._foreign = any(one.foreign for one in descriptions)
        self.on_turn: Callable[[str], None] = lambda _name: None
        for one in descriptions:
            try:
                self._policies.append(_walled(one))
            except Exception as error:  # noqa: BLE001 - third-party code
                self._missing[one.name] = _words(error)

    def look(self, document: Document) -> tuple[Looks, dict[str, str]]:
        """Have each policy look at a document; return what it made of it, and the faults. MemoryError, RecursionError."""
        looks: dict[str, msgspec.Raw] = {}
        faults: dict[str, str] = {}
        for policy in self._policies:
            if policy.look is None:
                continue
            self._announce(policy.name)
            try:
                looks[policy.name] = _raw(policy.look(document, policy.settings))
            except (MemoryError, RecursionError):
                raise  # that is the document's doing
            except Exception as error:  # noqa: BLE001 - third-party code
                faults[policy.name] = _words(error)
        return looks, faults

    def observe(self, evidence: Evidence, looks: Sequence[Looks], faults: dict[str, str]) -> Observations:
        """Have each policy without a fault observe the mail."""
        faults = faults | self._missing
        sound = [policy for policy in self._policies if policy.name not in faults]
        mail = observe(evidence, sound, looks, self._announce)
        faults |= {name: _words(error) for name, error in mail.faults.items()}
        seen: dict[str, msgspec.Raw] = {}
        for name, one in mail.seen.items():
            try:
                seen[name] = _raw(one)
            except TypeError as error:
                faults[name] = _words(error)
        return Observations(seen=seen, found=dict(mail.found), faults=faults)

    def _announce(self, name: str) -> None:
        """Say whose turn it is where the policies are not all ours: one of them may not come to an end."""
        if self._foreign:
            self.on_turn(name)


def _walled(description: Observer) -> Observing:
    module = sys.modules[description.module]
    settings = module.Settings.model_validate_json(description.settings)
    return Observing.of(description.name, module, settings=settings, foreign=description.foreign)


def _raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(packed(value))


def _words(error: Exception) -> str:
    """Return kind and place of an error; its text may hold words of the mail."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}{place}"
