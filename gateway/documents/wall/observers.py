"""What has policies look at documents and observe mails, as the inspector sees it (`gateway.engine.walled`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Raw

from gateway.model import Document, Evidence, Observations


class Observers(Protocol):
    """The policies that read words of one mail."""

    def look(self, document: Document) -> tuple[Mapping[str, Raw], dict[str, str]]:
        """Return what each policy made of a document, and the faults; MemoryError and RecursionError go through."""

    def observe(self, evidence: Evidence, looks: Sequence[Mapping[str, Raw]], faults: dict[str, str]) -> Observations:
        """Return what each policy without a fault made of the mail."""
