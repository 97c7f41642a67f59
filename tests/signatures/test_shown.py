"""What a signed file shows of unsigned parts: whole while they say what was signed, partial when they do not or cannot be followed."""

import openpyxl
import pytest

from gateway.model import Coverage, Integrity
from tests.pki import xml
from tests.pki.tree import letter_docx, tree
from tests.signatures.attacks_packages import related
from tests.signatures.samples import Sample, is_valid, reports
from tests.support.octets import file_of

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_APP, _CUSTOM, _MOVED = "docProps/app.xml", "docProps/custom.xml", "package/core.psmdcp"
_NAMESPACES = (
    'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
    'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"'
)
_ROOTS = {xml.CORE: "cp:coreProperties", _MOVED: "cp:coreProperties", _APP: "Properties", _CUSTOM: "Properties"}
_KINDS = {
    xml.CORE: "package.core-properties",
    _MOVED: "package.core-properties",
    _APP: "officedocument.extended-properties",
    _CUSTOM: "officedocument.custom-properties",
}
_RELATED = {
    xml.CORE: "package/2006/relationships/metadata/core-properties",
    _MOVED: "package/2006/relationships/metadata/core-properties",
    _APP: "officeDocument/2006/relationships/extended-properties",
    _CUSTOM: "officeDocument/2006/relationships/custom-properties",
}
_TITLE = "<dc:title>{}</dc:title>"
_DAY = "<dcterms:{0}>{{}}T03:00:00Z</dcterms:{0}>"


def _custom(kind):
    return f'<property name="SoTien"><vt:{kind}>{{}}</vt:{kind}></property>'


def _part(name, inner):
    return f"<{_ROOTS[name]} {_NAMESPACES}>{inner}</{_ROOTS[name]}>".encode()


def _signed(paragraph, properties, *, typed=True, related=True):
    """A signed Word file with one more paragraph; `properties` maps names of unsigned parts to what they hold."""
    files = xml.members(letter_docx())
    body = files["word/document.xml"]
    place = body.rfind(b"<w:sectPr")
    place = place if place >= 0 else body.rindex(b"</w:body>")
    whole = f'<w:p xmlns:w="{_WORD}">{paragraph}</w:p>'.encode()
    files["word/document.xml"] = body[:place] + whole + body[place:]
    for number, (name, inner) in enumerate(properties.items()):
        files[name] = _part(name, inner)
        kind = f'<Override PartName="/{name}" ContentType="application/vnd.openxmlformats-{_KINDS[name]}+xml"/></Types>'
        relationship = (
            f'<Relationship Id="rP{number}" Type="http://schemas.openxmlformats.org/{_RELATED[name]}" Target="{name}"/>'
        )
        if typed:
            files["[Content_Types].xml"] = files["[Content_Types].xml"].replace(b"</Types>", kind.encode())
        if related:
            end = b"</Relationships>"
            files["_rels/.rels"] = files["_rels/.rels"].replace(end, relationship.encode() + end)
    return xml.sign_ooxml(xml.pack(files), tree().g2_person, only={one for one in files if one not in properties})


def field(code, shown, *, simple=False):
    """The markup of a field."""
    run = f"<w:r><w:t>{shown}</w:t></w:r>"
    if simple:
        return f'<w:fldSimple w:instr="{code}">{run}</w:fldSimple>'
    signs = {one: f'<w:r><w:fldChar w:fldCharType="{one}"/></w:r>' for one in ("begin", "separate", "end")}
    # Word cuts codes into runs where it likes.
    codes = "".join(f"<w:r><w:instrText>{one}</w:instrText></w:r>" for one in (code[:4], code[4:]))
    return f"{signs['begin']}{codes}{signs['separate']}{run}{signs['end']}"


