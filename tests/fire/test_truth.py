"""Fire: what became of a mail is said as it was, however late the log could be written."""

import pytest

from gateway.audit.checkpoint import Signer
from gateway.audit.committer import Committer
from gateway.audit.verify import verify
from gateway.errors import UserError
from tests.fire.support import Disk, assert_nothing_was_lost, burning, open_mails, send, stopped
from tests.support.sink import Sink

pytestmark = pytest.mark.slow
DEADLINE = {"limits": {"deadline_s": 4}}


@pytest.mark.parametrize("fault", ["the writer is stopped", "each sync takes 9 s"])
async def test_a_mail_given_up_while_its_intent_is_written_is_not_sent(tmp_path, fault):
    disk = Disk(tmp_path)
    async with Sink() as sink, burning(tmp_path, sink, env=disk.env, **DEADLINE) as gateway:
        assert await send(gateway, 1) == 250
        if fault == "each sync takes 9 s":
            disk.misbehave("slow", 9000)
        with stopped(*([gateway.audit_writer()] if fault == "the writer is stopped" else [])):
            assert [await send(gateway, number) for number in (2, 3)] == [451, 451]
        disk.behave()
        assert await gateway.terminate() == 0
        outcomes = await assert_nothing_was_lost(gateway, sink, {b"thu-so-1"})
        assert sorted(outcomes.values()) == ["not_sent", "not_sent", "relayed"]
        assert gateway.log.count("deadline passed") == 2
        await gateway.start()
        assert "unknown" not in gateway.log


async def test_a_stop_that_leaves_mails_open_names_them(tmp_path):
    """A disk that takes nothing more until the end: the outcome stays owed, and the last words say of which mail."""
    disk = Disk(tmp_path)

    def script(stage, session):
        if stage == "dot":
            disk.misbehave("eio_sync")

    async with Sink(script) as sink, burning(tmp_path, sink, env=disk.env) as gateway:
        assert await send(gateway, 1) == 451
        assert await gateway.terminate() == 0
        ((reference, sending),) = open_mails(gateway)
        assert sending
        assert f"called unknown: {reference}" in gateway.log
        disk.behave()
        await gateway.start()
        assert f"outcome unknown: {reference}" in gateway.log


@pytest.mark.parametrize("content", [None, b"", b"\0" * 80, b"nonsense\n"], ids=["gone", "empty", "zeros", "nonsense"])
async def test_the_public_key_is_written_again_at_each_start(tmp_path, content):
    """As a file system left it that lost what nobody had synced."""
    Committer.open(tmp_path).close()
    file = tmp_path / "checkpoints" / "public-key.txt"
    file.unlink() if content is None else file.write_bytes(content)
    with pytest.raises(UserError):
        verify(tmp_path)
    Committer.open(tmp_path).close()
    key = Signer((tmp_path / "keys" / "audit-ed25519").read_bytes())
    assert file.read_text() == f"{key.verifier_key}\n"
    assert verify(tmp_path).exit_code == 0
