"""Ways in which data could vanish, hide or be accused; each was found by attacking."""

import contextlib
from dataclasses import replace
from datetime import timedelta

import pytest

from retention.domain.claims import NAMES_SOMEBODY, Claims
from retention.domain.dataset import Kind
from retention.domain.finding import Finding, FindingKind
from retention.domain.pattern import Pattern
from retention.domain.store import Spot, Store, about, spots_of, stores_of
from retention.errors import StoreError, StoreUnavailableError
from retention.ports.probe import Looked
from retention.ports.progress import NoProgress
from retention.steps.dark import Dark, dark_folders
from retention.steps.incidents import every_incident
from retention.steps.record.closing import plan_closing
from retention.steps.today import Asking, today
from tests.support.cast import agreement
from tests.support.memory_catalogue import MemoryCatalogue
from tests.support.recording import change_class, surveyed_world
from tests.support.stores import GOOD
from tests.support.surveying import estate, surveyed
from tests.support.world import World
from tests.unit.test_reconcile import DARK, after, disposed, found, reconciled
from tests.unit.test_survey_inventory import GROUPS, LISTED, Inventory

__all__ = ["disposed"]  # a fixture
NINE = [f"patient/2019/{n}" for n in range(9)]


@pytest.fixture
def world():
    return surveyed_world()


def close_all(world):
    for each in every_incident(world.ledger):
        if each.is_open:
            world.record(plan_closing, each.number, ["nobody"], by="dpo-01")


def incidents(world, kind):
    return [each.dataset for each in every_incident(world.ledger) if each.kind == kind]


def keep_only(world, wanted, *copies):
    for copy in copies or world.buckets:
        bucket = world.buckets[copy]
        bucket.held = {version for version in bucket.held if wanted(version)}


def resurveyed(world):
    """Survey again; a store that looks empty is no error here."""
    world.clock.step(hours=1)
    with contextlib.suppress(StoreError):
        world.survey()
    world.classify()


# What vanishes


def test_a_primary_that_vanished_is_missing_though_its_copies_are_there(world):
    keep_only(world, lambda v: "/2019/" not in v.key, "records")
    resurveyed(world)
    assert incidents(world, "missing") == ["INV/patient/2019"]


def test_data_that_were_replaced_by_markers_are_missing(world):
    keys = {v.key for v in world.buckets["records"].held if v.key.startswith("patient/2019/")}
    keep_only(world, lambda v: v.key not in keys, "records")
    for key in keys:
        for _ in range(9):  # many rows, and no data
            world.buckets["records"].hide(key)
    resurveyed(world)
    assert incidents(world, "missing") == ["INV/patient/2019"]


def test_a_store_of_nothing_but_markers_looks_empty(world):
    for bucket in world.buckets.values():
        keys = {v.key for v in bucket.held}
        bucket.held = set()
        for key in keys:
            bucket.hide(key)
    resurveyed(world)
    assert set(incidents(world, "store-looks-empty")) == set(map(about, world.buckets))


def test_a_dataset_of_which_next_to_nothing_is_left_is_raised_though_the_store_is_full(world):
    for n in range(40):
        world.put(f"patient/2019/{n:03}")
    resurveyed(world)
    kept = "patient/2019/007"
    keep_only(world, lambda v: "/2019/" not in v.key or v.key == kept, "records")
    resurveyed(world)
    assert incidents(world, "shrunk") == ["INV/patient/2019"]


def test_what_is_only_counted_otherwise_has_not_vanished(world):
    place = Pattern.parse("s3://records/other/{round:[0-9]{4}}/")
    change_class(world, datasets=(place,), copies=())
    world.clock.step(hours=1)
    assert surveyed(world).fault is None
    assert not incidents(world, "missing")


