"""Accuracy figures of the text side, printed as the tables of `docs/accuracy-tables.md`: `python -m tests.text.accuracy`.

`--write` puts them between the markers in docs/accuracy-tables.md. Real files are read from the corpus folder when it is there
(`GATEWAY_CORPUS`, default `../shared/corpus`); figures that need it are left out with a note otherwise.
"""

import argparse
import difflib
import random
import textwrap
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from gateway.model import Document, Role, Run
from gateway.vietnamese.legacy_codes import convert
from gateway.vietnamese.legacy_evidence import judge
from gateway.vietnamese.legacy_tables import Charset
from gateway.vietnamese.marks import Strength, find_in_document, find_in_filename, find_in_subject
from gateway.vietnamese.official import State, recognise
from gateway.vietnamese.typography import examine
from tests.support.corpus import CORPUS
from tests.support.legacy_letters import encode
from tests.support.pages import put
from tests.text import official_cases
from tests.text.letters import CELLS, KINDS, SENTENCES, Layout, letter, not_official
from tests.text.mark_matrix import INNOCENT_FILENAMES, INNOCENT_SUBJECTS, Case, cases, innocent_documents

ROOT = Path(__file__).resolve().parents[2]
DECISION = CORPUS.parent / "regulation" / "decision-7600-qd-ubnd-2023.txt"


def strongest(case: Case) -> tuple[Strength, str] | None:
    """The most severe mark of a case that would stop the mail, with its level."""
    if case.document is not None:
        found = find_in_document(case.document)
    elif case.subject is not None:
        found = find_in_subject(case.subject)
    else:
        found = find_in_filename(case.filename or "")
    stopping = [mark for mark in found if mark.strength is not Strength.NOTED]
    return (stopping[0].strength, stopping[0].level.value) if stopping else None


def stops(document: Document) -> bool:
    """Whether any mark of the document would stop the mail."""
    return any(mark.strength is not Strength.NOTED for mark in find_in_document(document))


def wrapped(text: str, width: int) -> Iterator[Document]:
    """A text as a reader of lines, of paragraphs and of plain text would give it, wrapped to a width (0: as it is)."""
    paragraphs = text.split("\n")
    lines = [line for p in paragraphs for line in (textwrap.wrap(p, width) or [""])] if width else paragraphs
    yield Document(part="2", format="pdf", runs=tuple(Run(text=t, block=i) for i, t in enumerate(lines)))
    yield Document(part="2", format="text", runs=(Run(text="\n".join(lines)),))
    blocks = ["\n".join(textwrap.wrap(p, width)) for p in paragraphs] if width else paragraphs
    yield Document(part="2", format="docx", runs=tuple(Run(text=t, block=i) for i, t in enumerate(blocks)))


def real_texts() -> Iterator[tuple[str, str]]:
    """Decision 7600 and the transcripts of the legacy documents: all public, none marked."""
    if DECISION.is_file():
        yield "decision-7600", DECISION.read_text("utf-8")
    for path in sorted((CORPUS / "vietnam").glob("*.transcript.txt")):
        yield path.name, path.read_text("utf-8", errors="replace").lstrip("\ufeff")


def marks_table() -> Iterator[str]:
    """Recall of the matrix by place and by disguise."""
    total, found, marked, levels = Counter(), Counter(), Counter(), Counter()
    for case in cases():
        hit = strongest(case)
        for key in (("place", case.place), ("all", "all")):
            total[key] += 1
            if hit is not None:
                found[key] += 1
                marked[key] += hit[0] is Strength.MARKED
                levels[key] += hit[1] == case.level
    yield "| place of the mark | cases | stopped | as marked | right level |"
    yield "|---|---:|---:|---:|---:|"
    for key in sorted(total):
        name = "**all**" if key[0] == "all" else key[1]
        yield f"| {name} | {total[key]} | {_share(found[key], total[key])} | {_share(marked[key], total[key])} | {_share(levels[key], total[key])} |"


def innocent_table() -> Iterator[str]:
    """False positives."""
    yield "| innocent texts | number | stopped by mistake |"
    yield "|---|---:|---:|"
    letters = [stops(document) for _, document in innocent_documents(400)]
    yield f"| official letters that speak of secrecy (generated) | {len(letters)} | {sum(letters)} |"
    names = [any(m.strength is not Strength.NOTED for m in find_in_subject(s)) for s in INNOCENT_SUBJECTS]
    names += [any(m.strength is not Strength.NOTED for m in find_in_filename(s)) for s in INNOCENT_FILENAMES]
    yield f"| subjects and file names | {len(names)} | {sum(names)} |"
    real = list(real_texts())
    if real:
        wraps = [stops(d) for _, text in real for width in (0, 18, 30, 45, 60, 80) for d in wrapped(text, width)]
        characters = sum(len(text) for _, text in real)
        yield f"| real public documents, {len(real)} texts of {characters:,} characters, each in 18 forms | {len(wraps)} | {sum(wraps)} |"
    else:
        yield "| real public documents | - | corpus not present |"


