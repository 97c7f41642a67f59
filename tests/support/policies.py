"""One policy module on one mail, without an engine around it."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

from msgspec import structs

from gateway.model import Evidence, Facts, Finding, wordless


def findings(policy: ModuleType, evidence: Evidence, settings: Any = None) -> Iterator[Finding]:
    """Have a policy observe a mail and judge what is left of it without words."""
    settings = settings if settings is not None else policy.Settings()
    observe = getattr(policy, "observe", None)
    seen = observe(evidence, settings) if observe is not None and evidence.message is not None else None
    bare = wordless(evidence)
    fields = {field.name: getattr(bare, field.name) for field in structs.fields(Evidence)}
    return iter(policy.judge(Facts(**fields, seen=seen), settings))
