"""Legacy Vietnamese letters to Unicode, decided by the effective font *and* by what the bytes spell.

A legacy font name over letters that already read as Vietnamese is only a font fault; a Unicode font name over legacy
bytes is an encoding fault. So neither decides alone: each reading of the text is measured by how many of its words are
possible Vietnamese syllables (`syllables`), and the font breaks ties. Text comes as readers give it: as the Unicode
characters of Latin-1 or Windows-1252 bytes, or as symbol-font characters U+F020 to U+F0FF.

VIQR is ASCII and is recognised apart (`looks_like_viqr`), since plain text must not be taken for it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import accumulate
from typing import Final, NamedTuple

from gateway.model import Run
from gateway.text.fonts import LegacyFont, legacy_font
from gateway.text.legacy_tables import CP1252_CHARACTERS, TABLES, Charset
from gateway.text.syllables import is_syllable

_EIGHT_BIT: Final = (Charset.TCVN3, Charset.VNI, Charset.VISCII, Charset.CP1258, Charset.VPS, Charset.BKHCM2)
_UNICODE_ONLY: Final = re.compile(
    "[\u0102\u0103\u0110\u0111\u0128\u0129\u0168\u0169\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9]"
)
_HIGH: Final = re.compile(
    "[\x80-\xff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013\u2014\u2018-\u201e\u2020-\u2026\u2030\u2039\u203a\u20ac\u2122\u2212\u2219\u03bc\uf020-\uf0ff\x01-\x06\x10-\x1f]"
)
_TOKEN: Final = re.compile(r"[^\s!-@\[-`{-~]+")
_PUNCTUATED: Final = "\x85\x91\x92\x93\x94\x95\x96\x97\x99"
"""Windows-1252 quotes, dashes, dots: letters of a legacy charset only among capitals, else what they look like."""
_SAMPLE_TOKENS: Final = 400
_SETTLED: Final = 30
"""After so many blocks of one font that agree, the next ones are looked at only when they hold Unicode letters."""


class Decoded(NamedTuple):
    """Text in Unicode (NFC) and how it was read."""

    text: str
    charset: Charset
    confident: bool
    """False when the text held nothing to decide by, or one reading was hardly better than another."""


@cache
def _translation(charset: Charset) -> dict[int, str]:
    return {ord(form): letter for form, letter in TABLES[charset].items() if len(form) == 1}


@cache
def _sequences(charset: Charset) -> re.Pattern[str] | None:
    """Return the forms of more than one character, longest first, None for a single-byte charset."""
    forms = sorted((form for form in TABLES[charset] if len(form) > 1), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, forms))) if forms else None


@cache
def _bytes_shown() -> dict[int, str]:
    """Return the table from shown characters back to Latin-1: Windows-1252 signs and symbol-font letters."""
    table = {ord(shown): byte for shown, byte in CP1252_CHARACTERS.items() if byte not in _PUNCTUATED}
    table |= {0xF000 + byte: chr(byte) for byte in range(0x20, 0x100)}
    # What PDF makers write for the glyph names of 0xAD (hyphen, minus), 0xB5 and 0xB7.
    table |= {0x2212: "\xad", 0x03BC: "\xb5", 0x2219: "\xb7"}
    return table


_SIGNS: Final = {shown: byte for shown, byte in CP1252_CHARACTERS.items() if byte in _PUNCTUATED}
_SIGN_BOTH: Final = re.compile("(?<=[A-Z\x80-\xff])[{}](?=[A-Z\x80-\xff])".format("".join(_SIGNS)))
_SIGN_EITHER: Final = re.compile(
    "(?<=[A-Z\x80-\xff])[{0}](?=[A-Z\x80-\xff])|(?<=[A-Z])[{0}]|[{0}](?=[A-Z])".format("".join(_SIGNS))
)


def convert(text: str, charset: Charset, *, capitals: bool = False) -> str:
    """Read `text` as letters of `charset` and return Unicode in NFC; what the charset does not know stays."""
    if charset is Charset.UNICODE:
        return text
    if charset is not Charset.VIQR:
        text = text.translate(_bytes_shown())
        signs = _SIGN_BOTH if charset is Charset.TCVN3 else _SIGN_EITHER
        if any(sign in text for sign in _SIGNS):
            text = signs.sub(lambda match: _SIGNS[match[0]], text)
    table = TABLES[charset]
    if (sequences := _sequences(charset)) is not None:
        # Two passes would read the output of the first again: mark what was written.
        pieces: list[str] = []
        last = 0
        for match in sequences.finditer(text):
            pieces += (text[last : match.start()].translate(_translation(charset)), table[match[0]])
            last = match.end()
        pieces.append(text[last:].translate(_translation(charset)))
        text = "".join(pieces)
    else:
        text = text.translate(_translation(charset))
    text = unicodedata.normalize("NFC", text)
    if capitals:
        return text.upper()
    if charset in (Charset.TCVN3, Charset.VPS):
        # One code serves both cases of most letters: the neighbours tell which ("MËT" is MẬT, "Hµ" stays Hà).
        return _CAPITAL_WORD.sub(lambda match: match[0].upper(), text)
    return text


_CAPITAL_WORD: Final = re.compile(r"(?<![^\W\d_])(?=[^\W\d_]*[A-Z][^\W\d_]*[A-Z])(?:[A-Z]|[^\W\d_a-z])+(?![^\W\d_])")


@cache
def _encoding_table(charset: Charset) -> dict[str, str]:
    """Return letter to legacy form; of several forms the shortest, then the one in one case, stands."""
    table: dict[str, str] = {}
    for form, letter in TABLES[charset].items():
        known = table.get(letter)
        tidy = form == (form.upper() if letter.isupper() else form.lower())
        if known is None or (tidy and len(form) <= len(known)):
            table[letter] = form
    return table


def encode(text: str, charset: Charset) -> str:
    """Write Unicode text in the characters of a legacy charset, the way its fonts store it (for tests and repair)."""
    if charset is Charset.UNICODE:
        return text
    table = _encoding_table(charset)
    return "".join(table.get(letter, letter) for letter in unicodedata.normalize("NFC", text))


def _tokens(text: str) -> list[str]:
    """Return the words with at least one letter beyond ASCII, the only ones that tell encodings apart."""
    found = []
    for match in _TOKEN.finditer(text):
        token = match[0]
        if not token.isascii() or _HIGH.search(token):
            found.append(token)
            if len(found) >= _SAMPLE_TOKENS:
                break
    return found


@lru_cache(maxsize=32_768)
def _is_word(token: str, charset: Charset, *, capitals: bool) -> bool:
    shown = convert(token, charset, capitals=capitals)
    parts = re.split(r"[\u2010-\u2026\u00ab\u00bb\u00b7\u00a0/]+", shown.strip("“”‘’«»…•–—·´¨"))
    parts = [part for part in parts if part]
    return bool(parts) and all(is_syllable(part) for part in parts)


def _score(tokens: Sequence[str], charset: Charset, *, capitals: bool = False) -> int:
    return sum(_is_word(token, charset, capitals=capitals) for token in tokens)


def judge(text: str, font: str | None = None, *, hint: Charset | None = None) -> tuple[Charset, bool]:
    """Return the charset that `text` is written in and whether that is certain; UNICODE when in doubt.

    `hint` is what neighbouring text in the same font was found to be; it decides where the text itself cannot.
    """
    if text.isascii() and not _HIGH.search(text):
        return (Charset.UNICODE, False)
    tokens = _tokens(text)
    legacy = legacy_font(font) if font else None
    if not tokens:
        return (Charset.UNICODE, False)
    as_is = _score(tokens, Charset.UNICODE)
    if legacy is None:
        return _judge_by_words(tokens, as_is, hint=hint)
    if not any(convert(token, legacy.charset) != token for token in tokens):
        return (Charset.UNICODE, as_is > 0)
    mine = _score(tokens, legacy.charset, capitals=legacy.capitals)
    if mine > as_is:
        return (legacy.charset, mine * 2 >= len(tokens))
    if as_is > mine:
        return (Charset.UNICODE, True)
    other, sure = _judge_by_words(tokens, as_is, hint=None)
    if other is not Charset.UNICODE and sure:
        return (other, True)
    if _UNICODE_ONLY.search(text):
        return (Charset.UNICODE, False)
    if hint is not None:
        return (hint, False)
    return (Charset.UNICODE if as_is else legacy.charset, False)


def _judge_by_words(tokens: Sequence[str], as_is: int, *, hint: Charset | None) -> tuple[Charset, bool]:
    """Decide without help of the font: most words must be wrong as they stand and right in one other reading."""
    total = len(tokens)
    if as_is * 2 > total:
        return (Charset.UNICODE, True)
    if hint is not None and hint is not Charset.UNICODE and _score(tokens, hint) > as_is:
        return (hint, True)
    best, valid = Charset.UNICODE, 0
    for charset in _EIGHT_BIT:
        score = _score(tokens, charset)
        if score > valid:
            best, valid = charset, score
    unicode_words = sum(_UNICODE_ONLY.search(token) is not None for token in tokens)
    if valid < 3 * unicode_words:
        return (Charset.UNICODE, False)  # letters that only Unicode has: some other cause
    if valid >= 2 and valid * 10 >= total * 6 and valid >= as_is * 2:
        return (best, valid >= 4)
    return (Charset.UNICODE, False)


def decode(text: str, font: str | None = None, *, hint: Charset | None = None) -> Decoded:
    """Return the text in Unicode, read by its font and its words."""
    charset, confident = judge(text, font, hint=hint)
    if charset is Charset.UNICODE:
        return Decoded(text, charset, confident)
    legacy = legacy_font(font) if font else None
    return Decoded(convert(text, charset, capitals=_shows_capitals(legacy, charset)), charset, confident)


def _shows_capitals(legacy: LegacyFont | None, charset: Charset) -> bool:
    return legacy is not None and legacy.capitals and charset is legacy.charset


def decode_runs(runs: Sequence[Run]) -> list[Decoded]:
    """Decode every run of a document; runs of one block and font are judged together, then by the font's majority.

    A word may be cut over several runs, and a single short word may not tell its encoding: so the block decides for
    its runs, and what all blocks in that font are decides for a block that cannot tell.
    """
    groups: list[tuple[str | None, list[int]]] = []
    last: tuple[int, str | None] | None = None
    for position, run in enumerate(runs):
        key = (run.block, run.font)
        if key == last:
            groups[-1][1].append(position)
        else:
            groups.append((run.font, [position]))
            last = key
    verdicts: list[tuple[Charset, bool] | None] = []
    votes: dict[str | None, Counter[Charset]] = {}
    settled: dict[str | None, tuple[Charset, int]] = {}
    fontless: list[str] = []
    for font, members in groups:
        text = "".join(runs[member].text for member in members)
        if not _worth_judging(text, font):
            verdicts.append(None)
            continue
        usual, times = settled.get(font, (Charset.UNICODE, 0))
        if times >= _SETTLED and usual is not Charset.UNICODE and not _UNICODE_ONLY.search(text):
            verdicts.append((usual, True))
            continue
        charset, confident = judge(text, font)
        verdicts.append((charset, confident))
        if confident:
            settled[font] = (charset, times + 1 if charset is usual else 1)
            votes.setdefault(font, Counter())[charset] += len(text)
        elif legacy_font(font or "") is None:
            fontless.append(text)
    whole = judge(" ".join(fontless[:2000]))[0] if len(fontless) > 1 else Charset.UNICODE
    decoded: list[Decoded] = [Decoded("", Charset.UNICODE, confident=False)] * len(runs)
    for (font, members), found in zip(groups, verdicts, strict=True):
        charset, confident = found or (Charset.UNICODE, False)
        if found is not None and not confident:
            votes_of_font = votes.get(font)
            hint = votes_of_font.most_common(1)[0][0] if votes_of_font else whole
            if hint is not Charset.UNICODE or legacy_font(font or "") is not None:
                charset, confident = judge("".join(runs[member].text for member in members), font, hint=hint)
        capitals = _shows_capitals(legacy_font(font) if font else None, charset)
        legacy = legacy_font(font) if font else None
        if found is None and legacy is not None and legacy.capitals:
            # Only ASCII letters: the font still shows capitals, whatever the encoding of the rest.
            capitals, charset = True, Charset.UNICODE
        for member, text in zip(members, _convert_pieces([runs[m].text for m in members], charset), strict=True):
            decoded[member] = Decoded(text.upper() if capitals else text, charset, confident)
    return decoded


def _worth_judging(text: str, font: str | None) -> bool:
    """Tell quickly whether a block could be legacy text: bytes above ASCII, and few letters that only Unicode has."""
    if text.isascii() and not (font and _HIGH.search(text)):
        return False
    if font and legacy_font(font) is not None:
        return True
    high = len(_HIGH.findall(text))
    return high > 0 and high > len(_UNICODE_ONLY.findall(text)) * 3


def _convert_pieces(pieces: list[str], charset: Charset) -> list[str]:
    """Convert the runs of one block together: a letter's forms, or what tells its case, may stand in two runs."""
    if charset is Charset.UNICODE:
        return pieces
    pieces = list(pieces)
    if _sequences(charset) is not None:
        for position in range(len(pieces) - 1):
            left, right = pieces[position], pieces[position + 1]
            for width in (2, 1):
                if len(left) >= width and right and left[-width:] + right[0] in TABLES[charset]:
                    pieces[position], pieces[position + 1] = left + right[0], right[1:]
                    break
        return [convert(piece, charset) for piece in pieces]
    whole = "".join(pieces)
    shown = convert(whole, charset)
    if len(shown) != len(whole):
        return [convert(piece, charset) for piece in pieces]
    ends = list(accumulate(len(piece) for piece in pieces))
    return [shown[end - len(piece) : end] for end, piece in zip(ends, pieces, strict=True)]


