"""The store in memory misbehaves as it is told to."""

import pytest

from retention.domain.dataset import Answer
from retention.errors import StoreRefusedError, StoreUnavailableError
from tests.support.stores import MemoryStore


def test_a_memory_listing_that_breaks_off_raises():
    store = MemoryStore()
    bucket = store.bucket()
    first, *_ = [bucket.put(f"p/{n}") for n in range(3)]
    store.rows_max, rows = 1, []
    with pytest.raises(StoreUnavailableError):
        rows.extend(store.versions(bucket.place("p/")))
    store.rows_max, store.denied = None, {bucket.name}
    with pytest.raises(StoreRefusedError):
        list(store.versions(bucket.place("p/")))
    listing = MemoryStore.versions(store, bucket.place("p/"))
    store.denied = set()
    assert next(listing) == first


def test_memory_can_lie_fail_keep_silent_and_let_vanish():
    store = MemoryStore()
    bucket = store.bucket()
    lying, failing, silent, vanishing = rows = [bucket.put(f"p/{n}") for n in range(4)]
    store.lying, store.failing, store.silent = {lying}, {failing}, {silent}
    store.vanishing = {vanishing}
    assert store.destroy(bucket.place("p/"), rows) == {
        lying: Answer.TAKEN,
        failing: Answer.FAILED,
        silent: Answer.UNKNOWN,
        vanishing: Answer.UNKNOWN,
    }
    assert list(store.versions(bucket.place("p/"))) == [lying, failing, silent]
    assert store.orders == [tuple(rows)]
    assert store.calls == {"destroy": 1, "versions": 1}
    store.unreachable = True
    assert store.destroy(bucket.place("p/"), [lying]) == {lying: Answer.UNKNOWN}