def control(path, shown, kind="<w:text/>", *, store="{6C3C8BC8-F283-45AE-878A-BAB7291924A1}"):
    """The markup of a control bound to the core properties."""
    prefixes = (
        "xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:dcterms='http://purl.org/dc/terms/' "
        "xmlns:cp='http://schemas.openxmlformats.org/package/2006/metadata/core-properties'"
    )
    binding = f'<w:dataBinding w:prefixMappings="{prefixes}" w:xpath="{path}" w:storeItemID="{store}"/>'
    return (
        f"<w:sdt><w:sdtPr>{binding}{kind}</w:sdtPr><w:sdtContent><w:r><w:t>{shown}</w:t></w:r></w:sdtContent></w:sdt>"
    )


_PATH = "/cp:coreProperties[1]/dc:title[1]"
SOURCES = {
    # paragraph, part, what the part holds, what was signed, what it is changed to
    "title": (field(" TITLE \\* MERGEFORMAT ", "Tăng 10%"), xml.CORE, _TITLE, "Tăng 10%", "Tăng 90%"),
    "title-simple": (field("TITLE", "Tăng 10%", simple=True), xml.CORE, _TITLE, "Tăng 10%", "Tăng 90%"),
    "title-in-capitals": (field(" TITLE  \\* Upper ", "TĂNG 10%"), xml.CORE, _TITLE, "Tăng 10%", "Tăng 90%"),
    "title-with-date-picture": (field(" TITLE \\@ &quot;dd/MM&quot; ", "Tăng 10%"), xml.CORE, _TITLE, "Tăng 10%", "90%"),
    "title-with-number-picture": (field(" TITLE \\# 0 ", "Tăng 10%"), xml.CORE, _TITLE, "Tăng 10%", "Tăng 90%"),
    "property": (field(" DOCPROPERTY  Title ", "Tăng 10%"), xml.CORE, _TITLE, "Tăng 10%", "Tăng 90%"),
    "quoted": (field(" docproperty &quot;Title&quot; ", "Tăng 10%"), xml.CORE, _TITLE, "Tăng 10%", "Tăng 90%"),
    "info": (field(" INFO Title ", "Tăng 10%"), xml.CORE, _TITLE, "Tăng 10%", "Tăng 90%"),
    "author": (field(" AUTHOR ", "An"), xml.CORE, "<dc:creator>{}</dc:creator>", "An", "Bình"),
    "last-saved-by": (field(" LASTSAVEDBY ", "An"), xml.CORE, "<cp:lastModifiedBy>{}</cp:lastModifiedBy>", "An", "Bình"),
    "revision": (field(" REVNUM ", "7"), xml.CORE, "<cp:revision>{}</cp:revision>", "7", "9"),
    "editing-time": (field(" EDITTIME ", "7"), _APP, "<TotalTime>{}</TotalTime>", "7", "9"),
    "company": (field(" DOCPROPERTY Company ", "UBND"), _APP, "<Company>{}</Company>", "UBND", "Khác"),
    "saved": (field(" SAVEDATE \\@ &quot;dd/MM/yyyy&quot; ", "20/11/2026"), xml.CORE, _DAY.format("modified"),
              "2026-11-20", "2027-11-20"),
    "created": (field(" INFO CreateDate \\@ &quot;d.M.yy&quot; ", "5.1.26"), xml.CORE, _DAY.format("created"),
                "2026-01-05", "2026-01-15"),
    "words": (field(" DOCPROPERTY SoTien ", "10"), _CUSTOM, _custom("lpwstr"), "10", "90"),
    "integer": (field(" DOCPROPERTY SoTien ", "10"), _CUSTOM, _custom("i4"), "10", "90"),
    "number": (field(" DOCPROPERTY SoTien ", "1.5"), _CUSTOM, _custom("r8"), "1.5", "15"),
    "number-with-picture": (field(" DOCPROPERTY SoTien \\# &quot;#.##0&quot; ", "1.000"), _CUSTOM, _custom("i4"),
                            "1000", "9000"),
    "truth": (field(" DOCPROPERTY SoTien ", "true"), _CUSTOM, _custom("bool"), "true", "false"),
    "time": (field(" DOCPROPERTY SoTien ", "2026-11-20T00:00:00Z"), _CUSTOM, _custom("filetime"),
             "2026-11-20T00:00:00Z", "2027-11-20T00:00:00Z"),
    "title-elsewhere": (field(" TITLE ", "Tăng 10%"), _MOVED, _TITLE, "Tăng 10%", "Tăng 90%"),
    "two-titles": (field(" TITLE ", "Tăng 10%"), xml.CORE, _TITLE, "Tăng 10%", "Tăng 10%</dc:title><dc:title>Tăng 90%"),
    **{f"bound-{number}": (control(path, "Tăng 10%"), xml.CORE, _TITLE, "Tăng 10%", "Tăng 90%")
       for number, path in enumerate((_PATH, "/cp:coreProperties/dc:title/text()", "/*[1]/*[1]", "//*[local-name()='title']",
                                      "(//dc:title)[last()]", "/cp:coreProperties/child::node()[1]", "//dc:title/."))},
    "bound-by-another-store": (control(_PATH, "Tăng 10%", store="{00000000-0000-0000-0000-000000000000}"), xml.CORE, _TITLE,
                               "Tăng 10%", "Tăng 90%"),
    "bound-day": (control("//dcterms:created", "ngày 05 tháng 01", '<w:date w:fullDate="2026-01-05T00:00:00Z"/>'), xml.CORE,
                  _DAY.format("created"), "2026-01-05", "2026-01-15"),
    "bound-list": (control(_PATH, "Đồng ý", '<w:dropDownList><w:listItem w:displayText="Đồng ý" w:value="1"/>'
                                            '<w:listItem w:displayText="Từ chối" w:value="2"/></w:dropDownList>'),
                   xml.CORE, _TITLE, "1", "2"),
    "bound-box": (control(_PATH, "☒", '<w:checkbox><w:checked w:val="1"/></w:checkbox>'), xml.CORE, _TITLE, "true", "false"),
}  # fmt: skip


