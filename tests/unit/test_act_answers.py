"""The browser act `instruction`: an answer on all of a notice, or on one dataset of it."""

from uuid import NAMESPACE_OID, uuid5

import pytest

from retention.domain.entry import Entry
from retention.steps.acts.desk import CONFIRM, FORM
from retention.steps.notify import notices
from tests.support.acting import YES, Acting
from tests.unit.test_chase import A, B, told


@pytest.fixture
def world():
    return told(("2019", "2020"))


def said(world, **changes):
    (notice,) = notices(world.ledger)
    return {
        "about": notice.id,
        "party": "north",
        "says": "answer: object",
        "dataset": A,
        "detail": "none",
        "signed_on": "none",
        "evidence": "mail of today",
        "reason": "2019 is under inquiry",
    } | changes


def acting(world, name="one"):
    return Acting(world, "instruction", run=str(uuid5(NAMESPACE_OID, name)))


def test_an_answer_on_one_dataset_is_shown_and_recorded_as_that(world):
    act = acting(world)
    act.run()
    assert "the id of one dataset for an answer on that alone" in act.page
    act.give(said(world))
    act.run()
    assert act.form == CONFIRM
    assert "It is on 1 of the 2 datasets of this notice; the others go on." in act.page
    assert (A in act.page, B in act.page) == (True, False)
    act.give(YES)
    assert act.run().recorded
    (notice,) = notices(world.ledger)
    assert (notice.answer_of("north", A), notice.answer_of("north", B)) == ("object", "")


@pytest.mark.parametrize("none", ["none", "None"])
def test_the_word_none_is_all_of_the_notice(world, none):
    assert acting(world).through(said(world, dataset=none), YES).recorded
    (notice,) = notices(world.ledger)
    assert {notice.answer_of("north", each) for each in (A, B)} == {"object"}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"dataset": "INV/patint/2019"}, f"did you mean {A}?"),
        ({"dataset": "XX"}, f"there is: {A}, {B}"),
        ({"dataset": " "}, "write the word none if nothing applies"),
        ({"says": "return it", "signed_on": "2026-10-01", "about": A}, "write the word none there"),
    ],
)
def test_what_does_not_fit_is_asked_again_with_what_was_meant(world, changes, says):
    act = acting(world)
    assert act.through(said(world, **changes)) is None
    assert act.form == FORM
    assert says.lower() in act.page.replace("\\", "").lower()
    assert not world.kinds(Entry.NOTICE_ANSWERED)
    assert act.through(said(world), YES).recorded


def test_who_answered_on_one_dataset_is_still_listed_and_on_each_is_not(world):
    def listed(name):
        act = acting(world, name)
        act.run()
        return act.page.replace("\\", "")

    acting(world).through(said(world), YES)
    assert "north, south" in listed("two")
    acting(world, "three").through(said(world, dataset=B), YES)
    assert "north, south" not in listed("four")
