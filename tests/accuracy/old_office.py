"""Files of the old Office formats: documents of the matrix, saved by LibreOffice as .doc, .xls and .ppt.

Only places that LibreOffice keeps: it computes fields anew and drops the footer of a master.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.accuracy.matrix import LEVELS, SLOTS, WRITINGS, Case
from tests.accuracy.shapes import Slot
from tests.support.libreoffice import convert

_PLACES = {
    "docx": ("doc", (
        "body", "table cell", "text box (VML)", "header", "header of the first page", "footer", "footnote", "endnote", "comment", "tracked deletion",
        "hidden text", "white text", "watermark (VML)", "property: title", "property of one's own", "MSIP label", "heading",
    )),
    "xlsx": ("xls", (
        "cell", "rich text of a cell", "second sheet", "hidden sheet", "very hidden sheet", "hidden column", "sheet name", "header center", "footer left",
        "comment", "property: title", "text box", "white text", "defined name",
    )),
    "pptx": ("ppt", ("title", "text box", "table cell", "notes", "hidden slide", "shape in a group", "white text", "property: title")),
}  # fmt: skip
_DISGUISES = (
    "plain", "decomposed", "zero width", "cyrillic", "full width", "letter-spaced", "split over runs", "TCVN3, capital font", "VNI", "soft hyphen",
)  # fmt: skip


def cases(folder: Path, step: int = 1) -> Iterator[Case]:
    """Convert and yield all or one in `step`; nothing where LibreOffice is not installed. Every place, disguises in turn."""
    if shutil.which("soffice") is None:
        return
    marks = list(LEVELS.items())
    wanted: dict[str, list[tuple[Path, Slot, str, str]]] = {}
    turn = 0
    for kind, (target, places) in _PLACES.items():
        for place in places:
            slot = next(slot for slot in SLOTS if (slot.format, slot.place) == (kind, place))
            for number in range(4):
                mark, level = marks[(turn + number) % 3]
                disguise = "plain" if number == 0 else _DISGUISES[(turn * 3 + number) % len(_DISGUISES)]
                writing = WRITINGS[disguise](mark)
                if (4 * turn + number) % step or not slot.accepts(writing):
                    continue
                path = folder / target / f"{turn:03d}-{number}.{kind}"
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(slot.make(writing))
                wanted.setdefault(target, []).append((path, slot, disguise, level))
            turn += 1
    for target, made in wanted.items():
        convert([path for path, *_ in made], target, folder / target)
        for path, slot, disguise, level in made:
            saved = path.with_suffix(f".{target}")
            if saved.exists():
                yield Case(
                    target,
                    slot.place,
                    "LibreOffice",
                    disguise,
                    "none",
                    level,
                    lambda saved=saved, target=target: (f"van-ban.{target}", saved.read_bytes()),
                )
