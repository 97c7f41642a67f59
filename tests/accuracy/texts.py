"""Plain text in every encoding, HTML, XML, SVG, calendars, cards, messages, Outlook's own formats."""

import quopri
import struct
import unicodedata
from collections.abc import Callable
from email.message import EmailMessage
from html import escape

from gateway.documents.readers.ole.writer import write_compound
from gateway.vietnamese.legacy_tables import Charset
from tests.accuracy.shapes import Slot, Writing, around, attribute, octet, one_piece, plain_letters, xml
from tests.support.legacy_letters import encode


def _lines(writing: Writing) -> str:
    return "\r\n".join(around(writing.text)) + "\r\n"


def _encoded(encoding: str, mark: bytes = b"") -> Callable[[Writing], bytes]:
    return lambda writing: mark + _lines(writing).encode(encoding)


def _true(writing: Writing) -> bool:
    """The mark itself, written plainly: encodings are the disguise."""
    return one_piece(writing) and writing.text in {"MẬT", "TỐI MẬT", "TUYỆT MẬT"}


def legacy_octets(text: str, charset: Charset) -> bytes:
    """Text in an 8-bit charset; what it cannot say becomes a question mark."""
    out = bytearray()
    for letter in encode(unicodedata.normalize("NFC", text), charset):
        code = octet(letter)
        out.append(code if code < 256 else 63)
    return bytes(out)


def _legacy(charset: Charset) -> Callable[[Writing], bytes]:
    return lambda writing: legacy_octets(_lines(writing), charset)


def _page(body: str, head: str = "", encoding: str = "utf-8", declared: str | None = None) -> bytes:
    lines = "".join(f"<p>{escape(line)}</p>\n" for line in around("", 4))
    declared = declared or encoding
    return (
        f'<!DOCTYPE html><html><head><meta charset="{declared}">{head}</head><body>\n{body}\n{lines}</body></html>'
    ).encode(encoding)


def _spans(writing: Writing) -> str:
    font = f" style=\"font-family:'{writing.font}'\"" if writing.font else ""
    return "".join(f"<span{font}>{escape(piece)}</span>" for piece in writing.pieces)


def _html(template: Callable[[str], str]) -> Callable[[Writing], bytes]:
    return lambda writing: _page(template(_spans(writing)))


def _html_words(template: Callable[[str], str], head: Callable[[str], str] | None = None) -> Callable[[Writing], bytes]:
    return lambda writing: _page(
        template(escape(writing.text, quote=True)), head(escape(writing.text, quote=True)) if head else ""
    )


def _references(style: str) -> Callable[[Writing], bytes]:
    return lambda writing: _page(
        "<p>" + "".join(style.format(ord(letter)) if letter != " " else " " for letter in writing.text) + "</p>"
    )


def _split_tags(writing: Writing) -> bytes:
    return _page("<p>" + "<!-- x --><wbr>".join(f"<b>{escape(letter)}</b>" for letter in writing.text) + "</p>")


def _folded(name: str, value: str) -> str:
    """A content line folded at 75 octets (RFC 5545 §3.1)."""
    raw, out = f"{name}:{value}".encode(), []
    while len(raw) > 60:
        cut = 60
        while raw[cut] & 0xC0 == 0x80:
            cut -= 1
        out.append(raw[:cut])
        raw = b" " + raw[cut:]
    return b"\r\n".join([*out, raw]).decode()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _calendar(name: str) -> Callable[[Writing], bytes]:
    def make(writing: Writing) -> bytes:
        value = _escaped(writing.text)
        if name == "DESCRIPTION":
            value = f"Kính mời đồng chí dự họp.\\n{value}\\nĐịa điểm: hội trường tầng 2."
        event = {
            "DTSTART": "20261130T010000Z",
            "DTEND": "20261130T030000Z",
            "UID": "1@example.invalid",
            "SUMMARY": "Họp giao ban",
        }
        event[name] = value
        rows = "\r\n".join(_folded(key, text) for key, text in event.items())
        return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//VI\r\nBEGIN:VEVENT\r\n{rows}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n".encode()

    return make


