"""Files that libraries write, as octets."""

import io
from typing import Any


def file_of(document: Any, *form: Any, **options: Any) -> bytes:
    """Return what the `save` of a document, a workbook, a deck or a picture writes."""
    out = io.BytesIO()
    document.save(out, *form, **options)
    return out.getvalue()