def _look(data, name="a.docx"):
    return reports(Sample("", name, data))


@pytest.mark.parametrize("title", SOURCES)
def test_a_source_that_says_what_was_signed_leaves_the_signature_whole(title):
    paragraph, name, inner, value, _ = SOURCES[title]
    assert is_valid(_look(_signed(paragraph, {name: inner.format(value)})))


@pytest.mark.parametrize("title", SOURCES)
def test_a_source_that_says_something_else_makes_it_partial(title):
    paragraph, name, inner, value, other = SOURCES[title]
    files = xml.members(_signed(paragraph, {name: inner.format(value)}))
    (one,) = _look(xml.pack({**files, name: _part(name, inner.format(other))}))
    assert (one.integrity, one.coverage) == (Integrity.INTACT, Coverage.PARTIAL)


@pytest.mark.parametrize(("typed", "related"), [(False, True), (True, False), (False, False)])
def test_properties_are_found_without_their_type_or_relationship(typed, related):
    files = xml.members(
        _signed(field(" TITLE ", "10%"), {xml.CORE: _TITLE.format("10%")}, typed=typed, related=related)
    )
    assert is_valid(_look(xml.pack(files)))
    (one,) = _look(xml.pack({**files, xml.CORE: _part(xml.CORE, _TITLE.format("90%"))}))
    assert one.coverage is Coverage.PARTIAL


@pytest.mark.parametrize("paragraph", [
    field(" TITLE ", "10%"), field(" DOCPROPERTY SoTien ", "10%"), control(_PATH, "10%"),
    control("/cp:coreProperties[", "10%"), control("string(//dc:title)", "10%"),
    field(" INCLUDETEXT &quot;C:/khac.docx&quot; ", "10%"), field(" LINK Excel.Sheet a.xlsx ", "10%"), field(" NEWFIELD ", "10%"),
])  # fmt: skip
def test_a_source_that_is_not_there_or_cannot_be_followed_makes_it_partial(paragraph):
    (one,) = _look(_signed(paragraph, {xml.CORE: ""}))
    assert one.coverage is Coverage.PARTIAL


