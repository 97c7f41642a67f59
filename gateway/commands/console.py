"""`gateway console account ...`, `gateway console token ...` (API tokens) and `gateway console roles`.

Commands of the machine need no login: the right to write to the data folder permits all of this. Each is an act in the log.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.audit.acts import record_at_once
from gateway.audit.record import Act
from gateway.audit.render import moment
from gateway.commands.common import print_json
from gateway.commands.options import Configured, JsonOption, command, group, words
from gateway.commands.waiver import steward as operator
from gateway.config.sections import Configuration
from gateway.errors import UserError
from gateway.identity.directory import load
from gateway.model import Directory
from gateway.notice import NoticeBook
from gateway.steward.accounts import manage
from gateway.steward.accounts.book import Account, Book, all_accounts, find_account
from gateway.steward.accounts.manage import AccountFaultError, Sign
from gateway.steward.accounts.sessions import Sessions, end_all
from gateway.steward.accounts.throttle import Names
from gateway.steward.accounts.tokens import Tokens, listed_unit
from gateway.steward.notices.accounts import notify_of_change
from gateway.steward.roles import GIVEN, Role
from gateway.steward.table import TABLE, Asker
from gateway.texts.catalogue import both, product_texts
from gateway.vietnamese.printed import clean
from gateway.yaml.values import printable

app = group("console")
account = group("console_account", "Tài khoản / its accounts.")
app.add_typer(account, name="account")
token = group("console_token", "Mã của chương trình / tokens of programs.")
app.add_typer(token, name="token")
_NAME = Annotated[str, typer.Argument(help=words("account_name"))]
_TOKEN = Annotated[str, typer.Argument(help=words("token_name"))]
_ROLES = Annotated[list[str], typer.Option("--role", help=f"{words('role')} {', '.join(role.value for role in GIVEN)}")]
_REASON = Annotated[str, typer.Option(help=words("act_reason"))]


@command(account, "add", "data")
def add(
    configuration: Configured,
    name: _NAME,
    role: _ROLES,
    display: Annotated[str, typer.Option(help=words("display"))] = "",
    mail: Annotated[str, typer.Option(help=words("account_mail"))] = "",
    reason: _REASON = "",
) -> int:
    """Lập tài khoản và in mật khẩu dùng một lần / make an account and print its one-time password.

    gateway console account add an.tt --display "Trần Thị An" --role auditor --mail an.tt.noivu@tphcm.gov.vn
    """
    mail = _official_mailbox(configuration, mail)
    with open_book(configuration.data) as book:
        sign = signed(configuration.data, reason)
        password = manage.add(book, name, display or name, _roles(role), now=time.time(), sign=sign, mail=mail)
    _print_password(name, password)
    return 0


@command(account, "mail", "data")
def set_mail(
    configuration: Configured,
    name: _NAME,
    mail: Annotated[str, typer.Argument(help=words("account_mail"))] = "",
    reason: _REASON = "",
) -> int:
    """Đặt hộp thư nhận thông báo / say where notices of an account go; without an address nowhere."""
    mail = _official_mailbox(configuration, mail)
    with open_book(configuration.data) as book:
        manage.set_mail(book, name, mail, sign=signed(configuration.data, reason))
    print(both("steward", "say", "mail_set", name=name, mail=mail or "-"))
    return 0


def _official_mailbox(configuration: Configuration, address: str) -> str:
    """Return an address in normal form, empty for none; UserError when it is neither of the directory nor of an official domain."""
    if not address:
        return ""
    return manage.official_mailbox(address, _directory(configuration), configuration.passwords.login_domain)


def _directory(configuration: Configuration) -> Directory | None:
    return load(configuration.directory_in_use) if configuration.directory_in_use is not None else None


@command(account, "list")
def show(data: Path, as_json: JsonOption = False) -> int:
    """Liệt kê tài khoản / list the accounts with roles, second factor, lock and sessions."""
    with open_book(data) as book, book.reading() as connection:
        accounts, counts = all_accounts(connection), Sessions(book, time.time).counts(connection)
    for account in accounts:
        count = counts.get(account.name, 0)
        if as_json:
            print_json(_plain(account) | {"sessions": count})
        else:
            state = [both("steward", "say", "locked")] * account.locked
            state += [both("steward", "say", "not_enrolled")] * (not account.enrolled)
            roles = _named(account.roles)
            said = both("steward", "say", "account", last=_time(account.last_login), sessions=count)
            print(
                f"{account.name}  {clean(account.display)}  {roles}  {account.mail or '-'}  {said}{''.join(f' [{one}]' for one in state)}"
            )
    if not accounts and not as_json:
        print(both("steward", "start", "no_account"))
    return 0


@command(account, "roles")
def set_roles(data: Path, name: _NAME, role: _ROLES, reason: _REASON = "") -> int:
    """Cho tài khoản đúng các vai trò này / give an account exactly these roles; its sessions end."""
    given = _roles(role)
    with open_book(data) as book:
        manage.set_roles(book, name, given, sign=signed(data, reason))
    print(both("steward", "say", "roles_set", name=name, roles=_named(given)))
    return 0


@command(account, "reset-totp")
def reset(data: Path, name: _NAME, reason: _REASON = "") -> int:
    """Đặt lại khi mất điện thoại / after a lost phone: a one-time password and a new enrolment; sessions end."""
    with open_book(data) as book:
        password = manage.reset_second_factor(book, name, now=time.time(), sign=signed(data, reason))
        Names(book, time.time).forgive(name)
    _print_password(name, password)
    return 0


@command(account, "lock")
def lock(data: Path, name: _NAME, reason: _REASON = "") -> int:
    """Khóa tài khoản, kết thúc các phiên / lock an account and end its sessions."""
    return _set_locked(data, name, reason, locked=True)


@command(account, "unlock")
def unlock(data: Path, name: _NAME, reason: _REASON = "") -> int:
    """Mở khóa tài khoản / open an account again, also after too many wrong tries."""
    return _set_locked(data, name, reason, locked=False)


def _set_locked(data: Path, name: str, reason: str, *, locked: bool) -> int:
    with open_book(data) as book:
        manage.set_locked(book, name, locked=locked, sign=signed(data, reason))
        if not locked:
            Names(book, time.time).forgive(name)
    print(both("steward", "say", "lock_set" if locked else "unlock_set", name=name))
    return 0


@command(account, "sessions")
def sessions(
    data: Path,
    name: Annotated[str, typer.Argument(help=words("account_name"))] = "",
    end: Annotated[bool, typer.Option("--end", help=words("end_sessions"))] = False,
    reason: _REASON = "",
) -> int:
    """Liệt kê phiên đang mở, hoặc kết thúc / list the open sessions of everybody or one, or end those of one."""
    with open_book(data) as book:
        if not name.isprintable():  # bytes that are no UTF-8
            raise AccountFaultError("unknown")
        if end:
            if not name:
                raise UserError(both("steward", "say", "end_whose"))
            with book.changing() as connection:
                mailbox = "@" in name
                if not mailbox and find_account(connection, name) is None:
                    raise AccountFaultError("unknown")
                end_all(connection, name, mailbox=mailbox)
                signed(data, reason)(connection, "sessions_end", name)
            print(both("steward", "say", "ended", name=name))
        for who, begun, seen in Sessions(book, time.time).listed(name):
            said = both("steward", "say", "session", begun=_time(begun), seen=_time(seen))
            print(f"{printable(who, limit=320)}  {said}")
    return 0


@command(app, "roles")
def roles() -> int:
    """Ai được làm gì ở bảng điều khiển / who may do what at the console: one line a question, one column a role."""
    columns, names = list(Role), product_texts("audit")["act"]
    for role in columns:
        print(role.value.ljust(max(len(one.value) for one in columns)), both("console", "role", role.value))
    asked = {kind: str(kind.__struct_config__.tag) for kind in TABLE}
    width = max(map(len, asked.values()))
    print(" " * width, *(role.value for role in columns))
    for kind, row in TABLE.items():
        if row.asker is Asker.ROLE:
            marks = [("x" if role in row.roles else "-").center(len(role.value)) for role in columns]
            note = both("steward", "say", "fresh") if row.fresh else ""
        else:
            marks, note = [" " * len(role.value) for role in columns], both("steward", "say", row.asker.value)
        name = both("audit", "act", asked[kind]) if asked[kind] in names else ""
        print(" ".join([asked[kind].ljust(width), *marks, "; ".join(filter(None, (name, note)))]).rstrip())
    return 0


@contextmanager
def open_book(data: Path) -> Iterator[Book]:
    """Open the accounts as the owner of the data folder, so that root leaves no file there that the service cannot open."""
    if not data.exists():
        raise UserError(both("steward", "say", "no_folder", path=data))
    become_owner(data)
    with closing(Book.under(data)) as book:
        yield book


def become_owner(data: Path) -> None:
    """Give up root's rights for those of the owner of the data folder."""
    folder = data.stat()
    if os.geteuid() == 0 and folder.st_uid != 0:
        os.setgroups([])
        os.setgid(folder.st_gid)
        os.setuid(folder.st_uid)


