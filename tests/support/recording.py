"""Plans of acts in the invented world, and whether what they show is what follows."""

import dataclasses

from retention.domain.agreement import Extensions, Person
from retention.domain.clock import Period
from retention.domain.eligibility import Assessor
from retention.steps.effects import datasets_of
from retention.steps.preview import _said
from retention.steps.registers import Registers
from tests.support.cast import PEOPLE
from tests.support.world import World

OTHERS = (
    Person("dpo-01", "Ed Invented", ("dpo",), None),
    Person("siro-01", "Flo Invented", ("siro",), None),
    Person("nobody-01", "Gil Invented", ("intern",), None),
)


def surveyed_world(rounds=("2019", "2020"), published=("2019",), **terms):
    """Return a world with some rounds surveyed, some of them published on 30 June 2020."""
    terms.setdefault("extension", Extensions(Period.parse("P1Y"), 1, ("north",)))
    world = World(**terms)
    everybody = [*PEOPLE, *OTHERS]
    world.library.people = lambda: everybody
    world.fill(rounds)
    world.survey()
    world.publish(published)
    return world


def change_class(world, **changes):
    """Change the one class of the agreement."""
    kind = dataclasses.replace(world.library.now.classes[0], **changes)
    world.library.now = dataclasses.replace(world.library.now, classes=(kind,))


def plan(world, what, *arguments, by="rm-01", **named):
    """Plan as *by*; nothing is written."""
    return what(*arguments, why=world.why(by), ports=world.recording, **named)


def said_of_all(world):
    """Return what the clock says of every dataset, as a preview would say it."""
    term = world.library.terms(world.clock.today())[0]
    assessor = Assessor(Registers.read(world.ledger).ground(term), world.clock.today())
    return {
        str(dataset): _said(assessor.assess(dataset))
        for dataset, _ in datasets_of(world.catalogue, "INV")
    }


def taken_as_shown(world, planned):
    """Write *planned*; assert that exactly what it showed is what has changed."""
    before = said_of_all(world)
    planned.write(world.recording)
    after = said_of_all(world)
    shown = {
        each.dataset: {row.what: (row.before, row.after) for row in each.rows}
        for each in planned.preview.changes
        if each.rows[0].what != "not eligible, for"  # told where nothing else would differ
    }
    changed = {
        name: {w: (v, after[name][w]) for w, v in before[name].items() if v != after[name][w]}
        for name in before
        if before[name] != after[name]
    }
    assert shown == changed
    return changed
