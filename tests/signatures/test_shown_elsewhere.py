"""What a signed file takes from elsewhere: pictures by links that say something else, styles, lists of persons, records, kinds."""

import io

import openpyxl
import pikepdf
import pptx
import pytest
from pikepdf import Array, Dictionary, Name

from gateway.model import Coverage, Integrity
from tests.pki import xml
from tests.pki.signing import sign_pdf
from tests.pki.tree import letter_docx, letter_pdf, tree
from tests.signatures.attacks_packages import related
from tests.signatures.samples import Sample, is_valid, reports
from tests.support.octets import file_of

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def _look(data, name="a.docx"):
    return reports(Sample("", name, data))


_R = 'r:id="rAdded" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_PICTURE = f'<w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:imagedata {_R}/></v:shape></w:pict></w:r>'
_SETTINGS = f'<w:settings xmlns:w="{_WORD}">{{}}</w:settings>'


def _related(paragraph, kind, target, *, more="", unsigned=(), files=None):
    """A signed Word file with one more paragraph, one more relationship, and files of which some are not signed."""
    held = xml.members(letter_docx())
    end = held["word/document.xml"].rindex(b"</w:body>")
    whole = f'<w:p xmlns:w="{_WORD}">{paragraph}</w:p>'.encode()
    held["word/document.xml"] = held["word/document.xml"][:end] + whole + held["word/document.xml"][end:]
    name = "word/_rels/document.xml.rels"
    held[name] = related(held.get(name, b""), f"{xml.REL_TYPES}/{kind}", target, more=more)
    types = (
        '<Default Extension="png" ContentType="image/png"/><Override PartName="/word/settings.xml" ContentType="'
        'application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"/><Override PartName="/word/1.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.drawingml.chart+xml"/></Types>'
    )
    held["[Content_Types].xml"] = held["[Content_Types].xml"].replace(b"</Types>", types.encode())
    held |= files or {}
    return xml.sign_ooxml(xml.pack(held), tree().g2_person, only={one for one in held if one not in unsigned})


@pytest.mark.parametrize(("entries", "expected"), [
    ({"F": Dictionary(FS=Name.URL, F="http://x.example/a")}, Coverage.PARTIAL),
    ({"Ref": Dictionary(F="a.pdf", Page=0)}, Coverage.PARTIAL),
    ({"Resources": Dictionary(Font=Dictionary(F=Dictionary(Type=Name.Font)))}, Coverage.WHOLE),
])  # fmt: skip
def test_a_page_that_shows_another_file_is_signed_in_part(entries, expected):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(letter_pdf())) as pdf:
        form = pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]), **entries)
        page = pdf.pages[0].obj
        page.Resources.XObject = Dictionary(X=form)
        page.Contents = Array([page.Contents, pdf.make_stream(b"q /X Do Q")])
        pdf.save(out)
    (one,) = _look(sign_pdf(out.getvalue(), tree().g2_person), "a.pdf")
    assert one.coverage is expected


_OUTSIDE = {"target": "http://x.example/a", "more": ' TargetMode="External"'}


@pytest.mark.parametrize(("paragraph", "expected"), [
    (f"<w:hyperlink {_R}/>", Coverage.WHOLE), (f'<a:hlinkClick xmlns:a="urn:a" {_R}/>', Coverage.WHOLE), ("", Coverage.WHOLE),
    (_PICTURE, Coverage.PARTIAL), (_PICTURE.replace("r:id", "r:href"), Coverage.PARTIAL), (f"<w:altChunk {_R}/>", Coverage.PARTIAL),
])  # fmt: skip
@pytest.mark.parametrize("kind", ["hyperlink", "attachedTemplate", "externalLinkPath"])
def test_a_link_that_shows_a_picture_is_no_link(paragraph, expected, kind):
    (one,) = _look(_related(paragraph, kind, **_OUTSIDE))
    assert one.coverage is expected


