"""Readers, stamp finder, signature checks and the worker wall, measured beside what others take for the same: in one run.

    python -m tests.bench.readers
    python -m tests.bench.readers --write docs/performance.md

Contestants take turns, so that a busy machine slows all of them alike; figures are medians. Times are CPU, of
other programs too, or by the clock where the row does not say CPU. Rows with a goal say whether it is met.
"""

import argparse
import asyncio
import gc
import io
import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdf

from gateway import mime
from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.ooxml import reader as ooxml
from gateway.documents.readers.pdf import reader as pdf
from gateway.documents.readers.pdf.api import PdfiumDocument
from gateway.documents.readers.pdf.lines import build_lines
from gateway.documents.readers.pdf.runs import make_runs
from gateway.documents.readers.pdf.structure import Structure
from gateway.documents.readers.pdf.text import PageReader
from gateway.documents.readers.pictures.stamp import find
from gateway.documents.signatures import verify
from gateway.documents.signatures.trust import TrustStore
from gateway.documents.wall.inspector import Inspector
from gateway.documents.wall.merge import Merger
from gateway.documents.wall.pool import PoolSettings, WorkerPool
from gateway.documents.wall.wire import InspectionRequest
from gateway.model import Document, formats
from gateway.vietnamese.official import recognise
from gateway.vietnamese.typography import examine
from tests.accuracy import wall
from tests.accuracy import word as word_files
from tests.accuracy.innocents import ROOT
from tests.bench.large_files import office_pdf, openpyxl_walk, pdf_pages, python_docx_walk, sheet_rows, word_pages
from tests.bench.peak import peak
from tests.support.corpus import CORPUS
from tests.support.pages import put
from tests.support.processes import children, memory_kib
from tests.workers.mails import NoVerifiers

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
CERTS = ROOT / "certs"


@dataclass(frozen=True)
class Row:
    """One measurement."""

    what: str
    ours: str
    other: str = ""
    ratio: str = ""
    goal: str = ""
    met: bool | None = None


def all_cpu() -> float:
    """CPU seconds of this process and of the programs that it ran to their end."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def turns(
    rounds: int, *contestants: Callable[[], object], clock: Callable[[], float] = time.process_time
) -> list[float]:
    """Milliseconds of each contestant, median over rounds in which all take their turn."""
    taken: list[list[float]] = [[] for _ in contestants]
    for contestant in contestants:
        contestant()  # imports and caches are not what is measured
    for _ in range(rounds):
        for mine, contestant in zip(taken, contestants, strict=True):
            gc.collect()
            began = clock()
            contestant()
            mine.append(1000 * (clock() - began))
    return [statistics.median(mine) for mine in taken]


def read_pdf(data: bytes) -> object:
    """Our reading of a PDF: text with font, colour and place, annotations, attachments, earlier revisions."""
    return pdf.read(Source(data=data, part="1", detected_type="application/pdf"), Budget())


def read_pdf_text(data: bytes) -> object:
    """Only the lines of the pages, with font, size, colour and place, as the reader makes them."""
    with PdfiumDocument(data) as document:
        reader = PageReader(document, Budget(), Structure())
        found = []
        for index in range(document.page_count):
            content = reader.read(index)
            found += make_runs(content, build_lines(content.pieces), len(found), scan=False)
    return found


def read_office(data: bytes) -> object:
    """Our reading of an Office package: all stories, properties, hidden parts, and the look of every run."""
    return ooxml.read(Source(data=data, part="1"), Budget())


def pdf_rows(rounds: int, data: bytes, producer: str) -> Iterator[Row]:
    """Text of one PDF, beside pypdf by CPU and beside pdftotext by the clock."""
    pages = len(pypdf.PdfReader(io.BytesIO(data)).pages)
    what = f"text of a {pages}-page PDF ({producer})"
    whole_means = "annotations, forms, attachments, revisions too"

    def by_pypdf() -> object:
        return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages]

    text, whole, theirs = turns(rounds, lambda: read_pdf_text(data), lambda: read_pdf(data), by_pypdf)
    other = f"pypdf {theirs:.0f} ms"
    yield Row(what, f"{text:.0f} ms CPU", other, f"{theirs / text:.1f}x faster", ">= 5x", theirs >= 5 * text)
    yield Row(f"the same read in full: {whole_means}", f"{whole:.0f} ms CPU", other, f"{theirs / whole:.1f}x faster")
    if shutil.which("pdftotext") is None:
        return
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(data)
        file.flush()

        def by_poppler() -> object:
            return subprocess.run(["pdftotext", file.name, "-"], capture_output=True, check=True)

        text, theirs = turns(rounds, lambda: read_pdf_text(data), by_poppler, clock=all_cpu)
    other = f"pdftotext {theirs:.0f} ms"
    yield Row(what, f"{text:.0f} ms CPU", other, f"{text / theirs:.2f}x of it", "<= 1.5x", text <= 1.5 * theirs)


def text_rows(rounds: int) -> Iterator[Row]:
    """Text of PDF, Word and Excel files."""
    with tempfile.TemporaryDirectory() as temporary:
        printed = office_pdf(Path(temporary))
    yield from pdf_rows(rounds, pdf_pages(100), "plain lines, reportlab")
    if printed is not None:
        yield from pdf_rows(rounds, printed, "an office document, LibreOffice")
    word, sheet = word_pages(60), sheet_rows(3000)
    ours, theirs = turns(rounds, lambda: read_office(word), lambda: python_docx_walk(word))
    yield Row(
        "walk of a 60-page DOCX",
        f"{ours:.0f} ms",
        f"python-docx {theirs:.0f} ms",
        f"{theirs / ours:.1f}x faster",
        ">= 10x",
        theirs >= 10 * ours,
    )
    ours, theirs = turns(rounds, lambda: read_office(sheet), lambda: openpyxl_walk(sheet))
    yield Row(
        "walk of an XLSX, 30,000 cells",
        f"{ours:.0f} ms",
        f"openpyxl {theirs:.0f} ms",
        f"{theirs / ours:.1f}x faster",
        ">= 10x",
        theirs >= 10 * ours,
    )


def typography_of(document: Document) -> object:
    """Every letter's font, colour and encoding, and what kind of document it is."""
    return examine(document), recognise(document)


