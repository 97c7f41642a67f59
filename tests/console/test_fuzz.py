"""Requests that no browser sends: none is a fault of the console's, and it goes on."""

import random
import socket

import pytest

from gateway.console.routes import ROUTES
from tests.console.test_guard import address

ODD = (
    "",
    "0",
    "-1",
    "9" * 40,
    "²",
    "\u00e9",
    "%00",
    "%ff%fe",
    "%0d%0a",
    "..%2f..%2fetc%2fpasswd",
    "' OR 1=1 --",
    "${7*7}",
    "{{7*7}}",
    "<x>",
    "a" * 3000,
    "\x7f",
    "%ed%a0%80",
)
FIELDS = (
    "q", "since", "until", "unit", "result", "state", "sha256", "before", "after", "days", "to", "name", "csrf",
    "code", "text", "role", "format", "locked", "back", "language", "theme", "mailbox", "password",
)  # fmt: skip
HEADERS = ("Cookie: session={}", "Cookie: {}; session=auditor; =; ;;", "Content-Type: {}", "Content-Type: multipart/form-data; boundary={}", "Content-Length: {}", "Accept-Encoding: {}",
           "Sec-Fetch-Site: {}", "Origin: {}", "HX-Request: {}", "Range: bytes={}", "If-None-Match: {}", "Transfer-Encoding: {}", "Expect: {}", "X-Forwarded-For: {}", "Upgrade: websocket", "Connection: {}")  # fmt: skip


def request(chance: random.Random, port: int) -> bytes:
    row = chance.choice(ROUTES)
    path = address(row.path)
    if chance.random() < 0.3:
        path = path.replace("BT-7F3K2Q00", chance.choice(ODD)) + chance.choice(
            ("", "/", "//", "%2f", chance.choice(ODD))
        )
    query = "&".join(f"{chance.choice(FIELDS)}={chance.choice(ODD)}" for _ in range(chance.randrange(5)))
    method = (
        row.method
        if chance.random() < 0.8
        else chance.choice(("HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "CONNECT", "get", "GET"))
    )
    body = "&".join(f"{chance.choice(FIELDS)}={chance.choice(ODD)}" for _ in range(chance.randrange(6)))
    if chance.random() < 0.6:
        body = "csrf=c-auditor&" + body
    lines = [
        f"{method} {path}?{query} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Connection: close",
        "Sec-Fetch-Site: same-origin",
    ]
    if chance.random() < 0.7:
        lines.append(f"Cookie: session={chance.choice(('auditor', 'clerk', 'new', 'empty', 'busy'))}")
    if method == "POST":
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body.encode())}"]
    if chance.random() < 0.4:
        lines.append(chance.choice(HEADERS).format(chance.choice(ODD)))
    return ("\r\n".join(lines) + "\r\n\r\n" + (body if method == "POST" else "")).encode()


@pytest.mark.parametrize("seed", range(4))
def test_odd_requests_are_answered_and_none_is_a_fault_of_ours(start, seed):
    system = start()
    chance = random.Random(seed)
    for _ in range(150):
        sent = request(chance, system.port)
        with socket.create_connection(("127.0.0.1", system.port), timeout=300) as client:
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
            got = b""
            while part := client.recv(1 << 16):
                got += part
        # A request that was cut off may get no answer.
        assert not got or got.split(b" ", 2)[1] in {
            b"200",
            b"303",
            b"204",
            b"400",
            b"401",
            b"403",
            b"404",
            b"405",
            b"413",
            b"421",
            b"422",
            b"429",
        }, sent[:300]
    assert system.ask("GET", "/healthz")[0] == 200
    said = system.said()
    assert "Traceback" not in said, said[said.index("Traceback") :][:3000]
