"""The matrix {format x place x disguise x container depth}: every case makes one real file that carries a mark.

`full()` gives more than two thousand; `reduced()` some hundred that touch every place, disguise and container once.
`controls()` are the same files with innocent words in the place of the mark: what finds those finds anything.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from tests.accuracy import opendocument, portable, rich_text, sheets, slides, texts, word
from tests.accuracy.containers import CONTAINERS
from tests.accuracy.shapes import Slot, Writing
from tests.text.disguises import FONTLESS_LEGACY, UNICODE, WITH_FONT

LEVELS = {"MẬT": "mat", "TỐI MẬT": "toi_mat", "TUYỆT MẬT": "tuyet_mat"}
SLOTS: tuple[Slot, ...] = (
    *word.SLOTS, *sheets.SLOTS, *slides.SLOTS, *opendocument.SLOTS, *rich_text.SLOTS,
    *(portable.SLOTS if portable.have_font() else ()), *texts.SLOTS,
)  # fmt: skip
_IN_FILES = (
    "decomposed", "tone behind shape", "no-break space", "letter-spaced", "letter-spaced, one blank", "zero width", "word joiner", "soft hyphen",
    "tag characters", "combining underline", "cyrillic", "greek", "small capitals", "full width", "mathematical bold",
    "circled", "right-to-left override", "decimal references", "in brackets", "urgency behind", "UTF-8 taken for Windows-1252",
)  # fmt: skip
_LEGACY = ("TCVN3 without font", "VNI without font", "CP1258 without font", "VISCII without font", "VIQR")
_FONTS = (
    "TCVN3, capital font", "TCVN3, typed capitals", "TCVN 5712 capitals", "TCVN3, symbol-font letters", "VNI", "VISCII", "BK HCM 2",
    "Unicode letters, legacy font",
)  # fmt: skip
INNOCENT = ("BẢO MẬT THÔNG TIN", "MẬT KHẨU", "Mật độ dân số", "THƯỜNG", "BÍ MẬT NHÀ NƯỚC", "HỎA TỐC")
"""Words for the place of the mark that are none."""


def _writings() -> dict[str, Callable[[str], Writing]]:
    made: dict[str, Callable[[str], Writing]] = {
        "plain": lambda mark: Writing((mark,)),
        "split over runs": lambda mark: Writing(tuple(mark)),
    }
    for name in _IN_FILES:
        made[name] = partial(lambda write, mark: Writing((write(mark),)), UNICODE[name])
    for name in _LEGACY:
        made[name] = partial(lambda write, mark: Writing((write(mark),)), FONTLESS_LEGACY[name])
    for name in _FONTS:
        font, write = WITH_FONT[name]
        made[name] = partial(lambda font, write, mark: Writing((write(mark),), font), font, write)
    return made


WRITINGS = _writings()


@dataclass(frozen=True)
class Case:
    """One file, and what is to be found in it."""

    format: str
    place: str
    producer: str
    disguise: str
    container: str
    level: str | None
    """None: nothing is to be found."""
    file: Callable[[], tuple[str, bytes]]
    """Makes the file: name and octets."""

    @property
    def name(self) -> str:
        return f"{self.format} / {self.place} ({self.producer}) / {self.disguise} / {self.container} / {self.level}"


def _case(slot: Slot, disguise: str, writing: Writing, level: str | None, container: str = "none") -> Case:
    def file() -> tuple[str, bytes]:
        name, data = slot.filename, slot.make(writing)
        return CONTAINERS[container](name, data) if container != "none" else (name, data)

    return Case(slot.format, slot.place, slot.producer, disguise, container, level, file)


def full() -> Iterator[Case]:
    """Every place with all levels; every place with every disguise it can hold; every container with many formats."""
    marks = list(LEVELS.items())
    turn = 0
    for slot in SLOTS:
        for disguise, write in WRITINGS.items():
            levels = marks if disguise == "plain" else [marks[turn % 3]]
            turn += 1
            for mark, level in levels:
                writing = write(mark)
                if slot.accepts(writing):
                    yield _case(slot, disguise, writing, level)
    for container in CONTAINERS:
        for slot in _contained():
            for mark, level in marks:
                yield _case(slot, "plain", Writing((mark,)), level, container)


def reduced() -> Iterator[Case]:
    """Every place once, every disguise in some places, every container once; levels and disguises in turn."""
    marks = list(LEVELS.items())
    names = list(WRITINGS)
    for turn, slot in enumerate(SLOTS):
        mark, level = marks[turn % 3]
        disguise = names[turn % len(names)]
        writing = WRITINGS[disguise](mark)
        if not slot.accepts(writing):
            disguise, writing = "plain", Writing((mark,))
        if slot.accepts(writing):
            yield _case(slot, disguise, writing, level)
    contained = _contained()
    for turn, container in enumerate(CONTAINERS):
        mark, level = marks[turn % 3]
        yield _case(contained[turn % len(contained)], "plain", Writing((mark,)), level, container)


def _contained() -> list[Slot]:
    wanted = (
        ("docx", "body"),
        ("xlsx", "cell"),
        ("pdf", "line"),
        ("odt", "body"),
        ("rtf", "body"),
        ("pptx", "text box"),
        ("txt", "line, UTF-8"),
    )
    return [
        next(slot for slot in SLOTS if (slot.format, slot.place) == pair)
        for pair in wanted
        if any(slot.format == pair[0] for slot in SLOTS)
    ]


def controls(*, every: bool = True) -> Iterator[Case]:
    """The same files with innocent words; only one word each unless `every`."""
    for turn, slot in enumerate(SLOTS):
        words = INNOCENT if every else (INNOCENT[turn % len(INNOCENT)],)
        for text in words:
            writing = Writing((text,))
            if slot.accepts(writing):
                yield _case(slot, text, writing, None)
