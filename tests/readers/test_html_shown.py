"""What a page shows beside its letters in their order: read where it can be resolved, else told as the construct it is."""

import base64
import io

import pytest
from PIL import Image, ImageOps

from gateway.documents.readers import plain, text_art
from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.beside import meant
from gateway.documents.readers.markup import html, html_cascade
from gateway.documents.readers.markup.html_shown import turn_of
from gateway.documents.readers.pictures.joined import AS_IT_IS, Turn
from gateway.model import Document, Origin, ReadStatus
from gateway.vietnamese.marks import Strength, find_in_document
from tests.readers.test_joined_pictures import drawn, found, halves, letters, png
from tests.support.cases import first_quick
from tests.support.ocr import needs_ocr

WORDS = "<p>Kính gửi đồng chí, phòng Kinh tế gửi báo cáo quý ba.</p>"


def page(body: str, style: str = "") -> bytes:
    return f"<!doctype html><html><head><meta charset=utf-8><style>{style}</style></head><body>{WORDS}{body}{WORDS}</body></html>".encode()


def read(data: bytes) -> Document:
    return html.read(Source(data=data, part="1", detected_type="text/html"), Budget()).document


def kinds(data: bytes) -> set[str]:
    return {one.kind for one in read(data).active_content if one.kind.startswith("look-")}


@pytest.mark.parametrize("style", ["scale:-1 1", "scale:none", "zoom:normal", "zoom:1"])
def test_what_is_turned_or_as_large_as_others_is_seen(style):
    assert {run.origin for run in read(page(f"<p style='{style}'>BẢO MẬT</p>")).runs} == {Origin.TEXT}


def image(shown: Image.Image, style: str = "") -> str:
    return f'<img style="{style}" src="data:image/png;base64,{base64.b64encode(png(shown)).decode()}">'


def nested(depth: int, last: str, times: int = 1) -> str:
    """Custom properties that stand one in another."""
    return "".join(f"--v{n}:{f'var(--v{n + 1})' * times};" for n in range(depth)) + f"--v{depth}:{last}"


