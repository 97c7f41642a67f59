"""The steward beside a running gateway: it dies and comes back, and mail does not notice; damaged accounts stop the start."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import ssl
import sys

import pytest
from cryptography import x509

from tests.e2e.commands import CLEAN
from tests.e2e.gateway_process import PROGRAM, cli, configured, environment, serving
from tests.e2e.test_contract import COLLEAGUE, STAFF
from tests.support.certificates import Pki
from tests.support.client import RawClient
from tests.support.sink import Sink

pytestmark = pytest.mark.slow


def configuration(sink: Sink) -> dict:
    return configured(sink, workers=1, policy="monitor", console={"listen": "127.0.0.1:0"})


def steward(gateway) -> int | None:
    return gateway.child("gateway-steward")


async def relayed(gateway) -> bool:
    async with RawClient(*gateway.address()) as client:
        await client.ehlo()
        return (await client.mail(CLEAN, sender=STAFF, recipients=(COLLEAGUE,))).code == 250


async def test_the_steward_is_replaced_and_mail_does_not_notice(tmp_path):
    async with Sink() as sink:
        async with serving(tmp_path / "gw", config=configuration(sink)) as gateway:
            assert "chưa có tài khoản" in gateway.log
            first = await gateway.until(lambda: steward(gateway))
            os.kill(first, signal.SIGKILL)
            assert await relayed(gateway)
            second = await gateway.until(lambda: (found := steward(gateway)) != first and found)
            assert second != first
            added = await cli("console", "account", "add", "an.tt", "--role", "auditor", "--data", gateway.data)
            assert added.code == 0, added.err
            assert await relayed(gateway)
            os.kill(second, signal.SIGSTOP)  # one that hangs stops nothing, and is killed at the end
            assert await relayed(gateway)
            os.kill(second, signal.SIGCONT)
        await gateway.assert_audit_is_whole()
        async with serving(tmp_path / "gw", config=configuration(sink)) as gateway:
            assert "an.tt (auditor) chưa có mã xác thực" in gateway.log


async def healthy(gateway) -> int:
    """The status of GET /healthz."""
    host, port = gateway.address("console")
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return int(answer.split()[1]) if answer else 0


async def test_the_console_comes_back_with_its_steward_and_keeps_nothing_open_but_its_sockets(tmp_path):
    async with Sink() as sink, serving(tmp_path / "gw", config=configuration(sink)) as gateway:
        async with asyncio.timeout(300):
            while await healthy(gateway) != 200:
                await asyncio.sleep(0.05)
        console = gateway.child("gateway-console")
        open_now = [os.readlink(f"/proc/{console}/fd/{fd}") for fd in os.listdir(f"/proc/{console}/fd") if int(fd) > 2]
        assert sum(one.startswith("socket:") for one in open_now) <= 9
        assert not [one for one in open_now if "pipe:" in one or str(gateway.data) in one]
        os.kill(steward(gateway), signal.SIGKILL)
        await gateway.until(lambda: gateway.child("gateway-console") not in (None, console))
        async with asyncio.timeout(300):
            while await healthy(gateway) != 200:
                await asyncio.sleep(0.05)


def memory_of(pid: int) -> bytes:
    """All private memory of a process."""
    found = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            span, rights, *_ = line.split()
            if rights.startswith("rw"):
                begin, end = (int(one, 16) for one in span.split("-"))
                try:
                    memory.seek(begin)
                    found.append(memory.read(end - begin))
                except (OSError, ValueError):
                    continue
    return b"".join(found)


async def test_the_console_has_nothing_of_the_supervisors_memory(tmp_path):
    canary = "canary.hopthu@binhtan.example"
    (tmp_path / "directory.yaml").write_text(f"mailboxes: [{{address: {canary}, kind: personal}}]")
    async with Sink() as sink:
        config = configuration(sink) | {"directory": str(tmp_path / "directory.yaml")}
        async with serving(tmp_path / "gw", config=config) as gateway:
            async with asyncio.timeout(300):
                while await healthy(gateway) != 200:
                    await asyncio.sleep(0.05)
            try:
                seen, known = memory_of(gateway.child("gateway-console")), memory_of(steward(gateway))
            except PermissionError:
                pytest.skip("the memory of other processes cannot be read here")
            assert canary.encode() in known
            assert len(seen) > 1 << 20
            assert canary.encode() not in seen
            assert b"binhtan-7600" not in seen


async def serial_of(gateway) -> int:
    """The serial number of the certificate that the console shows."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection(*gateway.address("console"), ssl=context)
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return x509.load_der_x509_certificate(der).serial_number


