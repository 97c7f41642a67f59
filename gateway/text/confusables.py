"""Characters that a reader takes for a Latin letter, and the letter that he sees (the class of UTS 39).

The table is our own and deliberately one-directional: it serves to find marks, never to rewrite what people see. What
Unicode itself decomposes (full width, mathematical, circled, squared letters) needs no entry, and what a character's
name tells (small capitals, regional indicators, negative circled letters) is taken from the name.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_LOOK_ALIKES: Final = """
A ΑАᎪᗅꓮ𐊠𖽀Ꭿ
B ΒВᏴᗷꓐ𐊂
C СϹᏟꓚ
D ᎠꓓᗞᗪÐƉ
E ΕЕᎬꓰⴹ𐊆⋿
F Ϝꓝᖴ
G ᏀԌꓖ
H ΗНᎻᕼꓧⲎ
I ΙІӀᏆⵏꓲᛁ𐊊ⲒӏƖ
J ЈᎫꓙᒍ
K ΚКᏦꓗⲔ
L ᏞꓡᒪⳐ
M ΜМᎷᗰꓟᛖϺ𐊰𐌑Ⲙ
N ΝꓠⲚ
O ΟОՕꓳⵔ〇ⲞꝊⵙ
P ΡРᏢꓑᑭⲢ
Q ⵕԚ
R ᎡᏒꓣᖇƦ
S ЅՏᏚꓢ
T ΤТᎢꓔ⟙⊤𐊗𐌕ⲦƬŦȾ₮
U ՍᑌꓴႮ⋃∪ሀ
V ѴꓦᐯᏙ⋁
W ᎳꓪԜ
X ΧХꓫⲬ᙭
Y ΥУҮᎩᎽꓬⲨƳ
Z ΖᏃꓜ
a аαɑ⍺ⲁ
b ЬᏏƅ
c сϲⲥ
d ԁᏧ
đ ð
e еҽ℮є
g ɡց
h һհᏂ
i іιıɩɪⲓ
j јϳ
k κк
l ⅼ
m мⲙ
n ոп
o οоօჿⲟσ
p рρⲣ
q ԛգ
r гⲅ
s ѕꮪ
t тτⲧ
u υսʋцⲩ
v νѵ
w ԝшա
x хχⲭ
y уүγყⲩ
"""

MARKS: Final = frozenset("\u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323")
"""The combining marks that Vietnamese letters are built of."""

_MARK_ALIKES: Final = {
    "\u0311": "\u0302",  # inverted breve over a letter looks like a circumflex
    "\u1dcd": "\u0302",
    "\u1dfa": "\u0323",
    "\u0325": "\u0323",
    "\u0329": "\u0323",
    "\u05b4": "\u0323",  # Hebrew hiriq
    "\u093c": "\u0323",  # Devanagari nukta
    "\u0340": "\u0300",
    "\u0341": "\u0301",
    "\u030c": "\u0306",
}

_TABLE: Final[dict[str, str]] = {
    alike: line[0] for line in _LOOK_ALIKES.split("\n") if line for alike in line[2:]
} | _MARK_ALIKES

_NAMED: Final = re.compile(
    r"(?:REGIONAL INDICATOR SYMBOL LETTER|NEGATIVE CIRCLED LATIN CAPITAL LETTER"
    r"|NEGATIVE SQUARED LATIN CAPITAL LETTER|LATIN LETTER SMALL CAPITAL) ([A-Z])$"
)
_IGNORED_CATEGORIES: Final = frozenset({"Cf", "Cc", "Me", "Cs", "Cn"})
_FILLERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2065")


def ignorable(character: str) -> bool:
    """Tell whether a character shows nothing of its own: format controls, variation selectors, tags, fillers."""
    if character in "\t\n":
        return False
    code = ord(character)
    if 0xFE00 <= code <= 0xFE0F or 0xE0000 <= code <= 0xE0FFF or 0x180B <= code <= 0x180F or character in _FILLERS:
        return True
    return unicodedata.category(character) in _IGNORED_CATEGORIES


def _look_alike(letter: str) -> str:
    """Return the Latin letter that a letter shows as, in its own case, or the letter itself."""
    if letter in _TABLE:
        return _TABLE[letter]
    capital = letter.upper()
    return _TABLE[capital].lower() if capital != letter and capital in _TABLE else letter


@lru_cache(maxsize=8192)
def seen_as(character: str) -> str:
    """Return what one character shows as: Latin letters and Vietnamese marks apart, a space, or nothing.

    A symbol-font letter (U+F020 to U+F0FF) is the letter of its byte. Marks that no Vietnamese letter has fall away,
    so that an underlined or overstruck letter is the letter.
    """
    if "\uf020" <= character <= "\uf0ff":
        character = chr(ord(character) - 0xF000)
    if character in "\n\r\v\f\x85\u2028\u2029":
        return "\n"
    if ignorable(character):
        return ""
    if character in " \t" or unicodedata.category(character) == "Zs" or character == "\u2800":
        return "\t" if character == "\t" else " "
    shown = []
    for piece in unicodedata.normalize("NFKD", character):
        alike = _look_alike(piece)
        if alike == piece and ord(piece) > 0x2AF:
            named = _NAMED.match(unicodedata.name(piece, ""))
            alike = named[1] if named else piece
        elif alike == piece and (named := _NAMED.match(unicodedata.name(piece, ""))):
            alike = named[1]
        if unicodedata.combining(alike) and alike not in MARKS:
            continue
        if ignorable(alike):
            continue
        shown.append(alike)
    return "".join(shown)
