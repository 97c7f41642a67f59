"""Fonts and colours that the readers of old formats give are those that LibreOffice renders."""

from __future__ import annotations

import shutil

import pytest

from tests.accuracy import looks
from tests.accuracy.innocents import CORPUS
from tests.support.long import LONG


@pytest.mark.slow
@pytest.mark.system
@pytest.mark.skipif(not (CORPUS / "vietnam").is_dir(), reason=f"no corpus at {CORPUS}; set GATEWAY_CORPUS")
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_letters_of_old_formats_look_as_libreoffice_renders_them() -> None:
    for kind, one in looks.measure(kinds=("doc", "rtf", "xls", "ppt"), step=1 if LONG else 3).items():
        assert one.matched > (30_000 if LONG else 5_000), kind
        assert one.font > 0.99 * one.matched, (kind, one.fonts_differ)
        assert one.colour > 0.99 * one.matched, (kind, one.colours_differ)
        differences = {*one.fonts_differ, *one.colours_differ}
        assert differences <= set(looks.EXPLAINED), kind
