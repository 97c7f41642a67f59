"""HTML: what a reader sees, what is hidden from him, and what is only in the file."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.documents.readers.base import Budget, ReadError, Reading, Source
from gateway.documents.readers.markup import html
from gateway.documents.readers.markup.html_cascade import alone
from gateway.documents.readers.markup.html_selectors import Matcher, parse_selectors
from gateway.model import Document, Origin, ReadStatus, Role, Run
from tests.support.cases import examples
from tests.support.reading import lines


def reading(text: str | bytes, charset: str | None = None) -> Reading:
    data = text.encode() if isinstance(text, str) else text
    return html.read(Source(data=data, part="1", charset=charset), Budget())


def read(text: str | bytes, charset: str | None = None) -> Document:
    return reading(text, charset).document


def the_run(document: Document, text: str) -> Run:
    return next(run for run in document.runs if text in run.text)


@pytest.mark.parametrize(
    ("markup", "font", "size", "colour"),
    [
        (
            "<p style=\"font-family:'Times New Roman',serif;font-size:13pt;color:#c00\">x</p>",
            "Times New Roman",
            13.0,
            "CC0000",
        ),
        ('<font face=".VnTime" size=4 color=red>x</font>', ".VnTime", 13.5, "FF0000"),
        ("<style>p.a,td{font:bold 16px Arial;color:rgb(0,0,255)}</style><p class=a>x</p>", "Arial", 12.0, "0000FF"),
        ("<style>#k{color:navy} p{color:red}</style><p id=k>x</p>", None, None, "000080"),
        ("<style>p{color:red !important}</style><p style='color:blue'>x</p>", None, None, "FF0000"),
        ("<style>p{color:red !important}</style><p style='color:blue!important'>x</p>", None, None, "0000FF"),
        ("<style>.a{color:blue} p{color:red}</style><p class=a>x</p>", None, None, "0000FF"),
        ("<style>p{color:blue;color:#ggg;font-family:Arial;font-family:}</style><p>x</p>", "Arial", None, "0000FF"),
        ("<style>p{color:hsl(120, 100%, 25%)}</style><p>x</p>", None, None, "008000"),
        ("<style>:root{--c:navy} p{color:var(--c)} b{color:var(--d, red)}</style><p>x</p>", None, None, "000080"),
        (
            "<style>body{font-family:Arial} p{font-family:Tahoma} p.a{font-family:inherit}</style><p class=a>x</p>",
            "Arial",
            None,
            "auto",
        ),
        ("<code>x</code>", "Courier New", None, "auto"),
        ("<style>code{font-family:'Times New Roman'}</style><code>x</code>", "Times New Roman", None, "auto"),
        ("<p style='font:bold 14pt/1.5 \"Times New Roman\", serif;font-family:Verdana'>x</p>", "Verdana", 14.0, "auto"),
        ("<p style='font-family:Verdana;font:14pt Arial'>x</p>", "Arial", 14.0, "auto"),
        ("<div style='color:green'><b><i>x</i></b></div>", None, None, "008000"),
        ("<p>x</p>", None, None, "auto"),
    ],
)
def test_effective_look(markup: str, font: str | None, size: float | None, colour: str) -> None:
    run = the_run(read(markup), "x")
    assert (run.font, run.size_pt, run.colour) == (font, size, colour)


@pytest.mark.parametrize(
    ("selector", "fits", "spares"),
    [
        ("div > p", "<div><p>x</p></div>", "<div><section><p>x</p></section></div>"),
        ("div p", "<div><section><p>x</p></section></div>", "<p>x</p>"),
        (".a .b i", "<p class=a><b class=b><i>x</i></b></p>", "<p class=b><b class=a><i>x</i></b></p>"),
        ("h1 + p", "<h1>y</h1><p>x</p>", "<h1>y</h1><p>y</p><p>x</p>"),
        ("h1 ~ p", "<h1>y</h1><p>y</p><p>x</p>", "<p>x</p><h1>y</h1>"),
        ("p.k ~ p, h1 ~ p", "<h1>y</h1><p>x</p>", "<p>x</p><p class=k>y</p><h1>y</h1>"),
        ("li:first-child", "<ul><li>x</li><li>y</li></ul>", "<ul><li>y</li><li>x</li></ul>"),
        ("tr:nth-child(even) td", "<table><tr><td>y</tr><tr><td>x</tr></table>", "<table><tr><td>x</tr></table>"),
        ("p:nth-of-type(2)", "<div><p>y</p><i>y</i><p>x</p></div>", "<div><i>y</i><p>x</p></div>"),
        ("[data-k='v']", "<p data-k=v>x</p>", "<p data-k=w>x</p>"),
        ("p[class^=Mso]", "<p class=MsoNormal>x</p>", "<p class=a>x</p>"),
        (":is(.a, .b) b", "<p class=b><b>x</b></p>", "<p class=c><b>x</b></p>"),
        ("p:not(.a)", "<p class=b>x</p>", "<p class=a>x</p>"),
        ("p, li", "<ul><li>x</li></ul>", "<b>x</b>"),
        ("p::before", "", "<p>x</p>"),
        ("a:hover", "", "<a href=y>x</a>"),
        ("li:last-child", "<ul><li>y</li><li>x</li></ul>", "<ul><li>x<li>y</ul>"),
        ("tr:last-child td", "<table><tr><td>y</tr><tr><td>x</tr></table>", "<table><tr><td>x<tr><td>y</table>"),
        ("p:last-of-type", "<div><p>y</p><p>x</p><i>y</i></div>", "<div><p>x</p><p>y</p></div>"),
        ("p:nth-last-child(2)", "<div><p>x</p><br></div>", "<div><br><p>x</p></div>"),
        ("p:nth-last-of-type(2n)", "<div><p>x</p><i>y</i><p>y</p></div>", "<div><p>y</p><p>x</p></div>"),
        ("b:only-child", "<p><b>x</b></p>", "<p><b>x</b><i>y</i></p>"),
        ("b:only-of-type", "<p><b>x</b><i>y</i></p>", "<p><b>x</b><b>y</b></p>"),
        ("i:empty + b", "<p><i></i><b>x</b></p>", "<p><i>y</i><b>x</b></p>"),
        ("li:not(:last-child)", "<ul><li>x<li>y</ul>", "<ul><li>y<li>x</ul>"),
    ],
)
def test_a_rule_holds_where_its_selector_does(selector: str, fits: str, spares: str) -> None:
    sheet = f"<style>{selector}{{color:red}}</style>"
    for body, colour in ((fits, "FF0000"), (spares, "auto")):
        assert not body or the_run(read(sheet + body), "x").colour == colour


@pytest.mark.parametrize("before", [":not([hidden])", "p[title]", "p:not(:first-child)"])
def test_siblings_are_asked_once_for_all_behind_them(before: str) -> None:
    document = read(f"<style>{before} ~ p{{color:red}}</style><div>{'<p>y</p>' * 3000}<p>x</p></div>")
    assert document.status is ReadStatus.OK
    assert the_run(document, "x").colour == ("auto" if "title" in before else "FF0000")


@pytest.mark.parametrize(
    ("sheet", "colour"),
    [
        ("p{color:blue} @layer a{p#i{color:red}}", "0000FF"),
        ("@layer a{p#i{color:red}} @layer b{p{color:blue}}", "0000FF"),
        ("@layer b, a; @layer a{p{color:blue}} @layer b{p#i{color:red}}", "0000FF"),
        ("@layer a{p{color:blue} @layer c{p#i{color:red}}}", "0000FF"),
        ("@layer a.b{p#i{color:red}} @layer a.c{p{color:blue}} @layer a.b{p#i{color:red}}", "0000FF"),
        ("@layer{p#i{color:red}} @layer{p{color:blue}}", "0000FF"),
        ("@layer a{p{color:blue !important}} @layer b{p{color:red !important}} p{color:red !important}", "0000FF"),
        ("@layer a{p{color:red}} @layer a{p{color:blue}}", "0000FF"),
        ("@layer a{p#i{color:blue} p{color:red}}", "0000FF"),
    ],
)
def test_layers_come_before_specificity(sheet: str, colour: str) -> None:
    assert the_run(read(f"<style>{sheet}</style><p id=i>x</p>"), "x").colour == colour


@pytest.mark.parametrize(
    ("declaration", "font", "size"),
    [
        ("font: italic bold 12pt/1.5 Arial, serif", "Arial", 12.0),
        ("font: 12pt / 14pt 'Times New Roman', serif", "Times New Roman", 12.0),
        ("font: 12pt/ 120% Arial", "Arial", 12.0),
        ("font: inherit", "Tahoma", 10.0),
        ("font-family: initial; font-size: 9pt", None, 9.0),
        ("font: 9pt serif", None, 9.0),
        ("font-family: unset", "Tahoma", 10.0),
    ],
)
def test_the_font_shorthand_gives_size_and_family(declaration: str, font: str | None, size: float) -> None:
    run = the_run(read(f'<div style="font: 10pt Tahoma"><p style="{declaration}">x</p></div>'), "x")
    assert (run.font, run.size_pt) == (font, size)


@pytest.mark.parametrize(
    ("group", "colour"),
    [
        ("@media screen", "FF0000"),
        ("@media all and (min-width: 100px)", "FF0000"),
        ("@media print, screen", "FF0000"),
        ("@supports (color: red)", "FF0000"),
        ("@media print", "auto"),
        ("@media (max-width: 480px)", "auto"),
        ("@media (prefers-color-scheme: dark)", "auto"),
        ("@page", "auto"),
    ],
)
def test_a_page_is_judged_as_a_screen_shows_it(group: str, colour: str) -> None:
    assert the_run(read(f"<style>{group}{{p{{color:red}}}} i{{color:blue}}</style><p>x</p>"), "x").colour == colour


@pytest.mark.slow
def test_a_hostile_sheet_over_deep_elements_takes_bounded_steps() -> None:
    matcher = Matcher()
    (selector,) = parse_selectors("i " + "div " * 10 + "b")
    node = alone("div", {})
    for _ in range(90):
        node = node.child("div", {})
    leaf = node.child("b", {})
    assert not any(matcher.fits(selector, leaf) for _ in range(10))
    assert matcher.steps_left < 0
    page = "<style>" + "".join(f"i {'div ' * 10}b.k{n}{{color:red}}" for n in range(400)) + "</style>" + "<div>" * 90
    assert the_run(read(page + "<b class='k1 k2'>x</b>"), "x").colour == "auto"


@pytest.mark.parametrize(
    ("weight", "bold"), [("bold", True), ("700", True), ("400", False), ("²", False), ("9" * 5000, False)]
)
def test_weights_and_what_is_none(weight: str, bold: bool) -> None:
    assert the_run(read(f"<p style='font-weight:{weight}'>x</p>"), "x").bold is bold


@pytest.mark.parametrize(
    "markup",
    [
        "<p style='display:none'>ẨN</p>",
        "<style>.h{display:none}</style><div class=h><p>ẨN</p></div>",
        "<p style='visibility:hidden'>ẨN</p>",
        "<p style='color:#fff'>ẨN</p>",
        "<p style='color:#000;background-color:#000'>ẨN</p>",
        "<p style='font-size:0'>ẨN</p>",
        "<p style='font:italic 0/0 serif'>ẨN</p>",
        "<p style='opacity:0'>ẨN</p>",
        "<p style='mso-hide:all'>ẨN</p>",
        "<p style='text-indent:-9999px'>ẨN</p>",
        "<p hidden>ẨN</p>",
        "<template>ẨN</template>",
        "<!-- ẨN -->",
        "<!--[if gte mso 9]><p>ẨN</p><![endif]-->",
    ],
)
def test_hidden_text_is_kept_and_marked(markup: str) -> None:
    assert the_run(read(markup), "ẨN").origin is Origin.HIDDEN


@pytest.mark.parametrize(
    "markup", ["<p style='color:#fff;background:#036'>RÕ</p>", "<body bgcolor=black text=white>RÕ"]
)
def test_pale_text_on_a_dark_ground_is_visible(markup: str) -> None:
    assert the_run(read(markup), "RÕ").origin is Origin.TEXT


def test_words_across_elements_are_one_block_with_its_line_breaks() -> None:
    assert lines(read("<p>T<span>Ố</span><b>I</b>\n  MẬT</p><p>hai</p>").runs) == ["TỐI MẬT", "hai"]
    assert lines(read("<p>một<br>hai</p>").runs) == ["một\nhai"]


def test_cells_have_their_place_and_nested_tables_their_own() -> None:
    document = read("<table><tr><td>a<td>b<tr><td><table><tr><td>c<td>d</table>e</table>")
    assert [(run.text, run.locator) for run in document.runs] == [
        ("a", "table:1,row:1,column:1"),
        ("b", "table:1,row:1,column:2"),
        ("c", "table:2,row:1,column:1"),
        ("d", "table:2,row:1,column:2"),
        ("e", "table:1,row:2,column:1"),
    ]
    assert {run.role for run in document.runs} == {Role.CELL}


def test_frames_are_boxed() -> None:
    assert the_run(read("<p style='border:2px solid red'>MẬT</p>"), "MẬT").boxed is True
    assert the_run(read("<p style='border:none'>MẬT</p>"), "MẬT").boxed is None


def test_what_a_pasted_sheet_repeats_of_its_cells_is_not_read_again() -> None:
    value = '{"1":2,"2":"Mật"}'.replace('"', "&quot;")
    assert lines(read(f'<table><tr><td data-sheets-value="{value}">Mật</td></tr></table>').runs) == ["Mật"]
    assert len(lines(read(f'<table><tr><td data-value="{value}">Mật</td></tr></table>').runs)) == 2


def test_attributes_titles_and_entities_are_read() -> None:
    document = read("<title>Tiêu đề</title><img alt='ảnh' title=gợi><input value=trị><p>&#7852;&Aacute;</p>")
    assert the_run(document, "Tiêu đề").role is Role.PROPERTY
    assert the_run(document, "ảnh").role is Role.ALT_TEXT
    assert the_run(document, "trị").role is Role.FIELD
    assert the_run(document, "ẬÁ").role is Role.BODY


@pytest.mark.parametrize(
    ("selector", "page", "put"),
    [
        ("p::before", "<p>x", True), ("h6::before", "<p>x", False), (".m::before", "<p>x", False), (".M:after", "<p class=m>x", True),
        ("#q .m::after", "<p class=m>x", True), ("hr::after", "<hr>", True), ("body::after", "<p>x", True), (".m, .n::before", "<p>x", False),
        ("::before", "<p>x", True), (".m:hover::before", "<p>x", True), (".m::before, .n:hover::before", "<p>x", True),
    ],
)  # fmt: skip
def test_words_that_a_style_sheet_puts_on_the_page_are_read(selector: str, page: str, put: bool) -> None:
    document = read(f'<style>{selector}{{content:"TỐI MẬT"}}</style>{page}')
    assert any("TỐI MẬT" in run.text for run in document.runs) is put


def test_what_excel_keeps_of_a_sheet_in_a_page_is_read() -> None:
    page = (
        "<html><style>@page {mso-header-data:'&L&\\0022Arial\\,Bold\\0022Số 1&C&14TỐI MẬT'; mso-footer-data:\"&CTrang &P\"}</style>"
        "<table><tr><td x:fmla='=HYPERLINK(&quot;https://x.vn&quot;,&quot;Ẩn trong ô&quot;)'>0</td></tr></table></html>"
    )
    found = "\n".join(run.text for run in read(page).runs).split("\n")
    assert {"Số 1", "TỐI MẬT", "Trang", "Ẩn trong ô"} <= {line.strip() for line in found}


def test_embedded_data_become_members() -> None:
    result = reading('<img src="data:image/png;base64,aGVs\nbG8="><a href="data:text/plain,xin%20chao">x</a>')
    assert [(m.data, m.declared_type, m.relation) for m in result.members] == [
        (b"hello", "image/png", "image"),
        (b"xin chao", "text/plain", "embedded"),
    ]


def test_what_outlook_shows_has_the_same_pictures() -> None:
    page = '<img src="data:image/png;base64,aGVsbG8="><img src="data:image/png;base64,aGVsbG9z"><svg><path d="M0 0L9 0L9 30Z"/></svg>'
    alone = reading(page).members
    result = reading(f"{page}<!--[if mso]><p>Xem</p><![endif]-->")
    assert [member.data for member in result.members] == [member.data for member in alone]
    assert "Xem" in the_run(result.document, "Xem").text


@pytest.mark.parametrize(
    ("markup", "kind"),
    [
        ("<script>1</script>", "javascript"),
        ("<p onclick='x()'>a</p>", "javascript"),
        ("<a href=' java\nscript:x'>a</a>", "javascript"),
        ("<iframe src='http://x'></iframe>", "external-object"),
        ("<meta http-equiv=refresh content='0;url=x'>", "redirect"),
    ],
)
def test_active_content_is_named(markup: str, kind: str) -> None:
    assert kind in {item.kind for item in read(markup).active_content}


@pytest.mark.parametrize(
    ("kind", "runs"), [("application/ld+json", False), (" Application/JSON ", False), ("module", True), ("x", True)]
)
def test_data_in_a_script_element_is_read_and_no_script(kind: str, runs: bool) -> None:
    document = read(f'<script type="{kind}">{{"name": "MẬT"}}</script><p>a</p>')
    assert [item.kind for item in document.active_content] == (["javascript"] if runs else [])
    assert any("MẬT" in run.text for run in document.runs)


def test_script_text_is_hidden_and_style_no_text() -> None:
    runs = read("<script>var secret</script><style>secret{}</style>x").runs
    assert [(run.text, run.origin, run.role) for run in runs if "secret" in run.text] == [
        ("var secret", Origin.HIDDEN, Role.FIELD)
    ]


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        ("<p>TUYỆT MẬT".encode("utf-16"), None),
        ("<p>TUYỆT MẬT".encode("utf-16-le"), None),
        ("<meta charset=utf-8><p>TUYỆT MẬT".encode(), "iso-8859-1"),
        ("<p>TUYỆT MẬT".encode("utf-7"), "utf-7"),
        ("<p>TUYỆT MẬT".encode(), "x-unknown"),
        ("<p>TUYỆT MẬT".encode(), "big5"),
    ],
)
def test_a_false_charset_does_not_hide_words(data: bytes, charset: str | None) -> None:
    assert any("TUYỆT MẬT" in run.text for run in read(data, charset).runs)


def test_legacy_bytes_stay_one_character_a_byte() -> None:
    run = the_run(read(b"<p><font face='.VnTime'>Tuy\xd6t m\xcbt \x81</font>"), "Tuy")
    assert run.text == "Tuy\xd6t m\xcbt \x81"


@pytest.mark.slow
def test_deep_nesting_costs_little_and_loses_nothing() -> None:
    started = time.process_time()
    assert the_run(read("<div><p>" * 30_000 + "SÂU"), "SÂU")
    assert time.process_time() - started < 3


@examples(100)
@given(st.text(alphabet="<>/=\"' apbtdirvscmlx!-&;#x0é\n", max_size=120))
def test_any_text_gives_a_document(text: str) -> None:
    with contextlib.suppress(ReadError):  # refused with its cause
        assert read(text).format == "html"


@pytest.mark.parametrize(
    ("inner", "style", "seen"),
    [
        ("<dialog>x</dialog>", "", False),
        ("<dialog open>x</dialog>", "", True),
        ("<span popover>x</span>", "", False),
        ("<iframe>x</iframe>", "", False),
        ("<svg>x<metadata>x</metadata></svg>", "", False),
        ("<svg><text>x</text></svg>", "", True),
        ("<math><mi>k</mi><annotation>x</annotation></math>", "", False),
        ("<i style='display:/* */none'>x</i>", "", False),
        ("<i style='color:red;/*;*/display:none'>x</i>", "", False),
        ("<i style='d\\69splay:n\\6fne'>x</i>", "", False),
        ("<i style='dis/**/play:none'>x</i>", "", True),
        ("<i style='display:table-column'>x</i>", "", False),
        ("<i class=b1>x</i>", ".\\62 1{display:none}", False),
        ("<i class=sm:b>x</i>", ".sm\\:b{display:none}", False),
        ("<i class=Ab>x</i>", "[class=aB i]{display:none}", False),
        ("<i class=Ab>x</i>", "[class=aB]{display:none}", True),
        ("<i>x</i>", "i:defined:read-only{display:none}", False),
        ("<i class=sm>x</i>", ".sm\\:b{display:none}", True),
    ],
)
def test_what_a_browser_hides_is_hidden_however_it_is_written(inner, style, seen):
    document = read(f"<html><head><style>{style}</style></head><body><div>M{inner}T</div></body></html>")
    assert any("x" in run.text and run.origin is Origin.TEXT for run in document.runs) is seen
