"""Sockets passed by systemd at start (sd_listen_fds(3), systemd.socket(5)).

LISTEN_PID names the process they are meant for, LISTEN_FDS their number (descriptors 3, 4, ...), LISTEN_FDNAMES their
names: `FileDescriptorName=` of the socket unit, or the unit's own name. Several sockets may bear one name, as those of a
unit with an IPv4 and an IPv6 address do. A listener of the configuration asks for them by `listen: systemd:NAME`.
"""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import MutableMapping
from functools import partial
from typing import Final

from gateway.errors import UserError
from gateway.texts.catalogue import both
from gateway.yaml.values import printable

_FIRST_DESCRIPTOR: Final = 3
_UNNAMED: Final = "unknown"
"""Name of an unnamed socket in sd_listen_fds_with_names(3)."""
_LIMIT_DIGITS: Final = 6
_VARIABLES: Final = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")

Sockets = dict[str, tuple[socket.socket, ...]]


def take(environment: MutableMapping[str, str] = os.environ) -> Sockets:
    """Return the sockets passed to this process by name, listening and non-blocking; none when none were passed.

    The variables are removed, so that no child takes them for its own. UserError when what was handed over cannot serve.
    """
    process, count, names = (environment.pop(name, "") for name in _VARIABLES)
    if process != str(os.getpid()) or not count:
        return {}
    if not count.isascii() or not count.isdigit() or len(count) > _LIMIT_DIGITS:
        raise UserError(_say("not_a_number", count=printable(count, 20)))
    labels = names.split(":") if names else [_UNNAMED] * int(count)
    if len(labels) != int(count):
        raise UserError(_say("names", names=printable(names), given=len(labels), count=count))
    sockets: dict[str, list[socket.socket]] = {}
    for descriptor, label in enumerate(labels, _FIRST_DESCRIPTOR):
        sockets.setdefault(label, []).append(_listening(descriptor, label))
    return {label: tuple(found) for label, found in sockets.items()}


def _listening(descriptor: int, label: str) -> socket.socket:
    """Return one socket, ready for an event loop; UserError when no client could connect to it."""
    name = printable(label)
    try:
        if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            raise UserError(_say("no_socket", name=name))
    except OSError:
        raise UserError(_say("not_open", name=name, descriptor=descriptor)) from None
    os.set_inheritable(descriptor, False)  # front ends are forked; nothing that is exec'd may have it
    found = socket.socket(fileno=descriptor)
    if not found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        raise UserError(_say("not_listening", name=name))
    if found.family in {socket.AF_INET, socket.AF_INET6}:
        # Accepted connections inherit it: without it each reply would wait for the client's delayed acknowledgement.
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    found.setblocking(False)
    return found


_say = partial(both, "start", "systemd")