def test_nothing_is_planned_where_replicas_alone_are_left():
    world = World()
    world.fill(("2019",))
    world.publish()
    world.survey()
    world.notify()
    world.controllers_answer()
    world.buckets["records"].held = set()
    assert world.propose() == []
    assert incidents(world, "missing") == ["INV/patient/2019"]


def test_a_lost_catalogue_does_not_make_an_empty_store_good(world):
    world.catalogue = MemoryCatalogue()
    keep_only(world, lambda _v: False)
    world.clock.step(hours=1)
    with pytest.raises(StoreError, match="looks empty"):
        world.survey()


# Stores and their names


def test_two_stores_never_share_a_name():
    found_there = stores_of([agreement()], [Store("records", "s3://other/")])
    assert len({each.name for each in found_there}) == len(found_there) == 4


def test_a_part_of_what_an_agreement_names_as_one_is_refused():
    with pytest.raises(ValueError, match="only a part of"):
        stores_of([agreement()], [Store("part", "s3://records/patient/2019/", "s3://lists/a/")])


def test_a_store_that_is_narrowed_under_its_name_says_that_nobody_looks_at_the_rest(world):
    world.put(f"{DARK}a", b"12345")
    found(world)
    world.configured = [Store("records", "s3://records/patient/")]
    found(world)
    assert incidents(world, "store-dropped") == ["store:records"]


def test_a_store_that_was_renamed_is_not_dropped_and_keeps_what_is_known_until_it_is_seen(world):
    world.configured = [Store("new-name", "s3://records/")]
    world.store.denied.add("records")
    resurveyed(world)
    assert {h.store for h in world.catalogue.holdings()} == {"records", "dr", "backup"}
    world.store.denied.clear()
    resurveyed(world)
    assert {h.store for h in world.catalogue.holdings()} == {"new-name", "dr", "backup"}
    assert not incidents(world, "store-dropped")


def test_a_store_that_nothing_names_any_more_is_dropped_and_raised(world):
    change_class(world, copies=())
    resurveyed(world)
    assert sorted(incidents(world, "store-dropped")) == ["store:backup", "store:dr"]
    assert {h.store for h in world.catalogue.holdings()} == {"records"}


def test_spans_of_one_place_are_not_taken_for_those_of_another(monkeypatch):
    monkeypatch.setattr("retention.steps.keeping.KEPT_ROWS", 1)  # each span is kept at once
    world = estate()

    class Breaking(type(world.store)):
        def sweep(self, place, spans):
            yield from list(super().sweep(place, spans))[:4]
            raise StoreUnavailableError("no answer", hint="try again")

    whole = world.store.__class__
    world.store.__class__ = Breaking
    assert surveyed(world, Store("ours", "s3://records/")).fault.retryable
    world.store.__class__ = whole
    world.put("aaa/x", copy="dr")
    good = surveyed(world, Store("ours", "s3://dr/"))
    assert good.rows == len(world.buckets["dr"].held)
    world.store.__class__ = Breaking
    surveyed(world, Store("part", "s3://records/patient/"))
    world.store.__class__ = whole
    whole_bucket = surveyed(world, Store("part", "s3://records/"))
    assert whole_bucket.rows == len(world.buckets["records"].held)


# What is raised, and when


def test_what_went_away_and_came_again_is_raised_again(world):
    world.store.said = replace(GOOD, public=("policy",))
    found(world)
    close_all(world)
    found(world)
    assert len(incidents(world, "public")) == 3, "it is there still, and was assessed"
    world.store.said = GOOD
    world.clock.step(days=1)
    found(world)
    world.store.said = replace(GOOD, public=("policy",))
    world.clock.step(days=1)
    found(world)
    assert len(incidents(world, "public")) == 6


def test_a_resurrection_is_raised_again_after_it_was_closed(disposed):
    world, before = disposed
    for number in (1, 2):
        world.buckets["records"].held.add(before[0])
        after(world)
        assert incidents(world, "resurrection") == ["INV/patient/2019"] * number
        close_all(world)
        world.buckets["records"].held.discard(before[0])
        world.clock.step(days=1)
        found(world)