@pytest.mark.parametrize("paragraph", [
    field(" PAGE ", "1"), field("NUMPAGES", "3", simple=True), field("=SUM(ABOVE)", "90"), field(" REF so \\h ", "1215"),
    field(" HYPERLINK &quot;http://x.example&quot; ", "x"), field(" DATE \\@ &quot;dd/MM/yyyy&quot; ", "24/11/2026"),
    field(" FORMTEXT ", "x"), field("", "x"), control("/khac[1]", "x", store="{11111111-1111-1111-1111-111111111111}"),
])  # fmt: skip
def test_what_the_text_or_a_clock_gives_needs_no_source(paragraph):
    assert is_valid(_look(_signed(paragraph, {xml.CORE: _TITLE.format("Khác")})))


def test_citations_need_their_sources_signed():
    files = xml.members(_signed(field(" CITATION An26 ", "(An, 2026)"), {}))
    assert is_valid(_look(xml.pack(files)))
    (one,) = _look(xml.pack({**files, "customXml/item1.xml": b"<b:Sources xmlns:b='x'/>"}))
    assert one.coverage is Coverage.PARTIAL


_SIGNS = {one: f'<w:r><w:fldChar w:fldCharType="{one}"/></w:r>' for one in ("begin", "separate", "end")}
_PAGE, _TITLED = (f"<w:r><w:instrText>{code}</w:instrText></w:r>" for code in (" PAGE ", " TITLE "))
_SHOWN = "<w:r><w:t>10</w:t></w:r>"
_MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:zz="urn:zz"'
TORN = {
    "other-branch": (_SIGNS["begin"], f'<mc:AlternateContent {_MC}><mc:Choice Requires="zz">{_PAGE}</mc:Choice>'
                     f"<mc:Fallback>{_TITLED}</mc:Fallback></mc:AlternateContent>", _SIGNS["separate"], _SHOWN, _SIGNS["end"]),
    "deleted": (_SIGNS["begin"], f'<w:del w:id="1" w:author="An">{_PAGE}</w:del>', _TITLED, _SIGNS["separate"], _SHOWN, _SIGNS["end"]),
    "foreign-code": (_SIGNS["begin"], '<instrText xmlns="urn:x"> PAGE </instrText>', _TITLED, _SIGNS["separate"], _SHOWN, _SIGNS["end"]),
    "foreign-sign": (_SIGNS["begin"], '<fldChar xmlns="urn:x" w:fldCharType="separate"/>', _TITLED, _SIGNS["separate"], _SHOWN, _SIGNS["end"]),
    "without-end": (_SIGNS["begin"], _TITLED, _SIGNS["separate"], _SHOWN),
    "code-behind": (_SIGNS["begin"], _SIGNS["separate"], _TITLED, _SHOWN, _SIGNS["end"]),
    "two-codes": ('<w:fldSimple xmlns:x="urn:x" x:instr="PAGE" w:instr="TITLE">', _SHOWN, "</w:fldSimple>"),
    "quoted-name": (field(" &quot;TITLE&quot; ", "10"),),
}  # fmt: skip
"""Fields of which each program may make another one."""


@pytest.mark.parametrize("title", TORN)
def test_a_field_that_can_be_read_in_two_ways_makes_it_partial(title):
    (one,) = _look(_signed("".join(TORN[title]), {xml.CORE: _TITLE.format("90")}))
    assert (one.integrity, one.coverage) == (Integrity.INTACT, Coverage.PARTIAL)


def _code(text):
    return f"<w:r><w:instrText>{text}</w:instrText></w:r>"


