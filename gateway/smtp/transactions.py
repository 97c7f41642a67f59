"""Mail transactions of one session: MAIL, RCPT, DATA (RFC 5321 §3.3).

state                       owner of the next-hop connection
no transaction, no AUTH     the pool (`NextHop`)
after AUTH                  this session, until it ends
MAIL accepted               this session
final dot seen              this session; a disconnecting client does not end it before the reply
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from gateway.errors import TemporaryError
from gateway.model import Envelope, RefusedContent, Reply, Transaction
from gateway.model.reference import make_reference
from gateway.nexthop.connection import Connection
from gateway.nexthop.failures import HopFailedError
from gateway.nexthop.replies import Capabilities, HopReply
from gateway.smtp.client import ClientGoneError
from gateway.smtp.content_rules import refusal
from gateway.smtp.dialogue import Dialogue
from gateway.smtp.engine import EventKind
from gateway.smtp.grammar import CommandError, PathCommand, decode_line, parameters_for, parse_mail, parse_rcpt
from gateway.smtp.reception import CutOffError, Reception
from gateway.smtp.standing import Standing
from gateway.smtp.transfer import LiveRelay, Mail, run_engine
from gateway.spool import Spool
from gateway.system.logs import about_mail
from gateway.vietnamese.addresses import normal_form

_GO_AHEAD = b"354 End data with <CR><LF>.<CR><LF>\r\n"


class OpenMail:
    """The open transaction: MAIL and the accepted RCPTs."""

    def __init__(self, command: PathCommand, connection: Connection) -> None:
        self.reference = make_reference()
        self.command = command
        self.connection = connection
        self.smtputf8 = command.has("SMTPUTF8")
        self.declared_bytes = int(command.value("SIZE") or 0)
        self.recipients: list[PathCommand] = []
        self.broken: Reply | None = None
        """Set when the next hop was lost: the reply to every further RCPT and DATA."""

    def envelope(self, recipients: list[PathCommand]) -> Envelope:
        """Return the envelope with these recipients."""
        return Envelope(
            reverse_path=self.command.path,
            forward_paths=tuple([recipient.path for recipient in recipients]),
            mail_parameters=self.command.raw_parameters,
            rcpt_parameters=tuple([recipient.raw_parameters for recipient in recipients]),
        )


class Transactions:
    """Successive transactions of one session."""

    def __init__(self, dialogue: Dialogue, standing: Standing) -> None:
        self.connection: Connection | None = None
        """Authenticated next-hop connection of this session."""
        self._dialogue = dialogue
        self._standing = standing
        self._shared = dialogue.shared
        self._limits = dialogue.shared.settings.limits
        self._mail: OpenMail | None = None

    @property
    def open(self) -> bool:
        """Return whether MAIL was accepted and the transaction has not ended."""
        return self._mail is not None

    def size_limit(self, capabilities: Capabilities | None) -> int:
        """Return the size limit: the lower of the gateway's and the next hop's."""
        theirs = capabilities.size_bytes if capabilities is not None else 0
        return min(theirs, self._limits.message_bytes) if theirs else self._limits.message_bytes

    def end(self) -> None:
        """End the transaction; its connection returns to the pool, or stays with an authenticated session."""
        mail, self._mail = self._mail, None
        self._dialogue.smtputf8 = False
        if mail is not None and mail.connection is not self.connection:
            self._shared.hop.recycle(mail.connection)

    def leave(self) -> None:
        """Release everything when the session ends."""
        self.end()
        if self.connection is not None:
            self._shared.hop.recycle(self.connection)
            self.connection = None

    async def mail(self, argument: bytes) -> None:
        """MAIL: relayed, the reply is the next hop's."""
        self._standing.check_may_send()
        if self._mail is not None:
            raise CommandError(503, "5.5.1", "nested_mail")
        command = parse_mail(decode_line(argument))
        self._standing.check_path(command, smtputf8=command.has("SMTPUTF8"))
        limit = self.size_limit(self._shared.hop.last_capabilities)
        if int(command.value("SIZE") or 0) > limit:
            await self._refuse_declared_size(command, limit)
            return
        if not self._shared.condition.has_room(int(command.value("SIZE") or 0)):
            self._dialogue.refuse(452, "4.3.1", "no_room")
            return

        def line(capabilities: Capabilities) -> bytes:
            return f"MAIL FROM:<{command.path}>{parameters_for(command, capabilities.keywords)}".encode()

        if self.connection is None:
            connection, reply = await self._shared.hop.mail(line)
        else:
            connection, reply = self.connection, await self._mail_on_own_connection(self.connection, line)
        if reply.positive:
            self._mail = OpenMail(command, connection)
            self._dialogue.smtputf8 = self._mail.smtputf8
        elif connection is not self.connection:
            self._shared.hop.recycle(connection)
        self._dialogue.pass_on(reply)

    async def rcpt(self, argument: bytes) -> None:
        """RCPT: judged here, then relayed; the reply is the next hop's."""
        self._standing.check_may_send()
        mail = self._mail
        if mail is None:
            raise CommandError(503, "5.5.1", "mail_first")
        command = parse_rcpt(decode_line(argument))
        self._standing.check_path(command, smtputf8=mail.smtputf8)
        limit = self._limits.recipients
        if len(mail.recipients) >= limit:
            self._dialogue.refuse(452, "4.5.3", "too_many_recipients", limit=limit)
            return
        if mail.broken is not None:
            self._dialogue.say(mail.broken)
            return
        if (key := self._check_refusal(mail, command)) is not None:
            if key:
                self._dialogue.refuse(550, "5.7.1", key)
                return
            mail.recipients.append(command)
            self._dialogue.refuse(250, "2.1.5", "recipient_ok")
            return
        parameters = parameters_for(command, mail.connection.capabilities.keywords)
        refusal = await self._shared.engine.judge_recipient(self._standing.model(), mail.envelope([command]))
        if refusal is not None:
            self._dialogue.say(refusal)
            return
        try:
            reply = await mail.connection.ask(f"RCPT TO:<{command.path}>{parameters}".encode())
        except HopFailedError as failure:
            mail.broken = self._shared.hop_failed(failure, self._dialogue.address, self._dialogue.texts)
            self._dialogue.say(mail.broken)
            return
        if reply.positive:
            mail.recipients.append(command)
        self._dialogue.pass_on(reply)

    def _check_refusal(self, mail: OpenMail, command: PathCommand) -> str | None:
        """Return the text key of a refusal by the self-check rules; empty for that mailbox, None for others."""
        if not self._shared.settings.check_address:
            return None
        wanted = normal_form(self._shared.settings.check_address)
        is_it = normal_form(command.path) == wanted
        if is_it and self._standing.auth_user is None:
            return "check_login"
        if mail.recipients and (is_it or normal_form(mail.recipients[0].path) == wanted):
            return "check_alone"
        return "" if is_it else None

    async def data(self, argument: bytes) -> None:
        """DATA: receive the content, then reply with the engine's reply."""
        self._standing.check_may_send()
        if argument.strip():
            raise CommandError(501, "5.5.4", "no_argument")
        mail = self._mail
        if mail is None:
            raise CommandError(503, "5.5.1", "mail_first")
        if mail.broken is None and not mail.recipients:
            raise CommandError(503, "5.5.1", "rcpt_first")
        if self._dialogue.client.unasked:
            self._dialogue.end_early_talk()
        reply = mail.broken or await self._take_content(mail)
        self._dialogue.client.patience.within(self._limits.command_timeout_s)
        # Simple senders send QUIT together with the final dot; any other command there is not executed.
        early = not b"QUIT\r\n".startswith(self._dialogue.client.ahead.upper())
        try:
            self._dialogue.say(reply)
        finally:
            self.end()
        if early:
            self._dialogue.end_early_talk()

    async def _mail_on_own_connection(self, connection: Connection, line: Callable[[Capabilities], bytes]) -> HopReply:
        if not connection.usable:
            # AUTH cannot be replayed again, for the secret is not kept: the client must reconnect.
            self._dialogue.refuse(421, "4.4.2", "next_hop_lost")
        if connection.dirty:
            await connection.reset()
        reply = await connection.ask(line(connection.capabilities))
        connection.dirty = reply.positive
        return reply

    async def _take_content(self, mail: OpenMail) -> Reply:
        self._dialogue.client.write(_GO_AHEAD)
        spool = Spool(self._shared.settings.spool, self._shared.budget)
        capabilities = mail.connection.capabilities
        reception = Reception(
            self._dialogue.client,
            spool,
            self._shared,
            texts=self._dialogue.texts,
            reference=mail.reference,
            size_limit_bytes=self.size_limit(capabilities),
            declared_bytes=mail.declared_bytes or None,
        )
        try:
            refusal = await reception.receive(eight_bit_allowed="8BITMIME" in capabilities.keywords)
        except CutOffError as cut_off:
            self._dialogue.end(await self._refuse_content(mail, reception, cut_off.reply))
        except BaseException as error:
            spool.close()
            if isinstance(error, Exception) and not isinstance(error, ClientGoneError):
                self._dialogue.end(self._failed(mail.reference, error))  # the rest would be read as commands
            raise
        if refusal is not None:
            return await self._refuse_content(mail, reception, refusal)
        return await self._process(mail, spool)

    async def _refuse_declared_size(self, command: PathCommand, limit_bytes: int) -> None:
        """Refuse a MAIL whose SIZE exceeds the limit (RFC 1870 §6.1)."""
        reference, declared = make_reference(), int(command.value("SIZE") or 0)
        envelope = Envelope(reverse_path=command.path, mail_parameters=command.raw_parameters)
        reply = refusal(
            self._dialogue.texts, "too_big", reference=reference, limit_bytes=limit_bytes, size_bytes=declared
        )
        self._dialogue.say(await self._recorded(reference, envelope, "too_big", size_bytes=declared, reply=reply))

    async def _refuse_content(self, mail: OpenMail, reception: Reception, reply: Reply) -> Reply:
        """Record content refused at reception, and return the reply."""
        envelope, size_bytes = mail.envelope(mail.recipients), reception.size_bytes
        return await self._recorded(mail.reference, envelope, reception.refused_for, size_bytes=size_bytes, reply=reply)

    async def _recorded(self, reference: str, envelope: Envelope, rule: str, *, size_bytes: int, reply: Reply) -> Reply:
        """Record a refusal and return its reply; without a record, a temporary failure."""
        self._dialogue.report(EventKind.CONTENT_REFUSED, rule)
        session = self._standing.model()
        refused = RefusedContent(
            id=reference, session=session, envelope=envelope, rule=rule, size_bytes=size_bytes, reply=reply
        )
        try:
            await self._shared.engine.content_refused(refused)
        except Exception as error:  # noqa: BLE001  propagated, it would leave the session inside the content
            return self._failed(reference, error)
        return reply

    def _failed(self, reference: str, error: Exception) -> Reply:
        """Log a fault of the gateway and return its temporary failure."""
        self._shared.on_internal_error(reference, error)
        text = "temporary" if isinstance(error, TemporaryError) else "internal"
        return self._dialogue.texts.reply(451, "4.3.0", text, reference=reference)

    async def _process(self, mail: OpenMail, spool: Spool) -> Reply:
        """Have the engine judge and relay the mail, even if the client disconnects."""
        client, shared = self._dialogue.client, self._shared
        client.patience.off()
        transaction = Transaction(
            id=mail.reference,
            session=self._standing.model(),
            envelope=mail.envelope(mail.recipients),
            received_at=datetime.now(UTC),
            size_bytes=spool.size_bytes,
            sha256=spool.sha256,
        )
        work = Mail(transaction, spool, LiveRelay(mail.connection), client.loop.time())
        client.busy = True
        shared.running.add(client.finished)
        try:
            return await run_engine(shared, work)
        finally:
            shared.running.discard(client.finished)
            client.busy = False
            about_mail("", None)