async def test_a_new_certificate_is_taken_up_at_a_reload_and_a_broken_one_is_not(tmp_path):
    certificate, key = tmp_path / "console.pem", tmp_path / "console.key"

    def issue() -> int:
        for made, kept in zip(Pki(tmp_path).issue("gw.example"), (certificate, key), strict=True):
            shutil.copy(made, kept)
        return x509.load_pem_x509_certificate(certificate.read_bytes()).serial_number

    first = issue()
    async with Sink() as sink:
        config = configuration(sink)
        config["console"] |= {"certificate": str(certificate), "key": str(key), "names": ["gw.example"]}
        async with serving(tmp_path / "gw", config=config) as gateway:
            assert await serial_of(gateway) == first
            certificate.write_text("no certificate")
            gateway.process.send_signal(signal.SIGHUP)
            await gateway.logged("console.pem", count=2)  # warned of at the start: it ends soon
            assert await serial_of(gateway) == first
            second = issue()
            gateway.process.send_signal(signal.SIGHUP)
            serial = first
            async with asyncio.timeout(300):
                while serial != second:
                    with contextlib.suppress(ConnectionError):  # of the console that is replaced
                        serial = await serial_of(gateway)
                    await asyncio.sleep(0.05)
        certificate.write_text("no certificate")
        run = await cli("serve", "--config", tmp_path / "gw" / "gateway.yaml")
        assert run.code == 2
        assert "console.pem" in run.err
        assert "Traceback" not in run.err


async def test_the_console_serves_on_a_socket_of_systemd(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as opened:
        host, port = opened.getsockname()
        hand_over = (
            "import os, sys; fd, *program = sys.argv[1:]; os.dup2(int(fd), 3);"
            "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1', LISTEN_FDNAMES='console');"
            "os.execvp(program[0], program)"
        )
        descriptor = os.dup(opened.fileno())
        os.set_inheritable(descriptor, True)
        async with Sink() as sink:
            config = configuration(sink)
            config["console"] = {"listen": "systemd:console", "names": ["localhost"]}
            path = tmp_path / "gateway.yaml"
            path.write_text(json.dumps({"data": str(tmp_path / "data"), **config}))
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", hand_over, str(descriptor), *PROGRAM, "serve", "--config", str(path),
                env=environment(), stdout=asyncio.subprocess.PIPE, pass_fds=[descriptor],
            )  # fmt: skip
            try:
                async with asyncio.timeout(300):
                    assert f"console={host}:{port}" in (await process.stdout.readline()).decode()
                    status = b""
                    while b" 200 " not in status:
                        reader, writer = await asyncio.open_connection(host, port)
                        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                        status = await reader.readline()
                        writer.close()
                    process.terminate()
                    assert await process.wait() == 0
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
                os.close(descriptor)


async def test_damaged_accounts_stop_the_start_with_words(tmp_path):
    async with Sink() as sink:
        async with serving(tmp_path / "gw", config=configuration(sink)) as gateway:
            data = gateway.data
        (data / "accounts.db").write_bytes(b"")
        run = await cli("serve", "--config", tmp_path / "gw" / "gateway.yaml")
        assert run.code == 2
        assert "accounts.db" in run.err
        assert "gateway console account add" in run.err
        assert "Traceback" not in run.err