def signed(data: Path, reason: str) -> Sign:
    """Return what records an act of a command, with the name of the user who runs it."""
    by = operator()

    def sign(connection: sqlite3.Connection, what: str, about: str) -> None:
        seq = record_at_once(data, Act(who=by, roles=("machine",), what=what, about=about, reason=reason))
        with closing(NoticeBook(data)) as notices:
            notify_of_change(notices, connection, seq=seq, who=by, what=what, about=about, now=time.time())

    return sign


def _roles(names: list[str]) -> frozenset[Role]:
    known = {role.value: role for role in GIVEN}
    for name in names:
        if name not in known:
            raise UserError(both("steward", "say", "no_role", name=printable(name), known=", ".join(known)))
    return frozenset(known[name] for name in names)


def _named(roles: frozenset[Role]) -> str:
    return " ".join(sorted(role.value for role in roles))


def _time(seconds: float) -> str:
    """Return a time in seconds since 1970 as it is shown; a dash for never."""
    return moment(datetime.fromtimestamp(seconds, UTC)) if seconds else "-"


def _print_password(name: str, password: str) -> None:
    print(both("steward", "say", "one_time", name=name))
    print(password)


def _plain(account: Account) -> dict[str, object]:
    return {
        "name": account.name,
        "display": account.display,
        "roles": sorted(role.value for role in account.roles),
        "enrolled": account.enrolled,
        "locked": account.locked,
        "mail": account.mail or None,
        "last_login": account.last_login or None,
    }


