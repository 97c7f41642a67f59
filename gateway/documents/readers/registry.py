"""Readers by detected type, from the table of formats.

Modules are imported by name: the zygote imports them all before the first mail (`load_all`), and a child only looks up
what is already there. A format without a reader is UNSUPPORTED `no-reader`; a module that cannot be imported is our own
fault, and `load_all` lets the ImportError through so that the gateway does not start half blind.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable

from gateway.documents.readers.base import Budget, Reading, Source
from gateway.model.formats import FORMATS, by_type


def format_of(detected_type: str) -> str:
    """Return the short name of a type as readers use it in `Document.format`; the type itself when it has none."""
    row = by_type(detected_type)
    return row.name if row is not None else "image" if detected_type.startswith("image/") else detected_type


Read = Callable[[Source, Budget], Reading]

_loaded: dict[str, Read | None] = {}


def load(module: str) -> Read | None:
    """Return the `read` function of a module, None when the module does not exist; ImportError when it is broken."""
    if module not in _loaded:
        _loaded[module] = importlib.import_module(module).read if importlib.util.find_spec(module) else None
    return _loaded[module]


def module_of(detected_type: str) -> str | None:
    """Return the name of the module that reads a detected type, None when no reader opens it."""
    row = by_type(detected_type)
    return f"gateway.documents.readers.{row.reader}" if row is not None and row.reader is not None else None


def reader_for(detected_type: str) -> Read | None:
    """Return the reader of a detected type, None when no reader opens it."""
    module = module_of(detected_type)
    return load(module) if module else None


def load_all() -> tuple[str, ...]:
    """Import every reader now and return the names of the modules that do not exist."""
    modules = {f"gateway.documents.readers.{row.reader}" for row in FORMATS if row.reader is not None}
    return tuple(sorted(module for module in modules if load(module) is None))
