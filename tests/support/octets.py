"""Files that libraries write, as octets."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any


def file_of(document: Any, *form: Any, **options: Any) -> bytes:
    """Return what the `save` of a document, a workbook, a deck or a picture writes."""
    out = io.BytesIO()
    document.save(out, *form, **options)
    return out.getvalue()


def zipped(files: Mapping[str, str | bytes], *, stored: tuple[str, ...] = ()) -> bytes:
    """A zip of the files in their order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content, zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED)
    return out.getvalue()
