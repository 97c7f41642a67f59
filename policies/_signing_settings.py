"""Settings of the policy on signed documents."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from policies._senders import DEFAULT_DOMAINS, OfficialDomain, Pattern

_OWN: Final = (
    "Ủy ban nhân dân quận Bình Tân",
    "UBND quận Bình Tân",
    "Văn phòng Ủy ban nhân dân quận Bình Tân",
    "Văn phòng Hội đồng nhân dân và Ủy ban nhân dân quận Bình Tân",
    "Hội đồng nhân dân quận Bình Tân",
    "Ủy ban nhân dân phường Bình Tân",
    "UBND phường Bình Tân",
)


class Settings(BaseModel):
    """Settings of the policy; what a finding costs is set by `rules` of the policy file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    paper_copy_header: str = "X-Paper-Copy"
    paper_copy_subject: tuple[str, ...] = ("[bản giấy]",)
    paper_copy_line: tuple[str, ...] = ("Bản giấy:",)
    official_domains: tuple[OfficialDomain, ...] = Field(default=DEFAULT_DOMAINS, min_length=1)
    personal_forms: tuple[Pattern, ...] = (r".+\.[a-z0-9]+\.bt",)
    accept_signed_pdf_twin: bool = True
    require_both_signatures: bool = False
    working_files_too: bool = False
    own_organisations: tuple[str, ...] = _OWN
    own_tax_ids: tuple[str, ...] = ()
