"""Makes XML signatures for OOXML, ODF and ASiC, independently of the verifier: string templates and lxml's own C14N."""

import base64
import hashlib
from xml.sax.saxutils import quoteattr

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from tests.support.octets import members, zipped

DS = "http://www.w3.org/2000/09/xmldsig#"
DSIG_OPEN = "urn:oasis:names:tc:opendocument:xmlns:digitalsignature:1.0"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
RELATIONSHIP = "http://schemas.openxmlformats.org/package/2006/RelationshipTransform"
OPC = "http://schemas.openxmlformats.org/package/2006/digital-signature"
REL_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
ORIGIN_RELATIONSHIPS = "_xmlsignatures/_rels/origin.sigs.rels"
SIGNATURE_TYPE = "application/vnd.openxmlformats-package.digital-signature-xmlsignature+xml"


def pack(files):
    return zipped(files, stored=("mimetype",))


def digest(data):
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def canonical(text):
    return etree.tostring(etree.fromstring(text.encode()), method="c14n")


def reference(uri, value, *, transforms="", kind=""):
    kind = f" Type={quoteattr(kind)}" if kind else ""
    inner = f"<Transforms>{transforms}</Transforms>" if transforms else ""
    return (
        f'<Reference URI={quoteattr(uri)}{kind}>{inner}<DigestMethod Algorithm="{SHA256}"/>'
        f"<DigestValue>{value}</DigestValue></Reference>"
    )


def signature(identity, references, objects, *, identifier="idSig", scope=""):
    """A ds:Signature; `objects` are (id, inner XML) signed as ds:Object; `scope` are namespaces of what stands around it."""
    bodies, own = [], []
    for name, inner in objects:
        if (
            name == "idXades"
        ):  # as Office and the tools of ETSI's formats do: the SignedProperties are signed, not the Object
            own.append(_properties_reference(inner, scope, identifier))
            bodies.append(f"<Object>{inner}</Object>")
            continue
        text = f'<Object xmlns="{DS}"{scope} Id="{name}">{inner}</Object>'
        own.append(reference(f"#{name}", digest(canonical(text)), kind=f"{DS}Object"))
        bodies.append(text.replace(f' xmlns="{DS}"{scope}', "", 1))
    info = (
        f'<SignedInfo xmlns="{DS}"{scope}><CanonicalizationMethod Algorithm="{C14N}"/>'
        f'<SignatureMethod Algorithm="{RSA_SHA256}"/>{"".join([*own, *references])}</SignedInfo>'
    )
    value = identity.key.sign(canonical(info), padding.PKCS1v15(), hashes.SHA256())
    certificate = base64.b64encode(identity.certificate_der).decode()
    body = info.replace(f' xmlns="{DS}"{scope}', "", 1)
    return (
        f'<Signature xmlns="{DS}" Id="{identifier}">{body}<SignatureValue>{base64.b64encode(value).decode()}</SignatureValue>'
        f"<KeyInfo><X509Data><X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo>{''.join(bodies)}</Signature>"
    )  # fmt: skip


def _properties_reference(inner, scope, identifier):
    signed = inner[inner.index("<xd:SignedProperties") : inner.index("</xd:QualifyingProperties>")]
    start = "<xd:SignedProperties"
    alone = signed.replace(start, f'{start} xmlns="{DS}"{scope} xmlns:xd="{XADES}"', 1)
    return reference(
        f"#{identifier}SignedProperties",
        digest(canonical(alone)),
        transforms=f'<Transform Algorithm="{C14N}"/>',
        kind="http://uri.etsi.org/01903#SignedProperties",
    )


def xades_object(identity, identifier="idSig"):
    value = base64.b64encode(hashlib.sha256(identity.certificate_der).digest()).decode()
    return (
        f'<xd:QualifyingProperties xmlns:xd="{XADES}" Target="#{identifier}"><xd:SignedProperties Id="{identifier}SignedProperties">'
        "<xd:SignedSignatureProperties><xd:SigningTime>2026-11-20T03:00:00Z</xd:SigningTime><xd:SigningCertificate><xd:Cert>"
        f'<xd:CertDigest><DigestMethod Algorithm="{SHA256}"/><DigestValue>{value}</DigestValue></xd:CertDigest>'
        "</xd:Cert></xd:SigningCertificate></xd:SignedSignatureProperties></xd:SignedProperties></xd:QualifyingProperties>"
    )


