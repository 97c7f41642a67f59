"""Programs, macros, scripts and lies about the kind of a file, in real files and in every wrapping, meet their rule."""

import io
import zipfile
from pathlib import Path

import pytest

from tests.accuracy import wall, word
from tests.attacks.check_process import text_mail
from tests.attacks.verdicts import Answer, answers
from tests.readers.pdfs import simple
from tests.support.corpus import CORPUS, need
from tests.support.octets import zipped

PROGRAM = b"MZ" + bytes(58) + b"\x40\0\0\0" + b"PE\0\0" + bytes(500)
SHORTCUT = b"L\0\0\0\x01\x14\x02\0" + bytes(80)


def _with_template(target: str) -> bytes:
    archive = zipfile.ZipFile(io.BytesIO(word.package(word.para("<w:r><w:t>x</w:t></w:r>"))))
    files = {name: archive.read(name) for name in archive.namelist()}
    files["word/_rels/settings.xml.rels"] = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" '
        f'Target="{target}" TargetMode="External"/></Relationships>'
    ).encode()
    files.setdefault(
        "word/settings.xml", b'<w:settings xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"/>'
    )
    return zipped(files)


def _attached(name: str, data: bytes) -> bytes:
    return wall.mail([(name, data)])


PDF = simple(b"BT /F1 12 Tf 72 700 Td (Bao cao) Tj ET")
MAILS = {
    "program": (_attached("cai-dat.exe", PROGRAM), "reject", "opaque.executable"),
    "program called a document": (_attached("bao-cao.pdf", PROGRAM), "reject", "opaque.executable"),
    "program in a zip": (_attached("a.zip", zipped({"a/b.scr": PROGRAM})), "reject", "opaque.executable"),
    "shortcut": (_attached("bao-cao.lnk", SHORTCUT), "reject", "opaque.executable"),
    "batch file": (_attached("chay.bat", b"@echo off\r\ndel *.tmp\r\n"), "reject", "opaque.executable"),
    "two extensions": (_attached("bao-cao.pdf.vbs", b'MsgBox "x"\r\n'), "reject", "opaque.name_lie"),
    "name turned around": (_attached("bao-cao\u202efdp.txt", b"x"), "reject", "opaque.name_lie"),
    "PDF called docx": (_attached("bao-cao.docx", PDF), "tag", "opaque.type_lie"),
    "page with script": (text_mail("text/html", "<p>x</p><script>alert(1)</script>"), "tag", "opaque.script"),
    "template on a server": (_attached("a.docx", _with_template("https://example.invalid/a.dotm")), "tag", "opaque.outside"),
    "template on a share": (_attached("a.docx", _with_template("file://10.0.0.1/a.dotm")), "tag", "opaque.outside"),
    "SYLK with macros": (_attached("a.slk", b'ID;P\r\nO;E\r\nC;Y1;X1;EEXEC("x")\r\nE\r\n'), "reject", "opaque.unsupported"),
    "PDF and zip in one": (_attached("a.pdf", PDF + zipped({"a.txt": b"x"})), "reject", "opaque.polyglot"),
}  # fmt: skip
HARMLESS = {
    "template on the writer's disk": _attached("a.docx", _with_template("file:///C:\\Users\\an\\Mau.dotm")),
    "message named after a host": _attached("Re: an@example.com", b"Kinh gui anh,\r\nEm gui bao cao.\r\n"),
    "text of a program": _attached("ghi-chu.py", b"print('x')\n"),
    "sheet called text": _attached("a.txt", "Cột 1\tCột 2\r\n".encode()),
}


@pytest.fixture(scope="module")
def judged() -> dict[str, Answer]:
    return answers([*((name, mail) for name, (mail, _, _) in MAILS.items()), *HARMLESS.items()])


@pytest.mark.parametrize("name", MAILS)
def test_what_is_active_or_misnamed_meets_its_rule(name: str, judged: dict[str, Answer]):
    _, disposition, rule = MAILS[name]
    answer = judged[name]
    assert rule in (answer.refused_by if disposition == "reject" else answer.tagged_by), answer


@pytest.mark.parametrize("name", HARMLESS)
def test_what_does_neither_is_not_accused(name: str, judged: dict[str, Answer]):
    rules = [rule for rule in (*judged[name].refused_by, *judged[name].tagged_by) if rule.startswith("opaque.")]
    assert not rules


RULES = {"odf-macro": "opaque.macro", "vba": "opaque.macro", "xlm-macro": "opaque.macro", "dde": "opaque.launch"}


@pytest.mark.slow
def test_real_files_with_macros_and_dde_are_never_relayed_without_a_word():
    rows = [row for row in need("active-content") if row["expected"].get("type") in RULES]
    assert len(rows) > 15
    found = answers(
        (row["file"], _attached(Path(row["file"]).name, (CORPUS / row["file"]).read_bytes())) for row in rows
    )
    silent = [
        f"{row['file']}: {found[row['file']]}" for row in rows
        if RULES[row["expected"]["type"]] not in (*found[row["file"]].refused_by, *found[row["file"]].tagged_by)
        and found[row["file"]].goes_out
    ]  # fmt: skip
    assert not silent
