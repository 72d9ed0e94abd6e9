"""Trees: what holds whatever their leaves hold."""

from hypothesis import given
from hypothesis import strategies as st

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

leaves_ = st.lists(st.binary(max_size=8), min_size=1, max_size=40)


def tree(leaves):
    def node(level, i):
        if level == 0:
            return leaf_hash(leaves[i])
        return node_hash(node(level - 1, 2 * i), node(level - 1, 2 * i + 1))

    return node


def root(leaves):
    builder = RootBuilder()
    for leaf in leaves:
        builder.add(leaf)
    return builder.root()


@given(leaves_, st.data())
def test_a_changed_leaf_changes_the_root_and_breaks_its_proof(leaves, data):
    index = data.draw(st.integers(0, len(leaves) - 1))
    other = data.draw(st.binary(max_size=8).filter(lambda each: each != leaves[index]))
    path = inclusion(tree(leaves), index, len(leaves))
    changed = [*leaves[:index], other, *leaves[index + 1 :]]
    assert root(changed) != root(leaves)
    assert included(leaf_hash(leaves[index]), index, len(leaves), path, root(leaves))
    assert not included(leaf_hash(other), index, len(leaves), path, root(leaves))
    assert included(leaf_hash(other), index, len(leaves), path, root(changed))


@given(leaves_, st.data())
def test_one_flipped_bit_breaks_a_proof(leaves, data):
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = inclusion(tree(leaves), index, len(leaves))
    if path:
        which = data.draw(st.integers(0, len(path) - 1))
        bit = 1 << data.draw(st.integers(0, 255))
        path[which] = (int.from_bytes(path[which]) ^ bit).to_bytes(32)
        assert not included(leaf_hash(leaves[index]), index, len(leaves), path, root(leaves))


@given(leaves_, leaves_, st.data())
def test_only_a_log_that_was_added_to_is_consistent(before, added, data):
    later = [*before, *added]
    path = consistency(tree(later), len(before), len(later))
    assert consistent(len(before), len(later), root(before), root(later), path)
    index = data.draw(st.integers(0, len(before) - 1))
    forged = [*later[:index], later[index] + b"!", *later[index + 1 :]]
    proof = consistency(tree(forged), len(before), len(forged))
    assert not consistent(len(before), len(forged), root(before), root(forged), proof)


@given(leaves_)
def test_streaming_and_storing_agree(leaves):
    assert root(leaves) == root_of(tree(leaves), len(leaves))
