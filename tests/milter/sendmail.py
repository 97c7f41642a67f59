"""A Sendmail of Debian's from a private folder: its package cannot be installed beside Postfix, its files can be used."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "gateway-tests" / "sendmail"
PACKAGES = ("sendmail-bin", "sendmail-cf", "m4", "libsigsegv2", "libwrap0", "liblockfile1", "libnsl2", "libdb5.3t64")
CONFIGURATION = """\
divert(0)dnl
OSTYPE(`linux')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`nocanonify')dnl
FEATURE(`promiscuous_relay')dnl
FEATURE(`accept_unresolvable_domains')dnl
define(`confPID_FILE', `{root}/sendmail.pid')dnl
define(`QUEUE_DIR', `{root}/queue')dnl
define(`STATUS_FILE', `{root}/statistics')dnl
define(`HELP_FILE', `')dnl
define(`ALIAS_FILE', `')dnl
define(`confDOMAIN_NAME', `sendmail.test')dnl
define(`SMART_HOST', `relay:[127.0.0.1]')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {sink}')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confTO_IDENT', `0s')dnl
define(`confREFUSE_LA', `100000')dnl refuses and queues nothing because the machine is busy
define(`confQUEUE_LA', `100000')dnl
DAEMON_OPTIONS(`Name=MTA, Addr=127.0.0.1, Port={port}')dnl
INPUT_MAIL_FILTER(`gateway', `S=local:{socket}, F=T, T=S:60s;R:300s;E:10m')dnl
MAILER(`smtp')dnl
"""


def unpacked() -> Path:
    """Return the folder with Sendmail's files, fetched from Debian once; skip when that is impossible."""
    root = CACHE / "root"
    program = root / "usr/libexec/sendmail/sendmail"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # workers of one run share the folder
        if not program.is_file():
            _unpack(root)
    return root


def _unpack(root: Path) -> None:
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        pytest.skip("Sendmail's package can be fetched on Debian only")
    fresh = Path(tempfile.mkdtemp(dir=CACHE, prefix="fresh-"))
    try:
        fetched = subprocess.run(
            ["apt-get", "download", *PACKAGES], cwd=fresh, capture_output=True, text=True, timeout=300, check=False
        )
        if fetched.returncode:
            pytest.skip(f"apt cannot fetch Sendmail: {fetched.stderr.strip().splitlines()[-1:]}")
        for package in fresh.glob("*.deb"):
            subprocess.run(["dpkg", "-x", package, fresh / "root"], check=True, timeout=300)
        # Without its setgid bit the loader takes libraries from our folder.
        (fresh / "root/usr/libexec/sendmail/sendmail").chmod(0o755)
        (fresh / "root").rename(root)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


@contextmanager
def work_folder():
    """A folder for sockets and queue: Sendmail trusts nothing below one that the world may write to, such as /tmp."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="run-") as name:
        yield Path(name)


def command(root: Path, configuration: Path) -> list[str]:
    """Return what runs it in the foreground, under a host name with a dot: without one it waits a minute at its start."""
    program = root / "usr/libexec/sendmail/sendmail"
    return [
        "unshare",
        "--uts",
        "sh",
        "-c",
        'hostname sendmail.test && exec "$0" -bD -C "$1"',
        str(program),
        str(configuration),
    ]


def environment(root: Path) -> dict[str, str]:
    return {**os.environ, "LD_LIBRARY_PATH": str(root / "usr/lib/x86_64-linux-gnu")}


def configure(root: Path, work: Path, *, port: int, sink: int, socket: Path) -> Path:
    """Write sendmail.cf for one instance; return its path."""
    source = work / "sendmail.mc"
    source.write_text(CONFIGURATION.format(root=work, port=port, sink=sink, socket=socket))
    (work / "queue").mkdir(mode=0o700)
    cf = root / "usr/share/sendmail/cf"
    made = subprocess.run(
        [root / "usr/bin/m4", f"-D_CF_DIR_={cf}/", cf / "m4/cf.m4", source],
        env=environment(root), capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    target = work / "sendmail.cf"
    target.write_text(made.stdout)
    return target