@pytest.mark.parametrize(
    ("body", "style"),
    [
        ('<h1 data-x="M" data-y="ẬT"></h1>', "h1::before{content:attr(data-x) attr(data-y)}"),
        ("<h1>Ậ</h1>", 'h1::before{content:"M"} h1:after{content:"T"}'),
        ("<p class=a><span>Ậ</span></p>", '.a > span:before{content:"\\4d"} .a span::after{content:"T" !important}'),
        ("<p><q>Ậ</q></p>", 'q{quotes:"M" "T"}'),
        ("<h1></h1>", '@property --x{syntax:"*";inherits:true;initial-value:"MẬT"} h1::before{content:var(--x)}'),
        ("<h1></h1>", 'h1::before{content:attr(data-z,"MẬT")}'),
        ("<p><i style='display:inline-block;transform:scale(0)'>BẢO </i>MẬT</p>", ""),
        ("<p><i style='max-width:0;overflow:clip'>BẢO </i>MẬT</p>", ""),
        ("<p><i style='filter:opacity(0)'>BẢO </i>MẬT</p>", ""),
        ("<p><i style='-webkit-text-fill-color:#fff'>BẢO </i>MẬT</p>", ""),
        ("<p><i style='content-visibility:hidden'>BẢO </i>MẬT</p>", ""),
        ("<p><i style='translate:-999px'>BẢO </i>MẬT</p>", ""),
        ("<p style='--c:#fff'><i style='color:var(--c)'>BẢO </i>MẬT</p>", ""),
        ("<p><i style='color:Canvas'>BẢO </i>MẬT</p>", ""),
        ("<p><i class=h>BẢO </i>MẬT</p>", f":root{{{nested(19, 'none')}}} .h{{display:var(--v0)}}"),
        ("<p><b class=x></b>" + "<u></u>" * 20 + "<i class=h>BẢO </i>MẬT</p>", ".x ~ .h{display:none}"),
        ("<p><b class=x></b><u class=y></u><u></u><i class=h>BẢO </i>MẬT</p>", ".x ~ .y ~ .h{display:none}"),
        ("<p><i class=h>BẢO </i>MẬT</p>", "@media screen{" * 200 + ".h{display:none}" + "}" * 200),
        ("<p><!--[if !mso]><!-->BẢO <!--<![endif]-->MẬT</p>", ""),
        ("<p><![if !mso]>BẢO <![endif]>MẬT</p>", ""),
        ("<p><![IF !MSO]>BẢO <![ENDIF]>MẬT</p>", ""),
        ("<p>M<!--[if gte mso 9]>Ậ<![endif]-->T</p>", ""),
        ("<span style='display:block'>Số 12</span><span style='display:block'>MẬT</span>Hà Nội", ""),
        ("<div style='display:flex;gap:2em'><span>Số 12</span><span>MẬT</span></div>", ""),
        ("<b class=c>Số 12</b><b class=c>MẬT</b>", ".c{display:inline-block;width:200px}"),
        ("Số 12<button>MẬT</button>Hà Nội", ""),
        ("<svg><text x=9 y=20>Số 12</text><text x=9 y=60>MẬT</text></svg>", ""),
        ("<svg><text x=9 y=20>M<title>a</title>ẬT</text></svg>", ""),
        ("<p><ruby>M<rt>a</rt>Ậ<rt>b</rt>T<rt>c</rt></ruby></p>", ""),
        ("<p>M<meter value=1>một</meter>ẬT</p>", ""),
        ('<script>p.textContent="M"+"Ậ" + "T"</script>', ""),
        ('<script>p.textContent="TỐ"+"I MẬT"</script>', ""),
        ("<p><del>BẢO</del> MẬT</p>", ""),
        ("<p>M<s>O</s>ẬT</p>", ""),
        ("<p>M<span class=d>ỘT V</span>ẬT</p>", ".d{text-decoration:red line-through}"),
        ("<ol type=A start=13><li>ẬT</li></ol>", ""),
        ("<ol><li>một</li><li value=13>ẬT</li></ol>", "ol{list-style:inside upper-latin}"),
        ('<div style="display:flex"><b style="order:3">T</b><b>M</b><b style="order:2">Ậ</b></div>', ""),
        ("<table align=left><tr><td>T</td></tr></table><p>ỐI MẬT</p>", ""),
        ('<table dir="rtl"><tr><td>T<td>Ậ<td>M</table>', ""),
        ('<div dir=rtl><i style="float:left">T</i> <i>Ậ</i> <i>T</i> <i>M</i> <i>Ố</i> <i>I</i></div>', ""),
        ("<p><i class=h>BẢO </i>MẬT</p>", "@keyframes a{from{color:red} to{opacity:0}} .h{animation:a 0s forwards}"),
        ("<p><i class=h>BẢO </i>MẬT</p>", "@-webkit-keyframes a{0%{opacity:0}} .h{animation:a 9999s}"),
        ("<p><i style='font-size:CALC((2px - 1px*2) / 3)'>BẢO </i>MẬT</p>", ""),
        ("<p><i style='position:fixed;top:200vh'>BẢO </i>MẬT</p>", ""),
        ("<p><i style='position:fixed;transform:translateX(100vw)'>BẢO </i>MẬT</p>", ""),
        ("<details>BẢO <summary></summary></details>MẬT", ""),
        ("<details><summary></summary><summary>BẢO </summary></details>MẬT", ""),
        ("<details><summary>Xem</summary>TỐI MẬT</details>", ""),
        ("<svg><switch><text systemLanguage=zz>Ba</text><text>MẬT</text><text>ONG</text></switch></svg>", ""),
        ('<div><i style="position:absolute;left:9em">T</i><i style="position:absolute;left:0">M</i><i>Ậ</i></div>', ""),
    ],
)
def test_words_are_read_where_the_page_puts_them(body, style):
    assert find_in_document(read(page(body, style)))


