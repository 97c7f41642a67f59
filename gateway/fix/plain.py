"""Plain text in any Vietnamese encoding to UTF-8 in NFC."""

from __future__ import annotations

import codecs

from gateway.fix.tally import Tally
from gateway.vietnamese.convert import repair_text
from gateway.vietnamese.legacy_tables import Charset


def mend_plain(data: bytes) -> tuple[bytes, Tally]:
    """Return the text as UTF-8; a byte order mark and the line ends stay as they were."""
    tally = Tally()
    text, mark = _decoded(data)
    repaired = repair_text(text)
    if repaired.charset is None and text.encode("utf-8") == data.removeprefix(codecs.BOM_UTF8):
        return data, tally
    tally.count(repaired.charset if repaired.charset is not None else Charset.UNICODE)
    return mark + repaired.text.encode("utf-8"), tally


def _decoded(data: bytes) -> tuple[str, bytes]:
    """Return the text and the mark to write before it; bytes that are no Unicode become Latin-1 characters."""
    for mark, codec in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            return data[len(mark) :].decode(codec, "replace"), codecs.BOM_UTF8
    try:
        return data.decode("utf-8"), b""
    except UnicodeDecodeError:
        return data.decode("latin-1"), b""
