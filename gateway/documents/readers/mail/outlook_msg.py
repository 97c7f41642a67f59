"""Outlook MSG files to runs and members (MS-OXMSG): every text property, the bodies, attachments, embedded messages."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

from gateway.documents.readers.base import Budget, Member, Reading, Source
from gateway.documents.readers.beside import address_of
from gateway.documents.readers.containers import Contents
from gateway.documents.readers.mail import mapi
from gateway.documents.readers.ole.compound import Compound
from gateway.model import ReadStatus

_PROPERTIES: Final = "__properties_version1.0"
_SUBSTORAGE: Final = "__substg1.0_"
_ATTACHMENT: Final = "__attach_version1.0_"
_RECIPIENT: Final = "__recip_version1.0_"


@dataclass
class _Node:
    """One storage with its streams and storages, by name."""

    streams: dict[str, tuple[str, ...]] = field(default_factory=dict)
    storages: dict[str, _Node] = field(default_factory=dict)


def read(source: Source, budget: Budget) -> Reading:
    """Return all text of the message and of messages embedded in it, with bodies and attachments as members."""
    contents = Contents(source, "msg", budget)
    compound = Compound(source.data, budget)
    reader = _Reader(compound, contents)
    with contents.filling():
        reader.message(_tree(compound), prefix="", depth=0)
    for fault in compound.faults if reader.found else ("msg-empty",):
        contents.fault(ReadStatus.MALFORMED, fault)
    return contents.reading()


def _tree(compound: Compound) -> _Node:
    """Return the storages as a tree; names are compared without case, as the format does."""
    root = _Node()
    for path in compound.streams:
        node = root
        for name in path[:-1]:
            node = node.storages.setdefault(name.lower(), _Node())
        node.streams[path[-1].lower()] = path
    return root


class _Reader:
    """Walks messages and attachments."""

    def __init__(self, compound: Compound, contents: Contents) -> None:
        self._compound = compound
        self._contents = contents
        self._budget = contents.budget
        self.found = False

    def message(self, node: _Node, *, prefix: str, depth: int) -> None:
        """Read one message storage."""
        self._budget.check_depth(depth)
        codepage = self._codepage(node, header=32 if depth == 0 else 24)
        properties = self._properties(node)
        self.found = self.found or bool(properties)
        mapi.take(self._contents, properties, codepage, prefix)
        for name, storage in node.storages.items():
            if name.startswith(_ATTACHMENT):
                self._attachment(storage, codepage, prefix=prefix, depth=depth)
            elif name.startswith(_RECIPIENT):
                mapi.take(self._contents, self._properties(storage), codepage, f"{prefix}recipient/")

    def _properties(self, node: _Node) -> list[tuple[int, int, bytes]]:
        """Return (id, type, value) of the string and binary properties, each in a stream of its own."""
        found: list[tuple[int, int, bytes]] = []
        for name, path in node.streams.items():
            if not name.startswith(_SUBSTORAGE) or len(name) < len(_SUBSTORAGE) + 8:
                continue
            try:
                tag = int(name[len(_SUBSTORAGE) : len(_SUBSTORAGE) + 8], 16)
            except ValueError:
                continue
            # Multi-valued strings are in streams `tag-00000000`; the flag of the type is cleared for these.
            kind = tag & 0xFFFF
            found.append((tag >> 16, kind & ~0x1000 if "-" in name else kind, self._compound.read(*path)))
        return found

    def _codepage(self, node: _Node, *, header: int) -> int | None:
        """Return the code page of eight-bit strings from the fixed-size properties."""
        path = node.streams.get(_PROPERTIES)
        if path is None:
            return None
        data = self._compound.read(*path)
        found: dict[int, int] = {}
        for position in range(header, len(data) - 15, 16):
            tag, _, value = struct.unpack_from("<III", data, position)
            if tag & 0xFFFF == 3:
                found[tag >> 16] = value
        return found.get(mapi.MESSAGE_CODEPAGE, found.get(mapi.INTERNET_CODEPAGE))

    def _attachment(self, node: _Node, codepage: int | None, *, prefix: str, depth: int) -> None:
        properties = self._properties(node)
        strings = {identifier: mapi.text_of(kind, data, codepage) for identifier, kind, data in properties}
        name = next(
            (strings[key] for key in (mapi.ATTACH_LONG_NAME, mapi.ATTACH_NAME, mapi.DISPLAY_NAME) if strings.get(key)),
            None,
        )
        others = {strings.get(mapi.DISPLAY_NAME) or "", strings.get(mapi.ATTACH_LONG_NAME) or ""} - {name}
        if not any(identifier == mapi.ATTACH_DATA for identifier, _, _ in properties) and not node.storages:
            others.add(name or "")  # of a file stored elsewhere, whose name is still shown
        for other in sorted(others):
            self._contents.name(other)
        name = f"{prefix}{name or 'attachment'}"
        declared = (strings.get(mapi.ATTACH_MIME) or "").lower()
        named = (address_of(strings.get(mapi.ATTACH_CONTENT_ID) or ""),)
        for identifier, _, data in properties:
            if identifier == mapi.ATTACH_DATA:  # whatever its declared type
                self._contents.add(
                    Member(name=name, data=data, relation="attachment", declared_type=declared, addresses=named)
                )
        for storage_name, storage in node.storages.items():
            if not storage_name.startswith(f"{_SUBSTORAGE}3701"):
                continue
            if _PROPERTIES in storage.streams:
                self.message(storage, prefix=f"{name}/", depth=depth + 1)
            else:
                self._object(storage, name)

    def _object(self, node: _Node, name: str) -> None:
        """An OLE object stored as a storage: its streams are members, its own format is unknown here."""
        for stream_name, path in node.streams.items():
            data = self._compound.read(*path)
            if data:
                self._contents.add(Member(name=f"{name}/{stream_name}", data=data, relation="embedded"))
        self._contents.fault(ReadStatus.PARTIAL, "ole-object")
