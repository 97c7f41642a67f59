"""The search for marks: what the first look saves on a letter, and that hostile texts cost in proportion to their size.

    python -m tests.bench.marks

Contestants take turns in one run; figures are the least processor time of several rounds.
"""

import time
from collections.abc import Callable

from gateway.documents.readers import plain
from gateway.documents.readers.base import Budget, Source
from gateway.model import Document
from gateway.vietnamese.marks import find_in_document
from gateway.vietnamese.marks.search import MarkSettings, Search
from gateway.vietnamese.marks.work import Work
from tests.accuracy.shapes import LETTER

HOSTILE = (
    "MẬT\n",
    "Mật\n",
    "M\nẬ\nT\n",
    "Máº¬T\n",
    "M&#7852;T\n",
    "☐ Mật ☐ Tối mật\n",
    "ТОІ МАТ\n",
    "đổi mật khẩu\n",
    "tiền mặt\n",
)
MEGABYTE = 1_000_000


def text(words: str, size: int) -> Document:
    """A text of about that many octets that repeats the same words."""
    data = (words * (size // len(words.encode()) + 1)).encode()
    return plain.read(Source(data=data, part="1", declared_type="text/plain", charset="utf-8"), Budget()).document


def least_ms(rounds: int, *contestants: Callable[[], object]) -> list[float]:
    """The least milliseconds of processor time that each takes."""
    best = [float("inf")] * len(contestants)
    for _ in range(rounds):
        for number, contestant in enumerate(contestants):
            began = time.process_time()
            contestant()
            best[number] = min(best[number], 1000 * (time.process_time() - began))
    return best


def main() -> None:
    """Print both tables."""
    print("| a clean letter | first look ms | search ms | ratio |\n|---|---:|---:|---:|")
    clean = "\n".join(line for line in LETTER if "mật" not in line.lower()) + "\n"
    for size in (2_000, 20_000):
        letter = text(clean, size)
        ours, search = least_ms(
            200, lambda: find_in_document(letter), lambda: Search(letter, MarkSettings(), Work()).run()
        )
        print(f"| {size} octets | {ours:.3f} | {search:.3f} | {search / ours:.1f}x |")
    print("\n| ten megabytes of | 2.5 MB s | 10 MB s | ratio |\n|---|---:|---:|---:|")
    for words in HOSTILE:
        small, large = text(words, 5 * MEGABYTE // 2), text(words, 10 * MEGABYTE)
        quarter, whole = least_ms(1, lambda: find_in_document(small), lambda: find_in_document(large))
        print(f"| {words.strip()!r} | {quarter / 1000:.2f} | {whole / 1000:.2f} | {whole / quarter:.1f}x |")


if __name__ == "__main__":
    main()