@pytest.mark.parametrize(
    ("body", "style"),
    [
        ("<ul><li>Ậ</li></ul>", 'li::before{content:"•"}'),
        ("<p class=k>123456</p>", '.k::before{content:"Mật khẩu: "}'),
        ("<p><q>Báo cáo</q></p>", ""),
        ("<h1>Ậ</h1>", 'h2::before{content:"M"} h2::after{content:"T"} @media print{h1::before{content:"M"}}'),
        ("<table><tr><td>T<td>A<td>M</table>", ""),
        ("<p><i class=h>BẢO </i>MẬT</p>", "@keyframes a{0%{opacity:0}100%{opacity:1}} .h{animation:a 2s both}"),
        ("<p><i class=h>BẢO </i>MẬT</p>", "@keyframes a{from{opacity:0}} .h{animation:a 1s ease-out}"),
        ("<p><i class=h>BẢO </i>MẬT</p>", "@keyframes a{from{opacity:0}} .h{animation:a .250s}"),
        ("<p><i style='opacity:50%'>BẢO </i>MẬT</p>", ""),
        ("<p style='position:absolute;top:200vh'>BẢO MẬT</p>", ""),
        ("<p><i style='position:fixed;top:calc(100% - 90%);width:100%;left:0'>BẢO </i>MẬT</p>", ""),
        ("<details open><summary>BẢO</summary></details>MẬT", ""),
        ("<details><summary>BẢO MẬT</summary>thêm</details>", ""),
        (
            "<svg><switch><text systemLanguage='fr, vi-VN'>BẢO</text><text>thêm</text></switch><text> MẬT</text></svg>",
            "",
        ),
        ("<p>BẢO <i class=h>MẬT</i><b class=x></b></p>", ".x ~ .h{display:none}.x + .h{display:none}"),
        ("<p><b class=x></b><u></u><i class=h>BẢO </i>MẬT</p>", ".x + .h{display:none}.x ~ .z ~ .h{display:none}"),
        ("<p>BẢO <s>vệ</s> MẬT</p>", ""),
        ("<table align=left><tr><td>B</td></tr></table><p>ẢO MẬT</p>", ""),
        ("<table><tr><td>P</td></tr></table><p>TỐI MẬT ĐỘ CAO</p>", ""),
        ("<p><u style='text-decoration:underline'>BẢO</u> MẬT</p>", ""),
        ("<ol start=13><li>ẬT</li></ol><ol type=A start=14><li>ẬT</li></ol>", ""),
        ("<ol type=A start=13><li>ạnh<ul><li>ẬT</li></ul></li></ol>", ""),
        ("<p>BẢO<span style='display:inline-block'>&nbsp;MẬT</span> <b style='padding:0 3px'>thông tin</b></p>", ""),
        ("<p>Giữ <b style='margin:0 4px'>bí</b><b style='padding:2px'>mật</b> nhà nước</p>", ""),
        ("<svg><text x=9 y=20>Bảo</text><text x=60 y=20>mật</text></svg>", ""),
        ('<script>p.textContent=["Bảo","mật"].join(" ")</script>', ""),
    ],
)
def test_other_words_are_no_mark(body, style):
    assert not find_in_document(read(page(body, style)))


def placed_halves(around: str) -> list[str]:
    """The right half of a mark before the left one, each put to its place."""
    left, right = halves(drawn("MẬT"))
    places = ((right, f"position:absolute;left:{left.width}px;top:90px"), (left, "position:absolute;left:0;top:90px"))
    return [around.format(place, image(half, "" if "'" in around else place)) for half, place in places]