ENVELOPED = f'<Transform Algorithm="{DS}enveloped-signature"/>'
INVOICE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<HDon><DLHDon Id="HD14"><TTChung><KHHDon>C26TAA</KHHDon><SHDon>14</SHDon></TTChung>'
    "<NDHDon><NBan><Ten>Công ty TNHH Thử Nghiệm</Ten></NBan><TToan><TgTTTBSo>1284000</TgTTTBSo></TToan></NDHDon></DLHDon>"
    '<MCCQT Id="MA14">00474597</MCCQT><DSCKS><NBan></NBan><NMua/><CQT></CQT></DSCKS></HDon>'
)
"""An invoice as Decision 1450/QĐ-TCT has it, with the code of the tax authority, not yet signed."""
DECLARATION = (
    '<HSoThueDTu xmlns="http://kekhaithue.gdt.gov.vn/TKhaiThue" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://kekhaithue.gdt.gov.vn/TKhaiThue TKhaiThue.xsd">\r\n  <HSoKhaiThue id="ID1">\r\n'
    "    <ct21>0</ct21>\r\n  </HSoKhaiThue>\r\n  <CKyDTu></CKyDTu>\r\n</HSoThueDTu>"
)
"""A tax declaration of HTKK."""
INSURANCE = "<Hoso><Dulieu>D02-TS</Dulieu><CKy_Dvi></CKy_Dvi><CKy_IVAN></CKy_IVAN></Hoso>"
"""A file of social insurance, which the unit and the service that transmits it sign as a whole."""


def sign_xml(text, identity, *uris, at, identifier="NBan", transforms=ENVELOPED, objects=None, scope="", spoil=None):
    """Sign elements of an XML file by their references; the signature comes before `at`, where namespaces of `scope` are known."""
    root = etree.fromstring(text.encode())
    references = []
    for uri in uris:
        element = root.xpath("//*[@Id=$name or @id=$name]", name=uri[1:])[0] if uri else root
        alone = etree.fromstring(etree.tostring(element.getroottree() if not uri else element, with_tail=False))
        octets = etree.tostring(alone.getroottree(), method="c14n", with_comments=False)
        references.append(reference(uri, digest(spoil or octets), transforms=transforms))
    made = signature(identity, references, objects or [], identifier=identifier, scope=scope)
    assert text.count(at) == 1, at
    return text.replace(at, made + at)


def signing_time(name, moment="2026-11-20T10:00:00"):
    """An Object with the time of signing, as invoices have it."""
    time = f'<SignatureProperties xmlns=""><SignatureProperty Target="#NBan"><SigningTime>{moment}</SigningTime></SignatureProperty></SignatureProperties>'
    return [(name, time)]


def invoice(identity, *more, **how):
    """An invoice that its seller signed."""
    return sign_xml(INVOICE, identity, "#HD14", *more, at="</NBan><NMua/>", objects=signing_time("Time"), **how)


def part_types(files):
    root = etree.fromstring(files["[Content_Types].xml"])
    overrides = {one.get("PartName"): one.get("ContentType") for one in root if one.tag.endswith("Override")}
    defaults = {one.get("Extension"): one.get("ContentType") for one in root if one.tag.endswith("Default")}
    return lambda name: overrides.get("/" + name) or defaults[name.rpartition(".")[2]]


def kept_relationships(data, keep):
    root = etree.fromstring(data)
    kept = sorted((one for one in root if keep(one)), key=lambda one: one.get("Id"))
    new = etree.Element(root.tag, nsmap={None: root.nsmap[None]})
    for one in kept:
        copy = etree.SubElement(new, one.tag)
        for key, value in one.attrib.items():
            copy.set(key, value)
        copy.set("TargetMode", one.get("TargetMode", "Internal"))
    return etree.tostring(new, method="c14n"), [one.get("Id") for one in kept]


