"""A remedy works: each sample is refused with the remedy in its first line, and fixed as it says, it passes."""

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pypdf
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7
from msoffcrypto.format.ooxml import OOXMLFile
from PIL import Image

from gateway.cli import main
from gateway.demo.documents import Paragraph, official_letter, pdf_file, word_file, zip_archive
from gateway.serve import app
from tests.pki.tree import tree
from tests.readers.zipcrypto import encrypted_zip
from tests.support.octets import file_of, seven_zip, written

pytestmark = pytest.mark.slow

UNIT, PERSON = "noivu.binhtan@tphcm.gov.vn", "nva.anlac.bt@tphcm.gov.vn"
PASSWORD = "Mot2Ba4Nam"
NOTE = (Paragraph("Đề nghị các phòng gửi số liệu trước ngày 30."),)
ARIAL = tuple(Paragraph(line.text, font="Arial") for line in official_letter("12/UBND-NV", "kế hoạch quý IV"))
LETTER = official_letter("12/UBND-NV", "kế hoạch quý IV")
WORD, PDF = word_file(NOTE), pdf_file(NOTE)
LONG = word_file([Paragraph(f"{hashlib.sha256(bytes([n])).hexdigest()}.") for n in range(120)])
PROGRAM = b"MZ\x90\x00\x03" + b"\x00" * 55 + b"\x80\x00\x00\x00" + b"\x00" * 64 + b"PE\x00\x00\x64\x86" + b"\x00" * 256
SHORTCUT = bytes.fromhex("4c0000000114020000000000c000000000000046") + bytes(60)


def letter(*files: tuple[str, bytes], subject: str = "Gui tai lieu") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = UNIT, UNIT, subject
    message["Date"], message["Message-ID"] = "Fri, 27 Nov 2026 09:00:00 +0700", "<1@tphcm.gov.vn>"
    message.set_content("Kinh gui.\n")
    for name, content in files:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def locked_pdf() -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(PDF))
    writer.encrypt(PASSWORD, algorithm="AES-256")
    return written(writer.write)


def printed(locked: bytes) -> bytes:
    """The PDF opened with its password and written anew without one."""
    reader = pypdf.PdfReader(io.BytesIO(locked), password=PASSWORD)
    writer = pypdf.PdfWriter()
    writer.append(reader)
    return written(writer.write)


def locked_word() -> bytes:
    return written(partial(OOXMLFile(io.BytesIO(LONG)).encrypt, PASSWORD))


def photo(form: str) -> bytes:
    return file_of(Image.new("RGB", (64, 64), "white"), form)


def enveloped(content: bytes) -> bytes:
    """The mail encrypted by the mail program (S/MIME, RFC 8551 §3.3)."""
    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(content).add_recipient(tree().g2_person.certificate)
    head = f"From: {UNIT}\r\nTo: {UNIT}\r\nSubject: Gui tai lieu\r\nDate: Fri, 27 Nov 2026 09:00:00 +0700\r\n".encode()
    return head + builder.encrypt(serialization.Encoding.SMIME, []).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