@pytest.mark.parametrize(("kind", "inner", "expected"), [
    ("oleObject", "<c:externalData {}/>", Coverage.WHOLE),
    ("oleObject", '<c:externalData {}><c:autoUpdate val="0"/></c:externalData>', Coverage.WHOLE),
    ("oleObject", '<c:externalData {}><c:autoUpdate val="1"/></c:externalData>', Coverage.PARTIAL),
    ("oleObject", '<o:OLEObject xmlns:o="urn:o" Type="Link" {}/>', Coverage.PARTIAL),
    ("oleObject", "<c:oleLink {}/>", Coverage.PARTIAL), ("xlStartup", "<c:externalBook {}/>", Coverage.WHOLE), ("image", "<c:externalBook {}/>", Coverage.PARTIAL),
])  # fmt: skip
def test_a_chart_or_sheet_with_a_copy_of_what_it_is_linked_to_shows_the_copy(kind, inner, expected):
    """Office links charts that are pasted from Excel, and sheets to the add-ins whose functions they use."""
    files = {
        "word/1.xml": f'<c:chartSpace xmlns:c="urn:c">{inner.format(_R)}</c:chartSpace>'.encode(),
        "word/_rels/1.xml.rels": related(b"", f"{xml.REL_TYPES}/{kind}", **_OUTSIDE),
    }
    (one,) = _look(_related("", "chart", "1.xml", files=files))
    assert one.coverage is expected


@pytest.mark.parametrize("kind", ["thumbnail", "viewProps", "custom-properties"])
@pytest.mark.parametrize(("paragraph", "expected"), [(_PICTURE, Coverage.PARTIAL), ("", Coverage.WHOLE)])
def test_a_signed_relationship_to_what_is_not_signed_is_content_when_the_text_names_it(kind, paragraph, expected):
    name = "docProps/thumbnail.png"
    (one,) = _look(_related(paragraph, kind, f"/{name}", files={name: b"x"}, unsigned={name}))
    assert one.coverage is expected


@pytest.mark.parametrize(("settings", "expected"), [
    ("", Coverage.WHOLE), ('<w:linkStyles w:val="0"/>', Coverage.WHOLE), ("<w:linkStyles/>", Coverage.PARTIAL),
    ('<w:mailMerge><w:query w:val="SELECT"/></w:mailMerge>', Coverage.PARTIAL),
])  # fmt: skip
def test_a_text_that_takes_styles_or_words_from_elsewhere_is_signed_in_part(settings, expected):
    (one,) = _look(
        _related("", "settings", "settings.xml", files={"word/settings.xml": _SETTINGS.format(settings).encode()})
    )
    assert one.coverage is expected


@pytest.mark.parametrize("change", [
    lambda rels: rels.replace(b"<Relationships ", b'<Relationships xml:base="khac/" ', 1),
    lambda rels: rels.replace(b"/></Relationships>", b'><Relationship Id="rZ" Type="x" Target="y"/></Relationship></Relationships>'),
])  # fmt: skip
def test_relationships_with_a_base_or_with_others_inside_are_not_those_that_were_signed(change):
    files = xml.members(xml.sign_ooxml(letter_docx(), tree().g2_person))
    changed = change(files["_rels/.rels"])
    assert changed != files["_rels/.rels"]
    assert not is_valid(_look(xml.pack({**files, "_rels/.rels": changed})))


@pytest.mark.parametrize(
    ("codec", "expected"), [("utf-8", Coverage.WHOLE), ("utf-16", Coverage.WHOLE), ("cp037", Coverage.PARTIAL)]
)
def test_a_text_in_letters_that_only_some_programs_know_is_not_read(codec, expected):
    files = xml.members(letter_docx())
    text = files["word/document.xml"].decode().partition("?>")[2].encode("ascii", "xmlcharrefreplace").decode()
    name = {"cp037": "IBM037"}.get(codec, codec)
    files["word/document.xml"] = f'<?xml version="1.0" encoding="{name}"?>{text}'.encode(codec)
    (one,) = _look(xml.sign_ooxml(xml.pack(files), tree().g2_person))
    assert one.coverage is expected


