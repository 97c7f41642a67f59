"""Sockets that systemd opened: relay, submission and milter on them, with several front ends behind each."""

import asyncio
import os
import shutil
import signal
import socket
import ssl
import sys
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest

from tests.bench.contestants import free_port
from tests.e2e.gateway_process import PROGRAM, ROOT, configured, environment, serving
from tests.e2e.milter_client import MilterClient
from tests.support.certificates import Pki
from tests.support.client import RawClient
from tests.support.sink import Sink

pytestmark = pytest.mark.slow

SENDER, RECIPIENT = "an.binhtan@tphcm.gov.vn", "binh.binhtan@tphcm.gov.vn"
MAIL = b"From: an.binhtan@tphcm.gov.vn\r\nTo: binh.binhtan@tphcm.gov.vn\r\nSubject: Hop\r\n\r\nKinh gui.\r\n"
CONTINUE = b"c"
HAND_OVER = """
import os, sys
names, *program = sys.argv[1:]
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(names.split(":"))), LISTEN_FDNAMES=names)
os.execvp(program[0], program)
"""
"""Hands descriptors 3, 4, ... over as systemd does: variables, then exec in the same process."""


def tls_files(folder):
    certificate, key = Pki(folder).issue("gateway.test")
    return {"certificate": str(certificate), "key": str(key)}


@asynccontextmanager
async def activated(folder, sink, ports, path, *, workers=2):
    """A gateway that systemd-socket-activate starts, which it does at the first connection."""
    program = shutil.which("systemd-socket-activate")
    if program is None:
        pytest.skip("systemd-socket-activate is not installed (package systemd)")
    listens = [f"127.0.0.1:{ports['relay']}", f"[::1]:{ports['relay']}", f"127.0.0.1:{ports['submission']}", str(path)]
    launcher = [program, *(f"--listen={listen}" for listen in listens), "--fdname=relay:relay:submission:milter"]
    # It passes no environment on but what is named.
    launcher += ["-E", f"PYTHONPATH={ROOT}", "-E", "PATH"]
    config = configured(
        sink,
        {"kind": "milter", "listen": "systemd:milter"},
        {"kind": "submission", "listen": "systemd:submission", **tls_files(folder)},
        {"kind": "relay", "listen": "systemd:relay"},
        workers=workers,
    )
    knocking = asyncio.create_task(knock(ports["relay"]))
    try:
        async with serving(folder, config=config, launcher=launcher) as gateway:
            yield gateway
    finally:
        knocking.cancel()


async def knock(port) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return


@pytest.mark.system
async def test_relay_submission_and_milter_serve_on_sockets_of_systemd(tmp_path):
    ports, path = {"relay": free_port(), "submission": free_port()}, tmp_path / "milter.sock"
    async with Sink() as sink, activated(tmp_path, sink, ports, path) as gateway:
        assert gateway.addresses == [
            ("milter", f"unix:{path}"),
            ("submission", f"127.0.0.1:{ports['submission']}"),
            ("relay", f"127.0.0.1:{ports['relay']}"),
            ("relay", f"[::1]:{ports['relay']}"),
        ]
        for host in ("127.0.0.1", "::1"):
            async with RawClient(host, ports["relay"]) as client:
                await client.ehlo()
                assert (await client.mail(MAIL, sender=SENDER, recipients=(RECIPIENT,))).code == 250
        async with RawClient("127.0.0.1", ports["submission"]) as client:
            assert "STARTTLS" in await client.ehlo()
            await client.cmd("STARTTLS")
            trusted = ssl.create_default_context()
            trusted.check_hostname, trusted.verify_mode = False, ssl.CERT_NONE
            await client.writer.start_tls(trusted)
            assert "AUTH" in await client.ehlo()
        client = await MilterClient.connect(path)
        assert (await client.send(MAIL, sender=SENDER, recipients=[RECIPIENT]))[-1][0] == CONTINUE
        client.close()
        sessions = [record["mail"]["session"]["front_end"] for record in await gateway.records() if "mail" in record]
        assert sorted(set(sessions)) == ["milter", "relay"]
        assert await gateway.terminate() == 0
        assert path.is_socket(), "the path is systemd's to remove"


