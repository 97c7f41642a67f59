"""A Debian of its own: installed fresh by debootstrap, booted with its own systemd and without a network (systemd-nspawn)."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
MIRROR = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")
LONG_S = 900
NEEDED = ("debootstrap", "systemd-nspawn", "nsenter", "unshare")


def codename() -> str:
    """Return the name of the Debian release that runs here."""
    fields = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    return fields["VERSION_CODENAME"].strip('"')


def must(*command, **options) -> str:
    """Run a command; return what it said, and fail with it."""
    run = subprocess.run(
        list(map(str, command)),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LONG_S, check=False, **options,
    )  # fmt: skip
    assert run.returncode == 0, f"{command} ended with {run.returncode}\n{run.stdout}"
    return run.stdout


class Machine:
    """Installed by its first call; `boot` starts it, `close` takes it away."""

    def __init__(self, folder: Path, *packages: str, release: str = ""):
        self.root = folder / "machine"
        self.console = folder / "console.log"
        self.leader = 0
        self._nspawn = None
        must("debootstrap", "--variant=minbase", release or codename(), self.root, MIRROR)
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")
        (self.root / "etc/hostname").write_text("gw\n")
        self.before_boot("apt-get update -qq && apt-get install -y --no-install-recommends", *packages)

    def before_boot(self, *words) -> str:
        """Run a command as root within, with the network of this machine."""
        inside = " ".join(map(str, words))
        mounts = f"mount -t proc proc {self.root}/proc && mount --rbind /dev {self.root}/dev"
        script = f'hostname gw && mount --make-rprivate / && {mounts} && exec chroot {self.root} /bin/bash -c "$1"'
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
        return must("unshare", "--mount", "--uts", "bash", "-c", script, "bash", inside, env=environment)

    def boot(self) -> None:
        """Boot, and wait until its systemd says that it runs."""
        command = [
            "systemd-nspawn",
            "--register=no",
            "--keep-unit",
            "--private-network",
            "--boot",
            "-D",
            str(self.root),
        ]
        with self.console.open("wb") as console:
            self._nspawn = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True
            )
        deadline = time.monotonic() + LONG_S
        while not (below := Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children").read_text().split()):
            assert self._nspawn.poll() is None, self.console.read_text(errors="replace")
            assert time.monotonic() < deadline
            time.sleep(0.2)
        self.leader = int(below[0])
        while self.run("systemctl is-system-running --wait").stdout.strip() not in {"running", "degraded"}:
            assert time.monotonic() < deadline, self.console.read_text(errors="replace")
            time.sleep(0.5)

    def run(self, script: str, stdin: str = "") -> subprocess.CompletedProcess:
        """Run a shell script as root within the booted machine."""
        return subprocess.run(
            ["nsenter", "--target", str(self.leader), "--all", "--wdns=/root", "/bin/bash", "-euc", script],
            input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LONG_S, check=False,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"},
        )  # fmt: skip

    def must(self, script: str, stdin: str = "") -> str:
        """Run a shell script; return what it said, and fail with it."""
        run = self.run(script, stdin)
        assert run.returncode == 0, f"{script}\nended with {run.returncode}\n{run.stdout}\n{self.journal()}"
        return run.stdout

    def journal(self) -> str:
        return self.run("journalctl --no-pager -n 60").stdout

    def server(self, *arguments) -> subprocess.Popen:
        """Start one of our test programs in the machine's network; its first line says that it is ready."""
        process = subprocess.Popen(
            ["nsenter", "--target", str(self.leader), "--net", sys.executable, "-m", *map(str, arguments)],
            stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip
        assert process.stdout.readline().startswith("ready")
        return process

    def close(self) -> None:
        if self._nspawn is not None:
            self.run("systemctl --no-block poweroff")
            try:
                self._nspawn.wait(60)
            except subprocess.TimeoutExpired:
                self._nspawn.kill()
                self._nspawn.wait()
        shutil.rmtree(self.root, ignore_errors=True)