@needs_ocr
@pytest.mark.parametrize(
    "body",
    first_quick(
        [
            image(ImageOps.mirror(drawn("MẬT")), "transform:scaleX(-1)"),
            f'<div style="transform: rotateY(180deg)">{image(ImageOps.mirror(drawn("MẬT")))}</div>',
            image(ImageOps.flip(drawn("MẬT")), "scale: 1 -1"),
            "".join(map(image, halves(drawn("MẬT")))),
            "".join(map(image, halves(drawn("MẬT")))).replace("src=", "srcset="),
            "<table><tr>" + "".join(f"<td>{image(one)}" for one in letters("MẬT")) + "</table>",
            "<br>".join(map(image, halves(drawn("MẬT"), across=False))),
            image(drawn("MẬT").point(lambda value: 240 + value // 17), "filter:contrast(9)"),
            image(ImageOps.mirror(drawn("MẬT")), "scale:-1 1"),
            image(ImageOps.mirror(drawn("MẬT")), "transform:scaleX(calc(1 - 2))"),
            "<style>@keyframes a{to{scale:-1 1}}</style>" + image(ImageOps.mirror(drawn("MẬT")), "animation:a 0s both"),
            "".join(image(one, "float:right") for one in reversed(halves(drawn("MẬT")))),
            f"<div dir=rtl>{''.join(map(image, reversed(halves(drawn('MẬT')))))}</div>",
            "<p>và</p>".join(placed_halves("<b style='{}'>{}</b>")),
            "<p>và</p>".join(placed_halves("<b>{1}</b>")),
            f"<div style='float:right'>{''.join(map(image, letters('MẬT')))}</div>",
            "".join(image(one, "position:absolute;right:0") for one in letters("MẬT")),
            f"<div dir=rtl>{''.join(image(one, 'float:left') for one in letters('MẬT'))}</div>",
        ]
    ),
    ids=[
        *("mirrored", "mirrored box", "flipped", "halves", "srcset", "letters", "upper and lower", "faint", "scaled"),
        *("worked out", "animated"),
        *("floating", "leftwards", "placed boxes", "placed", "floating box", "from the right", "to the left"),
    ],
)
def test_pictures_are_read_as_the_page_shows_them(body):
    assert found(page(body))


@needs_ocr
def test_pictures_with_words_between_are_no_neighbours():
    assert not found(page("<p>và</p>".join(map(image, letters("MẬT")))))


CELL = '<td width=5 height=5 bgcolor="#000"></td>'


SHEET = "data:text/css,h1::before%7Bcontent:%22M%22%7Dh1::after%7Bcontent:%22{}%22%7D"


MAT, HIDING = 'h1::before{content:"MẬT"}', "i{display:none}"


@pytest.mark.parametrize(
    ("body", "sheet", "marked"),
    [
        ("<link rel=stylesheet href=s.css><h1></h1>", MAT, True),
        ("<?xml-stylesheet type='text/css' href='s.css'?><h1></h1>", MAT, True),
        ("<link rel='Stylesheet' media='screen, print' href=' s.css?v=2#x '><h1></h1>", MAT, True),
        ("<link rel=stylesheet href=s.css><h1></h1>", 'h1::before{content:"\\"MẬT\\""}', True),
        ("<link rel=stylesheet href=s.css><h1></h1>", MAT.encode("utf-16"), True),
        ("<link rel=stylesheet href=s.css><p>M<i>x</i>ẬT</p>", HIDING, True),
        ("<style>/*@import 's.css';*/ @charset \"utf-8\"; @import url( s.css ) layer(a) screen;</style><p>M<i>x</i>ẬT</p>", HIDING, True),
        ("<link rel=stylesheet href=s.css><p><i>BẢO </i>MẬT</p>", HIDING, True),
        ("<link rel=stylesheet href=s.css><p><i>BẢO </i>MẬT</p>", "i{color:red}", False),
        ("<link rel=stylesheet href=s.css><style>i{display:inline}</style><p>M<i>x</i>ẬT</p>", HIDING, False),
        ("<link rel=stylesheet media=print href=s.css><p>M<i>x</i>ẬT</p>", HIDING, False),
        ("<link rel='alternate stylesheet' href=s.css><p>M<i>x</i>ẬT</p>", HIDING, False),
        ("<link rel=stylesheet disabled href=s.css><p>M<i>x</i>ẬT</p>", HIDING, False),
        ("<style>@import 's.css' print;</style><p>M<i>x</i>ẬT</p>", HIDING, False),
        ("<style>p{margin:0} @import 's.css';</style><p>M<i>x</i>ẬT</p>", HIDING, False),
        ("<style media=print>i{display:none}</style><p>M<i>x</i>ẬT</p>", "", False),
        ("<link rel=stylesheet href=s.css><p>M<i class='&#104;\0k'>x</i>ẬT</p>", "p .hk, .absent{display:none}", True),
        ("<link rel=stylesheet href=t.css><h1></h1>", MAT, False),
        ("<link rel=stylesheet href=s.css><p>Kính gửi</p>", MAT, False),
        ("<link rel=stylesheet href=s.css><h1></h1>", "@import 's.css'; @import 't.css'; @import 'https://[x';" + MAT, True),
    ],
)  # fmt: skip
def test_style_sheets_beside_a_page_apply_as_those_in_it(body, sheet, marked):
    data = sheet if isinstance(sheet, bytes) else sheet.encode()
    source = Source(data=page(body), part="1", beside=lambda asked: data if "s.css" in meant(asked, ()) else None)
    assert bool(find_in_document(html.read(source, Budget()).document)) is marked


def test_sheets_that_import_one_another_end_at_a_limit():
    names = [f"{number}.css" for number in range(9)]
    every = "".join(f"@import '{name}';" for name in names).encode()
    source = Source(data=page("<link rel=stylesheet href=0.css>"), part="1", beside=lambda _: every)
    document = html.read(source, Budget()).document
    assert (document.status, document.reason) == (ReadStatus.LIMIT, "html-styles")


def test_boxes_that_are_hidden_paint_nothing():
    boxes = "<i class=t></i>" * 100
    assert kinds(page(boxes, ".t{background:#333}")) == {"look-painted"}
    assert kinds(page(boxes, ".t{background:#333;visibility:hidden}")) == set()


@pytest.mark.parametrize(("last", "marked"), [("T", True), ("C", False)])
def test_style_sheets_in_addresses_and_words_of_old_drawings_are_read(last, marked):
    sheet = SHEET.format(last)
    assert bool(find_in_document(read(page(f'<link rel=stylesheet href="{sheet}"><h1>Ậ</h1>')))) is marked
    assert bool(find_in_document(read(page("<h1>Ậ</h1>", f'@import url("{sheet}");')))) is marked
    drawing = f'<!--[if gte mso 9]><v:shape><v:textpath on="t" string="TỐI MẬ{last}"/></v:shape><![endif]-->'
    assert bool(find_in_document(read(page(drawing)))) is marked


def test_a_page_with_entities_of_its_own_is_cannot_tell():
    declared = b'<!DOCTYPE html [<!ENTITY a "M"><!ENTITY b "&#7852;">]>'
    assert kinds(page("<h1>&a;&b;T</h1>").replace(b"<!doctype html>", declared)) == {"look-generated"}
    late = declared.replace(b"[", b"[<!--" + b" " * 9000 + b"-->")
    assert kinds(page("<h1>&a;&b;T</h1>").replace(b"<!doctype html>", b"<!--" + b" " * 9000 + b"-->" + late))
    public = (
        b'<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">'
    )
    assert not kinds(page("<p>x</p>").replace(b"<!doctype html>", public))


@pytest.mark.parametrize(
    ("body", "style", "kind"),
    [
        (f"<table>{('<tr>' + CELL * 20) * 5}</table>", "", "look-painted"),
        (
            "<table>" + ("<tr>" + "<td class=b></td>" * 20) * 5 + "</table>",
            ".b{width:4px;background:red}",
            "look-painted",
        ),
        (
            "<table><tr><td class=b width=90></td>" + ("<tr>" + "<td class=b width=4></td>" * 20) * 5 + "</table>",
            ".b{background:red}",
            "look-painted",
        ),
        ("<hr class=b>" * 90, ".b{position:absolute;width:3px;height:3px;background:#000}", "look-painted"),
        ("<q><q>T</q></q>", 'q{quotes:"M" "" "Ậ" ""}', "look-generated"),
        ("<script>let a='M',b='Ậ',c='T';p.innerHTML=a+b+c</script>", "", "look-script"),
        ("<script>p.innerHTML='M-ẬT'.replace('-','')</script>", "", "look-script"),
        ("<script>let a='Ậ';p.innerHTML=`M${a}T`</script>", "", "look-script"),
        ("<b onclick=\"p.append('M','Ậ','T')\">x</b>", "", "look-script"),
        (f'<div style="box-shadow:{",".join(f"{n}px 0 0 2px #000" for n in range(40))}"></div>', "", "look-painted"),
        (
            "<p>Tổn</p>",
            "@font-face{font-family:Q;src:url(data:font/ttf;base64,AAEAAAAT)} p{font-family:Q}",
            "look-font",
        ),
        ("<ul><li>x</ul>", 'li{list-style-type:"MẬT"}', "look-generated"),
        ("<p>x</p>", '@counter-style a{system:cyclic;symbols:"M" "Ậ"}', "look-generated"),
        ("<div style='overflow:hidden'><p style='margin-left:-62px'>BẢO MẬT</p></div>", "", "look-clipped"),
        ("<p style='text-indent:-62px;overflow:hidden'>BẢO MẬT</p>", "", "look-clipped"),
        ("<p style='clip-path:inset(0 0 0 62px)'>BẢO MẬT</p>", "", "look-clipped"),
        ("<p style='-webkit-mask-image:linear-gradient(90deg,transparent,#000)'>BẢO MẬT</p>", "", "look-clipped"),
        (
            "<p>BẢO MẬT</p>",
            "p{background:linear-gradient(90deg,#fff,#000);-webkit-background-clip:text;color:transparent}",
            "look-clipped",
        ),
        ("<p>AMẬT</p>", "p::first-letter{font-size:0}", "look-clipped"),
        ("<h1></h1>", 'h1::before{counter-reset:a 13;content:counter(a,upper-alpha) "ẬT"}', "look-clipped"),
        ("<table><col style='visibility:collapse'><tr><td>BẢO<td>MẬT</table>", "", "look-clipped"),
        (
            "<div class=g><b>M</b><b>Số</b><b>Ậ</b><b>12</b><b>T</b></div>",
            ".g{display:grid;grid-auto-flow:column;grid-template-rows:auto auto}",
            "look-clipped",
        ),
        ("<p><i>BẢO </i><b>MẬT</b></p>", "p:has(b) i{display:none}", "look-clipped"),
        ("<p><i>BẢO </i><b>MẬT</b></p>", "p{color:red; & i{display:none}}", "look-clipped"),
        ("<p lang=vi><i>BẢO </i><b>MẬT</b></p>", "p:lang(vi) i{display:none}", "look-clipped"),
        ("<p><i>BẢO </i><b>MẬT</b></p>", "div > :has(b), p :not(:has(u)){display:none}", "look-clipped"),
        ("<p><i>BẢO </i><b>MẬT</b></p>", "p:has(:is(:not(:where(:not(u))))) i{display:none}", "look-clipped"),
        ("<p>BẢO MẬT<b style='position:absolute;left:0;background:#fff'></b></p>", "", "look-clipped"),
        ("<script>document.write(String.fromCharCode(77,7852,84))</script>", "", "look-script"),
        ("<script>z.textContent=['T','Ậ','M'].reverse().join('')</script>", "", "look-script"),
        ("<img src=x onerror='z.append(String.fromCharCode(77,7852,84))'>", "", "look-script"),
        ('<a href="javascript:document.write(String.fromCharCode(77,7852,84))">Mở</a>', "", "look-script"),
    ],
)
def test_what_cannot_be_read_is_reported(body, style, kind):
    assert kinds(page(body, style)) == {kind}


@pytest.mark.parametrize(
    ("body", "style"),
    [
        ("<div style='overflow:hidden;text-indent:-30px'>Mua bán</div><p style='text-indent:-18pt'>Bảo mật</p>", ""),
        ("<h1>Bảo mật</h1>", "h1{background:linear-gradient(red,blue);-webkit-background-clip:text;color:transparent}"),
        ("<h2>BẢO MẬT</h2>", 'h2::before{content:counter(a,upper-alpha) ". "}'),
        ("<p>Cập nhật</p><p class=m>Thực đơn</p>", ".m:has(img){display:none} .n{color:red; & i{display:none}}"),
        ("<p>Cập nhật</p>", ".a:not(.b:has(i)) b, div :has(> b){visibility:hidden} b:lang(en){display:none}"),
        ("<i>NH</i><b>Ậ</b><i>T</i> ẬP ĐẾN", "b,i{position:absolute} i{order:2}"),
        ("<table><col style='display:none'><tr><td>BẢO<td>MẬT</table>", ""),
        ("<h1>Bảo mật</h1><p>Xem thêm</p>", "h1{text-indent:-9999px;overflow:hidden;clip-path:none}"),
        ("<a class=s>Bỏ qua phần bảo mật</a>", ".s{position:absolute;left:-9999px;overflow:hidden;clip:rect(0,0,0,0)}"),
        (
            "<p>Bảo mật</p>",
            "p::first-letter{font-size:3em;float:left} p:has(b){color:red} @media print{p:has(i){display:none}}",
        ),
        ("<p>Bảo mật <b style='background:#eee'></b></p>", "p{background:linear-gradient(#fff,#eee)}"),
        ("<table>" + ('<tr bgcolor="#eee"><td width=5></td><td>Số liệu</td></tr>') * 100 + "</table>", ""),
        ("<table>" + "<tr><td nowrap class=d></td><td>a</td></tr>" * 100 + "</table>", ".d{background:#fcc}"),
        (
            "<p>x</p>",
            "p{box-shadow:0 1px 2px rgba(0,0,0,.2),0 2px 4px rgba(0,0,0,.1);background:linear-gradient(#fff,#eee 40%,#ddd)}",
        ),
        (
            "<p>x</p>",
            "@font-face{font-family:Q;src:url(https://fonts.example/q.woff2)} p{font-family:'Times New Roman'}",
        ),
        (
            "<div style=\"grid-template-areas:'a b'\">x</div>",
            "p{quotes:'«' '»';list-style:'– ';-inkscape-font-specification:'Arial'}",
        ),
        ("<script>document.write('<b>' + new Date().getFullYear() + '</b>')</script>", ""),
        ("<script>t={'ấ':'a','ẫ':'a','ậ':'a'};p.innerHTML='Mật khẩu ' + t[x]</script>", ""),
        ("<p>x</p>" + "<hr class=b>" * 90, ".b{width:90%;height:1px;border:0;background:none}"),
        ("<q><q>Mật</q></q>", "q{quotes:'«' '»' '‹' '›'}"),
        (image(drawn("A"), "transform:translateX(4px)"), ""),
    ],
)
def test_what_mail_programs_and_pages_write_is_not(body, style):
    assert kinds(page(body, style)) == set()


@pytest.mark.parametrize(
    ("declarations", "turn"),
    [
        ({"transform": "scaleX(-1)"}, Turn(mirrored=True)),
        ({"transform": "scale(-1, 1) rotate(90deg)"}, Turn(mirrored=True, degrees=90)),
        ({"transform": "matrix(-1,0,0,1,0,0)"}, Turn(mirrored=True)),
        ({"transform": "rotateX(.5turn)"}, Turn(upside_down=True)),
        ({"rotate": "y 180deg"}, Turn(mirrored=True)),
        ({"transform": "rotate3d(0, 1, 0, 180deg)"}, Turn(mirrored=True)),
        ({"transform": "rotate3d(0,0,1,.5turn)"}, Turn(degrees=180)),
        ({"transform": "matrix3d(-1,0,0,0,0,1,0,0,0,0,1,0,0,0,0,1)"}, Turn(mirrored=True)),
        ({"transform": "scale(-1)"}, Turn(mirrored=True, upside_down=True)),
        ({"filter": "invert(1)"}, Turn(recoloured=True)),
        ({"transform": "translate(4px, 5px) scale(1.2)"}, AS_IT_IS),
        ({"filter": "blur(2px) drop-shadow(0 0 1px #000)"}, AS_IT_IS),
    ],
)
def test_turns_are_distinguished_from_moves(declarations, turn):
    assert turn_of(declarations, AS_IT_IS) == turn


def art(word: str) -> str:
    shown = drawn(word, (640, 200), (20, 0)).resize((80, 18)).convert("1")
    return "\n".join("".join(" " if shown.getpixel((x, y)) else "█" for x in range(80)) for y in range(18))


FIGLET = r"""
 __  __     _     _____
|  \/  |   / \   |_   _|
| |\/| |  / _ \    | |
| |  | | / ___ \   | |
|_|  |_|/_/   \_\  |_|
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (art("MẬT"), True),
        (art("MẬT").replace("█", "#"), True),
        (art("MẬT").replace("█", "#").replace(" ", "."), True),
        (art("MẬT").replace("█", "⬛").replace(" ", "⬜"), True),
        (art("MẬT").replace("█", "⣿").replace(" ", "⠀"), True),
        (FIGLET, True),
        ("Kính gửi đồng chí.\n" * 60_000 + art("MẬT"), True),
        ("\n".join(f"{'█' * n}{'░' * (9 - n)} {n} %" for n in range(9)), False),
        ("\n".join(("| * | sửa lỗi", "|/ /", "* | thêm bảng", "| |\\ \\", "| * \\ gộp nhánh", "|/ / /") * 3), False),
        ("/* ------ */\n// ______\n\\_ | _/\n\n||  //  \\\\", False),
        ("\n".join(("+------+----+", "| Phường | 1 |", "+------+----+") * 4), False),
        ("-- \n" + "*" * 40 + "\nNguyễn Văn A\n" + "*" * 40, False),
        ("\n".join(f"| {n} | {n * 7} | {'x' * n} |" for n in range(12)), False),
        ("\n".join(f"{n}    {n * 11}    {n * 7}" for n in range(12)), False),
        ("\n".join("     " + "-" * 30 for _ in range(12)), False),
        ("\n".join(" src/a.py | 12 ++++++----" for _ in range(12)), False),
    ],
)
def test_letters_made_of_characters_are_reported(text, told):
    document = plain.read(Source(data=f"Kính gửi\n\n{text}\n".encode(), part="1"), Budget()).document
    assert ("look-text-art" in {one.kind for one in document.active_content}) is told
    inside = text_art.with_text_art(html.read(Source(data=page(f"<pre>{text}</pre>"), part="1"), Budget())).document
    assert ("look-text-art" in {one.kind for one in inside.active_content}) is told


def test_a_page_of_pictures_costs_a_bounded_number_of_them():
    shown = io.BytesIO()
    Image.new("1", (40, 40), 1).save(shown, "PNG")
    body = "".join(image(drawn(str(n), (60, 40))) + "<p>x</p>" for n in range(40))
    reading = html.read(Source(data=page(body), part="1"), Budget())
    assert not [member for member in reading.members if member.name.startswith("joined")]


@pytest.mark.parametrize(
    ("style", "cut"),
    [
        ("color:oklch(100% 0 0)", True),
        ("color:color-mix(in srgb,#fff,#fff)", True),
        ("font-size:calc(1em - 12px)", True),
        ("font-size:clamp(0px,0px,1px)", True),
        ("letter-spacing:-9999px", True),
        ("mix-blend-mode:color-dodge", True),
        ("overflow:hidden;direction:rtl", True),
        ("direction:rtl", False),
        ("color:var(--nobody)", False),
        ("color:rgb(10 10 10 / 90%)", False),
        ("font-size:clamp(1rem,2vw,3rem)", False),
        ("letter-spacing:-0.5px", False),
        ("mix-blend-mode:multiply", False),
    ],
)
def test_words_that_may_not_be_seen_beside_a_level_are_cannot_tell(style, cut):
    assert kinds(page(f"<p><i style='{style}'>BẢO </i>MẬT</p>")) == ({"look-clipped"} if cut else set())


@pytest.mark.parametrize(
    ("body", "is_mark"),
    [
        ("<p>Độ mật: <select><option>Mật<option selected>Tối mật</select></p>", True),
        ("<p>Độ mật: <select><option>Tối mật<option>Thường</select></p>", True),
        ("<table><tr><td>Độ mật<td><select><option>Thường<option selected>TỐI MẬT</select></table>", True),
        ("<select name='do mat'><option>Thường<option selected>Tối mật</select>", True),
        ("<select multiple><option>TỐI MẬT</select>", True),
        ("<p>Độ mật: <select><option disabled>Chọn<option>Tối mật</select></p>", True),
        ("<select><option>a<option>b<input><h1>TỐI MẬT</h1>", True),
        ("<select><option>a<option>b<select><h1>TỐI MẬT</h1>", True),
        (
            "<p>Độ mật: <select><option selected>Thường<option>Mật<optgroup><option>TỐI MẬT</optgroup></select></p>",
            False,
        ),
        ("<p>Độ mật: <select><option>Thường<option>Tuyệt mật<option>TỐI MẬT</select></p><p>Nội dung</p>", False),
        ("<p>Độ mật: <input value='Tối mật'></p>", True),
        ("<p>Độ mật: <input type=radio> Mật <input type=radio checked> Tối mật</p>", True),
        (
            "<p>Độ mật: <input type=radio name=domat value='Tối mật'> Tối mật <input type=radio checked> Thường</p>",
            False,
        ),
        ("<p>Độ mật: <input value='Thường'> <input placeholder='Mật khẩu' type=password></p>", False),
    ],
)
def test_of_a_form_what_is_chosen_or_written_counts(body: str, *, is_mark: bool) -> None:
    found = find_in_document(read(page(body)))
    assert any(mark.strength is Strength.MARKED for mark in found) is is_mark


def test_a_long_style_sheet_is_read_and_too_many_of_them_are_reported() -> None:
    rule = ".x::before{content:'MẬT'}"
    long = read(page('<p class="x">x</p>', "@x{" + "z" * (1 << 20) + "}" + rule))
    assert "MẬTx" in [run.text for run in long.runs]
    many = read(page("x" + "<style>b{}</style>" * 200 + f"<style>{rule}</style>"))
    assert (many.status, many.reason) == (ReadStatus.LIMIT, "html-styles")


MADE = "<p><b class=m></b><b class=a></b><b class=t></b></p>"
SPELT = ".m::before{content:'M'}.a::before{content:'Ậ'}.t::before{content:'T'}"


@pytest.mark.parametrize(
    ("style", "body"),
    [
        ("".join(f".k{number}{{color:red}}" for number in range(6000)) + SPELT, MADE),
        (".m::before" + ",.none::before" * 1000 + SPELT[10:], MADE),
        ("div " * 14 + SPELT, "<div>" * 15 + MADE),
        ("i " + SPELT, "<i>" + "<div>" * 120 + MADE),
        (f".m::before{{content:'{' ' * 3000}MẬT'}}", MADE),
        (".m::before{content:" + "''" * 300 + "'MẬT'}", MADE),
    ],
    ids=["rules", "selectors", "elements", "ancestors", "letters", "strings"],
)
def test_words_of_a_style_sheet_are_read_however_much_is_before_them(style: str, body: str) -> None:
    assert "MẬT" in [run.text.strip() for run in read(page(body, style)).runs]


@pytest.mark.parametrize(
    "style",
    [
        "".join(f".k{number}{{color:red}}" for number in range(501)),
        "div " * 101 + ".m::before{content:'M'}",
        f"p{{{nested(40, 'none')};display:var(--v0)}}",
        f"p{{{nested(15, 'x', 2)};color:var(--v0)}}",
        f"p{{--a:{'x' * 4000};{''.join(f'--b{n}:' + 'var(--a)' * 1000 + ';' for n in range(20))}}}",
        f"p{{color:{'var(--a,' * 30}red{')' * 30}}}",
        f"{'@layer a{' * 200}p{{color:red}}{'}' * 200}",
    ],
    ids=["rules", "elements", "nested", "multiplied", "letters", "fallbacks", "layers"],
)
def test_more_of_a_style_sheet_than_is_looked_at_is_reported(style: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_cascade, "LIMIT_RULES", 500)
    document = read(page("<p>x</p>", style))
    assert (document.status, document.reason) == (ReadStatus.LIMIT, "html-styles")


@pytest.mark.parametrize(
    "style",
    [
        f"p{{--a:url(data:image/png,{'x' * 500_000});background:var(--a)}}",
        f"p{{color:{'var(--a,' * 15}red{')' * 15}}}",
        f"{'@layer a{' * 20}p{{color:red}}{'}' * 20}",
    ],
    ids=["letters", "fallbacks", "layers"],
)
def test_what_honest_style_sheets_nest_is_read(style: str) -> None:
    assert read(page("<p>x</p>", style)).status is ReadStatus.OK


def test_every_counter_of_a_style_sheet_is_looked_at() -> None:
    style = "@counter-style a{symbols:'1'}" + " " * 5000 + "@counter-style b{symbols:'MẬT'}"
    assert "look-generated" in kinds(page("x", style))
    assert not kinds(page("x", "@counter-style a{symbols:'-'} p{font-family:'Times New Roman'}"))


def test_custom_properties_that_stand_in_themselves_have_no_value() -> None:
    document = read(page("<p>x</p>", "p{--a:var(--b) 1;--b:var(--a);color:var(--a,red)} b{--c:var(--c)}"))
    assert document.status is ReadStatus.OK
