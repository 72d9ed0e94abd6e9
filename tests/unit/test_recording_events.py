"""Events as people record them: exact or not, corrected, retracted, and too late for some."""

import dataclasses
import json
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retention.domain.agreement import EventKind, Person
from retention.domain.entry import Entry
from retention.domain.events import events_in
from retention.domain.incident import IncidentKind
from retention.domain.pattern import Pattern
from retention.errors import (
    AgreementError,
    NotAuthorisedError,
    RefusedError,
    StaleError,
    StoreUnavailableError,
)
from retention.steps.record.events import plan_event, plan_retraction
from retention.steps.record.planned import Why
from tests.support.recording import change_class, plan, surveyed_world, taken_as_shown

PUBLISHED = "round-published"


@pytest.fixture
def world():
    return surveyed_world()


def record(world, on, value="2020", name=PUBLISHED, by="audit-01"):
    return plan(world, plan_event, "INV", name, value, on, by=by)


def test_what_the_preview_shows_is_what_follows(world):
    changed = taken_as_shown(world, record(world, "2020-09-30"))
    days = changed["INV/patient/2020"]
    assert days["may go from"] == ("not known", date(2026, 4, 1))
    assert days["gone by"] == ("not known", date(2027, 3, 30))
    assert list(changed) == ["INV/patient/2020"]


def test_totals_are_those_of_every_copy(world):
    (change,) = record(world, "2020-09-30").preview.changes
    holdings = [h for h in world.catalogue.holdings() if h.dataset == "INV/patient/2020"]
    assert len(holdings) == 3
    assert change.size_bytes == sum(h.size_bytes for h in holdings)
    assert change.objects == sum(h.versions + h.markers + h.uploads for h in holdings)


@pytest.mark.parametrize(
    ("on", "due", "gone_by"),
    [
        ("2019", date(2025, 4, 1), date(2025, 7, 1)),  # 31 Dec 2019 + 5y at year end; 1 Jan + 6y6m
        ("2020-06", date(2026, 4, 1), date(2026, 12, 1)),
        ("2020-06-30", date(2026, 4, 1), date(2026, 12, 30)),
    ],
)
def test_a_month_or_a_year_counts_late_for_a_minimum_and_early_for_a_maximum(
    world, on, due, gone_by
):
    changed = taken_as_shown(world, record(world, on))["INV/patient/2020"]
    assert changed["may go from"][1] == due
    assert changed["gone by"][1] == gone_by
    assert world.ledger.records[-1].text("on") == on


@pytest.mark.parametrize(
    ("on", "match"),
    [
        ("2026-11-03", "not come"),  # tomorrow
        ("2026-12", "not come"),
        ("2027", "not come"),
        ("30/06/2020", "not a day"),
        ("2020-02-30", "not a day"),
        ("20", "not a day"),
        ("", "not a day"),
        ("1066", "not a day"),
    ],
)
def test_a_day_that_has_not_come_or_is_none_is_refused(world, on, match):
    with pytest.raises(AgreementError, match=match):
        record(world, on)


def test_today_has_come(world):
    record(world, "2026-11-02").write(world.recording)


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("round-publisht", "2020", "did you mean round-published"),
        (PUBLISHED, "20200", "did you mean 2020"),
        (PUBLISHED, "", "2019, 2020"),
        (PUBLISHED, "=2020", "did you mean 2020"),
        ("ended-not-renewed", "2020", "leave out"),
        ("returned-to-use", "INV/patient/20200", "did you mean INV/patient/2020"),
        ("returned-to-use", "INV/patient/2077", "did you mean INV/patient/20"),
        ("returned-to-use", "INV/patients/2020", "did you mean patient"),
        ("returned-to-use", "", "INV"),
    ],
)
def test_a_name_that_is_none_is_refused_with_a_guess_and_not_repeated(world, name, value, hint):
    with pytest.raises(AgreementError) as refused:
        record(world, "2020-06-30", value, name, by="both-01")
    assert hint in refused.value.hint
    assert not value or value == "2020" or value not in str(refused.value)


