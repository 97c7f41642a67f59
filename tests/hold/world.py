"""A relay that holds mail: real gateway, real next hop; and people whose second factors the test knows."""

import asyncio
import hashlib
import json
import re
import time
from contextlib import asynccontextmanager
from pathlib import Path

import pyotp

from gateway.audit.query import AuditReader
from gateway.audit.record import Outcome, kind_of
from gateway.hold.seal import make_identity
from gateway.hold.state import look_up
from gateway.hold.store import HoldStore
from gateway.steward.accounts import manage
from gateway.steward.accounts.book import Book, Kind, put_credential
from gateway.steward.roles import Role
from tests.e2e.gateway_process import GatewayProcess, cli, stop_hard
from tests.support.client import RawClient
from tests.support.sink import Act, Sink

AN, BINH, OUT = "an.binhtan@tphcm.gov.vn", "binh.binhtan@tphcm.gov.vn", "tra@out.example"
HEAD = "truong.binhtan@tphcm.gov.vn"
PASSWORD = "ChimHoangYen-7Qz!"
SERVICE, SERVICE_PASSWORD = "congthu@tphcm.gov.vn", "service-7Qz!canary"
CANARY = "CANARYNOIDUNG"
OFFICER, OPERATOR = "so.lan", "op.minh"
DIRECTORY = f"""\
units:
  - {{id: noivu, name: Phòng Nội vụ, heads: [{HEAD}]}}
mailboxes:
  - {{address: {AN}, kind: personal, unit: noivu, name: Trần An}}
  - {{address: {BINH}, kind: personal, unit: noivu, name: Lê Bình}}
  - {{address: {HEAD}, kind: personal, unit: noivu, name: Phạm Trưởng}}
"""
POLICY = """\
version: 1
name: hold
extends: binhtan-7600
policies:
  opaque: {mode: monitor}
  official_sender: {mode: monitor}
  signed_documents: {mode: monitor}
  typography: {mode: monitor}
  sender_identity: {rules: {author: hold}}
"""


def held_mail(number: int, *, more: str = "", author: str = BINH) -> bytes:
    """A mail that the rule holds: its author is not its sender."""
    return (
        f"From: {author}\r\nTo: {OUT}\r\nSubject: thu-so-{number}\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\nxin chao {CANARY}\r\n.dot\r\n{more}"
    ).encode()


def configured(folder: Path, sink, **hold) -> dict:
    """Write what the configuration names, and return it."""
    (folder / "directory.yaml").write_text(DIRECTORY, "utf-8")
    (folder / "policy.yaml").write_text(POLICY, "utf-8")
    identity = folder / "identity"
    public = (
        identity.read_text().split("public key: ")[1].splitlines()[0] if identity.exists() else make_identity(identity)
    )
    password = folder / "password"
    password.write_text(SERVICE_PASSWORD + "\n")
    way = {"address": f"127.0.0.1:{sink.port}", "tls": "none", "login": SERVICE, "password_file": str(password)}
    return {
        "listeners": [{"kind": "submission", "listen": "127.0.0.1:0", "auth_without_tls": True}],
        "next_hop": {"address": f"127.0.0.1:{sink.port}", "tls": "none"},
        "workers": 1,
        "policy": str(folder / "policy.yaml"),
        "directory": str(folder / "directory.yaml"),
        "console": {"listen": "127.0.0.1:0"},
        "hold": {"release": way, "recipient": public, "identity": str(identity), **hold},
    }


class Script:
    """What the next hop does, by who comes: people and notices, or the service account with released mail."""

    def __init__(self):
        self.notice: bytes | None = None
        """Answer to RCPT of a notice."""
        self.released: dict[str, bytes] = {}
        """Answer to a stage of a released mail."""
        self.acts: dict[str, Act] = {}

    def __call__(self, stage, session):
        if session.login == SERVICE:
            if stage in self.acts:
                return self.acts[stage]
            if stage == "store" and self.released.get("dot", b"2")[:1] != b"2":
                return Act(store=False)
            reply = self.released.get(stage)
            return Act(reply=reply) if reply else None
        if session.login is None and stage == "rcpt" and self.notice:
            return Act(reply=self.notice)
        return None


