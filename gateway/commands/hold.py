"""`gateway hold key | list | show | approve | refuse | release | export`.

Authentication as at the console: an account with the role, and a fresh code of its second factor. Steps use the functions
of the console, with or without a running gateway.
"""

from __future__ import annotations

import getpass
import json
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer
from msgspec import Struct

from gateway.audit.acts import record_at_once, recover_at_once, write_at_once
from gateway.audit.query import AuditReader, unknown
from gateway.audit.render import moment, render_history
from gateway.commands.common import EXIT_REFUSED, print_json
from gateway.commands.console import become_owner
from gateway.commands.options import Configured, JsonOption, command, group, words
from gateway.config.sections import Configuration
from gateway.errors import UserError
from gateway.hold.seal import make_identity
from gateway.hold.state import HoldState
from gateway.model import Language
from gateway.model.reference import mistyped
from gateway.pipeline.rulebook import Rulebook
from gateway.serve.app import way_out
from gateway.steward import questions as q
from gateway.steward.accounts.book import Book, find_account
from gateway.steward.accounts.people import People
from gateway.steward.desk import Desk
from gateway.steward.holds import Holds, Ways
from gateway.steward.questions.refused import Refused, refused
from gateway.steward.requests.answers import approve, decide
from gateway.steward.requests.held import find, get_held, release_held
from gateway.steward.requests.request import Request, State, Step
from gateway.steward.roles import Person
from gateway.steward.table import may
from gateway.system.atomic_file import make_file, replace_file
from gateway.texts.catalogue import both
from gateway.yaml.values import printable

app = group("hold")
_REFERENCE = Annotated[str, typer.Argument(metavar="BT-...", help=words("held_reference"))]
_ACCOUNT = Annotated[str, typer.Option("--as", help=words("held_account"))]
_REASON = Annotated[str, typer.Option(help=words("act_reason"))]


@command(app, "key")
def key(file: Annotated[Path, typer.Argument(help=words("held_key"))]) -> int:
    """Lập cặp khóa niêm phong / make the pair of keys that seals held mail; prints the lines for gateway.yaml.

    gateway hold key /etc/gateway/hold-identity
    """
    public = make_identity(file)
    print(both("hold", "key", "made", path=file), file=sys.stderr)
    print(f"hold:\n  recipient: {public}\n  identity: {json.dumps(str(file.absolute()), ensure_ascii=False)}")
    return 0


@command(app, "list", "data")
def hold_list(configuration: Configured, as_json: JsonOption = False) -> int:
    """Liệt kê thư giữ lại / list held mails with size, end and state."""
    return _show(configuration, "", as_json=as_json)


@command(app, "show", "data")
def hold_show(configuration: Configured, reference: _REFERENCE, as_json: JsonOption = False) -> int:
    """Xem một thư giữ lại, không có nội dung / show one held mail with its records, without its content."""
    return _show(configuration, reference, as_json=as_json)


def _show(configuration: Configuration, reference: str, *, as_json: bool) -> int:
    with _office(configuration) as office:
        office.holds.adopt()
        requests = (office.wanted(reference),) if reference else office.people.requests.all(time.time())
        listed = [office.holds.as_it_is(one) for one in requests if one.held]
        for one in listed:
            _print(office, one, as_json=as_json)
        if reference and not as_json:
            with AuditReader.open(configuration.data) as reader:
                history = reader.show(listed[0].reference)
            if history is not None:
                title = partial(office.desk.policies().catalogue.title, language=Language.VI)
                print(render_history(history, title=title))
        if not listed and not as_json:
            print(both("hold", "say", "nothing"))
    return 0


@command(app, "approve", "data")
def approve_one(configuration: Configured, reference: _REFERENCE, account: _ACCOUNT, reason: _REASON) -> int:
    """Đồng ý (người thứ nhất) hoặc duyệt và gửi (người thứ hai) / endorse, or approve and send; asks for the account's code.

    gateway hold approve BT-7F3K2Q9XM4D6H --as so.binh --reason "đã xem bản giấy"
    """
    return _decided(configuration, reference, Step.APPROVE, account=account, reason=reason)


@command(app, "refuse", "data")
def refuse(configuration: Configured, reference: _REFERENCE, account: _ACCOUNT, reason: _REASON) -> int:
    """Không cho gửi, xóa thư / refuse: the mail is removed and its sender notified; asks for the account's code."""
    return _decided(configuration, reference, Step.REFUSE, account=account, reason=reason)


@command(app, "release", "data")
def release(configuration: Configured, reference: _REFERENCE, account: _ACCOUNT, reason: _REASON) -> int:
    """Gửi lại thư đã duyệt mà chưa đi / send an approved mail again that was put off or whose outcome is unknown."""
    return _decided(configuration, reference, Step.RELEASE, account=account, reason=reason)


