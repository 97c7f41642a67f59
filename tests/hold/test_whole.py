"""Held mail through a real gateway: sealed, told, decided by two persons, sent as it came, or not at all."""

import shutil
import subprocess

import pytest

from gateway.steward.roles import Role
from tests.e2e.gateway_process import cli
from tests.hold.world import AN, BINH, CANARY, OFFICER, OUT, held_mail, notices, reference_in, released, sha256, town

pytestmark = pytest.mark.slow


async def test_a_mail_is_held_reported_decided_by_two_and_sent_as_it_came(tmp_path):
    async with town(tmp_path) as here:
        reply = await here.send(1, parameters=" BODY=8BITMIME")
        assert reply.code == 250
        assert "CHƯA gửi" in reply
        reference = reference_in(reply)
        (notice,) = notices(here.sink)
        assert notice.rcpt_lines == [f"RCPT TO:<{AN}>".encode()]
        assert released(here.sink) == []
        assert here.kinds(reference) == ["intent", "held", "held"]
        assert CANARY.encode() not in here.store.read(reference)
        if shutil.which("age"):
            opened = subprocess.run(
                ["age", "-d", "-i", tmp_path / "identity", here.store.folder / f"{reference}.age"],
                check=True, capture_output=True,
            ).stdout  # fmt: skip
            assert opened.endswith(held_mail(1))
        again = await here.send(1, parameters=" BODY=8BITMIME")
        assert again.code == 250
        assert reference in again
        assert len(notices(here.sink)) == 1, "the very mail is held once"

        alone = await here.hold("approve", reference, "--reason", "đã xem", name=OFFICER)
        assert alone.code == 0, alone.err
        twice = await here.hold("approve", reference, "--reason", "đã xem", name=OFFICER)
        assert twice.code == 2
        assert "khác nhau" in twice.err
        assert released(here.sink) == []
        here.people.add("so.hai", Role.SECURITY_OFFICER)
        here.sink.script.released["dot"] = b"452 4.2.2 full\r\n"
        run = await here.hold("approve", reference, "--reason", "đã đọc thư", name="so.hai")
        assert (run.code, "CHƯA gửi" in run.out) == (1, True), "it was approved and is not sent"
        del here.sink.script.released["dot"]
        run = await here.hold("release", reference.lower(), "--reason", "hết đầy", name="so.hai")
        assert run.code == 0, run.err
        assert "queued as 4711" in run.out
        (mail,) = released(here.sink)
        assert mail.mail_line == f"MAIL FROM:<{AN}> BODY=8BITMIME".encode()
        assert mail.rcpt_lines == [f"RCPT TO:<{BINH}>".encode(), f"RCPT TO:<{OUT}>".encode()]
        assert mail.content.endswith(held_mail(1))
        assert mail.content.startswith(b"Received: ")
        assert sha256(mail.content) == here.look(reference).held.octets
        tried = ("release", "sending", "upstream_deferred")
        assert here.kinds(reference) == ["intent", "held", "held", "duplicate", *tried, "release", "sending", "relayed"]
        assert not here.store.has(reference)
        await here.sink.wait_for(lambda: len(notices(here.sink)) >= 2)
        shown = await here.hold("show", reference, "--json")
        assert shown.json[0]["state"] == "released"
        shown = (await here.hold("show", reference)).out
        assert "SID-02 Người gửi (From) khác tài khoản đăng nhập" in shown
        assert f"  {OFFICER}  đồng ý (người thứ nhất) / endorse (first person): đã xem\n" in shown
        assert "  so.hai  duyệt (người thứ hai) / approve (second person): đã đọc thư\n" in shown
        await here.gateway.terminate()
        await here.gateway.assert_audit_is_whole()


async def test_doctor_tries_the_way_out_in_an_official_name(tmp_path):
    async with town(tmp_path) as here:
        run = await cli("doctor", "--config", tmp_path / "gateway.yaml")
        assert f"thay mặt {AN}" in run.out
        assert [session for session in here.sink.sessions if b"RSET" in session.commands]
        here.sink.script.released["mail"] = b"550 5.7.60 not allowed to send as this user\r\n"
        run = await cli("doctor", "--config", tmp_path / "gateway.yaml")
        assert run.code == 1
        assert "not allowed to send as" in run.out
