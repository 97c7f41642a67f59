"""Tests that need text recognition, or stamps read by it."""

import pytest

from gateway.documents.readers.pictures import ocr, stamp_words

needs_ocr = pytest.mark.skipif(not ocr.status().available, reason=ocr.status().detail)
needs_stamps = pytest.mark.skipif(
    not (stamp_words.templates() and ocr.status().available), reason="needs fonts-liberation and tesseract-ocr-vie"
)