def city(script=None) -> Sink:
    return Sink(script or Script(), users={AN: PASSWORD, BINH: PASSWORD, SERVICE: SERVICE_PASSWORD})


async def send(address, content: bytes, *, recipients=(BINH, OUT), login=AN, sender=AN, parameters=""):
    """Send one mail with a login; return the reply."""
    async with RawClient(*address) as client:
        await client.ehlo()
        if login is not None:
            assert (await client.login(login, PASSWORD)).code == 235
        return await client.mail(content, sender=sender, recipients=recipients, parameters=parameters)


def reference_in(reply: str) -> str:
    return re.search(r"BT-[0-9A-Z]{8,}", reply)[0]


def released(sink) -> list:
    return [one for one in sink.delivered if one.login == SERVICE]


def notices(sink) -> list:
    return [one for one in sink.delivered if one.mail_line.startswith(b"MAIL FROM:<>")]


def sha256(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()


class People:
    """Accounts with a second factor, made in the data folder."""

    def __init__(self, data: Path):
        self.data = data
        self.secrets: dict[str, str] = {}
        self._steps: dict[str, int] = {}

    def add(self, name: str, *roles: Role) -> None:
        book = Book.under(self.data)
        manage.add(book, name, name, frozenset(roles), now=time.time(), sign=lambda *_: None)
        secret = self.secrets[name] = pyotp.random_base32(32)
        with book.changing() as connection:
            put_credential(connection, name, Kind.TOTP, [secret])
        book.close()

    async def code(self, name: str) -> str:
        """A code that was not used yet: of the present step, then of the next one; a command may take a while to use it."""
        while True:
            now = int(time.time()) // 30
            step = max(self._steps.get(name, 0) + 1, now)
            if step <= now + 1:
                self._steps[name] = step
                return pyotp.TOTP(self.secrets[name]).generate_otp(step)
            await asyncio.sleep(1)


class Town:
    """A gateway that holds mail, its next hop, and its people."""

    def __init__(self, folder: Path, sink: Sink, gateway: GatewayProcess):
        self.folder, self.sink, self.gateway = folder, sink, gateway
        self.people = People(gateway.data)
        self.store = HoldStore(gateway.data)

    async def send(self, number: int, **more):
        return await send(self.gateway.address("submission"), held_mail(number), **more)

    async def held(self, number: int, **more) -> str:
        reply = await self.send(number, **more)
        assert reply.code == 250, reply
        return reference_in(reply)

    async def hold(self, *arguments, name=None, env=None):
        """Run `gateway hold ...`, by an account where one is named."""
        stdin = None
        if name is not None:
            arguments = (*arguments, "--as", name)
            stdin = (await self.people.code(name) + "\n").encode()
        return await cli("hold", *arguments, "--config", self.folder / "gateway.yaml", stdin=stdin, env=env)

    def look(self, reference: str):
        """The held mail as the log of the running gateway has it."""
        with AuditReader.open(self.gateway.data) as reader:
            return look_up(reader, reference)

    def records(self, reference: str) -> list:
        with AuditReader.open(self.gateway.data) as reader:
            return list(reader.show(reference).records)

    def kinds(self, reference: str) -> list[str]:
        """Kinds and deliveries of the records of a mail."""
        return [one.delivery.value if isinstance(one, Outcome) else kind_of(one) for one in self.records(reference)]


@asynccontextmanager
async def town(folder: Path, *, script=None, env=None, launcher=(), **hold):
    folder.mkdir(exist_ok=True)
    async with city(script) as sink:
        gateway = GatewayProcess(folder, config=configured(folder, sink, **hold), env=env, launcher=launcher)
        gateway.data.mkdir(mode=0o700, exist_ok=True)
        people = Town(folder, sink, gateway)
        people.people.add(OFFICER, Role.SECURITY_OFFICER)
        people.people.add(OPERATOR, Role.OPERATOR)
        await gateway.start()
        try:
            yield people
            if gateway.process.returncode is None:
                assert await gateway.terminate() == 0, gateway.log
            assert "Traceback" not in gateway.log, gateway.log
        finally:
            await stop_hard(gateway)


def json_of(path: Path) -> dict:
    return json.loads(path.read_text())
