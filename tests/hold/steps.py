"""The hold store without the processes of a gateway: each step in a process of its own, which may be killed in the middle.

The next hop is a process as well, which writes down what it took. Nothing here has threads, so a step is a fork.
"""

import asyncio
import base64
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from msgspec import structs

from gateway.audit import AuditLog, Delivery, failpoints
from gateway.audit.acts import recover_at_once, write_at_once
from gateway.audit.query import AuditReader
from gateway.config.sections import Configuration
from gateway.engine import load_policy_set
from gateway.engine.evaluate import evaluate_facts
from gateway.engine.observing import observe
from gateway.engine.reply import reply
from gateway.hold.keeping import Case
from gateway.hold.state import HeldMail, held_mail
from gateway.identity.directory import load
from gateway.mime import parse
from gateway.model import Disposition, Envelope, Evidence, FrontEnd, Part, Session, Transaction
from gateway.nexthop.hop import NextHop
from gateway.notice import Author, NoticeBook, Notices
from gateway.serve.app import next_hop_settings, way_out
from gateway.serve.hold import check_hold, keeper_of
from gateway.spool import Spool
from gateway.steward.accounts.book import Book
from gateway.steward.holds import Holds, Ways
from gateway.steward.requests.book import RequestBook
from gateway.steward.requests.request import Decision, State, Step
from tests.hold.world import AN, BINH, OUT, SERVICE, Script, city, configured, sha256
from tests.hold.world import held_mail as content_of

HOLD = ("hold.written", "hold.synced", "hold.renamed", "hold.recorded", "hold.notified", "hold.concluded")
RELEASE = (
    "release.opened", "release.recorded", "release.before_dot", "release.answered", "release.concluded",
    "release.removed",
)  # fmt: skip
RECIPIENTS = (BINH, OUT)
PREPEND = b"Received: from client.test by gw.test; now\r\n"


@dataclass(frozen=True)
class Taken:
    """A mail that the next hop took."""

    login: str
    mail: str
    recipients: tuple[str, ...]
    content: bytes