def part_references(files, *, only=None):
    """References of a manifest to all parts of an Office file (or to `only` those)."""
    type_of = part_types(files)
    found = []
    for name, data in files.items():
        if name in {"[Content_Types].xml", CORE} or name.startswith("_xmlsignatures/") or (only and name not in only):
            continue
        uri = f"/{name}?ContentType={type_of(name)}"
        if name.endswith(".rels"):
            octets, kept = kept_relationships(data, lambda one: not one.get("Type").endswith("/origin"))
            inner = "".join(f'<mdssi:RelationshipReference xmlns:mdssi="{OPC}" SourceId="{one}"/>' for one in kept)
            transforms = f'<Transform Algorithm="{RELATIONSHIP}">{inner}</Transform><Transform Algorithm="{C14N}"/>'
            found.append(reference(uri, digest(octets), transforms=transforms))
        else:
            found.append(reference(uri, digest(data)))
    return found


def _office_time():
    return (
        '<SignatureProperties><SignatureProperty Id="idSignatureTime" Target="#idSig">'
        f'<mdssi:SignatureTime xmlns:mdssi="{OPC}"><mdssi:Format>YYYY-MM-DDThh:mm:ssTZD</mdssi:Format>'
        "<mdssi:Value>2026-11-20T03:00:00Z</mdssi:Value></mdssi:SignatureTime></SignatureProperty></SignatureProperties>"
    )


def _office_details():
    return (
        '<SignatureProperties><SignatureProperty Id="idOfficeV1Details" Target="#idSig">'
        '<SignatureInfoV1 xmlns="http://schemas.microsoft.com/office/2006/digsig"><SetupID/><SignatureText/><SignatureImage/>'
        "<SignatureComments>Ký số văn bản</SignatureComments><WindowsVersion>10.0</WindowsVersion><SignatureType>1</SignatureType>"
        "</SignatureInfoV1></SignatureProperty></SignatureProperties>"
    )


CORE = "docProps/core.xml"


def with_bound_title(data, title, *, shown=None):
    """A Word file whose text shows its title in a bound content control, as the cover pages of Word do."""
    files = members(data)
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    binding = (
        "<w:dataBinding w:prefixMappings=\"xmlns:ns0='http://purl.org/dc/elements/1.1/' "
        "xmlns:ns1='http://schemas.openxmlformats.org/package/2006/metadata/core-properties'\" "
        'w:xpath="/ns1:coreProperties[1]/ns0:title[1]" '
        'w:storeItemID="{6C3C8BC8-F283-45AE-878A-BAB7291924A1}"/>'
    )
    control = (
        f'<w:p xmlns:w="{word}"><w:sdt><w:sdtPr>{binding}<w:text/></w:sdtPr><w:sdtContent><w:r><w:t>'
        f"{title if shown is None else shown}</w:t></w:r></w:sdtContent></w:sdt></w:p>"
    )
    text = files["word/document.xml"]
    end = text.rindex(b"</w:body>")
    last = text.rfind(b"<w:sectPr", 0, end)
    place = last if last >= 0 else end
    files["word/document.xml"] = text[:place] + control.encode() + text[place:]
    files[CORE] = core_properties(title)
    kind = "application/vnd.openxmlformats-package.core-properties+xml"
    declared = f'<Override PartName="/{CORE}" ContentType="{kind}"/></Types>'
    files["[Content_Types].xml"] = files["[Content_Types].xml"].replace(b"</Types>", declared.encode())
    return pack(files)


def core_properties(title, creator="An"):
    """The part with the title."""
    return (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title><dc:creator>{creator}</dc:creator>'
        "</cp:coreProperties>"
    ).encode()


def sign_ooxml(data, identity, *, only=None, objects=None, name="sig1.xml"):
    """Sign an Office file as Office does: a manifest in idPackageObject, XAdES, origin part and relationships."""
    files = members(data)
    manifest = f"<Manifest>{''.join(part_references(files, only=only))}</Manifest>"
    office = [("idOfficeObject", _office_details()), ("idXades", xades_object(identity))]
    parts = objects(manifest) if objects else [("idPackageObject", manifest + _office_time()), *office]
    text = signature(identity, [], parts)
    types = files["[Content_Types].xml"].decode()
    added = f'<Override PartName="/_xmlsignatures/{name}" ContentType="{SIGNATURE_TYPE}"/>'
    if "digital-signature-origin" not in types:
        added += (
            '<Default Extension="sigs" ContentType="application/vnd.openxmlformats-package.digital-signature-origin"/>'
        )
        rels = files["_rels/.rels"].decode()
        origin = (
            '<Relationship Id="rIdSigs" Type="http://schemas.openxmlformats.org/package/2006/relationships/'
            'digital-signature/origin" Target="_xmlsignatures/origin.sigs"/>'
        )
        files["_rels/.rels"] = rels.replace("</Relationships>", origin + "</Relationships>").encode()
        files["_xmlsignatures/origin.sigs"] = b""
        files[ORIGIN_RELATIONSHIPS] = f'<Relationships xmlns="{PACKAGE}/relationships"></Relationships>'.encode()
    if ORIGIN_RELATIONSHIPS in files:
        number = files[ORIGIN_RELATIONSHIPS].count(b"<Relationship ") + 1
        one = f'<Relationship Id="rId{number}" Type="{PACKAGE}/relationships/digital-signature/signature" Target="{name}"/>'
        files[ORIGIN_RELATIONSHIPS] = files[ORIGIN_RELATIONSHIPS].replace(
            b"</Relationships>", one.encode() + b"</Relationships>"
        )
    files["[Content_Types].xml"] = types.replace("</Types>", added + "</Types>").encode()
    files[f"_xmlsignatures/{name}"] = text.encode()
    return pack(files)


