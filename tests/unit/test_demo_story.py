"""What the demonstration invents adds up to one story on its day, without a store."""

from collections import Counter
from datetime import timedelta

import pytest

from retention.agreements import read
from retention.demo import invented
from retention.demo.estate import _acts, places
from retention.domain.agreement import CheckedBy
from retention.domain.dataset import DatasetId, Kind
from retention.domain.eligibility import assess
from retention.domain.events import EventBook
from retention.domain.hold import HoldBook
from retention.domain.knowledge import Ground
from retention.domain.pattern import key_prefix
from retention.domain.term import Term
from tests.support.policies import DEMO, texts

LIBRARY = read(texts(DEMO))
DAY = invented.DEMO_DAY


def agreements():
    return LIBRARY.agreements(DAY)


def ground(agreement, holds):
    events = EventBook.of(agreement.reference, invented.events())
    return Ground(Term.of([agreement], DAY), events, HoldBook.of(holds))


def assessed(day=DAY):
    by_reference = {each.reference: each for each in agreements()}
    for (reference, name), bindings in invented.DATASETS.items():
        kind = by_reference[reference].class_named(name)
        for values in bindings:
            binding = tuple((each, values[each]) for each in kind.placeholders)
            dataset = DatasetId(reference, name, binding)
            yield assess(dataset, ground(by_reference[reference], invented.holds()), on=day)


def test_the_day_is_a_working_day():
    assert f"{DAY:%A}" == "Monday"
    assert all(each.in_force_on(DAY) for each in agreements() if each.disposal)


@pytest.mark.parametrize("later", range(0, 29, 4))
def test_six_datasets_are_due_and_they_make_one_proposal(later):
    eligible = [each for each in assessed(DAY + timedelta(days=later)) if each.eligible]
    assert sorted(str(each.dataset) for each in eligible) == [
        "DEMO-NACEL/patient-level/england/2018",
        "DEMO-NACEL/patient-level/england/2019",
        "DEMO-NACEL/patient-level/wales/2018",
        "DEMO-NACEL/patient-level/wales/2019",
        "DEMO-NACEL/staff-survey/2018",
        "DEMO-NACEL/staff-survey/2019",
    ]
    assert all(each.due and not each.raised for each in eligible)
    nacel = LIBRARY.agreement("DEMO-NACEL", 1)
    kinds = [nacel.class_named(each.dataset.class_name) for each in eligible]
    assert {
        (kind.then, kind.controllers_of(each.dataset.values), kind.approved_by)
        for kind, each in zip(kinds, eligible, strict=True)
    } == {
        (
            "destroy",
            ("demo-commissioner", "demo-national-body"),
            ("records-manager", "information-asset-owner"),
        )
    }


def test_every_kind_of_standing_is_there():
    standing = Counter()
    for each in assessed():
        if each.holds:
            standing["held"] += 1
        elif each.trigger is None and each.raised:
            waits = any("nobody has recorded" in reason for reason in each.reasons)
            standing["awaiting" if waits else "placeholder"] += 1
        else:
            standing["eligible" if each.eligible else "retained"] += 1
    assert standing == {
        "eligible": 6,
        "held": 3,
        "awaiting": 4,
        "placeholder": 3,
        "retained": 24,
    }


def test_without_the_holds_two_more_would_be_due():
    by_reference = {each.reference: each for each in agreements()}
    due = [
        each.dataset
        for each in assessed()
        if each.holds
        and assess(each.dataset, ground(by_reference[each.dataset.reference], []), on=DAY).due
    ]
    assert len(due) == 2


def test_events_are_declared_and_recorded_by_someone_who_approves_nothing():
    roles = {person.id: set(person.roles) for person in LIBRARY.people()}
    for event in invented.events():
        declared = {e.name: e for e in LIBRARY.agreement(event.reference, 1).events}[event.name]
        assert roles[event.by] & set(declared.recorded_by)
        assert not roles[event.by] & {"records-manager", "information-asset-owner"}
        assert event.on < DAY


def test_copies_are_replicas_and_backups_that_the_engine_checks():
    nacel = LIBRARY.agreement("DEMO-NACEL", 1)
    kinds = Counter(copy.kind for kind in nacel.classes for copy in kind.copies)
    assert kinds == {"replica": 1, "backup": 2}
    for kind in nacel.classes:
        for copy in kind.copies:
            assert copy.checked_by is CheckedBy.ENGINE
            assert (copy.gone_within is not None) is (copy.kind == "backup")
            assert copy.store.root.startswith("s3://demo-backup-") is (copy.kind == "backup")


def test_every_dataset_lies_where_its_class_says():
    everything = list(places(agreements()))
    assert len(everything) == len({each.name for each in everything}) == 40
    assert {key_prefix(uri)[1] for each in everything for uri in each.backups} == {
        "demo-backup-nacel"
    }
    kinds = {(a.reference, k.name): k for a in agreements() for k in a.classes}
    for each in everything:
        reference, name = each.name.split("/")[:2]
        kind = kinds[reference, name]
        key = key_prefix(each.live[0])[2] + "x"
        binding = kind.datasets[0].match(key)
        assert str(DatasetId(reference, name, binding)) == each.name


def test_a_stray_folder_beside_a_due_one_belongs_to_no_class():
    (stray,) = invented.STRAYS
    key = key_prefix(stray)[2] + "x"
    assert key.startswith("patient/england/2018")
    for kind in LIBRARY.agreement("DEMO-NACEL", 1).classes:
        assert not any(pattern.match(key) for pattern in kind.datasets)


def test_the_estate_is_the_same_each_time_and_differs_by_seed():
    from random import Random

    assert list(_acts(Random("a"))) == list(_acts(Random("a")))
    assert list(_acts(Random("a"))) != list(_acts(Random("b")))
    kinds = Counter(act.kind for act in _acts(Random("a")))
    assert set(kinds) == set(Kind)
    assert kinds[Kind.MARKER] >= 3
