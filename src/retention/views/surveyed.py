"""Surveys as a table: what each store held, and as of when."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from retention.domain.calendar import london_day
from retention.domain.store import Store
from retention.domain.words import long_day
from retention.ports.catalogue import INVENTORY, Holding, Survey
from retention.views.figures import size


def table(stores: Sequence[Store], surveys: Iterable[Survey]) -> list[dict[str, Any]]:
    """Return one row for each of *stores*; one that was never surveyed says so."""
    good = {each.store: each for each in surveys}
    return [_row(store.name, good.get(store.name)) for store in stores]


def _row(store: str, survey: Survey | None) -> dict[str, Any]:
    if survey is None:
        return {"store": store, "as of": "never surveyed"}
    return {
        "store": store,
        "as of": as_of(survey),
        "versions": survey.versions,
        "markers": survey.markers,
        "unfinished uploads": survey.uploads,
        "size": size(survey.size_bytes),
        "under no agreement": survey.stray_rows,
    }


def inventories(holdings: Iterable[Holding]) -> dict[str, date]:
    """Return each store of which an inventory counted some of *holdings*, and its day."""
    made = {each.by_inventory for each in holdings if each.by_inventory is not None}
    return {store: london_day(at) for store, at in sorted(made)}


def inventory_note(store: str, made_on: date) -> str:
    """Return the sentence that stands wherever numbers of an inventory do."""
    return f"Counts and sizes in {store} are those of its inventory of {long_day(made_on)}."


def as_of(survey: Survey) -> str:
    """Return the day whose state the numbers are, and that of an inventory as such."""
    day = long_day(london_day(survey.as_of))
    return f"{day}, by inventory" if survey.source == INVENTORY else day
