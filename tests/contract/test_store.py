"""The Laws of ``ports.store.Lists`` and ``ports.destruction.Destroys``, on every store we have.

Servers are listed by both engines, and versions are destroyed in them in both ways.
On Ceph each port has its own role: the surveyor lists, the destroyer destroys, and neither may
do anything else.  moto is a look-alike; where it is known to differ, the test says so.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from retention.domain.dataset import Answer, Kind, ObjectVersion
from retention.errors import RetentionError, StoreRefusedError
from retention.ports.destruction import Destroys
from retention.ports.store import Lists
from tests.support.engines import STORES, destroyer, engine
from tests.support.stores import MemoryStore

PAGES = [1, 3, 7, 1000]
LONG = {1, 7}  # in the full run alone: a page of one row is one call for each
PAGED = [pytest.param(n, marks=pytest.mark.full if n in LONG else ()) for n in PAGES]
ODD = [
    "p/ leading space",
    "p/+",
    "p/a b+c",
    "p/a%2Fb+c",
    "p/a%252Fb",
    "p/a//b",
    "p//",
    "p/%",
    "p/%41",
    "p/&quot;",
    "p/&amp;<tag attr='x'>\"",
    "p/.",
    "p/..",
    "p/../up",
    "p/a/./b",
    "p/ends in a dot.",
    "p/ends in a slash/",
    "p/ends in a space ",
    "p/new\nline",
    "p/tab\tstop",
    "p/b\\c",
    "p/_under",
    "p/?versions&delete#x",
    "p/{curly}|~^`",
    "p/æøå",
    "p/e\u0301",
    "p/é",
    "p/\uff5e",
    "p/\U0001f600",
    "p/null",
    "p/",
]


@dataclass(frozen=True)
class Bench:
    """One kind of store: how to make a bucket in it, and both ports to it."""

    name: str
    bucket: Callable[..., object]
    lists: Callable[[int], Lists]
    destroys: Destroys


def made(request, server, which):
    if server == "memory":
        store = MemoryStore()
        return Bench("memory", store.bucket, lambda page_rows: store, store)
    running = request.getfixturevalue(server)
    return Bench(
        server,
        running.bucket,
        lambda page_rows: engine(running, which, page_rows=page_rows),
        destroyer(running, which, **({"rows": 3} if which == "fast" else {})),
    )


@pytest.fixture(scope="module", params=STORES)
def bench(request):
    return made(request, *request.param)


@pytest.fixture(scope="module", params=STORES)
def destroying(request):
    return made(request, *request.param)


def odd_keys(bench):
    """All of them; but moto has no way to a key with a line break in it."""
    return [key for key in ODD if "\n" not in key or bench.name != "moto"]


def listed(bench, place, page_rows=1000):
    return list(bench.lists(page_rows).versions(place))


# Lists: all of them


@pytest.fixture(scope="module")
def odd(bench):
    """A bucket of odd keys, with several versions, markers and uploads; and what is in it."""
    bucket, keys = bench.bucket(), odd_keys(bench)
    there = [bucket.put(key, b"first") for key in keys]
    there += [bucket.put(key, b"second, longer") for key in keys[::2]]
    there += [bucket.hide(key) for key in keys[::3]]
    there += [bucket.put(key, b"shown again") for key in keys[::6]]
    there += [bucket.start_upload(key) for key in keys[1::2]]
    there += [bucket.start_upload(key) for key in keys[1::4]]
    return bucket, there


@pytest.mark.parametrize("page_rows", PAGED)
def test_nothing_is_missed_and_nothing_comes_twice(bench, odd, page_rows):
    bucket, there = odd
    assert listed(bench, bucket.place("p/"), page_rows) == sorted(there)


def test_the_whole_bucket_is_a_place_too(bench, odd):
    bucket, there = odd
    assert listed(bench, bucket.place()) == sorted(there)


def test_a_row_says_how_large_when_and_which_content(bench):
    bucket = bench.bucket()
    bucket.put("p/x", b"12345")
    marker, upload = bucket.hide("p/x"), bucket.start_upload("p/z")
    data, *others = listed(bench, bucket.place("p/"))
    assert (data.size_bytes, data.etag) == (5, "827ccb0eea8a706c4c34a16891f84e7b")
    assert data.modified_at.tzinfo is not None
    assert others == [marker, upload]
    assert {row.size_bytes for row in others} == {0}


def test_data_comes_before_markers_and_markers_before_uploads(bench):
    bucket = bench.bucket()
    upload, first = bucket.start_upload("p/x"), bucket.put("p/x", b"1")
    marker = bucket.hide("p/x")
    data = [first, bucket.put("p/x", b"2")]
    assert listed(bench, bucket.place("p/")) == [*sorted(data), marker, upload]


@pytest.mark.parametrize("page_rows", PAGED)
def test_many_versions_of_one_key_fill_pages(bench, page_rows):
    bucket = bench.bucket()
    there = [bucket.put("p/a", b"")]
    for n in range(9):
        there += [bucket.put("p/b", str(n).encode()), bucket.hide("p/b")]
    there.append(bucket.put("p/c", b""))
    assert listed(bench, bucket.place("p/"), page_rows) == sorted(there)


@pytest.mark.parametrize("page_rows", PAGED)
def test_what_was_written_while_versions_were_off_is_listed_as_null(bench, page_rows):
    bucket = bench.bucket(versioned=False)
    there = {bucket.put("p/before", b""), bucket.put("p/both", b"lost"), bucket.put("p/only", b"")}
    bucket.resume()
    there |= {bucket.put("p/before", b"1"), bucket.put("p/both", b"1"), bucket.put("p/later", b"")}
    assert {v.version_id for v in there if v.key == "p/only"} == {"null"}
    if bench.name != "moto":  # where a write while suspended ends all earlier versions of its key
        bucket.suspend()
        there |= {bucket.put("p/both", b"kept"), bucket.hide("p/hidden")}
        bucket.resume()
        there |= {bucket.put("p/both", b"2"), bucket.hide("p/both")}
    assert listed(bench, bucket.place("p/"), page_rows) == sorted(there)


def test_neighbours_are_not_listed(bench):
    bucket = bench.bucket()
    for key in ("nacel/2019", "nacel/2019-extra/x", "nacel/2019x/y", "nacel/201", "NACEL/2019/x"):
        bucket.put(key)
    bucket.start_upload("nacel/2019-extra/x")
    inside = bucket.put("nacel/2019/x")
    assert listed(bench, bucket.place("nacel/2019/")) == [inside]


def test_an_empty_place_is_empty_and_a_missing_bucket_is_an_error(bench):
    bucket = bench.bucket()
    assert listed(bench, bucket.place("p/")) == []
    with pytest.raises(StoreRefusedError) as caught:
        listed(bench, "s3://no-such-bucket/p/")
    assert caught.value.hint


def test_each_listing_is_fresh(bench):
    bucket, lists = bench.bucket(), bench.lists(1000)
    first = bucket.put("p/x")
    assert list(lists.versions(bucket.place("p/"))) == [first]
    second = bucket.put("p/y")
    assert list(lists.versions(bucket.place("p/"))) == [first, second]
    bench.destroys.destroy(bucket.place("p/"), [first])
    assert list(lists.versions(bucket.place("p/"))) == [second]


# Lists: or an error


# Destroys


def test_exactly_what_was_asked_goes(destroying):
    bucket = destroying.bucket()
    old, marker, new = bucket.put("p/x", b"1"), bucket.hide("p/x"), bucket.put("p/x", b"2")
    upload, other = bucket.start_upload("p/x"), bucket.start_upload("p/x")
    neighbour = bucket.put("p/x/y")
    asked = [old, marker, upload]
    answers = destroying.destroys.destroy(bucket.place("p/"), asked)
    assert answers == dict.fromkeys(asked, Answer.TAKEN)
    assert listed(destroying, bucket.place("p/")) == sorted([new, other, neighbour])


def test_odd_keys_go_as_well_as_others(destroying):
    bucket, keys = destroying.bucket(), odd_keys(destroying)
    there = [bucket.put(key) for key in keys] + [bucket.hide(key) for key in keys[::3]]
    there += [bucket.start_upload(key) for key in keys]
    near = bucket.put("p/new line")
    assert set(destroying.destroys.destroy(bucket.place("p/"), there).values()) == {Answer.TAKEN}
    assert listed(destroying, bucket.place("p/")) == [near]


def test_null_versions_go_by_their_id(destroying):
    bucket = destroying.bucket(versioned=False)
    null = bucket.put("p/x")
    bucket.resume()
    later = bucket.put("p/x")
    assert destroying.destroys.destroy(bucket.place("p/"), [null]) == {null: Answer.TAKEN}
    assert listed(destroying, bucket.place("p/")) == [later]


def test_in_a_bucket_without_versions_null_is_the_object(destroying):
    bucket = destroying.bucket(versioned=False)
    there = [bucket.put("p/x"), bucket.start_upload("p/x")]
    assert listed(destroying, bucket.place("p/")) == there
    assert destroying.destroys.destroy(bucket.place("p/"), there) == dict.fromkeys(
        there, Answer.TAKEN
    )
    assert listed(destroying, bucket.place("p/")) == []


def test_asking_again_is_safe(destroying):
    bucket = destroying.bucket()
    there = [bucket.put("p/x"), bucket.hide("p/x"), bucket.start_upload("p/x")]
    kept = bucket.put("p/x")
    for _ in range(2):
        answers = destroying.destroys.destroy(bucket.place("p/"), there)
        assert answers == dict.fromkeys(there, Answer.TAKEN)
        assert listed(destroying, bucket.place("p/")) == [kept]


def test_a_version_without_an_id_or_elsewhere_is_refused_and_nothing_is_left_behind(destroying):
    bucket = destroying.bucket()
    inside, outside = bucket.put("p/x"), bucket.put("q/x")
    uploads = [bucket.start_upload("q/u"), bucket.start_upload("p-extra/u")]
    asked = [outside, replace(inside, version_id=""), replace(inside, key=""), *uploads]
    asked += [ObjectVersion("p/x", kind, "") for kind in (Kind.MARKER, Kind.UPLOAD)]
    answers = destroying.destroys.destroy(bucket.place("p/"), [*asked, inside])
    assert answers == {**dict.fromkeys(asked, Answer.REFUSED), inside: Answer.TAKEN}
    assert listed(destroying, bucket.place()) == sorted([outside, *uploads])


def test_what_is_locked_is_refused_and_the_others_go(destroying):
    bucket = destroying.bucket(lock=True)
    locked, free, other = bucket.put("p/x", b"1"), bucket.put("p/x", b"2"), bucket.put("p/y")
    bucket.lock(locked)
    answers = destroying.destroys.destroy(bucket.place("p/"), [locked, free, other])
    assert answers == {locked: Answer.REFUSED, free: Answer.TAKEN, other: Answer.TAKEN}
    assert listed(destroying, bucket.place("p/")) == [locked]


def test_more_than_one_call_can_carry_is_asked_in_several(destroying):
    bucket = destroying.bucket()
    never_there = [ObjectVersion(f"p/{n}", Kind.DATA, "gone") for n in range(1001)]
    answers = destroying.destroys.destroy(bucket.place("p/"), never_there)
    assert answers == dict.fromkeys(never_there, Answer.TAKEN)


def test_a_missing_bucket_is_an_answer_and_not_an_error(destroying):
    asked = [ObjectVersion("p/x", Kind.DATA, "v1"), ObjectVersion("p/u", Kind.UPLOAD, "u1")]
    answers = destroying.destroys.destroy("s3://no-such-bucket/p/", asked)
    assert set(answers) == set(asked)
    assert Answer.UNKNOWN not in answers.values()
    assert answers[asked[0]] is Answer.FAILED


def test_no_key_is_in_an_error(bench):
    with pytest.raises(RetentionError) as caught:
        listed(bench, "s3://no-such-bucket/patient-4711/")
    assert "4711" not in f"{caught.value} {caught.value.hint}"
    assert caught.value.__cause__ is None
