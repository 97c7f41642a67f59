"""Section `inspection` of gateway.yaml."""

from __future__ import annotations

from pydantic import Field

from gateway.config.section import Section
from gateway.config.values import LONGEST_S


class Cache(Section):
    """In-memory cache of attachment readings, for repeated attachments."""

    bytes: int = Field(default=64 << 20, ge=0, le=1 << 34)
    age_s: float = Field(default=3600, gt=0, le=LONGEST_S)


class Inspection(Section):
    """The child processes that read documents."""

    children: int | None = Field(default=None, ge=1)
    memory_bytes: int = Field(default=1 << 30, ge=256 << 20)
    cpu_s: float = Field(default=120, gt=0, le=LONGEST_S)
    part_cpu_s: float = Field(default=10, gt=0, le=LONGEST_S)
    mib_cpu_s: float = Field(default=1, ge=0, le=LONGEST_S)
    page_cpu_s: float = Field(default=2, ge=0, le=LONGEST_S)
    produced_bytes: int = Field(default=256 << 20, ge=1 << 20)
    files: int = Field(default=2000, ge=1)
    depth: int = Field(default=10, ge=1)
    require_sandbox: bool = True
    behind_bytes: int = Field(default=64 << 20, ge=0)
    behind_s: float = Field(default=600, ge=0, le=LONGEST_S)
    cache: Cache = Cache()