def test_dark_data_in_another_folder_each_night_are_dark(world):
    for night in range(3):
        keep_only(world, lambda v: not v.key.startswith("dump"), "records")
        world.put(f"dump-{night}/a", b"12345")
        world.clock.step(days=1)
        findings = found(world)
    assert [(f.kind.value, f.store) for f in findings] == [("dark", "records")]
    assert findings[0].detail == "in other folders each time, 1 folder below s3://records/"


def test_one_place_that_cannot_be_listed_holds_up_nothing_else(disposed):
    world, _ = disposed
    world.put("patient/2019/new", b"nothing like it")
    world.clock.step(days=1)
    world.survey()
    world.store.denied.add("records")
    findings = reconciled(world, probed=lambda s: [Finding(FindingKind.PUBLIC, s.name)])
    details = [f.detail for f in findings if f.kind is FindingKind.LISTED_AFTER_DISPOSAL]
    assert details == ["it cannot be compared now: the store refused"]
    assert incidents(world, "public")
    assert incidents(world, "listed-after-disposal")


def test_a_damaged_proposal_holds_up_nothing_else(disposed):
    world, _ = disposed
    world.put("patient/2019/new", b"nothing like it")
    world.clock.step(days=1)
    world.survey()
    for digest, kept in list(world.evidence.kept.items()):
        if kept:
            world.evidence.damage(digest)
    reconciled(world, probed=lambda s: [Finding(FindingKind.PUBLIC, s.name)])
    assert incidents(world, "public")
    assert incidents(world, "listed-after-disposal")


# Whose data they may be


def test_names_of_people_are_personal_whatever_the_class(world):
    place = Pattern.parse("s3://records/patient/{round}/")
    change_class(world, datasets=(place,), copies=(), identifiability="aggregated")
    world.put("patient/943 476 5919/a")
    found(world)
    (raised,) = [i for i in every_incident(world.ledger) if i.kind == "names-somebody"]
    assert raised.is_personal


def test_dark_data_in_a_store_of_no_agreement_may_be_of_people(world):
    world.buckets["imaging"] = world.store.bucket("imaging")
    world.configured = [Store("imaging", "s3://imaging/")]
    world.put("x/a", copy="imaging")
    found(world)
    found(world)
    (raised,) = [i for i in every_incident(world.ledger) if i.kind == "dark"]
    assert (raised.dataset, raised.is_personal) == ("store:imaging", True)


def test_an_empty_store_of_personal_data_may_be_a_breach(world):
    keep_only(world, lambda _v: False, "records")
    resurveyed(world)
    (raised,) = [i for i in every_incident(world.ledger) if i.kind == "store-looks-empty"]
    assert raised.is_personal


def test_a_folder_of_nobody_that_is_named_like_somebody_is_raised_too(world):
    world.put("943 476 5919/a")
    found(world)
    assert incidents(world, "names-somebody") == ["store:records"]


def test_a_name_is_raised_though_its_content_is_a_copy(world):
    for n, key in enumerate(NINE):
        world.put(key, b"content %d" % n)
        world.put(f"943 476 5919/{n}", b"content %d" % n)
    kinds = {each.kind.value for each in found(world)}
    assert {"names-somebody", "undeclared-copy"} <= kinds


def test_one_common_file_is_no_copy(world):
    world.put("patient/2021/readme", b"the same everywhere")
    world.put("tools/readme", b"the same everywhere")
    assert not [f for f in found(world) if f.kind is FindingKind.UNDECLARED_COPY]


def test_a_name_too_long_is_not_called_dark(world):
    change_class(world, datasets=(Pattern.parse("s3://records/patient/{round}/"),), copies=())
    world.put(f"patient/{'é' * 120}/a")
    found(world)
    kinds = [each.kind for each in found(world) if each.store == "records"]
    assert FindingKind.NAME_TOO_LONG in kinds
    assert FindingKind.DARK not in kinds


