"""The section `hold` of `gateway.yaml`: held mail (released by two persons) and its outgoing route."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from gateway.config.section import Section
from gateway.config.values import HostName, HostPort, Place, is_loopback
from gateway.model import NextHopTls
from gateway.texts.catalogue import both


class Way(Section):
    """Next hop of released mail: a server that accepts it from this gateway by login or by IP address."""

    address: HostPort
    tls: NextHopTls = NextHopTls.STARTTLS
    ca_file: Place | None = None
    server_name: HostName | None = None
    plaintext_allowed: bool = False
    login: str = ""
    password_file: Place | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.tls is NextHopTls.NONE and not (is_loopback(self.address) or self.plaintext_allowed):
            raise ValueError(both("start", "config", "plaintext"))
        if bool(self.login) is (self.password_file is None):
            raise ValueError(both("start", "config", "hold_login"))
        return self


class Hold(Section):
    """The hold store of the relay; off without `release`."""

    release: Way | None = None
    recipient: Annotated[str, Field(pattern=r"^(age1[02-9ac-hj-np-z]{58})?$")] = ""
    identity: Place | None = None
    days: int = Field(default=7, ge=1, le=30)
    bytes: int = Field(default=1 << 30, ge=1 << 20)
    mails: int = Field(default=500, ge=1, le=10_000)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.release is not None and not (self.recipient and self.identity):
            raise ValueError(both("start", "config", "hold_key"))
        return self
