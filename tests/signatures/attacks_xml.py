"""XML signatures turned about inside Office and OpenDocument files (G14): references, transforms, ids, digests, what a file fetches."""

import base64
import re
from collections.abc import Callable, Iterator

from lxml import etree

from tests.pki import xml
from tests.pki.tree import letter_docx, tree
from tests.signatures.attacks_packages import related
from tests.signatures.samples import Sample, signed_letter, signed_text

_SIGNATURE, _LIST = "_xmlsignatures/sig1.xml", "META-INF/documentsignatures.xml"
_MAIN, _MAIN_RELATIONSHIPS = "word/document.xml", "word/_rels/document.xml.rels"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_FILTER = "http://www.w3.org/2002/06/xmldsig-filter2"
Change = Callable[[bytes], bytes]


def attacks() -> Iterator[Sample]:
    """Every file."""
    for kind, made in (("docx", WORD), ("odt", TEXT)):
        for title, make in made.items():
            yield Sample("G14", f"{title}.{kind}", make())


def _in_signature(change: Change, **more: Change) -> Callable[[], bytes]:
    """A good file of which the signature part is changed, and other parts by their names."""
    return lambda: xml.pack(
        {
            **signed_letter(),
            _SIGNATURE: change(signed_letter()[_SIGNATURE]),
            **{name: act(signed_letter()[name]) for name, act in more.items()},
        }
    )


def _in_list(change: Change, **more: Change) -> Callable[[], bytes]:
    return lambda: xml.pack(
        {
            **signed_text(),
            _LIST: change(signed_text()[_LIST]),
            **{name: act(signed_text()[name]) for name, act in more.items()},
        }
    )


def _swap(old: bytes, new: bytes) -> Change:
    return lambda data: data.replace(old, new)


def _edited(data: bytes) -> bytes:
    assert b"1215" in data
    return data.replace(b"1215", b"9999")


def _amount(data: bytes) -> bytes:
    return data.replace(b"1.000.000", b"9.000.000")


def _digest_of_edited(data: bytes) -> bytes:
    """The manifest, which SignedInfo covers, names the digest of the changed part."""
    old, new = (xml.digest(one).encode() for one in (signed_letter()[_MAIN], _edited(signed_letter()[_MAIN])))
    assert old in data
    return data.replace(old, new)


def _object(data: bytes) -> bytes:
    found = re.search(rb'(?s)<Object Id="idPackageObject".*?</Object>', data)
    assert found
    return found.group(0)


def _wrapped(around: bytes, behind: bytes, *, moved_first: bool = False) -> Change:
    """The signed object moves into another element, and a changed one takes its place."""

    def change(data: bytes) -> bytes:
        held = _object(data)
        evil = _digest_of_edited(held)
        pair = around + held + behind + evil if moved_first else evil + around + held + behind
        return data.replace(held, pair)

    return change


def _two_infos(data: bytes) -> bytes:
    found = re.search(rb"(?s)<SignedInfo>.*?</SignedInfo>", data)
    assert found
    evil = re.sub(rb"<DigestValue>[^<]*", b"<DigestValue>" + xml.digest(b"x").encode(), found.group(0))
    return data.replace(found.group(0), evil + found.group(0))


def _info_in_object(data: bytes) -> bytes:
    found = re.search(rb"(?s)<SignedInfo>.*?</SignedInfo>", data)
    assert found
    evil = found.group(0).replace(xml.C14N.encode(), xml.C14N.encode() + b"#WithComments", 1)
    return data.replace(found.group(0), evil).replace(
        b"</Signature>", b"<Object>" + found.group(0) + b"</Object></Signature>"
    )


def _signed_with(transforms: str, *, uri: str = f"/{_MAIN}", octets: bytes = b"", query: str = "") -> bytes:
    """Signed by a tool of the forger over a reference of his own, beside all others: what it digests is shown as signed."""
    files = xml.members(letter_docx())
    type_of = xml.part_types(files)
    query = query or f"?ContentType={type_of(uri[1:])}" if uri[1:] in files else query
    own = xml.reference(uri + query, xml.digest(octets), transforms=transforms)
    others = [one for one in xml.part_references(files) if f'"{uri}?' not in one]
    objects = [("idPackageObject", f"<Manifest>{own}{''.join(others)}</Manifest>")]
    return xml.sign_ooxml(letter_docx(), tree().g2_person, objects=lambda _: objects)


def _transform(algorithm: str, inner: str = "") -> str:
    return f'<Transform Algorithm="{algorithm}">{inner}</Transform>'


