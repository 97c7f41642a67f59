"""The sample mails of the demonstration, each with the verdict it must get."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from gateway.demo.documents import Line, encrypted_zip, official_letter, pdf_file, word_file, zip_archive

STAFF = "vanthu.binhtan@tphcm.gov.vn"
COLLEAGUE = "totruong.binhtan@tphcm.gov.vn"
UNIT = "phongnoivu.binhtan@tphcm.gov.vn"
OFFICE = "vanphong.binhtan@tphcm.gov.vn"
OUTSIDER = "nguoi.dan@gmail.com"

DOCX = ("application", "vnd.openxmlformats-officedocument.wordprocessingml.document")
PDF = ("application", "pdf")
ZIP = ("application", "zip")
_KINDS = {"docx": DOCX, "pdf": PDF, "zip": ZIP}


@dataclass(frozen=True)
class Attachment:
    """A file on a mail."""

    name: str
    data: bytes
    kind: tuple[str, str]


@dataclass(frozen=True)
class SampleMail:
    """One mail and what must become of it."""

    key: str
    """Key of its description in the catalogue."""
    subject: str
    expected: str
    """Name of the policy that refuses it, empty when it must be relayed."""
    body: str = "Kính gửi anh, chị tệp đính kèm."
    attachments: tuple[Attachment, ...] = ()
    reverse_path: str = STAFF
    recipient: str = COLLEAGUE
    authenticated: bool = True
    header: tuple[tuple[str, str], ...] = ()

    def content(self, now: datetime) -> bytes:
        """Return the message as a mail client would make it."""
        message = EmailMessage(policy=policy.SMTP)
        message["From"] = self.reverse_path
        message["To"] = self.recipient
        message["Subject"] = self.subject
        message["Date"] = format_datetime(now)
        message["Message-ID"] = make_msgid(domain="demo.example")
        for name, value in self.header:
            message[name] = value
        message.set_content(self.body + "\n")
        for attachment in self.attachments:
            maintype, subtype = attachment.kind
            message.add_attachment(attachment.data, maintype=maintype, subtype=subtype, filename=attachment.name)
        return message.as_bytes()


def samples(sign: Callable[[bytes], bytes]) -> tuple[SampleMail, ...]:
    """Return the sample mails; `sign` puts the person's and the organisation's signature on a PDF."""
    letter = official_letter("1215/UBND-VP", "báo cáo công tác tháng")
    signed = sign(pdf_file(letter))
    note = (Line("Biên bản trao đổi công việc trong tuần."), Line("Các bộ phận gửi ý kiến trước thứ sáu."))
    secret = (Line("TỐI MẬT", bold=True), *official_letter("07/BC-UBND", "tình hình địa bàn"))
    legacy = (
        Line("B¸o c¸o kÕt qu¶ c«ng t¸c th¸ng cña phßng", font=".VnTime"),
        Line("KÝnh göi V¨n phßng Uû ban nh©n d©n quËn", font=".VnTime"),
    )
    arial = tuple(Line(line.text, "Arial", line.colour, line.size_pt, line.bold) for line in letter)
    word = "cong-van-1215.docx"
    return (
        SampleMail("plain", "Lịch họp giao ban", "", body="Kính mời anh dự họp giao ban 8 giờ thứ hai."),
        _with_file("word_file", "Biên bản trao đổi", "", "bien-ban.docx", word_file(note)),
        SampleMail(
            "secrecy_in_prose", "Tập huấn bảo mật thông tin", "",
            body="Phòng gửi tài liệu tập huấn về bảo mật, đề nghị đổi mật khẩu hộp thư định kỳ.",
        ),
        _with_file("signed_pdf", "Công văn đã ký số", "", "cong-van-1215.pdf", signed),
        _with_file("secret_in_zip", "Tài liệu họp", "classified", "tai-lieu.zip", zip_archive(("bao-cao.docx", word_file(secret)))),
        _with_file("broken_signature", "Công văn ký số", "signed_documents", "cong-van-1215.pdf", _altered(signed)),
        _with_file("unsigned_letter", "Công văn chưa ký", "signed_documents", word, word_file(letter)),
        _with_file("paper_copy", "[bản giấy] Công văn 1215", "", word, word_file(letter), recipient=UNIT),
        _with_file("wrong_font", "[bản giấy] Công văn 1215", "typography", word, word_file(arial), recipient=UNIT),
        _with_file("legacy_letters", "Báo cáo tháng", "typography", "bao-cao.docx", word_file(legacy)),
        _with_file(
            "encrypted_zip", "Bảng số liệu", "opaque",
            "so-lieu.zip", encrypted_zip("so-lieu.docx", word_file(note), b"7Kq!x2"),
        ),
        SampleMail("another_name", "Xin ý kiến", "sender_identity", reverse_path=UNIT, recipient=COLLEAGUE),
        SampleMail(
            "outside_to_office", "Đề nghị cấp hộp thư", "official_sender", body="Đề nghị Văn phòng cấp mới hộp thư.",
            reverse_path=OUTSIDER, recipient=OFFICE, authenticated=False,
        ),
    )  # fmt: skip


def _with_file(
    key: str, subject: str, expected: str, name: str, data: bytes, *, recipient: str = COLLEAGUE
) -> SampleMail:
    kind = _KINDS[name.rpartition(".")[2]]
    return SampleMail(key, subject, expected, attachments=(Attachment(name, data, kind),), recipient=recipient)


def _altered(signed: bytes) -> bytes:
    """Return a signed PDF in which one number of the letter was changed after signing."""
    return signed.replace(
        "1215".encode("utf-16-be").hex().upper().encode(), "1216".encode("utf-16-be").hex().upper().encode()
    )
