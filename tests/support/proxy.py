"""TCP proxy in its own thread that a test can make slow, silent or dead while it forwards connections."""

import asyncio
import threading


class Proxy:
    """Forwards from a loopback port to a UNIX socket or a port; `state` is read for each piece of data.

    `pass`: unchanged; `slow`: each piece delayed by `delay_s`; `hang`: accepts and forwards nothing; `dead`: closes.
    """

    def __init__(self, target, *, delay_s=5.0):
        self._target = target
        self.state, self.delay_s = "pass", delay_s
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)
        self._thread.start()
        self._started.wait(300)

    @property
    def address(self):
        """`127.0.0.1:PORT`."""
        return f"127.0.0.1:{self.port}"

    def become(self, state):
        """Change the state; `dead` also closes open connections."""
        self.state = state
        if state == "dead":
            self._loop.call_soon_threadsafe(lambda: [writer.transport.abort() for writer in self._writers])

    def close(self):
        """Stop it."""
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(300)
        self._loop.close()

    async def _serve(self):
        self._end, self._writers = asyncio.Event(), set()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._end.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)

    async def _connected(self, reader, writer):
        opened = [writer]
        self._writers.add(writer)
        try:
            while self.state == "hang":
                await asyncio.sleep(0.02)
            if self.state == "dead":
                return
            if isinstance(self._target, str):
                far_reader, far_writer = await asyncio.open_unix_connection(self._target)
            else:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
            opened.append(far_writer)
            self._writers.add(far_writer)
            await asyncio.wait(
                [
                    asyncio.create_task(self._copy(reader, far_writer)),
                    asyncio.create_task(self._copy(far_reader, writer)),
                ],
                return_when=asyncio.FIRST_COMPLETED,
            )
        except OSError:
            pass
        finally:
            for one in opened:
                one.transport.abort()
                self._writers.discard(one)

    async def _copy(self, reader, writer):
        try:
            while octets := await reader.read(1 << 16):
                while self.state == "hang":
                    await asyncio.sleep(0.02)
                if self.state == "slow":
                    await asyncio.sleep(self.delay_s)
                writer.write(octets)
                await writer.drain()
        except OSError:
            pass
