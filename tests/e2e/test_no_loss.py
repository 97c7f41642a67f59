"""Nothing is lost, whatever is killed: what was acknowledged is at the next hop, what is at the next hop has an intent."""

import asyncio
import os
import random
import signal
import time
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from gateway.demo.documents import Paragraph, word_file, zip_archive
from tests.bench.contestants import free_port
from tests.e2e.clients import LOST, Clients, mail, token
from tests.e2e.commands import COLLEAGUE, STAFF
from tests.e2e.gateway_process import GatewayProcess, configured, four_flags, serving, stop_hard
from tests.e2e.milter_client import MilterClient
from tests.fire.support import assert_nothing_was_lost
from tests.support.client import RawClient
from tests.support.processes import alive, children, cpu_s
from tests.support.sink import Act, Sink

pytestmark = pytest.mark.slow


async def test_random_kills_lose_nothing(tmp_path):
    """Front ends, the zygote, the audit writer and the supervisor are killed at random moments under load."""
    seed = int(os.environ.get("GATEWAY_SEED", time.time_ns() % 1_000_000))
    print("GATEWAY_SEED", seed)
    chance = random.Random(seed)
    victims = ["front end"] * 14 + ["audit writer"] * 3 + ["zygote"] + ["supervisor"] * 2
    chance.shuffle(victims)
    async with Sink() as sink:
        host, port = "127.0.0.1", free_port()  # it stays the same for the clients, as in life
        flags = [f"{host}:{port}" if word == "127.0.0.1:0" else word for word in four_flags(sink.port)]
        gateway = GatewayProcess(tmp_path, *flags)
        try:
            await gateway.start()
            clients = Clients(lambda: (host, port))
            tasks = [asyncio.create_task(clients.run()) for _ in range(4)]
            for victim in victims:
                await asyncio.sleep(chance.uniform(0.0, 0.3))  # the random moment is the subject, not a wait
                if victim == "supervisor":
                    await gateway.kill()
                    await gateway.start()
                    continue
                pid = await gateway.until(lambda: chance.choice(gateway.frontends() or [0]))
                if victim == "zygote":
                    pid = await gateway.until(gateway.zygote)
                if victim == "audit writer":
                    pid = await gateway.until(gateway.audit_writer)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            await gateway.until(lambda: len(clients.acknowledged) >= 20)
            clients.stopping = True
            await asyncio.gather(*tasks)
            assert await gateway.terminate() == 0
            # Who died last may have had nobody to conclude its mails any more; the next start does.
            await gateway.start()
            assert await gateway.terminate() == 0
        finally:
            await stop_hard(gateway)
        assert not clients.refused
        await assert_nothing_was_lost(gateway, sink, clients.acknowledged, unknown=clients.tries, killed=True)
        print(f"{len(clients.acknowledged)} acknowledged, {clients.tries} tries, {len(sink.delivered)} deliveries,")
        assert "Traceback" not in gateway.log


POINTS = {
    # place: mails at the next hop afterwards, and what the audit may say of the interrupted one
    "pipeline.before_relay": (0, {"unknown", "not_sent"}),
    "pipeline.before_final_dot": (0, {"unknown", "not_sent"}),
    "pipeline.before_outcome": (1, {"unknown"}),
    "pipeline.after_outcome": (1, {"relayed"}),
}


@pytest.mark.parametrize("point", POINTS)
async def test_a_crash_at_each_point_of_the_way_is_recorded_as_what_it_was(tmp_path, point):
    delivered, outcome = POINTS[point]
    async with Sink() as sink:
        gateway = GatewayProcess(tmp_path, *four_flags(sink.port))
        try:
            await gateway.start(env={"GATEWAY_FAILPOINTS": f"{point}=kill"})
            async with RawClient(*gateway.address()) as client:
                await client.ehlo()
                with pytest.raises(LOST):
                    await client.mail(mail(1), sender=STAFF, recipients=(COLLEAGUE,))
            await gateway.logged("ended with -9")
            assert await gateway.terminate() == 0
            await gateway.start()
            assert len(sink.delivered) == delivered
            records = await gateway.records()
            (first,) = [record["id"] for record in records if record["kind"] == "intent"]
            (end,) = [record for record in records if record["kind"] == "outcome"]
            assert end["id"] == first
            assert end["delivery"] in outcome
            clients = Clients(gateway.address)
            await clients.until_acknowledged(mail(1))
            assert len(sink.delivered) == delivered + 1
            assert await gateway.terminate() == 0
            await assert_nothing_was_lost(gateway, sink, clients.acknowledged, unknown=1, killed=True)
        finally:
            await stop_hard(gateway)


def one_front_end(sink) -> dict:
    """The configuration of a gateway whose commits can be counted."""
    return configured(sink, workers=1)