def test_an_agreement_that_is_none_is_refused_with_a_guess(world):
    with pytest.raises(AgreementError) as refused:
        plan(world, plan_event, "INVV", PUBLISHED, "2020", "2020-06-30", by="audit-01")
    assert refused.value.hint == "did you mean INV?"


def test_an_agreement_that_is_not_yet_in_force_takes_none(world):
    world.library.now = dataclasses.replace(world.library.now, in_force_from=date(2027, 1, 1))
    with pytest.raises(AgreementError, match="in force"):
        record(world, "2020-06-30")


def test_recorded_again_it_is_a_correction_and_says_what_it_replaces(world):
    planned = record(world, "2020-07-31", "2019")
    assert "30 June 2020, recorded by audit-01 as entry" in planned.preview.notes[0]
    changed = taken_as_shown(world, planned)
    assert changed["INV/patient/2019"]["counts from"] == (date(2020, 6, 30), date(2020, 7, 31))
    assert len(world.kinds(Entry.EVENT)) == 2


def test_recorded_like_that_already_it_is_refused(world):
    with pytest.raises(RefusedError, match="already, as entry"):
        record(world, "2020-06-30", "2019")
    record(world, "2020-06", "2019").write(world.recording)  # less is known than before
    with pytest.raises(RefusedError, match="already"):
        record(world, "2020-06", "2019")


def test_retracted_it_is_as_if_it_had_never_been_recorded(world):
    record(world, "2020-07-31", "2019").write(world.recording)  # a correction goes with it
    planned = plan(world, plan_retraction, "INV", PUBLISHED, "2019", by="audit-01")
    changed = taken_as_shown(world, planned)
    assert changed["INV/patient/2019"]["may go from"] == (date(2026, 4, 1), "not known")
    (retracted,) = world.kinds(Entry.EVENT_RETRACTED)
    assert retracted.number("entry") == world.kinds(Entry.EVENT)[-1].index
    assert events_in(world.ledger.records) == []
    with pytest.raises(RefusedError, match="nobody has recorded"):
        plan(world, plan_retraction, "INV", PUBLISHED, "2019", by="audit-01")
    record(world, "2020-06-30", "2019").write(world.recording)


def test_what_nobody_recorded_cannot_be_retracted(world):
    with pytest.raises(RefusedError) as refused:
        plan(world, plan_retraction, "INV", PUBLISHED, "2020", by="audit-01")
    assert refused.value.hint == "recorded of: 2019"


def test_whoever_may_not_record_it_may_not_retract_it(world):
    with pytest.raises(NotAuthorisedError):
        plan(world, plan_retraction, "INV", PUBLISHED, "2019", by="iao-01")


def test_a_second_use_begins_and_ceases_in_this_order(world):
    dataset = "INV/patient/2019"
    with pytest.raises(AgreementError, match="nobody recorded"):
        record(world, "2026-09-30", dataset, "use-ceased", by="rm-01")
    changed = taken_as_shown(
        world, record(world, "2026-08-01", dataset, "returned-to-use", by="iao-01")
    )
    assert changed[dataset]["may go from"][1] is None
    with pytest.raises(AgreementError, match="1 August 2026"):
        record(world, "2026-07-31", dataset, "use-ceased", by="rm-01")
    changed = taken_as_shown(world, record(world, "2026-09-30", dataset, "use-ceased", by="rm-01"))
    assert changed[dataset]["kept through"][1] == date(2032, 3, 31)
    assert changed[dataset]["stands at"][1].startswith("in conflict")  # the maximum stays


def test_an_end_before_the_version_in_force_is_refused(world):
    with pytest.raises(AgreementError, match="1 January 2020"):
        record(world, "2019-12-31", "", "ended-not-renewed", by="rm-01")
    record(world, "2026-10-31", "", "ended-not-renewed", by="rm-01").write(world.recording)


