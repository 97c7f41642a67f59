"""Recall, false marks and speed of the scan readers over generated scans, for docs/accuracy-tables.md.

`python -m tests.readers.stamp_figures [--write docs/accuracy-tables.md] [--pages 240] [--sheets 160] [--hard 54]
[--innocents 104]`: the first set is one kind of office scanner at all degrees of wear, through the stamp finder and, where that
finds nothing, the whole reader; the others go through the whole reader and the judge of marks, as a mail would meet them: pages from other machines, pages
with one trouble each, and what offices send that bears no mark. All of it takes about eight minutes of two processors.
Readers get time enough, so that a busy machine does not
change the figures.
"""

import argparse
import io
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.pdf import reader as pdf
from gateway.documents.readers.pictures import image, stamp
from gateway.model import Document
from gateway.vietnamese.marks import Strength, find_in_document
from tests.readers import hard_scans, scan_makers, scans
from tests.support.pages import put

LEVELS = {"MẬT": "mat", "TỐI MẬT": "toi_mat", "TUYỆT MẬT": "tuyet_mat"}
BILEVEL_OR_GREY = ("scanner grey", "fax g4", "pdf ccitt")


@dataclass
class Figures:
    """Counts over a set of plans."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    times_ms: list[float] = field(default_factory=list)
    """Processor time; neighbours that share caches lengthen it too."""
    false_marks: int = 0
    false_suspicions: int = 0
    unstamped: int = 0

    def recall(self, kind: str) -> float:
        return self.counts[kind, "found"] / max(self.counts[kind, "stamped"], 1)

    @property
    def median_ms(self) -> float:
        return statistics.median(self.times_ms)


def check(plan: scans.Plan) -> tuple[list[stamp.Stamp], float]:
    """Return the stamps of one page and the milliseconds of processor time that finding them took."""
    data, dpi = scans.make(plan)
    pixels = scans.bgr(Image.open(io.BytesIO(data)))
    started = time.process_time()
    stamps = stamp.find(pixels, dpi)
    return stamps, 1000 * (time.process_time() - started)


def measure(plans: list[scans.Plan], pool: Executor | None = None) -> Figures:
    figures = Figures()
    for plan, (stamps, milliseconds) in zip(plans, (pool.map if pool else map)(check, plans), strict=True):
        figures.times_ms.append(milliseconds)
        marks = [item.text for item in stamps if item.text in scans.MARKS]
        unread = any(item.text is None for item in stamps)
        if plan.mark and not marks and not unread:
            marks = levels(plan)
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


def levels(plan: scans.Plan) -> list[str]:
    """Return the levels that the whole reader finds on a page, among its words too."""
    found = find_in_document(read("page.png", scans.make(plan)[0]))
    sure = {mark.level.value for mark in found if mark.strength is Strength.MARKED}
    return [name for name, level in LEVELS.items() if level in sure]


def read(name: str, data: bytes) -> Document:
    """Read a file as the gateway does, with time enough."""
    reader = pdf if name.endswith(".pdf") else image
    budget = Budget(cpu_s=600, part_cpu_s=600, words_cpu_s=500.0)
    document: Document = reader.read(Source(data=data, part="1"), budget).document
    return document


def outcome(sheet: scan_makers.Sheet | hard_scans.Hard) -> str:
    """What becomes of one sheet: `right`, `other level`, `suspected` or `missed`; `stopped` or `passed` without a mark."""
    maker = hard_scans if isinstance(sheet, hard_scans.Hard) else scan_makers
    document = read(*maker.make(sheet))
    found = find_in_document(document)
    sure = {mark.level.value for mark in found if mark.strength is Strength.MARKED}
    doubted = any(mark.strength is Strength.SUSPECTED for mark in found)
    doubted = doubted or any(picture.unread_boxes for picture in document.images)
    if sheet.mark is None:
        return "stopped" if sure or doubted else "passed"
    if LEVELS[sheet.mark] in sure:
        return "right"
    return "other level" if sure else "suspected" if doubted else "missed"


def by_machine(pool: Executor, sheets: list[scan_makers.Sheet]) -> Counter[tuple[str, str]]:
    """Count outcomes by machine, ink, place, frame and turn, and over all."""
    counts: Counter[tuple[str, str]] = Counter()
    for sheet, result in zip(sheets, pool.map(outcome, sheets), strict=True):
        kind = "grey and black-and-white" if sheet.machine in BILEVEL_OR_GREY else "colour"
        frame = "framed" if sheet.framed else "without frame"
        for group in ("all", kind, sheet.machine, f"{sheet.ink} ink", sheet.place, f"turned {90 * sheet.turn}°", frame):
            counts[group, result] += 1
    return counts


def by_trouble(pool: Executor, sheets: list[hard_scans.Hard]) -> Counter[tuple[str, str]]:
    """Count outcomes by what is hard about a page, by the scene of pages without a mark, and over all."""
    counts: Counter[tuple[str, str]] = Counter()
    for sheet, result in zip(sheets, pool.map(outcome, sheets), strict=True):
        for group in ("all", sheet.trouble, *([f"scene: {sheet.scene}"] if sheet.scene else [])):
            counts[group, result] += 1
    return counts


def tables(
    figures: Figures,
    counts: Counter[tuple[str, str]],
    hard: Counter[tuple[str, str]],
    innocent: Counter[tuple[str, str]],
) -> Iterator[str]:
    yield "### Stamps: one scanner, all degrees of wear\n"
    yield "| scans | stamped | mark found | level right | else suspected |"
    yield "|---|---:|---:|---:|---:|"
    for kind in ("colour", "grey"):
        row = [figures.counts[kind, name] for name in ("stamped", "found", "level right", "suspected")]
        yield f"| {kind} | {row[0]} | {row[1]} ({figures.recall(kind):.1%}) | {row[2]} | {row[3]} |"
    slow = sorted(figures.times_ms)[int(0.95 * len(figures.times_ms))]
    yield (
        f"\n{figures.unstamped} pages without a mark, with other stamps, seals and signatures: {figures.false_marks} taken"
        f" for marked, {figures.false_suspicions} suspected. Processor time of the stamp check: median"
        f" {figures.median_ms:.0f} ms, 95th percentile {slow:.0f} ms.\n"
    )
    yield "### Pages from other machines, through the whole reader\n"
    yield from _outcomes(counts)
    yield "\n### Pages with one trouble each, through the whole reader\n"
    yield from _outcomes(hard + Counter({key: n for key, n in innocent.items() if not key[0].startswith("scene")}))
    yield "\n### What offices send without a mark, through the same troubles\n"
    yield "| scene | pages | stopped |"
    yield "|---|---:|---:|"
    for scene in dict.fromkeys(group for group, _ in innocent if group.startswith("scene") or group == "all"):
        passed, stopped = innocent[scene, "passed"], innocent[scene, "stopped"]
        yield f"| {scene.removeprefix('scene: ')} | {passed + stopped} | {stopped} |"


def _outcomes(counts: Counter[tuple[str, str]]) -> Iterator[str]:
    yield "| pages | marked | right level | other level | suspected | missed | innocent | of these stopped |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    for group in dict.fromkeys(group for group, _ in counts):
        results = [counts[group, name] for name in ("right", "other level", "suspected", "missed")]
        innocent, stopped = counts[group, "passed"] + counts[group, "stopped"], counts[group, "stopped"]
        cells = " | ".join(str(value) for value in (sum(results), *results, innocent, stopped))
        yield f"| {group} | {cells} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--pages", type=int, default=240)
    parser.add_argument("--sheets", type=int, default=160)
    parser.add_argument("--hard", type=int, default=54)
    parser.add_argument("--innocents", type=int, default=104)
    arguments = parser.parse_args()
    stamp.warm_up()
    with ProcessPoolExecutor(initializer=stamp.warm_up) as pool:
        hard = by_trouble(pool, hard_scans.sheets(arguments.hard, first=20_000))
        innocent = by_trouble(pool, hard_scans.innocents(arguments.innocents, first=30_000))
        counts = by_machine(pool, scan_makers.sheets(arguments.sheets))
        figures = measure(scans.plans(arguments.pages, first=10_000), pool)
    text = "\n".join(tables(figures, counts, hard, innocent))
    print(text)
    if arguments.write:
        put(arguments.write, "scans", f"{text}\n")


if __name__ == "__main__":
    main()
