"""Collects the findings of one part while it is read; an exception of a reader becomes a document."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import structs

from gateway.documents.readers import registry
from gateway.documents.readers.base import Member, ReadError
from gateway.model import ActiveContent, Document, Part, ReadStatus, Run, Signature


class PartLook:
    """Result of looking at one part."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.documents: list[Document] = []
        self.members: list[Member] = []
        self.signatures: list[Signature] = []

    def document(self, kind: str, status: ReadStatus = ReadStatus.OK, reason: str = "") -> Document:
        """Make a document of this part."""
        return Document(part=self.part.path, filename=self.part.filename, format=kind, status=status, reason=reason)

    def fail(self, status: ReadStatus, reason: str, kind: str, runs: tuple[Run, ...] = ()) -> None:
        """Note that something of this part could not be read; `runs` are the words of it that are known all the same."""
        kind = registry.format_of(kind or self.part.detected_type or "unknown")
        self.documents.append(structs.replace(self.document(kind, status, reason), runs=runs))

    def tell(self, active: tuple[ActiveContent, ...]) -> None:
        """Put what name and type say wrongly into the first document."""
        if active and self.documents:
            first = self.documents[0]
            self.documents[0] = structs.replace(first, active_content=(*first.active_content, *active))

    def check_zip(self, problems: tuple[str, ...]) -> None:
        """Note structural problems of a zip that a document reader opens."""
        if problems:
            self.fail(ReadStatus.MALFORMED, problems[0], "zip")

    def guarded(self, work: Callable[[], None], kind: str) -> None:
        """Run one step of the look; any exception becomes a document, so that there is always at least one."""
        try:
            work()
        except ReadError as error:
            self.fail(error.status, error.reason, kind)
        except MemoryError:
            self.fail(ReadStatus.LIMIT, "memory", kind)
        except RecursionError:
            self.fail(ReadStatus.LIMIT, "nesting", kind)
        except Exception as error:  # noqa: BLE001 - the library wall of all readers
            # Parsers raise more than they document on hostile input. The type is
            # enough to find the place; the text of an exception may hold content and stays here.
            self.fail(ReadStatus.MALFORMED, f"error:{type(error).__name__}", kind)
        if not self.documents:
            self.fail(ReadStatus.UNSUPPORTED, "no-document", kind)