class Hall:
    """A data folder, its configuration and the next hop."""

    def __init__(self, folder: Path, port: int = 0, **hold):
        """With a port the next hop is there already, and everything may be done in this process."""
        self.folder = folder
        self.took = folder / "took.jsonl"
        self.took.touch()
        self._city = 0
        if not port:
            self._city = os.fork()
            if self._city == 0:
                _run(lambda: asyncio.run(self._serve(Script())))
            port = int(_until(lambda: (folder / "port").exists() and (folder / "port").read_text()))
        made = configured(folder, type("Sink", (), {"port": port}), **hold)
        self.configuration = Configuration.model_validate({"data": str(folder / "data"), **made})
        self.configuration.data.mkdir(mode=0o700)
        self.policies = load_policy_set(folder / "policy.yaml")
        self.directory = load(folder / "directory.yaml")
        check_hold(self.configuration)

    async def _serve(self, script: Script) -> None:
        async with city(script) as sink:
            written = 0

            def noted(stage, session):
                nonlocal written
                if stage == "dot":
                    with self.took.open("a") as file:
                        for one in sink.delivered[written:]:
                            file.write(json.dumps(_plain(one)) + "\n")
                        file.flush()
                    written = len(sink.delivered)
                return script(stage, session)

            sink.script = noted
            fresh = self.folder / "port.new"
            fresh.write_text(str(sink.port))
            fresh.rename(self.folder / "port")
            await asyncio.Event().wait()

    def close(self) -> None:
        os.kill(self._city, signal.SIGKILL)
        os.waitpid(self._city, 0)

    # Steps

    def step(self, work: Callable[[], object], *, killed_at: str = "", error_at: str = "") -> int:
        """Run a step in a process of its own; return its exit code, -9 when it was killed."""
        pid = os.fork()
        if pid == 0:
            points = ";".join([f"{killed_at}=kill"] * bool(killed_at) + [f"{error_at}=error"] * bool(error_at))
            failpoints.hit = failpoints._armed(failpoints._parse(points))
            _run(work)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def hold(self, number: int, **more) -> bool:
        """Hold a mail in this process; True when its client would be told 250."""
        acknowledged = asyncio.run(self.hold_here(number, **more))
        if acknowledged:
            (self.folder / f"ack-{number}").touch()
        return acknowledged

    async def hold_here(
        self, number: int, content: bytes = b"", parameters: tuple[str, ...] = (), day: float | None = None
    ) -> bool:
        """Hold a mail; ten a day unless a day is given, for a mailbox has twenty notices in one."""
        content = content or content_of(number)
        audit = AuditLog.open(self.configuration.data)
        await audit.start(policy="hold")
        hop = NextHop(next_hop_settings(self.configuration))
        keeper = self.keeper(audit, hop, number / 10 if day is None else day)
        try:
            case = self.case(f"BT-{number:08d}", content, parameters=parameters)
            assert keeper.may_hold(case.transaction, case.verdict)
            return await keeper.keep(case, Spool.from_content(content), PREPEND)
        finally:
            hop.close()
            await audit.close()

    def keeper(self, audit=None, hop=None, day: float = 0):
        """Who holds mail on a day from now."""
        author = Author("gateway@gw.test", "gw.test")
        book = NoticeBook(self.configuration.data)
        notices = Notices(hop, book, author, clock=lambda: time.time() + day * 86_400)
        return keeper_of(self.configuration, audit, notices)

    def case(self, reference: str, content: bytes, *, login=AN, parameters=()) -> Case:
        now = datetime.now(UTC)
        session = Session(front_end=FrontEnd.SUBMISSION, client_address="192.0.2.7", helo="pc", auth_user=login)
        envelope = Envelope(
            reverse_path=AN, forward_paths=RECIPIENTS, mail_parameters=parameters, rcpt_parameters=((), ())
        )
        message = structs.replace(parse(content), root=Part(path="", declared_type="text/plain"))
        known = Evidence(now=now, session=session, envelope=envelope, message=message, directory=self.directory)
        seen = observe(known, self.policies.policies)
        verdict = evaluate_facts(seen, self.policies)
        assert verdict.disposition is Disposition.HOLD
        transaction = Transaction(
            id=reference, session=session, envelope=envelope, received_at=now, size_bytes=len(content),
            sha256=sha256(content),
        )  # fmt: skip
        return Case(transaction, verdict, known, seen, reply(verdict, self.policies, reference=reference, now=now))

    def holds(self, clock=time.time, patience_s=0.0) -> Holds:
        data = self.configuration.data
        ways = Ways(
            write=partial(write_at_once, data), recover=partial(recover_at_once, data), out=way_out(self.configuration),
        )  # fmt: skip
        return Holds(self.configuration, RequestBook(Book.under(data)), ways, clock=clock, patience_s=patience_s)

    def approve(self, reference: str) -> None:
        """Have the book say that both persons are for it."""
        holds = self.holds()
        holds.adopt()
        decisions = tuple(
            Decision(step=step, who=who, at=int(time.time()))
            for step, who in ((Step.ENDORSE, "a"), (Step.APPROVE, "b"))
        )
        holds._requests.change(reference, lambda kept: structs.replace(kept, state=State.APPROVED, decisions=decisions))

    def tend(self) -> None:
        self.holds().tend()

    def settle(self) -> None:
        """What a start does: conclude what was left open, and go through the store twice."""
        recover_at_once(self.configuration.data)
        self.tend()
        self.tend()

    def release(self, reference: str) -> None:
        """Send it, whatever the book says."""
        holds = self.holds()
        with holds.leased(reference) as held:
            holds.release(held, "so")

    def end(self, reference: str) -> None:
        """Have it not sent any more."""
        holds = self.holds()
        with holds.leased(reference) as held:
            holds.end(held, Delivery.HOLD_REFUSED)

    def look(self, reference: str) -> HeldMail | None:
        with AuditReader.open(self.configuration.data) as reader:
            return held_mail(reader.show(reference))

    def acknowledged(self, number: int) -> bool:
        return (self.folder / f"ack-{number}").exists()

    def taken(self, login: str = SERVICE) -> list[Taken]:
        """What the next hop took: released mail, or with no login notices."""
        lines = [json.loads(line) for line in self.took.read_text().splitlines()]
        every = [Taken(one["login"], one["mail"], tuple(one["to"]), base64.b64decode(one["content"])) for one in lines]
        return [one for one in every if one.login == login]

    def copies(self, number: int) -> list[Taken]:
        return [one for one in self.taken() if f"thu-so-{number}\r".encode() in one.content]

    def octets(self, number: int) -> bytes:
        return PREPEND + content_of(number)

    def files(self) -> list[str]:
        return sorted(path.name for path in (self.configuration.data / "hold").iterdir() if path.name != ".lock")


