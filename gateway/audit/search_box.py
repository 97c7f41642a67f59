"""Search syntax shared by command line and console.

    kế hoạch "quý IV" tu:noivu.binhtan den:@tphcm.gov.vn tep:bang-luong luat:OPQ-01 dv:"Phòng Nội vụ" -logo -tu:loan

Blanks part the terms, all of which must hold. `-` before a term leaves out what it finds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from gateway.errors import SearchError
from gateway.model.reference import mistyped, standard
from gateway.texts.catalogue import pair
from gateway.vietnamese.printed import clean

LIMIT_TERMS: Final = 20
LIMIT_LETTERS: Final = 500


class Field(Enum):
    """Field in which a term is searched."""

    ANYWHERE = "anywhere"
    SENDER = "sender"
    RECIPIENT = "recipient"
    FILE = "file"
    RULE = "rule"
    UNIT = "unit"
    WAIVER = "waiver"
    """By which a mail passed."""


PREFIXES: Final = {
    "tu": Field.SENDER, "từ": Field.SENDER, "from": Field.SENDER,
    "den": Field.RECIPIENT, "đến": Field.RECIPIENT, "to": Field.RECIPIENT,
    "tep": Field.FILE, "tệp": Field.FILE, "file": Field.FILE,
    "luat": Field.RULE, "luật": Field.RULE, "rule": Field.RULE,
    "mt": Field.WAIVER, "waiver": Field.WAIVER,
    "dv": Field.UNIT, "đv": Field.UNIT, "unit": Field.UNIT,
}  # fmt: skip
_EXAMPLES: Final = {
    Field.SENDER: "an@tphcm.gov.vn", Field.RECIPIENT: "@tphcm.gov.vn", Field.FILE: "bang-luong", Field.RULE: "OPQ-01",
    Field.UNIT: '"Phòng Nội vụ"', Field.WAIVER: "WV-7F3K2Q9XM4D6H1",
}  # fmt: skip
_QUOTES: Final = dict.fromkeys(map(ord, "“”„‟"), '"')
"""As telephones and word processors make them."""
_TERM = re.compile(
    rf'(?P<sign>-?)(?:(?P<prefix>{"|".join(PREFIXES)}):)?(?:"(?P<phrase>[^"]*)(?:"|\Z)|(?P<word>[^\s"]*))',
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Term:
    """One condition of a search."""

    text: str
    field: Field = Field.ANYWHERE
    barred: bool = False
    """It must not hold."""


def parse(text: str) -> tuple[Term, ...]:
    """Return the terms of a search, none for blanks; SearchError says what is wrong with it."""
    terms = tuple(_terms(unicodedata.normalize("NFC", text[: LIMIT_LETTERS + 1]).translate(_QUOTES)))
    if len(terms) > LIMIT_TERMS or len(text) > LIMIT_LETTERS:
        raise SearchError(*pair("audit", "fault", "too_many_terms", terms=LIMIT_TERMS, letters=LIMIT_LETTERS))
    if text.strip() and not any(map(has_letters, terms)):
        raise SearchError(*pair("audit", "fault", "no_words"))
    for term in terms:
        if term.barred and not has_letters(term):
            raise SearchError(*pair("audit", "fault", "no_letters", text=clean(term.text, limit=40)))
    return terms


def has_letters(term: Term) -> bool:
    """Return whether there is anything to look for in a term."""
    return any(map(str.isalnum, term.text))


def _terms(text: str) -> Iterator[Term]:
    place = 0
    while place < len(text):
        found = _TERM.match(text, place)
        assert found is not None  # it may be empty
        place = max(found.end(), place + 1)
        value = found["phrase"] if found["phrase"] is not None else found["word"]
        prefix = found["prefix"]
        if prefix is not None:
            field = PREFIXES[prefix.lower()]
            if not any(map(str.isalnum, value)):
                example = f"{prefix}:{_EXAMPLES[field]}"
                raise SearchError(*pair("audit", "fault", "no_value", prefix=f"{prefix}:", example=example))
            yield Term(value, field, bool(found["sign"]))
        elif value.strip():
            if mistyped(value):
                raise SearchError(*pair("audit", "fault", "mistyped", reference=value))
            yield Term(standard(value) or value, barred=bool(found["sign"]))
