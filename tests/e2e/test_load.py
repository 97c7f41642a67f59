"""A gateway with more to read than it can: nothing is refused for it, what was begun is kept, and the desk may die."""

import asyncio
import os
import signal
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from tests.e2e.gateway_process import children as children_of
from tests.e2e.gateway_process import name, serving
from tests.e2e.test_metrics import configuration, figures, until
from tests.support.client import RawClient
from tests.support.octets import zipped
from tests.support.sink import Sink

pytestmark = pytest.mark.slow
IN_MEMORY = {"memory_per_message_bytes": 1 << 20}
"""So that mails do not wait for a place before they have come in."""
STAFF, COLLEAGUE = "an.binhtan@tphcm.gov.vn", "binh.binhtan@tphcm.gov.vn"


def mail(*files, subject="Gửi hồ sơ"):
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, STAFF, COLLEAGUE
    message.set_content("Kính gửi,\n")
    for file, data in files:
        message.add_attachment(data, maintype="application", subtype="zip", filename=file)
    return message.as_bytes(policy=SMTP)


def heavy(seed: int, count: int = 900) -> bytes:
    """Many small archives in one: more than a second of processor time, and hardly a word of result."""
    inner = zipped({"a.txt": f"so {seed}\n"})
    names = tuple(f"{number}.zip" for number in range(count))
    return zipped(dict.fromkeys(names, inner), stored=names)


async def sent(gateway, content, sender=STAFF):
    async with RawClient(*gateway.address()) as client:
        await client.ehlo()
        return await client.mail(content, sender=sender, recipients=(COLLEAGUE,))


async def test_mails_that_are_late_are_read_on_and_their_retries_answered_from_memory(tmp_path):
    """Eight mails at once for one place and a second: most are late, and all are answered when they come again."""
    async with Sink() as sink:
        config = configuration(sink) | {
            "policy": "monitor", "limits": IN_MEMORY | {"deadline_s": 1.01}, "inspection": {"children": 1}, "workers": 2,
        }  # fmt: skip
        async with serving(tmp_path, config=config) as gateway:
            gateway.faults_expected = True
            late = []

            async def until_answered(seed):
                content = mail(("ho-so.zip", heavy(seed)))
                while (reply := await sent(gateway, content, f"nguoi{seed}.binhtan@tphcm.gov.vn")).code == 451:
                    late.append(str(reply))
                return reply.code

            assert await asyncio.gather(*map(until_answered, range(8))) == [250] * 8
            assert any("con dang duoc xet" in reply for reply in late), late[:3]
            assert (await figures(gateway))["congvu_gateway_verdict_seconds_count"] >= 8


async def test_mails_of_text_do_not_wait_behind_a_queue_of_documents(tmp_path):
    """All places are taken, and more than a hundred seconds of work wait; no clock is looked at."""
    async with Sink() as sink:
        config = configuration(sink) | {
            "policy": "monitor", "limits": IN_MEMORY, "inspection": {"children": 1}, "workers": 1,
        }  # fmt: skip
        async with serving(tmp_path, config=config) as gateway:
            gateway.faults_expected = True
            waiting = [asyncio.create_task(sent(gateway, mail(("a.zip", heavy(seed))))) for seed in range(12)]
            while (await figures(gateway))["congvu_gateway_inspections_waiting"] < 5:
                await asyncio.sleep(0.1)
            for number in range(20):
                assert (await sent(gateway, mail(subject=f"Thư {number}"))).code == 250
            assert sum(task.done() for task in waiting) < len(waiting)
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_dead_desk_costs_nothing_but_speed(tmp_path):
    async with Sink() as sink, serving(tmp_path, config=configuration(sink) | {"policy": "monitor"}) as gateway:
        gateway.faults_expected = True

        def desk():
            return next((pid for pid in children_of(gateway.pid) if name(pid) == "gateway-desk"), None)

        for number in range(3):
            content = mail(("a.zip", heavy(number, 60)))
            await gateway.until(lambda: desk() is not None)  # it is named a moment after it is started
            killed = desk()
            task = asyncio.create_task(sent(gateway, content))
            os.kill(killed, signal.SIGKILL)
            assert (await task).code == 250
            assert (await sent(gateway, content)).code == 250
            await gateway.until(lambda killed=killed: desk() not in (None, killed))
        await until(gateway, "restarts_total", 3)
