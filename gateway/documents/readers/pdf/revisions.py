"""Words only in an earlier revision of a PDF (ISO 32000-1 §7.5.6), or in content that no page shows.

Incremental updates leave what they replace in the file, where it can be recovered. Each earlier revision is the
file up to its `%%EOF`; it is read like a file of its own, and only lines that the current revision lacks are reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from msgspec import structs

from gateway.documents.readers.base import Budget, ReadError
from gateway.documents.readers.pdf.api import PdfiumDocument
from gateway.documents.readers.pdf.lines import build_lines
from gateway.documents.readers.pdf.marks import unescaped
from gateway.documents.readers.pdf.runs import make_runs
from gateway.documents.readers.pdf.structure import Structure
from gateway.documents.readers.pdf.text import PageReader
from gateway.model import Origin, ReadStatus, Run

LIMIT_REVISIONS = 24
"""Earlier revisions that are read; a file signed by several people and seals has about eight."""
_LITERAL = re.compile(rb"\(((?:[^\\()]|\\[\s\S]){1,4000})\)\s*(?:Tj|'|\")")
# A backslash is read in one way only: two ways for each would be 2^n ways for an array of n.
_ARRAY = re.compile(rb"\[((?:[^\[\]\\]|\\[\s\S]){1,20000})\]\s*TJ")
_STRING = re.compile(rb"\(((?:[^\\()]|\\[\s\S]){0,4000})\)")
_NO_WORD = re.compile(r"[\W_]+")


def revision_ends(data: bytes) -> list[int]:
    """Return the offsets after each `%%EOF` that is followed by another revision."""
    ends = [match.end() for match in re.finditer(rb"%%EOF[ \t]*(?:\r\n|\r|\n)?", data)]
    return [end for end in ends if data.find(b"startxref", end) >= 0]


def read_revisions(
    data: bytes, known: set[str], first_block: int, structure: Structure, budget: Budget
) -> Iterator[Run]:
    """Yield runs of lines that only earlier revisions show; `known` holds the keys of the current lines and grows.

    Raises LIMIT `revisions` when there are more than can be read.
    """
    structure = replace(structure, actual_text=True, ink=False)  # another revision may have it
    ends = revision_ends(data)
    block = first_block
    for end in ends[-LIMIT_REVISIONS:]:
        try:
            document = PdfiumDocument(data[:end], structure.password)
        except ReadError:
            continue  # an %%EOF that ends no revision: the first section of a linearised file, or bytes in a stream
        with document:
            reader = PageReader(document, budget, structure)
            for index in range(document.page_count):
                budget.check_time()
                try:
                    content = reader.read(index)
                except ReadError as error:
                    if error.status in (ReadStatus.TIMEOUT, ReadStatus.LIMIT):
                        raise
                    continue
                fresh = []
                for line in build_lines(content.pieces):
                    key = line_key("".join(line.texts))
                    if key and key not in known:
                        known.add(key)
                        fresh.append(line)
                for run in make_runs(content, fresh, block, scan=False):
                    yield structs.replace(run, origin=Origin.REVISION)
                block += len(fresh)
    if len(ends) > LIMIT_REVISIONS:
        raise ReadError(ReadStatus.LIMIT, "revisions")


def read_orphans(contents: list[bytes], known: set[str], first_block: int) -> Iterator[Run]:
    """Yield what unreferenced content streams would show, as far as it is written in a single-byte font."""
    block = first_block
    for content in contents:
        for shown in content_lines(content):
            key = line_key(shown)
            if len(key) > 1 and key not in known:
                known.add(key)
                yield Run(text=shown, block=block, locator="orphan", origin=Origin.REVISION)
                block += 1


def line_key(text: str) -> str:
    """Return what makes a line the same in two revisions: its letters and digits."""
    return _NO_WORD.sub("", text)


def content_lines(content: bytes) -> Iterator[str]:
    """Yield the literal strings of the show operators of a content stream, one line for each text object."""
    for block in content.split(b"ET"):
        parts = []
        for match in re.finditer(_LITERAL.pattern + b"|" + _ARRAY.pattern, block):
            strings = [match[1]] if match[1] is not None else _STRING.findall(match[2])
            parts.append("".join(unescaped(item).decode("latin-1") for item in strings))
        line = " ".join(parts).strip()
        if line:
            yield line
