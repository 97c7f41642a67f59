"""Limits on clients that are slow, many, from elsewhere, or no browsers at all."""

import asyncio
import contextlib
import http.client
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.console.uploads import Uploading
from gateway.steward import questions as q
from tests.console.test_guard import hashed, multipart


def test_too_many_requests_of_a_session_are_refused_and_others_are_not(start):
    system = start(requests_per_s=1.0)
    with ThreadPoolExecutor(8) as clients:
        statuses = set(clients.map(lambda _: system.ask("GET", "/help", session="auditor")[0], range(8)))
    assert statuses == {200, 429}
    assert system.ask("GET", "/help", session="clerk")[0] == 200


@pytest.mark.slow
def test_slow_clients_are_cut_off_and_an_address_has_no_more_than_its_connections(start):
    system = start(head_s=1.0, body_s=2.0, connections_of_one=4)
    for start_of in (
        b"",
        b"GET / HTT",
        b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\na",
    ):
        with socket.create_connection(("127.0.0.1", system.port), timeout=300) as slow:
            slow.sendall(start_of)
            assert slow.recv(100) == b""
    held = [socket.create_connection(("127.0.0.1", system.port), timeout=300) for _ in range(4)]
    one_more = socket.create_connection(("127.0.0.1", system.port), timeout=300)
    with contextlib.suppress(ConnectionError):
        one_more.sendall(b"GET /help HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert one_more.recv(100) == b""
    for one in (*held, one_more):
        one.close()


def test_a_reader_that_does_not_read_gets_a_long_answer_in_the_end(system):
    body = b"GET /mails HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: session=auditor\r\nConnection: close\r\n\r\n"
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        slow.settimeout(300)
        slow.connect(("127.0.0.1", system.port))
        slow.sendall(body)
        got = b""
        while part := slow.recv(512):
            got += part
    assert got.rstrip().endswith(b"</html>")


def test_only_clients_of_the_networks_are_served(start):
    system = start(networks=["10.0.0.0/8", "2001:db8::/32"])
    with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
        system.ask("GET", "/healthz")


@pytest.mark.parametrize("start_of", [b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"\x00" * 300,
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", b"GET /" + b"a" * 40_000])  # fmt: skip
def test_what_is_no_http_does_not_stop_the_console(system, start_of):
    with socket.create_connection(("127.0.0.1", system.port), timeout=300) as client:
        client.sendall(start_of)
        client.shutdown(socket.SHUT_WR)
        client.recv(1000)
    assert system.ask("GET", "/healthz")[0] == 200


def test_a_new_cookie_for_each_request_gets_nobody_past_the_limit(start):
    system = start(requests_per_s=1.0)
    with ThreadPoolExecutor(12) as clients:
        assert 429 in clients.map(lambda n: system.ask("GET", "/help", session=f"made-up-{n}")[0], range(12))


def test_the_header_of_a_part_cannot_grow_without_end(system):
    for head in (b"X-Long: " + b"a" * 5000, b"\r\n".join(b"X-%d: 1" % number for number in range(2000))):
        assert hashed(system, b"--x\r\n" + head + b"\r\n\r\nx\r\n--x--\r\n")[0] == 422
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n'
    assert hashed(system, part * 200 + b"--x--\r\n")[0] == 422
    assert hashed(system, multipart("c-auditor", b"y"))[0] == 303


def export(system) -> bytes:
    form = b"csrf=c-auditor&format=csv&q=big"
    return (f"POST /mails/export HTTP/1.1\r\nHost: 127.0.0.1:{system.port}\r\nCookie: session=auditor\r\nSec-Fetch-Site: same-origin\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n").encode() + form  # fmt: skip


@pytest.mark.slow
def test_readers_of_exports_who_do_not_read_are_cut_off_and_others_go_on(start):
    system = start(stall_s=1.0)
    held = []
    for _ in range(2):  # more than there are connections for long answers
        for _ in range(4):
            slow = socket.socket()
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.settimeout(300)
            slow.connect(("127.0.0.1", system.port))
            slow.sendall(export(system))
            slow.recv(1)
            held.append(slow)
        assert system.ask("GET", "/mails", session="auditor")[0] == 200  # pages are asked on a connection of their own
        # Nobody of them reads on: another gets his export whole as soon as they were given up.
        form = {"csrf": "c-auditor", "format": "csv", "q": "big"}
        while (answer := system.ask("POST", "/mails/export", session="auditor", form=form))[0] == 429:
            pass
        assert (answer[0], len(answer[2])) == (200, 200 * 65536)
    for slow in held:
        slow.close()


def test_of_many_exports_at_once_some_must_come_again(system):
    form = {"csrf": "c-auditor", "format": "csv", "q": "big"}
    with ThreadPoolExecutor(12) as clients:
        asked = clients.map(lambda _: system.ask("POST", "/mails/export", session="auditor", form=form), range(12))
        statuses = {status for status, *_ in asked}
    assert statuses <= {200, 429}
    assert 200 in statuses


@pytest.mark.slow
def test_an_upload_that_is_too_slow_is_refused_and_forgotten(start):
    system = start(upload_s=2.0)
    content = b"x" * (1 << 20)
    body = multipart("c-auditor", content)
    head = (
        "POST /check HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: session=auditor\r\nSec-Fetch-Site: same-origin\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", system.port), timeout=300) as slow:
        slow.sendall(head.encode() + body[: len(body) // 2])
        answer = b""
        while part := slow.recv(65536):
            answer += part
    assert answer.startswith(b"HTTP/1.1 408")
    assert "quá chậm".encode() in answer
    asked = system.asked()
    assert asked.index("BeginCheck") < asked.index("CheckPiece") < asked.index("EndCheck") < asked.index("AskCheck")


async def test_a_place_that_was_asked_for_when_the_client_left_is_given_back():
    asked, answer = [], asyncio.get_running_loop().create_future()

    class Visit:
        async def ask(self, question):
            asked.append(type(question))
            return await answer if isinstance(question, q.BeginCheck) else q.Done()

    upload = Uploading(Visit(), guarded=False)
    work = asyncio.ensure_future(upload.begin({}))
    while not asked:
        await asyncio.sleep(0)
    work.cancel()
    await asyncio.sleep(0)
    answer.set_result(q.CheckBegun("ticket"))
    with pytest.raises(asyncio.CancelledError):
        await work
    await upload.drop()
    assert asked == [q.BeginCheck, q.EndCheck]


def test_the_steward_is_notified_that_a_reader_has_left(system):
    for method, path, body, asked in (
        ("GET", "/reports", b"", "AskReport"),
        ("POST", "/audit/verify", b"csrf=c-silent", "Verify"),
    ):
        before, left = system.asked().count(asked), system.said().count("left ")
        with socket.create_connection(("127.0.0.1", system.port), timeout=300) as reader:
            reader.sendall(
                f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: session=silent\r\nSec-Fetch-Site: same-origin\r\n"
                f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            until(lambda: system.asked().count(asked) > before)
        until(lambda: system.said().count("left ") > left)


def until(true, seconds=120.0):
    """Wait for what another process writes."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
