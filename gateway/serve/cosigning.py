"""Process that gets the log's checkpoints cosigned by witnesses (`audit.witnesses`); mail and log never wait for it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Final

from gateway.audit.cosign import Cosigning, LogSource, Witness
from gateway.audit.notes import COSIGNATURE, VerifierKey
from gateway.config.sections import Configuration
from gateway.errors import UserError
from gateway.system.supervised import SupervisedProcess, end_with
from gateway.system.trouble import Pipe, Reporter, Trouble
from gateway.texts.catalogue import both

_ROUND_S: Final = 5.0


def witnesses_of(configuration: Configuration) -> tuple[Witness, ...]:
    """Return the witnesses of a configuration; UserError when a key is not a witness key."""
    found = []
    for number, section in enumerate(configuration.audit.witnesses):
        with configuration.at("audit", "witnesses", number, "key"):
            try:
                key = VerifierKey.parse(section.key)
            except ValueError:
                key = None
            if key is None or key.kind != COSIGNATURE:
                raise UserError(both("audit", "witness", "no_key"))
            found.append(Witness(section.url, key))
    return tuple(found)


class CosigningProcess(SupervisedProcess):
    """Owned by the supervisor."""

    def __init__(self, configuration: Configuration, reports: Pipe, release: Callable[[], None]) -> None:
        """Prepare; `release` closes, in the new process, what belongs to others."""
        super().__init__("gateway-cosign", self._serve)
        self._witnesses = witnesses_of(configuration)
        self._source = LogSource(configuration.data)
        self._reports = reports
        self._release = release
        self._parent = os.getpid()

    def close(self) -> None:
        """End the process; its appends are atomic."""
        self.end(signal.SIGKILL)

    def _serve(self) -> None:
        end_with(self._parent)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # sent to the group; the supervisor ends us last
            signal.signal(number, signal.SIG_IGN)
        self._release()
        cosigning, reporter = Cosigning(self._witnesses, self._source), Reporter(self._reports, "gateway-cosign")
        reporter.begin(Trouble.WITNESS)
        while True:
            if faults := cosigning.round():
                reporter.happened(Trouble.WITNESS, "; ".join(faults), mails=0)
            else:
                reporter.over(Trouble.WITNESS)
            time.sleep(_ROUND_S)
