"""The *Laws* of ``ports.access``: in memory, on a look-alike, and on Ceph, which enforces them."""

import pytest

from retention.errors import (
    RefusedError,
    StaleError,
    StoreRefusedError,
    TooMuchError,
)
from retention.ports.access import Change
from tests.support.accesses import MARKS, ROLES, BucketBench, MemoryBench

ONE, TWO, THREE = MARKS
EVERY = ["memory", "moto", pytest.param("ceph", marks=pytest.mark.ceph)]


@pytest.fixture(scope="module", params=EVERY)
def bench(request):
    if request.param == "memory":
        return MemoryBench()
    server = request.getfixturevalue(request.param)
    if request.param == "ceph":
        for name in ("analyst", "archivist"):
            server.add_user(name)
    return BucketBench(server, enforces=request.param == "ceph")


def withdraw(bench, root, mark=ONE, folders=("p/",)):
    """Close these folders, and return the change by which."""
    change = bench.access.withdrawal(root, [f"{root}{each}" for each in folders], mark)
    bench.access.make(change)
    return change


def restore(bench, done, mark=ONE):
    """Open them again."""
    bench.access.make(bench.access.restoration(done, mark))


def test_who_could_read_cannot_during_and_can_afterwards(bench):
    root = bench.root()
    place, before = f"{root}p/", bench.text(root)
    assert bench.may_read("analyst", place)
    assert bench.may_list("analyst", place)
    done = withdraw(bench, root)
    assert not bench.may_read("analyst", place)
    assert not bench.may_list("analyst", place)
    restore(bench, done)
    assert bench.may_read("analyst", place)
    assert bench.may_list("analyst", place)
    assert bench.text(root) == before


@pytest.mark.parametrize("role", ROLES)
def test_our_own_roles_keep_what_they_had(bench, role):
    root = bench.root()
    withdraw(bench, root)
    assert bench.may_read(role, f"{root}p/")


def test_neighbours_stay_open(bench):
    root = bench.root()
    withdraw(bench, root)
    for folder in ("p-extra/", "q/"):
        assert bench.may_read("analyst", f"{root}{folder}")
        assert bench.may_list("analyst", f"{root}{folder}")


def test_several_places_close_at_once(bench):
    root = bench.root()
    done = withdraw(bench, root, folders=("p/", "q/"))
    assert not bench.may_read("analyst", f"{root}p/") | bench.may_read("analyst", f"{root}q/")
    assert bench.may_read("analyst", f"{root}p-extra/")
    restore(bench, done)
    assert bench.may_read("analyst", f"{root}q/")


def test_a_plan_changes_nothing(bench):
    root = bench.root()
    before = bench.text(root)
    plan = bench.access.withdrawal(root, [f"{root}p/"], ONE)
    assert (plan.before, bench.text(root)) == (before, before)
    bench.access.make(plan)
    after = bench.text(root)
    assert not bench.access.restoration(plan, ONE).is_made
    assert bench.text(root) == after


def test_what_is_done_is_done(bench):
    root = bench.root()
    done = withdraw(bench, root)
    bench.access.make(done)
    assert bench.access.withdrawal(root, [f"{root}p/"], ONE).is_made
    undone = bench.access.restoration(done, ONE)
    bench.access.make(undone)
    bench.access.make(undone)
    assert bench.access.restoration(done, ONE).is_made
    assert bench.meaning(bench.text(root)) == bench.meaning(done.before)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_proposals_come_and_go_in_any_order(bench, order):
    root = bench.root()
    before = bench.text(root)
    folders = {ONE: ("p/",), TWO: ("p/", "q/"), THREE: ("p-extra/",)}
    done = [withdraw(bench, root, mark, folders[mark]) for mark in MARKS]
    left = set(MARKS)
    for number in order:
        restore(bench, done[number], MARKS[number])
        left.discard(MARKS[number])
        for folder in ("p/", "q/", "p-extra/"):
            closed = any(folder in folders[mark] for mark in left)
            assert bench.may_read("analyst", f"{root}{folder}") is not closed
    assert bench.meaning(bench.text(root)) == bench.meaning(before)


def test_what_somebody_wrote_since_a_plan_is_not_lost(bench):
    root = bench.root()
    plan = bench.access.withdrawal(root, [f"{root}p/"], ONE)
    bench.somebody_writes(root)
    theirs = bench.text(root)
    with pytest.raises(StaleError) as caught:
        bench.access.make(plan)
    assert caught.value.hint
    assert bench.text(root) == theirs
    assert bench.may_read("analyst", f"{root}p/")


def test_what_somebody_wrote_while_it_was_withdrawn_stops_the_way_back(bench):
    root = bench.root()
    done = withdraw(bench, root)
    bench.somebody_writes(root)
    theirs = bench.text(root)
    with pytest.raises(StaleError):
        bench.access.restoration(done, ONE)
    assert bench.text(root) == theirs
    assert not bench.may_read("analyst", f"{root}p/")


def test_our_own_rule_edited_by_somebody_stops_the_way_back(bench):
    root = bench.root()
    done = withdraw(bench, root, folders=("p/", "q/"))
    bench.somebody_edits(root, ONE)
    with pytest.raises(StaleError):
        bench.access.restoration(done, ONE)


def test_a_rule_that_somebody_took_away_by_hand_is_gone(bench):
    root = bench.root()
    done = withdraw(bench, root)
    bench.somebody_ends(root, ONE)
    assert bench.access.restoration(done, ONE).is_made
    assert bench.may_read("analyst", f"{root}p/")


def test_a_name_that_matches_its_neighbours_is_refused(bench):
    root = bench.root()
    before = bench.text(root)
    for folder in ("p*/", "p?/", "${x}/"):
        with pytest.raises(RefusedError):
            bench.access.withdrawal(root, [f"{root}{folder}"], ONE)
    assert bench.text(root) == before


def test_more_than_a_store_takes_is_refused(bench):
    root = bench.root()
    places = [f"{root}patient-level/england/{number:04d}/" for number in range(400)]
    with pytest.raises(TooMuchError) as caught:
        bench.access.withdrawal(root, places, ONE)
    assert "england" not in f"{caught.value} {caught.value.hint}"


def test_a_bucket_that_is_not_there_is_an_error(bench):
    gone = "s3://no-such-bucket/"
    with pytest.raises(StoreRefusedError):
        bench.access.withdrawal(gone, [f"{gone}p/"], ONE)
    with pytest.raises(StoreRefusedError):
        bench.access.restoration(Change(gone, "", ""), ONE)


def test_no_rule_is_in_a_repr(bench):
    root = bench.root()
    plan = bench.access.withdrawal(root, [f"{root}p/"], ONE)
    assert "p/" not in repr(plan).replace("Change(root=", "").replace(root, "")


@pytest.mark.parametrize("bench", ["memory", "moto"], indirect=True)
def test_a_bucket_without_rules_has_none_afterwards(bench):
    """On Ceph whoever has no rule may not even read the rules."""
    root = bench.root(ruled=False)
    assert bench.text(root) == ""
    done = [withdraw(bench, root, mark) for mark in (ONE, TWO)]
    assert not bench.may_read("analyst", f"{root}p/")
    for change, mark in zip(done, (ONE, TWO), strict=True):
        restore(bench, change, mark)
    assert bench.text(root) == ""