def _run(text, look=""):
    return f"<w:r>{look}<w:t>{text}</w:t></w:r>"


def _titled(code, shown):
    return "".join((_SIGNS["begin"], code, _SIGNS["separate"], shown, _SIGNS["end"]))


DISGUISED = {
    "comment before": _code(" <!-- -->TITLE "), "comment inside": _code(" TI<!-- -->TLE "), "instruction": _code(" <?x?>TITLE "),
    "foreign element": f'<zz:x xmlns:zz="urn:zz">{_PAGE}</zz:x>{_TITLED}', "settings of a run": f"<w:r><w:rPr>{_PAGE}</w:rPr></w:r>{_TITLED}",
    "outside of runs": f"<w:instrText> PAGE </w:instrText>{_TITLED}", "as text": "<w:r><w:t> TITLE </w:t></w:r>",
    "of two runs": _code(" TI") + _code("TLE "), "by references": _code(" &#84;ITLE "), "inserted": f'<w:ins w:id="1">{_TITLED}</w:ins>',
}  # fmt: skip


@pytest.mark.parametrize("title", DISGUISED)
def test_the_code_of_a_field_is_what_programs_read(title):
    (one,) = _look(_signed(_titled(DISGUISED[title], _run("10")), {xml.CORE: _TITLE.format("90")}))
    assert (one.integrity, one.coverage) == (Integrity.INTACT, Coverage.PARTIAL)


SHOWN = {
    # what was signed, the title, whether it is the same to every reader
    "bold": (_run("10", "<w:rPr><w:b/></w:rPr>"), "10", True),
    "not hidden": (_run("10", '<w:rPr><w:vanish w:val="0"/></w:rPr>'), "10", True),
    "bookmark": ('<w:bookmarkStart w:id="1" w:name="a"/>' + _run("10") + '<w:bookmarkEnd w:id="1"/>', "10", True),
    "break": (_run("10") + "<w:r><w:br/></w:r>" + _run("x"), "10 x", True),
    "inserted": (f'<w:ins w:id="1">{_run("10")}</w:ins>', "10", True),
    "hidden": (_run("1") + _run("0", "<w:rPr><w:vanish/></w:rPr>"), "10", False),
    "comment": ("<w:r><w:t>10<!-- -->0</w:t></w:r>", "10", False),
    "foreign": (_run("1") + '<zz:t xmlns:zz="urn:zz">0</zz:t>', "10", False),
    "alternative": (_run("1") + f'<mc:AlternateContent {_MC}><mc:Choice Requires="zz">{_run("0")}</mc:Choice></mc:AlternateContent>',
                    "10", False),
    "symbol": (_run("1") + '<w:r><w:sym w:font="Symbol" w:char="F030"/></w:r>', "1", False),
    "deleted": (_run("1") + f'<w:del w:id="1">{_run("0")}</w:del>', "10", False),
    "field inside": (_run("1") + field(" PAGE ", "0"), "10", False),
    "outside of runs": (_run("1") + "<w:t>0</w:t>", "10", False),
}  # fmt: skip


@pytest.mark.parametrize("as_control", [True, False])
@pytest.mark.parametrize("title", SHOWN)
def test_what_was_signed_is_what_is_seen(title, as_control):
    shown, value, same = SHOWN[title]
    paragraph = control(_PATH, "").replace(_run(""), shown) if as_control else _titled(_TITLED, shown)
    (one,) = _look(_signed(paragraph, {xml.CORE: _TITLE.format(value)}))
    assert one.coverage is (Coverage.WHOLE if same else Coverage.PARTIAL)


