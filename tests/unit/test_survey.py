"""Surveys in memory: complete, whole or not at all, resumed after a crash, one at a time."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.domain.entry import Entry
from retention.domain.pattern import Pattern
from retention.domain.store import Store, about, stores_of
from retention.errors import StaleError, StoreError, StoreUnavailableError
from retention.ports.catalogue import LISTING, SILENT_AFTER, UPLOADS
from retention.ports.store import WHOLE, Span
from retention.steps.survey import left_of
from retention.steps.surveyed import write_known
from tests.support.cast import agreement
from tests.support.memory import PowerCut
from tests.support.memory_catalogue import MemoryCatalogue
from tests.support.recording import change_class
from tests.support.surveying import AS_OF, estate, known, surveyed
from tests.support.world import World


@pytest.fixture
def world():
    return estate()


@pytest.fixture
def at_every_span(monkeypatch):
    """Keep each span by itself, as a large store's would be."""
    monkeypatch.setattr("retention.steps.keeping.KEPT_ROWS", 1)


def disposed_of():
    """Return a world whose one dataset was destroyed, and is in its backup still."""
    world = World()
    world.fill(("2019",))
    world.publish()
    proposal = world.propose_all()
    world.approve(proposal)
    world.clock.step(days=8)
    world.survey()
    world.dispose(proposal)
    world.check_gone(proposal)
    return world


# Everything is counted


def test_every_version_marker_and_upload_of_a_store_is_counted(world):
    found = surveyed(world)
    there = world.buckets["records"].held
    assert found.rows == len(there)
    assert found.strays.rows == 3
    (survey_,) = world.catalogue.surveys()
    assert (survey_.rows, survey_.stray_rows) == (len(there), 3)
    rows = {h.dataset: (h.versions, h.markers, h.uploads) for h in world.catalogue.holdings()}
    assert rows == {"INV/patient/2019": (8, 1, 1), "INV/patient/2020": (8, 1, 1)}


def test_what_nobody_claims_stands_by_declared_place_and_digest_alone(world):
    surveyed(world)
    strays = list(world.catalogue.strays())
    assert {(s.under, s.totals.rows) for s in strays} == {
        ("s3://records/", 2),
        ("s3://records/patient/", 1),
    }
    assert "mary" not in repr(strays)
    assert "readme" not in repr(strays)


def test_a_copy_says_how_its_versions_are_kept(world):
    surveyed(world)
    traits = next(world.catalogue.holdings()).traits
    assert traits.classes == {"STANDARD": 8}
    assert traits.encryption == {"AES256": traits.looked_at}
    assert traits.looked_at == 1
    assert traits.sketch


def test_one_version_of_each_copy_is_looked_at_and_no_more_than_a_budget(
    world, at_every_span, monkeypatch
):
    looked = []

    class Watched(type(world.store)):
        def look(self, place, version, *, locks):
            looked.append(version.key.split("/")[1])
            return super().look(place, version, locks=locks)

    world.store.__class__ = Watched
    surveyed(world)
    assert sorted(looked) == ["2019", "2020"]
    assert [h.traits.looked_at for h in world.catalogue.holdings()] == [1, 1]
    looked.clear()
    monkeypatch.setattr("retention.steps.closer.LOOKS_MAX", 1)
    surveyed(world)
    assert looked == ["2019"]
    assert [h.traits.looked_at for h in world.catalogue.holdings()] == [1, 0]


def test_nothing_of_a_destroyed_dataset_stays_in_the_catalogue():
    world = disposed_of()
    world.backups_age_out()
    world.survey()
    assert list(world.catalogue.holdings()) == []
    assert list(world.catalogue.strays()) == []


# Which stores there are


def test_a_bucket_is_a_store_and_a_configured_part_of_one_narrows_it():
    ours = agreement()
    assert [s.place for s in stores_of([ours])] == ["s3://backup/", "s3://dr/", "s3://records/"]
    part = Store("ours", "s3://records/patient/")
    other = Store("theirs", "s3://theirs/", "s3://lists/theirs/")
    found = {s.name: s.place for s in stores_of([ours], [part, other])}
    assert found["ours"] == "s3://records/patient/"
    assert found["theirs"] == "s3://theirs/"
    assert "records" not in found


def test_what_a_configured_part_leaves_out_is_a_store_of_its_own():
    part = Store("part", "s3://records/other/")
    found = stores_of([agreement()], [part])
    assert {s.place for s in found if s.bucket == "records"} == {
        "s3://records/other/",
        "s3://records/patient/",
    }
    assert len({s.name for s in found}) == len(found)


