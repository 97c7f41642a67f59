"""Observation by policies in the child that reads a mail: each document as it is read, then the whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from msgspec import Raw, structs

from gateway.documents.wall.merge import Merger
from gateway.documents.wall.wire import InspectionRequest, Result, Turn
from gateway.model import Document, Evidence, Observations, ReadStatus


class Observers(Protocol):
    """The policies that read words of one mail (`gateway.engine.walled`)."""

    on_turn: Callable[[str], None]
    """Gets the name of each policy before it runs."""

    def look(self, document: Document) -> tuple[Mapping[str, Raw], dict[str, str]]:
        """Return what each policy made of a document, and the faults; MemoryError and RecursionError go through."""

    def observe(self, evidence: Evidence, looks: Sequence[Mapping[str, Raw]], faults: dict[str, str]) -> Observations:
        """Return what each policy without a fault made of the mail."""


class Observed:
    """Knowledge of one mail so far, with its observations."""

    def __init__(self, request: InspectionRequest, observers: Observers, emit: Callable[[Turn], None]) -> None:
        self._request = request
        self._observers = observers
        observers.on_turn = lambda name: emit(Turn(name))
        self._merger = Merger(request.root)
        for result in request.known:
            self._merger.take(result)
        self._whole = any(one.whole for one in request.observers)
        """All words of the mail are wanted together, so what an earlier child has read is read again."""
        self.unread = {result.part.path for result in request.known} - set(request.lost) if self._whole else set()
        """Paths that an observer would miss."""

    def take(self, result: Result, *, again: bool) -> Result:
        """Have observers look at what was found in a part; return what leaves the child. `again`: it was reported before."""
        result = self._looked(result)
        bare = structs.replace(result, documents=tuple(structs.replace(one, runs=()) for one in result.documents))
        if not again:
            self._merger.take(result if self._whole else bare)
        elif result.part.path in self.unread:
            self.unread.discard(result.part.path)
            self._merger.reread(result)
        return bare

    def observations(self) -> Observations:
        """Have observers look at the whole mail."""
        evidence, merger = self._request.evidence, self._merger
        assert evidence is not None
        assert evidence.message is not None
        faults = merger.faults
        if self.unread:
            faults |= {one.name: "words of a part are lost" for one in self._request.observers if one.whole}
        mail = structs.replace(
            evidence,
            message=structs.replace(evidence.message, root=merger.tree()),
            documents=merger.documents,
            signatures=merger.signatures,
        )
        return self._observers.observe(mail, merger.looks, faults)

    def _looked(self, result: Result) -> Result:
        """Return a result with what observers made of each document; what exceeds their limits is *cannot tell*."""
        looks: list[dict[str, Raw]] = []
        documents: list[Document] = []
        faults: dict[str, str] = {}
        for document in result.documents:
            try:
                found, failed = self._observers.look(document)
            except (MemoryError, RecursionError) as error:
                reason = "memory" if isinstance(error, MemoryError) else "nesting"
                document = structs.replace(document, runs=(), status=ReadStatus.LIMIT, reason=reason)  # noqa: PLW2901
                found, failed = self._observers.look(document)
            looks.append(dict(found))
            documents.append(document)
            faults |= failed
        return structs.replace(result, documents=tuple(documents), looks=tuple(looks), faults=faults)
