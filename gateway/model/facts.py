"""Facts that policies judge: the evidence on a mail without its words, and each policy's observation of them.

A policy may read words only in `observe(evidence, settings)`, which returns an observation that keeps none but short
quotes for people. `judge(facts, settings)` sees neither words nor clock. So facts can be kept and judged again under other
settings (docs/decisions/0013), and the judgement of a mail and its replay are one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from msgspec import Struct, structs

from gateway.model.document import Document
from gateway.model.evidence import Evidence
from gateway.model.mail import HeaderField, Message, Part

Observation = TypeVar("Observation")


class Facts(Evidence, Generic[Observation], frozen=True, kw_only=True):
    """Evidence without words for one policy, with its observation."""

    seen: Observation
    """None for a policy without `observe`, and while only the envelope is known."""


class Observed(Struct, frozen=True, kw_only=True):
    """What is known of a mail without its words."""

    bare: Evidence
    """The evidence without words (`wordless`)."""
    seen: Mapping[str, Any]
    """Observation by policy; absent for a policy without `observe`."""
    texts: Mapping[str, str] = {}
    """Digest, by policy, of the settings that its observation heeded."""
    evidence: Evidence | None = None
    """With words, for policies that have no `judge`; None in a replay."""


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