def _two_relationship_transforms() -> bytes:
    """The first leaves a relationship out that the second never sees: a chunk of text that nobody signs."""
    files = xml.members(letter_docx())
    files["word/chunk.html"] = b"<p>1.000</p>"
    html = b'<Default Extension="html" ContentType="text/html"/></Types>'
    files["[Content_Types].xml"] = files["[Content_Types].xml"].replace(b"</Types>", html)
    held = related(files.get(_MAIN_RELATIONSHIPS, b""), f"{xml.REL_TYPES}/aFChunk", "chunk.html")
    files[_MAIN_RELATIONSHIPS] = related(
        held, f"{xml.REL_TYPES}/hyperlink", "http://x.example/", more=' TargetMode="External"'
    )
    files[_MAIN_RELATIONSHIPS] = files[_MAIN_RELATIONSHIPS].replace(b'Id="rAdded"', b'Id="rChunk"', 1)
    prepared = xml.pack(files)
    octets, _ = xml.kept_relationships(files[_MAIN_RELATIONSHIPS], lambda one: one.get("Id") == "rAdded")
    only = f'<mdssi:RelationshipReference xmlns:mdssi="{xml.OPC}" SourceId="rAdded"/>'
    twice = _transform(xml.RELATIONSHIP, only) * 2 + _transform(xml.C14N)
    uri = f"/{_MAIN_RELATIONSHIPS}"
    own = xml.reference(f"{uri}?ContentType={xml.part_types(files)(uri)}", xml.digest(octets), transforms=twice)
    others = [one for one in xml.part_references(files) if f'"{uri}?' not in one]
    objects = [("idPackageObject", f"<Manifest>{own}{''.join(others)}</Manifest>")]
    return xml.sign_ooxml(prepared, tree().g2_person, objects=lambda _: objects)


def _fetching(
    kind: str, target: str = "http://x.example/so-tien.png", *, mode: str = ' TargetMode="External"'
) -> bytes:
    """Signed as prepared by a colleague: the words or the picture come from outside, and will be others tomorrow."""
    files = xml.members(letter_docx())
    files[_MAIN_RELATIONSHIPS] = related(
        files.get(_MAIN_RELATIONSHIPS, b""), f"{xml.REL_TYPES}/{kind}", target, more=mode
    )
    return xml.sign_ooxml(xml.pack(files), tree().g2_person)


