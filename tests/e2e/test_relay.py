"""The relay through the real gateway: same octets, one delivery for a repeated mail, every parameter passed on."""

import asyncio
import hashlib
import os
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from gateway.demo.documents import Paragraph, word_file
from tests.e2e import corpus
from tests.e2e.gateway_process import configured, four_flags, serving
from tests.readers.zipcrypto import encrypted_zip
from tests.support.certificates import Pki
from tests.support.client import RawClient
from tests.support.sink import Act, Sink

pytestmark = pytest.mark.slow

LOGIN, PASSWORD, RECIPIENT = "an.binhtan@tphcm.gov.vn", "m4t-khau-thu", "binh.binhtan@tphcm.gov.vn"
OURS = (b"Received: ", b"X-Gateway-Verdict: ", b"X-Gateway-Finding: ", b"Authentication-Results: ")


def prepended(delivered: bytes, original: bytes) -> bytes:
    """What stands before the original; it must be whole fields of our own."""
    assert delivered.endswith(original)
    added = delivered[: len(delivered) - len(original)]
    assert added.endswith(b"\r\n")
    for line in added[:-2].split(b"\r\n"):
        assert line.startswith((b" ", b"\t", *OURS)), line
    return added


async def test_corpus_mails_arrive_with_the_digest_that_was_judged(tmp_path):
    mails = corpus.mails(int(os.environ.get("GATEWAY_MAILS", "200")))
    replies = {}
    async with Sink() as sink, serving(tmp_path, *four_flags(sink.port, policy="monitor")) as gateway:
        queue = list(enumerate(mails))

        async def client():
            async with RawClient(*gateway.address()) as raw:
                await raw.ehlo()
                while queue:
                    number, mail = queue.pop()
                    replies[number] = await raw.mail(mail, sender=LOGIN, recipients=(RECIPIENT,))

        await asyncio.gather(*(client() for _ in range(4)))
        accepted = [number for number, reply in replies.items() if reply.code == 250]
        assert len(accepted) >= len(mails) * 0.9, {str(reply)[:60] for reply in replies.values() if reply.code != 250}
        arrived, references = {}, {}
        for delivery in sink.delivered:
            number = int(delivery.content.partition(b"X-Number: ")[2][:6])
            added = prepended(delivery.content, mails[number])
            arrived[number] = hashlib.sha256(delivery.content[len(added) :]).hexdigest()
            references[number] = added[added.index(b"BT-") :][:16].decode()
        assert arrived == {number: hashlib.sha256(mails[number]).hexdigest() for number in accepted}
        mapped = [Path(f"/proc/{pid}/maps").read_text() for pid in (gateway.pid, *gateway.descendants())]
        assert not [one for one in mapped if "psycopg" in one or "libpq" in one], "a machine alone needs no PostgreSQL"
        facts = {record["id"]: record["mail"] for record in await gateway.records() if record["kind"] == "intent"}
        assert facts.keys() == set(references.values())
        for number, digest in arrived.items():
            mail = facts[references[number]]
            assert mail["sha256"] == digest or mail["confidential"]


@pytest.fixture
async def office(tmp_path):
    """A gateway with a submission port before a next hop that knows one login."""
    pki = Pki(tmp_path)
    certificate, key = pki.issue("gateway.test")
    async with Sink(users={LOGIN: PASSWORD}) as sink:
        config = configured(
            sink,
            {"kind": "submission", "listen": "127.0.0.1:0", "certificate": str(certificate), "key": str(key)},
            {"kind": "relay", "listen": "127.0.0.1:0"},
        )
        async with serving(tmp_path / "gateway", config=config) as gateway:
            yield gateway, sink, pki


async def submit(gateway, pki, content, *, login=LOGIN, sender=LOGIN, recipients=(RECIPIENT,), **more):
    async with RawClient(*gateway.address("submission")) as client:
        await client.ehlo()
        await client.starttls(pki.client())
        await client.ehlo()
        assert (await client.login(login, PASSWORD)).code == 235
        return await client.mail(content, sender=sender, recipients=recipients, **more)


def content(subject="Lich hop", body="Kinh moi.\r\n") -> bytes:
    return f"From: {LOGIN}\r\nTo: {RECIPIENT}\r\nSubject: {subject}\r\n\r\n{body}".encode()


async def test_a_repeated_mail_of_a_login_is_answered_250_and_delivered_once(office):
    gateway, sink, pki = office
    first = await submit(gateway, pki, content())
    assert first.code == 250
    for _ in range(4):  # whichever front end takes it
        again = await submit(gateway, pki, content())
        assert again.code == 250
        assert "BT-" in again
    assert len(sink.delivered) == 1
    duplicates = [record for record in await gateway.records() if record["kind"] == "duplicate"]
    assert len(duplicates) == 4
    (reference,) = {record["of"] for record in duplicates}
    assert reference in str(again)


async def test_a_mail_that_is_still_on_its_way_is_not_sent_again(office):
    gateway, sink, pki = office
    answer = asyncio.Event()
    sink.script = lambda stage, _: Act(wait=answer) if stage == "dot" else None
    first = asyncio.create_task(submit(gateway, pki, content()))
    await sink.wait_delivered()
    for _ in range(4):  # whichever front end takes it
        assert (await submit(gateway, pki, content())).startswith("451 4.3.0")
    answer.set()
    assert (await first).code == 250
    assert (await submit(gateway, pki, content())).code == 250
    assert len(sink.delivered) == 1


