"""Console accounts of the demonstration: one-time passwords, and codes as they arrive by mail."""

from __future__ import annotations

from contextlib import closing
from email import message_from_bytes, policy
from pathlib import Path
from time import time
from typing import Final

from gateway.audit.acts import record_at_once
from gateway.audit.record import Act
from gateway.steward.accounts import manage
from gateway.steward.accounts.book import Book
from gateway.steward.roles import Role

_ACCOUNTS: Final = (
    ("kiemtra", "Nguyễn Kiểm Tra", (Role.AUDITOR,)),
    ("chinhsach", "Trần Chính Sách", (Role.POLICY_ADMIN, Role.OPERATOR)),
    ("anninh", "Lê An Ninh", (Role.SECURITY_OFFICER,)),
    ("taikhoan", "Phạm Tài Khoản", (Role.ACCOUNT_ADMIN,)),
)


def make_accounts(data: Path) -> list[tuple[str, str, str]]:
    """Make an account of each kind; return name, roles and one-time password."""

    def sign(_connection: object, what: str, about: str) -> None:
        record_at_once(data, Act(who="demo", roles=("machine",), what=what, about=about))

    with closing(Book.under(data)) as book:
        return [
            (
                name,
                " ".join(role.value for role in roles),
                manage.add(book, name, display, roles, now=time(), sign=sign),
            )
            for name, display, roles in _ACCOUNTS
        ]


def show_notice(content: bytes) -> None:
    """Print a mail of the gateway itself, which has no other reader in the demo."""
    mail = message_from_bytes(content, policy=policy.default)
    lines = str(mail.get_content()).strip().splitlines()
    print(f"\n[thư / mail {mail['To']}] {lines[0]}", flush=True)
