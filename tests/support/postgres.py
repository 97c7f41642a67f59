"""A real PostgreSQL for tests: one per pytest process, on its own UNIX socket, a database per test.

`from tests.support.postgres import cluster_dsn, postgres  # noqa: F401` in a conftest registers the fixtures.
"""

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import pytest

_QUICK = ("fsync=off", "full_page_writes=off", "autovacuum=off", "shared_buffers=16MB", "max_connections=60")


def binaries():
    """Return the folder of the newest installed PostgreSQL; skips the test without one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    if not found:
        pytest.skip("no PostgreSQL (make system-test)")
    return found[-1].parent


class Postgres:
    """One server; `durable` keeps its fsync."""

    def __init__(self, *, durable=False):
        self._bin = binaries()
        self.folder = Path(tempfile.mkdtemp(prefix="gw-pg-"))
        self._server = None
        self._names = itertools.count(1)
        self._user = {}
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            names = {entry.pw_name for entry in pwd.getpwall()}
            entry = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
            self._user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        subprocess.run(
            [self._bin / "initdb", "-D", self.folder / "data", "-A", "trust", "-U", "gateway", "-E", "UTF8",
             "--locale=C.UTF-8", *([] if durable else ["--no-sync"])],
            check=True, stdout=subprocess.DEVNULL, cwd="/", timeout=300, **self._user,
        )  # fmt: skip
        self._settings = () if durable else _QUICK

    def start(self):
        """Start it, and wait until it accepts connections."""
        settings = [f"unix_socket_directories={self.folder}", "listen_addresses=", *self._settings]
        self._server = subprocess.Popen(
            [self._bin / "postgres", "-D", self.folder / "data", *(f"-c{one}" for one in settings)],
            stdout=subprocess.DEVNULL, stderr=(self.folder / "log").open("ab"), cwd="/", **self._user,
        )  # fmt: skip
        until = time.monotonic() + 60
        while subprocess.run([self._bin / "pg_isready", "-q", "-h", self.folder], check=False).returncode != 0:
            assert self._server.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < until, (self.folder / "log").read_text()
            time.sleep(0.02)

    def stop(self, mode="immediate"):
        """Stop it; `immediate` like a machine failure, `fast` like an administrator."""
        if self._server is not None:
            subprocess.run(
                [self._bin / "pg_ctl", "-D", self.folder / "data", "-m", mode, "-w", "stop"],
                check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **self._user,
            )  # fmt: skip
            self._server.wait(300)
            self._server = None

    def remove(self):
        """Stop it and remove its files."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def sql(self, statement, database="postgres"):
        """Run a statement as its administrator."""
        import psycopg

        with psycopg.connect(host=str(self.folder), user="gateway", dbname=database, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def new_database(self):
        """Make an empty database and return its name."""
        name = f"test_{next(self._names)}"
        self.sql(f"CREATE DATABASE {name} STRATEGY file_copy")
        return name

    def dsn(self, database, host=None):
        """Return the URI of a database; `host` is another route, such as a proxy's `127.0.0.1:PORT`."""
        return f"postgresql://gateway@{host or quote(str(self.folder), safe='')}/{database}"

    @property
    def socket(self):
        """Its UNIX socket."""
        return str(self.folder / ".s.PGSQL.5432")


@pytest.fixture(scope="session")
def postgres():
    """One server for all tests of this process; a test that stops it must start it again."""
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def cluster_dsn(postgres):
    """The URI of an empty database."""
    name = postgres.new_database()
    yield postgres.dsn(name)
    postgres.sql(f"DROP DATABASE {name} WITH (FORCE)")