@pytest.mark.parametrize("paragraph", [field(" TITLE ", "Tăng 10%"), control(_PATH, "Tăng 10%")])
@pytest.mark.parametrize("inner", [
    "Tăng 1<![CDATA[0%]]>", "<!--Tăng 90%-->Tăng 10%", "<?x Tăng 90%?>Tăng 10%", "Tăng 1<x>0%</x>",
])  # fmt: skip
def test_a_property_of_more_than_plain_text_is_no_source(paragraph, inner):
    (one,) = _look(_signed(paragraph, {xml.CORE: _TITLE.format(inner)}))
    assert one.coverage is Coverage.PARTIAL


_DC = "http://purl.org/dc/elements/1.1/"


@pytest.mark.parametrize(("mappings", "expected"), [
    (f"xmlns:a='{_DC}'", Coverage.WHOLE), (f"xmlns='urn:x' xmlns:a='{_DC}' ", Coverage.WHOLE),
    (f"xmlns:a='{_DC}' xmlns:a='urn:x'", Coverage.PARTIAL), (f"q:a={_DC} xmlns:a='urn:x'", Coverage.PARTIAL),
    (f"xmlns:a='{_DC}=x'", Coverage.PARTIAL),
])  # fmt: skip
def test_prefixes_of_a_binding_have_one_reading(mappings, expected):
    start, _, rest = control("//a:title", "10", store="{11111111-1111-1111-1111-111111111111}").partition(
        'prefixMappings="'
    )
    paragraph = f'{start}prefixMappings="{mappings}"{rest[rest.index(chr(34)) + 1 :]}'
    (one,) = _look(_signed(paragraph, {xml.CORE: _TITLE.format("10")}))
    assert one.coverage is expected


@pytest.mark.parametrize(("old", "new"), [
    ("<w:sdtPr>", "<w:sdtPr/><w:sdtPr>"), ("<w:sdt><w:sdtPr>", "<w:sdt><w:x>"), ("<w:sdtContent>", "<w:sdtContent/><w:sdtContent>"),
])  # fmt: skip
def test_a_control_of_another_build_makes_it_partial(old, new):
    paragraph = control(_PATH, "10").replace(old, new)
    paragraph = paragraph.replace("</w:sdtPr>", "</w:x>") if "<w:x>" in new else paragraph
    (one,) = _look(_signed(paragraph, {xml.CORE: _TITLE.format("10")}))
    assert one.coverage is Coverage.PARTIAL


def test_a_path_is_followed_in_the_part_that_the_control_names():
    files = {xml.CORE: _TITLE.format("10"), _APP: "<Application>Khác</Application>"}
    assert is_valid(_look(_signed(control("/*[1]/*[1]", "10"), files)))


EXACT = {
    "decimals": (field(" DOCPROPERTY SoTien \\# &quot;#.##0,00&quot; ", "10,00"), _CUSTOM, _custom("i4").format("1000")),
    "three decimals": (field(" DOCPROPERTY SoTien \\# &quot;0,000&quot; ", "10,000"), _CUSTOM, _custom("i4").format("10000")),
    "next day here": (field(" SAVEDATE \\@ &quot;dd/MM/yyyy&quot; ", "20/11/2026"), xml.CORE,
                      "<dcterms:modified>2026-11-20T20:00:00Z</dcterms:modified>"),
    "hour of a control": (control("//dcterms:created", "20/11/2026 10:00", '<w:date w:fullDate="2026-11-20T10:00:00Z"><w:dateFormat '
                                  'w:val="dd/MM/yyyy HH:mm"/></w:date>'), xml.CORE, "<dcterms:created>2026-11-20T16:00:00Z</dcterms:created>"),
    "name of two properties": (field(" DOCPROPERTY Comments ", "10"), _CUSTOM,
                               '<property name="Comments"><vt:lpwstr>90</vt:lpwstr></property>'),
}  # fmt: skip


@pytest.mark.parametrize("title", EXACT)
def test_nearly_the_same_is_not_the_same(title):
    paragraph, name, inner = EXACT[title]
    files = {xml.CORE: "<dc:description>10</dc:description>", name: inner}
    (one,) = _look(_signed(paragraph, files))
    assert one.coverage is Coverage.PARTIAL


