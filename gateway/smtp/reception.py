"""DATA (RFC 5321 §4.1.1.4): the content from the wire into the spool, up to its one true end.

Whatever is wrong with a content, it is read to its end first, so that the session stays in step and the client gets
its reply in place. Only a client that is too slow, or goes far beyond the size limit, is cut off.
"""

from __future__ import annotations

from gateway.errors import CapacityError
from gateway.gate import Place
from gateway.model import Reply
from gateway.smtp.client import ClientConnection
from gateway.smtp.content import ContentDefect, DataReader
from gateway.smtp.replies import mebibytes
from gateway.smtp.shared import Shared
from gateway.spool import Spool

_HEAD_BYTES = 256 << 10


class CutOffError(Exception):
    """The client goes on far beyond the size limit; `reply` is what it is told before the connection is closed."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.code)
        self.reply = reply


class Reception:
    """Reception of one content."""

    def __init__(
        self,
        client: ClientConnection,
        spool: Spool,
        shared: Shared,
        *,
        reference: str,
        size_limit_bytes: int,
        declared_bytes: int | None = None,
    ) -> None:
        self.refused_for = ""
        """Key of the reply text when the content is refused."""
        self.size_bytes = 0
        """Octets of content that came."""
        self._reference = reference
        self._client = client
        self._spool = spool
        self._limits = shared.settings.limits
        self._texts = shared.texts
        self._gate = shared.large_mails
        self._place: Place | None = None
        self._large_bytes = shared.settings.spool.memory_limit_bytes
        expected = declared_bytes or shared.settings.spool.large_mail_expected_bytes
        self._expected_bytes = min(expected, size_limit_bytes)
        self._size_limit = size_limit_bytes
        self._refusal: Reply | None = None

    async def receive(self, *, eight_bit_allowed: bool) -> Reply | None:
        """Fill the spool; return a refusal when the content must not be taken. What follows its end is put back.

        ClientGoneError when the client goes away, CutOffError when it will not stop.
        """
        limits = self._limits
        client = self._client
        reader = DataReader(limits.line_bytes)
        begun = client.loop.time()
        received = 0
        after: bytes | None = None
        while after is None:
            now = client.loop.time()
            slowest = begun + limits.data_grace_s + received / max(limits.data_min_rate_bytes_s, 1)
            client.arm(min(now + limits.data_idle_timeout_s, slowest, begun + limits.data_timeout_s) - now)
            data = await client.octets()
            received += len(data)
            chunk, after = reader.feed(data)
            if self.size_bytes + len(chunk) > self._large_bytes and self._refusal is None:
                begun += await self._find_place(self.size_bytes + len(chunk))
            self._store(chunk)
            if after is None and self.size_bytes > 2 * self._size_limit + (1 << 20):
                assert self._refusal is not None
                raise CutOffError(self._refusal)
        client.put_back(after)
        if self._refusal is None:
            self._examine(reader, eight_bit_allowed=eight_bit_allowed)
        return self._refusal

    async def _find_place(self, size: int) -> float:
        """Wait until a large mail may come in; return for how long, so that the client is not blamed for it."""
        if self._place is not None:
            self._place.grow_to(size)
            return 0.0
        client = self._client
        client.disarm()
        client.hold_back()  # others may be waiting too, and each would fill its buffers
        begun = client.loop.time()
        self._place = await self._gate.enter(self._expected_bytes)
        self._spool.call_on_close(self._place.leave)
        return client.loop.time() - begun

    def _store(self, chunk: bytes) -> None:
        self.size_bytes += len(chunk)
        if self._refusal is not None:
            return
        if self.size_bytes > self._size_limit:
            self._refuse(552, "5.3.4", "too_big", limit=mebibytes(self._size_limit))
            return
        try:
            self._spool.write(chunk)
        except CapacityError:
            self._refuse(452, "4.3.1", "full")

    def _examine(self, reader: DataReader, *, eight_bit_allowed: bool) -> None:
        match reader.defect:
            case ContentDefect.BARE_NEWLINE:
                self._refuse(550, "5.6.0", "bare_newline")
            case ContentDefect.NUL:
                self._refuse(550, "5.6.0", "nul")
            case ContentDefect.LONG_LINE:
                self._refuse(550, "5.6.0", "long_line", limit=self._limits.line_bytes)
            case None if reader.eight_bit and not eight_bit_allowed:
                self._refuse(554, "5.6.3", "no_8bitmime")
            case None if count_received(self._spool) > self._limits.received_fields:
                self._refuse(554, "5.4.6", "loop")
            case None:
                pass

    def _refuse(self, code: int, enhanced: str, text: str, **values: str | int) -> None:
        self._spool.close()
        self.refused_for = text
        self._refusal = self._texts.refusal(code, enhanced, text, reference=self._reference, **values)


def count_received(spool: Spool) -> int:
    """Return how many Received fields a content begins with (RFC 5321 §6.3), looking at its first 256 KiB."""
    content = spool.content()
    end = content.find(b"\r\n\r\n", 0, _HEAD_BYTES)
    head = b"\r\n" + content[: end if end >= 0 else _HEAD_BYTES]
    return head.lower().count(b"\r\nreceived:")
