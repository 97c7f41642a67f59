"""Fire: the log is never replaced by an empty or another one, neither at a start nor while the gateway runs."""

import os
import shutil
import signal

import pytest

from gateway.audit.committer import Committer
from tests.e2e.clients import token
from tests.e2e.gateway_process import GatewayProcess, cli
from tests.fire.support import assert_nothing_was_lost, burning, send, service_again, settings
from tests.support.sink import Sink

pytestmark = pytest.mark.slow


async def refused(folder, sink, words, **more) -> None:
    """A start that ends with 2 and says why, with nothing made in the data folder."""
    gateway = GatewayProcess(folder, config=settings(sink, **more))
    before = sorted(gateway.data.rglob("*")) if gateway.data.exists() else []
    run = await cli("serve", *gateway.arguments)
    assert (run.code, words in run.err) == (2, True), run.err
    after = sorted(path for path in gateway.data.rglob("*") if path.name != "gateway.lock")
    assert after == [path for path in before if path.name != "gateway.lock"]


async def test_a_volume_that_is_not_mounted_at_the_start_is_no_new_log(tmp_path):
    marked = {"audit": {"marker": str(tmp_path / "marker")}}
    async with Sink() as sink:
        async with burning(tmp_path, sink, **marked) as gateway:
            assert gateway.log.count("a new log begins") == 1
            assert await send(gateway, 1) == 250
        data, away = gateway.data, tmp_path / "elsewhere"
        key = (tmp_path / "marker").read_text().strip()
        data.rename(away)
        await refused(tmp_path, sink, f"has one (key {key}); mount its disk", **marked)
        data.rmdir() if not (data / "gateway.lock").exists() else shutil.rmtree(data)
        Committer.open(data).close()
        await refused(tmp_path, sink, "this is another log", **marked)
        await refused(tmp_path, sink, "this is another log", audit={"installation": key})
        shutil.rmtree(data)
        away.rename(data)
        async with burning(tmp_path, sink, **marked) as gateway:
            assert gateway.log.count("a new log begins") == 1, "of the first start"
            assert await send(gateway, 2) == 250
        await assert_nothing_was_lost(gateway, sink, {token(one.content) for one in sink.delivered})


async def test_init_begins_a_log_once_and_another_only_when_asked(tmp_path):
    config = tmp_path / "gateway.yaml"
    config.write_text('{"data": "%s/data", "audit": {"marker": "%s/marker"}}' % (tmp_path, tmp_path))
    first = await cli("audit", "init", "--config", config)
    key = (tmp_path / "marker").read_text().strip()
    assert (first.code, key in first.out) == (0, True)
    assert (await cli("audit", "init", "--config", config)).out == first.out
    shutil.rmtree(tmp_path / "data")
    gone = await cli("audit", "init", "--config", config)
    assert (gone.code, "audit init --anew" in gone.err) == (2, True)
    assert (await cli("audit", "init", "--anew", "--config", config)).code == 0
    assert (tmp_path / "marker").read_text().strip() not in {key, ""}


def test_a_log_whose_key_is_gone_gets_no_new_key(tmp_path):
    Committer.open(tmp_path).close()
    (tmp_path / "keys" / "audit-ed25519").unlink()
    with pytest.raises(Exception, match="its key .* is gone"):
        Committer.open(tmp_path)


@pytest.mark.parametrize("left", ["nothing", "an empty folder", "another log", "an older copy"])
async def test_a_writer_that_is_replaced_takes_no_other_log(tmp_path, left):
    """Each mail is 451 in a moment, in words, until the folder is back; then nothing is missing."""
    async with Sink() as sink, burning(tmp_path, sink) as gateway:
        data, away = gateway.data, tmp_path / "elsewhere"
        if left == "an older copy":
            shutil.copytree(data, tmp_path / "copy")
        assert await send(gateway, 1) == 250
        data.rename(away)
        match left:
            case "an empty folder":
                data.mkdir()
            case "another log":
                Committer.open(data).close()
            case "an older copy":
                (tmp_path / "copy").rename(data)
        before = sorted(data.rglob("*"))
        os.kill(gateway.audit_writer(), signal.SIGKILL)
        await gateway.logged("gateway-audit")
        assert await send(gateway, 2) == 451
        words = {"another log": "this is another log", "an older copy": "records, there have been"}
        assert words.get(left, "there is no log here") in gateway.log
        assert {path.name for path in set(data.rglob("*")) - set(before)} <= {
            "audit.gate",
            "audit.turn",
            "audit.db-shm",
            "audit.db-wal",
        }
        if left != "nothing":
            shutil.rmtree(data)
        away.rename(data)
        await service_again(gateway)
        assert await gateway.terminate() == 0
        await assert_nothing_was_lost(gateway, sink, {b"thu-so-1"})
