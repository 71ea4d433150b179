"""Trees and proofs, by the vectors of the Certificate Transparency project and by the laws of RFC 9162."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.ledger.merkle_tree import inclusion_path, root_hash, root_of_path
from tests.unit.properties import some_examples

LEAVES = [
    bytes.fromhex(one)
    for one in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Of the first one to eight leaves: test vectors of Certificate Transparency's Merkle tree."""


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert root_hash(LEAVES[:size]).hex() == ROOTS[size - 1]


@some_examples(40)
@given(st.lists(st.binary(max_size=8), min_size=1, max_size=40), st.data())
def test_the_proof_of_a_leaf_leads_to_the_root_and_that_of_another_does_not(
    leaves: list[bytes], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = inclusion_path(leaves, index)
    assert root_of_path(leaves[index], index, len(leaves), path) == root_hash(leaves)
    assert root_of_path(leaves[index] + b"x", index, len(leaves), path) != root_hash(leaves)


def test_a_proof_of_another_length_is_refused() -> None:
    path = inclusion_path(LEAVES, 3)
    with pytest.raises(ValueError, match="fewer hashes"):
        root_of_path(LEAVES[3], 3, 8, path[:-1])
    with pytest.raises(ValueError, match="more hashes"):
        root_of_path(LEAVES[3], 3, 8, [*path, path[0]])
    with pytest.raises(ValueError, match="none at index 8"):
        root_of_path(LEAVES[3], 8, 8, path)


def test_an_empty_tree_has_the_hash_of_nothing() -> None:
    assert root_hash([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