@pytest.mark.parametrize(("show", "expected"), [
    ("<p:present/><p:sldAll/>", Coverage.WHOLE), ('<p:sldRg st="2" end="3"/>', Coverage.PARTIAL), ('<p:custShow id="0"/>', Coverage.PARTIAL),
])  # fmt: skip
def test_unsigned_properties_of_a_presentation_leave_no_slide_out_of_its_show(show, expected):
    out = file_of(pptx.Presentation())
    name = "ppt/presProps.xml"
    files = xml.members(out)
    signed = xml.members(xml.sign_ooxml(out, tree().g2_person, only={one for one in files if one != name}))
    namespace = "http://schemas.openxmlformats.org/presentationml/2006/main"
    signed[name] = f'<p:presentationPr xmlns:p="{namespace}"><p:showPr>{show}</p:showPr></p:presentationPr>'.encode()
    (one,) = _look(xml.pack(signed), "a.pptx")
    assert one.coverage is expected


_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"


@pytest.mark.parametrize(("name", "inner", "expected"), [
    ("worksheets/sheet1", "<c><f>SUM(A2:A3)</f></c><c><v>IMAGE(1)</v></c>", Coverage.WHOLE),
    ("worksheets/sheet1", '<c><f>"&#65; WEBSERVICE có phí (không)"</f></c>', Coverage.WHOLE),
    ("worksheets/sheet1", '<c><f>_xlfn.WEBSERVICE("http://x.example")</f><v>10</v></c>', Coverage.PARTIAL),
    ("worksheets/sheet1", "<c><f>_xlfn.&#73;M<!-- -->AGE(A1)</f></c>", Coverage.PARTIAL),
    ("worksheets/sheet1", '<c><f>RTD("a",,"b")</f><v>10</v></c>', Coverage.PARTIAL),
    ("workbook", '<definedNames><definedName name="GIA">_xlfn.STOCKHISTORY("a",1)</definedName></definedNames>', Coverage.PARTIAL),
    ("externalLinks/externalLink1", '<ddeLink ddeService="Excel" ddeTopic="a.xls"/>', Coverage.PARTIAL),
    ("connections", '<connection id="1" refreshOnLoad="1"/>', Coverage.PARTIAL),
    ("connections", '<connection id="1" refreshOnLoad="0"/>', Coverage.WHOLE),
])  # fmt: skip
def test_a_workbook_that_shows_what_a_server_or_program_says_is_signed_in_part(name, inner, expected):
    files = xml.members(file_of(openpyxl.Workbook()))
    part, kind = f"xl/{name}.xml", name.rpartition("/")[2].rstrip("1")
    if part not in files:
        files[part] = b"<x></x>"
        override = f'<Override PartName="/{part}" ContentType="{_SHEET}.{kind}+xml"/></Types>'.encode()
        files["[Content_Types].xml"] = files["[Content_Types].xml"].replace(b"</Types>", override)
    head, end, tail = files[part].rpartition(b"</")
    files[part] = head + inner.encode() + end + tail
    (one,) = _look(xml.sign_ooxml(xml.pack(files), tree().g2_person), "a.xlsx")
    assert one.coverage is expected


_SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:l="http://www.w3.org/1999/xlink">{}</svg>'
PAGES = {
    # what LibreOffice draws of an SVG picture, and Word of a chunk of HTML
    '<image l:href="data:image/png;base64,AA"/><use href="#a"/><g style="fill:url(&quot;#a&quot;)"/>': Coverage.WHOLE,
    '<a l:href="http://x.example/"><g/></a><A\nhref="http://x.example/">x</A>': Coverage.WHOLE,
    '<image l:href="file:///a.png"/>': Coverage.PARTIAL,
    '<image l:href="&#102;ile:///a.png"/>': Coverage.PARTIAL,
    "<img alt='' SRC = http://x.example/a.png>": Coverage.PARTIAL,
    '<g style="fill:url( http://x.example/a.svg#b)"/>': Coverage.PARTIAL,
}


