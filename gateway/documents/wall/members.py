"""The members of a part as parts of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.documents.readers.base import Member
from gateway.model import Part

_NAME_LIMIT: Final = 255
"""Letters of a name in a path; a part keeps all of them (`Part.names`)."""


def children_of(path: str, members: Sequence[Member]) -> list[tuple[Part, Member]]:
    """Give each member its part, with a path of its own."""
    taken: set[str] = set()
    children: list[tuple[Part, Member]] = []
    for member in members:
        whole = _printable(member.name)
        name = whole[-_NAME_LIMIT:]
        own, number = f"{path}!{name}", 2
        while own in taken:
            own, number = f"{path}!{name}#{number}", number + 1
        taken.add(own)
        short = name.replace("\\", "/").rpartition("/")[2] or name
        part = Part(
            path=own, declared_type=member.declared_type, filename=short, names=(whole,), charset=member.charset
        )
        children.append((part, member))
    return children


def signed_by(member: Member, children: list[tuple[Part, Member]]) -> tuple[bytes, tuple[str, ...]] | None:
    """Return the entity that a signature in a mail signs, and the paths of the parts that came of it."""
    if member.entity is None:
        return None
    covered = {id(one) for one in member.entity.covers}
    return member.entity.raw, tuple(child.path for child, one in children if id(one) in covered)


def _printable(name: str) -> str:
    """Return a member's name as it can be in a path: no control characters or lone surrogates."""
    name = name.encode("utf-8", "replace").decode("utf-8")
    return "".join(letter if letter >= " " else "\ufffd" for letter in name) or "unnamed"
