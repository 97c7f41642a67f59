"""Marks in places that no page shows: header fields of every kind, text files of every format, source code.

`marked` yields mails that carry one, `innocent` the same places with words that only sound alike.
"""

import base64
import json
import quopri
from collections.abc import Callable, Iterator

from tests.accuracy import wall
from tests.attacks.check_process import HEADER
from tests.attacks.encoded_marks import tex

MARK = "TUYỆT MẬT"
ALIKE = "BẢO MẬT THÔNG TIN"
PERSONS = ("Nguyễn Văn Mật", "NGUYỄN VĂN MẬT", "Phòng Bảo mật", "Ban Cơ yếu - Phòng Mật mã", "PHÒNG MẬT MÃ", "Trần Thị Mật (Văn thư)", "Vũ Mật")  # fmt: skip
"""People and units whose names hold the word."""


def _word(text: str, encoding: str = "B", charset: str = "utf-8") -> str:
    raw = text.encode(charset, "xmlcharrefreplace")
    if encoding == "B":
        return f"=?{charset}?B?{base64.b64encode(raw).decode()}?="
    shown = quopri.encodestring(raw, quotetabs=True, header=True).decode().replace("=\n", "").replace("?", "=3F")
    return f"=?{charset}?Q?{shown}?="


def _mail(
    fields: str, *, sender: str = "An <an.binhtan@tphcm.gov.vn>", part: str = "", body: str = "Kính gửi anh.\r\n"
) -> bytes:
    header = HEADER.decode().replace("An <an.binhtan@tphcm.gov.vn>", sender)
    return (
        header
        + fields
        + f"{part}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}"
    ).encode()


def _with_part(header: str) -> bytes:
    return (
        HEADER.decode()
        + 'Content-Type: multipart/mixed; boundary="BB"\r\n\r\n--BB\r\nContent-Type: text/plain\r\n\r\nx\r\n'
        f"--BB\r\nContent-Type: text/plain; charset=utf-8\r\n{header}\r\n\r\nNoi dung.\r\n--BB--\r\n"
    ).encode()


FIELDS: dict[str, Callable[[str], bytes]] = {
    "subject": lambda m: _mail(f"Subject: [{_word(m)}] x\r\n"),
    "subject, bare UTF-8": lambda m: _mail(f"Subject: {m}\r\n"),
    "subject, quoted-printable": lambda m: _mail(f"Subject: {_word(m, 'Q')}\r\n"),
    "subject, letters over two words": lambda m: _mail(f"Subject: {_word(m[:2])}\r\n {_word(m[2:])}\r\n"),
    "subject, Windows-1258 in references": lambda m: _mail(f"Subject: {_word(m, 'B', 'ascii')}\r\n"),
    "comments": lambda m: _mail(f"Comments: {_word(m)}\r\n"),
    "keywords": lambda m: _mail(f"Keywords: ke hoach, {_word(m)}\r\n"),
    "sender's name": lambda m: _mail("", sender=f"{_word(f'[{m}] An')} <an.binhtan@tphcm.gov.vn>"),
    "sender's name, quoted": lambda m: _mail("", sender=f'"({m}) An" <an.binhtan@tphcm.gov.vn>'),
    "sender's name, alone": lambda m: _mail("", sender=f"{_word(m)} <an.binhtan@tphcm.gov.vn>"),
    "sender's name, set off": lambda m: _mail("", sender=f"{_word(f'An - {m}')} <an.binhtan@tphcm.gov.vn>"),
    "comment of an address": lambda m: _mail("", sender=f"an.binhtan@tphcm.gov.vn ({_word(m)})"),
    "recipient's name": lambda m: _mail(f"Cc: {_word(m)} <b@tphcm.gov.vn>\r\n"),
    "group": lambda m: _mail(f"Cc: {_word(m)}: b@tphcm.gov.vn;\r\n"),
    "reply address": lambda m: _mail(f"Reply-To: {_word(f'[{m}]')} <an.binhtan@tphcm.gov.vn>\r\n"),
    "organization": lambda m: _mail(f"Organization: {_word(m)}\r\n"),
    "own field": lambda m: _mail(f"X-Ghi-Chu: {_word(m)}\r\n"),
    "own field, label": lambda m: _mail(f"X-Do-Mat: {_word(m.capitalize())}\r\n"),
    "own field, bare": lambda m: _mail(f"X-Note: Ke hoach ({m})\r\n"),
    "own field, escaped": lambda m: _mail(f"X-Note: {''.join(chr(92) + f'u{ord(c):04x}' for c in m)}\r\n"),
    "own field, percent": lambda m: _mail("X-Note: " + "".join(f"%{octet:02X}" for octet in m.encode()) + "\r\n"),
    "thread topic": lambda m: _mail(f"Thread-Topic: {_word(m)}\r\n"),
    "list name": lambda m: _mail(f"List-Id: {_word(m)} <a.tphcm.gov.vn>\r\n"),
    "references by name": lambda m: _mail(f"X-MS-Exchange-Organization-Classification: {_word(m)}\r\n"),
    "comment of the date": lambda m: _mail(f"X-Date: Tue, 24 Nov 2026 10:00:00 +0700 ({_word(m)})\r\n"),
    "description of a part": lambda m: _with_part(f"Content-Description: {_word(m)}"),
    "own field of a part": lambda m: _with_part(f"X-Ghi-Chu: {_word(m)}"),
    "name of a part": lambda m: _with_part(f'Content-Disposition: attachment; filename="{_word(m)}.txt"'),
    "name of a part, RFC 2231": lambda m: _with_part(
        "Content-Disposition: attachment; filename*=utf-8''" + "".join(f"%{octet:02X}" for octet in f"{m}.txt".encode())
    ),
    "name in the type": lambda m: _with_part(f"Content-ID: <1>\r\nX-Name: {_word(f'({m})')}"),
    "location of a part": lambda m: _with_part("Content-Location: " + "".join(f"%{o:02X}" for o in f"{m}.txt".encode())),
    "field of an attached mail": lambda m: wall.mail([("a.eml", _mail(f"X-Ghi-Chu: {_word(m)}\r\n"))]),
    "sender of an attached mail": lambda m: wall.mail([("a.eml", _mail("", sender=f"{_word(f'[{m}] An')} <a@tphcm.gov.vn>"))]),
}  # fmt: skip
_LETTER = ("UBND QUẬN BÌNH TÂN", "Số: 15/KH-UBND", "Kế hoạch bảo vệ kỳ họp thứ hai của Hội đồng nhân dân")


