"""The Laws of ``ports.ledger``, in memory, on SQLite and on PostgreSQL."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from retention.adapters.ledger import ed25519_holds, ledger, migrate
from retention.domain.entry import Draft, Entry
from retention.domain.merkle import RootBuilder
from retention.domain.tlog import opened, proved
from retention.errors import EvidenceError, LedgerBrokenError, StaleError, TooMuchError
from tests.support.appenders import at_once, killed_while_writing, open_ledger, spent
from tests.support.databases import MEMORY, POSTGRES, SQLITE, fresh_url, migrated_twice
from tests.support.memory import FixedClock, MemoryLedger
from tests.support.signer import CheckpointKey

KEYS = [CheckpointKey().log_key]


@pytest.fixture
def clock():
    return FixedClock()


@pytest.fixture(params=[MEMORY, SQLITE, POSTGRES])
def empty(request, tmp_path, clock):
    if request.param == MEMORY:
        yield MemoryLedger(clock)
    else:
        url = migrated_twice(migrate, fresh_url(request, tmp_path))
        with open_ledger(url, clock) as opened_ledger:
            yield opened_ledger


@pytest.fixture(params=[SQLITE, POSTGRES])
def url(request, tmp_path):
    return migrated_twice(migrate, fresh_url(request, tmp_path))


def ordered(n, stream="proposal:1"):
    return Draft(stream, Entry.ORDERED, {"proposal": "sha256:11", "root": f"sha256:{n:02}"})


def test_an_empty_ledger_holds_nothing_and_proves_it(empty):
    assert empty.size() == 0
    assert list(empty.stream("proposal:1")) == []
    assert list(empty.of_kind(*Entry)) == []
    assert empty.audit() == 0
    assert empty.checkpoint().root == RootBuilder().root()
    assert empty.checkpoint() == empty.checkpoint()


def test_what_was_appended_is_read_with_its_place_and_time(empty, clock):
    clock.moment = datetime(2031, 3, 31, 23, 15, 0, 123_999, tzinfo=UTC)
    wrote = empty.append(spent("p:1", 7))
    assert (wrote.index, wrote.position, wrote.kind) == (0, 0, Entry.SPENT)
    assert wrote.at == datetime(2031, 3, 31, 23, 15, 0, 123_000, tzinfo=UTC)
    assert list(empty.stream("p:1")) == [wrote]
    assert (wrote.text("proposal"), wrote.number("why")) == ("sha256:00", 7)


def test_nothing_is_told_as_earlier_than_what_was_written_before_it(empty, clock):
    first = empty.append(spent("a"))
    clock.step(minutes=-1)  # another host, whose clock is behind
    assert [r.at for r in empty.append_all([spent("a"), spent("b")])] == [first.at] * 2
    clock.step(minutes=2)
    assert empty.append(spent("a")).at == clock.now() > first.at


def test_a_clock_that_was_far_ahead_carries_nobody_along(empty, clock):
    empty.append(spent("a"))
    clock.step(minutes=-6)
    assert empty.append(spent("a")).at == clock.now()
    assert empty.audit() == 2


def test_indexes_and_positions_are_dense_from_zero(empty):
    for n in range(7):
        empty.append(spent("ab"[n % 2]))
    empty.append_all([spent("a"), spent("c"), spent("a")])
    assert [record.index for record in empty.of_kind(Entry.SPENT)] == list(range(10))
    assert [record.position for record in empty.stream("a")] == list(range(6))
    assert [record.position for record in empty.stream("b")] == list(range(3))
    assert empty.size() == empty.audit() == 10


def test_a_writer_who_read_another_state_writes_nothing(empty):
    assert empty.append(spent("a"), expect=0).position == 0
    for wrong in (0, 2):
        with pytest.raises(StaleError) as stale:
            empty.append(spent("a"), expect=wrong)
        assert stale.value.hint
    assert empty.append(spent("a"), expect=1).position == 1
    assert empty.size() == 2


def test_several_entries_are_written_all_or_none(empty):
    empty.append(spent("a"))
    bad = SimpleNamespace(stream="a", kind=Entry.SPENT, facts={"proposal": 0.5, "why": ""})
    with pytest.raises(TypeError):
        empty.append_all([spent("a"), spent("b"), bad])
    assert empty.size() == 1
    assert empty.append_all([]) == []
    assert [record.position for record in empty.append_all([spent("a"), spent("b")])] == [1, 0]


def test_entries_of_a_kind_come_in_order_and_over_many_pages(empty, monkeypatch):
    monkeypatch.setattr(ledger, "PAGE", 2)
    empty.append_all([spent(f"{n % 5}") if n % 3 else ordered(n) for n in range(20)])
    assert [r.index for r in empty.of_kind(Entry.ORDERED)] == [0, 3, 6, 9, 12, 15, 18]
    assert [r.index for r in empty.of_kind(Entry.ORDERED, Entry.SPENT)] == list(range(20))
    assert list(empty.of_kind()) == []
    assert list(empty.of_kind(Entry.INCIDENT)) == []


def test_the_newest_of_a_kind_comes_stream_by_stream_and_over_many_pages(empty, monkeypatch):
    monkeypatch.setattr(ledger, "PAGE", 2)
    streams = ["a:_", "a:B", "a:b", "a:a", "a:", "b:a", "aa:a", "a"]
    empty.append_all([spent(name, n) for n in range(3) for name in streams])
    empty.append_all([ordered(n, "a:a") for n in range(2)])
    found = list(empty.newest(Entry.SPENT, prefix="a:"))
    assert [r.stream for r in found] == ["a:B", "a:_", "a:a", "a:b"]
    assert {r.number("why") for r in found} == {2}
    assert [r.text("root") for r in empty.newest(Entry.ORDERED, prefix="a:")] == ["sha256:01"]
    assert list(empty.newest(Entry.INCIDENT, prefix="a:")) == []


def test_what_stands_under_a_prefix_comes_stream_by_stream_and_over_many_pages(empty, monkeypatch):
    monkeypatch.setattr(ledger, "PAGE", 2)
    streams = ["a:_", "a:B", "a:b", "a:a", "a:", "b:a", "aa:a", "a", "a="]
    empty.append_all([spent(name, n) for n in range(3) for name in streams])
    found = [(r.stream, r.number("why")) for r in empty.under("a:")]
    assert found == [(name, n) for name in ("a:", "a:B", "a:_", "a:a", "a:b") for n in range(3)]
    assert list(empty.under("c:")) == []


def test_the_lengths_of_streams_are_those_of_one_moment(empty):
    empty.append_all([spent("a"), spent("b"), spent("a")])
    assert empty.lengths(["a", "b", "c"]) == {"a": 2, "b": 1, "c": 0}
    assert empty.lengths([]) == {}


def test_whoever_appends_while_reading_comes_to_an_end(empty, monkeypatch):
    monkeypatch.setattr(ledger, "PAGE", 1)
    empty.append_all([spent("a"), spent("a")])
    for _ in empty.of_kind(Entry.SPENT):
        empty.append(spent("a"))
    assert empty.size() == 4


def test_a_checkpoint_is_signed_over_every_entry_of_its_moment(empty):
    tree = RootBuilder()
    for n in range(20):
        tree.add(empty.append(ordered(n)).leaf())
        if n % 3 == 0:
            checkpoint = empty.checkpoint()
            head = opened(checkpoint.note, KEYS, ed25519_holds)
            assert (head.size, head.root) == (checkpoint.size, checkpoint.root)
            assert (head.size, head.root) == (n + 1, tree.root())
    assert empty.checkpoint() == empty.checkpoint()
    assert empty.audit() == 20


def test_every_entry_is_proved_under_every_checkpoint_over_it(empty):
    records, checkpoints = [], []
    for n in range(12):
        records.append(empty.append(ordered(n)))
        checkpoints.append(empty.checkpoint())
    for checkpoint in checkpoints:
        for record in records[: checkpoint.size]:
            text = empty.proof(record.index, checkpoint)
            index, head = proved(text, record.leaf(), KEYS, ed25519_holds)
            assert (index, head.root) == (record.index, checkpoint.root)
            with pytest.raises(LedgerBrokenError):
                proved(text, record.leaf() + b" ", KEYS, ed25519_holds)


def test_an_entry_is_not_proved_under_a_checkpoint_that_is_older(empty):
    empty.append(ordered(0))
    checkpoint = empty.checkpoint()
    empty.append(ordered(1))
    for index in (1, 2, -1):
        with pytest.raises(EvidenceError):
            empty.proof(index, checkpoint)


def test_a_ledger_that_was_cut_short_does_not_satisfy_an_earlier_checkpoint(empty):
    whole = MemoryLedger(empty.clock if isinstance(empty, MemoryLedger) else None)
    for n in range(9):
        whole.append(ordered(n))
        if n < 6:
            empty.append(ordered(n))
    with pytest.raises(LedgerBrokenError, match="entry 6 is missing"):
        empty.proof(2, whole.checkpoint())


# What only a database can break


def test_every_process_reads_what_any_process_wrote(url):
    with open_ledger(url) as one, open_ledger(url) as other:
        one.append(spent("a"))
        assert other.size() == 1
        assert other.append(spent("a"), expect=1).index == 1
        with pytest.raises(StaleError):
            one.append(spent("a"), expect=1)
        assert len(one.stream("a")) == 2


def test_eight_processes_lose_none_of_their_five_hundred_entries(url):
    told, stale = at_once(url, writers=8, each=500)
    assert told == list(range(4000))
    assert stale > 0  # they did meet
    with open_ledger(url) as it:
        assert it.audit() == it.checkpoint().size == 4000
        assert len(it.stream("shared")) == 8 * 200
        for number in range(8):
            mine = [f"{number}-{turn}" for turn in range(1, 500, 2)]
            assert [record.text("why") for record in it.stream(f"own:{number}")] == mine
        for turn in range(0, 500, 10):
            contested = [record.text("why") for record in it.stream(f"contested:{turn}")]
            assert sorted(contested) == [f"{number}-{turn}" for number in range(8)]


def test_a_writer_that_is_killed_leaves_nothing_half_written(url):
    killed_while_writing(url)
    with open_ledger(url) as it:
        size = it.audit()
        assert size > 0
        assert size % 3 == 0
        assert it.append(spent("a"), expect=size // 3).index == size


def test_too_many_entries_for_one_transaction_are_refused(url, monkeypatch):
    monkeypatch.setattr(ledger, "DRAFTS_MAX", 3)
    with open_ledger(url) as it:
        with pytest.raises(TooMuchError):
            it.append_all([spent("a")] * 4)
        assert len(it.append_all([spent("a")] * 3)) == 3


def test_a_checkpoint_kept_elsewhere_shows_a_ledger_cut_short_or_written_anew(url):
    outside = MemoryLedger()
    with open_ledger(url) as it:
        for n in range(6):
            it.append(ordered(n))
            outside.append(ordered(n))
        mine = it.checkpoint()
        outside.append(ordered(6))
        assert it.audit(outside=[mine]) == 6
        with pytest.raises(LedgerBrokenError, match="entry 6 is missing"):
            it.audit(outside=[mine, outside.checkpoint()])
        it.append(ordered(99))
        assert it.audit() == 7  # it believes itself
        with pytest.raises(LedgerBrokenError, match="entry 6 or one before it"):
            it.audit(outside=[outside.checkpoint()])


def test_a_retired_key_still_vouches_for_its_checkpoints(url):
    with open_ledger(url) as it:
        it.append(ordered(0))
        old = it.checkpoint()
    new = CheckpointKey(seed=b"\1" * 32)
    with (
        ledger.SqlLedger(url, clock=FixedClock(), signer=new) as it,
        pytest.raises(LedgerBrokenError),
    ):
        it.audit()
    with ledger.SqlLedger(url, clock=FixedClock(), signer=new, retired=KEYS) as it:
        it.append(ordered(1))
        assert it.checkpoint().note != old.note
        assert it.audit() == 2
        assert it.proof(0, old)
