"""Office Open XML of any kind to Document: opens the package and calls the reader of its main part.

What a package is, its main part says (relationship `officeDocument`), not its file name and not the type that a sniffer
thought of. A package with main parts of several kinds is read as each of them.
"""

from __future__ import annotations

from typing import Final

from gateway.documents.readers.base import Budget, ReadError, Reading, Source
from gateway.documents.readers.containers.zip import Zip
from gateway.documents.readers.excel import xlsx
from gateway.documents.readers.excel.xlsb import BinaryPackage
from gateway.documents.readers.ooxml.opc import Package
from gateway.documents.readers.ooxml.reading import Step, read_steps
from gateway.documents.readers.ooxml.rest import read_rest
from gateway.documents.readers.powerpoint import pptx
from gateway.documents.readers.word import docx
from gateway.model import ReadStatus

_STEPS: Final[dict[str, tuple[Step, ...]]] = {"docx": docx.STEPS, "xlsx": xlsx.STEPS, "pptx": pptx.STEPS}
_KINDS: Final = (("wordprocessingml", "docx"), ("spreadsheetml", "xlsx"), ("presentationml", "pptx"))
_FOLDERS: Final = (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx"))


def read(source: Source, budget: Budget) -> Reading:
    """Read an office package; raises `ReadError` when not even the package opens."""
    package = _open_package(source.data, budget)
    kinds = main_kinds(package)
    if not kinds:
        raise ReadError(ReadStatus.MALFORMED, "no-main-part")
    steps = tuple(step for kind in kinds for step in _STEPS[kind])
    kind = "xlsb" if isinstance(package, BinaryPackage) else kinds[0]
    return read_steps(source, package, budget, kind=kind, steps=(*steps, read_rest))


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
        content_type = package.content_type(stored)
        for table, words in ((_KINDS, content_type), (_FOLDERS, stored.casefold())):
            kind = next((kind for word, kind in table if word in words), None)
            if kind is not None:
                break
        if "ms-word" in content_type:
            kind = "docx"
        elif "ms-excel" in content_type:
            kind = "xlsx"
        elif "ms-powerpoint" in content_type:
            kind = "pptx"
        if kind is not None and kind not in found:
            found.append(kind)
    return tuple(found)
