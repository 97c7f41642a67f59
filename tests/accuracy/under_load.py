"""Whether a verdict depends on the load: documents judged on a quiet machine and again beside busy processes.

    python -m tests.accuracy.under_load FOLDER [COUNT [BUSY]]

takes COUNT files of a folder (300), judges each in a mail of its own, starts BUSY processes (16) that do nothing but
work, judges them all again, and prints those whose documents or findings differ. Exit code 1 when any does. No mail has a
deadline here, so there is no 451: what the clock ends is tested in tests/e2e/test_load.py.
"""

import asyncio
import random
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.pipeline.judge import Judge
from tests.accuracy import wall

KINDS = (
    ".pdf", ".docx", ".doc", ".xlsx", ".xls", ".pptx", ".ppt", ".odt", ".rtf", ".png", ".jpg", ".jpeg", ".tif",
    ".zip",
)  # fmt: skip
LIMIT_BYTES = 6 << 20

Told = tuple[tuple[str, ...], tuple[str, ...], str]
"""How each document was read and what policies observed, the findings, and the disposition."""


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Have so many processes work all the time."""
    work = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in work:
            process.kill()
            process.wait()


async def told(judge: Judge, name: str, data: bytes) -> Told:
    """What the gateway says of one file."""
    evidence, verdict, _, observed = await wall.whole(judge, wall.mail([(name, data)]))
    documents = tuple(
        f"{one.part} {one.status.value} {one.reason} {one.image_pages} {one.read_pages} {one.doubtful_pages}"
        for one in evidence.documents
    )
    documents += tuple(f"{policy} {seen}" for policy, seen in observed.seen.items())
    findings = tuple(sorted(f"{one.policy}.{one.finding}" for one in verdict.findings))
    return documents, findings, verdict.disposition.word


async def differing(judge: Judge, files: Iterable[tuple[str, bytes]], processes: int) -> list[str]:
    """The names of files that are told otherwise beside busy processes; two are read at a time."""
    files, places = list(files), asyncio.Semaphore(2)

    async def one(name: str, data: bytes) -> Told:
        async with places:
            return await told(judge, name, data)

    quiet = await asyncio.gather(*(one(*file) for file in files))
    with busy(processes):
        loaded = await asyncio.gather(*(one(*file) for file in files))
    return [name for (name, _), before, after in zip(files, quiet, loaded, strict=True) if before != after]


def main(folder: str, count: str = "300", processes: str = "16") -> int:
    """Run the comparison and say what differs."""
    paths = [
        path
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file() and path.suffix.lower() in KINDS and path.stat().st_size <= LIMIT_BYTES
    ]
    chosen = random.Random(13).sample(paths, min(int(count), len(paths)))
    with wall.gateway() as judge:
        found = asyncio.run(differing(judge, [(path.name, path.read_bytes()) for path in chosen], int(processes)))
    print(f"{len(chosen)} files, {processes} busy processes: {len(found)} differ", *found, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
