"""Little-endian numbers and old strings out of bytes; reads beyond the end give zero or empty, never an error."""

from __future__ import annotations

import codecs


def _c1_fallback(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("c1-fallback", _c1_fallback)


def u8(data: bytes, at: int) -> int:
    """Return the byte at a position."""
    return data[at] if 0 <= at < len(data) else 0


def u16(data: bytes, at: int) -> int:
    """Return the 16-bit number at a position."""
    return int.from_bytes(data[at : at + 2], "little") if at >= 0 else 0


def i16(data: bytes, at: int) -> int:
    """Return the signed 16-bit number at a position."""
    return int.from_bytes(data[at : at + 2], "little", signed=True) if at >= 0 else 0


def u32(data: bytes, at: int) -> int:
    """Return the 32-bit number at a position."""
    return int.from_bytes(data[at : at + 4], "little") if at >= 0 else 0


def narrow(data: bytes) -> str:
    """Return 8-bit letters as Windows-1252, one for one (0x81 0x8D 0x8F 0x90 0x9D are C1 controls), as legacy decoders want them."""
    return data.decode("cp1252", "c1-fallback")


def wide(data: bytes) -> str:
    """Return UTF-16 letters; half a letter at the end is dropped, lone surrogates become U+FFFD."""
    return data[: len(data) & ~1].decode("utf-16-le", "replace")


def rgb(value: int) -> str:
    """Return RRGGBB of a COLORREF, whose lowest byte is red."""
    return f"{value & 0xFF:02X}{value >> 8 & 0xFF:02X}{value >> 16 & 0xFF:02X}"


def code_page(number: int) -> str | None:
    """Return the codec of a Windows code page, None when there is none."""
    try:
        return codecs.lookup({10000: "mac_roman", 0x8000: "mac_roman"}.get(number, f"cp{number}")).name
    except LookupError:
        return None
