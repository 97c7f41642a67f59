"""What an auditor checks of the log's tree, and the gateway does not (RFC 9162 §2.1.3.2)."""

from collections.abc import Sequence

from gateway.audit.merkle import node_hash


def verify_inclusion(index: int, size: int, leaf: bytes, root: bytes, proof: Sequence[bytes]) -> bool:
    """Verify an inclusion proof: the leaf with this hash is at `index` of the tree with this root."""
    if index >= size:
        return False
    number, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if number & 1 or number == last:
            found = node_hash(sibling, found)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        number, last = number >> 1, last >> 1
    return last == 0 and found == root
