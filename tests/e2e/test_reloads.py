"""A reload takes what is good, keeps what was good, and loses no mail."""

import asyncio
import json
import logging
import os
import shutil
import signal
import socket
import ssl
import time
from unittest.mock import Mock

import pytest

from gateway.pipeline.in_force import Digests
from gateway.serve.supervisor import _Supervisor
from tests.e2e.clients import LOST, Clients
from tests.e2e.commands import OFFICE
from tests.e2e.gateway_process import configured, four_flags, serving
from tests.support.certificates import Pki
from tests.support.client import RawClient
from tests.support.sink import Sink

pytestmark = pytest.mark.slow

OUTSIDER = "nguoi.dan@gmail.com"
STRICT = "version: 1\nname: office\nextends: binhtan-7600\n"
LENIENT = STRICT + "policies:\n  official_sender: {mode: off}\n"


async def rcpt_codes(gateway, count=6, office=OFFICE, *, until_up=False) -> set[int]:
    """What several sessions, on all front ends, are told about an outsider who writes to the Office."""
    codes = set()
    async with asyncio.timeout(300):
        while count:
            try:
                async with RawClient(*gateway.address()) as client:
                    await client.ehlo()
                    codes.add((await client.envelope(sender=OUTSIDER, recipients=(office,)))[-1].code)
            except LOST:
                if not until_up:
                    raise
            else:
                count -= 1
    return codes


async def test_sighup_takes_a_good_policy_and_keeps_the_last_good_one_when_it_is_broken(tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text(STRICT)
    async with Sink() as sink, serving(tmp_path, *four_flags(sink.port, policy=policy)) as gateway:
        assert await rcpt_codes(gateway) == {550}
        policy.write_text(STRICT + "policies:\n  official_sender: {mode: nhẹ}\n", "utf-8")
        gateway.process.send_signal(signal.SIGHUP)
        await gateway.logged("the last good rules stay in force")
        assert f"{policy}:5:" in gateway.log
        assert await rcpt_codes(gateway) == {550}
        policy.unlink()
        gateway.process.send_signal(signal.SIGHUP)
        await gateway.logged("the last good rules stay in force", count=2)
        assert await rcpt_codes(gateway) == {550}
        policy.write_text(LENIENT)
        gateway.process.send_signal(signal.SIGHUP)
        await gateway.logged("rules reloaded")
        assert await rcpt_codes(gateway) == {250}
        # A front end that is replaced later has the rules of now, not those of the start.
        old = set(gateway.frontends())
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        await gateway.until(lambda: len(gateway.frontends()) == 2 and not old & set(gateway.frontends()))
        assert await rcpt_codes(gateway, until_up=True) == {250}
        await gateway.terminate()
        reloads = [record for record in await gateway.records() if record["kind"] == "reload"]
        assert reloads, "another policy set in force is not in the audit"
        assert len({record["policy_digest"] for record in reloads}) == 1


async def test_a_reload_is_reported_when_every_front_end_judges_by_the_new_rules_and_systemd_waits_for_that(tmp_path):
    policy, heard = tmp_path / "policy.yaml", tmp_path / "notify"
    policy.write_text(STRICT)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(heard))
        systemd.settimeout(300)
        async with (
            Sink() as sink,
            serving(tmp_path, *four_flags(sink.port, policy=policy), env={"NOTIFY_SOCKET": str(heard)}) as gateway,
        ):
            assert systemd.recv(4096).startswith(b"READY=1")
            policy.write_text(LENIENT)
            gateway.process.send_signal(signal.SIGHUP)
            await gateway.logged("rules reloaded")
            # No session, on whichever front end, is judged by the old rules from here on.
            assert await rcpt_codes(gateway, count=12) == {250}
            assert systemd.recv(4096).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
            assert systemd.recv(4096).startswith(b"READY=1")
            digest = json.loads((tmp_path / "data" / "rules.json").read_text())["policy_digest"]
            assert digest in gateway.log
            # Asked for twice: what was written before the second is in force in the end.
            policy.write_text(STRICT + "description: 1\n")
            gateway.process.send_signal(signal.SIGHUP)
            await asyncio.sleep(0)
            policy.write_text(STRICT)
            gateway.process.send_signal(signal.SIGHUP)
            await gateway.until(lambda: gateway.log.count("rules reloaded") >= 2)
            await gateway.until(lambda: (tmp_path / "data" / "rules.json").read_text().find(digest) < 0)
            assert await rcpt_codes(gateway, count=12) == {550}