def _json(mark: str, *, ascii_only: bool) -> bytes:
    return json.dumps({"so": _LETTER[1], "dau": mark, "trich_yeu": _LETTER[2]}, ensure_ascii=ascii_only).encode()


def _lines(*lines: str) -> bytes:
    return "\r\n".join(lines).encode() + b"\r\n"


FILES: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "JSON": ("a.json", lambda m: _json(m, ascii_only=False)),
    "JSON, escaped": ("a.json", lambda m: _json(m, ascii_only=True)),
    "JSON, indented": ("a.json", lambda m: json.dumps({"van_ban": [{"dau": m, "so": 15}]}, indent=2).encode()),
    "JSON, label": ("a.json", lambda m: json.dumps({"do_mat": m.capitalize(), "so": 15}).encode()),
    "JSON, list": ("a.json", lambda m: json.dumps(["KẾ HOẠCH", m, "x"]).encode()),
    "JSON, list of lines": ("a.json", lambda m: json.dumps(["KẾ HOẠCH", "Số: 15/KH-UBND", m, "x"], indent=1).encode()),
    "JSON, key": ("a.json", lambda m: json.dumps({m: {"so": 15}}).encode()),
    "JSON, letter in one string": ("a.json", lambda m: json.dumps({"noi_dung": "\n".join((_LETTER[0], m, *_LETTER[1:]))}).encode()),
    "JSON lines": ("a.jsonl", lambda m: _json(m, ascii_only=True) + b"\n" + _json("x", ascii_only=True)),
    "JSON called text": ("a.txt", lambda m: _json(m, ascii_only=True)),
    "YAML": ("a.yaml", lambda m: _lines("so: 15", f"dau: {m}", f"trich_yeu: {_LETTER[2]}")),
    "YAML, quoted": ("a.yml", lambda m: _lines("so: 15", f'dau: "{m}"')),
    "YAML, label": ("a.yml", lambda m: _lines("so: 15", f"do_mat: {m.lower()}")),
    "TOML": ("a.toml", lambda m: _lines("[van_ban]", f'dau = "{m}"')),
    "INI": ("a.ini", lambda m: _lines("[van_ban]", f"dau={m}")),
    "INI, comment": ("a.ini", lambda m: _lines(f"; {m}", "[van_ban]", "so=15")),
    "properties": ("a.properties", lambda m: _lines("so=15", "dau=" + m.encode("unicode_escape").decode())),
    "shortcut to a page": ("a.url", lambda m: _lines("[InternetShortcut]", "URL=http://x.vn/", f"Comment={m}")),
    "batch file": ("a.bat", lambda m: _lines("@echo off", f"REM {m}", "echo x")),
    "batch file, shown": ("a.bat", lambda m: _lines("@echo off", f"echo {m}")),
    "log": ("a.log", lambda m: _lines("2026-11-24 10:00:00 INFO start", f"2026-11-24 10:00:01 INFO dau=[{m}] so=15")),
    "Markdown heading": ("a.md", lambda m: _lines(f"# {m}", "", _LETTER[2])),
    "Markdown, bold": ("a.md", lambda m: _lines(_LETTER[0], "", f"**{m}**", "", _LETTER[2])),
    "Markdown, letters marked": ("a.md", lambda m: _lines(_LETTER[0], "", f"**{m[:3]}**_{m[3:]}_", "", _LETTER[2])),
    "Markdown, quote": ("a.md", lambda m: _lines(f"> {m}", "", _LETTER[2])),
    "Markdown, table": ("a.md", lambda m: _lines("| Số | Dấu |", "|---|---|", f"| 15 | {m} |")),
    "Markdown, HTML": ("a.md", lambda m: _lines(_LETTER[0], f'<p align="center"><b>{m}</b></p>', _LETTER[2])),
    "reStructuredText": ("a.rst", lambda m: _lines(m, "=" * 9, "", _LETTER[2])),
    "Org": ("a.org", lambda m: _lines(f"* {m}", _LETTER[2])),
    "TeX": ("a.tex", lambda m: _lines(r"\documentclass{article}", rf"\begin{{center}}\textbf{{{m}}}\end{{center}}", _LETTER[2])),
    "TeX, accents": ("a.tex", lambda m: _lines(r"\documentclass{article}", tex(m), "x")),
    "TeX, accents in a command": ("a.tex", lambda m: _lines(r"\section*{" + tex(m) + "}", "x")),
    "TeX, title": ("a.tex", lambda m: _lines(rf"\title{{{m}}}", r"\maketitle")),
    "Python": ("a.py", lambda m: _lines("import os", f'DAU = "{m}"', "print(DAU)")),
    "Python, comment": ("a.py", lambda m: _lines(f"# {m}", "print(1)")),
    "Python, call": ("a.py", lambda m: _lines(f"print('{m}')")),
    "Python, escaped": ("a.py", lambda m: _lines(f"print('{m.encode('unicode_escape').decode()}')")),
    "C": ("a.c", lambda m: _lines("int main(void) {", f'  puts("{m}");', "}")),
    "C, comment": ("a.c", lambda m: _lines(f"/* {m} */", "int x;")),
    "C, octets": ("a.c", lambda m: _lines('  puts("' + "".join(f"\\x{o:02x}" for o in m.encode()) + '");')),
    "JavaScript": ("a.txt", lambda m: _lines(f"const dau = `{m}`;", "console.log(dau);")),
    "SQL": ("a.sql", lambda m: _lines(f"INSERT INTO vb (so, dau) VALUES ('15', '{m}');")),
    "SQL, comment": ("a.sql", lambda m: _lines(f"-- {m}", "SELECT 1;")),
    "CSS": ("a.css", lambda m: _lines(f'p::before {{ content: "{m}"; }}')),
    "CSS, escaped": ("a.css", lambda m: _lines('p::before { content: "' + "".join(f"\\{ord(c):06x}" for c in m) + '"; }')),
    "SVG": ("a.svg", lambda m: f'<svg xmlns="http://www.w3.org/2000/svg"><text>{m}</text></svg>'.encode()),
    "SVG, style": ("a.svg", lambda m: f'<svg xmlns="http://www.w3.org/2000/svg"><style>text:before{{content:"{m}"}}</style></svg>'.encode()),
    "SVG, data address": ("a.svg", lambda m: (
        '<svg xmlns="http://www.w3.org/2000/svg"><a href="data:text/plain;base64,' + base64.b64encode(m.encode()).decode() + '"/></svg>').encode()),
    "HTML, script": ("a.html", lambda m: f"<p>x</p><script>document.write('{m}')</script>".encode()),
    "HTML, script, escaped": ("a.html", lambda m: ("<p>x</p><script>document.write(unescape('" + "".join(f"%u{ord(c):04X}" for c in m) + "'))</script>").encode()),
    "HTML, script, base64": ("a.html", lambda m: ("<p>x</p><script>document.write(atob('" + base64.b64encode(f"<p>{m}</p>".encode()).decode() + "'))</script>").encode()),
    "HTML, attribute of data": ("a.html", lambda m: f'<p data-dau="{m}">x</p>'.encode()),
    "CSS of a page": ("a.html", lambda m: f'<style>p{{background:url("data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg%22><text>{m}</text></svg>")}}</style><p>x</p>'.encode()),
    "subtitles": ("a.srt", lambda m: _lines("1", "00:00:01,000 --> 00:00:04,000", m, "")),
    "gettext": ("a.po", lambda m: _lines('msgid "stamp"', f'msgstr "{m}"')),
    "diff": ("a.diff", lambda m: _lines("--- a/x", "+++ b/x", "@@ -1 +1 @@", "-cu", f"+{m}")),
    "tab-separated": ("a.tsv", lambda m: _lines("so\tdau", f"15\t{m}")),
    "semicolons": ("a.csv", lambda m: _lines("so;dau;ngay", f"15;{m};24/11/2026")),
    "LDIF": ("a.ldif", lambda m: _lines("dn: cn=x", "description:: " + base64.b64encode(m.encode()).decode())),
    "bibliography": ("a.bib", lambda m: _lines("@misc{a,", f"  title = {{{m}}},", "}")),
    "task list": ("a.txt", lambda m: _lines("- [ ] việc một", f"- [x] {m}", "- [ ] việc ba")),
    "frame of signs": ("a.txt", lambda m: _lines("+-----------+", f"| {m} |", "+-----------+", _LETTER[2])),
    "numbers before": ("a.txt", lambda m: _lines("1  UBND QUẬN BÌNH TÂN", f"2  {m}", "3  Số: 15/KH-UBND")),
    "UTF-16": ("a.ini", lambda m: f"[van_ban]\r\ndau={m}\r\n".encode("utf-16")),
    "Windows-1258": ("a.ini", lambda m: b"[van_ban]\r\ndau=" + "TUYÊòT MÂòT\r\n".encode("cp1252") if m == MARK else b"[van_ban]\r\ndau=x\r\n"),
    "TCVN3": ("a.log", lambda m: b"dau: TUY\xd6T M\xcbT\r\n" if m == MARK else b"dau: x\r\n"),
    "VNI": ("a.md", lambda m: b"# TUYE\xc4T MA\xc4T\r\n" if m == MARK else b"# x\r\n"),
    "calendar": ("a.ics", lambda m: _lines("BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", f"X-GHI-CHU:{m}", "SUMMARY:Hop", "END:VEVENT", "END:VCALENDAR")),
    "card": ("a.vcf", lambda m: _lines("BEGIN:VCARD", "VERSION:3.0", "FN:An", f"X-GHI-CHU:{m}", "END:VCARD")),
    "DIF": ("a.dif", lambda m: _lines("TABLE", "0,1", '"EXCEL"', "-1,0", "BOT", "1,0", f'"{m}"', "-1,0", "EOD")),
}  # fmt: skip


