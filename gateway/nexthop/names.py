"""Name resolution of the next hop, once for all waiting callers: a silent name server blocks one thread at most."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address
from typing import Any, Final

from gateway.nexthop.failures import FailureKind, HopFailedError

_AVOIDED_S: Final = 60.0


class Names:
    """Asks for the addresses of one host; for one event loop."""

    def __init__(self, host: str, port: int, limit_s: float) -> None:
        self._host = host
        self._port = port
        self._limit_s = limit_s
        self._asked: asyncio.Future[list[Any]] | None = None
        self._avoided_until: dict[str, float] = {}

    async def addresses(self) -> tuple[str, ...]:
        """Return the addresses in the order to try them; HopFailedError of kind DNS when there are none in time."""
        if _is_address(self._host):
            return (self._host,)
        found, now = await self._resolved(), asyncio.get_running_loop().time()
        return tuple(sorted(dict.fromkeys(found), key=lambda address: self._avoided_until.get(address, 0.0) > now))

    def avoid(self, address: str) -> None:
        """Have an address that could not be reached tried after the others for a while."""
        self._avoided_until[address] = asyncio.get_running_loop().time() + _AVOIDED_S

    async def _resolved(self) -> list[str]:
        loop = asyncio.get_running_loop()
        if self._asked is None or self._asked.done():
            self._asked = asyncio.ensure_future(loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM))
            self._asked.add_done_callback(_take_note)  # the answer may come after its caller has left
        try:
            async with asyncio.timeout(self._limit_s):
                return [str(address[0]) for *_, address in await asyncio.shield(self._asked)]
        except TimeoutError:
            raise HopFailedError(FailureKind.DNS, "no name server answers") from None
        except OSError as error:  # socket.gaierror is one
            raise HopFailedError(FailureKind.DNS, f"name not resolved: {error.strerror}") from error


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _take_note(done: asyncio.Future[Any]) -> None:
    """Retrieve an error that no caller awaits."""
    if not done.cancelled():
        done.exception()
