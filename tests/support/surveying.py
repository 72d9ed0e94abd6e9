"""A world with something to survey, and what a survey left in a catalogue."""

from dataclasses import replace
from datetime import UTC, datetime

from retention.domain.store import spots_of
from retention.domain.totals import Traits
from retention.steps.survey import survey
from tests.support.world import World

AS_OF = datetime(2026, 10, 30, 4, 0, tzinfo=UTC)


def estate():
    """Return a world of two rounds, and of three files that nobody claims."""
    world = World()
    world.fill(("2019", "2020"), objects=4)
    world.put("patient/readme.txt")
    world.put("dark/mary-example/scan.dcm", b"12345")  # an invented name
    world.put("dark/mary-example/other.dcm", b"678")
    return world


def records(world):
    """Return the store of the primary copies."""
    return next(store for store in world.stores if store.name == "records")


def surveyed(world, store=None, **ports):
    """Survey one store, with other *ports* where they are given."""
    spots = spots_of([world.library.now])
    return survey(store or records(world), spots, replace(world.surveying, **ports))


def known(catalogue):
    """Return what stands in a catalogue, but for when it was seen and what was looked closer at."""
    return [
        replace(each, seen_at=AS_OF, traits_text=listed(each)) for each in catalogue.holdings()
    ], [(each.under, each.folder, each.why, each.totals) for each in catalogue.strays()]


def listed(holding):
    """Return the traits that a listing says: a sample may be another after a crash."""
    traits = holding.traits
    return Traits(traits.classes, traits.checksums, sketch=traits.sketch).text()
