"""A zip package (OOXML, ODF, ASiC) accepted only if every program sees the same members (APPNOTE 6.3.10).

Signed packages are attacked through the container: two members of one name, a local header that contradicts the central
directory, bytes before or between the members. `Package.problems` names each such thing; a package with any of
them is one that two readers may see differently, and no signature on it is valid. Reading is bounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from gateway.documents.readers.base import Budget, ReadError
from gateway.documents.readers.containers.zip import content
from gateway.documents.readers.containers.zip_directory import Survey, survey
from gateway.documents.readers.containers.zip_headers import Entry
from gateway.documents.signatures.wall import LIMIT, LibraryFault, wall
from gateway.model import ReadStatus

_LIMIT_BYTES = 256 << 20
_LIMIT_MEMBER = 64 << 20
_LIMIT_MEMBERS = 5000
_LIMIT_RATIO = 400
_UNREAD: Final = (ReadStatus.LIMIT, ReadStatus.TIMEOUT)
FETCHING: Final = re.compile(
    r"\b(?:WEBSERVICE|DDE|RTD|IMAGE|STOCKHISTORY|CALL|REGISTER\.ID)\s*\(|'[a-z]{2,}:/", re.IGNORECASE
)
"""A formula that shows what a server, a program or another file says."""
_LINKED: Final = re.compile(
    rb"<(?!(?:[\w-]+:)?a\s)[^<>]*\b(?:href|src|srcset|background|data|poster)\s*=\s*+[\"']?+\s*+(?!#|data:|cid:|[\"'>\s])"
    rb"|url\(\s*+(?:[\"']|&quot;)?+\s*+(?!#|data:)|@import",
    re.IGNORECASE,
)
"""What a drawing (SVG) or page (HTML) shows of other files; an `a` is followed by a click."""
_END_SIGNATURE = b"PK\x05\x06"
_REPORTED: Final = {
    "zip-local-central-mismatch": "local-header-mismatch", "zip-no-local-header": "local-header-mismatch",
    "zip-truncated": "local-header-mismatch", "zip-second-name": "local-header-mismatch",
    "zip-overlap": "overlapping-members", "zip-hidden-member": "hidden-member", "zip-gap": "hidden-member",
    "zip-concatenated": "two-directories", "zip-directory-size": "two-directories",
    "zip-two-directories": "two-directories", "zip-prefix-data": "leading-bytes",
    "zip-duplicate-name": "duplicate-members", "zip-case-duplicate-name": "duplicate-members",
    "zip-nul-in-name": "unsafe-member-name",
}  # fmt: skip
"""Problems of the survey as reports on signatures call them."""


@dataclass
class Package:
    """Members of a package by name; `names` holds files only, in the order of the central directory."""

    names: tuple[str, ...]
    problems: tuple[str, ...]
    _data: bytes = field(repr=False)
    _entries: dict[str, Entry] = field(repr=False)
    _budget: Budget = field(repr=False)
    _read: dict[str, bytes] = field(default_factory=dict, repr=False)
    _folded: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._folded = {name.lower(): name for name in reversed(self.names)}

    def __contains__(self, name: object) -> bool:
        """Return whether there is a file of exactly this name."""
        return isinstance(name, str) and self._folded.get(name.lower()) == name

    def read(self, name: str) -> bytes:
        """Return a member; LibraryFault when it is missing, damaged, encrypted or too large."""
        if name in self._read:
            return self._read[name]
        with wall("member"):
            entry = self._entries[name]
            if entry.encrypted or entry.size > _LIMIT_MEMBER:
                raise LibraryFault("member" if entry.encrypted else LIMIT, name)
            try:
                data = content(self._data, entry, self._budget)
            except ReadError as error:
                raise LibraryFault(LIMIT if error.status in _UNREAD else "member", error.reason) from None
        self._read[name] = data
        return data

    def named_by(self, uri: str) -> str | None:
        """Return the member that a reference of a signature names, with its escapes undone or not."""
        decoded = unquote(uri)
        candidates = (decoded, uri, decoded.removeprefix("/"), decoded.removeprefix("./"))
        return next((one for one in candidates if one in self), None)

    def find(self, name: str) -> str | None:
        """Return the member whose name is the same but for the case of letters (ECMA-376-2 §7.3.5)."""
        return self._folded.get(name.lower())


def is_linked(octets: bytes) -> bool:
    """Return whether a drawing or page shows what is not in it, as LibreOffice and Word do in texts that hold one."""
    return _LINKED.search(octets.replace(b"\0", b"")) is not None


def open_package(data: bytes) -> Package:
    """Open a package; LibraryFault when it is no zip archive."""
    budget = Budget(limit_bytes=_LIMIT_BYTES, limit_ratio=_LIMIT_RATIO, part_cpu_s=60.0)
    try:
        found = survey(data, budget)
    except ReadError as error:
        raise LibraryFault(LIMIT if error.status in _UNREAD else "zip", error.reason) from None
    listed = found.listed
    if listed is None or len(listed) > _LIMIT_MEMBERS:
        raise LibraryFault("zip" if listed is None else LIMIT, "directory")
    names = tuple(entry.name for entry in listed if not entry.name.endswith("/"))
    entries = {entry.name: entry for entry in listed}
    return Package(names, tuple(dict.fromkeys(_problems(data, found, listed))), data, entries, budget)


def _problems(data: bytes, found: Survey, listed: list[Entry]) -> list[str]:
    problems = [_REPORTED[one] for one in found.problems if one in _REPORTED]
    if found.prefix:
        problems.append("leading-bytes")
    # Readers differ in which end they take when there are several.
    if found.volumes or data.count(_END_SIGNATURE, found.directory) != 1:
        problems.append("two-directories")
    names = [entry.name for entry in listed]
    if len({name.lower() for name in names}) != len(names):
        problems.append("duplicate-members")
    if any(_is_unsafe(entry) for entry in listed):
        problems.append("unsafe-member-name")
    return problems


def _is_unsafe(entry: Entry) -> bool:
    """Return whether programs differ in where they put a member, or in whether it is a file."""
    name = entry.name
    leads_elsewhere = name.startswith("/") or "\\" in name or ".." in name.split("/")
    return leads_elsewhere or (name.endswith("/") and entry.size > 0)