SAMPLES: dict[str, tuple[Callable[[], bytes], str, Callable[[], bytes]]] = {
    "a locked pdf, printed to a new one": (
        lambda: letter(("bang-luong.pdf", locked_pdf())),
        "Gửi bản PDF không có mật khẩu",
        lambda: letter(("bang-luong.pdf", printed(locked_pdf()))),
    ),
    "a locked Word file, its password emptied": (
        lambda: letter(("bao-cao.docx", locked_word())),
        "Bỏ mật khẩu rồi gửi lại",
        lambda: letter(("bao-cao.docx", LONG)),
    ),
    "a locked zip, packed without a password": (
        lambda: letter(("ho-so.zip", encrypted_zip("bao-cao.docx", WORD, PASSWORD.encode()))),
        "Nén lại không đặt mật khẩu",
        lambda: letter(("ho-so.zip", zip_archive(("bao-cao.docx", WORD)))),
    ),
    "a locked 7z, packed as a zip": (
        lambda: letter(("ho-so.7z", seven_zip({"bao-cao.docx": WORD}, password=PASSWORD))),
        "Nén lại không đặt mật khẩu",
        lambda: letter(("ho-so.zip", zip_archive(("bao-cao.docx", WORD)))),
    ),
    "a mail encrypted in the message window, sent with encryption off": (
        lambda: enveloped(letter(("bao-cao.docx", WORD))),
        "Tắt mã hóa trong cửa sổ soạn thư",
        lambda: letter(("bao-cao.docx", WORD)),
    ),
    "a cut zip, packed again": (
        lambda: letter(("ho-so.zip", zip_archive(("bao-cao.docx", WORD))[:-120])),
        "Nén lại dạng zip",
        lambda: letter(("ho-so.zip", zip_archive(("bao-cao.docx", WORD)))),
    ),
    "a program, left out": (
        lambda: letter(("cai-dat.exe", PROGRAM), ("bao-cao.docx", WORD)),
        "nhờ người phụ trách CNTT chuyển",
        lambda: letter(("bao-cao.docx", WORD)),
    ),
    "a program in an archive, left out of it": (
        lambda: letter(("phần mềm ký số.zip", zip_archive(("VGCASignService.exe", PROGRAM), ("doc.docx", WORD)))),
        "nhờ người phụ trách CNTT chuyển",
        lambda: letter(("phần mềm ký số.zip", zip_archive(("doc.docx", WORD)))),
    ),
    "a shortcut, in its place the file": (
        lambda: letter(("bao-cao.docx.lnk", SHORTCUT)),
        "gửi lối tắt",
        lambda: letter(("bao-cao.docx", WORD)),
    ),
    "an issued letter in Arial, set in Times New Roman": (
        lambda: letter(("cong-van.docx", word_file(ARIAL)), subject="[bản giấy] Công văn 12"),
        "Đổi mọi chữ sang Times New Roman",
        lambda: letter(("cong-van.docx", word_file(LETTER)), subject="[bản giấy] Công văn 12"),
    ),
    "an issued letter without a signature, the paper declared": (
        lambda: letter(("cong-van.docx", word_file(LETTER))),
        "Ký số rồi gửi lại",
        lambda: letter(("cong-van.docx", word_file(LETTER)), subject="[bản giấy] Công văn 12"),
    ),
    "a paper copy without brackets, with them": (
        lambda: letter(("cong-van.docx", word_file(LETTER)), subject="bản giấy Công văn 12"),
        "ghi đúng [bản giấy] trong ngoặc",
        lambda: letter(("cong-van.docx", word_file(LETTER)), subject="(bản giấy) Công văn 12"),
    ),
}


@pytest.fixture(scope="module")
def checked(lent_wall) -> Iterator[Callable[..., list[dict[str, object]]]]:
    """What `gateway check --json` says of files, one object each."""

    def check(*files: Path, to: tuple[str, ...] = (UNIT,)) -> list[dict[str, object]]:
        recipients = [word for one in to for word in ("--to", one)]
        patch.setattr("sys.argv", ["gateway", "check", "--json", "--from", UNIT, *recipients, *map(str, files)])
        with io.TextIOWrapper(octets := io.BytesIO(), "utf-8") as said:
            with redirect_stdout(said), pytest.raises(SystemExit):
                main()
            said.flush()
            return [json.loads(line) for line in octets.getvalue().splitlines()]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "start_workers", lambda *_: lent_wall())
        yield check


@pytest.fixture(scope="module")
def judged(checked, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[dict[str, object], dict[str, object]]]:
    """Return what `gateway check` says of each sample, and of the fixed one."""
    folder = tmp_path_factory.mktemp("remedies")
    files: list[Path] = []
    for number, (broken, _, fixed) in enumerate(SAMPLES.values()):
        for name, make in (("broken", broken), ("fixed", fixed)):
            files.append(folder / f"{number:02}-{name}.eml")
            files[-1].write_bytes(make())
    by_name = {Path(str(line["file"])).name: line for line in checked(*files)}
    return {
        name: (by_name[f"{number:02}-broken.eml"], by_name[f"{number:02}-fixed.eml"])
        for number, name in enumerate(SAMPLES)
    }


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_fixed_as_its_refusal_says_passes(name, judged):
    broken, fixed = judged[name]
    first = str(broken["reply"]).split(" | ")[0]
    assert broken["disposition"] == "reject", broken["reply"]
    assert SAMPLES[name][1] in first
    assert fixed["disposition"] in {"relay", "tag"}, fixed["reply"]


def test_a_program_in_an_archive_is_named_behind_the_attachment(judged):
    broken, _ = judged["a program in an archive, left out of it"]
    assert "“phần mềm ký số.zip › VGCASignService.exe”" in str(broken["reply"]).split(" | ")[0]


def test_the_recipient_in_the_way_of_a_paper_copy_is_named_with_the_reason(checked, tmp_path):
    file = tmp_path / "a.eml"
    file.write_bytes(letter(("cong-van.docx", word_file(LETTER)), subject="[bản giấy] Công văn 12"))
    (found,) = checked(file, to=(UNIT, PERSON))
    first, *further = str(found["reply"]).split(" | ")
    assert f"bỏ {PERSON} khỏi người nhận" in first
    assert any(f"{PERSON} có dạng hộp thư cá nhân" in line for line in further)
