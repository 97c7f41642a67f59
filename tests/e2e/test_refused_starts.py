"""What keeps the gateway from starting is named with its place, in both languages, and nothing has a traceback."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from tests.bench.contestants import free_port
from tests.e2e.commands import CLEAN, COLLEAGUE, STAFF, no_traceback, put, write
from tests.e2e.gateway_process import PROGRAM, ROOT, GatewayProcess, cli, configured, four_flags, serving
from tests.support.certificates import Pki
from tests.support.client import RawClient
from tests.support.sink import Act, Sink

pytestmark = pytest.mark.slow

NO_HOP = "next_hop: {address: '127.0.0.1:1', tls: none, required_at_start: false}\n"


async def refused_start(folder, config: str, *needles, port=1, arguments=()):
    """`serve` with this configuration must exit with 2, one message with these words, and no traceback."""
    path = write(folder, "gateway.yaml", config)
    run = await cli("serve", "--config", path, "--data", folder / "data", *arguments)
    assert run.code == 2, run
    no_traceback(run.err)
    for needle in needles:
        assert needle in run.err, run.err
    assert run.out == ""
    return run.err


BASE = """\
next_hop: {address: "127.0.0.1:%d", tls: none}
"""


@pytest.mark.parametrize(
    ("config", "needles"),
    [
        ("workers: 2\nlisteners:\n  - kind: relay\n    lsten: 127.0.0.1:0\n", ["gateway.yaml:4:5: ", "listen"]),
        (
            "workers: nhieu\npolicy: binhtan-7600\nlog_level: loud\nnext_hop:\n  address: nowhere\n",
            ["gateway.yaml:1:10: ", "gateway.yaml:3:12: ", "gateway.yaml:5:12: "],
        ),
        ("workers: [1, 2\nlog_level: info\n", ["gateway.yaml:2:"]),
        ("spool: /dev/null\n", ["/dev/null: ", "spool"]),
        ("policy: binhtan-7601\n", ["binhtan-7601", "binhtan-7600"]),
        ("listeners: [{kind: relay, listen: '192.0.2.1:2525'}]\n", ["192.0.2.1:2525"]),
        ("listeners: [{kind: relay, listen: 'no-such-host.invalid:2525'}]\n", ["no-such-host.invalid"]),
    ],
)
async def test_what_a_configuration_says_wrong_is_named(tmp_path, config, needles):
    """Every fault has its place in `tests/test_config.py`."""
    await refused_start(tmp_path, config, *needles)


async def test_a_configuration_that_is_not_there_or_no_text(tmp_path):
    run = await cli("serve", "--config", tmp_path / "nowhere.yaml")
    assert run.code == 2
    assert f"{tmp_path}/nowhere.yaml: " in run.err
    no_traceback(run.err)
    put(tmp_path, "octets.yaml", b"\xff\xfe\x00binary")
    run = await cli("serve", "--config", tmp_path / "octets.yaml")
    assert run.code == 2
    assert f"{tmp_path}/octets.yaml:1:1: " in run.err
    no_traceback(run.err)


async def test_certificates_that_cannot_be_used_are_named(tmp_path):
    pki = Pki(tmp_path)
    certificate, key = pki.issue("gateway.test")
    _, other_key = pki.issue("other.test")
    junk = write(tmp_path, "junk.pem", "this is no certificate\n")
    listener = "listeners:\n  - {{kind: submissions, listen: '127.0.0.1:0', certificate: {0}, key: {1}}}\n"
    await refused_start(tmp_path, listener.format(tmp_path / "no.pem", key), f"{tmp_path}/no.pem: ", "No such file")
    await refused_start(tmp_path, listener.format(certificate, tmp_path / "no.key"), f"{tmp_path}/no.key: ")
    await refused_start(tmp_path, listener.format(certificate, other_key), f"{certificate}: ", f"{other_key}")
    await refused_start(tmp_path, listener.format(junk, key), f"{junk}: ")
    await refused_start(tmp_path, listener.format(tmp_path, key), f"{tmp_path}: ")
    await refused_start(tmp_path, "next_hop: {address: 'mail.test:587', ca_file: %s}\n" % junk, f"{junk}: ", "ca_file")
    missing = tmp_path / "ca.pem.missing"
    await refused_start(tmp_path, "next_hop: {address: 'mail.test:587', ca_file: %s}\n" % missing, f"{missing}: ")


async def test_a_key_with_a_passphrase_is_named_and_nobody_is_asked_for_it(tmp_path):
    certificate, key = Pki(tmp_path).issue("gateway.test")
    secret = load_pem_private_key(key.read_bytes(), None)
    locked = put(
        tmp_path,
        "locked.key",
        secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"mat khau")),
    )
    listener = (
        f"listeners:\n  - {{kind: submissions, listen: '127.0.0.1:0', certificate: {certificate}, key: {locked}}}\n"
    )
    err = await refused_start(tmp_path, listener, str(locked), "passphrase")
    assert "Enter PEM" not in err


async def test_a_next_hop_that_could_never_take_mail_is_named_at_the_start(tmp_path):
    listeners = "listeners: [{kind: relay, listen: '127.0.0.1:0'}]\n"
    web = Sink(lambda stage, _: Act(b"HTTP/1.1 400 Bad Request\r\n") if stage == "banner" else None)
    async with web as sink:
        await refused_start(tmp_path, listeners + BASE % sink.port, f"127.0.0.1:{sink.port}", "no mail server")
    async with Sink() as sink:
        config = listeners + f"next_hop: {{address: '127.0.0.1:{sink.port}', tls: starttls}}\n"
        await refused_start(tmp_path, config, "STARTTLS", "next_hop.tls")


async def test_a_start_needs_one_next_hop_that_takes_mail_and_warns_of_the_others(tmp_path):
    web = Sink(lambda stage, _: Act(b"HTTP/1.1 400 Bad Request\r\n") if stage == "banner" else None)
    async with web as unfit, Sink() as sink:
        hops = {"address": f"127.0.0.1:{unfit.port}", "others": [{"address": f"127.0.0.1:{sink.port}"}], "tls": "none"}
        async with serving(tmp_path, config=configured(sink, next_hop=hops)) as gateway:
            assert f"127.0.0.1:{unfit.port}" in gateway.stderr.read_text()


async def test_a_next_hop_that_says_no_for_now_does_not_keep_the_gateway_from_starting(tmp_path):
    busy = Sink(lambda stage, _: Act(b"421 4.3.2 maintenance\r\n", close=True) if stage == "banner" else None)
    async with busy as sink, serving(tmp_path, *four_flags(sink.port)) as gateway:
        assert "maintenance" in gateway.stderr.read_text()


async def test_a_next_hop_that_refuses_the_gateway_itself_costs_no_mail_and_is_reported_to_the_administrator(tmp_path):
    refuses = Sink(lambda stage, _: Act(b"554 5.7.1 not on my list\r\n") if stage == "banner" else None)
    async with refuses as sink, serving(tmp_path, *four_flags(sink.port)) as gateway:
        async with RawClient(*gateway.address()) as client:
            await client.ehlo()
            assert (await client.cmd(f"MAIL FROM:<{STAFF}>")).startswith("451 4.3.5")
            sink.script = lambda stage, session: None
            assert (await client.mail(CLEAN, sender=STAFF, recipients=(COLLEAGUE,))).code == 250
        assert gateway.log.count("not on my list") >= 2  # at the start, and for the mail
        sink.script = lambda stage, _: Act(b"554 5.7.1 not on my list\r\n") if stage == "banner" else None
        config = tmp_path / "doctor.yaml"
        config.write_text(f"data: {tmp_path}/doctor\nnext_hop: {{address: 127.0.0.1:{sink.port}, tls: none}}\n")
        run = await cli("doctor", "--config", config)
        assert run.code == 1
        (line,) = [line for line in run.out.splitlines() if "next hop " in line and "FAIL" in line]
        assert "554 5.7.1 not on my list" in line


@pytest.mark.parametrize("backlog", [1, None])
async def test_a_port_in_use_is_named_whether_anybody_listens_or_not(tmp_path, backlog):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        if backlog:
            taken.listen(backlog)
        port = taken.getsockname()[1]
        config = f"listeners: [{{kind: relay, listen: '127.0.0.1:{port}'}}]\n"
        await refused_start(tmp_path, config, f"127.0.0.1:{port}")


async def test_the_port_of_another_gateway_is_in_use(tmp_path):
    async with Sink() as sink, serving(tmp_path / "first", *four_flags(sink.port)) as gateway:
        _, port = gateway.address()
        config = f"listeners: [{{kind: relay, listen: '127.0.0.1:{port}'}}]\n"
        await refused_start(tmp_path, config, f"127.0.0.1:{port}")


async def test_a_port_for_which_the_right_is_missing_is_named_with_the_ways_to_it(tmp_path):
    if int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) <= 465:
        pytest.skip("anybody may take a low port here")
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    drop = ("setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service") if os.geteuid() == 0 else ()
    path = write(tmp_path, "gateway.yaml", NO_HOP + "listeners: [{kind: relay, listen: '127.0.0.1:465'}]\n")
    run = await cli("serve", "--config", path, "--data", tmp_path / "data", launcher=drop)
    assert run.code == 2
    assert f"{path}:2:" in run.err
    assert "low-ports.conf" in run.err
    no_traceback(run.err)


async def test_a_next_hop_that_is_down_at_the_start_is_named_unless_it_may_be(tmp_path):
    port = free_port()
    listeners = "listeners: [{kind: relay, listen: '127.0.0.1:0'}]\n"
    await refused_start(tmp_path, listeners + BASE % port, f"127.0.0.1:{port}", "refused")
    config = {
        "listeners": [{"kind": "relay", "listen": "127.0.0.1:0"}],
        "next_hop": {"address": f"127.0.0.1:{port}", "tls": "none", "required_at_start": False},
    }
    async with serving(tmp_path / "tolerant", config=config) as gateway, RawClient(*gateway.address()) as client:
        assert (await client.ehlo()).code == 250
        (reply,) = await client.envelope(recipients=())
        assert str(reply).startswith("451 4.4.1 ")


async def test_check_names_a_policy_or_trust_anchors_that_cannot_be_used(tmp_path):
    broken = write(tmp_path, "policy.yaml", "preset: binhtan-7600\npolicies:\n  typographie: {mode: off}\n")
    clean, nowhere = put(tmp_path, "clean.eml", CLEAN), tmp_path / "nowhere.yaml"
    for option, value, needle in (
        ("--policy", nowhere, f"{nowhere}: "),
        ("--policy", "strickt", "strict"),
        ("--policy", broken, f"{broken}:3:16: "),
        ("--certs", nowhere, f"{nowhere}: "),
    ):
        run = await cli("check", option, value, clean)
        assert run.code == 2
        assert needle in run.err, run.err
        no_traceback(run.err)
        assert run.out == ""


async def test_times_addresses_and_flags_that_make_no_sense(tmp_path):
    clean = put(tmp_path, "clean.eml", CLEAN)
    for arguments, needle in (
        (("check", "--now", "hôm qua", clean), "ISO 8601"),
        (("check", "--now", "2026-13-45", clean), "ISO 8601"),
        (("check", "--now", "9999-12-31T23:59:59", clean), "9999-12-31"),
        (("check", "--now", "0001-01-01T00:00:00+14:00", clean), "0001-01-01"),
        (("check",), "files"),
        (("serve", "--listen", "2525", "--data", tmp_path / "d"), "HOST:PORT"),
        (("serve", "--next-hop", "mail.test", "--data", tmp_path / "d"), "HOST:PORT"),
        (("serve", "--listen", "127.0.0.1:99999", "--data", tmp_path / "d"), "HOST:PORT"),
        (("serve", "--lisen", "127.0.0.1:0"), "--lisen"),
        (("frobnicate",), "frobnicate"),
        (("audit", "list", "--since", "hôm qua", "--data", tmp_path), "ISO 8601"),
        (("audit", "list", "--data", tmp_path / "nothing"), str(tmp_path / "nothing")),
        (("audit", "verify", "--data", tmp_path / "nothing"), str(tmp_path / "nothing")),
        (("audit", "export", "--data", tmp_path / "nothing"), str(tmp_path / "nothing")),
    ):
        run = await cli(*arguments)
        assert run.code == 2, (arguments, run)
        assert needle in run.err, (arguments, run)
        no_traceback(run.err)


async def test_a_data_folder_that_cannot_be_used_is_named(tmp_path):
    file = write(tmp_path, "file", "not a folder")
    async with Sink() as sink:
        for data in (file, file / "below", "/proc/1/data"):
            run = await cli("serve", *four_flags(sink.port), "--data", data)
            assert run.code == 2, run
            assert str(data) in run.err
            no_traceback(run.err)


@pytest.mark.skipif(os.geteuid() != 0, reason="changes the owner of files, which root alone may")
async def test_a_data_folder_of_another_user_is_named(tmp_path):
    """As an ordinary user, for root may write everywhere."""
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o755)
    tmp_path.chmod(0o755)
    async with Sink() as sink:
        process = await asyncio.create_subprocess_exec(
            "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
            *PROGRAM, "serve", *four_flags(sink.port), "--data", str(folder),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd="/",
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
        async with asyncio.timeout(300):
            out, err = await process.communicate()
    if b"Permission denied" in err and b"gateway:" not in err:
        pytest.skip("an ordinary user may not even read the project here")
    assert process.returncode == 2, err
    assert str(folder) in err.decode()
    no_traceback(err.decode())


async def test_a_second_gateway_on_the_same_data_folder_is_refused(tmp_path):
    async with Sink() as sink, serving(tmp_path, *four_flags(sink.port)) as gateway:
        run = await cli("serve", *four_flags(sink.port), "--data", gateway.data)
        assert run.code == 2
        assert str(gateway.data) in run.err
        no_traceback(run.err)


async def test_a_log_that_was_shortened_is_not_written_on(tmp_path):
    async with Sink() as sink:
        async with serving(tmp_path, *four_flags(sink.port)) as gateway:
            await gateway.send(CLEAN)
        for path in gateway.data.rglob("*.db*"):
            path.unlink()
        run = await cli("serve", *four_flags(sink.port), "--data", gateway.data)
        assert run.code == 2, run
        assert str(gateway.data) in run.err
        no_traceback(run.err)


def test_a_start_whose_output_nobody_reads_ends_with_all_its_processes(tmp_path):
    (tmp_path / "gateway.yaml").write_text(
        'listeners: [{listen: "127.0.0.1:0", kind: relay}]\n'
        'next_hop: {address: "127.0.0.1:9", tls: none, required_at_start: false}\n'
        f"data: {tmp_path / 'data'}\n"
    )
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "gateway.cli", "serve", "--config", str(tmp_path / "gateway.yaml")]
    with subprocess.Popen(
        command, stdout=writer, stderr=subprocess.DEVNULL, cwd=ROOT, start_new_session=True
    ) as started:
        os.close(writer)
        try:
            assert started.wait(300) != 0
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)
            raise


async def test_a_stop_while_front_ends_wait_for_the_log_ends_them_at_once(tmp_path):
    async with Sink() as sink:
        gateway = GatewayProcess(tmp_path, *four_flags(sink.port))
        start = asyncio.create_task(gateway.start())
        writer = await gateway.until(lambda: gateway.process and gateway.audit_writer())
        os.kill(writer, signal.SIGSTOP)  # as on a disk that hangs
        try:
            await gateway.until(lambda: gateway.child("gateway-desk") and gateway.frontends())
            gateway.process.send_signal(signal.SIGTERM)
            await gateway.until(lambda: not gateway.frontends(), timeout=20)
        finally:
            os.kill(writer, signal.SIGCONT)
        assert await gateway.process.wait() == 0, gateway.log
        with pytest.raises(AssertionError):
            await start
