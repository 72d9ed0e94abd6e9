"""What may happen to a dataset and why: every reason, and the working of the rulings."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.domain.agreement import (
    Action,
    Agreement,
    CheckedBy,
    Copy,
    Covers,
    Disposal,
    EventKind,
    Limits,
    OurRole,
    RetentionClass,
    Route,
    Rule,
    Silence,
    Status,
    Trigger,
)
from retention.domain.clock import Conflict, Days, Period
from retention.domain.dataset import DatasetId
from retention.domain.eligibility import assess
from retention.domain.events import ENDED, EventBook, TriggerEvent
from retention.domain.hold import Hold, HoldBook
from retention.domain.knowledge import Ground
from retention.domain.pattern import Pattern
from retention.domain.term import Term
from retention.domain.timeline import certain

P = Period.parse
FY = ((3, 31),)
DATASET = DatasetId("TEST", "records", (("nation", "wales"), ("round", "2019")))
PUBLISHED = TriggerEvent("TEST", "published", "2019", date(2020, 6, 30), "audit-01", "")
OPENS, DUE, LAST = date(2026, 1, 1), date(2026, 4, 1), date(2026, 6, 30)

RULE = Rule(Trigger.of("published"), FY, keep_at_least=P("P5Y"), destroy_by=P("P6Y"))
RECORDS = RetentionClass(
    name="records",
    status=Status.SIGNED,
    describes="invented",
    identifiability="pseudonymised",
    special_category=True,
    datasets=(Pattern.parse("s3://test/{nation}/{round}/"),),
    controllers=("one",),
    rule=RULE,
    destroy_by_covers=Covers.LIVE,
    then=Action.DESTROY,
    clause="9.2",
)
TERMS = Disposal(
    approved_by=("records-manager",),
    notice=P("P0D"),
    silence=Silence.WAIT,
    approval_lapses=P("P14D"),
    cooling_off=P("P7D"),
    lead=P("P90D"),
    certificate_within=P("P14D"),
    dispute_window=P("P90D"),
    limits=Limits(1, 1, 1, 1),
)
AGREEMENT = Agreement(
    reference="TEST",
    version=1,
    title="invented",
    our_role=OurRole.PROCESSOR,
    through=(),
    route=Route.DIRECT,
    controllers=("one",),
    mandate="invented",
    in_force_from=date(2018, 4, 1),
    in_force_until=None,
    lawful_basis=(),
    disposal=TERMS,
    events=(EventKind("published", "round", ()), EventKind("ended", "agreement", ())),
    classes=(RECORDS,),
    digest="sha256:0",
)


def asking(agreement=AGREEMENT, events=(PUBLISHED,), holds=(), on=DUE, dataset=DATASET, **kind):
    """Assess, with the class changed as *kind* says."""
    if kind:
        agreement = replace(agreement, classes=(replace(agreement.classes[0], **kind),))
    term = Term("TEST", None, None, None, ()) if agreement is None else Term.of([agreement], on)
    return assess(dataset, Ground(term, EventBook.of("TEST", events), HoldBook.of(holds)), on=on)


def rule(**changes):
    return {"rule": replace(RULE, **changes)}


def test_a_dataset_whose_review_is_open_is_eligible_with_its_working():
    found = asking()
    assert found.eligible
    assert (found.reasons, found.holds, found.conflict, found.raised) == ((), (), False, False)
    assert found.trigger is PUBLISHED
    assert found.cut_off_on == date(2021, 3, 31)
    # Ruling 2, to check with a pencil.
    assert found.working == (
        "Published 2019 on 30 June 2020",
        "the financial year ends 31 March 2021",
        "kept five years (clause 9.2): through 31 March 2026",
        "at most six years from 30 June 2020 (clause 9.2): through 30 June 2026",
        "disposal may begin on 1 April 2026",
        "the review opens on 1 January 2026, 90 days before",
        "must be gone by 30 June 2026",
    )


@pytest.mark.parametrize(
    ("on", "eligible", "due", "raised"),
    [
        (OPENS - timedelta(days=1), False, False, False),
        (OPENS, True, False, False),
        (DUE - timedelta(days=1), True, False, False),
        (DUE, True, True, False),
        (LAST, True, True, False),
        (LAST + timedelta(days=1), True, True, True),
    ],
)
def test_the_days_are_inclusive(on, eligible, due, raised):
    found = asking(on=on)
    assert (found.eligible, found.due, found.raised) == (eligible, due, raised)


REASONS = {
    "no agreement": ({"agreement": None}, "no agreement is in force"),
    "an agreement of another": (
        {"agreement": replace(AGREEMENT, reference="OTHER")},
        "no agreement is in force",
    ),
    "not in force yet": ({"on": date(2018, 3, 31)}, "no agreement is in force"),
    "no date of force": (
        {"agreement": replace(AGREEMENT, in_force_from=None)},
        "no agreement is in force",
    ),
    "no class": (
        {"dataset": replace(DATASET, class_name="others")},
        "no class of the agreement claims it",
    ),
    "a placeholder": ({"status": Status.PLACEHOLDER}, "its class is a placeholder"),
    "no rule": ({"rule": None}, "no retention rule is agreed"),
    "no terms": ({"agreement": replace(AGREEMENT, disposal=None)}, "no retention rule is agreed"),
    "a term that is not followed": ({"not_followed": ("linked_to",)}, "linked_to"),
    "no event": ({"events": ()}, "nobody has recorded the event published"),
    "an event of another round": (
        {"events": [replace(PUBLISHED, value="2018")]},
        "nobody has recorded",
    ),
    "an event of another agreement": (
        {"events": [replace(PUBLISHED, reference="OTHER")]},
        "nobody has recorded",
    ),
    "another event": ({"events": [replace(PUBLISHED, name="ended")]}, "nobody has recorded"),
    "an event that is not declared": (
        {"agreement": replace(AGREEMENT, events=())},
        "nobody has recorded",
    ),
    "an event per what the place does not say": (
        {"agreement": replace(AGREEMENT, events=(EventKind("published", "site", ()),))},
        "nobody has recorded",
    ),
    "a review that is not open": ({"on": date(2025, 12, 31)}, "its review opens on 1 January 2026"),
    "a conflict": (rule(destroy_by=P("P5Y6M")), "its minimum ends after its maximum"),
    "an event ahead": (
        {"events": [replace(PUBLISHED, on=date(2026, 4, 2))], **rule(keep_at_least=P("P0D"), cut_off=())},
        "published lies ahead, on 2 April 2026",
    ),
    "a hold": ({"holds": [Hold("H-1", "court", "TEST", "", "")]}, "held by H-1 (court)"),
    "an end that nobody confirmed": (
        {"agreement": replace(AGREEMENT, in_force_until=date(2026, 3, 31))},
        "expired, unconfirmed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("why", REASONS)
def test_not_eligible_and_it_says_why(why):
    changes, reason = REASONS[why]
    found = asking(**changes)
    assert not found.eligible
    assert not found.due
    assert [each for each in found.reasons if reason in each], found.reasons


def test_every_reason_is_given_at_once():
    found = asking(
        status=Status.PLACEHOLDER,
        not_followed=("linked_to",),
        holds=[Hold("H-1", "court", "TEST", "", ""), Hold("H-2", "statutory", "TEST", "", "")],
        agreement=replace(AGREEMENT, in_force_until=date(2025, 1, 1)),
        on=date(2025, 6, 1),
        **rule(destroy_by=P("P5Y6M")),
    )
    assert len(found.reasons) == 7
    assert len(found.holds) == 2
    assert found.working, "a forecast is given all the same"


@pytest.mark.parametrize(
    "why",
    ["no agreement", "no class", "no rule", "no event", "a conflict", "a term that is not followed",
     "an end that nobody confirmed"],
)  # fmt: skip
def test_what_a_person_must_look_at_is_raised(why):
    assert asking(**REASONS[why][0]).raised


def test_a_hold_does_not_stop_the_clock():
    found = asking(holds=[Hold("H-1", "precaution", "TEST", "", "")], on=LAST + timedelta(days=1))
    assert found.days == Days(date(2026, 3, 31), DUE, LAST, OPENS)
    assert found.raised, "held past its maximum"


@pytest.mark.parametrize(
    ("hold", "matches"),
    [
        (Hold("H", "court", "TEST", "", ""), True),
        (Hold("H", "court", "TEST", "records", ""), True),
        (Hold("H", "court", "TEST", "", "TEST/records/wales/2019"), True),
        (Hold("H", "court", "OTHER", "", ""), False),
        # A class that the agreement does not have any more goes by another name, perhaps by ours.
        (Hold("H", "court", "TEST", "others", ""), True),
        (Hold("H", "court", "TEST", "", "TEST/records/wales/2018"), False),
    ],
)
def test_a_hold_blocks_what_is_in_its_scope_and_nothing_else(hold, matches):
    assert asking(holds=[hold]).eligible is not matches


def test_the_newest_recording_of_an_event_counts():
    corrected = replace(PUBLISHED, on=date(2021, 6, 30))
    assert asking(events=[PUBLISHED, corrected]).trigger is corrected
    assert not asking(events=[PUBLISHED, corrected]).eligible


def test_an_event_of_the_whole_agreement_starts_the_clock_of_each_dataset():
    ended = replace(PUBLISHED, name="ended", value="")
    assert asking(events=[ended], **rule(trigger=Trigger.of("ended"))).eligible


def test_ruling_1_a_leap_day_is_kept_through_the_28th():
    leap = replace(PUBLISHED, on=date(2024, 2, 29))
    found = asking(events=[leap], **rule(cut_off=(), keep_at_least=P("P1Y"), destroy_by=None))
    assert (found.days.retained_through, found.days.due_on) == (
        date(2025, 2, 28),
        date(2025, 3, 1),
    )


def test_ruling_2_a_maximum_moves_with_the_cut_off_only_if_the_clause_says_so():
    assert asking().days.destroy_by == date(2026, 6, 30)
    moved = asking(**rule(destroy_by_from_cut_off=True))
    assert moved.days.destroy_by == date(2027, 3, 31)


def test_ruling_3_an_exact_period_with_its_time_to_dispose():
    end = replace(PUBLISHED, on=date(2026, 9, 30))
    exact = Rule(Trigger.of("published"), (), keep_exactly=P("P0D"), dispose_within=P("P14D"))
    found = asking(events=[end], rule=exact, on=date(2026, 10, 1))
    assert (found.days.retained_through, found.days.due_on, found.days.destroy_by) == (
        date(2026, 9, 30),
        date(2026, 10, 1),
        date(2026, 10, 14),
    )
    assert found.due


def test_ruling_3_a_licence_that_ends_on_the_day_is_a_maximum_only():
    end = replace(PUBLISHED, on=date(2026, 9, 30))
    licence = Rule(Trigger.of("published"), (), destroy_by=P("P0D"))
    # A dated end drives a maximum at once: the review must open before it.
    found = asking(events=[end], rule=licence, on=date(2026, 7, 2))
    assert found.days == Days(None, None, date(2026, 9, 30), date(2026, 7, 2))
    assert found.eligible
    assert found.due, "without a minimum it may begin once the review is open"
    assert not asking(events=[end], rule=licence, on=date(2026, 7, 1)).eligible


def test_ruling_4_code_decides_no_conflict():
    found = asking(**rule(destroy_by=P("P5Y6M")))
    assert found.conflict
    assert (found.days.due_on, found.days.destroy_by) == (date(2026, 4, 1), date(2025, 12, 30))


def test_ruling_6_an_end_is_the_last_day_and_a_person_confirms_it():
    agreement = replace(AGREEMENT, in_force_until=DUE)
    assert asking(agreement).eligible
    after = DUE + timedelta(days=1)
    assert not asking(agreement, on=after).eligible
    ended = TriggerEvent("TEST", ENDED, "", DUE, "rm-01", "")
    assert asking(agreement, events=[PUBLISHED, ended], on=after).eligible
    others = [replace(ended, reference="OTHER"), replace(ended, on=after + timedelta(days=1))]
    for event in others:
        assert not asking(agreement, events=[PUBLISHED, event], on=after).eligible


def backup(wait):
    return Copy("backup", CheckedBy.PERSON, where="vault", gone_within=wait)


def test_ruling_13_a_maximum_for_all_copies_leaves_backups_their_time():
    kind = replace(
        RECORDS, destroy_by_covers=Covers.ALL_COPIES, copies=(backup(P("P35D")), backup(P("P7D")))
    )
    days = certain(kind, PUBLISHED.on, lead=P("P0D"))
    assert days.destroy_by == date(2026, 5, 26)
    assert certain(replace(kind, copies=()), PUBLISHED.on, lead=P("P0D")).destroy_by == LAST
    live = replace(kind, destroy_by_covers=Covers.LIVE)
    assert certain(live, PUBLISHED.on, lead=P("P0D")).destroy_by == LAST
    found = asking(destroy_by_covers=Covers.ALL_COPIES, copies=kind.copies)
    assert "live by 26 May 2026, so that a copy can age out within 35 days" in found.working


def test_ruling_13_can_itself_be_a_conflict():
    kind = replace(RECORDS, destroy_by_covers=Covers.ALL_COPIES, copies=(backup(P("P1Y")),))
    assert isinstance(certain(kind, PUBLISHED.on, lead=P("P0D")), Conflict)


@given(st.dates(date(2015, 1, 1), date(2040, 1, 1)), st.dates(date(2015, 1, 1), date(2040, 1, 1)))
def test_nothing_is_ever_due_before_its_minimum_has_run_out(on, event):
    found = asking(events=[replace(PUBLISHED, on=event)], on=on)
    if found.due:
        assert on > found.days.retained_through >= P("P5Y").after(event)


@given(st.dates(date(2018, 4, 1), date(2040, 1, 1)), st.booleans(), st.booleans())
def test_eligible_means_that_there_is_no_reason_against_it(on, held, placed):
    holds = [Hold("H", "court", "TEST", "", "")] if held else []
    status = Status.SIGNED if placed else Status.PLACEHOLDER
    found = asking(holds=holds, status=status, on=on)
    assert found.eligible is (found.reasons == ())
    assert not found.eligible or (placed and not held)
    assert found == asking(holds=holds, status=status, on=on)
