"""DATA (RFC 5321 §4.1.1.4): content from the wire into the spool, up to CRLF.CRLF.

Refused content is still read to its end, so that the session stays synchronised and the client gets the reply in place.
Only a client that is too slow or far beyond the size limit is disconnected.
"""

from __future__ import annotations

from gateway.audit import failpoints
from gateway.errors import CapacityError
from gateway.mime.largest import Parts
from gateway.model import Reply
from gateway.smtp.admission import Place
from gateway.smtp.client import ClientConnection
from gateway.smtp.content import DataReader
from gateway.smtp.content_rules import broken_rule, refusal
from gateway.smtp.replies import Texts
from gateway.smtp.shared import Shared
from gateway.spool import Spool


class CutOffError(Exception):
    """The content is far beyond the size limit; `reply` is sent before the connection is closed."""

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
        texts: Texts,
        reference: str,
        size_limit_bytes: int,
        declared_bytes: int | None = None,
    ) -> None:
        self.refused_for = ""
        """Rule of `gateway.smtp.content_rules` that refuses the content."""
        self.size_bytes = 0
        """Bytes of content received."""
        self._reference = reference
        self._client = client
        self._spool = spool
        self._limits = shared.settings.limits
        self._texts = texts
        self._gate = shared.large_mails
        self._place: Place | None = None
        self._large_bytes = shared.settings.spool.memory_limit_bytes
        self._declared_bytes = declared_bytes or 0
        expected = declared_bytes or shared.settings.spool.large_mail_expected_bytes
        self._expected_bytes = min(expected, size_limit_bytes)
        self._size_limit = size_limit_bytes
        self._broken_limit_bytes = 0
        self._parts: Parts | None = None

    async def receive(self, *, eight_bit_allowed: bool) -> Reply | None:
        """Fill the spool; return a refusal, or None when the content is accepted. Bytes after its end are pushed back.

        ClientGoneError when the client disconnects, CutOffError when it is far beyond the limit.
        """
        limits = self._limits
        client = self._client
        reader = DataReader(limits.line_bytes)
        begun = client.loop.time()
        received = 0
        after: bytes | None = None
        if self._declared_bytes > self._large_bytes:
            begun += await self._find_place(0)  # before a first piece of it fills a buffer
        while after is None:
            now = client.loop.time()
            slowest = begun + limits.data_grace_s + received / max(limits.data_min_rate_bytes_s, 1)
            client.patience.set(min(now + limits.data_idle_timeout_s, slowest, begun + limits.data_timeout_s))
            data = await client.octets()
            received += len(data)
            chunk, after = reader.feed(data)
            if self.size_bytes + len(chunk) > self._large_bytes and not self.refused_for:
                begun += await self._find_place(self.size_bytes + len(chunk))
            self._store(chunk)
            if after is None and self.size_bytes > self._large_bytes:
                failpoints.hit("reception.before_end")
            if after is None and self.size_bytes > 2 * self._size_limit + (1 << 20):
                raise CutOffError(self._reply())
        client.put_back(after)
        if not self.refused_for:
            rule = broken_rule(reader, self._spool, limits, eight_bit_allowed=eight_bit_allowed)
            if rule:
                self._refuse(rule, limit_bytes=limits.line_bytes)
        return self._reply() if self.refused_for else None

    def _reply(self) -> Reply:
        """Return the refusal, with the size known so far."""
        return refusal(
            self._texts,
            self.refused_for,
            reference=self._reference,
            limit_bytes=self._broken_limit_bytes,
            size_bytes=self.size_bytes,
            parts=self._parts,
        )

    async def _find_place(self, size: int) -> float:
        """Wait for admission of a large mail; return the seconds waited, which do not count against the client."""
        if self._place is not None:
            self._place.grow_to(size)
            return 0.0
        client = self._client
        client.patience.off()
        client.hold_back()  # others may wait too, and each would fill its buffers
        begun = client.loop.time()
        self._place = await self._gate.enter(self._expected_bytes)
        self._spool.call_on_close(self._place.leave)
        return client.loop.time() - begun

    def _store(self, chunk: bytes) -> None:
        self.size_bytes += len(chunk)
        if self.refused_for:
            if self._parts is not None:
                self._parts.feed(chunk)
            return
        if self.size_bytes > self._size_limit:
            self._parts = Parts()
            self._parts.feed(self._spool.content())
            self._parts.feed(chunk)
            self._refuse("too_big", limit_bytes=self._size_limit)
            return
        try:
            self._spool.write(chunk)
        except CapacityError:
            self._refuse("full", limit_bytes=0)

    def _refuse(self, rule: str, *, limit_bytes: int) -> None:
        self._spool.close()
        self.refused_for = rule
        self._broken_limit_bytes = limit_bytes
