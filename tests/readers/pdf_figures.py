"""The PDF reader beside other readers: `python -m tests.readers.pdf_figures FILE...` prints word recall and times.

Word recall: which share of the words that poppler's pdftotext finds stand in our runs, letters only, page by page.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
import unicodedata
from collections import Counter
from pathlib import Path

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.pdf import reader as pdf
from gateway.model import Document

_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> Counter[str]:
    """Words as letters and digits, whatever the normal form and the dashes between them."""
    return Counter(_WORD.findall(unicodedata.normalize("NFKC", text).replace("\xad", "")))


def our_text(document: Document) -> str:
    """All runs that a page shows or hides, lines as lines."""
    blocks: dict[int, str] = {}
    for run in document.runs:
        blocks[run.block] = blocks.get(run.block, "") + run.text
    return "\n".join(blocks.values())


def poppler_text(path: Path) -> str:
    done = subprocess.run(["pdftotext", "-q", str(path), "-"], capture_output=True, timeout=300, check=False)
    return done.stdout.decode("utf-8", "replace")


def missing(path: Path) -> tuple[int, int, list[str]]:
    """Words of poppler, how many of them we lack, and the first of those.

    Where one reader parts a word and the other does not, the letters still follow each other: a word counts as found
    when its letters stand in ours in one piece.
    """
    document = pdf.read(Source(data=path.read_bytes(), part="1"), Budget()).document
    text = our_text(document)
    ours, theirs = words(text), words(poppler_text(path))
    glued = "".join(_WORD.findall(unicodedata.normalize("NFKC", text).replace("\xad", "")))
    lacking = [word for word in (theirs - ours) if word not in glued]
    return sum(theirs.values()), len(lacking), lacking[:20]


def times(path: Path) -> dict[str, float]:
    """Seconds of ours (in a warm process), pypdf's text, and pdftotext with its process."""
    from pypdf import PdfReader

    pdf.warm_up()
    data = path.read_bytes()
    result = {}
    for name, work in (
        ("ours", lambda: pdf.read(Source(data=data, part="1"), Budget())),
        ("pdftotext", lambda: poppler_text(path)),
        ("pypdf", lambda: [page.extract_text() for page in PdfReader(path).pages]),
    ):
        rounds = []
        for _ in range(1 if name == "pypdf" else 5):
            started = time.perf_counter()
            work()
            rounds.append(time.perf_counter() - started)
        result[name] = min(rounds)
    return result


def main() -> None:
    total = lacking = 0
    for name in sys.argv[1:]:
        path = Path(name)
        count, absent, examples = missing(path)
        total, lacking = total + count, lacking + absent
        print(f"{path.name[-50:]}: {count} words, {absent} missing {examples[:8]}")
    print(f"recall {1 - lacking / max(total, 1):.4%}")
    if len(sys.argv) == 2:
        print({name: f"{1000 * seconds:.0f} ms" for name, seconds in times(Path(sys.argv[1])).items()})


if __name__ == "__main__":
    main()
