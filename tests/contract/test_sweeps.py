"""The Laws of ``ports.store.Sweeps``, on every store we have and by both engines.

``tests.support.sweeps.swept`` asserts most of them of any sweep that it reads; what is asked here
is that all is there, whatever the pages, the lanes and the spans.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from threading import enumerate as threads

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retention.adapters.s3.client import client
from retention.adapters.s3.fast import FastLists, Login
from retention.adapters.s3.lists import S3Lists
from retention.domain.dataset import Kind
from retention.errors import StoreRefusedError
from retention.ports.store import WHOLE, Span
from tests.contract.test_store import ODD, PAGED, PAGES
from tests.support.engines import ENGINES, STORES, engine
from tests.support.hostile import Script, hostile
from tests.support.s3_pages import STYLES, Stored, row
from tests.support.stores import MemoryStore
from tests.support.sweeps import swept, whole

LANES = [1, 2, 8]


@dataclass(frozen=True)
class Bench:
    """One kind of store, and how to sweep it with pages of so many rows, in so many lanes."""

    name: str
    bucket: Callable[..., object]
    store: Callable[..., object]
    lanes: tuple[int, ...] = (1,)


@pytest.fixture(scope="module", params=STORES)
def bench(request):
    server, which = request.param
    if server == "memory":
        store = MemoryStore()
        return Bench("memory", store.bucket, lambda **_: store)
    running = request.getfixturevalue(server)
    lanes = tuple(LANES) if which == "fast" else (1,)  # the other has but one
    return Bench(server, running.bucket, lambda **options: engine(running, which, **options), lanes)


def stored(versions):
    return sorted(v for v in versions if v.kind is not Kind.UPLOAD)


@pytest.fixture(scope="module")
def odd(bench):
    """A bucket of odd keys, with several versions, markers and uploads; and what is in it."""
    bucket = bench.bucket()
    keys = [key for key in ODD if "\n" not in key or bench.name != "moto"]
    there = [bucket.put(key, b"first") for key in keys]
    there += [bucket.put(key, b"second, longer") for key in keys[::2]]
    there += [bucket.hide(key) for key in keys[::3]]
    there += [bucket.put(key, b"shown again") for key in keys[::6]]
    there += [bucket.start_upload(key) for key in keys[1::2]]
    return bucket, there


@pytest.mark.parametrize("page_rows", PAGED)
def test_nothing_is_missed_and_nothing_comes_twice(bench, odd, page_rows):
    bucket, there = odd
    for lanes in bench.lanes:
        store = bench.store(page_rows=page_rows, lanes=lanes)
        assert swept(store.sweep(bucket.place("p/"), [WHOLE]), [WHOLE]) == stored(there)


def test_the_whole_bucket_is_a_place_too(bench, odd):
    bucket, there = odd
    assert swept(bench.store().sweep(bucket.place(), [WHOLE]), [WHOLE]) == stored(there)


def test_a_sweep_says_of_each_row_what_an_ordered_listing_says(bench, odd):
    bucket, _ = odd
    place, store = bucket.place("p/"), bench.store()
    assert whole(swept(store.sweep(place, [WHOLE]), [WHOLE])) == whole(
        stored(store.versions(place))
    )


def test_uploads_are_listed_by_themselves(bench, odd):
    bucket, there = odd
    for page_rows in PAGES:
        found = list(bench.store(page_rows=page_rows).uploads(bucket.place("p/")))
        assert sorted(found) == sorted(v for v in there if v.kind is Kind.UPLOAD)
        assert len(set(found)) == len(found)


def test_only_what_lies_in_the_spans_comes(bench, odd):
    bucket, there = odd
    keys = sorted({v.key for v in there})
    middle = keys[len(keys) // 2]
    between = middle + "!"
    if bench.name == "moto":  # which leaves out the first row behind a marker that is no key
        between = middle
    for spans in (
        [Span("", middle)],
        [Span(middle)],
        [Span("", "p/"), Span("p/", between), Span(between, "z")],
        [Span(middle), Span("", keys[3])],
        [Span("", "a"), Span("q", "z"), Span("z")],
        [],
    ):
        inside = [v for v in there if any(span.holds(v.key) for span in spans)]
        for lanes in bench.lanes[:2]:
            store = bench.store(page_rows=7, lanes=lanes)
            assert swept(store.sweep(bucket.place("p/"), spans), spans) == stored(inside)


def test_a_sweep_that_was_given_up_goes_on_with_what_is_left(bench, odd):
    bucket, there = odd
    store, place = bench.store(page_rows=1, lanes=2), bucket.place("p/")
    keys = sorted({v.key for v in there})
    spans = [Span("", keys[5]), Span(keys[5], keys[9]), Span(keys[9])]
    rows, done = {}, []
    with closing(store.sweep(place, spans)) as pages:
        for each in pages:
            rows.setdefault(each.lane, []).append(each)
            if each.finished is not None:
                done += [(each.finished, rows.pop(each.lane))]
            if len(done) == 2:
                break
    found = []
    for span, parts in done:
        found += swept(parts, [span])
    left = without(spans, [span for span, _ in done])
    assert sorted([*found, *swept(store.sweep(place, left), left)]) == stored(there)


def without(spans, done):
    """Return what is left of *spans*; those that are *done* lie in them."""
    left = list(spans)
    for each in done:
        (span,) = [s for s in left if s.after <= each.after and reaches(s, each)]
        left.remove(span)
        if span.after < each.after:
            left.append(Span(span.after, each.after))
        if each.through is not None and each.through != span.through:
            left.append(Span(each.through, span.through))
    return left


def reaches(span, other):
    return span.through is None or (other.through is not None and other.through <= span.through)


@pytest.mark.parametrize("page_rows", PAGED)
def test_many_versions_of_one_key_fill_pages(bench, page_rows):
    bucket = bench.bucket()
    there = [bucket.put("p/a", b"")]
    for n in range(9):
        there += [bucket.put("p/b", str(n).encode()), bucket.hide("p/b")]
    there.append(bucket.put("p/c", b""))
    store, place = bench.store(page_rows=page_rows, lanes=2), bucket.place("p/")
    assert swept(store.sweep(place, [WHOLE]), [WHOLE]) == sorted(there)
    spans = [Span("", "p/a"), Span("p/a", "p/b"), Span("p/b")]
    assert swept(store.sweep(place, spans), spans) == sorted(there)


@pytest.mark.parametrize("page_rows", PAGED)
def test_what_was_written_while_versions_were_off_is_swept_too(bench, page_rows):
    bucket = bench.bucket(versioned=False)
    there = {bucket.put("p/before", b""), bucket.put("p/both", b"lost"), bucket.put("p/only", b"")}
    bucket.resume()
    there |= {bucket.put("p/before", b"1"), bucket.put("p/both", b"1"), bucket.put("p/later", b"")}
    if bench.name != "moto":  # where a write while suspended ends all earlier versions of its key
        bucket.suspend()
        there |= {bucket.put("p/both", b"kept"), bucket.hide("p/hidden")}
        bucket.resume()
        there |= {bucket.put("p/both", b"2"), bucket.hide("p/both")}
    store = bench.store(page_rows=page_rows, lanes=2)
    assert swept(store.sweep(bucket.place("p/"), [WHOLE]), [WHOLE]) == sorted(there)


def test_neighbours_are_not_swept(bench):
    bucket = bench.bucket()
    for key in ("nacel/2019", "nacel/2019-extra/x", "nacel/2019x/y", "nacel/201", "NACEL/2019/x"):
        bucket.put(key)
    bucket.start_upload("nacel/2019-extra/x")
    inside, upload = bucket.put("nacel/2019/x"), bucket.start_upload("nacel/2019/y")
    store, place = bench.store(), bucket.place("nacel/2019/")
    assert swept(store.sweep(place, [WHOLE]), [WHOLE]) == [inside]
    assert list(store.uploads(place)) == [upload]


def test_an_empty_place_is_finished_and_a_missing_bucket_is_an_error(bench):
    bucket, store = bench.bucket(), bench.store()
    assert swept(store.sweep(bucket.place("p/"), [WHOLE]), [WHOLE]) == []
    assert list(store.uploads(bucket.place("p/"))) == []
    with pytest.raises(StoreRefusedError) as caught:
        list(store.sweep("s3://no-such-bucket/patient-4711/", [WHOLE]))
    assert "4711" not in f"{caught.value!r} {caught.value.hint}"
    with pytest.raises(StoreRefusedError):
        list(store.uploads("s3://no-such-bucket/p/"))


# Any spans, any lanes, any kind of server: where thousands of requests take no time

LETTERS = "p/ab%+é\n\U0001f600~"
bounds = st.text(LETTERS, max_size=4).map(lambda text: "p/" + text) | st.text(LETTERS, max_size=3)
names = st.text(LETTERS, max_size=5).map(lambda text: "p/" + text)


@pytest.fixture(scope="module")
def servers():
    with hostile() as server:
        lists = {
            (page_rows, lanes): FastLists(
                endpoint_url=server.endpoint_url,
                region="us-east-1",
                credentials=lambda: Login("surveyor", "a-secret"),
                page_rows=page_rows,
                lanes=lanes,
            )
            for page_rows in PAGES
            for lanes in LANES
        }
        careful = client(
            endpoint_url=server.endpoint_url,
            region="us-east-1",
            access_key="surveyor",
            secret="a-secret",
        )
        yield server, lists, careful


def cut_at(found):
    """Return the spans between these bounds: all keys, and each once."""
    edges = ["", *sorted({bound for bound in found if bound}), None]
    return [Span(a, b) for a, b in pairwise(edges)]


@given(
    keys=st.lists(names, max_size=25, unique=True),
    several=st.lists(st.integers(1, 4), min_size=25, max_size=25),
    edges=st.lists(bounds, max_size=5),
    style=st.sampled_from(STYLES),
    page_rows=st.sampled_from(PAGES),
    lanes=st.sampled_from(LANES),
    careful=st.booleans(),
)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_the_spans_the_pages_and_the_lanes_all_of_it_comes_once(
    servers, keys, several, edges, style, page_rows, lanes, careful
):
    server, lists, asking = servers
    rows = [
        row(key, f"v{n}", n, marker=(number + n) % 3 == 0)
        for number, key in enumerate(sorted(keys))
        for n in range(several[number], 0, -1)
    ]
    place = server.play(Script(Stored("bucket", tuple(rows)), style)) + "p/"
    spans = cut_at(edges)
    store = S3Lists(asking, page_rows=page_rows) if careful else lists[page_rows, lanes]
    found = swept(store.sweep(place, spans), spans)
    assert found == sorted(rows)
    kinds = ",".join(style.kinds)
    assert {v.checksum for v in found if v.kind is Kind.DATA} <= {kinds}
    assert whole(found) == whole(sorted(rows))


@given(keys=st.lists(names, max_size=25, unique=True), edges=st.lists(bounds, max_size=5))
def test_memory_keeps_the_laws_for_any_spans(keys, edges):
    store = MemoryStore()
    bucket = store.bucket()
    there = [bucket.put(key) for key in keys] + [bucket.hide(key) for key in keys[::3]]
    spans = cut_at(edges)
    assert swept(store.sweep(bucket.place("p/"), spans), spans) == sorted(there)


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("which", ENGINES)
def test_a_lane_finishes_often(servers, which, lanes):
    server, lists, careful = servers
    rows = [row(f"p/{n // 2:04}", f"v{-n}", n) for n in range(900)]
    place = server.play(Script(Stored("bucket", tuple(rows))))
    store = S3Lists(careful, page_rows=1) if which == "careful" else lists[1, lanes]
    pages = list(store.sweep(place, [WHOLE]))
    assert swept(pages, [WHOLE]) == sorted(rows)
    waiting = dict.fromkeys(range(lanes), 0)
    for each in pages:
        waiting[each.lane] = 0 if each.finished else waiting[each.lane] + 1
        assert waiting[each.lane] <= 202  # where no key has more than two rows
    assert len([each for each in pages if each.finished]) >= 4


def test_the_pages_of_one_key_wait_for_its_end(servers):
    server, lists, careful = servers
    rows = [row("p/a", "v0"), *(row("p/b", f"v{n}", n) for n in range(450)), row("p/c", "v0")]
    place = server.play(Script(Stored("bucket", tuple(rows))))
    for store in (S3Lists(careful, page_rows=1), lists[1, 2]):
        pages = list(store.sweep(place, [WHOLE]))
        assert swept(pages, [WHOLE]) == sorted(rows)
        assert max(len(each.page) for each in pages) == 1


def test_a_sweep_that_nobody_reads_on_leaves_no_thread(servers):
    server, lists, _ = servers
    rows = [row(f"p/{n:04}", "v1", n) for n in range(600)]
    place = server.play(Script(Stored("bucket", tuple(rows))))
    for taken in (0, 1, 50):
        pages = lists[1, 8].sweep(place, [WHOLE])
        for _ in range(taken):
            next(pages)
        pages.close()
        assert not [thread for thread in threads() if thread.name.startswith("lane ")]


@pytest.mark.parametrize("which", ENGINES)
def test_a_place_that_is_none_of_ours_is_a_mistake_of_the_caller(servers, which):
    _, lists, careful = servers
    store = S3Lists(careful) if which == "careful" else lists[1000, 1]
    for place in ("files://bucket/p/", "s3://bucket/p", "p/"):
        for ask in (store.uploads, lambda where: store.sweep(where, [WHOLE])):
            with pytest.raises(ValueError):
                ask(place)
