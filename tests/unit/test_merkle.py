"""RFC 6962 and 9162: known roots, and every proof of every small tree."""

import pytest

from retention.domain.merkle import (
    RootBuilder,
    consistency,
    consistent,
    included,
    inclusion,
    leaf_hash,
    node_hash,
    root_of,
)

# The leaves and roots that Certificate Transparency's own tests use.
LEAVES = [
    bytes.fromhex(each)
    for each in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SIZES = range(1, 70)


def tree(leaves):
    """Return a node function over *leaves*, from nothing but the definition."""

    def node(level, i):
        if level == 0:
            return leaf_hash(leaves[i])
        return node_hash(node(level - 1, 2 * i), node(level - 1, 2 * i + 1))

    return node


def by_definition(leaves):
    """RFC 9162, section 2.1.1, word for word."""
    if not leaves:
        return RootBuilder().root()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return node_hash(by_definition(leaves[:k]), by_definition(leaves[k:]))


MANY = [b"leaf %d" % n for n in range(max(SIZES))]
TREE = tree(MANY)
ROOT = {size: root_of(TREE, size) for size in range(max(SIZES) + 1)}


@pytest.mark.parametrize("size", range(9))
def test_the_known_roots(size):
    builder = RootBuilder()
    for each in LEAVES[:size]:
        builder.add(each)
    assert builder.size == size
    assert builder.root().hex() == ROOTS[size]
    assert root_of(tree(LEAVES), size).hex() == ROOTS[size]


def test_streaming_storing_and_the_definition_agree():
    builder = RootBuilder()
    for size in SIZES:
        builder.add(MANY[size - 1])
        assert builder.root() == ROOT[size] == by_definition(MANY[:size])


def test_known_proofs():
    node = tree(LEAVES)
    assert [each.hex() for each in inclusion(node, 0, 8)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    assert [each.hex() for each in consistency(node, 6, 8)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@pytest.mark.parametrize("size", SIZES)
def test_every_leaf_of_every_tree_is_proved_where_it_stands_and_nowhere_else(size):
    for index in range(size):
        leaf, path = leaf_hash(MANY[index]), inclusion(TREE, index, size)
        assert included(leaf, index, size, path, ROOT[size])
        assert not included(leaf_hash(b"another"), index, size, path, ROOT[size])
        assert not included(leaf, index, size, path, ROOT[size - 1])
        assert not included(leaf, index, size, [*path, leaf], ROOT[size])
        if path:
            assert not included(leaf, index, size, path[:-1], ROOT[size])
        elsewhere = {index - 1, index + 1, size, -1}
        assert not any(included(leaf, each, size, path, ROOT[size]) for each in elsewhere)


@pytest.mark.parametrize("later", SIZES)
def test_every_beginning_of_every_tree_is_proved_and_no_other(later):
    for earlier in range(1, later + 1):
        path = consistency(TREE, earlier, later)
        assert consistent(earlier, later, ROOT[earlier], ROOT[later], path)
        assert not consistent(earlier, later, ROOT[earlier - 1], ROOT[later], path)
        assert not consistent(earlier, later, ROOT[earlier], ROOT[later - 1], path)
        assert not consistent(earlier, later, ROOT[earlier], ROOT[later], [*path, ROOT[1]])
        if path:
            assert not consistent(earlier, later, ROOT[earlier], ROOT[later], path[:-1])


def test_a_node_never_passes_as_a_leaf():
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_there_is_no_proof_of_what_is_not_there(index, size):
    with pytest.raises(ValueError, match="not among"):
        inclusion(TREE, index, size)


@pytest.mark.parametrize(("earlier", "later"), [(0, 3), (4, 3), (-1, 2)])
def test_there_is_no_proof_of_a_beginning_that_is_none(earlier, later):
    with pytest.raises(ValueError, match="no beginning"):
        consistency(TREE, earlier, later)
    assert not consistent(earlier, later, ROOT[1], ROOT[3], [])
