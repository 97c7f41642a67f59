"""Policies by name, registered under the entry-point group `gateway.policies`.

A policy is a module with `RULES`, `NEEDS`, `Settings`, and `judge` (with `look` and `observe` where it reads words) or
`evaluate`; its texts are in `texts/<policy>.toml` beside it
and presets of its package in `presets/<name>.yaml`. This package never imports a policy by name.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import signal
import threading
import traceback
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import ModuleType

from pydantic import BaseModel

from gateway.engine.policy import Code
from gateway.errors import UserError
from gateway.model import Disposition, Need, Rule
from gateway.yaml.values import printable

GROUP = "gateway.policies"
PRODUCT = "congvu-gateway"


@dataclass(frozen=True, kw_only=True)
class PolicyModule(Code):
    """A policy module that keeps the contract."""

    settings_model: type[BaseModel]
    text_settings: frozenset[str]
    """`TEXT_SETTINGS` of the module: settings that `observe` heeds."""
    texts: str
    """Content of its TOML texts."""
    confidential: bool
    """`CONFIDENTIAL = True` in the module: it is about state secrets."""
    confidential_rules: frozenset[str]
    """Of a confidential policy, the rules that refuse by themselves: their findings speak of a possible secret. What it
    merely could not look at is no secret yet."""


@dataclass(frozen=True)
class Registry:
    """Names of policies and the modules that hold them."""

    modules: Mapping[str, str]
    own: frozenset[str] = frozenset()
    """The modules that are of this product."""

    @classmethod
    @functools.cache
    def installed(cls) -> Registry:
        """Return the policies of all installed packages, as the process found them first."""
        entries = entry_points(group=GROUP)
        modules = {entry.name: entry.value.partition(":")[0] for entry in entries}
        own = {modules[entry.name] for entry in entries if entry.dist is not None and entry.dist.name == PRODUCT}
        return cls(modules, frozenset(own))

    def load(self, name: str, module: str | None = None) -> PolicyModule:
        """Import a policy; UserError says what is missing from it."""
        module_name = module or self.modules[name]
        try:
            with limited(LIMIT_CODE_S):
                imported = importlib.import_module(module_name)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the module may be third-party code
            words = crash_words(error)
            raise UserError(f"không nạp được mô-đun {module_name} / cannot import {module_name}: {words}") from None
        return checked(name, imported)

    def presets(self) -> dict[str, Traversable]:
        """Return the presets of all registered packages by name."""
        found: dict[str, Traversable] = {}
        for package in sorted({module.rpartition(".")[0] for module in self.modules.values()} - {""}):
            if importlib.util.find_spec(package) is None:
                continue
            folder = files(package) / "presets"
            if folder.is_dir():
                for entry in folder.iterdir():
                    if entry.name.endswith(".yaml"):
                        found.setdefault(entry.name.removesuffix(".yaml"), entry)
        return found


_KINDS = {"look": "Look", "observe": "Observation"}
"""Functions that read words, and the types of what they return, by which it is unpacked on this side of the wall."""


def checked(name: str, module: ModuleType) -> PolicyModule:
    """Return a module as a policy; UserError when it does not keep the contract."""
    missing = [word for word in ("RULES", "NEEDS", "Settings") if not hasattr(module, word)]
    if not hasattr(module, "judge") and not hasattr(module, "evaluate"):
        missing.append("judge")
    missing += [kind for word, kind in _KINDS.items() if hasattr(module, word) and not hasattr(module, kind)]
    if hasattr(module, "look") and not hasattr(module, "observe"):
        missing.append("observe")
    if missing:
        raise UserError(
            f"mô-đun {module.__name__} thiếu {', '.join(missing)} / {module.__name__} is no policy: "
            f"{', '.join(missing)} missing"
        )
    wrong = [
        word
        for word, keeps in (
            ("RULES", _all_of(module.RULES, Rule)),
            ("NEEDS", _all_of(module.NEEDS, Need)),
            ("Settings", isinstance(module.Settings, type) and issubclass(module.Settings, BaseModel)),
            *((word, callable(getattr(module, word, int))) for word in ("evaluate", "judge", "look", "observe")),
        )
        if not keeps
    ]
    if wrong:
        raise UserError(
            f"mô-đun {module.__name__}: {', '.join(wrong)} sai kiểu (docs/writing-a-policy.md) / "
            f"{module.__name__}: {', '.join(wrong)} of the wrong type"
        )
    if len({rule.id for rule in module.RULES}) != len(module.RULES):
        raise UserError(f"{module.__name__}: hai quy tắc trùng tên / two rules have the same id")
    # The policy that Article 4.1 is about is confidential, even if its module says otherwise.
    confidential = name == "classified" or bool(getattr(module, "CONFIDENTIAL", False))
    return PolicyModule.of(
        name,
        module,
        settings_model=module.Settings,
        text_settings=frozenset(getattr(module, "TEXT_SETTINGS", ())),
        texts=_texts(name, module),
        confidential=confidential,
        confidential_rules=frozenset(
            rule.id for rule in module.RULES if confidential and rule.disposition is Disposition.REJECT
        ),
    )


LIMIT_CODE_S = 10.0
"""Processor time of a policy's own code when it is imported and tried."""


@contextmanager
def limited(limit_s: float, *, standing_still: bool = False) -> Iterator[None]:
    """Raise TimeoutError in code that takes more processor time, or time of the clock where none may stand still.

    Only in the main thread, which alone is reached by signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(_number: int, _frame: object) -> None:
        raise TimeoutError(f"not at its end after {limit_s:g} s" + " of processor time" * (not standing_still))

    timer, number = (signal.ITIMER_REAL, signal.SIGALRM) if standing_still else (signal.ITIMER_PROF, signal.SIGPROF)
    before = signal.signal(number, over)
    signal.setitimer(timer, limit_s)
    try:
        yield
    finally:
        signal.setitimer(timer, 0)
        signal.signal(number, before)


def crash_words(error: BaseException) -> str:
    """Return what a policy's own code raised and where, in one line without a traceback."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    frames = [
        one
        for one in traceback.extract_tb(error.__traceback__)
        if not one.filename.startswith("<") and one.filename != __file__
    ]
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {printable(str(error))}{place}"


def _all_of(values: object, kind: type) -> bool:
    return isinstance(values, Collection) and all(isinstance(value, kind) for value in values)


def _texts(name: str, module: ModuleType) -> str:
    for folder in _folders(module):
        texts = folder / "texts" / f"{name}.toml"
        if texts.is_file():
            return texts.read_text("utf-8")
    raise UserError(f"thiếu tệp texts/{name}.toml cạnh {module.__name__} / texts/{name}.toml is missing")


def _folders(module: ModuleType) -> Iterable[Traversable]:
    package = module.__spec__.parent if module.__spec__ else ""
    while package:
        yield files(package)
        package = package.rpartition(".")[0]
    if module.__file__:
        yield Path(module.__file__).parent
