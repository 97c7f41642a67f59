"""Canonical form of Vietnamese text: everything that reads the same is equal.

`canonical` gives precomposed letters (NFC) with look-alikes, symbol-font letters, numeric references, invisible
characters and right-to-left overrides resolved. `skeleton` gives the bare ASCII letters in lower case, line breaks kept;
it is made for a whole document at once and costs a few milliseconds for 100 pages. Neither ever fails.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from gateway.vietnamese.confusables import MARKS, seen_as
from gateway.vietnamese.repertoire import REPERTOIRE, numbers, octets, shown, table

_REFERENCE: Final = re.compile(r"&#(?:[0-9]{1,7}|[xX][0-9a-fA-F]{1,6});?|\\u[0-9a-fA-F]{4}")
_BIDI_END: Final = "\u202c"
_USUAL = "\t\n\x20-\x7e\xa0-\xac\xae-\xcf\xd1-\xef\xf1-\u0130\u0132-\u0165\u0168-\u0183\u0186-\u0188\u018a-\u018c"
_USUAL += "\u018e-\u0195\u0197-\u01a5\u01a7-\u01ab\u01ad-\u01b2\u01b4-\u01bc\u01be\u01bf\u01c1-\u0233"
_UNUSUAL: Final = re.compile(
    f"[^{_USUAL}\u0300-\u0303\u0306\u0309\u031b\u0323\u1e00-\u1efe\u2010-\u2026\u2030-\u203e\u20ab\u2500-\u257f\u25a0-\u25ff]"
)
_LINE_BREAKS: Final = re.compile("\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_BREAKS: Final = "\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_FILLER: Final = re.compile("[\\W_\u115f\u1160\u3164\ufc5e-\ufc63\ufe70-\ufe7f\uff9e\uff9f\uffa0]{48,}")
"""Blanks, leaders, invisible letters: nothing that is read."""
_FILLER_KEPT: Final = 16
_SENTENCE_ENDS: Final = (". ", "},")
_OVERLAP: Final = 60
"""Letters that two pieces have in common where no sentence ends."""
_NO_LETTERS: Final = re.compile(r"[^a-z]+")
_SPACED: Final = re.compile(r"(?<![^\W_])[^\W\d_](?:(?P<s>[ .\-_·*/\u00a0])[^\W\d_](?![^\W_])){2,}")


def unify_line_breaks(text: str) -> str:
    """Return the text with a line feed for every kind of line break."""
    return _LINE_BREAKS.sub("\n", text) if any(sign in text for sign in _BREAKS) else text


def without_filler(text: str) -> str:
    """Return a line with each long stretch that is no letter cut down to its ends.

    Thousands of blanks or invisible letters push a mark to the next line of the screen, not out of sight.
    """
    if len(text) <= 2 * _FILLER_KEPT:
        return text
    return _FILLER.sub(lambda match: match[0][:_FILLER_KEPT] + match[0][-_FILLER_KEPT:], text)


def pieces(text: str, longest: int) -> Iterator[str]:
    """Yield a text in pieces of bounded length, which end with a sentence or overlap by a few words."""
    start = 0
    while len(text) - start > longest:
        half, end = start + longest // 2, start + longest
        sentence = max(text.rfind(sign, half, end) for sign in _SENTENCE_ENDS)
        cut = (sentence if sentence > 0 else max(text.rfind(blank, half, end) for blank in " \t")) + 1 or end
        yield text[start:cut]
        start = cut if sentence > 0 else max(text.rfind(" ", half, cut - _OVERLAP) + 1, cut - 2 * _OVERLAP)
    yield text[start:]


def _referred(match: re.Match[str]) -> str:
    """Return the character of a reference; it never makes a new line."""
    shown = chr(int(match[0][-4:], base=16)) if match[0][0] == "\\" else html.unescape(match[0])
    return _LINE_BREAKS.sub(" ", shown).replace("\n", " ")


def _visual_order(text: str) -> str:
    """Reverse what is under a right-to-left override, as it is shown (UAX 9, explicit overrides only)."""
    pieces: list[str] = []
    held: list[str] | None = None
    for character in text:
        if character == "\u202e":
            held = [] if held is None else held
        elif character in (_BIDI_END, "\u202d", "\n"):
            pieces += _reversed_clusters(held or [])
            held = None
            if character == "\n":
                pieces.append(character)
        else:
            (pieces if held is None else held).append(character)
    return "".join((*pieces, *_reversed_clusters(held or [])))


def _reversed_clusters(letters: list[str]) -> list[str]:
    """Reverse letters but leave each letter's combining marks behind it."""
    clusters: list[str] = []
    for letter in letters:
        if clusters and unicodedata.combining(letter):
            clusters[-1] += letter
        else:
            clusters.append(letter)
    return clusters[::-1]


