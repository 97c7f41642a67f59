"""Service state for systemd (sd_notify(3)), so that `systemctl start` and `reload` wait for it."""

from __future__ import annotations

import contextlib
import os
import socket
import time


def ready(status: str = "") -> None:
    """Notify systemd that the service serves, or that a reload has ended."""
    _notify(f"READY=1\nSTATUS={status}")


def reloading() -> None:
    """Notify systemd that a reload begins; `ready` ends it (Type=notify-reload)."""
    _notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")


def stopping() -> None:
    """Notify systemd that the service ends."""
    _notify("STOPPING=1")


def _notify(state: str) -> None:
    """Send a state to the socket that systemd named, if any; a lost one costs systemd's own time limit, never a mail."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
        out.sendto(state.encode(), address)
