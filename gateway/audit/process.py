"""Process of the log writer, started by the supervisor and replaced when it dies."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from socket import socket

from gateway.audit.installation import Known, Written
from gateway.audit.patient import PatientCommitter
from gateway.audit.service import AuditService
from gateway.system.door import DoorProcess
from gateway.system.heart import Heart
from gateway.system.processors import MailProcessors


def audit_process(
    data: Path,
    release: Callable[[], None],
    *,
    known: Known,
    people: Heart,
    facts_days: int | None = None,
    on_commit: Callable[[], None] = lambda: None,
) -> DoorProcess:
    """Prepare the process, which writes only the `known` log. It exits when the last front end has exited and the door is closed.

    So queued records survive their sender, and signals to the whole group do not end it too early.
    `on_commit` is called after each commit; `people` beats while people are at work, and the process then keeps off their processors.
    """
    written, heart = Written(known.records), Heart()

    def serve(inner: socket) -> None:
        # Records arrive one by one. If each preempted the front ends, each would get a commit of its own; so this process
        # waits for a free processor, as batch work does (sched(7)).
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        committer = PatientCommitter(data, known.key_id, written, facts_days=facts_days, on_commit=on_commit)
        processors = MailProcessors(people)

        def beat() -> None:
            heart.beat()
            processors.look()

        AuditService(committer, inner, beat).run()

    return DoorProcess("gateway-audit", serve, release, heart=heart)