_MANY_FOR_ONE: Final = numbers((*MARKS, "\0", "…"))
"""Characters that a canonical text does not show one for one."""
_AS_CANONICAL: Final = table(lambda character: seen_as(character) if character in "\xa0²" else character)


_SYMBOL_BOXES: Final = {
    "\uf06f": "☐", "\uf071": "☐", "\uf0a1": "○", "\uf0a3": "☐", "\uf0a8": "☐", "\uf04f": "✗", "\uf050": "✓", "\uf051": "☒",
    "\uf052": "☑", "\uf053": "☒", "\uf054": "☒", "\uf06c": "●", "\uf06e": "■", "\uf078": "☒", "\uf0a4": "◉", "\uf0fb": "✗",
    "\uf0fc": "✓", "\uf0fd": "☒", "\uf0fe": "☑",
}  # fmt: skip
"""Boxes to tick of Wingdings and Wingdings 2, which are alone; among other letters of a symbol font they are letters."""
_BOXES_OF: Final = {
    "symbol": {},
    "webdings": {"\uf061": "✓", "\uf063": "☐", "\uf067": "■", "\uf06e": "●", "\uf072": "✗"},
    "dingbats": dict(
        zip("\uf033\uf034\uf035\uf036\uf037\uf038\uf06c\uf06d\uf06e\uf06f\uf071", "✓✔✕✖✗✘●❍■❏❑", strict=True)
    ),
}
"""Those of other fonts, by a part of their names."""
_SYMBOL_BOX: Final = re.compile(f"(?<![\uf020-\uf0ff])[{''.join(_SYMBOL_BOXES)}](?![\uf020-\uf0ff])")


def sign_of(letter: str, font: str = "", *, other: str = "•") -> str:
    """Return the box to tick that a letter of a symbol font is, `other` where it is none."""
    name = font.lower()
    boxes = next((boxes for part, boxes in _BOXES_OF.items() if part in name), _SYMBOL_BOXES)
    return boxes.get(chr(0xF000 | ord(letter)), other)


def canonical(text: str) -> str:
    """Return the canonical form."""
    referring = "&#" in text or "\\u" in text
    if (
        not referring
        and (common := octets(text)) is not None
        and len(common.translate(None, _MANY_FOR_ONE)) == len(text)
    ):
        return shown(common, _AS_CANONICAL)
    text = _SYMBOL_BOX.sub(lambda box: _SYMBOL_BOXES[box[0]], text)
    if referring:
        text = _REFERENCE.sub(_referred, text)
    if "\u202e" in text:
        text = _visual_order(text)
    letters: list[str] = []
    bearer = -9
    for character in text:
        for piece in seen_as(character):
            if piece in MARKS:
                # A mark set apart from its letter ("A . ^") still belongs to it.
                if len(letters) - bearer <= 4:
                    letters[bearer] += piece
                continue
            if piece.isalpha():
                bearer = len(letters)
            letters.append(piece)
    composed = [cluster if len(cluster) == 1 else _compose(cluster) for cluster in letters]
    return "".join(composed)


_VOWELS: Final = frozenset("aeiouy")


def _compose(cluster: str) -> str:
    """Return one letter for a base and its marks in any order, without those that do not fit or on consonants."""
    if cluster[0].lower() not in _VOWELS:
        return cluster[0]
    whole = unicodedata.normalize("NFC", cluster)
    if len(whole) == 1:
        return whole
    base = cluster[0]
    for mark in sorted(set(cluster[1:]), key=lambda mark: mark in "\u0300\u0301\u0303\u0309\u0323"):
        trial = unicodedata.normalize("NFC", base + mark)
        base = trial if len(trial) == 1 else base
    return base


SIGN: Final = "~"
"""Placeholder in a parted skeleton for a sign or a foreign letter."""


