"""Files that libraries write, as octets."""

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any


def file_of(document: Any, *form: Any, **options: Any) -> bytes:
    """Return what the `save` of a document, a workbook, a deck or a picture writes."""
    out = io.BytesIO()
    document.save(out, *form, **options)
    return out.getvalue()


def zipped(files: Mapping[str, str | bytes], *, stored: tuple[str, ...] = ()) -> bytes:
    """A zip of the files in their order, the same at any time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            method = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def written(write: Callable[[io.BytesIO], object]) -> bytes:
    """What a call writes into a file."""
    out = io.BytesIO()
    write(out)
    return out.getvalue()


def members(data: bytes) -> dict[str, bytes]:
    """The files of a zip in their order."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}
