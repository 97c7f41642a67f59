"""Answering of questions: session, role, fresh code, then the function of the table; a failure is an answer too."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from msgspec import structs

from gateway.errors import AuditError, GatewayError, SearchError, SearchTimeError
from gateway.model import Language
from gateway.steward import questions as q
from gateway.steward.accounts.manage import AccountFaultError
from gateway.steward.accounts.people import NOBODY, People
from gateway.steward.accounts.tokens import PREFIX
from gateway.steward.desk import Desk
from gateway.steward.questions.refused import Refused, refused
from gateway.steward.roles import Person
from gateway.steward.table import TABLE, Asker, Effort, Row, may, tags_of
from gateway.steward.words import say
from gateway.vietnamese.printed import clean

_LOG = logging.getLogger("gateway.steward")
_LOOK_AGAIN_S: Final = 1.0
"""Interval at which a long answer checks its session."""
_LONG_AT_A_TIME: Final = 2
_RETRY_S: Final = 5
_ACTS: Final = frozenset({q.OpenRequest, q.Decide})
"""Questions that are recorded as acts, also when they are refused, beside those that need a fresh code."""
_LONGEST: Final = {"token": 128, "client": 64}


class Answering:
    """Answers one question at a time, in any thread."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._people: People = desk.people
        self._lock = threading.Lock()
        self._long: Counter[str] = Counter()

    def answers(self, asked: q.Asked, gone: Callable[[], bool] = lambda: False) -> Iterator[q.Answered]:
        """Yield the answers of a question, the last one marked; never raises.

        A question that is no act ends early once `gone` reports that its caller has left.
        """
        number = asked.number
        try:
            for answer in self._answers(asked, gone):
                last = not isinstance(answer, q.Progress | q.Piece | q.FixedName) or isinstance(
                    asked.question, q.GetCheckpoint
                )
                yield q.Answered(number, answer, last)
                if last:
                    return
            raise refused("unavailable")
        except Refused as error:
            yield q.Answered(number, error.refusal)
        except AccountFaultError as fault:
            kind = "not_found" if fault.key == "unknown" else "invalid"
            yield q.Answered(number, q.Refusal(kind=kind, words=say("accounts", fault.key, asked.language)))
        except SearchError as error:
            kind = "too_long" if isinstance(error, SearchTimeError) else "invalid"
            words = error.words[asked.language is not Language.VI]
            yield q.Answered(number, q.Refusal(kind=kind, words=words))
        except (GatewayError, sqlite3.Error, OSError) as error:  # a full disk, no log: for our log only
            _LOG.error("%s: %s", type(asked.question).__name__, error)
            known = isinstance(error, AuditError) and asked.token  # strangers learn nothing of the log
            words = say("answers", "not_recorded", asked.language) if known else ""
            yield q.Answered(number, q.Refusal(kind="unavailable", words=words))
        except Exception as error:  # noqa: BLE001 - one bad question must not end the process that answers all others
            _LOG.error("%s failed", type(asked.question).__name__, exc_info=error)
            yield q.Answered(number, q.Refusal(kind="unavailable"))

    def _answers(self, asked: q.Asked, gone: Callable[[], bool]) -> Iterator[q.Answer]:
        if any(len(getattr(asked, name)) > limit for name, limit in _LONGEST.items()):
            raise refused("invalid")
        question = asked.question
        row = TABLE[type(question)]
        if isinstance(question, q.Login) and gone():  # it waited for its turn longer than its caller
            raise refused("unavailable")
        desk = replace(self._desk, client=asked.client, token=asked.token)
        if row.reads:
            desk = replace(desk, gone=gone)
        person = self._admitted(asked, row)
        if row.fresh:
            tag = str(type(question).__struct_config__.tag)
            self._people.logins.check_fresh(person.name, question.code, asked.client, what=tag)  # type: ignore[union-attr]
        with self._place(person, row):
            for answer in self._found(asked, row, row.answer(desk, person, question, asked.language)):
                yield answer
                desk.go_on()

    @contextmanager
    def _place(self, person: Person, row: Row) -> Iterator[None]:
        """Leave places for others: one person has so many long answers at a time."""
        if row.effort is not Effort.LONG:
            yield
            return
        with self._lock:
            if self._long[person.name] >= _LONG_AT_A_TIME:
                raise refused("too_many", retry_s=_RETRY_S)
            self._long[person.name] += 1
        try:
            yield
        finally:
            with self._lock:
                self._long[person.name] -= 1

    def _found(self, asked: q.Asked, row: Row, found: q.Answer | Iterator[q.Answer]) -> Iterator[q.Answer]:
        """Yield the answers; a long one asks now and then whether its session is still good."""
        if not isinstance(found, Iterator):
            yield _with_tags(found)
            return
        looked = time.monotonic()
        for answer in found:
            if time.monotonic() - looked >= _LOOK_AGAIN_S:
                self._admitted(asked, row)
                looked = time.monotonic()
            yield _with_tags(answer)

    def _admitted(self, asked: q.Asked, row: Row) -> Person:
        """Return who asks; Refused without a good session, or a role that will do."""
        if row.asker is Asker.ANYBODY:
            return NOBODY
        if row.program and asked.token.startswith(PREFIX):
            return self._people.tokens.person(asked.token)
        person = self._people.person(self._people.session(asked.token))
        if not may(person, kind := type(asked.question)):
            if row.fresh or kind in _ACTS:
                about = getattr(asked.question, "request", getattr(asked.question, "reference", ""))
                desk = replace(self._desk, client=asked.client)
                desk.act(person, str(kind.__struct_config__.tag), about=clean(about, limit=80), ok=False)
            raise refused("forbidden")
        return person


def _with_tags(answer: q.Answer) -> q.Answer:
    """Put into an answer that names the person what the person may ask."""
    match answer:
        case q.LoggedIn(person=person) | q.Me(person=person) | q.Enrolled(person=person):
            return structs.replace(answer, person=structs.replace(person, may=tags_of(person)))
        case _:
            return answer
