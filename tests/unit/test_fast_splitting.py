"""Where a range is cut: at folders if there are any ahead, and half way if there are none."""

from threading import Event

import pytest

from retention.adapters.s3.fast.asking import Asker, Service, Terms
from retention.adapters.s3.fast.login import Login, Logins
from retention.adapters.s3.fast.pace import Pace
from retention.adapters.s3.fast.parse import Quick
from retention.adapters.s3.fast.splitting import Splitter
from retention.adapters.s3.fast.where import Whereabouts
from retention.adapters.s3.fast.wire import Patience
from retention.adapters.s3.fast.work import Claim, Range
from tests.support.hostile import Script, hostile
from tests.support.s3_pages import CEPH, Stored, row

ASKED_MAX = 20  # for one cut


@pytest.fixture(scope="module")
def server():
    with hostile() as running:
        yield running


class Cutting:
    """A splitter of one bucket, and what it asks."""

    def __init__(self, server, keys, prefix=""):
        self.keys = sorted(keys)
        rows = tuple(row(key, "v1", n) for n, key in enumerate(self.keys))
        self.script = Script(Stored("bucket", rows), CEPH)
        place = server.play(self.script)[5:-1], prefix
        service = Service(
            Whereabouts(server.endpoint_url, "us-east-1"),
            Logins(lambda: Login("surveyor", "a-secret")),
            Terms(3, Patience(), sleep=lambda _: None),
        )
        self.asker = Asker(service, Pace(1), Event())
        self.splitter = Splitter(place, Quick())

    def bounds(self, low, through=None, *, pieces=2, ceiling=None):
        """Return the bounds; assert that they lie ahead and cost little."""
        at = self.keys.index(low)
        claim = Claim(
            Range("", through, low), low, through, ceiling, self.keys[max(0, at - 40) : at], pieces
        )
        before = len(self.script.asked)
        found = self.splitter.bounds(self.asker, claim)
        self.asked = len(self.script.asked) - before
        assert self.asked <= ASKED_MAX + pieces
        assert found == sorted(set(found))
        assert all(low < bound and (through is None or bound < through) for bound in found)
        assert set(found) <= set(self.keys)
        self.ceiling = claim.ceiling
        return found


def share(cutting, low, bound, through=None):
    """Return which part of what is ahead lies before *bound*."""
    ahead = [k for k in cutting.keys if low < k and (through is None or k <= through)]
    return len([k for k in ahead if k <= bound]) / len(ahead)


def test_folders_cut_a_range_evenly(server):
    keys = [f"p/{folder:03}/{n}" for folder in range(100) for n in range(5)]
    cutting = Cutting(server, keys, "p/")
    (bound,) = cutting.bounds("p/000/4")
    assert 0.4 < share(cutting, "p/000/4", bound) < 0.6
    found = cutting.bounds("p/000/4", pieces=8)
    assert len(found) == 7
    assert cutting.asked == 7  # one row for each: the folders were known


def test_a_folder_that_only_begins_where_the_range_ends_is_looked_behind(server):
    keys = [f"{nation}/{year}/{n}" for nation in "ab" for year in range(10, 50) for n in range(3)]
    cutting = Cutting(server, keys)
    (bound,) = cutting.bounds("a/10/2", through="b/10/0")
    assert 0.3 < share(cutting, "a/10/2", bound, "b/10/0") < 0.7


@pytest.mark.parametrize(
    "name",
    [
        "p/part-{:08}.parquet",
        "p/{:05x}-of-many",
        "p/a-name-with-much-in-common-{:05}",
        "p/{:05}",
        "{:05}/x",
    ],
)
def test_keys_without_folders_are_cut_about_half_way(server, name):
    keys = [name.format(n) for n in range(700)]
    cutting = Cutting(server, keys)
    low = sorted(keys)[50]
    (bound,) = cutting.bounds(low)
    assert 0.1 < share(cutting, low, bound) < 0.9
    (again,) = cutting.bounds(low, through=bound, ceiling=None)
    assert low < again < bound


def test_where_nothing_is_ahead_nothing_is_cut(server):
    cutting = Cutting(server, ["p/a/1", "p/a/2", "p/b"], "p/")
    assert cutting.bounds("p/b") == []
    assert cutting.bounds("p/a/2", through="p/b") == []
    assert Cutting(server, ["a", "b/1"]).bounds("b/1") == []


def test_what_is_learned_of_the_end_of_keys_is_kept(server):
    cutting = Cutting(server, [f"p/{n:05}" for n in range(700)])
    cutting.bounds("p/00050")
    first, ceiling = cutting.asked, cutting.ceiling
    assert ceiling is not None
    cutting.bounds("p/00060", ceiling=ceiling)
    assert cutting.asked < first


def test_neighbours_of_the_place_are_no_folders_of_it(server):
    keys = [f"{folder}/{n}" for folder in ("p", "p-extra", "q") for n in range(5)]
    cutting = Cutting(server, keys, "p/")
    for bound in cutting.bounds("p/1"):
        assert bound.startswith("p/")
