"""Browsers at the console of a running gateway, for benchmarks: sessions without logins, each from an address of its own."""

import http.client
import itertools
import re
import time
from pathlib import Path

from gateway.steward.accounts.book import Book, Kind, put_credential
from gateway.steward.accounts.sessions import Sessions
from gateway.steward.roles import Role

KEPT_S = 3.0
"""The console closes a connection that was idle for five seconds."""
_NUMBERS = itertools.count(2)


def address() -> str:
    """Return another loopback address: the console limits requests by address."""
    number = next(_NUMBERS)
    return f"127.{1 + number // 60_000}.{number // 250 % 240}.{1 + number % 250}"


class Doors:
    """Sessions at a gateway's data folder, of accounts and of mailboxes."""

    def __init__(self, data: Path) -> None:
        self._book = Book.under(data)
        self._sessions = Sessions(self._book, time.time)

    def account(self, name: str, *roles: Role) -> str:
        """Return the token of a new account with a second factor."""
        with self._book.changing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO account (name, display, roles, mail) VALUES (?, ?, ?, '')",
                (name, name, " ".join(sorted(role.value for role in roles))),
            )
            put_credential(connection, name, Kind.TOTP, ["JBSWY3DPEHPK3PXP"], until=None)
            return self._sessions.begin(connection, name, mailbox=False)

    def mailbox(self, mailbox: str) -> str:
        """Return the token of a mailbox of the directory."""
        with self._book.changing() as connection:
            return self._sessions.begin(connection, mailbox, mailbox=True)

    def close(self) -> None:
        """Close the book of accounts."""
        self._book.close()


class Browser:
    """One kept connection with a session; a page of another status than 200 or 303 is an error."""

    def __init__(self, console: tuple[str, int], token: str) -> None:
        self._fields = {"Cookie": f"session={token}", "Accept-Encoding": "gzip"}
        self._console = console
        self._connection = self._new()
        self._used = time.perf_counter()

    def _new(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(*self._console, timeout=60, source_address=(address(), 0))

    def get(self, path: str) -> tuple[bytes, float]:
        """Return a page as it came and the milliseconds until its last octet."""
        begin = time.perf_counter()
        if begin - self._used > KEPT_S:
            self._connection.close()  # the next request opens another
        self._connection.request("GET", path, headers=self._fields)
        response = self._connection.getresponse()
        octets = response.read()
        self._used = time.perf_counter()
        spent = (self._used - begin) * 1e3
        if response.status not in (200, 303):
            raise OSError(f"{path}: {response.status}")
        return octets, spent

    def first(self, path: str) -> float:
        """Return the milliseconds of a page with all files that it names, over a new connection."""
        self._connection.close()
        self._connection = self._new()
        page, spent = self.get(path)
        for name in sorted(set(re.findall(rb'"(/static/[^"]+)"', page))):
            spent += self.get(name.decode())[1]
        return spent

    def close(self) -> None:
        """Leave."""
        self._connection.close()
