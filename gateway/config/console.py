"""The section `console` of `gateway.yaml`."""

from __future__ import annotations

from typing import Self

from pydantic import Field, field_validator, model_validator

from gateway.config.section import Section
from gateway.config.values import HostName, Network, Place, host_port, is_loopback
from gateway.texts.catalogue import both


class Console(Section):
    """The web console."""

    listen: str
    certificate: Place | None = None
    key: Place | None = None
    names: tuple[HostName, ...] = ()
    networks: tuple[Network, ...] = Field(default=("127.0.0.0/8", "::1/128"), min_length=1)
    policy_edit: bool = False
    url: str = Field(default="", pattern=r"^(https?://[^\s/]+/?)?$")

    @field_validator("listen")
    @classmethod
    def _place(cls, listen: str) -> str:
        if listen.startswith("systemd:"):
            if listen == "systemd:":
                raise ValueError(both("start", "config", "systemd"))
            return listen
        return host_port(listen)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.certificate is None) is not (self.key is None):
            missing = "certificate" if self.certificate is None else "key"
            raise ValueError(both("start", "config", "tls_pair", missing=missing))
        local = self.activated_by is None and is_loopback(self.listen)
        # The address of a systemd socket is known only at activation (`gateway.system.listening`).
        if self.certificate is None and self.activated_by is None and not local:
            raise ValueError(both("start", "config", "console_plain"))
        if not self.names and not local:
            raise ValueError(both("start", "config", "console_names"))
        return self

    @property
    def base(self) -> str:
        """Base URL of links in mails: `url`, else the first name and the port."""
        if self.url:
            return self.url.rstrip("/")
        if self.certificate is None and self.names:  # a reverse proxy terminates TLS, on its own port
            return f"https://{self.names[0]}"
        name, scheme = self.names[0] if self.names else "localhost", "http" if self.certificate is None else "https"
        port = self.listen.rpartition(":")[2] if self.activated_by is None else "443"
        return f"{scheme}://{name}" + (f":{port}" if port != "443" else "")

    @property
    def activated_by(self) -> str | None:
        """Name of the systemd socket, None for an address of its own."""
        return self.listen.removeprefix("systemd:") if self.listen.startswith("systemd:") else None
