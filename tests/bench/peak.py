"""The highest value of a figure while something runs."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def peak(figure: Callable[[], float], every_s: float = 0.05) -> Iterator[list[float]]:
    """Look at a figure every so often; the one element of the list is the highest so far."""
    most, ended = [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(every_s):
            most[0] = max(most[0], figure())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield most
    finally:
        ended.set()
        thread.join()
