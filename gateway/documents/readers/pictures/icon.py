"""Icons and cursors to Document: every picture of the directory, since which one is shown is the viewer's choice."""

from __future__ import annotations

from dataclasses import replace

from gateway.documents.readers.base import Budget, Member, ReadError, Reading, Source
from gateway.documents.readers.pictures import image
from gateway.documents.readers.sniff_pictures import icon_entries
from gateway.model import Document, ReadStatus


def read(source: Source, budget: Budget) -> Reading:
    """Read a single picture, emit several; MALFORMED when the directory is invalid."""
    entries = icon_entries(source.data)
    if not entries:
        raise ReadError(ReadStatus.MALFORMED, "icon")
    if len(entries) == 1:
        return image.read(replace(source, data=entries[0]), budget)
    document = Document(part=source.part, filename=source.filename, format="image")
    members = [
        Member(name=f"picture-{number}.ico", data=one, relation="image") for number, one in enumerate(entries, 1)
    ]
    return Reading(document, tuple(members))
