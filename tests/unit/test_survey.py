"""Surveys in memory: complete, whole or not at all, resumed after a crash, one at a time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.cli.due import _due_page
from retention.domain.entry import Entry
from retention.domain.forecast import Forecast, Window
from retention.domain.store import Store, spots_of, stores_of
from retention.domain.totals import Totals
from retention.errors import StaleError, StoreError, StoreUnavailableError
from retention.ports.catalogue import INVENTORY, LISTING, SILENT_AFTER, UPLOADS
from retention.ports.inventory import Group, Snapshot
from retention.ports.progress import NoProgress
from retention.ports.store import WHOLE, Span
from retention.steps.classify import assess_all
from retention.steps.due import due_list
from retention.steps.forecast import foresee
from retention.steps.record.holds import plan_hold
from retention.steps.record.scopes import Scope
from retention.steps.survey import left_of, store_stream, survey
from retention.steps.surveyed import write_known
from retention.steps.today import Asking, today
from retention.views.forecast_text import text
from retention.views.preview import preview_json, preview_lines
from tests.support.cast import agreement
from tests.support.memory import MemoryCatalogue, PowerCut
from tests.support.world import World

AS_OF = datetime(2026, 10, 30, 4, 0, tzinfo=UTC)


@pytest.fixture
def world():
    world = World()
    world.fill(("2019", "2020"), objects=4)
    world.put("patient/readme.txt")
    world.put("dark/mary-example/scan.dcm", b"12345")  # an invented name
    world.put("dark/mary-example/other.dcm", b"678")
    return world


def records(world):
    return next(store for store in world.stores if store.name == "records")


def surveyed(world, store=None, **ports):
    spots = spots_of([world.library.now])
    return survey(store or records(world), spots, replace(world.surveying, **ports))


def known(catalogue):
    """Return what stands in a catalogue, but for when it was seen."""
    return [replace(each, seen_at=AS_OF) for each in catalogue.holdings()], [
        (each.under, each.folder, each.why, each.totals) for each in catalogue.strays()
    ]


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
    assert traits.looked_at >= 1
    assert traits.sketch


def test_nothing_of_a_destroyed_dataset_stays_in_the_catalogue():
    world = World()
    world.fill(("2019",))
    world.publish()
    proposal = world.propose_all()
    world.approve(proposal)
    world.clock.step(days=8)
    world.dispose(proposal)
    world.check_gone(proposal)
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
    last = world.ledger.stream(store_stream("records"))[-1]
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


def test_whoever_dies_at_any_call_is_gone_on_with_to_the_same_end(world):
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


def test_what_was_kept_is_not_listed_again(world):
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
    run = catalogue.begin("records", source=LISTING, now=AS_OF)
    catalogue.begin("records", source=LISTING, now=AS_OF + SILENT_AFTER)
    with pytest.raises(StaleError):
        catalogue.keep(run, UPLOADS, [], [], now=AS_OF)


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
    world = World()
    world.fill(("2019",))
    world.publish()
    proposal = world.propose_all()
    world.approve(proposal)
    world.clock.step(days=8)
    world.dispose(proposal)
    world.check_gone(proposal)
    world.survey()
    assert not world.kinds(Entry.INCIDENT)
    assert {h.kind for h in world.catalogue.holdings()} == {"backup"}


def test_half_of_it_gone_is_believed_and_nine_tenths_are_not(world):
    world.survey()
    held = sorted(world.buckets["records"].held)
    world.buckets["records"].held = set(held[: len(held) // 2])
    assert surveyed(world).fault is None
    world.buckets["records"].held = set(held[:1])
    assert "looks empty" in str(surveyed(world).fault)


# Inventories


class Inventory:
    """One inventory, of some folders."""

    def __init__(self, groups, place="s3://records/", digest="sha256:00", fault=None):
        self.groups_, self.place, self.digest, self.fault = groups, place, digest, fault
        self.read = 0

    def newest(self, where):
        if self.fault is not None:
            raise self.fault
        return Snapshot(self.place, AS_OF, self.digest, where)

    def groups(self, snapshot, *, depth):
        self.read += 1
        assert depth == 2
        for folder, versions in self.groups_:
            yield Group(folder, Totals(versions, size_bytes=10 * versions))


LISTED = replace(Store("records", "s3://records/"), inventory="s3://lists/records/daily/")
GROUPS = [("", 1), ("dark/x/", 2), ("patient/", 3), ("patient/2019/", 40), ("patient/2020/", 50)]


def test_an_inventory_is_counted_with_its_age_and_uploads_are_listed_live(world):
    found = surveyed(world, LISTED, inventories=Inventory(GROUPS))
    assert found.fault is None
    assert (found.claimed.versions, found.strays.versions) == (90, 6)
    for holding in world.catalogue.holdings():
        assert (holding.source, holding.seen_at) == (INVENTORY, AS_OF)
        assert holding.uploads == 1
    (good,) = world.catalogue.surveys()
    assert (good.as_of, good.digest, good.source) == (AS_OF, "sha256:00", INVENTORY)
    facts = world.ledger.stream(store_stream("records"))[-1]
    assert facts.text("as_of").startswith("2026-10-30T04:00")


def test_an_inventory_that_was_read_is_not_read_again(world):
    inventory = Inventory(GROUPS)
    surveyed(world, LISTED, inventories=inventory)
    assert surveyed(world, LISTED, inventories=inventory).is_known
    assert inventory.read == 1
    inventory.digest = "sha256:01"
    assert not surveyed(world, LISTED, inventories=inventory).is_known
    assert inventory.read == 2


@pytest.mark.parametrize(
    ("inventory", "says"),
    [
        (Inventory(GROUPS, place="s3://another/"), "another bucket"),
        (Inventory([], fault=StoreUnavailableError("no answer", hint="wait")), "no answer"),
    ],
)
def test_an_inventory_that_cannot_be_read_is_a_fault_and_concludes_nothing(world, inventory, says):
    surveyed(world)
    before = known(world.catalogue)
    assert says in str(surveyed(world, LISTED, inventories=inventory).fault)
    assert known(world.catalogue) == before
    assert world.ledger.stream(store_stream("records"))[-1].number("failed")


def test_an_inventory_that_breaks_off_is_read_from_its_beginning(world):
    class Breaking(Inventory):
        def groups(self, snapshot, *, depth):
            yield from list(super().groups(snapshot, depth=depth))[: 2 if self.read else None]
            if self.read == 1:
                raise StoreUnavailableError("a file broke off", hint="wait")

    inventory = Breaking(GROUPS)
    assert surveyed(world, LISTED, inventories=inventory).fault.retryable
    inventory = Inventory(GROUPS)
    found = surveyed(world, LISTED, inventories=inventory)
    assert (found.claimed.versions, found.claimed.uploads) == (90, 2)


def test_folders_of_an_inventory_are_kept_some_at_a_time(world, monkeypatch):
    monkeypatch.setattr("retention.steps.survey.GROUPS_KEPT", 2)
    found = surveyed(world, LISTED, inventories=Inventory(GROUPS))
    assert (found.claimed.versions, found.strays.versions) == (90, 6)


def test_a_part_of_a_bucket_takes_its_part_of_the_inventory(world):
    part = replace(LISTED, place="s3://records/patient/")
    found = surveyed(world, part, inventories=Inventory(GROUPS))
    assert (found.claimed.versions, found.strays.versions) == (90, 3)


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


# The age of an inventory shows wherever its numbers do


@pytest.fixture
def by_inventory(world):
    """A world of which one store is known by its inventory, of 30 October 2026."""
    world.publish(("2019", "2020"))
    for store in world.stores:
        if store.name == "records":
            surveyed(world, LISTED, inventories=Inventory(GROUPS))
        else:
            surveyed(world, store)
    return world


SAID = "Counts and sizes in records are those of its inventory of 30 October 2026."


def test_due_says_how_old_an_inventory_is(by_inventory):
    world, on = by_inventory, by_inventory.clock.today()
    terms = world.library.terms(on)
    found = assess_all(terms, catalogue=world.catalogue, ledger=world.ledger, on=on)
    summed = due_list(found, on)
    assert SAID in list(_due_page(summed, 1))


def test_a_preview_says_how_old_an_inventory_is(by_inventory):
    world = by_inventory
    scope = Scope("INV", dataset="INV/patient/2019")
    planned = plan_hold(
        scope, "court", why=world.why(), ports=world.recording, whole=True, even_if_none=True
    )
    assert SAID in list(preview_lines(planned.preview))
    touched = preview_json(planned.preview)["touches"]
    assert touched[0]["inventories"] == [{"store": "records", "made_on": "2026-10-30"}]


def test_a_forecast_says_how_old_an_inventory_is(by_inventory):
    world, on = by_inventory, by_inventory.clock.today()
    seen = Forecast(Window(on, 12))
    rows = foresee(
        seen, library=world.library, catalogue=world.catalogue, ledger=world.ledger,
        progress=NoProgress(),
    )  # fmt: skip
    assert list(rows)
    assert SAID in "\n".join(text(seen, 200))


def test_today_names_the_stores_that_an_inventory_knows(by_inventory):
    world = by_inventory
    ports = world.library, world.catalogue, world.ledger, world.evidence, NoProgress()
    found = {line.what: line for line in today(Asking(*ports, world.clock.today()))}
    assert found["stores known by an inventory"].which == ("records (30 October 2026)",)