@pytest.mark.parametrize(("code", "expected"), [
    (' DATE \\@ "yyyyMMdd" ', Coverage.PARTIAL), (" USERNAME ", Coverage.PARTIAL), (" FILENAME ", Coverage.PARTIAL),
    (" MERGEFIELD Phai ", Coverage.WHOLE), (" PAGE ", Coverage.WHOLE),
])  # fmt: skip
def test_words_that_depend_on_the_day_or_the_reader_are_not_those_that_were_signed(code, expected):
    condition = _code(" IF ") + field(code.replace('"', "&quot;"), "1") + _code(" = 1 &quot;90&quot; &quot;10&quot; ")
    (one,) = _look(_signed(_titled(condition, _run("10")), {}))
    assert one.coverage is expected


@pytest.mark.parametrize("branch", ["Choice", "Fallback"])
def test_a_field_that_is_whole_in_its_branch_leaves_the_signature_whole(branch):
    inner = f'<mc:{branch} Requires="zz">{field(" PAGE ", "1")}</mc:{branch}>'
    assert is_valid(_look(_signed(f"<mc:AlternateContent {_MC}>{inner}</mc:AlternateContent>", {})))


@pytest.mark.parametrize(("value", "expected"), [("", Coverage.WHOLE), ("90", Coverage.PARTIAL)])
def test_a_control_that_shows_its_placeholder_says_nothing(value, expected):
    shown = control(_PATH, "Bấm vào đây", "<w:showingPlcHdr/><w:text/>")
    (one,) = _look(_signed(shown, {xml.CORE: _TITLE.format(value)}))
    assert one.coverage is expected


@pytest.mark.parametrize(("kind", "target"), [
    ("thumbnail", "docProps/thumbnail.png"), ("viewProps", "docProps/thumbnail.png"), ("people", "word/people.xml"),
    ("customXml", "customXml/item1.xml"),
])  # fmt: skip
@pytest.mark.parametrize(("named", "expected"), [("rAdded", Coverage.PARTIAL), ("rOther", Coverage.WHOLE)])
def test_an_unsigned_relationship_that_the_text_names_is_content_whatever_its_type(kind, target, named, expected):
    picture = (
        '<w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:imagedata r:id="{}" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"/></v:shape></w:pict></w:r>'
    )
    files = xml.members(_signed(picture.format(named), {}))
    name = "word/_rels/document.xml.rels"
    files[name] = related(files.get(name, b""), f"{xml.REL_TYPES}/{kind}", f"/{target}")
    files[target] = b"<x/>"
    (one,) = _look(xml.pack(files))
    assert one.coverage is expected


@pytest.mark.parametrize(("kind", "expected"), [
    ("spreadsheetml.connections", Coverage.PARTIAL), ("spreadsheetml.calcChain", Coverage.WHOLE),
])  # fmt: skip
def test_queries_of_a_workbook_need_their_sources_signed(kind, expected):
    files = xml.members(file_of(openpyxl.Workbook()))
    declared = (
        f'<Override PartName="/xl/more.xml" ContentType="application/vnd.openxmlformats-officedocument.{kind}+xml"/>'
    )
    files["[Content_Types].xml"] = files["[Content_Types].xml"].replace(b"</Types>", declared.encode() + b"</Types>")
    name = "xl/_rels/workbook.xml.rels"
    files[name] = related(files[name], f"{xml.REL_TYPES}/{kind.rpartition('.')[2]}", "more.xml")
    files["xl/more.xml"] = b"<x/>"
    signed = xml.members(xml.sign_ooxml(xml.pack(files), tree().g2_person))
    signed["customXml/item1.xml"] = b'<DataMashup xmlns="http://schemas.microsoft.com/DataMashup">AAAA</DataMashup>'
    (one,) = _look(xml.pack(signed), "a.xlsx")
    assert one.coverage is expected