ODF_MIMETYPE = b"application/vnd.oasis.opendocument.text"


def odt(text="Biên bản", *, more=None, version="1.3"):
    """A small OpenDocument text."""
    content = (
        f'<office:document-content office:version="{version}" xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text>'
        f"<text:p>{text}</text:p></office:text></office:body></office:document-content>"
    )
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.text"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    files = {"mimetype": ODF_MIMETYPE, "content.xml": content.encode(), "META-INF/manifest.xml": manifest.encode()}
    return pack({**files, **(more or {})})


def sign_odf(data, identity, *, only=None, name="META-INF/documentsignatures.xml", date=None):
    """Sign an OpenDocument file over all its members."""
    files = members(data)
    signed = [one for one in files if not one.endswith("signatures.xml") and (only is None or one in only)]
    references = []
    for one in signed:
        if one.endswith(".xml"):
            value = digest(etree.tostring(etree.fromstring(files[one]), method="c14n"))
            references.append(reference(one, value, transforms=f'<Transform Algorithm="{C14N}"/>'))
        else:
            references.append(reference(one, digest(files[one])))
    moment = date or "2026-11-20T10:00:00"
    previous = files.get(name, b"").decode()
    own = f"idSig{previous.count('<SignedInfo')}"
    properties = (
        f'<SignatureProperties><SignatureProperty Id="{own}Date" Target="#{own}">'
        f'<dc:date xmlns:dc="http://purl.org/dc/elements/1.1/">{moment}</dc:date></SignatureProperty></SignatureProperties>'
    )
    objects = [(f"{own}Object", properties), ("idXades", xades_object(identity, own))]
    text = signature(identity, references, objects, identifier=own)
    root = "document-signatures"
    if previous:
        text = previous.replace(f"</{root}>", f"{text}</{root}>")
    else:
        text = f'<{root} xmlns="{DSIG_OPEN}">{text}</{root}>'
    files[name] = text.encode()
    return pack(files)


def asic_manifest(files, *, name="META-INF/signature1.p7s", more=""):
    """An ASiCManifest over files, which a CAdES signature is over."""
    objects = "".join(
        f'<DataObjectReference URI="{one}"><ds:DigestMethod Algorithm="{SHA256}"/><ds:DigestValue>{digest(data)}'
        "</ds:DigestValue></DataObjectReference>"
        for one, data in files.items()
    )
    return (
        f'<ASiCManifest xmlns="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="{DS}"><SigReference URI="{name}" '
        f'MimeType="application/pkcs7-signature"/>{objects}{more}</ASiCManifest>'
    ).encode()


def asic(files, identity, *, simple=False, only=None):
    """An ASiC container with a XAdES signature over its files."""
    kind = f"application/vnd.etsi.asic-{'s' if simple else 'e'}+zip"
    references = [reference(one, digest(data)) for one, data in files.items() if only is None or one in only]
    scope = ' xmlns:asic="http://uri.etsi.org/02918/v1.2.1#"'
    text = signature(identity, references, [("idXades", xades_object(identity))], scope=scope)
    wrapped = f"<asic:XAdESSignatures{scope}>{text}</asic:XAdESSignatures>"
    name = "META-INF/signatures.xml" if simple else "META-INF/signatures0.xml"
    return pack({"mimetype": kind.encode(), **files, name: wrapped.encode()})