async def test_an_audit_that_cannot_be_written_means_451_and_no_delivery(tmp_path):
    # The second commit: after the start of the front end, the first mail's intent.
    env = {"GATEWAY_FAILPOINTS": "audit.before_commit=error@2"}
    async with Sink() as sink, serving(tmp_path, config=one_front_end(sink), env=env) as gateway:
        gateway.faults_expected = True
        async with RawClient(*gateway.address()) as client:
            await client.ehlo()
            replies = [await client.mail(mail(number), sender=STAFF, recipients=(COLLEAGUE,)) for number in (1, 2)]
        assert [reply.code for reply in replies] == [451, 250]
        assert [token(delivery.content) for delivery in sink.delivered] == [b"thu-so-2"]
        await gateway.terminate()
        await assert_nothing_was_lost(gateway, sink, {b"thu-so-2"})


async def test_an_outcome_that_cannot_be_written_means_451_and_is_written_later(tmp_path):
    env = {"GATEWAY_FAILPOINTS": "audit.before_commit=error@3"}
    async with Sink() as sink, serving(tmp_path, config=one_front_end(sink), env=env) as gateway:
        gateway.faults_expected = True
        reply = await gateway.send(mail(1))
        assert reply.code == 451
        assert len(sink.delivered) == 1
        await gateway.terminate()
        assert [record["delivery"] for record in await gateway.records() if record["kind"] == "outcome"] == ["relayed"]


KILLED_WRITER = {
    # the commit with which the writer of the audit dies: the reply, mails at the next hop, the outcomes on record
    "audit.before_commit=kill@2": (451, 0, ["not_sent"]),
    "audit.after_commit=kill@2": (451, 0, ["not_sent"]),
    "audit.before_commit=kill@3": (451, 1, ["relayed"]),
    "audit.after_commit=kill@3": (451, 1, ["relayed", "relayed"]),
}


@pytest.mark.parametrize("point", KILLED_WRITER)
async def test_a_writer_of_the_audit_that_dies_is_replaced_and_every_mail_has_its_true_outcome(tmp_path, point):
    code, delivered, outcomes = KILLED_WRITER[point]
    async with Sink() as sink:
        config = one_front_end(sink)
        async with serving(tmp_path, config=config, env={"GATEWAY_FAILPOINTS": point}) as gateway:
            gateway.faults_expected = True
            async with RawClient(*gateway.address()) as client:
                await client.ehlo()
                reply = await client.mail(mail(1), sender=STAFF, recipients=(COLLEAGUE,))
                assert reply.code == code
                assert len(sink.delivered) == delivered
                # Another writer is there within a moment, for the same front end and session; it may die as well.
                await client.mail(mail(2), sender=STAFF, recipients=(COLLEAGUE,))
            await gateway.logged("gateway-audit")
            await gateway.terminate()
            records = await gateway.records()
            first = next(record["id"] for record in records if record["kind"] == "outcome")
            assert [r["delivery"] for r in records if r["kind"] == "outcome" and r["id"] == first] == outcomes
            ends = {record["id"]: record["delivery"] for record in records if record["kind"] == "outcome"}
            assert len(ends) == 2
            assert set(ends.values()) <= {"not_sent", "relayed"}
            assert list(ends.values()).count("relayed") == len(sink.delivered)
            await gateway.assert_audit_is_whole()


@pytest.mark.parametrize("how", ["SIGTERM to the supervisor", "Ctrl-C to the whole group"])
async def test_the_end_under_load_finishes_what_is_in_hand_and_takes_nothing_more(tmp_path, how):
    gate = asyncio.Event()
    reached = asyncio.Semaphore(0)

    def script(stage, session):
        if stage == "dot":
            reached.release()
            return Act(wait=gate, as_usual=True)
        return None

    async with Sink(script) as sink, serving(tmp_path, *four_flags(sink.port)) as gateway:

        async def send(number):
            try:
                async with RawClient(*gateway.address()) as client:
                    await client.ehlo()
                    return number, await client.mail(mail(number), sender=STAFF, recipients=(COLLEAGUE,))
            except LOST:
                return number, None

        sending = [asyncio.create_task(send(number)) for number in range(20)]
        for _ in sending:  # all twenty are with the next hop, which does not answer yet
            await asyncio.wait_for(reached.acquire(), 300)
        if how.startswith("SIGTERM"):
            gateway.process.send_signal(signal.SIGTERM)
        else:
            os.killpg(gateway.pid, signal.SIGINT)
        async with asyncio.timeout(300):  # nobody new is let in
            while True:
                try:
                    async with RawClient(*gateway.address()) as client:
                        if (await client.ehlo()).code == 421:
                            break
                except LOST:
                    break
        gate.set()
        replies = dict([await task for task in sending])
        assert await gateway.ended() == 0
        assert "gateway-audit" not in gateway.log  # the writer was not replaced: it ended after all others
        assert {reply.code for reply in replies.values()} == {250}
        await assert_nothing_was_lost(gateway, sink, {b"thu-so-%d" % number for number in replies})
        assert len(sink.delivered) == 20


