"""The section `reports` of `gateway.yaml`: monthly reports, their mailing and ranking weights."""

from __future__ import annotations

from pydantic import Field

from gateway.config.section import Section
from gateway.config.values import OptionalMailbox


class ReportWeights(Section):
    """Weight of each share in the ranking of units."""

    active: int = Field(default=40, ge=0, le=1000)
    signed: int = Field(default=40, ge=0, le=1000)
    first_pass: int = Field(default=20, ge=0, le=1000)


class Reports(Section):
    """Monthly reports (Điều 10 to 12)."""

    weights: ReportWeights = ReportWeights()
    least_mailboxes: int = Field(default=5, ge=1, le=10_000)
    send: bool = False
    office: OptionalMailbox = ""
