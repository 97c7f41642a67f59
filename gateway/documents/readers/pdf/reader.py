"""PDF to Document (ISO 32000-1): text with its look and place by pdfium, structure by our own scan and qpdf.

The structural pass comes first: it is cheap and stops bombs before pdfium meets them. Then each page is read, its
annotations, its earlier revisions, and pages that are pictures go to the scan reader. Signatures are not judged here.
What could not be read in full makes the document PARTIAL with the cause; pages that are pictures do not, they are named
in `image_pages` and `read_pages`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator

from msgspec import structs

from gateway.documents.readers.base import Budget, ReadError, Reading, Source, spoken
from gateway.documents.readers.pdf.annotations import cannot_be_told
from gateway.documents.readers.pdf.api import PdfiumDocument
from gateway.documents.readers.pdf.lines import build_lines
from gateway.documents.readers.pdf.page import PageContent
from gateway.documents.readers.pdf.revisions import line_key, read_orphans, read_revisions, revision_ends
from gateway.documents.readers.pdf.runs import annotation_role, make_runs
from gateway.documents.readers.pdf.scan import PageLook, ScanReader, look_at, with_annotations
from gateway.documents.readers.pdf.structure import Structure, read_structure
from gateway.documents.readers.pdf.tables import in_cells
from gateway.documents.readers.pdf.text import PageReader
from gateway.documents.readers.pdf.visible import contains
from gateway.documents.readers.pdf.words import Text
from gateway.documents.readers.sink import LIMIT_SETUPS, Sink
from gateway.model import ActiveContent, Image, Origin, PageSetup, ReadStatus, Role, Run

LIMIT_PAGES = 5000
TALLER = 1.5
"""Heights of a line that ink may have which is read as words of it."""


class _State(Sink):
    """State of the reading, partly by page."""

    def __init__(self, budget: Budget, *, compares: bool) -> None:
        super().__init__(budget)
        self.compares = compares
        """There is an earlier revision to compare with."""
        self.keys: set[str] = set()
        """Lines that the current revision shows; kept only when it is compared."""
        self.image_pages: list[int] = []
        self.read_pages: list[int] = []
        self.doubtful_pages: list[int] = []
        self.annotated: list[tuple[int, PageContent]] = []
        self.looks: list[PageLook] = []

    def add(self, runs: Iterable[Run]) -> None:
        """Take runs, each with the number of its block."""
        for run in runs:
            self.runs.append(run)
            self.block = max(self.block, run.block + 1)
            if self.compares and (key := line_key(run.text)):
                self.keys.add(key)


def read(source: Source, budget: Budget) -> Reading:
    """Read a PDF; raises ReadError when nothing of it can be read."""
    structure = read_structure(source.data, source.passwords, budget)
    state = _State(budget, compares=bool(structure.orphans) or bool(revision_ends(source.data)))
    if structure.fonts.lying:
        state.note("text-lies")
    if structure.damaged:
        state.note("structure")
    with PdfiumDocument(source.data, structure.password) as document:
        pages = document.page_count
        if structure.pages is not None and structure.pages != pages:
            state.note("page-tree")
        if pages == 0:
            raise ReadError(ReadStatus.MALFORMED, "no-pages")
        budget.allow_pages(min(pages, LIMIT_PAGES))
        try:
            reader = PageReader(document, budget, structure)
            _read_pages(reader, document.page_count, budget, state)
            _read_annotations(source.data, structure, budget, state)
            state.add(_structure_runs(structure, state.block))
            state.add(_revision_runs(source.data, structure, budget, state))
            _read_scans(reader, budget, state)
        except ReadError as error:
            if not state.runs and not structure.members:
                raise
            state.fail(error.status, error.reason)
    state.pages = pages
    return _reading(source, structure, state)


def _read_pages(reader: PageReader, pages: int, budget: Budget, state: _State) -> None:
    for index in range(min(pages, LIMIT_PAGES)):
        budget.check_time()
        try:
            content = reader.read(index)
        except ReadError as error:
            if error.status is not ReadStatus.MALFORMED:
                raise
            state.note(error.reason)
            continue
        look = look_at(content)
        state.looks.append(look)
        if len(state.setups) < LIMIT_SETUPS:
            place = f"page:{content.number}"
            state.setups.append(PageSetup(locator=place, width_pt=content.width, height_pt=content.height))
        lines = in_cells(build_lines(content.pieces), content.strokes)
        runs = list(make_runs(content, lines, state.block, scan=look.is_picture))
        if state.compares:
            line_texts: dict[int, str] = {}
            for run in runs:
                line_texts[run.block] = line_texts.get(run.block, "") + run.text
            state.keys.update(line_key(text) for text in line_texts.values())
        state.add(runs)
        state.images.extend(look.images)
        if look.is_picture:
            state.image_pages.append(content.number)
        if cannot_be_told(content.annotations) or _lacks_pictures(content):
            state.doubtful_pages.append(content.number)
        if any(a.drawn for a in content.annotations):
            state.annotated.append((index, content))
    if pages > LIMIT_PAGES:
        state.fail(ReadStatus.LIMIT, "pages")


def _read_annotations(data: bytes, structure: Structure, budget: Budget, state: _State) -> None:
    """Read what annotations and form fields draw, from a second copy that may be changed in memory."""
    if not state.annotated:
        return
    with PdfiumDocument(data, structure.password) as copy:
        reader = PageReader(copy, budget, structure)
        for index, page in state.annotated:
            budget.check_time()
            try:
                drawn = reader.read_annotations(index)
            except ReadError as error:
                if error.status is not ReadStatus.MALFORMED:
                    raise
                state.note("annotations")
                continue
            state.looks = [
                with_annotations(look, drawn, page) if look.number == index + 1 else look for look in state.looks
            ]
            state.doubtful_pages += [page.number] if _lacks_pictures(drawn) else []
            for run in make_runs(drawn, build_lines(drawn.pieces), state.block, scan=False):
                role, token = annotation_role(run.bbox_pt or (0.0, 0.0, 0.0, 0.0), page.annotations)
                state.add([structs.replace(run, role=role, locator=f"{run.locator},{token}")])


def _lacks_pictures(content: PageContent) -> bool:
    """Return whether a picture that may show words could not be drawn."""
    return any(one.is_legible and one.drawn is False for one in content.pictures)


def _structure_runs(structure: Structure, first_block: int) -> list[Run]:
    texts: dict[tuple[str, Role], Text] = {}
    for text in structure.texts:
        texts.setdefault((text.text, text.role), text)
    return [
        Run(text=text.text, block=block, locator=text.locator, role=text.role, origin=text.origin)
        for block, text in enumerate(texts.values(), first_block)
    ]


def _revision_runs(data: bytes, structure: Structure, budget: Budget, state: _State) -> list[Run]:
    runs: list[Run] = []
    try:
        runs.extend(read_revisions(data, state.keys, state.block, structure, budget))
    except ReadError as error:
        state.fail(error.status, error.reason)
    runs.extend(read_orphans(structure.orphans, state.keys, state.block + len(runs)))
    return runs


def _at(read: Run, said: list[Run]) -> Iterator[Run]:
    """Yield the text at the place of what was read, piece by piece and as one line."""
    yield from said
    if read.bbox_pt is None:
        return
    left, top, right, bottom = read.bbox_pt
    row = [
        (run.bbox_pt, run)
        for run in said
        if run.bbox_pt is not None
        and top <= (run.bbox_pt[1] + run.bbox_pt[3]) / 2 <= bottom
        and left <= (run.bbox_pt[0] + run.bbox_pt[2]) / 2 <= right
    ]
    if len(row) > 1:
        row.sort(key=lambda item: item[0][0])
        boxes = [box for box, _ in row]
        box = boxes[0][0], min(one[1] for one in boxes), boxes[-1][2], max(one[3] for one in boxes)
        yield structs.replace(row[0][1], text=" ".join(run.text for _, run in row), bbox_pt=box)


def _say_the_same(read: Run, said: Run) -> bool:
    """Return whether the text recognised in the ink is that of the text objects there, or words of it."""
    if read.bbox_pt is None or said.bbox_pt is None:
        return False
    left, top, right, bottom = said.bbox_pt
    x, y = (read.bbox_pt[0] + read.bbox_pt[2]) / 2, (read.bbox_pt[1] + read.bbox_pt[3]) / 2
    if not (left <= x <= right and top <= y <= bottom):
        return False
    # A side of a cell or frame beside the words is read as a bar.
    line, words = spoken([said]), spoken([read])
    if line.casefold() == words.casefold():
        return True
    height = bottom - top
    if said.origin is not Origin.TEXT or read.bbox_pt[3] - read.bbox_pt[1] > TALLER * height:
        return False
    places = (found.start() for found in re.finditer(rf"(?<!\S){re.escape(words)}(?!\S)", line))
    middles = (left + (right - left) * (place + len(words) / 2) / len(line) for place in places)
    return any(abs(x - middle) <= 2 * height for middle in middles)


def _read_scans(reader: PageReader, budget: Budget, state: _State) -> None:
    """Read pages that are pictures, show ink that no text explains, or text that has no meaning in Unicode.

    Scans come before pages of text with a drawing between; what no time is left for is doubtful.
    """
    scans = ScanReader(reader, budget)
    looks = [look for look in state.looks if look.wanted]
    looks.sort(key=lambda item: not item.is_whole)
    for look, result in scans.read(looks):
        if result is None:
            if look.unmapped:
                state.note("no-text-map")
            if look.left is not None:
                state.doubtful_pages.append(look.number)
            continue
        first = state.block
        said = [] if look.is_whole else [run for run in state.runs if run.page == look.number]
        if look.left is not None and look.left.cut:
            said = [run for run in said if not any(run.bbox_pt and contains(run.bbox_pt, box) for box in look.left.cut)]
        new = [run for run in result.runs if not any(_say_the_same(run, one) for one in _at(run, said))]
        state.add(structs.replace(run, block=run.block + first) for run in new)
        _count_boxes(state, look.number, result.boxes, result.unread)
        if result.whole_page and look.is_picture:
            state.read_pages.append(look.number)
        if result.doubtful:
            state.doubtful_pages.append(look.number)
        if look.unmapped and not result.whole_page:
            state.note("no-text-map")


def _count_boxes(state: _State, page: int, boxes: int, unread: int) -> None:
    """Note the boxes found on a page at its pictures, or at the page itself when they are only drawn there."""
    state.images = [
        structs.replace(image, red_boxes=boxes, unread_boxes=unread)
        if image.page == page and image.red_boxes is None
        else image
        for image in state.images
    ]
    if boxes and not any(image.page == page for image in state.images):
        state.images.append(Image(locator=f"page:{page}", page=page, red_boxes=boxes, unread_boxes=unread))


def _reading(source: Source, structure: Structure, state: _State) -> Reading:
    active = set(structure.active)
    if any(run.origin is Origin.HIDDEN and run.role is Role.BODY for run in state.runs):
        active.add(ActiveContent("hidden-text"))
    state.active = sorted(active, key=lambda item: (item.kind, item.locator))
    state.members = structure.members
    state.opened_with_password = structure.password is not None
    reading = state.reading(source, "pdf")
    document = structs.replace(
        reading.document,
        image_pages=tuple(state.image_pages),
        read_pages=tuple(sorted(state.read_pages)),
        doubtful_pages=tuple(sorted(set(state.doubtful_pages))),
    )
    return Reading(document, reading.members)


def warm_up() -> None:
    """Load pdfium, qpdf and what pypdf is still asked for, so that children forked later need no file for them."""
    import pikepdf
    from pypdf import _codecs, filters

    from gateway.documents.readers.pdf.api import pdfium

    del _codecs, filters
    pikepdf.new().save(io.BytesIO(), encryption=pikepdf.Encryption(R=6))  # AES wants a source of random numbers
    pdfium()
