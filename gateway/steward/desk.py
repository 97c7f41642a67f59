"""Context in which requests are answered, and their refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from gateway.audit.query import AuditReader, Readers
from gateway.audit.record import Act
from gateway.config.sections import Configuration
from gateway.engine import PolicySet
from gateway.model import Directory
from gateway.notice import NoticeBook
from gateway.pipeline.rulebook import Rules
from gateway.steward import questions as q
from gateway.steward.accounts.people import People
from gateway.steward.checks.judging import Checks
from gateway.steward.condition import Running
from gateway.steward.holds import Holds
from gateway.steward.questions.refused import refused
from gateway.steward.roles import Person
from gateway.vietnamese.printed import clean

LIMIT_S = 2.0
_PIECE_BYTES = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One question's way to everything; its functions may be called from any thread."""

    configuration: Configuration
    rules: Callable[[], Rules]
    """Rules in force."""
    record: Callable[[Act], int]
    """Writes an act into the log; returns its place once it is durable, else raises AuditError."""
    alive: Callable[[], bool] = lambda: False
    """Whether mail is judged and recorded now."""
    accounts: People | None = None
    """None where no accounts are asked for."""
    holds: Holds | None = None
    """Held mail; None where none is held."""
    client: str = ""
    """Address of the browser that asks."""
    running: Running | None = None
    """State of the system from the supervisor; None when unknown."""
    token: str = ""
    """Of the session that asks."""
    notices: NoticeBook | None = None
    """Queue of notices; None where none are sent."""
    checks: Checks | None = None
    """Judge of files before they are sent; None where no reader is."""
    readers: Readers = field(default_factory=Readers)
    """Of the log, between two questions."""
    gone: Callable[[], bool] = lambda: False
    """Return whether the caller has left; only reading ends then."""

    @property
    def people(self) -> People:
        """Accounts and sessions."""
        assert self.accounts is not None
        return self.accounts

    def policies(self) -> PolicySet:
        """Return the policy set in force."""
        return self.rules().policies

    def directory(self) -> Directory | None:
        """Return the directory in use, None without one."""
        return self.rules().directory

    def unit_names(self) -> dict[str, str]:
        """Return the names of units by the id under which the directory in use has them, where the two differ."""
        directory = self.directory()
        return directory.unit_names if directory is not None else {}

    def unit_name(self, unit: str) -> str:
        """Return the name of a unit that is recorded by an id, fit to be shown."""
        return clean(self.unit_names().get(unit, unit), limit=200)

    @property
    def policy_edit(self) -> bool:
        """Return whether a policy may be put in force from the console."""
        console = self.configuration.console
        return console is not None and console.policy_edit and not self.configuration.ruled

    @contextmanager
    def reader(self) -> Iterator[AuditReader]:
        """Lend this thread the log; each search ends after two seconds. Refused once the caller has left."""
        self.go_on()
        with self.readers.one(self.configuration.data, limit_s=LIMIT_S, gone=self.gone) as reader:
            yield reader

    def go_on(self, _done: int = 0) -> None:
        """Raise Refused once the caller has left; long work calls it now and then."""
        if self.gone():
            raise refused("unavailable")

    def act(
        self,
        person: Person,
        what: str,
        *,
        about: str = "",
        reason: str = "",
        ok: bool = True,
        client: str | None = None,
    ) -> int:
        """Record an act before it is done; return its place in the log.

        AuditError, and Refused when session or roles are gone meanwhile: then it must not be done.
        """
        if ok and self.token:
            self.people.expect(person, self.token)
        return self.record(
            Act(
                who=person.name,
                roles=tuple(sorted(role.value for role in person.roles)),
                what=what,
                about=about,
                reason=reason,
                client=self.client if client is None else client,
                ok=ok,
            )
        )


def pieces(octets: bytes) -> Iterator[q.Answer]:
    """Yield a file as answers, with their end."""
    for begin in range(0, len(octets), _PIECE_BYTES):
        yield q.Piece(octets[begin : begin + _PIECE_BYTES])
    yield q.ExportEnd(1, whole=True)