@pytest.mark.parametrize(("value", "is_one"), [("x" * 120, False), ("bob", True), ("a\0b", False)])
def test_what_one_agreement_cannot_name_another_can(value, is_one):
    place = Pattern.parse("s3://records/a/{x:[^/]+}/")
    other = replace(agreement(), reference="R" * 150)
    spots = [Spot(each, "patient", "primary", place) for each in (agreement(), other)]
    spots = [replace(s, agreement=_with(s.agreement, place)) for s in spots]
    claims = Claims(Store("records", "s3://records/"), spots, secret=b"x")
    found_there = [each.agreement for each in claims.of(f"a/{value}/x").claims]
    assert ("INV" in found_there) is ("\0" not in value)
    assert ("R" * 150 in found_there) is is_one


def _with(ours, place):
    return replace(ours, classes=(replace(ours.classes[0], datasets=(place,), copies=()),))


def test_digests_of_folders_say_nothing_to_whoever_has_not_the_secret():
    store, spots = Store("records", "s3://records/"), spots_of([agreement()])
    one, other = (Claims(store, spots, secret=s).of("943 476 5919/a") for s in (b"x", b"y"))
    assert one.why == NAMES_SOMEBODY
    assert one.folder != other.folder


# What is shown


def test_the_default_of_a_bucket_is_what_is_known_of_versions_that_may_not_be_read(world):
    class Blind(type(world.store)):
        def look(self, *_, **__):
            return Looked()

    world.store.__class__ = Blind
    world.store.said = replace(GOOD, encryption="")
    world.survey()
    assert {tuple(h.traits.encryption) for h in world.catalogue.holdings()} == {("none",)}
    assert FindingKind.NOT_ENCRYPTED in {each.kind for each in reconciled(world)}


def test_folders_of_unfinished_uploads_are_named_too_and_stand_in_no_repr(world):
    world.buckets["records"].start_upload("dark/x")
    store = next(each for each in world.stores if each.name == "records")
    spots = spots_of([world.library.now])
    folders, _ = dark_folders(store, spots, sweeps=world.store, progress=NoProgress())
    assert [(each.folder, each.totals.uploads) for each in folders] == [("dark/", 1)]
    assert isinstance(folders[0], Dark)
    assert "dark" not in repr(folders).lower().replace("dark(", "")


def test_status_says_which_stores_nobody_has_seen_lately(world):
    world.clock.step(days=3)
    ports = (world.library, world.catalogue, world.ledger, world.evidence, NoProgress())
    lines = {line.what: line for line in today(Asking(*ports, world.clock.today()))}
    assert lines["stores not seen lately"].how_many == 3
    assert lines["stores not seen lately"].urgent


# Inventories


def test_an_inventory_of_days_to_come_is_refused_and_blinds_nobody():
    world = estate()
    inventory = Inventory(GROUPS)
    inventory.as_of = world.clock.now() + timedelta(days=4000)
    assert "days to come" in str(surveyed(world, LISTED, inventories=inventory).fault)
    inventory.as_of = world.clock.now()
    assert surveyed(world, LISTED, inventories=inventory).fault is None


def test_an_inventory_is_read_again_under_other_terms():
    world = estate()
    inventory = Inventory(GROUPS)
    surveyed(world, LISTED, inventories=inventory)
    place = Pattern.parse("s3://records/dark/{name:[a-z]+}/")
    change_class(world, datasets=(place,), copies=())
    assert not surveyed(world, LISTED, inventories=inventory).is_known
    assert inventory.read == 2


def test_only_data_count_for_the_floor_and_uploads_do_not(world):
    held = world.buckets["records"].held
    world.buckets["records"].held = {v for v in held if v.kind is Kind.UPLOAD}
    resurveyed(world)
    assert incidents(world, "store-looks-empty") == ["store:records"]
