"""The city's mail server for a machine without a network: `python -m tests.campaign.city PORT CERTIFICATE KEY FOLDER LOGIN PASSWORD`.

Takes mail with STARTTLS and one login; each mail becomes a file in the folder.
"""

import asyncio
import ssl
import sys
from pathlib import Path

from tests.support.sink import Sink


class Server(Sink):
    """The sink of the tests at a port that is known before."""

    async def open(self, port: int) -> None:
        self.server = await asyncio.get_running_loop().create_server(self._protocol, "127.0.0.1", port)


async def serve(port: int, certificate: str, key: str, folder: Path, login: str, password: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = Server(tls=context, users={login: password})
    await server.open(port)
    print("ready", flush=True)
    for number in range(1_000_000):
        await server.wait_for(lambda number=number: len(server.delivered) > number, timeout=None)
        (folder / f"{number}.eml").write_bytes(server.delivered[number].content)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4]), *sys.argv[5:]))