def _decided(configuration: Configuration, reference: str, step: Step, *, account: str, reason: str) -> int:
    """Take a step on a held mail as an account, authenticated by a fresh code."""
    with _office(configuration) as office:
        request = office.wanted(reference)
        if step is Step.APPROVE and request.at(int(time.time())) is State.OPEN:
            step = Step.ENDORSE
        person = office.proven(account, _KINDS.get(step, q.Decide))
        name, desk, language = request.id, office.desk, Language.VI
        match step:
            case Step.APPROVE:
                answer = approve(desk, person, q.Approve(request=name, reason=reason, code="", read=True), language)
            case Step.RELEASE:
                answer = release_held(desk, person, q.Release(request=name, reason=reason, code=""), language)
            case _:
                wanted = q.Decide(request=name, step=step.value, reason=reason, read=True)
                answer = decide(desk, person, wanted, language)
        print(answer.words if isinstance(answer, q.Done) else "")
        sends, held = step in _KINDS, office.holds.look(name)
    return 0 if not sends or (held is not None and held.state is HoldState.RELEASED) else EXIT_REFUSED


@command(app, "export", "data")
def export(
    configuration: Configured,
    reference: _REFERENCE,
    output: Annotated[Path, typer.Option("-o", "--output", help=words("held_output"))],
    account: _ACCOUNT,
) -> int:
    """Ghi nội dung thư giữ lại ra tệp / write the octets of a held mail to a file; the security officer only."""
    with _office(configuration) as office:
        make_file(output, b"")  # no act is recorded when it cannot be made
        try:
            person = office.proven(account, q.GetHeld)
            pieces = get_held(office.desk, person, q.GetHeld(office.wanted(reference).reference), Language.VI)
            octets = b"".join(one.octets for one in pieces if isinstance(one, q.Piece))
            replace_file(output, octets, mode=0o600)
        except BaseException:
            output.unlink(missing_ok=True)
            raise
    return 0


_KINDS: Final[dict[Step, type[Struct]]] = {Step.APPROVE: q.Approve, Step.RELEASE: q.Release}


def _asked(prompt: str) -> str:
    """Read a line without echo; without a terminal, the next line of standard input."""
    return getpass.getpass(f"{prompt}: ") if sys.stdin.isatty() else sys.stdin.readline().strip()


@dataclass(frozen=True)
class _Office:
    """Objects of the steward that a step needs."""

    desk: Desk
    holds: Holds
    people: People

    def wanted(self, reference: str) -> Request:
        self.holds.adopt()
        request = find(self.desk, reference)
        if request is None:
            raise UserError(
                " / ".join(unknown(reference))
                if mistyped(reference)
                else both("hold", "say", "not_held", reference=printable(reference)[:80])
            )
        return request

    def proven(self, name: str, question: type[Struct]) -> Person:
        """Authenticate an account by a fresh code and check its role; UserError, Refused."""
        name = name.strip().casefold()
        with self.people.book.reading() as connection:
            account = find_account(connection, name)
        if account is None or account.locked or not account.enrolled:
            raise UserError(both("hold", "say", "no_account", name=printable(name)[:80]))
        code = _asked(both("hold", "say", "code", name=name))
        what = str(question.__struct_config__.tag)
        self.people.logins.check_fresh(name, "".join(code.split()), "", what=what)
        person = Person(name=account.name, display=account.display, roles=account.roles, mail=account.mail)
        if not may(person, question):
            self.desk.act(person, what, ok=False)
            raise refused("forbidden")
        return person


@contextmanager
def _office(configuration: Configuration) -> Iterator[_Office]:
    """Open the steward's objects as the owner of the data folder; UserError."""
    out = way_out(configuration)
    if out is None:
        raise UserError(both("hold", "say", "off"))
    data = configuration.data
    with suppress(OSError):
        become_owner(data)
    rules = Rulebook(configuration).current
    try:
        with closing(Book.under(data)) as book:
            record = partial(record_at_once, data)
            people = People(book, record, lambda: rules.directory, lambda _mailbox, _code: None, clock=time.time)
            ways = Ways(write=partial(write_at_once, data), recover=partial(recover_at_once, data), out=out)
            holds = Holds(configuration, people.requests, ways, clock=time.time)
            desk = Desk(configuration=configuration, rules=lambda: rules, record=record, accounts=people, holds=holds)
            yield _Office(desk, holds, people)
    except Refused as error:
        refusal = error.refusal
        words = refusal.words or both("hold", "refusal", refusal.kind)
        raise UserError(words) from None


def _print(office: _Office, request: Request, *, as_json: bool) -> None:
    held = office.holds.look(request.reference)
    state = request.at(int(time.time()))
    if as_json:
        print_json(
            {
                "reference": request.reference,
                "state": state.value,
                "sender": request.owners[0] if request.owners else "",
                "size": held.mail.size if held is not None else None,
                "recipients": list(held.recipients) if held is not None else [],
                "until": held.held.until if held is not None else None,
                "decisions": [
                    {"step": one.step.value, "who": one.who, "at": one.at, "reason": one.reason}
                    for one in request.decisions
                ],
                "answer": f"{held.outcome.code} {held.outcome.text}"
                if held is not None and held.release and held.outcome
                else None,
            }
        )
        return
    size = f"{held.mail.size} B" if held is not None else "-"
    until = moment(held.until) if held is not None else "-"
    sender = printable(request.owners[0], limit=320) if request.owners else "<>"
    words = both("steward", "request_states", state.value)
    print(f"{request.reference}  {sender}  {size}  {until}  {words}")
    for one in request.decisions:
        at, step = moment(datetime.fromtimestamp(one.at, UTC)), both("audit", "act", one.step.value)
        print(f"    {at}  {printable(one.who, limit=320)}  {step}: {printable(one.reason, limit=320)}")
