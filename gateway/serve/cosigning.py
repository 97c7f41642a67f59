"""Process that gets the log's checkpoints cosigned by witnesses (`audit.witnesses`); mail and log never wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from gateway.audit.cosign import Cosigning, LogSource, Witness
from gateway.audit.notes import COSIGNATURE, VerifierKey
from gateway.config.sections import Configuration
from gateway.errors import UserError
from gateway.system.supervised import AsideProcess
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


def cosigning_process(configuration: Configuration, reports: Pipe, release: Callable[[], None]) -> AsideProcess:
    """Prepare the process, whose writes are atomic; `release` closes, in it, what belongs to others."""
    cosigning = Cosigning(witnesses_of(configuration), LogSource(configuration.data))

    def serve() -> None:
        reporter = Reporter(reports, "gateway-cosign")
        reporter.begin(Trouble.WITNESS)
        while True:
            reporter.state(Trouble.WITNESS, "; ".join(cosigning.round()))
            time.sleep(_ROUND_S)

    return AsideProcess("gateway-cosign", serve, release)
