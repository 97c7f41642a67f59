"""Facts that policies judge: the evidence of a mail without text, and each policy's observation.

A policy reads the words of a document in `look(document, settings)` and those of the header in `observe(mail, settings)`;
what they return keeps none but short quotes for people. Both run behind the wall (docs/decisions/0021). `judge(facts,
settings)` sees neither words nor clock. So facts can be kept and judged again under other settings (docs/decisions/0013),
and the judgement of a mail and its replay are one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, TypeVar

from msgspec import Raw, Struct, structs

from gateway.model.document import Document
from gateway.model.evidence import Evidence
from gateway.model.mail import Envelope, HeaderField, Message, Part, Session
from gateway.model.signature import Signature
from gateway.model.verdict import Finding

Look = TypeVar("Look")
Observation = TypeVar("Observation")


class Looked(Struct, Generic[Look], frozen=True, kw_only=True, dict=True):
    """A mail as `observe` gets it: header fields with their words, documents without, and what `look` made of each."""

    now: datetime
    session: Session
    envelope: Envelope
    message: Message
    documents: tuple[Document, ...]
    signatures: tuple[Signature, ...]
    look: Callable[[], tuple[Look, ...]]

    @cached_property
    def looks(self) -> tuple[Look, ...]:
        """Observations of each document, in their order; nothing is observed before this is asked for."""
        return self.look()


class Observer(Struct, frozen=True, kw_only=True):
    """A policy that reads text, as given to the process that reads a mail."""

    name: str
    module: str
    settings: str
    """In JSON."""
    whole: bool
    """It has no `look`, and wants all words of a mail together."""
    foreign: bool
    """It is not of this product: its code runs behind the wall for every mail."""


class Observations(Struct, frozen=True, kw_only=True, tag="observations"):
    """Observations of a mail by policies, made where its words are."""

    seen: dict[str, Raw] = {}
    """Observation by policy."""
    found: dict[str, tuple[Finding, ...]] = {}
    """Findings, by policy, of those that have only `evaluate`."""
    faults: dict[str, str] = {}
    """Kind and place of the error, by policy that failed; no words of the mail."""


class Facts(Evidence, Generic[Observation], frozen=True, kw_only=True):
    """Evidence without words for one policy, with its observation."""

    seen: Observation
    """None for a policy without `observe`, and while only the envelope is known."""


class Observed(Struct, frozen=True, kw_only=True, dict=True):
    """Facts of a mail without its words."""

    bare: Evidence
    """The evidence without words (`wordless`)."""
    seen: Mapping[str, Any]
    """Observation by policy; absent for a policy without `observe`."""
    texts: Mapping[str, str] = {}
    """Digest, by policy, of the settings that its observation heeded."""
    found: Mapping[str, tuple[Finding, ...]] = {}
    """Findings, by policy, of those that have no `judge`; they are not kept."""
    faults: Mapping[str, Exception] = {}
    """Why a policy could not observe."""
    kept: bool = False
    """These facts come back from a log or a case."""

    @cached_property
    def facts(self) -> Facts[None]:
        """The evidence without words as facts, to which the observation of each policy is put."""
        return Facts(**structs.asdict(self.bare), seen=None)


def wordless(evidence: Evidence) -> Evidence:
    """Return the evidence without text of documents and values of header fields.

    What is left: the envelope, readings of the address fields, names and types of fields and parts, how each document was
    read, signatures, results of authentication, the directory.
    """
    message = evidence.message
    return structs.replace(
        evidence,
        message=None if message is None else _message(message),
        documents=tuple(map(_document, evidence.documents)),
    )


def _message(message: Message) -> Message:
    return structs.replace(message, fields=_fields(message.fields), root=_part(message.root))


def _fields(fields: tuple[HeaderField, ...]) -> tuple[HeaderField, ...]:
    return tuple([HeaderField(field.name, b"", "", "") for field in fields])


def _part(part: Part) -> Part:
    """Return a part without the values of its header; the reader of mails bounds the depth."""
    if not part.header and not part.children:
        return part
    return structs.replace(part, header=_fields(part.header), children=tuple(map(_part, part.children)))


def _document(document: Document) -> Document:
    return structs.replace(document, runs=()) if document.runs else document
