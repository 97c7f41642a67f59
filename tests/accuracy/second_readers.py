"""Word recall against readers that are not ours: poppler's pdftotext, and LibreOffice's own text, on real files.

For each file the words of the second reader are counted, and so are ours. A word is *found* when ours has it as often; it
is *cut otherwise* when its letters stand in our text in order but divided at other places (a hyphen, letters spaced out,
two runs); else it is *missing*. What stands in more places with us (both branches of an alternative, properties, hidden
text) does not count against anybody.
"""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gateway.documents.readers import registry
from gateway.documents.readers.base import Budget, ReadError, Source
from gateway.documents.readers.sniff import sniff
from gateway.model import Document, ReadStatus
from tests.support.corpus import CORPUS
from tests.support.libreoffice import convert

FOLDERS = ("vietnam", "office-signatures", "active-content", "pdf-signatures")
_SHEETS = "csv:Text - txt - csv (StarCalc):9,34,76,1,,0,false,true,false,false,false,-1"
_TEXT = "txt:Text (encoded):UTF8"
TARGETS = {
    ".pdf": "pdftotext", ".docx": "pdf", ".docm": _TEXT, ".dotx": _TEXT, ".doc": _TEXT, ".rtf": _TEXT, ".odt": _TEXT,
    ".xls": _SHEETS, ".xlsx": _SHEETS, ".xlsm": _SHEETS, ".xlsb": _SHEETS, ".ods": _SHEETS, ".ppt": "pdf", ".pptx": "pdf", ".odp": "pdf",
}  # fmt: skip
"""How the second reader is asked; slides, and the formats that its text filter hangs on, by way of their PDF."""
_WORD = re.compile(r"[^\W\d_]{2,}")


EXPLAINED = {
    "Signature-P-SK-6.pdf": "names hyphenated at the ends of narrow columns; we give the halves in the lines where they stand",
    "viparse__2009-Van-ban-phap-quy-2": "words of a heading in a legacy font that the PDF of the second reader runs together",
    "embedded": "captions in the icon that stands for an embedded file, drawn anew by LibreOffice; the file itself is opened",
    "sample_with_lnk_file": "the same",
    "excel4_sample_macro": "`#NAME?`, which LibreOffice computes from a macro it does not run",
    "dde-test": "`#NAME?`, which LibreOffice computes from a link it does not follow",
    "signatureline": "LibreOffice's own drawing of the signature line, with the name of the signer of the file",
    "vbplus__Phuluc": "two words that the PDF of the second reader runs together",
    "testPPT_embeded": "captions in the picture that stands for an embedded file; the file itself is opened",
}
"""Part of a file's name to why words of the second reader are not among ours."""


def explanation(missed: str) -> str | None:
    """Why a word (`file: word`) is not among ours, None when nobody knows yet."""
    name = missed.partition(": ")[0]
    return next((why for part, why in EXPLAINED.items() if part.lower() in name.lower()), None)


@dataclass
class Recall:
    """Counts of one format."""

    files: int = 0
    words: int = 0
    found: int = 0
    cut: int = 0
    missing: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    """Files of which we said *cannot tell*; they are not compared."""
    shy: int = 0
    """Files of which the second reader made nothing in its time."""

    @property
    def share(self) -> float:
        """Share of the second reader's words that ours has."""
        return 1 - len(self.missing) / self.words if self.words else 1.0


def words(text: str) -> list[str]:
    """The words of a text, NFC, capital."""
    return _WORD.findall(unicodedata.normalize("NFC", text).replace("\u00ad", "").upper())


def solid(text: str) -> str:
    """A text without anything between its letters."""
    return "".join(letter for letter in unicodedata.normalize("NFC", text).upper() if letter.isalpha())


def ours(path: Path) -> str | None:
    """Our text of a file and of the drawings in it; None when it could not be read."""
    data = path.read_bytes()
    kind = sniff(data, path.name).primary
    reader = registry.reader_for(kind)
    if reader is None:
        return None
    try:
        reading = reader(Source(data=data, part="2", filename=path.name, detected_type=kind), Budget())
    except ReadError:
        return None
    if reading.document.status not in (ReadStatus.OK, ReadStatus.PARTIAL):
        return None
    pieces = [_text_of(reading.document)]
    for member in reading.members:
        inner = sniff(member.data, member.name).primary
        drawing = registry.reader_for(inner) if inner in ("image/emf", "image/wmf") else None
        if drawing is not None:
            with contextlib.suppress(ReadError):
                source = Source(data=member.data, part="2!x", filename=member.name, detected_type=inner)
                pieces.append(_text_of(drawing(source, Budget()).document))
    return "\n".join(pieces)