@pytest.mark.parametrize("inner", PAGES)
@pytest.mark.parametrize("kind", ["docx", "odt", "chunk"])
def test_a_drawing_or_page_within_a_text_that_shows_another_file_makes_it_signed_in_part(inner, kind):
    octets = _SVG.format(inner).encode()
    if kind == "odt":
        more = {"Pictures/1.svg": b"<!DOCTYPE svg>" + octets}
        (one,) = _look(xml.sign_odf(xml.odt(more=more), tree().g2_person), "a.odt")
    else:
        relation, name = ("image", "word/1.svg") if kind == "docx" else ("aFChunk", "word/1.html")
        files = {name: octets, "[Content_Types].xml": xml.members(letter_docx())["[Content_Types].xml"].replace(
            b"</Types>", b'<Default Extension="svg" ContentType="image/svg+xml"/><Default Extension="html" '
            b'ContentType="text/html"/><Default Extension="png" ContentType="image/png"/></Types>')}  # fmt: skip
        (one,) = _look(_related(f"<w:altChunk {_R}/>", relation, f"/{name}", files=files))
    assert one.coverage is PAGES[inner]


def test_a_chunk_of_text_in_a_form_that_is_not_looked_into_is_signed_in_part():
    types = b'<Default Extension="rtf" ContentType="application/rtf"/></Types>'
    files = {
        "word/1.rtf": b"{}",
        "[Content_Types].xml": xml.members(letter_docx())["[Content_Types].xml"].replace(b"</Types>", types),
    }
    (one,) = _look(_related(f"<w:altChunk {_R}/>", "aFChunk", "1.rtf", files=files))
    assert one.coverage is Coverage.PARTIAL


_FORM = 'xmlns:form="urn:oasis:names:tc:opendocument:xmlns:form:1.0"'
_DRAW = 'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"'


@pytest.mark.parametrize("version", ["1.1", "1.3"])
@pytest.mark.parametrize(("inner", "expected"), [
    (f'<form:image {_FORM} form:image-data="Pictures/1.png"/>', Coverage.WHOLE),
    (f'<form:form {_FORM} form:name="a"><form:text/></form:form>', Coverage.WHOLE),
    (f'<draw:image {_DRAW} xlink:href="Pictures/1.png"/>', Coverage.WHOLE),
    (f'<form:image {_FORM} form:image-data="http://x.example/1.png"/>', Coverage.PARTIAL),
    (f'<form:form {_FORM} form:datasource="" form:command="b"/>', Coverage.WHOLE),
    (f'<form:form {_FORM} form:datasource="a" form:command="b"/>', Coverage.PARTIAL),
    (f'<draw:frame {_DRAW} xml:base="http://x.example/"><draw:image xlink:href="Pictures/1.png"/></draw:frame>', Coverage.PARTIAL),
    ('<table:database-ranges xmlns:table="urn:x"><table:database-range/></table:database-ranges>', Coverage.WHOLE),
    ('<text:dde-connection text:connection-name="a">10</text:dde-connection>', Coverage.PARTIAL),
    ('<xforms:instance xmlns:xforms="http://www.w3.org/2002/xforms" id="a"><x/></xforms:instance>', Coverage.WHOLE),
    ('<xforms:instance xmlns:xforms="http://www.w3.org/2002/xforms" src = "http://x.example/a.xml"/>', Coverage.PARTIAL),
    *((f'<table:table-cell xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" table:formula="of:={formula}"/>', expected) for formula, expected in (
        ("SUM([.A1:.A9])", Coverage.WHOLE), ("&quot;DDE ở Sở&quot;", Coverage.WHOLE), ("['DU LIEU'.A1]", Coverage.WHOLE),
        ("COM.MICROSOFT.WEBSERVICE(&quot;http://x.example/&quot;)", Coverage.PARTIAL), ("['file:///a.ods'#$S.A1]", Coverage.PARTIAL),
        ("&#68;DE(&quot;soffice&quot;;&quot;a.ods&quot;;&quot;A1&quot;)", Coverage.PARTIAL))),
    ('<table:named-expression xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" table:expression="of:=WEBSERVICE([.A1])"/>', Coverage.PARTIAL),
    ('<text:database-display text:column-name="a">10</text:database-display>', Coverage.PARTIAL),
])  # fmt: skip
def test_an_opendocument_file_that_shows_a_record_or_picture_from_elsewhere_is_signed_in_part(inner, expected, version):
    files = xml.members(xml.odt("@", version=version, more={"Pictures/1.png": b"x"}))
    entry = b'<manifest:file-entry manifest:full-path="Pictures/1.png" manifest:media-type=""/></manifest:manifest>'
    files["META-INF/manifest.xml"] = files["META-INF/manifest.xml"].replace(b"</manifest:manifest>", entry)
    files["content.xml"] = files["content.xml"].replace(b"@", inner.encode())
    (one,) = _look(xml.sign_odf(xml.pack(files), tree().g2_person), "a.odt")
    assert one.coverage is expected


