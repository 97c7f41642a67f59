"""Load generator: one thread, epoll, one connection for each mail, no pipelining, as mail clients do.

`python -m tests.bench.load HOST:PORT FILE -n 600 -c 20` prints one JSON line. Every mail is made different by its
Message-ID, so that nothing on the way may take it for a retry, and a file by a number in it, so that it is read each time.
"""

import argparse
import json
import select
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

COMMANDS = (
    b"EHLO load.example\r\n",
    b"MAIL FROM:<an.binhtan@tphcm.gov.vn>\r\n",
    b"RCPT TO:<binh.binhtan@tphcm.gov.vn>\r\n",
    b"DATA\r\n",
)
CONTENT_STEP = len(COMMANDS)
_WITH_FILE_BYTES = 100_000
_DIGITS = 24


@dataclass
class Client:
    """One mail on its way."""

    sock: socket.socket
    content: bytes
    begin: float
    step: int = 0
    reply: bytes = b""
    out: memoryview = field(default_factory=lambda: memoryview(b""))


def run(address: tuple[str, int], mail: bytes, *, messages: int, concurrency: int, limit_s: float) -> dict[str, object]:
    """Send that many copies of the mail and return rate, latencies and errors."""
    poll = select.epoll()
    clients: dict[int, Client] = {}
    latencies: list[float] = []
    errors: list[str] = []
    begin = time.perf_counter()
    started = 0
    line = mail.rfind(b"\r\n", 0, -1000) + 2  # in the last file, if there is one

    def open_one() -> None:
        nonlocal started
        sock = socket.socket()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        started += 1
        stamp = b"%d.%d" % (started, time.time_ns())
        content = b"Message-ID: <%b@load.example>\r\n%b%b%b.\r\n" % (
            stamp,
            mail[:line],
            _digits(stamp, mail, line),
            mail[line + _DIGITS :],
        )
        clients[sock.fileno()] = Client(sock, content, time.perf_counter())
        sock.connect_ex(address)
        poll.register(sock.fileno(), select.EPOLLIN)

    def close(number: int) -> None:
        poll.unregister(number)
        clients.pop(number).sock.close()
        if started < messages:
            open_one()

    def flush(client: Client) -> None:
        try:
            while client.out:
                client.out = client.out[client.sock.send(client.out[: 1 << 20]) :]
        except BlockingIOError:
            pass
        poll.modify(client.sock.fileno(), select.EPOLLIN | (select.EPOLLOUT if client.out else 0))

    def receive(client: Client) -> bool:
        """Take one reply and send what follows; False when the mail is done."""
        data = client.sock.recv(4096)
        if not data:
            raise ConnectionError(f"closed at step {client.step}")
        client.reply += data
        last = client.reply.rstrip(b"\r\n").rpartition(b"\n")[2]
        if not client.reply.endswith(b"\n") or last[3:4] == b"-":
            return True
        if last[:1] != (b"3" if client.step == CONTENT_STEP else b"2"):
            raise ConnectionError(last.decode(errors="replace"))
        client.reply = b""
        if client.step > CONTENT_STEP:
            latencies.append(time.perf_counter() - client.begin)
            client.sock.send(b"QUIT\r\n")
            return False
        client.out = memoryview(client.content if client.step == CONTENT_STEP else COMMANDS[client.step])
        client.step += 1
        flush(client)
        return True

    for _ in range(min(concurrency, messages)):
        open_one()
    while clients:
        if time.perf_counter() - begin > limit_s:
            errors.append("out of time")
            break
        for number, events in poll.poll(1):
            client = clients.get(number)
            if client is None:
                continue
            try:
                if events & select.EPOLLOUT:
                    flush(client)
                if events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR) and not receive(client):
                    close(number)
            except OSError as error:
                errors.append(str(error))
                close(number)
    seconds = time.perf_counter() - begin
    latencies.sort()
    return {
        "ok": len(latencies),
        "errors": len(errors),
        "first_error": errors[0] if errors else "",
        "seconds": seconds,
        "p50_ms": _percentile(latencies, 0.5),
        "p99_ms": _percentile(latencies, 0.99),
    }


def _digits(stamp: bytes, mail: bytes, line: int) -> bytes:
    """Return what stands at that place of a mail: of a file, so that none comes twice, another number each time."""
    if len(mail) < _WITH_FILE_BYTES:
        return mail[line : line + _DIGITS]
    return stamp.replace(b".", b"").rjust(_DIGITS, b"0")[-_DIGITS:]


def _percentile(values: list[float], share: float) -> float | None:
    return values[min(len(values) - 1, int(len(values) * share))] * 1000 if values else None


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("mail", type=Path)
    parser.add_argument("-n", "--messages", type=int, default=100)
    parser.add_argument("-c", "--concurrency", type=int, default=1)
    parser.add_argument("--limit-s", type=float, default=60)
    arguments = parser.parse_args()
    host, port = arguments.address.rsplit(":", 1)
    result = run(
        (host, int(port)),
        arguments.mail.read_bytes(),
        messages=arguments.messages,
        concurrency=arguments.concurrency,
        limit_s=arguments.limit_s,
    )
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
