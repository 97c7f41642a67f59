"""Processor time of a call."""

import time
from collections.abc import Callable


def least_cost(call: Callable[[], object], times: int = 3) -> float:
    """Return the least processor time of some calls, in seconds."""

    def cost() -> float:
        began = time.process_time()
        call()
        return time.process_time() - began

    return min(cost() for _ in range(times))
