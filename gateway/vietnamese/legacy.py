"""Legacy Vietnamese text to Unicode, by the effective font *and* by what the bytes spell.

A legacy font name over letters that already read as Vietnamese is only a font fault; a Unicode font name over legacy
bytes is an encoding fault. So neither decides alone (`legacy_evidence`), and neighbours decide for a block that cannot.

VIQR is ASCII and is recognised apart (`looks_like_viqr`), since plain text must not be read as it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from gateway.model import Run
from gateway.vietnamese.fonts import legacy_font
from gateway.vietnamese.legacy_codes import convert, sequences
from gateway.vietnamese.legacy_evidence import HIGH, UNICODE_ONLY, judge
from gateway.vietnamese.legacy_tables import TABLES, Charset
from gateway.vietnamese.syllables import is_syllable

_SETTLED: Final = 30
"""After so many blocks of one font that agree, the next ones are looked at only when they hold Unicode letters."""
_SAMPLE: Final = 20_000
"""Characters of short blocks that are judged together."""


class Decoded(NamedTuple):
    """Text in Unicode (NFC) and how it was read."""

    text: str
    charset: Charset
    confident: bool
    """False when the text held nothing to decide by, or one reading was hardly better than another."""


def needs_decoding(runs: Sequence[Run], whole: str) -> bool:
    """Return whether any run could be in a legacy charset: by a font name, or by letters that Unicode text has not."""
    if any(legacy_font(font) for font in {run.font for run in runs if run.font}):
        return True
    if whole.isascii():
        return False
    latin = len(whole.encode("latin-1", "ignore"))
    high = latin - len(whole.encode("ascii", "ignore"))
    return high > 3 * (len(whole) - latin)  # half of a Vietnamese text's marked letters are beyond Latin-1


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
    evidence = _Evidence(runs, groups)
    verdicts: list[tuple[Charset, bool] | None] = []
    settled: dict[str | None, tuple[Charset, int]] = {}
    for font, members in groups:
        text = "".join(runs[member].text for member in members)
        if not _worth_judging(text, font):
            verdicts.append(None)
            continue
        usual, times = settled.get(font, (Charset.UNICODE, 0))
        if times >= _SETTLED and usual is not Charset.UNICODE and not UNICODE_ONLY.search(text):
            verdicts.append((usual, True))
            continue
        charset, confident = judge(text, font)
        verdicts.append((charset, confident))
        if confident:
            settled[font] = (charset, times + 1 if charset is usual else 1)
            evidence.votes[font][charset] += len(text)
    decoded: list[Decoded] = [Decoded("", Charset.UNICODE, confident=False)] * len(runs)
    for (font, members), found in zip(groups, verdicts, strict=True):
        charset, confident = found or (Charset.UNICODE, False)
        if found is not None and (not confident or (charset is Charset.UNICODE and evidence.speaks_for_all(font))):
            hint = evidence.hint(font)
            if hint not in (None, Charset.UNICODE) or legacy_font(font or "") is not None:
                charset, confident = judge("".join(runs[member].text for member in members), font, hint=hint)
        legacy = legacy_font(font) if font else None
        # Of ASCII letters alone (`found` is None) the font still shows capitals, whatever the encoding of the rest.
        capitals = legacy is not None and legacy.capitals and (found is None or charset is legacy.charset)
        for member, text in zip(members, _convert_pieces([runs[m].text for m in members], charset), strict=True):
            decoded[member] = Decoded(text.upper() if capitals else text, charset, confident)
    return decoded


class _Evidence:
    """Joint evidence of the blocks of one font, and of all whose font decides nothing; used for blocks in doubt."""

    def __init__(self, runs: Sequence[Run], groups: Sequence[tuple[str | None, list[int]]]) -> None:
        self._runs = runs
        self._groups = groups
        self._mixed = {
            font for font, members in groups if any(UNICODE_ONLY.search(runs[member].text) for member in members)
        }
        self.votes: dict[str | None, Counter[Charset]] = defaultdict(Counter)
        """Letters of the blocks whose charset is certain, by font."""
        self._hints: dict[str | None, Charset | None] = {}
        self._whole: Charset | None = None

    def hint(self, font: str | None) -> Charset | None:
        """Return what a block of this font most probably is; None for a legacy font without other evidence."""
        if font not in self._hints:
            self._hints[font] = self._find(font)
        return self._hints[font]

    def speaks_for_all(self, font: str | None) -> bool:
        """Return whether the font's blocks are legacy and none is Unicode on its face: `chó` may be the bytes of `chú`."""
        return self.hint(font) not in (None, Charset.UNICODE) and font not in self._mixed

    def _find(self, font: str | None) -> Charset | None:
        legacy = font is not None and legacy_font(font) is not None
        if not legacy:
            together = self._together(lambda other: other == font)
            if together is not Charset.UNICODE:
                return together
        if votes := self.votes.get(font):
            return votes.most_common(1)[0][0]
        if self._whole is None:
            self._whole = self._together(lambda other: other is None or legacy_font(other) is None)
        return None if legacy and self._whole is Charset.UNICODE else self._whole

    def _together(self, wanted: Callable[[str | None], bool]) -> Charset:
        """Return the legacy charset that is certain for the wanted blocks, but for those that are Unicode on their face."""
        texts: list[str] = []
        length = 0
        for font, members in self._groups:
            if length > _SAMPLE:
                break
            text = "".join(self._runs[member].text for member in members) if wanted(font) else ""
            if text and not UNICODE_ONLY.search(text):
                texts.append(text)
                length += len(text)
        charset, sure = judge(" ".join(texts))
        return charset if sure else Charset.UNICODE


def _worth_judging(text: str, font: str | None) -> bool:
    """Return quickly whether a block could be legacy text: bytes above ASCII, and few letters that only Unicode has."""
    if text.isascii() and not HIGH.search(text):
        return False
    if font and legacy_font(font) is not None:
        return True
    high = len(HIGH.findall(text))
    return high > 0 and high > len(UNICODE_ONLY.findall(text)) * 3


def _convert_pieces(pieces: list[str], charset: Charset) -> list[str]:
    """Convert the runs of one block together: a letter's forms, or the neighbours that decide its case, may be in two runs."""
    if charset is Charset.UNICODE:
        return pieces
    pieces = list(pieces)
    if sequences(charset) is not None:
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
    """Return whether ASCII text is Vietnamese in VIQR: many mnemonics, and nearly all of them make syllables."""
    marks = len(_VIQR_MARK.findall(text))
    if marks < 4:
        return False
    tokens = [token for token in re.findall(r"[A-Za-z`'?~.^(+]+", text[:20_000]) if re.search(r"[\^(+`'~]", token)]
    tokens = [token.rstrip(".?'") if token.count(".") == 1 and token[-1] in ".?'" else token for token in tokens]
    right = sum(is_syllable(convert(token, Charset.VIQR)) for token in tokens)
    return len(tokens) >= 3 and right * 10 >= len(tokens) * 7
