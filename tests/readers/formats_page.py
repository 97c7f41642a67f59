"""`docs/formats.md`, made from the table of formats: `python -m tests.readers.formats_page > docs/formats.md`."""

from collections.abc import Iterator
from itertools import groupby

from gateway.model.formats import FORMATS, Container, Family, Format

_LOOKED_AT = {  # what each reader, or a format of it alone, looks at; a new one has its line here
    "ooxml.reader": "words, looks, hidden text, comments, properties, pictures, embedded files, macros, links",
    "odf.reader": "words, looks, hidden text, notes, properties, pictures, embedded files, macros, links",
    "pdf.reader": "words, looks, hidden and drawn text, scans, attachments, scripts",
    "word.doc": "words, looks, hidden text, properties, pictures, embedded files, macros",
    "word.rtf": "words, looks, hidden text, pictures, embedded files",
    "excel.xls": "words, looks, hidden sheets, notes, properties, pictures, embedded files, macros",
    "powerpoint.ppt": "words, looks, notes, earlier saves, properties, pictures, embedded files, macros",
    "ole.embedded": "what is packed in it, the picture shown in its place, words",
    "encryption": "opened when a password of the mail fits",
    "excel.dbf": "words of every column, memos",
    "plain": "lines or cells; files and words encoded in them",
    "markup.html": "words, looks, hidden text, scripts, files in data addresses",
    "markup.xml": "words, attributes, comments, files in base64, macros and links of Office 2003",
    "xps": "words of its lines; its pages *cannot tell*",
    "flat-opc": "words; the document *cannot tell*",
    "flat-odf": "words; the document *cannot tell*",
    "mail.calendar": "properties, attachments",
    "mail.eml": "every part of the message",
    "mail.outlook_msg": "text, attachments, recipients",
    "mail.tnef": "text, attachments",
    "mail.cms": "what is signed",
    "drawings.dxf": "words",
    "drawings.dwg": "words that stand unpacked; the drawing *cannot tell*",
    "drawings.diagram": "words of every page",
    "pictures.image": "stamps, marks and words by OCR, thumbnails, comments",
    "pictures.icon": "the pictures in it",
    "pictures.metafile": "words, pictures",
    "pictures.font": "names and licence",
}
_DONE_WITH_IT = {
    Family.PROGRAM: "refused (`executable`)",
    Family.LOCKED: "refused (`encrypted`), with the advice to take the protection off",
    Family.MEDIA: "cannot be told; the preset says what they cost",
}
_TITLES = (
    ("Documents", {Family.PDF, Family.WORD, Family.SHEET, Family.SLIDES, Family.TEXT, Family.DRAWING}),
    ("Pictures", {Family.IMAGE}),
    ("Messages, signatures and encrypted files", {Family.MAIL, Family.SIGNATURE, Family.LOCKED}),
    ("Archives and disks", {Family.ARCHIVE}),
    ("Others", {Family.PROGRAM, Family.MEDIA, Family.OTHER}),
)


def page() -> str:
    """Return the page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# File formats"
    yield ""
    yield "Made from `gateway/model/formats.py` by `python -m tests.readers.formats_page`; a test checks that it is current."
    yield ""
    yield "What a file is, its content says, never its name. *Read* is looked at as the row says; what of it cannot be"
    yield "read makes it *cannot tell*. *Refused* is recognised and read by nothing: its words that stand unpacked are"
    yield "searched for marks all the same, and the sender is advised to send a PDF, a Word or Excel file, or a plain zip."
    yield "A format that is not listed is *cannot tell* too (`no_document` or `unsupported`, as the policy says)."
    for title, families in _TITLES:
        yield f"\n## {title}\n"
        yield "| format | endings | read | signatures | `gateway fix` |"
        yield "|---|---|---|---|---|"
        rows = [row for row in FORMATS if row.family in families and row.reader is not None]
        for name, group in groupby(rows, key=lambda row: row.name):
            same = list(group)
            for _, alike in groupby(same, key=_columns):
                yield _row(name, list(alike))
        yield from _refused([row for row in FORMATS if row.family in families and row.reader is None])


def _columns(row: Format) -> tuple[str, ...]:
    looked = (
        "members"
        if row.container in {Container.ARCHIVE, Container.ZIP, Container.ASIC}
        else _LOOKED_AT.get(row.name) or _LOOKED_AT[str(row.reader)]
    )
    return looked, "verified" if row.verifier else "-", "fixed" if row.fixer else "-"


def _row(name: str, rows: list[Format]) -> str:
    endings = " ".join(f".{suffix}" for row in rows for suffix in row.suffixes) or "-"
    return f"| {name} | {endings} | {' | '.join(_columns(rows[0]))} |"


def _refused(rows: list[Format]) -> Iterator[str]:
    if not rows:
        return
    yield ""
    for family, group in groupby(rows, key=lambda row: row.family):
        done = _DONE_WITH_IT.get(family, "refused")
        yield f"{done[0].upper()}{done[1:]}: {', '.join(row.name for row in group)}."


if __name__ == "__main__":
    print(page(), end="")
