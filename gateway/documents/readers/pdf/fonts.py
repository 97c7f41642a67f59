"""Check of PDF fonts against their glyphs: wrong and missing entries in /ToUnicode (ISO 32000-1 §9.10).

A reader sees glyphs, a program the /ToUnicode map. Where the font itself tells what its glyphs are (a standard encoding,
glyph names, the cmap table of an embedded TrueType font) the two are compared. A font whose outlines were exchanged
under an honest cmap cannot be found this way; only recognition of the rendered page would see it.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gateway.vietnamese.fonts import legacy_font

if TYPE_CHECKING:
    from gateway.documents.readers.base import Budget
    from gateway.documents.readers.pdf.qpdf import Objects

LIMIT_CODES = 70_000
LIMIT_MEANT = 20_000
"""Codes of a map beyond which it has no gap: the fonts of hidden text layers map everything."""
LIES, LIE_SHARE = 3, 0.15
"""Letters that contradict each other, in number and as a share of those compared, from which a font lies."""
_OWN_SIGNS = " \t\r\n\u00a0\u00ad-\u2010\ufffe"
"""Signs that pdfium puts in or exchanges by itself: spaces of gaps, hyphens at the ends of lines."""

_SECTION = re.compile(rb"begin(bfchar|bfrange)(.*?)end\1", re.DOTALL)
_TOKEN = re.compile(rb"<([0-9A-Fa-f\s]*)>|(\[)|(\])")
_WHITE = b" \t\n\r\f\v"


@dataclass(slots=True)
class FontFacts:
    """Character maps inside the fonts of a file; names are base names without subset prefix."""

    lying: set[str] = field(default_factory=set)
    """Fonts whose map contradicts their glyphs."""
    meant: dict[str, frozenset[str]] = field(default_factory=dict)
    """The letters that the map of a composite font of glyph numbers gives: any other that is read from it is the number
    of a glyph that the map leaves out, mistaken for a letter."""
    sure: dict[str, frozenset[str]] | None = None
    """The letters that no code without meaning can be mistaken for, of fonts that could be looked at; None when none was."""


def look_at_fonts(objects: Objects, numbers: list[int], budget: Budget) -> FontFacts:
    """Look at the fonts with those object numbers; one that cannot be looked at is not accused, nor believed."""
    facts = FontFacts()
    others: set[str] = set()
    doubted: set[str] = set()
    letters: dict[str, frozenset[str]] = {}
    doubtful: dict[str, frozenset[str]] = {}
    for number in numbers:
        budget.check_time()
        name = ""
        try:
            font = objects.object(number)
            name = _base_name(font)
            if font.get("/Subtype") in ("/CIDFontType0", "/CIDFontType2"):
                continue  # a descendant is looked at through its Type 0 font
            codes = _codes(font)
            if codes and _lies(font, codes):
                facts.lying.add(name)
            if codes is None or len(codes) > LIMIT_MEANT or not _shows_glyph_numbers(font):
                others.add(name)
            else:
                facts.meant[name] = facts.meant.get(name, frozenset()) | _letters(codes)
            if codes is not None:
                known = codes or _by_encoding(font)
                letters[name] = letters.get(name, frozenset()) | _letters(known)
                doubtful[name] = doubtful.get(name, frozenset()) | _mistakable(font, known)
            elif legacy_font(name) is None:
                doubted.add(name)
        except Exception:  # noqa: BLE001 - wall of qpdf: a broken font makes it raise anything
            others.add(name)
            doubted.add(name)
    for name in others:
        facts.meant.pop(name, None)
    facts.sure = {name: found - doubtful[name] for name, found in letters.items() if name not in doubted}
    return facts


def _by_encoding(font: Any) -> dict[int, str]:
    """Return code to text of a simple font without a map, as its encoding says."""
    if font.get("/Subtype") == "/Type0":
        return {}
    return {code: min(meanings) for code, meanings in _simple(font).items()}


def _mistakable(font: Any, known: dict[int, str]) -> frozenset[str]:
    """Return the letters of a font that one of its unmapped codes may be mistaken for: pdfium returns the code as the letter."""
    composite = font.get("/Subtype") == "/Type0"
    shown = _composite_codes(font) if composite else _simple_codes(font)
    return frozenset(letter for letter in _letters(known) if ord(letter) not in known and ord(letter) in shown)


def _simple_codes(font: Any) -> range:
    """Return the codes that a simple font has widths for, all when it does not say (§9.6.2.1)."""
    first, last = font.get("/FirstChar"), font.get("/LastChar")
    return range(first, last + 1) if isinstance(first, int) and isinstance(last, int) else range(256)


def _composite_codes(font: Any) -> range | set[int]:
    """Return the codes that a font of glyph numbers has widths for, all when it does not say (§9.7.4.3)."""
    widths = font["/DescendantFonts"][0].get("/W")
    if not widths or not _shows_glyph_numbers(font):
        return range(0x10000)
    codes: set[int] = set()
    position = 0
    while position + 1 < len(widths) and len(codes) < LIMIT_CODES:
        first, second = int(widths[position]), widths[position + 1]
        one_by_one = not isinstance(second, int)
        codes.update(range(first, first + len(second) if one_by_one else min(int(second), 0xFFFF) + 1))
        position += 2 if one_by_one else 3
    return codes


def _codes(font: Any) -> dict[int, str] | None:
    """Return code to text by the map of a font, none without one; None when it is of a kind that is not looked at."""
    if legacy_font(_base_name(font)) is not None:
        return None  # codes of an 8-bit set: the text module decides what they mean
    if "/ToUnicode" not in font:
        return {}
    data = font["/ToUnicode"].read_bytes()
    codes = parse_to_unicode(data)
    return codes if codes and b"usecmap" not in data and len(codes) < LIMIT_CODES else None


def _shows_glyph_numbers(font: Any) -> bool:
    """Return whether the codes of a font are its glyph numbers, in no meaningful order (§9.7.5.2)."""
    if font.get("/Subtype") != "/Type0" or font.get("/Encoding") not in ("/Identity-H", "/Identity-V"):
        return False
    return str(font["/DescendantFonts"][0]["/CIDSystemInfo"]["/Ordering"]) == "Identity"


def _letters(codes: dict[int, str]) -> frozenset[str]:
    """Return the letters of a map, also as pdfium gives ligatures and signs of its own."""
    text = "".join(codes.values())
    return frozenset(text + unicodedata.normalize("NFKC", text) + unicodedata.normalize("NFC", text) + _OWN_SIGNS)


def _base_name(font: Any) -> str:
    name = str(font.get("/BaseFont", "")).lstrip("/")
    return name[7:] if name[6:7] == "+" else name


def _lies(font: Any, codes: dict[int, str]) -> bool:
    glyphs = _composite(font) if font.get("/Subtype") == "/Type0" else _simple(font)
    compared = contradicting = 0
    for code, text in codes.items():
        meanings = glyphs.get(code)
        if not meanings or not text or not (text[0].isalnum() or (text.isspace() and min(meanings).isalpha())):
            continue
        compared += 1
        if all(_bare(text) != _bare(meaning) for meaning in meanings):
            contradicting += 1
            if _has_dot(min(meanings)) and not _has_dot(text):
                return True
    return contradicting >= LIES and contradicting >= LIE_SHARE * compared


def _has_dot(text: str) -> bool:
    """Return whether a letter has a dot below, as the one has with which all marks end but for a T."""
    return "\u0323" in unicodedata.normalize("NFD", text)


def _bare(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def parse_to_unicode(data: bytes) -> dict[int, str]:
    """Return code to text of a /ToUnicode CMap (Adobe Technical Note 5411)."""
    found: dict[int, str] = {}
    for match in _SECTION.finditer(data[: 4 << 20]):
        tokens = list(_TOKEN.finditer(match[2]))
        if match[1] == b"bfchar":
            for source, target in zip(tokens[::2], tokens[1::2], strict=False):
                if source[1] is not None and target[1] is not None and len(found) < LIMIT_CODES:
                    found[_number(source[1])] = _utf16(target[1])
        else:
            for low, high, targets in _ranges(tokens):
                for offset in range(min(high - low + 1, LIMIT_CODES - len(found))):
                    found[low + offset] = _nth(targets, offset)
    return found


def _ranges(tokens: list[re.Match[bytes]]) -> Iterator[tuple[int, int, list[str]]]:
    """Yield first code, last code and the targets of each bfrange entry."""
    position = 0
    while position + 2 < len(tokens):
        low, high, third = tokens[position : position + 3]
        position += 3
        if low[1] is None or high[1] is None:
            return
        if third[1] is not None:
            yield _number(low[1]), _number(high[1]), [_utf16(third[1])]
            continue
        targets = []
        while position < len(tokens) and tokens[position][3] is None:
            targets.append(_utf16(tokens[position][1] or b""))
            position += 1
        position += 1
        yield _number(low[1]), min(_number(high[1]), _number(low[1]) + len(targets) - 1), targets or [""]


def _nth(targets: list[str], offset: int) -> str:
    if len(targets) > 1:
        return targets[offset]
    text = targets[0]
    if not text or offset == 0:
        return text
    last = ord(text[-1]) + offset
    return text[:-1] + (chr(last) if last < 0x110000 else "\ufffd")


def _number(digits: bytes) -> int:
    return int(digits.translate(None, _WHITE) or b"0", 16)


def _utf16(digits: bytes) -> str:
    compact = digits.translate(None, _WHITE).decode("ascii")
    raw = bytes.fromhex(compact + "0" * (len(compact) % 2))
    return raw.decode("utf-16-be", "replace") if len(raw) > 1 else raw.decode("latin-1")


def _composite(font: Any) -> dict[int, set[str]]:
    """Return what the embedded TrueType cmap says of the CIDs of a Type 0 font, empty when it cannot be known."""
    descendant = font["/DescendantFonts"][0]
    descriptor = descendant.get("/FontDescriptor", {})
    identity = font.get("/Encoding") in ("/Identity-H", "/Identity-V")
    if identity and descendant.get("/CIDToGIDMap", "/Identity") == "/Identity" and "/FontFile2" in descriptor:
        return truetype_meanings(descriptor["/FontFile2"].read_bytes())
    return {}


def _simple(font: Any) -> dict[int, set[str]]:
    """Return what the encoding of a simple font says of its codes, empty when it has an encoding of its own."""
    encoding = font.get("/Encoding")
    base, differences = encoding, []
    if hasattr(encoding, "keys"):
        base, differences = encoding.get("/BaseEncoding"), encoding.get("/Differences", [])
    flags = int(font.get("/FontDescriptor", {}).get("/Flags", 32))
    meanings: dict[int, set[str]] = {}
    if base in ("/WinAnsiEncoding", "/MacRomanEncoding") or (base is None and not flags & 4):
        charset = "mac-roman" if base == "/MacRomanEncoding" else "cp1252"
        for code in range(32, 256):
            meanings[code] = {bytes((code,)).decode(charset, "replace")}
    position = 0
    for item in differences:
        if isinstance(item, int):
            position = item
            continue
        meanings.pop(position, None)
        if text := _glyph_text(str(item).lstrip("/")):
            meanings[position] = {text}
        position += 1
    return meanings


def _glyph_text(name: str) -> str:
    """Return what a glyph name of the Adobe Glyph List means, empty when it is not in it."""
    from pypdf._codecs import adobe_glyphs

    if match := re.fullmatch(r"uni([0-9A-F]{4})|u([0-9A-F]{4,6})", name):
        code = int(match[1] or match[2], 16)
        return chr(code) if code < 0x110000 else ""
    return str(adobe_glyphs.get("/" + name, ""))


def truetype_meanings(data: bytes) -> dict[int, set[str]]:
    """Return glyph number to characters by the Unicode cmap of a TrueType font; empty when it has none."""
    meanings: dict[int, set[str]] = {}
    try:
        count = struct.unpack_from(">H", data, 4)[0]
        start = next(
            struct.unpack_from(">I", data, 12 + 16 * i + 8)[0]
            for i in range(min(count, 64))
            if data[12 + 16 * i : 16 + 16 * i] == b"cmap"
        )
        tables = struct.unpack_from(">H", data, start + 2)[0]
        for i in range(min(tables, 32)):
            platform, encoding, offset = struct.unpack_from(">HHI", data, start + 4 + 8 * i)
            if platform == 0 or (platform == 3 and encoding in (1, 10)):
                for code, glyph in _cmap(data, start + offset):
                    meanings.setdefault(glyph, set()).add(chr(code))
    except (struct.error, StopIteration, IndexError):
        return {}
    return meanings


def _cmap(data: bytes, start: int) -> Iterator[tuple[int, int]]:
    """Yield character and glyph of a cmap subtable of format 4 or 12 (OpenType, cmap)."""
    match struct.unpack_from(">H", data, start)[0]:
        case 4:
            half = struct.unpack_from(">H", data, start + 6)[0] // 2
            ends = struct.unpack_from(f">{half}H", data, start + 14)
            starts = struct.unpack_from(f">{half}H", data, start + 16 + 2 * half)
            deltas = struct.unpack_from(f">{half}H", data, start + 16 + 4 * half)
            base = start + 16 + 6 * half
            offsets = struct.unpack_from(f">{half}H", data, base)
            for i in range(half):
                for code in range(starts[i], min(ends[i], 0xFFFE) + 1):
                    glyph = code
                    if offsets[i]:
                        place = base + 2 * i + offsets[i] + 2 * (code - starts[i])
                        glyph = struct.unpack_from(">H", data, place)[0]
                        if not glyph:
                            continue
                    yield code, (glyph + deltas[i]) & 0xFFFF
        case 12:
            groups = struct.unpack_from(">I", data, start + 12)[0]
            for i in range(min(groups, 20_000)):
                first, last, glyph = struct.unpack_from(">III", data, start + 16 + 12 * i)
                for code in range(first, min(last, first + LIMIT_CODES, 0x10FFFF) + 1):
                    if not 0xD800 <= code < 0xE000:
                        yield code, glyph + code - first
        case _:
            return
