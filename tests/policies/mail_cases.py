"""Case files of the policies on senders: an envelope, a header, a directory, and the findings that are expected.

A file is YAML: `mailboxes` (the directory of its cases) and `cases`, each with `name`, `expect` (the exact list of
`rule outcome`) and any of `login`, `front_end`, `from` (reverse-path, empty for the null one), `to`, `header` (raw
lines; without it the case is asked at RCPT), `body`, `now`, `settings`, `authentication`, `directory: false`, `history`.
"""

from __future__ import annotations

import functools
import hashlib
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from gateway.identity.directory import names_of
from gateway.mime import decode_body, parse
from gateway.model import (
    AuthenticationResults,
    AuthResult,
    Delegate,
    Directory,
    Document,
    Envelope,
    Evidence,
    FrontEnd,
    History,
    Mailbox,
    MailboxKind,
    MailboxStatus,
    Run,
    Session,
)
from tests.support.cases import read_yaml
from tests.support.policies import findings

FOLDER = Path(__file__).parent / "cases"


@functools.cache
def load(policy: str) -> tuple[Directory, dict[str, dict[str, Any]]]:
    """The directory and the cases of a policy by name."""
    file = read_yaml(FOLDER / f"{policy}.yaml")
    cases = {case["name"]: case for case in file["cases"]}
    assert len(cases) == len(file["cases"]), "two cases with one name"
    return directory(file.get("mailboxes", [])), cases


def directory(rows: list[dict[str, Any]]) -> Directory:
    """A snapshot of the mailboxes given as plain data."""
    found: dict[str, Mailbox] = {}
    for row in rows:
        mailbox = Mailbox(
            address=row["address"],
            kind=MailboxKind(row.get("kind", "personal")),
            name=row.get("name", ""),
            unit=row.get("unit", ""),
            status=MailboxStatus(row.get("status", "active")),
            left_on=row.get("left_on"),
            since=row.get("from"),
            until=row.get("until"),
            aliases=tuple(row.get("aliases", ())),
            delegates=tuple(
                Delegate(address=one["address"], since=one.get("from"), until=one.get("until"))
                for one in row.get("delegates", ())
            ),
        )
        found |= dict.fromkeys((mailbox.address, *mailbox.aliases), mailbox)
    digest = hashlib.sha256(repr(rows).encode()).hexdigest()  # names of units are known by it
    return Directory(digest=digest, mailboxes=found, names=names_of(found, {}))


def evidence(case: dict[str, Any], mailboxes: Directory) -> Evidence:
    """The evidence of one case."""
    message, documents = None, ()
    if "header" in case:
        content = (case["header"].rstrip("\n") + "\n\n" + case.get("body", "")).replace("\n", "\r\n").encode()
        message = parse(content)
        text = decode_body(content, message.root).data.decode() if not message.root.children else ""
        documents = (Document(part="1", format="text", runs=(Run(text=text),)),)
    day = case.get("now", date(2026, 11, 24))
    return Evidence(
        now=datetime(day.year, day.month, day.day, 5, tzinfo=UTC),
        session=Session(
            front_end=FrontEnd(case.get("front_end", "submission" if "login" in case else "relay")),
            auth_user=case.get("login"),
        ),
        envelope=Envelope(
            reverse_path=case.get("from", "") or "", forward_paths=tuple(case.get("to", ["b@example.vn"]))
        ),
        message=message,
        documents=documents,
        authentication=AuthenticationResults(tuple(AuthResult(**row) for row in case["authentication"]))
        if "authentication" in case
        else None,
        directory=mailboxes if case.get("directory", True) else None,
        history=History(
            met=frozenset(case["history"].get("met", ())),
            unmet=frozenset(case["history"].get("unmet", ())),
            since=datetime(*map(int, str(case["history"]["since"]).split("-")), tzinfo=UTC),
        )
        if "history" in case
        else None,
    )


def judged(policy: ModuleType, case: dict[str, Any], mailboxes: Directory) -> list[str]:
    """The findings of a case as sorted `rule outcome`, with the recipient where one is named."""
    settings = policy.Settings.model_validate(case.get("settings", {}))
    lines = []
    for finding in findings(policy, evidence(case, mailboxes), settings):
        assert finding.rule in {rule.id for rule in policy.RULES}
        assert finding.about.recipient is None or finding.about.header is None
        lines.append(f"{finding.rule} {finding.outcome.value}")
    return sorted(lines)
