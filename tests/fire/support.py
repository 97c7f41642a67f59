"""What all fire tests share: a gateway of one front end, a disk that misbehaves, and one checker of what must hold."""

import asyncio
import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.e2e.clients import LOST, mail, reference, token
from tests.e2e.commands import COLLEAGUE, STAFF
from tests.e2e.gateway_process import ROOT, serving
from tests.support.client import RawClient

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts and limits of others need root")


def settings(sink, **more) -> dict:
    """A configuration of one front end, so that commits can be counted and nobody else answers."""
    return {
        "listeners": [{"kind": "relay", "listen": "127.0.0.1:0"}],
        "next_hop": {"address": f"127.0.0.1:{sink.port}", "tls": "none", **more.pop("next_hop", {})},
        "workers": 1,
        **more,
    }


class Disk:
    """The shim around a gateway's disk (`shim.c`)."""

    def __init__(self, folder: Path):
        if shutil.which("gcc") is None:
            pytest.skip("gcc is not installed")
        library = folder / "shim.so"
        source = ROOT / "tests" / "fire" / "shim.c"
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
        self._control = folder / "control"
        self.durable = folder / "durable"
        self.durable.mkdir()
        self.behave()
        self.env = {"LD_PRELOAD": str(library), "FIRE_FOLDER": str(folder / "data"), "FIRE_CONTROL": str(self._control)}

    def misbehave(self, how: str, number: int = 0):
        fresh = self._control.with_suffix(".new")
        fresh.write_text(f"{how} {number}")
        fresh.replace(self._control)

    def cut_power(self):
        """Keep what is durable at this moment; nothing that is synced later counts."""
        self.durable = Path(shutil.copytree(self.durable, self.durable.with_name("durable-at-the-cut")))

    def behave(self):
        self.misbehave("none")


async def send(gateway, number: int, **envelope) -> int:
    """Send one mail on a connection of its own; return the code of the last reply, 0 when the connection was cut."""
    envelope = {"sender": STAFF, "recipients": (COLLEAGUE,)} | envelope
    try:
        async with RawClient(*gateway.address()) as client:
            if client.banner.code != 220:
                return client.banner.code
            await client.ehlo()
            reply = await client.mail(mail(number), **envelope)
            if reply.code != 250:
                print(number, reply)  # for whoever reads a test that failed
            return reply.code
    except LOST:
        return 0


async def service_again(gateway, *, first: int = 9000, limit_s: float = 300) -> float:
    """Send mails one after the other until one is taken; return the seconds that took. Fails after the limit."""
    began = time.monotonic()
    number = first
    while await send(gateway, number) != 250:
        number += 1
        assert time.monotonic() - began < limit_s, f"no service within {limit_s} s\n{gateway.log}"
        await asyncio.sleep(0.02)  # as a client waits before it tries again
    return time.monotonic() - began


def open_mails(gateway) -> list:
    """Mails between intent and outcome, as the log has them."""
    with contextlib.closing(sqlite3.connect(gateway.data / "audit.db")) as connection:
        return connection.execute("SELECT id, sending FROM open_mail").fetchall()


async def assert_nothing_was_lost(
    gateway, sink, acknowledged: set[bytes], *, unknown: int = 0, killed: bool = False
) -> dict[str, str]:
    """After a clean stop: acknowledged is delivered, delivered is recorded, nothing is open, at most so many unknown.

    A writer whose supervisor was `killed` may have named open mails on the way. Returns the outcome of each mail.
    """
    delivered = {token(one.content) for one in sink.delivered}
    assert acknowledged <= delivered, "acknowledged, but not at the next hop"
    assert open_mails(gateway) == [], "a mail without an outcome after a clean stop"
    assert killed or "lần khởi động sau sẽ kết luận" not in gateway.log
    records = await gateway.records()
    intents = {record["id"] for record in records if record["kind"] == "intent"}
    outcomes = {record["id"]: record["delivery"] for record in records if record["kind"] == "outcome"}
    references = [reference(one.content) for one in sink.delivered]
    assert len(set(references)) == len(references), "one transaction was delivered twice"
    sendings = {record["id"] for record in records if record["kind"] == "sending"}
    assert set(references) <= intents & sendings, "delivered without an intent"
    assert intents <= outcomes.keys()
    assert {outcomes[name] for name in references} <= {"relayed", "unknown"}
    assert {name for name, what in outcomes.items() if what == "relayed"} <= set(references)
    assert sum(what == "unknown" for what in outcomes.values()) <= unknown
    await gateway.assert_audit_is_whole()
    return outcomes


@contextlib.contextmanager
def stopped(*pids: int):
    """Processes that hang for a while; they go on at the end, as far as they are there."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@asynccontextmanager
async def burning(folder: Path, sink, *, env=None, launcher=(), **more):
    """A gateway in which something will go wrong; a traceback in its log is a fault of ours all the same."""
    async with serving(folder, config=settings(sink, **more), env=env, launcher=launcher) as gateway:
        yield gateway
