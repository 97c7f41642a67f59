"""A real Postfix as next hop, a gateway before it, and what it takes to send through it by other people's programs.

`engine_factory` gives the engine behind the gateway; override it in a module to run the same tests with another one.
"""

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.nexthop.settings import NextHopTls, client_tls_context
from gateway.smtp.settings import ListenerKind
from gateway.system.tls import server_tls_context
from tests.bench.contestants import free_port
from tests.support.certificates import Pki
from tests.support.gateway import DirectEngine, Recording, hop_settings, listener, running

USER, PASSWORD, REALM = "vanthu", "m4t-khau!Canary", "city.test"
LOGIN = f"{USER}@{REALM}"

MAIN_CF = """
compatibility_level = 3.10
queue_directory = {root}/queue
data_directory = {root}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {root}/log/mail.log
maillog_file_prefixes = {root}
myhostname = city.test
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
default_database_type = texthash
smtputf8_enable = yes
message_size_limit = 60000000
mailbox_size_limit = 0
virtual_mailbox_limit = 0
virtual_mailbox_domains = city.test, binhtan.test
virtual_mailbox_base = {root}/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_recipient_restrictions = check_recipient_access inline:{{ nobody@city.test=REJECT }}, permit_mynetworks, reject
smtpd_tls_security_level = may
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
cyrus_sasl_config_path = {root}/sasl
smtpd_sasl_local_domain = {realm}
smtpd_tls_auth_only = yes
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
smtpd_peername_lookup = no
smtpd_forbid_bare_newline = reject
in_flow_delay = 0
"""
MASTER_CF = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def need(*programs):
    """Skip unless these programs are installed."""
    missing = [program for program in programs if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (make system)")


@dataclass
class Postfix:
    """A running Postfix of our own."""

    root: Path
    port: int

    def mails(self, user: str) -> list[bytes]:
        folder = self.root / "mail" / "all" / "new"
        return [path.read_bytes() for path in sorted(folder.glob("*"))] if folder.is_dir() else []

    def log(self) -> str:
        return (self.root / "log" / "mail.log").read_text(errors="replace")

    async def wait_for(self, token: str, timeout=300) -> bytes:
        """Return the delivered mail that holds a token."""
        needle = token.encode()
        async with asyncio.timeout(timeout):
            while True:
                for mail in self.mails(""):
                    if needle in mail:
                        return mail
                await asyncio.sleep(0.05)


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def postfix(pki):
    """Start a Postfix with SASL and TLS of its own; stop it at the end."""
    need("postfix", "saslpasswd2")
    if os.geteuid() != 0:
        pytest.skip("Postfix can be started by root only")
    root = Path(tempfile.mkdtemp(prefix="gateway-postfix-"))
    root.chmod(0o755)
    owner, nobody = pwd.getpwnam("postfix"), pwd.getpwnam("nobody")
    port = free_port()
    for name in ("etc", "queue", "data", "mail", "log", "sasl"):
        (root / name).mkdir()
    (root / "mail" / "all").mkdir()
    os.chown(root / "mail" / "all", nobody.pw_uid, nobody.pw_gid)
    os.chown(root / "data", owner.pw_uid, owner.pw_gid)
    certificate, key = (shutil.copy(path, root / "etc") for path in pki.issue("city.test"))
    values = {
        "root": root,
        "port": port,
        "uid": nobody.pw_uid,
        "gid": nobody.pw_gid,
        "realm": REALM,
        "certificate": certificate,
        "key": key,
    }
    (root / "etc" / "main.cf").write_text(MAIN_CF.format(**values))
    (root / "etc" / "master.cf").write_text(MASTER_CF.format(**values))
    database = root / "sasl" / "sasldb2"
    (root / "sasl" / "smtpd.conf").write_text(
        f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {database}\nmech_list: PLAIN LOGIN\n"
    )
    subprocess.run(
        ["saslpasswd2", "-p", "-c", "-f", database, "-u", REALM, USER], input=PASSWORD.encode(), check=True, timeout=300
    )
    os.chown(database, owner.pw_uid, owner.pw_gid)
    started = subprocess.run(
        ["postfix", "-c", root / "etc", "start"], capture_output=True, text=True, timeout=300, check=False
    )
    if started.returncode:
        shutil.rmtree(root, ignore_errors=True)
        pytest.fail(f"Postfix did not start: {started.stdout}{started.stderr}")
    server = Postfix(root, port)
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=300).close()
            break
        except OSError:
            assert time.monotonic() < deadline, server.log()
            time.sleep(0.1)
    yield server
    subprocess.run(["postfix", "-c", root / "etc", "stop"], capture_output=True, timeout=300, check=False)
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def engine_factory():
    """What makes the engine behind the gateway."""
    return DirectEngine


@dataclass
class Front:
    """A gateway with one listener of each kind before Postfix."""

    submission: int
    implicit: int
    relay: int
    engine: object
    gateway: object


@pytest.fixture
def front(postfix, pki, engine_factory):
    """Return an async context manager that runs the gateway."""

    @asynccontextmanager
    async def run():
        certificate = pki.issue("gateway.test")
        context = server_tls_context(*certificate)
        listeners = [
            listener(ListenerKind.SUBMISSION, tls_context=context),
            listener(ListenerKind.SUBMISSIONS, tls_context=context),
            listener(ListenerKind.RELAY),
        ]
        hop = hop_settings(
            postfix.port,
            tls=NextHopTls.STARTTLS,
            tls_context=client_tls_context(pki.ca_file),
            server_name="city.test",
        )
        engine = Recording(engine_factory())
        async with running(postfix.port, engine=engine, listeners=listeners, hop=hop) as gateway:
            ports = [port for _, port in gateway.server.addresses]
            yield Front(*ports, engine, gateway)
            assert not gateway.errors

    return run


async def program(*arguments, stdin=b"", timeout=300, env=None) -> tuple[int, str]:
    """Run a program; return its exit code and all that it said."""
    process = await asyncio.create_subprocess_exec(
        *map(str, arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **(env or {})},
    )
    async with asyncio.timeout(timeout):
        said, _ = await process.communicate(stdin)
    return process.returncode, said.decode(errors="replace")
