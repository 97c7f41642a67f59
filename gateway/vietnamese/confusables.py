"""Characters that look like a Latin letter, and that letter (UTS 39 confusables of the letters of marks).

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
A ΑАᎪᗅꓮ𐊠𖽀ᎯΛ∧⋀
B ΒВᏴᗷꓐ𐊂Ꞵ𐊡𐌁
C СϹᏟꓚⲤ𐊢𐌂𐐕𐔜𑣩𑣲
D ᎠꓓᗞᗪÐƉ
E ΕЕᎬꓰⴹ𐊆⋿𑢦𑢮
F Ϝꓝᖴ
G ᏀԌꓖᏳ
H ΗНᎻᕼꓧⲎ𐋏
I ΙІӀᏆⵏꓲᛁ𐊊ⲒӏƖǀוןا١۱ߊ∣⏽𐌉𐌠𖼨𞣇
J ЈᎫꓙᒍ
K ΚКᏦꓗⲔᛕ𐔘
L ᏞꓡᒪⳐ𐐛𐔦𑢣𑢲𖼖𝈪
M ΜМᎷᗰꓟᛖϺ𐊰𐌑ⲘⱮ
N ΝꓠⲚ𐔓
O ΟОՕꓳⵔ〇ⲞꝊⵙ߀০ଠ୦ዐ𐊒𐊫𐐄𐓂𐔖𑓐𑢵𑣠
P ΡРᏢꓑᑭⲢ𐊕
Q ⵕԚ
R ᎡᏒꓣᖇƦ𐒴𖼵𝈖
S ЅՏᏚꓢᏕ𐊖𐐠𖼺
T ΤТᎢꓔ⟙⊤𐊗𐌕ⲦƬŦȾ₮𐊱𑢼𖼊丅丁ㄒ
U ՍᑌꓴႮ⋃∪ሀ𐓎𑢸𖽂
V ѴꓦᐯᏙ⋁٧۷ⴸꛟ𐔝𑢠𖼈𝈍
W ᎳꓪԜ
X ΧХꓫⲬ᙭ᚷⵝꞳ𐊐𐊴𐌗𐌢𐔧𑣬
Y ΥУҮᎩᎽꓬⲨƳ𐊲𑢤𖽃
Z ΖᏃꓜ
a аαɑ⍺ⲁ
b ЬᏏƅƄᑲᖯ
c сϲⲥ𐐽
d ԁᏧᑯꓒ
đ ð
e еҽ℮єꬲ
f քꞙꬵ
g ɡցƍᶃ
h һհᏂ
i іιıɩɪⲓᎥ⍳ꙇꭵ𑣃
j јϳ
k κк
l ⅼ
m мⲙ𑜀𑣣
n ոпռ
o οоօჿⲟσסه٥ھہە۵०੦૦௦౦೦ഠ൦๐໐ဝ၀ᴑꬽ𐐬𐓪𑣈𑣗
p рρⲣ⍴
q ԛգզ
r гⲅᴦꭇꭈꮁ
s ѕꮪƽ𐑈𑣁
t тτⲧ
u υսʋцⲩꞟꭎꭒ𐓶𑣘
v νѵט∨𑜆𑣀
w ԝшաɯѡ𑜊𑜎𑜏
x хχⲭᕁᕽ⤫⤬⨯
y уүγყⲩɣᶌỿꭚ𑣜
z 𑣄
"""

