"""What a signature or a container names again and again is read once, or the signature cannot be verified."""

import asyncio
import hashlib

import pytest

from gateway.documents.signatures import timestamps
from gateway.model import Integrity
from tests.pki import cms, xml
from tests.pki.signing import timestamper
from tests.pki.tree import NOW, letter_docx, tree
from tests.signatures.test_containers import ASICE, DOCX, ODT, docx, good, look

TEXT = "word/document.xml"
TRANSFORM = f'<Transform Algorithm="{xml.C14N}"/>'


def digested(octets):
    return f'<DigestMethod Algorithm="{xml.SHA256}"/><DigestValue>{xml.digest(octets)}</DigestValue>'


def again(kind, uri, count=1, *, transforms=""):
    """A signed file that names a member, or an element of the signature by `#`, as often again."""
    own = [("idObject", "x"), ("idXades", xml.xades_object(tree().g2_person))]
    element = xml.canonical(f'<Object xmlns="{xml.DS}" Id="idObject">x</Object>')
    files = xml.members(letter_docx()) if kind == DOCX else {"a.xml": b"<a></a>"}
    inner = digested(element if uri.startswith("#") else files[TEXT if kind == DOCX else "a.xml"])
    if kind == DOCX and not uri.startswith("#"):
        uri = f"/word/{uri}?ContentType={xml.part_types(files)(TEXT)}"
    added = f'<Reference URI="{uri}">{transforms}{inner}</Reference>' * count
    if kind == DOCX:
        return docx(
            objects=lambda manifest: [("idPackageObject", manifest.replace("</Manifest>", f"{added}</Manifest>")), *own]
        )
    if kind == ODT:
        files = xml.members(xml.odt(more=files))
    signed = [xml.reference(name, xml.digest(data)) for name, data in files.items()]
    name = "META-INF/documentsignatures.xml" if kind == ODT else "META-INF/signatures0.xml"
    return xml.pack({**files, name: f"<s>{xml.signature(tree().g2_person, [*signed, added], own)}</s>".encode()})


@pytest.mark.parametrize(("kind", "uri"), [
    (DOCX, "document.xml"), (DOCX, "%64ocument.xml"), (ODT, "a.xml"), (ODT, "./%61.xml"), (ASICE, "/a.xml"), (ASICE, "a.xml"),
])  # fmt: skip
def test_a_member_is_digested_once(kind, uri):
    (one,) = look(again(kind, uri, 0), kind)
    assert good(one)
    (one,) = look(again(kind, uri), kind)
    assert (one.integrity, one.problems) == (Integrity.UNKNOWN, ("too-large",))


@pytest.mark.parametrize("kind", [DOCX, ODT, ASICE])
def test_the_signature_itself_is_gone_through_some_times_only(kind):
    (one,) = look(again(kind, "#idObject", 20), kind)
    assert good(one)
    (one,) = look(again(kind, "#idObject", 70), kind)
    assert (one.integrity, one.problems) == (Integrity.UNKNOWN, ("too-large",))


@pytest.mark.parametrize("kind", [DOCX, ODT, ASICE])
def test_a_reference_is_transformed_some_times_only(kind):
    found = [
        look(again(kind, "#idObject", transforms=f"<Transforms>{TRANSFORM * count}</Transforms>"), kind)[0]
        for count in (3, 9)
    ]
    assert good(found[0])
    assert "malformed" in found[1].problems


def test_each_timestamp_of_a_container_is_verified_once(monkeypatch):
    files = {"mimetype": b"application/vnd.etsi.asic-e+zip", "a.txt": b"a"}
    for number in range(4):
        name = f"META-INF/signature{number}.p7s"
        files[f"META-INF/ASiCManifest{number}.xml"] = xml.asic_manifest({"a.txt": b"a"}, name=name)
        files[name] = cms.cms(files[f"META-INF/ASiCManifest{number}.xml"], tree().g2_person)
    signed = {name: data for name, data in files.items() if name.endswith(".p7s")}
    for number in range(3):
        name = f"META-INF/timestamp{number}.tst"
        manifest = files[f"META-INF/ASiCArchiveManifest{number}.xml"] = xml.asic_manifest(signed, name=name)
        token = timestamper(tree().tsa, at=NOW).async_timestamp(hashlib.sha256(manifest).digest(), "sha256")
        files[name] = asyncio.run(token).dump()
    asked, real = [], timestamps.verify
    monkeypatch.setattr(timestamps, "verify", lambda *how, **more: asked.append(how) or real(*how, **more))
    found = look(xml.pack(files), ASICE)
    assert [good(one) for one in found] == [True] * 4
    assert len(asked) == 3


def test_a_manifest_of_a_container_lists_a_member_once():
    files = {"mimetype": b"application/vnd.etsi.asic-e+zip", "a.txt": b"a"}
    manifest = xml.asic_manifest({"a.txt": b"a"})
    for octets, integrity in ((manifest, Integrity.INTACT), (double(manifest), Integrity.UNKNOWN)):
        more = {"META-INF/ASiCManifest.xml": octets, "META-INF/signature1.p7s": cms.cms(octets, tree().g2_person)}
        (one,) = look(xml.pack({**files, **more}), ASICE)
        assert one.integrity is integrity


def double(manifest):
    start, end = manifest.index(b"<DataObjectReference"), manifest.index(b"</ASiCManifest>")
    return manifest[:end] + manifest[start:]
