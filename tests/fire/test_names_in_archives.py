"""Fire: names in archives that point elsewhere (links, devices, absolute paths, drives) are names, nothing is written there."""

import io
import tarfile
import zipfile
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from tests.e2e.commands import COLLEAGUE, STAFF
from tests.e2e.gateway_process import cli

pytestmark = pytest.mark.slow


def zip_of(*names, link=None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), b"noi dung")
        if link is not None:
            info = zipfile.ZipInfo("link.txt")
            info.create_system, info.external_attr = 3, 0o120777 << 16
            archive.writestr(info, link)
            archive.writestr("link.txt/inside.txt", b"noi dung")
    return out.getvalue()


def tar_of(target) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind in (
            ("link", tarfile.SYMTYPE),
            ("hard", tarfile.LNKTYPE),
            ("null", tarfile.CHRTYPE),
            ("pipe", tarfile.FIFOTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.devmajor, info.devminor = kind, str(target), 1, 3
            archive.addfile(info)
        for name in (f"{target}/absolute.txt", "../../../../../../../../tmp/fire-up.txt", "link/through.txt"):
            info = tarfile.TarInfo(name)
            info.size = 8
            archive.addfile(info, io.BytesIO(b"noi dung"))
    return out.getvalue()


async def test_nothing_is_written_where_the_names_of_an_archive_point(tmp_path):
    target = tmp_path / "target"
    target.mkdir()
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = STAFF, COLLEAGUE, "ten tep"
    mail.set_content("Kinh gui.\n")
    names = (
        f"{target}/absolute.txt",
        "../" * 12 + f"{target}/up.txt".lstrip("/"),
        "C:\\windows\\drive.txt",
        "\\\\server\\share.txt",
        "NUL",
    )
    archives = {"ten.zip": zip_of(*names), "link.zip": zip_of(link=str(target)), "ten.tar": tar_of(target)}
    for name, content in archives.items():
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    file = tmp_path / "mail.eml"
    file.write_bytes(mail.as_bytes())
    before = sorted(tmp_path.rglob("*"))
    run = await cli("check", "--json", file, cwd=tmp_path)
    assert run.code in {0, 1}, run.err
    (line,) = run.json
    assert sorted(tmp_path.rglob("*")) == before
    assert "drive.txt" in run.out, "it is read under its name"
    assert "Traceback" not in run.err
    assert line