def _to_ascii(text: str) -> str:
    text = text.replace("đ", "d").replace("Đ", "D")
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")


_LAST_USUAL: Final = 0x25FF
_SIGNS: Final = re.compile(
    "[{}]+".format(
        "".join(
            character
            for character in map(chr, range(0xA1, _LAST_USUAL + 1))
            if not (_UNUSUAL.match(character) or unicodedata.combining(character) or _to_ascii(character))
        )
    )
)
"""Usual signs and letters that have no ASCII character."""


class _Skeleton(dict[int, str]):
    """Translation table that learns each character when it first sees it; bounded against hostile text."""

    def __init__(self, *, parted: bool) -> None:
        super().__init__()
        self._parted = parted

    def __missing__(self, code: int) -> str:
        shown = seen_as(chr(code))
        if self._parted and shown and not unicodedata.combining(shown[0]) and not _to_ascii(shown):
            shown = SIGN
        if len(self) < 20_000:
            self[code] = shown
        return shown


_SKELETONS: Final = {parted: _Skeleton(parted=parted) for parted in (False, True)}


def warm_up() -> None:
    """Learn the common characters, so that no child has to."""
    for learnt in _SKELETONS.values():
        for character in REPERTOIRE:
            _ = learnt[ord(character)]


def is_unusual(text: str) -> bool:
    """Return whether the text has characters that plain Vietnamese, Latin text and its punctuation do not have."""
    return _UNUSUAL.search(text) is not None


def _bare_character(character: str) -> str:
    """Return what a skeleton shows for one character of the common repertoire: an ASCII character or nothing."""
    plain = unicodedata.normalize("NFKD", "d" if character in "đĐ" else character)[0]
    return plain.lower() if plain.isascii() and plain != "\0" else ""


_BARE: Final = table(lambda character: _bare_character(character) or "?").encode("ascii", "replace")
_DROPPED: Final = numbers(character for character in REPERTOIRE if not _bare_character(character))
_PARTED: Final = table(lambda character: _bare_character(character) or SIGN).encode("ascii", "replace")
_MARKS_ALONE: Final = numbers((*MARKS, "\0"))


def skeleton(text: str, *, parted: bool = False, common: bytes | None = None) -> str:
    """Return the bare ASCII letters in lower case; line feeds are kept, every other line break becomes one.

    Letters of one line stay in that line, but indices are not those of the source. Signs outside ASCII are dropped;
    in a `parted` skeleton `SIGN` stands for each, so that what they part stays apart (`MẬT—Kế hoạch`). `common` is the
    text in `octets`, if that is known.
    """
    common = common or octets(text)
    if common is None:
        plain = _bare(text, parted=parted)
    elif parted:
        plain = common.translate(_PARTED, _MARKS_ALONE).decode("ascii")
    else:
        plain = common.translate(_BARE, _DROPPED).decode("ascii")
    if ("&" in plain and "&#" in plain) or ("\\" in plain and "\\u" in plain):
        referred = _REFERENCE.sub(_referred, plain).replace("&#", "& #").replace("\\u", "\\ u")
        return skeleton(referred, parted=parted)
    return plain


def _bare(text: str, *, parted: bool) -> str:
    """Return the skeleton of a text of any characters, references left as they are."""
    if "\u202e" in text:
        text = _visual_order(text)
    if parted:
        text = _SIGNS.sub(lambda signs: SIGN * len(signs[0]), text)
    if _UNUSUAL.search(text):
        text = text.translate(_SKELETONS[parted])
    return _to_ascii(text).lower()


def run_together(plain: str) -> str:
    """Return the letters a to z of a bare text without anything between them: `toi mat` and `to-i m.at` are `toimat`."""
    return _NO_LETTERS.sub("", plain)


def collapse_spacing(text: str) -> str:
    """Join letters written one by one ("M Ậ T", "T.Ố.I  M.Ậ.T") into words; words end at two spaces or more."""

    def join(match: re.Match[str]) -> str:
        return re.sub(r"[^\w]|_", "", match[0])

    return _SPACED.sub(join, text)


def is_decomposed(text: str) -> bool:
    """Return whether Vietnamese letters are in decomposed form (NFD or the mixed form of code page 1258)."""
    return any(mark in text for mark in MARKS) and unicodedata.normalize("NFC", text) != text
