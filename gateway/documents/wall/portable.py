"""The tree of a message as it crosses the wall: each path once, no lone surrogates."""

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


def portable(root: Part) -> Part:
    """Return the tree as it can cross the wall: no lone surrogates in names."""

    def plain(text: str | None) -> str | None:
        return text if text is None or text.isascii() else text.encode("utf-8", "replace").decode("utf-8")

    def bare(part: Part) -> Part:
        return structs.replace(
            part,
            filename=plain(part.filename),
            names=tuple(plain(name) or "" for name in part.names),
            charset=plain(part.charset),
            declared_type=plain(part.declared_type) or "",
            content_disposition=plain(part.content_disposition),
        )

    return rebuilt(root, bare)
