"""Real gateways behind a real HAProxy with the sample configuration of `deploy/haproxy`, each on its own loopback address."""

import asyncio
import contextlib
import itertools
import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import asynccontextmanager

import pytest

from tests.e2e.commands import STAFF
from tests.e2e.gateway_process import ROOT, GatewayProcess
from tests.support.client import RawClient

_NETWORKS = itertools.count(1)
LOGIN = (STAFF, "mat-khau")
PORTS = {"25": 2525, "587": 2587, "465": 2465, "9464": 9464}


class Nodes:
    """Gateways by number, balancer, and their addresses; a restarted node keeps its address."""

    def __init__(self, folder, sink, *, count=3, dsn="", **more):
        network = (os.getpid() << 3) + next(_NETWORKS)
        self.prefix = f"127.{64 + (network >> 8 & 127)}.{network & 255}"
        self.folder = folder
        self.gateways = []
        self.polled = True
        """Whether the balancer asks `/ready`; else it only connects."""
        for number in range(1, count + 1):
            home = folder / f"node-{number}"
            home.mkdir(exist_ok=True)
            self.gateways.append(GatewayProcess(home, config=self._config(number, sink, dsn, **more)))
        self._balancer = None

    def _config(self, number, sink, dsn, **more):
        proxied = {"proxy_protocol": True, "proxy_networks": [f"{self.prefix}.0/24"]}
        own = f"{self.prefix}.{number}"
        return {
            "workers": 1,
            "listeners": [
                {"kind": "relay", "listen": f"{own}:{PORTS['25']}", "networks": ["127.0.0.0/8"], **proxied},
                {"kind": "submission", "listen": f"{own}:{PORTS['587']}", "auth_without_tls": True, **proxied},
            ],
            "next_hop": {"address": f"127.0.0.1:{sink.port}", "tls": "none", **more.pop("next_hop", {})},
            "metrics": f"{own}:{PORTS['9464']}",
            "cluster": {"node": f"node-{number}", **({"dsn": dsn} if dsn else {}), **more.pop("cluster", {})},
            **more,
        }

    def address(self, port="25"):
        """Host and port of the balancer for what is port 25 or 587 in the sample."""
        return f"{self.prefix}.250", PORTS[port]

    async def start(self):
        """Start all nodes, then the balancer, and wait until it has all nodes UP."""
        await asyncio.gather(*(gateway.start() for gateway in self.gateways))
        self.balance()
        await self.until_up(len(self.gateways))

    def balance(self):
        """Start HAProxy with the sample; only addresses and ports are replaced."""
        if shutil.which("haproxy") is None:
            pytest.skip("no haproxy (make system-test)")
        sample = (ROOT / "deploy/haproxy/haproxy.cfg").read_text()
        sample = re.sub(r"bind :(\d+)", lambda found: f"bind {self.prefix}.250:{PORTS[found[1]]}", sample)
        sample = re.sub(r"10\.20\.0\.1(\d):(\d+)", lambda found: f"{self.prefix}.{found[1]}:{PORTS[found[2]]}", sample)
        sample = re.sub(
            r"server node-(\d)", lambda found: found[0] if int(found[1]) <= len(self.gateways) else "#", sample
        )
        sample = sample.replace("  maxconn 20000\n", f"  maxconn 2000\n  stats socket {self.folder}/haproxy.sock\n")
        sample = sample.replace("default-server ", f"default-server source {self.prefix}.250 ")
        if not self.polled:
            sample = re.sub(r"  (option httpchk|http-check) .*\n", "", sample).replace(
                f"check port {PORTS['9464']}", "check"
            )
        path = self.folder / "haproxy.cfg"
        path.write_text(sample)
        with (self.folder / "haproxy.log").open("wb") as log:
            self._balancer = subprocess.Popen(["haproxy", "-db", "-f", path], stdout=log, stderr=log)

    async def states(self, port="relay"):
        """State of each node in the balancer: UP, DOWN, or changing."""
        reader, writer = await asyncio.open_unix_connection(self.folder / "haproxy.sock")
        writer.write(b"show stat\n")
        text = (await reader.read()).decode()
        writer.close()
        rows = [line.split(",") for line in text.splitlines() if line.startswith(f"{port},node-")]
        return {row[1]: row[17] for row in rows}

    async def until_up(self, count, limit_s=300):
        """Wait until so many nodes are UP; return the elapsed seconds."""
        began = time.monotonic()
        while True:
            with contextlib.suppress(OSError):
                if sum(state == "UP" for state in (await self.states()).values()) == count:
                    return time.monotonic() - began
            assert time.monotonic() - began < limit_s, (self.folder / "haproxy.log").read_text()
            await asyncio.sleep(0.05)

    async def ready(self, number):
        """Status and body of `GET /ready` of a node."""

        def get():
            try:
                with urllib.request.urlopen(
                    f"http://{self.prefix}.{number}:{PORTS['9464']}/ready", timeout=10
                ) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as error:
                return error.code, error.read().decode()

        return await asyncio.to_thread(get)

    async def banner(self, number):
        """What a node says to a client that comes past the balancer."""
        address = self.gateways[number - 1].address("submission")
        async with RawClient(*address, local=f"{self.prefix}.250", read_banner=False) as client:
            client.send(b"PROXY TCP4 192.0.2.7 192.0.2.8 4711 587\r\n")
            return await client.reply()

    async def stop(self):
        """Send SIGTERM to the running nodes, then stop the balancer."""
        running = [
            gateway for gateway in self.gateways if gateway.process is not None and gateway.process.returncode is None
        ]
        codes = await asyncio.gather(*(gateway.terminate() for gateway in running))
        if self._balancer is not None:
            self._balancer.kill()
            self._balancer.wait()
        assert set(codes) <= {0}

    def kill(self):
        """Kill remaining processes after a failed test."""
        for gateway in self.gateways:
            if gateway.process is not None and gateway.process.returncode is None:
                for pid in [*gateway.descendants(), gateway.pid]:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, 9)
        if self._balancer is not None and self._balancer.poll() is None:
            self._balancer.kill()
            self._balancer.wait()


@asynccontextmanager
async def nodes(folder, sink, *, prepare=lambda _: None, **options):
    """Run nodes and balancer, after `prepare` changed them; each must end with code 0."""
    all_of_them = Nodes(folder, sink, **options)
    prepare(all_of_them)
    try:
        await all_of_them.start()
        yield all_of_them
        await all_of_them.stop()
    finally:
        all_of_them.kill()


@asynccontextmanager
async def talking(address, *, past=None):
    """A client after EHLO, through the balancer, or `past` it directly to a node, with the balancer's PROXY header."""
    local = f"{past.prefix}.250" if past is not None else None
    async with RawClient(*address, local=local, read_banner=past is None) as client:
        if past is not None:
            client.send(b"PROXY TCP4 192.0.2.7 192.0.2.8 4711 587\r\n")
            client.banner = await client.reply()
        await client.ehlo()
        yield client


@asynccontextmanager
async def logged_in(address, login=LOGIN, *, past=None):
    """The same, with a login."""
    async with talking(address, past=past) as client:
        reply = await client.login(*login)
        assert reply.code == 235, reply
        yield client