def test_a_reload_waits_for_the_report_of_a_front_end_that_was_replaced_meanwhile(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    inherited = Mock()
    inherited.configuration.data, inherited.configuration.console = tmp_path, None
    inherited.rulebook.current.policies.observers = ()
    supervisor = _Supervisor(inherited, Mock(), Mock(), Mock())
    supervisor._frontends = {2: Mock(), 3: Mock()}
    supervisor._reload_began, supervisor._pending = time.monotonic(), {2}
    for report in ((2, True, Digests("new")), (3, False, Digests("new"))):
        assert not inherited.load.reloaded.called
        inherited.rule_reports.received.return_value = [report]
        supervisor._hear()
    assert inherited.load.reloaded.call_args.kwargs == {"good": True}
    assert "rules reloaded" in caplog.text


async def test_many_reloads_leave_one_zygote_and_no_mail_is_lost_meanwhile(tmp_path):
    async with Sink() as sink, serving(tmp_path, *four_flags(sink.port)) as gateway:
        clients = Clients(gateway.address)
        tasks = [asyncio.create_task(clients.run()) for _ in range(2)]
        for number in range(1, 4):
            gateway.process.send_signal(signal.SIGHUP)
            await gateway.logged("rules reloaded", count=number)
        clients.stopping = True
        await asyncio.gather(*tasks)
        await gateway.until(lambda: len(gateway.zygotes()) == 1)
        assert clients.tries == len(clients.acknowledged)


async def test_sighup_takes_renewed_certificates_and_open_sessions_go_on(tmp_path):
    pki = Pki(tmp_path)
    paths = {"certificate": tmp_path / "tls.crt", "key": tmp_path / "tls.key"}

    def install(issued):
        for path, new in zip(paths.values(), issued, strict=True):
            shutil.copy(new, path)
        return ssl.PEM_cert_to_DER_cert(issued[0].read_text())

    def shown(client):
        return client.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)

    first = install(pki.issue("gateway.test", days_left=1))
    files = {name: str(path) for name, path in paths.items()}
    async with Sink() as sink:
        config = configured(sink, {"kind": "submissions", "listen": "127.0.0.1:0", **files}, workers=1)
        async with serving(tmp_path, config=config) as gateway:
            where = gateway.address("submissions")
            async with RawClient(*where, tls=pki.client()) as old:
                assert shown(old) == first
                second = install(pki.issue("gateway.test", days_left=2))
                gateway.process.send_signal(signal.SIGHUP)
                await gateway.logged("rules reloaded")
                async with RawClient(*where, tls=pki.client()) as new:
                    assert shown(new) == second
                paths["key"].write_bytes(pki.issue("other.test")[1].read_bytes())
                gateway.process.send_signal(signal.SIGHUP)
                await gateway.logged("the last good one stays in use")
                async with RawClient(*where, tls=pki.client()) as new:
                    assert shown(new) == second
                assert (await old.ehlo()).code == 250


async def test_a_slip_in_a_policy_file_keeps_no_old_certificate_in_use_and_a_changed_configuration_is_reported(
    tmp_path,
):
    pki = Pki(tmp_path)
    certificate, key, policy = tmp_path / "tls.crt", tmp_path / "tls.key", tmp_path / "policy.yaml"
    policy.write_text(STRICT)

    def install(days_left):
        issued = pki.issue("gateway.test", days_left=days_left)
        shutil.copy(issued[0], certificate)
        shutil.copy(issued[1], key)
        return ssl.PEM_cert_to_DER_cert(issued[0].read_text())

    install(1)
    async with Sink() as sink:
        config = configured(
            sink,
            {"kind": "submissions", "listen": "127.0.0.1:0", "certificate": str(certificate), "key": str(key)},
            policy=str(policy),
            workers=1,
        )
        async with serving(tmp_path, config=config) as gateway:
            renewed = install(2)
            policy.write_text(STRICT + "polices: {}\n")
            (tmp_path / "gateway.yaml").write_text("worker: 2\n")
            gateway.process.send_signal(signal.SIGHUP)
            await gateway.logged("expires in 1 days")
            await gateway.logged("the last good rules stay in force")
            await gateway.logged("the next start will fail unless they are fixed")
            async with RawClient(*gateway.address("submissions"), tls=pki.client()) as client:
                assert client.writer.get_extra_info("ssl_object").getpeercert(binary_form=True) == renewed
            (tmp_path / "gateway.yaml").write_text("workers: 2\n")
            gateway.process.send_signal(signal.SIGHUP)
            await gateway.logged("it is read at a start only")


async def test_a_directory_that_breaks_keeps_the_last_good_one_even_in_a_front_end_that_is_replaced(tmp_path):
    directory = tmp_path / "directory.yaml"
    entry = "  - {{address: {0}, kind: {1}}}\n"
    directory.write_text("mailboxes:\n" + entry.format(OFFICE, "office"))
    other = "tiepnhan.binhtan@tphcm.gov.vn"
    async with Sink() as sink:
        config = configured(sink, directory=str(directory), workers=1)
        async with serving(tmp_path, config=config) as gateway:
            assert await rcpt_codes(gateway, office=other) == {250}
            directory.write_text("mailboxes:\n" + entry.format(OFFICE, "office") + entry.format(other, "office"))
            await gateway.logged("directory reloaded")
            assert await rcpt_codes(gateway, office=other) == {550}
            directory.write_text("mailboxes: 3\n")
            await gateway.logged("the last good one stays in use")
            (old,) = gateway.frontends()
            os.kill(old, signal.SIGKILL)
            await gateway.until(lambda: gateway.frontends() and gateway.frontends() != [old])
            assert await rcpt_codes(gateway, until_up=True) == {550}
            await gateway.terminate()
            digests = [r.get("directory_digest") for r in await gateway.records() if r["kind"] == "reload"]
            assert len(digests) == 1
