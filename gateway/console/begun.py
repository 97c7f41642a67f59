"""Entry point of the console process, started by exec so that it has nothing of the supervisor's memory."""

from __future__ import annotations

import asyncio
import ctypes
import os
import socket

import msgspec

from gateway.console.app import Console
from gateway.console.process import NAME, Started, served
from gateway.system import logs
from gateway.system.supervised import end_with

_PR_SET_NAME = 15


def main(words: str, console: type[Console] = Console) -> None:
    """Serve as the words of the supervisor say (`Started` as JSON), until the steward is gone."""
    started = msgspec.json.decode(words, type=Started, dec_hook=lambda kind, value: kind(value))
    end_with(started.parent)
    ctypes.CDLL(None).prctl(_PR_SET_NAME, NAME.encode(), 0, 0, 0)
    logs.configure(started.log_level)
    settings = started.settings
    sockets = [listening(descriptor) for descriptor in started.sockets]
    door = socket.socket(fileno=started.door)
    asyncio.run(served(console(settings), sockets, door, settings, started.parent))
    os._exit(0)


def listening(descriptor: int) -> socket.socket:
    """Return an inherited socket that names no protocol, lest asyncio set TCP_NODELAY, which the wall refuses."""
    found = socket.socket(fileno=descriptor)
    return socket.socket(found.family, found.type, 0, found.detach())
