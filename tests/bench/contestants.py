"""Contestants: the gateway, what it stands on, Postfix alone, Postfix with rspamd. Each starts afresh for each round."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.processes import descendants

MAIN_CF = """compatibility_level = 3.6
queue_directory = {work}/queue
data_directory = {work}/data
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = bench.example
mydestination =
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:{sink}
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_relay_restrictions = permit_mynetworks,reject
smtpd_recipient_restrictions =
local_recipient_maps =
alias_maps =
alias_database =
default_database_type = texthash
message_size_limit = 67108864
default_process_limit = 120
smtp_destination_concurrency_limit = 100
default_destination_concurrency_limit = 100
initial_destination_concurrency = 20
maillog_file = {work}/mail.log
maillog_file_prefixes = {work}
"""
MASTER_CF = """127.0.0.1:{port} inet n - n - - smtpd{options}
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
RSPAMD = """options {{ pidfile = "{work}/rspamd.pid"; filters = "chartable,regexp"; max_message = 64mb; task_timeout = 30s;
  dns {{ nameserver = ["127.0.0.1:5"]; timeout = 0.1s; retransmits = 1; }}
  control_socket = "{work}/control.sock mode=0600"; tempdir = "{work}"; hs_cache_dir = "{work}"; }}
logging {{ type = "file"; filename = "{work}/rspamd.log"; level = "warning"; }}
worker "rspamd_proxy" {{ bind_socket = "{work}/milter.sock mode=0666"; milter = yes; timeout = 60s; count = 2;
  upstream "local" {{ default = yes; self_scan = yes; }} }}
worker "normal" {{ bind_socket = "{work}/normal.sock mode=0600"; count = 1; }}
actions {{ reject = 999; }}
mime_types {{ bad_extensions {{ exe = 10; }} }}
modules {{ path = "/usr/share/rspamd/plugins/mime_types.lua"; fallback_path = "/usr/share/rspamd/plugins/mime_types.lua"; }}
lua = "/usr/share/rspamd/rules/rspamd.lua";
"""


def free_port() -> int:
    """Return a port that nobody listens on, and that the system gives to nobody who asks for any port."""
    while True:
        port = random.SystemRandom().randrange(12_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_for_banner(port: int, limit_s: float = 120) -> None:
    """Return when the server on that port greets."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        try:
            with socket.create_connection(("127.0.0.1", port), 2) as sock:
                sock.settimeout(10)
                if sock.recv(4) == b"220 ":
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise TimeoutError(f"nothing greets on port {port}")


def _postfix(work: Path, sink: int, port: int, options: str) -> subprocess.Popen[bytes]:
    for name in ("conf", "queue", "data"):
        (work / name).mkdir()
    work.chmod(0o755)
    shutil.chown(work / "data", "postfix")
    (work / "conf/main.cf").write_text(MAIN_CF.format(work=work, sink=sink))
    (work / "conf/master.cf").write_text(MASTER_CF.format(port=port, options=options))
    return subprocess.Popen(["postfix", "-c", work / "conf", "start-fg"], stdout=subprocess.DEVNULL)


def postfix_proxy(work: Path, sink: int, port: int) -> list[subprocess.Popen[bytes]]:
    """Postfix's before-queue proxy: relays live and inspects nothing."""
    return [_postfix(work, sink, port, f"\n  -o smtpd_proxy_filter=127.0.0.1:{sink}")]


def postfix_rspamd(work: Path, sink: int, port: int) -> list[subprocess.Popen[bytes]]:
    """Postfix that stores, with rspamd's proxy worker as milter over a UNIX socket."""
    (work / "rspamd.conf").write_text(RSPAMD.format(work=work))
    rspamd = subprocess.Popen(
        ["rspamd", "-f", "-i", "-u", "root", "-g", "root", "-c", work / "rspamd.conf"], stdout=subprocess.DEVNULL
    )
    end = time.monotonic() + 60
    while not (work / "milter.sock").exists() and time.monotonic() < end:
        time.sleep(0.1)
    options = f"\n  -o smtpd_milters=unix:{work}/milter.sock\n  -o milter_default_action=tempfail"
    return [rspamd, _postfix(work, sink, port, options)]


def gateway(work: Path, sink: int, port: int) -> list[subprocess.Popen[bytes]]:
    """Our relay: two workers, default policies, audit on."""
    command = [sys.executable, "-m", "gateway.cli", "serve", "--listen", f"127.0.0.1:{port}"]
    command += ["--next-hop", f"127.0.0.1:{sink}", "--data", str(work / "data")]
    return [subprocess.Popen(command, stdout=subprocess.DEVNULL)]


def _bare(kind: str, sink: int, port: int) -> list[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.bench.floor", kind, f"127.0.0.1:{port}", f"127.0.0.1:{sink}"]
    return [subprocess.Popen(command, stdout=subprocess.DEVNULL)]


def floor(_work: Path, sink: int, port: int) -> list[subprocess.Popen[bytes]]:
    """The exchanges of a relay in plain coroutines and nothing else: what no relay in this language goes below."""
    return _bare("floor", sink, port)


def wire(_work: Path, sink: int, port: int) -> list[subprocess.Popen[bytes]]:
    """Our front end and our client to the next hop, without judge and audit."""
    return _bare("wire", sink, port)


CONTESTANTS: dict[str, Callable[[Path, int, int], list[subprocess.Popen[bytes]]]] = {
    "floor": floor,
    "wire": wire,
    "gateway": gateway,
    "postfix-proxy": postfix_proxy,
    "postfix-rspamd": postfix_rspamd,
}


@contextlib.contextmanager
def running(name: str, sink: int) -> Iterator[tuple[int, list[int]]]:
    """Start a contestant; yield its port and the process ids at its root; end all of it afterwards."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        processes = CONTESTANTS[name](Path(folder), sink, port)
        try:
            wait_for_banner(port)
            yield port, [process.pid for process in processes]
        finally:
            end(*processes)


def end(*processes: subprocess.Popen[bytes]) -> None:
    """End programs and all below them."""
    tree = descendants(*(process.pid for process in processes))
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
    for pid in tree:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
