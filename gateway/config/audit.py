"""The section `audit` of `gateway.yaml`: retention, installation marker, witnesses."""

from __future__ import annotations

from pydantic import Field

from gateway.config.section import Section
from gateway.config.values import Place


class Witness(Section):
    """A witness that cosigns our checkpoints (C2SP tlog-witness)."""

    url: str = Field(pattern=r"^https?://[^/\s?#]+[^\s?#]*$")
    key: str = Field(pattern=r"^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$")


class Audit(Section):
    """The audit log."""

    facts_days: int = Field(default=90, ge=0, le=3660)
    marker: Place | None = None
    installation: str = Field(default="", pattern=r"^([0-9a-f]{8})?$")
    witnesses: tuple[Witness, ...] = ()
