"""`docs/formats.md`, made from the table of formats: `python -m tests.readers.formats_page > docs/formats.md`."""

from collections.abc import Iterator
from itertools import groupby

from gateway.model.formats import FORMATS, Container, Family, Format

_LOOKED_AT = {  # what each reader, or one format of it, reads; a new one has its line here
    "ooxml.reader": "text, fonts and colours, hidden text, comments, properties, pictures, embedded files, macros, links",
    "odf.reader": "text, fonts and colours, hidden text, notes, properties, pictures, embedded files, macros, links",
    "pdf.reader": "text, fonts and colours, hidden and drawn text, scans, attachments, scripts",
    "word.doc": "text, fonts and colours, hidden text, properties, pictures, embedded files, macros",
    "word.rtf": "text, fonts and colours, hidden text, pictures, embedded files",
    "excel.xls": "text, fonts and colours, hidden sheets, notes, properties, pictures, embedded files, macros",
    "powerpoint.ppt": "text, fonts and colours, notes, earlier saves, properties, pictures, embedded files, macros",
    "ole.embedded": "packed files, the preview picture, text",
    "encryption": "decrypted if a password in the mail fits",
    "excel.dbf": "text of every column, memos",
    "plain": "lines or cells; encoded files and text in them",
    "markup.html": "text, fonts and colours, hidden text, scripts, files in data addresses",
    "markup.xml": "text, attributes, comments, files in base64, macros and links of Office 2003",
    "xps": "text of its lines; its pages *cannot tell*",
    "flat-opc": "text; the document *cannot tell*",
    "flat-odf": "text; the document *cannot tell*",
    "mail.calendar": "properties, attachments",
    "mail.eml": "every part of the message",
    "mail.outlook_msg": "text, attachments, recipients",
    "mail.tnef": "text, attachments",
    "mail.cms": "the signed content",
    "drawings.dxf": "text",
    "drawings.dwg": "uncompressed text; the drawing *cannot tell*",
    "drawings.diagram": "text of every page",
    "pictures.image": "stamps, marks and text by OCR, thumbnails, comments",
    "pictures.icon": "its pictures",
    "pictures.metafile": "text, pictures",
    "pictures.font": "names and licence",
}
_DONE_WITH_IT = {
    Family.PROGRAM: "refused (`executable`)",
    Family.LOCKED: "refused (`encrypted`), with the advice to remove the protection",
    Family.MEDIA: "*cannot tell*; the policy decides",
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
    yield "Generated from `gateway/model/formats.py` by `python -m tests.readers.formats_page`; a test checks that it is current."
    yield ""
    yield "A file's type is recognised by its content, not its name. *Read*: the row lists what; unreadable parts make the file"
    yield "*cannot tell*. *Refused*: recognised without a reader; uncompressed text is searched for marks, and the sender is advised"
    yield "to send a PDF, a Word or Excel file, or a plain zip. Formats not listed are *cannot tell* (`no_document` or"
    yield "`unsupported`, by the policy)."
    for title, families in _TITLES:
        yield f"\n## {title}\n"
        yield "| format | suffixes | read | signatures | `gateway fix` |"
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
