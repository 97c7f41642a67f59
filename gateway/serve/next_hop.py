"""Check at the start that the next hop is reachable and can accept mail."""

from __future__ import annotations

import logging
import socket
import time

from gateway.config.sections import Configuration
from gateway.errors import UserError
from gateway.model import ListenerKind
from gateway.nexthop.probe import Fitness, probe
from gateway.nexthop.settings import NextHopSettings
from gateway.serve.app import next_hop_settings
from gateway.texts.catalogue import both, reasons

_LOG = logging.getLogger("gateway.serve.supervisor")
_NEXT_HOP_WAIT_S = 5.0


def needed_at_start(configuration: Configuration) -> bool:
    """Return whether a start waits for the next hop: behind a milter it takes only notices."""
    relays = any(item.kind is not ListenerKind.MILTER for item in configuration.listeners)
    return configuration.next_hop.required_at_start and relays


def expect_next_hop(configuration: Configuration) -> None:
    """Raise UserError when the next hop is unreachable for a few seconds, or can never accept mail."""
    if not needed_at_start(configuration):
        return
    with configuration.at("next_hop", "address"):
        _await_next_hop(configuration)


def _await_next_hop(configuration: Configuration) -> None:
    section = configuration.next_hop
    end, problem = time.monotonic() + _NEXT_HOP_WAIT_S, ("", "")
    while True:
        unfit: list[UserError] = []
        for settings in next_hop_settings(configuration).each():
            try:
                socket.create_connection((settings.host, settings.port), timeout=_NEXT_HOP_WAIT_S).close()
                _greet(settings)
            except OSError as error:
                problem = reasons(error)
            except UserError as error:
                unfit.append(error)
            else:
                for fault in unfit:
                    _LOG.warning("%s", fault)
                return
        if unfit:
            raise unfit[0]
        if time.monotonic() >= end:
            raise UserError(both("start", "next_hop", "silent", address=", ".join(section.addresses), reason=problem))
        time.sleep(0.25)


def _greet(settings: NextHopSettings) -> None:
    """Raise UserError when a reachable address can never accept mail."""
    found = probe(settings, timeout_s=_NEXT_HOP_WAIT_S)
    address = f"{settings.host}:{settings.port}"
    words = both("start", "next_hop", found.fitness.value, address=address, reason=found.reason)
    match found.fitness:
        case Fitness.TLS | Fitness.NO_SMTP:
            raise UserError(words)
        case Fitness.SILENT | Fitness.REFUSED | Fitness.REJECTED:  # reachable; it may accept mail later
            _LOG.warning("%s", words)
        case Fitness.GOOD:
            pass