# Or an error


def test_a_store_that_fails_keeps_its_last_good_survey_and_the_others_go_on(world):
    world.survey()
    before = known(world.catalogue)
    world.store.denied.add("records")
    world.put("patient/2021/a", copy="dr")
    with pytest.raises(StoreError, match="refused"):
        world.survey()
    after = known(world.catalogue)
    assert [h for h in after[0] if h.store == "records"] == [
        h for h in before[0] if h.store == "records"
    ]
    assert any(h.dataset == "INV/patient/2021" for h in after[0])
    last = world.ledger.stream(about("records"))[-1]
    assert (last.kind, last.number("failed"), last.number("versions")) == (
        Entry.STORE_SURVEYED,
        32,
        0,
    )
    assert world.kinds(Entry.SURVEYED)[-1].number("failed") == 32


def test_a_listing_that_ends_in_the_middle_of_a_span_is_an_error(world):
    class Short(type(world.store)):
        def sweep(self, place, spans):
            yield from list(super().sweep(place, spans))[:-1]

    world.store.__class__ = Short
    found = surveyed(world)
    assert "middle of a span" in str(found.fault)
    assert list(world.catalogue.holdings()) == []


def test_an_agreement_is_not_known_before_each_of_its_stores_was_surveyed(world):
    surveyed(world)
    known_ = write_known(
        [world.library.now], world.stores, catalogue=world.catalogue, ledger=world.ledger
    )
    assert [each.failed for each in known_] == [31]


# Crashes, and two at once


class Killed:
    """A hook of a process that is killed at call number *call*: it makes none any more."""

    def __init__(self, call):
        self.left = call

    def __call__(self, _name):
        self.left -= 1
        if self.left < 0:
            raise PowerCut


def test_whoever_dies_at_any_call_is_gone_on_with_to_the_same_end(world, at_every_span):
    whole = World()
    whole.buckets, whole.store = world.buckets, world.store
    surveyed(whole)
    expected, calls = known(whole.catalogue), 0
    while True:
        death = Killed(calls)
        catalogue = MemoryCatalogue(on_call=death, on_done=death)
        world.store.before = lambda port, death=death: death(port)
        try:
            surveyed(world, catalogue=catalogue)
        except PowerCut:
            catalogue.on_call = catalogue.on_done = lambda name: None
            world.store.before = lambda port: None
            world.clock.step(seconds=SILENT_AFTER.total_seconds())
            assert surveyed(world, catalogue=catalogue).fault is None
        else:
            break
        assert known(catalogue) == expected, calls
        calls += 1
    assert calls >= 20


def test_what_was_kept_is_not_listed_again(world, at_every_span):
    asked = []

    class Noted(type(world.store)):
        def sweep(self, place, spans):
            asked.append(list(spans))
            for number, swept in enumerate(super().sweep(place, spans)):
                if number == 4 and len(asked) == 1:
                    raise StoreUnavailableError("no answer", hint="try again")
                yield swept

    world.store.__class__ = Noted
    assert surveyed(world).fault.retryable
    began = world.clock.now()
    world.clock.step(minutes=1)
    assert surveyed(world).fault is None
    assert asked[0] == [WHOLE]
    (left,) = asked[1]
    assert left.through is None
    assert left.after.startswith("patient/2019/")
    (good,) = world.catalogue.surveys()
    assert good.as_of == began, "what was seen first is as old as the first beginning"


def test_what_takes_long_is_kept_in_time_for_nobody_to_think_it_dead(world):
    kept = []

    class Slow(type(world.store)):
        def sweep(self, place, spans):
            for swept in super().sweep(place, spans):
                world.clock.step(seconds=90)
                yield swept

    class Noted(MemoryCatalogue):
        def keep(self, run, spans, parts, strays, *, now):
            kept.append(now)
            super().keep(run, spans, parts, strays, now=now)

    world.store.__class__ = Slow
    assert surveyed(world, catalogue=Noted()).fault is None
    assert len(kept) >= 3
    assert all(b - a < SILENT_AFTER for a, b in itertools.pairwise(kept))


