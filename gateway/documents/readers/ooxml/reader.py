"""Office Open XML of any kind to Document: opens the package and calls the reader of its main part.

What a package is, its main part says (relationship `officeDocument`), not its file name and not the type that a sniffer
thought of. A package with main parts of several kinds is read as each of them.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from gateway.documents.readers.base import Budget, ReadError, Reading, Source
from gateway.documents.readers.containers.zip import Zip
from gateway.documents.readers.excel import xlsx
from gateway.documents.readers.excel.xlsb import BinaryPackage
from gateway.documents.readers.ooxml.parts import Package, Parts, Step
from gateway.documents.readers.ooxml.rest import read_rest
from gateway.documents.readers.powerpoint import pptx
from gateway.documents.readers.sink import Sink
from gateway.documents.readers.word import docx
from gateway.model import ReadStatus

_STEPS: Final[dict[str, tuple[Step, ...]]] = {"docx": docx.STEPS, "xlsx": xlsx.STEPS, "pptx": pptx.STEPS}
_KINDS: Final = {
    "ms-word": "docx", "ms-excel": "xlsx", "ms-powerpoint": "pptx", "wordprocessingml": "docx", "spreadsheetml": "xlsx",
    "presentationml": "pptx",
}  # fmt: skip
"""Words of content types."""
_FOLDERS: Final = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx"}


def read(source: Source, budget: Budget) -> Reading:
    """Read an office package; raises `ReadError` when not even the package opens."""
    package = _open_package(source.data, budget)
    kinds = main_kinds(package)
    if not kinds:
        raise ReadError(ReadStatus.MALFORMED, "no-main-part")
    sink = Sink(budget)
    parts = Parts(package, sink)
    with suppress(ReadError):  # after LIMIT and TIMEOUT there is nothing left to read the other parts with
        for step in (*(step for kind in kinds for step in _STEPS[kind]), read_rest):
            with sink.part():
                step(parts)
    return sink.reading(source, "xlsb" if isinstance(package, BinaryPackage) else kinds[0])


def _open_package(data: bytes, budget: Budget) -> Package:
    parts = Zip(data, budget)
    package = Package(parts)
    mains = (package.find(each.target) for each in package.relationships() if each.kind == "officeDocument")
    binary = any(main is not None and "sheet.binary" in package.content_type(main) for main in mains)
    return BinaryPackage(parts, budget) if binary else package


def main_kinds(package: Package) -> tuple[str, ...]:
    """Return `docx`, `xlsx`, `pptx`: the kinds of the package's main parts, each once, in order."""
    found: list[str] = []
    for relation in package.relationships():
        if relation.kind != "officeDocument" or relation.external:
            continue
        stored = package.find(relation.target)
        if stored is None:
            continue
        tables = ((_KINDS, package.content_type(stored)), (_FOLDERS, stored.casefold()))
        kind = next((kind for table, words in tables for word, kind in table.items() if word in words), None)
        if kind is not None and kind not in found:
            found.append(kind)
    return tuple(found)