def typography_rows(rounds: int) -> Iterator[Row]:
    """Typography of long documents, reading included, beside python-docx resolving the same looks."""
    limit_ms = 300
    word = word_pages(115)
    ours, theirs = turns(
        rounds,
        lambda: typography_of(ooxml.read(Source(data=word, part="1"), Budget()).document),
        lambda: python_docx_walk(word),
    )
    yield Row(
        "typography of a 100-page DOCX",
        f"{ours:.0f} ms CPU",
        f"python-docx, looks alone {theirs:.0f} ms",
        f"{theirs / ours:.1f}x faster",
        f"< {limit_ms} ms",
        ours < limit_ms,
    )
    printed = pdf_pages(100)
    source = Source(data=printed, part="1", detected_type="application/pdf")
    (ours,) = turns(rounds, lambda: typography_of(pdf.read(source, Budget()).document))
    yield Row("typography of a 100-page PDF", f"{ours:.0f} ms CPU", goal=f"< {limit_ms} ms", met=ours < limit_ms)


def stamp_rows(rounds: int) -> Iterator[Row]:
    """The stamp finder on scanned pages, half of them stamped, colour and grey."""
    import numpy as np
    from PIL import Image

    from tests.readers.scans import Plan, make

    pages = []
    for seed in range(8):
        picture, dpi = make(Plan(seed, mark=("MẬT", None)[seed % 2], grey=seed % 4 > 1))
        blue_first = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))[:, :, ::-1]
        pages.append((np.ascontiguousarray(blue_first), dpi))
    clock, cpu = [], []
    for number in range(rounds + 1):
        for page, dpi in pages:
            began, used = time.perf_counter(), all_cpu()
            find(page, dpi)
            if number:
                clock.append(1000 * (time.perf_counter() - began))
                cpu.append(1000 * (all_cpu() - used))
    median = statistics.median(clock)
    yield Row(
        "stamp check of a scanned page, 200 dpi", f"{median:.0f} ms", f"CPU {statistics.median(cpu):.0f} ms",
        f"slowest {max(clock):.0f} ms", "< 100 ms median", median < 100,
    )  # fmt: skip


def request(content: bytes) -> InspectionRequest:
    """What the pipeline asks of the workers."""
    message = mime.parse(content)
    return InspectionRequest(
        id="bench", root=message.root, content=content, header_block=content[: message.header_length], now=NOW
    )


def wall_rows(rounds: int) -> Iterator[Row]:
    """What the process wall adds to a mail, and what a child takes of memory."""
    content = wall.mail([("bao-cao.docx", word_files.package("")), ("bao-cao.pdf", pdf_pages(1))])
    asked = request(content)

    def inside() -> object:
        merger = Merger(asked.root)
        Inspector(asked, content, emit=merger.take, verifiers=NoVerifiers()).run()
        return merger.documents

    with closing(WorkerPool.start(PoolSettings(certs=CERTS if CERTS.is_dir() else None))) as pool:
        with asyncio.Runner() as runner:
            (own, behind) = turns(10 * rounds, inside, lambda: runner.run(pool.inspect(asked)), clock=time.perf_counter)
            yield Row(
                "mail with a DOCX and a PDF behind the wall",
                f"{behind:.1f} ms",
                f"same process {own:.1f} ms",
                f"{behind - own:+.1f} ms",
                "< 10 ms more",
                behind - own < 10,
            )
            heavy = wall.mail([("a.pdf", pdf_pages(100)), ("b.docx", word_pages(100)), ("c.xlsx", sheet_rows(10_000))])
            zygote = pool.process.pid or 0
            with peak(lambda: max((memory_kib(child, "VmHWM") for child in children(zygote)), default=0), 0.01) as most:
                runner.run(pool.inspect(request(heavy)))
            child, inherited = most[0] / 1024, memory_kib(zygote) / 1024
    yield Row(
        "memory of a child: 100-page PDF, 100-page DOCX, 100,000 cells",
        f"{child:.0f} MiB",
        f"of which inherited {inherited:.0f} MiB",
        goal="< 512 MiB",
        met=child < 512,
    )


