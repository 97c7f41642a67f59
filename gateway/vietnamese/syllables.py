"""Written Vietnamese syllables, by which an encoding is recognised.

A wrong reading of bytes gives letters that no Vietnamese word has ("Céng hoµ", "nhaø nöôùc"); the right one gives
syllables, each an onset, a rhyme and at most one tone, in one of three patterns of case. The rules are those of the
standard orthography; foreign words fail them, and are as often wrong in every reading, so they decide nothing.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_TONES: Final = "\u0300\u0301\u0303\u0309\u0323"
_RHYMES: Final = """
a ac ach ai am an ang anh ao ap at au ay
ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
e ec em en eng eo ep et ê êch êm ên ênh êp êt êu
i ich im in inh ip it iu ia iêc iêm iên iêng iêp iêt iêu
o oc oi om on ong op ot oa oac oach oai oam oan oang oanh oao oap oat oay
oăc oăm oăn oăng oăt oe oen oeo oet ooc oong
ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
u uc ui um un ung up ut ua uân uâng uât uây uê uêch uênh uôc uôi uôm uôn uông uôt
uy uya uych uynh uyt uyn uyu uyên uyêt uơ
ư ưc ưi ưm ưng ưt ưu ưa ươc ươi ươm ươn ương ươp ươt ươu
y yêm yên yêng yêt yêu
"""
_ONSETS: Final = "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph r s t th tr v x"
"""But for `qu`, behind which other rhymes are."""
_QU_RHYMES: Final = """
a ac ach ai an ang anh ao at au ay ăc ăm ăn ăng ăp ăt ân ât ây
e en eo et ê ên êt êch ênh i it inh y yên yêt ynh yt ych ơ ôc
"""
_PATTERN: Final = re.compile(
    "(?:(?:{onsets})?(?:{rhymes})|qu(?:{qu}))".format(
        onsets="|".join(sorted(_ONSETS.split(), key=len, reverse=True)),
        rhymes="|".join(sorted(_RHYMES.split(), key=len, reverse=True)),
        qu="|".join(sorted(_QU_RHYMES.split(), key=len, reverse=True)),
    )
)
_STOPPED: Final = re.compile(r"(?:ch|c|p|t)$")


@lru_cache(maxsize=65_536)
def is_syllable(word: str) -> bool:
    """Return whether `word` (letters only, any normal form) is a possible Vietnamese syllable with its marks in place."""
    word = unicodedata.normalize("NFC", word)  # a combining mark would break the test of case
    if not word or len(word) > 12 or not (word.islower() or word.isupper() or word.istitle()):
        return False
    letters = unicodedata.normalize("NFD", word.lower())
    tones = [letter for letter in letters if letter in _TONES]
    bare = unicodedata.normalize("NFC", "".join(letter for letter in letters if letter not in _TONES))
    if len(tones) > 1 or _PATTERN.fullmatch(bare) is None:
        return False
    # A syllable that ends in a stop has sắc or nặng, no other tone and never none.
    return _STOPPED.search(bare) is None or tones in (["\u0301"], ["\u0323"])
