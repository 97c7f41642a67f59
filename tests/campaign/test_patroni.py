"""The sample of `deploy/patroni` on three loopback addresses, with its etcd: the leader is killed, and every record is at the centre once.

pytest -v -s tests/campaign/test_patroni.py          (needs the Debian packages patroni and etcd-server, and root)
"""

import asyncio
import json
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from gateway.cluster.database import connect
from gateway.config.cluster import Cluster
from gateway.config.sections import Configuration
from tests.cluster.support import local, there
from tests.e2e.clients import Clients
from tests.e2e.gateway_process import ROOT, cli, serving
from tests.support.certificates import Pki
from tests.support.loops import until
from tests.support.postgres import binaries
from tests.support.sink import Sink

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(not (shutil.which("patroni") and shutil.which("etcd")), reason="no patroni or etcd"),
    pytest.mark.skipif(os.getuid() != 0, reason="PostgreSQL runs as its own user"),
]
NODES = ("pg1", "pg2", "pg3")
SAMPLES = ROOT / "deploy/patroni"


class Patroni:
    """Three machines on loopback addresses; what is changed in the sample is addresses, folders, certificates and memory."""

    def __init__(self, folder: Path, stack: ExitStack):
        self.folder, self._stack = folder, stack
        self.prefix = f"127.{64 + (os.getpid() >> 8 & 127)}.{os.getpid() & 255}"
        self._user = pwd.getpwnam("postgres")
        self.processes = {}
        pki = Pki(folder)
        self.ca = pki.ca_file
        for name in NODES:
            home = folder / name
            (home / "etcd").mkdir(parents=True)
            certificate, key = pki.issue(name)
            sample = (SAMPLES / "patroni.yml").read_text()
            for before, after in (
                ("name: pg1", f"name: {name}"),
                ("10.20.0.0/24", "127.0.0.0/8"),
                (r"((?:listen|connect_address): )10\.20\.0\.21", rf"\g<1>{self.prefix}.2{name[-1]}"),
                (r"10\.20\.0\.2", f"{self.prefix}.2"),
                ("/var/lib/postgresql/17/gateway", f"{home}/data"),
                ("/usr/lib/postgresql/17/bin", str(binaries())),
                ("/var/lib/postgresql/.pgpass-patroni", f"{home}/pgpass"),
                ("/etc/postgresql/pg1.crt", str(certificate)),
                ("/etc/postgresql/pg1.key", str(key)),
                ("4GB", "16MB"),
                (r'ssl: "on"', f'ssl: "on"\n    unix_socket_directories: {home}'),
            ):
                sample, times = re.subn(before, after, sample)
                assert times, before
            (home / "patroni.yml").write_text(sample)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def run(self, name, *command):
        """Start a program of a machine as the user of PostgreSQL."""
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder, start_new_session=True,
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder)},
                user=self._user.pw_uid, group=self._user.pw_gid, extra_groups=[],
            )  # fmt: skip
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return process

    def start(self):
        members = ",".join(f"{name}=http://{self.prefix}.2{name[-1]}:2380" for name in NODES)
        for name in NODES:
            own = f"http://{self.prefix}.2{name[-1]}"
            self.run(
                f"etcd-{name}", "etcd", "--name", name, "--data-dir", self.folder / name / "etcd", "--initial-cluster", members,
                "--listen-client-urls", f"{own}:2379", "--advertise-client-urls", f"{own}:2379",
                "--listen-peer-urls", f"{own}:2380", "--initial-advertise-peer-urls", f"{own}:2380",
            )  # fmt: skip
        for name in NODES:
            self.start_one(name)

    def start_one(self, name):
        self._stack.callback(self._end_postgres, name)
        self.processes[name] = self.run(name, "patroni", self.folder / name / "patroni.yml")

    def kill(self, name):
        """The machine fails: Patroni and PostgreSQL are gone at once."""
        self.processes.pop(name).kill()
        self._end_postgres(name)

    def _end_postgres(self, name):
        with suppress(OSError, ValueError):
            os.kill(int((self.folder / name / "data" / "postmaster.pid").read_text().split()[0]), 9)

    def roles(self):
        """Role of each running machine, by name."""
        run = subprocess.run(
            ["patronictl", "-c", self.folder / next(iter(self.processes)) / "patroni.yml", "list", "-f", "json"],
            capture_output=True, check=False, text=True,
        )  # fmt: skip
        found = json.loads(run.stdout) if run.returncode == 0 and run.stdout else []
        return {one["Member"]: one["Role"] for one in found if one["State"] in ("running", "streaming")}

    async def until_led(self, count):
        """Wait for a leader with a synchronous standby among so many; returns the leader and the seconds."""
        began = time.monotonic()
        while True:
            roles = await asyncio.to_thread(self.roles)
            leader = next((name for name, role in roles.items() if role == "Leader"), "")
            if leader in self.processes and "Sync Standby" in roles.values() and len(roles) >= count:
                return leader, time.monotonic() - began
            assert time.monotonic() - began < 180, (roles, (self.folder / "pg1.log").read_text()[-3000:])
            await asyncio.sleep(0.5)

    def sql(self, leader, words, database="postgres"):
        subprocess.run(
            [binaries() / "psql", "-h", self.folder / leader, "-U", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1"],
            input=words, text=True, check=True, capture_output=True, user=self._user.pw_uid, cwd="/",
        )  # fmt: skip

    def dsn(self, user):
        addresses = ",".join(f"{self.prefix}.2{name[-1]}" for name in NODES)
        options = f"target_session_attrs=read-write&sslmode=verify-full&sslrootcert={self.ca}"
        return f"postgresql://{user}@{','.join(NODES)}/gateway?hostaddr={addresses}&{options}"


async def test_a_leader_that_is_killed_costs_no_mail_and_no_record():
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="gw-patroni-"))  # pytest's own folder is closed to the user of PostgreSQL
        folder.chmod(0o755)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        three = Patroni(folder, stack)
        three.start()
        leader, began_s = await three.until_led(3)
        three.sql(leader, "CREATE ROLE gateway_owner LOGIN PASSWORD 'w'; CREATE ROLE gateway LOGIN PASSWORD 'w';")
        three.sql(leader, "CREATE DATABASE gateway OWNER gateway_owner;")
        password = folder / "password"
        password.write_text("w\n")
        owner = Cluster(node="one", dsn=three.dsn("gateway_owner"), password_file=password)
        config = folder / "owner.yaml"
        config.write_text(
            json.dumps({"data": str(folder / "x"), "cluster": owner.model_dump(mode="json", exclude_defaults=True)})
        )
        run = await cli("cluster", "init", "--config", config)
        assert run.code == 0, run.err
        three.sql(leader, (SAMPLES / "roles.sql").read_text(), "gateway")
        async with Sink() as sink:
            settings = {
                "workers": 1,
                "listeners": [{"kind": "relay", "listen": "127.0.0.1:0"}],
                "next_hop": {"address": f"127.0.0.1:{sink.port}", "tls": "none"},
                "cluster": {"node": "one", "dsn": three.dsn("gateway"), "password_file": str(password)},
            }
            Configuration.model_validate(settings)
            async with serving(folder / "gateway", config=settings) as gateway:
                clients = Clients(gateway.address)
                tasks = [asyncio.create_task(clients.run()) for _ in range(2)]
                await asyncio.sleep(3)
                three.kill(leader)
                second, failover_s = await three.until_led(2)
                assert second != leader
                with connect(owner) as connection:

                    def behind():
                        return local(gateway.data, "max(seq)")[0][0] - len(there(connection, what="seq"))

                    caught_up_s = await until(lambda: behind() < 100)
                three.start_one(leader)  # the machine is repaired: it follows
                _, rejoined_s = await three.until_led(3)
                clients.stopping = True
                await asyncio.gather(*tasks)
                assert clients.tries == len(clients.acknowledged), "a mail was refused"
        with connect(owner) as connection:
            assert there(connection) == local(gateway.data)
        print(
            f"leader {leader}, then {second}; first leader after {began_s:.0f} s, failover {failover_s:.0f} s, records caught up "
            f"{caught_up_s:.1f} s later, rejoined after {rejoined_s:.0f} s; {len(clients.acknowledged)} mails"
        )
