"""The container file, built on a fresh Debian: runs as its own user with the paths it has, and its health check tells the truth.

The image is built by podman; it runs in namespaces of its own, as a runtime would have it, also where there are no control
groups for one.
"""

import json
import os
import resource
import shlex
import shutil
import subprocess

import pytest

from tests.campaign.machine import LONG_S, MIRROR, ROOT, codename, must
from tests.support.certificates import Pki

NEEDED = ("podman", "debootstrap", "unshare", "setpriv")
pytestmark = [
    pytest.mark.timeout(4 * LONG_S),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.skipif(bool([name for name in NEEDED if not shutil.which(name)]), reason="make campaign installs them"),
]
BASE, IMAGE = "localhost/campaign-debian", "localhost/campaign-gateway"
LOOPBACK = (
    "import fcntl, socket, struct; s = socket.socket(); "
    "fcntl.ioctl(s, 0x8914, struct.pack('16sh', b'lo', 1 | 64))"  # SIOCSIFFLAGS: up, running
)
RUN = """
set -eu
mount --make-rprivate /
mount -t proc proc $ROOT/proc
mount --rbind /dev $ROOT/dev
mount -t tmpfs -o mode=1777 tmpfs $ROOT/run/gateway
python3 -c "$LOOPBACK"
echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start
exec chroot $ROOT setpriv --reuid 1587 --regid 1587 --clear-groups --no-new-privs /bin/bash -c "$SCRIPT"
"""
SCRIPT = """
set -u
doctor() { gateway doctor --config /etc/gateway/gateway.yaml; }
doctor || exit 10
HEALTH && exit 11
ENTRY & pid=$!
until HEALTH 2>/dev/null; do kill -0 $pid || exit 12; sleep 0.5; done
kill -TERM $pid
wait $pid || exit 13
HEALTH && exit 14
exit 0
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    folder = tmp_path_factory.mktemp("container")
    must(ROOT / "deploy/debian/build.sh")
    must("debootstrap", "--variant=minbase", codename(), folder / "base", MIRROR)
    must("bash", "-c", f"set -o pipefail; tar -C {folder}/base -c . | podman import - {BASE}")
    shutil.rmtree(folder / "base")
    limits = [
        f"--ulimit={name}={soft}:{hard}"
        for name, number in (("nofile", resource.RLIMIT_NOFILE), ("nproc", resource.RLIMIT_NPROC))
        for soft, hard in [resource.getrlimit(number)]
    ]
    must(
        "podman", "build", "--isolation=chroot", *limits, "--from", BASE, "--pull=never", "--network=host",
        "--format=docker", "-t", IMAGE, "-f", "deploy/Containerfile", ".", cwd=ROOT,
    )  # fmt: skip
    yield json.loads(subprocess.check_output(["podman", "image", "inspect", IMAGE], timeout=60))[0]
    must("podman", "rmi", "--force", IMAGE, BASE)


def test_the_container_runs_as_its_own_user_and_its_health_check_follows_the_service(image, tmp_path):
    config = image["Config"]
    assert config["User"] == "1587"
    health = shlex.join(image["Healthcheck"]["Test"][1:])
    entry = shlex.join([*config["Entrypoint"], *config["Cmd"]])
    container = must("podman", "create", IMAGE).split()[-1]
    try:
        root = must("podman", "mount", container).split()[-1]
        settings = os.path.join(root, "etc/gateway")
        assert not os.path.exists(f"{settings}/tls.key"), "no key is baked into the image"
        certificate, key = Pki(tmp_path).issue("gw.binhtan.example")
        shutil.copy(certificate, f"{settings}/tls.crt")
        must("install", "-o", "1587", "-m", "0400", key, f"{settings}/tls.key")
        must("sed", "-i", "s/^next_hop:/next_hop:\\n  required_at_start: false/", f"{settings}/gateway.yaml")
        must("install", "-d", f"{root}/run/gateway")
        script = SCRIPT.replace("HEALTH", health).replace("ENTRY", entry)
        environment = {**os.environ, "ROOT": root, "LOOPBACK": LOOPBACK, "SCRIPT": script}
        said = must("unshare", "--mount", "--net", "--uts", "--ipc", "bash", "-c", RUN, env=environment)
        assert "ready submission=0.0.0.0:587 submissions=0.0.0.0:465" in said
        assert "FAIL" not in said
    finally:
        must("podman", "umount", container)
        must("podman", "rm", "--force", container)