async def test_what_is_not_quite_the_same_is_a_mail_of_its_own(office):
    gateway, sink, pki = office
    for mail, envelope in (
        (content(), {}),
        (content(body="Kinh moi. \r\n"), {}),
        (content(), {"recipients": (RECIPIENT, "chi.binhtan@tphcm.gov.vn")}),
    ):
        assert (await submit(gateway, pki, mail, **envelope)).code == 250
    for _ in range(2):  # without a login nobody knows whose repetition it is
        async with RawClient(*gateway.address("relay")) as client:
            await client.ehlo()
            assert (await client.mail(content(), sender=LOGIN, recipients=(RECIPIENT,))).code == 250
    assert len(sink.delivered) == 5


async def test_a_mail_that_the_next_hop_refused_is_tried_again(office):
    gateway, sink, pki = office
    sink.script = lambda stage, session: (
        Act(reply=b"451 4.2.0 busy\r\n", as_usual=True)
        if stage == "dot"
        else (Act(store=False) if stage == "store" else None)
    )
    assert (await submit(gateway, pki, content())).code == 451
    sink.script = lambda stage, session: None
    assert str(await submit(gateway, pki, content())) == "250 2.0.0 City: queued as 4711"
    assert len(sink.delivered) == 1


async def test_a_client_that_missed_the_answer_because_we_were_killed_gets_250_and_no_second_delivery(tmp_path):
    """The crash between the recorded outcome and the reply, which only the client's retry can fix."""
    pki = Pki(tmp_path)
    certificate, key = pki.issue("gateway.test")
    async with Sink(users={LOGIN: PASSWORD}) as sink:
        tls = {"certificate": str(certificate), "key": str(key)}
        config = configured(sink, {"kind": "submission", "listen": "127.0.0.1:0", **tls}, workers=1)
        env = {"GATEWAY_FAILPOINTS": "pipeline.after_outcome=kill"}
        async with serving(tmp_path / "gateway", config=config, env=env) as gateway:
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await submit(gateway, pki, content())
            async with asyncio.timeout(300):
                while True:
                    try:
                        reply = await submit(gateway, pki, content())
                        break
                    except OSError:
                        await asyncio.sleep(0.05)
            assert reply.code == 250
            assert len(sink.delivered) == 1


async def test_a_relay_refuses_what_a_policy_would_hold_for_nobody_would_have_it(tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "version: 1\nname: giu-lai\nextends: binhtan-7600\npolicies:\n  opaque:\n    rules: {encrypted: hold}\n"
    )
    locked = encrypted_zip("a.docx", word_file((Paragraph("Nội dung."),)), b"khong-ai-biet")
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = LOGIN, RECIPIENT, "So lieu"
    mail.set_content("Gui anh.\n")
    mail.add_attachment(locked, maintype="application", subtype="zip", filename="so-lieu.zip")
    async with Sink() as sink, serving(tmp_path, *four_flags(sink.port, policy=policy)) as gateway:
        assert (await gateway.send(mail.as_bytes(), sender=LOGIN, recipients=(RECIPIENT,))).code == 550
        (refused,) = [record for record in await gateway.records() if record["kind"] == "refused"]
        assert refused["mail"]["disposition"] == "reject"
        assert not sink.delivered


async def test_25_megabytes_arrive_and_the_limit_is_announced_and_kept(tmp_path):
    line = os.urandom(36).hex().encode() + b"\r\n"
    body = line * (25 * 1024 * 1024 // len(line))
    big = content(body="") + body
    async with Sink() as sink, serving(tmp_path, *four_flags(sink.port)) as gateway:
        async with RawClient(*gateway.address()) as client:
            assert f"SIZE {35 << 20}" in await client.ehlo()
            assert (await client.mail(big, sender=LOGIN, recipients=(RECIPIENT,))).code == 250
            prepended(sink.delivered[0].content, big)
            assert (await client.cmd(f"MAIL FROM:<{LOGIN}> SIZE={36 << 20}")).code == 552
            assert (await client.mail(big + body, sender=LOGIN, recipients=(RECIPIENT,))).code == 552
            assert len(sink.delivered) == 1


async def test_internationalised_mail_and_delivery_notices_are_passed_on_as_they_came(tmp_path):
    sender, recipient = "nguyễn@tphcm.gov.vn", "trần.binhtan@tphcm.gov.vn"
    mail = f"From: {sender}\r\nTo: {recipient}\r\nSubject: Lịch họp\r\n\r\nKính mời.\r\n".encode()
    async with Sink() as sink, serving(tmp_path, *four_flags(sink.port, policy="monitor")) as gateway:
        async with RawClient(*gateway.address()) as client:
            await client.ehlo()
            assert (await client.cmd(f"MAIL FROM:<{sender}> SMTPUTF8 BODY=8BITMIME RET=HDRS ENVID=QQ+2B7")).code == 250
            assert (await client.cmd(f"RCPT TO:<{recipient}> NOTIFY=SUCCESS,DELAY ORCPT=utf-8;a@b.example")).code == 250
            assert (await client.data(mail)).code == 250
    (delivery,) = sink.delivered
    assert delivery.mail_line == f"MAIL FROM:<{sender}> SMTPUTF8 BODY=8BITMIME RET=HDRS ENVID=QQ+2B7".encode()
    assert delivery.rcpt_lines == [f"RCPT TO:<{recipient}> NOTIFY=SUCCESS,DELAY ORCPT=utf-8;a@b.example".encode()]
    prepended(delivery.content, mail)