def official_table() -> Iterator[str]:
    """Recognition of generated letters."""
    right = named = total = 0
    for layout in Layout:
        for kind in KINDS:
            for seed in range(12):
                for drafted in (False, True):
                    made = letter(seed, kind, layout, drafted=drafted)
                    found = recognise(made.document)
                    total += 1
                    right += found.state is (State.DRAFT if drafted else State.ISSUED)
                    named += found.kind is not None and found.kind.value == kind
    others = [recognise(not_official(seed)).official for seed in range(300)]
    offices = [recognise(case.document).state.value == case.state for case in official_cases.cases("official")]
    papers = [recognise(case.document).official for case in official_cases.cases("others")]
    yield "| official documents (generated) | number | right |"
    yield "|---|---:|---:|"
    yield f"| letters of {len(KINDS)} kinds in {len(Layout)} layouts: issued or draft | {total} | {_share(right, total)} |"
    yield f"| the same: kind | {total} | {_share(named, total)} |"
    yield f"| forms of citizens and working files, not taken for official | {len(others)} | {_share(len(others) - sum(others), len(others))} |"
    yield f"| heads of many offices and ranks, from the Assembly to a quarter: issued or draft | {len(offices)} | {_share(sum(offices), len(offices))} |"
    yield f"| papers of schools, hospitals, companies, notaries, newspapers, not taken for official | {len(papers)} | {_share(len(papers) - sum(papers), len(papers))} |"


def real_table() -> Iterator[str]:
    """Real public documents read by the gateway's readers."""
    from tests.text import real_documents as real

    if not (CORPUS / "vietnam").is_dir():
        yield "The corpus of real documents is not present."
        return
    yes = [recognise(document).official for _, document in real.labelled(real.OFFICIAL)]
    no = [recognise(document).official for _, document in real.labelled(real.NOT_OFFICIAL)]
    old = [bool(examine(document).charsets) for _, document in real.labelled(real.LEGACY)]
    new = [examine(document).legacy_letters >= 10 for _, document in real.labelled(real.UNICODE)]
    marked = [stops(document) for _, document in real.documents()]
    yield "| real documents | number | right |"
    yield "|---|---:|---:|"
    yield f"| official documents, recognised (recall) | {len(yes)} | {_share(sum(yes), len(yes))} |"
    yield f"| taken for official and are (precision) | {sum(yes) + sum(no)} | {_share(sum(yes), sum(yes) + sum(no))} |"
    yield f"| legacy-encoded files, found | {len(old)} | {_share(sum(old), len(old))} |"
    yield f"| Unicode files, some with legacy style names, clean | {len(new)} | {_share(len(new) - sum(new), len(new))} |"
    yield f"| files without a mark, not stopped | {len(marked)} | {_share(len(marked) - sum(marked), len(marked))} |"


def legacy_table() -> Iterator[str]:
    """Round trips and recognition of encodings."""
    text = unicodedata.normalize("NFC", DECISION.read_text("utf-8")) if DECISION.is_file() else "\n".join(SENTENCES)
    lines = [line for line in text.split("\n") if len(line) > 30]
    yield "| encoding | round trip, character errors | lines recognised without font | tables of five short cells, refused |"
    yield "|---|---:|---:|---:|"
    for charset in Charset:
        if charset in (Charset.UNICODE, Charset.VIQR):
            continue
        back = convert(encode(text, charset), charset)
        known = sum(judge(encode(line, charset))[0] is charset for line in lines)
        yield (
            f"| {charset.value} | {character_errors(back, text)} | {_share(known, len(lines))}"
            f" | {_share(sum(_refused(cells, charset) for cells in _tables()), len(_tables()))} |"
        )
    innocent = sum(judge(line)[0] is Charset.UNICODE for line in lines)
    passed = sum(not _refused(cells, Charset.UNICODE) for cells in _tables())
    yield f"| Unicode (must stay Unicode) | - | {_share(innocent, len(lines))} | {_share(passed, len(_tables()))} |"


def _tables() -> list[list[str]]:
    """Tables of five short cells, in small letters, as written and in capitals."""
    dice = random.Random(1)
    return [[style(cell) for cell in dice.sample(CELLS, 5)] for style in (str.lower, str, str.upper) for _ in range(50)]


def _refused(cells: list[str], charset: Charset) -> bool:
    """Whether a table in Arial with the bytes of a charset has so many legacy letters as the policy refuses."""
    runs = [Run(text=encode(cell, charset), font="Arial", block=i, role=Role.CELL) for i, cell in enumerate(cells)]
    return examine(Document(part="2", format="xlsx", runs=tuple(runs))).legacy_letters >= 5


def character_errors(got: str, wanted: str) -> int:
    """Characters that differ; exact for equal lengths, else by alignment."""
    if len(got) == len(wanted):
        return sum(a != b for a, b in zip(got, wanted, strict=True))
    matcher = difflib.SequenceMatcher(None, got, wanted, autojunk=False)
    return max(len(got), len(wanted)) - sum(block.size for block in matcher.get_matching_blocks())


def _share(part: int, whole: int) -> str:
    return f"{part} ({100 * part / whole:.2f} %)" if whole else "-"


def report() -> str:
    """All tables."""
    parts = []
    for title, table in (
        ("Secrecy marks: recall", marks_table),
        ("Secrecy marks: false positives", innocent_table),
        ("Official documents", official_table),
        ("Real documents", real_table),
        ("Legacy encodings", legacy_table),
    ):
        parts += [f"### {title}", "", *table(), ""]
    return "\n".join(parts)


def main() -> None:
    """Print the tables, or write them into docs/accuracy-tables.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/accuracy-tables.md")
    arguments = parser.parse_args()
    tables = report()
    print(tables)
    if arguments.write:
        put(ROOT / "docs" / "accuracy-tables.md", "text", tables)


if __name__ == "__main__":
    main()
