"""The table of formats: nothing stands in it twice, and what it names is there."""

import importlib
import re
from collections import Counter
from importlib.resources import files
from pathlib import Path

from gateway.documents.readers import registry
from gateway.documents.readers.magic import SIGNATURES
from gateway.documents.readers.sniff import EMPTY, OCTETS
from gateway.model.formats import FORMATS, Container, by_filename, by_name, by_type
from tests.readers.formats_page import page

ROOT = Path(__file__).resolve().parent.parent.parent
LABELS = {"application/mbox", "message/rfc822-headers", "message/global-headers", "text/rfc822-headers", "text/enriched", "text/richtext"}  # fmt: skip
"""What mails call a part, and no file is."""


def test_each_type_and_each_suffix_is_in_one_row():
    for words in (
        [kind for row in FORMATS for kind in row.media_types],
        [end for row in FORMATS for end in row.suffixes],
    ):
        assert [word for word, count in Counter(words).items() if count > 1] == []
        assert all(word == word.lower() for word in words)


def test_what_a_row_names_is_there():
    rooms = {
        "reader": ("documents.readers", "read"),
        "verifier": ("documents.signatures", "verify"),
        "fixer": ("fix", "fix"),
    }
    for row in FORMATS:
        for field, (package, begins) in rooms.items():
            if (module := getattr(row, field)) is not None:
                assert any(
                    name.startswith(begins) for name in dir(importlib.import_module(f"gateway.{package}.{module}"))
                ), row
        for kind in row.media_types:
            assert by_type(kind) is row
            assert registry.format_of(kind) == row.name
        for suffix in row.suffixes:
            assert by_filename(f"a.{suffix.upper()}") is row
        assert by_name(row.name) is not None


def test_packages_are_surveyed_and_their_signatures_are_verified():
    for row in FORMATS:
        match row.container:
            case Container.OPC | Container.ODF:
                assert row.is_surveyed_zip
                assert row.verifier is not None, row
            case Container.ZIP | Container.ASIC:
                assert row.reader == "archives.zip", "which surveys what it opens"
                assert row.verifier is not None, row
            case Container.PDF | Container.CMS:
                assert row.verifier is not None, row
            case _:
                assert not row.is_surveyed_zip, row


def test_every_reader_is_reached():
    package = files("gateway.documents.readers")
    found = {
        str(path.relative_to(str(package)).with_suffix("")).replace("/", ".")
        for path in Path(str(package)).rglob("*.py")
        if re.search(r"^def read\(source: Source, budget: Budget\)", path.read_text("utf-8"), re.MULTILINE)
    }
    assert found == {row.reader for row in FORMATS if row.reader is not None}


def test_every_type_that_is_recognised_has_a_row():
    sources = (path.read_text("utf-8") for path in Path(str(files("gateway.documents.readers"))).glob("*.py"))
    written = {
        kind
        for source in sources
        for kind in re.findall(r'"((?:application|image|audio|video|font|text|message)/[a-z0-9.+-]*[a-z0-9])"', source)
    }
    known = {kind for row in FORMATS for kind in row.media_types}
    assert ({kind for _, _, kind in SIGNATURES} | written) - known <= {OCTETS, EMPTY} | LABELS


def test_the_page_of_formats_is_current():
    assert (ROOT / "docs/formats.md").read_text("utf-8") == page(), (
        "run: python -m tests.readers.formats_page > docs/formats.md"
    )


def test_the_standard_library_lists_no_zip_of_a_mail():
    """What a zip holds is answered once, by `gateway.documents.readers.containers`; zipfile writes, and copies what was listed so."""
    users = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "gateway").rglob("*.py")
        if "import zipfile" in path.read_text("utf-8")
    }
    assert users == {"gateway/demo/documents.py", "gateway/fix/package.py", "gateway/documents/readers/encryption.py", "gateway/documents/wall/sample.py"}  # fmt: skip
