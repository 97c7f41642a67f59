"""`gateway demo --once`: the whole office on this machine, every verdict the expected one."""

import os
import re
import select
import socket
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from gateway.demo.run import _send
from tests.e2e.gateway_process import cli
from tests.support.processes import descendants


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


def test_a_refused_connection_is_shown_as_any_other_reply():
    with socket.create_server(("localhost", 0)) as server:

        def refuse():
            with server.accept()[0] as client:
                client.sendall(b"421 4.3.2 khong ghi duoc nhat ky\r\n")

        thread = threading.Thread(target=refuse)
        thread.start()
        office = SimpleNamespace(ports={"relay": server.getsockname()[1]})
        mail = SimpleNamespace(authenticated=False, content=lambda _: b"")
        assert _send(office, mail) == "421 4.3.2 khong ghi duoc nhat ky"
        thread.join()