def test_a_declared_built_in_event_may_also_be_recorded_by_whom_the_agreement_names(world):
    own = EventKind("ended-not-renewed", "agreement", ("audit-lead",))
    with pytest.raises(NotAuthorisedError):
        record(world, "2026-10-31", "", "ended-not-renewed")
    events = (*world.library.now.events, own)
    world.library.now = dataclasses.replace(world.library.now, events=events)
    record(world, "2026-10-31", "", "ended-not-renewed").write(world.recording)


def test_nothing_is_written_until_there_is_evidence_and_a_reason(world):
    by = next(p for p in world.library.people() if p.id == "audit-01")
    before = list(world.ledger.records)
    for why in (Why(by, "because it says so", b" \n"), Why(by, "so", b"x"), Why(by, "", b"x")):
        planned = plan_event("INV", PUBLISHED, "2020", "2020-06-30", why=why, ports=world.recording)
        with pytest.raises(RefusedError):
            planned.write(world.recording)
    assert world.ledger.records == before


def test_file_and_reason_are_evidence_and_the_ledger_has_only_their_digests(world):
    by = next(p for p in world.library.people() if p.id == "audit-01")
    reason = "Zoë Nobody told me so — in the corridor"
    records = []
    for value in ("2020", "2021"):
        why = Why(by, reason, b"minutes")
        planned = plan_event("INV", PUBLISHED, value, "2021-06-30", why=why, ports=world.recording)
        records += planned.write(world.recording)
    kept = [json.loads(world.evidence.read(r.text("reason"))) for r in records]
    assert [each["reason"] for each in kept] == [reason, reason]
    assert world.evidence.read(records[0].text("evidence")) == b"minutes"
    assert records[0].text("reason") != records[1].text("reason"), "salted: it cannot be guessed"
    assert not any(b"Zo" in r.leaf() or b"corridor" in r.leaf() for r in world.ledger.records)


@pytest.mark.parametrize("meanwhile", ["an event", "a hold", "a survey", "a version"])
def test_what_changed_since_the_preview_voids_it(world, meanwhile):
    planned = record(world, "2020-09-30")
    match meanwhile:
        case "an event":
            record(world, "2020-08-31").write(world.recording)
        case "a hold":
            world.hold("INV/patient/2020")
        case "a survey":
            world.survey()
        case "a version":
            world.library.now = dataclasses.replace(world.library.now, version=2)
            world.survey()
    before = list(world.ledger.records)
    with pytest.raises(StaleError, match="since the preview"):
        planned.write(world.recording)
    assert world.ledger.records == before


def test_an_open_review_that_it_reaches_is_named(world):
    proposal = world.propose_all()
    planned = record(world, "2020-07-31", "2019")
    assert f"1 of the 1 datasets of proposal {world.mark(proposal)}" in planned.preview.notes[-1]
    world.approve(proposal)
    assert "the approval falls" in record(world, "2020-07-31", "2019").preview.notes[-1]


@pytest.fixture
def disposed():
    world = surveyed_world(rounds=("2019",))
    proposal = world.propose_all()
    world.approve(proposal)
    world.dispose(proposal)
    world.check_gone(proposal)
    world.survey()
    return world


def early(world):
    return [r for r in world.kinds(Entry.INCIDENT) if r.text("incident") == "destroyed-early"]


@pytest.mark.parametrize(
    ("on", "says"),
    [("2021-09-30", "due on 1 April 2027"), ("2021", "due on 1 April 2027")],
)
def test_a_correction_that_shows_a_disposal_too_early_raises_it_with_the_event(disposed, on, says):
    planned = record(disposed, on, "2019")
    assert not early(disposed), "only when it is taken"
    (note,) = [n for n in planned.preview.notes if "too early" in n]
    assert "destroyed on 2 November 2026" in note
    assert says in note
    assert "possible personal data breach" in note
    planned.write(disposed.recording)
    (raised,) = early(disposed)
    assert raised.text("dataset") == "INV/patient/2019"
    assert raised.text("noticed_on") == "2026-11-02"
    assert raised.number("personal") == 1
    again = record(disposed, "2021-10-31", "2019")
    assert not any("too early" in n for n in again.preview.notes), "that was known before"
    again.write(disposed.recording)
    assert len(early(disposed)) == 1, "one for each dataset"


