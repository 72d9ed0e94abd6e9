"""Incidents: listed by number, closed by the data protection officer, who says who was told."""

from datetime import date

import pytest

from retention.domain.entry import Entry
from retention.domain.incident import WORDS, IncidentKind, incidents_in
from retention.errors import AgreementError, NotAuthorisedError, RefusedError
from retention.steps.incidents import every_incident, raise_incident
from retention.steps.record.closing import plan_closing
from tests.architecture.tree import modules
from tests.support.recording import plan, surveyed_world

DATASET = "INV/patient/2019"


@pytest.fixture
def world():
    world = surveyed_world()
    raise_incident(world.ledger, "missing", DATASET, noticed_on=date(2026, 11, 2), personal=True)
    return world


def number(world):
    return every_incident(world.ledger)[0].number


def test_it_is_open_until_the_dpo_closes_it_and_says_who_was_told(world):
    (incident,) = every_incident(world.ledger)
    assert (incident.is_open, incident.is_personal, incident.noticed_on) == (
        True,
        True,
        date(2026, 11, 2),
    )
    planned = plan(world, plan_closing, incident.number, ["north", "south"], by="dpo-01")
    assert any("possible personal data breach" in n for n in planned.preview.notes)
    planned.write(world.recording)
    (incident,) = every_incident(world.ledger)
    assert not incident.is_open
    assert (incident.closed_by, incident.closed_on) == ("dpo-01", date(2026, 11, 2))
    assert incident.told == ("north", "south")
    assert not world.courier.letters, "nobody is told by itself"
    with pytest.raises(RefusedError, match="closed already"):
        plan(world, plan_closing, incident.number, ["north"], by="dpo-01")


@pytest.mark.parametrize("by", ["rm-01", "iao-01", "both-01", "audit-01", "siro-01", "nobody-01"])
def test_nobody_else_closes_it(world, by):
    with pytest.raises(NotAuthorisedError):
        plan(world, plan_closing, number(world), ["nobody"], by=by)


def test_who_was_told_is_said_and_never_assumed(world):
    with pytest.raises(RefusedError, match="not said who was told"):
        plan(world, plan_closing, number(world), [], by="dpo-01")
    with pytest.raises(AgreementError) as refused:
        plan(world, plan_closing, number(world), ["nroth"], by="dpo-01")
    assert refused.value.hint == "did you mean north?"
    planned = plan(world, plan_closing, number(world), ["nobody"], by="dpo-01")
    assert any("you say that nobody was told" in n for n in planned.preview.notes)


def test_a_number_that_is_none_is_refused_with_those_that_are_open(world):
    with pytest.raises(AgreementError) as refused:
        plan(world, plan_closing, 0, ["nobody"], by="dpo-01")
    assert refused.value.hint == f"open: {number(world)}"


def test_the_same_noticed_twice_is_one(world):
    for kind in ("missing", "missing", "resurrection"):
        raise_incident(world.ledger, kind, DATASET, noticed_on=date(2026, 11, 3), personal=True)
    assert [each.kind for each in every_incident(world.ledger)] == ["missing", "resurrection"]
    world.record(plan_closing, number(world), ["nobody"], by="dpo-01")
    assert [each.is_open for each in every_incident(world.ledger)] == [False, True]


@pytest.mark.parametrize("kind", IncidentKind)
def test_every_kind_has_its_words(kind):
    assert len(WORDS[kind]) > len(kind)


def test_a_kind_of_a_newer_version_is_still_listed(world):
    raise_incident(
        world.ledger, "newer-kind", DATASET, noticed_on=date(2026, 11, 2), personal=False
    )
    assert incidents_in(world.kinds(Entry.INCIDENT))[-1].words == "newer-kind"


def test_every_kind_that_a_step_names_has_words():
    sources = "".join(module.text for module in modules("src/retention/steps"))
    named = {
        word
        for call in sources.split("raise_incident(")[1:]
        for word in call.partition(")")[0].split('"')[1::2]
    }
    assert named >= {"resurrection", "absent-before-disposal"}
    assert named <= set(WORDS)
