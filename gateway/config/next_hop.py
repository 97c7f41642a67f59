"""The section `next_hop` of `gateway.yaml`."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from gateway.config.section import Section
from gateway.config.values import LONGEST_S, HostName, HostPort, Place, is_loopback
from gateway.errors import PlacedError
from gateway.model import NextHopTls
from gateway.texts.catalogue import both


class OtherHop(Section):
    """One more address of the city's mail server."""

    address: HostPort
    weight: int = Field(default=1, ge=1, le=100)


class NextHop(Section):
    """The city's mail server."""

    address: HostPort = "127.0.0.1:2526"
    weight: int = Field(default=1, ge=1, le=100)
    others: tuple[OtherHop, ...] = Field(default=(), max_length=16)
    tls: NextHopTls = NextHopTls.STARTTLS
    ca_file: Place | None = None
    plaintext_allowed: bool = False
    connect_timeout_s: float = Field(default=10, gt=0, le=LONGEST_S)
    reply_timeout_s: float = Field(default=30, gt=0, le=LONGEST_S)
    connections: int = Field(default=200, ge=1)
    server_name: HostName | None = None
    final_reply_timeout_s: float = Field(default=600, gt=0, le=LONGEST_S)
    required_at_start: bool = True

    @property
    def addresses(self) -> tuple[str, ...]:
        """All addresses, `address` first."""
        return (self.address, *(one.address for one in self.others))

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.tls is NextHopTls.NONE and not (all(map(is_loopback, self.addresses)) or self.plaintext_allowed):
            raise ValueError(both("start", "config", "plaintext"))
        for number, address in enumerate(self.addresses):
            if address in self.addresses[:number]:
                raise PlacedError(
                    both("start", "config", "listed_twice", value=address), "others", number - 1, "address"
                )
        return self
