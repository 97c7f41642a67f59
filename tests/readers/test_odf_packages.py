"""OpenDocument files as containers: what they hold, locked and damaged ones."""

from __future__ import annotations

import base64
import hashlib
import os
import zlib

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import Blowfish
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from gateway.documents.readers.base import Budget, ReadError, Source
from gateway.documents.readers.odf import reader as odf
from gateway.model import Origin, ReadStatus, Role
from tests.readers.ooxml_support import corpus, read_any
from tests.readers.test_odf import FACES, MARK, NS, content, find, package, read, read_body, styles


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


def test_a_flat_document_is_read_like_a_package() -> None:
    picture = base64.b64encode(b"\x89PNG flat").decode()
    flat = (
        f"<?xml version='1.0'?><office:document {NS} office:mimetype='x'><office:meta><dc:title>Tựa</dc:title></office:meta>"
        f"{FACES}<office:styles/><office:automatic-styles/><office:master-styles><style:master-page style:name='Standard'>"
        "<style:footer><text:p>chân</text:p></style:footer></style:master-page></office:master-styles><office:body>"
        f"<office:text><text:p>{MARK}</text:p><text:p><draw:frame><draw:image><office:binary-data>{picture}"
        "</office:binary-data></draw:image></draw:frame></text:p></office:text></office:body></office:document>"
    )
    reading = read(flat.encode())
    assert (find(reading, MARK).role, find(reading, "chân").role, find(reading, "Tựa").role) == (
        Role.BODY,
        Role.FOOTER,
        Role.PROPERTY,
    )
    assert [(m.relation, m.data) for m in reading.members] == [("image", b"\x89PNG flat")]


def locked(password: str, algorithm: str) -> bytes:
    plain = {"content.xml": content(f"<text:p>{MARK}</text:p>").encode(), "styles.xml": styles().encode()}
    entries, files = "", {}
    for name, data in plain.items():
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(data) + packer.flush()
        salt = os.urandom(16)
        if algorithm == "aes":
            vector, digest, checksum, size = os.urandom(16), hashlib.sha256, hashlib.sha256(packed[:1024]).digest(), 32
            cipher, names = (
                "http://www.w3.org/2001/04/xmlenc#aes256-cbc",
                ("SHA256/1K", "http://www.w3.org/2000/09/xmldsig#sha256"),
            )
        else:
            vector, digest, checksum, size = os.urandom(8), hashlib.sha1, hashlib.sha1(packed[:1024]).digest(), 16
            cipher, names = "Blowfish CFB", ("SHA1/1K", "SHA1")
        key = hashlib.pbkdf2_hmac("sha1", digest(password.encode()).digest(), salt, 1024, size)
        if algorithm == "aes":
            pad = 16 - len(packed) % 16
            encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
            files[name] = encryptor.update(packed + bytes(pad - 1) + bytes([pad])) + encryptor.finalize()
        else:
            encryptor = Cipher(Blowfish(key), CFB(vector)).encryptor()
            files[name] = encryptor.update(packed) + encryptor.finalize()
        b64 = lambda value: base64.b64encode(value).decode()
        entries += (
            f'<manifest:file-entry manifest:full-path="{name}" manifest:size="{len(data)}"><manifest:encryption-data '
            f'manifest:checksum-type="{names[0]}" manifest:checksum="{b64(checksum)}"><manifest:algorithm '
            f'manifest:algorithm-name="{cipher}" manifest:initialisation-vector="{b64(vector)}"/><manifest:start-key-generation '
            f'manifest:start-key-generation-name="{names[1]}" manifest:key-size="{size}"/><manifest:key-derivation '
            f'manifest:key-derivation-name="PBKDF2" manifest:key-size="{size}" manifest:iteration-count="1024" '
            f'manifest:salt="{b64(salt)}"/></manifest:encryption-data></manifest:file-entry>'
        )
    return package(files, entries)


@pytest.mark.parametrize("algorithm", ["aes", "blowfish"])
def test_an_encrypted_package_opens_with_a_password_of_the_mail(algorithm: str) -> None:
    data = locked("bí mật 123", algorithm)
    reading = read(data, ("sai", "bí mật 123"))
    assert find(reading, MARK).origin is Origin.TEXT
    assert reading.document.opened_with_password
    with pytest.raises(ReadError) as caught:
        read(data, ("sai",))
    assert (caught.value.status, caught.value.reason) == (ReadStatus.ENCRYPTED, "password")


def test_whole_package_encryption_of_libreoffice_is_understood() -> None:
    path = corpus() / "encrypted/lo__encrypted_scriptsig_lo242.odt"
    assert find(read_any(path, ("password",)), "secret").role is Role.BODY
    with pytest.raises(ReadError) as caught:
        read_any(path)
    assert caught.value.status is ReadStatus.ENCRYPTED


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"<office:document/>", package({"styles.xml": styles()})])
def test_what_is_no_document_has_a_cause(data: bytes) -> None:
    with pytest.raises(ReadError) as caught:
        read(data)
    assert caught.value.status is ReadStatus.MALFORMED


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
