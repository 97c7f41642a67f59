"""The steward beside a running gateway: it dies and comes back, and mail does not notice; damaged accounts stop the start."""

import os
import signal

import pytest

from tests.e2e.commands import CLEAN
from tests.e2e.gateway_process import children, cli, name, serving
from tests.e2e.test_contract import COLLEAGUE, STAFF
from tests.support.client import RawClient
from tests.support.sink import Sink

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def configuration(sink: Sink) -> dict:
    return {
        "workers": 1,
        "policy": "monitor",
        "listeners": [{"kind": "relay", "listen": "127.0.0.1:0"}],
        "next_hop": {"address": f"127.0.0.1:{sink.port}", "tls": "none"},
        "console": {"listen": "127.0.0.1:0"},
    }


def steward(gateway) -> int | None:
    return next((pid for pid in children(gateway.pid) if name(pid) == "gateway-steward"), None)


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
