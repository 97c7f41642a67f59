"""Held mail in a gateway on which things go wrong: what was acknowledged is there, and what is not is nowhere."""

import asyncio
import json
import subprocess

import pytest

from gateway.hold.seal import make_identity
from gateway.hold.state import HoldState
from tests.e2e.gateway_process import cli
from tests.fire.support import Disk
from tests.hold.world import (
    CANARY,
    OFFICER,
    OPERATOR,
    SERVICE_PASSWORD,
    held_mail,
    json_of,
    notices,
    released,
    send,
    town,
)
from tests.support.strace import Trace

pytestmark = pytest.mark.slow


def files(here) -> list[str]:
    return sorted(path.name for path in here.store.folder.iterdir() if path.name != ".lock")


@pytest.mark.parametrize("fault", ["eio_sync", "eio_write"])
async def test_a_disk_that_fails_is_451_and_nothing_is_left(tmp_path, fault):
    disk = Disk(tmp_path)
    env = disk.env | {"FIRE_FOLDER": str(tmp_path / "data" / "hold")}
    async with town(tmp_path, env=env) as here:
        disk.misbehave(fault)
        reply = await here.send(1)
        assert reply.code == 451, reply
        assert files(here) == []
        assert notices(here.sink) == []
        disk.behave()
        reference = await here.held(1)
        assert files(here) == [f"{reference}.age"]


async def test_a_notice_that_is_not_taken_is_451_and_nothing_is_left(tmp_path):
    async with town(tmp_path, mails=1) as here:
        here.sink.script.notice = b"550 5.1.1 unknown\r\n"
        assert (await here.send(1)).code == 451
        assert files(here) == []
        here.sink.script.notice = None
        await here.held(2)
        full = await here.send(3)
        assert full.code == 550, "as where nothing is held"
        assert len(files(here)) == 1
        secret = held_mail(4, more="TUYỆT MẬT\r\n")
        assert (await send(here.gateway.address("submission"), secret)).code == 550
        suspected = held_mail(5, more="TÔI MẬT\r\nKính gửi\r\n")
        assert (await send(here.gateway.address("submission"), suspected)).code == 550
        outcomes = [one["delivery"] for one in await here.gateway.records() if one["kind"] == "outcome"]
        assert outcomes == ["not_sent", "held"]


async def test_what_was_acknowledged_survives_a_kill_and_has_nothing_readable_on_the_disk(tmp_path):
    async with town(tmp_path) as here:
        reference = await here.held(1)
        await here.gateway.kill()
        await here.gateway.start()
        assert here.look(reference).state is HoldState.HELD
        target = tmp_path / "opened.eml"
        for name, code in ((OPERATOR, 2), (OFFICER, 0)):
            run = await here.hold("export", reference, "-o", target, name=name)
            assert run.code == code, run.err
            assert target.exists() is (code == 0)
        assert target.read_bytes().endswith(held_mail(1))
        assert (await here.hold("export", reference, "-o", target, name=OFFICER)).code != 0
        assert target.read_bytes().endswith(held_mail(1))
        assert str(await here.gateway.records()).count("'save_held'") == 1, "the export that wrote nothing is no act"
        target.unlink()
        await here.gateway.terminate()
        found = subprocess.run(
            ["grep", "-rlF", "-e", CANARY, "-e", SERVICE_PASSWORD, tmp_path],
            check=False,
            capture_output=True,
            text=True,
        ).stdout.split()
        assert found == [str(tmp_path / "password")]


async def test_it_is_synced_recorded_and_notified_before_it_is_acknowledged(tmp_path):
    """By the system calls of one mail."""
    calls = "fsync,fdatasync,rename,renameat,renameat2,write,writev,sendto,sendmsg,recvfrom,read"
    trace = Trace(tmp_path / "trace", calls)
    async with town(tmp_path, launcher=trace.launcher) as here:
        reference = await here.held(1)
        await here.gateway.terminate()
    durable = r"fdatasync\(\d+<[^>]*audit\.db-wal>\) += 0|<\.\.\. fdatasync resumed>.*= 0"
    begun = trace.first(r'"354 ')
    steps = [trace.first(rf"fsync\(\d+<[^>]*{reference}\.part>\) += 0|fsync resumed.*= 0", begun)]
    for pattern in (
        rf"rename.*{reference}\.part.*{reference}\.age",
        r"fsync\(\d+<[^>]*/data/hold>\) += 0|fsync resumed.*= 0",
        durable,
        r'"MAIL FROM:<>',
        r"City: queued as 4711",
        durable,
        rf'"250 2\.0\.0 .*{reference}',
    ):
        steps.append(trace.first(pattern, steps[-1]))
    assert steps[-1] < trace.end, steps
    assert steps == sorted(set(steps))
    assert trace.first(rf'"250 2\.0\.0 .*{reference}', begun) == steps[-1], "and not before"


async def test_a_command_that_is_killed_while_it_sends_leaves_unknown_and_people_go_on(tmp_path):
    """The steward of the running gateway concludes what the command left."""
    async with town(tmp_path) as here:
        reference = await here.held(1)
        first = await here.hold("approve", reference, "--reason", "đã xem", name=OPERATOR)
        assert first.code == 0, first.err
        run = await here.hold(
            "approve",
            reference,
            "--reason",
            "đã xem",
            name=OFFICER,
            env={"GATEWAY_FAILPOINTS": "release.answered=kill"},
        )
        assert run.code == -9
        async with asyncio.timeout(300):
            while here.look(reference).state is not HoldState.UNKNOWN:
                await asyncio.sleep(0.5)
        assert len(released(here.sink)) == 1
        run = await here.hold("release", reference, "--reason", "đã hỏi máy chủ", name=OFFICER)
        assert run.code == 0, run.err
        assert len(released(here.sink)) == 2
        assert here.kinds(reference) == [
            "intent", "held", "held", "release", "sending", "unknown", "release", "sending", "relayed",
        ]  # fmt: skip


async def test_what_one_person_refuses_is_gone_and_what_nobody_can_send_is_reported_at_the_start(tmp_path):
    async with town(tmp_path) as here:
        refused = await here.held(3)
        run = await here.hold("refuse", refused, "--reason", "sai người nhận", name=OPERATOR)
        assert run.code == 0, run.err
        assert files(here) == []
        await here.sink.wait_for(lambda: len(notices(here.sink)) == 2)
        await here.held(1)
        await here.gateway.terminate()
        path = tmp_path / "gateway.yaml"
        make_identity(tmp_path / "other")
        for where, words in (
            ("identity", "does not open what hold.recipient seals"),
            ("password_file", "one line with the password is needed"),
        ):
            wrong = json_of(path)
            (wrong["hold"] if where == "identity" else wrong["hold"]["release"])[where] = str(tmp_path / "other")
            (tmp_path / "wrong.yaml").write_text(json.dumps(wrong))
            refused = await cli("serve", "--config", tmp_path / "wrong.yaml")
            assert refused.code == 2
            assert words in refused.err, refused.err
        path.write_text(json.dumps({key: value for key, value in json_of(path).items() if key != "hold"}))
        assert (await cli("hold", "list", "--config", path)).code == 2
        await here.gateway.start()
        await here.gateway.logged("they can be neither sent nor deleted")
        assert (await here.send(2)).code == 550
