"""Secrecy marks of documents, subjects and file names: found by layout, reported with evidence, never quoted.

`find_in_document` searches everything that is or was visible in a document: text, headers, boxes, watermarks,
properties, comments, names, hidden and deleted text, earlier revisions, what OCR read. It looks at a bare skeleton of
the whole text first and at single lines only where the letters of a mark occur, so a clean document of 100 pages costs
some milliseconds. The result holds no words of the document: a level, how sure it is, where, and evidence codes such
as `stamp-line,red,boxed,top-left`.

The rules are those of `docs/decisions` and the tables in `words`: a level alone on its line, a filled label, an
auxiliary stamp, a token in a name are marks; a title broken before "MẬT", a column head, a list of options are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec.structs import replace

from gateway.model import Document, Origin, Role, Run
from gateway.vietnamese.escapes import may_be_escaped
from gateway.vietnamese.legacy_tables import Charset
from gateway.vietnamese.marks.auxiliary import auxiliary_line
from gateway.vietnamese.marks.candidates import may_hold_mark
from gateway.vietnamese.marks.choice import offers
from gateway.vietnamese.marks.damage import DAMAGED, damaged
from gateway.vietnamese.marks.evidence import SPELLING_CODES, UNJUDGED, Mark, most_severe_first
from gateway.vietnamese.marks.hits import Hit, Look, Place, Strength
from gateway.vietnamese.marks.labels import has_label, label_line
from gateway.vietnamese.marks.lines import stamp_line
from gateway.vietnamese.marks.names import name_hit, without_extension
from gateway.vietnamese.marks.readings import MIXED, TYPED, disguise, legacy_sign, readings
from gateway.vietnamese.marks.said import said_of_this
from gateway.vietnamese.marks.search import MarkSettings, Search
from gateway.vietnamese.marks.sieve import are_clear, is_clear
from gateway.vietnamese.marks.views import as_seen, concealed_view, conceals, is_simple, shown_view
from gateway.vietnamese.marks.words import Level, Spelling, bare
from gateway.vietnamese.marks.work import Work
from gateway.vietnamese.normal import canonical, pieces, skeleton, without_filler
from gateway.vietnamese.plain_text import plain_text

_DEFAULT: Final = MarkSettings()
OPTION: Final = "option"
"""Locator of a value that a form field offers."""
_TEXT: Final = frozenset({Role.BODY, Role.HEADING})
_NAMED: Final = frozenset({Role.PROPERTY, Role.FIELD})
_ELEMENT: Final = "element:"
_NAME: Final = re.compile(r"(?:property|field|element):(.{1,120})", re.DOTALL)
_SUBJECT: Final = re.compile(r"property:SUMMARY|element:(?:subject|trich_?yeu)", re.IGNORECASE)
"""Where an invitation, or the data of a paper, says what it is about."""
_HUMP: Final = re.compile(r"(?<=[a-zà-ỹ])(?=[A-ZĐ])")
_PIECE: Final = 2000
_LONGEST_NAME: Final = 32_000
"""Characters of a name that are searched, in pieces: no writer's subject is as long."""


def find_in_document(
    document: Document, settings: MarkSettings = _DEFAULT, work: Work | None = None
) -> tuple[Mark, ...]:
    """Return the marks of a document, the most severe first; at most a few dozen.

    `work` bounds what is judged in all documents that share it; what is left is one mark of strength suspected.
    """
    plain = plain_text(document) if not settings.extra_marks else None
    if plain is not None and plain.common is not None and are_clear(plain.common):
        return ()
    document = as_seen(_without_options(document))
    if not document.runs:
        return ()
    work = work or Work()
    labelled = [mark for one in _labelled(document) for mark in Search(one, settings, work).run()]
    for run in document.runs:
        if _SUBJECT.fullmatch(run.locator) and not is_clear(run.text):
            labelled += [replace(mark, locator=run.locator) for mark in find_in_subject(run.text, settings)]
    ranks = {(mark.locator, mark.level): mark.strength.rank for mark in reversed(labelled)}
    all_found = Search(document, settings, work).run()
    others = [mark for mark in all_found if mark.strength.rank > ranks.get((mark.locator, mark.level), -1)]
    marks = most_severe_first((*labelled, *others))
    if is_simple(document):
        return marks
    known = {(mark.locator, mark.level): mark.strength.rank for mark in reversed(marks)}
    found = list(marks)
    concealed = Search(concealed_view(document), settings, work).run()
    more = [mark for mark in concealed if conceals(mark.evidence) or UNJUDGED in mark.evidence]
    for mark in (*Search(shown_view(document), settings, work).run(), *more):
        if mark.strength.rank > known.get((mark.locator, mark.level), 0):
            known[mark.locator, mark.level] = mark.strength.rank
            found.append(mark)
    return most_severe_first(found)


def _without_options(document: Document) -> Document:
    """Return the document without the values that a form offers, of which the chosen one counts, and names that repeat a heading."""
    texts = (
        {run.text.strip() for run in document.runs if run.role in _TEXT}
        if any(map(_names_heading, document.runs))
        else set()
    )
    kept = tuple(
        run
        for run in document.runs
        if (run.locator != OPTION or run.role is not Role.FIELD)
        and not (_names_heading(run) and run.text.strip() in texts)
    )
    return document if len(kept) == len(document.runs) else replace(document, runs=kept)


