"""Session state of a client and its permissions (RFC 6409 §4.3, RFC 3207 §4.2)."""

from __future__ import annotations

from gateway.model import FrontEnd, ListenerKind, Session
from gateway.smtp.grammar import CommandError, PathCommand
from gateway.smtp.settings import ListenerSettings


class Standing:
    """Session state of one client on one listener."""

    def __init__(self, listener: ListenerSettings) -> None:
        self.listener = listener
        self.authenticates = listener.kind is not ListenerKind.RELAY
        """Whether this listener requires AUTH."""
        self.address = ""
        self.allowed = False
        """The client's address is in an allowed network of a relay listener."""
        self.tls: str | None = None
        self.helo: str | None = None
        self.extended = False
        """The client sent EHLO."""
        self.auth_user: str | None = None
        self._model: Session | None = None

    @property
    def encrypted_enough(self) -> bool:
        """Return whether the connection is encrypted as AUTH and MAIL require."""
        return self.tls is not None or self.listener.auth_without_tls

    def greeted(self, name: str, *, extended: bool) -> None:
        """Record EHLO or HELO."""
        self.helo = name
        self.extended = extended
        self._model = None

    def encrypted(self, tls: str | None) -> None:
        """Record the TLS handshake; earlier state is discarded."""
        self.tls = tls
        self.helo = self.auth_user = None
        self.extended = False
        self._model = None

    def logged_in(self, login: str) -> None:
        """Record a login accepted by the next hop."""
        self.auth_user = login
        self._model = None

    def check_may_send(self) -> None:
        """Raise CommandError unless the client may send mail."""
        if self.helo is None:
            raise CommandError(503, "5.5.1", "helo_first")
        if not self.authenticates:
            if not self.allowed:
                raise CommandError(550, "5.7.1", "not_allowed")
        elif not self.encrypted_enough:
            raise CommandError(530, "5.7.0", "starttls_first")
        elif self.auth_user is None:
            raise CommandError(530, "5.7.0", "auth_required")

    def check_path(self, command: PathCommand, *, smtputf8: bool) -> None:
        """Raise CommandError when a path or parameter needs an extension that was not negotiated."""
        if not self.extended and command.parameters:
            raise CommandError(555, "5.5.4", "unknown_parameter")
        if not smtputf8 and not (command.path.isascii() and all(p.raw.isascii() for p in command.parameters)):
            raise CommandError(553, "5.6.7", "needs_smtputf8")

    def model(self) -> Session:
        """Return the session as policies see it."""
        if self._model is None:
            self._model = Session(
                front_end=FrontEnd.SUBMISSION if self.authenticates else FrontEnd.RELAY,
                client_address=self.address,
                helo=self.helo,
                tls=self.tls,
                auth_user=self.auth_user,
                languages=self.listener.languages,
            )
        return self._model