def marked() -> Iterator[tuple[str, bytes]]:
    """Mails with a mark in each place."""
    for place, put in FIELDS.items():
        yield f"field / {place}", put(MARK)
    for place, (name, make) in FILES.items():
        yield f"file / {place}", wall.mail([(name, make(MARK))])
        if place not in ("Windows-1258", "TCVN3", "VNI", "UTF-16"):
            yield f"body / {place}", wall.mail([], body=make(MARK).decode("utf-8", "replace"))


_REFUSED_ANYWAY = frozenset({"batch file", "batch file, shown", "shortcut to a page"})
"""Programs by their names."""


def innocent() -> Iterator[tuple[str, bytes]]:
    """Mails with look-alikes in the same places."""
    for place, put in FIELDS.items():
        yield f"field / {place}", put(ALIKE)
    for person in PERSONS:
        yield (
            f"sender / {person}",
            _mail("Subject: Gui bao cao\r\n", sender=f"{_word(person)} <an.binhtan@tphcm.gov.vn>"),
        )
        yield f"recipient / {person}", _mail(f"Cc: {_word(person)} <b@tphcm.gov.vn>\r\n")
    for words in ("mật khẩu", "Mật độ dân số", "Bí mật kinh doanh", "danh mục bí mật nhà nước độ Tối mật"):
        for place, (name, make) in FILES.items():
            if place not in _REFUSED_ANYWAY:
                yield f"file / {place} / {words}", wall.mail([(name, make(words))])
