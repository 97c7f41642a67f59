"""Metrics process: serves GET /metrics to a monitoring system and GET /ready to load balancers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from gateway.cluster.shipping import Shipping
from gateway.config.values import split_host_port
from gateway.documents.wall.sandbox import SandboxStatus
from gateway.metrics.disk import Disk
from gateway.metrics.load import SharedLoad
from gateway.metrics.ready import Readiness
from gateway.system.listening import Taken
from gateway.system.supervised import AsideProcess
from gateway.system.trouble import Board
from gateway.texts.catalogue import both

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_BACKLOG = 64
AT_A_TIME = 16
"""Clients that are answered at the same time, each in a thread."""
_ROOM_S = 0.5
_PATIENCE_S = 5
_READY_S = 2.0
_LIMIT_WORDS = 2_000
_ELSEWHERE = b"the figures are at /metrics, whether mail may come at /ready\n"


@dataclass(frozen=True)
class Sources:
    """Data sources of the metrics."""

    data: Path
    """The folder of the audit log."""
    load: SharedLoad
    sandbox: SandboxStatus | None
    """Sandbox layers reported by the zygote."""
    disk: Disk
    troubles: Board
    shipping: Shipping | None = None
    """Shipping progress, in a cluster."""
    node: str = ""
    """Name of the machine in its cluster."""


class MetricsProcess(AsideProcess):
    """Owned by the supervisor."""

    def __init__(self, taken: Taken, sources: Sources, audit_door: socket.socket, release: Callable[[], None]) -> None:
        """Prepare; `taken` is the bound address, `release` closes inherited resources of other processes after the fork."""
        super().__init__("gateway-metrics", self._serve, release)
        self._audit_door = audit_door
        self._socket = taken.sockets[0]
        self._socket.listen(_BACKLOG)  # clients wait in the backlog before the start and between restarts
        self.address = taken.addresses[0]
        """HOST:PORT."""
        self._sources = sources

    def close(self) -> None:
        """End the process and close the socket."""
        super().close()
        self._socket.close()

    def _serve(self) -> None:
        # Imported only in this process.
        from prometheus_client import CollectorRegistry, make_wsgi_app

        from gateway.metrics.families import Families
        from gateway.metrics.log_counts import LogCounts

        sources = self._sources
        registry = CollectorRegistry()
        registry.register(Families(LogCounts(sources.data), sources))
        readiness = Readiness(sources.load, sources.troubles, sources.disk, self._audit_door)
        serve(self._socket, make_wsgi_app(registry), readiness)


def serve(taken: socket.socket, application: WSGIApplication, readiness: Readiness) -> None:
    """Serve GET /metrics and GET /ready on a listening socket until killed."""

    def only_metrics(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path not in ("/metrics", "/ready"):
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [_ELSEWHERE]
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            start_response("405 Method Not Allowed", [("Allow", "GET, HEAD"), ("Content-Type", "text/plain")])
            return [_ELSEWHERE]
        if path == "/metrics":
            return application(environ, start_response)
        fault = readiness.fault()
        words = (fault or both("cluster", "ready", "yes") + readiness.remark()).replace("\n", " ")
        status = "503 Service Unavailable" if fault else "200 OK"
        start_response(status, [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")])
        return [f"{words}\n".encode()]

    server = _Server(taken)
    server.set_app(only_metrics)
    server.serve_forever()


def unready(address: str) -> str:
    """Return why `GET /ready` at `address` answers 503; empty when it answers 200."""
    host, port = split_host_port(address)
    connection = HTTPConnection(host, port, timeout=_READY_S)
    try:
        connection.request("GET", "/ready")
        answer = connection.getresponse()
        words = answer.read(_LIMIT_WORDS).decode("utf-8", "replace").strip()
    except (OSError, HTTPException) as error:
        return f"GET /ready: {error or type(error).__name__}"
    finally:
        connection.close()
    return "" if answer.status == HTTPStatus.OK else words


class _Server(ThreadingMixIn, WSGIServer):
    """Answers so many clients at a time. One more takes the place of the oldest, if that one ends."""

    daemon_threads = True

    def __init__(self, taken: socket.socket) -> None:
        self._places = threading.Semaphore(AT_A_TIME)
        self._clients: dict[socket.socket, None] = {}
        super().__init__(taken.getsockname()[:2], _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = taken
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread, or close the connection when there is no room."""
        if not self._places.acquire(blocking=False):
            with suppress(OSError, StopIteration):
                next(iter(self._clients)).shutdown(socket.SHUT_RDWR)
            if not self._places.acquire(timeout=_ROOM_S):
                self.shutdown_request(request)
                return
        self._clients[request] = None
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, then give the place back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._clients.pop(request, None)
            self._places.release()

    def handle_error(self, *_: object) -> None:
        """Log nothing for a disconnected client."""


class _Handler(WSGIRequestHandler):
    timeout = _PATIENCE_S

    def log_message(self, *_: Any) -> None:
        """Log nothing: a monitoring system polls every few seconds."""