_DRAWN_ALIKES: Final = """
A ᗩ₳Ⱥ𑫘𐌀𐒲𑫛𐓚ꓥⴷᐱ𖼽𖽁𐊍𐤠𖩅𐒰ꛎ𐳤𑀕𐲤𐌡۸ߍ𐓘𞠟𐘠𖼜𐑵𐓙𐳍𐒱𐘡𐔐𐲍
E 𖬣𑨒ꗋⵎ𖼮Ⳟⵟ𞡋𖩇𑀗ᗴꗍ𑫌𐔶ꡥ𐔥ꡇꡢᖶ
I 𖭐𐌆𞅁ꀤ
M ₥𐌌ᙏᘻᛘ
O 𑫤꯰𖩠ᱛ𞋰𞠧᭐꣐𖫩𑀞𐰗𑌠ꢝ𑄤𐓃𑋛𑶠᮰꩐᥆𑆜𑵐𐤬᠐𐙝𐰧᱐𓃉ꖴ𖧋𞢹𛱅𐍈𑄶꧐᪀᪐ᩅ𐒆𐌏𑀣꤀᧐ᦞ𐒠ᨣ𐤏𑑐𐓫ᦢߋᦅ𐘿ᨷ𞥐𐑴𓈒𑄛ᝪ𑄉Ⲑ𑫃ⴱ𐐃𑄘Ⱉ𑁜𑐛𖩀𑠕𑫁𖦛𐐫𖦸𐐭𖺀𐐟𖩗𑵔𐐅ꐋ𐄙𐪅ⵚⵀ
T ₸𑫝𐤯𐍄𖩋𐝇𐿲𐺜𝍳𝍮ꔋߠ𖼍𖼡𖼎ᚁ𖼋𐘅𐘄𖼌𖾓ᐪꔉᵎ𝍴𐤳𖼢𐙫𖼏ⴶꕯⵊ𑀡𐊈𐀵𐠳
U 𞤋𞤭𑵒𐌵ᓑꖹ𑢴ⵡ𖬡𞴂Ⳙ𖬌𖬔𐺢ߎ𖬈ⳙꇴᐡᕞᕟꐇᥙ꤉ꂹ𑨞꤇
Y 𐍅ꚲߌ𐰠𖽄𐘞ᛉ𐊽𐊵𖡔𐳰𐤶𐰱
"""
"""Letters and digits of scripts without users in Viet Nam that fonts draw as letters of marks, found by comparing drawings."""

MARKS: Final = frozenset("\u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323")
"""The combining marks that Vietnamese letters are built of."""

_MARK_ALIKES: Final = {
    **dict.fromkeys("\u0340\u0953", "\u0300"),
    **dict.fromkeys("\u0341\u059c\u059d\u0618\u064e\u0747\u0954", "\u0301"),
    # an inverted breve over a letter looks like a circumflex
    **dict.fromkeys("\u0311\u1dcd\u065b\u07ee\u1cd0\ua6f0", "\u0302"),
    **dict.fromkeys("\u0342\u0653", "\u0303"),
    **dict.fromkeys("\u030c\u036e\u0658\u065a\ua67c", "\u0306"),
    "\u302c": "\u0309",
    # rings, strokes and points below: of Hebrew, Arabic and the scripts of India too
    **dict.fromkeys("\u0325\u0329\u05b4\u05c5\u065c\u08ed\u093c\u09bc\u0a3c\u0abc\u0b3c\u1cdd\u1dfa", "\u0323"),
    **dict.fromkeys("\U00010a3a\U000111ca\U000114c3", "\u0323"),
}

_TABLE: Final[dict[str, str]] = {
    alike: line[0] for line in (_DRAWN_ALIKES + _LOOK_ALIKES).split("\n") if line for alike in line[2:]
} | _MARK_ALIKES

_NAMED: Final = re.compile(
    r"(?:REGIONAL INDICATOR SYMBOL LETTER|NEGATIVE CIRCLED LATIN CAPITAL LETTER"
    r"|NEGATIVE SQUARED LATIN CAPITAL LETTER|LATIN LETTER SMALL CAPITAL) ([A-Z])$"
)
_IGNORED_CATEGORIES: Final = frozenset({"Cf", "Cc", "Me", "Cs", "Cn"})
_FILLERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2065")


def ignorable(character: str) -> bool:
    """Return whether a character shows nothing of its own: format controls, variation selectors, tags, fillers."""
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
    for piece in character if character in _TABLE else unicodedata.normalize("NFKD", character):
        alike = _look_alike(piece)
        if alike == piece and (named := _NAMED.match(unicodedata.name(piece, ""))):
            alike = named[1]
        if not ((unicodedata.combining(alike) and alike not in MARKS) or ignorable(alike)):
            shown.append(alike)
    return "".join(shown)
