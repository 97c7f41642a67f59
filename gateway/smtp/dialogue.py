"""Replies and end of a session."""

from __future__ import annotations

from typing import NoReturn

from gateway.model import ListenerKind, Reply, ReplyCharset
from gateway.nexthop.replies import HopReply
from gateway.smtp.client import ClientConnection
from gateway.smtp.engine import EventKind
from gateway.smtp.replies import passed_on, render, texts_in
from gateway.smtp.settings import ListenerSettings
from gateway.smtp.shared import Shared


class SessionEnd(Exception):  # noqa: N818  not an error: the orderly end
    """End of the session; its last reply has been written."""


class Dialogue:
    """Writer of one session's replies and events."""

    def __init__(self, shared: Shared, listener: ListenerSettings, client: ClientConnection) -> None:
        self.shared = shared
        self.client = client
        self.address = ""
        """IP address of the client, from the PROXY header when in use."""
        self.texts = texts_in(listener.languages)
        self.smtputf8 = False
        """The open transaction has SMTPUTF8: replies may hold UTF-8 (RFC 6531 §3.7.4.1)."""
        to_people = listener.kind is not ListenerKind.RELAY
        self._always = listener.charset is ReplyCharset.UTF8 or (listener.charset is ReplyCharset.AUTO and to_people)
        self._never = listener.charset is ReplyCharset.ASCII

    @property
    def utf8(self) -> bool:
        """Return whether replies may hold UTF-8 now."""
        return self._always or (self.smtputf8 and not self._never)

    def say(self, reply: Reply) -> None:
        """Write a reply; 421 ends the session."""
        self.client.write(render(reply, utf8=self.utf8))
        if reply.code == 421:
            raise SessionEnd

    def refuse(self, code: int, enhanced: str, text: str, **values: str | int) -> None:
        """Write a reply with our own text."""
        self.say(self.texts.reply(code, enhanced, text, **values))

    def pass_on(self, reply: HopReply) -> None:
        """Write the next hop's reply."""
        self.client.write(passed_on(reply, utf8=self.utf8))
        if reply.code == 421:
            raise SessionEnd

    def end(self, reply: Reply) -> NoReturn:
        """Write a last reply of any code and end the session."""
        self.client.write(render(reply, utf8=self.utf8))
        raise SessionEnd

    def end_early_talk(self) -> NoReturn:
        """End the session of an early talker (RFC 5321 §4.3.1)."""
        self.report(EventKind.EARLY_TALKER)
        self.end(self.texts.reply(503, "5.5.0", "early_talker"))

    def report(self, kind: EventKind, detail: str = "", *, auth_user: str | None = None) -> None:
        """Report an event of this session."""
        self.shared.report(kind, self.address, detail, auth_user)