def test_what_was_counted_under_another_version_is_counted_anew(world, at_every_span):
    class Breaking(type(world.store)):
        def sweep(self, place, spans):
            for number, swept in enumerate(super().sweep(place, spans)):
                if number == 4 and Breaking.breaks:
                    raise StoreUnavailableError("no answer", hint="try again")
                yield swept

    world.store.__class__, Breaking.breaks = Breaking, True
    assert surveyed(world).fault.retryable
    Breaking.breaks = False
    place = Pattern.parse("s3://records/patient/{year:[0-9]{4}}/")
    change_class(world, datasets=(place,), copies=())
    found = surveyed(world)
    assert found.rows == len(world.buckets["records"].held)
    assert {h.binding for h in world.catalogue.holdings()} == {
        (("year", "2019"),),
        (("year", "2020"),),
    }


def test_a_store_is_surveyed_by_one_at_a_time_and_the_other_says_so(world):
    others = []

    class Meanwhile(type(world.store)):
        def sweep(self, place, spans):
            if not others:
                others.append(None)
                others[0] = surveyed(world)
            yield from super().sweep(place, spans)

    world.store.__class__ = Meanwhile
    assert surveyed(world).fault is None
    assert others[0].is_at_work
    assert others[0].fault is None
    assert len(world.kinds(Entry.STORE_SURVEYED)) == 1


def test_whoever_was_silent_too_long_gives_way_and_spoils_nothing(world):
    others = []

    class Slow(type(world.store)):
        def sweep(self, place, spans):
            pages = list(super().sweep(place, spans))
            yield from pages[:4]
            if not others:
                others.append(None)
                world.clock.step(seconds=SILENT_AFTER.total_seconds())
                others[0] = surveyed(world)
            yield from pages[4:]

    world.store.__class__ = Slow
    first = surveyed(world)
    assert first.is_at_work
    assert first.fault is None
    assert others[0].fault is None
    expected = World()
    expected.buckets, expected.store = world.buckets, world.store
    surveyed(expected)
    assert known(world.catalogue) == known(expected.catalogue)


def test_a_stale_run_can_keep_nothing():
    catalogue = MemoryCatalogue()
    run = catalogue.begin("records", source=LISTING, terms="", now=AS_OF)
    catalogue.begin("records", source=LISTING, terms="", now=AS_OF + SILENT_AFTER)
    with pytest.raises(StaleError):
        catalogue.keep(run, [UPLOADS], [], [], now=AS_OF)


BOUNDS = st.lists(st.text(min_size=1, max_size=3), max_size=8, unique=True).map(sorted)


@given(BOUNDS, st.data())
def test_what_is_left_and_what_is_done_hold_every_key_once(bounds, data):
    edges = ["", *bounds]
    spans = [Span(a, b) for a, b in zip(edges, [*bounds, None], strict=True)]
    done = data.draw(st.lists(st.sampled_from(spans), unique=True))
    left = left_of([UPLOADS, *done])
    for key in (*bounds, *(f"{b}x" for b in bounds), "\0", "\U0010ffff"):
        assert sum(span.holds(key) for span in (*left, *done)) == 1
    assert left_of([]) == [WHOLE]
    assert left_of([WHOLE]) == []


# Too empty to be believed


def test_a_store_emptied_by_our_own_disposal_is_believed():
    world = disposed_of()
    world.survey()
    assert not world.kinds(Entry.INCIDENT)
    assert {h.kind for h in world.catalogue.holdings()} == {"backup"}


def test_half_of_it_gone_is_believed_and_nine_tenths_are_not(world):
    world.survey()
    held = sorted(world.buckets["records"].held)
    world.buckets["records"].held = set(held[: len(held) // 2])
    assert surveyed(world).fault is None
    world.buckets["records"].held = set()
    assert "looks empty" in str(surveyed(world).fault)


# What it tells


def test_progress_ends_with_what_there_is(world):
    told = []

    class Told:
        def at(self, what, done, of=None):
            told.append((what, done, of))

    found = surveyed(world, progress=Told())
    assert told[-1] == ("survey records", found.rows, found.rows)


def test_time_of_a_survey_is_when_it_began(world):
    class Slow(type(world.store)):
        def sweep(self, place, spans):
            world.clock.step(minutes=3)
            yield from super().sweep(place, spans)

    world.store.__class__ = Slow
    began = world.clock.now()
    surveyed(world)
    (good,) = world.catalogue.surveys()
    assert (good.as_of, good.ended_at) == (began, began + timedelta(minutes=3))
    assert {h.seen_at for h in world.catalogue.holdings()} == {began}