def _text_of(document: Document) -> str:
    pieces: list[str] = []
    last = None
    for run in document.runs:
        if last is not None and run.block != last:
            pieces.append("\n")
        pieces.append(run.text)
        last = run.block
    return "".join(pieces)


def compare(theirs: str, text: str, recall: Recall, name: str) -> None:
    """Count the words of the second reader that ours has."""
    have, joined = Counter(words(text)), solid(text)
    for word, count in Counter(words(theirs)).items():
        recall.words += count
        both = min(count, have[word])
        recall.found += both
        if both == count:
            continue
        if solid(word) in joined:
            recall.cut += count - both
        else:
            recall.missing += [f"{name}: {word}"] * (count - both)


def files() -> dict[str, list[Path]]:
    """Real files by suffix."""
    found: dict[str, list[Path]] = {}
    for folder in FOLDERS:
        for path in sorted((CORPUS / folder).rglob("*")):
            suffix = path.suffix.lower()
            if suffix in TARGETS and 0 < path.stat().st_size < 8 << 20:
                found.setdefault(suffix, []).append(path)
    return found


def _theirs(suffix: str, paths: list[Path], folder: Path) -> Iterator[tuple[Path, str | None]]:
    """What the second reader makes of each file."""
    target = TARGETS[suffix]
    if target == "pdftotext":
        for path in paths:
            yield path, _pdftotext(path)
        return
    if shutil.which("soffice") is None:
        return
    folder.mkdir()
    copies = {}
    for number, path in enumerate(paths):
        copy = folder / f"f{number:03d}{suffix}"
        shutil.copyfile(path, copy)
        copies[path] = copy
    convert(copies.values(), target, folder)
    rest = [copy for copy in copies.values() if not _made(copy, target)]
    for copy in rest[:6]:
        convert([copy], target, folder, timeout=12)
    for path, copy in copies.items():
        made = _made(copy, target)
        if not made:
            yield path, None
        elif target == "pdf":
            yield path, _pdftotext(made[0])
        else:
            yield path, "\n".join(one.read_text("utf-8-sig", errors="replace") for one in made)


def _made(copy: Path, target: str) -> list[Path]:
    kind = target.partition(":")[0]
    return sorted([*copy.parent.glob(f"{copy.stem}.{kind}"), *copy.parent.glob(f"{copy.stem}-*.{kind}")])


def _pdftotext(path: Path) -> str | None:
    try:
        done = subprocess.run(
            ["pdftotext", "-enc", "UTF-8", "-nopgbrk", str(path), "-"],
            capture_output=True,
            timeout=300,
            check=False,
            env=dict(os.environ),
        )
    except (subprocess.TimeoutExpired, FileNotFoundError):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


def measure(progress: Callable[[str], None] = print, *, only: tuple[str, ...] = (), step: int = 1) -> dict[str, Recall]:
    """Compare all real files, or of each format one in `step`; nothing where the corpus is absent."""
    result: dict[str, Recall] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for suffix, every in sorted(files().items()):
            paths = every[::step]
            if only and suffix not in only:
                continue
            progress(f"{suffix}: {len(paths)} files")
            recall = result.setdefault(suffix[1:], Recall())
            for path, theirs in _theirs(suffix, paths, Path(temporary) / suffix[1:]):
                text = ours(path)
                if text is None:
                    recall.unread.append(path.name)
                elif theirs is None:
                    recall.shy += 1
                else:
                    recall.files += 1
                    compare(theirs, text, recall, path.name)
    return result


def report(progress: Callable[[str], None] = print) -> str:
    """The table as Markdown."""
    rows = [
        "### Words of real files, against poppler and LibreOffice", "",
        "| format | files | words of the second reader | found | cut otherwise | missing | recall | we: cannot tell | they: nothing |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    result = measure(progress)
    for kind, one in result.items():
        rows.append(
            f"| {kind} | {one.files} | {one.words} | {one.found} | {one.cut} | {len(one.missing)} | {100 * one.share:.3f} % "
            f"| {len(one.unread)} | {one.shy} |"
        )
    whole, missing = sum(one.words for one in result.values()), sum(len(one.missing) for one in result.values())
    rows.append(
        f"| **all** | {sum(one.files for one in result.values())} | {whole} | | | {missing} | {100 * (1 - missing / max(whole, 1)):.3f} % | | |"
    )
    lost = Counter(missed.partition(": ")[0] for one in result.values() for missed in one.missing)
    rows += ["", "Words of the second reader that the gateway lacks:", ""]
    rows += [f"- {name}: {count}; {explanation(name) or 'not explained'}" for name, count in lost.items()] or ["- none"]
    return "\n".join(rows) + "\n"
