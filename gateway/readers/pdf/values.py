"""Values of pypdf's object model as plain Python values; a broken reference is an absent one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any


def get(value: Any, key: str) -> Any:
    """Return the resolved value of a key, None when it is absent or cannot be resolved."""
    if not isinstance(value, dict) or key not in value:
        return None
    try:
        return value[key]
    except Exception:  # noqa: BLE001 - wall of pypdf: a reference may lead anywhere
        return None


def text_of(value: Any) -> str | None:
    """Return the text of a string object, None for names and everything else.

    Some producers write UTF-8 without the byte order mark that would say so (PDF 2.0 §7.9.2.2); PDFDocEncoding, which a
    string without one is in, makes no such sequences of Vietnamese or any other words.
    """
    from pypdf.generic import ByteStringObject, NameObject, TextStringObject

    if isinstance(value, NameObject):
        return None
    if isinstance(value, ByteStringObject):
        return _decoded(bytes(value), bytes(value).decode("latin-1"))
    if isinstance(value, TextStringObject) and value.autodetect_pdfdocencoding and not value.isascii():
        with contextlib.suppress(ValueError):  # a string that was never bytes of this encoding
            return _decoded(value.original_bytes, str(value))
    return str(value) if isinstance(value, str) else None


def _decoded(raw: bytes, otherwise: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return otherwise


def texts_of(value: Any) -> Iterator[str]:
    """Yield the strings of a value: a string, an array of strings, a stream of text (rich values)."""
    from pypdf.generic import StreamObject

    if (text := text_of(value)) is not None:
        yield text
    elif isinstance(value, list):
        for item in value[:2000]:
            for inner in item if isinstance(item, list) else [item]:
                if (text := text_of(inner)) is not None:
                    yield text
    elif isinstance(value, StreamObject):
        try:
            data = value.get_data()
        except Exception:  # noqa: BLE001 - wall of pypdf
            return
        yield data[: 1 << 20].decode("utf-16" if data[:2] in (b"\xfe\xff", b"\xff\xfe") else "latin-1", "replace")


def is_page(value: dict[str, Any]) -> bool:
    """Whether a dictionary is a page object."""
    return bool(get(value, "/Type") == "/Page")


def render_keys(value: dict[str, Any]) -> bytes:
    """Write keys and name values of a dictionary as bytes, for the same searches as over raw objects."""
    parts = []
    for key in value:
        inner = value.raw_get(key)  # type: ignore[attr-defined]
        items = inner if isinstance(inner, list) else [inner]
        shown = " ".join(str(item) for item in items[:16] if isinstance(item, (str, int)) and len(str(item)) < 100)
        parts.append(f"{key} {shown}")
    return " ".join(parts).encode("latin-1", "replace")
