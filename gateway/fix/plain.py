"""Plain text in any Vietnamese encoding to UTF-8 in NFC."""

from __future__ import annotations

import codecs
from typing import Final

from gateway.fix.tally import RefusedError, Tally
from gateway.mime.charsets import western
from gateway.vietnamese.convert import repair_text
from gateway.vietnamese.legacy_tables import Charset

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def fix_plain(data: bytes) -> tuple[bytes, Tally]:
    """Return the text as UTF-8; a byte order mark and the line ends stay as they were.

    `RefusedError` for bytes that are neither Unicode nor in a Vietnamese encoding: their text is unknown.
    """
    tally = Tally()
    mark, codec = next((one for one in _MARKS if data.startswith(one[0])), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(codec)
    except UnicodeDecodeError:
        if mark:
            raise RefusedError("damaged", "encoding") from None
        codec, text = "", western(data)  # in which quotation marks stay what they are beside letters of TCVN3
    repaired = repair_text(text)
    if not codec and repaired.charset in (None, Charset.UNICODE):
        raise RefusedError("damaged", "encoding")
    if codec == "utf-8" and repaired.charset is None:
        return data, tally
    tally.count(repaired.charset if repaired.charset is not None else Charset.UNICODE)
    return (codecs.BOM_UTF8 if mark else b"") + repaired.text.encode("utf-8"), tally
