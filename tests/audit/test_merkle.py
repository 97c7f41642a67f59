"""Merkle trees against the vectors of the Certificate Transparency reference implementation, and against their definition."""

import hashlib

import pytest

from gateway.audit.merkle import (
    Range,
    blank_peaks,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
    verify_consistency,
)
from tests.support.merkle import verify_inclusion

LEAVES = [bytes.fromhex(leaf) for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]  # fmt: skip
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
INCLUSION_OF_0_IN_8 = (
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
)
CONSISTENCY_OF_6_IN_8 = (
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
)


class Leaves:
    """The definition: every node from its leaves."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.leaves = leaves

    def root(self, start: int, end: int) -> bytes:
        if end - start == 0:
            return hashlib.sha256().digest()
        if end - start == 1:
            return hashlib.sha256(b"\x00" + self.leaves[start]).digest()
        size = 1
        while size * 2 < end - start:
            size *= 2
        return hashlib.sha256(b"\x01" + self.root(start, start + size) + self.root(start + size, end)).digest()

    def node(self, level: int, n: int) -> bytes:
        return self.root(n << level, n + 1 << level)


def test_the_vectors_of_the_reference_implementation():
    grown, tree = Range(), Leaves(LEAVES)
    for size, root in enumerate(ROOTS):
        assert grown.root.hex() == root
        if size < len(LEAVES):
            grown.append(leaf_hash(LEAVES[size]))
    assert tuple(one.hex() for one in inclusion_proof(0, 8, tree.node)) == INCLUSION_OF_0_IN_8
    assert tuple(one.hex() for one in consistency_proof(6, 8, tree.node)) == CONSISTENCY_OF_6_IN_8


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 13, 33])
def test_every_proof_holds_and_no_other(size: int):
    tree = Leaves([b"%d" % number for number in range(size)])
    root = tree.root(0, size)
    for index in range(size):
        leaf, proof = leaf_hash(tree.leaves[index]), inclusion_proof(index, size, tree.node)
        assert verify_inclusion(index, size, leaf, root, proof)
        assert not verify_inclusion(index, size, leaf_hash(b"other"), root, proof)
        assert not verify_inclusion(index + 1, size, leaf, root, proof)
        assert not verify_inclusion(index, size, leaf, root, [*proof, root])
    for old in range(size + 1):
        old_root, proof = tree.root(0, old), consistency_proof(old, size, tree.node)
        assert verify_consistency(old, size, old_root, root, proof)
        assert not verify_consistency(old, size, leaf_hash(b"other"), root, proof)
        assert old == 0 or not verify_consistency(old, size, old_root, leaf_hash(b"other"), proof)
        assert not verify_consistency(old, size, old_root, root, [*proof, root])
        assert not proof or not verify_consistency(old, size, old_root, root, proof[:-1])
        assert not verify_consistency(size + 1, size, old_root, root, proof)


def test_a_tree_of_empty_leaves_is_the_tree_of_empty_leaves():
    for size in range(20):
        assert root_of(blank_peaks(size)) == Leaves([b""] * size).root(0, size)
