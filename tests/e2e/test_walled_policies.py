"""Words that policies cannot get through: they end with their child, nobody else waits, and the front end stays small."""

import asyncio
import json
import re
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from tests.e2e.gateway_process import cli, serving
from tests.e2e.test_metrics import configuration
from tests.engine.stand_ins.unruly import WORD
from tests.support.client import RawClient, stuff
from tests.support.sink import Sink

pytestmark = pytest.mark.slow
STAFF, COLLEAGUE = "an.binhtan@tphcm.gov.vn", "binh.binhtan@tphcm.gov.vn"
GROWTH_KIB = 20 << 10
SHAPES = ("MẬT\n", "Độ mật: {n}\n", "TUYET {n} MAT\n", "M Ậ T {n}\n", "tối  mật số {n}\n")
INSPECTION = {"part_cpu_s": 0.5, "mib_cpu_s": 0.1, "cpu_s": 60}


def mail(text: bytes) -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Gửi số liệu", STAFF, COLLEAGUE
    message.set_content("Kính gửi,\n")
    message.add_attachment(text, maintype="text", subtype="plain", filename="so-lieu.txt")
    return message.as_bytes(policy=SMTP)


def nothing_but_marks(size_bytes: int) -> bytes:
    """Lines that could each be a mark, no two alike but for the first shape."""
    lines, size = [], 0
    while size < size_bytes:
        lines.append(SHAPES[len(lines) % len(SHAPES)].format(n=len(lines)).encode())
        size += len(lines[-1])
    return b"".join(lines)


def anonymous_kib(pid: int) -> int:
    return int(re.search(r"RssAnon:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])


async def sent(gateway, content, timeout):
    async with RawClient(*gateway.address()) as client:
        await client.ehlo()
        for reply in await client.envelope(sender=STAFF, recipients=(COLLEAGUE,)):
            assert reply.code == 250
        assert (await client.cmd("DATA")).code == 354
        client.send(stuff(content) + b".\r\n")
        return await client.reply(timeout)


async def answered_beside(gateway, content) -> tuple[str, int, int]:
    """The reply to a mail, how often another session was answered meanwhile, and by how much the front end grew, in KiB."""
    (front_end,) = gateway.frontends()
    async with RawClient(*gateway.address()) as other:
        await other.ehlo()
        await sent(gateway, mail(b"Nothing\n"), 120)
        small = anonymous_kib(front_end)
        sending = asyncio.create_task(sent(gateway, content, 300))
        count = grown = 0
        while not sending.done():
            assert (await other.cmd("NOOP")).code == 250
            count += 1
            grown = max(grown, anonymous_kib(front_end) - small)
            await asyncio.wait({sending}, timeout=0.02)
        return await sending, count, grown


@pytest.fixture
async def gateway(tmp_path, request):
    how, _, where = request.param.partition(" ")
    policy = tmp_path / "policy.yaml"
    settings = {"how": how, "where": where or "look"}
    unruly = {"module": "tests.engine.stand_ins.unruly", "settings": settings}
    policies = {"unruly": unruly} if how else {}
    policy.write_text(json.dumps({"version": 1, "name": "x", "extends": "binhtan-7600", "policies": policies}))
    async with Sink() as sink:
        config = {key: value for key, value in configuration(sink).items() if key != "metrics"}
        config |= {"policy": str(policy), "workers": 1, "inspection": INSPECTION}
        async with serving(tmp_path / "gateway", config=config) as running:
            running.faults_expected = True
            yield running


@pytest.mark.parametrize("gateway", [""], indirect=True)
async def test_a_text_of_nothing_but_possible_marks_is_searched_behind_the_wall(gateway):
    reply, count, grown = await answered_beside(gateway, mail(nothing_but_marks(20 << 20)))
    assert reply.code in (451, 550)
    assert count > 1
    assert grown <= GROWTH_KIB


@pytest.mark.parametrize(
    ("gateway", "codes"),
    [("spin", (550,)), ("hoard", (550,)), ("sleep", (451,)), ("spin judge", (451,)), ("sleep judge", (451,))],
    indirect=["gateway"],
)
async def test_a_policy_without_end_ends_with_its_child(gateway, codes):
    reply, count, grown = await answered_beside(gateway, mail(f"{WORD}\n".encode() * 1000))
    assert reply.code in codes, reply
    assert count > 1
    assert grown <= GROWTH_KIB
    assert (await sent(gateway, mail(b"Nothing\n"), 120)).code == 250
    assert WORD not in gateway.log
    if codes == (451,):
        await gateway.logged("một chính sách hỏng hoặc không xét xong", timeout=60)
        told = await cli("doctor", "--running", "--data", gateway.data)
        assert (told.code, "chính sách unruly không xét xong" in told.out) == (1, True)
