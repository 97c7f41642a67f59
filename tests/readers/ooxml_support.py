"""Shared parts of the tests of office readers: packages made by hand, LibreOffice as a second reader."""

import ctypes
import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from fontTools.ttLib import TTFont

from gateway.documents.readers.base import Budget, Reading, Source
from gateway.documents.readers.odf import reader as odf
from gateway.documents.readers.ooxml import reader as ooxml
from gateway.model import Origin, Role, Run
from tests.support.octets import zipped

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NAMESPACES = (
    f'xmlns:w="{W}" xmlns:r="{R}" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
)
_TYPES = "application/vnd.openxmlformats-officedocument."
_MAIN = {
    "word/document.xml": _TYPES + "wordprocessingml.document.main+xml",
    "xl/workbook.xml": _TYPES + "spreadsheetml.sheet.main+xml",
    "ppt/presentation.xml": _TYPES + "presentationml.presentation.main+xml",
}
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def package(
    parts: Mapping[str, str | bytes], *, types: Mapping[str, str] | None = None, stored: tuple[str, ...] = ()
) -> bytes:
    """A zipped package of the parts; content types and the root relationship are added."""
    main = next((name for name in parts if name in _MAIN), "word/document.xml")
    overrides = {main: _MAIN[main], **(types or {})}
    listing = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in overrides.items())
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Default Extension="png" ContentType="image/png"/>{listing}</Types>'
        ),
        "_rels/.rels": relationships({"rId1": ("officeDocument", main)}),
    }
    files.update(parts)
    return zipped(files, stored=stored)


def relationships(targets: Mapping[str, tuple[str, str]], *, external: Iterable[str] = ()) -> str:
    """A relationships part: id to (kind, target)."""
    outside = set(external)
    lines = "".join(
        f'<Relationship Id="{name}" Type="{REL}{kind}" Target="{target}"'
        + (' TargetMode="External"/>' if name in outside else "/>")
        for name, (kind, target) in targets.items()
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{lines}</Relationships>'
    )


def word(body: str, **parts: str | bytes) -> bytes:
    """A Word document with a body; further parts by name with `__` for `/` and `_xml` for `.xml`."""
    named = {name.replace("__", "/").replace("_xml", ".xml"): content for name, content in parts.items()}
    targets = {}
    kinds = {
        "styles": "styles", "numbering": "numbering", "settings": "settings", "theme/theme1": "theme",
        "footnotes": "footnotes", "endnotes": "endnotes", "comments": "comments",
    }  # fmt: skip
    for index, name in enumerate(named):
        stem = name.removeprefix("word/").removesuffix(".xml")
        kind = kinds.get(stem) or next((k for k in ("header", "footer") if stem.startswith(k)), None)
        if kind:
            targets[f"rId{index + 10}" if kind not in {"header", "footer"} else stem] = (kind, f"{stem}.xml")
    files: dict[str, str | bytes] = {
        "word/document.xml": f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": relationships(targets),
        **named,
    }
    return package(files)


def read(data: bytes, **more: object) -> Reading:
    """Read an office package with a fresh budget."""
    return ooxml.read(Source(data=data, part="1", **more), Budget())  # type: ignore[arg-type]


def read_any(path: Path, passwords: tuple[str, ...] = ()) -> Reading:
    """Read an office file of either family by its name."""
    reader = odf if re.search(r"\.(od.|ot.|fod.)$", path.name) else ooxml
    source = Source(data=path.read_bytes(), part="1", filename=path.name, passwords=passwords)
    return reader.read(source, Budget())


def solid(text: str) -> str:
    """Text without white space and soft hyphens, upper case."""
    return "".join(text.split()).replace("\u00ad", "").replace("\u2011", "-").upper()


