"""Fire: a process that hangs is said to, then replaced; each trouble begins and ends in one line."""

import re
import time
import urllib.request

import pytest

from tests.e2e.gateway_process import cli
from tests.fire.support import assert_nothing_was_lost, burning, send, service_again, stopped
from tests.support.sink import Sink

pytestmark = pytest.mark.slow
WORDS = {
    "audit": "the audit log cannot be written",
    "zygote": "the readers of documents do not work",
    "front_end": "a front end does not work",
}


async def test_processes_that_are_stopped_are_said_to_be_and_then_replaced(tmp_path):
    """Words within a few seconds, others after half a minute, one line each, and service as before."""
    async with Sink() as sink, burning(tmp_path, sink, metrics="127.0.0.1:0") as gateway:
        assert await send(gateway, 1) == 250
        before = {gateway.audit_writer(), gateway.zygote(), *gateway.frontends()}
        with stopped(*before):
            began = time.monotonic()
            for words in WORDS.values():
                await gateway.logged(words)
            assert "is ended and replaced" not in gateway.log, "it is said before"
            host, port = gateway.address("metrics")
            figures = urllib.request.urlopen(f"http://{host}:{port}/metrics", timeout=300).read().decode()
            lasting = re.findall(r'^congvu_gateway_trouble\{kind="(\w+)"\} 1.0$', figures, re.MULTILINE)
            assert sorted(lasting) == sorted(WORDS)
            doctor = await cli("doctor", "--running", "--data", gateway.data)
            assert doctor.code == 1
            assert sorted(re.findall(r"^FAIL  (\w+)", doctor.out, re.MULTILINE)) == sorted(WORDS), doctor.out
            await gateway.logged("is ended and replaced", count=len(before))
            assert time.monotonic() - began > 25
        await service_again(gateway)
        await gateway.logged("the trouble is over", count=len(WORDS))
        assert [gateway.log.count(words) for words in WORDS.values()] == [1] * len(WORDS)
        assert not before & {gateway.audit_writer(), gateway.zygote(), *gateway.frontends()}
        assert (await cli("doctor", "--running", "--data", gateway.data)).code == 0
        assert await gateway.terminate() == 0
        await assert_nothing_was_lost(gateway, sink, {b"thu-so-1"})
