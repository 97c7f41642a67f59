"""Operations on the hold store, shared by the console, the commands and the steward's timer.

Decisions are in the book of requests, outcomes in the audit log. `tend` reconciles both with the files, and so recovers
from any crash: an approved mail is sent, a refused one is removed, an interrupted delivery is concluded, and an overdue
mail expires.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from gateway.audit import record as r
from gateway.audit.query import AuditReader
from gateway.audit.store import Folder
from gateway.config.sections import Configuration
from gateway.errors import GatewayError
from gateway.hold.release import Write, release
from gateway.hold.seal import identity_of, unseal
from gateway.hold.state import GONE, KEPT, HeldMail, HoldState, look_up
from gateway.hold.store import WAIT_S, HoldStore, InUseError, SealedFile
from gateway.hold.way import WayOut
from gateway.steward.requests.book import RequestBook
from gateway.steward.requests.request import Request, State, Step, owners_of
from gateway.texts.catalogue import both

_LOG = logging.getLogger("gateway.steward")
_BY_STATE: Final = {
    HoldState.RELEASING: State.RELEASING, HoldState.RELEASED: State.RELEASED, HoldState.FAILED: State.FAILED,
    HoldState.UNKNOWN: State.UNKNOWN, HoldState.RETURNED: State.RETURNED, HoldState.EXPIRED: State.EXPIRED,
}  # fmt: skip
_ENDED: Final = {State.REFUSED, State.WITHDRAWN, State.REVOKED}
"""Decisions not to send."""


@dataclass(frozen=True, kw_only=True)
class Ways:
    """Side effects: audit log and outbound server."""

    write: Write
    recover: Callable[[], None]
    """Concludes mails left open by ended processes."""
    out: WayOut


class Holds:
    """The hold store of one process; thread-safe."""

    def __init__(
        self,
        configuration: Configuration,
        requests: RequestBook,
        ways: Ways,
        *,
        clock: Callable[[], float],
        patience_s: float = 3600.0,
    ) -> None:
        """A mail expires only when found overdue for `patience_s` of monotonic time: the clock may be wrong for a while."""
        self._configuration = configuration
        self._requests = requests
        self._ways = ways
        self._clock = clock
        self._patience_s = patience_s
        self._too_old: dict[str, float] = {}
        """Monotonic time at which a mail was first found overdue, by reference."""
        self._tending = threading.Lock()
        self.store = HoldStore(configuration.data)

    def look(self, reference: str) -> HeldMail | None:
        """Return a held mail in its current state; None for an unknown reference."""
        with self._reading() as reader:
            return look_up(reader, reference)

    def _reading(self) -> AuditReader:
        return AuditReader.open(self._configuration.data)

    @contextmanager
    def leased(self, reference: str) -> Iterator[HeldMail]:
        """Take the lease on a mail; InUseError when it stays taken, FileNotFoundError when the mail is no longer held."""
        with self.store.lease(reference, wait_s=WAIT_S):
            if self.store.is_from_backup():
                raise InUseError(reference)
            held = self.look(reference)
            if held is None or held.state in GONE | {HoldState.PENDING}:
                raise FileNotFoundError(reference)
            yield held

    def octets(self, held: HeldMail) -> bytes:
        """Decrypt a mail, as it will be sent. SealBrokenError, UserError, OSError."""
        return unseal(self.store.read(held.reference), self._identity(), octets_sha256=held.held.octets)

    def release(self, held: HeldMail, by: str) -> r.Outcome:
        """Send an approved mail; the caller holds the lease. As `gateway.hold.release`."""
        outcome = release(
            held,
            store=self.store,
            identity=self._identity(),
            way=self._ways.out,
            write=self._ways.write,
            by=by,
            folder=Folder(self._configuration.data),
        )
        self._settled(held, outcome.delivery)
        return outcome

    def end(self, held: HeldMail, delivery: r.Delivery) -> None:
        """End a mail without sending: recorded, then removed; the caller holds the lease."""
        self._ways.write(r.Outcome(id=held.reference, delivery=delivery), None)
        self.store.remove(held.reference)
        self._settled(held, delivery)

    def request(self, reference: str) -> Request | None:
        """Return the request of a held mail with its state from decisions and log; None without one."""
        kept = self._requests.find(reference)
        return self.as_it_is(kept) if kept is not None else None

    def as_it_is(self, kept: Request) -> Request:
        """Return the request of a held mail with its state from the log."""
        if kept.state in {*_ENDED, State.RELEASED, State.RETURNED, State.EXPIRED}:
            return kept
        held = self.look(kept.reference)
        state = _BY_STATE.get(held.state) if held is not None else None
        if state is State.UNKNOWN and kept.taken(Step.APPROVE) is None:  # out of a backup: two persons still decide
            return kept
        return replace(kept, state=state) if state is not None else kept

    def adopt(self) -> tuple[SealedFile, ...]:
        """Add each held mail without a request to the book of requests; return all sealed files."""
        files = self.store.files()
        for file in files:
            if self._requests.find(file.reference) is None:
                held = self.look(file.reference)
                if held is not None and held.state is HoldState.HELD:
                    self._requests.adopt(_request_of(held))
        return files

    def tend(self) -> None:
        """Reconcile the whole store once. Serialised; GatewayError and OSError are logged."""
        with self._tending:
            try:
                self.store.clear_parts()
                files = self.adopt()
                if self.store.is_from_backup():
                    self._take_over(files)
                if not files:
                    return
                with self._reading() as reader:
                    for file in files:
                        self._tend_one(reader, file)
            except (GatewayError, OSError) as error:
                _LOG.error("%s", both("hold", "say", "not_tended", reference="-", reason=error))

    def _take_over(self, files: tuple[SealedFile, ...]) -> None:
        """Mails restored from a backup may have been sent after it was made: they become *unknown*."""
        self._ways.recover()
        with self._reading() as reader:
            for file in files:
                held, kept = look_up(reader, file.reference), self._requests.find(file.reference)
                ended = kept is not None and kept.state in _ENDED
                if held is not None and held.state in KEPT - {HoldState.UNKNOWN} and not ended:
                    self._ways.write(r.Release(id=held.reference, by="gateway"), None)
                    text = both("hold", "say", "from_backup")
                    self._ways.write(r.Outcome(id=held.reference, delivery=r.Delivery.UNKNOWN, text=text), None)
        self.store.take_over()

    def _tend_one(self, reader: AuditReader, file: SealedFile) -> None:
        """Reconcile one mail unless its lease is taken; an error is logged and does not stop the others."""
        try:
            with suppress(InUseError, FileNotFoundError), self.store.lease(file.reference):
                self._tend(reader, file)
        except (GatewayError, OSError) as error:
            _LOG.error("%s", both("hold", "say", "not_tended", reference=file.reference, reason=error))

    def _tend(self, reader: AuditReader, file: SealedFile) -> None:
        """Reconcile one mail; the caller holds the lease."""
        held = look_up(reader, file.reference)
        if held is not None and held.state in {HoldState.PENDING, HoldState.RELEASING}:
            self._ways.recover()  # its process has ended: we hold the lease
            held = look_up(reader, file.reference)
        if held is None:  # crash between file and record, or a restored older log
            if self._clock() > file.time + self._configuration.hold.days * 86_400:
                self.store.remove(file.reference)
            return
        kept = self._requests.find(held.reference)
        if held.state in GONE:
            self.store.remove(held.reference)
            if held.outcome is not None:
                self._settled(held, held.outcome.delivery)
        elif held.state is HoldState.HELD and kept is not None and kept.state in _ENDED:
            self.end(held, r.Delivery.HOLD_REFUSED)
        elif self._is_too_old(held):
            self.end(held, r.Delivery.HOLD_EXPIRED)
        elif held.state is HoldState.HELD and kept is not None and kept.state is State.APPROVED:
            approved = kept.taken(Step.APPROVE)
            self.release(held, approved.who if approved is not None else "")

    def _is_too_old(self, held: HeldMail) -> bool:
        if self._clock() < held.until.timestamp():
            self._too_old.pop(held.reference, None)
            return False
        now = time.monotonic()
        return now - self._too_old.setdefault(held.reference, now) >= self._patience_s

    def _identity(self) -> object:
        assert self._configuration.hold.identity is not None  # required by the configuration beside `release`
        return identity_of(self._configuration.hold.identity)

    def _settled(self, held: HeldMail, delivery: r.Delivery) -> None:
        """Copy a final outcome into the book of requests, so that lists need no log lookup."""
        state = {
            r.Delivery.RELAYED: State.RELEASED,
            r.Delivery.UPSTREAM_REFUSED: State.RETURNED,
            r.Delivery.HOLD_EXPIRED: State.EXPIRED,
        }.get(delivery)
        if state is not None:
            self._requests.change(held.reference, lambda kept: replace(kept, state=state))


def _request_of(held: HeldMail) -> Request:
    mail = held.mail
    held_for = [one for one in mail.findings if one.effective == "hold"]
    return Request(
        id=held.reference,
        reference=held.reference,
        opened_by=mail.session.login or "",
        opened=int(held.since.timestamp()),
        reason="",
        owners=owners_of(mail),
        unit=mail.unit or "",
        rules=tuple(dict.fromkeys((one.policy, one.rule, one.code) for one in held_for)),
        held=True,
        until=int(held.until.timestamp()),
    )