def _card(name: str, *, quoted: bool = False) -> Callable[[Writing], bytes]:
    def make(writing: Writing) -> bytes:
        if quoted:
            value = quopri.encodestring(writing.text.encode()).decode().replace("=\n", "=\r\n")
            row, version = f"{name};CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:{value}", "2.1"
        else:
            row, version = _folded(name, _escaped(writing.text)), "3.0"
        return (
            f"BEGIN:VCARD\r\nVERSION:{version}\r\nN:An;Nguyễn;;;\r\nFN:Nguyễn Văn An\r\n{row}\r\nEND:VCARD\r\n".encode()
        )

    return make


def message(
    *, subject: str = "Báo cáo tháng 10", body: str = "", html: str = "", files: tuple[tuple[str, bytes], ...] = ()
) -> bytes:
    """A message by the standard library."""
    made = EmailMessage()
    made["From"] = "a@example.invalid"
    made["To"] = "b@example.invalid"
    made["Subject"] = subject
    made.set_content(body or "Kính gửi anh Toàn,\n", charset="utf-8", cte="quoted-printable")
    if html:
        made.add_alternative(html, subtype="html")
    for name, data in files:
        made.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _headerable(writing: Writing) -> bool:
    return one_piece(writing) and not any(unicodedata.category(letter) == "Cc" for letter in writing.text)


_MAPI = {"subject": "0037", "body": "1000"}


def _msg(which: str) -> Callable[[Writing], bytes]:
    """An Outlook message with its string properties as streams (MS-OXMSG)."""

    def make(writing: Writing) -> bytes:
        text = writing.text if which == "subject" else _lines(writing)
        values = {"001A": "IPM.Note", "0037": "Báo cáo tháng 10", "1000": "Kính gửi anh Toàn,", _MAPI[which]: text}
        streams: dict[tuple[str, ...], bytes] = {}
        table = bytes(32)
        for tag, value in values.items():
            data = value.encode("utf-16-le")
            streams[f"__substg1.0_{tag}001F",] = data
            table += struct.pack("<HHIII", 0x1F, int(tag, 16), 6, len(data) + 2, 0)
        streams["__properties_version1.0",] = table
        for name in ("00020102", "00030102", "00040102"):
            streams["__nameid_version1.0", f"__substg1.0_{name}"] = b""
        return write_compound(streams)

    return make


def tnef(which: str, text: str, files: tuple[tuple[str, bytes], ...] = ()) -> bytes:
    """A winmail.dat (MS-OXTNEF)."""

    def attribute_(level: int, identifier: int, value: bytes) -> bytes:
        return struct.pack("<BII", level, identifier, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)

    out = struct.pack("<IH", 0x223E9F78, 1) + attribute_(1, 0x00089006, struct.pack("<I", 0x00010000))
    out += attribute_(1, 0x00069007, struct.pack("<II", 1258, 0))
    value = text.encode("utf-16-le") + b"\0\0"
    tag = 0x0037001F if which == "subject" else 0x1000001F
    padded = value + bytes(-len(value) % 4)
    out += attribute_(1, 0x00069003, struct.pack("<III", 1, tag, 1) + struct.pack("<I", len(value)) + padded)
    for name, data in files:
        out += attribute_(2, 0x00069002, struct.pack("<HIII", 1, 0xFFFFFFFF, 0, 0)[:14])
        out += attribute_(2, 0x0006800F, data) + attribute_(2, 0x00018010, name.encode("ascii") + b"\0")
    return out


def _svg(inner: Callable[[str], str]) -> Callable[[Writing], bytes]:
    return lambda writing: (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200">{inner(xml(writing.text))}</svg>'.encode()
    )