def _plain(one) -> dict:
    return {
        "login": one.login or "",
        "mail": one.mail_line.decode(),
        "to": [line.decode() for line in one.rcpt_lines],
        "content": base64.b64encode(one.content).decode(),
    }


def _run(work: Callable[[], object]) -> None:
    """Run in the forked process and end it."""
    code = 1
    try:
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _until(condition, limit_s: float = 300):
    end = time.monotonic() + limit_s
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return found


def hold_round(hall: Hall, number: int, point: str) -> None:
    """A front end is killed while it holds a mail; what the client was told is true afterwards."""
    reference = f"BT-{number:08d}"
    assert hall.step(lambda: hall.hold(number), killed_at=point) == -signal.SIGKILL
    assert hall.step(hall.settle) == 0
    held = hall.look(reference)
    acknowledged = hall.acknowledged(number)
    assert not acknowledged, "it was killed before it could say so"
    if point == "hold.concluded":
        assert held.state.value == "held"
        assert hall.holds().octets(held) == hall.octets(number)
    else:
        assert held is None or held.state.value == "void", held
        assert held is None or f"{reference}.age" not in hall.files()
    assert hall.copies(number) == []


def release_round(hall: Hall, number: int, point: str) -> None:
    """A steward is killed while it sends a mail; it arrives once, or nobody knows and nothing sends it again by itself."""
    reference = f"BT-{number:08d}"
    assert hall.step(lambda: hall.hold(number)) == 0
    assert hall.acknowledged(number)
    assert hall.step(lambda: hall.approve(reference)) == 0
    assert hall.step(hall.tend, killed_at=point) == -signal.SIGKILL
    assert hall.step(hall.settle) == 0
    held, copies = hall.look(reference), hall.copies(number)
    expected = {
        "release.opened": "released", "release.recorded": "failed", "release.before_dot": "unknown",
        "release.answered": "unknown", "release.concluded": "released", "release.removed": "released",
    }[point]  # fmt: skip
    assert held.state.value == expected
    assert len(copies) == (0 if point in {"release.recorded", "release.before_dot"} else 1)
    if expected == "failed":
        assert hall.holds().octets(held) == hall.octets(number), "what was acknowledged is still there"
        assert hall.step(lambda: hall.release(reference)) == 0
        copies = hall.copies(number)
        assert hall.look(reference).state.value == "released"
        assert len(copies) == 1
    for one in copies:
        assert sha256(one.content) == sha256(hall.octets(number)) == held.held.octets
        assert one.recipients == tuple(f"RCPT TO:<{address}>" for address in RECIPIENTS)
    assert (f"{reference}.age" in hall.files()) is (expected == "unknown")
    if expected == "unknown":
        assert hall.step(lambda: hall.end(reference)) == 0, "somebody asked the next hop"