@pytest.mark.parametrize(("name", "stands"), [("a.xml", True), ("a.html", False), ("a.svg", False)])
def test_a_comment_that_a_signature_leaves_out_may_stand_in_data_but_not_in_a_page(name, stands):
    seal = tree().g2_seal
    scope = ' xmlns:asic="http://uri.etsi.org/02918/v1.2.1#"'
    transform = f'<Transform Algorithm="{xml.C14N}"/>'
    value = xml.reference(name, xml.digest(xml.canonical("<p>10</p>")), transforms=transform)
    signature = xml.signature(seal, [value], [("idXades", xml.xades_object(seal))], scope=scope)
    wrapped = f"<asic:XAdESSignatures{scope}>{signature}</asic:XAdESSignatures>".encode()
    files = {"mimetype": b"application/vnd.etsi.asic-e+zip", "META-INF/signatures0.xml": wrapped}
    assert is_valid(_look(xml.pack({**files, name: b"<p>10</p>"}), "a.asice"))
    assert is_valid(_look(xml.pack({**files, name: b"<p><!--><b>90</b>-->10</p>"}), "a.asice")) is stands


_TEXT_TYPE = b"application/vnd.oasis.opendocument.text"
OLD_MANIFESTS = {
    "web page": ("META-INF/manifest.xml", _TEXT_TYPE, _TEXT_TYPE + b"-web"),
    "template by its type": ("mimetype", _TEXT_TYPE, _TEXT_TYPE + b"-template"),
    "spreadsheet": ("META-INF/manifest.xml", _TEXT_TYPE, b"application/vnd.oasis.opendocument.spreadsheet"),
    "no type": ("META-INF/manifest.xml", _TEXT_TYPE, b""),
    "content of another type": ("META-INF/manifest.xml", b'"text/xml"', b'"text/html"'),
    "content not named": ("META-INF/manifest.xml", b'path="content.xml"', b'path="contents.xml"'),
    "root named twice": ("META-INF/manifest.xml", b"</manifest:manifest>",
                         b'<manifest:file-entry manifest:full-path="/" manifest:media-type=""/></manifest:manifest>'),
    "content as a replacement": ("META-INF/manifest.xml", b'"text/xml"', b'"application/x-openoffice-gdimetafile"'),
    "picture of another type": ("META-INF/manifest.xml", b"image/png", b"image/svg+xml"),
    "more said of a file": ("META-INF/manifest.xml", b"image/png", b'image/png" manifest:size="3'),
    "encrypted": ("META-INF/manifest.xml", b"<manifest:file-entry ", b"<manifest:encryption-data/><manifest:file-entry "),
}  # fmt: skip


def _old_text():
    """A signed text of ODF 1.1, whose manifest its writer left unsigned."""
    files = xml.members(xml.odt(version="1.1", more={"Pictures/1.png": b"\x89PNG"}))
    entry = b'<manifest:file-entry manifest:full-path="Pictures/1.png" manifest:media-type="image/png"/>'
    end = b"</manifest:manifest>"
    files["META-INF/manifest.xml"] = files["META-INF/manifest.xml"].replace(end, entry + end)
    return xml.members(xml.sign_odf(xml.pack(files), tree().g2_person, only={"content.xml", "Pictures/1.png"}))


def test_an_unsigned_manifest_that_says_what_the_signed_files_are_leaves_the_signature_whole():
    assert is_valid(_look(xml.pack(_old_text()), "a.odt"))
    assert is_valid(_look(xml.pack({key: value for key, value in _old_text().items() if key != "mimetype"}), "a.odt"))


