"""`gateway console token add | list | revoke`: API tokens for self-checks."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from gateway.audit.render import moment
from gateway.commands.common import print_json
from gateway.commands.console import open_book, signed
from gateway.steward.accounts.tokens import Tokens
from gateway.texts.catalogue import both
from gateway.vietnamese.printed import clean


def add(data: Path, name: str, *, mailbox: str, unit: str, days: int, per_hour: int, reason: str) -> int:
    """Create a token and print it, once."""
    with open_book(data) as book:
        sign = signed(data, reason)
        tokens = Tokens(book, time.time)
        token = tokens.add(name, mailbox=mailbox, unit=unit, per_hour=per_hour, days=days, sign=sign)
    print(both("steward", "say", "token", name=name, days=days))
    print(token)
    return 0


def show(data: Path, *, as_json: bool) -> int:
    """Print the tokens without their secrets."""
    with open_book(data) as book:
        programs = Tokens(book, time.time).all()
    for one in programs:
        bound = one.mailbox or one.unit
        made, until = (moment(datetime.fromtimestamp(at, UTC)) for at in (one.made, one.until))
        if as_json:
            found = {"mailbox": one.mailbox or None, "unit": one.unit or None, "per_hour": one.per_hour}
            print_json({"name": one.name, **found, "made": one.made, "until": one.until, "used": one.used or None})
            continue
        over = f" [{both('steward', 'say', 'token_over')}]" if one.until <= time.time() else ""
        used = moment(datetime.fromtimestamp(one.used, UTC)) if one.used else "-"
        said = both("steward", "say", "token_row", made=made, until=until, used=used, per_hour=one.per_hour)
        print(f"{one.name}  {clean(bound)}  {said}{over}")
    if not programs and not as_json:
        print(both("steward", "say", "no_token"))
    return 0


def revoke(data: Path, name: str, reason: str) -> int:
    """Revoke a token."""
    with open_book(data) as book:
        Tokens(book, time.time).revoke(name, sign=signed(data, reason))
    print(both("steward", "say", "token_revoked", name=name))
    return 0
