"""A DNS server on loopback for tests: a zone as plain data, with names that time out or fail."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from dns.rdata import Rdata
from dnslib import AAAA, MX, PTR, QTYPE, RCODE, RR, TXT, A, DNSRecord
from dnslib.server import BaseResolver, DNSLogger, DNSServer

from gateway.identity.resolver import Lookups, Resolver

Zone = dict[str, list[tuple[str, object]]]
"""Records by lower-case name without final dot: `("TXT", "text" or ["two", "strings"])`, `("MX", (10, "host"))`;
`("SERVFAIL", None)` and `("TIMEOUT", None)` make the name fail, for one type when given as value."""


class _Answers(BaseResolver):
    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.queries: list[tuple[str, str]] = []

    def resolve(self, request: DNSRecord, handler: object) -> DNSRecord:
        reply = request.reply()
        name = b".".join(request.q.qname.label).decode("latin-1").lower()
        kind = QTYPE[request.q.qtype]
        self.queries.append((name, kind))
        records = self.zone.get(name)
        if records is None:
            # An empty non-terminal exists, too.
            if not any(other.endswith(f".{name}") for other in self.zone):
                reply.header.rcode = RCODE.NXDOMAIN
            return reply
        for record, value in records:
            if record in {"SERVFAIL", "TIMEOUT"} and value in {None, kind}:
                if record == "TIMEOUT":
                    raise TimeoutError  # no answer is sent
                reply.header.rcode = RCODE.SERVFAIL
                return reply
            if record == kind or record == "CNAME":
                reply.add_answer(RR(request.q.qname, getattr(QTYPE, record), rdata=_data(record, value), ttl=60))
            if record == "CNAME" != kind:
                # A name server that recurses gives what stands at the other name, too.
                for other, data in self.zone.get(str(value).rstrip(".").lower(), ()):
                    if other == kind:
                        reply.add_answer(RR(str(value), getattr(QTYPE, kind), rdata=_data(kind, data), ttl=60))
        return reply


def _data(record: str, value: object) -> object:
    match record:
        case "A":
            return A(value)
        case "AAAA":
            return AAAA(value)
        case "MX":
            return MX(value[1] or ".", value[0])
        case "PTR":
            return PTR(value)
        case "CNAME":
            from dnslib import CNAME

            return CNAME(value)
        case _:
            strings = [value] if isinstance(value, str | bytes) else value
            octets = [one if isinstance(one, bytes) else one.encode("latin-1", "replace") for one in strings]
            return TXT([one[at : at + 255] for one in octets for at in range(0, max(len(one), 1), 255)])


class _Patient(Resolver):
    """Waits for every answer that will come, however busy the machine is, and hardly for one that will not."""

    def __init__(self, answers: _Answers, port: int) -> None:
        super().__init__(["127.0.0.1"], port=port, timeout_s=20, lifetime_s=200)
        self._answers = answers

    def start(self, budget_s: float = 0) -> Lookups:
        return super().start(600)

    def query(self, name: str, rdtype: str, lifetime_s: float) -> list[Rdata]:
        silent = ("TIMEOUT", None), ("TIMEOUT", rdtype)
        is_silent = any(record in silent for record in self._answers.zone.get(name.lower(), ()))
        return super().query(name, rdtype, 0.1 if is_silent else lifetime_s)


class Server:
    """A running server: `zone` may be replaced, `asked` is what it was asked."""

    def __init__(self, answers: _Answers, port: int) -> None:
        self._answers = answers
        self.port = port

    @property
    def asked(self) -> list[tuple[str, str]]:
        return self._answers.queries

    def resolver(self, zone: Zone | None = None, *, timeout_s: float = 0) -> Resolver:
        """A resolver with an empty cache, after the zone was replaced; it keeps to the times of its caller when given one."""
        if zone is not None:
            self._answers.zone = zone
        if timeout_s:
            return Resolver(["127.0.0.1"], port=self.port, timeout_s=timeout_s, lifetime_s=timeout_s)
        return _Patient(self._answers, self.port)


@contextmanager
def serving(zone: Zone) -> Iterator[Server]:
    """A server on a free port, by UDP and TCP."""
    answers = _Answers(zone)
    servers = _pair(answers)
    port = servers[0].server.server_address[1]
    for server in servers:
        server.server.handle_error = lambda *_: None
        Thread(target=server.server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield Server(answers, port)
    finally:
        for server in servers:
            server.server.shutdown()
            server.server.server_close()


def _pair(answers: _Answers, attempts: int = 20) -> tuple[DNSServer, DNSServer]:
    """Bind one port for UDP and TCP: what is free for one of them may be in use for the other."""
    for attempt in range(attempts):
        datagrams = DNSServer(answers, "127.0.0.1", 0, tcp=False, logger=DNSLogger(logf=lambda _: None))
        port = datagrams.server.server_address[1]
        try:
            return datagrams, DNSServer(answers, "127.0.0.1", port, tcp=True, logger=DNSLogger(logf=lambda _: None))
        except OSError:
            datagrams.server.server_close()
            if attempt == attempts - 1:
                raise
    raise AssertionError