def _xml(template: Callable[[str], str]) -> Callable[[Writing], bytes]:
    return lambda writing: (
        '<?xml version="1.0" encoding="UTF-8"?><ho-so><ten>Báo cáo</ten>' + template(writing.text) + "</ho-so>"
    ).encode()


def _word_2003(writing: Writing) -> bytes:
    rows = "".join(f"<w:p><w:r><w:t>{xml(line)}</w:t></w:r></w:p>" for line in around(writing.text))
    return (
        '<?xml version="1.0" encoding="UTF-8"?><?mso-application progid="Word.Document"?>'
        '<w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml">'
        f"<w:body>{rows}</w:body></w:wordDocument>"
    ).encode()


def _excel_2003(writing: Writing) -> bytes:
    rows = "".join(
        f'<Row><Cell><Data ss:Type="String">{xml(line)}</Data></Cell></Row>' for line in around(writing.text)
    )
    return (
        '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
        f'<Worksheet ss:Name="T"><Table>{rows}</Table></Worksheet></Workbook>'
    ).encode()


def _shorter_than_xml(writing: Writing) -> bool:
    return one_piece(writing) and "]]>" not in writing.text


SLOTS: tuple[Slot, ...] = (
    Slot("txt", "line, UTF-8", _encoded("utf-8"), accepts=plain_letters),
    Slot("txt", "line, UTF-8 with mark", _encoded("utf-8-sig"), accepts=plain_letters),
    Slot("txt", "line, UTF-16 little-endian", _encoded("utf-16-le", b"\xff\xfe"), accepts=plain_letters),
    Slot("txt", "line, UTF-16 big-endian", _encoded("utf-16-be", b"\xfe\xff"), accepts=one_piece),
    Slot("txt", "line, UTF-16 without mark", _encoded("utf-16-le"), accepts=_true),
    Slot("txt", "line, UTF-32", _encoded("utf-32"), accepts=_true),
    *(Slot("txt", f"line, {charset.value}", _legacy(charset), accepts=_true)
      for charset in (Charset.TCVN3, Charset.VNI, Charset.CP1258, Charset.VISCII, Charset.VPS)),
    Slot("html", "paragraph", _html(lambda m: f"<p>{m}</p>")),
    Slot("html", "table cell", _html(lambda m: f"<table><tr><td>{m}</td><td>125</td></tr></table>")),
    Slot("html", "not displayed", _html(lambda m: f'<div style="display:none">{m}</div>')),
    Slot("html", "white text", _html(lambda m: f'<p style="color:#fff">{m}</p>')),
    Slot("html", "far outside", _html(lambda m: f'<div style="position:absolute;left:-9999px">{m}</div>')),
    Slot("html", "block in a block", _html(lambda m: f"<div><div><center><font color=red>{m}</font></center></div></div>")),
    Slot("html", "preformatted", _html(lambda m: f"<pre>\n{m}\n</pre>")),
    Slot("html", "conditional comment", _html(lambda m: f"<!--[if mso]><p>{m}</p><![endif]-->")),
    Slot("html", "comment", lambda m: _page(f"<!-- {m.text} -->"), accepts=lambda m: one_piece(m) and "--" not in m.text),
    Slot("html", "template", _html(lambda m: f"<template><p>{m}</p></template>")),
    *(Slot("html", place, _html_words(template), accepts=one_piece) for place, template in (
        ("alternative text", lambda m: f'<img src="cid:a" alt="{m}">'),
        ("title of an element", lambda m: f'<p title="{m}">x</p>'), ("form value", lambda m: f'<input type="text" value="{m}">'),
        ("hidden form value", lambda m: f'<input type="hidden" value="{m}">'), ("choice", lambda m: f"<select><option>{m}</option></select>"),
        ("text of SVG", lambda m: f"<svg><text>{m}</text></svg>"), ("frame of its own", lambda m: f'<iframe srcdoc="{m}"></iframe>'),
        ("placeholder", lambda m: f'<input placeholder="{m}">'), ("caption", lambda m: f"<table><caption>{m}</caption><tr><td>1</td></tr></table>"),
    )),
    Slot("html", "title", _html_words(lambda m: "", lambda m: f"<title>{m}</title>"), accepts=one_piece),
    Slot("html", "description", _html_words(lambda m: "", lambda m: f'<meta name="description" content="{m}">'), accepts=one_piece),
    Slot("html", "generated content", _html_words(
        lambda m: '<p class="a">x</p>', lambda m: f'<style>.a::before{{content:"{m}"}}</style>'), accepts=_true),
    Slot("html", "decimal references", _references("&#{};"), accepts=_true),
    Slot("html", "hexadecimal references", _references("&#x{:x};"), accepts=_true),
    Slot("html", "references without semicolon", _references("&#{}"), accepts=_true),
    Slot("html", "tags between letters", _split_tags, accepts=_true),
    Slot("html", "UTF-16", lambda m: _page(f"<p>{escape(m.text)}</p>", encoding="utf-16"), accepts=_true),
    Slot("html", "wrong charset declared", lambda m: _page(f"<p>{escape(m.text)}</p>", declared="windows-1252"), accepts=_true),
    *(Slot("ics", name.lower(), _calendar(name), accepts=one_piece) for name in ("SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "CATEGORIES", "X-ALT-DESC")),
    *(Slot("vcf", name.lower(), _card(name), accepts=one_piece) for name in ("NOTE", "TITLE", "ORG")),
    Slot("vcf", "note, quoted-printable", _card("NOTE", quoted=True), accepts=_true),
    Slot("eml", "subject", lambda m: message(subject=f"[{m.text}] Kế hoạch diễn tập"), accepts=_true),
    Slot("eml", "text", lambda m: message(body=f"Kính gửi anh Toàn,\n\n{m.text}\n\nEm gửi báo cáo.\n"), accepts=_headerable),
    Slot("eml", "HTML", lambda m: message(html=f"<p>{escape(m.text)}</p><p>Kính gửi anh Toàn</p>"), accepts=_headerable),
    Slot("eml", "name of a file", lambda m: message(files=((f"Kế hoạch ({m.text}).txt", b"1;2"),)), accepts=_true),
    *(Slot("svg", place, _svg(template), accepts=one_piece) for place, template in (
        ("text", lambda m: f'<text x="10" y="20">{m}</text>'), ("title", lambda m: f"<title>{m}</title><rect/>"),
        ("description", lambda m: f"<desc>{m}</desc><rect/>"), ("foreign object", lambda m: f'<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">{m}</p></foreignObject>'),
    )),
    Slot("svg", "letters apart", lambda m: _svg(lambda _: "<text>" + "".join(
        f'<tspan x="{10 + 12 * n}">{xml(c)}</tspan>' for n, c in enumerate(m.text)) + "</text>")(m), accepts=_true),
    Slot("xml", "element", _xml(lambda m: f"<do-mat>{xml(m)}</do-mat>"), accepts=one_piece),
    Slot("xml", "attribute", _xml(lambda m: f"<van-ban phan-loai={attribute(m)}/>"), accepts=one_piece),
    Slot("xml", "CDATA", _xml(lambda m: f"<x><![CDATA[{m}]]></x>"), accepts=_shorter_than_xml),
    Slot("xml", "comment", _xml(lambda m: f"<!-- {m} -->"), accepts=lambda m: one_piece(m) and "--" not in m.text),
    Slot("xml", "Word 2003", _word_2003, accepts=one_piece),
    Slot("xml", "Excel 2003", _excel_2003, accepts=one_piece),
    Slot("msg", "text", _msg("body"), accepts=one_piece),
    Slot("msg", "subject", _msg("subject"), accepts=one_piece),
    Slot("tnef", "text", lambda m: tnef("body", _lines(m)), accepts=one_piece, extension="dat"),
    Slot("tnef", "subject", lambda m: tnef("subject", m.text), accepts=one_piece, extension="dat"),
)  # fmt: skip