def _names_heading(run: Run) -> bool:
    """Return whether a run is an entry of an outline, or the name of a slide, which says what a heading says."""
    return run.role is Role.NAME and run.locator.startswith(("outline", "slide:"))


def _labelled(document: Document) -> Iterator[Document]:
    """Give each value of a form field or property whose name speaks of secrecy as a line of its own: `Độ mật: Tối mật`.

    Its neighbours are the values of other names, which neither make it a list nor explain it.
    """
    for run in document.runs:
        named = _NAME.match(run.locator) if run.role in _NAMED or run.locator.startswith(_ELEMENT) else None
        if named is not None and not is_clear(run.text) and names_secrecy(named[1]):
            yield replace(document, runs=(replace(run, text=f"Độ mật: {run.text}", origin=Origin.TEXT),))


def names_secrecy(name: str) -> bool:
    """Return whether the name of a form field or property speaks of secrecy: `Độ mật`, `DoMat`, `do_mat`."""
    return has_label(skeleton(_HUMP.sub(" ", name.replace("_", " "))))


def none_is_marked(names: Iterable[str], settings: MarkSettings = _DEFAULT) -> bool:
    """Return whether surely none of many subjects, names and fields is marked, much faster than one by one."""
    words = "\n".join(names)
    return not settings.extra_marks and is_clear(words) and not may_be_escaped(words)


def find_in_subject(text: str, settings: MarkSettings = _DEFAULT) -> tuple[Mark, ...]:
    """Return the mark that a subject carries, at most one."""
    return _find_in_name(text, Place.SUBJECT, settings)


def find_in_filename(name: str, settings: MarkSettings = _DEFAULT) -> tuple[Mark, ...]:
    """Return the mark that a file name carries, at most one; folders before it are names of their own."""
    pieces = re.split(r"[\\/!]", _without_offers(name))
    return most_severe_first(mark for piece in pieces for mark in _find_in_name(piece, Place.FILENAME, settings))[:1]


def _without_offers(name: str) -> str:
    """Return a name in which the slashes of a list of levels to choose from part no folders."""
    shown = canonical(name[:_PIECE])
    spans = offers(bare(shown)) if "/" in shown or "\\" in shown else []
    if not spans:
        return name
    for start, end in spans:
        shown = shown[:start] + re.sub(r"[\\/]", ",", shown[start:end]) + shown[end:]
    return shown + name[_PIECE:]


def _find_in_name(text: str, place: Place, settings: MarkSettings) -> tuple[Mark, ...]:
    """Search a name, an overlong one piece by piece; what is beyond all measure is suspected if it could hold a mark."""
    text = without_filler(text)
    parts = pieces(text[:_LONGEST_NAME], _PIECE)
    best = most_severe_first(mark for piece in parts for mark in _find_in_piece(piece, place, settings))[:1]
    if not best and may_hold_mark(skeleton(text[_LONGEST_NAME:], parted=True)):
        return (Mark(Level.UNSPECIFIED, Strength.SUSPECTED, (place.value, UNJUDGED)),)
    return best


def _find_in_piece(text: str, place: Place, settings: MarkSettings) -> Iterator[Mark]:
    look = Look(place=place)
    plain = skeleton(text, parted=True)
    if not (may_hold_mark(plain) or legacy_sign().search(text) or settings.extra_marks or may_be_escaped(text)):
        return
    texts: list[tuple[str, Charset | None, str]] = [(text, None, ""), *damaged(canonical(text)), *readings(text)]
    for reading, charset, code in texts:
        shown = canonical(reading).replace("\n", " ").strip()
        if any(bare(canonical(phrase)) in bare(shown) for phrase in settings.exempt_phrases if phrase.strip()):
            continue
        named = without_extension(shown) if place is Place.FILENAME else shown
        for hit in (
            name_hit(shown, place),
            _named_alone(named, look),
            label_line(named, bare(named), look),
            said_of_this(named, bare(named)),
            _named_stamp(named, look),
            _named_extra(shown, settings),
        ):
            if hit is None or (charset is not None and hit.spelling is not Spelling.EXACT):
                continue
            strength = hit.strength
            if (charset is Charset.VPS or code in (DAMAGED, MIXED, TYPED)) and strength is Strength.MARKED:
                strength = Strength.SUSPECTED
            spelled = SPELLING_CODES.get(hit.spelling, ())
            evidence = tuple(part for part in (place.value, hit.form, *spelled, code, *disguise(text)) if part)
            yield Mark(hit.level, strength, evidence)


def _named_alone(name: str, look: Look) -> Hit | None:
    """Return the level that is all that a name says, its letters however far apart."""
    hit = stamp_line(name, look)
    return hit if hit is not None and hit.form == "stamp-line" else None


def _named_stamp(name: str, look: Look) -> Hit | None:
    """Return what an auxiliary stamp as a name means: doubtful, and nothing where it is noted only."""
    hit = auxiliary_line(name, bare(name), look)
    return hit._replace(strength=Strength.SUSPECTED) if hit is not None and hit.strength is not Strength.NOTED else None


def _named_extra(text: str, settings: MarkSettings) -> Hit | None:
    for mark in settings.extra_marks:
        words = r"[\W_]+".join(re.escape(word.upper()) for word in re.findall(r"[^\W\d_]+", canonical(mark)))
        if words and re.search(rf"(?<![^\W_]){words}(?![^\W_])", text):
            return Hit(Level.UNSPECIFIED, Strength.MARKED, "extra-mark")
    return None
