"""Recall, false marks and speed of the stamp finder over generated scans: `python -m tests.readers.stamp_figures`."""

from __future__ import annotations

import io
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from gateway.readers.pictures import stamp
from tests.readers import scans


@dataclass
class Figures:
    """Counts over a set of plans."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    times_ms: list[float] = field(default_factory=list)
    """Processor time, which neighbours on the machine do not lengthen."""
    false_marks: int = 0
    false_suspicions: int = 0
    unstamped: int = 0

    def recall(self, kind: str) -> float:
        return self.counts[kind, "found"] / max(self.counts[kind, "stamped"], 1)

    @property
    def median_ms(self) -> float:
        return statistics.median(self.times_ms)


def measure(plans: list[scans.Plan]) -> Figures:
    figures = Figures()
    for plan in plans:
        data, dpi = scans.make(plan)
        pixels = np.ascontiguousarray(np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))[:, :, ::-1])
        started = time.process_time()
        stamps = stamp.find(pixels, dpi)
        figures.times_ms.append(1000 * (time.process_time() - started))
        marks = [item.text for item in stamps if item.text in scans.MARKS]
        unread = any(item.text is None for item in stamps)
        kind = "grey" if plan.grey else "colour"
        if plan.mark:
            figures.counts[kind, "stamped"] += 1
            figures.counts[kind, "found"] += bool(marks)
            figures.counts[kind, "level right"] += plan.mark in marks
            figures.counts[kind, "suspected"] += not marks and unread
        else:
            figures.unstamped += 1
            figures.false_marks += bool(marks)
            figures.false_suspicions += unread
    return figures


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    stamp.warm_up()
    figures = measure(scans.plans(count, first=10_000))
    for kind in ("colour", "grey"):
        row = {name: figures.counts[kind, name] for name in ("stamped", "found", "level right", "suspected")}
        print(f"{kind}: {row} recall {figures.recall(kind):.1%}")
    print(
        f"unstamped: {figures.unstamped} false marks: {figures.false_marks} false suspicions: {figures.false_suspicions}"
    )
    print(f"median {figures.median_ms:.0f} ms, 95th percentile {sorted(figures.times_ms)[int(0.95 * count)]:.0f} ms")


if __name__ == "__main__":
    main()
