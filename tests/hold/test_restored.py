"""A backup put in place of the data folder: held mail is there, decided by the same rules, and never sent by itself."""

import asyncio
import shutil

import pytest

from gateway.hold.state import HoldState
from gateway.steward.roles import Role
from tests.e2e.gateway_process import cli
from tests.hold.world import OFFICER, held_mail, released, sha256, town

pytestmark = pytest.mark.slow
SECOND = "so.hai"


async def test_held_mail_of_a_restored_backup_is_sent_only_by_two_persons_who_know_that_it_may_have_been(tmp_path):
    async with town(tmp_path) as here:
        here.people.add(SECOND, Role.SECURITY_OFFICER)
        waiting, decided = await here.held(1), await here.held(2)
        assert (await here.hold("approve", decided, "--reason", "đã xem", name=OFFICER)).code == 0
        run = await cli("audit", "backup", tmp_path / "copy", "--config", tmp_path / "gateway.yaml")
        assert run.code == 0, run.err
        assert (await here.hold("approve", decided, "--reason", "đã đọc", name=SECOND)).code == 0
        assert len(released(here.sink)) == 1
        await here.gateway.terminate()
        here.gateway.data.rename(tmp_path / "lost")
        shutil.copytree(tmp_path / "copy", here.gateway.data)
        await here.gateway.start()
        async with asyncio.timeout(300):
            while here.store.is_from_backup():
                await asyncio.sleep(0.05)
        assert {here.look(one).state for one in (waiting, decided)} == {HoldState.UNKNOWN}
        shown = await here.hold("show", decided, "--json")
        assert shown.json[0]["state"] == "endorsed", "the first of two persons was for it before the backup"
        assert "phục hồi từ bản sao lưu" in (await here.hold("show", decided)).out
        alone = await here.hold("release", waiting, "--reason", "gửi đi", name=SECOND)
        assert alone.code == 2, "nobody approved it"
        assert len(released(here.sink)) == 1
        assert (await here.hold("approve", waiting, "--reason", "đã xem", name=OFFICER)).code == 0
        run = await here.hold("approve", waiting, "--reason", "chưa gửi, đã hỏi", name=SECOND)
        assert run.code == 0, run.err
        assert len(released(here.sink)) == 2
        assert released(here.sink)[1].content.endswith(held_mail(1))
        assert sha256(released(here.sink)[1].content) == here.look(waiting).held.octets
        await here.gateway.terminate()
        await here.gateway.assert_audit_is_whole()
