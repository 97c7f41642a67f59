"""A gateway in this process for tests: the real server and the real next-hop client, with a small engine."""

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import replace

from gateway.model import Language, Reply
from gateway.nexthop.hop import NextHop
from gateway.nexthop.settings import BreakerSettings, NextHopSettings, NextHopTls
from gateway.smtp.server import SmtpServer
from gateway.smtp.settings import ListenerKind, ListenerSettings, SmtpLimits, SmtpSettings
from gateway.smtp.throttle import AuthThrottle
from gateway.spool import SpoolSettings
from gateway.system.levels import Levels
from gateway.system.listening import take_address
from tests.support.client import RawClient
from tests.support.sink import EXTENSIONS, MECHANISMS, Sink


class Fit:
    """A process that is always healthy and has room for every mail."""

    def unfit(self, _descriptor):
        return ""

    def has_room(self, _size_bytes):
        return True


class DirectEngine:
    """Relays everything as it is, and remembers what it saw."""

    def __init__(self):
        self.transactions = []
        self.contents = []
        self.outcomes = []
        self.sending = 0
        self.recipients = []
        self.keep_contents = True
        self.refused = []

    async def judge_recipient(self, session, envelope):
        self.recipients.append((session, envelope))
        return self.refuse_recipient(envelope.forward_paths[0])

    async def content_refused(self, refused):
        self.refused.append(refused)

    def deadline_passed(self, transaction):
        return Reply(code=451, enhanced="4.4.7", lines=(f"busy {transaction.id}",))

    def refuse_recipient(self, path):
        return None

    def prepend(self, transaction):
        return b""

    async def before_final_dot(self):
        self.sending += 1

    async def process(self, transaction, spool, relay):
        self.transactions.append(transaction)
        if self.keep_contents:
            self.contents.append(bytes(spool.content()))
        try:
            reply = await relay.send(self.prepend(transaction), spool.wire_chunks(), self.before_final_dot)
        except BaseException as error:
            self.outcomes.append(error)
            raise
        self.outcomes.append(reply)
        return reply


class RefusingEngine(DirectEngine):
    """Refuses everything after DATA with a reply given."""

    def __init__(self, reply=None):
        super().__init__()
        self.reply = reply or Reply(code=550, enhanced="5.7.1", lines=("Từ chối: thư có dấu MẬT",))

    async def process(self, transaction, spool, relay):
        self.transactions.append(transaction)
        return self.reply


class Recording:
    """Notes the transactions that go to another engine."""

    def __init__(self, engine):
        self.engine = engine
        self.transactions = []

    async def judge_recipient(self, session, envelope):
        return await self.engine.judge_recipient(session, envelope)

    async def content_refused(self, refused):
        await self.engine.content_refused(refused)

    async def process(self, transaction, spool, relay):
        self.transactions.append(transaction)
        return await self.engine.process(transaction, spool, relay)


class Gateway:
    """What a test sees of a running gateway."""

    def __init__(self, server, hop, engine, errors, events):
        self.server, self.hop, self.engine, self.errors, self.events = server, hop, engine, errors, events

    @property
    def address(self):
        return self.server.addresses[0]


QUICK = SmtpLimits(auth_failure_delay_s=0.0, deadline_s=600.0)


def hop_settings(sink_port, **changes):
    values = {
        "host": "127.0.0.1",
        "port": sink_port,
        "our_name": "gateway.test",
        "tls": NextHopTls.NONE,
        "breaker": BreakerSettings(failures=1000),
        **changes,
    }
    return NextHopSettings(**values)


def listener(kind=ListenerKind.RELAY, **changes):
    return ListenerSettings(
        **{"host": "127.0.0.1", "sockets": (), "kind": kind, "banner_hostname": "gateway.test", **changes}
    )


@asynccontextmanager
async def running(sink_port, *, engine=None, listeners=None, limits=QUICK, hop=None, spool=None, language="en"):
    """Run a gateway before a sink; drain it at the end and check that nothing is left in hand."""
    engine = engine or DirectEngine()
    errors, events = [], []
    next_hop = NextHop(hop or hop_settings(sink_port))
    server = SmtpServer(
        SmtpSettings(
            listeners=tuple(
                replace(one, languages=(Language(language),), sockets=take_address(f"{one.host}:0").sockets)
                for one in listeners or [listener()]
            ),
            limits=limits,
            spool=spool or SpoolSettings(),
        ),
        engine,
        next_hop,
        on_internal_error=lambda reference, error: errors.append((reference, error)),
        on_event=events.append,
        condition=Fit(),
        throttle=AuthThrottle(limits, Levels(time.monotonic)),
    )
    await server.start()
    try:
        yield Gateway(server, next_hop, engine, errors, events)
    finally:
        await server.drain(1.0)
        await asyncio.sleep(0)
        assert server.in_flight_bytes == 0, "a spool was not closed"


@asynccontextmanager
async def conversation(script=None, *, extensions=EXTENSIONS, auth=MECHANISMS, users=None, **options):
    """Run a gateway before a sink; yield sink, gateway and a client that has said EHLO."""
    async with Sink(script, extensions=extensions, auth=auth, users=users) as sink:
        async with running(sink.port, **options) as gateway, RawClient(*gateway.address) as client:
            await client.ehlo()
            yield sink, gateway, client
