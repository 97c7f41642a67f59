"""A mark that a reader sees is found however the mail or file shows it; look-alikes without a mark go out."""

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from reportlab.pdfgen import canvas

from tests.attacks.check_process import HEADER, MARK, dispositions, encoded, mail_with, text_mail
from tests.support.octets import file_of


def _zip(comment: bytes = b"", names: tuple[str, ...] = ("a.txt",)) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, b"" if name.endswith("/") else b"x")
        archive.comment = comment
    return stream.getvalue()


def _pdf() -> bytes:
    stream = io.BytesIO()
    page = canvas.Canvas(stream)
    page.drawString(80, 780, "BAO CAO")
    page.drawString(80, 740, "TUYET MAT")
    page.save()
    return stream.getvalue()


def _jpeg() -> bytes:
    return file_of(Image.new("RGB", (600, 400), "white"), "JPEG")


def _returned_header() -> bytes:
    header = b"Subject: =?utf-8?B?" + encoded(MARK.encode()).strip() + b"?=\r\nFrom: a@b.vn\r\n\r\n"
    return (
        HEADER + b"Content-Type: multipart/report; report-type=delivery-status; boundary=BB\r\n\r\n--BB\r\n\r\nx\r\n"
        b"--BB\r\nContent-Type: text/rfc822-headers\r\n\r\n" + header + b"--BB--\r\n"
    )


MARKED = {
    "css_capitals": text_mail("text/html", "<p>UBND</p><p style='text-transform:uppercase'>tối mật</p><p>x</p>"),
    "css_small_capitals": text_mail("text/html", "<p>UBND</p><p style='font-variant:small-caps'>tối mật</p><p>x</p>"),
    "css_escaped_content": text_mail("text/html", r"<style>p:before{content:'T\1ED0I M\1EACT'}</style><p></p>"),
    "css_content_in_pieces": text_mail("text/html", "<style>p:before{content:'TỐI' ' M' 'ẬT'}</style><p></p>"),
    "css_content_of_attribute": text_mail(
        "text/html", f"<style>p:before{{content:attr(data-x)}}</style><p data-x='{MARK}'></p>"
    ),
    "html_reversed": text_mail("text/html", f"<p>UBND</p><p><bdo dir=rtl>{MARK[::-1]}</bdo></p><p>x</p>"),
    "css_reversed": text_mail(
        "text/html", f"<p>a</p><p style='direction:rtl;unicode-bidi:bidi-override'>{MARK[::-1]}</p><p>x</p>"
    ),
    "enriched_lines": text_mail("text/enriched", "Kính gửi\r\n\r\n<bold>M</bold>Ậ<bold>T</bold>\r\n\r\nKế hoạch\r\n"),
    "enriched_colour": text_mail("text/enriched", "TỐI M<color><param>red</param>ẬT</color>\r\n"),
    "enriched_parameter": text_mail("text/enriched", f"<color><param>{MARK}</param>Kế hoạch</color>\r\n"),
    "enriched_text": text_mail("text/enriched", "<bold>T</bold>ỐI <bold>MẬT</bold>\r\n"),
    "returned_header": _returned_header(),
    "label_field": text_mail("text/plain", "x", header="X-Classification: =?utf-8?B?VOG7kEkgTeG6rFQ=?=\r\n"),
    "zip_comment": mail_with("a.zip", _zip(comment=MARK.encode())),
    "zip_empty_folder": mail_with("a.zip", _zip(names=("a.txt", f"{MARK}/"))),
    "pdf_behind_jpeg": mail_with("a.jpg", _jpeg() + b"\0" * 2000 + _pdf(), "image/jpeg"),
}
INNOCENT = {
    "css_usual": text_mail(
        "text/html",
        "<style>li:before{content:'\\2022'} .n:after{content:counter(item) '. '} a{content:none}</style>"
        "<p style='text-transform:uppercase'>bảo mật thông tin</p><p style='font-variant:normal'>mật khẩu</p>",
    ),
    "enriched_names": text_mail(
        "text/enriched", "<fontfamily><param>Times</param>bảo <color><param>red</param>mật</color></fontfamily>\r\n"
    ),
    "returned_header_plain": _returned_header().replace(encoded(MARK.encode()).strip(), b"YmFvIGNhbw=="),
    "label_of_outlook": text_mail("text/plain", "x", header="Sensitivity: Company-Confidential\r\n"),
    "zip_with_words": mail_with("a.zip", _zip(comment=b"bao mat: doi mat khau", names=("a.txt", "mat bang/"))),
    "plain_jpeg": mail_with("a.jpg", _jpeg(), "image/jpeg"),
}


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder: Path = tmp_path_factory.mktemp("mails")
    return dispositions(MARKED | INNOCENT, folder)


@pytest.mark.parametrize("name", MARKED)
def test_a_disguised_mark_is_refused(name: str, decided: dict[str, str]):
    assert decided[name] == "reject"


@pytest.mark.parametrize("name", INNOCENT)
def test_a_look_alike_without_a_mark_goes_out(name: str, decided: dict[str, str]):
    assert decided[name] in ("relay", "tag")
