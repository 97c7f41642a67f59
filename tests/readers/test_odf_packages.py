"""OpenDocument files as containers: what they hold, locked and damaged ones."""

import hashlib

import pytest

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.odf import reader as odf
from gateway.model import Origin, ReadStatus
from tests.readers.ooxml_support import read_any
from tests.readers.test_odf import MARK, read, read_body
from tests.support.corpus import CORPUS, needs_corpus
from tests.support.opendocument import content, package, styles
from tests.support.reading import find, unread


def test_embedded_documents_are_read_and_files_handed_on() -> None:
    body = (
        "<text:p><draw:frame><draw:object xlink:href='./Object 1'/></draw:frame><draw:frame><draw:object-ole "
        "xlink:href='./Object 2'/></draw:frame><draw:frame><draw:image xlink:href='Pictures/a.png'/></draw:frame>"
        "<draw:frame><draw:image xlink:href='https://x.test/a.png'/></draw:frame></text:p>"
    )
    parts: dict[str, str | bytes] = {
        "content.xml": content(body),
        "Object 1/content.xml": content(f"<text:p>{MARK}</text:p>"),
        "Object 2": b"\xd0\xcf\x11\xe0 ole",
        "Pictures/a.png": b"\x89PNG",
        "Versions/1": b"PK\x03\x04old",
    }
    reading = read(package(parts))
    assert find(reading, MARK).origin is Origin.TEXT
    assert {(m.name, m.relation) for m in reading.members} == {
        ("Object 2", "embedded"), ("Pictures/a.png", "image"), ("Versions/1", "embedded"),
    }  # fmt: skip
    assert {each.kind for each in reading.document.active_content} == {"ole-object", "external-object"}
    assert reading.document.images[0].sha256 == hashlib.sha256(b"\x89PNG").hexdigest()


def test_macros_are_reported_and_their_doctype_is_no_fault() -> None:
    module = (
        '<?xml version="1.0"?><!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">'
        '<script:module xmlns:script="http://openoffice.org/2000/script">Sub Main</script:module>'
    )
    reading = read_body("<text:p>x</text:p>", Basic__Standard__Module1_xml=module)
    assert reading.document.status is ReadStatus.OK
    assert "macro" in {each.kind for each in reading.document.active_content}
    evil = content("<text:p>x</text:p>").replace(
        "<office:document-content", '<!DOCTYPE a [<!ENTITY b "c">]><office:document-content', 1
    )
    assert read(package({"content.xml": evil})).document.reason == "doctype"


@pytest.mark.parametrize(("around", "reason"), [("", "password"), ("<loext:keyinfo xmlns:loext='urn:x'/>", "openpgp")])
def test_an_encrypted_package_is_encrypted_whatever_the_mail_says(around: str, reason: str) -> None:
    entry = "<manifest:file-entry manifest:full-path='content.xml'><manifest:encryption-data/></manifest:file-entry>"
    assert unread(read, package({"content.xml": b"\x00"}, around + entry)) == (ReadStatus.ENCRYPTED, reason)


@needs_corpus
@pytest.mark.parametrize(("name", "reason"), [("encrypted_scriptsig_lo242", "password"), ("encryptedGPG", "openpgp")])
def test_both_encryptions_of_libreoffice_are_known(name: str, reason: str) -> None:
    assert unread(read_any, CORPUS / f"encrypted/lo__{name}.odt", ("password",)) == (ReadStatus.ENCRYPTED, reason)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"<office:document/>", package({"styles.xml": styles()})])
def test_what_is_no_document_has_a_cause(data: bytes) -> None:
    assert unread(read, data)[0] is ReadStatus.MALFORMED


def test_deep_nesting_ends_at_the_limit() -> None:
    body = "<text:section>" * 300 + "</text:section>" * 300
    found = read_body(body).document
    assert (found.status, found.reason) == (ReadStatus.LIMIT, "xml-depth")


@pytest.mark.parametrize(("shown", "known"), [("Thumbnails/thumbnail.png", True), ("Pictures/a.png", False)])
def test_a_picture_of_a_page_under_the_name_of_the_thumbnail_is_a_picture_of_the_page(shown: str, known: bool) -> None:
    body = f"<text:p><draw:frame><draw:image xlink:href='./{shown}'/></draw:frame></text:p>"
    data = package({"content.xml": content(body), "Thumbnails/thumbnail.png": b"\x89PNG\r\n\x1a\n picture"})
    budget = Budget()
    odf.read(Source(data=data, part="1"), budget)
    digest = hashlib.sha256(b"\x89PNG\r\n\x1a\n picture").hexdigest()
    assert (digest in budget.shown_inches) is known
