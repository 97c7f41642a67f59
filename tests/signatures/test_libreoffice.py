"""LibreOffice, with our test roots and no others, opens and confirms what we call valid, and refuses what it can refuse."""

import re

import openpyxl
import pytest

from gateway.documents.signatures import verify
from gateway.model import Trust
from tests.pki import xml
from tests.pki.signing import PdfSigning, sign_pdf, sign_pdf_twice
from tests.pki.tree import NOW, letter_docx, letter_pdf, store, tree
from tests.signatures.corpus import TYPES
from tests.support import libreoffice
from tests.support.octets import file_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.system,
    pytest.mark.skipif(bool(libreoffice.missing()), reason=libreoffice.missing() or "-"),
]


def letter():
    """A Word file whose relationships stand without blanks between them, as Office writes them.

    The relationship transform of xmlsec 1.2 turns each blank into an element `text`, and LibreOffice then calls any such
    signature broken; ECMA-376-2 §13.2.4.24 step 2 tells to remove them.
    """
    files = xml.members(letter_docx())
    files["_rels/.rels"] = re.sub(rb">\s+<", b"><", files["_rels/.rels"])
    return xml.pack(files)


def sheet():
    """A workbook as openpyxl writes it."""
    book = openpyxl.Workbook()
    book.active["A1"] = "Bảng lương"
    return file_of(book)


def good():
    """Files that we call valid: a person's, a seal's, both, with and without timestamp."""
    person, seal, g1 = tree().g2_person, tree().g2_seal, tree().person(tree().g1_sub)
    twice = xml.sign_ooxml(letter(), person)
    return {
        "person.docx": twice,
        "both.docx": xml.sign_ooxml(twice, seal, name="sig2.xml"),
        "person.xlsx": xml.sign_ooxml(sheet(), person),
        "both.xlsx": xml.sign_ooxml(xml.sign_ooxml(sheet(), person), seal, name="sig2.xml"),
        "person.odt": xml.sign_odf(xml.odt(), person),
        "both.odt": xml.sign_odf(xml.sign_odf(xml.odt(), person), seal),
        "person.pdf": sign_pdf(letter_pdf(), person),
        "both.pdf": sign_pdf_twice(letter_pdf(), person, seal, tsa=tree().tsa, tsa_time=NOW),
        "first-generation.pdf": sign_pdf(letter_pdf(), g1, PdfSigning(with_chain=True)),
        "public.pdf": sign_pdf(letter_pdf(), tree().seal(tree().public_sub), PdfSigning(with_chain=True)),
    }


def bad():
    """Files that we refuse and LibreOffice refuses too."""
    docx, odt = xml.sign_ooxml(letter(), tree().g2_person), xml.sign_odf(xml.odt(), tree().g2_person)
    stranger = tree().person(tree().rogue_root)
    edited = xml.members(odt)
    edited["content.xml"] = edited["content.xml"].replace("Biên".encode(), b"Bien")
    counted = xml.members(xml.sign_ooxml(sheet(), tree().g2_person))
    counted["xl/worksheets/sheet1.xml"] = counted["xl/worksheets/sheet1.xml"].replace(b"<sheetData>", b"<sheetData >")
    changed = xml.members(docx)
    changed["word/document.xml"] = changed["word/document.xml"].replace(b"1215", b"1216")
    return {
        "edited.odt": xml.pack(edited),
        "edited.docx": xml.pack(changed),
        "edited.xlsx": xml.pack(counted),
        "stranger.odt": xml.sign_odf(xml.odt(), stranger),
        "stranger.docx": xml.sign_ooxml(letter(), stranger),
        "stranger.pdf": sign_pdf(letter_pdf(), stranger),
        "edited.pdf": sign_pdf(letter_pdf(), tree().g2_person).replace(b"/MediaBox", b"/TrimBoxx", 1),
    }


def authorities():
    """Roots and what is below them, in DER."""
    roots, below = (
        (tree().g1_root, tree().g2_root, tree().public_root),
        (tree().g1_sub, tree().g2_sub, tree().public_sub),
    )
    return {
        "roots": [one.certificate_der for one in roots],
        "others": [one.certificate_der for one in below],
    }


@pytest.fixture(scope="module")
def opinions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signed")
    files = {**good(), **bad()}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    found = libreoffice.ask([folder / name for name in files], **authorities())
    return dict(zip(files, found, strict=True))


def ours(name, data):
    kind = TYPES["." + name.rpartition(".")[2]]
    return verify(data, part="1", filename=name, detected_type=kind, trust=store(), now=NOW)


@pytest.mark.parametrize("name", good())
def test_what_we_call_valid_is_confirmed(opinions, name):
    reports = ours(name, good()[name])
    assert reports
    assert all(one.trust is Trust.TRUSTED for one in reports)
    assert len(opinions[name]) == len(reports)
    for opinion in opinions[name]:
        assert opinion.opened
        assert opinion.valid
        assert opinion.trusted
    shown = {one.signer.common_name for one in reports}
    assert all(any(f"CN={name}" in opinion.signer for name in shown) for opinion in opinions[name])


@pytest.mark.parametrize("name", bad())
def test_what_libreoffice_refuses_we_refuse(opinions, name):
    assert not all(opinion.valid and opinion.trusted for opinion in opinions[name])
    assert not all(one.indication.value == "TOTAL-PASSED" for one in ours(name, bad()[name]))


TEXT = {
    "odt": ("content.xml", "Biên"),
    "docx": ("word/document.xml", "1215"),
    "xlsx": ("xl/worksheets/sheet1.xml", "A1"),
}
"""A member of each kind of file, and a text in it."""


def unsigned():
    return {
        "a.odt": xml.odt(),
        "a.docx": letter_docx(),
        "compact.docx": letter(),
        "a.xlsx": sheet(),
        "a.pdf": letter_pdf(),
    }


@pytest.fixture(scope="module")
def signed_there(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unsigned")
    files = [folder / name for name in unsigned()]
    for file, data in zip(files, unsigned().values(), strict=True):
        file.write_bytes(data)
    libreoffice.sign(files, [tree().g2_seal], **authorities())
    return {file.name: file.read_bytes() for file in files}


@pytest.mark.parametrize("name", unsigned())
def test_what_libreoffice_signs_we_call_valid_and_what_is_edited_afterwards_we_do_not(signed_there, name):
    data = signed_there[name]
    found = ours(name, data)
    assert [one.indication.value for one in found] == ["TOTAL-PASSED"]
    assert found[0].signer.common_name == "Ủy ban nhân dân quận Bình Tân"
    if name.endswith(".pdf"):
        edited = data.replace(b"/MediaBox", b"/TrimBoxx", 1)
    else:
        member, text = TEXT[name.rpartition(".")[2]]
        files = xml.members(data)
        assert text.encode() in files[member]
        edited = xml.pack({**files, member: files[member].replace(text.encode(), b"9")})
    assert not all(one.indication.value == "TOTAL-PASSED" for one in ours(name, edited))
