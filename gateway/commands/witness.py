"""`gateway audit witness`: cosigns the logs of another administration over HTTP (C2SP tlog-witness)."""

from __future__ import annotations

import asyncio
import logging
import signal
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.audit.witness import LIMIT_BYTES, Answer, Witness, read_keys
from gateway.config.values import host_port
from gateway.console.server import ConsoleServer
from gateway.console.settings import ConsoleSettings
from gateway.errors import UserError
from gateway.system import logs
from gateway.system.listening import take_address
from gateway.texts.catalogue import both, reason

_LOG = logging.getLogger("gateway.audit.witness")
_BACKLOG = 64
_SETTINGS = ConsoleSettings(names=(), body_s=10.0)


def run(folder: Path, name: str, keys: Path, listen: str) -> int:
    """Serve until SIGTERM or SIGINT; UserError before the first request when anything does not fit."""
    try:
        host_port(listen)
    except ValueError as error:
        raise UserError(f"--listen: {error}") from None
    logs.configure("info")
    witness = Witness(folder, name, read_keys(keys))
    taken = take_address(listen)
    taken.sockets[0].listen(_BACKLOG)
    print(both("audit", "witness", "listening", name=name, address=taken.addresses[0]))
    print(witness.key, flush=True)
    server = ConsoleServer(application(witness), _SETTINGS, None)

    async def serve() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, server.handle_exit, number, None)
        await server.serve(list(taken.sockets))

    asyncio.run(serve())
    return 0


def application(witness: Witness) -> Starlette:
    """Return what answers POST /add-checkpoint."""

    async def add_checkpoint(request: Request) -> Response:
        body = b""
        async for octets in request.stream():
            body += octets
            if len(body) > LIMIT_BYTES:
                return _response(Answer(400, "too long\n"))
        try:
            answer = await asyncio.to_thread(witness.add_checkpoint, body)
        except OSError as error:
            _LOG.error("%s", reason(error))
            return _response(Answer(503, "nothing can be remembered now\n"))
        if answer.status != 200:
            origin = body.partition(b"\n\n")[2].partition(b"\n")[0].decode("utf-8", "replace")
            _LOG.warning("%s: %s %s", origin, answer.status, answer.body.strip())
        return _response(answer)

    return Starlette(routes=[Route("/add-checkpoint", add_checkpoint, methods=["POST"])])


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, media_type=answer.media_type)
