"""One message of an MTA while it comes in: envelope and content."""

from __future__ import annotations

from gateway.errors import CapacityError
from gateway.milter import protocol
from gateway.mime.largest import Parts
from gateway.model import Envelope
from gateway.spool import Spool

_STEP = 64 << 10


class Message:
    """State of one message."""

    def __init__(self, mail: protocol.Mail, spool: Spool, *, limit_bytes: int) -> None:
        self.mail = mail
        self.spool = spool
        self._limit_bytes = limit_bytes
        self._pieces: list[bytes] = []
        self._unwritten = 0
        self.recipients: list[protocol.Rcpt] = []
        self.has_headers = False
        self.size_bytes = 0
        self.parts: Parts | None = None
        """Of what is too large."""
        self.overflow = False
        """It is too large, or there was no room for all of it."""

    def write(self, data: bytes, *, more: bool = False) -> None:
        """Keep content, a small piece with the next one if there is `more`; past the limits only that fact is kept."""
        self._pieces.append(data)
        self._unwritten += len(data)
        if more and self._unwritten < _STEP:
            return
        data = b"".join(self._pieces)
        self._pieces, self._unwritten = [], 0
        self.size_bytes += len(data)
        if self.overflow:
            if self.parts is not None:
                self.parts.feed(data)
            return
        if self.too_big:
            self.parts = Parts()
            self.parts.feed(self.spool.content())
            self.parts.feed(data)
            self._give_up()
            return
        try:
            self.spool.write(data)
        except CapacityError:
            self._give_up()

    @property
    def too_big(self) -> bool:
        """Return whether what came is more than the limit, as far as the MTA has sent it."""
        return self.size_bytes > self._limit_bytes

    def _give_up(self) -> None:
        self.overflow = True
        self.spool.close()  # others may need the room

    def envelope(self, *recipients: protocol.Rcpt) -> Envelope:
        """Return the envelope with these recipients."""
        return Envelope(
            reverse_path=self.mail.reverse_path,
            forward_paths=tuple([one.forward_path for one in recipients]),
            mail_parameters=self.mail.parameters,
            rcpt_parameters=tuple([one.parameters for one in recipients]),
        )

    def end_headers(self) -> None:
        """Write the empty line between header and body, once."""
        if not self.has_headers:
            self.has_headers = True
            self.write(b"\r\n", more=True)
