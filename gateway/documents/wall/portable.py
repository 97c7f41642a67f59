"""The tree of a message as it crosses the wall: each path once."""

from __future__ import annotations

from msgspec import structs

from gateway.documents.wall.merge import rebuilt
from gateway.model import Part


def unique(root: Part) -> Part:
    """Return the tree with every path used once; a part whose path was taken gets a number behind it."""
    taken: set[str] = set()

    def named(part: Part) -> Part:
        path, number = part.path, 2
        while path in taken:
            path, number = f"{part.path}#{number}", number + 1
        taken.add(path)
        return part if path == part.path else structs.replace(part, path=path)

    paths = [part.path for part in root.walk()]
    return root if len(set(paths)) == len(paths) else rebuilt(root, named)
