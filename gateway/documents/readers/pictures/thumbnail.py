"""Legibility of the thumbnail that an Office program keeps of the first page (ODF 1.3 part 2 §3.7, OPC §11).

The reader of the document has read that page as text. Brought down to 256 pixels its print is two or three pixels high,
of which no eye and no Tesseract makes words, only noise that may resemble a mark. Another picture could be put
there, and large letters would be legible: so a thumbnail is passed over only when no row in it looks like large letters,
and of what is read there only large words count that the document does not say itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

RELATION: Final = "thumbnail"
"""Its name in `Member.relation` and `Source.relation`."""
LARGEST: Final = 512
"""Pixels of the longer side (ODF: 128 to 256, LibreOffice up to 460); what is larger is read like any picture."""
_NAME: Final = re.compile(r"(?:Thumbnails/thumbnail\.png|docProps/thumbnail\.(?:jpe?g|png))", re.IGNORECASE)
LETTER: Final = 10
"""Pixels of the height of letters from which on they are read."""
_HIGHEST: Final = 200
_STEPS: Final = 7
"""Levels of brightness between the darkest and the lightest pixel at which ink is distinguished from paper."""
_LEAST_CONTRAST: Final = 24
_NEIGHBOURS: Final = 3
"""Letters side by side that look like a word."""
_FRAME: Final = 0.22
"""Share of its frame that an empty box fills at most, and joined letters never."""
_FULL: Final = 0.85
"""Share of its frame that ink fills in a bar or a picture, and in no letter but `I`."""


def is_name(name: str) -> bool:
    """Return whether a part of a package has the name under which Office programs and LibreOffice keep the thumbnail."""
    return _NAME.fullmatch(name) is not None


def shows_large_print(pixels: npt.NDArray[np.uint8]) -> bool:
    """Return whether a BGR picture has shapes in a row that may be letters of 10 pixels or more."""
    import cv2
    import numpy as np

    from gateway.documents.readers.pictures.spots import spots

    for channel in cv2.split(pixels):
        low, high = int(channel.min()), int(channel.max())
        if high - low < _LEAST_CONTRAST:
            continue
        for step in range(1, _STEPS + 1):
            light = channel > low + (high - low) * step // (_STEPS + 1)
            for ink in (light, ~light):
                if _has_row(spots(ink.view(np.uint8))[1]):
                    return True
    return False


def _has_row(stats: npt.NDArray[np.int32]) -> bool:
    """Return whether three shapes of a letter's size are side by side, or one is as long as a word of joined letters."""
    import numpy as np

    left, top, width, height, area = stats.T
    filled = area / (width * height)
    sized = (height >= LETTER) & (height <= _HIGHEST) & (filled > 0.1)
    if np.any(sized & (width >= 2.5 * height) & (filled > _FRAME) & (filled < _FULL)):
        return True
    letters = sized & (width <= 1.6 * height) & ((filled < _FULL) | (width < height / 3))
    left, top, width, height = (values[letters] for values in (left, top, width, height))
    if len(left) < _NEIGHBOURS:
        return False
    middle = top + height / 2
    for one in range(len(left)):
        same = (
            (np.abs(middle - middle[one]) < height[one] / 2) & (height > height[one] / 2) & (height < height[one] * 2)
        )
        starts = np.sort(left[same])
        near = np.diff(starts) < 2.2 * height[one]
        if np.any(near[:-1] & near[1:]):
            return True
    return False
