"""The oldest Debian that the guide names, with its own Python and systemd: the package is built there, starts and reloads."""

import os
import re
import shutil
import ssl
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.campaign.machine import LONG_S, NEEDED, ROOT, Machine
from tests.support.certificates import Pki

pytestmark = [
    pytest.mark.timeout(4 * LONG_S),
    pytest.mark.skipif(os.geteuid() != 0, reason="a machine of its own needs root"),
    pytest.mark.skipif(bool([name for name in NEEDED if not shutil.which(name)]), reason="make campaign installs them"),
]
CITY, PORT = "mail.tphcm.gov.vn", 2587
AUTHORITIES = "etc/ssl/certs/ca-certificates.crt"


@pytest.fixture
def machine(tmp_path):
    packages = ("systemd-sysv", "dbus", "ca-certificates", "python3-venv", "openssl")
    with closing(Machine(tmp_path, *packages, release="bookworm")) as machine:
        source = machine.root / "root/source"
        (source / ".venv/bin").mkdir(parents=True)
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
        for name in listed.decode().split("\0"):
            if name and not name.startswith("tests/") and (ROOT / name).exists():
                (source / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, source / name)
        shutil.copy(shutil.which("uv") or ROOT / ".venv/bin/uv", source / ".venv/bin/uv")
        shutil.copy(ssl.get_default_verify_paths().cafile or Path("/", AUTHORITIES), machine.root / AUTHORITIES)
        deb = machine.before_boot("cd /root/source && deploy/debian/build.sh").split()[-1]
        machine.before_boot("apt-get install -y --no-install-recommends", f"/root/source/{deb}")
        pki = Pki(tmp_path)
        shutil.copy(pki.ca_file, machine.root / "usr/local/share/ca-certificates/city.crt")
        machine.before_boot("update-ca-certificates")
        (machine.root / "etc/hosts").write_text(f"127.0.0.1 localhost gw {CITY}\n")
        machine.boot()
        (tmp_path / "mails").mkdir()
        server = machine.server("tests.campaign.city", PORT, *pki.issue(CITY), tmp_path / "mails", "an", "Mot-2-ba!")
        yield machine
        server.kill()
        server.wait()


def test_the_package_starts_behind_its_walls_and_reloads(machine):
    assert machine.must("systemctl --version").startswith("systemd 252 ")
    machine.must(f"sed -i 's/^  address: .*/  address: {CITY}:{PORT}/' /etc/gateway/gateway.yaml")
    machine.must("systemctl enable --now gateway")
    started = machine.must("journalctl -u gateway -o cat --no-pager")
    assert not re.search(r"(?m)^FAIL ", started), started
    assert "ready submission=" in started, "the start was waited for"
    machine.must("systemctl reload gateway")
    machine.must("until journalctl -u gateway -o cat --no-pager | grep -q 'rules reloaded'; do sleep 0.5; done")
    assert machine.run("systemctl is-active gateway").stdout.strip() == "active"
