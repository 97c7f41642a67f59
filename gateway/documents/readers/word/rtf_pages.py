r"""Paper and margins of RTF sections: document defaults, then what each `\sectd` changes (RTF 1.9.1, page information)."""

from __future__ import annotations

from typing import Final

from gateway.documents.readers.ooxml.sink import Sink
from gateway.model import PageSetup

_DOCUMENT: Final = {
    "paperw": "width", "paperh": "height", "margl": "left", "margr": "right", "margt": "top", "margb": "bottom", "gutter": "gutter",
}  # fmt: skip
_SECTION: Final = {
    "pgwsxn": "width", "pghsxn": "height", "marglsxn": "left", "margrsxn": "right", "margtsxn": "top", "margbsxn": "bottom",
    "guttersxn": "gutter",
}  # fmt: skip
_DEFAULTS: Final = {
    "width": 12240, "height": 15840, "left": 1800, "right": 1800, "top": 1440, "bottom": 1440, "gutter": 0,
}  # fmt: skip
"""Twips where the file says nothing."""
PAGE_WORDS: Final = frozenset({*_DOCUMENT, *_SECTION, "sectd"})


class Pages:
    """Takes the control words of `PAGE_WORDS` as they come by."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._document = dict(_DEFAULTS)
        self._section: dict[str, int] = {}

    def take(self, word: str, value: int | None) -> None:
        """Note a page word."""
        if word == "sectd":
            self._section = {}
        elif value is not None and abs(value) < 1_000_000:
            holder, names = (self._document, _DOCUMENT) if word in _DOCUMENT else (self._section, _SECTION)
            holder[names[word]] = value

    def end_section(self) -> None:
        """Give the section that ends here."""
        measures = self._document | self._section
        self._sink.put_setup(
            PageSetup(
                width_pt=measures["width"] / 20,
                height_pt=measures["height"] / 20,
                top_pt=abs(measures["top"]) / 20,
                bottom_pt=abs(measures["bottom"]) / 20,
                left_pt=(measures["left"] + measures["gutter"]) / 20,
                right_pt=measures["right"] / 20,
            )
        )