async def test_the_relay_finishes_when_the_client_goes_after_its_final_dot(tmp_path):
    gate, reached = asyncio.Event(), asyncio.Event()

    def script(stage, session):
        if stage == "dot":
            reached.set()
            return Act(wait=gate, as_usual=True)
        return None

    async with Sink(script) as sink, serving(tmp_path, *four_flags(sink.port)) as gateway:
        async with RawClient(*gateway.address()) as client:
            await client.ehlo()
            await client.envelope(sender=STAFF, recipients=(COLLEAGUE,))
            assert (await client.cmd("DATA")).code == 354
            client.send(mail(1) + b".\r\n")
            await asyncio.wait_for(reached.wait(), 300)
        gate.set()
        await sink.wait_delivered()
        await gateway.terminate()
        assert [r["delivery"] for r in await gateway.records() if r["kind"] == "outcome"] == ["relayed"]


async def test_a_next_hop_that_dies_after_the_final_dot_leaves_the_outcome_unknown(tmp_path):
    """It may have taken the mail: the client hears 451, the audit says so, and we never send it again ourselves."""
    script = lambda stage, session: Act(reply=None, close=True) if stage == "dot" else None
    async with Sink(script) as sink, serving(tmp_path, *four_flags(sink.port)) as gateway:
        assert (await gateway.send(mail(1))).code == 451
        assert len(sink.delivered) == 1
        await gateway.terminate()
        await gateway.start()
        await gateway.terminate()
        assert len(sink.delivered) == 1
        assert [r["delivery"] for r in await gateway.records() if r["kind"] == "outcome"] == ["unknown"]


def heavy_mail(number: int) -> bytes:
    """A mail that its child reads for a second or more: many small documents."""
    text = [Paragraph(f"Báo cáo công tác tuần {line}.") for line in range(300)]
    document = word_file(tuple(text))
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = STAFF, COLLEAGUE, f"thu-so-{number}"
    message.set_content("Kinh gui.\n")
    archive = zip_archive(*((f"tep-{file}.docx", document) for file in range(150)))
    message.add_attachment(archive, maintype="application", subtype="zip", filename="ho-so.zip")
    return message.as_bytes()


@pytest.mark.parametrize("front_end", ["relay", "milter"])
async def test_a_zygote_killed_while_a_child_reads_a_mail_costs_a_retry_and_no_mail(tmp_path, front_end):
    """The mail in hand gets 451, the zygote comes back, and what comes next is judged in full."""
    content, path = heavy_mail(1), tmp_path / "milter.sock"
    async with Sink() as sink:
        config = configured(
            sink, {"kind": "relay", "listen": "127.0.0.1:0"}, {"kind": "milter", "listen": f"unix:{path}"}
        )

        async def send(octets) -> int:
            if front_end == "milter":
                client = await MilterClient.connect(path)
                kind, words = (await client.send(octets, sender=STAFF, recipients=[COLLEAGUE]))[-1]
                client.close()
                return 250 if kind == b"c" else int(words[:3])
            async with RawClient(*gateway.address()) as client:
                await client.ehlo()
                return (await client.mail(octets, sender=STAFF, recipients=(COLLEAGUE,))).code

        async with serving(tmp_path, config=config) as gateway:
            gateway.faults_expected = True
            zygote = gateway.zygote()
            in_hand = asyncio.create_task(send(content))
            # Children that wait for a job have used no processor time to speak of since their fork.
            await gateway.until(lambda: any(cpu_s([child]) >= 0.1 for child in children(zygote)))
            readers = children(zygote)
            assert not in_hand.done()
            os.kill(zygote, signal.SIGKILL)
            begun = time.monotonic()
            assert await in_hand == 451
            assert time.monotonic() - begun < 60, "it was noticed, not waited for"
            assert await send(mail(2)) == 250, "text needs no child"
            answers = [await send(content)]
            async with asyncio.timeout(300):
                while answers[-1] == 451:
                    answers.append(await send(content))
            assert answers[-1] == 250
            await gateway.until(lambda: not any(map(alive, readers)))
            assert gateway.zygote() not in {zygote, None}
            records = await gateway.records()
            (trouble, *_), intents = ([r for r in records if r["kind"] == kind] for kind in ("trouble", "intent"))
            assert trouble["id"] not in {intent["id"] for intent in intents}
            assert len(intents) == 2
            assert (
                sum(part.get("type", "").endswith("wordprocessingml.document") for part in intents[1]["mail"]["parts"])
                > 50
            )
            if front_end == "relay":
                await gateway.terminate()
                assert len(sink.delivered) == 2
                await assert_nothing_was_lost(gateway, sink, {token(one.content) for one in sink.delivered})
            else:
                assert not sink.delivered
                await gateway.assert_audit_is_whole()
