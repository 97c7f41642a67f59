"""Objects that hold one another, which only the collector frees: it stops a front end for milliseconds."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept_by_each_other() -> Iterator[list[str]]:
    """Give a list that holds, at the end, the classes and functions of the gateway that were left in cycles."""
    found: list[str] = []
    gc.collect()
    gc.disable()
    try:
        yield found
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        owners = (one if hasattr(one, "__qualname__") else type(one) for one in gc.garbage)
        found += [f"{one.__module__}.{one.__qualname__}" for one in owners if _is_ours(one)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def _is_ours(one: object) -> bool:
    return str(getattr(one, "__module__", "")).startswith("gateway.")