@pytest.mark.parametrize("title", OLD_MANIFESTS)
def test_an_unsigned_manifest_that_says_something_else_makes_it_partial(title):
    name, old, new = OLD_MANIFESTS[title]
    files = _old_text()
    assert old in files[name]
    (one,) = _look(xml.pack({**files, name: files[name].replace(old, new, 1)}), "a.odt")
    assert (one.integrity, one.coverage) == (Integrity.INTACT, Coverage.PARTIAL)


@pytest.mark.parametrize("kind", ["docx", "odt"])
def test_a_signature_that_countersigns_another_is_noted_and_breaks_nothing(kind):
    sign, name = (
        (xml.sign_ooxml, "_xmlsignatures/sig1.xml")
        if kind == "docx"
        else (xml.sign_odf, "META-INF/documentsignatures.xml")
    )
    files = xml.members(sign(letter_docx() if kind == "docx" else xml.odt(), tree().g2_person))
    inner = xml.signature(tree().g2_seal, [xml.reference("#idValue", xml.digest(b"x"))], [], identifier="idCounter")
    held = "<xd:UnsignedSignatureProperties>{}</xd:UnsignedSignatureProperties></xd:UnsignedProperties></xd:QualifyingProperties>"
    for around, stands in (("<xd:CounterSignature>{}</xd:CounterSignature>", True), ("{}", False)):
        more = "<xd:UnsignedProperties>" + held.format(around.format(inner))
        changed = files[name].replace(b"</xd:QualifyingProperties>", more.encode())
        found = _look(xml.pack({**files, name: changed}), f"a.{kind}")
        assert is_valid(found) is stands
        assert ("counter-signature" in found[0].problems) is stands


_LINE = '<l:SignatureLine xmlns:l="urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0">AAAA</l:SignatureLine>'


@pytest.mark.parametrize(("kind", "added", "expected"), [
    ("docx", "", Coverage.WHOLE), ("odt", "", Coverage.WHOLE),
    ("docx", '<Object Id="idValidSigLnImg">AAAA</Object>', Coverage.PARTIAL),
    ("docx", '<Object Id="idValidSigLnImg"><SignatureProperties>AAAA</SignatureProperties></Object>', Coverage.PARTIAL),
    ("docx", "<Object><SignatureProperties><SignatureProperty><SetupID>A</SetupID></SignatureProperty></SignatureProperties></Object>", Coverage.PARTIAL),
    ("odt", f"<Object>{_LINE}</Object>", Coverage.PARTIAL),
    ("odt", f'<Object><q:QualifyingProperties xmlns:q="{xml.XADES}">{_LINE}</q:QualifyingProperties></Object>', Coverage.PARTIAL),
    ("odt", f'<Object><q:QualifyingProperties xmlns:q="{xml.XADES}"><q:UnsignedProperties/></q:QualifyingProperties></Object>', Coverage.WHOLE),
])  # fmt: skip
def test_a_picture_of_a_signature_line_that_nobody_signed_is_content(kind, added, expected):
    """LibreOffice showed what such an Object holds in place of the line, the name of anybody, whether or not it was signed."""
    sign, name = (
        (xml.sign_ooxml, "_xmlsignatures/sig1.xml")
        if kind == "docx"
        else (xml.sign_odf, "META-INF/documentsignatures.xml")
    )
    files = xml.members(sign(letter_docx() if kind == "docx" else xml.odt(), tree().g2_person))
    files[name] = files[name].replace(b"</Signature>", added.encode() + b"</Signature>")
    (one,) = _look(xml.pack(files), f"a.{kind}")
    assert (one.integrity, one.coverage) == (Integrity.INTACT, expected)


def test_a_picture_of_a_signature_line_is_signed_by_who_signs_on_it():
    def objects(manifest):
        xades = ("idXades", xml.xades_object(tree().g2_person))
        return [("idPackageObject", manifest), ("idValidSigLnImg", "AAAA"), xades]

    assert is_valid(_look(xml.sign_ooxml(letter_docx(), tree().g2_person, objects=objects)))
