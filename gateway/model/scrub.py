"""Removal of lone surrogates, which UTF-8 cannot encode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct, structs

_ENCODER: Final = msgspec.msgpack.Encoder()


def packed(value: Any) -> bytes:
    """Return a value as msgpack; lone surrogates, which UTF-8 cannot hold, are replaced."""
    try:
        return _ENCODER.encode(value)
    except UnicodeEncodeError:
        return _ENCODER.encode(scrubbed(value))


def scrubbed(value: Any) -> Any:
    """Return a value with lone surrogates replaced in all its texts."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, tuple | frozenset):
        return type(value)(scrubbed(one) for one in value)
    if isinstance(value, Mapping):
        return {scrubbed(key): scrubbed(one) for key, one in value.items()}
    if isinstance(value, Struct):
        return structs.replace(value, **{name: scrubbed(getattr(value, name)) for name in value.__struct_fields__})
    return value
