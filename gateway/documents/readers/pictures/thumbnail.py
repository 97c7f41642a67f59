"""Legibility of the thumbnail that an Office program keeps of the first page (ODF 1.3 part 2 §3.7, OPC §11).

The reader of the document has read that page as text. Brought down to 256 pixels its print is two or three pixels high,
of which no eye and no Tesseract makes words, only noise that may resemble a mark. Another picture could be put
there, and large letters would be legible: of what is read there only large words count that the document does not say itself.
"""

from __future__ import annotations

import re
from typing import Final

RELATION: Final = "thumbnail"
"""Its name in `Member.relation` and `Source.relation`."""
LARGEST: Final = 512
"""Pixels of the longer side (ODF: 128 to 256, LibreOffice up to 460); what is larger is read like any picture."""
_NAME: Final = re.compile(r"(?:Thumbnails/thumbnail\.png|docProps/thumbnail\.(?:jpe?g|png))", re.IGNORECASE)
LETTER: Final = 10
"""Pixels of the height of words from which on they count."""


def is_name(name: str) -> bool:
    """Return whether a part of a package has the name under which Office programs and LibreOffice keep the thumbnail."""
    return _NAME.fullmatch(name) is not None