_SIGNED = (
    (
        "PDF with two signatures",
        "vietnam",
        "vbai__779qdubDLQUY_KHUYEN_HOC.signed.signed.kydauden.pdf",
        "application/pdf",
        80,
    ),
    ("OOXML signature", "office-signatures", "poi__ms-office-2010-signed.docx", formats.DOCX.media_type, 20),
    (
        "OpenDocument signature",
        "office-signatures",
        "rubodf__ODF_document_signature_valid_and_trusted.odt",
        formats.ODT.media_type,
        20,
    ),
)


def signature_rows(rounds: int) -> Iterator[Row]:
    """Signature checks with all trust anchors, in turns with pdfsig and xmlsec1 where they are installed."""
    from tests.pki.signing import sign_pdf_twice
    from tests.pki.tree import letter_pdf, store, tree

    made = sign_pdf_twice(letter_pdf(), tree().g2_person, tree().g2_seal, tsa=tree().tsa, tsa_time=NOW - timedelta(1))
    what = "PDF with two signatures, of a person and a seal, with timestamps"
    yield _signature_row(rounds, what, made, "application/pdf", store(), 80)
    trust = TrustStore.load(CERTS)
    for what, folder, name, kind, limit in _SIGNED:
        path = CORPUS / folder / name
        if path.is_file():
            data = path.read_bytes()
            found = verify(data, part="1", filename=name, detected_type=kind, trust=trust, now=NOW)
            title = f"{what} ({len(found)} found, {len(data) >> 10} KiB)"
            yield _signature_row(rounds, title, data, kind, trust, limit)


def _signature_row(rounds: int, what: str, data: bytes, kind: str, trust: TrustStore, limit: int) -> Row:
    from tests.accuracy.signatures import Programs

    pdf = kind == "application/pdf"
    program = "pdfsig" if pdf else "xmlsec1"

    def ours() -> object:
        return verify(data, part="1", filename="a", detected_type=kind, trust=trust, now=NOW)

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.pdf"
        file.write_bytes(data)
        if shutil.which(program) is None:
            (taken,) = turns(3 * rounds, ours)
            return Row(what, f"{taken:.0f} ms CPU", goal=f"< {limit} ms", met=taken < limit)
        programs = Programs(Path(folder), [], [])

        def theirs() -> object:
            return programs.pdfsig(file, trust=True) if pdf else programs.xmlsec1(data, trust=False)

        taken, other = turns(3 * rounds, ours, theirs, clock=all_cpu)
    ratio = f"{other / taken:.1f}x faster" if other > taken else f"{taken / other:.2f}x of it"
    return Row(what, f"{taken:.0f} ms CPU", f"{program} {other:.0f} ms", ratio, f"< {limit} ms", taken < limit)


def table(rounds: int) -> tuple[str, list[Row]]:
    """All rows as Markdown."""
    rows = [
        *text_rows(rounds),
        *typography_rows(rounds),
        *stamp_rows(rounds),
        *wall_rows(rounds),
        *signature_rows(rounds),
    ]
    lines = [
        "",
        f"`python -m tests.bench.readers --rounds {rounds}` on {os.cpu_count()} processors, {datetime.now(UTC):%Y-%m-%d}:",
        "",
    ]
    lines += ["| task | gateway | compared with | ratio | goal | met |", "|---|---:|---:|---:|---:|---|"]
    for row in rows:
        met = "" if row.met is None else "yes" if row.met else "**no**"
        lines.append(f"| {row.what} | {row.ours} | {row.other} | {row.ratio} | {row.goal} | {met} |")
    return "\n".join(lines) + "\n\n", rows


def main() -> None:
    """Print the table, or put it between its marks in a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", type=Path, metavar="PAGE")
    arguments = parser.parse_args()
    lines, _ = table(arguments.rounds)
    print(lines)
    if arguments.write is not None:
        put(arguments.write, "readers", lines)


if __name__ == "__main__":
    main()
