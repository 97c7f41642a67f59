"""Secrecy marks in text: found by layout, not by keywords (docs/decisions/0010).

The way of a document, from coarse to fine:

    sieve         proof that a text holds nothing that could be taken for a mark
    layout, views lines with their look; what other readers are shown
    candidates    where a mark can be; pieces: letters and words in boxes and cells of their own
    readings      other charsets, escapes, backwards; damage, scanned: letters that are lost
    judge         one line in all forms: lines, labels, auxiliary, titled, titles, alone, said, code
    around        the lines beside it; lists, choice: where a level is one value among others
    names         subjects, file names and short fields, with name_words and carried; fields: header fields of mails
    search, find  the search as a whole, bounded by work; hits, evidence: what is reported of it, never its words
    words         the levels and the words that keep them company; lexicon.toml: all other vocabulary
    rules         every rule with what it finds and lets go: docs/marks.md
"""

from gateway.vietnamese.marks.evidence import Mark
from gateway.vietnamese.marks.find import (
    find_in_document,
    find_in_filename,
    find_in_subject,
    names_secrecy,
    none_is_marked,
)
from gateway.vietnamese.marks.hits import Strength
from gateway.vietnamese.marks.search import MarkSettings
from gateway.vietnamese.marks.words import Level
from gateway.vietnamese.marks.work import Work

__all__ = [
    "Level", "Mark", "MarkSettings", "Strength", "Work", "find_in_document", "find_in_filename", "find_in_subject",
    "names_secrecy", "none_is_marked",
]  # fmt: skip