def test_a_retraction_leaves_a_disposal_without_a_ground_and_raises_it(disposed):
    planned = plan(disposed, plan_retraction, "INV", PUBLISHED, "2019", by="audit-01")
    assert any("nothing would then have started its clock" in n for n in planned.preview.notes)
    planned.write(disposed.recording)
    assert len(early(disposed)) == 1


@pytest.mark.parametrize("on", ["2020-05-31", "2020", "2021-03-31"])
def test_a_correction_by_which_it_was_due_all_the_same_raises_nothing(disposed, on):
    planned = record(disposed, on, "2019")
    assert not any("too early" in n for n in planned.preview.notes)
    planned.write(disposed.recording)
    assert not early(disposed)


def test_what_nobody_is_recognised_in_is_no_personal_breach():
    world = surveyed_world(rounds=("2019",))
    change_class(world, identifiability="aggregated")
    proposal = world.propose_all()
    world.approve(proposal)
    world.dispose(proposal)
    record(world, "2021-09-30", "2019").write(world.recording)
    assert early(world)[0].number("personal") == 0
    assert IncidentKind.DESTROYED_EARLY == "destroyed-early"


def test_an_order_of_which_nobody_knows_the_outcome_may_have_been_too_early():
    world = surveyed_world(rounds=("2019",))
    proposal = world.propose_all()
    world.approve(proposal)
    world.store.silent |= set(world.store.held)
    with pytest.raises(StoreUnavailableError, match="did not answer"):
        world.dispose(proposal)
    record(world, "2021-09-30", "2019").write(world.recording)
    assert len(early(world)) == 1


def test_what_was_refused_was_not_destroyed():
    world = surveyed_world(rounds=("2019",))
    proposal = world.propose_all()
    world.approve(proposal)
    world.store.locked |= set(world.store.held)
    world.dispose(proposal)
    record(world, "2021-09-30", "2019").write(world.recording)
    assert not early(world)


def test_a_value_with_spaces_and_accents_is_recorded_and_found_again(world):
    kind = world.library.now.classes[0]
    changed = dataclasses.replace(
        kind, datasets=(Pattern.parse("s3://records/patient/{round:[ -~é]+}/"),), copies=()
    )
    world.library.now = dataclasses.replace(world.library.now, classes=(changed,))
    world.put("patient/été 100%25/a")
    world.survey()
    taken_as_shown(world, record(world, "2020-06-30", "été 100%25"))
    (event,) = [e for e in events_in(world.ledger.records) if e.value != "2019"]
    assert event.value == "été 100%25"
    for none in ("", "a/b"):  # the place of something else, whatever the expression says
        with pytest.raises(AgreementError, match="matches that round"):
            record(world, "2020-06-30", none)


WHEN = st.one_of(
    st.dates(date(2015, 1, 1), date(2026, 11, 2)).map(date.isoformat),
    st.dates(date(2015, 1, 1), date(2026, 11, 2)).map(lambda d: f"{d:%Y-%m}"),
    st.integers(2015, 2026).map(str),
)


@given(st.lists(st.tuples(st.sampled_from(["2019", "2020"]), WHEN), min_size=1, max_size=5))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_recorded_after_whatever_the_preview_is_what_follows(events):
    world = surveyed_world(published=())
    for value, on in events:
        try:
            planned = record(world, on, value)
        except RefusedError:
            continue  # it is recorded like that already
        taken_as_shown(world, planned)


def test_a_person_without_any_role_records_nothing(world):
    nobody = Person("x-01", "Invented", (), None)
    with pytest.raises(NotAuthorisedError):
        plan_event(
            "INV",
            PUBLISHED,
            "2020",
            "2020-06-30",
            why=Why(nobody, "because it says so", b"x"),
            ports=world.recording,
        )
