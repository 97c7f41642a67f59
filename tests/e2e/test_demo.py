"""`gateway demo --once`: the whole office on this machine, every verdict the expected one."""

import os
import re
import select
import subprocess
import sys

import pytest

from tests.bench.contestants import descendants
from tests.e2e.gateway_process import cli


@pytest.mark.system
@pytest.mark.slow
async def test_every_verdict_of_the_demonstration_is_the_expected_one():
    run = await cli("demo", "--once")
    assert run.code == 0, run.out + run.err
    right, of = re.search(r"(\d+)/(\d+) kết luận đúng", run.out).groups()
    assert right == of == "13"
    assert "Traceback" not in run.out + run.err
    assert "deprecated" not in run.out + run.err


@pytest.mark.system
@pytest.mark.slow
def test_the_gateway_ends_with_the_demonstration():
    with subprocess.Popen([sys.executable, "-m", "gateway.cli", "demo"], stdout=subprocess.PIPE, text=True) as demo:
        next(line for line in demo.stdout if line.startswith("gateway ready"))
        serving = [os.pidfd_open(pid) for pid in descendants(demo.pid)]
        demo.terminate()
        demo.stdout.read()
        assert demo.wait(300) != 0
        assert serving
        for descriptor in serving:
            assert select.select([descriptor], [], [], 10)[0], "it goes on without the demonstration"
            os.close(descriptor)
