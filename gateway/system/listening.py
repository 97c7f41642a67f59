"""Listening addresses, bound before the first front end is forked.

All front ends share the sockets of a listener: connections wait in one queue, and a front end takes one when it has time for
it. With a queue each (SO_REUSEPORT) the kernel gives connections away by chance, and one queue is long while another is
empty (docs/performance.md). A TCP address is bound here without listening: a port in use is found at the start, and clients
are accepted once the first front end listens.
"""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from gateway.config.console import Console
from gateway.config.sections import Configuration, Listener
from gateway.config.values import split_host_port
from gateway.errors import UserError
from gateway.model import ListenerKind
from gateway.system import activation
from gateway.texts.catalogue import both, reasons
from gateway.yaml.values import printable

_CONSOLE_BACKLOG = 128


@dataclass(frozen=True)
class Taken:
    """Bound addresses of one listener of the configuration."""

    addresses: tuple[str, ...]
    """As in the log line `ready`: HOST:PORT or unix:PATH."""
    sockets: tuple[socket.socket, ...]
    """Bound sockets, shared by all front ends."""
    host: str = ""
    """That of the first socket."""

    def close(self) -> None:
        """Release the address."""
        for held in self.sockets:
            held.close()


def take_addresses(configuration: Configuration) -> tuple[tuple[Taken, ...], Taken | None]:
    """Bind each listener's address, in order, and the console's, if any; UserError names the first unavailable."""
    activated = activation.take()
    console = configuration.console
    wanted = {listener.activated_by for listener in configuration.listeners}
    wanted.add(console.activated_by if console is not None else None)
    if unused := sorted(activated.keys() - wanted):
        names = [printable(name) for name in unused]
        raise UserError(both("start", "systemd", "unused", names=", ".join(names), first=names[0]))
    taken = []
    for number, listener in enumerate(configuration.listeners):
        with configuration.at("listeners", number, "listen"):
            taken.append(_take(listener, activated))
    if console is None:
        return tuple(taken), None
    with configuration.at("console", "listen"):
        return tuple(taken), _take_console(console, activated)


def take_metrics(configuration: Configuration) -> Taken | None:
    """Bind the metrics address, None without one; UserError when it is unavailable."""
    if configuration.metrics is None:
        return None
    with configuration.at("metrics"):
        return take_address(configuration.metrics)


def _take_console(console: Console, activated: activation.Sockets) -> Taken:
    """Bind the console's address and listen, so that early connections wait for the process."""
    name = console.activated_by
    if name is None:
        taken = take_address(console.listen)
        taken.sockets[0].listen(_CONSOLE_BACKLOG)
        return taken
    sockets = activated.get(name, ())
    if not sockets:
        raise UserError(both("start", "systemd", "missing", listen=console.listen, name=name))
    for found in sockets:
        if found.family == socket.AF_UNIX:
            raise UserError(both("start", "systemd", "unix", listen=console.listen, kind="console"))
        if console.certificate is None and not ip_address(found.getsockname()[0]).is_loopback:
            raise UserError(both("start", "config", "console_plain"))
    return Taken(tuple(_name(found) for found in sockets), sockets, sockets[0].getsockname()[0])


def _take(listener: Listener, activated: activation.Sockets) -> Taken:
    if listener.activated_by is not None:
        return _from_systemd(listener, activated.get(listener.activated_by, ()))
    if listener.listen.startswith("unix:"):
        return Taken((listener.listen,), (listen_unix(Path(listener.listen.removeprefix("unix:"))),))
    return _bound(listener.listen, every=True)


def _from_systemd(listener: Listener, sockets: tuple[socket.socket, ...]) -> Taken:
    if not sockets:
        raise UserError(both("start", "systemd", "missing", listen=listener.listen, name=listener.activated_by))
    for found in sockets:
        if found.family == socket.AF_UNIX:
            if listener.kind is not ListenerKind.MILTER:
                raise UserError(both("start", "systemd", "unix", listen=listener.listen, kind=listener.kind.value))
        elif listener.auth_without_tls and not ip_address(found.getsockname()[0]).is_loopback:
            raise UserError(both("start", "systemd", "loopback", listen=listener.listen))
    names = tuple(_name(found) for found in sockets)
    if sockets[0].family == socket.AF_UNIX:
        return Taken(names, sockets)
    return Taken(names, sockets, sockets[0].getsockname()[0])


def _name(found: socket.socket) -> str:
    address = found.getsockname()
    if found.family == socket.AF_UNIX:
        # An abstract address begins with NUL (unix(7)).
        return f"unix:{address if isinstance(address, str) else address.decode(errors='replace').replace(chr(0), '@')}"
    host, port = address[:2]
    return f"[{host}]:{port}" if found.family == socket.AF_INET6 else f"{host}:{port}"


def take_address(listen: str) -> Taken:
    """Bind one TCP address without listening; UserError when it is in use or not ours."""
    return _bound(listen, every=False)


def _bound(listen: str, *, every: bool) -> Taken:
    """Bind the first address that a name has or every one, then IPv6 beside IPv4; UserError when one is in use or not ours."""
    host, port = split_host_port(listen)
    sockets: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in dict.fromkeys(found if every else found[:1]):
            sockets.append(one := socket.socket(family, kind, protocol))
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            # Accepted sockets inherit it; without it each reply would wait for the client's delayed acknowledgement.
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if every and family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind((address[0], port, *address[2:]))
            port = int(one.getsockname()[1])
    except OSError as error:
        for one in sockets:
            one.close()
        raise _not_bound(listen, error) from None
    return Taken((f"{listen.rpartition(':')[0]}:{port}",), tuple(sockets), host)


def _not_bound(listen: str, error: OSError) -> UserError:
    key = {errno.EADDRINUSE: "port_in_use", errno.EACCES: "port_denied"}.get(error.errno or 0)
    if key is not None:
        return UserError(both("start", "start", key, listen=listen))
    return UserError(both("start", "start", "listen", listen=listen, reason=reasons(error)))


def listen_unix(path: Path) -> socket.socket:
    """Return a UNIX socket for all workers, replacing a stale file; UserError when another process listens there."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket():
            if listener.connect_ex(str(path)) == 0:
                raise UserError(both("start", "start", "socket_in_use", listen=f"unix:{path}"))
            path.unlink()
        listener.bind(str(path))
        path.chmod(0o660)
    except OSError as error:
        listener.close()
        raise UserError(both("start", "start", "socket", listen=f"unix:{path}", reason=reasons(error))) from None
    except BaseException:
        listener.close()
        raise
    listener.listen(1024)
    listener.setblocking(False)
    return listener
