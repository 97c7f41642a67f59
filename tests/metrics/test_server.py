"""The small HTTP server of the figures: many, slow and silent clients take no more than its places."""

import http.client
import socket
import threading
from contextlib import closing

import pytest

from gateway.metrics.process import AT_A_TIME, serve


class Ready:
    """A machine that is ready."""

    def fault(self) -> str:
        return ""

    def remark(self) -> str:
        return ""


@pytest.fixture
def address():
    taken = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(taken, lambda *_: [], Ready()), daemon=True).start()
    return taken.getsockname()


def ready(address) -> int:
    with closing(http.client.HTTPConnection(*address, timeout=300)) as connection:
        connection.request("GET", "/ready")
        return connection.getresponse().status


def test_silent_clients_take_no_more_threads_than_there_are_places_and_keep_nobody_out(address):
    before = threading.active_count()
    silent = [socket.create_connection(address) for _ in range(5 * AT_A_TIME)]
    assert ready(address) == 200
    assert threading.active_count() <= before + AT_A_TIME
    silent[0].settimeout(300)
    assert silent[0].recv(1) == b"", "who has waited longest gives way"
    for one in silent:
        one.close()
    assert ready(address) == 200