def make_fonts(families: Iterable[str], folder: Path) -> dict[str, str]:
    """Make a font of each family from Liberation Serif, and return PostScript name to family.

    The names of the real fonts belong to others, so these stand-ins live in a test's folder only.
    """
    source = Path("/usr/share/fonts/truetype/liberation")
    if not source.is_dir():
        pytest.skip("the Liberation fonts are not installed")
    names: dict[str, str] = {}
    for number, family in enumerate(sorted(set(families))):
        for style in ("Regular", "Bold", "Italic", "Bold Italic"):
            font = TTFont(source / f"LiberationSerif-{style.replace(' ', '')}.ttf")
            postscript = f"F{number}Z-{style.replace(' ', '')}"
            full = family if style == "Regular" else f"{family} {style}"
            values = {1: family, 2: style, 3: f"test:{postscript}", 4: full, 6: postscript, 16: None, 17: None}
            for record in list(font["name"].names):
                if record.nameID not in values:
                    continue
                value = values[record.nameID]
                if value is None:
                    font["name"].removeNames(nameID=record.nameID)
                else:
                    font["name"].setName(value, record.nameID, record.platformID, record.platEncID, record.langID)
            font.save(folder / f"{number}-{style.replace(' ', '')}.ttf")
        names[f"F{number}Z"] = family
    return names


@dataclass
class Letter:
    """One visible letter with its look."""

    character: str
    font: str
    colour: str
    role: Role = Role.BODY


def pdf_letters(path: Path, names: Mapping[str, str]) -> list[list[Letter]]:
    """Words of a PDF, each as letters with font family and colour."""
    words: list[list[Letter]] = []
    document = pypdfium2.PdfDocument(path)
    for page in document:
        text = page.get_textpage()
        word: list[Letter] = []
        for index in range(text.count_chars()):
            code = pdfium.FPDFText_GetUnicode(text.raw, index)
            character = chr(code)
            if character.isspace() or code == 0 or pdfium.FPDFText_IsGenerated(text.raw, index) == 1:
                if word:
                    words.append(word)
                word = []
                continue
            length = pdfium.FPDFText_GetFontInfo(text.raw, index, None, 0, None)
            buffer, flags = ctypes.create_string_buffer(length), ctypes.c_int()
            pdfium.FPDFText_GetFontInfo(text.raw, index, buffer, length, flags)
            raw = buffer.value.decode("utf-8", "replace").rpartition("+")[2].partition("-")[0]
            red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
            pdfium.FPDFText_GetFillColor(text.raw, index, red, green, blue, alpha)
            colour = f"{red.value:02X}{green.value:02X}{blue.value:02X}"
            word.append(Letter(character, names.get(raw, raw), colour))
        if word:
            words.append(word)
    document.close()
    return words


def our_letters(runs: Iterable[Run]) -> list[list[Letter]]:
    """Words of visible runs, each as letters with font family and colour."""
    words: list[list[Letter]] = []
    word: list[Letter] = []
    block = -1
    for run in runs:
        if run.origin is not Origin.TEXT or run.role in {
            Role.PROPERTY,
            Role.NAME,
            Role.ALT_TEXT,
            Role.FIELD,
            Role.COMMENT,
        }:
            continue
        if run.block != block and word:
            words.append(word)
            word = []
        block = run.block
        for character in run.text:
            if character.isspace():
                if word:
                    words.append(word)
                word = []
            elif character not in "\u00ad\u200b":
                colour = "000000" if run.colour in {None, "auto"} else str(run.colour)
                word.append(Letter(character, run.font or "", colour, run.role))
    if word:
        words.append(word)
    return words


@dataclass
class Agreement:
    """How far two readings of the same document agree."""

    letters: int = 0
    matched: int = 0
    font: int = 0
    colour: int = 0
    fonts_differ: Counter[tuple[str, str]] = field(default_factory=Counter)
    colours_differ: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)


def compare(ours: list[list[Letter]], theirs: list[list[Letter]], into: Agreement) -> None:
    """Align two readings word by word and count the letters whose font and colour agree."""
    left = ["".join(letter.character for letter in word) for word in ours]
    right = ["".join(letter.character for letter in word) for word in theirs]
    into.letters += sum(map(len, left))
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    for start, other, size in matcher.get_matching_blocks():
        for offset in range(size):
            for mine, its in zip(ours[start + offset], theirs[other + offset], strict=True):
                into.matched += 1
                if mine.font.casefold() == its.font.casefold():
                    into.font += 1
                else:
                    into.fonts_differ[mine.font, its.font] += 1
                    if len(into.examples) < 20:
                        into.examples.append(f"{left[start + offset]}: {mine.font} / {its.font} ({mine.role.value})")
                if mine.colour == its.colour:
                    into.colour += 1
                else:
                    into.colours_differ[mine.colour, its.colour] += 1
