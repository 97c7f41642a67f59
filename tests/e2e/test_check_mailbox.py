"""The self-check mailbox: alone, with a login, judged as if sent to others, never relayed, 250 only once the result is taken."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from gateway.audit.query import AuditReader
from gateway.audit.record import Checked, decode
from gateway.demo.documents import official_letter, word_file
from tests.e2e.gateway_process import cli, serving
from tests.e2e.test_passwords import submission
from tests.support.certificates import Pki
from tests.support.client import RawClient
from tests.support.sink import Act, Sink

pytestmark = pytest.mark.slow
CLERK, CHECK, OTHER = "vanthu.binhtan@tphcm.gov.vn", "kiemtra.binhtan@tphcm.gov.vn", "so.noivu@tphcm.gov.vn"
PASSWORD = "ChimHoangYen-7Qz!"


def mail(text: str, *lines) -> bytes:
    message = EmailMessage(policy=policy.SMTP)
    message["From"], message["To"], message["Subject"] = CLERK, CHECK, "Kiem tra"
    message["Date"], message["Message-ID"] = "Fri, 27 Nov 2026 09:00:00 +0700", "<1@tphcm.gov.vn>"
    message.set_content(text)
    message.add_attachment(
        word_file(list(lines)), maintype="application", subtype="octet-stream", filename="bao-cao.docx"
    )
    return message.as_bytes()


LETTER = official_letter("1/UBND-VP", "V/v báo cáo")


async def test_a_mail_to_the_mailbox_is_answered_with_what_the_relay_would_say(tmp_path):
    pki, refusing = Pki(tmp_path), []

    def script(stage, session):
        """Refuse explanations while the test wants it."""
        notice = stage == "mail" and session.commands[-1].startswith(b"MAIL FROM:<>")
        return Act(b"451 4.3.0 not now\r\n") if refusing and notice else None

    async with Sink(script, users={CLERK: PASSWORD}, tls=pki.server("city.test")) as sink:
        config = submission(pki, sink, self_check={"address": CHECK}, workers=1)
        async with serving(tmp_path / "gateway", config=config) as gateway:
            client = RawClient(*gateway.address("submission"))
            async with client:
                await client.ehlo()
                await client.starttls(pki.client())
                await client.ehlo()
                assert (await client.cmd(f"MAIL FROM:<{CLERK}>")).code != 250
                assert (await client.login(CLERK, PASSWORD)).code == 235
                # Alone: neither before nor after another.
                for first, second in ((OTHER, CHECK), (CHECK, OTHER), (CHECK, CHECK)):
                    assert (await client.cmd(f"MAIL FROM:<{CLERK}>")).code == 250
                    assert (await client.cmd(f"RCPT TO:<{first}>")).code == 250
                    refused = await client.cmd(f"RCPT TO:<{second}>")
                    assert refused.code == 550
                    assert "gửi riêng" in refused
                    await client.cmd("RSET")
                content = mail(f"Kính gửi,\r\nGửi đến: Sở Nội vụ <{OTHER}>; <{CLERK}>\r\n", *LETTER)
                answered = await client.mail(content, sender=CLERK, recipients=(CHECK.upper(),))
                assert answered.code == 250, answered
                assert "không gửi đi" in answered
                (told,) = sink.delivered
                assert told.rcpt_lines == [f"RCPT TO:<{CLERK}>".encode()]
                words = message_from_bytes(told.content, policy=policy.default)
                assert words["Auto-Submitted"] == "auto-replied"
                text = words.get_content()
                assert f"xét như gửi từ {CLERK} tới {OTHER}, {CLERK}" in text
                run = await cli("check", "--from", CLERK, "--to", OTHER, "--to", CLERK, "--auth-user", CLERK, "-", "--config",
                                gateway.data.parent / "gateway.yaml", stdin=content)  # fmt: skip
                for line in run.out.splitlines()[3:]:
                    assert line.strip() in text, (line, text)
                bad = await client.mail(mail("Gửi tới: a@b@c\r\n", *LETTER), sender=CLERK, recipients=(CHECK,))
                assert bad.code == 550
                refusing.append(True)
                late = await client.mail(mail("Xin chào.\r\n", *LETTER), sender=CLERK, recipients=(CHECK,))
                assert late.code == 451, late
                assert len(sink.delivered) == 1
                refusing.clear()
                for _ in range(8):
                    assert (await client.mail(mail("x\r\n", *LETTER), sender=CLERK, recipients=(CHECK,))).code == 250
                last = await client.mail(mail("x\r\n", *LETTER), sender=CLERK, recipients=(CHECK,))
                assert last.code == 450
                assert "10" in last
                # Ordinary mail goes on over the same connection.
                plain = b"From: %s\r\nTo: %s\r\nSubject: x\r\n\r\nx\r\n" % (CLERK.encode(), OTHER.encode())
                assert (await client.mail(plain, sender=CLERK, recipients=(OTHER,))).code == 250
            assert len(sink.delivered) == 10
            with AuditReader.open(gateway.data) as reader:
                checked = [
                    one for one in map(decode, (body for _, body, _ in reader.links())) if isinstance(one, Checked)
                ]
                bodies = b"".join(body for _, body, _ in reader.links())
            assert {(one.via, one.who, one.reverse_path) for one in checked} == {("mailbox", CLERK, CLERK)}
            assert "SGN-08" in checked[0].codes
            assert b"bao-cao" not in bodies
            await gateway.assert_audit_is_whole()
