"""Merkle trees of RFC 6962 §2.1 (the same in RFC 9162): hashes, append-only ranges, proofs and their verification.

A node is identified by its level and its number there; level 0 are the leaves. Proofs read complete nodes only, through a
function of the caller. Verification follows RFC 9162 §2.1.3.2 and §2.1.4.2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final

Node = Callable[[int, int], bytes]
"""Returns the hash of a complete node by level and number."""
EMPTY: Final = hashlib.sha256().digest()
"""The root of the tree without leaves."""


def leaf_hash(content: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node over its two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def peaks(size: int) -> Iterator[tuple[int, int]]:
    """Yield level and number of the complete nodes that make up the first `size` leaves, the largest first."""
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            yield level, (size >> level) - 1


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root over the hashes of peaks, the largest first."""
    if not hashes:
        return EMPTY
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


class Range:
    """The first leaves of a tree, appended one by one; stores only the peaks."""

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        """Begin with the peaks of `size` leaves, the largest first; ValueError when their number is wrong."""
        if len(hashes) != size.bit_count():
            raise ValueError(f"{size} leaves have {size.bit_count()} peaks, not {len(hashes)}")
        self.size = size
        self.hashes = list(hashes)

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        hashes, size = self.hashes, self.size
        while size & 1:
            leaf = node_hash(hashes.pop(), leaf)
            size >>= 1
        hashes.append(leaf)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The root over all leaves so far."""
        return root_of(self.hashes)


def blank_peaks(size: int) -> list[bytes]:
    """Return the peaks of a tree whose leaves are all empty strings, the largest first."""
    levels = [leaf_hash(b"")]
    while len(levels) < size.bit_length():
        levels.append(node_hash(levels[-1], levels[-1]))
    return [levels[level] for level, _ in peaks(size)]


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """Return the inclusion proof of leaf `index` (from 0) in the tree of `size` leaves."""
    return _path(index, 0, size, node)


def consistency_proof(old: int, new: int, node: Node) -> list[bytes]:
    """Return the consistency proof from `old` to `new` leaves; empty when `old` is 0 or equal."""
    return _consistency(old, 0, new, node, whole=True) if 0 < old < new else []


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Verify a consistency proof: the tree of `new` leaves extends that of `old`."""
    if old > new or (old == 0 and proof):
        return False
    if old == 0:
        return old_root == EMPTY
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    number, last = old - 1, new - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        number, last = number >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def _subtree(start: int, end: int, node: Node) -> bytes:
    """Return the hash over leaves `start` to `end`; `start` must be aligned to that size."""
    size = end - start
    level = size.bit_length() - 1
    if size == 1 << level:
        return node(level, start >> level)
    middle = start + _split(size)
    return node_hash(_subtree(start, middle, node), _subtree(middle, end, node))


def _split(size: int) -> int:
    """Return the largest power of two below `size`, which is 2 at least."""
    return 1 << (size - 1).bit_length() - 1


def _path(index: int, start: int, end: int, node: Node) -> list[bytes]:
    if end - start == 1:
        return []
    middle = start + _split(end - start)
    if index < middle:
        return [*_path(index, start, middle, node), _subtree(middle, end, node)]
    return [*_path(index, middle, end, node), _subtree(start, middle, node)]


def _consistency(old: int, start: int, end: int, node: Node, *, whole: bool) -> list[bytes]:
    """RFC 6962 §2.1.2, SUBPROOF, with the leaves counted from the beginning of the whole tree."""
    if old == end:
        return [] if whole else [_subtree(start, end, node)]
    middle = start + _split(end - start)
    if old <= middle:
        return [*_consistency(old, start, middle, node, whole=whole), _subtree(middle, end, node)]
    return [*_consistency(old, middle, end, node, whole=False), _subtree(start, middle, node)]