def _fetching_text(inner: str) -> bytes:
    draw = (
        'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:xlink="http://www.w3.org/1999/xlink" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    )
    return xml.sign_odf(xml.odt(inner.replace(" ", f" {draw}", 1)), tree().g2_person)


def _odf_signed(references: Callable[[dict[str, bytes]], list[str]], *, text: str = "Biên bản") -> bytes:
    """Signed with references of the forger's own."""
    files = xml.members(xml.odt(text))
    signature = xml.signature(tree().g2_person, references(files), [("idXades", xml.xades_object(tree().g2_person))])
    files[_LIST] = f'<document-signatures xmlns="{xml.DSIG_OPEN}">{signature}</document-signatures>'.encode()
    return xml.pack(files)


def _canonical(data: bytes) -> str:
    return xml.digest(etree.tostring(etree.fromstring(data), method="c14n"))


def _plain_references(files: dict[str, bytes], *, instead: dict[str, str] | None = None) -> list[str]:
    return [
        (instead or {}).get(name) or xml.reference(name, xml.digest(data))
        for name, data in files.items()
        if (instead or {}).get(name) != "-"
    ]


def _content_as(reference: Callable[[bytes], str]) -> Callable[[], bytes]:
    return lambda: _odf_signed(
        lambda files: _plain_references(files, instead={"content.xml": reference(files["content.xml"])})
    )


def _stranger() -> bytes:
    return base64.b64encode(tree().person(tree().rogue_root, key=tree().seal_key).certificate_der)


_CERTIFICATE = re.compile(rb"<X509Data>.*?</X509Data>", re.DOTALL)
WORD: dict[str, Callable[[], bytes]] = {
    "wrapped-in-object": _in_signature(_wrapped(b'<Object Id="x">', b"</Object>"), **{_MAIN: _edited}),
    "wrapped-in-object-first": _in_signature(
        _wrapped(b'<Object Id="x">', b"</Object>", moved_first=True), **{_MAIN: _edited}),
    "wrapped-in-key-info": _in_signature(lambda data: data.replace(_object(data), _digest_of_edited(_object(data))).replace(
        b"</KeyInfo>", _object(data) + b"</KeyInfo>"), **{_MAIN: _edited}),
    "wrapped-other-case-of-id": _in_signature(lambda data: data.replace(_object(data), _digest_of_edited(
        _object(data)).replace(b' Id="', b' ID="') + _object(data)), **{_MAIN: _edited}),
    "wrapped-xml-id": _in_signature(lambda data: data.replace(_object(data), _digest_of_edited(
        _object(data)).replace(b' Id="', b' xml:id="') + _object(data)), **{_MAIN: _edited}),
    "two-infos": _in_signature(_two_infos),
    "info-in-object": _in_signature(_info_in_object),
    "manifest-beside": _in_signature(lambda data: data.replace(b"</Signature>", b"<Object>" + re.search(
        rb"(?s)<Manifest>.*?</Manifest>", _digest_of_edited(data)).group(0) + b"</Object></Signature>"), **{_MAIN: _edited}),  # type: ignore[union-attr]
    "digest-in-manifest": _in_signature(_digest_of_edited, **{_MAIN: _edited}),
    "digest-comment": _in_signature(_swap(b"<DigestValue>", b"<DigestValue><!-- -->"), **{_MAIN: _edited}),
    "reference-removed": _in_signature(lambda data: re.sub(
        rb'(?s)<Reference URI="/word/document.xml.*?</Reference>', b"", data), **{_MAIN: _edited}),
    "reference-to-other-part": _in_signature(_swap(b'"/word/document.xml?', b'"/docProps/core.xml?'), **{_MAIN: _edited}),
    "algorithm-swapped-sha1": _in_signature(_swap(xml.SHA256.encode(), xml.DS.encode() + b"sha1")),
    "method-swapped-none": _in_signature(_swap(xml.RSA_SHA256.encode(), b"http://www.w3.org/2000/09/xmldsig#none")),
    "method-swapped-hmac-sha256": _in_signature(_swap(xml.RSA_SHA256.encode(), b"http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")),
    "canonical-comments": _in_signature(_swap(xml.C14N.encode(), xml.C14N.encode() + b"#WithComments")),
    "canonical-exclusive": _in_signature(_swap(xml.C14N.encode(), _EXCLUSIVE.encode()), **{_MAIN: _edited}),
    "canonical-unknown": _in_signature(_swap(xml.C14N.encode(), b"urn:c14n")),
    "key-value-only": _in_signature(lambda data: _CERTIFICATE.sub(b"<KeyName>UBND</KeyName>", data)),
    "stranger-before": _in_signature(lambda data: data.replace(
        b"<X509Data>", b"<X509Data><X509Certificate>" + _stranger() + b"</X509Certificate></X509Data><X509Data>"),
        **{_MAIN: _edited}),
    "entity-in-signature": _in_signature(lambda data: b'<!DOCTYPE Signature [<!ENTITY a "b">]>' + data),
    "doctype-in-part": lambda: xml.pack({**signed_letter(), _MAIN: b'<!DOCTYPE w SYSTEM "x.dtd">' + signed_letter()[_MAIN]}),
    "stylesheet-before-part": lambda: xml.pack({**signed_letter(), _MAIN: b'<?xml-stylesheet href="x.xsl" type="text/xsl"?>' + signed_letter()[_MAIN]}),
    "transform-enveloped": lambda: _signed_with(_transform(f"{xml.DS}enveloped-signature"), octets=b""),
    "transform-base64": lambda: _signed_with(_transform(f"{xml.DS}base64"), octets=b""),
    "transform-filter2": lambda: _signed_with(_transform(_FILTER, f'<XPath xmlns="{_FILTER}" Filter="subtract">//*</XPath>')),
    "transform-xpath-namespaces": lambda: _signed_with(_transform("http://www.w3.org/TR/1999/REC-xpath-19991116",
        '<XPath xmlns:w="urn:x">not(ancestor-or-self::w:p)</XPath>')),
    "transform-decrypt": lambda: _signed_with(_transform("http://www.w3.org/2002/07/decrypt#XML")),
    "transform-relationships-on-text": lambda: _signed_with(_transform(xml.RELATIONSHIP) + _transform(xml.C14N), octets=(
        f'<Relationships xmlns="{xml.PACKAGE}/relationships"></Relationships>'.encode())),
    "reference-absent": lambda: _signed_with("", uri="/word/absent.xml", query="?ContentType=text/xml"),
    "reference-outside": lambda: _signed_with("", uri="http://x.example/word/document.xml"),
    "reference-file": lambda: _signed_with("", uri="file:///word/document.xml"),
    "reference-empty": lambda: _signed_with("", uri=""),
    "reference-of-other-type": lambda: _signed_with("", octets=xml.members(letter_docx())[_MAIN], query="?ContentType=text/plain"),
    "two-relationship-transforms": _two_relationship_transforms,
    "picture-from-outside": lambda: _fetching("image"),
    "chunk-from-outside": lambda: _fetching("aFChunk", "http://x.example/a.html"),
    "subdocument-from-outside": lambda: _fetching("subDocument", "http://x.example/a.docx"),
    "frame-from-outside": lambda: _fetching("frame", "http://x.example/a.htm"),
    "object-from-outside": lambda: _fetching("oleObject", "file:///\\\\x\\a.xlsx"),
    "picture-from-share": lambda: _fetching("image", "file:///\\\\x.example\\a.png"),
}  # fmt: skip
"""Makers of Word files by name."""
TEXT: dict[str, Callable[[], bytes]] = {
    "wrapped-properties": _in_list(lambda data: data.replace(b'<xd:SignedProperties Id="', b'<xd:SignedProperties Id="x', 1)),
    "list-twice": _in_list(lambda data: data.replace(b"</document-signatures>", b"<x>" + data + b"</x></document-signatures>")),
    "digest-swapped": _in_list(lambda data: data.replace(
        _canonical(signed_text()["content.xml"]).encode(), _canonical(_amount(signed_text()["content.xml"])).encode()),
        **{"content.xml": _amount}),
    "reference-dot": _in_list(_swap(b'URI="content.xml"', b'URI="./content.xml"'), **{"content.xml": _amount}),
    "reference-escaped": _in_list(_swap(b'URI="content.xml"', b'URI="%63ontent.xml"'), **{"content.xml": _amount}),
    "reference-slash": _in_list(_swap(b'URI="content.xml"', b'URI="/content.xml"'), **{"content.xml": _amount}),
    "content-unsigned": lambda: _odf_signed(lambda files: _plain_references(
        {name: data for name, data in files.items() if name != "content.xml"})),
    "manifest-unsigned": lambda: _odf_signed(lambda files: _plain_references(
        {name: data for name, data in files.items() if not name.startswith("META-INF")})),
    "type-unsigned": lambda: _odf_signed(lambda files: _plain_references(
        {name: data for name, data in files.items() if name != "mimetype"})),
    "transform-xslt": _content_as(lambda _: xml.reference("content.xml", xml.digest(b""), transforms=_transform(
        "http://www.w3.org/TR/1999/REC-xslt-19991116"))),
    "transform-enveloped": _content_as(lambda data: xml.reference("content.xml", _canonical(data), transforms=_transform(
        f"{xml.DS}enveloped-signature") + _transform(xml.C14N))),
    "transform-xpath": _content_as(lambda _: xml.reference("content.xml", xml.digest(b""), transforms=_transform(
        "http://www.w3.org/TR/1999/REC-xpath-19991116", "<XPath>false()</XPath>"))),
    "reference-outside": _content_as(lambda data: xml.reference("http://x.example/content.xml", xml.digest(data))),
    "reference-above": _content_as(lambda data: xml.reference("../content.xml", xml.digest(data))),
    "part-added": lambda: xml.pack({**signed_text(), "Pictures/a.png": b"x"}),
    "settings-added": lambda: xml.pack({**signed_text(), "settings.xml": b"<a/>"}),
    "folder-added": lambda: xml.pack({**signed_text(), "Object 1/content.xml": _amount(signed_text()["content.xml"])}),
    "content-in-other-case": lambda: xml.pack({**signed_text(), "Content.xml": _amount(signed_text()["content.xml"])}),
    "picture-from-outside": lambda: _fetching_text('<draw:image xlink:href="http://x.example/a.png"/>'),
    "picture-beside": lambda: _fetching_text('<draw:image xlink:href="../a.png"/>'),
    "section-from-outside": lambda: _fetching_text(
        '<text:section ><text:section-source xlink:href="http://x.example/a.odt"/></text:section>'),
    "object-from-outside": lambda: _fetching_text('<draw:object xlink:href="file:///a.ods"/>'),
    "stranger-before": _in_list(lambda data: data.replace(
        b"<X509Data>", b"<X509Data><X509Certificate>" + _stranger() + b"</X509Certificate></X509Data><X509Data>"),
        **{"content.xml": _amount}),
    "certificate-swapped": _in_list(lambda data: re.sub(
        rb"<X509Certificate>[^<]*", b"<X509Certificate>" + _stranger(), data)),
    "value-empty": _in_list(lambda data: re.sub(rb"<SignatureValue>[^<]*", b"<SignatureValue>", data)),
    "value-zero": _in_list(lambda data: re.sub(
        rb"<SignatureValue>[^<]*", b"<SignatureValue>" + base64.b64encode(bytes(256)), data)),
}  # fmt: skip
"""Makers of OpenDocument texts by name."""
