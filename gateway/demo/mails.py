"""The sample mails of the demonstration, each with the verdict it must get."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from gateway.demo.documents import Paragraph, encrypted_archive, official_letter, pdf_file, word_file, zip_archive
from gateway.model.formats import by_filename

STAFF = "vanthu.binhtan@tphcm.gov.vn"
COLLEAGUE = "totruong.binhtan@tphcm.gov.vn"
UNIT = "phongnoivu.binhtan@tphcm.gov.vn"
OFFICE = "vanphong.binhtan@tphcm.gov.vn"
OUTSIDER = "nguoi.dan@gmail.com"


@dataclass(frozen=True)
class SampleMail:
    """One mail and what must become of it."""

    key: str
    """Key of its description in the catalogue."""
    subject: str
    expected: str
    """Name of the policy that refuses it, empty when it must be relayed."""
    body: str = "Kính gửi anh, chị tệp đính kèm."
    file: tuple[str, bytes] | None = None
    """Name and content of the attachment."""
    reverse_path: str = STAFF
    recipient: str = COLLEAGUE
    authenticated: bool = True

    def content(self, now: datetime) -> bytes:
        """Return the message as a mail client would make it."""
        message = EmailMessage(policy=policy.SMTP)
        message["From"] = self.reverse_path
        message["To"] = self.recipient
        message["Subject"] = self.subject
        message["Date"] = format_datetime(now)
        message["Message-ID"] = make_msgid(domain="demo.example")
        message.set_content(self.body + "\n")
        if self.file is not None:
            name, data = self.file
            kind = by_filename(name)
            maintype, _, subtype = (kind.media_type if kind is not None else "").partition("/")
            message.add_attachment(data, maintype=maintype, subtype=subtype, filename=name)
        return message.as_bytes()


def samples(sign: Callable[[bytes], bytes]) -> tuple[SampleMail, ...]:
    """Return the sample mails; `sign` puts the person's and the organisation's signature on a PDF."""
    letter = official_letter("1215/UBND-VP", "báo cáo công tác tháng")
    signed = sign(pdf_file(letter))
    note = (Paragraph("Biên bản trao đổi công việc trong tuần."), Paragraph("Các bộ phận gửi ý kiến trước thứ sáu."))
    secret = (Paragraph("TỐI MẬT", bold=True), *official_letter("07/BC-UBND", "tình hình địa bàn"))
    legacy = (
        Paragraph("B¸o c¸o kÕt qu¶ c«ng t¸c th¸ng cña phßng", font=".VnTime"),
        Paragraph("KÝnh göi V¨n phßng Uû ban nh©n d©n quËn", font=".VnTime"),
    )
    arial = tuple(replace(line, font="Arial") for line in letter)
    word = "cong-van-1215.docx"
    return (
        SampleMail("plain", "Lịch họp giao ban", "", body="Kính mời anh dự họp giao ban 8 giờ thứ hai."),
        SampleMail("word_file", "Biên bản trao đổi", "", file=("bien-ban.docx", word_file(note))),
        SampleMail(
            "secrecy_in_prose", "Tập huấn bảo mật thông tin", "",
            body="Phòng gửi tài liệu tập huấn về bảo mật, đề nghị đổi mật khẩu hộp thư định kỳ.",
        ),
        SampleMail("signed_pdf", "Công văn đã ký số", "", file=("cong-van-1215.pdf", signed)),
        SampleMail(
            "secret_in_zip", "Tài liệu họp", "classified", file=("tai-lieu.zip", zip_archive(("bao-cao.docx", word_file(secret)))),
        ),
        SampleMail("broken_signature", "Công văn ký số", "signed_documents", file=("cong-van-1215.pdf", _altered(signed))),
        SampleMail("unsigned_letter", "Công văn chưa ký", "signed_documents", file=(word, word_file(letter))),
        SampleMail("paper_copy", "[bản giấy] Công văn 1215", "", file=(word, word_file(letter)), recipient=UNIT),
        SampleMail("wrong_font", "[bản giấy] Công văn 1215", "typography", file=(word, word_file(arial)), recipient=UNIT),
        SampleMail("legacy_letters", "Báo cáo tháng", "typography", file=("bao-cao.docx", word_file(legacy))),
        SampleMail(
            "encrypted_archive", "Bảng số liệu", "opaque",
            file=("so-lieu.7z", encrypted_archive("so-lieu.docx", word_file(note), "7Kq!x2")),
        ),
        SampleMail("another_name", "Xin ý kiến", "sender_identity", reverse_path=UNIT, recipient=COLLEAGUE),
        SampleMail(
            "outside_to_office", "Đề nghị cấp hộp thư", "official_sender", body="Đề nghị Văn phòng cấp mới hộp thư.",
            reverse_path=OUTSIDER, recipient=OFFICE, authenticated=False,
        ),
    )  # fmt: skip


def _altered(signed: bytes) -> bytes:
    """Return a signed PDF in which one number of the letter was changed after signing."""
    return signed.replace(
        "1215".encode("utf-16-be").hex().upper().encode(), "1216".encode("utf-16-be").hex().upper().encode()
    )
