"""Diagrams of draw.io (`<mxfile>`): the file as XML, and each compressed page, unpacked.

A page is the XML of its drawing, escaped as an address, deflated without a header and written in base64.
"""

from __future__ import annotations

import binascii
from itertools import groupby
from typing import Final
from urllib.parse import unquote_to_bytes

from msgspec import structs

from gateway.documents.readers.base import Budget, Member, ReadError, Reading, Source
from gateway.documents.readers.containers.zip_streams import inflate
from gateway.documents.readers.markup import xml
from gateway.model import ReadStatus, Role

_DEFLATED: Final = 8
_PAGE: Final = ("element:diagram", Role.BODY)
"""Place of the text of a page; its attributes are fields."""


def read(source: Source, budget: Budget) -> Reading:
    """Return what the file says and its packed pages as members; MALFORMED `diagram` when one cannot be unpacked."""
    reading = xml.read(source, budget)
    members = list(reading.members)
    document = reading.document
    runs = (run for run in document.runs if (run.locator, run.role) == _PAGE)
    for number, (_, pieces) in enumerate(groupby(runs, key=lambda run: run.block), 1):
        try:
            octets = binascii.a2b_base64("".join(run.text for run in pieces).encode())
            data = unquote_to_bytes(inflate(octets, _DEFLATED, 0, budget))
        except (binascii.Error, ReadError) as error:
            if isinstance(error, ReadError) and error.status is not ReadStatus.MALFORMED:
                raise
            document = structs.replace(document, status=ReadStatus.MALFORMED, reason="diagram")
            continue
        members.append(
            Member(name=f"page-{number}.xml", data=data, relation="embedded", declared_type="application/xml")
        )
    return Reading(document, tuple(members))
