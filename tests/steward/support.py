"""A steward of the tests: real accounts, a real log, a clock that is set; and the console's side of its door."""

import asyncio
import functools
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import msgspec
import pyotp

from gateway.audit.record import Act
from gateway.config.sections import Configuration
from gateway.identity.directory import parse
from gateway.model import Directory, Language
from gateway.pipeline.rulebook import Rules
from gateway.steward import questions as q
from gateway.steward.accounts import manage
from gateway.steward.accounts.book import Book
from gateway.steward.accounts.codes import STEP_S
from gateway.steward.accounts.people import People
from gateway.steward.answering import Answering
from gateway.steward.desk import Desk
from gateway.steward.roles import Role
from gateway.steward.server import Server
from gateway.system.door import DoorClient
from tests.support.policies import preset

PASSWORD = "Rất-dài-2026!x"
CLIENT = "192.0.2.7"
START = 1_795_000_000.0
DIRECTORY = """\
units:
  - {id: noivu, name: Phòng Nội vụ, heads: [truong.noivu@x.example]}
  - {id: tuphap, name: Phòng Tư pháp}
mailboxes:
  - {address: an.noivu@x.example, kind: personal, unit: noivu, name: Trần An}
  - {address: truong.noivu@x.example, kind: personal, unit: noivu, name: Lê Trưởng}
  - {address: cu.tuphap@x.example, kind: personal, unit: tuphap, status: left, left_on: 2026-01-01}
"""


@functools.cache
def directory() -> Directory:
    """The directory of the office, read once."""
    return parse(Path("directory.yaml"), DIRECTORY.encode())


def unsigned(_connection: object, _what: str, _about: str) -> None:
    """Record nothing."""


@dataclass
class Office:
    """A steward without its socket."""

    data: Path
    now: float = START
    sent: list[tuple[str, str]] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)
    failing: Exception | None = None

    def __post_init__(self) -> None:
        (self.data / "directory.yaml").write_text(DIRECTORY, "utf-8")
        self.directory = directory()
        self.open()

    def open(self) -> None:
        self.people = People(
            Book.under(self.data), self.record, lambda: self.directory, lambda *one: self.sent.append(one),
            clock=lambda: self.now,
        )  # fmt: skip
        self.desk = Desk(
            configuration=Configuration(data=self.data),
            rules=lambda: Rules(preset(), self.directory),
            record=self.record,
            alive=lambda: True,
            accounts=self.people,
        )
        self.answering = Answering(self.desk)

    def restart(self) -> None:
        self.people.book.close()
        self.open()

    def record(self, act: Act) -> int:
        if self.failing is not None:
            raise self.failing
        self.acts.append(act)
        return len(self.acts)

    # What people do

    def ask(self, question: q.Question, token: str = "", client: str = CLIENT) -> q.Answer:
        (answered,) = self.answering.answers(q.Asked(7, token, client, Language.VI, question))
        assert answered.number == 7
        assert answered.last
        return answered.answer

    def add(self, name: str, *roles: Role) -> str:
        """Return the one-time password of a new account."""
        return manage.add(self.people.book, name, name.title(), roles, now=self.now, sign=unsigned)

    def code(self, name: str) -> str:
        """Return a code that was not used yet; time goes on for it."""
        self.now += STEP_S
        return pyotp.TOTP(self.secrets[name]).at(int(self.now))

    def enrol(self, name: str, one_time: str, password: str = PASSWORD) -> q.Enrolled:
        begun = self.ask(q.Login(name, one_time))
        assert isinstance(begun, q.LoggedIn), begun
        shown = self.ask(q.BeginEnrolment(), begun.token)
        assert isinstance(shown, q.Enrolment)
        self.secrets[name] = shown.secret
        done = self.ask(q.ConfirmEnrolment(self.code(name), password), begun.token)
        assert isinstance(done, q.Enrolled), done
        return done

    def session(self, name: str, *roles: Role) -> str:
        """Return the token of a new account with these roles, or of a mailbox."""
        if "@" in name:
            assert self.ask(q.SendMailCode(name)) == q.Done()
            answer = self.ask(q.MailLogin(name, self.sent[-1][1]))
            assert isinstance(answer, q.LoggedIn), answer
            return answer.token
        return self.enrol(name, self.add(name, *roles)).token

    def kind(self, question: q.Question, token: str = "", client: str = CLIENT) -> str:
        """Return the kind of the refusal, empty when there is none."""
        answer = self.ask(question, token, client)
        return answer.kind if isinstance(answer, q.Refusal) else ""


class _Client(DoorClient[q.Answered]):
    """The console's side of the door."""

    def __init__(self, door: socket.socket) -> None:
        super().__init__(door, msgspec.msgpack.Decoder(q.Answered))
        self.waiting: dict[int, asyncio.Queue[q.Answered]] = {}
        self.ended = asyncio.Event()

    def heard(self, answer: q.Answered) -> None:
        self.waiting[answer.number].put_nowait(answer)

    def lost(self, cause: object) -> None:
        self.ended.set()


class Line:
    """Questions over a real socket, to whoever serves the other end of the door."""

    def __init__(self, door: socket.socket) -> None:
        self.client = _Client(door)
        self._numbers = count(1)

    async def ask(self, question: q.Question, token: str = "", client: str = CLIENT) -> q.Answer:
        return [one async for one in self.stream(question, token, client)][-1]

    async def stream(self, question: q.Question, token: str = "", client: str = CLIENT) -> AsyncIterator[q.Answer]:
        number = next(self._numbers)
        queue = self.client.waiting[number] = asyncio.Queue()
        self.client.send(q.Asked(number, token, client, Language.VI, question))
        ended = asyncio.ensure_future(self.client.ended.wait())
        while True:
            heard = asyncio.ensure_future(queue.get())
            await asyncio.wait({heard, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not heard.done():
                raise EOFError
            yield heard.result().answer
            if heard.result().last:
                ended.cancel()
                return

    def close(self) -> None:
        self.client.lose("closed")


@asynccontextmanager
async def served(
    answers: Callable[[q.Asked], Iterator[q.Answered]], at_work: Callable[[], None] = lambda: None
) -> AsyncIterator[socket.socket]:
    """Serve a door within this loop; yield the console's end of it."""
    inner, door = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    server = Server(answers, at_work)
    server.attend(inner)
    try:
        yield door
    finally:
        await server.close(5)
        inner.close()
        door.close()