@pytest.mark.system
async def test_all_front_ends_take_part_and_one_that_dies_costs_no_connection(tmp_path):
    ports, path = {"relay": free_port(), "submission": free_port()}, tmp_path / "milter.sock"
    async with Sink() as sink, activated(tmp_path, sink, ports, path) as gateway:
        first, second = gateway.frontends()
        before = {pid: sockets(pid) for pid in (first, second)}
        open_ones = []
        # A front end that the machine lets wait takes part as soon as it runs again.
        while min(sockets(pid) - before[pid] for pid in before) < 8:
            for one in open_ones[:-80]:
                one.writer.close()
            clients = [RawClient("127.0.0.1", ports["relay"]) for _ in range(20)]
            await asyncio.gather(*(client.__aenter__() for client in clients))
            open_ones = [*open_ones[-80:], *clients, *[await MilterClient.connect(path) for _ in range(20)]]
        for connection in open_ones:
            connection.writer.close()
        os.kill(first, signal.SIGKILL)
        for _ in range(20):
            async with RawClient("127.0.0.1", ports["relay"]) as client:
                await client.ehlo()
                assert (await client.mail(MAIL, sender=SENDER, recipients=(RECIPIENT,))).code == 250
            mta = await MilterClient.connect(path)
            assert (await mta.send(MAIL, sender=SENDER, recipients=[RECIPIENT]))[-1][0] == CONTINUE
            mta.close()
        await gateway.until(lambda: len(gateway.frontends()) == 2)


def sockets(pid: int) -> int:
    found = 0
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found += os.readlink(entry).startswith("socket:")
        except OSError:
            continue
    return found


# --- what is handed over but cannot serve -------------------------------------------------------------------------


def listening(address, family=socket.AF_INET):
    opened = socket.socket(family)
    opened.bind(address)
    opened.listen()
    return opened


async def refused(tmp_path, listeners, handed, *, names=None) -> str:
    """Start with sockets by name; return what it said when it refused."""
    with ExitStack() as stack:
        for opened in handed.values():
            stack.enter_context(opened)

        def arrange() -> None:  # in the child, between fork and exec: descriptors 3, 4, ...
            copies = [os.dup(opened.fileno()) for opened in handed.values()]
            high = [os.dup2(copy, 200 + number) for number, copy in enumerate(copies)]
            for number, descriptor in enumerate(high, 3):
                os.dup2(descriptor, number)

        (tmp_path / "gateway.yaml").write_text(
            f"data: {tmp_path}/data\nnext_hop: {{address: '127.0.0.1:9', tls: none}}\nlisteners: {listeners}\n"
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", HAND_OVER, names or ":".join(handed), *PROGRAM, "serve", "--config",
            str(tmp_path / "gateway.yaml"), env=environment(), preexec_fn=arrange, close_fds=False,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(300):
            out, err = await process.communicate()
    assert (process.returncode, out) == (2, b""), err.decode()
    assert b"Traceback" not in err
    return err.decode()


RELAY = "[{kind: relay, listen: 'systemd:relay'}]"
LOCAL = ("127.0.0.1", 0)


async def test_a_listener_without_its_socket_is_named(tmp_path):
    said = await refused(tmp_path, "[{kind: relay, listen: 'systemd:mail'}, {kind: relay, listen: 'systemd:relay'}]",
                         {"relay": listening(LOCAL)})  # fmt: skip
    assert "systemd:mail" in said
    assert "FileDescriptorName=mail" in said


async def test_a_socket_without_its_listener_is_named(tmp_path):
    said = await refused(tmp_path, RELAY, {"relay": listening(LOCAL), "spare": listening(LOCAL)})
    assert "systemd:spare" in said


async def test_a_socket_that_does_not_listen_is_refused(tmp_path):
    said = await refused(tmp_path, RELAY, {"relay": socket.socket()})
    assert "không nhận kết nối" in said
    assert "does not listen" in said


async def test_mail_clients_are_not_served_on_a_unix_socket(tmp_path):
    opened = listening(str(tmp_path / "relay.sock"), socket.AF_UNIX)
    assert "needs a TCP socket" in await refused(tmp_path, RELAY, {"relay": opened})


async def test_passwords_without_tls_stay_on_loopback(tmp_path):
    listener = "[{kind: submission, listen: 'systemd:submission', auth_without_tls: true}]"
    assert "loopback" in await refused(tmp_path, listener, {"submission": listening(("0.0.0.0", 0))})


async def test_a_descriptor_that_is_no_socket_is_refused(tmp_path):
    assert "no socket" in await refused(tmp_path, RELAY, {"relay": (tmp_path / "file").open("w")})


async def test_a_name_is_needed_after_systemd(tmp_path):
    assert "FileDescriptorName" in await refused(
        tmp_path, "[{kind: relay, listen: 'systemd:'}]", {"relay": listening(LOCAL)}
    )
