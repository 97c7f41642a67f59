"""Fire: the disk is full, or the accounts are damaged, while somebody asks for a refused file."""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime

import pytest

from gateway.demo.mails import samples
from tests.e2e.gateway_process import cli, serving
from tests.e2e.test_self_check import configuration
from tests.fire.support import needs_root, send
from tests.fire.test_disks import file_system
from tests.support.client import RawClient
from tests.support.console_client import Visitor
from tests.support.sink import Sink

pytestmark = pytest.mark.slow
NOT_DONE = "CHƯA thực hiện: hệ thống không ghi được vào nhật ký"


async def asked_for(gateway, sink) -> tuple[Visitor, str]:
    """Return somebody whose mail was refused, logged in, and where he asks for it."""
    sample = next(one for one in samples(lambda octets: octets) if one.key == "unsigned_letter")
    async with RawClient(*gateway.address()) as client:
        await client.ehlo()
        reply = await client.mail(
            sample.content(datetime.now(UTC)), sender=sample.reverse_path, recipients=(sample.recipient,)
        )
    visitor = Visitor(gateway.address("console"))
    await visitor.enter(sample.reverse_path, sink)
    page = f"/mails/{re.search(r'BT-[0-9A-Z]+', str(reply))[0]}"
    assert (await visitor.ask("GET", page)).status == 200
    return visitor, f"{page}/request"


@needs_root
async def test_on_a_full_disk_a_request_is_refused_with_words_and_opened_once_there_is_room(tmp_path):
    (tmp_path / "gw").mkdir()
    with file_system(tmp_path / "gw" / "data", "size=300m"):
        async with Sink() as sink, serving(tmp_path / "gw", config=configuration(sink, tmp_path)) as gateway:
            gateway.faults_expected = True
            visitor, path = await asked_for(gateway, sink)
            filler = gateway.data / "filler"
            subprocess.run(["dd", "if=/dev/zero", f"of={filler}", "bs=1M"], check=False, capture_output=True)
            answer = await visitor.ask("POST", path, form=[("reason", "đã có bản giấy")])
            assert (answer.status, NOT_DONE in answer.text) == (503, True), answer.text
            filler.unlink()
            while (answer := await visitor.ask("POST", path, form=[("reason", "đã có bản giấy")])).status == 503:
                pass
            assert "YC-" in answer.text
            listed = await cli("audit", "list", "--json", "--state", "act", "--data", gateway.data)
            assert listed.out.count("open_request") == 1
            await gateway.assert_audit_is_whole()


async def test_with_damaged_accounts_people_must_wait_mail_goes_on_and_a_copy_put_back_is_enough(tmp_path):
    async with Sink() as sink, serving(tmp_path / "gw", config=configuration(sink, tmp_path)) as gateway:
        gateway.faults_expected = True
        visitor, path = await asked_for(gateway, sink)
        accounts, copy = gateway.data / "accounts.db", tmp_path / "copy.db"
        with closing(sqlite3.connect(accounts)) as connection:
            connection.execute("VACUUM INTO ?", (str(copy),))
        with accounts.open("r+b") as file:
            file.write(os.urandom(accounts.stat().st_size))
        steward = gateway.child("gateway-steward")
        os.kill(steward, signal.SIGKILL)
        await gateway.logged("không dùng được danh sách tài khoản")
        assert await send(gateway, 1) == 250
        for suffix in ("-wal", "-shm"):
            accounts.with_name(f"accounts.db{suffix}").unlink(missing_ok=True)
        shutil.move(copy, accounts)
        status = 503
        while status != 200:
            try:
                status = (await visitor.ask("POST", path, form=[("reason", "đã có bản giấy")])).status
            except ConnectionError:  # of a console that goes with its steward
                status = 503
        await gateway.assert_audit_is_whole()
