"""`gateway waiver`: a refused mail passes for its exact file and sender until a day, and no other does."""

import json
import re
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from gateway.demo.documents import Paragraph, word_file
from tests.e2e.gateway_process import cli, configured, serving
from tests.readers.zipcrypto import encrypted_zip
from tests.support.client import RawClient
from tests.support.sink import Sink

SENDER, OTHER, TO = "noivu.binhtan@tphcm.gov.vn", "tuphap.binhtan@tphcm.gov.vn", "vanphong.binhtan@tphcm.gov.vn"
LOCKED = encrypted_zip("a.docx", word_file([Paragraph("Bảng lương.")]), b"Mat0Khau1")
POLICY = """\
# Của cơ quan: giữ dòng này
version: 1
name: co-quan
extends: binhtan-7600   # bộ có sẵn
policies:
  typography: {mode: monitor}
"""


def mail(*files, subject="Gui tai lieu", sender=SENDER):
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, TO, subject
    message["Date"], message["Message-ID"] = "Fri, 27 Nov 2026 09:00:00 +0700", "<1@tphcm.gov.vn>"
    message.set_content("Kinh gui.\n")
    for name, content in files:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


async def sent(gateway, content, sender=SENDER):
    async with RawClient(*gateway.address()) as client:
        await client.ehlo()
        return await client.mail(content, sender=sender, recipients=(TO,))


def reference(reply):
    return re.search(r"\[(BT-\w+)\]", reply)[1]


@pytest.fixture
async def office(tmp_path):
    """A gateway with a policy file of its own, and the options that name its configuration."""
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY, "utf-8")
    async with Sink() as sink, serving(tmp_path, config=configured(sink, policy=str(policy))) as gateway:
        yield gateway, policy, ("--config", tmp_path / "gateway.yaml")


async def test_a_refused_file_passes_once_waived_for_its_sender_alone_and_not_after_the_waiver_is_taken_back(office):
    gateway, policy, options = office
    refused = await sent(gateway, mail(("luong.zip", LOCKED)))
    assert refused.code == 550
    lines = [json.loads(line) for line in gateway.log.splitlines() if reference(refused) in line]
    assert [line["mail"] for line in lines] == [reference(refused)]
    assert lines[0]["event"].startswith(f"refused 550 5.7.1: opaque.encrypted, from <{SENDER}> at 127.0.0.1")
    assert "luong" not in gateway.log
    run = await cli("waiver", "add", reference(refused), "--reason", "đã xem bản giấy", *options)
    assert run.code == 0, run.err
    assert "Đang có hiệu lực ở mọi tiến trình nhận thư." in run.out
    assert f"Nhắn {SENDER}: gửi lại đúng tệp ấy" in run.out
    assert "# Của cơ quan: giữ dòng này" in policy.read_text("utf-8")
    for _ in range(4):  # on whichever front end
        assert (await sent(gateway, mail(("luong.zip", LOCKED)))).code == 250
    assert (await sent(gateway, mail(("luong.zip", LOCKED[:-1] + b"x")))).code == 550
    assert (await sent(gateway, mail(("luong.zip", LOCKED), sender=OTHER), sender=OTHER)).code == 550
    listed = await cli("waiver", "list", *options)
    (waiver,) = re.findall(r"^(WV-\S+)  opaque\.encrypted ", listed.out, re.MULTILINE)
    assert "đã xem bản giấy" in listed.out
    assert "còn 7 ngày" in listed.out
    assert re.search(rf"cho đúng tệp [0-9a-f]{{16}}… của {SENDER} / for the exact file", listed.out), listed.out
    assert (await cli("waiver", "revoke", "WV-0", *options)).code == 2
    assert (await cli("waiver", "revoke", waiver, *options)).code == 0
    assert (await sent(gateway, mail(("luong.zip", LOCKED)))).code == 550
    assert (await cli("waiver", "list", *options)).out.startswith("Không có miễn trừ nào.")


async def test_a_suspected_file_is_asked_for_and_compared_and_a_mark_is_never_waived(office, tmp_path):
    gateway, policy, options = office
    suspected = "Ghi chú\nTOI MAT\n".encode()
    refused = await sent(gateway, mail(("ghi-chu.txt", suspected)))
    assert "Nghi co dau chi do mat" in refused
    name = reference(refused)
    run = await cli("waiver", "add", name, *options)
    assert run.code == 2
    assert "--file" in run.err
    other, same = tmp_path / "other.txt", tmp_path / "same.txt"
    other.write_bytes(suspected + b"\n")
    same.write_bytes(suspected)
    run = await cli("waiver", "add", name, "--file", other, *options)
    assert run.code == 2
    assert policy.read_text("utf-8") == POLICY
    run = await cli("waiver", "add", name, "--file", same, *options)
    assert run.code == 0, run.err
    assert (await sent(gateway, mail(("ghi-chu.txt", suspected)))).code == 250
    marked = await sent(gateway, mail(("a.txt", "Độ mật: TỐI MẬT\n".encode())))
    assert marked.code == 550
    run = await cli("waiver", "add", reference(marked), *options)
    assert run.code == 2
    assert "không bao giờ được miễn trừ" in run.err


async def test_of_several_files_that_one_is_waived_that_was_given_and_a_sender_is_no_pattern(office, tmp_path):
    gateway, policy, options = office
    one, other, plain = (("a.txt", b"So 1\nTOI MAT\n"), ("b.txt", b"So 2\nTOI MAT\n"), ("c.txt", b"So 3\n"))
    name = reference(await sent(gateway, mail(one, other, plain)))
    for file_name, content in (one, plain):
        (tmp_path / file_name).write_bytes(content)
    assert (await cli("waiver", "add", name, "--file", tmp_path / "c.txt", *options)).code == 2
    assert (await cli("waiver", "add", name, "--file", tmp_path / "a.txt", *options)).code == 0
    assert policy.read_text("utf-8").count("sha256: ") == 1
    assert [(await sent(gateway, mail(*files))).code for files in ((one,), (other,), (one, other))] == [250, 550, 550]
    anybody = "*@tphcm.gov.vn"
    name = reference(await sent(gateway, mail(("luong.zip", LOCKED), sender=anybody), sender=anybody))
    run = await cli("waiver", "add", name, *options)
    assert (run.code, "không có địa chỉ gửi" in run.err) == (2, True)


async def test_a_preset_holds_no_waivers_and_dates_are_bounded(tmp_path):
    config = tmp_path / "gateway.yaml"
    config.write_text(json.dumps({"data": str(tmp_path), "policy": "binhtan-7600"}))
    run = await cli("waiver", "add", "BT-00000000", "--config", config)
    assert run.code == 2
    assert "extends: binhtan-7600" in run.err
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY, "utf-8")
    config.write_text(json.dumps({"data": str(tmp_path), "policy": str(policy)}))
    run = await cli("waiver", "add", "BT-00000000", "--until", "2100-01-01", "--config", config)
    assert run.code == 2
    assert "366" in run.err