_VIQR_MARK: Final = re.compile(r"[aeouAEOU][\^(+][`'?~.]?|[aeiouyAEIOUY][`'?~.](?=[a-z])|\bdd[aeiouy]|\bDD[AEIOUY]")


def looks_like_viqr(text: str) -> bool:
    """Tell whether ASCII text is Vietnamese in VIQR: many mnemonics, and nearly all of them make syllables."""
    marks = len(_VIQR_MARK.findall(text))
    if marks < 4:
        return False
    tokens = [token for token in re.findall(r"[A-Za-z`'?~.^(+]+", text[:20_000]) if re.search(r"[\^(+`'~]", token)]
    tokens = [token.rstrip(".?'") if token.count(".") == 1 and token[-1] in ".?'" else token for token in tokens]
    right = sum(is_syllable(convert(token, Charset.VIQR)) for token in tokens)
    return len(tokens) >= 3 and right * 10 >= len(tokens) * 7


def charsets_of(decoded: Iterable[Decoded]) -> tuple[Charset, ...]:
    """Return the legacy charsets found, most frequent by letters first."""
    letters: Counter[Charset] = Counter()
    for item in decoded:
        if item.charset is not Charset.UNICODE:
            letters[item.charset] += len(item.text)
    return tuple(charset for charset, _ in letters.most_common())