@command(token, "add", "data")
def token_add(
    configuration: Configured,
    name: _TOKEN,
    mailbox: Annotated[str, typer.Option(help=words("token_mailbox"))] = "",
    unit: Annotated[str, typer.Option(help=words("token_unit"))] = "",
    days: Annotated[int, typer.Option(help=words("token_days"))] = 90,
    per_hour: Annotated[int, typer.Option(help=words("token_per_hour"))] = 600,
    reason: _REASON = "",
) -> int:
    """Cấp mã cho một chương trình và in ra một lần / make a token for a program and print it once.

    gateway console token add ho-so --mailbox vanthu.binhtan@tphcm.gov.vn --days 180
    """
    mailbox, unit = _official_mailbox(configuration, mailbox), listed_unit(unit, _directory(configuration))
    with open_book(configuration.data) as book:
        sign = signed(configuration.data, reason)
        tokens = Tokens(book, time.time)
        made = tokens.add(name, mailbox=mailbox, unit=unit, per_hour=per_hour, days=days, sign=sign)
    print(both("steward", "say", "token", name=name, days=days))
    print(made)
    return 0


@command(token, "list")
def token_show(data: Path, as_json: JsonOption = False) -> int:
    """Liệt kê mã của chương trình, không có mã bí mật / list the tokens, without their secrets."""
    with open_book(data) as book:
        programs = Tokens(book, time.time).all()
    for one in programs:
        bound = one.mailbox or one.unit
        if as_json:
            found = {"mailbox": one.mailbox or None, "unit": one.unit or None, "per_hour": one.per_hour}
            print_json({"name": one.name, **found, "made": one.made, "until": one.until, "used": one.used or None})
            continue
        over = f" [{both('steward', 'say', 'token_over')}]" if one.until <= time.time() else ""
        times = {name: _time(getattr(one, name)) for name in ("made", "until", "used")}
        said = both("steward", "say", "token_row", per_hour=one.per_hour, **times)
        print(f"{one.name}  {clean(bound)}  {said}{over}")
    if not programs and not as_json:
        print(both("steward", "say", "no_token"))
    return 0


@command(token, "revoke")
def token_revoke(data: Path, name: _TOKEN, reason: _REASON = "") -> int:
    """Thu hồi mã: không dùng được nữa / take a token back: it is good no more."""
    with open_book(data) as book:
        Tokens(book, time.time).revoke(name, sign=signed(data, reason))
    print(both("steward", "say", "token_revoked", name=name))
    return 0
